//! Turns: in which order the stock took what it was asked for.
//!
//! A client makes the ids of its orders, and with them a time; whoever says an early one is not to
//! be served before those who were there. So the turn of a reservation is the time that its order's
//! id says, but after every turn that was given for any of its items. What an order asks for while
//! it ties or waits for something keeps the turn of that.
//!
//! Law: of two reservations of one item the earlier turn is of the one that the stock took first,
//! whatever their ids say, unless the order of the later one was there before.

use super::event::InventoryEvent;
use super::ledger::{Inventory, Reservation, ReservationId};
use crate::demand::Portion;
use crate::ids::{ItemId, ReservationNumber};

/// A place in a queue: by turn, then by order and reservation.
pub(super) type Turn = (u64, ReservationId);

impl Inventory {
    /// The turn of a reservation that is open; of one that has ended, what its order's id says.
    pub(super) fn turn(&self, id: ReservationId) -> Turn {
        (self.reservation(id).map_or_else(|| made(id), |open| open.turn), id)
    }

    /// The turn that a reservation gets when it ties these items, or waits for them; from here on
    /// those who come later come after it.
    pub(super) fn take_turn(
        &mut self,
        id: ReservationId,
        items: impl Iterator<Item = ItemId> + Clone,
    ) -> u64 {
        let kept = self.kept(id, |_| true);
        let turn = kept.unwrap_or_else(|| self.after_all(id, items.clone()));
        for item in items {
            if let Some(item) = self.items.get_mut(item) {
                item.turn = item.turn.max(turn);
            }
        }
        turn
    }

    /// The turn that a reservation is to get by the events that make it.
    pub(super) fn turn_by(&self, id: ReservationId, events: &[InventoryEvent]) -> Turn {
        let freed = |portion: &Portion| {
            let of = events.iter().filter_map(|event| match event {
                InventoryEvent::Released(e) if e.order == id.order => Some(&e.portions),
                _ => None,
            });
            let same = |p: &&Portion| Portion { quantity: portion.quantity, ..**p } == *portion;
            let units = of.flatten().filter(same).map(|p| p.quantity);
            units.fold(0, u32::saturating_add) >= portion.quantity
        };
        let stays = |open: &Reservation| open.waiting.is_some() || !open.portions.iter().all(freed);
        let items = events.iter().flat_map(|event| {
            let is_it = |order, number| ReservationId { order, number } == id;
            let (awaited, tied) = match event {
                InventoryEvent::Backordered(e) if is_it(e.order, e.reservation) => {
                    (&e.units[..], &[][..])
                }
                InventoryEvent::Tied(e) if is_it(e.order, e.reservation) => {
                    (&[][..], &e.portions[..])
                }
                _ => (&[][..], &[][..]),
            };
            awaited.iter().map(|u| u.item).chain(tied.iter().map(|p| p.item))
        });
        (self.kept(id, stays).unwrap_or_else(|| self.after_all(id, items)), id)
    }

    /// The turn that the order has already, by another reservation that is open.
    fn kept(&self, id: ReservationId, stays: impl Fn(&Reservation) -> bool) -> Option<u64> {
        if id.number <= ReservationNumber(1) {
            return None;
        }
        let of = |number| ReservationId { number: ReservationNumber(number), ..id };
        let others = self.reservations.range(of(0)..=of(u16::MAX));
        others.filter(|(other, open)| **other != id && stays(open)).map(|(_, o)| o.turn).min()
    }

    /// The time that the order's id says, after every turn that these items have given.
    fn after_all(&self, id: ReservationId, items: impl Iterator<Item = ItemId>) -> u64 {
        let given = items.filter_map(|item| self.items.get(item)).map(|item| item.turn);
        given.fold(made(id), |turn, given| turn.max(given.saturating_add(1)))
    }
}

fn made(id: ReservationId) -> u64 {
    id.order.timestamp().as_millis()
}
