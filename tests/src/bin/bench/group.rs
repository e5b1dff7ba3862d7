//! The baseline of durability: a bare group commit, 160 bytes a command and `fdatasync`, without
//! any logic.
//!
//! Law: it is loaded by the same closed loop as the partition, and answers only what is durable.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};

use crate::load::{Load, Told, Went, closed};

/// Bytes of a command and its outcome.
const BYTES: usize = 160;
/// Commands in one commit at the most, as in a turn.
const COMMIT: usize = 4_096;

/// How the bare loop goes under this load.
pub(crate) fn run(dir: &Path, load: Load) -> Result<Went> {
    let dir = tempfile::tempdir_in(dir).context("no place for the baseline's file")?;
    let file = File::create(dir.path().join("baseline"))?;
    let (work, work_in) = sync_channel::<Told>(4_096);
    let (tell, told) = channel();
    let list = usize::try_from(load.list)?;
    let writer = std::thread::spawn(move || commit(file, list, &work_in, &tell));
    let went = closed(load, &told, || {
        work.send((Instant::now(), true)).map_err(|_| anyhow!("the writer is gone"))
    });
    drop(work);
    writer.join().map_err(|_| anyhow!("the writer panicked"))??;
    went
}

fn commit(mut file: File, list: usize, work: &Receiver<Told>, tell: &Sender<Told>) -> Result<()> {
    let mut waiting = Vec::new();
    let mut bytes = Vec::new();
    while let Ok(first) = work.recv() {
        waiting.push(first);
        while waiting.len() * list < COMMIT
            && let Ok(more) = work.try_recv()
        {
            waiting.push(more);
        }
        bytes.resize(waiting.len() * list * BYTES, 7);
        file.write_all(&bytes)?;
        file.sync_data()?;
        for told in waiting.drain(..) {
            // Nobody listens any more only when the loop has failed.
            let _ = tell.send(told);
        }
    }
    Ok(())
}
