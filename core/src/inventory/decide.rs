//! What a command to the inventory role causes.
//!
//! Law: a decision changes nothing; each concept that is more than a few lines decides in a room of
//! its own.

use alloc::vec;
use alloc::vec::Vec;

use super::command::{
    DefineFacility, DefineItem, InventoryCommand, ReceiveStock, Restock, ShipStock,
};
use super::event::{
    FacilityDefined, InventoryEvent, ItemDefined, StockReceived, StockRestocked, StockShipped,
};
use super::ledger::{Inventory, Item, ReservationId};
use super::network::{Facility, Gateway};
use super::refusal::InventoryRefusal;
use super::{
    adjust, alerts, backorder, condition, count, evolve, expected, kits, reservations, safety,
    transfers, undo,
};
use crate::decide::{Context, CorruptHistory, Decide};
use crate::demand::{Hold, Portion};
use crate::ids::{FacilityId, FacilityRef, ItemName, ItemRef};
use crate::limits::{FACILITIES, GATEWAYS_PER_FACILITY, ITEMS};

/// What a command of this role causes, or why nothing happens.
pub(super) type Decision = Result<Vec<InventoryEvent>, InventoryRefusal>;

impl Decide for Inventory {
    type Command = InventoryCommand;
    type Event = InventoryEvent;
    type Refusal = InventoryRefusal;

    fn decide(&self, command: &InventoryCommand, context: &Context) -> Decision {
        let mut events = self.answer(command, context)?;
        backorder::append(self, &mut events, context.at);
        alerts::append(self, &mut events);
        Ok(events)
    }

    fn evolve(&mut self, event: &InventoryEvent) -> Result<(), CorruptHistory> {
        evolve::evolve(self, event)
    }
}

impl Inventory {
    fn answer(&self, command: &InventoryCommand, context: &Context) -> Decision {
        match command {
            InventoryCommand::DefineItem(c) => self.define_item(c),
            InventoryCommand::DefineFacility(c) => self.define_facility(c),
            InventoryCommand::Receive(c) => self.receive(c),
            InventoryCommand::Adjust(c) => adjust::adjust(self, c),
            InventoryCommand::Reserve(c) => Ok(reservations::reserve(self, c, None, context.at)),
            InventoryCommand::ReserveFrom(c) => {
                Ok(reservations::reserve(self, &c.reserve, Some(c.next), context.at))
            }
            InventoryCommand::Allocate(c) => Ok(reservations::allocate(self, c)),
            InventoryCommand::Release(c) => {
                Ok(reservations::release(self, c).into_iter().collect())
            }
            InventoryCommand::Ship(c) => self.ship(c),
            InventoryCommand::Restock(c) => self.restock(c),
            InventoryCommand::Tick => Ok(reservations::tick(self, context.at)),
            InventoryCommand::Move(c) => condition::move_stock(self, c),
            InventoryCommand::WriteOff(c) => condition::write_off(self, c),
            InventoryCommand::SetSafety(c) => safety::set_safety(self, c),
            InventoryCommand::Count(c) => count::count(self, c),
            InventoryCommand::SetLowStock(c) => alerts::set_low_stock(self, c),
            InventoryCommand::SendTransfer(c) => transfers::send(self, c),
            InventoryCommand::ReceiveTransfer(c) => transfers::receive(self, c),
            InventoryCommand::CancelTransfer(c) => transfers::cancel(self, c),
            InventoryCommand::Expect(c) => expected::expect(self, c),
            InventoryCommand::ReceiveExpected(c) => expected::receive(self, c),
            InventoryCommand::WithdrawExpected(c) => expected::withdraw(self, c),
            InventoryCommand::SetFacilityRules(c) => self.set_facility_rules(c),
            InventoryCommand::SetItemRules(c) => self.set_item_rules(c),
            InventoryCommand::SetUnitPrices(c) => self.set_unit_prices(c),
            InventoryCommand::Unship(c) => undo::unship(self, c),
            InventoryCommand::Miss(c) => Ok(undo::miss(self, c)),
            InventoryCommand::DefineKit(c) => kits::define_kit(self, c),
            InventoryCommand::Extend(c) => Ok(reservations::extend(self, c, context.at)),
            InventoryCommand::SetBackorderLimit(c) => backorder::set_limit(self, c),
            InventoryCommand::ReleaseAwaited(c) => Ok(backorder::release(self, c)),
            InventoryCommand::ResumeWaiting(c) => {
                Ok(backorder::resume(self, c).into_iter().collect())
            }
            // As behind every decision: the queues that are due.
            InventoryCommand::LookAtQueues => Ok(vec![]),
        }
    }

    fn define_item(&self, command: &DefineItem) -> Decision {
        let DefineItem { sku, name, unit_price } = command;
        if let Some((id, known)) = self.item(&ItemRef::Sku(sku.clone())) {
            let Item { name: known_name, unit_price: known_price, .. } = known;
            if (known_name, known_price) == (name, unit_price) && self.kit(id).is_none() {
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
        let quantity = command.quantity.get();
        self.shelf(item.id, facility, tier).has_room_for(quantity)?;
        Ok(vec![InventoryEvent::Received(StockReceived { item, facility, tier, quantity })])
    }

    /// The item and facility a command names, to do something with its stock.
    pub(super) fn resolve(
        &self,
        item: &ItemRef,
        facility: &FacilityRef,
    ) -> Result<(ItemName, FacilityId), InventoryRefusal> {
        let unknown = || InventoryRefusal::UnknownItem { item: item.clone() };
        let (id, known) = self.item(item).ok_or_else(unknown)?;
        self.stocked(id, known)?;
        let unknown = || InventoryRefusal::UnknownFacility { facility: facility.clone() };
        let (place, _) = self.facility(facility).ok_or_else(unknown)?;
        Ok((ItemName { id, sku: known.sku.clone() }, place))
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
            self.items.get(p.item).ok_or_else(unknown)?;
            let place = FacilityRef::Id(p.facility);
            if self.facility(&place).is_none() {
                return Err(InventoryRefusal::UnknownFacility { facility: place });
            }
            self.shelf(p.item, p.facility, p.tier).has_room_for(p.quantity)?;
        }
        Ok(())
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

/// A bound as a refusal tells it.
pub(super) fn bound(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}
