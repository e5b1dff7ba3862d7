//! Every way the conversation of order, inventory and payment can go, with up to two faults. Why: a
//! test drives the ways somebody thought of; a crash comes where nobody did.

mod conversation;
mod explorer;
mod support;

use conversation::{Conversation, Provider, Topology, Walk};
use earmark::laws;
use explorer::{Explored, Story, explore};

const SOUND: Conversation = Conversation::SOUND;

fn walk(conversation: Conversation) -> Explored {
    let seen = explore(&Walk::new(conversation), 12_000_000);
    let Explored { states, steps, depth, ends, .. } = seen;
    println!("{conversation:?}: {states} states, {steps} steps, {depth} deep, {ends} ends");
    if let Some(story) = seen.broken.as_ref().or(seen.stuck.as_ref()) {
        println!("{story}");
    }
    seen
}

fn found(conversation: Conversation) -> Story {
    let seen = walk(conversation);
    seen.broken.or(seen.stuck).expect("an anomaly")
}

/// What must hold, whatever goes wrong.
fn holds(conversation: Conversation) {
    let seen = walk(conversation);
    assert!(seen.broken.is_none() && seen.stuck.is_none());
    assert!(seen.states > 10_000 && seen.ends > 100);
}

#[test]
fn stock_first_never_oversells_never_takes_back_and_always_comes_to_an_end() {
    holds(Conversation { faults: 2, declines: 0, ..SOUND });
}

/// An optimised build walks through ten times as much in the same time: two faults.
#[test]
fn whoever_is_declined_may_pay_again_and_nothing_else_changes() {
    let faults = if cfg!(debug_assertions) { 1 } else { 2 };
    holds(Conversation { faults, declines: 1, ..SOUND });
}

/// The shop asks again, and what is not wanted any more is let go.
#[test]
fn whoever_hears_of_withdrawals_may_lose_answers_for_good() {
    let (orders, faults, provider) = (1, 2, Provider::Heeds);
    let seen = walk(Conversation { orders, faults, provider, ..SOUND });
    assert!(seen.broken.is_none() && seen.stuck.is_none());
    assert!(seen.states > 1_000 && seen.ends > 10);
    let story = found(Conversation { orders, faults, provider: Provider::Careless, ..SOUND });
    assert!(story.found.contains(laws::NO_MORE_HELD), "{story}");
    assert!(story.steps.iter().any(|step| step.contains("is lost")), "{story}");
}

#[test]
fn a_provider_that_captures_before_the_order_is_confirmed_is_found() {
    let story = found(Conversation { provider: Provider::CapturesAtOnce, ..SOUND });
    assert!(story.found.contains(laws::CAPTURED_IN_TIME), "{story}");
}

#[test]
fn a_provider_that_does_a_request_twice_is_found() {
    let (faults, provider) = (1, Provider::KnowsNothingAgain);
    let story = found(Conversation { faults, provider, ..SOUND });
    let law = [laws::PAYMENTS_BOUNDED, laws::NO_MORE_HELD];
    assert!(law.iter().any(|law| story.found.contains(law)), "{story}");
}

#[test]
fn a_provider_that_holds_what_was_voided_is_found() {
    let story = found(Conversation { provider: Provider::KeepsWhatIsVoided, ..SOUND });
    assert!(story.found.contains(laws::NO_MORE_HELD), "{story}");
}

#[test]
fn without_a_cursor_a_letter_that_comes_twice_does_harm() {
    let story = found(Conversation { faults: 1, cursors: false, ..SOUND });
    assert!(story.steps.iter().any(|step| step.contains("once more")), "{story}");
}

#[test]
fn order_first_accepts_what_it_must_take_back() {
    let story = found(Conversation { topology: Topology::OrderFirst, ..SOUND });
    assert!(story.found.contains("accepted, and then taken back"), "{story}");
}

#[test]
fn listen_to_self_has_answered_for_an_order_that_nobody_knows() {
    let story = found(Conversation { topology: Topology::ListenToSelf, ..SOUND });
    assert!(story.found.contains("there is no order"), "{story}");
}
