//! The bytes of ABI 1, as released. Why: a plugin and a host are built apart, and years apart; a
//! reordered variant would be read silently as another call.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use earmark_abi::{
    Answer, Audited, BrokenLaw, Call, CallKind, CommandType, Description, Envelope, EventOut,
    EventType, Failure, FailureKind, Form, Input, Outcome, Principal, QueryType, Refused, Turn,
    Turned, Verdict, chain, decode, encode,
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn check_call(call: &Call<'_>, bytes: &str) {
    let encoded = encode(call).unwrap();
    assert_eq!(hex(&encoded), bytes);
    assert_eq!(decode::<Call<'_>>("a call", &encoded).as_ref(), Ok(call));
    let (name, kind) = (format!("{call:?}"), CallKind::of(&encoded).unwrap());
    assert_eq!(name.split([' ', '(']).next(), Some(&*format!("{kind:?}")));
}

#[track_caller]
fn check_answer(answer: &Answer<'_>, bytes: &str) {
    let encoded = encode(answer).unwrap();
    assert_eq!(hex(&encoded), bytes);
    assert_eq!(decode::<Answer<'_>>("an answer", &encoded).as_ref(), Ok(answer));
}

fn ada() -> Principal<'static> {
    Principal { subject: "ada", scopes: vec!["w"] }
}

#[test]
fn calls_keep_their_bytes() {
    check_call(&Call::Describe, "00");
    check_call(&Call::Configure { roles: vec!["order"] }, "0101056f72646572");
    check_call(&Call::Restore { snapshot: &[7, 8] }, "02020708");
    let input = Input { at: 300, by: 0, kind: 2, command: &[9] };
    let turn = Turn { principals: vec![ada()], inputs: vec![input], chain: Some([1; 32]) };
    let one = "01".repeat(32);
    check_call(&Call::Turn(turn), &format!("03010361646101017701ac020002010901{one}"));
    check_call(&Call::Apply { events: vec![(5, &[1][..])] }, "0401050101");
    check_call(&Call::Query { by: ada(), kind: 1, body: &[] }, "05036164610101770100");
    check_call(&Call::Audit, "06");
    check_call(&Call::Slice { by: ada(), body: &[3] }, "07036164610101770103");
    check_call(&Call::Snapshot, "08");
    check_call(&Call::Digest, "09");
    let forms =
        [Form::Command, Form::Event, Form::Query, Form::Answer, Form::Refusal, Form::SliceRequest];
    for (form, place) in forms.into_iter().zip(0..) {
        check_call(&Call::FromJson { form, kind: 1, json: b"{}" }, &format!("0a0{place}01027b7d"));
        check_call(&Call::ToJson { form, kind: 1, bytes: &[4] }, &format!("0b0{place}010104"));
    }
    assert_eq!([CallKind::of(&[]), CallKind::of(&[12])], [None, None], "no calls");
}

#[test]
fn answers_keep_their_bytes() {
    check_answer(
        &Answer::Described(description()),
        concat!(
            "000161016201",
            "010172",
            "010163016101730178",
            "010165017401",
            "78",
            "01017101610173017801",
            "7a",
            "0101",
            "0166",
            "0167",
        ),
    );
    check_answer(&Answer::Done { next_deadline: Some(300) }, "0101ac02");
    let outcome = encode(&Outcome {
        subject: "o",
        owner: "",
        verdict: Verdict::Accepted {
            events: vec![EventOut { kind: 5, subject: "", owner: "", body: &[1] }],
        },
    });
    let outcome = outcome.unwrap();
    assert_eq!(hex(&outcome), "016f0000010500000101");
    let refused = Refused { code: "no", message: "not so", body: &[1] };
    let said = Outcome { subject: "", owner: "ada", verdict: Verdict::Refused(refused) };
    let said = encode(&said).unwrap();
    assert_eq!(hex(&said), "000361646101026e6f066e6f7420736f0101");
    let turned = Turned { outcomes: vec![&[1, 2], &[]], next_deadline: None, chain: None };
    check_answer(&Answer::Turned(turned), "0202020102000000");
    check_answer(&Answer::Bytes(&[1, 2, 3]), "0303010203");
    check_answer(&Answer::Refused(refused), "04026e6f066e6f7420736f0101");
    let broken = vec![BrokenLaw { law: "l".into(), found: "f".into() }];
    check_answer(&Answer::Audited(Audited { checked: 300, broken }), "05ac0201016c0166");
    check_answer(&Answer::Digest([2; 32]), &format!("06{}", "02".repeat(32)));
    let kinds = [FailureKind::Malformed, FailureKind::Unsupported, FailureKind::Broken];
    for (kind, place) in kinds.into_iter().zip(0..) {
        let failure = Failure { kind, message: "m".into() };
        check_answer(&Answer::Failed(failure), &format!("070{place}016d"));
    }
}

fn description() -> Description {
    let [name, about, scope, schema] = ["c", "a", "s", "x"].map(String::from);
    Description {
        name: "a".into(),
        version: "b".into(),
        schema_version: 1,
        roles: vec!["r".into()],
        commands: vec![CommandType { name, about, scope, schema }],
        events: vec![EventType { name: "e".into(), ce_type: "t".into(), schema: "x".into() }],
        queries: vec![QueryType {
            name: "q".into(),
            about: "a".into(),
            scope: "s".into(),
            schema: "x".into(),
            answer_schema: "z".into(),
        }],
        tick: Some(1),
        refusal_schema: "f".into(),
        slice_schema: "g".into(),
    }
}

#[test]
fn the_chain_of_a_known_history_is_known() {
    let input = Input { at: 1, by: 0, kind: 2, command: b"command" };
    let one = chain::extend(&chain::START, &ada(), &input, b"outcome").unwrap();
    // As the documentation of the chain has it, written out.
    let by = encode(&ada()).unwrap();
    let mut text = [0_u8; 32].to_vec();
    for number in [1_u64, 2, by.len() as u64] {
        text.extend(number.to_le_bytes());
    }
    text.extend(&by);
    text.extend(7_u64.to_le_bytes());
    text.extend(b"commandoutcome");
    assert_eq!(one, *blake3::hash(&text).as_bytes());
    assert_eq!(hex(&one), "8b54445995f74f8f845d0970bc473a4efea488350ef78a8d0dc8ee22907e536b");
}

#[test]
fn what_is_left_over_is_no_call() {
    for bytes in [&[0, 0][..], &[], &[12], &[1, 1, 5, b'o']] {
        decode::<Call<'_>>("a call", bytes).unwrap_err();
    }
    // A length that no memory holds is refused before anything is reserved for it.
    let huge = [4, 0xff, 0xff, 0xff, 0xff, 0x0f];
    decode::<Call<'_>>("a call", &huge).unwrap_err();
}

#[test]
fn any_bytes_are_read_or_refused() {
    let mut state = 1_u64;
    let mut roll = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut read = 0;
    for _ in 0..50_000 {
        let bytes: Vec<u8> = (0..roll() % 40).map(|_| roll() as u8 % 14).collect();
        if let Ok(call) = decode::<Call<'_>>("a call", &bytes) {
            read += 1;
            let again = encode(&call).unwrap();
            assert_eq!(decode::<Call<'_>>("a call", &again), Ok(call));
        }
        drop(decode::<Answer<'_>>("an answer", &bytes));
        drop(decode::<Outcome<'_>>("an outcome", &bytes));
    }
    assert!(read > 100, "{read} were calls");
}

#[test]
fn an_envelope_has_the_attributes_of_cloudevents() {
    let envelope = Envelope::new("shop-1", 7, 3, "dev.earmark.OrderPlaced.v1", "order-1", 0);
    assert_eq!(envelope.specversion, "1.0");
    assert_eq!((envelope.id.as_str(), envelope.causationid.as_str()), ("7", "3"));
    assert_eq!(envelope.sequence, "00000000000000000007");
    assert_eq!(envelope.partitionkey, envelope.subject);
    assert_eq!(envelope.time, "1970-01-01T00:00:00.000Z");
}
