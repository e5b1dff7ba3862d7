//! The snapshot store: one file a snapshot, which shortens recovery and is never the truth.
//!
//! Law: a snapshot appears whole or not at all, and one that does not verify is skipped and
//! named; whoever uses one also asks the journal whether it holds the snapshot's position.
//!
//! ```text
//! DIR/00000000000000000812.snap, named after the last input it contains
//! offset   size  field
//!      0      4  magic "EMSN"
//!      4      2  version, 1
//!      6      8  records   how many records of the journal it contains
//!     14      8  inputs    how many inputs
//!     22      8  events    how many events
//!     30     32  chain     the domain's chain there
//!     62     32  hash      of the last record it contains
//!     94     32  plugin    digest of the plugin that wrote the body
//!    126      8  n         length of the body in bytes
//!    134      n  body      (opaque here)
//! 134 + n    32  BLAKE3 of everything above
//! ```
//!
//! Integers are little-endian.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::Anchor;
use super::record::{split_u16, split_u64};
use crate::chaos::{Place, reach};

/// Where the snapshots of a journal are, in the journal's own directory.
pub const SNAPSHOTS: &str = "snapshots";

const MAGIC: [u8; 4] = *b"EMSN";
const VERSION: u16 = 1;
const HEAD_BYTES: usize = 134;
const HASH_BYTES: usize = 32;
/// A body is written in pieces of so many bytes, each synced: were it one, a journal on the same
/// disk could wait for all of it whenever it syncs a turn.
const PIECE_BYTES: usize = 4 << 20;

/// The snapshots of one journal, in a directory of their own.
#[derive(Debug, Clone)]
pub struct SnapshotStore {
    dir: PathBuf,
    keep: usize,
}

/// What a snapshot says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotHead {
    /// The position of the journal that the state stands at.
    pub at: Anchor,
    /// Digest of the plugin that wrote the body.
    pub plugin: [u8; 32],
}

/// A snapshot that was read and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What it says of itself.
    pub head: SnapshotHead,
    /// The state: opaque here.
    pub body: Vec<u8>,
}

/// The outcome of looking for the newest snapshot.
#[derive(Debug)]
pub struct Latest {
    /// The newest one that verifies and is accepted.
    pub snapshot: Option<Snapshot>,
    /// The newer ones that were passed over.
    pub skipped: Vec<Skipped>,
}

/// A snapshot that was passed over.
#[derive(Debug)]
pub struct Skipped {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file or the directory failed.
    #[error("can't {doing} `{}`", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl SnapshotStore {
    /// Opens the store in `dir`, which is made if it is missing, and removes what an interrupted
    /// save left. After each save the newest `keep` snapshots stay, but at least one.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Io`].
    pub fn open(dir: &Path, keep: usize) -> Result<Self, SnapshotError> {
        std::fs::create_dir_all(dir).map_err(failed("create the directory", dir))?;
        let store = Self { dir: dir.to_owned(), keep: keep.max(1) };
        for path in store.paths()? {
            if path.extension().is_some_and(|extension| extension == "tmp") {
                std::fs::remove_file(&path).map_err(failed("remove", &path))?;
            }
        }
        Ok(store)
    }

    /// The store in `dir` as another process has it open: nothing is made or removed, and a
    /// directory that is not there has no snapshots.
    #[must_use]
    pub fn beside(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), keep: usize::MAX }
    }

    /// Writes a snapshot, durable when this returns, then removes those beyond the retention.
    /// Snapshots of positions behind this one's end stay and don't count: they belong to a
    /// history that the journal left.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Io`]; also if the snapshot was saved and an old one can't be removed.
    pub fn save(&self, head: &SnapshotHead, body: &[u8]) -> Result<PathBuf, SnapshotError> {
        let path = self.dir.join(format!("{:020}.snap", head.at.inputs));
        let draft = path.with_extension("snap.tmp");
        reach(Place::SnapshotBegun);
        write_durable(&draft, head, body).map_err(failed("write", &draft))?;
        reach(Place::SnapshotWritten);
        std::fs::rename(&draft, &path).map_err(failed("put in place", &path))?;
        reach(Place::SnapshotPlaced);
        File::open(&self.dir)
            .and_then(|dir| dir.sync_all())
            .map_err(failed("sync the directory", &self.dir))?;
        let older = self.newest_first()?.into_iter().filter(|(input, _)| *input <= head.at.inputs);
        for (_, path) in older.skip(self.keep) {
            std::fs::remove_file(&path).map_err(failed("remove", &path))?;
        }
        Ok(path)
    }

    /// The newest snapshot that verifies.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Io`] if the directory can't be listed; a file that can't be read is
    /// skipped.
    pub fn latest(&self) -> Result<Latest, SnapshotError> {
        self.latest_accepted(|_| Ok(()))
    }

    /// The newest snapshot that verifies and that `accept` takes: the caller's place to ask for
    /// its own plugin and for a position that the journal holds. What `accept` says against one
    /// is its reason in [`Latest::skipped`].
    ///
    /// # Errors
    ///
    /// As [`SnapshotStore::latest`].
    pub fn latest_accepted(
        &self,
        mut accept: impl FnMut(&SnapshotHead) -> Result<(), String>,
    ) -> Result<Latest, SnapshotError> {
        let mut skipped = Vec::new();
        for (input, path) in self.newest_first()? {
            let read = read_verified(&path)
                .and_then(|snapshot| {
                    if snapshot.head.at.inputs == input {
                        Ok(snapshot)
                    } else {
                        Err(format!("it holds the state at input {}", snapshot.head.at.inputs))
                    }
                })
                .and_then(|snapshot| accept(&snapshot.head).map(|()| snapshot));
            match read {
                Ok(snapshot) => return Ok(Latest { snapshot: Some(snapshot), skipped }),
                Err(why) => skipped.push(Skipped { path, why }),
            }
        }
        Ok(Latest { snapshot: None, skipped })
    }

    fn newest_first(&self) -> Result<Vec<(u64, PathBuf)>, SnapshotError> {
        let named = |path: PathBuf| {
            let input = path.file_name()?.to_str()?.strip_suffix(".snap")?.parse().ok()?;
            Some((input, path))
        };
        let mut found: Vec<(u64, PathBuf)> = self.paths()?.into_iter().filter_map(named).collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        Ok(found)
    }

    fn paths(&self) -> Result<Vec<PathBuf>, SnapshotError> {
        match std::fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
            Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        }
        .map_err(failed("list the directory", &self.dir))
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SnapshotError {
    let path = path.to_owned();
    move |source| SnapshotError::Io { doing, path, source }
}

