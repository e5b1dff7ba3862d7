//! The head anchor: the last confirmed position, in a small file beside the database.
//!
//! Law: a slot is believed only if its checksum holds; the two slots are written in turn and lie
//! in different disk sectors, so that a torn write costs at most the newer one.
//!
//! SQLite takes a damaged frame of its log for the end of the log and drops what follows, all
//! in good order. The anchor, written after every commit, is what notices.
//!
//! ```text
//! slot 0 begins at byte 0, slot 1 at byte 4096; the counter modulo 2 is the slot's place
//! offset  size  field
//!      0     4  magic "EMAN"
//!      4     2  version, 1
//!      6     8  counter   one higher with every write
//!     14     8  records   how many records the journal held
//!     22     8  inputs    how many inputs
//!     30     8  events    how many events
//!     38    32  chain     the domain's chain there
//!     70    32  hash      of the last record, of the header if there was none
//!    102    32  header    hash of the journal's header
//!    134    32  BLAKE3 of everything above
//! ```
//!
//! Integers are little-endian.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Anchor;
use super::error::JournalError;
use super::record::{split_u16, split_u64};
use crate::chaos::{Broken, breaks};

const MAGIC: [u8; 4] = *b"EMAN";
const VERSION: u16 = 1;
const SLOT_BYTES: usize = 166;
/// Distance between the slots: at least one sector on every disk in use.
const SLOT_STRIDE: u64 = 4096;

/// When the anchor file is synced, besides at close. Between two syncs a loss of power can take
/// the anchor back by this much; the end of the process can't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SyncEvery {
    pub(super) records: u64,
    pub(super) time: Duration,
}

/// What the anchor file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// No file.
    Missing,
    /// No slot can be believed.
    Damaged,
    /// The newest slot that can be believed.
    Anchor { anchor: Anchor, header: [u8; 32], counter: u64, damaged_slots: u8 },
}

impl Found {
    /// Reads the anchor file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self, JournalError> {
        let mut bytes = Vec::new();
        match File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::Missing),
            Err(error) => return Err(JournalError::io("open the anchor", path)(error)),
            Ok(file) => file
                .take(SLOT_STRIDE + SLOT_BYTES as u64)
                .read_to_end(&mut bytes)
                .map_err(JournalError::io("read the anchor", path))?,
        };
        Ok(Self::parse(&bytes))
    }

    fn parse(bytes: &[u8]) -> Self {
        let slots = [0, 1].map(|place| Slot::find(bytes, place));
        let damaged_slots = slots.iter().filter(|slot| slot.is_none()).count() as u8;
        let newest = slots.into_iter().flatten().max_by_key(|slot| slot.counter);
        newest.map_or(Self::Damaged, |Slot { counter, anchor, header }| Self::Anchor {
            anchor,
            header,
            counter,
            damaged_slots,
        })
    }
}

/// The anchor file of an open journal.
#[derive(Debug)]
pub(super) struct AnchorFile {
    file: File,
    path: PathBuf,
    header: [u8; 32],
    counter: u64,
    every: SyncEvery,
    unsynced: u64,
    synced_at: Instant,
}

impl AnchorFile {
    /// Writes both slots anew at `anchor` and syncs them. `counter` is the highest one known.
    pub(super) fn start(
        path: PathBuf,
        header: [u8; 32],
        anchor: &Anchor,
        counter: u64,
        every: SyncEvery,
    ) -> Result<Self, JournalError> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(JournalError::io("open the anchor", &path))?;
        let synced_at = Instant::now();
        let mut anchors = Self { file, path, header, counter, every, unsynced: 0, synced_at };
        // One slot after the other, each synced: were both in flight, a loss of power could
        // tear both and take the journal's only witness.
        for _ in 0..2 {
            anchors.put(anchor)?;
            anchors.sync()?;
        }
        Ok(anchors)
    }

    /// Writes the anchor, and syncs the file if that is due.
    pub(super) fn write(&mut self, anchor: &Anchor) -> Result<(), JournalError> {
        self.put(anchor)?;
        self.unsynced = self.unsynced.saturating_add(1);
        if self.unsynced >= self.every.records || self.synced_at.elapsed() >= self.every.time {
            self.sync()?;
        }
        Ok(())
    }

    /// Syncs what was written.
    pub(super) fn sync(&mut self) -> Result<(), JournalError> {
        if breaks(Broken::Fsync) {
            return Ok(());
        }
        self.file.sync_data().map_err(JournalError::io("sync the anchor", &self.path))?;
        self.unsynced = 0;
        self.synced_at = Instant::now();
        Ok(())
    }

    fn put(&mut self, anchor: &Anchor) -> Result<(), JournalError> {
        self.counter = self.counter.saturating_add(1);
        let slot = Slot { counter: self.counter, anchor: *anchor, header: self.header };
        let place = (self.counter % 2).saturating_mul(SLOT_STRIDE);
        self.file
            .seek(SeekFrom::Start(place))
            .and_then(|_| self.file.write_all(&slot.encode()))
            .map_err(JournalError::io("write the anchor", &self.path))
    }
}

