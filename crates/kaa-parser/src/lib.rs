//! The parser of Python 3.14: text in, a syntax tree or CPython's own `SyntaxError` out.
//!
//! [`decode_source`] turns the bytes of a file into text, [`parse`] the text into a tree. A parse
//! is one pass of a lexer and one of a recursive-descent parser, neither of which knows how to
//! word an error. Only when they fail, [`diagnose`] goes over the tokens again, in the order in
//! which CPython's grammar tries its alternatives, to find the message and the place that CPython
//! would report.
//!
//! The parser knows no virtual machine, and has no unsafe code.
#![forbid(unsafe_code)]

mod diagnose;
mod error;
mod lexer;
mod literals;
mod parser;
mod quote;
mod report;
mod source;
mod token;
pub mod token_list;
mod warnings;

pub use error::{ErrorKind, Metadata, SyntaxError, SyntaxWarning, line_of_file};
use kaa_ast::{Arena, Interner, Mod};
pub use quote::quote_line;
pub use source::{Codec, DecodedSource, decode_source};
pub use token_list::{TokenFailure, TokenInfo, TokenList, dump_tokens, tokenize};

/// What the source is: CPython's start symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// A file (`exec`).
    #[default]
    Exec,
    /// One interactive statement (`single`).
    Single,
    /// One expression (`eval`).
    Eval,
    /// A function type comment (`func_type`).
    FuncType,
}

/// How to parse.
#[derive(Clone, Copy, Debug)]
pub struct ParseOptions {
    pub mode: Mode,
    /// Keep `# type:` comments (`PyCF_TYPE_COMMENTS`).
    pub type_comments: bool,
    /// A source that ends too early is reported as such (`PyCF_ALLOW_INCOMPLETE_INPUT`).
    pub allow_incomplete_input: bool,
    /// The end of the source does not end open blocks (`PyCF_DONT_IMPLY_DEDENT`).
    pub dont_imply_dedent: bool,
    /// `<>` in place of `!=` (`from __future__ import barry_as_FLUFL`).
    pub barry_as_bdfl: bool,
    /// Digits that a decimal integer may have; 0 for any (`sys.set_int_max_str_digits`).
    pub max_int_digits: u32,
    /// Syntax of later versions than Python 3 point this is refused (`_feature_version`).
    pub feature_version: u8,
}

/// The version of Python whose syntax is known.
const LATEST: u8 = 14;

impl Default for ParseOptions {
    fn default() -> Self {
        ParseOptions {
            mode: Mode::Exec,
            type_comments: false,
            allow_incomplete_input: false,
            dont_imply_dedent: false,
            barry_as_bdfl: false,
            max_int_digits: 4300,
            feature_version: LATEST,
        }
    }
}

/// A tree and what belongs to it.
pub struct Parsed<'a> {
    pub module: Mod<'a>,
    /// The texts of the tree's names.
    pub interner: Interner<'a>,
    /// Warnings in the order in which they were met.
    pub warnings: Vec<SyntaxWarning>,
    /// The lines, in order, on which something begins that the compiler may replace or warn of before
    /// it looks at names: `"…" % (…)`, `match`, `try` with `finally`, chains of very many operators.
    /// Nothing is known of a source with the name `__debug__`.
    pub changing_lines: Option<Vec<i32>>,
}

/// Parses a source.
pub fn parse<'a>(source: &'a str, arena: &'a Arena, options: &ParseOptions) -> Result<Parsed<'a>, SyntaxError> {
    let source = source::normalize(source, arena, options.mode);
    // As many names as programs of this size have, those aside that are there from the start.
    let mut interner = Interner::with_capacity(64 + source.len() / 128);
    let lexed = lexer::lex(source, arena, options, &mut interner);
    let mut parser = parser::Parser::new(&lexed, arena, &mut interner, options);
    let result = parser.module(options.mode);
    let failed = parser.failed_at();
    let last_statement = parser.last_statement;
    let too_new = parser.too_new;
    let escapes = parser.warnings;
    let mut changing_lines = parser.changing_lines;
    let warnings = warnings::collect(&lexed, &escapes);
    if let Some((token, constant)) = lexed.constant_as_name
        && (result.is_ok() || token <= failed.last_token)
    {
        let message = format!("identifier field can't represent '{constant}' constant");
        return Err(SyntaxError { kind: ErrorKind::ValueError, warnings, ..SyntaxError::without_place(message) });
    }
    match result {
        Ok(module) => {
            if options.mode == Mode::Single && has_more_statements(&lexed, failed.last_token) {
                let message = "multiple statements found while compiling a single statement";
                return Err(SyntaxError { warnings, ..diagnose::error_after(&lexed, failed.last_token, message) });
            }
            changing_lines.sort_unstable();
            let changing_lines = interner.get("__debug__").is_none().then_some(changing_lines);
            Ok(Parsed { module, interner, warnings, changing_lines })
        }
        Err(parser::Fail) => {
            let error = match too_new {
                Some(syntax) => diagnose::error_after(&lexed, syntax.next_token, &syntax.message()),
                None => diagnose::diagnose(&lexed, &failed, options),
            };
            let warnings = [warnings, error.warnings].concat();
            let is_hinted = error.kind.is_syntax_error() && error.kind != ErrorKind::IncompleteInputError;
            let metadata = is_hinted.then(|| Metadata { last_statement, source: lexed.source.to_owned() });
            // Of what is no file, no line is read again.
            let byte_columns = error.byte_columns.filter(|_| options.mode == Mode::Exec);
            Err(SyntaxError { warnings, metadata, byte_columns, ..error })
        }
    }
}

/// Whether anything but blanks and comments follows an interactive statement.
fn has_more_statements(lexed: &lexer::Tokens, next: u32) -> bool {
    let rest = next.checked_sub(1).map_or("", |last| &lexed.source[lexed.tokens[last as usize].end as usize..]);
    rest.lines().any(|line| {
        let line = line.trim_start_matches([' ', '\t', '\x0c']);
        !line.is_empty() && !line.starts_with('#')
    })
}
