//! Losses that an order has not heard of: until it has, what it waits for is not filled.
//!
//! Law: a place of a reservation (line, item, shelf) from which units were stripped is not filled
//! before the order has said that it heard of it. Why: the order may be giving back the very units
//! by the name of their place, and the stock could not tell them from those that came instead.
//!
//! The order answers each loss of a reservation that it still waits for, whatever it ties by then;
//! one that it waits for no more it has given up, and then nothing is filled anyway. Losses of
//! reservations that do not wait need no answer, since their places are never filled again. `fill`
//! asks for it, in `Round::waiting` and `free_for`. What comes before the answer may go to others:
//! a shop does not stand still for one order's news.

use alloc::vec::Vec;

use super::super::event::{InventoryEvent, PromiseStripped};
use super::super::ledger::{Inventory, ReservationId};
use super::{ResumeWaiting, Waiting, WaitingResumed};
use crate::decide::CorruptHistory;
use crate::demand::Portion;
use crate::ids::{OrderId, ReservationNumber};

const NOT_HEARD: CorruptHistory = CorruptHistory::because("a loss is heard of that was not told");

/// The order has heard of a loss: what it waits for goes on.
pub(in crate::inventory) fn resume(
    inventory: &Inventory,
    command: &ResumeWaiting,
) -> Option<InventoryEvent> {
    let order = command.order;
    let unheard = |number: &ReservationNumber| inventory.has_unheard(order, *number);
    let reservations: Vec<_> = command.reservations.iter().copied().filter(unheard).collect();
    let is_any = !reservations.is_empty();
    is_any.then_some(InventoryEvent::WaitingResumed(WaitingResumed { order, reservations }))
}

pub(in crate::inventory) fn stripped(inventory: &mut Inventory, event: &PromiseStripped) {
    for number in reservations(&event.portions) {
        if let Some(waiting) = inventory.waiting_of(event.order, number) {
            waiting.unheard = waiting.unheard.saturating_add(1);
        }
    }
}

pub(in crate::inventory) fn resumed(
    inventory: &mut Inventory,
    event: &WaitingResumed,
) -> Result<(), CorruptHistory> {
    for &number in &event.reservations {
        let waiting = inventory.waiting_of(event.order, number).ok_or(NOT_HEARD)?;
        waiting.unheard = waiting.unheard.checked_sub(1).ok_or(NOT_HEARD)?;
    }
    Ok(())
}

/// The reservations that portions are of, each once.
pub(in crate::inventory) fn reservations(portions: &[Portion]) -> Vec<ReservationNumber> {
    let mut numbers: Vec<ReservationNumber> = portions.iter().map(|p| p.reservation).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

impl Inventory {
    fn has_unheard(&self, order: OrderId, number: ReservationNumber) -> bool {
        let open = self.reservation(ReservationId { order, number });
        open.and_then(|open| open.waiting.as_ref()).is_some_and(|waiting| waiting.unheard > 0)
    }

    fn waiting_of(&mut self, order: OrderId, number: ReservationNumber) -> Option<&mut Waiting> {
        self.reservations.get_mut(&ReservationId { order, number })?.waiting.as_deref_mut()
    }
}
