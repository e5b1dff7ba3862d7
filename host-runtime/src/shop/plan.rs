//! The documents as one list of happenings on a logical clock.
//!
//! Law: the plan depends on the documents, the options and the network, never on outcomes,
//! so every body can be fed the same list; and every document and every unit is either in the
//! list or set aside with a reason.
//!
//! The mapping:
//!
//! - the shop opens at midnight of the first document's day: facilities, items, opening stock;
//! - an order ships a day after it was placed, and is delivered 2 days later at home, 5 abroad;
//!   an order that was wholly cancelled before does neither;
//! - a cancellation before shipping takes units out of the order; after it, they are returned,
//!   at the earliest when the order is delivered;
//! - an adjustment changes the back stock of the item's home facility: found if it adds, lost
//!   if it takes away (the documents do not tell damaged from lost); an item that was never sold
//!   is defined then, at price 0;
//! - happenings of one moment come in the order of the documents they stem from;
//! - a tick precedes a happening if an hour has passed since the last tick.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::calendar::{self, DAY, HOUR};
use super::cancellations::{self, NoMatch, Taken, Units};
use super::countries::{Countries, Destination};
use super::documents::{Document, Kind, Price};
use super::links::Links;
use super::network::{Facility, Network};
use super::products::Products;
use super::stock::{self, StockError, StockPolicy, Stocked, Stocking, Tier};

/// How documents become happenings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlanOptions {
    /// How much stock there is.
    pub(crate) stock: StockPolicy,
    /// From placing to shipping, in milliseconds.
    pub(crate) ship_after: u64,
    /// From shipping to delivery at home, in milliseconds.
    pub(crate) domestic_transit: u64,
    /// From shipping to delivery abroad, in milliseconds.
    pub(crate) international_transit: u64,
    /// The least time from one tick to the next, in milliseconds.
    pub(crate) tick_every: u64,
    /// Whether ample stock is ample in each of an item's facilities by itself, so that any of them
    /// can step in for another.
    pub(crate) step_in: bool,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            stock: StockPolicy::Ample,
            ship_after: DAY,
            domestic_transit: 2 * DAY,
            international_transit: 5 * DAY,
            tick_every: HOUR,
            step_in: false,
        }
    }
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources<'a> {
    /// In time order.
    pub(crate) documents: &'a [Document],
    /// Which orders the cancellations undo.
    pub(crate) links: &'a Links,
    /// Where orders go.
    pub(crate) countries: &'a Countries,
    /// The catalogue.
    pub(crate) products: &'a Products,
    /// Where orders ship from.
    pub(crate) network: &'a Network,
}

/// What happens, and what does not.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// In time order.
    pub(crate) happenings: Vec<Timed<'a>>,
    /// What cannot be applied, in document order.
    pub(crate) set_aside: Vec<SetAside<'a>>,
}

/// A happening and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timed<'a> {
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    /// What happens.
    pub(crate) happening: Happening<'a>,
}

/// Something that happens to the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happening<'a> {
    /// A facility opens.
    DefineFacility(&'a Facility),
    /// An item enters the catalogue.
    DefineItem {
        /// Its SKU.
        sku: &'a str,
        /// Its name.
        name: &'a str,
        /// Its usual price.
        price: Price,
    },
    /// Stock that is there from the beginning.
    OpeningStock(Stocked<'a>),
    /// Stock that is bought in.
    TopUp(Stocked<'a>),
    /// Time passes, so that deadlines fire.
    Tick,
    /// An order is placed.
    Order {
        /// Its document.
        order: &'a Document,
        /// Where it goes.
        destination: Destination<'a>,
    },
    /// What is left of an order ships.
    Ship {
        /// The order's document.
        order: &'a Document,
    },
    /// What was shipped arrives.
    Deliver {
        /// The order's document.
        order: &'a Document,
    },
    /// Units are taken out of an order before it ships.
    Cancel {
        /// The cancellation.
        cancel: &'a Document,
        /// The order's document.
        order: &'a Document,
        /// Each SKU once.
        units: Vec<Units<'a>>,
    },
    /// Units of an order come back, and are received at once.
    Return {
        /// The cancellation.
        cancel: &'a Document,
        /// The order's document.
        order: &'a Document,
        /// Each SKU once.
        units: Vec<Units<'a>>,
    },
    /// Stock turns out to be more or less than the books say.
    Adjust {
        /// The adjustment.
        document: &'a Document,
        /// Which item.
        sku: &'a str,
        /// Where.
        facility: &'a Facility,
        /// Where there.
        tier: Tier,
        /// By how many units; not zero.
        change: i64,
        /// Why.
        reason: Adjustment,
    },
}

/// Why stock changes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adjustment {
    /// The change is above zero.
    Found,
    /// The change is below zero.
    Lost,
}

/// A document, or some units of one, that cannot be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SetAside<'a> {
    /// The document.
    pub(crate) document: &'a Document,
    /// The units; `None` if it is the document as a whole, which has none.
    pub(crate) units: Option<Units<'a>>,
    /// Why.
    pub(crate) reason: Reason,
}

