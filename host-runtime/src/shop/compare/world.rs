//! One topology under the workload and its faults, step by step.
//!
//! Law: what happens in a step depends on the workload, the seed and the step alone; the clocks of
//! the journals are logical, so a run is the same each time.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use earmark::flow::{Answered, Command, OrderQuery, Query, Topology};
use earmark::ids::OrderId;
use earmark::order::{OrderCommand, PlaceOrder};
use earmark::schema;
use earmark_host::partition::Origin;
use earmark_host::plugin::Bodies;

use super::faults::{Faults, Trouble};
use super::place::{Place, staff};
use super::told::Told;
use super::wires::{Wire, wires};
use super::workload::{Wave, Workload};
use crate::shop::tally::Tally;

/// Milliseconds of a step.
const STEP: u64 = 1_000;
/// Steps in which a wave must have come to rest after its last order.
const REST: usize = 10_000;
/// Customers, as a source of commands.
const CUSTOMERS: &str = "customers";

/// What went wrong, and what came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hits {
    /// Events brought to another partition and carried out there.
    pub(super) heard: usize,
    /// Those that came again, and commands that did: nothing was carried out twice.
    pub(super) again: usize,
    /// Those that the other partition refused.
    pub(super) refused: usize,
    pub(super) restarts: usize,
    pub(super) crashes: usize,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) topology: Topology,
    pub(super) told: Told,
    pub(super) hits: Hits,
    pub(super) steps: usize,
    /// Units that are tied at last, and units tied that are not there, by the ledger.
    pub(super) tied: i128,
    pub(super) oversold: i128,
    /// Laws that do not hold.
    pub(super) broken: Vec<String>,
}

struct World<'a> {
    topology: Topology,
    places: Vec<Place>,
    wires: Vec<Wire>,
    workload: &'a Workload,
    /// For how many steps nothing more is brought to a place.
    rests: [usize; 2],
    step: usize,
    /// Commands that customers have given.
    given: u64,
    /// Events of the order service that were looked at.
    looked: u64,
    told: Told,
    hits: Hits,
}

/// Runs the workload over a topology.
pub(super) fn run(
    bodies: &Arc<dyn Bodies>,
    topology: Topology,
    workload: &Workload,
    (seed, faults): (u64, Faults),
    dir: Option<&Path>,
) -> Result<Run> {
    let mut world = World::open(bodies, topology, workload, dir)?;
    for (nth, wave) in workload.waves.iter().enumerate() {
        world.wave(nth, wave, (seed, faults))?;
    }
    world.end()
}

impl<'a> World<'a> {
    fn open(
        bodies: &Arc<dyn Bodies>,
        topology: Topology,
        workload: &'a Workload,
        dir: Option<&Path>,
    ) -> Result<Self> {
        let mut names: Vec<(&str, Vec<&str>)> =
            topology.partitions().iter().map(|p| (p.name, p.roles.names())).collect();
        if topology.answered() == Answered::Posted {
            // The topic of a broker, to which orders are announced before anybody records them.
            names.push(("announcements", vec!["order"]));
        }
        let place = |(name, roles): (&str, Vec<&str>)| {
            let dir = dir.map(|dir| dir.join(topology.name()).join(name));
            let roles = roles.into_iter().map(String::from).collect();
            Place::new(bodies, roles, dir)
        };
        let places = names.into_iter().map(place).collect::<Result<Vec<_>>>()?;
        let wires = wires(topology, &places)?;
        let (told, hits) = (Told::default(), Hits::default());
        let (rests, step, given, looked) = ([0; 2], 0, 0, 0);
        let mut world =
            Self { topology, places, wires, workload, rests, step, given, looked, told, hits };
        for place in &world.places {
            world.must(place, &workload.policy)?;
        }
        let stock = world.with("inventory")?;
        for command in &workload.opening {
            world.must(stock, command)?;
        }
        while !world.is_idle()? {
            world.carry(&Faults::NONE.at(0, 0, 0))?;
        }
        Ok(world)
    }

    /// Gives a command that nobody refuses.
    fn must(&self, place: &Place, command: &Command) -> Result<()> {
        let (_, became) = place.give(self.now(), command, None)?;
        if let Err(code) = became {
            bail!("the shop could not be opened: {code}: {command:?}");
        }
        Ok(())
    }

    fn now(&self) -> u64 {
        self.workload.begins.saturating_add(STEP.saturating_mul(self.step as u64))
    }

    /// The place that has a role.
    fn with(&self, role: &str) -> Result<&Place> {
        let mut partitions = self.topology.partitions().iter();
        let place = partitions.position(|partition| partition.roles.has(role));
        place.and_then(|at| self.places.get(at)).context("a role is in no partition")
    }

