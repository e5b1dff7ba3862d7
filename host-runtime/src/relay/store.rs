//! Where endpoints stand, and their dead letters: one small SQLite file beside the journal.
//!
//! Law: a move is synced before the next message is carried. A letter and the cursor that passes
//! it are one transaction: a message is ahead of the cursor, was delivered, or is a letter.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, params};

use crate::courier::Message;

/// The name of the file in the journal's directory.
pub const FILE: &str = "couriers.sqlite";
/// `EmCo`.
const APPLICATION_ID: i64 = 0x456d_436f;
const VERSION: i64 = 1;
/// Another process (`earmark couriers`) holds the file no longer than this.
const BUSY: Duration = Duration::from_secs(5);

const TABLES: &str = "
    CREATE TABLE journal (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        source TEXT NOT NULL
    ) STRICT;
    CREATE TABLE endpoint (
        name TEXT PRIMARY KEY,
        cursor INTEGER NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        error TEXT,
        delivered INTEGER NOT NULL DEFAULT 0,
        gone TEXT
    ) STRICT;
    CREATE TABLE letter (
        endpoint TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        id TEXT NOT NULL,
        ce_type TEXT NOT NULL,
        subject TEXT NOT NULL,
        owner TEXT NOT NULL,
        json BLOB NOT NULL,
        tries INTEGER NOT NULL,
        error TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        again INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (endpoint, sequence)
    ) STRICT;";

/// Why it can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite says so.
    #[error("can't {doing} in `{}`", .path.display())]
    Sqlite {
        /// What was to be done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rusqlite::Error,
    },
    /// It is no such file, or of a version to come.
    #[error("`{}` is no file of couriers that this version knows", .0.display())]
    Foreign(PathBuf),
    /// It belongs to another journal: its cursors mean nothing here.
    #[error(
        "`{}` belongs to the journal `{was}`, not to `{is}`: move it away, and let each endpoint \
         begin behind its `after`",
        .path.display()
    )]
    OtherJournal {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        was: String,
        /// The journal that is there.
        is: String,
    },
}

/// Where an endpoint stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// All events up to this one are settled: delivered, not wanted, or letters.
    pub cursor: u64,
    /// Tries of the message behind the cursor.
    pub tries: u32,
    /// Why the last one failed.
    pub error: Option<String>,
    /// Deliveries since the endpoint was made.
    pub delivered: u64,
    /// What it said when it wanted no more.
    pub gone: Option<String>,
    /// Its dead letters.
    pub letters: u64,
}

/// A message that could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// It.
    pub message: Message,
    /// How often it was tried.
    pub tries: u32,
    /// Why the last try failed.
    pub error: String,
    /// When that was, in milliseconds since the epoch.
    pub at_ms: u64,
    /// Whether it is to be tried again.
    pub again: bool,
}

/// The file; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
    path: PathBuf,
}

type Sqlite<T> = Result<T, rusqlite::Error>;

