//! Choosing facilities.
