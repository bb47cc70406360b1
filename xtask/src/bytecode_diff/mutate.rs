//! Pieces of sources with tokens changed: most are refused, and the errors have to be the same.

use std::path::{Path, PathBuf};

use crate::arguments::Failure;
use crate::random::Random;
use crate::repository;

/// What is put in beside tokens of the sources themselves.
const PIECES: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ";",
    ".",
    "=",
    "==",
    ":=",
    "->",
    "*",
    "**",
    "@",
    "!",
    "|",
    "...",
    "if",
    "else",
    "elif",
    "for",
    "while",
    "in",
    "is",
    "not",
    "lambda",
    "def",
    "class",
    "async",
    "await",
    "yield",
    "return",
    "try",
    "except",
    "except*",
    "finally",
    "with",
    "as",
    "match",
    "case",
    "type",
    "import",
    "from",
    "del",
    "global",
    "nonlocal",
    "raise",
    "assert",
    "pass",
    "break",
    "continue",
    "None",
    "True",
    "__debug__",
    "x",
    "_",
    "1",
    "0x",
    "1_",
    "1e",
    "01",
    "1.5j",
    "'a'",
    "b'a'",
    "'",
    "\"\"\"",
    "f'{x}'",
    "f'{",
    "f'{x!r:>{y}}'",
    "t'{x}'",
    "rb''",
    "\\",
    "\n",
    "\n    ",
    "\t",
    "$",
    "?",
    "é",
    "\u{a0}",
    "“",
    "<>",
    "print ",
    "exec ",
    "# type: int",
    "*a, b =",
    "a.b[c] =",
];

/// Writes so many changed pieces to a folder; gives their paths.
pub fn write(files: &[PathBuf], count: usize, seed: u64, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths = Vec::with_capacity(count);
    let mut number = 0;
    while paths.len() < count {
        if number > 20 * count + 1000 {
            return Err("the files have no statements to change".to_owned());
        }
        let mut random = Random::new(seed, number);
        number += 1;
        let Some(file) = files.get(random.below(files.len())) else { continue };
        let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let Some(piece) = std::str::from_utf8(&bytes).ok().and_then(|text| statements(text, &mut random)) else {
            continue;
        };
        let path = folder.join(format!("{:07}.py", paths.len()));
        std::fs::write(&path, change(&piece, &mut random)).map_err(|error| format!("{}: {error}", path.display()))?;
        paths.push(path);
    }
    Ok(paths)
}

/// Keeps a changed piece for another look.
pub fn keep(path: &Path) -> Result<PathBuf, Failure> {
    let folder = repository::root().join("target/bytecode-diff");
    let kept = folder.join(path.file_name().unwrap_or_default());
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::copy(path, &kept))
        .map_err(|error| format!("{}: {error}", kept.display()))?;
    Ok(kept)
}

/// A few lines from somewhere, without the indentation that they have in common.
fn statements(text: &str, random: &mut Random) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let start = random.below(lines.len());
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let first = lines.get(start).filter(|line| !line.trim().is_empty())?;
    let base = indent(first);
    let length = 1 + random.below(8);
    let mut out = String::new();
    for line in lines[start..].iter().take(length) {
        if !line.trim().is_empty() && indent(line) < base {
            break;
        }
        out.push_str(line.get(base..).unwrap_or_default());
        out.push('\n');
    }
    Some(out)
}

/// Changes one to three tokens.
fn change(source: &str, random: &mut Random) -> String {
    let mut tokens = split(source);
    for _ in 0..1 + random.below(3) {
        let at = random.below(tokens.len());
        let other = random.below(tokens.len());
        let piece = PIECES[random.below(PIECES.len())];
        match random.below(6) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[other]),
            2 => tokens.swap(at, other),
            3 => tokens[at] = piece,
            4 => tokens[at] = tokens[other],
            _ => tokens.insert(at, piece),
        }
        if tokens.is_empty() {
            tokens.push(piece);
        }
    }
    tokens.concat()
}

/// A source as words, blanks and single characters: near enough to tokens.
fn split(source: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        _ if c.is_alphanumeric() || c == '_' => 0,
        ' ' => 1,
        _ => 2,
    };
    let mut out = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in source.char_indices() {
        let now = kind(c);
        if last.is_some_and(|last| last != now || now == 2) {
            out.push(&source[start..at]);
            start = at;
        }
        last = Some(now);
    }
    out.push(&source[start..]);
    out
}

#[cfg(test)]
mod tests {
    use super::{change, split};
    use crate::random::Random;

    #[test]
    fn tokens_are_words_blanks_and_characters() {
        assert_eq!(split("ab1 =  c\n"), ["ab1", " ", "=", "  ", "c", "\n"]);
    }

    #[test]
    fn the_same_seed_makes_the_same_changes() {
        let changed = |seed| change("x = f(1)\n", &mut Random::new(seed, 0));
        assert_eq!(changed(3), changed(3));
        assert!((0..20).any(|seed| changed(seed) != changed(3)));
    }
}
