//! Two texts side by side, where they begin to differ.

use std::fmt::Write;

/// Characters of a column.
const WIDTH: usize = 58;
/// Lines before the first one that differs.
const CONTEXT: usize = 3;

/// CPython's text on the left, Kaa's on the right: some lines before the first that differs, and
/// `rows` from there. `!` marks what differs.
pub fn side_by_side(theirs: &str, ours: &str, rows: usize) -> String {
    let (left, right) = (lines(theirs), lines(ours));
    let first = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let mut out = format!("  {:<WIDTH$} {}\n", "CPython", "Kaa");
    let end = left.len().max(right.len()).min(first + rows);
    for number in first.saturating_sub(CONTEXT)..end {
        let line = |lines: &[String]| lines.get(number).cloned().unwrap_or_default();
        let (a, b) = (line(&left), line(&right));
        let mark = if left.get(number) == right.get(number) { ' ' } else { '!' };
        // Long lines are shown from a little before the place where they differ.
        let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
        let start = if mark == '!' && same >= WIDTH - 8 { same - 16 } else { 0 };
        let _ = writeln!(out, "{mark} {:<WIDTH$} {}", window(&a, start), window(&b, start));
    }
    out
}

/// The lines of a text; the nodes of a tree are lines too.
fn lines(text: &str) -> Vec<String> {
    text.lines().flat_map(|line| line.split_inclusive("), ")).map(str::to_owned).collect()
}

fn window(line: &str, start: usize) -> String {
    let mut shown: String = line.chars().skip(start).take(WIDTH).collect();
    if line.chars().count() > start + WIDTH {
        shown.pop();
        shown.push('…');
    }
    if start > 0 && !shown.is_empty() {
        shown.replace_range(..shown.chars().next().map_or(0, char::len_utf8), "…");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::side_by_side;

    #[test]
    fn shows_where_texts_begin_to_differ() {
        let shown = side_by_side("1\n2\n3\n4\nsame\na\nend\n", "1\n2\n3\n4\nsame\nb\nend\nmore\n", 2);
        let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
        assert_eq!(lines.len(), 6);
        assert!(lines[1].starts_with("  3 ") && lines[4].starts_with("! a ") && lines[4].ends_with(" b"));
        assert!(lines[5].starts_with("  end"));
    }

    #[test]
    fn long_lines_are_shown_where_they_differ() {
        let long = "x".repeat(200);
        let shown = side_by_side(&format!("{long}a"), &format!("{long}b"), 1);
        assert!(shown.contains("xa") && shown.contains("xb") && shown.contains('…'));
    }
}
