//! Reads files that CPython compiled, and compares what `kaa-bytecode` makes of them with what
//! CPython itself says: marshal both ways, location and exception tables, disassembly.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kaa_bytecode::dis::{DisOptions, dis};
use kaa_bytecode::marshal::{read_code, write_code};
use kaa_bytecode::repr::str_repr;
use kaa_bytecode::verify::{Facts, Malformed, verify_layout};
use kaa_bytecode::{
    CodeObject, ExceptionTable, LocationTable, LocationTableWriter, marshal, pyc, write_exception_entry,
};

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::code_objects::{all, bytes_difference, with_sorted_sets};
use crate::python::{self, CompileOptions, Compiled, TemporaryFolder};

pub const HELP: &str = "\
Usage: cargo xtask check-bytecode [OPTION]… [FOLDER|FILE…]

Has CPython compile each Python file (without names: its whole library, tests included), then
compares, file by file,
  bytes       the .pyc written again from the code object read: the same bytes?
  tables      location and exception tables, decoded and encoded again: the same bytes?
  verify      does every code object pass what Kaa asks of code before it runs it?
  facts       co_lines, co_positions and dis (three sets of options): the same text?
and prints totals, and how fast reading, writing and verifying were.

Options:
  --python PATH   the CPython 3.14 to compare with; without it python3.14 on PATH,
                  in $KAA_PEERS/bin or in ~/.cache/kaa/peers/bin
  --optimize N    as CPython's -O: 0 (default), 1 or 2
  --no-facts      leave out what takes CPython long (dis and positions)
  --jobs N        processes of CPython at a time (2)
  --show N        how many differing files to show in each column (3)";

#[derive(Default)]
struct Totals {
    files: usize,
    refused: usize,
    bytes: usize,
    same_bytes: usize,
    same_tables: usize,
    verified: usize,
    same_facts: usize,
    reading: Duration,
    writing: Duration,
    verifying: Duration,
}

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    let mut given = None;
    let mut paths = Vec::new();
    let mut show = 3;
    let mut options = CompileOptions { optimize: 0, facts: true, jobs: 2 };
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Plain(path) => paths.push(PathBuf::from(path)),
            Argument::Option(name) => match &*name {
                "--python" => given = Some(arguments.value(&name)?),
                "--optimize" => options.optimize = arguments.number(&name)?,
                "--no-facts" => options.facts = false,
                "--jobs" => options.jobs = arguments.number(&name)?,
                "--show" => show = arguments.number(&name)?,
                _ => return Err(unknown(&name)),
            },
        }
    }
    let python = python::find(given)?;
    if paths.is_empty() {
        paths.push(python::library(&python)?);
    }
    let files = python::source_files(&paths)?;
    let folder = TemporaryFolder::new("check-bytecode")?;
    let compiled = python::compile_all(&python, &files, folder.path(), options)?;
    let mut totals = Totals::default();
    let mut left = [show; 4];
    for file in &compiled {
        check(file, options.facts, &mut totals, &mut left)?;
    }
    report(&totals, options.facts);
    let all = totals.files - totals.refused;
    Ok(totals.same_tables == all && totals.verified == all && (!options.facts || totals.same_facts == all))
}

fn report(totals: &Totals, facts: bool) {
    let all = totals.files - totals.refused;
    let speed = |time: Duration| totals.bytes as f64 / 1e6 / time.as_secs_f64().max(1e-9);
    println!("{} files, {} of them refused by CPython; {} bytes of .pyc", totals.files, totals.refused, totals.bytes);
    println!("bytes   {:6} of {all} the same", totals.same_bytes);
    println!("tables  {:6} of {all} the same", totals.same_tables);
    println!("verify  {:6} of {all} pass", totals.verified);
    if facts {
        println!("facts   {:6} of {all} the same", totals.same_facts);
    }
    let (reading, writing, verifying) = (speed(totals.reading), speed(totals.writing), speed(totals.verifying));
    println!("read at {reading:.0} MB/s, written at {writing:.0} MB/s, verified at {verifying:.0} MB/s");
}

