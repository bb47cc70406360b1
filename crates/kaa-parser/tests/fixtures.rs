//! Golden tests. `valid/NAME.py` has its tree in `valid/NAME.ast`, as `ast.dump` prints it with
//! positions; `invalid/NAME.txt` has a snippet a line (with `\n` and the like escaped), each
//! followed by its error. `UPDATE_GOLDEN=1 cargo test` rewrites what is expected.

use std::fs;
use std::path::{Path, PathBuf};

use kaa_ast::Arena;
use kaa_ast::dump::{DumpOptions, dump_module, repr_text};
use kaa_parser::{ParseOptions, SyntaxError, parse};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of fixtures");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

fn check(path: &Path, found: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, found).expect("a golden file that can be written");
        return;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    for (i, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(expected, found, "{}, line {}", path.display(), i + 1);
    }
    assert_eq!(expected.lines().count(), found.lines().count(), "{}", path.display());
}

#[test]
fn valid_sources_have_their_trees() {
    for path in files(&folder("valid"), "py") {
        let source = fs::read_to_string(&path).expect("a readable fixture");
        let arena = Arena::new();
        let parsed = parse(&source, &arena, &ParseOptions::default())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let options = DumpOptions { attributes: true, indent: Some(1) };
        let found = dump_module(&parsed.module, &parsed.interner, options) + "\n";
        check(&path.with_extension("ast"), &found);
    }
}

fn unescape(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            (_, Some('n')) => out.push('\n'),
            (_, Some('t')) => out.push('\t'),
            (_, Some('x')) => {
                let digits: String = chars.by_ref().take(2).collect();
                let code = u32::from_str_radix(&digits, 16).expect("two hex digits");
                out.push(char::from_u32(code).expect("a character"));
            }
            (_, Some(escaped)) => out.push(escaped),
            (c, None) => out.push(c),
        }
    }
    out
}

fn describe(error: &SyntaxError) -> String {
    let text = error.text.as_deref().map_or("None".into(), |text| repr_text(text.as_bytes()));
    let text = if text.len() > 200 { "…".into() } else { text };
    let warning = |warning: &kaa_parser::SyntaxWarning| format!("    warning: {}: {}\n", warning.line, warning.message);
    let warnings: String = error.warnings.iter().map(warning).collect();
    format!(
        "{warnings}    {}: {}\n    {}:{} to {}:{} in {text}",
        error.kind.name(),
        error.message,
        error.line,
        error.offset,
        error.end_line,
        error.end_offset,
    )
}

#[test]
fn invalid_sources_have_their_errors() {
    for path in files(&folder("invalid"), "txt") {
        let fixtures = fs::read_to_string(&path).expect("a readable fixture");
        let mut found = String::new();
        for line in fixtures.lines().filter(|line| !line.starts_with("    ")) {
            let source = unescape(line);
            let arena = Arena::new();
            let described = match parse(&source, &arena, &ParseOptions::default()) {
                Ok(_) => "    valid".to_string(),
                Err(error) => describe(&error),
            };
            found.push_str(&format!("{line}\n{described}\n"));
        }
        check(&path, &found);
    }
}
