//! The doors of Earmark: one reducer, as a plugin for a host and as a module for a browser.
//!
//! [`Door`] answers a [`Call`](earmark_abi::Call) in bytes with an
//! [`Answer`](earmark_abi::Answer) in bytes, for anything that is a [`Plugin`]; [`plugin!`] exports
//! it under ABI 1. `ShopPlugin` is the built-in one: the core's whole shop; a `Reducer` is the
//! short way to one of your own.
//!
//! Law: no logic lives here. What a door answers, the core decided.

#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
mod allocator;
#[cfg(feature = "browser")]
mod browser;
mod door;
mod plugin;
#[cfg(feature = "reducer")]
mod reducer;
#[cfg(feature = "shop")]
mod shop;

pub use door::{Broken, Door, EventsOut, Plugin, Settled};
#[doc(hidden)]
pub use plugin::Mailbox;
#[cfg(feature = "reducer")]
pub use reducer::{Asked, Kind, Reduced, Reducer, Refusal};
#[cfg(feature = "shop")]
pub use shop::ShopPlugin;

#[cfg(all(feature = "plugin", target_arch = "wasm32"))]
plugin!(crate::ShopPlugin);
