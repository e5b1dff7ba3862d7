//! The journal's header: what was decided for the whole life of a journal.
//!
//! Law: it is written once, its hash is the link of record 1, so it can't change unseen.
//!
//! ```text
//! magic "EMHD" (4), version 1 (2, little-endian), postcard of `Header`, BLAKE3 of all above (32)
//! ```

use serde::{Deserialize, Serialize};

use super::error::Cause;
use super::record::split_u16;

const MAGIC: [u8; 4] = *b"EMHD";
const VERSION: u16 = 1;

/// What holds for the whole life of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The journal's own id (its epoch), made by the caller: two journals never share one.
    pub id: [u8; 16],
    /// Name of the plugin whose turns it holds.
    pub plugin: String,
    /// The roles that are local to the partition.
    pub roles: Vec<String>,
    /// Which clock stamps its inputs.
    pub clock: Clock,
    /// When it was created, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
}

/// Which clock stamps the inputs of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Clock {
    /// The host's clock, never going back.
    Live,
    /// Times that come with the inputs, as in a replay.
    Logical,
}

impl Header {
    /// The bytes that are kept, which end with their own hash.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        // Writing these plain types into a vector has no way to fail; were it to, the hash
        // would still bind what was written and decoding would refuse it.
        if let Ok(blob) = postcard::to_stdvec(self) {
            bytes.extend_from_slice(&blob);
        }
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        bytes
    }

    /// The hash that record 1 links to.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.encode().last_chunk::<32>().copied().unwrap_or_default()
    }

    /// Decodes what [`Header::encode`] wrote.
    ///
    /// # Errors
    ///
    /// Says what is wrong: magic, version, hash or contents.
    pub fn decode(bytes: &[u8]) -> Result<Self, Cause> {
        let (hashed, hash) = bytes.split_last_chunk::<32>().ok_or("the header is too short")?;
        let (magic, rest) = hashed.split_first_chunk::<4>().ok_or("the header is too short")?;
        if *magic != MAGIC {
            return Err("the header's magic is wrong".into());
        }
        let (version, blob) = split_u16(rest).ok_or("the header is too short")?;
        if version != VERSION {
            return Err(format!("the header's version {version} is unknown to this build").into());
        }
        if blake3::hash(hashed) != blake3::Hash::from_bytes(*hash) {
            return Err("the header's hash does not match its bytes".into());
        }
        let (header, rest) = postcard::take_from_bytes::<Self>(blob)?;
        if !rest.is_empty() {
            return Err("bytes follow the header's contents".into());
        }
        Ok(header)
    }
}
