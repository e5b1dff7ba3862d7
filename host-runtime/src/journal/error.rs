//! What a journal can refuse or fail at, in the words of the journal.
//!
//! Law: an error names the place and what to do, and its text never repeats its source.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::record::RecordError;
use super::sqlite::DATABASE;

/// Entries of a directory that are looked at for a journal, and journals that are told of.
const LOOKED_AT: usize = 1_000;
const NEARBY: usize = 3;

/// A cause from below the journal: SQLite, a server, a codec.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a journal refused or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// There is no journal at this place.
    #[error("{}", missing(.dir))]
    Missing {
        /// The directory that was looked at.
        dir: PathBuf,
    },
    /// Creation found something already there.
    #[error("`{}` already holds a journal: open it, or choose another directory", .dir.display())]
    Exists {
        /// The directory that was to hold the new journal.
        dir: PathBuf,
    },
    /// Somebody else writes this journal.
    #[error(
        "the journal in `{}` is already open by another process or writer: end that host, or name \
         another directory (`backup`, `export`, `audit` and `verify` go on beside it)",
        .dir.display()
    )]
    AlreadyOpen {
        /// The journal's directory.
        dir: PathBuf,
    },
    /// The files are not a journal of this kind, or of a version this build does not know.
    #[error("`{}` is not a journal that this build can read: {found}", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was found there.
        found: String,
    },
    /// The record handed in does not continue the head: a fault in the calling program.
    /// Nothing was written and the journal goes on.
    #[error("the record handed in does not continue the journal")]
    NotContinuing(#[source] RecordError),
    /// The caller asks for a position behind the end: it has seen more than the journal holds.
    #[error("{what} {asked} was asked for, but the journal goes on at {what} {next}")]
    Beyond {
        /// `input` or `event`.
        what: &'static str,
        /// The position asked for.
        asked: u64,
        /// The next position that the journal will write.
        next: u64,
    },
    /// The caller asks for what was taken out of the journal.
    #[error(
        "{what} {asked} was asked for, but the journal begins behind {what} {base}: what was \
         before is in its archive"
    )]
    Compacted {
        /// `input` or `event`.
        what: &'static str,
        /// The position asked for.
        asked: u64,
        /// The last position that was taken out.
        base: u64,
    },
    /// Bytes that the journal kept have changed.
    #[error("the journal is damaged at {place}: restore it from a copy")]
    Damaged {
        /// Where.
        place: Place,
        /// What was found there.
        source: Cause,
    },
    /// A record is whole, but whoever knows its body can't read it: it was written by another
    /// version. Raised above the journal, which never looks into a body.
    #[error("the turn of inputs {from}..{to} is whole but can't be read: {why}")]
    Unreadable {
        /// First input of the record.
        from: u64,
        /// Last input of the record.
        to: u64,
        /// What the reader of the body says.
        why: String,
    },
    /// The journal ends before a position that was once confirmed.
    #[error(
        "the journal ends at input {ends} but its anchor says {anchor}: {} inputs lost",
        .anchor.saturating_sub(*.ends)
    )]
    TailLost {
        /// Last input in the journal.
        ends: u64,
        /// Last input that the anchor confirms.
        anchor: u64,
    },
    /// The journal has another record at the anchor's position.
    #[error(
        "the journal's record that ends at input {input} is not the one its anchor confirms: \
         journal and anchor are not of one history"
    )]
    OtherHistory {
        /// Last input that the anchor confirms.
        input: u64,
    },
    /// The anchor is missing or both of its slots are damaged.
    #[error(
        "the anchor `{}` {state}: it can't be told whether the journal, which ends at input \
         {ends}, lost its tail; to go on all the same, open it once accepting the lost anchor",
        .path.display()
    )]
    AnchorLost {
        /// The anchor file.
        path: PathBuf,
        /// `is missing` or `is damaged in both slots`.
        state: &'static str,
        /// Last input in the journal.
        ends: u64,
    },
    /// An earlier write failed: nothing more is accepted until the journal is opened anew.
    #[error("the journal takes no more records since a write failed ({cause}): open it anew")]
    Poisoned {
        /// The failure that came first.
        cause: String,
    },
    /// No room for the record. The journal is poisoned; free space, then open it anew.
    #[error("there is no room for the record: free space, then open the journal anew")]
    Full {
        /// What the store says.
        source: Cause,
    },
    /// Opening has to move SQLite's log, and a reader of another process holds it.
    #[error("a reader in the middle of a long read holds the log: let it end, then open again")]
    LogInUse {
        /// What the store says.
        source: Cause,
    },
    /// The store under the journal failed.
    #[error("can't {doing}")]
    Storage {
        /// What was being done.
        doing: &'static str,
        /// What the store says.
        source: Cause,
    },
    /// A file beside the database failed.
    #[error("can't {doing} `{}`", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl JournalError {
    /// An [`JournalError::Io`] maker for `map_err`.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

/// That there is no journal, what is expected of one, and where one is nearby.
fn missing(dir: &Path) -> String {
    let shown = dir.display();
    let is = if dir.is_dir() { "there is no journal in" } else { "there is no directory" };
    let found = nearby(dir);
    let found: Vec<String> = found.iter().map(|one| format!("`{}`", one.display())).collect();
    let hint = match found.as_slice() {
        [] => "`earmark serve --dir` makes one".to_string(),
        some => format!("there is one in {}", some.join(", ")),
    };
    format!("{is} `{shown}`: a journal is a directory with `{DATABASE}` in it; {hint}")
}

/// Journals above a directory and right below it, a few at the most.
fn nearby(dir: &Path) -> Vec<PathBuf> {
    let above = dir.ancestors().skip(1).take(2).filter(|one| !one.as_os_str().is_empty());
    let below = std::fs::read_dir(dir).into_iter().flatten().take(LOOKED_AT).flatten();
    let mut below: Vec<PathBuf> = below.map(|entry| entry.path()).collect();
    below.sort();
    let usual = dir.join(".earmark").join("data");
    let all = above.map(Path::to_owned).chain(below).chain([usual]);
    all.filter(|one| one.join(DATABASE).is_file()).take(NEARBY).collect()
}

/// A place in a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The header that was made at creation.
    Header,
    /// Where it begins, and the state there.
    Base,
    /// One record.
    Record {
        /// 1-based number of the record.
        number: u64,
        /// Its first input.
        first_input: u64,
        /// Its last input, if that can be told.
        last_input: Option<u64>,
    },
    /// The pages of the store, outside any one record.
    Pages,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("its header"),
            Self::Base => f.write_str("its base"),
            Self::Record { number, first_input, last_input: Some(last) } => {
                write!(f, "record {number} (inputs {first_input}..{last})")
            }
            Self::Record { number, first_input, last_input: None } => {
                write!(f, "record {number} (inputs from {first_input})")
            }
            Self::Pages => f.write_str("the pages of its database"),
        }
    }
}
