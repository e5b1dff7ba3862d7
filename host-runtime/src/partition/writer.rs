//! The writer: makes records durable, and then tells everybody.
//!
//! Law: nobody hears of a record before it is durable; after a failed append nothing more is
//! accepted.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::Position;
use super::follower::Ask;
use super::meters::Meters;
use super::submission::{NotAccepted, Receipt, Reply};
use crate::chain_of;
use crate::chaos::{Broken, Place, breaks, reach};
use crate::journal::{Journal, Record};

/// What the leader hands over, in order.
pub(super) enum Job {
    /// A turn: append it, then give its answers.
    Append {
        record: Arc<Record>,
        after: Position,
        answers: Vec<(Reply, Result<Receipt, NotAccepted>)>,
    },
    /// Answers that need no record of their own, but must not overtake those before them.
    Tell { answers: Vec<(Reply, Result<Receipt, NotAccepted>)> },
    /// Say when everything before this is done, and whether the journal still works.
    Flush { done: SyncSender<Result<(), String>> },
}

/// The state of a writer.
pub(super) struct Writer {
    pub(super) journal: Box<dyn Journal>,
    pub(super) asks: SyncSender<Ask>,
    pub(super) position: watch::Sender<Position>,
    pub(super) meters: Arc<Meters>,
}

impl Writer {
    /// Works until the leader is gone; then closes the journal.
    pub(super) fn run(self, jobs: &Receiver<Job>) {
        let Self { mut journal, asks, position, meters } = self;
        let mut failed: Option<String> = None;
        for job in jobs {
            match job {
                Job::Append { record, after, answers } => {
                    let mut answers = answers;
                    if breaks(Broken::EarlyAnswer) {
                        give(std::mem::take(&mut answers));
                        // As a slow disk: else nobody has read his answer when the host dies.
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    reach(Place::BeforeAppend);
                    let began = Instant::now();
                    let appended = match &failed {
                        Some(why) => Err(why.clone()),
                        None => journal.append(&record).map_err(|error| chain_of(&error)),
                    };
                    let head = match appended {
                        Ok(head) => head,
                        Err(why) => {
                            tracing::error!(why, "the journal failed; nothing more is accepted");
                            refuse(answers, &why);
                            failed = Some(why);
                            continue;
                        }
                    };
                    meters.append.took(began.elapsed());
                    // First the follower, so that whoever hears an answer and then asks sees it.
                    drop(asks.send(Ask::Apply { record, anchor: head.anchor() }));
                    position.send_replace(after);
                    reach(Place::BeforeAnswer);
                    give(answers);
                    reach(Place::AfterAnswer);
                }
                Job::Tell { answers } => match &failed {
                    None => give(answers),
                    Some(why) => refuse(answers, why),
                },
                Job::Flush { done } => {
                    drop(done.send(failed.clone().map_or(Ok(()), Err)));
                }
            }
        }
        drop(asks.send(Ask::Close));
        if let Err(error) = journal.close() {
            tracing::error!(why = chain_of(&error), "the journal did not close in order");
        }
    }
}

fn give(answers: impl IntoIterator<Item = (Reply, Result<Receipt, NotAccepted>)>) {
    for (reply, answer) in answers {
        reply(answer);
    }
}

fn refuse(answers: Vec<(Reply, Result<Receipt, NotAccepted>)>, why: &str) {
    give(answers.into_iter().map(|(to, _)| (to, Err(NotAccepted::Storage(why.to_string())))));
}
