//! What becomes of an order: its lines, its kits, its payment, its changes and its waiting.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../support/mod.rs"]
mod support;
#[path = "../world/mod.rs"]
mod world;

mod backorders;
mod backorders_served;
mod bounds;
mod changes;
mod kits;
mod kits_lost;
mod moved;
mod orders;
mod payments;
mod payments_answers;
mod queries;
mod regressions;
mod requests;
mod returns;
mod settings;
mod slices;
mod terms;
mod unpaid;
