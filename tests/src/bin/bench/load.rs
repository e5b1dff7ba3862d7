//! A closed loop: so much is outstanding, and whoever is answered asks again.
//!
//! Law: the clock stops at the last answer, and every hand-in is answered or the loop fails.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

/// When a hand-in began, and whether it went well.
pub(crate) type Told = (Instant, bool);

/// How much is handed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Orders in one hand-in.
    pub(crate) list: u64,
    /// Hand-ins without an answer.
    pub(crate) outstanding: u64,
    /// How long to hand in.
    pub(crate) length: Duration,
    /// Orders at the most: the state of a shop has to fit its memory.
    pub(crate) most: u64,
}

/// How a loop went.
#[derive(Debug)]
pub(crate) struct Went {
    /// Orders answered.
    pub(crate) orders: u64,
    /// Up to the last answer.
    pub(crate) took: Duration,
    /// Of each hand-in, in nanoseconds, sorted.
    pub(crate) latencies: Vec<u64>,
}

/// Runs a closed loop; `hand_in` starts one hand-in, whose end `answers` tells.
pub(crate) fn closed(
    load: Load,
    answers: &Receiver<Told>,
    mut hand_in: impl FnMut() -> Result<()>,
) -> Result<Went> {
    let begun = Instant::now();
    let (mut sent, mut latencies) = (0, Vec::new());
    let hand_ins = load.most / load.list.max(1);
    while sent < load.outstanding.min(hand_ins) {
        hand_in()?;
        sent += 1;
    }
    let mut open = sent;
    while open > 0 {
        let told = answers.recv_timeout(Duration::from_secs(60));
        let (since, well) = told.context("an answer is missing")?;
        ensure!(well, "a hand-in failed");
        latencies.push(u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX));
        open -= 1;
        if begun.elapsed() < load.length && sent < hand_ins {
            hand_in()?;
            sent += 1;
            open += 1;
        }
    }
    let took = begun.elapsed();
    latencies.sort_unstable();
    Ok(Went { orders: sent * load.list, took, latencies })
}
