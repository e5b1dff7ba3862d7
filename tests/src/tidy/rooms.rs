//! A page of every file of a room, with what it says it is and the law it keeps: so that whoever
//! looks for a rule searches one page for his word, and finds the file.
//!
//! Law: the page is what the files say of themselves, and nothing stands on it alone.

use std::fmt::Write;

use super::Source;

/// What a file says of itself in its `//!` lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Its first paragraph.
    pub concept: String,
    /// The paragraph that begins with `Law:`, or with `Why:`, without that word; empty if there is
    /// none.
    pub law: String,
}

/// The page of all Rust files below `src/` of a room, folder by folder, in the order of paths.
#[must_use]
pub fn page(sources: &[Source], room: &str) -> String {
    let src = format!("{room}/src/");
    let mut page = format!(
        "# Where each rule of `{room}` lives\n\n\
         Every file with what it is and the law it keeps, in the words it begins with: search this \
         page for yours. Drawn from the files; `EARMARK_BLESS=1 cargo test -p earmark-tests --test \
         tidy` draws it anew.\n"
    );
    let mut last = None;
    let files = sources.iter().filter(|s| s.path.starts_with(&src) && s.is_rust() && !s.is_test());
    for file in files {
        let name = file.path.strip_prefix(&src).unwrap_or_default();
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        if last != Some(folder) {
            let title = if folder.is_empty() { "src" } else { folder };
            let _ = write!(
                page,
                "\n## {title}\n\n| file | what it is | its law, or why |\n|---|---|---|\n"
            );
            last = Some(folder);
        }
        let Room { concept, law } = room_of(&file.text);
        let up = file.path.strip_prefix(&format!("{room}/")).unwrap_or_default();
        let _ = writeln!(page, "| [`{name}`](../{up}) | {concept} | {law} |");
    }
    page
}

/// What a file says of itself.
#[must_use]
pub fn room_of(text: &str) -> Room {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    let mut paragraphs: Vec<String> = vec![String::new()];
    let mut drawn = false;
    for line in lines.map(str::trim) {
        if line.starts_with("```") {
            drawn = !drawn;
        } else if !drawn && !line.is_empty() {
            let paragraph = paragraphs.last_mut().expect("there is always one");
            let gap = if paragraph.is_empty() { "" } else { " " };
            paragraph.extend([gap, line]);
        }
        if line.is_empty() {
            paragraphs.push(String::new());
        }
    }
    let begins = |word: &str| paragraphs.iter().find_map(|p| p.strip_prefix(word));
    let law = begins("Law:").or_else(|| begins("Why:"));
    let concept = paragraphs.first().filter(|p| !p.starts_with("Law:"));
    let cell = |text: &str| plain(text.trim()).replace('|', "\\|");
    Room {
        concept: concept.map(|text| cell(text)).unwrap_or_default(),
        law: law.map(cell).unwrap_or_default(),
    }
}

/// Without the targets of links, which are paths of Rust and lead nowhere on a page.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once("[`") {
        plain.push_str(before);
        let Some((name, after)) = link.split_once("`]") else {
            plain.push_str("[`");
            rest = link;
            continue;
        };
        let _ = write!(plain, "`{name}`");
        let target = after.strip_prefix('(').and_then(|after| after.split_once(')'));
        rest = target.map_or(after, |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_tells_its_concept_and_its_law_without_drawings_and_targets() {
        let text = "//! Two [`Words`](super::Words) of\n//! one [`kind`].\n//!\n//! ```text\n\
                    //! a --> b\n//! ```\n//! Law: a | b\n//! stays.\n//!\n//! More.\n\nuse a;\n";
        let (concept, law) = ("Two `Words` of one `kind`.".into(), "a \\| b stays.".into());
        assert_eq!(room_of(text), Room { concept, law });
        assert_eq!(room_of("use a;\n"), Room::default());
    }

    #[test]
    fn a_page_has_every_file_of_its_room_and_of_no_other() {
        let file = |path: &str| Source::new(path, "//! It.\n");
        let all = ["core/src/a.rs", "core/src/b/c.rs", "core/tests/d.rs", "wasm/src/e.rs"];
        let page = page(&all.map(file), "core");
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| [")).collect();
        let expected =
            ["| [`a.rs`](../src/a.rs) | It. |  |", "| [`b/c.rs`](../src/b/c.rs) | It. |  |"];
        assert_eq!(rows, expected);
    }
}
