//! What is written down of the core, and must not drift: bytes, schemas, tables and pages.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../samples/mod.rs"]
mod samples;
#[path = "../support/mod.rs"]
mod support;
#[path = "../wire/mod.rs"]
mod wire;

#[cfg(feature = "json")]
mod answers_described;
mod bytes;
mod facilities_life;
mod golden;
mod order_life;
mod process;
mod refusals;
mod schema_lock;
