//! Figures as people read them: amounts by the decimals of their currency, and spans of time.
//!
//! Who shifts a point by one place charges ten times as much.

use earmark::time::Span;
use earmark::units::{Amount, Currency, UnitPrice};

#[test]
fn an_amount_has_the_decimals_of_its_currency() {
    let cases = [
        ("GBP", "12.34 GBP", 123_400),
        ("JPY", "1234 JPY", 12_340_000),
        ("KWD", "1.234 KWD", 12_340),
        ("BHD", "1.234 BHD", 12_340),
        ("CLF", "0.1234 CLF", 1_234),
        ("UYW", "0.1234 UYW", 1_234),
    ];
    for (code, said, price) in cases {
        let currency = Currency::new(code).unwrap();
        let amount = Amount { currency, minor: 1_234 };
        assert_eq!(amount.to_string(), said);
        assert_eq!(UnitPrice(price).times(1, currency), Some(1_234), "the price of one, {code}");
        let json = serde_json::to_value(amount).unwrap();
        assert_eq!(format!("{} {code}", json["value"].as_str().unwrap()), said);
        assert_eq!(serde_json::from_value::<Amount>(json).unwrap(), amount);
    }
}

#[test]
fn a_span_is_told_in_the_largest_unit_without_a_rest() {
    let cases = [
        (0, "0 milliseconds"),
        (1, "1 millisecond"),
        (1_500, "1500 milliseconds"),
        (60_000, "1 minute"),
        (5_400_000, "90 minutes"),
        (172_800_000, "2 days"),
    ];
    for (millis, said) in cases {
        assert_eq!(Span::from_millis(millis).to_string(), said);
    }
}
