//! The page of all refusals, `docs/refusals.md`, drawn from the samples of the wire: each code with
//! what a person reads. Why: the code is what programs hold on to, and the text is what their users
//! see; both are shown side by side, so that a change of either is seen.
//!
//! `EARMARK_BLESS=1 cargo test -p earmark --test written refusals` draws the page anew.

use crate::samples;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use earmark::flow::Refusal;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/refusals.md");

const OPENING: &str = "# Refusals\n\nEvery *no* of the core, by role: its stable code and one \
    example of what is said. Programs go by the code and the facts beside it (they are in the JSON \
    Schema of each role's refusal); the text is for people and may get better. Drawn by the test \
    `refusals` from the samples that also pin the wire form.\n";

fn role(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Order(_) => "order",
        Refusal::Inventory(_) => "inventory",
        Refusal::Fulfilment(_) => "fulfilment",
        Refusal::Payment(_) => "payment",
        Refusal::PolicyOutOfBounds { .. } => "policy",
        Refusal::NotHere { .. } | Refusal::HappenedHere { .. } | Refusal::NotACourier => "any role",
    }
}

#[test]
fn every_refusal_says_what_is_wrong_and_the_page_shows_it() {
    let mut roles: BTreeMap<&str, BTreeMap<(&str, String), ()>> = BTreeMap::new();
    for sample in samples::refusals() {
        let (code, said) = (sample.value.code(), sample.value.to_string());
        assert!(said != code && said.contains(' '), "`{code}` says nothing but its code");
        assert!(!said.ends_with('.') && !said.contains("  "), "`{code}`: {said}");
        roles.entry(role(&sample.value)).or_default().insert((code, said), ());
    }
    let mut page = OPENING.to_string();
    for (role, refusals) in &roles {
        let _ = write!(page, "\n## {role}\n\n| code | for example |\n|---|---|\n");
        for (code, said) in refusals.keys() {
            let _ = writeln!(page, "| `{code}` | {said} |");
        }
    }
    if std::env::var_os("EARMARK_BLESS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let kept = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(kept == page, "docs/refusals.md is not what is said: EARMARK_BLESS=1 draws it");
}
