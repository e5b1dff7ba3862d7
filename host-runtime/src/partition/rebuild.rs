//! Rebuilding: from the newest good snapshot and the records after it to a state.
//!
//! Law: events are applied, never decided anew; the chain is checked on the way.

use earmark_abi::{chain, decode, encode};

use super::Position;
use super::follower::{apply, begin, note_origins, position, turn_of};
use super::origins::Origins;

use crate::journal::{Anchor, Head, JournalReader, Record, SnapshotStore};
use crate::plugin::{Bodies, Body, Fault};

/// Records applied in one call at the most, in bytes: enough to keep a body busy.
const BATCH_BYTES: usize = 8 << 20;

/// What a rebuild came to.
pub struct Rebuilt {
    /// Bodies in the state of the journal's end.
    pub bodies: Vec<Box<dyn Body>>,
    /// Where that is.
    pub position: Position,
    /// When a tick has something to do next.
    pub next_deadline: Option<u64>,
    /// The moment of the last input.
    pub at: u64,
    /// The input the snapshot stood at, if one was used.
    pub from_snapshot: Option<u64>,
    /// Snapshots that could not be used, and why.
    pub skipped: Vec<String>,
    pub(super) anchor: Anchor,
    pub(super) origins: Origins,
}

impl std::fmt::Debug for Rebuilt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rebuilt").field("position", &self.position).finish_non_exhaustive()
    }
}

impl Rebuilt {
    /// Checks the plugin's laws over the first body: how many predicates, and what is broken.
    ///
    /// # Errors
    /// The fault of the body.
    pub fn audit(&mut self) -> Result<(u64, Vec<String>), Fault> {
        let Some(body) = self.bodies.first_mut() else { return Ok((0, Vec::new())) };
        let audited = super::follower::audit(body.as_mut())?;
        let told = audited.broken.iter().map(|b| format!("{}: {}", b.law, b.found)).collect();
        Ok((audited.checked, told))
    }
}

