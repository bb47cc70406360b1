//! Errors and warnings, as CPython prints them.

use kaa_compiler::{CompileError, ErrorKind, Warning};
use kaa_parser::{SyntaxError, SyntaxWarning, quote_line};

/// An exception or a warning about a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The Python class.
    pub class: String,
    pub message: String,
    pub place: Option<Place>,
}

/// Where: the attributes of a `SyntaxError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: i32,
    pub offset: i32,
    /// Line and offset of the end, when known.
    pub end: Option<(i32, i32)>,
    /// The line, when there is one.
    pub text: Option<String>,
}

impl Diagnostic {
    pub fn without_place(class: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { class: class.to_owned(), message: message.into(), place: None }
    }

    /// What the parser refuses.
    pub(crate) fn of_parser(error: SyntaxError) -> Diagnostic {
        let class = match error.kind {
            kaa_parser::ErrorKind::UnicodeDecodeError => "UnicodeError",
            kind => kind.name(),
        };
        let no_source = error.line == 0 && error.text.is_none();
        let has_place = error.kind.is_syntax_error() && error.message != NULL_BYTES;
        let place = Place {
            line: error.line,
            offset: error.offset,
            end: (!no_source).then_some((error.end_line, error.end_offset)),
            text: error.text,
        };
        Diagnostic { class: class.to_owned(), message: error.message, place: has_place.then_some(place) }
    }

    /// What the compiler refuses. `line` gives a line of the source.
    pub(crate) fn of_compiler(error: CompileError, line: impl Fn(i32) -> Option<String>) -> Diagnostic {
        let class = match error.kind {
            ErrorKind::Syntax => "SyntaxError",
            ErrorKind::Recursion => "RecursionError",
            ErrorKind::Overflow => "OverflowError",
            ErrorKind::Memory => "MemoryError",
            ErrorKind::Value => "ValueError",
            ErrorKind::UnicodeEncode => "UnicodeEncodeError",
            ErrorKind::Type => "TypeError",
            ErrorKind::System | ErrorKind::Aborted => "SystemError",
            ErrorKind::Runtime => "RuntimeError",
        };
        let span = error.span.filter(|_| error.kind == ErrorKind::Syntax);
        let place = span.map(|span| Place {
            line: span.line,
            // Columns count bytes, as in CPython.
            offset: span.col + 1,
            end: Some((span.end_line, span.end_col + 1)),
            text: line(span.line),
        });
        Diagnostic { class: class.to_owned(), message: error.message, place }
    }

    pub(crate) fn of_parser_warning(warning: SyntaxWarning, line: impl Fn(i32) -> Option<String>) -> Diagnostic {
        let number = warning.line as i32;
        let error = *warning.as_error;
        let place = Place {
            line: number,
            offset: error.offset,
            end: Some((error.end_line, error.end_offset)),
            text: line(number),
        };
        Diagnostic { class: SYNTAX_WARNING.to_owned(), message: warning.message, place: Some(place) }
    }

    pub(crate) fn of_compiler_warning(warning: Warning, line: impl Fn(i32) -> Option<String>) -> Diagnostic {
        let span = warning.span;
        let place = Place {
            line: span.line,
            offset: span.col + 1,
            end: Some((span.end_line, span.end_col + 1)),
            text: line(span.line),
        };
        Diagnostic { class: SYNTAX_WARNING.to_owned(), message: warning.message, place: Some(place) }
    }

    /// Whether a misspelt keyword may be the cause.
    pub(crate) fn may_have_hint(&self) -> bool {
        self.class == "SyntaxError"
            && (self.message == "invalid syntax" || self.message.contains("Perhaps you forgot a comma"))
    }

    /// As `traceback.format_exception_only` prints an exception, for a source of a name.
    pub fn as_error(&self, filename: &str) -> String {
        let Diagnostic { class, message, place } = self;
        match place {
            Some(Place { line, offset, end, text }) => {
                let quoted = text.as_deref().map_or(String::new(), |text| {
                    let same_line = end.is_some_and(|(end, _)| end == *line);
                    quote_line(text, Some((*offset).into()), same_line, end.map(|(_, offset)| offset.into()))
                });
                format!("  File \"{filename}\", line {line}\n{quoted}{class}: {message}\n")
            }
            // Python names no file here, which would leave the reader without one.
            None => format!("  File \"{filename}\"\n{class}: {message}\n"),
        }
    }

    /// As `warnings.showwarning` prints a warning, for a source of a name.
    pub fn as_warning(&self, filename: &str) -> String {
        let Diagnostic { class, message, place } = self;
        let line = place.as_ref().map_or(0, |place| place.line);
        let text = place.as_ref().and_then(|place| place.text.as_deref()).map(str::trim).unwrap_or_default();
        let quoted = if text.is_empty() { String::new() } else { format!("  {text}\n") };
        format!("{filename}:{line}: {class}: {message}\n{quoted}")
    }
}

const SYNTAX_WARNING: &str = "SyntaxWarning";
const NULL_BYTES: &str = "source code string cannot contain null bytes";
