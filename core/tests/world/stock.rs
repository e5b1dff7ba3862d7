//! Generated commands of those who look after the stock.
//!
//! Law: numbers are small, so that what was sent is received, and what is set is set again.

use earmark::flow::Command;
use earmark::ids::{
    ExpectedNumber, FacilityId, FacilityRef, ItemId, ItemRef, Tier, TransferNumber,
};
use earmark::inventory::{
    CancelTransfer, Condition, CountStock, ExpectStock, InventoryCommand as I, MoveStock,
    ReceiveExpected, ReceiveTransfer, Rest, SendTransfer, SetBackorderLimit, SetLowStock,
    SetSafetyStock, StockReason, WithdrawExpected, WriteOffStock,
};
use earmark::time::Timestamp;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;
use proptest::{option, prop_oneof};

use super::steps::{Step, facility, item, tier};
use crate::support::{START, text, units};

/// Any of them.
pub(crate) fn command() -> impl Strategy<Value = I> {
    prop_oneof![
        4 => move_stock(),
        2 => write_off(),
        2 => safety(),
        4 => count(),
        4 => low_stock(),
        4 => backorder_limit(),
        4 => send(),
        4 => receive_transfer(),
        2 => (1..6_u32).prop_map(|n| {
            I::CancelTransfer(CancelTransfer { transfer: TransferNumber(n) })
        }),
        4 => expect(),
        4 => (1..5_u32, 1..6_u32).prop_map(|(n, quantity)| {
            let (expected, quantity) = (ExpectedNumber(n), units(quantity));
            I::ReceiveExpected(ReceiveExpected { expected, quantity })
        }),
        1 => (1..5_u32).prop_map(|n| {
            I::WithdrawExpected(WithdrawExpected { expected: ExpectedNumber(n) })
        }),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    use Condition::{Damaged, QualityControl, Quarantine, Sellable};
    prop_oneof![3 => Just(Sellable), 1 => select(vec![Damaged, QualityControl, Quarantine])]
}

fn reason() -> impl Strategy<Value = StockReason> {
    select(vec![StockReason::Count, StockReason::Stolen, StockReason::MisshipIn])
}

fn move_stock() -> impl Strategy<Value = I> {
    (item(), facility(), tier(), condition(), condition(), 1..6_u32).prop_map(
        |(item, facility, tier, from, to, n)| {
            I::Move(MoveStock { item, facility, tier, from, to, quantity: units(n) })
        },
    )
}

fn write_off() -> impl Strategy<Value = I> {
    (item(), facility(), tier(), condition(), 1..4_u32, reason()).prop_map(
        |(item, facility, tier, condition, n, reason)| {
            let quantity = units(n);
            I::WriteOff(WriteOffStock { item, facility, tier, condition, quantity, reason })
        },
    )
}

fn safety() -> impl Strategy<Value = I> {
    let quantity = prop_oneof![2 => Just(0_u32), 4 => 1..5_u32, 1 => Just(u32::MAX)];
    (item(), facility(), quantity).prop_map(|(item, facility, quantity)| {
        I::SetSafety(SetSafetyStock { item, facility, quantity })
    })
}

fn count() -> impl Strategy<Value = I> {
    (item(), facility(), tier(), condition(), 0..9_u32, reason()).prop_map(
        |(item, facility, tier, condition, counted, reason)| {
            I::Count(CountStock { item, facility, tier, condition, counted, reason })
        },
    )
}

fn low_stock() -> impl Strategy<Value = I> {
    (item(), option::weighted(0.85, 0..12_u32))
        .prop_map(|(item, threshold)| I::SetLowStock(SetLowStock { item, threshold }))
}

pub(crate) fn backorder_limit() -> impl Strategy<Value = I> {
    let limit = prop_oneof![9 => 0..12_u32, 1 => Just(u32::MAX)];
    (item(), option::weighted(0.85, limit))
        .prop_map(|(item, limit)| I::SetBackorderLimit(SetBackorderLimit { item, limit }))
}

/// An item that is watched while it runs out everywhere, and comes again; and a transfer of it that
/// is called back.
pub(crate) fn out_and_back() -> impl Strategy<Value = Vec<Step>> {
    (0..3_u32, reason()).prop_map(|(n, reason)| {
        let item = || ItemRef::Id(ItemId(n));
        let place = |n| FacilityRef::Id(FacilityId(n));
        let count = |facility, tier, counted| {
            let (item, condition) = (item(), Condition::Sellable);
            I::Count(CountStock { item, facility, tier, condition, counted, reason })
        };
        let watch = SetLowStock { item: item(), threshold: Some(1) };
        let mut commands = vec![I::SetLowStock(watch)];
        for n in 0..3 {
            let tiers = [Tier::Primary, Tier::Back];
            commands.extend(tiers.map(|tier| count(place(n), tier, 0)));
        }
        commands.push(count(place(0), Tier::Primary, 30));
        let (from, from_tier) = (place(0), Tier::Primary);
        let (to, to_tier, quantity) = (place(1), Tier::Back, units(1));
        let send = SendTransfer { item: item(), from, from_tier, to, to_tier, quantity };
        commands.push(I::SendTransfer(send));
        let cancel = |n| I::CancelTransfer(CancelTransfer { transfer: TransferNumber(n) });
        commands.extend((1..5).map(cancel));
        let (facility, tier, quantity) = (place(0), Tier::Primary, units(1));
        let (due, reference) = (Timestamp::from_millis(START), None);
        let expect = ExpectStock { item: item(), facility, tier, quantity, due, reference };
        commands.push(I::Expect(expect));
        let withdraw = |n| I::WithdrawExpected(WithdrawExpected { expected: ExpectedNumber(n) });
        commands.extend((1..5).map(withdraw));
        commands.into_iter().map(|command| Step::now(Command::Inventory(command))).collect()
    })
}

fn send() -> impl Strategy<Value = I> {
    (item(), facility(), tier(), facility(), tier(), 1..5_u32).prop_map(
        |(item, from, from_tier, to, to_tier, n)| {
            let quantity = units(n);
            I::SendTransfer(SendTransfer { item, from, from_tier, to, to_tier, quantity })
        },
    )
}

/// A transfer, and stock that is expected, of a world that is still as it was opened, which surely
/// arrive or are called off.
pub(crate) fn moved() -> impl Strategy<Value = Vec<Step>> {
    (tier(), tier(), 1..4_u32, any::<bool>()).prop_map(|(from_tier, to_tier, n, arrives)| {
        let [from, to] = [0, 1].map(|n| FacilityRef::Id(FacilityId(n)));
        let item = ItemRef::Id(ItemId(0));
        let send = SendTransfer { item, from, from_tier, to, to_tier, quantity: units(n) };
        let (transfer, rest) = (TransferNumber(1), Rest::OnItsWay);
        let end = if arrives {
            I::ReceiveTransfer(ReceiveTransfer { transfer, quantity: n, rest })
        } else {
            I::CancelTransfer(CancelTransfer { transfer })
        };
        let (expected, due) = (ExpectedNumber(1), Timestamp::from_millis(START));
        let (quantity, facility, reference) = (units(n), FacilityRef::Id(FacilityId(0)), None);
        let (item, tier) = (ItemRef::Id(ItemId(0)), to_tier);
        let expect = ExpectStock { item, facility, tier, quantity, due, reference };
        let seen = if arrives {
            I::ReceiveExpected(ReceiveExpected { expected, quantity })
        } else {
            I::WithdrawExpected(WithdrawExpected { expected })
        };
        let all = [I::SendTransfer(send), end, I::Expect(expect), seen];
        all.map(|command| Step::now(Command::Inventory(command))).to_vec()
    })
}

fn receive_transfer() -> impl Strategy<Value = I> {
    let rest = select(vec![Rest::OnItsWay, Rest::Lost]);
    (1..6_u32, 0..5_u32, rest).prop_map(|(n, quantity, rest)| {
        I::ReceiveTransfer(ReceiveTransfer { transfer: TransferNumber(n), quantity, rest })
    })
}

fn expect() -> impl Strategy<Value = I> {
    (item(), facility(), tier(), 1..9_u32).prop_map(|(item, facility, tier, n)| {
        let (quantity, due) = (units(n), Timestamp::from_millis(START));
        let reference = (n > 4).then(|| text("PO-4711"));
        I::Expect(ExpectStock { item, facility, tier, quantity, due, reference })
    })
}
