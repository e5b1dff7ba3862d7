//! Driving a partition with a list of commands, each exactly once, also after a crash.
//!
//! Law: a command's place in the list is its place in the sequence of one source, so whatever
//! was acknowledged is not carried out again, and nothing is left out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use earmark_host::partition::{Caller, NotAccepted, Origin, Partition, Submission};

use super::commands::Timely;

/// How a drive went.
#[derive(Debug)]
pub(crate) struct Driven {
    /// Commands the partition had from an earlier drive.
    pub(crate) before: u64,
    /// Commands handed in now.
    pub(crate) now: u64,
    /// From the first to the last durable answer.
    pub(crate) took: Duration,
}

/// Whoever drives: a program of the shop.
pub(crate) fn staff() -> Arc<Caller> {
    Arc::new(Caller { subject: "replay".into(), scopes: vec!["staff".into()] })
}

/// The name of a list of commands as a source: other documents or options are another source.
pub(crate) fn source_of(commands: &[Timely]) -> Arc<str> {
    let mut hasher = blake3::Hasher::new();
    for command in commands {
        hasher.update(&command.at.to_le_bytes());
        hasher.update(&command.kind.to_le_bytes());
        hasher.update(&command.bytes);
    }
    let hex = hasher.finalize().to_hex();
    Arc::from(format!("replay:{}", hex.get(..16).unwrap_or_default()))
}

/// Hands all commands in that the partition has not had, at most `ahead` unanswered.
/// `acknowledged` hears of the place of each command whose record is durable.
pub(crate) fn drive(
    partition: &Partition,
    commands: &[Timely],
    ahead: usize,
    acknowledged: &(dyn Fn(u64) + Send + Sync),
) -> Result<Driven> {
    let source = source_of(commands);
    let before = partition.cursor(&source)?;
    if before == 0 && partition.position().borrow().inputs > 0 {
        bail!(
            "the journal holds another replay, or the same with other options: name an empty \
             directory, or the options it was made with"
        );
    }
    let skip = usize::try_from(before).unwrap_or(usize::MAX);
    let (answered, answers) = channel();
    let failed: Arc<Mutex<Option<NotAccepted>>> = Arc::new(Mutex::new(None));
    let (by, started) = (staff(), Instant::now());
    let mut outstanding = 0_usize;
    let mut handed_in = 0_u64;
    let done = AtomicU64::new(before);
    let settle = |least: usize, outstanding: &mut usize| -> Result<()> {
        while *outstanding > least {
            let place: u64 = answers.recv().context("the partition closed before it answered")?;
            *outstanding -= 1;
            done.fetch_max(place, Ordering::Relaxed);
            acknowledged(place);
        }
        Ok(())
    };
    let numbered = (1_u64..).zip(commands).skip(skip).collect::<Vec<_>>();
    for chunk in numbered.chunks((ahead / 4).max(1)) {
        settle(ahead.saturating_sub(chunk.len()), &mut outstanding)?;
        let submission = |&(place, command): &(u64, &Timely)| Submission {
            kind: command.kind,
            command: command.bytes.clone(),
            by: Arc::clone(&by),
            origin: Some(Origin { source: Arc::clone(&source), sequence: place }),
            trace: None,
            at: Some(command.at),
            reply: reply(place, answered.clone(), Arc::clone(&failed)),
        };
        partition.submit_all(chunk.iter().map(submission).collect())?;
        outstanding += chunk.len();
        handed_in += chunk.len() as u64;
        if let Some(why) = failed.lock().ok().and_then(|failed| failed.clone()) {
            bail!(why);
        }
    }
    settle(0, &mut outstanding)?;
    if let Some(why) = failed.lock().ok().and_then(|failed| failed.clone()) {
        bail!(why);
    }
    Ok(Driven { before, now: handed_in, took: started.elapsed() })
}

fn reply(
    place: u64,
    answered: Sender<u64>,
    failed: Arc<Mutex<Option<NotAccepted>>>,
) -> earmark_host::partition::Reply {
    Box::new(move |answer| {
        match answer {
            // A dead letter is journalled, and the replay goes on; it is counted at the end.
            Ok(_) | Err(NotAccepted::Dead { .. }) => {}
            Err(why) => {
                if let Ok(mut failed) = failed.lock() {
                    failed.get_or_insert(why);
                }
            }
        }
        // Nobody listens any more only when the drive has failed already.
        let _ = answered.send(place);
    })
}
