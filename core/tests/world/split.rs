//! The same shop in three partitions: orders (with facilities and news), stock, and payments, each
//! with letters to the others that come in any order across aggregates, late, and more than once.
//!
//! Law: letters about one thing come in their order, and each is carried out once: a cursor drops
//! it when it comes again. Nothing else is promised.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use earmark::decide::{Context, Principal};
use earmark::flow::{Command, Event, Hear, Partition, Refusal, Roles, Shop, Tick};
use earmark::ids::OrderId;
use earmark::inventory::InventoryEvent;
use earmark::laws;
use earmark::order::OrderCommand;
use earmark::schema::{EVENTS, decode_event, encode_event};
use earmark::time::Timestamp;

use super::ensure;
use super::mirror::OpenShop;
use super::steps::{Step, opening};
use super::witness::{Witness, roles_agree};
use crate::support::START;

/// What a letter is about: letters about the same come in their order.
pub(crate) type About = u8;

/// What an event is about.
pub(crate) type Sort = fn(&Event) -> About;

const NONE: Roles = Roles::NONE;
const PARTS: [Partition; 3] = [
    Partition {
        name: "orders",
        roles: Roles { order: true, notification: true, fulfilment: true, ..NONE },
    },
    Partition { name: "stock", roles: Roles { inventory: true, ..NONE } },
    Partition { name: "payments", roles: Roles { payment: true, ..NONE } },
];
const ORDERS: usize = 0;
const STOCK: usize = 1;
const PAYMENTS: usize = 2;

/// Letters from a partition to another about one thing, and how many were carried out.
#[derive(Debug, Clone, Default)]
struct Post {
    letters: Vec<(u16, Vec<u8>)>,
    cursor: usize,
}

/// The partitions, and the letters between them.
#[derive(Debug, Clone)]
pub(crate) struct Split {
    /// Each partition, and what its events alone make.
    parts: [(Shop, Shop); 3],
    post: BTreeMap<(usize, usize, About), Post>,
    witness: Witness,
    /// Orders that have lost units which were tied.
    stripped: BTreeSet<OrderId>,
    sort: Sort,
    pub(crate) now: u64,
    /// Letters that were carried out, and that came again.
    pub(crate) letters: u64,
    pub(crate) again: u64,
    /// A letter that could not be carried out.
    pub(crate) dead: Option<Refusal>,
}

impl Split {
    pub(crate) fn open(sort: Sort) -> Self {
        let mut split = Self {
            parts: PARTS.map(|p| (Shop::with_roles(p.roles), Shop::with_roles(p.roles))),
            post: BTreeMap::new(),
            witness: Witness::default(),
            stripped: BTreeSet::new(),
            sort,
            now: START,
            letters: 0,
            again: 0,
            dead: None,
        };
        for command in opening() {
            split.step(&Step::now(command)).unwrap();
        }
        split
    }

    /// Takes a step in every partition that it concerns.
    pub(crate) fn step(&mut self, step: &Step) -> Result<(), String> {
        self.now = self.now.saturating_add(step.wait);
        for at in Self::of(&step.command) {
            // Whoever may not has his refusal, and nothing has changed.
            let _ = self.settle(*at, &step.command, step.by.clone())?;
        }
        Ok(())
    }

