//! Plugins that are none, or that mean harm, in real WebAssembly: each has its name and its
//! verdict, and nobody else pays for it.
//!
//! Law: whatever a module does, the host gets a [`Fault`] or a [`LoadError`] and goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::partition_support::*;
use earmark_abi::{Answer, Call, Description, Outcome, Verdict, decode, encode};
use earmark_host::journal::Clock;
use earmark_host::partition::{Caller, NotAccepted, Options, Partition, Where};
use earmark_host::plugin::{Bodies, Body, Fault, Limits, LoadError, PluginFile};
use earmark_wasm::Plugin as _;

const LIMITS: Limits = Limits {
    module_bytes: 1 << 20,
    memory_bytes: 16 << 20,
    stack_bytes: 256 << 10,
    answer_bytes: 1 << 20,
    deadline: Duration::from_millis(50),
    fuel: 1_000_000,
    recovery_deadline: Duration::from_millis(500),
    recovery_fuel: 10_000_000,
};

/// The door of a module, without the answer to a call.
const DOOR: &str = r#"(memory (export "memory") 4)
  (func (export "earmark_abi_1"))
  (func (export "earmark_lend") (param i32) (result i32) (i32.const 65536))"#;

/// What a module can do instead of answering.
const DEEDS: [(&str, &str); 8] = [
    ("an endless loop", "(loop $for_ever (br $for_ever)) (unreachable)"),
    ("a memory bomb", "(loop $more (drop (memory.grow (i32.const 16))) (br $more)) (unreachable)"),
    ("a trap", "(unreachable)"),
    ("a division by zero", "(return (i64.extend_i32_u (i32.div_u (i32.const 1) (i32.const 0))))"),
    ("an answer outside of the memory", "(return (i64.const 0xfffff000_00001000))"),
    ("an oversize answer", "(return (i64.const 0x00000000_7fffffff))"),
    ("a garbage answer", "(return (i64.const 0x00000800_00000010))"),
    ("a recursion without end", "(return (call $recurse (i64.const 1)))"),
];

/// A module that serves [`partition_support::Lines`]'s description and accepts each input without
/// an event, unless the call has the byte 0xEE in it: then it does the deed.
fn module(deed: &str) -> Vec<u8> {
    let described = encode(&Answer::Described(Lines::describe())).unwrap();
    let outcome = Outcome { subject: "", owner: "", verdict: Verdict::Accepted { events: vec![] } };
    assert_eq!(encode(&outcome).unwrap(), [0; 4], "what the module writes as an outcome");
    let escaped: String = described.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let text = format!(
        r#"(module {DOOR}
  (data (i32.const 1024) "\01\00")
  (data (i32.const 1040) "\03\00")
  (data (i32.const 2048) "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff")
  (data (i32.const 4096) "{escaped}")
  (func $recurse (param i64) (result i64)
    (i64.add (call $recurse (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
  (func (export "earmark_call") (param $at i32) (param $len i32) (result i64)
    (local $i i32) (local $count i32) (local $to i32)
    (if (i32.eqz (local.get $len)) (then (unreachable)))
    (block $clean (loop $look
      (br_if $clean (i32.ge_u (local.get $i) (local.get $len)))
      (if (i32.eq (i32.load8_u (i32.add (local.get $at) (local.get $i))) (i32.const 0xee))
        (then {deed}))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $look)))
    (if (i32.eqz (i32.load8_u (local.get $at)))
      (then (return (i64.const {describe}))))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 8))
      (then (return (i64.const {snapshot}))))
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 3))
      (then (return (i64.const {done}))))
    ;; A turn of one principal, whose name has six bytes and who has no scopes.
    (local.set $count (i32.load8_u (i32.add (local.get $at) (i32.const 10))))
    (i32.store8 (i32.const 131072) (i32.const 2))
    (i32.store8 (i32.const 131073) (local.get $count))
    (local.set $to (i32.const 131074))
    (block $written (loop $write
      (br_if $written (i32.eqz (local.get $count)))
      (i32.store8 (local.get $to) (i32.const 4))
      (i32.store (i32.add (local.get $to) (i32.const 1)) (i32.const 0))
      (local.set $to (i32.add (local.get $to) (i32.const 5)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $write)))
    (i32.store16 (local.get $to) (i32.const 0))
    (i64.or (i64.const 0x20000_00000000)
      (i64.extend_i32_u (i32.sub (i32.add (local.get $to) (i32.const 2)) (i32.const 131072))))))"#,
        describe = (4096_u64 << 32) | described.len() as u64,
        done = (1024_u64 << 32) | 2,
        snapshot = (1040_u64 << 32) | 2,
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The page says the same of it.
#[track_caller]
fn on_the_page(what: &str, verdict: &str) {
    let row = format!("| {what} | {verdict} |\n");
    let page = include_str!("../../docs/poison.md");
    assert!(page.contains(&row), "`docs/poison.md` lacks the row\n{row}");
}

#[track_caller]
fn refused(bytes: Vec<u8>) -> LoadError {
    match PluginFile::from_bytes(bytes, LIMITS) {
        Ok(_) => panic!("it was loaded"),
        Err(error) => error,
    }
}

