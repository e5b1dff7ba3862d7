//! Opening a partition: journal, rebuild, threads.
//!
//! Law: a partition is open only when its state is the journal's end.

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::activation::in_force;
use super::bars::Bars;
use super::follower::{Follower, Renew, Snapshots};
use super::leader::{Leader, Ticks, clock};
use super::meters::Meters;
use super::origins::Origins;
use super::rebuild::{RebuildError, rebuild};
use super::saver::Saver;
use super::translate::Translator;
use super::writer::Writer;
use super::{Caller, Partition, Seen};
use crate::hex;
use crate::journal::{
    Clock, Header, Journal, JournalError, JournalReader, MemoryJournal, OpenOptions, SNAPSHOTS,
    SnapshotStore, SqliteJournal,
};
use crate::plugin::{Bodies, Body, Fault};

/// How many submissions (or lists of them) may wait for the leader.
const QUEUE: usize = 4_096;
/// How many turns may wait to be durable: one is computed while one syncs.
const TURNS_AHEAD: usize = 1;
/// Inputs in one turn at the very most: an input names its principal by 16 bits, and the host's own
/// tick may come on top.
const TURN_INPUTS_MAX: usize = 65_000;
/// How many asks may wait for the follower.
const ASKS: usize = 1_024;
/// Snapshots kept.
const SNAPSHOTS_KEPT: usize = 2;

/// Where a partition keeps its journal.
#[derive(Debug, Clone)]
pub enum Where {
    /// In this directory, as SQLite.
    Directory(PathBuf),
    /// In memory: gone when it closes.
    Memory,
}

/// How to open a partition.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where its journal is.
    pub place: Where,
    /// Which clock stamps its inputs; counts when the journal is made.
    pub clock: Clock,
    /// The roles that are local; counts when the journal is made. None: all the plugin has.
    pub roles: Vec<String>,
    /// Inputs in one turn at the most.
    pub turn_inputs: usize,
    /// Save a snapshot after so many inputs; never if 0.
    pub snapshot_every: u64,
    /// Whether a witness applies each turn's events before they are durable: it costs a third
    /// body, and the time to apply. Without it, a plugin that does not take an event it made leaves
    /// a journal that nobody can rebuild.
    pub witness: bool,
    /// Stamp inputs with the times they come with, whatever the journal's clock is, and make no
    /// ticks: for an import, which lets happen again what another journal recorded, ticks and all.
    pub recorded_times: bool,
    /// How to open the journal.
    pub journal: OpenOptions,
}

impl Options {
    /// The usual: live clock, all roles, turns of at most 4,096 inputs, a snapshot after every
    /// million of them, and a witness.
    #[must_use]
    pub fn new(place: Where) -> Self {
        Self {
            place,
            clock: Clock::Live,
            roles: Vec::new(),
            turn_inputs: 4_096,
            snapshot_every: 1_000_000,
            witness: true,
            recorded_times: false,
            journal: OpenOptions::default(),
        }
    }
}

