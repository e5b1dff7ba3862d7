//! The words for looking: each asks the shop, or what became of the last command.
//! What is not named of a line or a shelf is nothing: a table can't overlook a unit.
//!
//! ```text
//! refused not-in-this-status                 the last command was, by this code
//! nothing happens                            it was accepted, and caused no event
//! events OrderPlaced, InventoryTied          what it caused: exactly that, in this order
//! event StockRestocked [2 times]             it caused so many of these, one if nothing is said
//! no event StockRestocked                    it caused none of these
//! fact InventoryTied at /sourced/cost is 1   JSON in an event that it caused, at a JSON pointer
//! all event CustomerNotified 2 times         the same of the whole scenario
//! order A is confirmed                       its status
//! order A payment awaiting                   one of its axes: payment, stock, fulfilment, returns
//! line A 0 ordered 3, shipped 1, allocated 2 every bucket that is not empty
//! tied A LON 2 mug, LDS 1 mug                where its units are tied, by facility and item
//! parcels A 2                                how many shipments it has
//! told A accepted, shipped 1                 all that its customer was told, in order
//! available mug 7
//! shelf LON mug [back] onHand 10, allocated 3    every counter that is not 0
//! answer OrderStatus {"order":"$A"} at /holds/0/kind is "fraud"
//! ```

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::desk::{Desk, Happened};
use super::say::{tier, with_ids};
use super::words::{Words, json_of};

