//! What sourcing looks at besides prices: its objective, the longest way, and when a day begins.
//!
//! Law: the default asks for the cheapest plan and rules nothing out.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::time::{Span, Timestamp};

/// What sourcing looks at besides prices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct SourcingRules {
    /// Which of all plans is the best.
    #[serde(default)]
    pub objective: Objective,
    /// No facility farther than this serves an order, by the metres of its way on the ground and
    /// in the air; `None` for no limit.
    #[serde(default)]
    pub max_metres: Option<u32>,
    /// How long after midnight UTC the day begins that a facility's parcels are counted by.
    #[serde(default)]
    pub day_starts: Span,
}

/// Which of all plans is the best.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Objective {
    /// The one that costs least, by the prices of the policy.
    #[default]
    Weighted,
    /// The one that is best by the first aim, of equals by the second, and so on.
    Lexicographic(Aims),
}

/// Something that a plan can be better in than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Aim {
    /// Fewer parcels.
    FewestParcels,
    /// Fewer units from back stock.
    PrimaryFirst,
    /// Fewer kilometres of all parcels together, on the ground and in the air; each way counts in
    /// whole kilometres, so that the last few hundred metres leave a choice to the next aim.
    ShortestWays,
    /// Units from facilities that have the greater share of what there is of the item: each unit
    /// counts the share, in thousandths, that lies elsewhere.
    EvenStock,
    /// Lower cost, by the prices of the policy.
    LowestCost,
}

impl Aim {
    /// Every aim.
    pub const ALL: [Self; 5] = [
        Self::FewestParcels,
        Self::PrimaryFirst,
        Self::ShortestWays,
        Self::EvenStock,
        Self::LowestCost,
    ];
}

/// Aims in order of importance: at least one, none twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Aim>", into = "Vec<Aim>")]
pub struct Aims {
    first: Aim,
    then: [Option<Aim>; Aim::ALL.len() - 1],
}

/// A list that is no list of [`Aims`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAims;

impl Aims {
    /// The aims of a list, the most important first.
    ///
    /// # Errors
    /// [`NotAims`] if there is none, or one of them twice.
    pub fn new(list: &[Aim]) -> Result<Self, NotAims> {
        let (&first, rest) = list.split_first().ok_or(NotAims)?;
        let mut then = [None; Aim::ALL.len() - 1];
        if rest.len() > then.len() {
            return Err(NotAims);
        }
        for (at, &aim) in rest.iter().enumerate() {
            let twice = aim == first || then.contains(&Some(aim));
            let slot = then.get_mut(at).filter(|_| !twice).ok_or(NotAims)?;
            *slot = Some(aim);
        }
        Ok(Self { first, then })
    }

    /// The aims, the most important first.
    pub fn iter(self) -> impl Iterator<Item = Aim> {
        core::iter::once(self.first).chain(self.then.into_iter().flatten())
    }
}

impl TryFrom<Vec<Aim>> for Aims {
    type Error = NotAims;

    fn try_from(list: Vec<Aim>) -> Result<Self, NotAims> {
        Self::new(&list)
    }
}

impl From<Aims> for Vec<Aim> {
    fn from(aims: Aims) -> Self {
        aims.iter().collect()
    }
}

impl fmt::Display for NotAims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "name 1 to {} aims, none of them twice", Aim::ALL.len())
    }
}

impl core::error::Error for NotAims {}

#[cfg(feature = "json")]
impl schemars::JsonSchema for Aims {
    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        "Aims".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let aim = generator.subschema_for::<Aim>();
        schemars::json_schema!({
            "type": "array",
            "items": aim,
            "minItems": 1,
            "maxItems": Aim::ALL.len(),
            "uniqueItems": true
        })
    }
}

impl SourcingRules {
    /// The day of a moment, counted from the epoch.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> u64 {
        let day = Span::from_days(1).as_millis();
        let starts = self.day_starts.as_millis().checked_rem(day).unwrap_or(0);
        // One day is added, so that the hours before the first day's beginning have a number too.
        let since = at.as_millis().saturating_add(day).saturating_sub(starts);
        since.checked_div(day).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_aims_has_at_least_one_and_none_twice() {
        let all = Aims::new(&Aim::ALL).expect("all of them");
        assert_eq!(Vec::from(all), Aim::ALL);
        let one = Aims::new(&[Aim::EvenStock]).expect("one");
        assert_eq!(Vec::from(one), [Aim::EvenStock]);
        let twice = [Aim::EvenStock, Aim::LowestCost, Aim::EvenStock];
        let again = [Aim::LowestCost, Aim::EvenStock, Aim::EvenStock];
        let six = [&Aim::ALL[..], &[Aim::EvenStock]].concat();
        for list in [&[][..], &twice, &again, &six] {
            assert_eq!(Aims::new(list), Err(NotAims), "{list:?}");
        }
    }

    #[test]
    fn a_day_begins_at_the_hour_that_the_policy_names() {
        let hour = 3_600_000;
        let rules = SourcingRules { day_starts: Span::from_millis(4 * hour), ..Default::default() };
        let day = |millis| rules.day(Timestamp::from_millis(millis));
        assert_eq!(day(4 * hour - 1) + 1, day(4 * hour));
        assert_eq!(day(4 * hour), day(28 * hour - 1));
        assert_eq!(day(28 * hour), day(4 * hour) + 1);
        assert_eq!(day(0) + 1, day(24 * hour));
    }
}
