//! What lies on the shelves, who may have it, and the work that the facilities do with it.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../support/mod.rs"]
mod support;
#[path = "../world/mod.rs"]
mod world;

mod alerts;
mod facilities;
mod figures;
mod fulfilment;
mod queues_due;
mod reservations;
mod stock;
mod turns;
