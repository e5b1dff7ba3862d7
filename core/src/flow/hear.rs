//! Hearing: an event of a role that another partition has, and what it leads to here.
//!
//! Law: what is heard is carried out as a whole or refused as a whole. That it is heard once and in
//! order is not seen to here: a courier numbers what it brings, and the host's inbox leaves out
//! what comes twice; unnumbered, it is carried out twice.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::route::route;
use super::settle::{Broken, Settled};
use super::shop::{Event, Refusal, Shop};
use crate::decide::{Context, Principal};

/// An event that happened in another partition, brought by a courier.
///
/// On the wire it is the event's kind and bytes, as the journal of the other partition has them: an
/// event of an older version is read as ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hear {
    /// What happened.
    pub event: Box<Event>,
}

impl Shop {
    /// Carries out what an event of another partition asks of the roles of this one.
    pub(super) fn hear(&mut self, event: &Event, context: &Context) -> Result<Settled, Broken> {
        if matches!(context.by, Principal::Customer(_)) {
            return Ok(Err(Refusal::NotACourier));
        }
        if let Some(role) = self.local_role(event) {
            return Ok(Err(Refusal::HappenedHere { role: role.to_string() }));
        }
        let mut asked = VecDeque::new();
        route(event, |command| asked.push_back(command));
        asked.retain(|command| self.is_local(command));
        let within = Context { at: context.at, by: Principal::System };
        let Some(first) = asked.pop_front() else { return Ok(Ok(Vec::new())) };
        // Whatever might be refused is asked before anything has changed.
        for command in &asked {
            if let Err(refusal) = self.decide(command, &within) {
                return Ok(Err(refusal));
            }
        }
        let mut events = match self.decide(&first, &within) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut commands = VecDeque::new();
        self.fold(&events, &mut commands)?;
        commands.extend(asked);
        self.carry_out(commands, &mut events, &within)?;
        Ok(Ok(events))
    }
}
