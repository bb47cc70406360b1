//! Lines of a source as tracebacks show them.

/// A line of a source as CPython's tracebacks quote it: indented by four, with carets below from
/// `offset` to `end` (both from 1) when there is an offset. `same_line` says whether the end is on it.
pub fn quote_line(source: &str, offset: Option<i64>, same_line: bool, end: Option<i64>) -> String {
    let all = source.trim_end_matches('\n');
    let stripped = all.trim_start_matches([' ', '\n', '\x0c']);
    let Some(mut offset) = offset else { return format!("    {stripped}\n") };
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
    use super::quote_line;

    #[test]
    fn places_carets() {
        let show = |source, offset, end| quote_line(source, Some(offset), true, end);
        assert_eq!(show("  x = = 1\n", 7, Some(8)), "    x = = 1\n        ^\n");
        assert_eq!(show("f(a b)\n", 3, Some(6)), "    f(a b)\n      ^^^\n");
        assert_eq!(show("\tx y\n", 4, Some(5)), "    \tx y\n    \t  ^\n");
        assert_eq!(show("    x\n", 2, Some(3)), "    x\n");
        assert_eq!(show("x\n", 50, Some(60)), "    x\n     ^\n");
        assert_eq!(quote_line(" x\n", None, true, None), "    x\n");
    }
}
