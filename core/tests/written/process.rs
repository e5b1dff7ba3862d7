//! The process as data, held against the routes that are taken, and printed as a page.

use crate::samples;
use std::collections::BTreeSet;

use earmark::flow::{
    Command, DEADLINES, Event, PROCESS, Purpose, Topology, process_page, route, topology_page,
};
use earmark::inventory::{InventoryCommand, Reserve};
use earmark::order::OrderEvent;
use earmark::schema::{EVENTS, encode_event};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/flow.md");

fn role_of(event: &Event) -> &'static str {
    match event {
        Event::Policy(_) => "policy",
        Event::Order(_) => "order",
        Event::Inventory(_) => "inventory",
        Event::Notification(_) => "notification",
        Event::Fulfilment(_) => "fulfilment",
        Event::Payment(_) => "payment",
    }
}

/// The role a command is for, and its name.
fn asked(command: &Command) -> (&'static str, String) {
    let (role, told) = match command {
        Command::Order(c) => ("order", format!("{c:?}")),
        Command::Inventory(c) => ("inventory", format!("{c:?}")),
        Command::Notification(c) => ("notification", format!("{c:?}")),
        Command::Fulfilment(c) => ("fulfilment", format!("{c:?}")),
        Command::Payment(c) => ("payment", format!("{c:?}")),
        Command::SetPolicy(_) | Command::Tick(_) | Command::Hear(_) => unreachable!("{command:?}"),
    };
    let end = told.find(['(', ' ']).unwrap_or(told.len());
    (role, told[..end].to_string())
}

fn name_of(event: &Event) -> &'static str {
    let (kind, _) = encode_event(event, Vec::new()).unwrap().unwrap();
    EVENTS[usize::from(kind)].name
}

#[test]
fn the_steps_of_the_process_are_the_routes_that_events_take() {
    let mut taken = BTreeSet::new();
    for sample in samples::events() {
        let event = sample.value;
        route(&event, |command| {
            let (to, command) = asked(&command);
            taken.insert((role_of(&event), name_of(&event), to, command));
        });
    }
    let told: BTreeSet<_> = PROCESS
        .iter()
        .map(|step| (step.from, step.event, step.to, step.command.to_string()))
        .collect();
    let untold: Vec<_> = taken.difference(&told).collect();
    assert!(untold.is_empty(), "routes that `PROCESS` does not tell: {untold:#?}");
    let untaken: Vec<_> = told.difference(&taken).collect();
    assert!(untaken.is_empty(), "steps that no sample of an event takes: {untaken:#?}");
    assert_eq!(told.len(), PROCESS.len(), "a step is told twice");
}

#[test]
fn a_facility_that_is_out_of_the_question_for_an_order_is_so_for_the_stock() {
    let mut seen = BTreeSet::new();
    for sample in samples::events() {
        let Event::Order(event) = &sample.value else { continue };
        let told = match event {
            OrderEvent::KitsAskedAgain(e) => &e.excluded,
            OrderEvent::Resourced(e) => &e.excluded,
            OrderEvent::StockLost(e) => &e.excluded,
            _ => continue,
        };
        let mut left_out = Vec::new();
        route(&sample.value, |command| match command {
            Command::Inventory(InventoryCommand::Reserve(Reserve {
                excluded,
                passed_over,
                ..
            })) => left_out.extend([excluded, passed_over].concat()),
            Command::Inventory(InventoryCommand::ReserveFrom(from)) => {
                left_out.extend(from.reserve.excluded);
            }
            _ => {}
        });
        left_out.sort_unstable();
        assert_eq!(&left_out, told, "{event:?}");
        seen.extend((!told.is_empty()).then(|| name_of(&sample.value)));
    }
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        ["OrderKitsAskedAgain", "OrderResourced", "OrderStockLost"]
    );
}

#[test]
fn every_deadline_ends_in_an_event_of_its_role() {
    for deadline in DEADLINES {
        let of_role = samples::events();
        let found = of_role.iter().find(|sample| name_of(&sample.value) == deadline.event);
        let event = &found.unwrap_or_else(|| panic!("no event {}", deadline.event)).value;
        assert_eq!(role_of(event), deadline.role, "{}", deadline.what);
    }
}

#[test]
fn whatever_ties_stock_has_a_step_that_makes_up_for_it() {
    let asks = |command: &str, purpose| {
        PROCESS.iter().any(|step| step.command == command && step.purpose == purpose)
    };
    for (done, undone) in [("Reserve", "Release"), ("Ship", "Unship"), ("Ship", "Restock")] {
        assert!(asks(done, Purpose::Forward) && asks(undone, Purpose::Compensation), "{done}");
    }
}

#[test]
fn every_role_is_local_to_one_partition_of_each_topology() {
    for topology in Topology::ALL {
        assert_eq!(topology.name().parse::<Topology>().unwrap(), topology);
        let mut roles: Vec<_> =
            topology.partitions().iter().flat_map(|partition| partition.roles.names()).collect();
        roles.sort_unstable();
        let mut all = earmark::flow::Roles::ALL.names();
        all.sort_unstable();
        assert_eq!(roles, all, "{topology}");
    }
    let heard = |n: usize| Topology::ReserveFirst.partitions()[n].hears();
    assert!(heard(0).contains(&"InventoryTied") && !heard(0).contains(&"StockReceived"));
    assert!(heard(1).contains(&"OrderPlaced") && !heard(1).contains(&"InventoryTied"));
    assert!(Topology::Sequential.partitions()[0].hears().is_empty(), "it has every role");
    let none = earmark::flow::Roles::NONE;
    let every = earmark::flow::Roles::ALL.names().into_iter().try_fold(none, |r, name| r.and(name));
    assert_eq!(every, Some(earmark::flow::Roles::ALL));
    assert_eq!(none.and("astrology"), None);
    let refused = "saga".parse::<Topology>().unwrap_err().to_string();
    assert!(refused.contains("`saga`") && refused.contains("reserve-first"), "{refused}");
}

/// Set `EARMARK_BLESS=1` to draw the page anew.
#[test]
fn the_page_of_the_flow_is_drawn_from_the_data() {
    let page = format!(
        "# The flow\n\nDrawn from `flow::PROCESS`, `flow::DEADLINES` and `flow::Topology`; a test \
         holds it to them.\n\n## Topologies\n\nThe last three have the same partitions, and \
         differ in when the customer is answered. A step\nbetween two partitions travels as a \
         `HearEvent`: the event's kind and bytes, which the other\npartition carries out as a \
         whole or refuses; all other steps happen within one turn.\n\n{}\n\
         ## Steps and deadlines\n\n{}",
        topology_page(),
        process_page()
    );
    if std::env::var_os("EARMARK_BLESS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let kept = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(kept == page, "docs/flow.md is not what the data say: EARMARK_BLESS=1 draws it");
}
