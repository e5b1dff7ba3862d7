//! Couriers: what carries something out of this process.
//!
//! Law: a courier knows nothing of plugins, journals and partitions: it is given a message and an
//! endpoint, and says what became of it.

pub mod client;
