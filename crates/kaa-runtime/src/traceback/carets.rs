//! The source below a traceback's entry, and the carets below the source: which part of an
//! instruction's text they stress. Pure text; the rules are those of CPython's `traceback.py`.

use kaa_ast::{Arena, Expr, ExprKind, Mod, Span, Stmt, StmtKind};
use kaa_parser::ParseOptions;

/// Where an operator, or the brackets of a call or subscript, stand in an instruction's text:
/// lines and characters from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Anchors {
    start: (usize, usize),
    end: (usize, usize),
}

/// What an instruction's source looks like below its entry, each line indented by four blanks.
///
/// `lines` are those of the instruction, `columns` its first byte in the first and the byte after
/// its end in the last.
pub(super) fn annotated(lines: &[String], columns: Option<(usize, usize)>) -> String {
    let dedented = dedent(lines);
    if dedented.iter().all(|line| line.trim().is_empty()) {
        return String::new();
    }
    let Some((start, end)) = columns else {
        return format!("    {}\n", lines[0].trim());
    };
    let start = characters_before(&lines[0], start);
    let end = characters_before(&lines[lines.len() - 1], end);
    let margin = lines[0].chars().count().saturating_sub(dedented[0].chars().count());
    let shown = Shown::new(dedented, start.saturating_sub(margin), end.saturating_sub(margin));
    let text = shown.text();
    let indented = dedent(&text).into_iter().map(|line| format!("    {line}\n"));
    indented.collect()
}

/// The lines of one instruction, and what is stressed in them.
struct Shown {
    lines: Vec<Vec<char>>,
    /// First character of the instruction in the first line.
    start: usize,
    /// The character after its last in the last line.
    end: usize,
    anchors: Option<Anchors>,
    carets: bool,
}

impl Shown {
    fn new(lines: Vec<String>, start: usize, end: usize) -> Shown {
        let text = lines.join("\n");
        let lines: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
        let anchors = anchors(&segment(&lines, start, end));
        let mut shown = Shown { lines, start, end, anchors, carets: false };
        shown.carets = shown.wants_carets(&text);
        shown
    }

    /// Carets say nothing when they would stress the whole of a statement.
    fn wants_carets(&self, text: &str) -> bool {
        if is_whole_call(text, self.lines.len(), self.start, self.end) {
            return false;
        }
        let (first, last) = (&self.lines[0], &self.lines[self.lines.len() - 1]);
        let blank = |part: &[char]| part.iter().all(|c| c.is_whitespace());
        self.anchors.is_some()
            || !blank(&first[..self.start.min(first.len())])
            || !blank(&last[self.end.min(last.len())..])
    }

