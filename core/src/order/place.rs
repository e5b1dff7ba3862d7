//! Placing an order: recorded as pending, and announced; or saved as a draft, and not.
//!
//! Law: an id is good for one order for ever: while the order is at hand, the same contents again
//! are a retry and others are refused; once it is archived, the id is stale.

use alloc::vec;

use super::command::{OrderLine, PlaceOrder, SaveDraft};
use super::decide::Decision;
use super::event::{OrderDrafted, OrderEvent, OrderPlaced, PaymentTerms};
use super::refusal::OrderRefusal;
use super::state::{Line, Order, Orders, Placed};
use super::transitions::Status;
use crate::decide::{Context, Principal};
use crate::ids::{LineNumber, Text};
use crate::limits::{ID_FUTURE_MS, ORDER_LINES, PAYMENT_AMOUNT};
use crate::policy::{PaymentPolicy, PricePolicy};
use crate::time::Span;
use crate::units::Amount;

impl Orders {
    /// Records an order as pending.
    pub(super) fn place(
        &self,
        place: &PlaceOrder,
        known: Option<&Order>,
        context: &Context,
    ) -> Decision {
        let order = place.order;
        let owner = owner(place, context)?;
        if let Some(dropped) = known.filter(|known| known.was_never_placed()) {
            return Err(OrderRefusal::NotWhen { status: dropped.status });
        }
        if let Some(known) = placed_before(known) {
            let same = is_same(place, owner.as_ref(), known);
            return if same { Ok(vec![]) } else { Err(OrderRefusal::PlacedDifferently { order }) };
        }
        let total = self.check_placed(place, known, context)?;
        let payment = self.terms(context);
        Ok(vec![OrderEvent::Placed(OrderPlaced {
            order,
            at: context.at,
            owner,
            number: place.number.clone(),
            lines: place.lines.clone(),
            destination: place.destination.clone(),
            payment,
            total,
        })])
    }

    /// The terms of an order that is placed now.
    pub(super) fn terms(&self, context: &Context) -> PaymentTerms {
        match self.policy.payment {
            PaymentPolicy::None => PaymentTerms::NotRequired,
            PaymentPolicy::Required { deadline, .. } => {
                PaymentTerms::Required { deadline: context.at.after(deadline) }
            }
        }
    }

    /// Saves an order that is not placed yet.
    pub(super) fn save(
        &self,
        draft: &SaveDraft,
        known: Option<&Order>,
        context: &Context,
    ) -> Decision {
        let place = draft.as_placed();
        let owner = owner(&place, context)?;
        if known.is_some_and(|known| is_same(&place, owner.as_ref(), known)) {
            return Ok(vec![]);
        }
        let total = self.check(&place, known, context)?;
        self.check_prices(&place, None, context)?;
        let PlaceOrder { order, number, lines, destination, .. } = place;
        let at = context.at;
        let drafted = OrderDrafted { order, at, owner, number, lines, destination, total };
        Ok(vec![OrderEvent::Drafted(drafted)])
    }

    /// Whether an order can be placed as it is, and its total.
    pub(super) fn check_placed(
        &self,
        place: &PlaceOrder,
        known: Option<&Order>,
        context: &Context,
    ) -> Result<Amount, OrderRefusal> {
        let total = self.check(place, known, context)?;
        self.check_prices(place, known, context)?;
        if self.policy.payment != PaymentPolicy::None && total.minor > PAYMENT_AMOUNT {
            return Err(OrderRefusal::TotalTooLarge);
        }
        Ok(total)
    }

    /// Whether the prices may be those of whoever asks. A draft is a quote: its customer may place
    /// it as it is.
    fn check_prices(
        &self,
        place: &PlaceOrder,
        quoted: Option<&Order>,
        context: &Context,
    ) -> Result<(), OrderRefusal> {
        let Principal::Customer(owner) = &context.by else { return Ok(()) };
        let is_quoted = |draft: &Order| is_same(place, Some(owner), draft);
        match self.policy.prices {
            PricePolicy::Caller => Ok(()),
            PricePolicy::Staff if quoted.is_some_and(is_quoted) => Ok(()),
            PricePolicy::Staff => Err(OrderRefusal::PriceIsNotYours),
        }
    }

    /// Whether an order can be one at all, and its total.
    fn check(
        &self,
        place: &PlaceOrder,
        known: Option<&Order>,
        context: &Context,
    ) -> Result<Amount, OrderRefusal> {
        let order = place.order;
        if known.is_none() && order.timestamp() < self.horizon {
            return Err(OrderRefusal::StaleId { order });
        }
        if order.timestamp() > context.at.after(Span::from_millis(ID_FUTURE_MS)) {
            return Err(OrderRefusal::IdFromFuture { order });
        }
        if place.lines.is_empty() {
            return Err(OrderRefusal::NoLines);
        }
        if place.lines.len() > ORDER_LINES {
            let given = u32::try_from(place.lines.len()).unwrap_or(u32::MAX);
            let allowed = u32::try_from(ORDER_LINES).unwrap_or(u32::MAX);
            return Err(OrderRefusal::TooManyLines { given, allowed });
        }
        if !place.destination.location.is_valid() {
            return Err(OrderRefusal::NoSuchPlace);
        }
        total(place).ok_or(OrderRefusal::TotalTooLarge)
    }
}

/// The order, if it was placed; a draft is none yet.
pub(super) fn placed_before(known: Option<&Order>) -> Option<&Order> {
    known.filter(|known| known.status != Status::Draft)
}

/// Whose order it will be: a customer's own, or the one staff names.
pub(super) fn owner(place: &PlaceOrder, context: &Context) -> Result<Option<Text>, OrderRefusal> {
    match &context.by {
        Principal::Customer(subject) => match &place.customer {
            Some(named) if named != subject => Err(OrderRefusal::NotYourOrder),
            Some(_) | None => Ok(Some(subject.clone())),
        },
        Principal::Staff | Principal::System => Ok(place.customer.clone()),
    }
}

/// Whether a known order was placed with these contents: then placing it again is a retry. An
/// amendment since then does not count.
pub(super) fn is_same(place: &PlaceOrder, owner: Option<&Text>, known: &Order) -> bool {
    let of_order = |(new, (number, old)): (&OrderLine, (LineNumber, &Line))| {
        new.item == old.item
            && new.unit_price == old.unit_price
            && new.quantity.get() == known.buckets_of(number).ordered
    };
    let contents = match known.placed.as_deref() {
        Some(Placed { lines, destination }) => {
            place.lines == *lines && place.destination == *destination
        }
        None => {
            place.destination == known.destination
                && place.lines.len() == known.named_lines().count()
                && place.lines.iter().zip(known.named_lines()).all(of_order)
        }
    };
    contents
        && owner == known.owner.as_ref()
        && place.number == known.number
        && place.currency == known.currency
}

fn total(place: &PlaceOrder) -> Option<Amount> {
    let mut minor = 0_i64;
    for line in &place.lines {
        let line = line.unit_price.times(line.quantity.get(), place.currency)?;
        minor = minor.checked_add(line)?;
    }
    Some(Amount { currency: place.currency, minor })
}
