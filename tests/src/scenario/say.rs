//! The words for doing: each becomes a command of the wire, or something about whoever gives it.
//! What has no word of its own is given as `do NAME {json}`.
//!
//! ```text
//! facility LON in GB at 51.5074,-0.1278 [by LHR 51.47,-0.4543]
//! item mug [price 4.95]
//! kit set 2 mug, 1 pen
//! stock LON mug 10 [back]
//! policy {"orders":{"staged":true}}          what is not named stays as it is
//! payment within 1h | none                   the same, of the payment policy
//! place A 3 mug, 2 pen [to FR 48.85,2.35] [price 4.95]
//! replace A by B 3 mug [to ..] [price ..]    an order B in place of A
//! extend A 2h                                  it may be paid until so long after now
//! pay A 14.85
//! cancel A [2 mug] [because fraud]
//! amend A [line 0 to 5] [price 4.95] [add 2 pen] [to GB 53.80,-1.54]
//! release A [at LON]   pick A at LON [3 mug] [missing 1 mug]   pack A at LON   refuse A at LON
//! hold A fraud [for 1h]   unhold A 1   accept A 1   decline A 1   (a request to cancel)
//! ship A [at LON]   deliver A [1]   void A 1   lose A 1   send-back A 1 restock [at LON]
//! return A 1 mug   take-back A [1 mug] restock [at LON] [number 1]   refuse-return A 1
//! adjust LON mug lost 3 [back]   count LON mug 7 [back]
//! transfer mug 3 from LON to LDS   arrive 1 2 [lost]
//! wait 1h                                    the clock moves, and ticks
//! later 1h                                   the clock moves, and nobody notices
//! as ada | staff                             who gives the commands from here on
//! again                                      the last command, the same bytes
//! do SetLowStock {"item":{"sku":"mug"},"threshold":3}     $A is an order's id, @LON a facility's
//! ```

use serde_json::{Map, Value, json};

use super::desk::{Desk, Who};
use super::words::{Units, Words};

/// The currency of all tables.
const CURRENCY: &str = "GBP";
/// Where an order goes if nothing is said: London.
const HOME: (&str, i64, i64) = ("GB", 51_507_400, -127_800);

/// Does what a step says.
///
/// # Errors
/// What was expected instead; or what every step must keep, and this one does not.
pub fn act(desk: &mut Desk, text: &str) -> Result<(), String> {
    let mut words = Words::new(text);
    let verb = words.next("a word for doing")?;
    match verb {
        "again" => words.end().and_then(|()| desk.again()),
        "wait" => {
            desk.wait(words.time()?);
            words.end()?;
            desk.give("Tick", &json!({}))
        }
        "later" => {
            desk.wait(words.time()?);
            words.end()
        }
        "as" => {
            let who = words.next("`staff` or a customer")?;
            desk.put_on(if who == "staff" { Who::staff() } else { Who::customer(who) });
            words.end()
        }
        "do" => {
            let name = words.next("the name of a command")?;
            let data = with_ids(desk, words.json()?)?;
            desk.give(name, &data)
        }
        _ => {
            let (name, data) = match verb {
                "facility" | "item" | "kit" | "stock" | "adjust" | "count" | "transfer"
                | "arrive" | "policy" | "payment" => of_shop(desk, verb, &mut words)?,
                _ => of_order(desk, verb, &mut words)?,
            };
            words.end()?;
            desk.give(name, &data)
        }
    }
}

