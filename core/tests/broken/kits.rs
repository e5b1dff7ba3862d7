//! The law of kits can fail. Why: as of `laws`, which has the others.

use crate::support;
use crate::support::order;
use crate::world::mirror::OpenShop;
use earmark::ids::LineNumber;
use earmark::laws;
use earmark::order::{Line, LineKind};

/// The laws that an order of two sets of two mugs and a pen breaks, once its lines are damaged.
fn broken_kit(damage: impl Fn(&mut [Line])) -> Vec<&'static str> {
    let mut desk = support::kits::open();
    desk.place(1, &[("set", 2)]);
    let mut open = OpenShop::of(&desk.shop);
    damage(&mut open.orders.orders.get_mut(&order(1)).unwrap().lines);
    let mut broken: Vec<_> = open.shut().audit().broken.iter().map(|b| b.law).collect();
    broken.dedup();
    broken
}

#[test]
fn a_kit_that_is_ordered_or_cancelled_in_part_is_found() {
    assert!(broken_kit(|_| {}).is_empty());
    let one_more = |lines: &mut [Line]| {
        let mugs = &mut lines[1].buckets;
        (mugs.ordered, mugs.cancelled) = (mugs.ordered + 1, 1);
    };
    assert_eq!(broken_kit(one_more), [laws::KIT_WHOLE]);
    let a_pen_less = |lines: &mut [Line]| {
        let pens = &mut lines[2].buckets;
        (pens.allocated, pens.cancelled) = (1, 1);
    };
    assert!(broken_kit(a_pen_less).contains(&laws::KIT_WHOLE));
    let no_parts = |lines: &mut [Line]| {
        lines[0].kind = LineKind::Kit { first: LineNumber(1), components: 0 };
    };
    assert_eq!(broken_kit(no_parts), [laws::KIT_WHOLE]);
}
