//! Why there is nothing to show.

use kaa_compiler::{CompileError, ErrorKind};
use kaa_parser::SyntaxError;

/// A reason, with the text that is printed for it.
#[derive(Debug)]
pub enum Failure {
    /// The source or the compiled file has an error, or not what was asked for.
    Source(String),
    /// The arguments make no sense.
    Usage(String),
    /// A file cannot be read.
    File(String),
}

impl Failure {
    /// What the parser found.
    pub fn of_parser(error: &SyntaxError, filename: &str) -> Failure {
        Failure::Source(error.report(filename))
    }

    /// What the compiler found in a source.
    pub fn of_compiler(error: &CompileError, filename: &str, source: &str) -> Failure {
        let (ErrorKind::Syntax, Some(span)) = (error.kind, error.span) else {
            return Failure::Source(format!("{:?}Error: {}\n", error.kind, error.message));
        };
        let line = usize::try_from(span.line - 1).ok().and_then(|line| source.lines().nth(line));
        let error = SyntaxError {
            line: span.line,
            // Columns count bytes, as in CPython.
            offset: span.col + 1,
            end_line: span.end_line,
            end_offset: span.end_col + 1,
            text: line.map(str::to_owned),
            ..SyntaxError::without_place(error.message.clone())
        };
        Failure::of_parser(&error, filename)
    }
}
