//! Connections to the journal's database: the settings, the tables, the words for its errors.
//!
//! Law: every connection has the same settings, and none changes the files by being closed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::super::base::Base;
use super::super::error::{JournalError, Place};
use super::super::header::Header;
use crate::chaos::{Broken, breaks};

/// Pages this large keep the share of a large record that is bookkeeping small.
pub(super) const PAGE_BYTES: u64 = 16 * 1024;

/// "EMRK" as SQLite's application id.
const APPLICATION_ID: i64 = 0x454d_524b;
/// Version of the tables.
const TABLES_VERSION: i64 = 1;
/// The same, of a journal that has a base: who does not know of one must not open it.
const TABLES_VERSION_WITH_BASE: i64 = 2;
/// How long a connection waits for another one's short lock.
const BUSY: Duration = Duration::from_secs(5);
/// What the log may keep on disk after a burst; below it the file is written over, which is
/// cheaper to sync than a file that grows.
const LOG_BYTES_KEPT: u64 = 256 * 1024 * 1024;

/// The file of the records, by which a directory is known to hold a journal.
pub(in super::super) const DATABASE: &str = "journal.db";

/// The files of one journal.
#[derive(Debug, Clone)]
pub(in super::super) struct Paths {
    pub(in super::super) dir: PathBuf,
    pub(in super::super) database: PathBuf,
    pub(in super::super) anchor: PathBuf,
    pub(in super::super) lock: PathBuf,
}

impl Paths {
    pub(in super::super) fn of(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            database: dir.join(DATABASE),
            anchor: dir.join("journal.anchor"),
            lock: dir.join("journal.lock"),
        }
    }
}

/// Whether the database has any tables: a creation that was interrupted leaves none.
pub(super) fn is_begun(paths: &Paths) -> Result<bool, JournalError> {
    let connection = connect(paths, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get::<_, i64>(0))
        .map(|tables| tables > 0)
        .map_err(storage("read the tables"))
}

/// The writer's connection. With `create` the database may be missing or empty.
pub(super) fn open_to_write(paths: &Paths, create: bool) -> Result<Connection, JournalError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    if create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = connect(paths, flags)?;
    if create {
        connection
            .pragma_update(None, "page_size", PAGE_BYTES.cast_signed())
            .and_then(|()| connection.pragma_update(None, "journal_mode", "wal"))
            .map_err(storage("set up the database"))?;
    }
    check_mode(&connection, paths)?;
    let set = |name, value: i64| connection.pragma_update(None, name, value);
    // 2 is FULL: the log is synced before each commit returns. The checkpoints are our own, so
    // that a failed one is not passed over.
    let synchronous = if breaks(Broken::Fsync) { 0 } else { 2 };
    set("synchronous", synchronous)
        .and_then(|()| set("fullfsync", 1))
        .and_then(|()| set("checkpoint_fullfsync", 1))
        .and_then(|()| set("wal_autocheckpoint", 0))
        .and_then(|()| set("journal_size_limit", LOG_BYTES_KEPT.cast_signed()))
        .map_err(storage("set up the database"))?;
    Ok(connection)
}

/// A connection that only reads, and the header it found.
pub(in super::super) fn open_to_read(paths: &Paths) -> Result<(Connection, Header), JournalError> {
    if !paths.database.exists() {
        return Err(JournalError::Missing { dir: paths.dir.clone() });
    }
    let connection = connect(paths, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let header = load_header(&connection, paths)?;
    check_mode(&connection, paths)?;
    Ok((connection, header))
}

/// Makes the tables and writes the header, all or nothing.
pub(super) fn create_tables(connection: &Connection, header: &Header) -> Result<(), JournalError> {
    let make = || {
        let all = connection.unchecked_transaction()?;
        all.pragma_update(None, "application_id", APPLICATION_ID)?;
        all.pragma_update(None, "user_version", TABLES_VERSION)?;
        all.execute_batch(
            "CREATE TABLE header (
                 id INTEGER PRIMARY KEY CHECK (id = 1),
                 bytes BLOB NOT NULL
             ) STRICT;
             CREATE TABLE record (
                 first_input INTEGER PRIMARY KEY,
                 first_event INTEGER NOT NULL,
                 bytes BLOB NOT NULL
             ) STRICT;",
        )?;
        all.execute("INSERT INTO header (id, bytes) VALUES (1, ?)", [header.encode()])?;
        all.commit()
    };
    make().map_err(storage("create the tables"))
}

