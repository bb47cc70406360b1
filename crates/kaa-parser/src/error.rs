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
    /// Start and end as columns in bytes, where CPython quotes a line of the file in place of one
    /// of the source, if there is such a file: see [`quoting`](SyntaxError::quoting).
    pub byte_columns: Option<(i32, i32)>,
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
            byte_columns: None,
            warnings: Vec::new(),
            metadata: None,
        }
    }

    /// The error as it is when the file has this line in the place where the error is: it is
    /// quoted, and columns are counted in it. `line` is called only if it matters.
    pub fn quoting(mut self, line: impl FnOnce(i32) -> Option<String>) -> SyntaxError {
        if let Some((start, end)) = self.byte_columns
            && let Some(line) = line(self.line)
        {
            self.offset = characters(&line, start);
            self.end_offset = if end > 0 { characters(&line, end) } else { end };
            self.text = Some(line);
        }
        self
    }
}

/// Number of characters up to a column in bytes, of which the last may be a part.
pub(crate) fn characters(text: &str, col: i32) -> i32 {
    let Ok(col) = usize::try_from(col) else { return col };
    let bytes = text.as_bytes();
    let inside = col.min(bytes.len());
    let count = bytes[..inside].iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
    // CPython allows one column more than there are.
    (count + usize::from(col > bytes.len())) as i32
}

/// A line of a file, from 1, as CPython reads it to quote it: of a long one the beginning.
pub fn line_of_file(bytes: &[u8], line: i32) -> Option<Vec<u8>> {
    const LIMIT: usize = 999;
    let mut rest = bytes;
    for _ in 1..line {
        let end = memchr::memchr2(b'\n', b'\r', rest)?;
        rest = rest[end..].strip_prefix(b"\r\n").unwrap_or(&rest[end + 1..]);
    }
    if rest.is_empty() || line < 1 {
        return None;
    }
    let end = memchr::memchr2(b'\n', b'\r', rest).map_or(rest.len(), |length| length + 1);
    let text = &rest[..end.min(LIMIT)];
    let mut text = if line == 1 { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text }.to_vec();
    if let Some(end) = text.last_mut().filter(|last| **last == b'\r') {
        *end = b'\n';
    }
    Some(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_files() {
        let file = b"\xef\xbb\xbfone\r\ntwo\n\nfour";
        let line = |number| line_of_file(file, number);
        assert_eq!(line(0), None);
        assert_eq!(line(1).unwrap(), b"one\n");
        assert_eq!(line(2).unwrap(), b"two\n");
        assert_eq!(line(3).unwrap(), b"\n");
        assert_eq!(line(4).unwrap(), b"four");
        assert_eq!(line(5), None);
        let long = [b'x'; 3000];
        assert_eq!(line_of_file(&long, 1).unwrap().len(), 999);
    }

    #[test]
    fn a_line_of_the_file_is_quoted() {
        let arena = kaa_ast::Arena::new();
        let parse = |source| crate::parse(source, &arena, &crate::ParseOptions::default()).err().unwrap();
        let error = parse("f(\u{e9} b)");
        assert_eq!((error.text.as_deref(), error.offset, error.end_offset), (Some("f(\u{e9} b)\n"), 3, 6));
        let error = error.quoting(|line| (line == 1).then(|| "f(\u{e9} b)".to_owned()));
        assert_eq!((error.text.as_deref(), error.offset, error.end_offset), (Some("f(\u{e9} b)"), 3, 6));
        let error = error.quoting(|_| Some("f(".to_owned()));
        assert_eq!((error.text.as_deref(), error.offset, error.end_offset), (Some("f("), 3, 3));
        // What the lexer words quotes the source.
        let error = parse("x = 'a").quoting(|_| Some("else".to_owned()));
        assert_eq!(error.text.as_deref(), Some("x = 'a"));
    }
}
