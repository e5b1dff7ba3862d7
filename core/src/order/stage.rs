//! How far units that are tied to stock have come, and who may take them out again.
//!
//! Law: a unit is tied in the inventory exactly while it is in one of these stages.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::buckets::Bucket;
use super::event::UnitsOfLine;
use super::state::{Order, Tied};
use crate::decide::CorruptHistory;
use crate::demand::Portion;

const NOT_TIED: CorruptHistory = CorruptHistory::because("units are freed that are not tied");
const NO_LINE: CorruptHistory = CorruptHistory::because("an event of a line that is not there");

/// How far tied units have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub enum Stage {
    /// Tied softly.
    Reserved,
    /// Tied hard.
    Allocated,
    /// Handed to a warehouse.
    Released,
    /// Taken from the shelf.
    Picked,
    /// In the parcel.
    Packed,
}

/// Every stage, in order.
pub(super) const ALL: [Stage; 5] =
    [Stage::Reserved, Stage::Allocated, Stage::Released, Stage::Picked, Stage::Packed];
/// The stages that no warehouse has got to work on.
pub(super) const FREE: [Stage; 2] = [Stage::Reserved, Stage::Allocated];
/// The stages that a warehouse works on.
pub(super) const IN_WORK: [Stage; 3] = [Stage::Released, Stage::Picked, Stage::Packed];

impl Stage {
    /// The bucket of a line that counts these units.
    #[must_use]
    pub fn bucket(self) -> Bucket {
        match self {
            Self::Reserved => Bucket::Reserved,
            Self::Allocated => Bucket::Allocated,
            Self::Released => Bucket::Released,
            Self::Picked => Bucket::Picked,
            Self::Packed => Bucket::Packed,
        }
    }

    /// Whether the units are tied hard in the inventory.
    #[must_use]
    pub fn is_hard(self) -> bool {
        self != Self::Reserved
    }

    /// Whether a warehouse works on the units.
    #[must_use]
    pub fn is_in_work(self) -> bool {
        IN_WORK.contains(&self)
    }
}

/// The portions in some stages, those of the first stage named first.
pub(super) fn portions(order: &Order, of: &[Stage]) -> Vec<Portion> {
    let in_stage = |&stage: &Stage| order.tied.iter().filter(move |t| t.stage == stage);
    of.iter().flat_map(in_stage).map(|t| t.portion).collect()
}

/// Takes the named units out of the portions: what was taken, and what is left.
pub(super) fn take(portions: &[Portion], units: &[UnitsOfLine]) -> (Vec<Portion>, Vec<Portion>) {
    let mut wants: Vec<UnitsOfLine> = units.to_vec();
    let (mut taken, mut left) = (Vec::new(), Vec::new());
    for &portion in portions {
        let want = wants.iter_mut().find(|u| u.line == portion.line);
        let quantity = want.as_ref().map_or(0, |u| u.quantity.min(portion.quantity));
        if let Some(want) = want {
            want.quantity = want.quantity.saturating_sub(quantity);
        }
        let rest = portion.quantity.saturating_sub(quantity);
        if quantity > 0 {
            taken.push(Portion { quantity, ..portion });
        }
        if rest > 0 {
            left.push(Portion { quantity: rest, ..portion });
        }
    }
    (taken, left)
}

/// Portions of one key as one portion.
pub(super) fn merge(mut portions: Vec<Portion>) -> Vec<Portion> {
    portions.sort_unstable();
    portions.dedup_by(|next, kept| {
        let same = is_same(next, kept);
        if same {
            kept.quantity = kept.quantity.saturating_add(next.quantity);
        }
        same
    });
    portions
}

/// Whether two portions differ in nothing but their number of units.
pub(super) fn is_same(one: &Portion, other: &Portion) -> bool {
    Portion { quantity: other.quantity, ..*one } == *other
}

/// Takes units out of what is tied, from the first of the stages that has them, and moves them to
/// a bucket.
pub(super) fn free(
    order: &mut Order,
    portions: &[Portion],
    from: &[Stage],
    to: Bucket,
) -> Result<(), CorruptHistory> {
    for freed in portions {
        let mut rest = freed.quantity;
        while rest > 0 {
            let (at, found) = find(&order.tied, freed, from).ok_or(NOT_TIED)?;
            let quantity = rest.min(found.portion.quantity);
            rest = rest.saturating_sub(quantity);
            let left = found.portion.quantity.saturating_sub(quantity);
            let tied = order.tied.get_mut(at).ok_or(NOT_TIED)?;
            tied.portion.quantity = left;
            if left == 0 {
                order.tied.remove(at);
            }
            shift(order, Portion { quantity, ..*freed }, found.stage.bucket(), to)?;
        }
    }
    Ok(())
}

/// Moves units on to another stage.
pub(super) fn advance(
    order: &mut Order,
    portions: &[Portion],
    from: Stage,
    to: Stage,
) -> Result<(), CorruptHistory> {
    for portion in portions {
        free(order, core::slice::from_ref(portion), &[from], to.bucket())?;
        add(&mut order.tied, *portion, to)?;
    }
    Ok(())
}

/// Ties units in a stage.
pub(super) fn add(
    tied: &mut Vec<Tied>,
    portion: Portion,
    stage: Stage,
) -> Result<(), CorruptHistory> {
    match tied.iter_mut().find(|t| t.stage == stage && is_same(&t.portion, &portion)) {
        Some(same) => {
            let sum = same.portion.quantity.checked_add(portion.quantity);
            let corrupt = CorruptHistory::because("more units than can be counted");
            same.portion.quantity = sum.ok_or(corrupt)?;
        }
        None => tied.push(Tied { portion, stage }),
    }
    Ok(())
}

/// Moves the units of a portion from one bucket of its line to another.
pub(super) fn shift(
    order: &mut Order,
    portion: Portion,
    from: Bucket,
    to: Bucket,
) -> Result<(), CorruptHistory> {
    let line = order.lines.get_mut(portion.line.index()).ok_or(NO_LINE)?;
    line.buckets.shift(portion.quantity, from, to)
}

/// Units of one key can be in several stages: some in work, and some that came later for those who
/// waited. Of each stage there is one portion.
fn find(tied: &[Tied], portion: &Portion, from: &[Stage]) -> Option<(usize, Tied)> {
    let mut best: Option<(usize, usize, Tied)> = None;
    for (at, known) in tied.iter().enumerate() {
        if !is_same(&known.portion, portion) {
            continue;
        }
        let Some(rank) = from.iter().position(|stage| *stage == known.stage) else { continue };
        if best.is_none_or(|(best, ..)| rank < best) {
            best = Some((rank, at, *known));
        }
        if rank == 0 {
            break;
        }
    }
    best.map(|(_, at, known)| (at, known))
}
