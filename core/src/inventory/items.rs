//! The items of a ledger, by id: all of them on a host, a few of them in a client's slice.
//!
//! Law: an item keeps its id in every body, so that a client's events equal the host's.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::ledger::Item;
use crate::ids::ItemId;

/// Items in order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Items {
    /// The ids, ascending; empty while they are simply 0, 1, 2 and so on.
    ids: Vec<ItemId>,
    list: Vec<Item>,
}

impl Items {
    /// A few items of a larger ledger; `None` unless the ids ascend.
    pub(super) fn some_of(items: Vec<(ItemId, Item)>) -> Option<Self> {
        if !items.is_sorted_by(|a, b| a.0 < b.0) {
            return None;
        }
        let (ids, list) = items.into_iter().unzip();
        Some(Self { ids, list })
    }

    pub(super) fn get(&self, id: ItemId) -> Option<&Item> {
        self.at(id).and_then(|at| self.list.get(at))
    }

    pub(super) fn get_mut(&mut self, id: ItemId) -> Option<&mut Item> {
        self.at(id).and_then(|at| self.list.get_mut(at))
    }

    /// The id the next item will have.
    pub(super) fn next_id(&self) -> Option<ItemId> {
        match self.ids.last() {
            Some(last) => last.0.checked_add(1).map(ItemId),
            None => u32::try_from(self.list.len()).ok().map(ItemId),
        }
    }

    pub(super) fn push(&mut self, id: ItemId, item: Item) {
        if !self.ids.is_empty() {
            self.ids.push(id);
        }
        self.list.push(item);
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ItemId, &Item)> {
        let id = |at: usize| match self.ids.get(at) {
            Some(id) => *id,
            None => ItemId(u32::try_from(at).unwrap_or(u32::MAX)),
        };
        self.list.iter().enumerate().map(move |(at, item)| (id(at), item))
    }

    fn at(&self, id: ItemId) -> Option<usize> {
        if self.ids.is_empty() { Some(id.index()) } else { self.ids.binary_search(&id).ok() }
    }
}
