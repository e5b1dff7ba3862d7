//! Every way the conversation of order and inventory can go, with up to two faults. Why: a test
//! drives the ways somebody thought of; a crash comes where nobody did.

mod conversation;
mod explorer;
mod support;

use conversation::{Conversation, Topology};
use explorer::{Explored, explore};

fn walk(conversation: Conversation) -> Explored {
    let seen = explore(&conversation, 4_000_000);
    let Explored { states, steps, depth, ends, .. } = seen;
    println!("{conversation:?}: {states} states, {steps} steps, {depth} deep, {ends} ends");
    if let Some(story) = seen.broken.as_ref().or(seen.stuck.as_ref()) {
        println!("{story}");
    }
    seen
}

#[test]
fn stock_first_never_oversells_never_takes_back_and_always_comes_to_an_end() {
    let seen = walk(Conversation { topology: Topology::ReserveFirst, faults: 2, cursors: true });
    assert!(seen.broken.is_none() && seen.stuck.is_none());
    assert!(seen.states > 10_000 && seen.ends > 100);
}

#[test]
fn without_a_cursor_a_letter_that_comes_twice_does_harm() {
    let seen = walk(Conversation { topology: Topology::ReserveFirst, faults: 1, cursors: false });
    let story = seen.broken.or(seen.stuck).expect("an anomaly");
    assert!(story.steps.iter().any(|step| step.contains("once more")), "{story}");
}

#[test]
fn order_first_accepts_what_it_must_take_back() {
    let seen = walk(Conversation { topology: Topology::OrderFirst, faults: 0, cursors: true });
    let story = seen.broken.expect("an anomaly");
    assert!(story.found.contains("accepted, and then taken back"), "{story}");
}

#[test]
fn listen_to_self_has_answered_for_an_order_that_nobody_knows() {
    let seen = walk(Conversation { topology: Topology::ListenToSelf, faults: 0, cursors: true });
    let story = seen.broken.expect("an anomaly");
    assert!(story.found.contains("there is no order"), "{story}");
}
