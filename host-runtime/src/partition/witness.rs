//! The witness: a body that applies what the leader's body decided, before it is durable.
//!
//! Law: what the plugin itself does not take never is in the journal, from which nobody could bring
//! its state back. A turn and its events are one state, or the turn is not.

use std::sync::mpsc::{Receiver, channel};

use earmark_abi::{Answer, Call, Outcome, Verdict, decode, encode};

use super::turn::{self, Decided, EncodedOutcome, Stamped};
use crate::plugin::{Body, Fault};

/// Inputs decided on in one call, at the most: while the witness applies what became of them, the
/// leader's body decides on the next.
const PART: usize = 512;

/// Lets a body decide on a batch, and the witness apply it. After a fault neither is of any use.
pub(super) fn decide(
    body: &mut dyn Body,
    witness: Option<&mut dyn Body>,
    batch: &[Stamped],
    kinds: usize,
) -> Result<Decided, Fault> {
    let Some(witness) = witness else { return turn::decide(body, batch, kinds) };
    if batch.len() <= PART {
        let decided = turn::decide(body, batch, kinds)?;
        apply(witness, &decided.outcomes)?;
        return Ok(decided);
    }
    std::thread::scope(|scope| {
        let (send, parts) = channel();
        let beside = std::thread::Builder::new().name("earmark-witness".to_string());
        let applied = beside
            .spawn_scoped(scope, move || apply_all(witness, &parts))
            .map_err(|error| Fault::Trap(format!("a thread can't be started: {error}")))?;
        let mut whole = Decided { outcomes: Vec::with_capacity(batch.len()), next_deadline: None };
        for part in batch.chunks(PART) {
            let decided = turn::decide(body, part, kinds)?;
            whole.next_deadline = decided.next_deadline;
            whole.outcomes.extend(decided.outcomes.iter().cloned());
            if send.send(decided.outcomes).is_err() {
                break;
            }
        }
        drop(send);
        applied.join().map_err(|_| Fault::Trap("the witness panicked".to_string()))??;
        Ok(whole)
    })
}

fn apply_all(witness: &mut dyn Body, parts: &Receiver<Vec<EncodedOutcome>>) -> Result<(), Fault> {
    parts.iter().try_for_each(|outcomes| apply(witness, &outcomes))
}

/// Applies the events of outcomes.
fn apply(witness: &mut dyn Body, outcomes: &[EncodedOutcome]) -> Result<(), Fault> {
    let not = |error: earmark_abi::NotDecoded| Fault::Answer(error.to_string());
    let mut events = Vec::new();
    for (outcome, _) in outcomes.iter().filter(|(_, events)| *events > 0) {
        let outcome: Outcome<'_> = decode("an outcome", outcome).map_err(not)?;
        if let Verdict::Accepted { events: happened } = outcome.verdict {
            events.extend(happened.iter().map(|event| (event.kind, event.body)));
        }
    }
    if events.is_empty() {
        return Ok(());
    }
    let call = encode(&Call::Apply { events }).map_err(not)?;
    let refused = |why: String| Fault::EventRefused(why);
    // The leader waits for it.
    let answer = witness.call_awaited(&call).map_err(|fault| refused(fault.to_string()))?;
    match decode("an answer of ABI 1", answer) {
        Ok(Answer::Done { .. }) => Ok(()),
        Ok(Answer::Failed(failed)) => Err(refused(failed.message)),
        Ok(_) => Err(refused("it answers another question".to_string())),
        Err(error) => Err(refused(error.to_string())),
    }
}
