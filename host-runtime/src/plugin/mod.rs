//! Plugins: modules in WebAssembly behind ABI 1, run with limits.
//!
//! Law: a plugin can neither reach out (it has no imports) nor take more than its limits give it;
//! whatever it does instead is a [`Fault`] with a name.

mod budget;
mod cache;
mod engine;
mod file;
mod instance;

use std::sync::Arc;
use std::time::Duration;

use earmark_abi::Description;

pub use cache::{CacheError, CodeCache};
pub use file::{LoadError, PluginFile};
pub use instance::Instance;

/// What a plugin may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of its module file.
    pub module_bytes: usize,
    /// Bytes of its memory.
    pub memory_bytes: usize,
    /// Bytes of its stack.
    pub stack_bytes: usize,
    /// Bytes of one answer.
    pub answer_bytes: usize,
    /// Time for one call on the fast engine that somebody waits for: a turn, a question, a
    /// translation. A trip is no verdict on an input: the suspect runs again on fuel.
    pub deadline: Duration,
    /// Fuel for one input on the metered engine, in wasmtime's units (about one per instruction):
    /// the verdict.
    pub fuel: u64,
    /// Time for one call on the fast engine that goes over the whole state: restoring, applying
    /// events, auditing, a snapshot, a digest. It grows with the state; a trip means that the state
    /// can't be had.
    pub recovery_deadline: Duration,
    /// Fuel for one such call on the metered engine.
    pub recovery_fuel: u64,
}

impl Default for Limits {
    /// 1 GiB of memory for the state of a large shop; 2 s for a turn of thousands of inputs; and
    /// for one input 2 billion units of fuel: far above an ordinary command, and ended in seconds.
    /// 10 minutes, or 600 billion units, for what goes over the whole state. A starting point; set
    /// your own where states or commands are larger.
    fn default() -> Self {
        Self {
            module_bytes: 16 << 20,
            memory_bytes: 1 << 30,
            stack_bytes: 1 << 20,
            answer_bytes: 256 << 20,
            deadline: Duration::from_secs(2),
            fuel: 2_000_000_000,
            recovery_deadline: Duration::from_secs(600),
            recovery_fuel: 600_000_000_000,
        }
    }
}

/// Something that answers calls of ABI 1: a plugin's instance, or the native body.
pub trait Body: Send {
    /// Answers a call; the answer is there until the next one.
    ///
    /// # Errors
    /// [`Fault`]: the body is of no use any more.
    fn call(&mut self, call: &[u8]) -> Result<&[u8], Fault>;

    /// As [`Body::call`], within what a call may take that somebody waits for, whatever its kind.
    ///
    /// # Errors
    /// As [`Body::call`].
    fn call_awaited(&mut self, call: &[u8]) -> Result<&[u8], Fault> {
        self.call(call)
    }

    /// Units of fuel that the last call took, if this body counts them.
    fn fuel_taken(&mut self) -> Option<u64> {
        None
    }
}

/// Something that makes bodies, all alike.
pub trait Bodies: Send + Sync {
    /// What they say of themselves.
    fn description(&self) -> &Arc<Description>;

    /// The digest of the code.
    fn digest(&self) -> [u8; 32];

    /// A new body without a state, on the fast engine.
    ///
    /// # Errors
    /// [`Fault`] if it can't even begin.
    fn fast(&self) -> Result<Box<dyn Body>, Fault>;

    /// A new body without a state, on the engine whose budget is deterministic.
    ///
    /// # Errors
    /// [`Fault`] if it can't even begin.
    fn metered(&self) -> Result<Box<dyn Body>, Fault>;
}

/// What a body did instead of answering.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It took longer than its deadline; that may be the machine's fault.
    #[error("it did not answer within {0:?}")]
    Deadline(Duration),
    /// It took more than its fuel.
    #[error("it took more than {0} units of fuel")]
    Fuel(u64),
    /// It wanted more memory than it may have.
    #[error("it wanted more than {0} bytes of memory")]
    Memory(usize),
    /// It ran into a trap.
    #[error("it trapped: {0}")]
    Trap(String),
    /// Its answer is longer than one may be.
    #[error("its answer has {given} bytes, more than the {allowed} one may have")]
    TooLarge {
        /// Its length.
        given: usize,
        /// What is allowed.
        allowed: usize,
    },
    /// Its answer is none.
    #[error("its answer is not one: {0}")]
    Answer(String),
    /// It was not asked: a question like this one made it fail a while ago.
    #[error(
        "a question like this one made it fail: it may be asked again in {} s",
        .0.as_secs().saturating_add(1)
    )]
    Barred(Duration),
    /// It made an event of a kind that it does not have.
    #[error("it made an event of the kind {0}, which it does not have")]
    EventUnknown(u16),
    /// It made an event that it does not take itself.
    #[error("it does not take the events that it made: {0}")]
    EventRefused(String),
    /// Its state does not hold any more, by its own word.
    #[error("its state does not hold any more: {0}")]
    Broken(String),
}
