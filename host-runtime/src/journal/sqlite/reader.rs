//! Readers of the embedded journal, each with a connection of its own.
//!
//! Law: every record that leaves a reader followed the one before it by hash, number and range,
//! and its row agrees with it. A reader holds SQLite's read mark only while it reads.

use std::fmt;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::super::base::Base;
use super::super::error::{Cause, JournalError, Place};
use super::super::record::{RecordError, Sealed};
use super::super::{Anchor, Head, Header, JournalReader, READ_BYTES_MAX, Snapshot};
use super::connect::{Paths, damaged, load_base, open_to_read, storage};

/// A reader of a journal in a directory.
pub struct SqliteReader {
    connection: Connection,
    paths: Paths,
    header: Header,
    base: Option<Base>,
    /// Behind the last record that was read: reading on from here needs no search.
    at: Position,
}

/// A place between two records.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Position {
    /// The head of a journal that would end here.
    pub(in super::super) head: Head,
    /// Row key of the record before, lower than any if there is none.
    pub(in super::super) key: i64,
}

impl Position {
    /// Behind the record that this anchor names.
    pub(in super::super) fn behind(anchor: &Anchor) -> Self {
        // The rows behind it begin with later inputs.
        Self { head: anchor.head(), key: anchor.inputs.cast_signed() }
    }
}

impl SqliteReader {
    pub(super) fn open(paths: &Paths) -> Result<Self, JournalError> {
        let (connection, header) = open_to_read(paths)?;
        Self::over(connection, paths.clone(), header)
    }

    pub(in super::super) fn over(
        connection: Connection,
        paths: Paths,
        header: Header,
    ) -> Result<Self, JournalError> {
        let base = load_base(&connection, &header)?;
        let head = base.map_or_else(|| Head::start(&header), |base| base.at.head());
        // Lower than any key, so that a row from before is found out.
        let at = Position { head, key: i64::MIN };
        Ok(Self { connection, paths, header, base, at })
    }

    /// Before the first record.
    pub(in super::super) fn begin(&self) -> Position {
        Position { head: self.base(), key: i64::MIN }
    }

    /// Where it begins, if older records were taken out.
    pub(in super::super) fn taken_out(&self) -> Option<&Base> {
        self.base.as_ref()
    }

    /// An error if this position was taken out.
    fn refuse_taken_out(
        &self,
        what: &'static str,
        asked: u64,
        next: u64,
    ) -> Result<(), JournalError> {
        if asked >= next {
            return Ok(());
        }
        Err(JournalError::Compacted { what, asked, base: next.saturating_sub(1) })
    }

    /// SQLite's own check of all pages: `ok`, or what is wrong.
    pub(in super::super) fn integrity(&self) -> rusqlite::Result<String> {
        let mut check = self.connection.prepare("PRAGMA integrity_check(16)")?;
        let lines = check.query_map((), |row| row.get::<_, String>(0))?;
        Ok(lines.collect::<rusqlite::Result<Vec<_>>>()?.join("; "))
    }

    pub(super) fn into_connection(self) -> Connection {
        self.connection
    }

    /// The head, with the last record's link checked too.
    pub(in super::super) fn check_end(&mut self) -> Result<Head, JournalError> {
        let head = self.head()?;
        if head.records > self.base().records {
            self.read(head.next_input.saturating_sub(1), 1)?;
        }
        Ok(head)
    }

