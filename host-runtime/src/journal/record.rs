//! The record codec: one turn as framed, hashed and linked bytes.
//!
//! Law: a record is accepted only if its own hash, its link to the record before it and its
//! ranges all hold; bytes of any other kind give a typed error and never a panic.
//!
//! ```text
//! offset   size  field
//!      0      4  magic "EMRK"
//!      4      2  version, 1
//!      6      8  number       1-based number of the record in its journal
//!     14      8  first_input  1-based number of the record's first input
//!     22      4  inputs       how many inputs, at least 1
//!     26      8  first_event  1-based number of the record's first event
//!     34      4  events       how many events, 0 is allowed
//!     38     32  chain        the domain's chain after this turn (opaque here)
//!     70      4  n            length of the body in bytes
//!     74      n  body         (opaque here)
//! 74 + n     32  previous     hash of the record before; of the header for record 1
//! 106 + n    32  hash         BLAKE3 of everything above: the checksum and the link
//! ```
//!
//! Integers are little-endian. Nothing follows the hash.

use std::fmt;

use super::Head;

/// Largest body of one record in bytes. SQLite holds a blob of up to 10^9 bytes; a turn is a
/// bounded batch of commands of at most 1 MiB each, so this is far above any honest turn and
/// far below what would make one commit a memory problem.
pub const BODY_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Bytes of a record that are not its body.
pub const FRAME_BYTES: usize = HEAD_BYTES + 2 * HASH_BYTES;

const MAGIC: [u8; 4] = *b"EMRK";
const VERSION: u16 = 1;
const HASH_BYTES: usize = 32;
const HEAD_BYTES: usize = 4 + 2 + 8 + 8 + 4 + 8 + 4 + 32 + 4;

/// One turn, as its writer states it.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// 1-based number of the first input in this record.
    pub first_input: u64,
    /// How many inputs the record holds, at least 1.
    pub inputs: u32,
    /// 1-based number of the first event; of the next event to come if the record has none.
    pub first_event: u64,
    /// How many events the record holds, 0 for a turn of refusals only.
    pub events: u32,
    /// The domain's chain after this turn: opaque to the journal.
    pub chain: [u8; 32],
    /// What the turn wrote: opaque to the journal.
    pub body: Vec<u8>,
}

impl Record {
    /// Number of the input that follows this record.
    #[must_use]
    pub fn next_input(&self) -> u64 {
        self.first_input.saturating_add(u64::from(self.inputs))
    }

    /// Number of the event that follows this record.
    #[must_use]
    pub fn next_event(&self) -> u64 {
        self.first_event.saturating_add(u64::from(self.events))
    }

    /// Number of the last input in this record.
    #[must_use]
    pub fn last_input(&self) -> u64 {
        self.next_input().saturating_sub(1)
    }

    /// Checks the numbers that stand alone: positions from 1, at least one input, no overflow.
    ///
    /// # Errors
    ///
    /// [`RecordError::NoInputs`], [`RecordError::Numbers`] or [`RecordError::TooLong`].
    pub fn check(&self) -> Result<(), RecordError> {
        if self.inputs == 0 {
            return Err(RecordError::NoInputs);
        }
        let inputs_end = self.first_input.checked_add(u64::from(self.inputs));
        let events_end = self.first_event.checked_add(u64::from(self.events));
        let positive = self.first_input > 0 && self.first_event > 0;
        if inputs_end.is_none() || events_end.is_none() || !positive {
            return Err(RecordError::Numbers {
                first_input: self.first_input,
                first_event: self.first_event,
            });
        }
        if self.body.len() > BODY_BYTES_MAX {
            return Err(RecordError::TooLong { bytes: self.body.len() });
        }
        Ok(())
    }

