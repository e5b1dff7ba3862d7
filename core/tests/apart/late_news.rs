//! What an order makes of answers that come late, twice, in parts, or for more than it wants.
//!
//! The order role alone, as behind a broker: an answer meets an order that has changed its mind,
//! and every unit of it is either taken or told to go back.

use crate::support::alone::{Alone as Desk, HARD, Units, portions};
use crate::support::kits::{amend, cancel, named};
use crate::support::{START, order, text};
use earmark::decide::{Context, Decide, Principal};
use earmark::demand::{ComponentLine, ExplodedKit, Hold};
use earmark::ids::{
    CancellationNumber, FacilityId, ItemId, ItemName, LineNumber, ReservationNumber,
};
use earmark::order::{
    AcceptCancellation, AuthorizePayment, OrderCommand as O, PaymentStatus, PickOrder,
    RecordExploded, RecordPayment, RecordTimedOut, Rejection, ReleaseOrder, Status,
};
use earmark::owed::Standing;
use earmark::policy::PaymentPolicy;
use earmark::time::Timestamp;
use earmark::units::{Amount, Currency};

const SOFT: Hold = Hold::Soft { until: Timestamp::from_millis(START + 3_600_000) };

#[test]
fn of_a_tie_for_more_than_is_wanted_the_rest_goes_back() {
    let mut desk = Desk::paid();
    desk.cancel(0, 1);
    let told = desk.tied(1, HARD, &[(0, 3), (1, 2)]);
    assert_eq!(told, ["OrderSourced 0:2 1:2", "OrderConfirmed", "TieReturned 0:1"]);
    assert_eq!(desk.tied(1, HARD, &[(1, 2)]), ["TieReturned 1:2"], "it comes twice");
}

#[test]
fn of_a_promise_of_more_than_is_wanted_the_rest_need_not_come() {
    let mut desk = Desk::paid();
    desk.cancel(0, 1);
    let told = desk.promised(1, HARD, &[(0, 3), (1, 2)]);
    assert_eq!(told, ["OrderBackordered 0:2 1:2", "OrderConfirmed", "BackorderReturned 0:1"]);
    assert_eq!(desk.promised(1, HARD, &[(1, 2)]), ["BackorderReturned 1:2"], "it comes twice");
}

#[test]
fn an_answer_to_what_was_asked_anew_since_goes_back_as_a_whole() {
    let mut desk = Desk::paid();
    desk.hear(amend(1, 0, 4));
    assert_eq!(desk.promised(1, HARD, &[(0, 3)]), ["BackorderReturned 0:3"]);
    assert_eq!(desk.tied(1, HARD, &[(1, 2)]), ["TieReturned 1:2"]);
    assert_eq!(desk.promised(2, HARD, &[(0, 4)]), ["OrderBackordered 0:4"]);
    assert_eq!(desk.tied(2, HARD, &[(1, 2)]), ["OrderSourced 1:2", "OrderConfirmed"]);
}

#[test]
fn stock_that_comes_is_taken_as_far_as_its_line_and_reservation_wait() {
    let mut desk = Desk::paid();
    desk.promised(1, HARD, &[(0, 3), (1, 2)]);
    desk.cancel(0, 2);
    assert_eq!(desk.filled(2, &[(0, 1), (1, 1)]), ["TieReturned 0:1 1:1"], "of another");
    let told = desk.filled(1, &[(0, 3), (1, 1)]);
    assert_eq!(told, ["BackorderSourced 0:1 1:1", "TieReturned 0:2"]);
    assert_eq!(desk.filled(1, &[(0, 1)]), ["TieReturned 0:1"], "mugs wait no more");
    assert_eq!(desk.filled(1, &[(1, 4)]), ["BackorderSourced 1:1", "TieReturned 1:3"]);
}

#[test]
fn what_was_promised_last_is_given_up_first() {
    let mut desk = Desk::paid();
    desk.promised(1, HARD, &[(0, 3), (1, 2)]);
    desk.hear(amend(1, 0, 5));
    desk.promised(2, HARD, &[(0, 2)]);
    let told = desk.hear(cancel(1, Some(named(0, 3))));
    assert_eq!(told, ["BackorderDropped 0:2 0:1", "OrderLinesCancelled 0:3"]);
    assert_eq!(desk.filled(2, &[(0, 1)]), ["TieReturned 0:1"]);
    assert_eq!(desk.filled(1, &[(0, 3)]), ["BackorderSourced 0:2", "TieReturned 0:1"]);
}