    /// The partitions that a command is for.
    fn of(command: &Command) -> &'static [usize] {
        match command {
            Command::SetPolicy(_) | Command::Tick(_) => &[ORDERS, STOCK, PAYMENTS],
            Command::Inventory(_) => &[STOCK],
            Command::Payment(_) | Command::Order(OrderCommand::AuthorizePayment(_)) => &[PAYMENTS],
            _ => &[ORDERS],
        }
    }

    /// One partition notices the time.
    pub(crate) fn tick(&mut self, at: usize) -> Result<(), String> {
        let tick = Command::Tick(Tick {});
        self.settle(at % PARTS.len(), &tick, Principal::System).map(drop)
    }

    fn settle(
        &mut self,
        at: usize,
        command: &Command,
        by: Principal,
    ) -> Result<Result<(), Refusal>, String> {
        let context = Context { at: Timestamp::from_millis(self.now), by };
        let (shop, replayed) = &mut self.parts[at];
        let events = match shop.settle(command, &context).map_err(|e| e.to_string())? {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut sent = Vec::new();
        for event in &events {
            let (kind, bytes) =
                encode_event(event, Vec::new()).map_err(|e| e.to_string())?.ok_or("no kind")?;
            let read = decode_event(kind, &bytes).map_err(|e| e.to_string())?;
            replayed.apply(&read).map_err(|e| e.to_string())?;
            // The policy is told in every partition, and heard once.
            if at == ORDERS || !matches!(event, Event::Policy(_)) {
                self.witness.hear(event)?;
            }
            if let Event::Inventory(InventoryEvent::Stripped(e)) = event {
                self.stripped.insert(e.order);
            }
            sent.push((kind, bytes));
        }
        let alike = laws::all_alike(&[&*shop, &*replayed]);
        ensure(alike, || format!("{}: {}", PARTS[at].name, laws::EVENTS_TELL_ALL))?;
        if !events.is_empty() {
            let broken = shop.audit().broken;
            ensure(broken.is_empty(), || format!("{}: {broken:?}", PARTS[at].name))?;
        }
        for (event, (kind, bytes)) in events.iter().zip(sent) {
            self.send(at, (self.sort)(event), kind, &bytes);
        }
        Ok(Ok(()))
    }

    fn send(&mut self, from: usize, about: About, kind: u16, bytes: &[u8]) {
        let name = EVENTS[usize::from(kind)].name;
        for to in (0..PARTS.len()).filter(|to| *to != from) {
            if hears(to).contains(&name) {
                let post = self.post.entry((from, to, about)).or_default();
                post.letters.push((kind, bytes.to_vec()));
            }
        }
    }

    /// Brings a letter of those that wait, or once more one that came; whether one waited.
    pub(crate) fn bring(
        &mut self,
        chance: usize,
        again: bool,
        about: impl Fn(About) -> bool,
    ) -> Result<bool, String> {
        let waits = |(key, post): (&(usize, usize, About), &Post)| {
            (about(key.2) && post.cursor < post.letters.len()).then_some(*key)
        };
        let waiting: Vec<_> = self.post.iter().filter_map(waits).collect();
        let Some(key) = waiting.get(chance % waiting.len().max(1)).copied() else {
            return Ok(false);
        };
        let post = self.post.entry(key).or_default();
        let number = if again { chance % (post.cursor + 1) } else { post.cursor };
        if number < post.cursor {
            self.again += 1;
            return Ok(true);
        }
        post.cursor += 1;
        self.letters += 1;
        let (kind, bytes) = &post.letters[number];
        let event = Box::new(decode_event(*kind, bytes).map_err(|e| e.to_string())?);
        let (order, told) = (event.order(), format!("{event:?}"));
        let heard = self.settle(key.1, &Command::Hear(Hear { event }), Principal::System)?;
        if let Err(refusal) = heard {
            let code = refusal.code();
            self.dead.get_or_insert(refusal);
            // Goods that come back to where nobody knows them, and those that were counted as gone
            // while the news of their shipment was under way.
            let unknown = ["unknown-facility", "too-much-stock"].contains(&code);
            let gone = code == "not-tied" && order.is_some_and(|id| self.stripped.contains(&id));
            return ensure(unknown || gone, || format!("{code}: {told}")).map(|()| true);
        }
        Ok(true)
    }

    /// Brings every letter about some things, and those that they lead to, in some order.
    pub(crate) fn bring_all(
        &mut self,
        mut draw: impl FnMut() -> usize,
        about: impl Fn(About) -> bool + Copy,
    ) -> Result<(), String> {
        while self.bring(draw(), false, about)? {}
        Ok(())
    }

    /// What the partitions are together.
    pub(crate) fn together(&self) -> OpenShop {
        let mut all = whole(&self.parts.each_ref().map(|(shop, _)| shop));
        all.told.values_mut().for_each(|news| news.sort_unstable());
        all
    }

    /// Once every letter has come, the roles agree, and all laws hold of them together.
    pub(crate) fn agrees(&self) -> Result<(), String> {
        let all = self.together().shut();
        let broken = all.audit().broken;
        ensure(broken.is_empty(), || format!("together: {broken:?}"))?;
        roles_agree(&all)?;
        self.witness.agrees(&all)
    }
}

/// Carries out a command for the orders of one partition as if its stock and its payments were
/// apart, each answering at once: nobody is asked before the order has decided.
pub(crate) fn asked_after(
    one: &mut Shop,
    command: &Command,
    context: &Context,
) -> Result<Vec<Event>, String> {
    let mut parts = PARTS.map(|part| alone(one, part.roles));
    let mut carry_out = |at: usize, command: &Command, context: &Context| {
        let settled = parts[at].settle(command, context).map_err(|e| e.to_string())?;
        settled.map_err(|refusal| format!("{command:?}: {refusal}"))
    };
    let within = Context { at: context.at, by: Principal::System };
    let first = carry_out(ORDERS, command, context)?;
    let mut waiting: VecDeque<_> = first.into_iter().map(|event| (ORDERS, event)).collect();
    let mut all = Vec::new();
    while let Some((from, event)) = waiting.pop_front() {
        let (kind, _) =
            encode_event(&event, Vec::new()).map_err(|e| e.to_string())?.ok_or("no kind")?;
        let name = EVENTS[usize::from(kind)].name;
        for to in (0..PARTS.len()).filter(|to| *to != from && hears(*to).contains(&name)) {
            let hear = Command::Hear(Hear { event: Box::new(event.clone()) });
            waiting.extend(carry_out(to, &hear, &within)?.into_iter().map(|event| (to, event)));
        }
        all.push(event);
    }
    *one = whole(&parts.each_ref()).shut();
    Ok(all)
}

/// The part of a shop that some roles are.
fn alone(one: &Shop, roles: Roles) -> Shop {
    let empty = OpenShop::of(&Shop::with_roles(roles));
    let mut part = OpenShop::of(one);
    part.roles = roles;
    if !roles.order {
        (part.orders, part.told, part.fulfilments) = (empty.orders, empty.told, empty.fulfilments);
    }
    if !roles.inventory {
        part.inventory = empty.inventory;
    }
    if !roles.payment {
        part.payments = empty.payments;
    }
    part.shut()
}

/// The shop that its parts are together.
fn whole(parts: &[&Shop; 3]) -> OpenShop {
    let mut all = OpenShop::of(parts[ORDERS]);
    all.roles = Roles::ALL;
    all.inventory = OpenShop::of(parts[STOCK]).inventory;
    all.payments = OpenShop::of(parts[PAYMENTS]).payments;
    all
}

/// The events that a partition hears, by their names.
fn hears(at: usize) -> &'static [&'static str] {
    static HEARS: std::sync::OnceLock<[Vec<&str>; 3]> = std::sync::OnceLock::new();
    &HEARS.get_or_init(|| PARTS.map(|part| part.hears()))[at]
}
