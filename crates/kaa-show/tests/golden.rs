//! What `kaa show` prints: a golden file for each stage, and for what it refuses. The input of a
//! case is standard input, its options the arguments; `NAME` is asked for as `-:NAME`.

use std::ffi::OsString;

use kaa_golden::Case;
use kaa_show::run;

fn show(case: &Case, stage: &str) -> String {
    let mut words: Vec<&str> = case.options.split_ascii_whitespace().collect();
    let names_file = |word: &&str| *word == "-" || word.starts_with("-:") || !word.starts_with('-');
    if !words.iter().any(names_file) {
        words.push("-");
    }
    let mut arguments: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    if !stage.is_empty() {
        arguments.push(format!("--stage={stage}").into());
    }
    let answer = run(arguments, false, &mut case.input.as_bytes());
    match answer.status {
        0 => answer.out,
        status => format!("{}{}exit status {status}\n", answer.out, answer.err),
    }
}

fn golden(stage: &str) {
    let path = format!("{}/tests/golden/{stage}.txt", env!("CARGO_MANIFEST_DIR"));
    kaa_golden::check_file(path, |case| show(case, stage));
}

#[test]
fn tokens() {
    golden("tokens");
}

#[test]
fn ast() {
    golden("ast");
}

#[test]
fn symtable() {
    golden("symtable");
}

#[test]
fn codegen() {
    golden("codegen");
}

#[test]
fn cfg() {
    golden("cfg");
}

#[test]
fn bytecode() {
    golden("bytecode");
}

#[test]
fn pyc() {
    golden("pyc");
}

#[test]
fn errors() {
    let path = format!("{}/tests/golden/errors.txt", env!("CARGO_MANIFEST_DIR"));
    kaa_golden::check_file(path, |case| show(case, ""));
}

#[test]
fn help() {
    let path = format!("{}/tests/golden/help.txt", env!("CARGO_MANIFEST_DIR"));
    kaa_golden::check_file(path, |case| show(case, ""));
}

/// A `.pyc` that is cut off is an error; one with other bytes is that or is shown as it is.
#[test]
fn damaged_files() {
    let code = include_bytes!("../../kaa-bytecode/tests/data/plain.pyc");
    let path = std::env::temp_dir().join(format!("kaa-show-{}.pyc", std::process::id()));
    let show = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        run(vec!["--stage=pyc".into(), path.clone().into()], false, &mut &b""[..])
    };
    let whole = show(code);
    assert_eq!(whole.status, 0, "{}", whole.err);
    for length in (0..code.len()).step_by(7) {
        assert_eq!(show(&code[..length]).status, 1);
    }
    let mut refused = 0;
    for at in 16..code.len().min(1500) {
        let mut changed = code.to_vec();
        changed[at] ^= 0x55;
        refused += u32::from(show(&changed).status == 1);
    }
    assert!(refused > 100, "{refused}");
    std::fs::remove_file(&path).unwrap();
}
