/// Where a node stands in its source, in CPython's terms.
///
/// Lines count from 1. Columns count UTF-8 bytes from 0. The end is exclusive. A tree that was
/// built by a program rather than parsed may hold any numbers, so they are signed as in CPython;
/// [`Span::NONE`] marks code that comes from nowhere in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// First line, from 1.
    pub line: i32,
    /// Column of the first byte in its line, from 0.
    pub col: i32,
    /// Line on which the node ends.
    pub end_line: i32,
    /// Column after the last byte.
    pub end_col: i32,
}

impl Span {
    /// The position of code that no source text stands for.
    pub const NONE: Span = Span { line: -1, col: -1, end_line: -1, end_col: -1 };

    /// A span from its four numbers.
    pub const fn new(line: i32, col: i32, end_line: i32, end_col: i32) -> Span {
        Span { line, col, end_line, end_col }
    }

    /// From the start of `self` to the end of `end`.
    pub const fn to(self, end: Span) -> Span {
        Span { line: self.line, col: self.col, end_line: end.end_line, end_col: end.end_col }
    }
}
