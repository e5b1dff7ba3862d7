//! A wasmtime plugin host: durable journal, exactly-once messaging and an HTTP API for any reducer
//! behind ABI 1.
//!
//! Law: this library knows no domain. What a command means, whose an order is, what a law says: all
//! of that is the plugin's.

pub mod asyncapi;
mod chain_of;
pub mod chaos;
pub mod courier;
mod hex;
pub mod http;
pub mod journal;
pub mod partition;
pub mod plugin;
pub mod relay;

use chain_of::chain_of;
pub use hex::hex;
