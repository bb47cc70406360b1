//! Checks what the compiler does not: documents, the order of crates, sizes, paths.

use std::path::{Path, PathBuf};

use crate::arguments::{Arguments, Failure, unknown};
use crate::repository::{self, Package};

pub const HELP: &str = "\
Usage: cargo xtask tidy

Checks that
  * each path named in a document (*.md) exists: in `backticks` or as a link, relative to the
    document, to the src folder beside it, or to the root;
  * crates know only those that the order in xtask/src/tidy.rs lets them know;
  * no Rust file has more than 1,500 lines, but for those that a command wrote;
  * each crate has a README.md;
  * no file names a path of somebody's machine, or has a conflict of a merge in it.";

/// How a file begins that a command wrote.
const GENERATED: &str = "//! Written by `cargo xtask";

/// Most lines of a Rust file.
const MOST_LINES: usize = 1500;

/// Each crate and the crates of Kaa that it may know (tests aside). From the bottom up.
const ORDER: &[(&str, &[&str])] = &[
    ("kaa-golden", &[]),
    ("kaa-image", &[]),
    ("kaa-text", &[]),
    ("kaa-gc", &[]),
    ("kaa-host", &[]),
    ("kaa-batch", &[]),
    ("kaa-macros", &[]),
    ("kaa-decimal", &[]),
    ("kaa-ast", &["kaa-text"]),
    ("kaa-bytecode", &["kaa-text"]),
    ("kaa-parser", &["kaa-ast", "kaa-text"]),
    ("kaa-compiler", &["kaa-ast", "kaa-bytecode", "kaa-text"]),
    ("kaa-compile", &["kaa-ast", "kaa-batch", "kaa-bytecode", "kaa-compiler", "kaa-parser", "kaa-text"]),
    ("kaa-show", &["kaa-ast", "kaa-bytecode", "kaa-compiler", "kaa-parser"]),
    ("kaa-objects", &["kaa-bytecode", "kaa-gc", "kaa-macros", "kaa-text"]),
    ("kaa-interpreter", &["kaa-bytecode", "kaa-gc", "kaa-macros", "kaa-objects", "kaa-text"]),
    (
        "kaa-stdlib",
        &[
            "kaa-bytecode",
            "kaa-decimal",
            "kaa-gc",
            "kaa-host",
            "kaa-interpreter",
            "kaa-macros",
            "kaa-objects",
            "kaa-text",
        ],
    ),
    ("kaa-library", &["kaa-ast", "kaa-bytecode", "kaa-compiler", "kaa-image", "kaa-parser"]),
    ("kaa-build", &["kaa-bytecode", "kaa-compile", "kaa-compiler", "kaa-image", "kaa-library", "kaa-text"]),
    (
        "kaa-runtime",
        &[
            "kaa-ast",
            "kaa-bytecode",
            "kaa-compiler",
            "kaa-gc",
            "kaa-host",
            "kaa-image",
            "kaa-interpreter",
            "kaa-library",
            "kaa-macros",
            "kaa-objects",
            "kaa-parser",
            "kaa-stdlib",
            "kaa-text",
        ],
    ),
    (
        "kaa-test-modules",
        &[
            "kaa-ast",
            "kaa-bytecode",
            "kaa-compiler",
            "kaa-host",
            "kaa-interpreter",
            "kaa-macros",
            "kaa-objects",
            "kaa-runtime",
        ],
    ),
    (
        "kaa-verbs",
        &[
            "kaa-build",
            "kaa-compile",
            "kaa-host",
            "kaa-image",
            "kaa-library",
            "kaa-objects",
            "kaa-runtime",
            "kaa-show",
            "kaa-text",
        ],
    ),
];

/// Packages above all others, which may know any.
const TOP: [&str; 2] = ["kaa", "xtask"];

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    if let Some(crate::arguments::Argument::Option(name) | crate::arguments::Argument::Plain(name)) = arguments.take() {
        return Err(unknown(&name));
    }
    let problems = problems()?;
    problems.iter().for_each(|problem| println!("{problem}"));
    println!("tidy: {} problems", problems.len());
    Ok(problems.is_empty())
}

/// Everything that is not tidy, a line each.
fn problems() -> Result<Vec<String>, Failure> {
    let files = repository::files()?;
    let packages = repository::packages(&files)?;
    let mut problems = Vec::new();
    order(&packages, &mut problems);
    for package in &packages {
        if !files.contains(&package.folder.join("README.md")) {
            problems.push(format!("{}: no README.md", package.folder.display()));
        }
    }
    for path in &files {
        let Ok(text) = repository::read(path) else { continue };
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("rs") if text.lines().count() > MOST_LINES && !text.starts_with(GENERATED) => {
                problems.push(format!("{}: more than {MOST_LINES} lines", path.display()));
            }
            Some("md") => named_paths(path, &text, &mut problems),
            _ => {}
        }
        machine_paths(path, &text, &mut problems);
        merge_markers(path, &text, &mut problems);
    }
    Ok(problems)
}