/// Looks whether what a step says is so.
///
/// # Errors
/// What was expected, and what is there instead.
pub fn look(desk: &mut Desk, text: &str) -> Result<(), String> {
    let mut words = Words::new(text);
    match words.next("a word for looking")? {
        "refused" => refused(desk, &mut words),
        "nothing" => {
            words.must("happens")?;
            events(desk, &[])?;
            words.end()
        }
        "events" => {
            let wanted: Vec<&str> = words.rest().split(',').map(str::trim).collect();
            events(desk, &wanted)
        }
        "event" => count(&desk.last().events.clone(), &mut words),
        "all" => {
            words.must("event")?;
            count(desk.happened(), &mut words)
        }
        "no" => {
            words.must("event")?;
            let name = words.next("an event")?;
            same("events of this kind", &0, &named(&desk.last().events, name))?;
            words.end()
        }
        "fact" => fact(desk, &mut words),
        "order" => order(desk, &mut words),
        "line" => line(desk, &mut words),
        "tied" => tied(desk, &mut words),
        "parcels" => parcels(desk, &mut words),
        "told" => told(desk, &mut words),
        "available" => available(desk, &mut words),
        "shelf" => shelf(desk, &mut words),
        "answer" => answer(desk, &mut words),
        other => Err(format!(
            "expected a word for looking (see `tests/src/scenario/look.rs`), there is `{other}`"
        )),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, wanted: &T, there: &T) -> Result<(), String> {
    if wanted == there {
        return Ok(());
    }
    Err(format!("expected {what} {wanted:?}, there is {there:?}"))
}

fn refused(desk: &Desk, words: &mut Words<'_>) -> Result<(), String> {
    let code = words.next("the code of a refusal")?;
    words.end()?;
    match &desk.last().refused {
        Some((there, _)) if there == code => Ok(()),
        Some((there, message)) => {
            Err(format!("expected the refusal `{code}`, there is `{there}`: {message}"))
        }
        None => {
            let names = names(&desk.last().events);
            Err(format!("expected the refusal `{code}`, it was accepted: {names:?}"))
        }
    }
}

fn events(desk: &Desk, wanted: &[&str]) -> Result<(), String> {
    same("events", &wanted.to_vec(), &names(&desk.last().events))
}

fn count(events: &[Happened], words: &mut Words<'_>) -> Result<(), String> {
    let name = words.next("an event")?;
    let wanted = if words.is_done() { 1 } else { words.number("how many times")? };
    words.take("times");
    same(&format!("`{name}` so many times:"), &wanted, &named(events, name))?;
    words.end()
}

fn named(events: &[Happened], name: &str) -> usize {
    events.iter().filter(|event| event.name == name).count()
}

fn names(events: &[Happened]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

fn fact(desk: &mut Desk, words: &mut Words<'_>) -> Result<(), String> {
    let name = words.next("an event")?;
    words.must("at")?;
    let pointer = words.next("a JSON pointer")?;
    words.must("is")?;
    let wanted = with_ids(desk, words.json()?)?;
    let events = &desk.last().events;
    let of_kind = events.iter().filter(|event| event.name == name);
    let there: Vec<Value> =
        of_kind.map(|e| e.data.pointer(pointer).cloned().unwrap_or_default()).collect();
    if there.contains(&wanted) {
        return Ok(());
    }
    Err(format!("expected `{name}` with {wanted} at `{pointer}`, there is {}", json!(there)))
}

fn order(desk: &mut Desk, words: &mut Words<'_>) -> Result<(), String> {
    let order = desk.order(words.next("an order")?);
    let axis = match words.next("`is`, or an axis")? {
        "is" => "status",
        axis @ ("payment" | "stock" | "fulfilment" | "returns") => axis,
        other => return Err(format!("expected `is`, or an axis, there is `{other}`")),
    };
    let wanted = words.next("a status")?;
    words.end()?;
    let there = match desk.ask("OrderStatus", &json!({ "order": order })) {
        Ok(answer) => answer[axis].as_str().unwrap_or_default().to_owned(),
        Err(_) if wanted == "gone" => "gone".to_owned(),
        Err(error) => return Err(error),
    };
    same(axis, &wanted.to_owned(), &there)
}

fn view(desk: &mut Desk, words: &mut Words<'_>) -> Result<Value, String> {
    let order = desk.order(words.next("an order")?);
    desk.ask("Order", &json!({ "order": order }))
}

fn line(desk: &mut Desk, words: &mut Words<'_>) -> Result<(), String> {
    let order = view(desk, words)?;
    let number: usize = words.number("a line")?;
    let there = counters(&order["lines"][number]["buckets"], &[]);
    if there.is_empty() {
        return Err(format!("expected a line {number}, there is none"));
    }
    same("in its buckets", &counters_of(words)?, &there)
}

/// `onHand 10, allocated 3`.
fn counters_of(words: &mut Words<'_>) -> Result<BTreeMap<String, u64>, String> {
    let mut wanted = BTreeMap::new();
    while !words.is_done() {
        let name = words.next("a counter")?.to_owned();
        let count = words.next("a number")?.trim_end_matches(',');
        let count = count.parse().map_err(|_| format!("expected a number, there is `{count}`"))?;
        wanted.insert(name, count);
    }
    Ok(wanted)
}

/// The fields that are numbers above 0.
fn counters(fields: &Value, but: &[&str]) -> BTreeMap<String, u64> {
    let fields = fields.as_object().into_iter().flatten();
    let counted = fields.filter_map(|(name, count)| Some((name.clone(), count.as_u64()?)));
    counted.filter(|(name, count)| *count > 0 && !but.contains(&name.as_str())).collect()
}

fn tied(desk: &mut Desk, words: &mut Words<'_>) -> Result<(), String> {
    let order = view(desk, words)?;
    let mut wanted: BTreeMap<(String, String), u64> = BTreeMap::new();
    for part in words.rest().split(',').map(str::trim).filter(|part| *part != "nowhere") {
        let mut part = Words::new(part);
        let code = part.next("a facility")?.to_owned();
        let units: u64 = part.number("units")?;
        *wanted.entry((code, part.next("an item")?.to_owned())).or_default() += units;
    }
    let codes = all(&desk.ask("Summary", &json!({}))?["facilities"]);
    let code = |id: &Value| codes.iter().find(|f| f["id"] == *id).map(|f| f["code"].clone());
    let mut there: BTreeMap<(String, String), u64> = BTreeMap::new();
    for portion in all(&order["tied"]) {
        let code = code(&portion["facility"]).unwrap_or_default();
        let item = desk.ask("Items", &json!({ "items": [{ "id": portion["item"] }] }));
        let sku = match item {
            Ok(items) => items[0]["sku"].clone(),
            Err(_) => sku_of(desk, &portion["item"])?,
        };
        let key = (text(&code), text(&sku));
        *there.entry(key).or_default() += portion["quantity"].as_u64().unwrap_or_default();
    }
    same("tied", &wanted, &there)
}

fn sku_of(desk: &mut Desk, id: &Value) -> Result<Value, String> {
    let levels = desk.ask("Levels", &json!({ "items": [{ "id": id }] }))?;
    Ok(levels[0]["item"]["sku"].clone())
}

fn parcels(desk: &mut Desk, words: &mut Words<'_>) -> Result<(), String> {
    let order = view(desk, words)?;
    let wanted: usize = words.number("parcels")?;
    same("parcels", &wanted, &all(&order["shipments"]).len())?;
    words.end()
}

fn told(desk: &mut Desk, words: &mut Words<'_>) -> Result<(), String> {
    let order = desk.order(words.next("an order")?);
    let list = words.rest();
    let wanted = list.split(',').map(str::trim).filter(|news| *news != "nothing");
    let wanted: Vec<String> = wanted.map(str::to_owned).collect();
    let of_order =
        |event: &&Happened| event.name == "CustomerNotified" && event.data["order"] == json!(order);
    let news = |event: &Happened| match &event.data["news"] {
        Value::Object(fields) => {
            let number = |of: &Value| match desk.name_of(of) {
                Some(order) => order.to_owned(),
                None => text(of).rsplit('-').next().unwrap_or_default().to_owned(),
            };
            let named = fields.iter().map(|(name, of)| format!("{name} {}", number(of)));
            named.collect::<Vec<_>>().join(" ")
        }
        news => text(news),
    };
    let there: Vec<String> = desk.happened().iter().filter(of_order).map(news).collect();
    same("told", &wanted, &there)
}

fn available(desk: &mut Desk, words: &mut Words<'_>) -> Result<(), String> {
    let sku = words.next("an item")?;
    let wanted: u64 = words.number("units")?;
    words.end()?;
    let levels = desk.ask("Levels", &json!({ "items": [{ "sku": sku }] }))?;
    let there = levels[0]["available"].as_u64();
    same(&format!("available of `{sku}`"), &Some(wanted), &there)
}

fn shelf(desk: &mut Desk, words: &mut Words<'_>) -> Result<(), String> {
    let facility = desk.facility(words.next("a facility")?)?;
    let sku = words.next("an item")?;
    let tier = tier(words);
    let levels = desk.ask("Levels", &json!({ "items": [{ "sku": sku }] }))?;
    let shelves = all(&levels[0]["shelves"]);
    let found = shelves.iter().find(|s| s["facility"] == facility && s["tier"] == tier);
    let there = found.map(|shelf| counters(shelf, &["available"])).unwrap_or_default();
    same("on the shelf", &counters_of(words)?, &there)
}

fn answer(desk: &mut Desk, words: &mut Words<'_>) -> Result<(), String> {
    let name = words.next("a query")?;
    let query = with_ids(desk, json_of(words.until("at")?)?)?;
    let pointer = words.until("is")?;
    let wanted = with_ids(desk, words.json()?)?;
    let answer = desk.ask(name, &query)?;
    let there = answer.pointer(pointer).cloned().unwrap_or_default();
    if there == wanted {
        return Ok(());
    }
    Err(format!("expected {wanted} at `{pointer}`, there is {there} in {answer}"))
}

fn all(list: &Value) -> Vec<Value> {
    list.as_array().cloned().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
