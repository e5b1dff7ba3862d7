//! Services that hold each a part of the shop: what they tell each other, and what comes late.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../linked/mod.rs"]
mod linked;
#[path = "../support/mod.rs"]
mod support;
#[path = "../world/mod.rs"]
mod world;

mod amended_apart;
mod contradictions;
mod extend;
mod facilities_apart;
mod kits_apart;
mod late_news;
mod moved_apart;
mod replace;
mod roles_alone;
mod stripped_apart;
mod topologies;