fn order(packages: &[Package], problems: &mut Vec<String>) {
    for package in packages.iter().filter(|package| !TOP.contains(&&*package.name)) {
        let Some((_, known)) = ORDER.iter().find(|(name, _)| *name == package.name) else {
            problems.push(format!("{}: not in the order of crates (xtask/src/tidy.rs)", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            if !known.contains(&dependency.as_str()) {
                problems.push(format!("{} must not know {dependency}", package.name));
            }
        }
    }
}

/// What git leaves where two changes met.
fn merge_markers(path: &Path, text: &str, problems: &mut Vec<String>) {
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") {
            problems.push(format!("{}:{}: a conflict that was not resolved", path.display(), number + 1));
        }
    }
}

/// Folders that begin a path even without a known extension at its end.
const FOLDERS: [&str; 8] = ["crates/", "xtask/", "tests/", "docs/", "examples/", "src/", "fuzz/", "benches/"];
const EXTENSIONS: [&str; 9] = [".rs", ".py", ".md", ".toml", ".txt", ".json", ".sh", ".pyc", ".yml"];

fn named_paths(document: &Path, text: &str, problems: &mut Vec<String>) {
    let folder = document.parent().unwrap_or(Path::new(""));
    let mut in_block = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
            continue;
        }
        if in_block {
            continue;
        }
        let quoted = line.split('`').skip(1).step_by(2);
        let linked = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for name in quoted.filter(|name| looks_like_path(name)).chain(linked.filter(|link| is_local(link))) {
            let name = name.split(['#', ':']).next().unwrap_or(name).trim_end_matches('/');
            if !name.is_empty() && !exists(folder, name) {
                problems.push(format!("{}:{}: `{name}` does not exist", document.display(), number + 1));
            }
        }
    }
}

fn looks_like_path(name: &str) -> bool {
    let plain = name.chars().all(|char| char.is_ascii_alphanumeric() || "_-./*".contains(char));
    let elsewhere = name.starts_with(['/', '.', '-']) && !name.starts_with("../");
    plain
        && !elsewhere
        && name.contains('/')
        && (EXTENSIONS.iter().any(|extension| name.ends_with(extension))
            || FOLDERS.iter().any(|folder| name.starts_with(folder)))
}

fn is_local(link: &str) -> bool {
    !link.contains("://") && !link.starts_with("mailto:")
}

/// A name with a star stands for the folder before it.
fn exists(folder: &Path, name: &str) -> bool {
    let fixed: PathBuf =
        Path::new(name).components().take_while(|part| !part.as_os_str().to_string_lossy().contains('*')).collect();
    let root = repository::root();
    [folder.to_path_buf(), folder.join("src"), PathBuf::new()].iter().any(|base| root.join(base).join(&fixed).exists())
}

/// Folders that only one machine has. Joined here, so that this file does not name them.
fn machine_folders() -> Vec<String> {
    let mut folders: Vec<String> = ["root", "work", "Users"].map(|name| format!("/{name}/")).to_vec();
    folders.push(format!("{}/", repository::root().display()));
    if let Some(home) = std::env::home_dir() {
        folders.push(format!("{}/", home.display()));
    }
    folders.retain(|folder| folder.len() > 2);
    folders
}

fn machine_paths(path: &Path, text: &str, problems: &mut Vec<String>) {
    let folders = machine_folders();
    for (number, line) in text.lines().enumerate() {
        let named = folders.iter().find(|folder| {
            line.match_indices(folder.as_str()).any(|(at, _)| {
                // In the middle of a longer path or word it is something else.
                !line[..at].ends_with(|char: char| char.is_alphanumeric() || "_.-}~*".contains(char))
            })
        });
        if let Some(folder) = named {
            problems.push(format!("{}:{}: names {folder}, a folder of one machine", path.display(), number + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_other_words() {
        for name in ["src/main.rs", "crates/kaa-gc", "tests/data/*.pyc", "../README.md"] {
            assert!(looks_like_path(name), "{name}");
        }
        for name in ["a/b", "text/html", "/etc/passwd.txt", "x.py", "./x.py", "cargo test -p kaa", "~/x/y.rs"] {
            assert!(!looks_like_path(name), "{name}");
        }
    }
}
