//! A scenario played to its end, in the native body.
//! The first step that is not as its table says ends it.

use super::desk::Desk;
use super::{Fault, Part, Scenario, Step, look, say};

/// Plays a scenario; gives the shop that it ends with.
///
/// # Errors
/// The first step that can't be read, or is not so.
pub fn play(scenario: &Scenario) -> Result<Desk, Fault> {
    let fault = |line, says| {
        let says = format!("{says} (in `{}`)", scenario.name);
        Fault { file: scenario.file.clone(), line, says }
    };
    let mut desk = Desk::open().map_err(|says| fault(scenario.line, says))?;
    let mut steps = scenario.steps.iter().peekable();
    while let Some(step) = steps.next() {
        let carried_out = match step.part {
            Part::Given | Part::When => say::act(&mut desk, &step.text)
                .and_then(|()| refusal_is_told(&desk, step, steps.peek().copied())),
            Part::Then => look::look(&mut desk, &step.text),
        };
        carried_out.map_err(|says| fault(step.line, says))?;
    }
    Ok(desk)
}

/// Nobody overlooks that a command was refused.
fn refusal_is_told(desk: &Desk, step: &Step, next: Option<&Step>) -> Result<(), String> {
    let Some((code, message)) = &desk.last().refused else { return Ok(()) };
    let is_told = next.is_some_and(|n| n.part == Part::Then && n.text.starts_with("refused "));
    if step.part == Part::When && is_told {
        return Ok(());
    }
    Err(format!("expected that this goes through, it is refused: `{code}`, {message}"))
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    const SHOP: &str = "scenario a\ngiven facility LON in GB at 51.5,-0.1\nand item mug\nand stock \
        LON mug 10\n";

    fn played(steps: &str) -> Result<Desk, String> {
        let scenarios = table::read("a.txt", &format!("{SHOP}{steps}")).expect("it is a table");
        play(&scenarios[0]).map_err(|fault| fault.to_string())
    }

    #[test]
    fn what_is_so_goes_through() {
        let steps = [
            "when place A 3 mug, 1 mug",
            "then order A is confirmed",
            "and line A 0 ordered 3, allocated 3",
            "and tied A LON 4 mug",
            "and available mug 6",
            "and shelf LON mug onHand 10, allocated 4",
            "and told A accepted",
            "and fact OrderPlaced at /lines/1/quantity is 1",
            "and parcels A 0",
            "when again",
            "then nothing happens",
            "when ship A",
            "and deliver A 1",
            "then order A fulfilment delivered",
            "and told A accepted, shipped 1, delivered 1",
            "and all event ShipmentShipped 1 times",
            "and answer Order {\"order\":\"$A\"} at /total/value is \"4.00\"",
        ];
        let desk = played(&steps.join("\n")).expect("it is so");
        assert_eq!(desk.inputs(), 7);
        assert_eq!(desk.turns(3).len(), 3);
    }

    #[test]
    fn what_is_not_so_is_told_with_file_and_line() {
        let cases = [
            (
                "then available mug 9",
                "a.txt:5: expected available of `mug` Some(9), there is Some(10)",
            ),
            ("then shelf LON mug onHand 9", "a.txt:5: expected on the shelf {\"onHand\": 9}, the"),
            ("when place A 1 mug\nthen order A is pending", "a.txt:6: expected status \"pending\""),
            ("when place A 1 mug\nthen line A 0 ordered 1", "a.txt:6: expected in its buckets"),
            ("when place A 1 mug\nthen told A nothing", "a.txt:6: expected told [], there is ["),
            ("when place A 1 mug\nthen tied A LON 2 mug", "a.txt:6: expected tied {(\"LON\","),
            ("when place A 1 mug\nthen nothing happens", "a.txt:6: expected events [], there is"),
            ("when ship B\nthen available mug 1", "a.txt:5: expected that this goes through, it"),
            ("given ship B\nthen refused unknown-order", "a.txt:5: expected that this goes"),
            ("when ship B\nthen refused late", "a.txt:6: expected the refusal `late`, there is"),
            ("when place A 1 mug\nthen refused late", "a.txt:6: expected the refusal `late`, it"),
            ("when fly A\nthen available mug 1", "a.txt:5: expected a word for doing (see"),
            ("then fly A", "a.txt:5: expected a word for looking (see"),
            ("when do Fly {}\nthen available mug 1", "a.txt:5: expected a command, `Fly` is none"),
            ("when ship A at PAR\nthen available mug 1", "a.txt:5: expected a facility, `PAR` is"),
            ("when place A 1\nthen available mug 1", "a.txt:5: expected an item, there is nothing"),
            ("when item mug at 4\nthen available mug 1", "a.txt:5: expected the end of the line,"),
        ];
        for (steps, wanted) in cases {
            let says = played(steps).expect_err(steps);
            assert!(says.starts_with(wanted), "{says}\ninstead of\n{wanted}");
        }
    }
}
