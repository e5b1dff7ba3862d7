//! Which facility serves which line: the rules, their laws, and what others decide.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[allow(dead_code, reason = "the tests call its reader, not its main function")]
#[path = "../../examples/facility_location.rs"]
mod example;
#[path = "../peer_rules/mod.rs"]
mod peer_rules;
#[path = "../sourcing_cases/mod.rs"]
mod sourcing_cases;
#[path = "../support/mod.rs"]
mod support;

mod edges;
mod effort;
mod exact;
mod explained;
mod geo;
mod laws;
mod levels;
mod peers;
mod published;
mod rules;
