//! What `kaa show --help` prints. The examples are made as the text is printed, so they are what
//! the stages say.

use std::fmt::Write;

use kaa_compiler::flowgraph;

use crate::input::Input;
use crate::options::{Command, Stage, parse};
use crate::stages;

const USAGE: &str = "\
usage: kaa show [OPTION]... FILE[:NAME]

Shows what Kaa's compiler makes of a Python file, stage by stage. Nothing is run.

FILE is a source or a .pyc, - is standard input. NAME is the qualified name of a function or
class in it: kaa show app.py:Server.start

  --stage=STAGE             tokens, ast, symtable, codegen, cfg, bytecode (default) or pyc
  --pass=PASS               of the flow graph: only this pass, before and after it
  -O, -OO                   as Python's: without assertions, without docstrings either
  -a, --include-attributes  positions in the tree
  -C, --show-caches         caches in the bytecode
  -P, --show-positions      positions in the bytecode
  --show-offsets            offsets in the bytecode
  --no-color                no colours on a terminal; so does NO_COLOR, and PYTHON_COLORS=0
  -h, --help                this text

Exit status: 0; 1 for a source with an error, a damaged .pyc or a NAME that is not there;
2 for wrong arguments or a file that cannot be read.
";

const EXAMPLE: &str = "def f(x):\n    return x or None\n";

/// What each stage is.
fn about(stage: Stage) -> &'static str {
    match stage {
        Stage::Tokens => "what the lexer finds (as python -m tokenize -e)",
        Stage::Ast => "the syntax tree (as python -m ast); with -O the tree that is compiled in its place",
        Stage::Symtable => "which names there are in each block, and whose they are (as python -m symtable)",
        Stage::Codegen => "the instructions of each unit, as they are generated",
        Stage::Cfg => "the basic blocks of each unit, as they are built and after each pass",
        Stage::Bytecode => "the instructions of the code objects (as python -m dis)",
        Stage::Pyc => "the file that would be written, or that is given: its header and its objects",
    }
}

/// The whole text.
pub fn text() -> String {
    let mut out = USAGE.to_owned();
    let _ = write!(out, "\nThe stages of this file, example.py:\n\n");
    for line in EXAMPLE.lines() {
        let _ = writeln!(out, "    {line}");
    }
    for stage in Stage::ALL {
        let arguments = match stage {
            Stage::Codegen => "--stage=codegen example.py:f".to_owned(),
            Stage::Cfg => "--stage=cfg --pass=conditional_jumps example.py:f".to_owned(),
            Stage::Bytecode => "example.py:f".to_owned(),
            _ => format!("--stage={} example.py", stage.name()),
        };
        let _ = writeln!(out, "\n{}: {}\n  $ kaa show {arguments}", stage.name(), about(stage));
        for line in example(&arguments).lines().take(24) {
            let _ = writeln!(out, "{}", format!("    {line}").trim_end());
        }
    }
    out.push_str("\nThe passes of the flow graph, in order; some run twice:\n");
    let mut width = usize::MAX;
    for pass in flowgraph::PASSES {
        if width.saturating_add(pass.name.len()) > 90 {
            out.push_str("\n ");
            width = 0;
        }
        let _ = write!(out, " {}", pass.name);
        width += pass.name.len() + 1;
    }
    out.push('\n');
    out
}

/// What the command would print for the example.
fn example(arguments: &str) -> String {
    let words = arguments.split(' ').map(Into::into).collect();
    let Ok(Command::Show(options)) = parse(words) else { return String::new() };
    let input = Input { name: "example.py".to_owned(), bytes: EXAMPLE.into(), mtime: 1_700_000_000 };
    let name = options.file.split_once(':').map(|(_, name)| name);
    stages::text(&input, name, &options).unwrap_or_default()
}