#[track_caller]
fn refused_text(text: &str) -> LoadError {
    refused(wat::parse_str(text).unwrap())
}

#[test]
fn what_is_no_plugin_is_refused_with_the_reason() {
    let door = |call: &str| format!("(module {DOOR} {call})");
    let answerless = r#"(func (export "earmark_call") (param i32 i32) (result i64) (unreachable))"#;
    let other_abi = door(answerless).replace("earmark_abi_1", "earmark_abi_2");
    let no_abi = door(answerless).replace("earmark_abi_1", "something");
    let no_lend = door(answerless).replace("earmark_lend", "borrow");
    let import = door(answerless).replacen(
        "(memory",
        r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32))) (memory"#,
        1,
    );
    let typeless = door(r#"(func (export "earmark_call") (param i64) (result i64) (i64.const 0))"#);
    let huge = door(answerless).replace("\"memory\") 4", "\"memory\") 4000");
    let start = door(&format!("{answerless} (func $s (loop $l (br $l))) (start $s)"));
    let mut padded = wat::parse_str(door(answerless)).unwrap();
    let mut damaged = padded.clone();
    damaged.truncate(damaged.len() - 5);
    padded.resize(LIMITS.module_bytes + 1, 0);
    let rows = [
        ("an export of another ABI", refused_text(&other_abi), "built for `earmark_abi_2`"),
        ("no export of an ABI", refused_text(&no_abi), "does not export `earmark_abi_1`"),
        ("no export to lend", refused_text(&no_lend), "does not export `earmark_lend`"),
        ("no export to call", refused_text(&door("")), "does not export `earmark_call`"),
        ("an import", refused_text(&import), "imports `wasi_snapshot_preview1.fd_write`"),
        ("no WebAssembly at all", refused(b"#!/bin/sh\n".to_vec()), "no WebAssembly"),
        ("an empty file", refused(Vec::new()), "no WebAssembly"),
        ("a damaged module", refused(damaged), "no valid WebAssembly"),
        ("too large a file", refused(padded), "more than the 1048576 a module may have"),
        ("an export of another type", refused_text(&typeless), "`earmark_call` of the right type"),
        ("too much memory at once", refused_text(&huge), "memory"),
        ("a start function without end", refused_text(&start), "did not answer within 50ms"),
        ("a trap when it is asked who it is", refused_text(&door(answerless)), "unreachable"),
    ];
    for (what, error, reason) in rows {
        let text = told(&error);
        on_the_page(what, &text);
        assert!(text.contains(reason), "{what}: {text}");
    }
    let missing = PluginFile::load(std::path::Path::new("no/such.wasm"), LIMITS).unwrap_err();
    assert!(told(&missing).contains("`no/such.wasm` can't be read"), "{}", told(&missing));
}

