//! `cargo xtask test`: what CI runs, step by step, with a table of times at the end.
//! The first step that fails ends the run; a step that is left out says why.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::run::Rooms;
use crate::steps::STEPS;

/// What the steps share.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    /// The checkout.
    pub(crate) rooms: &'a Rooms,
    /// Whether the tests that can run longer do so.
    pub(crate) long: bool,
    /// The closing lines of the test runners.
    pub(crate) summaries: Vec<String>,
}

/// How a step ended, if it did not fail.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It did its work.
    Done,
    /// There was nothing to do it on; the reason is shown.
    LeftOut(String),
}

/// One step: its name, what it shows, and what it does.
pub(crate) struct Step {
    /// One word to ask for it by.
    pub(crate) name: &'static str,
    /// What it proves.
    pub(crate) proves: &'static str,
    /// What it does.
    pub(crate) act: fn(&mut Stage<'_>) -> Result<Ended>,
}

/// Names the steps in their order.
pub(crate) fn list() {
    for step in STEPS {
        println!("{:<12} {}", step.name, step.proves);
    }
}

/// Runs the steps in their order; `only` keeps those whose name contains one of its words.
///
/// # Errors
///
/// If a step fails: the message names it. If `only` names no step.
pub(crate) fn all(rooms: &Rooms, long: bool, only: &[String]) -> Result<()> {
    let chosen: Vec<&Step> = STEPS.iter().filter(|step| wanted(step.name, only)).collect();
    if chosen.is_empty() {
        bail!("no step is named like `{}`: see `cargo xtask test --list`", only.join("`, `"));
    }
    let mut stage = Stage { rooms, long, summaries: Vec::new() };
    let mut times = Vec::new();
    let mut failed = None;
    for (nth, step) in chosen.iter().enumerate() {
        heading(&format!("{}/{} {}: {}", nth + 1, chosen.len(), step.name, step.proves));
        let start = Instant::now();
        let ended = (step.act)(&mut stage);
        times.push(Time { name: step.name, took: start.elapsed(), how: how(&ended) });
        match ended {
            Ok(Ended::Done) => {}
            Ok(Ended::LeftOut(reason)) => println!("left out: {reason}"),
            Err(error) => {
                failed = Some(error.context(format!("the step `{}` failed", step.name)));
                break;
            }
        }
    }
    heading("times");
    for line in table(&times) {
        println!("{line}");
    }
    heading("tests");
    for summary in &stage.summaries {
        println!("{summary}");
    }
    failed.map_or(Ok(()), Err)
}

/// One row of the table at the end.
struct Time {
    name: &'static str,
    took: Duration,
    how: String,
}

fn wanted(name: &str, only: &[String]) -> bool {
    only.is_empty() || only.iter().any(|word| name.contains(word.as_str()))
}

fn how(ended: &Result<Ended>) -> String {
    match ended {
        Ok(Ended::Done) => "ok".to_owned(),
        Ok(Ended::LeftOut(reason)) => format!("left out: {reason}"),
        Err(_) => "FAILED".to_owned(),
    }
}

fn table(times: &[Time]) -> Vec<String> {
    let row = |name: &str, took: Duration, how: &str| {
        format!("{name:<12} {:>8.1} s  {how}", took.as_secs_f64())
    };
    let total = times.iter().map(|time| time.took).sum();
    let rows = times.iter().map(|time| row(time.name, time.took, &time.how));
    rows.chain([row("all", total, "")]).map(|line| line.trim_end().to_owned()).collect()
}

fn heading(text: &str) {
    println!("\n== {text} ==");
}

/// Whether a line closes a test runner's report.
pub(crate) fn closes_a_report(line: &str) -> bool {
    line.contains("Summary [") || line.starts_with("test result: ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_step_has_a_name_of_its_own() {
        let names: BTreeSet<_> = STEPS.iter().map(|step| step.name).collect();
        assert_eq!(names.len(), STEPS.len());
    }

    #[test]
    fn what_needs_an_artefact_comes_after_it() {
        let place = |name| STEPS.iter().position(|step| step.name == name).expect(name);
        assert!(place("plugin") < place("cross-room"));
        assert!(place("npm") < place("www"));
        assert!(place("npm") < place("npm-tests"));
        assert!(place("npm") < place("cross-room"));
        assert_eq!(place("setup"), 0);
    }

    #[test]
    fn the_table_ends_with_the_sum() {
        let time = |name, secs| Time { name, took: Duration::from_secs(secs), how: "ok".into() };
        let table = table(&[time("one", 1), time("two", 2)]);
        assert_eq!(table.last().unwrap(), "all               3.0 s");
    }

    #[test]
    fn the_runners_closing_lines_are_known() {
        assert!(closes_a_report("     Summary [   0.005s] 3 tests run: 3 passed, 0 skipped"));
        assert!(closes_a_report("test result: ok. 3 passed; 0 failed"));
        assert!(!closes_a_report("        PASS [   0.004s] earmark units::one"));
    }

    #[test]
    fn only_chooses_by_a_part_of_the_name() {
        assert!(wanted("npm-tests", &["npm".to_owned()]));
        assert!(!wanted("tidy", &["npm".to_owned()]));
        assert!(wanted("tidy", &[]));
    }
}
