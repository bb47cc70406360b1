//! What the compiler can answer instead of a code object, and what it says on the way.

use kaa_ast::Span;

/// What fallible parts of the compiler return: the error is boxed, because it is rare and results
/// are returned all the time.
pub(crate) type Fallible<T = ()> = Result<T, Box<CompileError>>;

/// A compilation that failed.
#[derive(Clone, Debug, PartialEq)]
pub struct CompileError {
    pub kind: ErrorKind,
    pub message: String,
    /// Where, for syntax errors.
    pub span: Option<Span>,
    /// Of [`ErrorKind::UnicodeEncode`] the text, and from where to where it cannot be encoded.
    pub unencodable: Option<(Box<[u8]>, usize, usize)>,
    /// Whether the place is no argument of CPython's exception, but only among its attributes.
    pub place_apart: bool,
}

/// The exception that a [`CompileError`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    Syntax,
    Recursion,
    Overflow,
    Memory,
    Value,
    UnicodeEncode,
    Type,
    System,
    Runtime,
    /// The sink of the warnings has raised an exception of its own, which it keeps.
    Aborted,
}

impl CompileError {
    /// A `SyntaxError` at a position.
    pub fn syntax(message: impl Into<String>, span: Span) -> CompileError {
        CompileError {
            kind: ErrorKind::Syntax,
            message: message.into(),
            span: Some(span),
            unencodable: None,
            place_apart: false,
        }
    }

    /// An error without a position.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> CompileError {
        CompileError { kind, message: message.into(), span: None, unencodable: None, place_apart: false }
    }

    /// The error of a stage that sets the place apart.
    pub(crate) fn with_place_apart(mut self: Box<CompileError>) -> Box<CompileError> {
        self.place_apart = true;
        self
    }

    /// The exception is with the sink of the warnings.
    pub(crate) fn aborted() -> CompileError {
        CompileError::new(ErrorKind::Aborted, "")
    }

    /// The tree is nested too deeply.
    pub fn recursion() -> CompileError {
        CompileError::new(ErrorKind::Recursion, "maximum recursion depth exceeded during compilation")
    }
}

/// A `SyntaxWarning` of the compiler.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    pub message: String,
    pub span: Span,
}

/// What the sink wants done about a [`Warning`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningAction {
    /// It has been shown, counted or ignored.
    Continue,
    /// The filters make it an error: the compilation ends with a `SyntaxError` of the same text.
    Raise,
    /// Another exception is pending: the compilation ends with [`ErrorKind::Aborted`].
    Abort,
}

/// Who receives the warnings of a compilation.
pub trait WarningSink {
    /// Takes a warning.
    fn warn(&mut self, warning: Warning) -> WarningAction;
}

/// Ignores all warnings.
pub struct NoWarnings;

impl WarningSink for NoWarnings {
    fn warn(&mut self, _: Warning) -> WarningAction {
        WarningAction::Continue
    }
}

impl WarningSink for Vec<Warning> {
    fn warn(&mut self, warning: Warning) -> WarningAction {
        self.push(warning);
        WarningAction::Continue
    }
}