#[test]
fn news_of_reservations_that_are_hard_or_of_another_end_nothing() {
    for waits in [false, true] {
        let mut desk = Desk::unpaid();
        if waits {
            desk.promised(1, SOFT, &[(0, 3), (1, 2)]);
        } else {
            desk.tied(1, SOFT, &[(0, 3), (1, 2)]);
        }
        assert_eq!(desk.allocated(2), [""; 0], "waits: {waits}");
        assert_eq!(desk.lapsed(2), [""; 0], "waits: {waits}");
        desk.pay();
        assert_eq!(desk.allocated(1)[..2], ["OrderAllocated", "OrderConfirmed"], "waits: {waits}");
        assert_eq!(desk.allocated(1), [""; 0], "waits: {waits}");
        assert_eq!(desk.lapsed(1), [""; 0], "waits: {waits}");
        assert_eq!(desk.status(), Status::Confirmed);
    }
}

#[test]
fn a_soft_reservation_that_lapses_ends_the_order_with_all_it_waits_for() {
    let mut desk = Desk::unpaid();
    desk.tied(1, SOFT, &[(0, 3), (1, 2)]);
    assert_eq!(desk.lapsed(1).first().map(String::as_str), Some("OrderExpired"));
    let mut desk = Desk::unpaid();
    desk.promised(1, SOFT, &[(0, 3)]);
    desk.tied(1, SOFT, &[(1, 2)]);
    assert_eq!(desk.lapsed(1)[..2], ["BackorderDropped 0:3", "OrderExpired"]);
    assert_eq!(desk.status(), Status::Expired);
}

#[test]
fn an_answer_that_comes_after_the_payment_is_asked_to_be_made_hard_once() {
    let mut desk = Desk::unpaid();
    desk.pay();
    assert_eq!(desk.tied(1, SOFT, &[(0, 3), (1, 2)])[1..], ["AllocationRequested"]);
    let mut desk = Desk::unpaid();
    desk.pay();
    assert_eq!(desk.promised(1, SOFT, &[(0, 3)])[1..], ["AllocationRequested"]);
    assert_eq!(desk.tied(1, SOFT, &[(1, 2)]), ["OrderSourced 1:2"], "that asked for all of it");
    assert_eq!(desk.allocated(1)[..2], ["OrderAllocated", "OrderConfirmed"]);
}

#[test]
fn an_order_is_confirmed_only_when_the_last_of_its_reservations_is_hard() {
    let mut desk = Desk::unpaid();
    desk.promised(1, SOFT, &[(0, 2)]);
    desk.tied(1, SOFT, &[(0, 1), (1, 2)]);
    desk.stripped(1, &[(1, 1)]);
    desk.promised(2, SOFT, &[(1, 1)]);
    desk.pay();
    assert_eq!(desk.allocated(1), ["OrderAllocated"]);
    assert_eq!(desk.allocated(2)[..2], ["OrderAllocated", "OrderConfirmed"]);
}

#[test]
fn an_amendment_that_can_t_be_had_takes_nothing_else_with_it() {
    let mut desk = Desk::unpaid();
    desk.tied(1, SOFT, &[(0, 3), (1, 2)]);
    desk.hear(amend(1, 0, 5));
    let told = desk.refused(2, "mug", (2, 0));
    assert_eq!(told[0], "OrderLinesCancelled 0:2");
    assert_eq!(desk.status(), Status::Pending);
    // The same when a loss has asked for all of it in between.
    desk.hear(amend(1, 0, 5));
    desk.stripped(1, &[(1, 1)]);
    let told = desk.refused(4, "mug", (2, 0));
    let whole = ["OrderLinesCancelled 0:2", "OrderShortened", "OrderResourced"];
    assert_eq!(told[..3], whole, "and the pen once more");
    assert_eq!(desk.status(), Status::Pending);
    let told = desk.refused(5, "pen", (1, 0));
    assert_eq!((told[0].as_str(), desk.status()), ("OrderRejected", Status::Rejected));
}

#[test]
fn a_confirmed_order_gives_up_what_is_short_and_keeps_the_rest() {
    let mut desk = Desk::paid();
    desk.tied(1, HARD, &[(0, 3), (1, 2)]);
    assert_eq!(desk.stripped(1, &[(0, 2), (1, 1)]), ["OrderUnsourced"]);
    let told = desk.refused(2, "mug", (2, 1));
    assert_eq!(told, ["OrderLinesCancelled 0:1", "OrderShortened", "OrderResourced"]);
    assert_eq!(desk.refused(2, "pen", (1, 0)), [""; 0], "asked anew since");
    assert_eq!(desk.tied(3, HARD, &[(0, 1), (1, 1)]), ["OrderSourced 0:1 1:1"]);
    assert_eq!(desk.stripped(9, &[(0, 2)]), [""; 0], "of a reservation that tied nothing");
}

