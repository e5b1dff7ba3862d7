//! `earmark replay`: a year of real orders through the plugin, durably, and what came of them.
//!
//! Law: none of the documents vanishes; each is applied, refused with a code, or set aside with
//! a reason, and the figures are held against those counted straight from the documents.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use earmark::policy::{OrderPolicy, Policy};
use earmark::time::Span;
use earmark_host::journal::{Clock, OpenOptions};
use earmark_host::partition::{Options, Partition, Where};
use earmark_host::plugin::Bodies;

use super::commands::{self, Timely};
use super::corpus;
use super::drive::{Driven, drive};
use super::life::{self, Foreseen};
use super::network::Network;
use super::plan::{Plan, PlanOptions};
use super::products::Products;
use super::report::{self, Facts};
use super::sources::Shop;
use super::stock::StockPolicy;
use super::summary::Expected;
use super::tally::Tally;
use crate::ops::screen::{open, progress};

/// The longest return in the real documents comes 368 days after its order.
const ARCHIVE_AFTER_DAYS: u32 = 400;

/// Replay documents of a shop.
#[derive(Debug, Args)]
#[command(after_long_help = MAPPING)]
pub(crate) struct Replay {
    /// The orders: `orders.csv[.gz]` or the original UCI CSV, or a folder with the former
    orders: PathBuf,
    /// The folder with countries, products and links [default: the one of the orders]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A network of facilities of your own, in the form of the built-in `network.csv`
    #[arg(long, value_name = "FILE")]
    network: Option<PathBuf>,
    /// How much stock: ample, static-5pct, weekly-5pct, or N-per-item
    #[arg(long, default_value = "ample")]
    stock: StockPolicy,
    /// How much of an order's life happens: see below
    #[arg(long, value_enum, default_value_t = Model::Full)]
    model: Model,
    /// Only the first N documents
    #[arg(long, value_name = "N")]
    documents: Option<usize>,
    /// The directory of the journal; the same command goes on where it was stopped
    #[arg(long, value_name = "DIR", default_value = ".earmark/replay")]
    dir: PathBuf,
    /// Keep the journal in memory: for a look, not for keeps
    #[arg(long)]
    ephemeral: bool,
    /// Inputs in one turn at the most
    #[arg(long, value_name = "N", default_value_t = 4_096)]
    turn: usize,
    /// Commands handed in and not yet answered at the most
    #[arg(long, value_name = "N", default_value_t = 16_384)]
    ahead: usize,
    /// Save a snapshot after every N inputs; 0 for never
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    snapshot_every: u64,
    /// List every document, or part of one, that was set aside, and why
    #[arg(long)]
    list_aside: bool,
    /// Write the figures as JSON into this file too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the inputs into this file, for other bodies to take, and end
    #[arg(long, value_name = "FILE")]
    write_inputs: Option<PathBuf>,
    /// Print the place of each command as its record becomes durable (for crash tests)
    #[arg(long, hide = true)]
    print_acknowledged: bool,
}

/// How much of an order's life happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Model {
    /// Orders are placed, shipped whole, delivered, cancelled and returned
    Basic,
    /// Also payment, holds, work in facilities, parcels on different days, what goes wrong with
    /// them, and returns by what becomes of the goods
    Full,
}

