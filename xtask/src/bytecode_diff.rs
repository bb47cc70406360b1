//! Compares Kaa's code objects with CPython's, field by field.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use kaa_ast::{Arena, Span};
use kaa_bytecode::dis::{DisOptions, dis};
use kaa_bytecode::repr::{str_repr, text_lossy};
use kaa_bytecode::{CodeObject, Constant, TextBytes, marshal, pyc};
use kaa_compiler::{CompileError, CompileOptions, NoWarnings};
use kaa_parser::{Mode, ParseOptions, SyntaxError};
use serde_json::Value as Json;

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::code_objects::{all, bytes_difference, inner, with_sorted_sets};
use crate::progress::Progress;
use crate::python::{self, Compiled, TemporaryFolder};
use crate::{parallel, python::CompileOptions as PythonOptions};

pub const HELP: &str = "\
Usage: cargo xtask bytecode-diff [OPTION]… [FOLDER|FILE…]

Has CPython and Kaa compile each Python file (without names: CPython's whole library, tests
included) and compares the code objects, nested ones too, in every field. Of files that CPython
refuses, it compares the error: type, message, position, line. Prints totals, and for each file
that differs its first difference, with the disassembly around it (- CPython, + Kaa).

Options:
  --python PATH   the CPython 3.14 to compare with; without it python3.14 on PATH,
                  in $KAA_PEERS/bin or in ~/.cache/kaa/peers/bin
  --optimize N    as -O: 0 (default), 1 or 2
  --jobs N        threads, and processes of CPython (2)
  --show N        how many differing files to show (10)
  --lines N       how many lines of a difference to show (24)
  --bytes         name the files whose .pyc would not be the same byte by byte";

/// Room for deep syntax trees; running out of it would end the whole run.
const STACK: usize = 64 << 20;

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    let mut given = None;
    let mut paths = Vec::new();
    let (mut show, mut lines, mut name_bytes) = (10, 24, false);
    let mut options = PythonOptions { optimize: 0, facts: false, jobs: 2 };
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Plain(path) => paths.push(PathBuf::from(path)),
            Argument::Option(name) => match &*name {
                "--python" => given = Some(arguments.value(&name)?),
                "--optimize" => options.optimize = arguments.number(&name)?,
                "--jobs" => options.jobs = arguments.number(&name)?,
                "--show" => show = arguments.number(&name)?,
                "--bytes" => name_bytes = true,
                "--lines" => lines = arguments.number(&name)?,
                _ => return Err(unknown(&name)),
            },
        }
    }
    let python = python::find(given)?;
    if paths.is_empty() {
        paths.push(python::library(&python)?);
    }
    let files = python::source_files(&paths)?;
    let folder = TemporaryFolder::new("bytecode-diff")?;
    let compiled = python::compile_all(&python, &files, folder.path(), options)?;

    let progress = Progress::new("Kaa compiles", compiled.len());
    // A panic is reported for its file; what it prints would only be in the way.
    std::panic::set_hook(Box::new(|_| {}));
    let results = parallel::map(&compiled, options.jobs, STACK, |file| {
        let result = compare_file(&python, file, options.optimize);
        progress.step();
        result
    });
    let _ = std::panic::take_hook();
    drop(progress);

    let mut totals = Totals::default();
    for (file, result) in compiled.iter().zip(results) {
        let outcome = result?;
        totals.add(&outcome);
        if let Some(difference) = &outcome.other_bytes
            && name_bytes
        {
            println!("{}: {difference}", file.source.display());
        }
        if let Some(difference) = outcome.difference
            && show > 0
        {
            show -= 1;
            println!("{}: {}", file.source.display(), difference.headline());
            for line in difference.detail.lines().take(lines) {
                println!("    {line}");
            }
        }
    }
    totals.print();
    Ok(totals.same == totals.files)
}

/// What came of a file.
struct Outcome {
    /// Code objects, and how many of them are the same in all fields but their nested ones.
    codes: usize,
    same_codes: usize,
    /// CPython refused the file.
    refused: bool,
    /// Where the bytes of the `.pyc` would differ; empty for a file that did not compile.
    other_bytes: Option<String>,
    difference: Option<Difference>,
}

