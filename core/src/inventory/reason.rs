//! Why stock is corrected: the reason codes that auditors and loss prevention count by.
//!
//! Law: a reason explains a correction and never changes what it does.

use serde::{Deserialize, Serialize};

/// Why the books of a shelf are corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum StockReason {
    /// A receipt was booked wrongly.
    Received,
    /// Units broke.
    Damaged,
    /// Units can't be found.
    Lost,
    /// Units were stolen.
    Stolen,
    /// Units were found.
    Found,
    /// Units were given away as samples.
    Sample,
    /// A routine count, and nobody knows more.
    Count,
    /// Units went out that nobody ordered.
    MisshipOut,
    /// Units came in that nobody sent.
    MisshipIn,
    /// Units are past their date.
    Expired,
    /// Another system says so.
    Integration,
}
