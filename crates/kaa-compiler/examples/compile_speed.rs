//! How fast the front end is: parses and compiles Python files from memory on one core.
//!
//! ```text
//! cargo run --profile fast -p kaa-compiler --example compile_speed -- FOLDER [ROUNDS]
//! ```
//!
//! Takes all `.py` files under the folder that are UTF-8 and compile, and prints for the best of
//! the rounds (5) the time and the megabytes of source a second, for the parser, for the compiler
//! behind it, and for both. CPython's figure for comparison:
//!
//! ```text
//! python3.14 -c "compile(source, path, 'exec', dont_inherit=True)"   # for each file, in a loop
//! ```

use kaa_ast::Arena;
use kaa_bytecode::{CodeObject, TextBytes};
use kaa_compiler::{CompileOptions, NoWarnings};
use kaa_parser::ParseOptions;
use std::path::Path;
use std::time::{Duration, Instant};

struct Source {
    text: String,
    name: TextBytes,
}

fn collect(folder: &Path, sources: &mut Vec<Source>) -> std::io::Result<()> {
    if !folder.is_dir() {
        if let Ok(text) = std::fs::read_to_string(folder) {
            sources.push(Source { text, name: folder.as_os_str().as_encoded_bytes().into() });
        }
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "py") {
            collect(&path, sources)?;
        }
    }
    Ok(())
}

/// The code object and the times of parser and compiler, if the source is correct.
fn compile(source: &Source, arena: &Arena) -> Option<(CodeObject, Duration, Duration)> {
    let start = Instant::now();
    let mut parsed = kaa_parser::parse(&source.text, arena, &ParseOptions::default()).ok()?;
    let parsed_at = Instant::now();
    let options = CompileOptions::default();
    let interner = &mut parsed.interner;
    let code = kaa_compiler::compile(&parsed.module, arena, interner, &source.name, options, &mut NoWarnings).ok()?;
    Some((code, parsed_at - start, parsed_at.elapsed()))
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("Usage: compile_speed FOLDER [ROUNDS]");
        std::process::exit(2);
    };
    let rounds: u32 = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(5);
    let mut sources = Vec::new();
    collect(Path::new(&folder), &mut sources)?;
    let mut arena = Arena::new();
    sources.retain(|source| {
        arena.reset();
        compile(source, &arena).is_some()
    });
    let bytes: usize = sources.iter().map(|source| source.text.len()).sum();
    println!("{} files, {bytes} bytes", sources.len());

    let mut best = [Duration::MAX; 3];
    for _ in 0..rounds {
        let mut spent = [Duration::ZERO; 3];
        let start = Instant::now();
        for source in &sources {
            // Setting up and throwing away what a compilation makes is part of it.
            arena.reset();
            if let Some((code, parsing, compiling)) = compile(source, &arena) {
                spent[0] += parsing;
                spent[1] += compiling;
                drop(std::hint::black_box(code));
            }
        }
        spent[2] = start.elapsed();
        for (best, spent) in best.iter_mut().zip(spent) {
            *best = spent.min(*best);
        }
    }
    for (stage, time) in ["parser", "compiler", "both, with disposal"].into_iter().zip(best) {
        let speed = bytes as f64 / 1e6 / time.as_secs_f64();
        println!("{stage:<20} {:>8.1} ms {speed:>7.1} MB/s", time.as_secs_f64() * 1e3);
    }
    Ok(())
}