/// Why something cannot be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// The document moves money only; this is its kind.
    MoneyOnly(Kind),
    /// Cancelled units match no order.
    NoMatch(NoMatch),
}

impl Reason {
    /// The reason in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::MoneyOnly(Kind::Credit) => "credit: money back, no goods",
            Self::MoneyOnly(Kind::Fee) => "fee: charges, no goods",
            Self::MoneyOnly(Kind::Debt) => "debt: an entry of the bookkeeper's",
            Self::MoneyOnly(Kind::Adjust) => "adjustment of a charge, no goods",
            Self::MoneyOnly(Kind::Order | Kind::Cancel) => "no goods",
            Self::NoMatch(NoMatch::UnknownCustomer) => "cancelled by an unknown customer",
            Self::NoMatch(NoMatch::NoEarlierOrder) => "cancelled, but no earlier order had it",
            Self::NoMatch(NoMatch::OrderMissing) => "cancelled, but the order is not here",
            Self::NoMatch(NoMatch::OrderLater) => "cancelled before the order was placed",
            Self::NoMatch(NoMatch::MoreThanOrdered) => "cancelled more than the order had left",
        }
    }
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    /// There is no stock.
    #[error(transparent)]
    Stock(#[from] StockError),
    /// An order goes to an unknown country.
    #[error(
        "document `{number}` goes to the country `{country}`, which is not in the countries \
         file; add its row"
    )]
    UnknownCountry {
        /// The order.
        number: String,
        /// Its country.
        country: String,
    },
}

impl<'a> Plan<'a> {
    /// Makes the plan.
    ///
    /// # Errors
    /// If the stock policy lacks figures, or an order goes to an unknown country.
    pub(crate) fn new(sources: Sources<'a>, options: &PlanOptions) -> Result<Self, PlanError> {
        let Sources { documents, links, products, network, .. } = sources;
        let stocking = Stocking::new(options.stock, network, products, documents)?;
        let stocking = if options.step_in { stocking.that_steps_in() } else { stocking };
        let (taken, unmatched) = cancellations::resolve(documents, links);
        let mut draft = Draft { sources, options, entries: Vec::new(), set_aside: Vec::new() };
        draft.open(&stocking);
        draft.orders(&taken)?;
        draft.give_backs(taken);
        draft.adjustments(&stocking)?;
        draft.money_only();
        for part in unmatched {
            draft.aside(part.cancel, Some(part.units), Reason::NoMatch(part.reason));
        }
        Ok(draft.finish())
    }

    /// What was set aside, by reason: entries and units.
    pub(crate) fn set_aside_by_reason(&self) -> BTreeMap<Reason, (usize, i64)> {
        let mut counts: BTreeMap<Reason, (usize, i64)> = BTreeMap::new();
        for aside in &self.set_aside {
            let (entries, units) = counts.entry(aside.reason).or_default();
            *entries += 1;
            *units += aside.units.map_or(0, |units| units.quantity);
        }
        counts
    }
}

/// What a happening stems from, at one moment: the shop itself, or a document by position.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Shop,
    Document(usize),
}

