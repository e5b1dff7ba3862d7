//! Rebuilding: from the newest good snapshot and the records after it to a state.
//!
//! Law: events are applied, never decided anew; the chain is checked on the way.

use std::collections::BTreeSet;

use earmark_abi::{Audited, chain, decode, encode};

use super::Position;
use super::follower::{apply, begin, note_origins, position, turn_of};
use super::origins::Origins;

use crate::hex;
use crate::journal::{Anchor, Head, JournalReader, Record, Snapshot, SnapshotStore};
use crate::plugin::{Bodies, Body, Fault};

/// Records applied in one call at the most, in bytes: enough to keep a body busy.
const BATCH_BYTES: usize = 8 << 20;

/// The state at a base: the cursors of all sources, the plugin's own snapshot, and the moment of
/// the last input.
pub(super) type AtBase = (Vec<(String, u64)>, Vec<u8>, u64);

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
    /// The digest of the plugin that wrote the last record, if one was read.
    pub written_by: Option<[u8; 32]>,
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
    pub fn audit(&mut self) -> Result<Audited, Fault> {
        let none = Audited { checked: 0, broken: Vec::new() };
        self.bodies.first_mut().map_or(Ok(none), |body| super::follower::audit(body.as_mut()))
    }
}

/// Why a state can't be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The journal can't be read.
    #[error("the journal can't be read")]
    Journal(#[from] crate::journal::JournalError),
    /// The journal is another plugin's.
    #[error(
        "the journal holds turns of the plugin `{journal}` (blake3 {wrote}), not of `{plugin}` \
         (blake3 {given}): name the file of the journal's own with --plugin; `earmark plugin \
         inspect FILE` tells whose a file is"
    )]
    OtherPlugin {
        /// The name of the journal's.
        journal: String,
        /// The digest of the one that wrote its last turn.
        wrote: String,
        /// The name of the one given.
        plugin: String,
        /// Its digest.
        given: String,
    },
    /// The plugin can't take the journal's events.
    #[error(
        "the plugin with the digest {given} can't take the events of the inputs {from}..{to}, \
         which {wrote} wrote"
    )]
    Events {
        /// The first input.
        from: u64,
        /// The last one.
        to: u64,
        /// The digests of those that wrote them.
        wrote: String,
        /// The digest of the one given.
        given: String,
        /// What it says.
        source: Fault,
    },
    /// The journal was compacted, and the state that it begins with is another plugin's.
    #[error(
        "the journal begins behind input {inputs}, and the state there is of the plugin with the \
         digest {wrote}, not {given}: a new version rebuilds from all records, so put its archive \
         back first, with `earmark rejoin`"
    )]
    OtherBase {
        /// The last input that was taken out.
        inputs: u64,
        /// The digest of the plugin that made the state.
        wrote: String,
        /// The digest of the one given.
        given: String,
    },
    /// The plugin failed.
    #[error("the plugin fails while the state is rebuilt")]
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
    rebuild_to(u64::MAX, bodies, reader, snapshots, count, progress)
}

