//! Which plugin decides: the one that was activated last, by an entry of the journal.
//!
//! Law: a journal has one plugin in force at any place. Another one decides nothing before an
//! activation says so, and that is one record: it is there, or it is not.

use earmark_abi::Principal;

use super::body::{Activation, Entry};
use super::dead_letters::damaged;
use super::leader::clock;
use super::submission::Caller;
use crate::chaos::{Place, reach};
use crate::journal::{Head, Journal, JournalError, JournalReader, Record};
use crate::plugin::Bodies;

/// The digest of the plugin in force at the journal's end; none if nobody has decided yet.
///
/// # Errors
/// [`JournalError`].
pub fn in_force(reader: &mut dyn JournalReader) -> Result<Option<[u8; 32]>, JournalError> {
    let mut at = reader.head()?.next_input.saturating_sub(1);
    while at > reader.base().anchor().inputs {
        let found = reader.read(at, 1)?;
        let Some(sealed) = found.first() else { return Ok(None) };
        let entry = Entry::decode(&sealed.record.body);
        match entry.map_err(|error| damaged(sealed, error.to_string()))? {
            Entry::Turn(turn) => return Ok(Some(turn.plugin)),
            Entry::Activation(activation) => return Ok(Some(activation.to)),
            // Whoever wrote it, no plugin did.
            Entry::Dropped(_) => at = sealed.record.first_input.saturating_sub(1),
        }
    }
    Ok(reader.base_state()?.map(|base| base.head.plugin))
}

/// The plugin that was in force before the last activation, if there was one behind the base.
///
/// # Errors
/// [`JournalError`].
pub fn before_the_last(reader: &mut dyn JournalReader) -> Result<Option<[u8; 32]>, JournalError> {
    let (mut at, mut before) = (reader.base().next_input, None);
    let end = reader.head()?.next_input;
    while at < end {
        let records = reader.read(at, usize::MAX)?;
        for sealed in &records {
            let entry = Entry::decode(&sealed.record.body);
            let entry = entry.map_err(|error| damaged(sealed, error.to_string()))?;
            if let Entry::Activation(activation) = entry {
                before = Some(activation.from);
            }
            at = sealed.record.next_input();
        }
        if records.is_empty() {
            break;
        }
    }
    Ok(before)
}

/// Puts another plugin in force, durably when this returns: one entry at the journal's end.
///
/// # Errors
/// [`JournalError`]; whether it is in force then is told by opening the journal anew.
pub fn activate(
    journal: &mut dyn Journal,
    from: [u8; 32],
    to: &dyn Bodies,
    by: &Caller,
    overridden: bool,
) -> Result<Head, JournalError> {
    let head = journal.head();
    let scopes = by.scopes.iter().map(String::as_str).collect();
    let entry = Entry::Activation(Activation {
        from,
        to: to.digest(),
        schema: to.description().schema_version,
        recorded_at: clock(),
        by: Principal { subject: &by.subject, scopes },
        overridden,
    });
    let body = entry.encode().map_err(|error| JournalError::Storage {
        doing: "write the activation down",
        source: error.to_string().into(),
    })?;
    let (first_input, first_event, chain) = (head.next_input, head.next_event, head.chain);
    let record = Record { first_input, inputs: 1, first_event, events: 0, chain, body };
    reach(Place::ActivationBegun);
    let activated = journal.append(&record);
    reach(Place::ActivationWritten);
    activated
}
