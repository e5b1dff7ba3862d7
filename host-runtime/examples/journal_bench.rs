//! Durable appends per second of the embedded journal, against a bare write + fdatasync.
//!
//! Law: both sides sync every record before the next, in turns, on the same disk, in one run;
//! the ratio counts, the absolute figures belong to the machine.
//!
//! ```text
//! cargo run --release -p earmark-host --example journal_bench \
//!     [DIR [BYTES_PER_ROUND [CHECKPOINT_PAGES]]]
//! ```

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use earmark_host::journal::contract::{sample_header, sample_record};
use earmark_host::journal::{Journal, OpenOptions, Record, SqliteJournal, verify};

const ROUNDS: usize = 5;
const SIZES: [(&str, usize); 4] =
    [("1 kB", 1_000), ("64 kB", 64_000), ("100 kB", 100_000), ("1 MB", 1_000_000)];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let bytes_per_round = arguments.next().map_or(Ok(48_000_000), |text| text.parse())?;
    let dir = parent.join(format!("earmark-journal-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let mut options = OpenOptions::default();
    if let Some(pages) = arguments.next() {
        options.checkpoint_pages = pages.parse()?;
    }
    let outcome = bench(&dir, bytes_per_round, &options);
    std::fs::remove_dir_all(&dir)?;
    outcome
}

fn bench(dir: &Path, bytes_per_round: usize, options: &OpenOptions) -> Result<(), Box<dyn Error>> {
    println!("log moved to the database every {} pages of 16 KiB", options.checkpoint_pages);
    println!("one record outstanding, synced before the next; median of {ROUNDS} rounds in turns");
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load averages before: {}", load.trim());
    println!(
        "{:>7} {:>10} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "record", "journal/s", "p50 ms", "p99 ms", "MB/s", "bare/s", "ratio"
    );
    for (name, size) in SIZES {
        let count = (bytes_per_round / size).clamp(30, 2_000);
        let mut sides = (Vec::new(), Vec::new());
        let journal_dir = dir.join(format!("journal-{size}"));
        let mut journal = SqliteJournal::create(&journal_dir, &sample_header(), options)?;
        for round in 0..ROUNDS {
            sides.0.push(append_to_journal(&mut journal, size, count)?);
            sides.1.push(append_bare(&dir.join(format!("bare-{size}-{round}")), size, count)?);
        }
        let head = journal.head();
        drop(journal);
        let report = verify(&journal_dir, &mut |_| ())?;
        if report.head != head {
            return Err("the journal does not verify: the figures are void".into());
        }
        print_row(name, size, sides);
    }
    Ok(())
}

fn append_to_journal(
    journal: &mut SqliteJournal,
    size: usize,
    count: usize,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let mut times = Vec::with_capacity(count);
    // Making the sample's body is not the journal's work.
    let sample = sample_record(&journal.head(), size);
    for _ in 0..count {
        let head = journal.head();
        let record = Record { body: sample.body.clone(), ..sample_record(&head, 0) };
        let start = Instant::now();
        journal.append(&record)?;
        times.push(start.elapsed());
    }
    Ok(times)
}

fn append_bare(path: &Path, size: usize, count: usize) -> Result<Vec<Duration>, Box<dyn Error>> {
    let mut file = File::create(path)?;
    let bytes = vec![0x5a; size];
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    drop(file);
    std::fs::remove_file(path)?;
    Ok(times)
}

fn print_row(name: &str, size: usize, (journal, bare): (Vec<Vec<Duration>>, Vec<Vec<Duration>>)) {
    let rate = |rounds: &[Vec<Duration>]| {
        let mut rates: Vec<f64> = rounds
            .iter()
            .map(|times| times.len() as f64 / times.iter().sum::<Duration>().as_secs_f64())
            .collect();
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    let (journal_rate, bare_rate) = (rate(&journal), rate(&bare));
    let mut times: Vec<Duration> = journal.into_iter().flatten().collect();
    times.sort_unstable();
    let milliseconds =
        |per_cent: usize| times[(times.len() - 1) * per_cent / 100].as_secs_f64() * 1_000.0;
    println!(
        "{name:>7} {journal_rate:>10.0} {:>9.3} {:>9.3} {:>9.1} {bare_rate:>9.0} {:>7.2}",
        milliseconds(50),
        milliseconds(99),
        journal_rate * size as f64 / 1e6,
        journal_rate / bare_rate,
    );
}
