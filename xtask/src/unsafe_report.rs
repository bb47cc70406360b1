//! Counts `unsafe` in each crate, so that growth is seen.

use std::collections::BTreeMap;

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::{repository, rust_source};

pub const HELP: &str = "\
Usage: cargo xtask unsafe-report [--missing]

Counts, for each crate, lines of Rust, unsafe blocks, unsafe functions and unsafe impls, and how
many of the blocks and impls give no reason in a `// SAFETY:` comment before them. Fails when one
gives none.

Options:
  --missing   list the places without a reason";

#[derive(Default)]
struct Counts {
    lines: usize,
    blocks: usize,
    functions: usize,
    impls: usize,
    missing: usize,
    forbidden: bool,
}

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    let mut list = false;
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Option(name) if name == "--missing" => list = true,
            Argument::Option(name) | Argument::Plain(name) => return Err(unknown(&name)),
        }
    }
    let files = repository::files()?;
    let packages = repository::packages(&files)?;
    let mut report: BTreeMap<&str, Counts> = BTreeMap::new();
    for package in &packages {
        let counts = report.entry(&package.name).or_default();
        let sources = files.iter().filter(|path| {
            path.starts_with(&package.folder) && path.extension().is_some_and(|extension| extension == "rs")
        });
        for path in sources {
            let text = repository::read(path)?;
            let missing = count(&text, counts);
            if list {
                missing.iter().for_each(|line| println!("{}:{line}: no SAFETY comment", path.display()));
            }
        }
    }
    println!("{:<18} {:>7} {:>7} {:>9} {:>6}  without reason", "crate", "lines", "blocks", "functions", "impls");
    let mut total = Counts::default();
    for (name, counts) in &report {
        let note = if counts.forbidden { "  (forbids unsafe code)" } else { "" };
        println!(
            "{name:<18} {:>7} {:>7} {:>9} {:>6} {:>7}{note}",
            counts.lines, counts.blocks, counts.functions, counts.impls, counts.missing
        );
        total.lines += counts.lines;
        total.blocks += counts.blocks;
        total.functions += counts.functions;
        total.impls += counts.impls;
        total.missing += counts.missing;
    }
    println!(
        "{:<18} {:>7} {:>7} {:>9} {:>6} {:>7}",
        "all", total.lines, total.blocks, total.functions, total.impls, total.missing
    );
    Ok(total.missing == 0)
}

/// Adds a file's counts; gives the lines without a reason.
fn count(text: &str, counts: &mut Counts) -> Vec<usize> {
    let lines = rust_source::lines(text);
    let mut missing = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        counts.lines += 1;
        counts.forbidden |= line.code.contains("forbid(unsafe_code)");
        for rest in after_unsafe(&line.code) {
            let next = rest.trim_start();
            if next.starts_with("fn ") || next.starts_with("extern") {
                counts.functions += 1;
                continue;
            }
            // An attribute, a trait to be implemented, or the type of a pointer to a function.
            if next.starts_with('(') || next.starts_with("trait") || next.starts_with("fn(") {
                continue;
            }
            if next.starts_with("impl") {
                counts.impls += 1
            } else {
                counts.blocks += 1
            }
            if !has_reason(&lines, index) {
                counts.missing += 1;
                missing.push(index + 1);
            }
        }
    }
    missing
}

/// What follows each word `unsafe` of a line.
fn after_unsafe(code: &str) -> impl Iterator<Item = &str> {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    code.match_indices("unsafe").filter_map(move |(at, word)| {
        let rest = &code[at + word.len()..];
        let alone = !code[..at].ends_with(is_word) && !rest.starts_with(is_word);
        alone.then_some(rest)
    })
}

/// A SAFETY comment on the line, on the comment lines just before its statement, or (for several
/// impls in a row) before the line above.
fn has_reason(lines: &[rust_source::Line], index: usize) -> bool {
    let says = |line: &rust_source::Line| line.comment.contains("SAFETY:");
    if says(&lines[index]) {
        return true;
    }
    // The statement may have begun a few lines earlier, and the comment may take several.
    let mut code_lines = 0;
    for line in lines[..index].iter().rev() {
        if says(line) {
            return true;
        }
        if line.comment.is_empty() {
            code_lines += 1;
            let code = line.code.trim();
            let ended = code.is_empty() || code.ends_with(';') && !code.starts_with("unsafe impl") || code == "}";
            if ended || code_lines > 4 {
                return false;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_unsafe() {
        let mut counts = Counts::default();
        let text = "
            // SAFETY: it holds.
            let a = unsafe { f() };
            let b = unsafe { g() };
            unsafe fn h() {}
            // SAFETY: as said.
            unsafe impl Send for X {}
            type F = unsafe fn(u8);
            #[unsafe(no_mangle)]
            fn not_unsafe_at_all() {}
        ";
        assert_eq!(count(text, &mut counts), [4]);
        assert_eq!((counts.blocks, counts.functions, counts.impls, counts.missing), (2, 1, 1, 1));
    }
}
