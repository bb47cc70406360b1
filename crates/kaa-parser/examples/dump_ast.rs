//! Prints the tree of a file as `ast.dump(tree, include_attributes=True)` does, or its error.
//!
//! `dump_ast --tokens FILE…` prints the tokens as `python -m tokenize -e` does.
//! `dump_ast FILE…` prints one line a file.

use kaa_ast::Arena;
use kaa_ast::dump::{DumpOptions, dump_module};
use kaa_parser::{ParseOptions, parse};

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
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
