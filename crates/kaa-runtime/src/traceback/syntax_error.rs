//! A `SyntaxError` as text: the place, the line with its carets, the message.

use kaa_objects::types::exceptions::PySyntaxError;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, Value, Vm};

/// The text for a `SyntaxError` whose class has the name given.
pub(super) fn text(vm: &Vm, error: Gc<PySyntaxError>, class: &str) -> String {
    let given = |value: Option<Value>| value.and_then(Value::not_none);
    let mut text = String::new();
    let mut suffix = String::new();
    let filename = given(error.filename.get()).map(|name| vm.str_lossy(name));
    let line = given(error.line.get());
    if let Some(line) = line {
        let filename = filename.filter(|name| !name.is_empty());
        let filename = filename.as_deref().unwrap_or("<string>");
        text.push_str(&format!("  File \"{filename}\", line {}\n", vm.str_lossy(line)));
    } else if let Some(filename) = filename {
        suffix = format!(" ({filename})");
    }
    if let Some(source) = given(error.text.get()).and_then(|source| vm.cast::<PyStr>(source)) {
        let int = |value: Option<Value>| given(value).and_then(|value| vm.int_to_i64(value));
        let same_line = line.and_then(|line| vm.int_to_i64(line)) == int(error.end_line.get());
        let has_offset = given(error.offset.get()).is_some();
        let offset = if has_offset { Some(int(error.offset.get())) } else { None };
        text.push_str(&line_with_carets(&source.to_string_lossy(), offset, same_line, int(error.end_offset.get())));
    }
    let message = match given(error.message.get()) {
        Some(message) => vm.str_lossy(message),
        None => String::new(),
    };
    let message = if message.is_empty() { "<no detail available>" } else { &message };
    text.push_str(&format!("{class}: {message}{suffix}\n"));
    text
}

/// The line, and carets where there is an offset; an offset that is no integer shows nothing.
fn line_with_carets(source: &str, offset: Option<Option<i64>>, same_line: bool, end: Option<i64>) -> String {
    let all = source.trim_end_matches('\n');
    let stripped = all.trim_start_matches([' ', '\n', '\x0c']);
    let Some(offset) = offset else { return format!("    {stripped}\n") };
    let Some(mut offset) = offset else { return String::new() };
    let count = |text: &str| text.chars().count() as i64;
    let (length, indent) = (count(all), count(all) - count(stripped));
    let mut end = match end {
        _ if !same_line => length + 1,
        Some(end) if end != 0 => end,
        _ => offset,
    };
    if !source.is_empty() && offset > count(source) {
        offset = length + 1;
    }
    if !source.is_empty() && end > count(source) {
        end = length + 1;
    }
    if offset >= end || end < 0 {
        end = offset + 1;
    }
    let (from, to) = (offset - 1 - indent, end - 1 - indent);
    let mut text = format!("    {stripped}\n");
    if let Ok(from) = usize::try_from(from) {
        // Blanks other than spaces are kept, so that carets stand below what they mean.
        let before = stripped.chars().take(from).map(|c| if c.is_whitespace() { c } else { ' ' });
        text.push_str("    ");
        text.extend(before);
        text.push_str(&"^".repeat(usize::try_from(to).map_or(0, |to| to - from)));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::line_with_carets;

    #[test]
    fn places_carets() {
        let show = |source, offset, end| line_with_carets(source, Some(Some(offset)), true, end);
        assert_eq!(show("  x = = 1\n", 7, Some(8)), "    x = = 1\n        ^\n");
        assert_eq!(show("f(a b)\n", 3, Some(6)), "    f(a b)\n      ^^^\n");
        assert_eq!(show("\tx y\n", 4, Some(5)), "    \tx y\n    \t  ^\n");
        assert_eq!(show("    x\n", 2, Some(3)), "    x\n");
        assert_eq!(show("x\n", 50, Some(60)), "    x\n     ^\n");
        assert_eq!(line_with_carets(" x\n", None, true, None), "    x\n");
    }
}
