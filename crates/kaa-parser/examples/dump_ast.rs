//! Prints the tree of a file as `ast.dump(tree, include_attributes=True)` does, or its error.
//!
//! `dump_ast --tokens FILE…` prints the tokens as `python -m tokenize -e` does.
//! `dump_ast FILE…` prints one line a file; `dump_ast --time FILE…` parses all files repeatedly
//! and prints the speed.

use std::time::Instant;

use kaa_ast::Arena;
use kaa_ast::dump::{DumpOptions, dump_module};
use kaa_parser::{ParseOptions, parse};

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|argument| argument == "--time") {
        time(&arguments.split_off(1));
        return;
    }
    if arguments.first().is_some_and(|argument| argument == "--tokens") {
        for path in arguments.split_off(1) {
            let source = std::fs::read_to_string(&path).expect("a readable file");
            match kaa_parser::dump_tokens(&source) {
                Ok(tokens) => print!("{tokens}"),
                Err(error) => println!("{error}"),
            }
        }
        return;
    }
    for path in arguments {
        let arena = Arena::new();
        let source = std::fs::read_to_string(&path).expect("a readable file");
        match parse(&source, &arena, &ParseOptions::default()) {
            Ok(parsed) => {
                let options = DumpOptions { attributes: true, indent: None };
                println!("{}", dump_module(&parsed.module, &parsed.interner, options));
            }
            Err(error) => println!("{error}"),
        }
    }
}

fn time(paths: &[String]) {
    let sources: Vec<String> = paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let bytes: usize = sources.iter().map(String::len).sum();
    let mut best = f64::INFINITY;
    let mut arena = Arena::new();
    for _ in 0..5 {
        let start = Instant::now();
        for source in &sources {
            arena.reset();
            let _ = parse(source, &arena, &ParseOptions::default());
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{} files, {bytes} bytes: {:.1} MB/s", sources.len(), bytes as f64 / best / 1e6);
}