#[test]
fn a_facility_that_is_late_keeps_what_it_has_begun_with() {
    let late = |desk: &mut Desk, units: &[Units]| {
        let (order, facility, portions) = (order(1), FacilityId(0), portions(1, units));
        desk.hear(O::RecordTimedOut(RecordTimedOut { order, facility, portions }))
    };
    let open = || {
        let mut desk = Desk::paid();
        desk.tied(1, HARD, &[(0, 3), (1, 2)]);
        desk
    };
    let release = |desk: &mut Desk| {
        desk.hear(O::Release(ReleaseOrder { order: order(1), facility: None }));
    };
    assert_eq!(late(&mut open(), &[(0, 3)]), [""; 0], "it was asked for nothing yet");
    let mut desk = open();
    release(&mut desk);
    assert_eq!(late(&mut desk, &[(7, 3)]), [""; 0], "nothing of that is there any more");
    let told = late(&mut desk, &[(0, 3)]);
    assert_eq!(told, ["FulfilmentRejected", "OrderResourced"]);
    let mut desk = open();
    release(&mut desk);
    let lines = Some(named(0, 1));
    let pick = PickOrder { order: order(1), facility: FacilityId(0), lines, missing: None };
    desk.hear(O::Pick(pick));
    assert_eq!(late(&mut desk, &[(0, 2)]), [""; 0], "it has begun");
}

#[test]
fn money_of_another_currency_and_too_little_pay_nothing() {
    let desk = Desk::unpaid();
    let total = desk.orders.get(order(1)).unwrap().total.minor;
    let pay = |currency, minor| {
        let amount = Amount { currency, minor };
        let pay = O::AuthorizePayment(AuthorizePayment { order: order(1), amount });
        let context = Context { at: Timestamp::from_millis(START), by: Principal::Staff };
        desk.orders.decide(&pay, &context).map(drop).map_err(|refusal| refusal.code())
    };
    let too_little = Err("amount-too-small");
    assert_eq!(pay(Currency::new("EUR").unwrap(), total * 9), too_little);
    assert_eq!(pay(Currency::GBP, total - 1), too_little);
    assert_eq!(pay(Currency::GBP, total), Ok(()));
}

#[test]
fn an_order_that_ended_unpaid_awaits_no_payment() {
    let mut desk = Desk::unpaid();
    let status = |desk: &Desk| desk.orders.get(order(1)).unwrap().payment_status();
    assert_eq!(status(&desk), PaymentStatus::Awaiting);
    desk.hear(cancel(1, None));
    assert_eq!(desk.status(), Status::Cancelled);
    assert_eq!(status(&desk), PaymentStatus::Voided);
}

/// A confirmed order whose lines are amended to so many units, one after the other.
fn amended(lines: &[Units]) -> Desk {
    let mut desk = Desk::paid();
    desk.tied(1, HARD, &[(0, 3), (1, 2)]);
    for &(line, quantity) in lines {
        desk.hear(amend(1, line, quantity));
    }
    desk
}

#[test]
fn an_amendment_that_can_not_be_had_goes_as_a_whole_and_takes_nothing_else_along() {
    let mut desk = amended(&[(0, 4), (1, 3)]);
    let told = desk.refused(3, "pen", (1, 0));
    assert_eq!(told[0], "OrderLinesCancelled 0:1 1:1", "both lines of it");
    let mut desk = amended(&[(0, 5), (1, 4)]);
    desk.cancel(0, 2);
    let told = desk.refused(3, "pen", (2, 1));
    assert_eq!(told[0], "OrderLinesCancelled 1:2", "what is left of it");
    let mut desk = amended(&[(0, 5)]);
    desk.cancel(0, 2);
    desk.stripped(1, &[(0, 2)]);
    let told = desk.refused(3, "mug", (2, 1));
    assert_eq!(told[0], "OrderLinesCancelled 0:1", "none is left: only what is short goes");
}

#[test]
fn of_two_lines_with_one_item_the_last_gives_up_what_is_short() {
    let mut desk = Desk::of(PaymentPolicy::None, &[("mug", 3), ("mug", 2)]);
    desk.tied(1, HARD, &[(0, 3), (1, 2)]);
    desk.stripped(1, &[(0, 3), (1, 2)]);
    let told = desk.refused(2, "mug", (5, 2));
    assert_eq!(
        told,
        ["OrderLinesCancelled 0:1 1:2", "OrderShortened", "OrderResourced"],
        "two are there, and asked for"
    );
}