/// Why a state can't be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The journal can't be read.
    #[error("the journal can't be read")]
    Journal(#[from] crate::journal::JournalError),
    /// The plugin can't take what the journal says.
    #[error("the plugin can't take the journal's events; is it the right plugin?")]
    Plugin(#[from] Fault),
    /// The snapshots can't be looked at.
    #[error("the snapshots can't be looked at")]
    Snapshots(#[from] crate::journal::SnapshotError),
    /// The chain that the inputs make is not the one the record says.
    #[error("the chain breaks between input {from} and {to}: the record was not made from them")]
    Chain {
        /// The record's first input.
        from: u64,
        /// Its last.
        to: u64,
    },
}

/// Brings `count` new bodies into the state of the journal's end. `progress` hears of inputs done.
///
/// # Errors
/// [`RebuildError`].
pub fn rebuild(
    bodies: &dyn Bodies,
    reader: &mut dyn JournalReader,
    snapshots: Option<&SnapshotStore>,
    count: usize,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Rebuilt, RebuildError> {
    rebuild_to(bodies, reader, snapshots, (count, u64::MAX), progress)
}

/// The same, up to the record that ends with input `until` or before it.
pub(super) fn rebuild_to(
    bodies: &dyn Bodies,
    reader: &mut dyn JournalReader,
    snapshots: Option<&SnapshotStore>,
    (count, until): (usize, u64),
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Rebuilt, RebuildError> {
    let roles = reader.header().roles.clone();
    let end = reader.head()?.next_input.saturating_sub(1).min(until);
    let mut start = Rebuilt {
        bodies: Vec::with_capacity(count),
        anchor: Head::start(reader.header()).anchor(),
        position: Position::default(),
        next_deadline: None,
        at: 0,
        from_snapshot: None,
        skipped: Vec::new(),
        origins: Origins::default(),
    };
    let state = newest(bodies, reader, snapshots, end, &mut start)?;
    for _ in 0..count {
        let mut body = bodies.fast()?;
        start.next_deadline = begin(body.as_mut(), &roles, state.as_deref())?;
        start.bodies.push(body);
    }
    if start.from_snapshot.is_some() && start.anchor.inputs > 0 {
        let last = reader.read(start.anchor.inputs, 1)?;
        for sealed in &last {
            start.at = last_moment(&sealed.record)?.unwrap_or(start.at);
        }
    }
    while start.anchor.inputs < end {
        let records = reader.read(start.anchor.inputs.saturating_add(1), usize::MAX)?;
        let mut batch: Vec<&Record> = Vec::new();
        let mut bytes = 0_usize;
        let wanted = records.iter().take_while(|sealed| sealed.record.last_input() <= end);
        let mut enough = true;
        for sealed in wanted {
            enough = false;
            check_chain(start.anchor.chain, &sealed.record)?;
            note_origins(&mut start.origins, &sealed.record)?;
            start.at = last_moment(&sealed.record)?.unwrap_or(start.at);
            start.anchor = Head::at(sealed).anchor();
            bytes = bytes.saturating_add(sealed.record.body.len());
            batch.push(&sealed.record);
            if bytes >= BATCH_BYTES {
                start.next_deadline = apply_to_all(&mut start.bodies, &batch)?;
                batch.clear();
                bytes = 0;
            }
        }
        if !batch.is_empty() {
            start.next_deadline = apply_to_all(&mut start.bodies, &batch)?;
        }
        progress(start.anchor.inputs, end);
        if enough {
            break;
        }
    }
    start.position = position(&start.anchor);
    Ok(start)
}

/// The newest snapshot that this plugin made and that the journal holds.
fn newest(
    bodies: &dyn Bodies,
    reader: &mut dyn JournalReader,
    snapshots: Option<&SnapshotStore>,
    end: u64,
    start: &mut Rebuilt,
) -> Result<Option<Vec<u8>>, RebuildError> {
    let Some(store) = snapshots else { return Ok(None) };
    let latest = store.latest_accepted(|head| {
        if head.plugin != bodies.digest() {
            return Err("another plugin made it".to_string());
        }
        if head.at.inputs > end {
            return Err("it is of a later state".to_string());
        }
        reader.holds(&head.at).map_err(|error| error.to_string())
    })?;
    let told =
        |skipped: &crate::journal::Skipped| format!("{}: {}", skipped.path.display(), skipped.why);
    start.skipped = latest.skipped.iter().map(told).collect();
    let Some(snapshot) = latest.snapshot else { return Ok(None) };
    let saved: (Vec<(String, u64)>, Vec<u8>) = decode("a snapshot", &snapshot.body)
        .map_err(|error| RebuildError::Plugin(Fault::Answer(error.to_string())))?;
    start.anchor = snapshot.head.at;
    start.origins = Origins::restore(saved.0);
    start.from_snapshot = Some(snapshot.head.at.inputs);
    Ok(Some(saved.1))
}

fn apply_to_all(
    bodies: &mut [Box<dyn Body>],
    records: &[&Record],
) -> Result<Option<u64>, RebuildError> {
    let mut next_deadline = None;
    for body in bodies {
        next_deadline = apply(body.as_mut(), records)?;
    }
    Ok(next_deadline)
}

fn last_moment(record: &Record) -> Result<Option<u64>, RebuildError> {
    Ok(turn_of(record)?.and_then(|turn| turn.inputs.last().map(|input| input.at)))
}

/// Whether the record's chain follows from the chain before it and its own inputs and outcomes;
/// what is no turn leaves it as it was.
pub(crate) fn check_chain(before: [u8; 32], record: &Record) -> Result<(), RebuildError> {
    let broken = || RebuildError::Chain { from: record.first_input, to: record.last_input() };
    let Some(turn) = turn_of(record)? else {
        let whole = (record.inputs, record.events, record.chain) == (1, 0, before);
        return if whole { Ok(()) } else { Err(broken()) };
    };
    let not = |error: earmark_abi::NotDecoded| Fault::Answer(error.to_string());
    let encoded: Result<Vec<Vec<u8>>, _> = turn.principals.iter().map(encode).collect();
    let encoded = encoded.map_err(not)?;
    let mut chain = before;
    for (input, outcome) in turn.inputs.iter().zip(&turn.outcomes) {
        let by = encoded.get(usize::from(input.by)).map(Vec::as_slice).unwrap_or_default();
        chain = chain::extend_encoded(&chain, by, input, outcome);
    }
    let whole = turn.inputs.len() == turn.outcomes.len();
    if whole && chain == record.chain { Ok(()) } else { Err(broken()) }
}
