//! Kits: items without stock of their own, made of other items, which they share with other kits
//! and with lines of their own.
//!
//! Law: a kit is exploded (taken apart) to its components before anything is added up or checked;
//! how many can be had is what its components allow, never a number of its own.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::decide::{Decision, bound};
use super::event::InventoryEvent;
use super::evolve::define;
use super::ledger::{Inventory, Item};
use super::plan::Unplanned;
use super::refusal::InventoryRefusal;
use crate::data::{asks, data};
use crate::decide::CorruptHistory;
use crate::demand::{ComponentLine, Demand, ExplodedKit, Shortfall};
use crate::ids::{ItemId, ItemName, ItemRef, LineNumber, OrderId, ReservationNumber, Text};
use crate::limits::{ITEMS, KIT_COMPONENTS, KIT_UNITS, ORDER_LINES, UNITS_PER_LINE};
use crate::units::{Quantity, UnitPrice};

asks! {
    /// Define a kit: an item that is sold as one, and stocked as its components. Orders name it as
    /// any item, by id or SKU.
    DefineKit {
        /// The SKU: what people call it; unique among items and kits, case matters.
        sku: Text,
        /// What it is.
        name: Text,
        /// The list price of one kit, for a catalogue; orders carry their own prices.
        #[serde(default)]
        unit_price: UnitPrice,
        /// What one kit is made of: 1 to 64 items that are no kits. An item that is named twice is
        /// added up.
        components: Vec<KitComponent>,
    }
    /// An item in a kit.
    KitComponent {
        /// The item, by id or SKU.
        item: ItemRef,
        /// Units in one kit, 1,000 at the most.
        quantity: Quantity,
    }
}

data! {
    /// A kit can be sold.
    KitDefined {
        /// Its id, for ever; it is an item's.
        id: ItemId,
        /// Its SKU.
        sku: Text,
        /// What it is.
        name: Text,
        /// Its list price.
        unit_price: UnitPrice,
        /// What one kit is made of, by item.
        components: Vec<ComponentOfKit>,
    }
    /// An item in a kit.
    ComponentOfKit {
        /// The item.
        item: ItemName,
        /// Units in one kit.
        each: u32,
    }
    /// Kits of an order were taken apart: the tie that follows names the lines of their components.
    KitsExploded {
        /// The order.
        order: OrderId,
        /// The reservation that was asked for.
        reservation: ReservationNumber,
        /// The kits, by line.
        kits: Vec<ExplodedKit>,
    }
    /// Kits of an order can't be had, since a component is short: what follows says which.
    KitsShort {
        /// The order.
        order: OrderId,
        /// The reservation that was asked for.
        reservation: ReservationNumber,
        /// The kits, by line.
        kits: Vec<KitShort>,
    }
    /// Kits of an order can't be taken apart: with the lines of their components the order would
    /// have too many, or a line too many units. Nothing is tied.
    ExplosionRejected {
        /// The order.
        order: OrderId,
        /// The reservation that was asked for.
        reservation: ReservationNumber,
        /// Lines that the order would have.
        lines: u32,
        /// Units that the largest of them would ask for.
        units: u64,
    }
}

/// A kit of which too few can be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
pub struct KitShort {
    /// The line that names it.
    pub line: LineNumber,
    /// The kit.
    pub kit: ItemName,
    /// Kits that the line asks for.
    pub asked: u32,
    /// Kits that its components make up, if nothing else is ordered of them.
    pub available: u64,
}

/// An item in a kit, as the ledger knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// The item.
    pub item: ItemId,
    /// Units in one kit.
    pub each: u32,
}

/// Demand without kits in it, and what became of the kits.
#[derive(Debug)]
pub(super) struct Exploded<'a> {
    pub(super) demands: Cow<'a, [Demand]>,
    pub(super) kits: Vec<ExplodedKit>,
}

/// What a component of a line asks for.
struct Part {
    line: LineNumber,
    item: ItemName,
    each: u32,
    units: Quantity,
}

impl Exploded<'_> {
    /// The line that people named: of a component, that of its kit.
    pub(super) fn named_by(&self, line: LineNumber) -> LineNumber {
        let of = |kit: &&ExplodedKit| kit.components.iter().any(|c| c.line == line);
        self.kits.iter().find(of).map_or(line, |kit| kit.line)
    }
}

