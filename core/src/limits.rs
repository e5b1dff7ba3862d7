//! Every bound of the core, each with its reason.
//!
//! A loop or a collection that has no bound here is a mistake: with these numbers the memory and
//! the time of one command can be told before it runs.

/// Times that an order may be given more time to be paid: a customer who has not paid after a
/// hundred promises will not, and the units are wanted by others.
pub const EXTENSIONS_PER_ORDER: u16 = 100;

/// Lines one order may have, those of its kits' components among them. The longest order of the
/// real shop in the tests has 1,112.
pub const ORDER_LINES: usize = 2_000;

/// Items one slice may watch: those of the longest order.
pub const SLICE_ITEMS: usize = ORDER_LINES;

/// Orders one slice may follow: more than a customer has open, and so few that the longest ones
/// are copied before anybody else has to wait.
pub const SLICE_ORDERS: usize = 1_000;

/// Units one line may ask for, and one adjustment may move: far above any real one, and so low
/// that the sum over [`ORDER_LINES`] lines fits 32 bits.
pub const UNITS_PER_LINE: u32 = 1_000_000;

/// Units one line may have asked for in all, those among them that were cancelled since: four times
/// [`UNITS_PER_LINE`], and times [`KIT_UNITS`] they still fit 32 bits.
pub const UNITS_PER_LINE_EVER: u32 = 4_000_000;

/// Units of one item in one tier of one facility. Receipts beyond it are refused.
pub const UNITS_PER_SHELF: u32 = 2_000_000_000;

/// Bytes of one encoded command; a larger one is refused before it is decoded.
pub const COMMAND_BYTES: usize = 1 << 20;

/// Facilities one network may have: one search looks at all of them, so that no order is refused
/// that enough stock exists for.
pub const FACILITIES: usize = SOURCING_FACILITIES;

/// Facilities one sourcing problem may open: the search keeps sets of them in a 128-bit word.
pub const SOURCING_FACILITIES: usize = 128;

/// Nodes the sourcing search may visit at the very most. The hardest class of the reference study
/// (60 facilities, 20 lines) needed about 17,000. A node of a large problem costs milliseconds, so
/// an order's search gets a budget by its size: see [`node_budget`](crate::sourcing::node_budget).
pub const SOURCING_NODES: u32 = 200_000;

/// Shelves one sourcing problem may name: two tiers in each of [`SOURCING_FACILITIES`] for each of
/// [`ORDER_LINES`]; the search keeps 24 bytes for each.
pub const SOURCING_ARCS: usize = 1 << 19;

/// What the dearest plan of one sourcing problem may cost, in the caller's unit: all sums of the
/// search, with some bits for fractions, then fit 63 bits.
pub const SOURCING_COST: u64 = (1 << 60) - 1;

/// Levels one lexicographic problem may have: each is a search of its own.
pub const SOURCING_LEVELS: usize = 8;

/// Gateway airports one facility may name.
pub const GATEWAYS_PER_FACILITY: usize = 16;

/// Countries one rule may name: every code of two letters there could be.
pub const COUNTRIES: usize = 26 * 26;

/// What the caller may add to the cost of one unit, in ten-thousandths of the currency's major
/// unit (26,843 of it): [`ORDER_LINES`] times [`UNITS_PER_LINE`] of that leave room in
/// [`SOURCING_COST`].
pub const UNIT_PRICE: u32 = 1 << 28;

/// Searches one explanation may make, so that a question never holds up a partition for long.
pub const EXPLAIN_SEARCHES: usize = 512;

/// Arcs that all searches of one explanation may look at together: of an order of 1,112 lines in
/// 10 facilities some 200 searches.
pub const EXPLAIN_ARCS: usize = 1 << 22;

/// Items one shop may define: ids are 32-bit, and a ledger row is some 32 bytes.
pub const ITEMS: usize = 10_000_000;

