//! The shop room: a year of real orders, or a generated one, as a plan of happenings.
//!
//! Law: nothing here knows a domain command, a clock or an outcome. What comes out depends
//! on the documents, the options and the network alone, so every body can be fed the same list.

pub(crate) mod generate;
pub(crate) mod sources;

pub(crate) mod countries;
pub(crate) mod documents;
pub(crate) mod links;
pub(crate) mod products;
pub(crate) mod uci;

pub(crate) mod network;
pub(crate) mod stock;

pub(crate) mod cancellations;
pub(crate) mod plan;
pub(crate) mod summary;

pub(crate) mod calendar;
pub(crate) mod hash;
pub(crate) mod input;

pub(crate) mod commands;
pub(crate) mod corpus;
pub(crate) mod drive;
pub(crate) mod life;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod tally;

pub(crate) mod compare;
pub(crate) mod demo;
#[cfg(feature = "native")]
pub(crate) mod native;

#[cfg(test)]
mod tests;
