//! The saver: puts snapshots on the disk, on a thread of its own.
//!
//! Law: nobody who follows or asks waits for the disk; what was handed over is saved before the
//! partition is closed, or that it could not be is told.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use earmark_abi::encode;

use super::meters::Meters;
use crate::chain_of;
use crate::journal::{SnapshotHead, SnapshotStore};
use crate::plugin::Fault;

/// Snapshots that may wait while one is written: only those that somebody asks for do.
const WAITING: usize = 1;

/// Why a snapshot was not saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSaved {
    /// The plugin did not make one, or its body is gone.
    #[error("the plugin made no snapshot")]
    Plugin(#[from] Fault),
    /// It was made, and can't be written.
    #[error("the snapshot can't be saved: {0}")]
    Store(String),
}

/// What became of a snapshot, for who asked for it.
pub(super) type Saved = SyncSender<Result<(), NotSaved>>;

/// A snapshot in memory.
pub(super) struct Made {
    pub(super) head: SnapshotHead,
    /// The cursors of the sources.
    pub(super) cursors: Vec<(String, u64)>,
    /// The plugin's own.
    pub(super) state: Vec<u8>,
    /// When its making began.
    pub(super) began: Instant,
    /// Who waits for it.
    pub(super) reply: Option<Saved>,
}

/// The hand over to the thread.
pub(super) struct Saver {
    /// None once it is closed.
    jobs: Option<SyncSender<Made>>,
    /// Handed over, and not saved yet.
    open: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    pub(super) fn start(store: SnapshotStore, meters: Arc<Meters>) -> io::Result<Self> {
        let (jobs, jobs_in) = sync_channel(WAITING);
        let open = Arc::<AtomicUsize>::default();
        let done = Arc::clone(&open);
        let run = move || run(&store, &meters, &done, &jobs_in);
        let thread = std::thread::Builder::new().name("earmark-saver".to_string()).spawn(run)?;
        Ok(Self { jobs: Some(jobs), open, thread: Some(thread) })
    }

    /// Whether one that is handed over is written at once.
    pub(super) fn is_idle(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }

    /// Hands a snapshot over. Waits only if another one waits already.
    pub(super) fn save(&self, made: Made) {
        self.open.fetch_add(1, Ordering::AcqRel);
        if let Some(jobs) = &self.jobs {
            // A thread that panicked is gone, and whoever waits hears that nobody answers.
            drop(jobs.send(made));
        }
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that saves snapshots panicked");
        }
    }
}

fn run(store: &SnapshotStore, meters: &Meters, open: &AtomicUsize, jobs: &Receiver<Made>) {
    for Made { head, cursors, state, began, reply } in jobs {
        let saved = encode(&(cursors, state))
            .map_err(|error| error.to_string())
            .and_then(|body| store.save(&head, &body).map_err(|error| chain_of(&error)));
        let told = match saved {
            Ok(path) => {
                let took = began.elapsed();
                meters.snapshots.took(took);
                let (inputs, path) = (head.at.inputs, path.display());
                tracing::info!(%path, inputs, ?took, "saved a snapshot");
                Ok(())
            }
            Err(why) => {
                meters.snapshots_failed.add(1);
                tracing::warn!(why, "could not save a snapshot");
                Err(NotSaved::Store(why))
            }
        };
        open.fetch_sub(1, Ordering::AcqRel);
        if let Some(reply) = reply {
            // Whoever asked may have gone away.
            let _ = reply.send(told);
        }
    }
}
