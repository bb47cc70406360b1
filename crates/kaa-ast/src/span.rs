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

    /// Whether the spans are equal, without a branch for each number.
    #[inline]
    pub fn is(self, other: Span) -> bool {
        let halves = |span: Span| {
            let pair = |low: i32, high: i32| u64::from(low as u32) | u64::from(high as u32) << 32;
            (pair(span.line, span.col), pair(span.end_line, span.end_col))
        };
        let (a, b) = (halves(self), halves(other));
        (a.0 ^ b.0) | (a.1 ^ b.1) == 0
    }

    /// From the start of `self` to the end of `end`.
    pub const fn to(self, end: Span) -> Span {
        Span { line: self.line, col: self.col, end_line: end.end_line, end_col: end.end_col }
    }
}