struct Draft<'a, 'o> {
    sources: Sources<'a>,
    options: &'o PlanOptions,
    entries: Vec<(u64, Cause, Happening<'a>)>,
    set_aside: Vec<(usize, SetAside<'a>)>,
}

impl<'a> Draft<'a, '_> {
    fn open(&mut self, stocking: &Stocking<'a>) {
        let Sources { documents, products, network, .. } = self.sources;
        let at = documents.first().map_or(0, |document| calendar::midnight(document.at));
        for facility in &network.facilities {
            self.add(at, Cause::Shop, Happening::DefineFacility(facility));
        }
        for (sku, product) in products {
            let (name, price) = (product.name.as_str(), product.price);
            self.add(at, Cause::Shop, Happening::DefineItem { sku, name, price });
        }
        for sku in products.keys() {
            for stocked in stocking.opening(sku) {
                self.add(at, Cause::Shop, Happening::OpeningStock(stocked));
            }
        }
        for top_up in stocking.top_ups(documents) {
            self.add(top_up.at, Cause::Shop, Happening::TopUp(top_up.stocked));
        }
    }

    fn orders(&mut self, taken: &[Taken<'a>]) -> Result<(), PlanError> {
        let documents = self.sources.documents;
        let mut cancelled: HashMap<usize, i64> = HashMap::new();
        for part in taken.iter().filter(|part| self.in_time(part)) {
            let units = part.units.iter().map(|units| units.quantity).sum::<i64>();
            *cancelled.entry(part.order).or_default() += units;
        }
        for (position, order) in documents.iter().enumerate() {
            if order.kind != Kind::Order {
                continue;
            }
            let destination = self.sources.countries.destination(order).ok_or_else(|| {
                PlanError::UnknownCountry {
                    number: order.number.clone(),
                    country: order.country.clone().unwrap_or_default(),
                }
            })?;
            let from = Cause::Document(position);
            self.add(order.at, from, Happening::Order { order, destination });
            if cancelled.get(&position).copied().unwrap_or_default() < order.units() {
                self.add(self.ships(order), from, Happening::Ship { order });
                self.add(self.delivered(order), from, Happening::Deliver { order });
            }
        }
        Ok(())
    }

    fn give_backs(&mut self, taken: Vec<Taken<'a>>) {
        let documents = self.sources.documents;
        for part in taken {
            let in_time = self.in_time(&part);
            let (Some(cancel), Some(order)) =
                (documents.get(part.cancel), documents.get(part.order))
            else {
                continue;
            };
            let units = part.units;
            let (at, happening) = if in_time {
                (cancel.at, Happening::Cancel { cancel, order, units })
            } else {
                let at = cancel.at.max(self.delivered(order));
                (at, Happening::Return { cancel, order, units })
            };
            self.add(at, Cause::Document(part.cancel), happening);
        }
    }

    fn adjustments(&mut self, stocking: &Stocking<'a>) -> Result<(), PlanError> {
        let Sources { documents, products, network, .. } = self.sources;
        let mut defined: BTreeSet<&str> = BTreeSet::new();
        for (position, document) in documents.iter().enumerate() {
            if document.kind != Kind::Adjust {
                continue;
            }
            let from = Cause::Document(position);
            for line in &document.goods {
                let (sku, change) = (line.sku.as_str(), line.quantity);
                if !products.contains_key(sku) && defined.insert(sku) {
                    let define = Happening::DefineItem { sku, name: sku, price: Price(0) };
                    self.add(document.at, from, define);
                    for stocked in stocking.opening(sku) {
                        self.add(document.at, from, Happening::OpeningStock(stocked));
                    }
                }
                let facility = stock::home(network, sku).ok_or(StockError::NoFacility)?;
                let reason = if change > 0 { Adjustment::Found } else { Adjustment::Lost };
                let tier = Tier::Back;
                let adjust = Happening::Adjust { document, sku, facility, tier, change, reason };
                self.add(document.at, from, adjust);
            }
        }
        Ok(())
    }

    fn money_only(&mut self) {
        for (position, document) in self.sources.documents.iter().enumerate() {
            if document.goods.is_empty() {
                self.aside(position, None, Reason::MoneyOnly(document.kind));
            }
        }
    }

    fn add(&mut self, at: u64, from: Cause, happening: Happening<'a>) {
        self.entries.push((at, from, happening));
    }

    fn aside(&mut self, position: usize, units: Option<Units<'a>>, reason: Reason) {
        if let Some(document) = self.sources.documents.get(position) {
            self.set_aside.push((position, SetAside { document, units, reason }));
        }
    }

    fn in_time(&self, part: &Taken<'_>) -> bool {
        let documents = self.sources.documents;
        let at = |position: usize| documents.get(position).map(|document| document.at);
        at(part.cancel) < at(part.order).map(|placed| placed + self.options.ship_after)
    }

    fn ships(&self, order: &Document) -> u64 {
        order.at + self.options.ship_after
    }

    fn delivered(&self, order: &Document) -> u64 {
        let destination = self.sources.countries.destination(order);
        let international = destination.is_some_and(|destination| destination.international);
        let options = self.options;
        let transit =
            if international { options.international_transit } else { options.domestic_transit };
        self.ships(order) + transit
    }

    /// Sorts everything and puts ticks between. The sort is stable: happenings of one document
    /// at one moment stay in the order in which they were added.
    fn finish(mut self) -> Plan<'a> {
        self.entries.sort_by_key(|&(at, from, _)| (at, from));
        self.set_aside.sort_by_key(|&(position, _)| position);
        let mut last = self.entries.first().map_or(0, |&(at, ..)| at);
        let mut happenings = Vec::with_capacity(self.entries.len());
        for (at, _, happening) in self.entries {
            if at - last >= self.options.tick_every {
                happenings.push(Timed { at, happening: Happening::Tick });
                last = at;
            }
            happenings.push(Timed { at, happening });
        }
        let set_aside = self.set_aside.into_iter().map(|(_, aside)| aside).collect();
        Plan { happenings, set_aside }
    }
}
