//! One history, one plugin: turns, their record, what poisons them, and what starts them anew.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../journal_support/mod.rs"]
mod journal_support;
#[path = "../partition_support/mod.rs"]
mod partition_support;

mod clock;
mod compact;
mod dead_letters;
mod durable;
mod events;
mod exactly_once;
mod hostile_plugins;
mod link;
mod plugin_budgets;
mod poison;
mod recovery;
mod restored;
mod shadow;
mod turn_record;
