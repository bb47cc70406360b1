//! Golden tests: inputs and the texts expected for them, in files that are read like
//! documentation and rewritten on demand.
//!
//! A golden file is a list of cases. What stands before the first one is a comment. A case is a
//! title line, the input, a line of three dashes, and the expected text:
//!
//! ```text
//! === while with else | stage=cfg
//! while a: b
//! else: c
//! ---
//! block 0 …
//! ```
//!
//! What follows `|` in the title are options, which the test may ask for. The expected text goes on
//! to the next title. With `UPDATE_GOLDEN=1` in the environment the tests write what they get
//! instead of comparing; the difference is then reviewed like code.
#![forbid(unsafe_code)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// One input of a golden file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub title: String,
    /// `key=value` pairs, or bare keys, separated by blanks.
    pub options: String,
    /// Ends in a newline unless empty.
    pub input: String,
    /// So does this.
    pub expected: String,
}

impl Case {
    /// The value of an option; empty for a bare key.
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.split_ascii_whitespace().find_map(|word| match word.split_once('=') {
            Some((found, value)) => (found == key).then_some(value),
            None => (word == key).then_some(""),
        })
    }
}

const TITLE: &str = "=== ";
const DIVIDER: &str = "---";

/// A golden file, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
struct File {
    comment: String,
    cases: Vec<Case>,
}

fn parse(text: &str) -> Result<File, String> {
    let mut file = File::default();
    let mut divided = true;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let bare = line.trim_end_matches('\n');
        if let Some(title) = bare.strip_prefix(TITLE) {
            if !divided {
                return Err(format!("line {}: the case before has no line of three dashes", number + 1));
            }
            let (title, options) = title.split_once(" | ").unwrap_or((title, ""));
            file.cases.push(Case {
                title: title.trim().to_owned(),
                options: options.trim().to_owned(),
                input: String::new(),
                expected: String::new(),
            });
            divided = false;
        } else if bare == DIVIDER && !divided {
            divided = true;
        } else {
            let target = match file.cases.last_mut() {
                None => &mut file.comment,
                Some(case) if divided => &mut case.expected,
                Some(case) => &mut case.input,
            };
            target.push_str(line);
            if !line.ends_with('\n') {
                target.push('\n');
            }
        }
    }
    if divided { Ok(file) } else { Err("the last case has no line of three dashes".to_owned()) }
}

fn print(file: &File) -> String {
    let mut out = file.comment.clone();
    for case in &file.cases {
        let divider = if case.options.is_empty() { "" } else { " | " };
        let _ = writeln!(out, "{TITLE}{}{divider}{}", case.title, case.options);
        let _ = write!(out, "{}{DIVIDER}\n{}", case.input, case.expected);
    }
    out
}

/// Runs the cases of a golden file: `actual` makes the text that is compared with the expected one.
///
/// Panics with the differences when there are any, or when the file cannot be read.
#[track_caller]
pub fn check_file(path: impl AsRef<Path>, actual: impl Fn(&Case) -> String) {
    let mut failures = String::new();
    run_file(path.as_ref(), &actual, updating(), &mut failures);
    assert!(failures.is_empty(), "{failures}{HINT}");
}

/// Runs every golden file (`*.txt`) below a folder.
///
/// Panics as [`check_file`], or when there is no file.
#[track_caller]
pub fn check_folder(folder: impl AsRef<Path>, actual: impl Fn(&Case) -> String) {
    let mut files = Vec::new();
    golden_files(folder.as_ref(), &mut files);
    assert!(!files.is_empty(), "no golden file below {}", folder.as_ref().display());
    files.sort();
    let mut failures = String::new();
    for file in files {
        run_file(&file, &actual, updating(), &mut failures);
    }
    assert!(failures.is_empty(), "{failures}{HINT}");
}

const HINT: &str = "\nUPDATE_GOLDEN=1 cargo test … accepts what was got.\n";

fn updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| !value.is_empty() && value != "0")
}

fn golden_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            golden_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            files.push(path);
        }
    }
}

