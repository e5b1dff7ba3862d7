//! Generated kits: of the items there are, of each other, and of nothing.
//!
//! Law: as of all steps: few names and few contents, so that the same one comes again.

use earmark::flow::Command;
use earmark::ids::ItemRef;
use earmark::inventory::{DefineKit, InventoryCommand, KitComponent};
use earmark::units::UnitPrice;
use proptest::prelude::{Just, Strategy};
use proptest::sample::select;
use proptest::{collection, prop_oneof};

use crate::support::{sku, text, units};

/// The kits the world begins with: two that share an item, and one that is too large for many.
pub(crate) fn opening() -> Vec<Command> {
    let kits: [(&str, &[(&str, u32)]); 3] =
        [("set", &[("mug", 2), ("pen", 1)]), ("pair", &[("mug", 1), ("cup", 1)]), ("crate", CRATE)];
    kits.map(|(name, components)| define(name, components)).to_vec()
}

const CRATE: &[(&str, u32)] = &[("pen", 1_000)];

fn define(name: &str, components: &[(&str, u32)]) -> Command {
    let component = |&(item, n): &(&str, u32)| KitComponent { item: sku(item), quantity: units(n) };
    Command::Inventory(InventoryCommand::DefineKit(DefineKit {
        sku: text(name),
        name: text(name),
        unit_price: UnitPrice(12_345),
        components: components.iter().map(component).collect(),
    }))
}

/// One of them by SKU; the last may not be defined yet.
pub(super) fn kit() -> impl Strategy<Value = ItemRef> {
    prop_oneof![4 => Just("set"), 4 => Just("pair"), 1 => Just("crate"), 1 => Just("box")]
        .prop_map(sku)
}

/// Defines a kit: as it is, anew, or as it can't be.
pub(super) fn define_kit() -> impl Strategy<Value = Command> {
    let item = select(vec!["mug", "pen", "cup", "set", "hat"]);
    let each = prop_oneof![6 => 1..4_u32, 1 => Just(1_001)];
    let some = collection::vec((item, each), 0..3);
    let fresh = (select(vec!["box", "pair"]), some).prop_map(|(name, of)| define(name, &of));
    prop_oneof![1 => Just(define("set", &[("pen", 1), ("mug", 2)])), 3 => fresh]
}