/// The first difference of a file.
struct Difference {
    /// What differs: counted in the totals.
    kind: String,
    place: String,
    detail: String,
}

impl Difference {
    fn headline(&self) -> String {
        if self.place.is_empty() { self.kind.clone() } else { format!("{} of {}", self.kind, self.place) }
    }
}

#[derive(Default)]
struct Totals {
    files: usize,
    same: usize,
    refused: usize,
    same_refused: usize,
    same_bytes: usize,
    codes: usize,
    same_codes: usize,
    kinds: BTreeMap<String, usize>,
}

impl Totals {
    fn add(&mut self, outcome: &Outcome) {
        self.files += 1;
        self.codes += outcome.codes;
        self.same_codes += outcome.same_codes;
        self.refused += usize::from(outcome.refused);
        self.same_bytes += usize::from(outcome.other_bytes.is_none() && !outcome.refused);
        match &outcome.difference {
            None => {
                self.same += 1;
                self.same_refused += usize::from(outcome.refused);
            }
            Some(difference) => *self.kinds.entry(difference.kind.clone()).or_default() += 1,
        }
    }

    fn print(&self) {
        let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        println!("files         {:6} of {} the same ({:.2} %)", self.same, self.files, percent(self.same, self.files));
        let codes = percent(self.same_codes, self.codes);
        println!("code objects  {:6} of {} the same ({codes:.2} %)", self.same_codes, self.codes);
        let compiled = self.files - self.refused;
        let bytes = percent(self.same_bytes, compiled);
        println!("bytes of .pyc {:6} of {compiled} the same ({bytes:.2} %)", self.same_bytes);
        if self.refused > 0 {
            println!("refused       {:6} of {} with the same error", self.same_refused, self.refused);
        }
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (kind, count) in kinds.iter().take(20) {
            println!("  {count:6}  first differ in: {kind}");
        }
    }
}

/// An error as CPython's exception has it.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    kind: String,
    message: String,
    /// Line, offset, end line, end offset; none for what is no syntax error.
    position: Option<[i64; 4]>,
    text: Option<String>,
}

fn compare_file(python: &Path, file: &Compiled, optimize: i32) -> Result<Outcome, Failure> {
    let shown = file.source.display();
    let source = std::fs::read(&file.source).map_err(|error| format!("{shown}: {error}"))?;
    let path = file.source.to_string_lossy();
    let ours = std::panic::catch_unwind(AssertUnwindSafe(|| compile(python, &source, &path, optimize)));
    let differs = |codes, refused, kind: String, detail: String| Outcome {
        codes,
        same_codes: 0,
        refused,
        other_bytes: Some(String::new()),
        difference: Some(Difference { kind, place: String::new(), detail }),
    };
    let Ok(data) = std::fs::read(file.stem.with_extension("pyc")) else {
        let text =
            std::fs::read_to_string(file.stem.with_extension("error")).map_err(|error| format!("{shown}: {error}"))?;
        let theirs = refusal_of(&serde_json::from_str(&text).map_err(|error| format!("{shown}: {error}"))?);
        return Ok(match ours {
            Err(_) => differs(0, true, "Kaa panics".into(), String::new()),
            Ok(Ok(_)) => differs(0, true, "only CPython refuses".into(), format!("{theirs:?}")),
            Ok(Err(ours)) => compare_refusals(&theirs, &ours),
        });
    };
    let theirs = pyc::read_body(&data, &path).map_err(|error| format!("{shown}: {error}"))?;
    let theirs = with_sorted_sets(&theirs);
    let codes = all(&theirs).len();
    Ok(match ours {
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            differs(codes, false, "Kaa panics".into(), text.unwrap_or_default())
        }
        Ok(Err(ours)) => {
            differs(codes, false, format!("Kaa refuses: {}: {}", ours.kind, ours.message), format!("{ours:?}"))
        }
        Ok(Ok(ours)) => {
            let written = marshal::write_code(&ours, marshal::VERSION);
            let mut outcome = compare_codes(&theirs, &with_sorted_sets(&ours), codes);
            outcome.other_bytes = match written {
                Ok(written) if written == data[pyc::HEADER_LENGTH..] => None,
                Ok(written) => Some(bytes_difference(&data[pyc::HEADER_LENGTH..], &written)),
                Err(error) => Some(error.to_string()),
            };
            outcome
        }
    })
}

