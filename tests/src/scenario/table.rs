//! A table as text: scenarios, and their steps line by line.
//! Nothing of a step is understood here but its first word. What is given before the first
//! scenario is given to each.

use std::path::Path;

use super::{Fault, Part, Scenario, Step};

/// What a scenario begins with.
const SCENARIO: &str = "scenario";

/// The scenarios of every `*.txt` in a folder, by the names of the files.
///
/// # Errors
/// What is wrong in the first table that is no table.
///
/// # Panics
/// If the folder can't be read.
pub fn of_folder(folder: &Path) -> Result<Vec<Scenario>, Fault> {
    let entries = std::fs::read_dir(folder).expect("the folder of scenarios can be read");
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let mut scenarios = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a table can be read");
        scenarios.extend(read(&name, &text)?);
    }
    Ok(scenarios)
}

/// The scenarios of a table.
///
/// # Errors
/// The first line that is not what a line can be, and what it can be.
pub fn read(file: &str, text: &str) -> Result<Vec<Scenario>, Fault> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut background: Vec<Step> = Vec::new();
    for (line, text) in (1..).zip(text.lines().map(str::trim)) {
        let fault = |says: String| Fault { file: file.to_owned(), line, says };
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        if first == SCENARIO {
            let name = named(rest, &scenarios).map_err(fault)?;
            let (file, about, steps) = (file.to_owned(), String::new(), background.clone());
            scenarios.push(Scenario { file, line, name, about, steps });
            continue;
        }
        if text.is_empty() {
            continue;
        }
        if !text.starts_with('#') {
            let before = scenarios.last().map_or(background.last(), |open| open.steps.last());
            let step = step(line, first, rest, before).map_err(fault)?;
            if scenarios.is_empty() && step.part != Part::Given {
                return Err(fault(format!("expected `scenario NAME` first, there is `{text}`")));
            }
            scenarios.last_mut().map_or(&mut background, |open| &mut open.steps).push(step);
        } else if let Some(open) = scenarios.last_mut()
            && open.steps.len() == background.len()
        {
            open.about = format!("{} {}", open.about, text[1..].trim()).trim().to_owned();
        }
    }
    match scenarios.iter().find(|s| !s.steps.iter().any(|step| step.part == Part::Then)) {
        Some(Scenario { file, line, name, .. }) => Err(Fault {
            file: file.clone(),
            line: *line,
            says: format!("expected a `then` in `{name}`, nothing is looked at"),
        }),
        None => Ok(scenarios),
    }
}

fn named(name: &str, before: &[Scenario]) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(fits) {
        return Err(format!(
            "expected a name of small letters, digits and dashes, there is `{name}`"
        ));
    }
    match before.iter().find(|scenario| scenario.name == name) {
        Some(first) => Err(format!("expected a new name, `{name}` is that of line {}", first.line)),
        None => Ok(name.to_owned()),
    }
}

fn step(line: usize, first: &str, rest: &str, before: Option<&Step>) -> Result<Step, String> {
    let part = part(first, before)?;
    if rest.is_empty() {
        return Err(format!("expected a step after `{first}`, there is nothing"));
    }
    Ok(Step { line, part, text: rest.to_owned() })
}

fn part(word: &str, before: Option<&Step>) -> Result<Part, String> {
    match (word, before) {
        ("given", _) => Ok(Part::Given),
        ("when", _) => Ok(Part::When),
        ("then", _) => Ok(Part::Then),
        ("and", Some(before)) => Ok(before.part),
        ("and", None) => Err("expected `given`, `when` or `then` first, there is `and`".to_owned()),
        _ => Err(format!("expected `given`, `when`, `then` or `and`, there is `{word}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_cut_into_scenarios_and_steps() {
        let text = "# All of it.\n\nscenario one\n# Why.\n# Because.\ngiven item mug\nand item \
            pen\n# Of a step.\nthen available mug 0\n\nscenario two-2\nthen nothing happens\n";
        let scenarios = read("a.txt", text).expect("it is a table");
        assert_eq!(scenarios.len(), 2);
        let Scenario { name, about, line, steps, .. } = &scenarios[0];
        assert_eq!((name.as_str(), about.as_str(), *line), ("one", "Why. Because.", 3));
        let parts: Vec<_> = steps.iter().map(|s| (s.line, s.part, s.text.as_str())).collect();
        let wanted = [
            (6, Part::Given, "item mug"),
            (7, Part::Given, "item pen"),
            (9, Part::Then, "available mug 0"),
        ];
        assert_eq!(parts, wanted);
        assert_eq!(scenarios[1].name, "two-2");
    }

    #[test]
    fn what_is_given_first_is_given_to_each() {
        let text = "given item mug\n# Between.\nand item pen\nscenario a\n# Why.\nthen x\nscenario \
            b\ngiven item cup\nthen y\n";
        let scenarios = read("a.txt", text).expect("it is a table");
        let lines = |nth: usize| scenarios[nth].steps.iter().map(|s| s.line).collect::<Vec<_>>();
        assert_eq!((lines(0), lines(1)), (vec![1, 3, 6], vec![1, 3, 8, 9]));
        assert_eq!(scenarios[0].about, "Why.");
    }

    #[test]
    fn what_is_no_table_is_told_by_file_line_and_what_was_expected() {
        let cases = [
            ("when item mug", "a.txt:1: expected `scenario NAME` first, there is `when item mug`"),
            ("item mug", "a.txt:1: expected `given`, `when`, `then` or `and`, there is `item`"),
            (
                "\nscenario One",
                "a.txt:2: expected a name of small letters, digits and dashes, there is `One`",
            ),
            (
                "scenario a\nand x",
                "a.txt:2: expected `given`, `when` or `then` first, there is `and`",
            ),
            (
                "scenario a\nwhen x\nthan y",
                "a.txt:3: expected `given`, `when`, `then` or `and`, there is `than`",
            ),
            ("scenario a\nwhen", "a.txt:2: expected a step after `when`, there is nothing"),
            (
                "scenario a\nthen x\nscenario a",
                "a.txt:3: expected a new name, `a` is that of line 1",
            ),
            ("scenario a\nwhen x", "a.txt:1: expected a `then` in `a`, nothing is looked at"),
        ];
        for (text, wanted) in cases {
            let fault = read("a.txt", text).expect_err(text);
            assert_eq!(fault.to_string(), wanted);
        }
    }
}
