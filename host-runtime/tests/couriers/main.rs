//! Who takes what the host has to say to others: webhooks, mail, commands, and a client.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../http_support/mod.rs"]
mod http_support;

mod client;
mod command;
mod contract;
mod mail;