fn run_file(path: &Path, actual: &impl Fn(&Case) -> String, update: bool, failures: &mut String) {
    let shown = path.display();
    let mut fail = |text: std::fmt::Arguments<'_>| {
        let _ = writeln!(failures, "{text}");
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return fail(format_args!("{shown}: {error}")),
    };
    let mut file = match parse(&text) {
        Ok(file) => file,
        Err(error) => return fail(format_args!("{shown}: {error}")),
    };
    for case in &mut file.cases {
        let mut got = actual(case);
        if !got.is_empty() && !got.ends_with('\n') {
            got.push('\n');
        }
        if got.split('\n').any(|line| line.starts_with(TITLE)) {
            fail(format_args!("{shown}: {}: the text has a line that begins with {TITLE:?}", case.title));
        } else if update {
            case.expected = got;
        } else if case.expected != got {
            fail(format_args!("{shown}: {}\n{}", case.title, difference(&case.expected, &got)));
        }
    }
    let rewritten = print(&file);
    if update
        && rewritten != text
        && let Err(error) = std::fs::write(path, rewritten)
    {
        fail(format_args!("{shown}: {error}"));
    }
}

/// Two texts line by line: ` ` both, `-` expected, `+` got. Long equal stretches are left out.
pub fn difference(expected: &str, got: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), got.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(&new).take_while(same).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(same).count();
    let (old_middle, new_middle) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut out = String::new();
    let context = 3;
    for line in &old[head.saturating_sub(context)..head] {
        let _ = writeln!(out, "  {line}");
    }
    for (mark, line) in aligned(old_middle, new_middle) {
        let _ = writeln!(out, "{mark} {line}");
    }
    for line in old[old.len() - tail..].iter().take(context) {
        let _ = writeln!(out, "  {line}");
    }
    out
}

/// The shortest edit between two lists of lines, while they are short enough to look for it.
fn aligned<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(char, &'t str)> {
    if old.len() * new.len() > 4_000_000 {
        let removed = old.iter().map(|line| ('-', *line));
        return removed.chain(new.iter().map(|line| ('+', *line))).collect();
    }
    // Lengths of the longest common subsequences of what is left of both.
    let width = new.len() + 1;
    let mut common = vec![0u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push((' ', old[i]));
            i += 1;
            j += 1;
        } else if j == new.len() || i < old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1] {
            out.push(('-', old[i]));
            i += 1;
        } else {
            out.push(('+', new[j]));
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "A comment.\n\n=== one | stage=cfg raw\na\n---\nb\n---\n=== two\n---\n";

    #[test]
    fn files_come_out_as_they_went_in() {
        let file = parse(TEXT).unwrap();
        assert_eq!(file.comment, "A comment.\n\n");
        assert_eq!(file.cases.len(), 2);
        let case = &file.cases[0];
        assert_eq!((case.title.as_str(), case.input.as_str(), case.expected.as_str()), ("one", "a\n", "b\n---\n"));
        assert_eq!((case.option("stage"), case.option("raw"), case.option("no")), (Some("cfg"), Some(""), None));
        assert_eq!(print(&file), TEXT);
        assert!(parse("=== one\ninput\n").is_err());
        assert!(parse("=== one\n=== two\n---\n").is_err());
    }

    #[test]
    fn checks_and_updates() {
        let path = std::env::temp_dir().join(format!("kaa-golden-{}.txt", std::process::id()));
        std::fs::write(&path, "=== one\na\n---\nold\n").unwrap();
        let shout = |case: &Case| case.input.to_uppercase();
        let run = |update| {
            let mut failures = String::new();
            run_file(&path, &shout, update, &mut failures);
            failures
        };
        assert!(run(false).contains("- old\n+ A\n"));
        assert_eq!(run(true), "");
        assert_eq!(run(false), "");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "=== one\na\n---\nA\n");
        std::fs::remove_file(&path).unwrap();
        assert!(run(false).contains("kaa-golden"));
    }

    #[test]
    fn differences_show_what_changed() {
        assert_eq!(difference("a\nb\nc\nd\ne\nf\ng\n", "a\nb\nc\nd\nE\nf\ng\n"), "  b\n  c\n  d\n- e\n+ E\n  f\n  g\n");
        assert_eq!(difference("a\nb\n", "b\nc\n"), "- a\n  b\n+ c\n");
    }
}