impl Inventory {
    /// What a kit is made of, by item; `None` if the item is none.
    #[must_use]
    pub fn kit(&self, id: ItemId) -> Option<&[Component]> {
        self.kits.get(&id).map(Vec::as_slice)
    }

    /// Units of an item that can be had, over all facilities: of a kit, as many as its components
    /// make up.
    #[must_use]
    pub fn available(&self, id: ItemId) -> u64 {
        let of = |id: ItemId| self.items.get(id).map_or(0, Item::available);
        let Some(components) = self.kits.get(&id) else { return of(id) };
        let kits = |c: &Component| of(c.item).checked_div(u64::from(c.each)).unwrap_or(0);
        components.iter().map(kits).min().unwrap_or(0)
    }

    /// Of the kits that are asked for, those that lack a component; and how many can be had.
    #[must_use]
    pub fn kits_short(&self, demands: &[Demand], shortfalls: &[Shortfall]) -> Vec<KitShort> {
        if self.kits.is_empty() {
            return Vec::new();
        }
        let short = |s: &Shortfall| Some((self.item(&s.item)?.0, s.available?));
        let short: BTreeMap<ItemId, u64> = shortfalls.iter().filter_map(short).collect();
        let kit = |demand: &Demand| {
            let (id, item) = self.item(&demand.item)?;
            let components = self.kits.get(&id)?;
            let units = |item: ItemId| short.get(&item).copied().unwrap_or(self.available(item));
            let kits = |c: &Component| units(c.item).checked_div(c.each.into()).unwrap_or(0);
            components.iter().any(|c| short.contains_key(&c.item)).then(|| KitShort {
                line: demand.line,
                kit: ItemName { id, sku: item.sku.clone() },
                asked: demand.quantity.get(),
                available: components.iter().map(kits).min().unwrap_or(0),
            })
        };
        demands.iter().filter_map(kit).collect()
    }

    /// A kit has no stock, and no rules of stock.
    pub(super) fn stocked(&self, id: ItemId, item: &Item) -> Result<(), InventoryRefusal> {
        let Some(components) = self.kits.get(&id) else { return Ok(()) };
        let sku = |c: &Component| self.items.get(c.item).map(|item| item.sku.clone());
        let components = components.iter().filter_map(sku).collect();
        Err(InventoryRefusal::IsKit { kit: item.sku.clone(), components })
    }

    /// Replaces the demand for kits by that for their components, in new lines after all others.
    /// They are numbered on from `next`, or from the last line that is asked for.
    pub(super) fn explode<'a>(
        &self,
        demands: &'a [Demand],
        next: Option<LineNumber>,
    ) -> Result<Exploded<'a>, Unplanned> {
        let kit = |demand: &Demand| {
            let (id, item) = self.item(&demand.item)?;
            Some((ItemName { id, sku: item.sku.clone() }, self.kits.get(&id)?))
        };
        if self.kits.is_empty() || !demands.iter().any(|demand| kit(demand).is_some()) {
            return Ok(Exploded { demands: Cow::Borrowed(demands), kits: Vec::new() });
        }
        let last = demands.iter().map(|d| d.line.index().saturating_add(1)).max();
        let next = next.map(LineNumber::index).max(last).unwrap_or(0);
        let (mut lines, mut most) = (next, 0_u64);
        for (demand, components) in demands.iter().filter_map(|d| Some((d, kit(d)?.1))) {
            lines = lines.saturating_add(components.len());
            let units =
                |c: &Component| u64::from(c.each).saturating_mul(demand.quantity.get().into());
            most = components.iter().map(units).fold(most, u64::max);
        }
        let too_large = || Unplanned::KitsTooLarge { lines: bound(lines), units: most };
        if lines > ORDER_LINES || most > u64::from(UNITS_PER_LINE) {
            return Err(too_large());
        }
        let (mut plain, mut parts, mut kits) = (Vec::new(), Vec::new(), Vec::new());
        for demand in demands {
            let Some((name, components)) = kit(demand) else {
                plain.push(demand.clone());
                continue;
            };
            let at = next.saturating_add(parts.len());
            let of_kit: Option<Vec<Part>> = components
                .iter()
                .enumerate()
                .map(|(number, component)| self.part(demand, component, at.saturating_add(number)))
                .collect();
            let of_kit = of_kit.ok_or_else(too_large)?;
            let component =
                |p: &Part| ComponentLine { line: p.line, item: p.item.clone(), each: p.each };
            let components = of_kit.iter().map(component).collect();
            let (line, quantity) = (demand.line, demand.quantity.get());
            kits.push(ExplodedKit { line, kit: name, quantity, components });
            parts.extend(of_kit);
        }
        let demand = |Part { line, item, units, .. }: Part| Demand {
            line,
            item: ItemRef::Sku(item.sku),
            quantity: units,
        };
        plain.extend(parts.into_iter().map(demand));
        Ok(Exploded { demands: Cow::Owned(plain), kits })
    }

    fn part(&self, demand: &Demand, component: &Component, line: usize) -> Option<Part> {
        let line = LineNumber(u16::try_from(line).ok()?);
        let units = component.each.checked_mul(demand.quantity.get()).and_then(Quantity::new)?;
        Some(Part { line, item: self.name(component.item)?, each: component.each, units })
    }
}

