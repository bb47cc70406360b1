//! JSON as text.

use std::fmt::Write;

/// A value that is to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(u64),
    Text(String),
    List(Vec<Json>),
    /// Members in the order in which they are written.
    Object(Vec<(&'static str, Json)>),
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::Text(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Json {
        Json::Bool(value)
    }
}

impl From<usize> for Json {
    fn from(number: usize) -> Json {
        Json::Number(number as u64)
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Json {
        value.map_or(Json::Null, Into::into)
    }
}

impl<T: Into<Json>> FromIterator<T> for Json {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Json {
        Json::List(items.into_iter().map(Into::into).collect())
    }
}

impl Json {
    /// Indented by two spaces, with a newline at the end; lists and objects of plain values in a line.
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out.push('\n');
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Number(number) => {
                let _ = write!(out, "{number}");
            }
            Json::Text(text) => string(out, text),
            Json::List(items) => {
                let items = items.iter().map(|item| (None, item));
                Self::write_items(out, depth, ('[', ']'), items);
            }
            Json::Object(members) => {
                let items = members.iter().map(|(name, value)| (Some(*name), value));
                Self::write_items(out, depth, ('{', '}'), items);
            }
        }
    }

    fn write_items<'j>(
        out: &mut String,
        depth: usize,
        (open, close): (char, char),
        items: impl Iterator<Item = (Option<&'static str>, &'j Json)> + Clone,
    ) {
        let in_line = depth > 0 && items.clone().all(|(_, value)| !matches!(value, Json::List(_) | Json::Object(_)));
        let mut is_empty = true;
        out.push(open);
        for (name, value) in items {
            match (is_empty, in_line) {
                (false, true) => out.push_str(", "),
                (false, false) => out.push(','),
                (true, _) => {}
            }
            is_empty = false;
            if !in_line {
                out.push('\n');
                out.extend(std::iter::repeat_n("  ", depth + 1));
            }
            if let Some(name) = name {
                string(out, name);
                out.push_str(": ");
            }
            value.write(out, depth + 1);
        }
        if !in_line && !is_empty {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
        }
        out.push(close);
    }
}

/// Writes a string.
pub fn string(out: &mut String, text: &str) {
    out.push('"');
    text.chars().for_each(|char| escaped(out, char));
    out.push('"');
}

/// Writes bytes such as those of a path; what is not UTF-8 are lone surrogates, as Python reads and
/// writes them.
pub fn bytes(out: &mut String, bytes: &[u8]) {
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|char| escaped(out, char));
        for &byte in chunk.invalid() {
            let _ = write!(out, "\\u{:04x}", 0xdc00 + u32::from(byte));
        }
    }
    out.push('"');
}

fn escaped(out: &mut String, char: char) {
    match char {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        char if char.is_control() => {
            let _ = write!(out, "\\u{:04x}", u32::from(char));
        }
        char => out.push(char),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        let mut out = String::new();
        string(&mut out, "a\"\\\n\u{1}é");
        assert_eq!(out, "\"a\\\"\\\\\\n\\u0001é\"");
        out.clear();
        bytes(&mut out, b"x\xff.py");
        assert_eq!(out, "\"x\\udcff.py\"");
    }

    #[test]
    fn values_are_indented() {
        let inner = Json::Object(vec![("a", 1usize.into()), ("b", None::<bool>.into())]);
        let empty = Json::List(Vec::new());
        let value = Json::Object(vec![("list", Json::List(vec![inner, true.into()])), ("empty", empty)]);
        let expected = "{\n  \"list\": [\n    {\"a\": 1, \"b\": null},\n    true\n  ],\n  \"empty\": []\n}\n";
        assert_eq!(value.pretty(), expected);
    }
}
