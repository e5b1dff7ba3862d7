//! The raw exports of ABI 1: memory that is lent, and a call.
//!
//! Law: the host writes only into what was lent, and reads only what was answered; both lie in
//! vectors that this module owns, so nothing here reads memory by address.

use crate::door::{Door, Plugin};

/// A door, and the memory that crosses it.
#[derive(Debug, Default)]
pub struct Mailbox<P> {
    door: Door<P>,
    lent: Vec<u8>,
}

impl<P: Plugin> Mailbox<P> {
    /// Lends a place for a call of `len` bytes; none (0) if there is no room for so many.
    pub fn lend(&mut self, len: u32) -> usize {
        let Ok(len) = usize::try_from(len) else { return 0 };
        self.lent.clear();
        if self.lent.try_reserve(len).is_err() {
            return 0;
        }
        self.lent.resize(len, 0);
        self.lent.as_mut_ptr().expose_provenance()
    }

    /// Answers the call that lies where it was lent: the answer's place and length.
    pub fn call(&mut self, at: usize, len: u32) -> (usize, usize) {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let known = at == self.lent.as_ptr().expose_provenance();
        // Anything but what was lent is no call: the door says so, in its own words.
        let call = if known { self.lent.get(..len).unwrap_or_default() } else { &[] };
        let answer = self.door.call(call);
        (answer.as_ptr().expose_provenance(), answer.len())
    }
}

/// Exports a [`Plugin`](crate::Plugin), named by its full path, under ABI 1 from a `cdylib` for
/// `wasm32-unknown-unknown`.
#[macro_export]
macro_rules! plugin {
    ($plugin:ty) => {
        mod earmark_abi_exports {
            #![expect(unsafe_code, reason = "an exported name is unsafe by its attribute alone")]

            std::thread_local! {
                static MAILBOX: core::cell::RefCell<$crate::Mailbox<$plugin>> =
                    core::cell::RefCell::new($crate::Mailbox::default());
            }

            // SAFETY: the names are those of the ABI; nothing else in a plugin has them.
            #[unsafe(no_mangle)]
            extern "C" fn earmark_abi_1() {}

            // SAFETY: as above.
            #[unsafe(no_mangle)]
            extern "C" fn earmark_lend(len: u32) -> u32 {
                MAILBOX.with_borrow_mut(|mailbox| u32::try_from(mailbox.lend(len)).unwrap_or(0))
            }

            // SAFETY: as above.
            #[unsafe(no_mangle)]
            extern "C" fn earmark_call(at: u32, len: u32) -> u64 {
                let at = usize::try_from(at).unwrap_or(0);
                let (at, len) = MAILBOX.with_borrow_mut(|mailbox| mailbox.call(at, len));
                let word = |n: usize| u64::try_from(n).unwrap_or(0) & 0xffff_ffff;
                (word(at) << 32) | word(len)
            }
        }
    };
}