fn compare_refusals(theirs: &Refusal, ours: &Refusal) -> Outcome {
    let kind = if theirs.kind != ours.kind {
        Some("type of error")
    } else if theirs.message != ours.message {
        Some("message of error")
    } else if theirs.position != ours.position {
        Some("position of error")
    } else if ours.text.is_some() && theirs.text != ours.text {
        Some("text of error")
    } else {
        None
    };
    let difference = kind.map(|kind| Difference {
        kind: kind.to_owned(),
        place: String::new(),
        detail: format!("- {theirs:?}\n+ {ours:?}"),
    });
    Outcome { codes: 0, same_codes: 0, refused: true, other_bytes: Some(String::new()), difference }
}

fn compile(python: &Path, source: &[u8], path: &str, optimize: i32) -> Result<CodeObject, Refusal> {
    let arena = Arena::new();
    let mut codec = |name: &str, bytes: &[u8]| python::decode(python, name, bytes);
    let source = kaa_parser::decode_source(source, None, &mut codec).map_err(syntax_refusal)?;
    let options = ParseOptions { mode: Mode::Exec, ..ParseOptions::default() };
    let mut parsed = kaa_parser::parse(&source.text, &arena, &options).map_err(syntax_refusal)?;
    let filename: TextBytes = path.as_bytes().into();
    let options = CompileOptions { optimize: optimize.clamp(0, 2) as u8, ..CompileOptions::default() };
    kaa_compiler::compile(&parsed.module, &arena, &mut parsed.interner, &filename, options, &mut NoWarnings)
        .map_err(|error| compile_refusal(&error))
}

fn syntax_refusal(error: SyntaxError) -> Refusal {
    let position = [error.line, error.offset, error.end_line, error.end_offset].map(i64::from);
    let has_place = !matches!(error.kind.name(), "MemoryError" | "OverflowError");
    Refusal {
        kind: error.kind.name().to_owned(),
        message: error.message,
        position: has_place.then_some(position),
        text: error.text,
    }
}

fn compile_refusal(error: &CompileError) -> Refusal {
    // The compiler's columns count bytes, and so do CPython's in these errors.
    let position = |span: Span| {
        [i64::from(span.line), i64::from(span.col) + 1, i64::from(span.end_line), i64::from(span.end_col) + 1]
    };
    // Kinds are named as the classes are.
    let kind = format!("{:?}Error", error.kind);
    Refusal { kind, message: error.message.clone(), position: error.span.map(position), text: None }
}

fn refusal_of(json: &Json) -> Refusal {
    let text = |key: &str| json[key].as_str().map(str::to_owned);
    let is_syntax = json.get("msg").is_some();
    // An error at no place has no end, for which the parser says 0 and -1.
    let number = |key: &str| json[key].as_i64().unwrap_or(if key == "end_offset" { -1 } else { 0 });
    Refusal {
        kind: text("type").unwrap_or_default(),
        message: text(if is_syntax { "msg" } else { "message" }).unwrap_or_default(),
        position: is_syntax.then(|| ["lineno", "offset", "end_lineno", "end_offset"].map(number)),
        text: text("text"),
    }
}

fn compare_codes(theirs: &CodeObject, ours: &CodeObject, codes: usize) -> Outcome {
    let mut outcome =
        Outcome { codes, same_codes: 0, refused: false, other_bytes: Some(String::new()), difference: None };
    let mut pending = vec![(theirs, ours)];
    while let Some((theirs, ours)) = pending.pop() {
        match first_difference(theirs, ours) {
            None => outcome.same_codes += 1,
            Some((kind, detail)) if outcome.difference.is_none() => {
                outcome.difference = Some(Difference { kind, place: text_lossy(&theirs.qualname), detail });
            }
            Some(_) => {}
        }
        let pairs: Vec<_> = inner(theirs).into_iter().zip(inner(ours)).collect();
        pending.extend(pairs.into_iter().rev());
    }
    outcome
}