fn check(file: &Compiled, facts: bool, totals: &mut Totals, left: &mut [usize; 4]) -> Result<(), Failure> {
    totals.files += 1;
    let Ok(data) = std::fs::read(file.stem.with_extension("pyc")) else {
        totals.refused += 1;
        return Ok(());
    };
    totals.bytes += data.len();
    let shown = file.source.display();
    let body = &data[pyc::HEADER_LENGTH..];
    let start = Instant::now();
    let code = read_code(body).map_err(|error| format!("{shown}: {error}"))?;
    totals.reading += start.elapsed();
    let start = Instant::now();
    let written = write_code(&code, marshal::VERSION).map_err(|error| format!("{shown}: {error}"))?;
    totals.writing += start.elapsed();

    let mut note = |column: usize, text: &dyn Fn() -> String| {
        if left[column] > 0 {
            left[column] -= 1;
            println!("{shown}: {}", text());
        }
    };
    if written == body {
        totals.same_bytes += 1;
    } else {
        note(0, &|| bytes_difference(body, &written));
    }
    let codes = all(&code);
    match codes.iter().find_map(|code| tables_difference(code)) {
        None => totals.same_tables += 1,
        Some(difference) => note(1, &|| difference.clone()),
    }
    let start = Instant::now();
    let malformed = codes.iter().find_map(|code| Some((code, verify(code).err()?)));
    totals.verifying += start.elapsed();
    match malformed {
        None => totals.verified += 1,
        Some((code, error)) => {
            note(3, &|| format!("{} is refused: {error}", String::from_utf8_lossy(&code.qualname)));
        }
    }
    if facts {
        let theirs = read_text(&file.stem.with_extension("facts"))?;
        let ours = facts_of(&code, &codes);
        if ours == theirs {
            totals.same_facts += 1;
        } else {
            note(2, &|| text_difference(&theirs, &ours));
        }
    }
    Ok(())
}

fn verify(code: &CodeObject) -> Result<(), Malformed> {
    verify_layout(code)?;
    kaa_bytecode::verify::verify(&Facts::of(code))
}

fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn text_difference(theirs: &str, ours: &str) -> String {
    let mut lines = theirs.lines().zip(ours.lines()).enumerate();
    match lines.find(|(_, (a, b))| a != b) {
        Some((number, (a, b))) => format!("facts differ in line {}\n  CPython {a}\n  Kaa     {b}", number + 1),
        None => format!("facts: {} lines from CPython, {} from Kaa", theirs.lines().count(), ours.lines().count()),
    }
}

fn tables_difference(code: &CodeObject) -> Option<String> {
    let mut writer = LocationTableWriter::new(code.firstlineno);
    // Entries as they stand: CPython's assembler joins equal neighbours too.
    for range in LocationTable::new(&code.linetable, code.firstlineno) {
        writer.push(range.location, (range.end - range.start) as usize / 2);
    }
    let name = String::from_utf8_lossy(&code.qualname);
    if *writer.finish() != *code.linetable {
        return Some(format!("location table of {name} differs when written again"));
    }
    let mut out = Vec::new();
    ExceptionTable::new(&code.exceptiontable).for_each(|entry| write_exception_entry(&mut out, &entry));
    if out != *code.exceptiontable {
        return Some(format!("exception table of {name} differs when written again"));
    }
    let table = ExceptionTable::new(&code.exceptiontable);
    for offset in (0..code.code.len() as u32).step_by(2) {
        let found = table.clone().find(|entry| (entry.start..entry.end).contains(&offset));
        if table.handler_at(offset) != found {
            return Some(format!("handler of {name} at {offset} is not found"));
        }
    }
    None
}

/// The text that `compile_all.py` writes.
fn facts_of(root: &CodeObject, codes: &[&CodeObject]) -> String {
    let mut out = String::new();
    for code in codes {
        let table = LocationTable::new(&code.linetable, code.firstlineno);
        let _ = write!(out, "code {}\nlines", ascii(&str_repr(&code.qualname)));
        for range in table.clone().lines() {
            let line = range.line.map_or("None".to_owned(), |line| line.to_string());
            let _ = write!(out, " {},{},{line}", range.start, range.end);
        }
        out.push_str("\npositions");
        for at in table.positions() {
            let _ = write!(out, " {},{},{},{}", at.line, at.end_line, at.column, at.end_column);
        }
        out.push('\n');
    }
    let root = with_sorted_sets(root);
    out.push_str(&dis(&root, &DisOptions::default()));
    let caches = DisOptions { show_caches: true, show_offsets: true, depth: Some(1), ..DisOptions::default() };
    out.push_str(&dis(&root, &caches));
    out.push_str(&dis(&root, &DisOptions { show_positions: true, depth: Some(1), ..DisOptions::default() }));
    out
}

/// Python's `ascii` of what is already a `repr`.
fn ascii(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        let _ = match char as u32 {
            0..0x80 => write!(out, "{char}"),
            code @ 0x80..0x100 => write!(out, "\\x{code:02x}"),
            code @ 0x100..0x10000 => write!(out, "\\u{code:04x}"),
            code => write!(out, "\\U{code:08x}"),
        };
    }
    out
}