/// Why a partition can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The journal can't be opened.
    #[error("the journal can't be opened")]
    Journal(#[from] JournalError),
    /// The journal is another plugin's.
    #[error(
        "the journal holds turns of the plugin `{journal}`, not of `{plugin}`: name the file of \
         the journal's own with --plugin, or another directory"
    )]
    OtherPlugin {
        /// The journal's.
        journal: String,
        /// The one given.
        plugin: String,
    },
    /// Another plugin decides in this journal, by its last activation or its last turn.
    #[error(
        "the plugin in force in this journal is blake3 {in_force}, and this one is {given}. Where \
         it was upgraded before, the journal keeps its plugin: leave out the one that is named \
         (--plugin, EARMARK_PLUGIN, `plugin` in the file of settings). To put another one in \
         force, after a look at what it would decide otherwise: `earmark upgrade`"
    )]
    NotInForce {
        /// The digest of the one in force.
        in_force: String,
        /// The digest of the one given.
        given: String,
    },
    /// The journal's clock is of another kind.
    #[error("the journal has a {0:?} clock, which it keeps for its life: use another directory")]
    OtherClock(Clock),
    /// The state can't be rebuilt.
    #[error("the state can't be rebuilt from the journal")]
    Rebuild(#[from] RebuildError),
    /// The snapshots can't be looked at.
    #[error("the snapshots can't be looked at")]
    Snapshots(#[from] crate::journal::SnapshotError),
    /// A thread can't be started.
    #[error("a thread can't be started")]
    Thread(#[source] std::io::Error),
}

impl Partition {
    /// Opens a partition, or makes a new one; `progress` hears of inputs rebuilt, and of how many.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(
        bodies: Arc<dyn Bodies>,
        options: &Options,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, OpenError> {
        let journal = open_journal(bodies.as_ref(), options)?;
        Self::over(bodies, journal, options, progress)
    }

    /// As [`Partition::open`], over a journal that is open already. Snapshots still go where
    /// [`Options::place`] says.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn over(
        bodies: Arc<dyn Bodies>,
        journal: Box<dyn Journal>,
        options: &Options,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, OpenError> {
        let header = journal.header().clone();
        let snapshots = snapshots(&options.place)?;
        let mut reader = journal.reader()?;
        check(reader.as_mut(), bodies.as_ref(), options)?;
        // The leader's, the follower's, and the witness.
        let count = if options.witness { 3 } else { 2 };
        let rebuilt =
            rebuild(bodies.as_ref(), reader.as_mut(), snapshots.as_ref(), count, progress)?;
        warn(&rebuilt.skipped);
        let (first, second, third) = three(rebuilt.bodies)?;
        let (work, work_in) = sync_channel(QUEUE);
        let (jobs, jobs_in) = sync_channel(TURNS_AHEAD);
        let (asks, asks_in) = sync_channel(ASKS);
        let (told, position) = watch::channel(rebuilt.position);
        let stamped = Arc::new(AtomicU64::new(rebuilt.at));
        let meters = meters(bodies.as_ref(), rebuilt.position.inputs);
        let leader = Leader {
            bodies: Arc::clone(&bodies),
            body: first,
            witness: third,
            roles: header.roles.clone(),
            clock: if options.recorded_times { Clock::Logical } else { header.clock },
            origins: origins(&rebuilt.origins, options),
            position: rebuilt.position,
            at: rebuilt.at,
            stamped: Arc::clone(&stamped),
            next_deadline: rebuilt.next_deadline,
            ticks: Ticks::default(),
            turn_inputs: options.turn_inputs.clamp(1, TURN_INPUTS_MAX),
            jobs,
            asks: asks.clone(),
            by_host: Arc::new(Caller { subject: "host".into(), scopes: vec!["flow".into()] }),
            lost: None,
            meters: Arc::clone(&meters),
        };
        let follower = Follower {
            renew: renew(&bodies, reader.as_ref(), snapshots.clone())?,
            body: second,
            origins: rebuilt.origins,
            anchor: rebuilt.anchor,
            snapshots: saving(snapshots, options.snapshot_every, bodies.digest(), &meters)?,
            save_soon: false,
            bars: Bars::default(),
            meters: Arc::clone(&meters),
            saved_at: rebuilt.from_snapshot.unwrap_or(0),
        };
        let writer = Writer { journal, asks: asks.clone(), position: told, meters: meters.clone() };
        let threads = vec![
            spawn("earmark-leader", move || leader.run(&work_in))?,
            spawn("earmark-writer", move || writer.run(&jobs_in))?,
            spawn("earmark-follower", move || follower.run(&asks_in))?,
        ];
        Ok(Self {
            header,
            work,
            asks,
            seen: Seen { position, stamped, meters },
            readers: Mutex::new(reader),
            translator: Translator::new(Arc::clone(&bodies)),
            letters: Mutex::default(),
            threads,
            bodies,
        })
    }
}

/// How far each source has come, for the leader.
fn origins(rebuilt: &Origins, options: &Options) -> Origins {
    let mut origins = rebuilt.clone();
    if options.recorded_times {
        origins.let_all_in();
    }
    origins
}

/// The leader's body, the follower's, and the witness, if there is one.
#[allow(clippy::type_complexity, reason = "three of a kind, taken apart at once")]
fn three(
    bodies: Vec<Box<dyn Body>>,
) -> Result<(Box<dyn Body>, Box<dyn Body>, Option<Box<dyn Body>>), OpenError> {
    let mut bodies = bodies.into_iter();
    match (bodies.next(), bodies.next()) {
        (Some(first), Some(second)) => Ok((first, second, bodies.next())),
        _ => {
            let lost = Fault::Trap("no body was made".to_string());
            Err(OpenError::Rebuild(RebuildError::Plugin(lost)))
        }
    }
}

/// How snapshots are saved, if they are.
fn saving(
    store: Option<SnapshotStore>,
    every_inputs: u64,
    plugin: [u8; 32],
    meters: &Arc<Meters>,
) -> Result<Option<Snapshots>, OpenError> {
    let Some(store) = store.filter(|_| every_inputs > 0) else { return Ok(None) };
    let saver = Saver::start(store, Arc::clone(meters)).map_err(OpenError::Thread)?;
    Ok(Some(Snapshots { saver, every_inputs, plugin }))
}

fn meters(bodies: &dyn Bodies, inputs: u64) -> Arc<Meters> {
    Arc::new(Meters::new(bodies.description().commands.len(), inputs))
}

fn warn(skipped: &[String]) {
    for skipped in skipped {
        tracing::warn!(skipped, "a snapshot can't be used");
    }
}

/// Where snapshots are kept, if anywhere.
fn snapshots(place: &Where) -> Result<Option<SnapshotStore>, OpenError> {
    match place {
        Where::Directory(dir) => {
            Ok(Some(SnapshotStore::open(&dir.join(SNAPSHOTS), SNAPSHOTS_KEPT)?))
        }
        Where::Memory => Ok(None),
    }
}

/// How the follower gets a new body: from the newest snapshot and the records after it.
fn renew(
    bodies: &Arc<dyn Bodies>,
    reader: &dyn JournalReader,
    snapshots: Option<SnapshotStore>,
) -> Result<Renew, OpenError> {
    let (bodies, mut reader) = (Arc::clone(bodies), reader.another()?);
    Ok(Box::new(move || {
        rebuild(bodies.as_ref(), reader.as_mut(), snapshots.as_ref(), 1, &mut |_, _| {})
    }))
}

fn spawn(
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> Result<std::thread::JoinHandle<()>, OpenError> {
    std::thread::Builder::new().name(name.to_string()).spawn(run).map_err(OpenError::Thread)
}

fn open_journal(bodies: &dyn Bodies, options: &Options) -> Result<Box<dyn Journal>, OpenError> {
    let header = || Header {
        id: new_id(),
        plugin: bodies.description().name.clone(),
        roles: options.roles.clone(),
        clock: options.clock,
        created_at_ms: clock(),
    };
    match &options.place {
        Where::Memory => Ok(Box::new(MemoryJournal::new(header()))),
        Where::Directory(dir) => match SqliteJournal::open(dir, &options.journal) {
            Ok(journal) => Ok(Box::new(journal)),
            Err(JournalError::Missing { .. }) => {
                Ok(Box::new(SqliteJournal::create(dir, &header(), &options.journal)?))
            }
            Err(error) => Err(error.into()),
        },
    }
}

/// Whether the plugin may decide in this journal, and the clock is its own.
fn check(
    reader: &mut dyn JournalReader,
    bodies: &dyn Bodies,
    options: &Options,
) -> Result<(), OpenError> {
    check_header(reader.header(), bodies, options)?;
    match in_force(reader)?.filter(|it| *it != bodies.digest()) {
        Some(other) => {
            Err(OpenError::NotInForce { in_force: hex(&other), given: hex(&bodies.digest()) })
        }
        None => Ok(()),
    }
}

fn check_header(header: &Header, bodies: &dyn Bodies, options: &Options) -> Result<(), OpenError> {
    let plugin = &bodies.description().name;
    if header.plugin != *plugin {
        let (journal, plugin) = (header.plugin.clone(), plugin.clone());
        return Err(OpenError::OtherPlugin { journal, plugin });
    }
    if header.clock != options.clock {
        return Err(OpenError::OtherClock(header.clock));
    }
    Ok(())
}

/// An id for a journal: time, process and address-space layout, hashed. It needs to be new, not
/// secret.
#[must_use]
pub fn new_id() -> [u8; 16] {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut id = [0; 16];
    for half in id.chunks_exact_mut(8) {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(clock());
        hasher.write_u32(std::process::id());
        half.copy_from_slice(&hasher.finish().to_le_bytes());
    }
    id
}
