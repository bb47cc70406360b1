//! Tokens as Python's modules `token` and `tokenize` have them.
//!
//! The lexer drops what the parser has no use for; comments and the ends of blank lines are found
//! again here, in the gaps between its tokens.

use std::fmt::Write;
use std::ops::Range;

use kaa_ast::dump::repr_text;
use kaa_ast::{Arena, Interner};

use crate::lexer::{self, Failure, Tokens};
use crate::token::{Kind, Token};
use crate::{ErrorKind, Mode, ParseOptions, SyntaxError, diagnose, source};

/// Numbers of the module `token`.
pub mod number {
    pub const ENDMARKER: u8 = 0;
    pub const NAME: u8 = 1;
    pub const STRING: u8 = 3;
    pub const NEWLINE: u8 = 4;
    pub const INDENT: u8 = 5;
    pub const DEDENT: u8 = 6;
    pub const OP: u8 = 55;
    pub const FSTRING_START: u8 = 59;
    pub const TSTRING_END: u8 = 64;
    pub const COMMENT: u8 = 65;
    pub const NL: u8 = 66;
}

/// `token.tok_name`.
const NAMES: [&str; 69] = [
    "ENDMARKER",
    "NAME",
    "NUMBER",
    "STRING",
    "NEWLINE",
    "INDENT",
    "DEDENT",
    "LPAR",
    "RPAR",
    "LSQB",
    "RSQB",
    "COLON",
    "COMMA",
    "SEMI",
    "PLUS",
    "MINUS",
    "STAR",
    "SLASH",
    "VBAR",
    "AMPER",
    "LESS",
    "GREATER",
    "EQUAL",
    "DOT",
    "PERCENT",
    "LBRACE",
    "RBRACE",
    "EQEQUAL",
    "NOTEQUAL",
    "LESSEQUAL",
    "GREATEREQUAL",
    "TILDE",
    "CIRCUMFLEX",
    "LEFTSHIFT",
    "RIGHTSHIFT",
    "DOUBLESTAR",
    "PLUSEQUAL",
    "MINEQUAL",
    "STAREQUAL",
    "SLASHEQUAL",
    "PERCENTEQUAL",
    "AMPEREQUAL",
    "VBAREQUAL",
    "CIRCUMFLEXEQUAL",
    "LEFTSHIFTEQUAL",
    "RIGHTSHIFTEQUAL",
    "DOUBLESTAREQUAL",
    "DOUBLESLASH",
    "DOUBLESLASHEQUAL",
    "AT",
    "ATEQUAL",
    "RARROW",
    "ELLIPSIS",
    "COLONEQUAL",
    "EXCLAMATION",
    "OP",
    "TYPE_IGNORE",
    "TYPE_COMMENT",
    "SOFT_KEYWORD",
    "FSTRING_START",
    "FSTRING_MIDDLE",
    "FSTRING_END",
    "TSTRING_START",
    "TSTRING_MIDDLE",
    "TSTRING_END",
    "COMMENT",
    "NL",
    "ERRORTOKEN",
    "ENCODING",
];

/// `token.tok_name` of an exact type.
pub fn name(kind: u8) -> &'static str {
    NAMES[usize::from(kind)]
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// The exact type: a number of the module `token`.
    pub kind: u8,
    /// Line and column in characters of the start; the column is -1 where there is none.
    pub start: (u32, i32),
    /// The end, likewise.
    pub end: (u32, i32),
    /// Where its text is in the source.
    pub text: Range<usize>,
    /// The lines that it stands on.
    pub lines: Range<usize>,
}

/// The tokens of a source, and why there are no more.
pub struct TokenList {
    pub tokens: Vec<TokenInfo>,
    pub failure: Option<TokenFailure>,
}

