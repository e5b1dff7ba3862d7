//! What one call may take of time and of fuel, by the kind of call.
//!
//! Law: a call somebody waits for has the narrow budget; one that goes over the whole state has the
//! wide one, so that a large state on a slow machine is no fault.

use std::time::Duration;

use earmark_abi::CallKind;

use super::Limits;

/// What one call may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// Time, on the fast engine.
    pub(super) deadline: Duration,
    /// Fuel, on the metered engine.
    pub(super) fuel: u64,
}

impl Budget {
    /// The budget of an encoded call.
    pub(super) fn of(call: &[u8], limits: &Limits) -> Self {
        match CallKind::of(call) {
            Some(
                CallKind::Configure
                | CallKind::Restore
                | CallKind::Apply
                | CallKind::Audit
                | CallKind::Snapshot
                | CallKind::Digest,
            ) => Self { deadline: limits.recovery_deadline, fuel: limits.recovery_fuel },
            Some(
                CallKind::Describe
                | CallKind::Turn
                | CallKind::Query
                | CallKind::Slice
                | CallKind::FromJson
                | CallKind::ToJson,
            )
            | None => Self::narrow(limits),
        }
    }

    /// The budget of a call that somebody waits for, and of starting an instance.
    pub(super) fn narrow(limits: &Limits) -> Self {
        Self { deadline: limits.deadline, fuel: limits.fuel }
    }
}
