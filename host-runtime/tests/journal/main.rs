//! What was written is read again as it was, or refused with the place named.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../journal_support/mod.rs"]
mod journal_support;

mod bitflips;
mod contract;
mod copy;
mod damage;
mod process;
mod record;
mod snapshot;
