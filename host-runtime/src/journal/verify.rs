//! The full check of a journal on disk: every record, every row, the pages and the anchor.
//!
//! Law: it changes nothing, needs no lock, and what it passes is one unbroken history from the
//! header to a head that contains the anchor.

use std::path::Path;

use super::anchor::Found;
use super::error::{JournalError, Place};
use super::sqlite::storage;
use super::sqlite::{Paths, SqliteReader, Walk, check_anchor, damaged, open_to_read};
use super::{Anchor, Head, Header, JournalReader as _};

/// Records that are verified in one read of the database. Between two reads a writer may shorten
/// its log, or a new one open the journal.
pub(super) const RECORDS_A_STEP: u64 = 256;

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Records verified.
    pub records: u64,
    /// Records there were when it began, or more if it has come further.
    pub of_records: u64,
    /// Bytes of bodies verified.
    pub bytes: u64,
}

/// What a verification found in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The journal's header.
    pub header: Header,
    /// Where the journal begins: at nothing, unless older records were taken out.
    pub base: Anchor,
    /// How many of the two copies of the state at the base are damaged: 0 or 1.
    pub base_copies_damaged: u8,
    /// Where the journal ends.
    pub head: Head,
    /// The position that the anchor confirms; the journal contains it.
    pub anchor: Anchor,
    /// How many of the anchor's two slots are damaged: 0 or 1. The next opening mends it.
    pub anchor_slots_damaged: u8,
    /// Bytes of all bodies.
    pub bytes: u64,
}

/// Verifies the journal in `dir`, whether or not it is open: hash, link and range of every
/// record, the agreement of rows and records, SQLite's own integrity check, and the anchor.
/// Calls `progress` after every record.
///
/// Beside a writer that goes on, it ends with a record that was the last one at some moment of
/// its run.
///
/// # Errors
///
/// [`JournalError::Damaged`] naming the first record (and its inputs) that is wrong,
/// [`JournalError::TailLost`], [`JournalError::OtherHistory`], [`JournalError::AnchorLost`],
/// [`JournalError::Missing`], [`JournalError::Foreign`], or the failure of the store.
pub fn verify(dir: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Report, JournalError> {
    let paths = Paths::of(dir);
    // The anchor is read before the journal: a writer may go on, and then the journal is ahead.
    let found = Found::read(&paths.anchor)?;
    let (connection, header) = open_to_read(&paths)?;
    let mut reader = SqliteReader::over(connection, paths.clone(), header.clone())?;
    let base = reader.base();
    let of_records = base.records.saturating_add(reader.count_to(i64::MAX)?);
    let base_copies_damaged = match reader.taken_out() {
        Some(base) => base.load(dir)?.1,
        None => 0,
    };
    let (mut end, mut bytes) = (reader.begin(), 0_u64);
    loop {
        let mut walked = 0_u64;
        end = reader.walk(end, |sealed| {
            walked = walked.saturating_add(1);
            bytes = bytes.saturating_add(sealed.record.body.len() as u64);
            let records = sealed.number;
            progress(Progress { records, of_records: of_records.max(records), bytes });
            if walked < RECORDS_A_STEP { Walk::On } else { Walk::Enough }
        })?;
        if walked < RECORDS_A_STEP {
            break;
        }
    }
    check_anchor(&mut reader, &paths, &found, &end.head)?;
    check_pages(&reader)?;
    let Found::Anchor { anchor, damaged_slots, .. } = found else {
        return Err(damaged(Place::Pages, "the anchor was lost during the check"));
    };
    let anchor_slots_damaged = damaged_slots;
    let (head, base) = (end.head, base.anchor());
    Ok(Report { header, base, base_copies_damaged, head, anchor, anchor_slots_damaged, bytes })
}

fn check_pages(reader: &SqliteReader) -> Result<(), JournalError> {
    let text = reader.integrity().map_err(storage("check the pages"))?;
    if text == "ok" { Ok(()) } else { Err(damaged(Place::Pages, text)) }
}
