//! Local times as milliseconds since 1970, and back.
//!
//! Law: a written time is read as if it were UTC, so that a plan needs neither a clock nor
//! a time zone and is the same on every machine.

/// One minute in milliseconds.
pub(crate) const MINUTE: u64 = 60_000;
/// One hour in milliseconds.
pub(crate) const HOUR: u64 = 60 * MINUTE;
/// One day in milliseconds.
pub(crate) const DAY: u64 = 24 * HOUR;
/// One week in milliseconds.
pub(crate) const WEEK: u64 = 7 * DAY;

/// The forms [`parse`] takes, for error messages.
pub(crate) const FORMS: &str =
    "a time as `2010-12-01T08:26`, `2010-12-01 08:26:00` or, month first, `12/1/2010 8:26`";

/// 1970-01-01 was a Thursday: the first Monday is three or more days later.
const FIRST_MONDAY: u64 = 4 * DAY;

/// Reads a time in one of [`FORMS`]; seconds may be left out. The result is in milliseconds.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', ' '])?;
    let [year, month, day] = if date.contains('/') {
        let [month, day, year] = numbers(date, '/')?;
        [year, month, day]
    } else {
        numbers(date, '-')?
    };
    let [hour, minute, second] = match numbers(time, ':') {
        Some(parts) => parts,
        None => {
            let [hour, minute] = numbers(time, ':')?;
            [hour, minute, 0]
        }
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_of(year, month, day)?;
    Some(days * DAY + hour * HOUR + minute * MINUTE + second * 1_000)
}

/// Writes a time to the minute, as `2010-12-01T08:26`.
pub(crate) fn format(at: u64) -> String {
    let (year, month, day) = date_of(at / DAY);
    let (hour, minute) = (at % DAY / HOUR, at % HOUR / MINUTE);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}")
}

#[cfg(test)]
/// Year, month and day of a time.
pub(crate) fn date(at: u64) -> (u64, u64, u64) {
    date_of(at / DAY)
}

/// The midnight at or before a time.
pub(crate) fn midnight(at: u64) -> u64 {
    at - at % DAY
}

/// Every Monday at `hour` within `from..=to`.
pub(crate) fn mondays(from: u64, to: u64, hour: u64) -> impl Iterator<Item = u64> {
    let first = FIRST_MONDAY + hour * HOUR;
    let weeks = from.saturating_sub(first).div_ceil(WEEK);
    (weeks..).map(move |week| first + week * WEEK).take_while(move |&at| at <= to)
}

/// True on a Saturday.
pub(crate) fn is_saturday(at: u64) -> bool {
    (at / DAY) % 7 == 2
}

fn numbers<const N: usize>(text: &str, separator: char) -> Option<[u64; N]> {
    let mut parts = text.split(separator);
    let mut found = [0; N];
    for number in &mut found {
        let part = parts.next()?;
        if part.is_empty() || part.len() > 4 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

/// Days from 1970-01-01 (Gregorian); `None` before it, or if there is no such day. The era
/// arithmetic is Howard Hinnant's `days_from_civil`.
fn days_of(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted / 400, shifted % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    (date_of(days) == (year, month, day)).then_some(days)
}

/// The inverse, `civil_from_days`.
fn date_of(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let moon = (5 * day_of_year + 2) / 153;
    let month = if moon < 10 { moon + 3 } else { moon - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day_of_year - (153 * moon + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_forms_read_the_same_time() {
        let at = 1_291_191_960_000;
        for text in
            ["2010-12-01T08:26", "2010-12-01 08:26:00", "12/1/2010 8:26", "12/01/2010 08:26:00"]
        {
            assert_eq!(parse(text), Some(at), "{text}");
        }
        assert_eq!(format(at), "2010-12-01T08:26");
    }

    #[test]
    fn times_that_do_not_exist_are_refused() {
        for text in [
            "2011-02-29T08:00",
            "2010-13-01T08:00",
            "13/1/2010 8:26",
            "2010-12-01",
            "2010-12-01T24:00",
            "2010-12-01T08:60",
            "1969-12-31T23:59",
            "2010-12-01T08:26:00:00",
            "2010-12-01T08:26Z",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_goes_there_and_back() {
        for day in 0..146_097 {
            let (year, month, date) = date_of(day);
            assert_eq!(days_of(year, month, date), Some(day));
        }
    }

    #[test]
    fn mondays_are_mondays_at_that_hour() {
        let (from, to) = (parse("2010-12-01T00:00").unwrap(), parse("2010-12-20T06:00").unwrap());
        let found: Vec<_> = mondays(from, to, 6).map(format).collect();
        assert_eq!(found, ["2010-12-06T06:00", "2010-12-13T06:00", "2010-12-20T06:00"]);
        assert_eq!(mondays(from, from, 6).count(), 0);
        assert!(is_saturday(parse("2010-12-04T12:00").unwrap()));
    }
}
