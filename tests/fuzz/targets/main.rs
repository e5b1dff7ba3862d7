//! What nobody meant to send: each reader of bytes from outside, with bytes that a fuzzer chose.
//!
//! Law: whatever comes is understood as what it is, or refused with words; nothing panics, and what
//! was damaged is never taken for what was written.
//!
//! Everyday each target runs for a few hundred to a few thousand random inputs. `cargo bolero test`
//! runs one under libFuzzer, which goes where the code has branches: `tests/fuzz/README.md` says
//! how, and for how long that was done.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../../../host-runtime/tests/http_support/mod.rs"]
mod http_support;
#[path = "../../../host-runtime/tests/journal_support/mod.rs"]
mod journal_support;
#[path = "../../../host-runtime/tests/token_support/mod.rs"]
mod token_support;

mod afar;
mod damage;
mod door;
mod files;
mod http;
mod records;
mod words;
