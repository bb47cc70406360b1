//! Runs the programs in `tests/programs`: each must print what its `.out` file says, which is what
//! CPython 3.14 prints, also when the collector runs all the time. A program that is meant to fail
//! has an `.err` file: what it prints on standard error, and `exit code N` as the last line. Programs
//! whose names begin with `native_` have the modules of the crate `kaa-test-modules`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs");
    let entries = |folder: &Path| std::fs::read_dir(folder).expect("the folder with the programs");
    let mut programs: Vec<PathBuf> = entries(&folder)
        .chain(entries(&folder.join("tracebacks")))
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
        let (folder, name) = (program.parent().expect("a folder"), program.file_name().expect("a name"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaa"));
        if program.file_name().is_some_and(|name| name.to_string_lossy().starts_with("native_")) {
            command.args(["-X", "test-modules"]);
        }
        let output = command.args(options).arg(name).current_dir(folder).output().expect("kaa can be run");
        if let Some(difference) = difference(&program, &output) {
            wrong.push(format!("{}: {difference}", program.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a run shows that is not expected.
fn difference(program: &Path, output: &Output) -> Option<String> {
    let expected = std::fs::read_to_string(program.with_extension("out")).unwrap_or_default();
    let errors = String::from_utf8_lossy(&output.stderr);
    if let Some((line, (want, got))) = first_difference(&expected, &String::from_utf8_lossy(&output.stdout)) {
        return Some(format!("line {line}\n  expected {want:?}\n  printed  {got:?}\n{errors}"));
    }
    match std::fs::read_to_string(program.with_extension("err")) {
        Ok(expected) => {
            // Programs run by their bare names, and tracebacks show absolute ones.
            let folder = std::fs::canonicalize(program.parent().expect("a folder")).expect("a folder");
            let errors = errors.replace(&format!("{}/", folder.display()), "");
            let code = output.status.code().map_or("none".to_owned(), |code| code.to_string());
            let errors = format!("{errors}exit code {code}\n");
            let (line, (want, got)) = first_difference(&expected, &errors)?;
            Some(format!("standard error, line {line}\n  expected {want:?}\n  printed  {got:?}\n{errors}"))
        }
        Err(_) if output.status.success() => None,
        Err(_) => Some(format!("{}\n{errors}", output.status)),
    }
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