#[test]
fn kits_that_are_taken_apart_twice_or_are_none_change_nothing() {
    let explode = |desk: &mut Desk, kit: u16, first: u16| {
        let component = |(line, name): (u16, &str)| ComponentLine {
            line: LineNumber(line),
            item: ItemName { id: ItemId(line.into()), sku: text(name) },
            each: 1,
        };
        let components = [(first, "cup"), (first + 1, "saucer")].map(component).to_vec();
        let kit_name = ItemName { id: ItemId(9), sku: text("mug") };
        let kit = ExplodedKit { line: LineNumber(kit), kit: kit_name, quantity: 3, components };
        let (order, reservation) = (order(1), ReservationNumber(1));
        desk.hear(O::RecordExploded(RecordExploded { order, reservation, kits: vec![kit] }))
    };
    let mut desk = Desk::paid();
    assert_eq!(explode(&mut desk, 0, 2), ["OrderLinesExploded"]);
    assert_eq!(explode(&mut desk, 0, 2), [""; 0], "it comes twice");
    assert_eq!(explode(&mut desk, 0, 4), [""; 0], "numbered on, and a kit already");
    assert_eq!(explode(&mut desk, 2, 4), [""; 0], "a part of a kit");
    let mut desk = Desk::paid();
    desk.tied(1, HARD, &[(0, 3), (1, 2)]);
    assert_eq!(explode(&mut desk, 0, 2), [""; 0], "its units lie on a shelf");
    // Numbered into the lines that the order has: it is asked for again, if it is still wanted.
    let again = [("OrderKitsAskedAgain", 0), ("", 3)];
    for (told, cancelled) in again {
        let mut desk = Desk::paid();
        if cancelled > 0 {
            desk.cancel(0, cancelled);
        }
        assert_eq!(explode(&mut desk, 0, 1).concat(), told, "{cancelled} are cancelled");
    }
}

/// Three mugs of one shelf and one reservation, of which a facility works on one.
fn one_in_work() -> Desk {
    let mut desk = Desk::paid();
    desk.promised(1, HARD, &[(0, 3), (1, 2)]);
    desk.filled(1, &[(0, 1)]);
    desk.hear(O::Release(ReleaseOrder { order: order(1), facility: None }));
    desk.filled(1, &[(0, 2)]);
    desk
}

#[test]
fn of_units_that_are_lost_those_that_nobody_works_on_go_first() {
    assert_eq!(one_in_work().stripped(1, &[(0, 3)]), ["OrderStockLost 0:2 0:1", "OrderStripHeard"]);
    assert_eq!(one_in_work().stripped(1, &[(0, 1)]), ["OrderStockLost 0:1", "OrderStripHeard"]);
}

#[test]
fn a_request_takes_units_from_the_first_stage_of_work_first() {
    let mut desk = one_in_work();
    let (order_id, lines, missing) = (order(1), None, None);
    let facility = FacilityId(0);
    desk.hear(O::Pick(PickOrder { order: order_id, facility, lines, missing }));
    desk.hear(O::Release(ReleaseOrder { order: order_id, facility: None }));
    desk.cancel(0, 1);
    let cancellation = CancellationNumber(1);
    let accept = AcceptCancellation { order: order_id, cancellation };
    desk.hear(O::AcceptCancellation(accept));
    let mugs = desk.order().lines[0].buckets;
    assert_eq!((mugs.released, mugs.picked), (1, 1), "not what is picked already");
}

#[test]
fn what_is_short_of_parcels_is_given_up_as_a_whole() {
    let mut desk = Desk::paid();
    desk.tied(1, HARD, &[(0, 3), (1, 2)]);
    desk.stripped(1, &[(0, 2), (1, 1)]);
    let told = desk.rejected(2, Rejection::TooManyParcels { allowed: 1 });
    assert_eq!(told, ["OrderLinesCancelled 0:2 1:1", "OrderShortened"]);
    assert_eq!(desk.status(), Status::Confirmed);
}

#[test]
fn of_a_payment_only_the_latest_word_counts_and_only_where_one_is_owed() {
    let standing = |desk: &mut Desk, revision| {
        let amount = Amount { currency: Currency::GBP, minor: 0 };
        let (authorized, captured, refunded, declined) = (amount, amount, amount, false);
        let standing = Standing { revision, authorized, captured, refunded, declined };
        desk.hear(O::RecordPayment(RecordPayment { order: order(1), standing }))
    };
    let mut desk = Desk::unpaid();
    for (revision, told) in
        [(2, "OrderPaymentRecorded"), (2, ""), (1, ""), (3, "OrderPaymentRecorded")]
    {
        assert_eq!(standing(&mut desk, revision).concat(), told, "revision {revision}");
    }
    assert_eq!(standing(&mut Desk::paid(), 1), [""; 0]);
}