/// As [`rebuild`], but not beyond the last record that ends at or before the input `last`.
pub(super) fn rebuild_to(
    last: u64,
    bodies: &dyn Bodies,
    reader: &mut dyn JournalReader,
    snapshots: Option<&SnapshotStore>,
    count: usize,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Rebuilt, RebuildError> {
    let roles = reader.header().roles.clone();
    let end = reader.head()?.next_input.saturating_sub(1).min(last);
    check_plugin(bodies, reader)?;
    let mut start = Rebuilt {
        bodies: Vec::with_capacity(count),
        anchor: reader.base().anchor(),
        position: Position::default(),
        next_deadline: None,
        at: 0,
        from_snapshot: None,
        skipped: Vec::new(),
        written_by: None,
        origins: Origins::default(),
    };
    let state = match newest(bodies, reader, snapshots, end, &mut start)? {
        Some(state) => Some(state),
        None => at_the_base(bodies, reader, &mut start)?,
    };
    for _ in 0..count {
        let mut body = bodies.fast()?;
        start.next_deadline = begin(body.as_mut(), &roles, state.as_deref())?;
        start.bodies.push(body);
    }
    if start.from_snapshot.is_some() {
        last_turn(reader, &mut start)?;
    }
    while start.anchor.inputs < end {
        let mut records = reader.read(start.anchor.inputs.saturating_add(1), usize::MAX)?;
        records.retain(|sealed| sealed.record.last_input() <= end);
        let mut batch: Vec<&Record> = Vec::new();
        let mut bytes = 0_usize;
        for sealed in &records {
            check_chain(start.anchor.chain, &sealed.record)?;
            note_origins(&mut start.origins, &sealed.record)?;
            start.look_at(&sealed.record)?;
            start.anchor = Head::at(sealed).anchor();
            bytes = bytes.saturating_add(sealed.record.body.len());
            batch.push(&sealed.record);
            if bytes >= BATCH_BYTES {
                start.next_deadline = apply_to_all(bodies, &mut start.bodies, &batch)?;
                batch.clear();
                bytes = 0;
            }
        }
        if !batch.is_empty() {
            start.next_deadline = apply_to_all(bodies, &mut start.bodies, &batch)?;
        }
        progress(start.anchor.inputs, end);
        if records.is_empty() {
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

/// Takes note of the last turn at or before a snapshot; entries that are no turns may lie between,
/// and where all of them were taken out, the base knows the moment.
fn last_turn(reader: &mut dyn JournalReader, start: &mut Rebuilt) -> Result<(), RebuildError> {
    let mut at = start.anchor.inputs;
    while at > reader.base().anchor().inputs {
        let found = reader.read(at, 1)?;
        let Some(sealed) = found.first() else { break };
        start.look_at(&sealed.record)?;
        if start.written_by.is_some() {
            return Ok(());
        }
        at = sealed.record.first_input.saturating_sub(1);
    }
    if let Some(base) = reader.base_state()? {
        start.at = state_at(&base)?.2;
    }
    Ok(())
}

fn state_at(base: &Snapshot) -> Result<AtBase, Fault> {
    decode("the state at the base", &base.body).map_err(|error| Fault::Answer(error.to_string()))
}

/// The state that a compacted journal begins with; none if it begins with nothing.
fn at_the_base(
    bodies: &dyn Bodies,
    reader: &mut dyn JournalReader,
    start: &mut Rebuilt,
) -> Result<Option<Vec<u8>>, RebuildError> {
    let Some(base) = reader.base_state()? else { return Ok(None) };
    let at = base.head.at;
    if base.head.plugin != bodies.digest() {
        let (wrote, given) = (hex(&base.head.plugin), hex(&bodies.digest()));
        return Err(RebuildError::OtherBase { inputs: at.inputs, wrote, given });
    }
    let (cursors, state, moment) = state_at(&base)?;
    start.anchor = at;
    start.origins = Origins::restore(cursors);
    start.at = moment;
    start.from_snapshot = Some(at.inputs);
    Ok(Some(state))
}

fn apply_to_all(
    given: &dyn Bodies,
    bodies: &mut [Box<dyn Body>],
    records: &[&Record],
) -> Result<Option<u64>, RebuildError> {
    let mut next_deadline = None;
    for body in bodies {
        next_deadline =
            apply(body.as_mut(), records).map_err(|fault| not_taken(given, records, fault))?;
    }
    Ok(next_deadline)
}

/// Whose events were not taken, and by whom.
fn not_taken(given: &dyn Bodies, records: &[&Record], source: Fault) -> RebuildError {
    let writer = |record: &&Record| turn_of(record).ok().flatten().map(|turn| hex(&turn.plugin));
    let wrote: BTreeSet<String> = records.iter().filter_map(writer).collect();
    let given = hex(&given.digest());
    let wrote = match wrote.len() {
        1 if wrote.contains(&given) => "it".to_string(),
        _ => wrote.into_iter().collect::<Vec<_>>().join(" and "),
    };
    let from = records.first().map_or(0, |record| record.first_input);
    let to = records.last().map_or(0, |record| record.last_input());
    RebuildError::Events { from, to, wrote, given, source }
}

/// Checks that the journal is of the plugin with this name; its digest may be another version's.
///
/// # Errors
/// [`RebuildError::OtherPlugin`], or that the journal can't be read.
pub fn check_plugin(
    bodies: &dyn Bodies,
    reader: &mut dyn JournalReader,
) -> Result<(), RebuildError> {
    let (journal, plugin) = (reader.header().plugin.clone(), &bodies.description().name);
    if journal == *plugin {
        return Ok(());
    }
    let end = reader.head()?;
    let last = match end.records {
        0 => Vec::new(),
        _ => reader.read(end.next_input.saturating_sub(1), 1)?,
    };
    let turn = last.first().map(|sealed| turn_of(&sealed.record)).transpose()?.flatten();
    let wrote = turn.map_or("of none yet".to_string(), |turn| hex(&turn.plugin));
    let (plugin, given) = (plugin.clone(), hex(&bodies.digest()));
    Err(RebuildError::OtherPlugin { journal, wrote, plugin, given })
}

impl Rebuilt {
    /// Takes note of the record's last moment, and of who wrote it.
    fn look_at(&mut self, record: &Record) -> Result<(), RebuildError> {
        let Some(turn) = turn_of(record)? else { return Ok(()) };
        self.at = turn.inputs.last().map_or(self.at, |input| input.at);
        self.written_by = Some(turn.plugin);
        Ok(())
    }
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
