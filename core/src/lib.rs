#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::alloc_instead_of_core,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic
)]
extern crate alloc;

mod chart;
mod data;
pub mod decide;
pub mod demand;
pub mod flow;
pub mod fulfilment;
pub mod geo;
pub mod ids;
pub mod inventory;
#[cfg(feature = "json")]
mod json_schema;
pub mod laws;
pub mod limits;
pub mod notification;
pub mod order;
pub mod owed;
pub mod payment;
pub mod policy;
pub mod schema;
pub mod sourcing;
pub mod time;
pub mod units;
