//! Golden bytes: every kind of the wire form as it was released. Why: a journal outlives the
//! program that wrote it, and postcard reads a reordered enum silently as the wrong variant.
//!
//! Each entry of `golden/v1` is a value written once: its bytes in hex, and its JSON. A value must
//! give these bytes, the bytes this value, and the same for JSON; both ways, since a mistake made
//! twice cancels out in a round trip.
//!
//! To add a kind, add values to `samples`, and run `EARMARK_BLESS=1 cargo test -p earmark
//! --features json --test written golden`: that writes entries that are missing, and never
//! changes one.

use crate::samples;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write as _};
use std::path::PathBuf;

use crate::samples::{Old, Sample};
use earmark::flow::{Refusal, Shop, Slice};
use earmark::schema::{
    COMMANDS, EVENTS, QUERIES, SliceRequest, decode_answer, decode_command, decode_event,
    decode_query, encode_answer, encode_command, encode_event, encode_query, from_bytes, to_bytes,
};

/// One value, and how its golden forms are to be read.
struct Golden {
    head: String,
    bytes: Vec<u8>,
    json: Option<String>,
    reads: Reader<[u8]>,
    reads_json: Reader<str>,
}

/// Reads a golden form, and fails unless it is the value.
type Reader<Form> = Box<dyn Fn(&Form)>;

impl Golden {
    fn new<T: PartialEq + Debug + Clone + 'static>(
        head: String,
        value: &T,
        bytes: Vec<u8>,
        read: impl Fn(&[u8]) -> T + 'static,
    ) -> Self {
        let (wanted, told) = (value.clone(), head.clone());
        let reads = Box::new(move |bytes: &[u8]| assert_eq!(read(bytes), wanted, "{told}"));
        Self { head, bytes, json: None, reads, reads_json: Box::new(|_| {}) }
    }

    #[cfg(feature = "json")]
    fn json<T: PartialEq + Debug + Clone + 'static>(
        mut self,
        value: &T,
        json: Vec<u8>,
        read: impl Fn(&str) -> T + 'static,
    ) -> Self {
        let (wanted, told) = (value.clone(), self.head.clone());
        self.json = Some(String::from_utf8(json).unwrap());
        self.reads_json = Box::new(move |json| assert_eq!(read(json), wanted, "{told}"));
        self
    }
}

#[test]
fn commands_keep_their_bytes_and_their_json() {
    let golden = |Sample { case, value }: Sample<_>| {
        let (kind, bytes) = encode_command(&value, Vec::new()).unwrap().unwrap();
        let head = format!("command {kind} {}: {case}", COMMANDS[usize::from(kind)].name);
        let read = move |bytes: &[u8]| decode_command(kind, bytes).unwrap();
        let golden = Golden::new(head, &value, bytes, read);
        #[cfg(feature = "json")]
        let golden = {
            use earmark::schema::{command_from_json, command_to_json};
            let json = command_to_json(&value).unwrap().unwrap();
            golden.json(&value, json, move |json| command_from_json(kind, json.as_bytes()).unwrap())
        };
        golden
    };
    let mut all: Vec<Golden> = samples::commands().into_iter().map(golden).collect();
    all.extend(samples::old_commands().into_iter().map(old_command));
    has_every("command", COMMANDS.iter().map(|c| c.name), &all);
    hold("commands", &all);
}

/// An old form is held as any other: its bytes stay, and are read as the value of today.
fn old_command(old: Sample<Old<earmark::schema::v1::SetPolicy, earmark::flow::Command>>) -> Golden {
    let Sample { case, value: Old { was, is } } = old;
    let (head, bytes) = (format!("command 0 SetPolicy: {case}"), to_bytes(&was).unwrap());
    let golden = Golden::new(head, &is, bytes, |bytes| decode_command(0, bytes).unwrap());
    #[cfg(feature = "json")]
    let golden = golden.json(&is, serde_json::to_vec(&was).unwrap(), |json| {
        earmark::schema::command_from_json(0, json.as_bytes()).unwrap()
    });
    golden
}

