//! Operations: the commands of `earmark` that know no domain, one a file.
//!
//! Law: they look at plugins and journals, and never at what an order is.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod budget;
pub(crate) mod client;
pub(crate) mod compact;
pub(crate) mod config;
pub(crate) mod couriers;
pub(crate) mod dead_letters;
pub(crate) mod describe;
pub(crate) mod export;
pub(crate) mod follows;
pub(crate) mod fuel;
pub(crate) mod gate;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod inputs;
pub(crate) mod inspect;
pub(crate) mod laws;
pub(crate) mod lines;
pub(crate) mod logs;
pub(crate) mod plugins;
pub(crate) mod run;
pub(crate) mod screen;
pub(crate) mod serve;
pub(crate) mod shadowing;
pub(crate) mod upgrade;
pub(crate) mod verify;
