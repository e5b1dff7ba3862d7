//! The base of a journal whose older records were taken out: where it begins, and the state there.
//!
//! Law: the base names the last record that was taken out by its hash, so that what was taken out
//! and what is left are one history. The state there is needed, and so it is kept twice.
//!
//! ```text
//! DIR/journal.db       CREATE TABLE base (id INTEGER PRIMARY KEY, bytes), one row:
//! offset  size  field
//!      0     4  magic "EMBS"
//!      4     2  version, 1
//!      6     8  records   how many records were taken out
//!     14     8  inputs    how many inputs
//!     22     8  events    how many events
//!     30    32  chain     the domain's chain there
//!     62    32  hash      of the last record taken out
//!     94    32  header    hash of the journal's header
//!    126    32  BLAKE3 of the state
//!    158    32  BLAKE3 of everything above
//! DIR/journal.base.1   the state, in the form of a snapshot's file
//! DIR/journal.base.2   the same once more
//! ```
//!
//! Integers are little-endian.

use std::path::{Path, PathBuf};

use super::Anchor;
use super::error::{Cause, JournalError, Place};
use super::record::{split_u16, split_u64};
use super::snapshot::{Snapshot, SnapshotHead, read_verified, write_durable};

const MAGIC: [u8; 4] = *b"EMBS";
const VERSION: u16 = 1;
const COPIES: [&str; 2] = ["journal.base.1", "journal.base.2"];

/// Where a journal begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) at: Anchor,
    /// Digest of the state.
    pub(super) state: [u8; 32],
}

impl Base {
    /// The base with this state.
    pub(super) fn of(at: Anchor, state: &[u8]) -> Self {
        Self { at, state: *blake3::hash(state).as_bytes() }
    }

    pub(super) fn encode(&self, header: &[u8; 32]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.at.records.to_le_bytes());
        bytes.extend_from_slice(&self.at.inputs.to_le_bytes());
        bytes.extend_from_slice(&self.at.events.to_le_bytes());
        bytes.extend_from_slice(&self.at.chain);
        bytes.extend_from_slice(&self.at.hash);
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(&self.state);
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        bytes
    }

    /// Decodes the base of the journal with this header's hash.
    pub(super) fn decode(bytes: &[u8], of: &[u8; 32]) -> Result<Self, Cause> {
        let short = "the base is too short";
        let (hashed, hash) = bytes.split_last_chunk::<32>().ok_or(short)?;
        if blake3::hash(hashed) != blake3::Hash::from_bytes(*hash) {
            return Err("the base's hash does not match its bytes".into());
        }
        let split = || {
            let (magic, rest) = hashed.split_first_chunk::<4>()?;
            let (version, rest) = split_u16(rest)?;
            let (records, rest) = split_u64(rest)?;
            let (inputs, rest) = split_u64(rest)?;
            let (events, rest) = split_u64(rest)?;
            let (chain, rest) = rest.split_first_chunk::<32>()?;
            let (hash, rest) = rest.split_first_chunk::<32>()?;
            let (header, rest) = rest.split_first_chunk::<32>()?;
            let (state, rest) = rest.split_first_chunk::<32>()?;
            let at = Anchor { records, inputs, events, chain: *chain, hash: *hash };
            let known = *magic == MAGIC && version == VERSION && rest.is_empty();
            Some((known, *header, Self { at, state: *state }))
        };
        match split().ok_or(short)? {
            (false, ..) => Err("the base is of a form unknown to this build".into()),
            (true, header, _) if header != *of => Err("the base is another journal's".into()),
            (true, _, base) => Ok(base),
        }
    }

    /// Writes the state, twice.
    pub(super) fn save(
        &self,
        dir: &Path,
        plugin: [u8; 32],
        state: &[u8],
    ) -> Result<(), JournalError> {
        for path in copies(dir) {
            write_durable(&path, &SnapshotHead { at: self.at, plugin }, state)
                .map_err(JournalError::io("write the state at the base", &path))?;
        }
        Ok(())
    }

    /// The state, and how many of its two copies are not good.
    pub(super) fn load(&self, dir: &Path) -> Result<(Snapshot, u8), JournalError> {
        let mut good = None;
        let mut wrong = Vec::new();
        for path in copies(dir) {
            match self.read(&path) {
                Ok(state) => good = good.or(Some(state)),
                Err(why) => wrong.push(format!("{}: {why}", path.display())),
            }
        }
        let damaged = u8::try_from(wrong.len()).unwrap_or(u8::MAX);
        let lost = || {
            let (place, source) = (Place::Base, wrong.join("; ").into());
            JournalError::Damaged { place, source }
        };
        good.ok_or_else(lost).map(|state| (state, damaged))
    }

    fn read(&self, path: &Path) -> Result<Snapshot, String> {
        let state = read_verified(path)?;
        let is = Self::of(state.head.at, &state.body);
        if is == *self { Ok(state) } else { Err("it is another state".to_owned()) }
    }
}

fn copies(dir: &Path) -> [PathBuf; 2] {
    COPIES.map(|name| dir.join(name))
}