    /// Hands the records behind `position` to `each`, in order and verified, until that says
    /// stop. Returns the place behind the last record that `each` took.
    pub(in super::super) fn walk(
        &self,
        mut position: Position,
        mut each: impl FnMut(Sealed) -> Walk,
    ) -> Result<Position, JournalError> {
        const SQL: &str = "SELECT first_input, first_event, bytes FROM record \
                           WHERE first_input > ? ORDER BY first_input";
        let mut query = self.connection.prepare_cached(SQL).map_err(storage("read the records"))?;
        let mut rows = query.query([position.key]).map_err(storage("read the records"))?;
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(position),
                Err(error) => return Err(self.unreadable(&position, error)),
            };
            let (key, sealed) = follow(&position.head, row)
                .map_err(|(key, cause)| self.blame(&position, key, cause))?;
            let next = Position { head: Head::at(&sealed), key };
            match each(sealed) {
                Walk::On => position = next,
                Walk::Enough => return Ok(next),
                Walk::NotThis => return Ok(position),
            }
        }
    }

    /// Walks from `from` and gathers the records that `wanted` takes. The second value tells
    /// whether the end was reached.
    fn gather(
        &mut self,
        from: Position,
        limit: usize,
        wanted: impl Fn(&Sealed) -> bool,
    ) -> Result<(Vec<Sealed>, bool), JournalError> {
        let mut taken = Vec::new();
        let mut seen_bytes = 0_usize;
        let mut ended = true;
        let at = self.walk(from, |sealed| {
            let bytes = sealed.record.body.len();
            if seen_bytes > 0 && seen_bytes.saturating_add(bytes) > READ_BYTES_MAX {
                ended = false;
                return Walk::NotThis;
            }
            // At least one, so that records without a body count too.
            seen_bytes = seen_bytes.saturating_add(bytes.max(1));
            if wanted(&sealed) {
                taken.push(sealed);
            }
            if taken.len() < limit {
                return Walk::On;
            }
            ended = false;
            Walk::Enough
        })?;
        self.at = at;
        Ok((taken, ended))
    }

    /// The place before the record that contains input `input`.
    fn before_input(&self, input: u64) -> Result<Position, JournalError> {
        if self.at.head.next_input == input {
            return Ok(self.at);
        }
        let input = i64::try_from(input).unwrap_or(i64::MAX);
        match self.key_at_most(input)? {
            Some((key, _)) => self.before_key(key),
            None => Ok(self.begin()),
        }
    }

    /// The place before the record that contains event `event`, or one before that place.
    fn before_event(&self, event: u64) -> Result<Position, JournalError> {
        if self.at.head.next_event == event {
            return Ok(self.at);
        }
        let event_key = i64::try_from(event).unwrap_or(i64::MAX);
        let Some((last, _)) = self.key_at_most(i64::MAX)? else {
            return Ok(self.begin());
        };
        // The last record that begins at or before the event lies in low..=high.
        let (mut low, mut high) = (0_i64, last);
        while low < high {
            let middle = low.saturating_add(high.saturating_sub(low).saturating_add(1) / 2);
            match self.key_at_most(middle)? {
                Some((key, first_event)) if first_event > event_key => {
                    high = key.min(middle).saturating_sub(1).max(low);
                }
                _ => low = middle,
            }
        }
        // A row that states too low an event could end the search too late. It would be this
        // very row, which is decoded next and does not agree with its record.
        match self.key_at_most(low)? {
            Some((key, _)) => self.before_key(key),
            None => Ok(self.begin()),
        }
    }

    /// The place before the row with this key.
    fn before_key(&self, key: i64) -> Result<Position, JournalError> {
        let Some((before, _)) = self.key_at_most(key.saturating_sub(1))? else {
            return Ok(self.begin());
        };
        let sealed = self.row(before)?;
        Ok(Position { head: Head::at(&sealed), key: before })
    }

    /// Key and first event of the last row whose key is at most `key`.
    fn key_at_most(&self, key: i64) -> Result<Option<(i64, i64)>, JournalError> {
        const SQL: &str = "SELECT first_input, first_event FROM record \
                           WHERE first_input <= ? ORDER BY first_input DESC LIMIT 1";
        let find = || {
            let mut query = self.connection.prepare_cached(SQL)?;
            let mut rows = query.query([key])?;
            rows.next()?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
        };
        find().map_err(storage("find a record"))
    }

    /// The record in the row with this key, checked against its row but not its neighbours.
    fn row(&self, key: i64) -> Result<Sealed, JournalError> {
        const SQL: &str =
            "SELECT first_input, first_event, bytes FROM record WHERE first_input = ?";
        let mut query = self.connection.prepare_cached(SQL).map_err(storage("read a record"))?;
        let found = query.query_row([key], |row| Ok(decode(row)));
        let cause = match found {
            Ok(Ok((_, sealed))) => return Ok(sealed),
            Ok(Err((_, cause))) => cause,
            Err(error) => match storage("read a record")(error) {
                JournalError::Damaged { source, .. } => source,
                other => return Err(other),
            },
        };
        let number = self.base().records.saturating_add(self.count_to(key).unwrap_or(0));
        let (first_input, last_input) = (key.cast_unsigned(), self.last_input_of(key));
        Err(damaged(Place::Record { number, first_input, last_input }, cause))
    }

    /// How many rows there are up to this key.
    pub(in super::super) fn count_to(&self, key: i64) -> Result<u64, JournalError> {
        const SQL: &str = "SELECT count(*) FROM record WHERE first_input <= ?";
        self.connection
            .query_row(SQL, [key], |row| row.get(0))
            .map(i64::cast_unsigned)
            .map_err(storage("count the records"))
    }

    /// The last input of the row with this key, as far as the row after it tells.
    fn last_input_of(&self, key: i64) -> Option<u64> {
        const SQL: &str = "SELECT first_input FROM record \
                           WHERE first_input > ? ORDER BY first_input LIMIT 1";
        let next: i64 = self.connection.query_row(SQL, [key], |row| row.get(0)).ok()?;
        Some(next.cast_unsigned().saturating_sub(1))
    }

    /// The error for a row that could not be read at all.
    fn unreadable(&self, position: &Position, error: rusqlite::Error) -> JournalError {
        match storage("read the records")(error) {
            JournalError::Damaged { source, .. } => self.blame(position, None, source),
            other => other,
        }
    }

    /// The error for what stands behind `position`: names the record and its inputs, as far as
    /// the rows tell.
    fn blame(&self, position: &Position, key: Option<i64>, cause: Cause) -> JournalError {
        let first_input = position.head.next_input;
        let expected = first_input.cast_signed();
        // A row that begins later than expected is whole: what is missing lies before it.
        let last_input = match key {
            Some(key) if key > expected => Some(key.cast_unsigned().saturating_sub(1)),
            _ => self.last_input_of(expected),
        };
        let number = position.head.records.saturating_add(1);
        damaged(Place::Record { number, first_input, last_input }, cause)
    }
}

