//! Facilities and carriers: what they do with an order, and what goes wrong.
//!
//! Law: a facility works on what was released to it, and on nothing that a hold keeps back.

use anyhow::Result;
use earmark::flow::{Command, Event};
use earmark::ids::{FacilityId, OrderId, ShipmentNumber, Text};
use earmark::order::{
    DeliverShipment, LineRef, LineUnits, LoseShipment, Order, OrderCommand, OrderEvent, PackOrder,
    PickOrder, RejectFulfilment, ReleaseOrder, ReturnToSender, ShipOrder, Stage, Status,
    UnitsOfLine, VoidShipping,
};
use earmark::units::Quantity;

use super::desk::World;
use super::pay::NEVER_ARRIVED;
use super::queue::{Act, Ending, Job};
use super::rules::{self, Trouble};

impl World<'_> {
    /// Puts an order on the desk's list once nothing keeps it back.
    pub(super) fn list(&mut self, id: OrderId) {
        if self.order(id).is_some_and(can_be_released) && self.listed.insert(id) {
            self.queue.push(self.now + rules::RELEASE, Act::Release(id));
        }
    }

    pub(super) fn release(&mut self, id: OrderId) -> Result<()> {
        self.listed.remove(&id);
        if !self.order(id).is_some_and(can_be_released) {
            return Ok(());
        }
        let release = ReleaseOrder { order: id, facility: None };
        let events = self.issue(&Command::Order(OrderCommand::Release(release)))?;
        let released = events.iter().filter_map(|event| match event {
            Event::Order(OrderEvent::Released(released)) => Some(released.facility),
            _ => None,
        });
        for (place, facility) in (0..).zip(released) {
            let job = Job { order: id, facility, place };
            self.queue.push(self.now + rules::PICK, Act::Pick(job));
        }
        Ok(())
    }

    /// The first facility of an order may meet with what is to go wrong.
    pub(super) fn pick(&mut self, job: Job) -> Result<()> {
        let Job { order: id, facility, place } = job;
        let first = self.order(id).and_then(|order| in_stage(order, Stage::Released, facility));
        let Some(line) = first else { return Ok(()) };
        match self.meets(id, place == 0, &[Trouble::ShortPick, Trouble::Refused]) {
            Some(Trouble::Refused) => {
                let reason = Some(Text::new("no hands for it today")?);
                let reject = RejectFulfilment { order: id, facility, reason };
                self.issue(&Command::Order(OrderCommand::RejectFulfilment(reject)))?;
            }
            short => {
                let one = |quantity| vec![LineUnits { line: LineRef::Number(line), quantity }];
                let missing = short.and(Quantity::new(1)).map(one);
                let pick = PickOrder { order: id, facility, lines: None, missing };
                self.issue(&Command::Order(OrderCommand::Pick(pick)))?;
                self.queue.push(self.now + rules::PACK, Act::Pack(job));
            }
        }
        Ok(())
    }

    pub(super) fn pack(&mut self, job: Job) -> Result<()> {
        let Job { order, facility, place } = job;
        if self.order(order).and_then(|o| in_stage(o, Stage::Picked, facility)).is_some() {
            self.issue(&Command::Order(OrderCommand::Pack(PackOrder { order, facility })))?;
            let leaves = self.now + rules::LEAVE + place * rules::NEXT_PARCEL;
            self.queue.push(leaves, Act::Leave(job));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self, job: Job) -> Result<()> {
        let Job { order, facility, .. } = job;
        if self.order(order).and_then(|o| in_stage(o, Stage::Packed, facility)).is_none() {
            return Ok(());
        }
        let ship = ShipOrder { order, facility: Some(facility) };
        let events = self.issue(&Command::Order(OrderCommand::Ship(ship)))?;
        for event in events {
            if let Event::Order(OrderEvent::Shipped(shipped)) = event {
                self.carry(order, shipped.shipment);
            }
        }
        Ok(())
    }

    fn carry(&mut self, order: OrderId, shipment: ShipmentNumber) {
        let arrives = self.now + self.transit(order);
        let troubles = [Trouble::WrongLabel, Trouble::Lost, Trouble::NotTaken];
        let (at, ending) = match self.meets(order, shipment.0 == 1, &troubles) {
            Some(Trouble::WrongLabel) => (self.now + rules::WRONG_LABEL, Ending::Voided),
            Some(Trouble::Lost) => (arrives + rules::GIVEN_UP, Ending::Lost),
            Some(Trouble::NotTaken) => (arrives + rules::NOT_TAKEN, Ending::NotTaken),
            _ => (arrives, Ending::Delivered),
        };
        self.queue.push(at, Act::End(order, shipment, ending));
    }

    pub(super) fn end(
        &mut self,
        order: OrderId,
        shipment: ShipmentNumber,
        ending: Ending,
    ) -> Result<()> {
        let Some(known) = self.known.get(&order) else { return Ok(()) };
        let command = match ending {
            Ending::Delivered => {
                let shipment = Some(shipment);
                OrderCommand::Deliver(DeliverShipment { order, shipment })
            }
            Ending::Voided => OrderCommand::VoidShipping(VoidShipping { order, shipment }),
            Ending::Lost => OrderCommand::LoseShipment(LoseShipment { order, shipment }),
            Ending::NotTaken => {
                let putaway = rules::putaway(known.document);
                let back = ReturnToSender { order, shipment, facility: None, putaway };
                OrderCommand::ReturnToSender(back)
            }
        };
        self.issue(&Command::Order(command))?;
        if matches!(ending, Ending::Lost | Ending::NotTaken) {
            let units = self.order(order).map(|order| contents(order, shipment));
            self.pay_back(order, &units.unwrap_or_default(), NEVER_ARRIVED)?;
        }
        Ok(())
    }

    /// How long a parcel is on its way, there or back.
    pub(super) fn transit(&self, order: OrderId) -> u64 {
        match self.known.get(&order).is_some_and(|known| known.abroad) {
            true => self.options.international_transit,
            false => self.options.domestic_transit,
        }
    }

    /// What goes wrong here, if it is among these; it goes wrong once.
    fn meets(&mut self, order: OrderId, first: bool, of: &[Trouble]) -> Option<Trouble> {
        let known = self.known.get_mut(&order)?;
        let here = known.trouble.filter(|trouble| first && of.contains(trouble));
        here.inspect(|_| known.trouble = None)
    }
}

fn can_be_released(order: &Order) -> bool {
    let allocated = order.tied.iter().any(|tied| tied.stage == Stage::Allocated);
    order.status == Status::Confirmed && order.holds.is_empty() && allocated
}

/// The units of a parcel, by line.
fn contents(order: &Order, shipment: ShipmentNumber) -> Vec<UnitsOfLine> {
    let mut units: Vec<UnitsOfLine> = Vec::new();
    let parcel = order.shipments.iter().filter(|parcel| parcel.number == shipment);
    for portion in parcel.flat_map(|parcel| &parcel.portions) {
        match units.iter_mut().find(|units| units.line == portion.line) {
            Some(known) => known.quantity += portion.quantity,
            None => {
                let (line, quantity) = (portion.line, portion.quantity);
                units.push(UnitsOfLine { line, quantity });
            }
        }
    }
    units
}

/// The first line with units in a stage at a facility.
fn in_stage(order: &Order, stage: Stage, facility: FacilityId) -> Option<earmark::ids::LineNumber> {
    let there = |t: &&earmark::order::Tied| t.stage == stage && t.portion.facility == facility;
    order.tied.iter().filter(there).map(|t| t.portion.line).min()
}
