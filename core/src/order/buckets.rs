//! Line buckets: where the units of one line are.
//!
//! Law: `ordered = cancelled + unsourced + backordered + reserved + allocated + released + picked +
//! packed + in_transit + delivered + lost + returned_to_sender`, always; and of the delivered
//! units, never more come back than were asked to.

use alloc::format;

use serde::{Deserialize, Serialize};

use crate::decide::CorruptHistory;
use crate::laws::{self, Audit};

/// A place where units of a line can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Bucket {
    /// Not wanted any more, or never to be had: cancelled, rejected or expired.
    Cancelled,
    /// Wanted, and not yet tied to stock.
    Unsourced,
    /// Promised from stock that is still to come.
    Backordered,
    /// Tied softly: free again after a deadline.
    Reserved,
    /// Tied hard: waits for a warehouse.
    Allocated,
    /// Handed to a warehouse.
    Released,
    /// Taken from the shelf.
    Picked,
    /// In the parcel.
    Packed,
    /// On the way to the customer.
    InTransit,
    /// With the customer (and counted here for ever, also after a return).
    Delivered,
    /// Lost on the way.
    Lost,
    /// Came back undelivered.
    ReturnedToSender,
}

/// The units of one line, by place. Counts are units; the sums are the law above.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "json", derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "each field is the bucket of the same name, documented there")]
pub struct Buckets {
    /// Units the customer ordered.
    pub ordered: u32,
    pub cancelled: u32,
    pub unsourced: u32,
    pub backordered: u32,
    pub reserved: u32,
    pub allocated: u32,
    pub released: u32,
    pub picked: u32,
    pub packed: u32,
    pub in_transit: u32,
    pub delivered: u32,
    pub lost: u32,
    pub returned_to_sender: u32,
    /// Of the delivered units: asked to come back.
    pub return_requested: u32,
    /// Of those: back on the shelf.
    pub restocked: u32,
    /// Of those: put aside to be looked at.
    pub quarantined: u32,
    /// Of those: of no use any more.
    pub written_off: u32,
    /// Of those: refused, and sent to the customer again.
    pub returned_to_customer: u32,
}

impl Buckets {
    /// A new line: everything still to be sourced.
    #[must_use]
    pub fn ordered(units: u32) -> Self {
        Self { ordered: units, unsourced: units, ..Self::default() }
    }

    /// Units in a bucket.
    #[must_use]
    pub fn get(&self, bucket: Bucket) -> u32 {
        let mut copy = *self;
        *copy.at(bucket)
    }

    /// Units that nobody has cancelled.
    #[must_use]
    pub fn wanted(&self) -> u32 {
        self.ordered.saturating_sub(self.cancelled)
    }

    /// Units that a warehouse has not yet got to work on.
    #[must_use]
    pub fn open(&self) -> u32 {
        let tied = self.reserved.saturating_add(self.allocated);
        self.unsourced.saturating_add(self.backordered).saturating_add(tied)
    }

    /// Units that have left, whatever became of them.
    #[must_use]
    pub fn left(&self) -> u32 {
        let ended = self.delivered.saturating_add(self.lost);
        self.in_transit.saturating_add(ended).saturating_add(self.returned_to_sender)
    }

    /// Units that nothing more will happen to, returns aside.
    #[must_use]
    pub fn settled(&self) -> u32 {
        let ended = self.delivered.saturating_add(self.lost);
        self.cancelled.saturating_add(ended).saturating_add(self.returned_to_sender)
    }

    /// Units that came back, by whatever disposition.
    #[must_use]
    pub fn return_received(&self) -> u32 {
        let stocked = self.restocked.saturating_add(self.quarantined);
        stocked.saturating_add(self.written_off).saturating_add(self.returned_to_customer)
    }

    /// Moves units from one bucket to another.
    ///
    /// # Errors
    /// [`CorruptHistory`] if there are not so many in the first.
    pub fn shift(&mut self, units: u32, from: Bucket, to: Bucket) -> Result<(), CorruptHistory> {
        let corrupt = CorruptHistory::because("more units leave a bucket than are in it");
        let source = self.at(from);
        *source = source.checked_sub(units).ok_or(corrupt)?;
        let target = self.at(to);
        *target = target.checked_add(units).ok_or(corrupt)?;
        Ok(())
    }

    /// More units are ordered: they are to be sourced.
    ///
    /// # Errors
    /// [`CorruptHistory`] if they can't be counted.
    pub fn add(&mut self, units: u32) -> Result<(), CorruptHistory> {
        let corrupt = CorruptHistory::because("more units than can be counted");
        self.ordered = self.ordered.checked_add(units).ok_or(corrupt)?;
        self.unsourced = self.unsourced.checked_add(units).ok_or(corrupt)?;
        Ok(())
    }

    /// Checks the laws of a line.
    pub fn audit(&self, audit: &mut Audit) {
        let places = [
            self.cancelled,
            self.unsourced,
            self.backordered,
            self.reserved,
            self.allocated,
            self.released,
            self.picked,
            self.packed,
            self.in_transit,
            self.delivered,
            self.lost,
            self.returned_to_sender,
        ];
        let conserved = laws::line_is_conserved(self.ordered, &places);
        audit.expect(laws::LINE_CONSERVED, conserved, || format!("{self:?}"));
        let back = [self.restocked, self.quarantined, self.written_off, self.returned_to_customer];
        let bounded = laws::returns_are_bounded(self.delivered, self.return_requested, &back);
        audit.expect(laws::RETURNS_BOUNDED, bounded, || format!("{self:?}"));
    }

    fn at(&mut self, bucket: Bucket) -> &mut u32 {
        match bucket {
            Bucket::Cancelled => &mut self.cancelled,
            Bucket::Unsourced => &mut self.unsourced,
            Bucket::Backordered => &mut self.backordered,
            Bucket::Reserved => &mut self.reserved,
            Bucket::Allocated => &mut self.allocated,
            Bucket::Released => &mut self.released,
            Bucket::Picked => &mut self.picked,
            Bucket::Packed => &mut self.packed,
            Bucket::InTransit => &mut self.in_transit,
            Bucket::Delivered => &mut self.delivered,
            Bucket::Lost => &mut self.lost,
            Bucket::ReturnedToSender => &mut self.returned_to_sender,
        }
    }
}