#[test]
fn events_keep_their_bytes_and_their_json() {
    let golden = |Sample { case, value }: Sample<_>| {
        let (kind, bytes) = encode_event(&value, Vec::new()).unwrap().unwrap();
        let head = format!("event {kind} {}: {case}", EVENTS[usize::from(kind)].name);
        let read = move |bytes: &[u8]| decode_event(kind, bytes).unwrap();
        let golden = Golden::new(head, &value, bytes, read);
        #[cfg(feature = "json")]
        let golden = {
            let json = earmark::schema::event_to_json(&value).unwrap();
            // Events are written as JSON, never read: what can be checked is that it is one.
            golden.json(&(), json, |json| {
                serde_json::from_str::<serde::de::IgnoredAny>(json).unwrap();
            })
        };
        golden
    };
    let mut all: Vec<Golden> = samples::events().into_iter().map(golden).collect();
    all.extend(samples::old_events().into_iter().map(|old| old_event(0, old)));
    all.extend(samples::old_holds().into_iter().map(|old| old_event(62, old)));
    all.extend(samples::old_returns().into_iter().map(|old| old_event(15, old)));
    all.extend(samples::old_needs().into_iter().map(|old| old_event(124, old)));
    has_every("event", EVENTS.iter().map(|e| e.name), &all);
    hold("events", &all);
}

/// The same of events.
fn old_event<Was>(kind: u16, old: Sample<Old<Was, earmark::flow::Event>>) -> Golden
where
    Was: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug + Clone + 'static,
{
    let Sample { case, value: Old { was, is } } = old;
    let head = format!("event {kind} {}: {case}", EVENTS[usize::from(kind)].name);
    let bytes = to_bytes(&was).unwrap();
    let golden = Golden::new(head, &is, bytes, move |bytes| decode_event(kind, bytes).unwrap());
    #[cfg(feature = "json")]
    let golden = golden
        .json(&was, serde_json::to_vec(&was).unwrap(), |json| serde_json::from_str(json).unwrap());
    golden
}

#[test]
fn queries_answers_and_refusals_keep_their_bytes_and_their_json() {
    let query = |Sample { case, value }: Sample<_>| {
        let (kind, bytes) = encode_query(&value, Vec::new()).unwrap().unwrap();
        let head = format!("query {kind} {}: {case}", QUERIES[usize::from(kind)].name);
        let read = move |bytes: &[u8]| decode_query(kind, bytes).unwrap();
        let golden = Golden::new(head, &value, bytes, read);
        #[cfg(feature = "json")]
        let golden = {
            let json = readable(&value, kind);
            let read =
                move |json: &str| earmark::schema::query_from_json(kind, json.as_bytes()).unwrap();
            golden.json(&value, json, read)
        };
        golden
    };
    let mut all: Vec<Golden> = samples::queries().into_iter().map(query).collect();
    all.extend(samples::old_queries().into_iter().map(old_query));
    has_every("query", QUERIES.iter().map(|q| q.name), &all);
    all.extend(samples::refusals().into_iter().map(refusal));
    all.extend(samples::slice_requests().into_iter().map(slice_request));
    hold("answers", &all);
}

/// The same of queries.
fn old_query(old: Sample<Old<earmark::schema::v1::PreviewQuery, earmark::flow::Query>>) -> Golden {
    let Sample { case, value: Old { was, is } } = old;
    let (head, bytes) = (format!("query 0 Preview: {case}"), to_bytes(&was).unwrap());
    let golden = Golden::new(head, &is, bytes, |bytes| decode_query(0, bytes).unwrap());
    #[cfg(feature = "json")]
    let golden = golden.json(&is, serde_json::to_vec(&was).unwrap(), |json| {
        earmark::schema::query_from_json(0, json.as_bytes()).unwrap()
    });
    golden
}

/// A query's JSON; the API has no need to write one.
#[cfg(feature = "json")]
fn readable(query: &earmark::flow::Query, _: u16) -> Vec<u8> {
    use earmark::flow::Query;
    let json = match query {
        Query::Preview(inside) => serde_json::to_vec(inside),
        Query::Order(inside) => serde_json::to_vec(inside),
        Query::Orders(inside) => serde_json::to_vec(inside),
        Query::Items(inside) => serde_json::to_vec(inside),
        Query::Stock(inside) => serde_json::to_vec(inside),
        Query::Summary(inside) => serde_json::to_vec(inside),
        Query::Explain(inside) => serde_json::to_vec(inside),
        Query::Levels(inside) => serde_json::to_vec(inside),
        Query::Incoming(inside) => serde_json::to_vec(inside),
        Query::Alerts(inside) => serde_json::to_vec(inside),
        Query::OrderStatus(inside) => serde_json::to_vec(inside),
        Query::Worklist(inside) => serde_json::to_vec(inside),
        Query::Workload(inside) => serde_json::to_vec(inside),
        Query::Payment(inside) => serde_json::to_vec(inside),
        Query::Backorders(inside) => serde_json::to_vec(inside),
    };
    json.unwrap()
}