const MAPPING: &str = "\
How documents become commands (--model basic):
  order        PlaceOrder with all its lines, in pounds; an item in several lines stays so. Prices
               keep four decimals (a tenth of a penny is 0.0010). An order without a country counts
               as domestic. At home an order goes to a postcode district chosen by its customer's
               number (the documents tell none), abroad to the country's capital.
  ship         ShipOrder a day after placing, unless all was cancelled before; DeliverShipment two
               days later at home, five abroad.
  cancel       each line undoes the order that `cancel_links.csv` names (without that file: the
               same customer's latest order of the item). Before shipping it is CancelOrder; after
               it RequestReturn and ReceiveReturn (restocked), at the earliest on delivery. Units
               that match no order are set aside: counted, and listed by --list-aside.
  adjust       AdjustStock in the back stock of the item's home facility: found if units are added,
               lost if taken. Items that were never sold are defined on first sight, at price 0.
  credit, fee, debt: money only, set aside.
  charges      (postage, discounts, bank fees) on orders move no goods and are left out.
Stock lies in a home facility and two or three others, chosen by a stable hash of the SKU, in
primary and back stock. `ample` is enough for every order; `static-5pct` and `weekly-5pct` are the
scarce policies of products.csv. The clock is logical: it is the documents' own.

What happens besides (--model full; `hash` is FNV-1a of 64 bits and the finaliser of SplitMix64,
of a word, a colon and the number of the order):
  who acts     Whoever acts looks at how the order stands first, as the core that is linked in
               tells; the report says whether the plugin made the same events of the list.
  payment      Required within 3 days. The provider answers 2 to 15 minutes after placing
               (2 + hash of `payment` mod 14). By the bits from the ninth on, mod 128: at 0 it never
               says anything, and the order expires; at 1 to 8 it declines, and says yes 6 hours
               later. What something was given back of was paid. What is authorized is captured as
               parcels ship and voided as units are cancelled, both a minute later. What comes back
               and is kept is paid back, and so is a parcel that is lost or that nobody took.
  holds        An order of 2,500 pounds is looked at for 3 hours; if its customer is unknown
               nobody does, and the hold lapses after a day. The first three orders to each country
               outside the European Union of 2011 wait a day for export papers.
  work         6 hours after nothing keeps it back an order is released; 6 hours later its
               facilities pick, 2 later they pack; the first parcel leaves 10 hours later, and each
               further one a day after the one before. They take 2 days at home, 5 abroad.
  trouble      With the first facility or the first parcel, by the hash of `trouble` mod 1,000:
               to 14 one unit is not found, to 24 the facility refuses, to 34 the label is wrong
               and the parcel is voided an hour later, to 39 it is lost (a week late), to 49 nobody
               takes it (back 3 days late: restocked, quarantined or written off, by the hash of
               `putaway` mod 3). Nothing goes wrong with an order that something was given back of.
  cancel       Until it is packed a facility lets go of it, then it declines, and the units come
               back once the order has arrived. What comes back travels as long as it came.
  return       By the words of the item's name: what is used up (candles, soap, sweets ..) is
               written off, what is worn (scarves, rings, socks ..) goes back to the customer, what
               breaks (glass, ceramic, mirrors ..) is quarantined, all else is restocked. More than
               180 days after the order a return is refused.
`ample` is then ample in each of an item's facilities, so that any can step in for another.";

impl Replay {
    /// Runs the replay.
    pub(crate) fn run(&self, bodies: &Arc<dyn Bodies>) -> Result<()> {
        let shop = Shop::read(&self.orders, self.data.as_deref())?;
        let shop = match self.documents {
            Some(count) => shop.first(count),
            None => shop,
        };
        let network = match &self.network {
            Some(file) => Network::read(file)?,
            None => Network::built_in()?,
        };
        let step_in = self.model == Model::Full;
        let options = PlanOptions { stock: self.stock, step_in, ..PlanOptions::default() };
        let plan = shop.plan(&network, &options)?;
        let Script { commands, foreseen } = self.script(&plan, &shop.products, &options)?;
        if let Some(file) = &self.write_inputs {
            return corpus::write(file, &commands, self.turn);
        }
        if self.list_aside {
            for aside in &plan.set_aside {
                let document = aside.document;
                let units = aside.units.map(|u| format!(", {} of `{}`", u.quantity, u.sku));
                let (number, why) = (&document.number, aside.reason.words());
                println!("set aside: document {number}{}: {why}", units.unwrap_or_default());
            }
        }
        let mut partition_options = self.partition();
        partition_options.turn_inputs = self.turn;
        let partition = open(bodies, &partition_options)?;
        let driven = self.drive(&partition, &commands)?;
        let expected = shop.expected(&options);
        let by_documents = self.stock == StockPolicy::Ample && foreseen.is_none();
        let (origin, notes) = (shop.origin.clone(), shop.notes.clone());
        let (mut facts, tally) = look(
            &partition,
            &partition_options.place,
            origin,
            notes,
            (commands.len(), &driven),
            |tally| match &foreseen {
                Some(foreseen) => Some(life::differences(foreseen, tally)),
                None => by_documents.then(|| differences(&expected, tally)),
            },
        )?;
        facts.life = foreseen.map(|foreseen| foreseen.left_out);
        show(&report::table(&facts, &plan, &expected, &tally))?;
        if let Some(file) = &self.json {
            let text = serde_json::to_string_pretty(&report::json(&facts, &plan, &tally))?;
            std::fs::write(file, text)
                .with_context(|| format!("can't write {}", file.display()))?;
        }
        if !facts.broken.is_empty() || !facts.differences.is_empty() {
            bail!("the figures do not hold: see above");
        }
        Ok(())
    }

    /// All commands of the replay.
    fn script(
        &self,
        plan: &Plan<'_>,
        products: &Products,
        options: &PlanOptions,
    ) -> Result<Script> {
        if self.model == Model::Basic {
            let commands = commands::of_plan(policy(), &plan.happenings)?;
            return Ok(Script { commands, foreseen: None });
        }
        let bar = progress(0, "foreseeing");
        let mut foreseen =
            life::foresee(plan, products, life::policy(policy()), options, &|done, of| {
                bar.set_length(of);
                bar.set_position(done);
            })?;
        bar.finish_and_clear();
        let commands = std::mem::take(&mut foreseen.commands);
        Ok(Script { commands, foreseen: Some(foreseen) })
    }

    fn partition(&self) -> Options {
        let place = match self.ephemeral {
            true => Where::Memory,
            false => Where::Directory(self.dir.clone()),
        };
        let journal = OpenOptions::default();
        let snapshot_every = self.snapshot_every;
        Options { clock: Clock::Logical, snapshot_every, journal, ..Options::new(place) }
    }

    fn drive(&self, partition: &Partition, commands: &[Timely]) -> Result<Driven> {
        let bar = progress(commands.len() as u64, "replaying");
        let out = std::sync::Mutex::new(std::io::stdout());
        let driven = drive(partition, commands, self.ahead, &|place| {
            bar.set_position(place);
            if let (true, Ok(mut out)) = (self.print_acknowledged, out.lock()) {
                // A reader that went away is no reason to stop the replay.
                let _ = writeln!(out, "{place}").and_then(|()| out.flush());
            }
        });
        bar.finish_and_clear();
        driven
    }
}

/// What is done, and of a whole life what the linked core makes of it.
struct Script {
    commands: Vec<Timely>,
    foreseen: Option<Foreseen>,
}

/// The policy of a replay.
pub(crate) fn policy() -> Policy {
    let archive_after = Span::from_days(ARCHIVE_AFTER_DAYS);
    Policy { orders: OrderPolicy { archive_after, ..OrderPolicy::default() }, ..Policy::default() }
}

/// Looks at what a partition holds: the tally, the audit, and how the figures compare.
pub(crate) fn look(
    partition: &Partition,
    place: &Where,
    origin: String,
    notes: Vec<String>,
    (commands, driven): (usize, &Driven),
    compare: impl FnOnce(&Tally) -> Option<Vec<String>>,
) -> Result<(Facts, Tally)> {
    let tally = Tally::of(partition.reader()?.as_mut())?;
    let audited = partition.audit()?;
    let position = *partition.position().borrow();
    let compared = compare(&tally);
    let facts = Facts {
        origin,
        notes,
        commands: commands as u64,
        before: driven.before,
        now: driven.now,
        seconds: driven.took.as_secs_f64(),
        inputs: position.inputs,
        events: position.events,
        chain: blake3::Hash::from_bytes(position.chain).to_hex().to_string(),
        journal_bytes: match place {
            Where::Directory(dir) => Some(files_of(dir)?),
            Where::Memory => None,
        },
        audited: audited.checked,
        broken: audited.broken.iter().map(|b| format!("{}: {}", b.law, b.found)).collect(),
        compared: compared.is_some(),
        differences: compared.unwrap_or_default(),
        life: None,
    };
    Ok((facts, tally))
}

/// With ample stock every figure follows from the documents alone.
fn differences(expected: &Expected, tally: &Tally) -> Vec<String> {
    let mut found = Vec::new();
    let mut hold = |what: &str, counted: i128, should: i128| {
        if counted != should {
            found.push(format!("{what}: {counted} in the journal, {should} in the documents"));
        }
    };
    hold("order lines", tally.lines.into(), expected.order_lines.into());
    hold("orders confirmed", tally.confirmed.into(), tally.placed.into());
    for (id, sku) in &tally.skus {
        let is = tally.units.get(id).copied().unwrap_or_default();
        let should = expected.items.get(sku).copied().unwrap_or_default();
        let mut hold = |what: &str, counted: u64, figure: i64| {
            hold(&format!("{sku} {what}"), counted.into(), figure.into());
        };
        hold("ordered", is.tied, should.ordered);
        hold("cancelled", is.released, should.cancelled);
        hold("shipped", is.shipped, should.shipped());
        hold("returned", is.restocked, should.returned);
        hold("found", is.found, should.found);
        hold("lost", is.lost, should.lost);
    }
    found
}

fn files_of(dir: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir)? {
        let data = entry?.metadata()?;
        bytes += if data.is_file() { data.len() } else { 0 };
    }
    Ok(bytes)
}

/// Prints a report; a reader that went away (`| head`) is no error.
pub(crate) fn show(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}