/// Checks that the database is a journal of a known version, and reads its header.
pub(super) fn load_header(connection: &Connection, paths: &Paths) -> Result<Header, JournalError> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = number("application_id").map_err(storage("read the application id"))?;
    let version = number("user_version").map_err(storage("read the version of the tables"))?;
    let known = [TABLES_VERSION, TABLES_VERSION_WITH_BASE].contains(&version);
    if application != APPLICATION_ID || !known {
        let found = format!("application id {application:#x}, version of the tables {version}");
        return Err(JournalError::Foreign { path: paths.database.clone(), found });
    }
    let bytes = connection
        .query_row("SELECT bytes FROM header WHERE id = 1", (), |row| row.get::<_, Vec<u8>>(0))
        .optional()
        .map_err(storage("read the header"))?
        .ok_or_else(|| damaged(Place::Header, "it is missing"))?;
    Header::decode(&bytes).map_err(|error| damaged(Place::Header, error))
}

/// Writes where the journal begins.
pub(super) fn create_base(
    connection: &Connection,
    header: &[u8; 32],
    base: &Base,
) -> Result<(), JournalError> {
    let make = || {
        let all = connection.unchecked_transaction()?;
        all.pragma_update(None, "user_version", TABLES_VERSION_WITH_BASE)?;
        all.execute_batch(
            "CREATE TABLE base (
                 id INTEGER PRIMARY KEY CHECK (id = 1),
                 bytes BLOB NOT NULL
             ) STRICT;",
        )?;
        all.execute("INSERT INTO base (id, bytes) VALUES (1, ?)", [base.encode(header)])?;
        all.commit()
    };
    make().map_err(storage("create the base"))
}

/// Where the journal begins, if older records were taken out.
pub(super) fn load_base(
    connection: &Connection,
    header: &Header,
) -> Result<Option<Base>, JournalError> {
    let version = connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    if version.map_err(storage("read the version of the tables"))? == TABLES_VERSION {
        return Ok(None);
    }
    let bytes = connection
        .query_row("SELECT bytes FROM base WHERE id = 1", (), |row| row.get::<_, Vec<u8>>(0))
        .optional()
        .map_err(storage("read the base"))?
        .ok_or_else(|| damaged(Place::Base, "it is missing"))?;
    Base::decode(&bytes, &header.hash()).map(Some).map_err(|error| damaged(Place::Base, error))
}

/// Caps the database's size. `None` lifts the cap.
pub(super) fn limit_pages(
    connection: &Connection,
    max_bytes: Option<u64>,
) -> Result<(), JournalError> {
    let Some(bytes) = max_bytes else { return Ok(()) };
    let pages = (bytes / PAGE_BYTES).clamp(1, u64::from(u32::MAX) - 2).cast_signed();
    connection
        .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
        .map_err(storage("limit the database's size"))
}

/// Turns SQLite's errors into the journal's: full, damaged, or failed while `doing`.
pub(in super::super) fn storage(
    doing: &'static str,
) -> impl FnOnce(rusqlite::Error) -> JournalError {
    use rusqlite::Error;
    move |error| match (error.sqlite_error_code(), &error) {
        (Some(ErrorCode::DiskFull), _) => JournalError::Full { source: error.into() },
        // A row that is not there, or of another type than its column, is damage as well.
        (Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase), _)
        | (_, Error::InvalidColumnType(..) | Error::QueryReturnedNoRows) => {
            damaged(Place::Pages, error)
        }
        _ => JournalError::Storage { doing, source: error.into() },
    }
}

pub(in super::super) fn damaged(
    place: Place,
    source: impl Into<super::super::error::Cause>,
) -> JournalError {
    JournalError::Damaged { place, source: source.into() }
}

fn connect(paths: &Paths, flags: OpenFlags) -> Result<Connection, JournalError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&paths.database, flags)
        .map_err(storage("open the database"))?;
    let set = |config, on| connection.set_db_config(config, on).map(|_| ());
    set(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .and_then(|()| set(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true))
        .and_then(|()| set(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false))
        .and_then(|()| connection.busy_timeout(BUSY))
        .and_then(|()| connection.pragma_update(None, "cell_size_check", 1))
        .map_err(storage("set up the connection"))?;
    Ok(connection)
}

/// A journal is in WAL mode from its first day; anything else is damage to the file's head.
fn check_mode(connection: &Connection, paths: &Paths) -> Result<(), JournalError> {
    let mode = connection
        .query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))
        .and_then(|()| {
            connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0))
        })
        .map_err(storage("read the journal mode"))?;
    if mode != "wal" {
        let found = format!("the database is in journal mode `{mode}`, not `wal`");
        return Err(JournalError::Foreign { path: paths.database.clone(), found });
    }
    Ok(())
}