    /// The lines to print: long instructions are shown where they begin and end, and around the
    /// anchors.
    fn text(&self) -> Vec<String> {
        let last = self.lines.len() - 1;
        let mut wanted = vec![0, last];
        if let Some(anchors) = self.anchors {
            for line in [anchors.start.0, anchors.end.0] {
                wanted.extend(line.saturating_sub(1)..=(line + 1).min(last));
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        let mut text = Vec::new();
        let mut previous = None;
        for line in wanted {
            match previous.map_or(1, |previous| line - previous) {
                0 | 1 => {}
                2 => self.line(line - 1, &mut text),
                skipped => text.push(format!("...<{} lines>...", skipped - 1)),
            }
            self.line(line, &mut text);
            previous = Some(line);
        }
        text
    }

    fn line(&self, number: usize, text: &mut Vec<String>) {
        let line = &self.lines[number];
        text.push(line.iter().collect());
        if !self.carets {
            return;
        }
        let indent = line.iter().take_while(|c| c.is_whitespace()).count();
        let is_last = number == self.lines.len() - 1;
        let width = if is_last { width(line, self.end) } else { width(line, line.len()) };
        let start = width_in(&self.lines[0], self.start);
        let anchors = self.anchors.map(|anchors| {
            // Anchors count from the start of the instruction.
            let place = |(line, column): (usize, usize)| {
                let column = if line == 0 { column + self.start } else { column };
                (line, width_in(&self.lines[line], column))
            };
            (place(anchors.start), place(anchors.end))
        });
        let caret = |column: usize| {
            if column < indent || (number == 0 && column < start) {
                return ' ';
            }
            match anchors {
                Some((from, to)) if (number, column) >= from && (number, column) < to => '^',
                Some(_) => '~',
                None => '^',
            }
        };
        text.push((0..width).map(caret).collect());
    }
}

/// The text of an instruction alone.
fn segment(lines: &[Vec<char>], start: usize, end: usize) -> Vec<Vec<char>> {
    let mut lines = lines.to_vec();
    if let Some(last) = lines.last_mut() {
        last.truncate(end);
    }
    if let Some(first) = lines.first_mut() {
        first.drain(..start.min(first.len()));
    }
    lines
}

/// The columns that the first characters of a line take on a terminal.
fn width(line: &[char], characters: usize) -> usize {
    if line.iter().all(char::is_ascii) { characters } else { width_in(line, characters) }
}

fn width_in(line: &[char], characters: usize) -> usize {
    if line.iter().all(char::is_ascii) {
        return characters;
    }
    line.iter().take(characters).map(|&c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// Whether a terminal gives a character two columns: the East Asian widths W and F, by blocks.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x115f | 0x231a..=0x231b | 0x2329..=0x232a | 0x23e9..=0x23ec | 0x23f0 | 0x23f3
        | 0x25fd..=0x25fe | 0x2614..=0x2615 | 0x2648..=0x2653 | 0x267f | 0x2693 | 0x26a1
        | 0x26aa..=0x26ab | 0x26bd..=0x26be | 0x26c4..=0x26c5 | 0x26ce | 0x26d4 | 0x26ea
        | 0x26f2..=0x26f3 | 0x26f5 | 0x26fa | 0x26fd | 0x2705 | 0x270a..=0x270b | 0x2728 | 0x274c
        | 0x274e | 0x2753..=0x2755 | 0x2757 | 0x2795..=0x2797 | 0x27b0 | 0x27bf
        | 0x2b1b..=0x2b1c | 0x2b50 | 0x2b55 | 0x2e80..=0x303e | 0x3041..=0x33ff | 0x3400..=0x4dbf
        | 0x4e00..=0xa4cf | 0xa960..=0xa97f | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe10..=0xfe19
        | 0xfe30..=0xfe6f | 0xff01..=0xff60 | 0xffe0..=0xffe6 | 0x16fe0..=0x18cff | 0x1aff0..=0x1b2ff
        | 0x1f004 | 0x1f0cf | 0x1f18e | 0x1f191..=0x1f19a | 0x1f200..=0x1f320 | 0x1f32d..=0x1f335
        | 0x1f337..=0x1f37c | 0x1f37e..=0x1f393 | 0x1f3a0..=0x1f3ca | 0x1f3cf..=0x1f3d3
        | 0x1f3e0..=0x1f3f0 | 0x1f3f4 | 0x1f3f8..=0x1f43e | 0x1f440 | 0x1f442..=0x1f4fc
        | 0x1f4ff..=0x1f53d | 0x1f54b..=0x1f54e | 0x1f550..=0x1f567 | 0x1f57a | 0x1f595..=0x1f596
        | 0x1f5a4 | 0x1f5fb..=0x1f64f | 0x1f680..=0x1f6c5 | 0x1f6cc | 0x1f6d0..=0x1f6d2
        | 0x1f6d5..=0x1f6d7 | 0x1f6dc..=0x1f6df | 0x1f6eb..=0x1f6ec | 0x1f6f4..=0x1f6fc
        | 0x1f7e0..=0x1f7eb | 0x1f7f0 | 0x1f90c..=0x1f93a | 0x1f93c..=0x1f945 | 0x1f947..=0x1f9ff
        | 0x1fa70..=0x1faff | 0x20000..=0x3fffd)
}

fn characters_before(line: &str, byte: usize) -> usize {
    let byte = byte.min(line.len());
    String::from_utf8_lossy(&line.as_bytes()[..byte]).chars().count()
}

/// Takes away the blanks that all lines begin with; lines of blanks become empty.
fn dedent(lines: &[String]) -> Vec<String> {
    let is_blank = |line: &str| line.chars().all(|c| matches!(c, ' ' | '\t'));
    let mut margin: Option<&str> = None;
    for line in lines.iter().filter(|line| !is_blank(line)) {
        let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        margin = Some(match margin {
            None => indent,
            Some(margin) => {
                let common = margin.bytes().zip(indent.bytes()).take_while(|(a, b)| a == b).count();
                &margin[..common]
            }
        });
    }
    let margin = margin.map_or(0, str::len);
    lines.iter().map(|line| if is_blank(line) { String::new() } else { line[margin..].to_owned() }).collect()
}

/// Parses a text and hands its only statement, or its first, to a function.
fn with_statement<T>(text: &str, only: bool, use_it: impl FnOnce(&Stmt<'_>) -> Option<T>) -> Option<T> {
    let arena = Arena::new();
    let parsed = kaa_parser::parse(text, &arena, &ParseOptions::default()).ok()?;
    match parsed.module {
        Mod::Module { body: [statement, rest @ ..], .. } if rest.is_empty() || !only => use_it(statement),
        _ => None,
    }
}

/// Whether the instruction is the call of `return f(...)` or `x = f(...)` on lines of its own.
fn is_whole_call(text: &str, lines: usize, start: usize, end: usize) -> bool {
    let whole = |call: &Expr<'_>| {
        let span = Span::new(1, start as i32, lines as i32, end as i32);
        call.span == span
    };
    let found = with_statement(text, false, |statement| {
        let value = match statement.kind {
            StmtKind::Return { value: Some(value) } => match value.kind {
                ExprKind::Call { func, .. } if matches!(func.kind, ExprKind::Name { .. }) => Some(value),
                _ => None,
            },
            StmtKind::Assign { targets: [target], value, .. } if matches!(target.kind, ExprKind::Name { .. }) => {
                Some(value).filter(|value| matches!(value.kind, ExprKind::Call { .. }))
            }
            _ => None,
        };
        Some(value.is_some_and(whole))
    });
    found.unwrap_or(false)
}

/// Finds what to stress in an expression: the operator of an operation, the brackets of a call or
/// a subscript.
fn anchors(lines: &[Vec<char>]) -> Option<Anchors> {
    let text: Vec<String> = lines.iter().map(|line| line.iter().collect()).collect();
    // In parentheses a text of several lines is an expression too.
    let wrapped = format!("(\n{}\n)", text.join("\n"));
    with_statement(&wrapped, true, |statement| {
        let StmtKind::Expr { value } = statement.kind else { return None };
        let end_of = |span: Span| {
            let line = usize::try_from(span.end_line - 2).ok()?;
            Some((line, characters_before(text.get(line)?, span.end_col as usize)))
        };
        match value.kind {
            ExprKind::BinOp { left, right, .. } => {
                let after = next_valid(lines, end_of(left.span)?)?;
                let (line, column) = skip_until(lines, after, |c| !c.is_whitespace() && c != ')')?;
                let right_line = usize::try_from(right.span.line - 2).ok()?;
                let right_column = characters_before(text.get(right_line)?, right.span.col as usize);
                let is_before_right = (line, column + 1) < (right_line, right_column);
                let two = is_before_right
                    && lines[line].get(column + 1).is_some_and(|&c| !c.is_whitespace() && !matches!(c, '\\' | '#'));
                Some(Anchors { start: (line, column), end: (line, column + 1 + usize::from(two)) })
            }
            ExprKind::Subscript { value: of, .. } => {
                let start = skip_until(lines, next_valid(lines, end_of(of.span)?)?, |c| c == '[')?;
                Some(Anchors { start, end: end_of(value.span)? })
            }
            ExprKind::Call { func, .. } => {
                let start = skip_until(lines, next_valid(lines, end_of(func.span)?)?, |c| c == '(')?;
                Some(Anchors { start, end: end_of(value.span)? })
            }
            _ => None,
        }
    })
}

/// The place itself, or the first character of a later line.
fn next_valid(lines: &[Vec<char>], (mut line, mut column): (usize, usize)) -> Option<(usize, usize)> {
    while column >= lines.get(line)?.len() {
        (line, column) = (line + 1, 0);
    }
    Some((line, column))
}

/// The first character from a place on that is wanted, comments and continuations left out.
fn skip_until(lines: &[Vec<char>], mut place: (usize, usize), wanted: impl Fn(char) -> bool) -> Option<(usize, usize)> {
    loop {
        let c = lines[place.0][place.1];
        if matches!(c, '\\' | '#') {
            place = next_valid(lines, (place.0 + 1, 0))?;
        } else if wanted(c) {
            return Some(place);
        } else {
            place = next_valid(lines, (place.0, place.1 + 1))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::annotated;

    fn check(source: &str, columns: (usize, usize), expected: &str) {
        let lines: Vec<String> = source.lines().map(str::to_owned).collect();
        assert_eq!(annotated(&lines, Some(columns)), expected);
    }

    #[test]
    fn stresses_operators_and_brackets() {
        check("    x = a  +  b[1]", (8, 18), "    x = a  +  b[1]\n        ~~~^~~~~~~\n");
        check("1//0", (0, 4), "    1//0\n    ~^^~\n");
        check("d['k']", (0, 6), "    d['k']\n    ~^^^^^\n");
        check("f(1)", (0, 4), "    f(1)\n    ~^^^\n");
        check("(a) * (b)", (0, 9), "    (a) * (b)\n    ~~~~^~~~~\n");
    }

    #[test]
    fn leaves_out_carets_below_whole_statements() {
        check("    return f(x)", (11, 15), "    return f(x)\n");
        check("raise ValueError", (0, 16), "    raise ValueError\n");
        check("return a.f(x)", (7, 13), "    return a.f(x)\n           ~~~^^^\n");
    }

    #[test]
    fn folds_long_instructions() {
        check(
            "f(\n  1,\n  2,\n  3,\n  4,\n)",
            (0, 1),
            "    f(\n    ~^\n      1,\n      ^^\n    ...<2 lines>...\n      4,\n      ^^\n    )\n    ^\n",
        );
    }

    #[test]
    fn counts_wide_characters_twice() {
        check("x = '日本' + 1", (4, 16), "    x = '日本' + 1\n        ~~~~~~~^~~\n");
    }

    #[test]
    fn shows_one_line_without_columns() {
        assert_eq!(annotated(&["  a(b)".into(), "  c".into()], None), "    a(b)\n");
        assert_eq!(annotated(&["   ".into()], Some((0, 1))), "");
    }
}
