//! What a command to the inventory role causes.
//!
//! Law: the plan that was checked is the plan that is booked, in one decision; releasing never
//! fails.

use alloc::vec;
use alloc::vec::Vec;

use super::command::{
    Allocate, DefineFacility, DefineItem, InventoryCommand, ReceiveStock, Release, Reserve,
    Restock, ShipStock,
};
use super::event::{
    FacilityDefined, InventoryAllocated, InventoryEvent, InventoryExpired, InventoryRejected,
    InventoryReleased, InventoryTied, ItemDefined, StockReceived, StockRestocked, StockShipped,
};
use super::ledger::{Inventory, Item, ReservationId};
use super::network::{Facility, Gateway};
use super::plan::{Ask, Unplanned};
use super::refusal::InventoryRefusal;
use super::{adjust, evolve, undo};
use crate::decide::{Context, CorruptHistory, Decide};
use crate::demand::{Hold, Portion};
use crate::ids::{FacilityId, FacilityRef, ItemName, ItemRef, OrderId};
use crate::limits::{DUE_PER_TICK, FACILITIES, GATEWAYS_PER_FACILITY, ITEMS, UNITS_PER_SHELF};
use crate::time::Timestamp;

type Decision = Result<Vec<InventoryEvent>, InventoryRefusal>;

impl Decide for Inventory {
    type Command = InventoryCommand;
    type Event = InventoryEvent;
    type Refusal = InventoryRefusal;

    fn decide(&self, command: &InventoryCommand, context: &Context) -> Decision {
        match command {
            InventoryCommand::DefineItem(c) => self.define_item(c),
            InventoryCommand::DefineFacility(c) => self.define_facility(c),
            InventoryCommand::Receive(c) => self.receive(c),
            InventoryCommand::Adjust(c) => adjust::adjust(self, c),
            InventoryCommand::Reserve(c) => Ok(self.reserve(c, context.at)),
            InventoryCommand::Allocate(c) => Ok(self.allocate(c)),
            InventoryCommand::Release(c) => Ok(self.release(c)),
            InventoryCommand::Ship(c) => self.ship(c),
            InventoryCommand::Restock(c) => self.restock(c),
            InventoryCommand::SetFacilityRules(c) => self.set_facility_rules(c),
            InventoryCommand::SetItemRules(c) => self.set_item_rules(c),
            InventoryCommand::SetUnitPrices(c) => self.set_unit_prices(c),
            InventoryCommand::Unship(c) => undo::unship(self, c),
            InventoryCommand::Miss(c) => Ok(undo::miss(self, c)),
            InventoryCommand::Tick => Ok(self.tick(context.at)),
        }
    }

    fn evolve(&mut self, event: &InventoryEvent) -> Result<(), CorruptHistory> {
        evolve::evolve(self, event)
    }
}

impl Inventory {
    fn define_item(&self, command: &DefineItem) -> Decision {
        let DefineItem { sku, name, unit_price } = command;
        if let Some((_, known)) = self.item(&ItemRef::Sku(sku.clone())) {
            let Item { name: known_name, unit_price: known_price, .. } = known;
            if (known_name, known_price) == (name, unit_price) {
                return Ok(vec![]);
            }
            return Err(InventoryRefusal::DefinedDifferently { name: sku.clone() });
        }
        let too_many = || InventoryRefusal::TooManyDefined { allowed: bound(ITEMS) };
        let free = self.items.next_id().filter(|id| id.0 < bound(ITEMS));
        let id = free.ok_or_else(too_many)?;
        let (sku, name, unit_price) = (sku.clone(), name.clone(), *unit_price);
        Ok(vec![InventoryEvent::ItemDefined(ItemDefined { id, sku, name, unit_price })])
    }

