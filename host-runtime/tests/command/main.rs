//! What an operator types, and the pages and files that are made for him.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../http_support/mod.rs"]
mod http_support;

mod asyncapi;
mod config;
mod containerfile;
mod dead_letters;
mod server_process;
mod wrong_place;
