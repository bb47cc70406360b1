//! Colours: whether they are wanted, and what gets which.

/// Whether to use colours, as CPython decides it: by what it says of `PYTHON_COLORS`, `NO_COLOR`,
/// `FORCE_COLOR` and `TERM`, then by whether the output is a terminal.
pub fn wants_colors(variable: &dyn Fn(&str) -> Option<String>, is_terminal: bool) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    match variable("PYTHON_COLORS").as_deref() {
        Some("0") => return false,
        Some("1") => return true,
        _ => {}
    }
    if is_set("NO_COLOR") {
        return false;
    }
    is_set("FORCE_COLOR") || variable("TERM").as_deref() != Some("dumb") && is_terminal
}

const RESET: &str = "\x1b[0m";
const HEADING: &str = "\x1b[1m";
const OPERATION: &str = "\x1b[36m";
const NUMBER: &str = "\x1b[33m";
const STRING: &str = "\x1b[32m";
const LABEL: &str = "\x1b[35m";
const REMARK: &str = "\x1b[90m";

/// The text of a stage with colours. Without them it is the text that was given.
pub fn highlight(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches('\n');
        // A line that begins at the margin and ends in a colon says what follows.
        if body.ends_with(':') && !body.starts_with(' ') {
            paint(&mut out, HEADING, body);
        } else {
            words(&mut out, body);
        }
        out.push_str(&line[body.len()..]);
    }
    out
}

fn words(out: &mut String, line: &str) {
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let (style, length) = match first {
            '\'' | '"' => (STRING, string_length(rest, first)),
            ';' if rest.starts_with("; ") => (REMARK, rest.len()),
            '@' => (REMARK, prefix(rest, |c| c.is_ascii_digit() || matches!(c, '@' | ',' | '-'))),
            '0'..='9' => (NUMBER, prefix(rest, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))),
            _ if first.is_alphabetic() || first == '_' => word(rest),
            _ => ("", first.len_utf8()),
        };
        paint(out, style, &rest[..length]);
        rest = &rest[length..];
    }
}

/// How the word at the start is painted, and its length.
fn word(text: &str) -> (&'static str, usize) {
    let length = prefix(text, |c| c.is_alphanumeric() || c == '_');
    let word = &text[..length];
    let is_label = word.strip_prefix('L').is_some_and(|number| number.parse::<u32>().is_ok());
    let is_upper = length > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let style = match text[length..].chars().next() {
        Some('\'' | '"') if matches!(word, "b" | "u") => STRING,
        _ if is_label => LABEL,
        _ if is_upper => OPERATION,
        // A node of a tree.
        Some('(') if word.starts_with(|c: char| c.is_ascii_uppercase()) => OPERATION,
        _ => "",
    };
    (style, length)
}

fn prefix(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    // A quote alone.
    1
}

fn paint(out: &mut String, style: &str, text: &str) {
    if style.is_empty() {
        out.push_str(text);
    } else {
        out.extend([style, text, RESET]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(text: &str) -> String {
        let mut out = String::new();
        for (index, part) in text.split('\x1b').enumerate() {
            out.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        out
    }

    #[test]
    fn colours_change_no_character() {
        for text in
            ["f:\n  L1:   LOAD_CONST  0  1,2-3,4  ('it\\'s')\n", "it's \"\n", "Name(id='é', ctx=Load())", "b'x' ; 7"]
        {
            let painted = highlight(text);
            assert_ne!(painted, text);
            assert_eq!(bare(&painted), text);
        }
    }

    #[test]
    fn variables_decide_in_cpythons_order() {
        let wants = |set: &[(&str, &str)], is_terminal| {
            let get = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            wants_colors(&get, is_terminal)
        };
        assert!(wants(&[], true) && !wants(&[], false));
        assert!(!wants(&[("NO_COLOR", "1")], true) && wants(&[("NO_COLOR", "")], true));
        assert!(wants(&[("FORCE_COLOR", "1"), ("TERM", "dumb")], false));
        assert!(!wants(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], true));
        assert!(wants(&[("PYTHON_COLORS", "1"), ("NO_COLOR", "1")], false));
        assert!(!wants(&[("PYTHON_COLORS", "0"), ("FORCE_COLOR", "1")], true));
        assert!(!wants(&[("TERM", "dumb")], true));
    }
}
