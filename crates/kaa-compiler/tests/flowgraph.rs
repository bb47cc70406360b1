//! Golden tests of the flow graph's passes: a file for each pass under `tests/golden/flowgraph`.
//! The input of a case is a graph, its options describe the code unit.

use kaa_ast::Name;
use kaa_bytecode::flags;
use kaa_compiler::UnitMetadata;
use kaa_compiler::flowgraph::{Graph, PASSES, Pass, text};
use kaa_golden::Case;

/// The unit of a case: `locals=3` is how many locals there are (their names are the numbers from
/// 0), `parameters=1` how many of them are parameters, `cells=0,7` and `free=8` are names.
fn unit_of(case: &Case) -> UnitMetadata {
    let numbers = |key| -> Vec<u32> {
        let list = case.option(key).unwrap_or_default();
        list.split_terminator(',').map(|number| number.parse().expect("a number")).collect()
    };
    let number = |key| numbers(key).first().copied().unwrap_or(0);
    let mut unit = UnitMetadata {
        firstlineno: 1,
        parameters: number("parameters"),
        cellvars: numbers("cells").into_iter().map(Name).collect(),
        freevars: numbers("free").into_iter().map(Name).collect(),
        flags: case.option("generator").map_or(0, |_| flags::GENERATOR),
        ..UnitMetadata::default()
    };
    for name in 0..number("locals") {
        unit.varnames.insert(Name(name));
    }
    unit
}

fn run(pass: &Pass, case: &Case) -> String {
    let (mut graph, mut unit) = (Graph::default(), unit_of(case));
    text::parse(&case.input, &mut graph, &mut unit).unwrap_or_else(|error| panic!("{}: {error}", pass.name));
    match (pass.run)(&mut graph, &mut unit) {
        Ok(()) => text::print(&graph, &unit),
        Err(error) => format!("error: {}\n", error.message),
    }
}

#[test]
fn passes() {
    for pass in PASSES {
        let path = format!("{}/tests/golden/flowgraph/{}.txt", env!("CARGO_MANIFEST_DIR"), pass.name);
        kaa_golden::check_file(path, |case| run(pass, case));
    }
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
