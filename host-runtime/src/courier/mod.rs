//! Couriers: what carries one message to one endpoint.
//!
//! Law: a courier knows nothing of plugins, journals and partitions: it is given a message, and
//! says what became of it. Whether and when to try again is not its to decide.

pub mod client;
mod in_process;
mod mail;
mod template;
mod webhook;

use std::pin::Pin;
use std::time::Duration;

pub use in_process::InProcess;
pub use mail::{Mail, MailError, Mailbox, Security, Text};
pub use template::{Template, TemplateError};
pub use webhook::{Secret, SecretError, Webhook};

use axum::body::Bytes;

/// One message: an event, as it is told outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What names it everywhere: the same at each delivery, and of no other message.
    pub id: String,
    /// Its place among the events of its journal, from 1.
    pub sequence: u64,
    /// Its CloudEvents type.
    pub ce_type: String,
    /// What it is about.
    pub subject: String,
    /// Whose that is; empty if nobody's.
    pub owner: String,
    /// The CloudEvent, as one line of JSON.
    pub json: Bytes,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The endpoint has it.
    Delivered,
    /// Not now; perhaps later.
    Retry {
        /// How long to wait at least, if the endpoint said so.
        after: Option<Duration>,
        /// Why not.
        why: String,
    },
    /// This message never: trying again would change nothing.
    Refused {
        /// Why not.
        why: String,
    },
    /// The endpoint wants no messages any more.
    Gone {
        /// What it said.
        why: String,
    },
}

impl Told {
    /// Not now, and the endpoint said nothing of when.
    #[must_use]
    pub fn retry(why: impl Into<String>) -> Self {
        Self::Retry { after: None, why: why.into() }
    }
}

/// A delivery under way. Dropped, it is given up; the message may have arrived all the same.
pub type Delivery<'a> = Pin<Box<dyn Future<Output = Told> + Send + 'a>>;

/// What carries messages to one endpoint, in bounded time.
pub trait Courier: Send + Sync {
    /// Carries one message.
    fn deliver<'a>(&'a self, message: &'a Message) -> Delivery<'a>;
}
