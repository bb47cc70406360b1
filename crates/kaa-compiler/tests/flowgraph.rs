//! Golden tests of the flow graph's passes: a file for each pass under `tests/golden/flowgraph`.
//!
//! A file is a list of cases. A case is a title after `## `, perhaps a line that starts with `unit`
//! and describes the code unit, a graph, `---`, and the graph that the pass makes of it (or
//! `error: ` and a message). `UPDATE_GOLDEN=1 cargo test` rewrites what comes after `---`.

use kaa_ast::Name;
use kaa_bytecode::flags;
use kaa_compiler::UnitMetadata;
use kaa_compiler::flowgraph::{Graph, PASSES, Pass, text};
use std::fmt::Write;
use std::path::PathBuf;

/// Reads `unit locals 3 parameters 1 cells 0 7 free 8 generator`: how many locals there are (their
/// names are the numbers from 0), how many of them are parameters, and the names of cells and free
/// variables.
fn parse_unit(line: &str) -> UnitMetadata {
    let mut unit = UnitMetadata { firstlineno: 1, ..UnitMetadata::default() };
    let mut words = line.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let mut numbers = Vec::new();
        while let Some(number) = words.peek().and_then(|word| word.parse::<u32>().ok()) {
            numbers.push(number);
            words.next();
        }
        let names = || numbers.iter().copied().map(Name);
        match word {
            "locals" => (0..numbers[0]).for_each(|name| {
                unit.varnames.insert(Name(name));
            }),
            "parameters" => unit.parameters = numbers[0],
            "cells" => unit.cellvars = names().collect(),
            "free" => unit.freevars = names().collect(),
            "generator" => unit.flags |= flags::GENERATOR,
            _ => panic!("unknown word in: unit {line}"),
        }
    }
    unit
}

fn run(pass: &Pass, case: &str) -> String {
    let (header, body) = case.split_once('\n').expect("a case has a graph");
    let (mut unit, graph_text) = match header.strip_prefix("unit") {
        Some(description) => (parse_unit(description), body),
        None => (UnitMetadata::default(), case),
    };
    let mut graph = Graph::default();
    text::parse(graph_text, &mut graph, &mut unit).unwrap_or_else(|error| panic!("{}: {error}", pass.name));
    match (pass.run)(&mut graph, &mut unit) {
        Ok(()) => text::print(&graph, &unit),
        Err(error) => format!("error: {}\n", error.message),
    }
}

#[test]
fn passes() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/flowgraph");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for (index, pass) in PASSES.iter().enumerate() {
        if PASSES[..index].iter().any(|earlier| earlier.name == pass.name) {
            continue;
        }
        let path = directory.join(pass.name).with_extension("txt");
        let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut result = String::new();
        for case in golden.split("## ").skip(1) {
            let (title, case) = case.split_once('\n').expect("a title ends with its line");
            let input = case.split_once("---\n").map_or(case, |(input, _)| input);
            let _ = write!(result, "## {title}\n{input}---\n{}\n", run(pass, input));
        }
        let result = format!("{}\n", result.trim_end());
        if result != golden {
            if update {
                std::fs::write(&path, &result).expect("golden files can be written");
            } else {
                wrong.push(format!("{}: expected\n{golden}\ngot\n{result}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is printed can be read, and is printed the same again.
#[test]
fn text_round_trip() {
    let source = "const 0 = None
const 1 = (1, -2.5, \"a\", True, {...})
block 0: from 1
    LOAD_CONST 1                        @1,0,1,4 except 2
    POP_JUMP_IF_FALSE                   @1,0,1,4 to 2 except 2
block 1: warm depth 3
    RETURN_VALUE
block 2: label handler lasti cold
    RERAISE 1
";
    let (mut graph, mut unit) = (Graph::default(), UnitMetadata::default());
    text::parse(source, &mut graph, &mut unit).expect("the text is correct");
    assert_eq!(text::print(&graph, &unit), source);
}

#[test]
fn text_errors_name_the_line() {
    let parse = |text: &str| text::parse(text, &mut Graph::default(), &mut UnitMetadata::default());
    assert!(parse("NOP").unwrap_err().contains("not in a block"));
    assert!(parse("block 1:").unwrap_err().contains("numbered in order"));
    assert!(parse("block 0:\n  JUMP").unwrap_err().contains("no target"));
    assert!(parse("block 0:\n  JUMP to 7").unwrap_err().contains("not an instruction: JUMP to 7"));
}
