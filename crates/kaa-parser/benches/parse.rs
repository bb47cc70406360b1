//! How fast Python is parsed: from text in memory to a tree, on one core.
//!
//! ```text
//! cargo bench -p kaa-parser --bench parse -- [--rounds N] [FOLDER…]
//! ```
//!
//! Takes all `.py` files below the folders (without folders: Python's library) that are UTF-8, and
//! prints the time of the best of the rounds (20). On a machine that counts no events,
//! `valgrind --tool=callgrind` with one round counts instructions.

mod sources;

use kaa_ast::Arena;
use kaa_parser::ParseOptions;
use std::path::PathBuf;
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut rounds = 20;
    let mut folders = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match &*argument {
            // What `cargo bench` says to every benchmark.
            "--bench" => {}
            "--rounds" => rounds = arguments.next().ok_or("--rounds needs a number")?.parse()?,
            _ => folders.push(PathBuf::from(argument)),
        }
    }
    if folders.is_empty() {
        folders.push(rustpython_pylib::LIB_PATH.into());
    }
    let mut sources = Vec::new();
    for folder in &folders {
        sources::collect(folder, &mut |_, text| sources.push(text))?;
    }
    let bytes: usize = sources.iter().map(String::len).sum();
    let mut arena = Arena::new();
    let mut best = Duration::MAX;
    for _ in 0..rounds {
        let start = Instant::now();
        for source in &sources {
            arena.reset();
            // What does not compile is part of it.
            let parsed = kaa_parser::parse(source, &arena, &ParseOptions::default());
            drop(std::hint::black_box(parsed));
        }
        best = best.min(start.elapsed());
    }
    let speed = bytes as f64 / 1e6 / best.as_secs_f64();
    println!("{} files, {bytes} bytes: {:.1} ms, {speed:.1} MB/s", sources.len(), best.as_secs_f64() * 1e3);
    Ok(())
}