impl Store {
    /// Opens the file of a journal's directory, and makes it if it is not there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(dir: &Path, source: &str) -> Result<Self, StoreError> {
        let path = dir.join(FILE);
        let opened = Connection::open(&path);
        Self::of(opened.map_err(failed("open the file", &path))?, path, Some(source))
    }

    /// Opens the file of a journal's directory if it is there, to look at it and its letters.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn existing(dir: &Path) -> Result<Option<Self>, StoreError> {
        let path = dir.join(FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let opened = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE);
        let connection = opened.map_err(failed("open the file", &path))?;
        Self::of(connection, path, None).map(Some)
    }

    /// In memory, for a journal that is so too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn memory(source: &str) -> Result<Self, StoreError> {
        let path = PathBuf::from(":memory:");
        let opened = Connection::open_in_memory();
        Self::of(opened.map_err(failed("open the file", &path))?, path, Some(source))
    }

    fn of(connection: Connection, path: PathBuf, source: Option<&str>) -> Result<Self, StoreError> {
        let set = || {
            connection.busy_timeout(BUSY)?;
            connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
        };
        let version = set().map_err(failed("read the version", &path))?;
        if version == 0
            && let Some(source) = source
        {
            create(&connection, source).map_err(failed("create the tables", &path))?;
        }
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let application = number("application_id").map_err(failed("read the version", &path))?;
        let version = number("user_version").map_err(failed("read the version", &path))?;
        if (application, version) != (APPLICATION_ID, VERSION) {
            return Err(StoreError::Foreign(path));
        }
        let was = connection.query_row("SELECT source FROM journal", (), |row| row.get(0));
        let was: String = was.map_err(failed("read the journal's name", &path))?;
        if let Some(is) = source.filter(|is| *is != was) {
            return Err(StoreError::OtherJournal { path, was, is: is.to_string() });
        }
        Ok(Self { connection: Arc::new(Mutex::new(connection)), path })
    }

    fn all<T>(&self, doing: &'static str, work: impl Fn(&Connection) -> Sqlite<T>) -> Done<T> {
        let connection = self.locked();
        let worked = connection.unchecked_transaction().and_then(|all| {
            let done = work(&connection)?;
            all.commit()?;
            Ok(done)
        });
        worked.map_err(failed(doing, &self.path))
    }

    fn locked(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where an endpoint stands; a new one stands at `after`.
    pub(super) fn standing(&self, name: &str, after: u64) -> Done<Standing> {
        self.all("find an endpoint", |sql| {
            let new = "INSERT OR IGNORE INTO endpoint (name, cursor) VALUES (?, ?)";
            sql.execute(new, params![name, stored(after)])?;
            sql.query_row(&format!("{STANDINGS} WHERE name = ?"), [name], standing)
        })
    }

    /// Where all endpoints stand, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn standings(&self) -> Result<Vec<Standing>, StoreError> {
        self.all("list the endpoints", |sql| {
            let mut all = sql.prepare(&format!("{STANDINGS} ORDER BY name"))?;
            all.query_map((), standing)?.collect()
        })
    }

    /// The message at the cursor was delivered.
    pub(super) fn delivered(&self, name: &str, cursor: u64) -> Done<()> {
        self.all("move a cursor", |sql| {
            let set = "UPDATE endpoint SET cursor = ?, tries = 0, error = NULL,
                       delivered = delivered + 1 WHERE name = ?";
            sql.execute(set, params![stored(cursor), name]).map(|_| ())
        })
    }

    /// Nothing up to the cursor was wanted.
    pub(super) fn passed(&self, name: &str, cursor: u64) -> Done<()> {
        self.all("move a cursor", |sql| {
            let set = "UPDATE endpoint SET cursor = ? WHERE name = ?";
            sql.execute(set, params![stored(cursor), name]).map(|_| ())
        })
    }

    /// A try failed.
    pub(super) fn tried(&self, name: &str, tries: u32, error: &str) -> Done<()> {
        self.all("write down a try", |sql| {
            let set = "UPDATE endpoint SET tries = ?, error = ? WHERE name = ?";
            sql.execute(set, params![tries, error, name]).map(|_| ())
        })
    }

    /// A message is a letter, and the cursor passes it.
    pub(super) fn buried(
        &self,
        name: &str,
        message: &Message,
        tries: u32,
        error: &str,
    ) -> Done<()> {
        self.all("keep a dead letter", |sql| {
            let Message { id, sequence, ce_type, subject, owner, json } = message;
            let new = "INSERT OR REPLACE INTO letter
                       (endpoint, sequence, id, ce_type, subject, owner, json, tries, error, at_ms)
                       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
            let (at, json) = (stored(*sequence), json.as_ref());
            let now = stored(now_ms());
            sql.execute(
                new,
                params![name, at, id, ce_type, subject, owner, json, tries, error, now],
            )?;
            let set = "UPDATE endpoint SET cursor = ?, tries = 0, error = NULL WHERE name = ?";
            sql.execute(set, params![at, name]).map(|_| ())
        })
    }

    /// The endpoint wants no more.
    pub(super) fn gone(&self, name: &str, why: &str) -> Done<()> {
        self.all("disable an endpoint", |sql| {
            let set = "UPDATE endpoint SET gone = ? WHERE name = ?";
            sql.execute(set, params![why, name]).map(|_| ())
        })
    }

    /// The endpoint is to have messages again, from its cursor on; whether it had none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn enable(&self, name: &str) -> Result<bool, StoreError> {
        self.all("enable an endpoint", |sql| {
            let set = "UPDATE endpoint SET gone = NULL WHERE name = ? AND gone IS NOT NULL";
            sql.execute(set, [name]).map(|changed| changed > 0)
        })
    }

    /// The letters of an endpoint, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn letters(&self, name: &str) -> Result<Vec<Letter>, StoreError> {
        self.all("list the dead letters", |sql| {
            let mut all =
                sql.prepare(&format!("{LETTERS} WHERE endpoint = ? ORDER BY sequence"))?;
            all.query_map([name], letter)?.collect()
        })
    }

    /// The first letter that is to be tried again.
    pub(super) fn next_again(&self, name: &str) -> Done<Option<Letter>> {
        self.all("find a dead letter", |sql| {
            let which = "WHERE endpoint = ? AND again = 1 ORDER BY sequence LIMIT 1";
            sql.query_row(&format!("{LETTERS} {which}"), [name], letter).optional()
        })
    }

    /// A letter was delivered after all.
    pub(super) fn redelivered(&self, name: &str, sequence: u64) -> Done<()> {
        self.all("settle a dead letter", |sql| {
            let gone = "DELETE FROM letter WHERE endpoint = ? AND sequence = ?";
            sql.execute(gone, params![name, stored(sequence)])?;
            let set = "UPDATE endpoint SET delivered = delivered + 1 WHERE name = ?";
            sql.execute(set, [name]).map(|_| ())
        })
    }

    /// A letter failed again.
    pub(super) fn failed_again(&self, name: &str, sequence: u64, error: &str) -> Done<()> {
        self.all("keep a dead letter", |sql| {
            let set = "UPDATE letter SET again = 0, tries = tries + 1, error = ?, at_ms = ?
                       WHERE endpoint = ? AND sequence = ?";
            let now = stored(now_ms());
            sql.execute(set, params![error, now, name, stored(sequence)]).map(|_| ())
        })
    }

    /// A letter is to be tried again, by whoever carries; whether there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn retry(&self, name: &str, sequence: u64) -> Result<bool, StoreError> {
        self.all("have a dead letter tried again", |sql| {
            let set = "UPDATE letter SET again = 1 WHERE endpoint = ? AND sequence = ?";
            sql.execute(set, params![name, stored(sequence)]).map(|changed| changed > 0)
        })
    }

    /// All letters of an endpoint are to be tried again; how many there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn retry_all(&self, name: &str) -> Result<usize, StoreError> {
        self.all("have dead letters tried again", |sql| {
            sql.execute("UPDATE letter SET again = 1 WHERE endpoint = ?", params![name])
        })
    }

    /// A letter is given up; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn give_up(&self, name: &str, sequence: u64) -> Result<bool, StoreError> {
        self.all("give up a dead letter", |sql| {
            let gone = "DELETE FROM letter WHERE endpoint = ? AND sequence = ?";
            sql.execute(gone, params![name, stored(sequence)]).map(|changed| changed > 0)
        })
    }
}

