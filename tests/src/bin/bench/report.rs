//! The report: sections of rows, and whether every figure counts.
//!
//! Law: whatever makes a figure void is printed where the figure is, and again at the end.

use std::path::Path;
use std::time::Duration;

/// What was found so far.
#[derive(Default)]
pub(crate) struct Report {
    void: Vec<String>,
    over: Vec<String>,
}

impl Report {
    /// Begins a section.
    pub(crate) fn section(&self, title: &str) {
        println!("\n{title}");
    }

    /// A figure, and what it is to be held against.
    pub(crate) fn row(&self, name: &str, figure: &str, note: &str) {
        println!("  {name:<46} {figure:>16}  {note}");
    }

    /// A figure with a number to reach; missing it is told, and told again at the end.
    pub(crate) fn aim(&mut self, name: &str, figure: &str, note: &str, reached: bool) {
        let verdict = if reached { "reached" } else { "NOT REACHED" };
        self.row(name, figure, &format!("{note}: {verdict}"));
        if !reached {
            self.over.push(format!("{name}: {figure} ({note})"));
        }
    }

    /// What was measured does not count.
    pub(crate) fn void(&mut self, why: String) {
        println!("  VOID: {why}");
        self.void.push(why);
    }

    /// Ends the report; whether every figure counts.
    pub(crate) fn end(&self) -> bool {
        println!();
        for missed in &self.over {
            println!("not reached: {missed}");
        }
        for why in &self.void {
            println!("VOID: {why}");
        }
        self.void.is_empty()
    }
}

/// Says on what machine this is.
pub(crate) fn environment(dir: &Path) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    let (kind, disk) = file_system(dir);
    println!("environment: {cores} cores, load average {}", load.join(" "));
    println!("journal:     {} ({kind} on {disk})", dir.display());
    if matches!(kind.as_str(), "tmpfs" | "ramfs" | "overlay") {
        println!("             durability on `{kind}` says nothing of a disk: use --dir");
    }
    println!("Ratios within this run count; absolute figures are for orientation.");
}

/// The file system that a directory lies on: its kind and device.
fn file_system(dir: &Path) -> (String, String) {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mount = |line: &str| {
        let mut words = line.split_whitespace().map(String::from);
        Some((words.next()?, words.next()?, words.next()?))
    };
    let holds = |(_, at, _): &(String, String, String)| dir.starts_with(at);
    let found = mounts.lines().filter_map(mount).filter(holds).max_by_key(|(_, at, _)| at.len());
    found.map_or_else(|| ("unknown".into(), "unknown".into()), |(disk, _, kind)| (kind, disk))
}

/// So many in that time, a second.
pub(crate) fn rate(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64().max(1e-9)
}

/// A rate in words.
pub(crate) fn per_second(rate: f64) -> String {
    format!("{}/s", grouped(rate.round() as u64))
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The value that a share of sorted values does not go beyond.
pub(crate) fn share(sorted: &[u64], part: f64) -> u64 {
    let at = (sorted.len() as f64 * part) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
