//! Damage: a few changes to bytes that are right, so that they get past the first check.
//!
//! Law: the changes follow from the fuzzer's input alone.

use bolero::TypeGenerator;

/// The most bytes that one change adds.
const PIECE: usize = 64;

/// Changes, one after the other.
#[derive(Debug, Clone, TypeGenerator)]
pub(crate) struct Damage(Vec<Change>);

/// One change. A place is taken as it is, or, if it lies behind the end, from the beginning again.
#[derive(Debug, Clone, TypeGenerator)]
enum Change {
    Byte {
        at: u16,
        to: u8,
    },
    Bit {
        at: u16,
        bit: u8,
    },
    Put {
        at: u16,
        bytes: Vec<u8>,
    },
    Remove {
        at: u16,
        bytes: u8,
    },
    Again {
        at: u16,
        bytes: u8,
    },
    Cut {
        at: u16,
    },
    /// A number at one of its edges, as it stands in a header or a varint.
    Edge {
        at: u16,
        of: u8,
    },
    All {
        bytes: Vec<u8>,
    },
}

const EDGES: [&[u8]; 6] = [
    &[0, 0, 0, 0, 0, 0, 0, 0],
    &[0xff, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    b"18446744073709551616",
];

impl Damage {
    /// None: the bytes stay as they are.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether there is none.
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes, damaged.
    pub(crate) fn of(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for change in &self.0 {
            change.on(&mut bytes);
        }
        bytes
    }

    /// The text, damaged; what is no text any more is shown as such.
    pub(crate) fn of_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.of(text.as_bytes())).into_owned()
    }
}

impl Change {
    fn on(&self, bytes: &mut Vec<u8>) {
        let (Self::Byte { at, .. }
        | Self::Bit { at, .. }
        | Self::Put { at, .. }
        | Self::Remove { at, .. }
        | Self::Again { at, .. }
        | Self::Cut { at }
        | Self::Edge { at, .. }) = self
        else {
            if let Self::All { bytes: all } = self {
                all.clone_into(bytes);
            }
            return;
        };
        let at = usize::from(*at) % (bytes.len() + 1);
        let end = |length: u8| (at + usize::from(length)).min(bytes.len());
        match self {
            Self::Byte { to, .. } => bytes.splice(at..end(1), [*to]).for_each(drop),
            Self::Bit { bit, .. } => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            Self::Put { bytes: new, .. } => {
                let new: Vec<u8> = new.iter().copied().take(PIECE).collect();
                bytes.splice(at..at, new).for_each(drop);
            }
            Self::Remove { bytes: length, .. } => drop(bytes.drain(at..end(*length))),
            Self::Again { bytes: length, .. } => {
                let piece = bytes[at..end(*length)].to_vec();
                bytes.splice(at..at, piece).for_each(drop);
            }
            Self::Cut { .. } => bytes.truncate(at),
            Self::Edge { of, .. } => {
                let edge = EDGES[usize::from(*of) % EDGES.len()].iter().copied();
                bytes.splice(at..end(1), edge).for_each(drop);
            }
            Self::All { .. } => {}
        }
    }
}

/// One of several, whatever the number.
pub(crate) fn one<T>(of: &[T], number: u8) -> &T {
    &of[usize::from(number) % of.len()]
}
