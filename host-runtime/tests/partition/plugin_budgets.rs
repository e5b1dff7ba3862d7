//! What a call may take depends on what it is for. Why: a large state takes long to restore, and
//! that is no reason to refuse it; a turn that takes long holds everybody up.
//!
//! Law: work that somebody waits for has the narrow budget, work over the whole state the wide one.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::partition_support::*;
use earmark_abi::{Answer, Call, Form, Principal, Turn, encode};
use earmark_host::partition::{OpenError, Options, Partition, Where};
use earmark_host::plugin::{Bodies, Body, Fault, Limits, PluginFile};
use earmark_wasm::Plugin as _;

const FOR_EVER: &str = "(loop $on (br $on))";

fn limits() -> Limits {
    Limits {
        deadline: Duration::from_millis(20),
        fuel: 50_000,
        recovery_deadline: Duration::from_millis(200),
        recovery_fuel: 5_000_000,
        ..Limits::default()
    }
}

/// Turns of a loop: a few instructions each.
fn turns(count: u64) -> String {
    format!(
        "(local.set $n (i64.const {count})) (loop $on (br_if $on (i64.ne (i64.const 0)
         (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))"
    )
}

/// A module that describes itself, and does some work on each other call of which this holds.
fn module(work: &str, on: &str) -> Vec<u8> {
    let described = encode(&Answer::Described(Lines::describe())).unwrap();
    let escaped: String = described.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let text = format!(
        r#"(module (memory (export "memory") 4)
  (func (export "earmark_abi_1"))
  (func (export "earmark_lend") (param i32) (result i32) (i32.const 65536))
  (data (i32.const 1024) "\01\00")
  (data (i32.const 1040) "\03\00")
  (data (i32.const 4096) "{escaped}")
  (func (export "earmark_call") (param $at i32) (param i32) (result i64)
    (local $kind i32) (local $n i64)
    (local.set $kind (i32.load8_u (local.get $at)))
    (if (i32.eqz (local.get $kind)) (then (return (i64.const {describe}))))
    (if {on} (then {work}))
    (if (i32.eq (local.get $kind) (i32.const 8)) (then (return (i64.const {snapshot}))))
    (i64.const {done})))"#,
        describe = (4096_u64 << 32) | described.len() as u64,
        done = (1024_u64 << 32) | 2,
        snapshot = (1040_u64 << 32) | 2,
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A call of every kind but `Describe`, and whether its budget is the wide one.
fn calls() -> Vec<(Call<'static>, bool)> {
    let by = || Principal { subject: "ann", scopes: Vec::new() };
    let turn = Turn { principals: Vec::new(), inputs: Vec::new(), chain: None };
    let form = Form::Command;
    vec![
        (Call::Turn(turn), false),
        (Call::Query { by: by(), kind: 0, body: &[] }, false),
        (Call::Slice { by: by(), body: &[] }, false),
        (Call::FromJson { form, kind: 0, json: &[] }, false),
        (Call::ToJson { form, kind: 0, bytes: &[] }, false),
        (Call::Configure { roles: Vec::new() }, true),
        (Call::Restore { snapshot: &[] }, true),
        (Call::Apply { events: Vec::new() }, true),
        (Call::Audit, true),
        (Call::Snapshot, true),
        (Call::Digest, true),
    ]
}

fn load(module: Vec<u8>, limits: Limits) -> PluginFile {
    PluginFile::from_bytes(module, limits).unwrap()
}

fn ask(body: &mut dyn Body, call: &Call<'_>) -> Result<(), Fault> {
    body.call(&encode(call).unwrap()).map(drop)
}

#[test]
fn what_goes_over_the_whole_state_has_the_wide_budget_and_nothing_else() {
    let limits = limits();
    let endless = load(module(FOR_EVER, "(i32.const 1)"), limits);
    let long = load(module(&turns(20_000), "(i32.const 1)"), limits);
    for (call, wide) in calls() {
        let told = ask(endless.fast().unwrap().as_mut(), &call).unwrap_err();
        let deadline = if wide { limits.recovery_deadline } else { limits.deadline };
        assert_eq!(told, Fault::Deadline(deadline), "{call:?}");
        let told = ask(endless.metered().unwrap().as_mut(), &call).unwrap_err();
        let fuel = if wide { limits.recovery_fuel } else { limits.fuel };
        assert_eq!(told, Fault::Fuel(fuel), "{call:?}");
        // One body for both: what one call left over, or used up, is nothing to the next.
        let mut body = long.metered().unwrap();
        let narrow = Err(Fault::Fuel(limits.fuel));
        for _ in 0..2 {
            assert_eq!(ask(body.as_mut(), &call), if wide { Ok(()) } else { narrow.clone() });
        }
    }
}

#[test]
fn whoever_is_waited_for_has_the_narrow_budget_whatever_he_is_asked() {
    let limits = limits();
    let endless = load(module(FOR_EVER, "(i32.const 1)"), limits);
    for (call, _) in calls() {
        let call = encode(&call).unwrap();
        let told = endless.fast().unwrap().call_awaited(&call).map(drop);
        assert_eq!(told, Err(Fault::Deadline(limits.deadline)), "{call:?}");
        let told = endless.metered().unwrap().call_awaited(&call).map(drop);
        assert_eq!(told, Err(Fault::Fuel(limits.fuel)), "{call:?}");
    }
}

fn open(module: &[u8], limits: Limits, folder: &Path) -> Result<Partition, OpenError> {
    let options = Options::new(Where::Directory(folder.to_owned()));
    Partition::open(Arc::new(load(module.to_vec(), limits)), &options, &mut |_, _| {})
}

/// Makes a journal and a snapshot, which is what the next start restores.
fn with_snapshot(module: &[u8], limits: Limits) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    open(module, limits, folder.path()).unwrap().save_snapshot().unwrap();
    folder
}

#[track_caller]
fn refused(module: &[u8], limits: Limits, folder: &Path) -> String {
    let error = open(module, limits, folder).expect_err("it is refused");
    anyhow::format_err!(error).chain().map(|cause| format!("{cause}. ")).collect()
}

const RESTORE: &str = "(i32.eq (local.get $kind) (i32.const 2))";

#[test]
fn a_plugin_that_restores_longer_than_a_turn_may_take_starts() {
    let module = module(&turns(300_000_000), RESTORE);
    let patient = Limits { recovery_deadline: Duration::from_secs(120), ..limits() };
    let folder = with_snapshot(&module, patient);
    let start = Instant::now();
    let partition = open(&module, patient, folder.path()).unwrap();
    assert!(start.elapsed() > patient.deadline, "it took {:?} only", start.elapsed());
    assert!(partition.save_snapshot().is_ok(), "and it works");
    drop(partition);
    let hasty = Limits { recovery_deadline: patient.deadline, ..patient };
    let told = refused(&module, hasty, folder.path());
    assert!(told.contains("did not answer within 20ms"), "{told}");
}

#[test]
fn a_plugin_that_restores_for_ever_is_refused_with_the_reason() {
    let module = module(FOR_EVER, RESTORE);
    let folder = with_snapshot(&module, limits());
    let told = refused(&module, limits(), folder.path());
    println!("{told}");
    assert!(told.contains("the state can't be rebuilt"), "{told}");
    assert!(told.contains("did not answer within 200ms"), "{told}");
}