impl JournalReader for SqliteReader {
    fn header(&self) -> &Header {
        &self.header
    }

    fn base(&self) -> Head {
        self.base.map_or_else(|| Head::start(&self.header), |base| base.at.head())
    }

    fn base_state(&self) -> Result<Option<Snapshot>, JournalError> {
        let load = |base: &Base| base.load(&self.paths.dir).map(|(state, _)| state);
        self.base.as_ref().map(load).transpose()
    }

    fn another(&self) -> Result<Box<dyn JournalReader>, JournalError> {
        Ok(Box::new(Self::open(&self.paths)?))
    }

    fn head(&mut self) -> Result<Head, JournalError> {
        match self.key_at_most(i64::MAX)? {
            Some((key, _)) => Ok(Head::at(&self.row(key)?)),
            None => Ok(self.base()),
        }
    }

    fn read(&mut self, from_input: u64, limit: usize) -> Result<Vec<Sealed>, JournalError> {
        let from = from_input.max(1);
        self.refuse_taken_out("input", from, self.base().next_input)?;
        if limit == 0 {
            return Ok(Vec::new());
        }
        let start = self.before_input(from)?;
        let (taken, _) = self.gather(start, limit, |sealed| sealed.record.next_input() > from)?;
        let next = self.at.head.next_input;
        if taken.is_empty() && from > next {
            return Err(JournalError::Beyond { what: "input", asked: from, next });
        }
        Ok(taken)
    }

    fn read_events_from(
        &mut self,
        from_event: u64,
        limit: usize,
    ) -> Result<Vec<Sealed>, JournalError> {
        let from = from_event.max(1);
        self.refuse_taken_out("event", from, self.base().next_event)?;
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut start = self.before_event(from)?;
        loop {
            let (taken, ended) = self.gather(start, limit, |sealed| {
                sealed.record.events > 0 && sealed.record.next_event() > from
            })?;
            let next = self.at.head.next_event;
            if ended && taken.is_empty() && from > next {
                return Err(JournalError::Beyond { what: "event", asked: from, next });
            }
            if ended || !taken.is_empty() {
                return Ok(taken);
            }
            start = self.at;
        }
    }
}

impl fmt::Debug for SqliteReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteReader").field("at", &self.at).finish_non_exhaustive()
    }
}

/// What a walk does after a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Walk {
    /// Goes on.
    On,
    /// Stops behind this record.
    Enough,
    /// Stops before this record.
    NotThis,
}

/// What is wrong with a row, and its key if that could be read.
type Wrong = (Option<i64>, Cause);

/// Decodes a row and checks that it follows `head`.
fn follow(head: &Head, row: &Row<'_>) -> Result<(i64, Sealed), Wrong> {
    let (key, sealed) = decode(row)?;
    head.follow(&sealed).map_err(|error| (Some(key), error.into()))?;
    Ok((key, sealed))
}

/// Decodes a row and checks that its columns say what its record says.
fn decode(row: &Row<'_>) -> Result<(i64, Sealed), Wrong> {
    let integer = |column| match row.get_ref(column) {
        Ok(ValueRef::Integer(integer)) => Some(integer),
        _ => None,
    };
    let key = integer(0).ok_or((None, Cause::from("the row has no key")))?;
    let wrong = |cause: Cause| (Some(key), cause);
    let first_event = integer(1).ok_or_else(|| wrong("the row states no event".into()))?;
    let Ok(ValueRef::Blob(bytes)) = row.get_ref(2) else {
        return Err(wrong("the row has no record".into()));
    };
    let sealed = Sealed::decode(bytes).map_err(|error: RecordError| wrong(error.into()))?;
    let record = &sealed.record;
    let agrees = [(key, record.first_input), (first_event, record.first_event)]
        .iter()
        .all(|(row, record)| u64::try_from(*row) == Ok(*record));
    if !agrees {
        return Err(wrong("the row states other positions than its record".into()));
    }
    Ok((key, sealed))
}
