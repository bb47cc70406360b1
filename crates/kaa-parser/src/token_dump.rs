//! Tokens as text: what `python -m tokenize -e` prints.
//!
//! The lexer drops what the parser has no use for; comments and the ends of blank lines are found
//! again here, in the gaps between its tokens.

use std::fmt::Write;

use kaa_ast::dump::repr_text;
use kaa_ast::{Arena, Interner};

use crate::lexer::{self, Tokens};
use crate::token::{Kind, Token};
use crate::{Mode, ParseOptions, SyntaxError, diagnose, source};

/// The tokens of a source, one a line.
pub fn dump_tokens(text: &str) -> Result<String, SyntaxError> {
    let arena = Arena::new();
    let options = ParseOptions::default();
    let source = source::normalize(text, &arena, Mode::Exec);
    let lexed = lexer::lex(source, &arena, &options, &mut Interner::new());
    if lexed.failure.is_some() {
        return Err(diagnose::lexer_error(&lexed));
    }
    let line_starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', source.as_bytes()).map(|i| i + 1));
    let mut dump = Dump {
        source,
        line_starts: line_starts.collect(),
        implicit_newline: !text.ends_with(['\n', '\r']) && !text.is_empty(),
        out: String::new(),
    };
    dump.line((0, 0), (0, 0), "ENCODING", "utf-8");
    if text.is_empty() {
        dump.line((1, 0), (1, 0), "ENDMARKER", "");
    } else {
        dump.all(&lexed);
    }
    Ok(dump.out)
}

struct Dump<'a> {
    source: &'a str,
    line_starts: Vec<usize>,
    /// Whether the last newline is not in the source.
    implicit_newline: bool,
    out: String,
}

impl Dump<'_> {
    /// Line and column in characters of an offset.
    fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let start = self.line_starts[line - 1];
        (line, self.source[start..offset].chars().count())
    }

    fn line(&mut self, start: (usize, usize), end: (usize, usize), name: &str, text: &str) {
        let range = format!("{},{}-{},{}:", start.0, start.1, end.0, end.1);
        let text = repr_text(text.as_bytes());
        writeln!(self.out, "{range:<20}{name:<15}{text:<15}").expect("text can be written");
    }

    fn token(&mut self, name: &str, start: usize, end: usize) {
        let source = self.source;
        self.line(self.place(start), self.place(end), name, &source[start..end]);
    }

    fn all(&mut self, lexed: &Tokens) {
        let mut pos = 0;
        for token in &lexed.tokens {
            let start = token.start as usize;
            self.gap(pos, start);
            pos = self.one(token, start).max(pos);
            if token.has_end {
                pos = lexed.ends[token.extra as usize].offset as usize;
            }
        }
    }

    /// Comments and ends of lines between two tokens.
    fn gap(&mut self, from: usize, to: usize) {
        let bytes = self.source.as_bytes();
        let mut pos = from;
        while pos < to {
            match bytes[pos] {
                b'#' => {
                    let end = memchr::memchr(b'\n', &bytes[pos..]).map_or(bytes.len(), |length| pos + length);
                    self.token("COMMENT", pos, end);
                    pos = end;
                }
                b'\n' => {
                    self.newline("NL", pos);
                    pos += 1;
                }
                b'\\' => pos += 2,
                _ => pos += 1,
            }
        }
    }

    fn newline(&mut self, name: &str, at: usize) {
        let (line, col) = self.place(at);
        let implicit = self.implicit_newline && at + 1 == self.source.len();
        self.line((line, col), (line, col + 1), name, if implicit { "" } else { "\n" });
    }

    /// One token; returns where it ends.
    fn one(&mut self, token: &Token, start: usize) -> usize {
        let end = token.end as usize;
        match token.kind {
            Kind::Newline => {
                let at = end - 1;
                if start < at {
                    self.token("COMMENT", start, at);
                }
                self.newline("NEWLINE", at);
            }
            Kind::Indent => {
                let (line, _) = self.place(start);
                self.token("INDENT", self.line_starts[line - 1], start);
            }
            Kind::Dedent | Kind::EndMarker => {
                let at_end = start == self.source.len();
                let place = if at_end { (self.source.lines().count() + 1, 0) } else { self.place(start) };
                let name = if token.kind == Kind::Dedent { "DEDENT" } else { "ENDMARKER" };
                self.line(place, place, name, "");
            }
            kind => self.token(exact_name(kind), start, end),
        }
        end
    }
}

/// The name of an exact token type, as in Python's module `token`.
fn exact_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "NUMBER",
        Kind::String => "STRING",
        Kind::FStringStart => "FSTRING_START",
        Kind::FStringMiddle => "FSTRING_MIDDLE",
        Kind::FStringEnd => "FSTRING_END",
        Kind::TStringStart => "TSTRING_START",
        Kind::TStringMiddle => "TSTRING_MIDDLE",
        Kind::TStringEnd => "TSTRING_END",
        Kind::LParen => "LPAR",
        Kind::RParen => "RPAR",
        Kind::LBracket => "LSQB",
        Kind::RBracket => "RSQB",
        Kind::LBrace => "LBRACE",
        Kind::RBrace => "RBRACE",
        Kind::Colon => "COLON",
        Kind::Comma => "COMMA",
        Kind::Semi => "SEMI",
        Kind::Dot => "DOT",
        Kind::Ellipsis => "ELLIPSIS",
        Kind::Arrow => "RARROW",
        Kind::Exclamation => "EXCLAMATION",
        Kind::ColonEqual => "COLONEQUAL",
        Kind::Equal => "EQUAL",
        Kind::Plus => "PLUS",
        Kind::Minus => "MINUS",
        Kind::Star => "STAR",
        Kind::Slash => "SLASH",
        Kind::DoubleSlash => "DOUBLESLASH",
        Kind::Percent => "PERCENT",
        Kind::At => "AT",
        Kind::DoubleStar => "DOUBLESTAR",
        Kind::Bar => "VBAR",
        Kind::Amper => "AMPER",
        Kind::Caret => "CIRCUMFLEX",
        Kind::Tilde => "TILDE",
        Kind::LeftShift => "LEFTSHIFT",
        Kind::RightShift => "RIGHTSHIFT",
        Kind::Less => "LESS",
        Kind::Greater => "GREATER",
        Kind::EqEqual => "EQEQUAL",
        Kind::NotEqual => "NOTEQUAL",
        Kind::LessEqual => "LESSEQUAL",
        Kind::GreaterEqual => "GREATEREQUAL",
        Kind::PlusEqual => "PLUSEQUAL",
        Kind::MinusEqual => "MINEQUAL",
        Kind::StarEqual => "STAREQUAL",
        Kind::SlashEqual => "SLASHEQUAL",
        Kind::DoubleSlashEqual => "DOUBLESLASHEQUAL",
        Kind::PercentEqual => "PERCENTEQUAL",
        Kind::AtEqual => "ATEQUAL",
        Kind::DoubleStarEqual => "DOUBLESTAREQUAL",
        Kind::BarEqual => "VBAREQUAL",
        Kind::AmperEqual => "AMPEREQUAL",
        Kind::CaretEqual => "CIRCUMFLEXEQUAL",
        Kind::LeftShiftEqual => "LEFTSHIFTEQUAL",
        Kind::RightShiftEqual => "RIGHTSHIFTEQUAL",
        Kind::Other => "OP",
        _ => "NAME",
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
}
