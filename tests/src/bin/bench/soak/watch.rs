//! What is looked at once a second: the host's memory, the orders so far, the longest answer.
//!
//! Law: it asks the system, and never the host, so it changes nothing of what it looks at.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::clients::Shop;

/// One second of the soak.
#[derive(Debug, Clone, Copy)]
pub(super) struct Second {
    /// Bytes of the host in memory.
    pub(super) resident: u64,
    /// Orders acknowledged so far.
    pub(super) orders: u64,
    /// The longest answer of this second, in microseconds.
    pub(super) longest: u64,
}

/// Looks until it is told to stop.
pub(super) fn start(
    host: u32,
    shop: &Arc<Shop>,
    stop: &Arc<AtomicBool>,
) -> Result<JoinHandle<Result<Vec<Second>>>> {
    let (shop, stop) = (Arc::clone(shop), Arc::clone(stop));
    Ok(std::thread::Builder::new().spawn(move || {
        let mut all = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_secs(1));
            let orders = shop.placed.load(Ordering::Relaxed);
            let longest = shop.longest.swap(0, Ordering::Relaxed);
            all.push(Second { resident: resident(host)?, orders, longest });
            if all.len().is_multiple_of(60) {
                eprintln!("  {} min: {orders} orders", all.len() / 60);
            }
        }
        Ok(all)
    })?)
}

/// What a process has in memory, in bytes.
fn resident(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: u64 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .and_then(|number| number.trim().parse().ok())
        .context("the system tells no memory of the host")?;
    Ok(kilobytes * 1_024)
}
