//! The whole life of the orders: payment, holds, work in facilities, parcels, returns.
//!
//! Law: every order comes to its end, and every command is one that somebody would give who
//! sees how the order stands. What happens depends on the documents, the options, the network and
//! the linked core alone, so every body can be fed the same list; whether a plugin does as the
//! core that the list was made with is told by [`Foreseen::did`].

pub(crate) mod figures;
pub(crate) mod money;
pub(crate) mod rows;
pub(crate) mod rules;

mod desk;
mod goods;
mod pay;
mod queue;
mod returns;
mod start;

use std::collections::BTreeMap;

use earmark::policy::{CaptureWhen, Collect, OrderPolicy, PaymentPolicy, Policy};
use earmark::time::Span;

use super::commands::Timely;
use super::tally::Tally;

pub(crate) use start::foresee;

/// What happens, with all that the linked core makes of it.
#[derive(Debug)]
pub(crate) struct Foreseen {
    /// The commands, in time order.
    pub(crate) commands: Vec<Timely>,
    /// A number over all events, in order.
    pub(crate) did: blake3::Hash,
    /// Units that were given back, and why nobody could take them: entries and units.
    pub(crate) left_out: BTreeMap<&'static str, (u64, u64)>,
}

/// The policy of a whole life, over that of a basic one.
pub(crate) fn policy(basic: Policy) -> Policy {
    let deadline = Span::from_millis(rules::PAY_WITHIN);
    let collect = Collect { capture: CaptureWhen::AsParcelsShip, ..Collect::default() };
    let payment = PaymentPolicy::Required { deadline, collect };
    Policy { orders: OrderPolicy { payment, staged: true, ..basic.orders }, ..basic }
}

/// Adds an event to a number over all of them.
pub(crate) fn add(did: &mut blake3::Hasher, kind: u16, body: &[u8]) {
    did.update(&kind.to_le_bytes());
    did.update(&(body.len() as u64).to_le_bytes());
    did.update(body);
}

/// What a journal tells otherwise than it was foreseen, or tells of itself that can't be.
pub(crate) fn differences(foreseen: &Foreseen, tally: &Tally) -> Vec<String> {
    let mut found = tally.life.contradictions();
    if tally.did != Some(foreseen.did) {
        let linked = "the linked core decides otherwise than the plugin: are they of one release?";
        found.push(linked.to_string());
    }
    found
}
