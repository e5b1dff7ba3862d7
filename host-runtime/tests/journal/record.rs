//! The record codec under arbitrary and damaged bytes: what it passes is what was written.
//!
//! Law: decoding never panics, and no single flipped bit goes unseen.

use earmark_host::journal::contract::{sample_header, sample_record};
use earmark_host::journal::{Clock, FRAME_BYTES, Head, Header, Record, RecordError, Sealed};
use proptest::prelude::*;

fn encode(record: &Record, number: u64, previous: [u8; 32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.encode(number, &previous, &mut bytes).unwrap();
    bytes
}

fn any_record() -> impl Strategy<Value = Record> {
    let body = prop::collection::vec(any::<u8>(), 0..300);
    (1..u64::MAX / 2, 1..u32::MAX, 1..u64::MAX / 2, any::<u32>(), any::<[u8; 32]>(), body).prop_map(
        |(first_input, inputs, first_event, events, chain, body)| Record {
            first_input,
            inputs,
            first_event,
            events,
            chain,
            body,
        },
    )
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(
        record in any_record(), number in 1..u64::MAX, previous in any::<[u8; 32]>()
    ) {
        let bytes = encode(&record, number, previous);
        prop_assert_eq!(bytes.len(), record.body.len() + FRAME_BYTES);
        let sealed = Sealed::decode(&bytes).unwrap();
        prop_assert_eq!(&sealed.hash[..], &bytes[bytes.len() - 32..]);
        prop_assert_eq!(sealed.record, record);
        prop_assert_eq!((sealed.number, sealed.previous), (number, previous));
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_never_pass(
        bytes in prop::collection::vec(any::<u8>(), 0..400)
    ) {
        prop_assert!(Sealed::decode(&bytes).is_err());
    }

    #[test]
    fn arbitrary_bytes_behind_a_true_beginning_never_pass(
        record in any_record(),
        cut in any::<prop::sample::Index>(),
        tail in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let whole = encode(&record, 7, [9; 32]);
        let mut bytes = whole[..cut.index(whole.len())].to_vec();
        bytes.extend(tail);
        prop_assert!(bytes == whole || Sealed::decode(&bytes).is_err());
    }

    #[test]
    fn arbitrary_header_bytes_never_panic_and_never_pass(
        bytes in prop::collection::vec(any::<u8>(), 0..200)
    ) {
        prop_assert!(Header::decode(&bytes).is_err());
    }
}

#[test]
fn every_flipped_bit_of_a_record_is_seen() {
    let record = sample_record(&Head::start(&sample_header()), 25);
    let whole = encode(&record, 1, [3; 32]);
    assert!(Sealed::decode(&whole).is_ok());
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let error = Sealed::decode(&bytes).unwrap_err();
        let expected = match bit / 8 {
            0..4 => matches!(error, RecordError::Magic),
            4..6 => matches!(error, RecordError::Version { .. }),
            70..74 => matches!(error, RecordError::Length { .. }),
            _ => matches!(error, RecordError::Hash),
        };
        assert!(expected, "bit {bit} gave {error:?}");
    }
}

#[test]
fn every_cut_and_every_trailing_byte_is_seen() {
    let record = sample_record(&Head::start(&sample_header()), 25);
    let whole = encode(&record, 1, [3; 32]);
    for length in 0..whole.len() {
        assert!(Sealed::decode(&whole[..length]).is_err(), "cut to {length}");
    }
    let longer = [whole.as_slice(), &[0]].concat();
    assert!(matches!(Sealed::decode(&longer), Err(RecordError::Length { .. })));
}

#[test]
fn every_flipped_bit_of_a_header_is_seen() {
    let whole = sample_header().encode();
    assert_eq!(Header::decode(&whole).unwrap(), sample_header());
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(Header::decode(&bytes).is_err(), "bit {bit}");
    }
}

#[test]
fn numbers_that_can_not_be_are_named() {
    let head = Head::start(&sample_header());
    let good = sample_record(&head, 5);
    let check = |record: Record| record.encode(1, &head.hash, &mut Vec::new()).unwrap_err();
    assert_eq!(check(Record { inputs: 0, ..good.clone() }), RecordError::NoInputs);
    for (first_input, first_event) in [(0, 1), (1, 0), (u64::MAX, 1), (1, u64::MAX)] {
        let error = check(Record { first_input, first_event, ..good.clone() });
        assert_eq!(error, RecordError::Numbers { first_input, first_event });
    }
}

#[test]
fn a_record_follows_only_the_head_it_was_made_for() {
    let start = Head::start(&sample_header());
    let first = sample_record(&start, 5);
    let sealed = Sealed::decode(&encode(&first, 1, start.hash)).unwrap();
    let head = start.follow(&sealed).unwrap();
    let second = sample_record(&head, 5);
    let seal = |record: &Record, number, previous| {
        Sealed::decode(&encode(record, number, previous)).unwrap()
    };
    assert!(head.follow(&seal(&second, 2, head.hash)).is_ok());
    let refused = |sealed: Sealed| head.follow(&sealed).unwrap_err();
    assert_eq!(refused(seal(&second, 2, start.hash)), RecordError::Previous);
    let number_gap = RecordError::NumberGap { expected: 2, found: 3 };
    assert_eq!(refused(seal(&second, 3, head.hash)), number_gap);
    let expected = head.next_input;
    let later = Record { first_input: expected + 4, ..second.clone() };
    let input_gap = RecordError::InputGap { expected, found: expected + 4 };
    assert_eq!(refused(seal(&later, 2, head.hash)), input_gap);
    let expected = head.next_event;
    let later = Record { first_event: expected + 4, ..second };
    let event_gap = RecordError::EventGap { expected, found: expected + 4 };
    assert_eq!(refused(seal(&later, 2, head.hash)), event_gap);
}

/// These bytes bind version 1 for ever: journals written with it must stay readable.
#[test]
fn the_bytes_of_version_one_are_golden() {
    let header = Header {
        id: *b"0123456789abcdef",
        plugin: "shop".to_owned(),
        roles: vec!["order".to_owned()],
        clock: Clock::Live,
        created_at_ms: 1_700_000_000_000,
    };
    let bytes = header.encode();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(&bytes[..bytes.len() - 32]), GOLDEN_HEADER);
    let record = Record {
        first_input: 258,
        inputs: 3,
        first_event: 772,
        events: 5,
        chain: [0xc4; 32],
        body: b"body".to_vec(),
    };
    let bytes = encode(&record, 17, [0xbe; 32]);
    assert_eq!(hex(&bytes[..bytes.len() - 32]), GOLDEN_RECORD);
    assert_eq!(blake3::hash(&bytes[..bytes.len() - 32]).as_bytes(), &bytes[bytes.len() - 32..]);
}

const GOLDEN_HEADER: &str =
    "454d48440100303132333435363738396162636465660473686f7001056f726465720080d095ffbc31";
const GOLDEN_RECORD: &str = concat!(
    "454d524b01001100000000000000020100000000000003000000040300000000000005000000c4c4c4c4",
    "c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c404000000626f6479bebebebebebe",
    "bebebebebebebebebebebebebebebebebebebebebebebebebebe",
);
