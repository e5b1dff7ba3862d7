//! What the documents do not say of the life of their orders, decided by rule.
//!
//! Law: a rule looks at documents and the catalogue only, so whoever has the files can tell
//! what it says; where a rule has to choose, the hash of the document's number chooses.

use earmark::order::{Disposition, HoldKind, Putaway};

use crate::shop::calendar::{DAY, HOUR, MINUTE};
use crate::shop::documents::Document;
use crate::shop::hash;

/// How long an order waits for its payment.
pub(crate) const PAY_WITHIN: u64 = 3 * DAY;
/// After a payment was declined, it is tried again so much later.
pub(crate) const PAY_AGAIN: u64 = 6 * HOUR;

/// The provider captures, voids and pays back so soon after it is asked to.
pub(crate) const ANSWER: u64 = MINUTE;

/// An order of so much, in pence, is looked at before it is released.
pub(crate) const LARGE: i64 = 250_000;
/// How long somebody takes to look at it, if its customer is known.
pub(crate) const LOOK: u64 = 3 * HOUR;
/// If its customer is not, nobody looks, and the hold ends by itself.
pub(crate) const LOOK_NO_LONGER: u64 = DAY;
/// So many orders to a country outside the Union wait for their papers.
pub(crate) const NEW_TO_COUNTRY: u32 = 3;
/// How long papers take.
pub(crate) const PAPERS: u64 = DAY;

/// From an order that nothing keeps back to its release, to picking, packing, and leaving: a day.
pub(crate) const RELEASE: u64 = 6 * HOUR;
/// See [`RELEASE`].
pub(crate) const PICK: u64 = 6 * HOUR;
/// See [`RELEASE`].
pub(crate) const PACK: u64 = 2 * HOUR;
/// See [`RELEASE`].
pub(crate) const LEAVE: u64 = 10 * HOUR;
/// Each further parcel of a release leaves so much later than the one before.
pub(crate) const NEXT_PARCEL: u64 = DAY;
/// A label that was wrong is noticed so soon.
pub(crate) const WRONG_LABEL: u64 = HOUR;
/// A parcel is given up so long after it should have arrived.
pub(crate) const GIVEN_UP: u64 = 7 * DAY;
/// A parcel that nobody takes is back so long after it should have arrived.
pub(crate) const NOT_TAKEN: u64 = 3 * DAY;

/// What is given back later than so long after it was ordered is not taken.
pub(crate) const TOO_LATE: u64 = 180 * DAY;
/// How long it takes to say no.
pub(crate) const SAY_NO: u64 = DAY;

/// The member states of the European Union in 2011, the United Kingdom among them.
const UNION: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Words of names: eaten, burnt or used up.
const USED_UP: [&str; 12] = [
    "CANDLE",
    "CANDLES",
    "SOAP",
    "INCENSE",
    "CHOCOLATE",
    "SWEETS",
    "MINTS",
    "BATH",
    "CREAM",
    "BALM",
    "TISSUES",
    "MATCHES",
];
/// Words of names: worn on the body.
const WORN: [&str; 14] = [
    "NECKLACE", "BRACELET", "EARRINGS", "BROOCH", "RING", "HAIR", "HAIRCLIP", "HAIRBAND",
    "SLIPPERS", "SOCKS", "GLOVES", "SCARF", "APRON", "UMBRELLA",
];
/// Words of names: what breaks.
const BREAKS: [&str; 24] = [
    "GLASS",
    "GLASSES",
    "CERAMIC",
    "CHINA",
    "PORCELAIN",
    "MIRROR",
    "MUG",
    "MUGS",
    "CUP",
    "TEACUP",
    "TEACUPS",
    "SAUCER",
    "BOWL",
    "BOWLS",
    "PLATE",
    "PLATES",
    "JUG",
    "JAR",
    "JARS",
    "BOTTLE",
    "VASE",
    "TEAPOT",
    "CAKESTAND",
    "LAMP",
];

/// What a provider says of the payment of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paying {
    /// When it first says something, in milliseconds after placing: two to fifteen minutes.
    pub(crate) after: u64,
    /// What it says then.
    pub(crate) says: Says,
}

/// What a provider says first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// Yes.
    Authorized,
    /// No, and yes when it is tried again.
    DeclinedFirst,
    /// Nothing, ever.
    Nothing,
}

/// What goes wrong with the goods of an order. One thing at most, and with its first facility
/// or its first parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// One unit of the first line is not found.
    ShortPick,
    /// The facility can't do it.
    Refused,
    /// The label was wrong: the parcel is brought back from the ramp.
    WrongLabel,
    /// The carrier loses the parcel.
    Lost,
    /// Nobody takes the parcel.
    NotTaken,
}

/// A number for a document that is another for each question.
fn chance(question: &str, document: &Document) -> u64 {
    hash::stable(format!("{question}:{}", document.number).as_bytes())
}

