//! What a parse reports: a syntax error, or warnings.

/// The exception that CPython would raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    SyntaxError,
    IndentationError,
    TabError,
    /// `_IncompleteInputError`; only with [`allow_incomplete_input`](crate::ParseOptions).
    IncompleteInputError,
    /// An escape sequence in a format specification: CPython does not make this a `SyntaxError`.
    UnicodeDecodeError,
    /// The source is nested too deeply.
    MemoryError,
    /// A name that is the keyword of a constant once it is normalized.
    ValueError,
}

impl ErrorKind {
    /// Whether the class is `SyntaxError` or derives from it.
    pub const fn is_syntax_error(self) -> bool {
        !matches!(self, ErrorKind::UnicodeDecodeError | ErrorKind::MemoryError | ErrorKind::ValueError)
    }

    /// The name of the Python class.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorKind::SyntaxError => "SyntaxError",
            ErrorKind::IndentationError => "IndentationError",
            ErrorKind::TabError => "TabError",
            ErrorKind::IncompleteInputError => "_IncompleteInputError",
            ErrorKind::UnicodeDecodeError => "UnicodeDecodeError",
            ErrorKind::MemoryError => "MemoryError",
            ErrorKind::ValueError => "ValueError",
        }
    }
}

/// An error with the arguments of CPython's exception: `msg` and the details but `filename`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Class of the exception. Of those that are no `SyntaxError`, only `message` counts.
    pub kind: ErrorKind,
    /// `msg`
    pub message: String,
    /// `lineno`
    pub line: i32,
    /// `offset`: in characters, from 1; 0 or -1 where CPython says so.
    pub offset: i32,
    /// `end_lineno`
    pub end_line: i32,
    /// `end_offset`
    pub end_offset: i32,
    /// `text`: the line of the error; `None` where CPython gives none.
    pub text: Option<String>,
    /// What was warned of before the error was met.
    pub warnings: Vec<SyntaxWarning>,
    /// What hints are made from; nothing where there is no text that was parsed.
    pub metadata: Option<Metadata>,
}

/// What CPython's module `traceback` makes hints from: `_metadata` of the exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Line and column where the last whole compound statement before the error begins (definitions
    /// do not count, as in CPython); zeros without one.
    pub last_statement: (i32, i32),
    /// The source, its last line ended.
    pub source: String,
}

impl SyntaxError {
    /// An error at no place of the source, as of a source that cannot be decoded.
    pub fn without_place(message: impl Into<String>) -> SyntaxError {
        SyntaxError {
            kind: ErrorKind::SyntaxError,
            message: message.into(),
            line: 0,
            offset: -1,
            end_line: 0,
            end_offset: -1,
            text: None,
            warnings: Vec::new(),
            metadata: None,
        }
    }
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} (line {})", self.kind.name(), self.message, self.line)
    }
}

impl std::error::Error for SyntaxError {}

/// A `SyntaxWarning`. It is the caller's to show it, to drop it, or to raise
/// [`as_error`](SyntaxWarning::as_error).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxWarning {
    pub message: String,
    /// Line that the warning is reported for.
    pub line: u32,
    /// What CPython raises in place of the warning when warnings are errors.
    pub as_error: Box<SyntaxError>,
}