/// What the store comes back with.
pub(super) type Done<T> = Result<T, StoreError>;

const STANDINGS: &str = "SELECT name, cursor, tries, error, delivered, gone,
    (SELECT count(*) FROM letter WHERE endpoint = name) FROM endpoint";
const LETTERS: &str =
    "SELECT id, sequence, ce_type, subject, owner, json, tries, error, at_ms, again FROM letter";

fn standing(row: &Row<'_>) -> Sqlite<Standing> {
    Ok(Standing {
        name: row.get(0)?,
        cursor: number(row, 1)?,
        tries: row.get(2)?,
        error: row.get(3)?,
        delivered: number(row, 4)?,
        gone: row.get(5)?,
        letters: number(row, 6)?,
    })
}

fn letter(row: &Row<'_>) -> Sqlite<Letter> {
    let message = Message {
        id: row.get(0)?,
        sequence: number(row, 1)?,
        ce_type: row.get(2)?,
        subject: row.get(3)?,
        owner: row.get(4)?,
        json: row.get::<_, Vec<u8>>(5)?.into(),
    };
    let (tries, error, again) = (row.get(6)?, row.get(7)?, row.get(9)?);
    Ok(Letter { message, tries, error, at_ms: number(row, 8)?, again })
}

fn create(connection: &Connection, source: &str) -> Sqlite<()> {
    let all = connection.unchecked_transaction()?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    connection.execute_batch(TABLES)?;
    connection.execute("INSERT INTO journal (id, source) VALUES (1, ?)", [source])?;
    all.commit()
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(rusqlite::Error) -> StoreError {
    let path = path.to_path_buf();
    move |source| StoreError::Sqlite { doing, path, source }
}

/// SQLite's numbers are signed; none here comes near the end.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn number(row: &Row<'_>, at: usize) -> Sqlite<u64> {
    row.get::<_, i64>(at).map(|number| u64::try_from(number).unwrap_or(0))
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
