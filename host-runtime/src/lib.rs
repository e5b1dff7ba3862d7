//! A wasmtime plugin host: durable journal, exactly-once messaging and an HTTP API for any reducer
//! behind ABI 1.
//!
//! Law: this library knows no domain. What a command means, whose an order is, what a law says: all
//! of that is the plugin's.

pub mod asyncapi;
pub mod courier;
pub mod http;
pub mod journal;
pub mod partition;
pub mod plugin;