/// Units of one item that may be promised before they are there: far above any real backlog, and
/// so low that the queue of an item, at most an entry a unit, fits the memory of a partition.
pub const BACKORDER_LIMIT: u32 = 1_000_000;

/// Entries of the queues that one decision looks at for a plan, so that a delivery does not hold up
/// a partition; the next tick goes on behind them.
pub const BACKORDERS_PER_DECISION: usize = 256;

/// Transfers between facilities that may be under way at once: a row is some 50 bytes, and a
/// network of 128 facilities has thousands, not millions.
pub const TRANSFERS: usize = 1_000_000;

/// Lines of purchase orders that may be expected at once; reason as for [`TRANSFERS`].
pub const EXPECTED: usize = 1_000_000;

/// Commands one input may lead to inside one settle: a net against a circle of routes, far above
/// any honest road (an order takes 5; an adjustment takes some per order it strips).
pub const STEPS_PER_SETTLE: usize = 1 << 20;

/// Orders and reservations one tick may end, so that a turn stays short after a long pause;
/// the deadline stays due, and the next tick goes on.
pub const DUE_PER_TICK: usize = 1_000;

/// Bytes of a SKU, a code or a name, so that keys stay small.
pub const TEXT_BYTES: usize = 128;

/// How far in the future (ms) the timestamp inside an order id may lie: clocks differ by minutes,
/// not by days, and an id from the far future could be used after its order was forgotten.
pub const ID_FUTURE_MS: u64 = 24 * 60 * 60 * 1_000;

/// Holds one order may have at a time: there are nine kinds, and a hold of each kind from several
/// departments is more than anybody looks through.
pub const HOLDS_PER_ORDER: usize = 64;

/// Items one kit may be made of: far above any real one, and a kit of so many is exploded within
/// [`ORDER_LINES`].
pub const KIT_COMPONENTS: usize = 64;

/// Units of one item in one kit: times [`UNITS_PER_LINE`] kits they fit 32 bits.
pub const KIT_UNITS: u32 = 1_000;

/// Rows of units one page of a worklist may show: a page ends early behind the work order that
/// reaches it, so that a page of the largest orders is no larger than an order's command.
pub const WORKLIST_ROWS: usize = 10_000;

/// Requests to cancel one order may see: one a facility and change of mind.
pub const CANCELLATIONS_PER_ORDER: usize = 256;

/// Requests to a provider that one order may see: a few for each of its parcels. To capture and to
/// be paid half of them may be used, so that voiding and refunding always can be asked for.
pub const PAYMENT_REQUESTS: u16 = 4_096;

/// Tries to pay one order that may be declined, before the customer is asked no more: nobody has
/// so many cards, and a program that tries stolen ones is stopped.
pub const PAYMENT_DECLINES: u16 = 64;

/// How many times a request that nobody answers is made: after that somebody must look.
pub const PAYMENT_REPEATS: u16 = 16;

/// The largest amount, in minor units, that one answer may name: [`PAYMENT_REQUESTS`] of them can
/// be added up.
pub const PAYMENT_AMOUNT: i64 = 1 << 50;

/// The longest time that a policy may name, in days (ten years): a longer one is a slip of the
/// unit.
pub const POLICY_DAYS: u32 = 3_650;

/// The shortest time (ms) that a policy may wait for somebody or something: nobody pays or answers
/// faster, and a deadline of no time has passed before anybody has heard of it.
pub const POLICY_WAIT_MS: u64 = 1_000;

/// Days for which an order stays at hand after its end, at the least: its id may lie a day ahead
/// ([`ID_FUTURE_MS`]), and once it is archived no id is new that was made before it. So an id that
/// was made a day ago, by somebody who was offline, is still good.
pub const ARCHIVE_AFTER_DAYS: u32 = 2;

/// The longest way of a parcel, in metres: to an airport on the other side of the globe, from there
/// to the next, and back; and some more.
pub const WAY_METRES: u32 = 100_000_000;
