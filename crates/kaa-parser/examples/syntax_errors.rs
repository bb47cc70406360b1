//! Prints what the parser says of snippets: one line a snippet, for comparison with CPython.
//!
//! Input: snippets in a file, each followed by a null character and `\x01`. A snippet may begin
//! with `\x02`, the letter of its mode and a digit of flags (1: type comments, 2: incomplete
//! input, 4: no implied dedent, 8: `<>` as operator); with type comments the tree is printed. Output: for an error, its class and the arguments of
//! the exception as Python writes them; `ok` and
//! the warnings for a valid one.

use std::io::Write;

use kaa_ast::Arena;
use kaa_ast::dump::{DumpOptions, dump_module, repr_text};
use kaa_parser::{Mode, ParseOptions, parse};

fn main() {
    let path = std::env::args().nth(1).expect("a file of snippets");
    let text = std::fs::read_to_string(path).expect("a readable file");
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut arena = Arena::new();
    for snippet in text.split_terminator("\0\u{1}") {
        let (mode, flags, source) = match snippet.strip_prefix('\u{2}') {
            Some(rest) => (&rest[..1], rest.as_bytes()[1] - b'0', &rest[2..]),
            None => ("e", 0, snippet),
        };
        let mode = match mode {
            "s" => Mode::Single,
            "v" => Mode::Eval,
            "f" => Mode::FuncType,
            _ => Mode::Exec,
        };
        arena.reset();
        let options = ParseOptions {
            mode,
            type_comments: flags & 1 != 0,
            allow_incomplete_input: flags & 2 != 0,
            dont_imply_dedent: flags & 4 != 0,
            barry_as_bdfl: flags & 8 != 0,
            ..ParseOptions::default()
        };
        let line = match parse(source, &arena, &options) {
            Ok(parsed) if options.type_comments => {
                dump_module(&parsed.module, &parsed.interner, DumpOptions { attributes: true, indent: None })
            }
            Ok(parsed) => {
                let warnings = parsed.warnings.iter().map(|warning| format!(" [{} {}]", warning.line, warning.message));
                warnings.fold("ok".to_string(), |line, warning| line + &warning)
            }
            Err(error) => {
                let message = repr_text(error.message.as_bytes());
                let text = error.text.as_deref().map_or("None".into(), |text| repr_text(text.as_bytes()));
                format!(
                    "{} {message} {} {} {} {} {text}",
                    error.kind.name(),
                    error.line,
                    error.offset,
                    error.end_line,
                    error.end_offset
                )
            }
        };
        writeln!(out, "{line}").expect("a place to write to");
    }
}
