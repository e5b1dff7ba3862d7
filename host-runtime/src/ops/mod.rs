//! Operations: the commands of `earmark` that know no domain, one a file.
//!
//! Law: they look at plugins and journals, and never at what an order is.

pub(crate) mod config;
pub(crate) mod describe;
pub(crate) mod health;
pub(crate) mod inspect;
pub(crate) mod logs;
pub(crate) mod run;
pub(crate) mod screen;
pub(crate) mod serve;
pub(crate) mod verify;