pub(super) fn define_kit(inventory: &Inventory, command: &DefineKit) -> Decision {
    let DefineKit { sku, name, unit_price, components } = command;
    let components = recipe(inventory, components)?;
    if let Some((id, known)) = inventory.item(&ItemRef::Sku(sku.clone())) {
        let same = |(new, old): (&ComponentOfKit, &Component)| {
            (new.item.id, new.each) == (old.item, old.each)
        };
        let recipe = inventory.kit(id).is_some_and(|known| {
            known.len() == components.len() && components.iter().zip(known).all(same)
        });
        if recipe && (&known.name, &known.unit_price) == (name, unit_price) {
            return Ok(vec![]);
        }
        return Err(InventoryRefusal::DefinedDifferently { name: sku.clone() });
    }
    let too_many = || InventoryRefusal::TooManyDefined { allowed: bound(ITEMS) };
    let free = inventory.items.next_id().filter(|id| id.0 < bound(ITEMS));
    let id = free.ok_or_else(too_many)?;
    let (sku, name, unit_price) = (sku.clone(), name.clone(), *unit_price);
    Ok(vec![InventoryEvent::KitDefined(KitDefined { id, sku, name, unit_price, components })])
}

/// The components by item, each once.
fn recipe(
    inventory: &Inventory,
    components: &[KitComponent],
) -> Result<Vec<ComponentOfKit>, InventoryRefusal> {
    let allowed = bound(KIT_COMPONENTS);
    if components.is_empty() || components.len() > KIT_COMPONENTS {
        let given = bound(components.len());
        return Err(InventoryRefusal::NotSoManyComponents { given, allowed });
    }
    let mut recipe: Vec<ComponentOfKit> = Vec::with_capacity(components.len());
    for KitComponent { item, quantity } in components {
        let unknown = || InventoryRefusal::UnknownItem { item: item.clone() };
        let (id, known) = inventory.item(item).ok_or_else(unknown)?;
        let name = ItemName { id, sku: known.sku.clone() };
        if inventory.kit(id).is_some() {
            return Err(InventoryRefusal::KitInKit { kit: name.sku });
        }
        let so_far = recipe.iter_mut().find(|c| c.item.id == id);
        let each = so_far.as_ref().map_or(0, |c| c.each).saturating_add(quantity.get());
        if each > KIT_UNITS {
            return Err(InventoryRefusal::TooManyInKit { item: name.sku, allowed: KIT_UNITS });
        }
        match so_far {
            Some(so_far) => so_far.each = each,
            None => recipe.push(ComponentOfKit { item: name, each }),
        }
    }
    recipe.sort_unstable_by_key(|c| c.item.id);
    Ok(recipe)
}

pub(super) fn kit_defined(
    inventory: &mut Inventory,
    event: &KitDefined,
) -> Result<(), CorruptHistory> {
    define(inventory, event.id, &event.sku, &event.name, event.unit_price)?;
    let component = |c: &ComponentOfKit| Component { item: c.item.id, each: c.each };
    let components: Vec<Component> = event.components.iter().map(component).collect();
    let fits = |c: &Component| {
        inventory.items.get(c.item).is_some() && !inventory.kits.contains_key(&c.item)
    };
    if components.is_empty() || !components.iter().all(|c| c.item != event.id && fits(c)) {
        return Err(CorruptHistory::because("a kit of what can't be in one"));
    }
    inventory.kits.insert(event.id, components);
    Ok(())
}
