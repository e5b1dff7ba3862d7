//! What the door answers: each route, by those who may ask and those who may not.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../http_support/mod.rs"]
mod http_support;
#[path = "../token_support/mod.rs"]
mod token_support;

mod auth;
mod batch;
mod binary;
mod commands;
mod dead_letters;
mod feed;
mod follow;
mod full_disk;
mod keys;
mod limits;
mod metrics;
mod openapi;
mod queries;
mod server;
mod tls;
