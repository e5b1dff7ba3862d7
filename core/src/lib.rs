//! A pure, deterministic core for orders and inventory.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod geo;
pub mod limits;
pub mod sourcing;