fn answer(Sample { case, value }: Sample<earmark::flow::Answer>) -> Golden {
    let bytes = encode_answer(&value).unwrap();
    let read = |bytes: &[u8]| decode_answer(bytes).unwrap();
    let golden = Golden::new(format!("answer: {case}"), &value, bytes, read);
    #[cfg(feature = "json")]
    let golden = {
        use earmark::flow::Answer;
        let json = earmark::schema::answer_to_json(&value).unwrap();
        let like = value.clone();
        golden.json(&value, json, move |json| match like {
            Answer::Preview(_) => Answer::Preview(serde_json::from_str(json).unwrap()),
            Answer::Order(_) => Answer::Order(serde_json::from_str(json).unwrap()),
            Answer::Orders(_) => Answer::Orders(serde_json::from_str(json).unwrap()),
            Answer::Items(_) => Answer::Items(serde_json::from_str(json).unwrap()),
            Answer::Summary(_) => Answer::Summary(serde_json::from_str(json).unwrap()),
            Answer::Explained(_) => Answer::Explained(serde_json::from_str(json).unwrap()),
            Answer::Levels(_) => Answer::Levels(serde_json::from_str(json).unwrap()),
            Answer::Incoming(_) => Answer::Incoming(serde_json::from_str(json).unwrap()),
            Answer::Alerts(_) => Answer::Alerts(serde_json::from_str(json).unwrap()),
            Answer::OrderStatus(_) => Answer::OrderStatus(serde_json::from_str(json).unwrap()),
            Answer::Worklist(_) => Answer::Worklist(serde_json::from_str(json).unwrap()),
            Answer::Workload(_) => Answer::Workload(serde_json::from_str(json).unwrap()),
            Answer::Payment(_) => Answer::Payment(serde_json::from_str(json).unwrap()),
            Answer::Backorders(_) => Answer::Backorders(serde_json::from_str(json).unwrap()),
        })
    };
    golden
}

fn refusal(Sample { case, value }: Sample<Refusal>) -> Golden {
    let role = match &value {
        Refusal::NotHere { .. } | Refusal::HappenedHere { .. } | Refusal::NotACourier => "any",
        Refusal::PolicyOutOfBounds { .. } => "policy",
        Refusal::Order(_) => "order",
        Refusal::Inventory(_) => "inventory",
        Refusal::Fulfilment(_) => "fulfilment",
        Refusal::Payment(_) => "payment",
    };
    let bytes = to_bytes(&value).unwrap();
    let read = |bytes: &[u8]| from_bytes("a refusal", bytes).unwrap();
    let golden = Golden::new(format!("refusal {role}: {case}"), &value, bytes, read);
    #[cfg(feature = "json")]
    let golden = {
        let json = earmark::schema::refusal_to_json(&value).unwrap();
        golden.json(&value, json, |json| serde_json::from_str(json).unwrap())
    };
    golden
}

fn slice_request(Sample { case, value }: Sample<SliceRequest>) -> Golden {
    let bytes = to_bytes(&value).unwrap();
    let read = |bytes: &[u8]| from_bytes("a request for a slice", bytes).unwrap();
    let golden = Golden::new(format!("slice request: {case}"), &value, bytes, read);
    #[cfg(feature = "json")]
    let golden = {
        let json = serde_json::to_vec(&value).unwrap();
        golden.json(&value, json, |json| {
            earmark::schema::slice_request_from_json(json.as_bytes()).unwrap()
        })
    };
    golden
}

#[test]
fn snapshots_and_slices_keep_their_bytes() {
    let (shop, slice) = (samples::lived(), samples::slice());
    assert!(shop.audit().broken.is_empty());
    let read_shop = |bytes: &[u8]| {
        let mut shop: Shop = from_bytes("a snapshot", bytes).unwrap();
        shop.restore();
        shop
    };
    let read_slice = |bytes: &[u8]| from_bytes::<Slice>("a slice", bytes).unwrap();
    let all = [
        Golden::new("snapshot: lived".into(), &shop, to_bytes(&shop).unwrap(), read_shop),
        Golden::new("slice: lived".into(), &slice, to_bytes(&slice).unwrap(), read_slice),
    ];
    hold_for_now("states", &all);
}

fn has_every<'a>(what: &str, names: impl Iterator<Item = &'a str>, all: &[Golden]) {
    for (kind, name) in names.enumerate() {
        let head = format!("{what} {kind} {name}: ");
        let has = all.iter().any(|golden| golden.head.starts_with(&head));
        assert!(has, "{what} {kind} `{name}` has no sample: add one, and bless it");
    }
}

#[test]
fn answers_keep_their_json_until_that_is_changed_on_purpose() {
    let all: Vec<Golden> = samples::answers().into_iter().map(answer).collect();
    hold_for_now("answers", &all);
}

