//! What is done about dead letters: look at them, try one again, give one up.
//!
//! Law: whoever acts on a letter acts on what is durable, one after the other; a letter that is
//! settled stays so.

use std::sync::mpsc::channel;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::body::{Dropped, Entry};
use super::dead_letters::{Asked, DeadLetter, DeadLetters, asked, retry_of};
use super::leader::{Work, clock};
use super::submission::{Caller, NotAccepted, Receipt, Reply, Submission};
use super::turn::principal;
use super::{Partition, Standing};
use crate::journal::JournalError;

/// Bytes of a reason for giving a letter up.
const WHY_BYTES: usize = 1_000;

/// Why nothing was done about a dead letter.
#[derive(Debug, thiserror::Error)]
pub enum NotRedriven {
    /// There is no such letter.
    #[error("input {0} is no dead letter of this journal")]
    Unknown(u64),
    /// It is settled already.
    #[error("the dead letter {} is settled: {}", .0.input, told(&.0.standing))]
    Settled(Box<DeadLetter>),
    /// There is no reason, or it is too long.
    #[error("say why, in 1 to {WHY_BYTES} bytes")]
    Why,
    /// The journal can't be read.
    #[error("the journal can't be read")]
    Journal(#[from] JournalError),
    /// The plugin could not answer it this time either, or nothing is accepted.
    #[error(transparent)]
    NotAccepted(#[from] NotAccepted),
}

fn told(standing: &Standing) -> String {
    match standing {
        Standing::Open => "it is open".to_string(),
        Standing::Answered { input, .. } => format!("it was answered as input {input}"),
        Standing::Dropped { by, .. } => format!("`{by}` gave it up"),
    }
}

impl Partition {
    /// Looks at the dead letters of all that is durable. The first time reads the whole journal.
    ///
    /// # Errors
    /// The journal can't be read.
    pub fn dead_letters<T>(&self, look: impl FnOnce(&DeadLetters) -> T) -> Result<T, JournalError> {
        Ok(look(&*self.letters()?))
    }

    /// What was asked by an input that is a dead letter.
    ///
    /// # Errors
    /// [`NotRedriven::Unknown`] or [`NotRedriven::Journal`].
    pub fn dead_letter(&self, input: u64) -> Result<(DeadLetter, Asked), NotRedriven> {
        let letter = self.letters()?.get(input).cloned();
        let letter = letter.ok_or(NotRedriven::Unknown(input))?;
        let asked = asked(self.reader()?.as_mut(), input)?;
        Ok((letter, asked.ok_or(NotRedriven::Unknown(input))?))
    }

    /// Tries a dead letter again: the same command of the same caller, as an input of its own at
    /// the moment of now. Waits until it is durable.
    ///
    /// # Errors
    /// [`NotRedriven`]; [`NotAccepted::Dead`] if the plugin could not answer it this time either.
    pub fn retry_dead_letter(&self, input: u64) -> Result<Receipt, NotRedriven> {
        let letters = self.letters()?;
        let letter = open(&letters, input)?;
        let Some(asked) = asked(self.reader()?.as_mut(), input)? else {
            return Err(NotRedriven::Unknown(input));
        };
        let (reply, told) = waiting();
        self.submit(Submission {
            kind: letter.kind,
            command: asked.command,
            by: Arc::new(asked.by),
            origin: Some(retry_of(letter)),
            trace: None,
            at: None,
            reply,
        })?;
        Ok(told.recv().unwrap_or(Err(NotAccepted::Closed))?)
    }

    /// Gives a dead letter up, and waits until that is durable.
    ///
    /// # Errors
    /// [`NotRedriven`].
    pub fn drop_dead_letter(
        &self,
        input: u64,
        by: &Caller,
        why: &str,
    ) -> Result<Receipt, NotRedriven> {
        let why = why.trim();
        if why.is_empty() || why.len() > WHY_BYTES {
            return Err(NotRedriven::Why);
        }
        let letters = self.letters()?;
        let letter = open(&letters, input)?.input;
        let dropped = Dropped { letter, recorded_at: clock(), by: principal(by), why };
        let body = Entry::Dropped(dropped).encode();
        let body = body.map_err(|error| NotAccepted::Plugin(error.to_string()))?;
        let (reply, told) = waiting();
        self.work.send(Work::Deed(body, reply)).map_err(|_| NotAccepted::Closed)?;
        Ok(told.recv().unwrap_or(Err(NotAccepted::Closed))?)
    }

    /// The list, read on to the journal's end. Whoever holds it is the only one to act.
    fn letters(&self) -> Result<MutexGuard<'_, DeadLetters>, JournalError> {
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.read_on(self.reader()?.as_mut(), &mut |_, _| {})?;
        Ok(letters)
    }
}

fn open(letters: &DeadLetters, input: u64) -> Result<&DeadLetter, NotRedriven> {
    let letter = letters.get(input).ok_or(NotRedriven::Unknown(input))?;
    if letter.is_open() { Ok(letter) } else { Err(NotRedriven::Settled(Box::new(letter.clone()))) }
}

fn waiting() -> (Reply, std::sync::mpsc::Receiver<Result<Receipt, NotAccepted>>) {
    let (tell, told) = channel();
    (Box::new(move |answer| drop(tell.send(answer))), told)
}
