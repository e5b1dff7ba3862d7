//! What happens to a batch that a body failed on: its members are tried one by one, on fuel.
//!
//! Law: the verdict on an input is a count, never a clock; whoever is not to blame is served, in
//! order. A failure costs a state that is carried over, and no second wait for a clock.

use std::time::Instant;

use super::super::submission::Reply;
use super::super::turn::{self, Decided, Stamped};
use super::super::witness;
use super::Leader;

/// The members of a batch that are still to be decided on.
struct Rest {
    batch: Vec<Stamped>,
    replies: Vec<Option<Reply>>,
}

impl Rest {
    /// Takes the first `count` off.
    fn take(&mut self, count: usize) -> Self {
        let count = count.min(self.batch.len());
        let (batch, replies) = (self.batch.split_off(count), self.replies.split_off(count));
        std::mem::replace(self, Self { batch, replies })
    }
}

impl Leader {
    /// Decides on a batch; if the body fails on it, on its members one by one.
    pub(super) fn decide(&mut self, batch: Vec<Stamped>, replies: Vec<Option<Reply>>) {
        if let Some(why) = self.lost.clone() {
            return self.lose(&why, replies);
        }
        let kinds = self.bodies.description().events.len();
        let witness = self.witness.as_deref_mut().map(|witness| witness as _);
        let began = Instant::now();
        let made = witness::decide(self.body.as_mut(), witness, &batch, kinds);
        self.meters.decide.took(began.elapsed());
        let fault = match made {
            Ok(decided) => return self.hand_over(&batch, &decided, replies, None),
            Err(fault) => fault,
        };
        tracing::warn!(%fault, inputs = batch.len(), "the plugin failed on a turn");
        let mut rest = Rest { batch, replies };
        while !rest.batch.is_empty() {
            if let Err(why) = self.sift(&mut rest) {
                return self.lose(&why, rest.replies);
            }
            if let Some(why) = self.lost.clone() {
                return self.lose(&why, rest.replies);
            }
        }
        // The bodies that failed are of no use, and saw nothing of what went through since.
        if let Err(why) = self.replace() {
            self.lose(&why, Vec::new());
        }
    }

    /// Decides on members one by one, up to the first that can't be answered, or to the end.
    fn sift(&mut self, rest: &mut Rest) -> Result<(), String> {
        let (mut body, mut witness) = self.pair(|bodies| bodies.metered())?;
        let kinds = self.bodies.description().events.len();
        let mut decided = Decided { outcomes: Vec::new(), next_deadline: self.next_deadline };
        let mut verdict = None;
        for one in rest.batch.chunks(1) {
            let beside = witness.as_deref_mut().map(|witness| witness as _);
            match witness::decide(body.as_mut(), beside, one, kinds) {
                Ok(one) => {
                    decided.outcomes.extend(one.outcomes);
                    decided.next_deadline = one.next_deadline;
                }
                Err(fault) => {
                    verdict = Some(fault);
                    break;
                }
            }
        }
        let well = rest.take(decided.outcomes.len());
        if !well.batch.is_empty() {
            self.hand_over(&well.batch, &decided, well.replies, None);
        }
        let Some(verdict) = verdict else { return Ok(()) };
        let next_deadline = self.next_deadline;
        let dead = turn::dead(&verdict).map_err(|fault| fault.to_string())?;
        let poisonous = rest.take(1);
        tracing::warn!(%verdict, input = self.position.inputs.saturating_add(1), "a dead letter");
        let decided = Decided { next_deadline, ..dead };
        self.hand_over(&poisonous.batch, &decided, poisonous.replies, Some(verdict));
        Ok(())
    }
}