/// States and answers live within one build: a host throws away snapshots of another plugin, and
/// an answer is read at once. Their forms are held so that a change of them is meant;
/// `EARMARK_BLESS=now` takes it over.
fn hold_for_now(name: &str, all: &[Golden]) {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/golden"].iter().collect();
    let path = path.join(format!("{name}.hex"));
    if std::env::var_os("EARMARK_BLESS").is_some_and(|what| what == "now") {
        let entry =
            |golden: &Golden| Entry { hex: Some(hex(&golden.bytes)), json: golden.json.clone() };
        let entries = all.iter().map(|golden| (golden.head.clone(), entry(golden))).collect();
        std::fs::write(&path, write(all, &entries)).unwrap();
    }
    let known = parse(&std::fs::read_to_string(&path).unwrap_or_default());
    for golden in all {
        let told = "has changed its form: if that is meant, EARMARK_BLESS=now takes it over";
        let known = known.get(&golden.head).unwrap_or_else(|| panic!("{} {told}", golden.head));
        assert_eq!(known.hex.as_ref(), Some(&hex(&golden.bytes)), "{} {told}", golden.head);
        (golden.reads)(&golden.bytes);
        if let Some(json) = &golden.json {
            assert_eq!(known.json.as_ref(), Some(json), "{} {told}", golden.head);
            (golden.reads_json)(json);
        }
    }
}

/// Holds the values against their file.
fn hold(name: &str, all: &[Golden]) {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/golden/v1"].iter().collect();
    let path = path.join(format!("{name}.hex"));
    let mut known = parse(&std::fs::read_to_string(&path).unwrap_or_default());
    let heads: BTreeSet<&str> = all.iter().map(|golden| golden.head.as_str()).collect();
    assert_eq!(heads.len(), all.len(), "two samples have one name");
    let orphan = known.keys().find(|head| !heads.contains(head.as_str()));
    assert_eq!(orphan, None, "golden bytes have lost their sample: a released form stays for ever");
    let is_blessing = std::env::var_os("EARMARK_BLESS").is_some();
    for golden in all {
        let (head, hex) = (&golden.head, hex(&golden.bytes));
        let entry = known.entry(head.clone()).or_default();
        if is_blessing {
            entry.hex.get_or_insert_with(|| hex.clone());
            entry.json = entry.json.take().or(golden.json.clone());
        }
        let wanted = entry
            .hex
            .as_ref()
            .unwrap_or_else(|| panic!("{head}: no golden bytes yet; EARMARK_BLESS=1 writes them"));
        assert_eq!(hex, *wanted, "{head}: the value is written differently than it was released");
        (golden.reads)(&unhex(wanted));
        if let Some(json) = &golden.json {
            let wanted = entry
                .json
                .as_ref()
                .unwrap_or_else(|| panic!("{head}: no golden JSON yet; EARMARK_BLESS=1 writes it"));
            assert_eq!(json, wanted, "{head}: the JSON differs from what was released");
            (golden.reads_json)(wanted);
        }
    }
    if is_blessing {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, write(all, &known)).unwrap();
    }
}

/// The golden forms of one value.
#[derive(Default)]
struct Entry {
    hex: Option<String>,
    json: Option<String>,
}

/// `# head`, then lines of hex, then a line of JSON if there is one.
fn parse(file: &str) -> BTreeMap<String, Entry> {
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    let mut head = String::new();
    for line in file.lines() {
        if let Some(new) = line.strip_prefix("# ") {
            head = new.to_string();
            let before = entries.insert(head.clone(), Entry::default());
            assert!(before.is_none(), "`{head}` stands there twice");
        } else if let Some(json) = line.strip_prefix("json ") {
            entries.get_mut(&head).unwrap().json = Some(json.to_string());
        } else if !line.is_empty() {
            entries.get_mut(&head).unwrap().hex.get_or_insert_default().push_str(line);
        }
    }
    // A value of no bytes has no line of hex.
    entries.values_mut().for_each(|entry| {
        entry.hex.get_or_insert_default();
    });
    entries
}

fn write(all: &[Golden], known: &BTreeMap<String, Entry>) -> String {
    let mut file = String::new();
    for golden in all {
        let entry = &known[&golden.head];
        writeln!(file, "# {}", golden.head).unwrap();
        let hex = entry.hex.as_deref().unwrap_or_default();
        for line in hex.as_bytes().chunks(96) {
            writeln!(file, "{}", str::from_utf8(line).unwrap()).unwrap();
        }
        if let Some(json) = &entry.json {
            writeln!(file, "json {json}").unwrap();
        }
        file.push('\n');
    }
    file
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}
