//! The decider: a state that decides what a command causes, and folds in what was caused; and who
//! asks: a customer sees and touches only his own orders.
//!
//! Law: both functions are deterministic; neither reads a clock, a random source or a global, and
//! whatever `decide` returns, `evolve` takes.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::Text;
use crate::time::Timestamp;

/// A role of the shop as a reducer. The value is the state: [`Default`] is the state before the
/// first event.
pub trait Decide: Default {
    /// What somebody wants; imperative, and may be refused.
    type Command;
    /// What happened; past tense, and never refused.
    type Event;
    /// Why nothing happened; heard by the caller only, and kept as the outcome.
    type Refusal;

    /// What the command causes now. An empty list means that it had already been carried out.
    ///
    /// # Errors
    /// The refusal that comes first in the order of the enum; nothing has changed then.
    fn decide(
        &self,
        command: &Self::Command,
        context: &Context,
    ) -> Result<Vec<Self::Event>, Self::Refusal>;

    /// Folds an event into the state.
    ///
    /// # Errors
    /// [`CorruptHistory`] if no `decide` wrote this history: the state is then of no use.
    fn evolve(&mut self, event: &Self::Event) -> Result<(), CorruptHistory>;
}

/// Who asks, and when: comes in with every command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The moment the host stamped on the input; never before that of an earlier input.
    pub at: Timestamp,
    /// Whoever asks.
    pub by: Principal,
}

/// Whoever asks for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Principal {
    /// The flow itself: what one role tells another, and ticks.
    System,
    /// Somebody who works for the shop, or a program of it; may act for any customer.
    Staff,
    /// A customer, who sees and touches nothing but his own orders.
    Customer(Text),
}

impl Principal {
    /// Whether an order of `owner` is his to see and change.
    #[must_use]
    pub fn may_touch(&self, owner: Option<&Text>) -> bool {
        match self {
            Self::System | Self::Staff => true,
            Self::Customer(subject) => owner == Some(subject),
        }
    }
}

/// A history that no `decide` wrote. The state that met it must be thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorruptHistory {
    /// What the event claims and the state denies.
    pub because: &'static str,
}

impl CorruptHistory {
    /// A history that contradicts the state in this way.
    #[must_use]
    pub const fn because(because: &'static str) -> Self {
        Self { because }
    }
}

impl fmt::Display for CorruptHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the history was not written by this core: {}", self.because)
    }
}

impl core::error::Error for CorruptHistory {}

/// The state after a history.
///
/// # Errors
/// [`CorruptHistory`] as [`Decide::evolve`].
pub fn replay<'a, D: Decide>(
    events: impl IntoIterator<Item = &'a D::Event>,
) -> Result<D, CorruptHistory>
where
    D::Event: 'a,
{
    let mut state = D::default();
    for event in events {
        state.evolve(event)?;
    }
    Ok(state)
}
