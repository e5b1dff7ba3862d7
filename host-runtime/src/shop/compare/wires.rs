//! What goes between the partitions of one topology: links, and what a service posts to itself.
//!
//! Law: a wire can break at any moment and loses nothing; it goes on where the partition it leads
//! to stands.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use earmark::flow::{Answered, Topology};
use earmark_host::partition::{Beside, Entry, Hearing, Link, Origin, Partition, source_of};

use super::place::Place;

/// Events that a wire carries in one step at the most.
const EVENTS: usize = 256;
/// The event that announces an order.
const PLACED: &str = "OrderPlaced";

/// From one place to another.
pub(super) struct Wire {
    pub(super) from: usize,
    pub(super) to: usize,
    carries: Carries,
}

enum Carries {
    /// Events, by a link.
    Events { hearing: Hearing, link: Option<Box<Link<Beside>>> },
    /// Announcements: the commands that made them are carried out by the service that made them.
    Announced { after: u64 },
}

/// What a wire carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) heard: usize,
    pub(super) again: usize,
    pub(super) refused: usize,
}

/// The wires of a topology, in the order in which they carry: a service reads what it has announced
/// before what others say of it.
pub(super) fn wires(topology: Topology, places: &[Place]) -> Result<Vec<Wire>> {
    if places.len() < 2 {
        return Ok(Vec::new());
    }
    let hearing = |to: usize| -> Result<Hearing> {
        let partition = places.get(to).context("a place")?.partition()?;
        let says = partition.description();
        let hearing = Hearing::of(says, &partition.header().roles);
        hearing.context("the plugin does not say what its roles hear: build it anew")
    };
    let events =
        |from, to, hearing| Wire { from, to, carries: Carries::Events { hearing, link: None } };
    let says = Arc::clone(places.first().context("a place")?.partition()?.description());
    let (orders, stock, topic) = (0, 1, 2);
    Ok(match topology.answered() {
        Answered::Posted => vec![
            Wire { from: topic, to: orders, carries: Carries::Announced { after: 0 } },
            events(topic, stock, hearing(stock)?.only(&says, |name| name == PLACED)),
            // What was announced before it was recorded is not announced again.
            events(orders, stock, hearing(stock)?.only(&says, |name| name != PLACED)),
            events(stock, orders, hearing(orders)?),
        ],
        Answered::Settled | Answered::Placed => {
            vec![events(orders, stock, hearing(stock)?), events(stock, orders, hearing(orders)?)]
        }
    })
}

impl Wire {
    /// Breaks: what it knew is gone.
    pub(super) fn cut(&mut self) {
        match &mut self.carries {
            Carries::Events { link, .. } => *link = None,
            Carries::Announced { after } => *after = 0,
        }
    }

    /// Carries what is there, a few events; after so many of the last ones once more.
    pub(super) fn carry(&mut self, places: &[Place], now: u64, again: usize) -> Result<Carried> {
        let (from, to) = (at(places, self.from)?, at(places, self.to)?);
        match &mut self.carries {
            Carries::Events { hearing, link } => {
                let link = match link {
                    Some(link) => link,
                    None => {
                        let outbox = Beside::new(Arc::clone(from.partition()?))?;
                        let to = Arc::clone(to.partition()?);
                        link.insert(Box::new(Link::hearing(outbox, to, hearing.clone())))
                    }
                };
                link.go_back(again as u64);
                let brought = link.bring(EVENTS)?;
                ensure!(brought.dead == 0, "the plugin failed on an event that it was to hear");
                let (heard, refused, again) = (brought.heard, brought.refused, brought.again);
                Ok(Carried { heard, again, refused })
            }
            Carries::Announced { after } => {
                let (topic, orders) = (from.partition()?, to);
                let source: Arc<str> = Arc::from(source_of(topic.header()));
                if *after == 0 {
                    *after = orders.partition()?.cursor(&source)?;
                }
                *after = after.saturating_sub(again as u64);
                announced(topic, orders, &source, now, after)
            }
        }
    }

    /// Whether it has nothing to carry.
    pub(super) fn is_idle(&self, places: &[Place]) -> Result<bool> {
        let end = at(places, self.from)?.partition()?.position().borrow().events;
        Ok(match &self.carries {
            Carries::Events { link, .. } => link.as_ref().is_some_and(|link| link.after() >= end),
            Carries::Announced { after } => *after >= end,
        })
    }
}

fn at(places: &[Place], place: usize) -> Result<&Place> {
    places.get(place).context("a wire leads to no partition")
}

/// The service carries out what it has announced.
fn announced(
    topic: &Partition,
    orders: &Place,
    source: &Arc<str>,
    now: u64,
    after: &mut u64,
) -> Result<Carried> {
    let mut carried = Carried::default();
    let says = Arc::clone(topic.description());
    for event in topic.feed(after.saturating_add(1))?.at_most(EVENTS)? {
        let name = says.events.get(usize::from(event.kind)).map(|event| event.name.as_str());
        if name == Some(PLACED) {
            let (kind, command) = command_of(topic, event.input)?;
            let origin = Origin { source: Arc::clone(source), sequence: event.sequence };
            let (receipt, became) = orders.hand_in(now, kind, command, Some(origin))?;
            match (receipt.again, became) {
                (true, _) => carried.again += 1,
                (false, Ok(_)) => carried.heard += 1,
                (false, Err(_)) => carried.refused += 1,
            }
        }
        *after = event.sequence;
    }
    Ok(carried)
}

/// The command that is an input of a journal.
fn command_of(of: &Partition, input: u64) -> Result<(u16, Vec<u8>)> {
    let records = of.reader()?.read(input, 1)?;
    let sealed = records.first().context("an announcement has no record")?;
    let turn = Entry::decode(&sealed.record.body)?.turn().context("it is no turn")?;
    let place = usize::try_from(input.saturating_sub(sealed.record.first_input))?;
    let input = turn.inputs.get(place).context("an announcement has no input")?;
    Ok((input.kind, input.command.to_vec()))
}
