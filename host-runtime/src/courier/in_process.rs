//! The courier within this process: a function that is called with each message.
//!
//! Law: what the function answers is what became of the message; one that panics delivered nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use super::{Courier, Delivery, Message, Told};

/// Calls a function, for programs that embed the host. The endpoint has a thread of its own, so
/// one that blocks holds up nobody else; but it can't be cut off when the relay ends.
pub struct InProcess<F>(F);

impl<F, W> InProcess<F>
where
    F: Fn(Message) -> W + Send + Sync,
    W: Future<Output = Told> + Send + 'static,
{
    /// Calls this.
    pub fn new(call: F) -> Self {
        Self(call)
    }
}

impl<F> std::fmt::Debug for InProcess<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InProcess")
    }
}

impl<F, W> Courier for InProcess<F>
where
    F: Fn(Message) -> W + Send + Sync,
    W: Future<Output = Told> + Send + 'static,
{
    fn deliver<'a>(&'a self, message: &'a Message) -> Delivery<'a> {
        let message = message.clone();
        Box::pin(async move {
            let panicked = |_| Told::retry("the function panicked");
            let called = catch_unwind(AssertUnwindSafe(|| Box::pin((self.0)(message))));
            let mut work = match called.map_err(panicked) {
                Ok(work) => work,
                Err(told) => return told,
            };
            std::future::poll_fn(move |context| {
                catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)))
                    .unwrap_or_else(|panic| Poll::Ready(panicked(panic)))
            })
            .await
        })
    }
}