/// The field that differs, and how. Nested code objects are compared on their own.
fn first_difference(theirs: &CodeObject, ours: &CodeObject) -> Option<(String, String)> {
    let names = |names: &[TextBytes]| names.iter().map(|name| str_repr(name)).collect::<Vec<_>>().join(", ");
    let listing = |code: &CodeObject| dis(code, &DisOptions { depth: Some(0), ..DisOptions::default() });
    let positions =
        |code: &CodeObject| dis(code, &DisOptions { depth: Some(0), show_positions: true, ..DisOptions::default() });
    let lines = |a: String, b: String| kaa_golden::difference(&a, &b);
    let pair = |a: String, b: String| format!("- {a}\n+ {b}");
    let checks: [(&str, bool, &dyn Fn() -> String); 13] = [
        ("name", theirs.name == ours.name && theirs.qualname == ours.qualname, &|| {
            pair(
                names(&[theirs.name.clone(), theirs.qualname.clone()]),
                names(&[ours.name.clone(), ours.qualname.clone()]),
            )
        }),
        ("filename", theirs.filename == ours.filename, &|| {
            pair(text_lossy(&theirs.filename), text_lossy(&ours.filename))
        }),
        (
            "argument counts",
            (theirs.argcount, theirs.posonlyargcount, theirs.kwonlyargcount)
                == (ours.argcount, ours.posonlyargcount, ours.kwonlyargcount),
            &|| {
                pair(
                    format!("{} {} {}", theirs.argcount, theirs.posonlyargcount, theirs.kwonlyargcount),
                    format!("{} {} {}", ours.argcount, ours.posonlyargcount, ours.kwonlyargcount),
                )
            },
        ),
        ("firstlineno", theirs.firstlineno == ours.firstlineno, &|| {
            pair(theirs.firstlineno.to_string(), ours.firstlineno.to_string())
        }),
        ("localsplusnames", theirs.localsplusnames == ours.localsplusnames, &|| {
            pair(names(&theirs.localsplusnames), names(&ours.localsplusnames))
        }),
        ("localspluskinds", theirs.localspluskinds == ours.localspluskinds, &|| {
            pair(format!("{:x?}", theirs.localspluskinds), format!("{:x?}", ours.localspluskinds))
        }),
        ("names", theirs.names == ours.names, &|| pair(names(&theirs.names), names(&ours.names))),
        ("code", theirs.code == ours.code, &|| lines(listing(theirs), listing(ours))),
        ("consts", same_constants(theirs, ours), &|| lines(constants_text(theirs), constants_text(ours))),
        ("flags", theirs.flags == ours.flags, &|| pair(format!("{:#x}", theirs.flags), format!("{:#x}", ours.flags))),
        ("stacksize", theirs.stacksize == ours.stacksize, &|| {
            pair(theirs.stacksize.to_string(), ours.stacksize.to_string())
        }),
        ("exceptiontable", theirs.exceptiontable == ours.exceptiontable, &|| lines(listing(theirs), listing(ours))),
        ("linetable", theirs.linetable == ours.linetable, &|| {
            let text = lines(positions(theirs), positions(ours));
            if text.is_empty() {
                pair(format!("{:x?}", theirs.linetable), format!("{:x?}", ours.linetable))
            } else {
                text
            }
        }),
    ];
    let (field, _, detail) = checks.iter().find(|(_, same, _)| !same)?;
    Some(((*field).to_owned(), detail()))
}

fn same_constants(theirs: &CodeObject, ours: &CodeObject) -> bool {
    let same = |a: &Constant, b: &Constant| matches!((a, b), (Constant::Code(_), Constant::Code(_))) || a == b;
    theirs.consts.len() == ours.consts.len() && theirs.consts.iter().zip(&ours.consts).all(|(a, b)| same(a, b))
}

fn constants_text(code: &CodeObject) -> String {
    code.consts.iter().map(|constant| constant.repr() + "\n").collect()
}