pub(super) fn write_durable(path: &Path, head: &SnapshotHead, body: &[u8]) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(HEAD_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&head.at.records.to_le_bytes());
    bytes.extend_from_slice(&head.at.inputs.to_le_bytes());
    bytes.extend_from_slice(&head.at.events.to_le_bytes());
    bytes.extend_from_slice(&head.at.chain);
    bytes.extend_from_slice(&head.at.hash);
    bytes.extend_from_slice(&head.plugin);
    bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
    let mut hasher = blake3::Hasher::new();
    hasher.update(&bytes).update(body);
    let mut file = File::create(path)?;
    file.write_all(&bytes)?;
    for piece in body.chunks(PIECE_BYTES) {
        file.write_all(piece)?;
        file.sync_data()?;
    }
    file.write_all(hasher.finalize().as_bytes())?;
    file.sync_all()
}

/// Reads a snapshot; says in words what is wrong with it.
pub(super) fn read_verified(path: &Path) -> Result<Snapshot, String> {
    let text = |error: io::Error| error.to_string();
    let mut file = File::open(path).map_err(text)?;
    let held = file.metadata().map_err(text)?.len();
    let mut bytes = [0; HEAD_BYTES];
    file.read_exact(&mut bytes).map_err(|_| format!("{held} bytes are too few"))?;
    let (head, length) = decode_head(&bytes)?;
    let stated = length.checked_add((HEAD_BYTES + HASH_BYTES) as u64);
    if stated != Some(held) {
        return Err(format!("it states a body of {length} bytes and the file has {held}"));
    }
    // The length is the file's own now, so this reserves no more than there is to read.
    let mut body = Vec::with_capacity(usize::try_from(length).map_err(|e| e.to_string())?);
    (&mut file).take(length).read_to_end(&mut body).map_err(text)?;
    let mut hash = [0; HASH_BYTES];
    file.read_exact(&mut hash).map_err(text)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&bytes).update(&body);
    if hasher.finalize() != blake3::Hash::from_bytes(hash) {
        return Err("its hash does not match its bytes".to_owned());
    }
    Ok(Snapshot { head, body })
}

fn decode_head(bytes: &[u8]) -> Result<(SnapshotHead, u64), String> {
    let split = || {
        let (magic, rest) = bytes.split_first_chunk::<4>()?;
        let (version, rest) = split_u16(rest)?;
        let (records, rest) = split_u64(rest)?;
        let (inputs, rest) = split_u64(rest)?;
        let (events, rest) = split_u64(rest)?;
        let (chain, rest) = rest.split_first_chunk::<32>()?;
        let (hash, rest) = rest.split_first_chunk::<32>()?;
        let (plugin, rest) = rest.split_first_chunk::<32>()?;
        let (length, _) = split_u64(rest)?;
        let at = Anchor { records, inputs, events, chain: *chain, hash: *hash };
        Some((*magic, version, SnapshotHead { at, plugin: *plugin }, length))
    };
    let (magic, version, head, length) = split().ok_or("it is too short")?;
    if magic != MAGIC {
        return Err("its magic is wrong".to_owned());
    }
    if version != VERSION {
        return Err(format!("its version {version} is unknown to this build"));
    }
    Ok((head, length))
}
