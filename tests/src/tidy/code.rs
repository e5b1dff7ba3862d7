//! Rust text without what is not code: comments and the inside of strings become blanks.
//! Lines and columns stay where they were, so that a finding names the right place.

/// The text with comments, strings and characters blanked out.
#[must_use]
pub fn bare(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut bare = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = span(&chars, at);
        if end == at {
            bare.push(chars[at]);
            at += 1;
            continue;
        }
        bare.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    bare
}

/// Bare code with every `#[cfg(test)]` item blanked out.
#[must_use]
pub fn without_tests(bare: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut rest = String::with_capacity(bare.len());
    let mut at = 0;
    while let Some(found) = bare[at..].find(MARK) {
        let start = at + found;
        let end = item_end(bare, start + MARK.len()).unwrap_or(bare.len());
        rest.push_str(&bare[at..start]);
        rest.extend(bare[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    rest.push_str(&bare[at..]);
    rest
}

/// The byte after the item that starts at a byte: after its block, or after its semicolon.
#[must_use]
pub fn item_end(bare: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in bare[start..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '}' if depth <= 1 => return Some(start + at + 1),
            '}' => depth -= 1,
            ';' if depth == 0 => return Some(start + at + 1),
            _ => {}
        }
    }
    None
}

/// The line of a byte, counted from 1.
#[must_use]
pub fn line_of(text: &str, byte: usize) -> usize {
    1 + text.as_bytes()[..byte].iter().filter(|byte| **byte == b'\n').count()
}

/// Where a word stands on its own: the byte of each place.
pub fn places<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let (first, last) = (word.chars().next(), word.chars().next_back());
        !glued_to(before, first) && !glued_to(last, after)
    })
}

/// Whether a character can be inside a name.
#[must_use]
pub fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn glued_to(left: Option<char>, right: Option<char>) -> bool {
    left.is_some_and(in_word) && right.is_some_and(in_word)
}

/// The end of the comment, string or character that starts here; `at` itself if none does.
fn span(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    match chars[at] {
        '/' if next == Some('/') => to_line_end(chars, at),
        '/' if next == Some('*') => to_comment_end(chars, at),
        '"' => to_quote(chars, at + 1),
        '\'' => to_character_end(chars, at),
        'r' if !glued(chars, at) => to_raw_end(chars, at),
        _ => at,
    }
}

/// Whether the `r` at this place is inside a name; `br` and `cr` open raw strings too.
fn glued(chars: &[char], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| chars.get(at)).copied();
    match before(1) {
        Some('b' | 'c') => before(2).is_some_and(in_word),
        other => other.is_some_and(in_word),
    }
}

fn to_line_end(chars: &[char], at: usize) -> usize {
    chars[at..].iter().position(|c| *c == '\n').map_or(chars.len(), |length| at + length)
}

fn to_comment_end(chars: &[char], at: usize) -> usize {
    let mut depth = 0;
    let mut now = at;
    while now < chars.len() {
        match (chars[now], chars.get(now + 1)) {
            ('/', Some('*')) => (depth, now) = (depth + 1, now + 2),
            ('*', Some('/')) => (depth, now) = (depth - 1, now + 2),
            _ => now += 1,
        }
        if depth == 0 {
            break;
        }
    }
    now.min(chars.len())
}

fn to_quote(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// A lifetime is no character: `'a` has no second quote.
fn to_character_end(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => {
            let rest = chars.get(at + 3..).unwrap_or_default();
            rest.iter().position(|c| *c == '\'').map_or(at, |length| at + 3 + length + 1)
        }
        (Some(_), Some('\'')) => at + 3,
        _ => at,
    }
}

fn to_raw_end(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    let open = at + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return at;
    }
    let mut now = open + 1;
    while now < chars.len() {
        let closes = chars[now] == '"'
            && chars[now + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
        if closes {
            return now + 1 + hashes;
        }
        now += 1;
    }
    chars.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blanked_and_code_is_not() {
        let text = "let a = \"f64 { \\\" }\"; // f64\n/* one /* f64 */ two */ let b: f32;";
        let bare = bare(text);
        assert!(!bare.contains("f64"), "{bare}");
        assert!(bare.contains("let b: f32;"), "{bare}");
        assert_eq!(bare.lines().count(), 2);
        assert_eq!(bare.chars().count(), text.chars().count());
    }

    #[test]
    fn lifetimes_are_code_and_characters_are_not() {
        let bare = bare("fn f<'a>(x: &'a str) { if c == '{' || c == '\\'' || c == '\\u{7d}' {} }");
        assert!(bare.contains("fn f<'a>(x: &'a str) {"), "{bare}");
        assert_eq!(bare.matches('{').count(), 2, "{bare}");
        assert_eq!(bare.matches('}').count(), 2, "{bare}");
    }

    #[test]
    fn raw_strings_end_at_their_own_mark() {
        let bare = bare("let a = r#\"one \" } two\"#; let b = br\"}\"; let r#type = for_r\"}\";");
        assert!(!bare.contains("two") && !bare.contains('}'), "{bare}");
        assert!(bare.contains("let r#type"), "{bare}");
    }

    #[test]
    fn what_is_only_for_tests_is_blanked() {
        let text = "fn one() {}\n#[cfg(test)]\nmod tests { fn two() { [1; 2] } }\nfn three() {}\n\
            #[cfg(test)]\nuse four::{five, six};\nfn seven() {}\n";
        let rest = without_tests(text);
        assert!(!rest.contains("two") && !rest.contains("six"), "{rest}");
        assert!(rest.contains("one") && rest.contains("three") && rest.contains("seven"), "{rest}");
        assert_eq!(rest.lines().count(), text.lines().count());
    }

    #[test]
    fn a_word_inside_another_is_not_that_word() {
        assert_eq!(places("f64 af64 f64x f64", "f64").collect::<Vec<_>>(), [0, 14]);
        assert_eq!(places("earmark_host::x earmark::y", "earmark::").collect::<Vec<_>>(), [16]);
    }
}
