//! Every law can fail: each is broken on purpose, and the break is found.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../support/mod.rs"]
mod support;
#[path = "../world/mod.rs"]
mod world;

mod kits;
mod laws;
mod orders;
mod reducers;
