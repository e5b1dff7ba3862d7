//! The chain: one number for a whole history, the same in every body.
//!
//! Law: the chain covers each input, its outcome and its events, in order, and nothing else: not
//! where one turn ended and the next began, nor when it was recorded. Two batch sizes give one
//! chain.

use crate::call::{Input, Principal};
use crate::{NotDecoded, encode};

/// The chain before the first input.
pub const START: [u8; 32] = [0; 32];

/// Carries the chain on by one input and its encoded outcome.
///
/// `BLAKE3(chain, at, kind, principal length, principal, command length, command, outcome)`, with
/// numbers as 8 bytes, little end first.
///
/// # Errors
/// [`NotDecoded`] if the principal can't be encoded, which none brings about.
pub fn extend(
    chain: &[u8; 32],
    by: &Principal<'_>,
    input: &Input<'_>,
    outcome: &[u8],
) -> Result<[u8; 32], NotDecoded> {
    Ok(extend_encoded(chain, &encode(by)?, input, outcome))
}

/// [`extend`] with the principal encoded already: for a batch in which few ask for much.
#[must_use]
pub fn extend_encoded(chain: &[u8; 32], by: &[u8], input: &Input<'_>, outcome: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(chain);
    hasher.update(&input.at.to_le_bytes());
    hasher.update(&u64::from(input.kind).to_le_bytes());
    hasher.update(&length(by));
    hasher.update(by);
    hasher.update(&length(input.command));
    hasher.update(input.command);
    hasher.update(outcome);
    *hasher.finalize().as_bytes()
}

/// The digest of a state's snapshot.
#[must_use]
pub fn digest(snapshot: &[u8]) -> [u8; 32] {
    *blake3::hash(snapshot).as_bytes()
}

fn length(bytes: &[u8]) -> [u8; 8] {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn the_chain_sees_every_part_of_an_input() {
        let by = Principal { subject: "a", scopes: vec!["b"] };
        let input = Input { at: 1, by: 0, kind: 2, command: b"cc" };
        let one = extend(&START, &by, &input, b"out").unwrap();
        let other = |chain: &[u8; 32], by: &Principal<'_>, input: &Input<'_>, outcome: &[u8]| {
            assert_ne!(extend(chain, by, input, outcome).unwrap(), one);
        };
        other(&one, &by, &input, b"out");
        other(&START, &Principal { subject: "x", scopes: vec!["b"] }, &input, b"out");
        other(&START, &by, &Input { at: 2, ..input }, b"out");
        other(&START, &by, &Input { kind: 3, ..input }, b"out");
        other(&START, &by, &Input { command: b"c", ..input }, b"cout");
        other(&START, &by, &input, b"ou");
        // The place in the turn's list of principals is not part of the history.
        assert_eq!(extend(&START, &by, &Input { by: 7, ..input }, b"out").unwrap(), one);
    }
}
