//! Counted things and money: integers with a unit, and checked sums.
//!
//! Law: no float, no silent overflow. Unit prices have four decimals of the major unit; totals are
//! rounded half-even to minor units, per line, and then added.

use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::ids::NotAnId;
use crate::limits::UNITS_PER_LINE;

/// A positive number of units of an item, 1 to [`UNITS_PER_LINE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Quantity(u32);

impl Quantity {
    /// Takes 1 to [`UNITS_PER_LINE`] units; `None` otherwise.
    #[must_use]
    pub const fn new(units: u32) -> Option<Self> {
        if units >= 1 && units <= UNITS_PER_LINE { Some(Self(units)) } else { None }
    }

    /// The number of units.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let units = u32::deserialize(deserializer)?;
        let message = "a quantity is 1 to 1,000,000 units";
        Self::new(units).ok_or_else(|| de::Error::custom(message))
    }
}

/// The price of one unit, in ten-thousandths of the major unit (four decimals); never negative.
///
/// In JSON a decimal string such as `"2.55"`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitPrice(pub u64);

impl UnitPrice {
    /// Decimals of the major unit that a price carries.
    pub const DECIMALS: u32 = 4;

    /// The amount of `units` at this price in minor units of a currency, rounded half to even;
    /// `None` if it does not fit 63 bits.
    #[must_use]
    pub fn times(self, units: u32, currency: Currency) -> Option<i64> {
        let dropped = Self::DECIMALS.checked_sub(currency.decimals())?;
        let step = 10_u64.checked_pow(dropped)?;
        // What is below a minor unit is added up apart, so that no product needs 128 bits.
        let (whole, part) = (self.0.checked_div(step)?, self.0.checked_rem(step)?);
        let (units, parts) = (u64::from(units), part.checked_mul(u64::from(units))?);
        let carried = whole.checked_mul(units)?.checked_add(parts.checked_div(step)?)?;
        i64::try_from(half_even(carried, parts.checked_rem(step)?, step)?).ok()
    }
}

/// `whole` and so many of `step` parts, ties to the even neighbour (IEEE 754 and ISO 80000-1,
/// rule A).
fn half_even(whole: u64, parts: u64, step: u64) -> Option<u64> {
    let twice = parts.checked_mul(2)?;
    let odd = whole.checked_rem(2)? == 1;
    if twice > step || (twice == step && odd) { whole.checked_add(1) } else { Some(whole) }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, i128::from(self.0), Self::DECIMALS)
    }
}

impl Serialize for UnitPrice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u64::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        let price = parse_decimal(&text, Self::DECIMALS).and_then(|n| u64::try_from(n).ok());
        price
            .map(Self)
            .ok_or_else(|| de::Error::custom(NotAPrice { given: text, decimals: Self::DECIMALS }))
    }
}

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Pound sterling.
    pub const GBP: Self = Self(*b"GBP");

    /// Takes three capital letters.
    ///
    /// # Errors
    /// [`NotAnId`] for anything else.
    pub fn new(code: &str) -> Result<Self, NotAnId> {
        match *code.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(NotAnId::new("a currency code of three capitals", code)),
        }
    }

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Decimals of the minor unit, by ISO 4217 (list one, the currencies that differ from 2).
    #[must_use]
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(self.as_str())
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
        } else {
            let bytes = <[u8; 3]>::deserialize(deserializer)?;
            let text = core::str::from_utf8(&bytes).map_err(de::Error::custom)?;
            Self::new(text).map_err(de::Error::custom)
        }
    }
}

/// An amount of money in minor units of a currency.
///
/// In JSON `{ "currency": "GBP", "value": "12.34" }`, with as many decimals as the currency has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    /// The currency.
    pub currency: Currency,
    /// Minor units (pence for pounds).
    pub minor: i64,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, i128::from(self.minor), self.currency.decimals())?;
        write!(f, " {}", self.currency.as_str())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadableAmount {
    currency: Currency,
    value: String,
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let value = Decimal(i128::from(self.minor), self.currency.decimals()).to_string();
            ReadableAmount { currency: self.currency, value }.serialize(serializer)
        } else {
            (self.currency, self.minor).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            let (currency, minor) = Deserialize::deserialize(deserializer)?;
            return Ok(Self { currency, minor });
        }
        let ReadableAmount { currency, value } = Deserialize::deserialize(deserializer)?;
        let decimals = currency.decimals();
        let minor = parse_decimal(&value, decimals).and_then(|n| i64::try_from(n).ok());
        let minor = minor.ok_or_else(|| de::Error::custom(NotAPrice { given: value, decimals }))?;
        Ok(Self { currency, minor })
    }
}

/// A price or amount that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NotAPrice {
    given: String,
    decimals: u32,
}

impl fmt::Display for NotAPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { given, decimals } = self;
        write!(f, "`{given}` is not a decimal number with at most {decimals} decimals")
    }
}

struct Decimal(i128, u32);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, self.0, self.1)
    }
}

fn write_decimal(f: &mut fmt::Formatter<'_>, value: i128, decimals: u32) -> fmt::Result {
    let step = 10_u128.saturating_pow(decimals);
    let magnitude = value.unsigned_abs();
    let whole = magnitude.checked_div(step).unwrap_or(0);
    let rest = magnitude.checked_rem(step).unwrap_or(0);
    let sign = if value < 0 { "-" } else { "" };
    let width = usize::try_from(decimals).unwrap_or(0);
    if decimals == 0 {
        write!(f, "{sign}{whole}")
    } else {
        write!(f, "{sign}{whole}.{rest:0width$}")
    }
}

/// Reads `-12.5` as -1250 when `decimals` is 2; `None` for anything else than a plain decimal.
fn parse_decimal(text: &str, decimals: u32) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let places = u32::try_from(fraction.len()).ok().filter(|&n| n <= decimals)?;
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 24 || !plain(whole) || !plain(fraction) {
        return None;
    }
    let scale = 10_i128.checked_pow(decimals)?;
    let whole = whole.parse::<i128>().ok()?.checked_mul(scale)?;
    let fraction = if fraction.is_empty() { 0 } else { fraction.parse::<i128>().ok()? };
    let fraction = fraction.checked_mul(10_i128.checked_pow(decimals.checked_sub(places)?)?)?;
    let magnitude = whole.checked_add(fraction)?;
    if negative { magnitude.checked_neg() } else { Some(magnitude) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_total_is_rounded_half_to_even() {
        let line = |price, units| UnitPrice(price).times(units, Currency::GBP);
        assert_eq!(line(25_500, 6), Some(1530));
        assert_eq!(line(10, 15), Some(2), "0.1 p x 15 = 1.5 p goes to 2 p");
        assert_eq!(line(10, 25), Some(2), "0.1 p x 25 = 2.5 p goes to 2 p");
        assert_eq!(line(u64::MAX, u32::MAX), None);
    }

    #[test]
    fn decimals_are_read_and_written_exactly() {
        assert_eq!(parse_decimal("2.55", 4), Some(25_500));
        assert_eq!(parse_decimal("-0.01", 2), Some(-1));
        for bad in ["", ".", "1e3", "+1", "1.23456", "1,5", "--1"] {
            assert_eq!(parse_decimal(bad, 4), None, "{bad} was read as a number");
        }
        assert_eq!(Decimal(-5, 2).to_string(), "-0.05");
        assert_eq!(Decimal(1200, 0).to_string(), "1200");
    }
}