/// What ended the tokens.
pub enum TokenFailure {
    /// An error in the words of the parser.
    Syntax(SyntaxError),
    /// The source ended within a statement. `offset` is what CPython takes for the column.
    EndOfFile { line: u32, offset: usize },
    /// An error of a line as a whole, which CPython places at its end.
    Line { kind: ErrorKind, message: &'static str, line: u32, offset: usize, text: Range<usize> },
}

/// The tokens of a source. `extra`: also comments and the ends of lines that end no statement;
/// what does not hinder the division into tokens is no error then.
pub fn tokenize(text: &str, extra: bool) -> TokenList {
    let arena = Arena::new();
    let source = source::normalize(text, &arena, Mode::Exec);
    let options = ParseOptions::default();
    let lexed = match extra {
        true => lexer::lex_leniently(source, &arena, &options, &mut Interner::new()),
        false => lexer::lex(source, &arena, &options, &mut Interner::new()),
    };
    if text.is_empty() {
        let end = TokenInfo { kind: number::ENDMARKER, start: (1, 0), end: (1, 0), text: 0..0, lines: 0..0 };
        return TokenList { tokens: if extra { vec![end] } else { Vec::new() }, failure: None };
    }
    let mut lister = Lister {
        text,
        source,
        lines: lines(text),
        extra,
        column: Column { line: usize::MAX, offset: 0, characters: 0 },
        last_line: 0,
        last_lines: 0..0,
        tokens: Vec::with_capacity(lexed.tokens.len()),
    };
    lister.all(&lexed);
    let failure = lexed.failure.is_some().then(|| lister.failure(&lexed));
    TokenList { tokens: lister.tokens, failure }
}

/// The tokens of a source, one a line: what `python -m tokenize -e` prints.
pub fn dump_tokens(text: &str) -> Result<String, SyntaxError> {
    let arena = Arena::new();
    let normal = source::normalize(text, &arena, Mode::Exec);
    let lexed = lexer::lex(normal, &arena, &ParseOptions::default(), &mut Interner::new());
    if lexed.failure.is_some() {
        return Err(diagnose::lexer_error(&lexed));
    }
    let mut out = String::new();
    let mut line = |start: (u32, i32), end: (u32, i32), name: &str, text: &str| {
        let range = format!("{},{}-{},{}:", start.0, start.1, end.0, end.1);
        let text = repr_text(text.as_bytes());
        writeln!(out, "{range:<20}{name:<15}{text:<15}").expect("text can be written");
    };
    line((0, 0), (0, 0), "ENCODING", "utf-8");
    for token in tokenize(text, true).tokens {
        line(token.start, token.end, NAMES[usize::from(token.kind)], &text[token.text]);
    }
    Ok(out)
}

/// Where a line begins, in the source and in the normalized source.
struct Line {
    original: usize,
    normal: usize,
}

/// The lines of a source; the last is what follows the last end of a line.
fn lines(text: &str) -> Vec<Line> {
    let bytes = text.as_bytes();
    let mut lines = vec![Line { original: 0, normal: 0 }];
    let mut returns = 0;
    for end in memchr::memchr2_iter(b'\n', b'\r', bytes) {
        if bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n') {
            returns += 1;
            continue;
        }
        lines.push(Line { original: end + 1, normal: end + 1 - returns });
    }
    lines
}

/// The column of the place that was asked for last: places mostly follow one another.
struct Column {
    line: usize,
    offset: usize,
    characters: usize,
}

struct Lister<'s> {
    text: &'s str,
    source: &'s str,
    lines: Vec<Line>,
    extra: bool,
    column: Column,
    /// Where the last token began, and its lines: tokens there show the same.
    last_line: u32,
    last_lines: Range<usize>,
    tokens: Vec<TokenInfo>,
}