    fn define_facility(&self, command: &DefineFacility) -> Decision {
        if let Some((_, known)) = self.facility(&FacilityRef::Code(command.code.clone())) {
            let name = command.code.clone();
            let same = is_same(command, known);
            return if same {
                Ok(vec![])
            } else {
                Err(InventoryRefusal::DefinedDifferently { name })
            };
        }
        let mut places = command.gateways.iter().map(|g| g.location).chain([command.location]);
        if !places.all(|place| place.is_valid()) {
            return Err(InventoryRefusal::NoSuchPlace);
        }
        if command.gateways.len() > GATEWAYS_PER_FACILITY {
            let allowed = bound(GATEWAYS_PER_FACILITY);
            return Err(InventoryRefusal::TooManyDefined { allowed });
        }
        let too_many = || InventoryRefusal::TooManyDefined { allowed: bound(FACILITIES) };
        let count = self.facilities.len();
        let free = u16::try_from(count).ok().filter(|_| count < FACILITIES);
        Ok(vec![InventoryEvent::FacilityDefined(FacilityDefined {
            id: FacilityId(free.ok_or_else(too_many)?),
            code: command.code.clone(),
            name: command.name.clone(),
            country: command.country,
            location: command.location,
            gateways: command.gateways.clone(),
        })])
    }

    fn receive(&self, command: &ReceiveStock) -> Decision {
        let (item, facility) = self.resolve(&command.item, &command.facility)?;
        let tier = command.tier;
        let shelf = self.items.get(item.id).and_then(|i| i.shelf(facility, tier));
        let room = UNITS_PER_SHELF.saturating_sub(shelf.map_or(0, |s| s.on_hand));
        let quantity = command.quantity.get();
        if quantity > room {
            return Err(InventoryRefusal::TooMuchStock { room });
        }
        Ok(vec![InventoryEvent::Received(StockReceived { item, facility, tier, quantity })])
    }

    /// The item and facility a command names.
    pub(super) fn resolve(
        &self,
        item: &ItemRef,
        facility: &FacilityRef,
    ) -> Result<(ItemName, FacilityId), InventoryRefusal> {
        let unknown = || InventoryRefusal::UnknownItem { item: item.clone() };
        let (id, known) = self.item(item).ok_or_else(unknown)?;
        let unknown = || InventoryRefusal::UnknownFacility { facility: facility.clone() };
        let (place, _) = self.facility(facility).ok_or_else(unknown)?;
        Ok((ItemName { id, sku: known.sku.clone() }, place))
    }

    fn reserve(&self, command: &Reserve, at: Timestamp) -> Vec<InventoryEvent> {
        let (order, reservation) = (command.order, command.reservation);
        if self.reservation(ReservationId { order, number: reservation }).is_some() {
            return vec![];
        }
        let rejected = |shortfalls, too_many_parcels| {
            let lapsed = false;
            let rejected =
                InventoryRejected { order, reservation, shortfalls, too_many_parcels, lapsed };
            vec![InventoryEvent::Rejected(rejected)]
        };
        let Reserve { demands, destination, excluded, .. } = command;
        let ask = Ask { demands, destination, excluded, at: Some(at) };
        match self.plan(&ask, reservation) {
            Ok(plan) => {
                let parcels = plan.sourced.parcels.iter().map(|parcel| parcel.facility);
                let booked = self.book(order, parcels, at).map(InventoryEvent::ParcelsBooked);
                let tied = InventoryEvent::Tied(InventoryTied {
                    order,
                    reservation,
                    hold: command.hold,
                    portions: plan.portions,
                    items: plan.items,
                    sourced: plan.sourced,
                });
                core::iter::once(tied).chain(booked).collect()
            }
            Err(Unplanned::Short(shortfalls)) => rejected(shortfalls, None),
            Err(Unplanned::TooManyParcels { allowed }) => rejected(Vec::new(), Some(allowed)),
        }
    }