    /// Encodes the record as number `number` behind the record whose hash is `previous`, into
    /// `out`, whose former contents are dropped and whose capacity is reused.
    ///
    /// Returns the record's hash.
    ///
    /// # Errors
    ///
    /// What [`Record::check`] refuses; `out` is then unspecified.
    pub fn encode(
        &self,
        number: u64,
        previous: &[u8; 32],
        out: &mut Vec<u8>,
    ) -> Result<[u8; 32], RecordError> {
        self.check()?;
        let length = u32::try_from(self.body.len())
            .map_err(|_| RecordError::TooLong { bytes: self.body.len() })?;
        out.clear();
        out.reserve(self.body.len().saturating_add(FRAME_BYTES));
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&number.to_le_bytes());
        out.extend_from_slice(&self.first_input.to_le_bytes());
        out.extend_from_slice(&self.inputs.to_le_bytes());
        out.extend_from_slice(&self.first_event.to_le_bytes());
        out.extend_from_slice(&self.events.to_le_bytes());
        out.extend_from_slice(&self.chain);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&self.body);
        out.extend_from_slice(previous);
        let hash = *blake3::hash(out).as_bytes();
        out.extend_from_slice(&hash);
        Ok(hash)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record {{ inputs {}..{}, ", self.first_input, self.next_input())?;
        write!(f, "events {}..{}, ", self.first_event, self.next_event())?;
        write!(f, "body of {} bytes }}", self.body.len())
    }
}

/// A record as the journal keeps it: numbered, linked and hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// 1-based number of the record in its journal.
    pub number: u64,
    /// What the writer stated.
    pub record: Record,
    /// Hash of the record before; of the journal's header for record 1.
    pub previous: [u8; 32],
    /// Hash of this record.
    pub hash: [u8; 32],
}

impl Sealed {
    /// Decodes one record and checks everything that can be checked without its neighbours.
    ///
    /// # Errors
    ///
    /// Names the first thing that is wrong: length, magic, version, hash, then the numbers.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let held = bytes.len();
        let short = RecordError::Short { held };
        let (magic, rest) = bytes.split_first_chunk::<4>().ok_or(short)?;
        let (version, rest) = split_u16(rest).ok_or(RecordError::Short { held })?;
        if *magic != MAGIC {
            return Err(RecordError::Magic);
        }
        if version != VERSION {
            return Err(RecordError::Version { found: version });
        }
        let fields = Fields::split(rest).ok_or(RecordError::Short { held })?;
        let stated = u64::from(fields.length).saturating_add(FRAME_BYTES as u64);
        if stated != held as u64 {
            return Err(RecordError::Length { stated, held: held as u64 });
        }
        let (hashed, hash) =
            bytes.split_last_chunk::<HASH_BYTES>().ok_or(RecordError::Short { held })?;
        if blake3::hash(hashed) != blake3::Hash::from_bytes(*hash) {
            return Err(RecordError::Hash);
        }
        let (body, tail) = fields
            .rest
            .split_at_checked(fields.length as usize)
            .ok_or(RecordError::Short { held })?;
        let (previous, _) =
            tail.split_first_chunk::<HASH_BYTES>().ok_or(RecordError::Short { held })?;
        let record = Record {
            first_input: fields.first_input,
            inputs: fields.inputs,
            first_event: fields.first_event,
            events: fields.events,
            chain: fields.chain,
            body: body.to_vec(),
        };
        record.check()?;
        Ok(Self { number: fields.number, record, previous: *previous, hash: *hash })
    }
}

impl Head {
    /// Checks that `record` continues this head: its ranges begin where the head ends.
    ///
    /// # Errors
    ///
    /// [`RecordError::InputGap`], [`RecordError::EventGap`] or what [`Record::check`] refuses.
    pub fn accepts(&self, record: &Record) -> Result<(), RecordError> {
        record.check()?;
        if record.first_input != self.next_input {
            let (expected, found) = (self.next_input, record.first_input);
            return Err(RecordError::InputGap { expected, found });
        }
        if record.first_event != self.next_event {
            let (expected, found) = (self.next_event, record.first_event);
            return Err(RecordError::EventGap { expected, found });
        }
        Ok(())
    }

    /// The head after `sealed`, if `sealed` is the record that follows this head.
    ///
    /// # Errors
    ///
    /// [`RecordError::NumberGap`], [`RecordError::Previous`] or what [`Head::accepts`] refuses.
    pub fn follow(&self, sealed: &Sealed) -> Result<Self, RecordError> {
        let expected = self.records.saturating_add(1);
        if sealed.number != expected {
            return Err(RecordError::NumberGap { expected, found: sealed.number });
        }
        self.accepts(&sealed.record)?;
        if sealed.previous != self.hash {
            return Err(RecordError::Previous);
        }
        Ok(Self::at(sealed))
    }

