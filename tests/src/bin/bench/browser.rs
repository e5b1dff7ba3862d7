//! The preview: in Chromium by the npm package's own script, and natively for comparison.
//!
//! Law: where there is no Node or Chromium it says so; it never makes a figure up.

use std::path::Path;
use std::process::Command as Program;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow, ensure};
use earmark::decide::{Context, Principal};
use earmark::demand::Destination;
use earmark::flow::{Command, Preview, PreviewLine, PreviewQuery, Shop};
use earmark::geo::GeoPoint;
use earmark::ids::{Country, FacilityRef, ItemRef, Tier};
use earmark::inventory::{DefineItem, InventoryCommand, ReceiveStock};
use earmark::sourcing::Proof;
use earmark::time::Timestamp;
use earmark::units::{Quantity, UnitPrice};
use serde_json::Value;

use crate::bodies::AT;
use crate::report::{Report, share};
use crate::world;

/// Where the npm package is.
pub(crate) const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../wasm/npm");

const FACILITIES: usize = 20;
const LINES: usize = 10;
const CALLS: u32 = 20_000;

/// Measures previews.
pub(crate) fn run(report: &mut Report) -> Result<()> {
    report.section("4. preview: 10 lines, 20 facilities");
    match chromium() {
        Err(why) => report.row("in Chromium", "skipped", &format!("{why:#}")),
        Ok(told) => {
            for stock in ["everywhere", "scattered"] {
                let figure = |name: &str| told[stock][name].as_f64();
                let (p50, p99) = (figure("p50").unwrap_or(0.0), figure("p99").unwrap_or(f64::NAN));
                let (mean, parcels) = (figure("mean").unwrap_or(0.0), figure("parcels"));
                let parcels = parcels.unwrap_or(0.0);
                let name = format!("in Chromium, stock {stock}: p99");
                let note = format!("p50 {p50} us, mean {mean} us, {parcels} parcels; below 100 us");
                report.aim(&name, &format!("{p99} us"), &note, p99 < 100.0);
            }
        }
    }
    for (name, lines, holes) in
        [("stock everywhere", LINES, false), ("stock scattered", LINES, true), ("3 lines", 3, true)]
    {
        let (times, parcels) = native(lines, holes)?;
        let at = |part| share(&times, part) as f64 / 1e3;
        let note = format!("p50 {:.1} us, {parcels} parcels, proven optimal", at(0.5));
        report.row(&format!("native, {name}: p99"), &format!("{:.1} us", at(0.99)), &note);
    }
    Ok(())
}

/// What the script of the npm package says.
fn chromium() -> Result<Value> {
    let script = Path::new(PACKAGE).join("conformance/preview.mjs");
    ensure!(script.is_file(), "there is no `wasm/npm/conformance/preview.mjs`");
    ensure!(
        Path::new(PACKAGE).join("dist/earmark_bg.wasm").is_file(),
        "the npm package is not built: `cargo xtask npm`"
    );
    let mut node = Program::new("node");
    node.arg("conformance/preview.mjs").arg("--chromium").current_dir(PACKAGE);
    let said = node.output().context("there is no Node")?;
    if !said.status.success() {
        let why = String::from_utf8_lossy(&said.stderr);
        return Err(anyhow!("it fails: {}", why.lines().last().unwrap_or_default()));
    }
    let text = String::from_utf8(said.stdout)?;
    let line = text.lines().last().context("the script says nothing")?;
    Ok(serde_json::from_str(line)?)
}

/// Nanoseconds of each preview, sorted, and the parcels of the first.
fn native(lines: usize, holes: bool) -> Result<(Vec<u64>, usize)> {
    let shop = shop(holes)?;
    let ask = |round: u32| -> Result<PreviewQuery> {
        let line = |item| -> Result<PreviewLine> {
            let quantity = Quantity::new(1 + round % 3).context("a quantity")?;
            Ok(PreviewLine { item: ItemRef::Sku(world::sku(item)?), quantity })
        };
        let north = i32::try_from(round % 997)? * 1_000;
        let location = GeoPoint { lat: 51_000_000 + north, lon: -100_000 };
        let destination = Destination { country: Country::new("GB")?, location };
        let lines = (0..lines).map(line).collect::<Result<_>>()?;
        Ok(PreviewQuery { lines, destination, at: None })
    };
    let Preview::Served(first) = shop.preview(&ask(0)?) else {
        return Err(anyhow!("the preview has no plan"));
    };
    ensure!(first.proof == Proof::Optimal, "the plan is not proven optimal");
    let mut times = Vec::new();
    for round in 0..CALLS {
        let query = ask(round)?;
        let begun = Instant::now();
        std::hint::black_box(shop.preview(&query));
        times.push(u64::try_from(begun.elapsed().as_nanos())?);
    }
    times.sort_unstable();
    Ok((times, first.parcels.len()))
}

/// Twenty facilities; with holes each has some two thirds of the items.
fn shop(holes: bool) -> Result<Shop> {
    let mut shop = Shop::default();
    let context = Context { at: Timestamp::from_millis(AT), by: Principal::Staff };
    let mut give = |command: InventoryCommand| -> Result<()> {
        let settled = shop.settle(&Command::Inventory(command), &context);
        settled.map_err(|e| anyhow!("{e}"))?.map_err(|e| anyhow!("{e}"))?;
        Ok(())
    };
    for item in 0..LINES {
        let (sku, name) = (world::sku(item)?, world::sku(item)?);
        give(InventoryCommand::DefineItem(DefineItem { sku, name, unit_price: UnitPrice(1) }))?;
    }
    for (at, facility) in world::facilities()?.iter().cycle().take(FACILITIES).enumerate() {
        let mut facility = facility.clone();
        facility.code = world::text(&format!("F{at}"))?;
        facility.location.lat += i32::try_from(at)? * 30_000;
        let code = facility.code.clone();
        give(InventoryCommand::DefineFacility(facility))?;
        for item in (0..LINES).filter(|item| !holes || (item + at) % 3 > 0) {
            give(InventoryCommand::Receive(ReceiveStock {
                item: ItemRef::Sku(world::sku(item)?),
                facility: FacilityRef::Code(code.clone()),
                tier: Tier::Primary,
                quantity: Quantity::new(if holes { 2 } else { 50 }).context("a quantity")?,
            }))?;
        }
    }
    Ok(shop)
}