impl Lister<'_> {
    /// The line of an offset, counted from 0.
    fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| line.normal <= offset) - 1
    }

    /// Line from 1 and column in characters of an offset.
    fn place(&mut self, offset: usize) -> (u32, i32) {
        let line = self.line_of(offset);
        if self.column.line != line || self.column.offset > offset {
            self.column = Column { line, offset: self.lines[line].normal, characters: 0 };
        }
        self.column.characters += self.source[self.column.offset..offset].chars().count();
        self.column.offset = offset;
        (line as u32 + 1, self.column.characters as i32)
    }

    /// The offset in the source of one in the normalized source.
    fn original(&self, offset: usize) -> usize {
        let line = &self.lines[self.line_of(offset)];
        (line.original + offset - line.normal).min(self.text.len())
    }

    /// Whole lines, from 1, in the source.
    fn whole_lines(&self, first: u32, last: u32) -> Range<usize> {
        let end = self.lines.get(last as usize).map_or(self.text.len(), |line| line.original);
        self.lines[first as usize - 1].original..end
    }

    fn push(&mut self, kind: u8, start: (u32, i32), end: (u32, i32), text: Range<usize>) {
        if end.0 != self.last_line {
            self.last_lines = self.whole_lines(start.0, end.0);
        }
        self.last_line = start.0;
        self.tokens.push(TokenInfo { kind, start, end, text, lines: self.last_lines.clone() });
    }

    fn token(&mut self, kind: u8, start: usize, end: usize) {
        let text = self.original(start)..self.original(end);
        let (start, end) = (self.place(start), self.place(end));
        self.push(kind, start, end, text);
    }

    fn all(&mut self, lexed: &Tokens) {
        let mut pos = 0;
        for token in &lexed.tokens {
            let start = token.start as usize;
            if self.extra {
                let end_of_line = match lexed.failure {
                    // The end of the line with the error may be what is wrong.
                    Some(Failure::Syntax { line_start, .. }) if token.kind == Kind::Error => {
                        let rest = &self.source.as_bytes()[line_start as usize..];
                        memchr::memchr(b'\n', rest).map_or(start, |length| line_start as usize + length)
                    }
                    _ => start,
                };
                self.gap(pos, start.min(end_of_line));
            }
            if token.kind == Kind::Error {
                break;
            }
            self.one(token, start);
            pos = token.lexer_offset().max(pos);
        }
    }

    /// Comments and ends of lines between two tokens, or before what is no token.
    fn gap(&mut self, from: usize, to: usize) {
        let bytes = self.source.as_bytes();
        let mut pos = from;
        while pos < to {
            match bytes[pos] {
                b'#' => {
                    let end = memchr::memchr(b'\n', &bytes[pos..]).map_or(bytes.len(), |length| pos + length);
                    self.token(number::COMMENT, pos, end);
                    pos = end;
                }
                b'\n' => {
                    self.newline(number::NL, pos);
                    pos += 1;
                }
                b'\\' => pos += 2,
                b' ' | b'\t' | b'\x0c' => pos += 1,
                _ => return,
            }
        }
    }

    /// The end of a line, which may not be in the source.
    fn newline(&mut self, kind: u8, at: usize) {
        let (line, col) = self.place(at);
        let text = self.original(at)..self.whole_lines(line, line).end;
        let width = text.len().max(1) as i32;
        self.push(kind, (line, col), (line, col + width), text);
    }

    fn one(&mut self, token: &Token, start: usize) {
        let end = token.end as usize;
        match token.kind {
            Kind::Newline if self.extra => {
                let at = end - 1;
                if start < at {
                    self.token(number::COMMENT, start, at);
                }
                self.newline(number::NEWLINE, at);
            }
            Kind::Newline => {
                // The text ends before the newline; of `\r\n` it takes in the first half.
                let at = end - 1;
                let (place, mut until) = (self.place(start), self.place(at));
                let mut text = self.original(start)..self.original(at);
                if self.text.as_bytes().get(text.end) == Some(&b'\r') {
                    text.end += 1;
                    until.1 += 1;
                }
                self.push(number::NEWLINE, place, until, text);
            }
            Kind::Indent if self.extra => {
                let line = self.line_of(start);
                self.token(number::INDENT, self.lines[line].normal, start);
            }
            Kind::Indent | Kind::Dedent | Kind::EndMarker => self.layout(token, start),
            kind => self.token(exact_number(kind), start, end),
        }
    }

    /// A token without text.
    fn layout(&mut self, token: &Token, start: usize) {
        let kind = match token.kind {
            Kind::Indent => number::INDENT,
            Kind::Dedent => number::DEDENT,
            _ => number::ENDMARKER,
        };
        let at_end = start == self.source.len();
        if self.extra {
            let (place, lines) = match at_end {
                true => ((self.source.lines().count() as u32 + 1, 0), 0..0),
                false => {
                    let place = self.place(start);
                    (place, self.whole_lines(place.0, place.0))
                }
            };
            if !at_end {
                (self.last_line, self.last_lines) = (place.0, lines.clone());
            }
            self.tokens.push(TokenInfo { kind, start: place, end: place, text: 0..0, lines });
            return;
        }
        let line = token.span.line as u32;
        let place = (line, -1);
        if at_end && self.last_line != line {
            (self.last_line, self.last_lines) = (line, 0..0);
        }
        self.push(kind, place, place, 0..0);
    }

    /// Why there are no more tokens.
    fn failure(&self, lexed: &Tokens) -> TokenFailure {
        let line = lexed.last_line.max(1);
        let of_line = |kind, message| {
            let lines = self.whole_lines(line, line);
            let start = self.original(lexed.buffer_start.min(self.source.len())).min(lines.start);
            let text = start..lines.end;
            // A last line is read as if it had an end.
            let unended = !self.text[text.clone()].ends_with(['\n', '\r']);
            let offset = self.text[text.clone()].chars().count() + usize::from(unended);
            TokenFailure::Line { kind, message, line, offset, text }
        };
        match lexed.failure {
            Some(Failure::EndOfFile) => {
                let offset = if lexed.keeps_buffer { self.source.len() - lexed.buffer_start } else { 0 };
                TokenFailure::EndOfFile { line, offset }
            }
            Some(Failure::Dedent) => {
                of_line(ErrorKind::IndentationError, "unindent does not match any outer indentation level")
            }
            Some(Failure::Tabs) => of_line(ErrorKind::TabError, "inconsistent use of tabs and spaces in indentation"),
            Some(Failure::TooDeep) => of_line(ErrorKind::IndentationError, "too many levels of indentation"),
            Some(Failure::Continuation { .. }) => {
                of_line(ErrorKind::SyntaxError, "unexpected character after line continuation character")
            }
            Some(Failure::Syntax { .. }) | None => TokenFailure::Syntax(diagnose::lexer_error(lexed)),
        }
    }
}