    /// The head of a journal that ends with `sealed`.
    #[must_use]
    pub fn at(sealed: &Sealed) -> Self {
        Self {
            next_input: sealed.record.next_input(),
            next_event: sealed.record.next_event(),
            chain: sealed.record.chain,
            hash: sealed.hash,
            records: sealed.number,
        }
    }
}

/// What is wrong with the bytes of a record, or with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Fewer bytes than any record has.
    #[error("{held} bytes are too few for a record")]
    Short {
        /// Bytes at hand.
        held: usize,
    },
    /// The bytes do not begin as a record does.
    #[error("the record's magic is wrong")]
    Magic,
    /// A version that this build does not know.
    #[error("the record's version {found} is unknown to this build")]
    Version {
        /// The version in the bytes.
        found: u16,
    },
    /// The stated length is not the length at hand.
    #[error("the record states {stated} bytes and has {held}")]
    Length {
        /// Bytes the record says it has.
        stated: u64,
        /// Bytes at hand.
        held: u64,
    },
    /// The hash over the bytes is another: at least one bit changed.
    #[error("the record's hash does not match its bytes")]
    Hash,
    /// A record without inputs.
    #[error("the record has no inputs")]
    NoInputs,
    /// A position of zero, or a range beyond what 64 bits count.
    #[error("input {first_input} and event {first_event} can't begin a record")]
    Numbers {
        /// The first input stated.
        first_input: u64,
        /// The first event stated.
        first_event: u64,
    },
    /// A body above [`BODY_BYTES_MAX`].
    #[error("a body of {bytes} bytes is longer than {BODY_BYTES_MAX}")]
    TooLong {
        /// Bytes of the body.
        bytes: usize,
    },
    /// The inputs do not begin where the record before ends.
    #[error("the record begins at input {found}, expected {expected}")]
    InputGap {
        /// The input that should come.
        expected: u64,
        /// The input that came.
        found: u64,
    },
    /// The events do not begin where the record before ends.
    #[error("the record begins at event {found}, expected {expected}")]
    EventGap {
        /// The event that should come.
        expected: u64,
        /// The event that came.
        found: u64,
    },
    /// Another record than the one that should come.
    #[error("the record has number {found}, expected {expected}")]
    NumberGap {
        /// The record number that should come.
        expected: u64,
        /// The record number that came.
        found: u64,
    },
    /// The link names another record as the one before.
    #[error("the record is linked to another record than the one before it")]
    Previous,
}

/// The fields between version and body.
struct Fields<'a> {
    number: u64,
    first_input: u64,
    inputs: u32,
    first_event: u64,
    events: u32,
    chain: [u8; 32],
    length: u32,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn split(bytes: &'a [u8]) -> Option<Self> {
        let (number, rest) = split_u64(bytes)?;
        let (first_input, rest) = split_u64(rest)?;
        let (inputs, rest) = split_u32(rest)?;
        let (first_event, rest) = split_u64(rest)?;
        let (events, rest) = split_u32(rest)?;
        let (chain, rest) = rest.split_first_chunk::<32>()?;
        let (length, rest) = split_u32(rest)?;
        let chain = *chain;
        Some(Self { number, first_input, inputs, first_event, events, chain, length, rest })
    }
}

pub(super) fn split_u16(bytes: &[u8]) -> Option<(u16, &[u8])> {
    bytes.split_first_chunk::<2>().map(|(head, rest)| (u16::from_le_bytes(*head), rest))
}

pub(super) fn split_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    bytes.split_first_chunk::<4>().map(|(head, rest)| (u32::from_le_bytes(*head), rest))
}

pub(super) fn split_u64(bytes: &[u8]) -> Option<(u64, &[u8])> {
    bytes.split_first_chunk::<8>().map(|(head, rest)| (u64::from_le_bytes(*head), rest))
}