    /// Makes a soft reservation hard; one that has ended is a rejection, for the order to hear.
    fn allocate(&self, command: &Allocate) -> Vec<InventoryEvent> {
        let (order, reservation) = (command.order, command.reservation);
        match self.reservation(ReservationId { order, number: reservation }) {
            Some(open) if open.hold == Hold::Hard => vec![],
            Some(_) => {
                vec![InventoryEvent::Allocated(InventoryAllocated { order, reservation })]
            }
            None => vec![InventoryEvent::Rejected(InventoryRejected {
                order,
                reservation,
                shortfalls: Vec::new(),
                too_many_parcels: None,
                lapsed: true,
            })],
        }
    }

    fn release(&self, command: &Release) -> Vec<InventoryEvent> {
        let order = command.order;
        let portions = self.held(order, &command.portions);
        if portions.is_empty() {
            return vec![];
        }
        vec![InventoryEvent::Released(InventoryReleased { order, portions })]
    }

    /// As much of the portions as the order's reservations still tie.
    pub(super) fn held(&self, order: OrderId, portions: &[Portion]) -> Vec<Portion> {
        let held = |p: &Portion| {
            let reservation = self.reservation(ReservationId { order, number: p.reservation })?;
            let same = |held: &&Portion| Portion { quantity: p.quantity, ..**held } == *p;
            let held = reservation.portions.iter().find(same)?;
            Some(Portion { quantity: held.quantity.min(p.quantity), ..*p })
        };
        portions.iter().filter_map(held).collect()
    }

    fn ship(&self, command: &ShipStock) -> Decision {
        let (order, shipment) = (command.order, command.shipment);
        let tied = |p: &Portion| {
            let open = self.reservation(ReservationId { order, number: p.reservation });
            open.filter(|open| open.hold == Hold::Hard).is_some_and(|open| {
                let same = |held: &&Portion| Portion { quantity: p.quantity, ..**held } == *p;
                open.portions.iter().find(same).is_some_and(|held| held.quantity >= p.quantity)
            })
        };
        if !command.portions.iter().all(tied) {
            return Err(InventoryRefusal::NotTied);
        }
        let portions = command.portions.clone();
        Ok(vec![InventoryEvent::Shipped(StockShipped { order, shipment, portions })])
    }

    fn restock(&self, command: &Restock) -> Decision {
        self.has_room(&command.portions)?;
        Ok(vec![InventoryEvent::Restocked(StockRestocked {
            order: command.order,
            number: command.number,
            sellable: command.sellable,
            portions: command.portions.clone(),
        })])
    }

    /// Whether units can come on hand where the portions say.
    pub(super) fn has_room(&self, portions: &[Portion]) -> Result<(), InventoryRefusal> {
        for p in portions {
            let unknown = || InventoryRefusal::UnknownItem { item: ItemRef::Id(p.item) };
            let item = self.items.get(p.item).ok_or_else(unknown)?;
            let place = FacilityRef::Id(p.facility);
            if self.facility(&place).is_none() {
                return Err(InventoryRefusal::UnknownFacility { facility: place });
            }
            let on_hand = item.shelf(p.facility, p.tier).map_or(0, |s| s.on_hand);
            let room = UNITS_PER_SHELF.saturating_sub(on_hand);
            if p.quantity > room {
                return Err(InventoryRefusal::TooMuchStock { room });
            }
        }
        Ok(())
    }

    fn tick(&self, at: Timestamp) -> Vec<InventoryEvent> {
        let due = self.deadlines.iter().take_while(|(until, _)| *until <= at);
        let end = |&(_, ReservationId { order, number }): &(Timestamp, ReservationId)| {
            InventoryEvent::Expired(InventoryExpired { order, reservation: number })
        };
        due.take(DUE_PER_TICK).map(end).collect()
    }
}

fn is_same(command: &DefineFacility, known: &Facility) -> bool {
    let same = |(new, old): (&super::command::GatewaySpec, &Gateway)| {
        new.iata == old.iata && new.location == old.location
    };
    command.name == known.name
        && command.country == known.country
        && command.location == known.location
        && command.gateways.len() == known.gateways.len()
        && command.gateways.iter().zip(&known.gateways).all(same)
}

fn bound(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}