/// The number of an exact token type.
fn exact_number(kind: Kind) -> u8 {
    match kind {
        Kind::Number => 2,
        Kind::String => 3,
        Kind::FStringStart => 59,
        Kind::FStringMiddle => 60,
        Kind::FStringEnd => 61,
        Kind::TStringStart => 62,
        Kind::TStringMiddle => 63,
        Kind::TStringEnd => 64,
        Kind::LParen => 7,
        Kind::RParen => 8,
        Kind::LBracket => 9,
        Kind::RBracket => 10,
        Kind::LBrace => 25,
        Kind::RBrace => 26,
        Kind::Colon => 11,
        Kind::Comma => 12,
        Kind::Semi => 13,
        Kind::Dot => 23,
        Kind::Ellipsis => 52,
        Kind::Arrow => 51,
        Kind::Exclamation => 54,
        Kind::ColonEqual => 53,
        Kind::Equal => 22,
        Kind::Plus => 14,
        Kind::Minus => 15,
        Kind::Star => 16,
        Kind::Slash => 17,
        Kind::DoubleSlash => 47,
        Kind::Percent => 24,
        Kind::At => 49,
        Kind::DoubleStar => 35,
        Kind::Bar => 18,
        Kind::Amper => 19,
        Kind::Caret => 32,
        Kind::Tilde => 31,
        Kind::LeftShift => 33,
        Kind::RightShift => 34,
        Kind::Less => 20,
        Kind::Greater => 21,
        Kind::EqEqual => 27,
        Kind::NotEqual => 28,
        Kind::LessEqual => 29,
        Kind::GreaterEqual => 30,
        Kind::PlusEqual => 36,
        Kind::MinusEqual => 37,
        Kind::StarEqual => 38,
        Kind::SlashEqual => 39,
        Kind::DoubleSlashEqual => 48,
        Kind::PercentEqual => 40,
        Kind::AtEqual => 50,
        Kind::DoubleStarEqual => 46,
        Kind::BarEqual => 42,
        Kind::AmperEqual => 41,
        Kind::CaretEqual => 43,
        Kind::LeftShiftEqual => 44,
        Kind::RightShiftEqual => 45,
        Kind::Other => 55,
        _ => number::NAME,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_tokens_as_the_tokenize_module_does() {
        let found = dump_tokens("if é: # c\n\n  f'{x!r}'").expect("tokens");
        let found: Vec<_> = found.lines().map(str::trim_end).collect();
        let expected = [
            "0,0-0,0:            ENCODING       'utf-8'",
            "1,0-1,2:            NAME           'if'",
            "1,3-1,4:            NAME           'é'",
            "1,4-1,5:            COLON          ':'",
            "1,6-1,9:            COMMENT        '# c'",
            "1,9-1,10:           NEWLINE        '\\n'",
            "2,0-2,1:            NL             '\\n'",
            "3,0-3,2:            INDENT         '  '",
            "3,2-3,4:            FSTRING_START  \"f'\"",
            "3,4-3,5:            LBRACE         '{'",
            "3,5-3,6:            NAME           'x'",
            "3,6-3,7:            EXCLAMATION    '!'",
            "3,7-3,8:            NAME           'r'",
            "3,8-3,9:            RBRACE         '}'",
            "3,9-3,10:           FSTRING_END    \"'\"",
            "3,10-3,11:          NEWLINE        ''",
            "4,0-4,0:            DEDENT         ''",
            "4,0-4,0:            ENDMARKER      ''",
        ];
        assert_eq!(found, expected);
        assert!(dump_tokens("").expect("tokens").ends_with("1,0-1,0:            ENDMARKER      ''             \n"));
    }

    /// How many tokens come before the failure, and where CPython puts that.
    #[test]
    fn failures_end_the_tokens_where_they_do_in_cpython() {
        let failure = |source: &str| {
            let list = tokenize(source, true);
            let place = match list.failure.expect("a failure") {
                TokenFailure::Syntax(error) => (error.line, error.offset),
                TokenFailure::EndOfFile { line, offset } | TokenFailure::Line { line, offset, .. } => {
                    (line as i32, offset as i32)
                }
            };
            let real = list.tokens.iter().filter(|token| token.kind != number::DEDENT && !token.lines.is_empty());
            (real.count(), place)
        };
        for (source, expected) in [
            ("\\\n", (0, (1, 0))),
            ("x\n\\", (2, (2, 0))),
            ("x = 1\\", (3, (1, 7))),
            ("(1,\\", (3, (1, 5))),
            ("'a'\\b", (1, (1, 6))),
            ("'a'\\b\n", (1, (1, 6))),
            ("f'{:\n", (3, (1, 5))),
            ("f'{x:\n'", (4, (1, 6))),
            ("f'{)", (2, (1, 4))),
            ("[f'{)}']", (3, (1, 5))),
            ("t'{)'", (2, (1, 4))),
            ("(f\'\'\'{\n)\'\'\'", (4, (2, 1))),
        ] {
            assert_eq!(failure(source), expected, "{source:?}");
        }
    }
}