struct Slot {
    counter: u64,
    anchor: Anchor,
    header: [u8; 32],
}

impl Slot {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SLOT_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.counter.to_le_bytes());
        bytes.extend_from_slice(&self.anchor.records.to_le_bytes());
        bytes.extend_from_slice(&self.anchor.inputs.to_le_bytes());
        bytes.extend_from_slice(&self.anchor.events.to_le_bytes());
        bytes.extend_from_slice(&self.anchor.chain);
        bytes.extend_from_slice(&self.anchor.hash);
        bytes.extend_from_slice(&self.header);
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        bytes
    }

    /// The slot at `place` in the file's bytes, if it is whole and belongs at that place.
    fn find(bytes: &[u8], place: u64) -> Option<Self> {
        let start = usize::try_from(place.checked_mul(SLOT_STRIDE)?).ok()?;
        let slot = bytes.get(start..)?.get(..SLOT_BYTES)?;
        let (hashed, hash) = slot.split_last_chunk::<32>()?;
        if blake3::hash(hashed) != blake3::Hash::from_bytes(*hash) {
            return None;
        }
        let (magic, rest) = hashed.split_first_chunk::<4>()?;
        let (version, rest) = split_u16(rest)?;
        let (counter, rest) = split_u64(rest)?;
        let (records, rest) = split_u64(rest)?;
        let (inputs, rest) = split_u64(rest)?;
        let (events, rest) = split_u64(rest)?;
        let (chain, rest) = rest.split_first_chunk::<32>()?;
        let (hash, rest) = rest.split_first_chunk::<32>()?;
        let (header, _) = rest.split_first_chunk::<32>()?;
        let anchor = Anchor { records, inputs, events, chain: *chain, hash: *hash };
        let belongs = *magic == MAGIC && version == VERSION && counter % 2 == place;
        belongs.then_some(Self { counter, anchor, header: *header })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: SyncEvery = SyncEvery { records: 4, time: Duration::from_secs(3600) };
    const HEADER: [u8; 32] = [7; 32];

    fn anchor(records: u64) -> Anchor {
        Anchor { records, inputs: records * 3, events: records * 5, chain: [1; 32], hash: [2; 32] }
    }

    fn found(path: &Path) -> Option<(Anchor, u8)> {
        parsed(&std::fs::read(path).unwrap())
    }

    fn parsed(bytes: &[u8]) -> Option<(Anchor, u8)> {
        match Found::parse(bytes) {
            Found::Anchor { anchor, damaged_slots, header, .. } => {
                assert_eq!(header, HEADER);
                Some((anchor, damaged_slots))
            }
            Found::Missing | Found::Damaged => None,
        }
    }

    #[test]
    fn the_newest_write_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("anchor");
        let mut file = AnchorFile::start(path.clone(), HEADER, &anchor(0), 0, EVERY).unwrap();
        assert_eq!(found(&path), Some((anchor(0), 0)));
        for records in 1..10 {
            file.write(&anchor(records)).unwrap();
            assert_eq!(found(&path), Some((anchor(records), 0)));
        }
    }

    #[test]
    fn every_flipped_bit_of_the_newer_slot_leaves_the_older_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("anchor");
        let mut file = AnchorFile::start(path.clone(), HEADER, &anchor(8), 0, EVERY).unwrap();
        file.write(&anchor(9)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let newer = SLOT_STRIDE as usize;
        for bit in 0..SLOT_BYTES * 8 {
            let mut bytes = whole.clone();
            bytes[newer + bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parsed(&bytes), Some((anchor(8), 1)), "bit {bit}");
        }
    }

    #[test]
    fn every_cut_of_the_file_leaves_a_whole_slot_or_says_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("anchor");
        AnchorFile::start(path.clone(), HEADER, &anchor(3), 0, EVERY).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            let expected = (length >= SLOT_BYTES).then_some((anchor(3), 1));
            assert_eq!(parsed(&whole[..length]), expected, "cut to {length} bytes");
        }
    }

    #[test]
    fn a_slot_copied_to_the_other_place_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("anchor");
        let mut file = AnchorFile::start(path.clone(), HEADER, &anchor(3), 0, EVERY).unwrap();
        file.write(&anchor(4)).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let newer = SLOT_STRIDE as usize;
        bytes.copy_within(newer..newer + SLOT_BYTES, 0);
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(found(&path), Some((anchor(4), 1)));
    }

    #[test]
    fn a_missing_file_is_told_from_a_damaged_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("anchor");
        assert_eq!(Found::read(&path).unwrap(), Found::Missing);
        std::fs::write(&path, b"").unwrap();
        assert_eq!(Found::read(&path).unwrap(), Found::Damaged);
    }
}