    /// One order a step, until all came to rest; then some are cancelled.
    fn wave(&mut self, nth: usize, wave: &Wave, (seed, faults): (u64, Faults)) -> Result<()> {
        let mut orders = wave.orders.iter();
        let mut cancelled = false;
        let most = wave.orders.len().saturating_add(REST);
        for step in 0..most {
            let trouble = faults.at(seed, nth, step);
            self.goes_wrong(&trouble)?;
            let order = orders.next();
            if let Some(order) = order {
                self.order(order, trouble.again > 0)?;
            }
            self.carry(&trouble)?;
            self.look()?;
            self.step += 1;
            if order.is_some() || !self.is_idle()? {
                continue;
            }
            if cancelled {
                return Ok(());
            }
            for order in &wave.cancelled {
                // Whoever was rejected has nothing to cancel.
                let _ = self.with("order")?.give(self.now(), &Wave::cancel(*order), None)?;
            }
            cancelled = true;
        }
        bail!("the topology {} does not come to rest", self.topology)
    }

    fn goes_wrong(&mut self, trouble: &Trouble) -> Result<()> {
        if trouble.restart {
            self.wires.iter_mut().for_each(Wire::cut);
            self.hits.restarts += usize::from(!self.wires.is_empty());
        }
        if let Some(which) = trouble.crash {
            // A partition takes with it what holds it.
            self.wires.iter_mut().for_each(Wire::cut);
            let count = self.places.len();
            let place = self.places.get_mut(which % count).context("a place")?;
            place.reopen()?;
            self.hits.crashes += 1;
        }
        Ok(())
    }

    /// A customer orders; twice, if no answer came to him.
    fn order(&mut self, place: &PlaceOrder, twice: bool) -> Result<()> {
        let order = place.order;
        let command = Command::Order(OrderCommand::Place(place.clone()));
        self.told.orders(order, self.step);
        self.given += 1;
        let posted = self.topology.answered() == Answered::Posted;
        let to = if posted { self.places.last().context("a topic")? } else { self.with("order")? };
        let origin = || Some(Origin { source: CUSTOMERS.into(), sequence: self.given });
        let (_, became) = to.give(self.now(), &command, origin())?;
        if let Err(code) = became {
            bail!("an order of the workload is refused: {code}: {place:?}");
        }
        if twice {
            let (receipt, _) = to.give(self.now(), &command, origin())?;
            self.hits.again += usize::from(receipt.again);
        }
        if posted {
            self.told.answer(order, true, self.step);
        }
        Ok(())
    }

    fn carry(&mut self, trouble: &Trouble) -> Result<()> {
        let now = self.now();
        for wire in &mut self.wires {
            if self.rests.get(wire.to).is_some_and(|rest| *rest > 0) {
                continue;
            }
            let carried = wire.carry(&self.places, now, trouble.again)?;
            self.hits.heard += carried.heard;
            self.hits.again += carried.again;
            self.hits.refused += carried.refused;
        }
        for (rest, next) in self.rests.iter_mut().zip(trouble.rests) {
            *rest = if *rest > 0 { *rest - 1 } else { next };
        }
        Ok(())
    }

    /// What the order service did; and whether it knows those who were answered.
    fn look(&mut self) -> Result<()> {
        let orders = self.with("order")?.partition()?;
        let (answered, step) = (self.topology.answered(), self.step);
        let mut feed = orders.feed(self.looked.saturating_add(1))?;
        let mut events = Vec::new();
        loop {
            let more = feed.more()?;
            if more.is_empty() {
                break;
            }
            events.extend(more);
        }
        for event in events {
            self.looked = event.sequence;
            let event = schema::decode_event(event.kind, &event.body)?;
            self.told.happened(&event, answered, step);
        }
        for order in self.told.fresh() {
            if !self.is_known(order)? {
                self.told.unknown(order);
            }
        }
        Ok(())
    }

    fn is_known(&self, order: OrderId) -> Result<bool> {
        let query = schema::encode_query(&Query::Order(OrderQuery { order }), Vec::new())?;
        let (kind, bytes) = query.context("the query has no kind on the wire")?;
        let partition = self.with("order")?.partition()?;
        Ok(partition.query(&staff(), kind, &bytes)?.answer.is_ok())
    }

    fn is_idle(&self) -> Result<bool> {
        for wire in &self.wires {
            if !wire.is_idle(&self.places)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn end(self) -> Result<Run> {
        let mut broken = Vec::new();
        for place in &self.places {
            let audited = place.partition()?.audit()?;
            broken.extend(audited.broken.into_iter().map(|b| format!("{}: {}", b.law, b.found)));
        }
        if !self.told.all_ended() {
            broken.push("an order has no answer, or no end".to_string());
        }
        let ledger = Tally::of(self.with("inventory")?.partition()?.reader()?.as_mut())?;
        let units = ledger.units.values();
        let tied = units.clone().map(|item| item.open()).sum();
        let oversold = units.map(|item| (item.open() - item.on_hand()).max(0)).sum();
        let Self { topology, told, hits, step: steps, .. } = self;
        Ok(Run { topology, told, hits, steps, tied, oversold, broken })
    }
}