#[test]
fn every_way_to_misbehave_has_its_fault_in_bounded_time() {
    println!("{:<34} {:<58} on fuel", "what it does", "by the clock");
    for (what, deed) in DEEDS {
        let plugin = PluginFile::from_bytes(module(deed), LIMITS).unwrap();
        let call = encode(&Call::Query {
            by: earmark_abi::Principal { subject: "tester", scopes: Vec::new() },
            kind: 0,
            body: &[0xee],
        });
        let call = call.unwrap();
        let start = Instant::now();
        let [fast, metered] = [plugin.fast(), plugin.metered()].map(|body| {
            let mut body = body.unwrap();
            match body.call(&call).map(<[u8]>::to_vec) {
                Err(fault) => fault,
                Ok(bytes) => {
                    Fault::Answer(decode::<Answer<'_>>("it", &bytes).unwrap_err().to_string())
                }
            }
        });
        assert!(start.elapsed() < Duration::from_secs(20), "{what} took {:?}", start.elapsed());
        println!("{what:<34} {:<58} {metered}", fast.to_string());
        let both = [&fast, &metered].map(std::mem::discriminant);
        let expected = match what {
            "an endless loop" => [Fault::Deadline(LIMITS.deadline), Fault::Fuel(LIMITS.fuel)],
            "a memory bomb" => [(); 2].map(|()| Fault::Memory(LIMITS.memory_bytes)),
            "a trap" | "a division by zero" | "a recursion without end" => {
                [(); 2].map(|()| Fault::Trap(String::new()))
            }
            "an oversize answer" => [(); 2].map(|()| Fault::TooLarge { given: 0, allowed: 0 }),
            _ => [(); 2].map(|()| Fault::Answer(String::new())),
        };
        assert_eq!(both, expected.each_ref().map(std::mem::discriminant), "{what}");
    }
}

#[test]
fn one_hostile_input_dies_alone_whatever_it_does() {
    for (what, deed) in DEEDS {
        let partition = wasm_partition(deed);
        let list = (1..=40_u64).map(|nth| {
            let command = if nth == 23 { vec![0xee] } else { vec![0x20] };
            (WRITE, command, Some(("a", nth)))
        });
        let told = answers(&partition, list.collect());
        for (nth, answer) in (1..).zip(&told) {
            match answer {
                Ok(receipt) if nth != 23 => assert_eq!(receipt.input, nth, "{what}"),
                Err(NotAccepted::Dead { verdict, input: 23 }) if nth == 23 => {
                    on_the_page(what, &verdict.to_string());
                    let clock = matches!(verdict, Fault::Deadline(_));
                    assert!(!clock, "{what}: a clock is no judge");
                }
                other => panic!("{what}, input {nth}: {other:?}"),
            }
        }
        let after = answers(&partition, vec![(WRITE, b"x".to_vec(), Some(("a", 41)))]);
        assert_eq!(after[0].as_ref().unwrap().input, 41, "{what}: it goes on");
    }
}

#[test]
fn a_hostile_query_harms_no_command() {
    for (what, deed) in DEEDS {
        let partition = wasm_partition(deed);
        let by = Caller { subject: "tester".into(), scopes: Vec::new() };
        let asked = partition.query(&by, 0, &[0xee]);
        assert!(asked.is_err(), "{what}: {asked:?}");
        let told = answers(&partition, vec![(WRITE, b"x".to_vec(), None)]);
        assert!(told[0].is_ok(), "{what}: {:?}", told[0]);
        let again = partition.query(&by, 0, &[0x20]);
        println!("{what:<34} the next query: {:?}", again.as_ref().map(|_| "answered"));
    }
}

/// A plugin that counts the bodies it is asked for.
struct Counted {
    plugin: PluginFile,
    made: Arc<AtomicUsize>,
}

impl Bodies for Counted {
    fn description(&self) -> &Arc<Description> {
        self.plugin.description()
    }

    fn digest(&self) -> [u8; 32] {
        self.plugin.digest()
    }

    fn fast(&self) -> Result<Box<dyn Body>, Fault> {
        self.made.fetch_add(1, Ordering::Relaxed);
        self.plugin.fast()
    }

    fn metered(&self) -> Result<Box<dyn Body>, Fault> {
        self.plugin.metered()
    }
}

#[test]
fn a_hostile_question_costs_one_body_at_the_most_however_often_it_is_asked() {
    println!("{:<34} bodies made for 20 questions of one asker", "what it does");
    for (what, deed) in DEEDS {
        let made = Arc::new(AtomicUsize::new(0));
        let plugin = PluginFile::from_bytes(module(deed), LIMITS).unwrap();
        let bodies = Counted { plugin, made: Arc::clone(&made) };
        let options = Options { clock: Clock::Logical, ..Options::new(Where::Memory) };
        let partition = Partition::open(Arc::new(bodies), &options, &mut |_, _| {}).unwrap();
        let before = made.load(Ordering::Relaxed);
        let by = |subject: &str| Caller { subject: subject.into(), scopes: Vec::new() };
        let mut barred = 0;
        for _ in 0..20 {
            let told = partition.query(&by("mallory"), 0, &[0xee]).unwrap_err();
            barred += usize::from(matches!(told, Fault::Barred(_)));
            // This module has no answers either; but it comes back from the call.
            let other = partition.query(&by("ann"), 0, &[0x20]).unwrap_err();
            assert!(matches!(other, Fault::Answer(_)), "{what}: ann is told {other}");
        }
        let made = made.load(Ordering::Relaxed) - before;
        println!("{what:<34} {made}, and {barred} times not asked at all");
        // Where the call came back, the body is as good as before.
        let came_back = what.contains("answer");
        assert_eq!((made, barred), if came_back { (0, 0) } else { (1, 19) }, "{what}");
    }
}

#[test]
fn one_endless_loop_among_thousands_holds_the_others_up_for_one_deadline() {
    let limits = Limits { deadline: Duration::from_secs(1), fuel: 50_000_000, ..LIMITS };
    let (_, endless) = DEEDS[0];
    let plugin = PluginFile::from_bytes(module(endless), limits).unwrap();
    let options = Options { clock: Clock::Logical, ..Options::new(Where::Memory) };
    let partition = Partition::open(Arc::new(plugin), &options, &mut |_, _| {}).unwrap();
    let command = |nth| if nth == 3_000 { vec![0xee] } else { vec![0x20] };
    let list = (1..=4_096_u64).map(|nth| (WRITE, command(nth), Some(("a", nth)))).collect();
    let begun = Instant::now();
    let told = answers(&partition, list);
    let took = begun.elapsed();
    println!("4,096 inputs, one of them a loop, in {took:?}; the deadline is 1 s");
    for (nth, answer) in (1..).zip(&told) {
        let dead = matches!(answer, Err(NotAccepted::Dead { verdict: Fault::Fuel(_), .. }));
        assert_eq!(dead, nth == 3_000, "{nth}: {answer:?}");
    }
    // Halving would wait for the deadline twelve times.
    assert!(took < 6 * limits.deadline, "{took:?}");
}

fn wasm_partition(deed: &str) -> Partition {
    let plugin = PluginFile::from_bytes(module(deed), LIMITS).unwrap();
    let options = Options { clock: Clock::Logical, ..Options::new(Where::Memory) };
    Partition::open(Arc::new(plugin), &options, &mut |_, _| {}).unwrap()
}

/// An error and what it comes from.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