type Command = Result<(&'static str, Value), String>;

fn of_shop(desk: &mut Desk, verb: &str, words: &mut Words<'_>) -> Command {
    match verb {
        "facility" => facility(words),
        "item" => {
            let sku = words.next("a SKU")?;
            let price = if words.take("price") { words.next("a price")? } else { "1.00" };
            Ok(("DefineItem", json!({ "sku": sku, "name": sku, "unitPrice": price })))
        }
        "kit" => {
            let sku = words.next("a SKU")?;
            let made_of = |u: &Units| json!({ "item": { "sku": u.item }, "quantity": u.quantity });
            let components: Vec<Value> = words.units()?.iter().map(made_of).collect();
            Ok(("DefineKit", json!({ "sku": sku, "name": sku, "components": components })))
        }
        "stock" => {
            let mut data = shelf(words)?;
            data["quantity"] = json!(words.number::<u32>("units")?);
            data["tier"] = tier(words);
            Ok(("ReceiveStock", data))
        }
        "adjust" => {
            let mut data = shelf(words)?;
            data["adjustment"] = json!(words.next("`lost`, `found` or `damaged`")?);
            data["quantity"] = json!(words.number::<u32>("units")?);
            data["tier"] = tier(words);
            Ok(("AdjustStock", data))
        }
        "count" => {
            let mut data = shelf(words)?;
            data["counted"] = json!(words.number::<u32>("units")?);
            data["tier"] = tier(words);
            data["reason"] = json!("count");
            Ok(("CountStock", data))
        }
        "transfer" | "arrive" => moved(verb, words),
        "payment" => {
            let payment = if words.take("none") {
                json!("none")
            } else {
                words.must("within")?;
                let deadline = u64::try_from(words.time()?.as_millis()).unwrap_or(u64::MAX);
                json!({ "required": { "deadline": deadline } })
            };
            set_policy(desk, &json!({ "orders": { "payment": payment } }))
        }
        _ => {
            let change = words.json()?;
            set_policy(desk, &change)
        }
    }
}

fn moved(verb: &str, words: &mut Words<'_>) -> Command {
    if verb == "arrive" {
        let transfer = numbered("transfer", words)?;
        let quantity: u32 = words.number("units")?;
        let rest = if words.take("lost") { "lost" } else { "onItsWay" };
        let data = json!({ "transfer": transfer, "quantity": quantity, "rest": rest });
        return Ok(("ReceiveTransfer", data));
    }
    let item = words.next("an item")?;
    let quantity: u32 = words.number("units")?;
    words.must("from")?;
    let from = words.next("a facility")?;
    words.must("to")?;
    let to = words.next("a facility")?;
    let (from_tier, to_tier) = ("primary", "primary");
    Ok((
        "SendTransfer",
        json!({
            "item": { "sku": item }, "quantity": quantity,
            "from": { "code": from }, "fromTier": from_tier,
            "to": { "code": to }, "toTier": to_tier,
        }),
    ))
}

fn facility(words: &mut Words<'_>) -> Command {
    let code = words.next("a code")?;
    words.must("in")?;
    let country = words.next("a country")?;
    words.must("at")?;
    let location = words.place()?;
    let mut gateways = Vec::new();
    while words.take("by") {
        let iata = words.next("an airport")?;
        gateways.push(json!({ "iata": iata, "location": words.place()? }));
    }
    let name = code;
    Ok((
        "DefineFacility",
        json!({
            "code": code, "name": name, "country": country,
            "location": location, "gateways": gateways,
        }),
    ))
}

/// Changes what is named of the policy in force.
fn set_policy(desk: &mut Desk, change: &Value) -> Command {
    let mut policy = desk.ask("Summary", &json!({}))?["policy"].clone();
    merge(&mut policy, change);
    Ok(("SetPolicy", json!({ "policy": policy })))
}

/// Objects are merged, unless what is named has one field as a choice has; all else is replaced.
fn merge(into: &mut Value, change: &Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (name, value) in change {
                match into.get_mut(name) {
                    Some(known) if known.is_object() && value.is_object() => merge(known, value),
                    _ => {
                        into.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        (into, change) => *into = change.clone(),
    }
}

/// The words that are about an order.
const OF_ORDERS: [&str; 22] = [
    "place",
    "replace",
    "extend",
    "pay",
    "cancel",
    "amend",
    "release",
    "pick",
    "pack",
    "refuse",
    "hold",
    "unhold",
    "accept",
    "decline",
    "ship",
    "deliver",
    "void",
    "lose",
    "send-back",
    "return",
    "take-back",
    "refuse-return",
];

fn of_order(desk: &mut Desk, verb: &str, words: &mut Words<'_>) -> Command {
    if !OF_ORDERS.contains(&verb) {
        return Err(format!(
            "expected a word for doing (see `tests/src/scenario/say.rs`, or give `do NAME \
             {{json}}`), there is `{verb}`"
        ));
    }
    let order = desk.order(words.next("an order")?);
    let mut data = Map::new();
    data.insert("order".to_owned(), order.into());
    let mut data = Value::Object(data);
    let name = match verb {
        "place" => place(words, &mut data)?,
        "extend" => {
            data["until"] = json!(desk.later(words.time()?));
            "ExtendOrder"
        }
        "replace" => {
            words.must("by")?;
            let by = desk.order(words.next("an order")?);
            let mut new = json!({ "order": by });
            place(words, &mut new)?;
            data = json!({ "place": new, "replaces": data["order"] });
            "ReplaceOrder"
        }
        "amend" => amend(words, &mut data)?,
        "pay" => {
            let value = words.next("an amount")?;
            data["amount"] = json!({ "currency": CURRENCY, "value": value });
            "AuthorizePayment"
        }
        "cancel" => {
            if has_units(words) {
                data["lines"] = lines(&words.units()?);
            }
            let reason = if words.take("because") { words.next("a reason")? } else { "customer" };
            data["reason"] = json!(reason);
            "CancelOrder"
        }
        "hold" => {
            data["kind"] = json!(words.next("a kind of hold")?);
            if words.take("for") {
                data["autoRelease"] = json!(u64::try_from(words.time()?.as_millis()).ok());
            }
            "PlaceHold"
        }
        "accept" | "decline" => {
            data["cancellation"] = numbered("cancellation", words)?;
            if verb == "accept" { "AcceptCancellation" } else { "DeclineCancellation" }
        }
        "unhold" => {
            data["hold"] = numbered("hold", words)?;
            "ReleaseHold"
        }
        "release" | "pick" | "pack" | "refuse" | "ship" => at_work(desk, verb, words, &mut data)?,
        "deliver" | "void" | "lose" | "send-back" => on_the_way(desk, verb, words, &mut data)?,
        _ => coming_back(desk, verb, words, &mut data)?,
    };
    Ok((name, data))
}

fn place(words: &mut Words<'_>, data: &mut Value) -> Result<&'static str, String> {
    let units = words.units()?;
    let (country, lat, lon) = HOME;
    let home = json!({ "country": country, "location": { "lat": lat, "lon": lon } });
    data["destination"] = if words.take("to") { destination(words)? } else { home };
    let price = if words.take("price") { words.next("a price")? } else { "1.00" };
    let line = |units: &Units| priced(units, price);
    data["lines"] = units.iter().map(line).collect();
    data["currency"] = json!(CURRENCY);
    Ok("PlaceOrder")
}

fn amend(words: &mut Words<'_>, data: &mut Value) -> Result<&'static str, String> {
    let (mut changes, mut added) = (Vec::new(), Vec::new());
    while !words.is_done() {
        if words.take("line") {
            let mut change = json!({ "line": numbered("line", words)? });
            if words.take("to") {
                change["quantity"] = json!(words.number::<u32>("units")?);
            }
            if words.take("price") {
                change["unitPrice"] = json!(words.next("a price")?);
            }
            changes.push(change);
        } else if words.take("add") {
            added.extend(words.units()?.iter().map(|units| priced(units, "1.00")));
        } else {
            words.must("to")?;
            data["destination"] = destination(words)?;
        }
    }
    (data["lines"], data["added"]) = (json!(changes), json!(added));
    Ok("AmendOrder")
}

fn at_work(
    desk: &mut Desk,
    verb: &str,
    words: &mut Words<'_>,
    data: &mut Value,
) -> Result<&'static str, String> {
    if words.take("at") {
        data["facility"] = desk.facility(words.next("a facility")?)?;
    }
    if verb == "pick" && has_units(words) {
        data["lines"] = lines(&words.units()?);
    }
    if verb == "pick" && words.take("missing") {
        data["missing"] = lines(&words.units()?);
    }
    Ok(match verb {
        "release" => "ReleaseOrder",
        "pick" => "PickOrder",
        "pack" => "PackOrder",
        "refuse" => "RejectFulfilment",
        _ => "ShipOrder",
    })
}

fn on_the_way(
    desk: &mut Desk,
    verb: &str,
    words: &mut Words<'_>,
    data: &mut Value,
) -> Result<&'static str, String> {
    if has_units(words) {
        data["shipment"] = numbered("shipment", words)?;
    }
    if verb == "send-back" {
        data["putaway"] = json!(words.next("`restock`, `quarantine` or `writeOff`")?);
        if words.take("at") {
            data["facility"] = desk.facility(words.next("a facility")?)?;
        }
    }
    Ok(match verb {
        "deliver" => "DeliverShipment",
        "void" => "VoidShipping",
        "lose" => "LoseShipment",
        _ => "ReturnToSender",
    })
}

fn coming_back(
    desk: &mut Desk,
    verb: &str,
    words: &mut Words<'_>,
    data: &mut Value,
) -> Result<&'static str, String> {
    if verb == "return" {
        data["lines"] = lines(&words.units()?);
        return Ok("RequestReturn");
    }
    if verb == "refuse-return" {
        data["number"] = numbered("return", words)?;
        return Ok("RefuseReturn");
    }
    let some = has_units(words);
    if some {
        data["lines"] = lines(&words.units()?);
    }
    let what = "`restock`, `quarantine`, `writeOff` or `backToCustomer`";
    data["disposition"] = json!(words.next(what)?);
    if words.take("at") {
        data["facility"] = desk.facility(words.next("a facility")?)?;
    }
    if words.take("number") {
        data["number"] = numbered("return", words)?;
    }
    Ok(if some { "ReceiveReturnedUnits" } else { "ReceiveReturn" })
}

/// An id that is a number on the wire: `shipment-1`.
fn numbered(what: &str, words: &mut Words<'_>) -> Result<Value, String> {
    let number: u32 = words.number(&format!("the number of a {what}"))?;
    Ok(json!(format!("{what}-{number}")))
}

fn has_units(words: &Words<'_>) -> bool {
    words.peek().starts_with(|c: char| c.is_ascii_digit())
}

fn lines(units: &[Units]) -> Value {
    let line = |u: &Units| json!({ "line": { "item": { "sku": u.item } }, "quantity": u.quantity });
    units.iter().map(line).collect()
}

fn priced(units: &Units, price: &str) -> Value {
    json!({ "item": { "sku": units.item }, "quantity": units.quantity, "unitPrice": price })
}

fn destination(words: &mut Words<'_>) -> Result<Value, String> {
    let country = words.next("a country")?;
    Ok(json!({ "country": country, "location": words.place()? }))
}

fn shelf(words: &mut Words<'_>) -> Result<Value, String> {
    let (code, sku) = (words.next("a facility")?, words.next("an item")?);
    Ok(json!({ "facility": { "code": code }, "item": { "sku": sku } }))
}

/// The tier of a shelf: primary, unless `back` is the next word.
pub fn tier(words: &mut Words<'_>) -> Value {
    json!(if words.take("back") { "back" } else { "primary" })
}

/// JSON where `$A` stands for the id of an order, and `@LON` for that of a facility.
///
/// # Errors
/// If there is no such facility.
pub fn with_ids(desk: &mut Desk, json: Value) -> Result<Value, String> {
    Ok(match json {
        Value::String(text) => match (text.strip_prefix('$'), text.strip_prefix('@')) {
            (Some(order), _) => desk.order(order).into(),
            (None, Some(code)) => desk.facility(code)?,
            (None, None) => Value::String(text),
        },
        Value::Array(all) => {
            let all: Result<Vec<_>, _> = all.into_iter().map(|one| with_ids(desk, one)).collect();
            Value::Array(all?)
        }
        Value::Object(fields) => {
            let mut written = Map::new();
            for (name, value) in fields {
                written.insert(name, with_ids(desk, value)?);
            }
            Value::Object(written)
        }
        other => other,
    })
}
