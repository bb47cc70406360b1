//! Finds the error of a source that the parser has turned down, in CPython's words.
//!
//! CPython's messages come from the order in which its PEG parser tries alternatives: what it had
//! read when it gave up, which special rule for invalid code matched first. So the same happens
//! here, on failure only: a grammar in CPython's order ([`grammar`]) is run by a backtracking
//! [`machine`], without and then with the rules for invalid code.

mod actions;
mod grammar;
mod machine;
mod report;

use machine::{Machine, Outcome};
use report::Reporter;

use crate::lexer::{Failure, Tokens};
use crate::token::Kind;
use crate::{ErrorKind, Mode, ParseOptions, SyntaxError, warnings};

/// Where the parser gave up, and what the grammar depended on there.
pub(crate) struct FailedParse {
    /// The token from which to look: a statement of the module begins there.
    pub statement: u32,
    /// The token at which the parser stopped.
    pub last_token: u32,
    /// Whether `<>` was the operator.
    pub barry: bool,
    pub too_deep: bool,
}

/// The error of a source.
pub(crate) fn diagnose(lexed: &Tokens, failed: &FailedParse, options: &ParseOptions) -> SyntaxError {
    let rule = match options.mode {
        Mode::Exec => "file",
        Mode::Single => "interactive",
        Mode::Eval => "eval",
        Mode::FuncType => "func_type",
    };
    let mut machine = Machine::new(lexed, failed.barry, options.max_int_digits);
    let first = machine.run(rule, failed.statement, false);
    let last_token = machine.fill.saturating_sub(1);
    if !matches!(first, Outcome::Accepted)
        && options.allow_incomplete_input
        && !is_too_complex(&first)
        && at_end_of_source(lexed, machine.fill)
    {
        let message = "incomplete input".into();
        return machine.report.at_token(ErrorKind::IncompleteInputError, last_token, machine.fill, message);
    }
    match first {
        // The parser has limits of its own, close to those of CPython.
        Outcome::Accepted if failed.too_deep => return Reporter::too_complex(),
        Outcome::Raised(error) => return with_rest(&machine, error),
        Outcome::Accepted | Outcome::Rejected => {}
    }
    machine.barry = failed.barry;
    let error = match machine.run(rule, failed.statement, true) {
        Outcome::Raised(error) => with_rest(&machine, error),
        Outcome::Accepted | Outcome::Rejected => generic(&machine, last_token),
    };
    let warnings = machine.escapes.iter().map(|escape| warnings::of_escape(lexed, escape)).collect();
    SyntaxError { warnings, ..error }
}

/// The error that stopped the lexer.
pub(crate) fn lexer_error(lexed: &Tokens) -> SyntaxError {
    Reporter::new(lexed).lexer_failure()
}

/// An error at the last token of a parse that succeeded.
pub(crate) fn error_after(lexed: &Tokens, next: u32, message: &str) -> SyntaxError {
    let last = next.saturating_sub(1);
    Reporter::new(lexed).at_token(ErrorKind::SyntaxError, last, next, message.into())
}

fn is_too_complex(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Raised(error) if error.kind == ErrorKind::MemoryError)
}

/// An error of the parser gives way to one of the rest of the source that comes before it.
fn with_rest(machine: &Machine, error: SyntaxError) -> SyntaxError {
    let lexer_stopped = machine.lexed.failure.is_some() && machine.fill as usize == machine.lexed.tokens.len();
    // CPython looks at the rest only if there is one.
    let at_end = at_end_of_source(machine.lexed, machine.fill);
    if lexer_stopped || at_end || !error.kind.is_syntax_error() {
        return error;
    }
    machine.report.error_of_rest(machine.fill).unwrap_or(error)
}

/// The error when no special rule has one: at the last token that the first pass read.
fn generic(machine: &Machine, last_token: u32) -> SyntaxError {
    let token = &machine.lexed.tokens[last_token as usize];
    let indentation = |message: &str| {
        let last = machine.fill - 1;
        machine.report.at_token(ErrorKind::IndentationError, last, machine.fill, message.into())
    };
    match token.kind {
        Kind::Indent => indentation("unexpected indent"),
        Kind::Dedent => indentation("unexpected unindent"),
        _ => {
            let error = machine.report.at(token.span, machine.fill, "invalid syntax".into());
            machine.report.error_of_rest(machine.fill).unwrap_or(error)
        }
    }
}

/// Whether the lexer had met the end of the source by the last token that was read.
fn at_end_of_source(lexed: &Tokens, fill: u32) -> bool {
    let Some(token) = (fill as usize).checked_sub(1).map(|last| &lexed.tokens[last]) else { return false };
    let end = lexed.source.len() as u32;
    match token.kind {
        Kind::Error => match lexed.failure {
            Some(Failure::EndOfFile) => true,
            Some(Failure::Syntax { end_of_source, .. }) => end_of_source,
            _ => false,
        },
        Kind::Newline | Kind::Dedent | Kind::Indent | Kind::EndMarker => token.start == end,
        Kind::String | Kind::FStringEnd | Kind::TStringEnd => false,
        // `...` is looked for from the first point on.
        Kind::Dot => token.end == end || &lexed.source[token.start as usize..] == "..",
        // After the longest operators nothing is looked for.
        _ => token.end == end && (token.kind.is_word() || token.end - token.start < 3),
    }
}
