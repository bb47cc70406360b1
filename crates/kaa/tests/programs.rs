//! Runs the programs in `tests/programs`: each must print what its `.out` file says, which is what
//! CPython 3.14 prints, also when the collector runs all the time.

use std::path::{Path, PathBuf};
use std::process::Command;

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs");
    let entries = std::fs::read_dir(&folder).expect("the folder with the programs");
    let mut programs: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    programs.sort();
    assert!(!programs.is_empty());
    programs
}

/// Runs all programs with the options that are given for each; collects what is different.
fn run_all(options: impl Fn(&Path) -> &'static [&'static str]) {
    let mut wrong = Vec::new();
    for program in programs() {
        let options = options(&program);
        let expected = std::fs::read_to_string(program.with_extension("out")).expect("the expected output");
        let output =
            Command::new(env!("CARGO_BIN_EXE_kaa")).args(options).arg(&program).output().expect("kaa can be run");
        let printed = String::from_utf8_lossy(&output.stdout);
        if let Some((line, (want, got))) = first_difference(&expected, &printed) {
            let errors = String::from_utf8_lossy(&output.stderr);
            wrong.push(format!("{}:{line}\n  expected {want:?}\n  printed  {got:?}\n{errors}", program.display()));
        } else if !output.status.success() {
            wrong.push(format!("{}: {}", program.display(), output.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first line that differs, counted from 1.
fn first_difference<'a>(expected: &'a str, printed: &'a str) -> Option<(usize, (&'a str, &'a str))> {
    if expected == printed {
        return None;
    }
    let (mut want, mut got) = (expected.lines(), printed.lines());
    (1..).find_map(|line| match (want.next(), got.next()) {
        (Some(want), Some(got)) if want == got => None,
        (want, got) => Some((line, (want.unwrap_or("<end>"), got.unwrap_or("<end>")))),
    })
}

#[test]
fn programs_print_what_cpython_prints() {
    run_all(|_| &[]);
}

#[test]
fn programs_survive_constant_collection() {
    // A program that imports modules allocates so much that the checks would take minutes: it is
    // stopped for them less often.
    run_all(|program| {
        let source = std::fs::read_to_string(program).expect("the program can be read");
        if source.lines().any(|line| line.starts_with("import ") || line.starts_with("from ")) {
            &["-S", "-X", "gc=stress=20011,verify,poison"]
        } else {
            &["-S", "-X", "gc=stress=199,verify,poison"]
        }
    });
}