/// Of 16 orders one is declined first; of 128 one is never paid, unless something of it was
/// given back (`came_back`): then it was.
pub(crate) fn paying(order: &Document, came_back: bool) -> Paying {
    let chance = chance("payment", order);
    let after = (2 + chance % 14) * MINUTE;
    let says = match (chance >> 8) % 128 {
        0 if !came_back => Says::Nothing,
        1..=8 => Says::DeclinedFirst,
        _ => Says::Authorized,
    };
    Paying { after, says }
}

/// Of 1,000 orders 15 are picked short, 10 refused by a facility, 10 labelled wrong, 5 lost in
/// part, and of 10 a parcel comes back; none of those that something was given back of, for that
/// had arrived.
pub(crate) fn trouble(order: &Document, came_back: bool) -> Option<Trouble> {
    if came_back {
        return None;
    }
    match chance("trouble", order) % 1_000 {
        0..=14 => Some(Trouble::ShortPick),
        15..=24 => Some(Trouble::Refused),
        25..=34 => Some(Trouble::WrongLabel),
        35..=39 => Some(Trouble::Lost),
        40..=49 => Some(Trouble::NotTaken),
        _ => None,
    }
}

/// What becomes of a parcel that nobody took.
pub(crate) fn putaway(order: &Document) -> Putaway {
    match chance("putaway", order) % 3 {
        0 => Putaway::Restock,
        1 => Putaway::Quarantine,
        _ => Putaway::WriteOff,
    }
}

/// Whether a country is outside the Union.
pub(crate) fn needs_papers(country: &str) -> bool {
    !UNION.contains(&country)
}

/// How long a hold lasts: until somebody ends it, or (true) by itself.
pub(crate) fn held_for(kind: HoldKind, order: &Document) -> (u64, bool) {
    match (kind, &order.customer) {
        (HoldKind::Fraud, Some(_)) => (LOOK, false),
        (HoldKind::Fraud, None) => (LOOK_NO_LONGER, true),
        _ => (PAPERS, false),
    }
}

/// What becomes of an item that comes back, by the words of its name: what is used up is thrown
/// away, what is worn goes back to the customer, what breaks is looked at, all else is as new.
pub(crate) fn disposition(name: &str) -> Disposition {
    let upper = name.to_uppercase();
    let has = |words: &[&str]| {
        upper.split(|c: char| !c.is_ascii_alphabetic()).any(|word| words.contains(&word))
    };
    if has(&USED_UP) {
        Disposition::WriteOff
    } else if has(&WORN) {
        Disposition::BackToCustomer
    } else if has(&BREAKS) {
        Disposition::Quarantine
    } else {
        Disposition::Restock
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::documents::Kind;

    fn order(number: u64) -> Document {
        Document {
            number: number.to_string(),
            at: 0,
            kind: Kind::Order,
            customer: None,
            country: None,
            goods: Vec::new(),
            charges: Vec::new(),
        }
    }

    #[test]
    fn about_as_many_orders_meet_with_each_trouble_as_the_rule_says() {
        let count = |wanted: &dyn Fn(&Document) -> bool| {
            (500_000..520_000).filter(|number| wanted(&order(*number))).count()
        };
        for (trouble, of_20_000) in [
            (Trouble::ShortPick, 300),
            (Trouble::Refused, 200),
            (Trouble::WrongLabel, 200),
            (Trouble::Lost, 100),
            (Trouble::NotTaken, 200),
        ] {
            let found = count(&|order| super::trouble(order, false) == Some(trouble));
            assert!(found > of_20_000 * 3 / 4 && found < of_20_000 * 5 / 4, "{trouble:?}: {found}");
        }
        let says = |says| count(&|order| paying(order, false).says == says);
        let (declined, never) = (says(Says::DeclinedFirst), says(Says::Nothing));
        assert!((1_050..1_450).contains(&declined) && (110..210).contains(&never));
        assert_eq!(count(&|order| trouble(order, true).is_some()), 0);
        assert_eq!(count(&|order| paying(order, true).says == Says::Nothing), 0);
    }

    #[test]
    fn an_answer_of_the_provider_comes_within_a_quarter_of_an_hour() {
        let after = |number| paying(&order(number), false).after;
        let all: std::collections::BTreeSet<u64> = (0..2_000).map(after).collect();
        assert_eq!(all.first(), Some(&(2 * MINUTE)));
        assert_eq!((all.last(), all.len()), (Some(&(15 * MINUTE)), 14));
    }

    #[test]
    fn whole_words_of_a_name_say_what_becomes_of_an_item() {
        for (name, expected) in [
            ("REGENCY CAKESTAND 3 TIER", Disposition::Quarantine),
            ("glass star frosted t-light holder", Disposition::Quarantine),
            ("SET OF 6 T-LIGHTS CANDLES IN GLASS", Disposition::WriteOff),
            ("PINK HAIR BAND", Disposition::BackToCustomer),
            ("STRINGING KIT", Disposition::Restock),
            ("", Disposition::Restock),
        ] {
            assert_eq!(disposition(name), expected, "{name}");
        }
    }

    #[test]
    fn goods_need_papers_outside_the_union_of_2011() {
        assert!(!needs_papers("GB") && !needs_papers("PL") && !needs_papers("CY"));
        assert!(needs_papers("CH") && needs_papers("JE") && needs_papers("HR"));
    }
}
