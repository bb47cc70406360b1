//! The lexer: text to tokens.
//!
//! Input: text without `\r` and null characters. Output: all tokens of the source, the last of
//! which is `ENDMARKER`, or `Error` where lexing stopped. Lexing needs nothing from the parser, so
//! it runs over the whole source first; that what comes after a syntax error is lexed for nothing
//! costs less than a lexer that can be interrupted.
//!
//! Positions, and the state in which an error leaves the lexer, are CPython's: its error messages
//! depend on both.

mod fstring;
mod number;
mod scan;
mod string;

use bumpalo::collections::Vec as ArenaVec;
use kaa_ast::{Arena, Interner, Name, Span};
use kaa_text::{categories, identifiers};

use crate::token::{Kind, StringForm, Token, TypeIgnoreComment, kind_of_word, names};
use crate::{Mode, ParseOptions};

/// Levels of indentation, brackets and f-strings that CPython allows.
const MAX_INDENTS: usize = 100;
const MAX_BRACKETS: usize = 200;
const MAX_FSTRINGS: usize = 150;

/// Why lexing stopped.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// An error with its own message. `offset` and `end_offset` count characters from 1.
    Syntax {
        message: String,
        line: u32,
        offset: i32,
        end_offset: i32,
        line_start: u32,
        /// Whether a string reached to the end of the source.
        end_of_source: bool,
    },
    /// The source ended inside brackets or after a line continuation.
    EndOfFile,
    Dedent,
    Tabs,
    TooDeep,
    /// `column` counts from the start of the buffer, as CPython does.
    Continuation {
        column: u32,
    },
}

/// An open bracket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bracket {
    pub char: u8,
    pub line: u32,
    pub col: u32,
}

/// A warning of the lexer.
#[derive(Clone, Debug)]
pub(crate) struct LexWarning {
    pub message: String,
    /// Message without the outlook, for the error that replaces the warning.
    pub error_message: String,
    pub line: u32,
    /// Index of the token that was read.
    pub token: u32,
    /// Where the lexer stood.
    pub offset: u32,
}

/// Everything that the lexer found.
pub(crate) struct Tokens<'a> {
    /// The text that positions refer to.
    pub source: &'a str,
    pub tokens: ArenaVec<'a, Token>,
    pub type_ignores: Vec<TypeIgnoreComment>,
    pub warnings: Vec<LexWarning>,
    /// The first name that is the keyword of a constant once it is normalized, with its token.
    pub constant_as_name: Option<(u32, &'static str)>,
    /// Set when the last token is `Error`.
    pub failure: Option<Failure>,
    /// Brackets that were open when lexing stopped.
    pub brackets: Vec<Bracket>,
    /// f-strings that were open when lexing stopped.
    pub open_fstrings: usize,
    /// Line on which the lexer stopped.
    pub last_line: u32,
    /// Where CPython's buffer began when lexing stopped.
    pub buffer_start: usize,
    /// Whether a token was being read then, so that CPython keeps its buffer.
    pub keeps_buffer: bool,
}

/// Lexes a whole source.
pub(crate) fn lex<'a>(
    source: &'a str,
    arena: &'a Arena,
    options: &ParseOptions,
    interner: &mut Interner<'a>,
) -> Tokens<'a> {
    for text in names::TEXTS {
        interner.intern(text);
    }
    let mut lexer = Lexer::new(source, arena, options, interner);
    lexer.run();
    lexer.out
}

/// As [`lex`], but what does not hinder the division into tokens is no error: letters after a
/// number, zeros before one, characters that no name can have, brackets that do not match.
pub(crate) fn lex_leniently<'a>(
    source: &'a str,
    arena: &'a Arena,
    options: &ParseOptions,
    interner: &mut Interner<'a>,
) -> Tokens<'a> {
    let mut lexer = Lexer::new(source, arena, options, interner);
    lexer.lenient = true;
    lexer.run();
    lexer.out
}

/// An f-string or t-string that is open.
struct FString {
    template: bool,
    raw: bool,
    quote: u8,
    quote_size: u8,
    /// Offset, line and line's offset of its first character.
    start: usize,
    line: u32,
    line_start: usize,
    /// Brackets open inside it.
    depth: i32,
    /// `depth` at which the innermost replacement field was opened; -1 outside any.
    field_depth: i32,
    in_format_spec: bool,
}

struct Lexer<'a, 'i> {
    src: &'a [u8],
    arena: &'a Arena,
    interner: &'i mut Interner<'a>,
    mode: Mode,
    type_comments: bool,
    imply_dedent: bool,
    /// Whether `<>` is one token: after the future import that makes it an operator.
    barry: bool,
    /// See [`lex_leniently`].
    lenient: bool,
    pos: usize,
    /// Number of the line that holds `pos`; 0 before the first.
    line: u32,
    line_start: usize,
    /// Where CPython's buffer begins: at the line on which the token began.
    buffer_start: usize,
    /// Columns of the open blocks, with tabs to multiples of eight, and with tabs as one column.
    indents: Vec<(u32, u32)>,
    fstrings: Vec<FString>,
    /// Whether text of the innermost f-string comes next, not tokens of a replacement field.
    in_text: bool,
    out: Tokens<'a>,
}

/// Marks that `out.failure` was set.
struct Stop;

type Lexed<T = ()> = Result<T, Stop>;

impl<'a, 'i> Lexer<'a, 'i> {
    fn new(source: &'a str, arena: &'a Arena, options: &ParseOptions, interner: &'i mut Interner<'a>) -> Self {
        Lexer {
            src: source.as_bytes(),
            arena,
            interner,
            mode: options.mode,
            type_comments: options.type_comments,
            imply_dedent: !options.dont_imply_dedent,
            barry: options.barry_as_bdfl,
            lenient: false,
            pos: 0,
            line: 0,
            line_start: 0,
            buffer_start: 0,
            indents: vec![(0, 0)],
            fstrings: Vec::new(),
            in_text: false,
            out: Tokens {
                constant_as_name: None,
                source,
                tokens: ArenaVec::with_capacity_in(source.len() / 4 + 8, arena),
                type_ignores: Vec::new(),
                warnings: Vec::new(),
                failure: None,
                brackets: Vec::new(),
                open_fstrings: 0,
                last_line: 0,
                buffer_start: 0,
                keeps_buffer: false,
            },
        }
    }

    fn run(&mut self) {
        if self.logical_lines().is_err() {
            self.emit_layout(Kind::Error);
        }
        self.out.open_fstrings = self.fstrings.len();
        self.out.last_line = self.line;
        // Inside an f-string the buffer begins where that did.
        self.out.buffer_start = self.fstrings.first().map_or(self.buffer_start, |fstring| fstring.line_start);
        self.out.keeps_buffer |= !self.fstrings.is_empty();
    }

    fn logical_lines(&mut self) -> Lexed {
        loop {
            if self.pos == self.src.len() && self.at_start_of_line() {
                self.indent_to(0, 0)?;
                return self.end_of_file();
            }
            self.indentation()?;
            if !self.tokens_of_line()? {
                return self.end_of_file();
            }
        }
    }

    fn at_start_of_line(&self) -> bool {
        self.out.tokens.last().is_none_or(|token| token.kind == Kind::Newline || token.kind.is_layout())
    }

    // Primitives

    #[inline]
    fn peek(&self) -> u8 {
        self.peek_at(0)
    }

    /// The byte at a distance; 0 beyond the end (there are no null bytes inside).
    #[inline]
    fn peek_at(&self, distance: usize) -> u8 {
        self.src.get(self.pos + distance).copied().unwrap_or(0)
    }

    fn level(&self) -> u8 {
        self.out.brackets.len() as u8
    }

    /// A token on one line, from `start` to the current position.
    #[inline]
    fn token(&self, kind: Kind, start: usize) -> Token {
        let (line, col) = (self.line as i32, (start - self.line_start) as i32);
        let end_col = (self.pos - self.line_start) as i32;
        Token {
            span: Span { line, col, end_line: line, end_col },
            start: start as u32,
            end: self.pos as u32,
            extra: 0,
            kind,
            level: self.level(),
            form: StringForm::default(),
        }
    }

    #[inline]
    fn emit(&mut self, kind: Kind, start: usize) {
        let token = self.token(kind, start);
        self.out.tokens.push(token);
    }

    /// A part of a string, which may have begun on an earlier line.
    fn emit_string(&mut self, kind: Kind, form: StringForm, start: usize, line: u32, col: u32) {
        let span = Span {
            line: line as i32,
            col: col as i32,
            end_line: self.line as i32,
            end_col: (self.pos - self.line_start) as i32,
        };
        // The lexer stands behind both of two braces, of which one is text.
        let end = self.pos as u32 - u32::from(form.has(StringForm::BEFORE_BRACE));
        let level = self.level();
        self.out.tokens.push(Token { span, start: start as u32, end, extra: 0, kind, level, form });
    }

    fn emit_layout(&mut self, kind: Kind) {
        let token = Token::layout(kind, self.level(), self.pos, self.line);
        self.out.tokens.push(token);
    }

    /// Steps onto the line that begins at the current position. Nothing happens at the end of
    /// the source: CPython counts a line when it reads its first character.
    fn enter_line(&mut self, inside_token: bool) {
        if self.pos < self.src.len() {
            self.line += 1;
            self.line_start = self.pos;
            if !inside_token {
                self.buffer_start = self.pos;
            }
        }
    }

    fn stop<T>(&mut self, failure: Failure) -> Lexed<T> {
        self.out.failure = Some(failure);
        Err(Stop)
    }

    /// An error of the lexer's own, placed at the last character read.
    fn error<T>(&mut self, message: impl Into<String>) -> Lexed<T> {
        let offset = self.characters(self.line_start, self.pos);
        self.error_at(message, offset, offset)
    }

    /// The character that starts at an offset, counted from 1.
    fn character_number(&self, offset: usize) -> i32 {
        self.characters(self.line_start, offset) + 1
    }

    fn error_at<T>(&mut self, message: impl Into<String>, offset: i32, end_offset: i32) -> Lexed<T> {
        let (line, line_start) = (self.line, self.line_start as u32);
        let message = message.into();
        let end_of_source = false;
        self.stop(Failure::Syntax { message, line, offset, end_offset, line_start, end_of_source })
    }

    /// Number of characters in a range of bytes.
    fn characters(&self, from: usize, to: usize) -> i32 {
        // Counts bytes that start a character.
        self.src[from..to].iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as i32
    }

    fn warn(&mut self, message: String, error_message: String) {
        let token = self.out.tokens.len() as u32;
        self.out.warnings.push(LexWarning { message, error_message, line: self.line, token, offset: self.pos as u32 });
    }

    fn rest_of_line(&self) -> usize {
        memchr::memchr(b'\n', &self.src[self.pos..]).map_or(self.src.len(), |length| self.pos + length)
    }

    // Lines

    /// Reads indentation, over blank lines, and makes the tokens that it calls for.
    fn indentation(&mut self) -> Lexed {
        loop {
            self.enter_line(false);
            let spaces = scan::spaces(self.src, self.pos);
            self.pos += spaces;
            let (mut col, mut alt) = (spaces as u32, spaces as u32);
            let mut next = self.peek();
            if matches!(next, b'\t' | b'\x0c' | b'\\') {
                (col, alt) = self.unusual_indentation(col)?;
                next = self.peek();
            }
            match next {
                b'#' => {
                    if self.comment(true) {
                        // A type comment counts: its line ends with a `NEWLINE`.
                        return Ok(());
                    }
                    if self.pos == self.src.len() {
                        return Ok(());
                    }
                    self.pos += 1;
                }
                b'\n' => self.pos += 1,
                // What ends the file ends all blocks, but for trailing blanks on the last line.
                _ => return self.indent_to(col, alt),
            }
        }
    }

    /// The rest of indentation that begins with spaces, and is not all made of them.
    #[cold]
    fn unusual_indentation(&mut self, spaces: u32) -> Lexed<(u32, u32)> {
        let (mut col, mut alt, mut continued) = (spaces, spaces, 0u32);
        loop {
            match self.peek() {
                b' ' => (col, alt) = (col + 1, alt + 1),
                b'\t' => (col, alt) = ((col / 8 + 1) * 8, alt + 1),
                b'\x0c' => (col, alt) = (0, 0),
                b'\\' => {
                    // The first of several joined lines decides on the indentation.
                    if continued == 0 {
                        continued = col;
                    }
                    self.pos += 1;
                    self.continuation(false)?;
                    continue;
                }
                _ if continued != 0 => return Ok((continued, continued)),
                _ => return Ok((col, alt)),
            }
            self.pos += 1;
        }
    }

    #[inline]
    fn indent_to(&mut self, col: u32, alt: u32) -> Lexed {
        let same = self.indents.last() == Some(&(col, alt));
        if same { Ok(()) } else { self.change_indentation(col, alt) }
    }

    fn change_indentation(&mut self, col: u32, alt: u32) -> Lexed {
        let &(top, top_alt) = self.indents.last().expect("the outermost block");
        if col == top {
            if alt != top_alt {
                return self.tabs_error();
            }
        } else if col > top {
            if self.indents.len() >= MAX_INDENTS {
                self.skip_line();
                return self.stop(Failure::TooDeep);
            }
            if alt <= top_alt {
                return self.tabs_error();
            }
            self.indents.push((col, alt));
            self.emit_layout(Kind::Indent);
        } else {
            let mut dedents = 0;
            while self.indents.len() > 1 && col < self.indents[self.indents.len() - 1].0 {
                self.indents.pop();
                dedents += 1;
            }
            let &(top, top_alt) = self.indents.last().expect("the outermost block");
            if col != top {
                self.skip_line();
                return self.stop(Failure::Dedent);
            }
            if alt != top_alt {
                return self.tabs_error();
            }
            for _ in 0..dedents {
                self.emit_layout(Kind::Dedent);
            }
        }
        Ok(())
    }

    fn tabs_error(&mut self) -> Lexed {
        self.skip_line();
        self.stop(Failure::Tabs)
    }

    /// Moves behind the current line, where CPython leaves off after an error of indentation.
    fn skip_line(&mut self) {
        self.pos = (self.rest_of_line() + 1).min(self.src.len());
    }

    /// Reads tokens up to and including the `NEWLINE`. False at the end of the source.
    fn tokens_of_line(&mut self) -> Lexed<bool> {
        let mut comment = None;
        loop {
            if self.in_text {
                self.fstring_part()?;
                continue;
            }
            // One space is common, and whether there is one is hard to guess.
            let start = self.pos + usize::from(self.peek() == b' ');
            self.pos = start;
            let word = scan::word_at(self.src, start);
            let (c, next) = (word as u8, (word >> 8) as u8);
            match Class::of(c) {
                Class::Letter => self.name_or_string(start, word)?,
                Class::Blank => self.pos += 1,
                Class::Dot => match next {
                    b'0'..=b'9' => self.unusual_number(start)?,
                    b'.' => self.punctuation(start, word)?,
                    _ => self.single(Kind::Dot, start),
                },
                Class::Bracket => self.bracket(c, start)?,
                Class::Operator => {
                    if self.fstrings.is_empty() && Class::of(next) != Class::Operator {
                        self.single(SINGLE[usize::from(c)], start);
                    } else {
                        self.punctuation(start, word)?;
                    }
                }
                Class::Newline => {
                    self.pos += 1;
                    if self.out.brackets.is_empty() {
                        // It takes in the newline, so that errors at the end of a line show, and
                        // a comment before it.
                        self.emit(Kind::Newline, comment.unwrap_or(start));
                        return Ok(true);
                    }
                    comment = None;
                    self.enter_line(false);
                    self.joined_blanks()?;
                }
                Class::Quote => self.string(start, StringForm::default())?,
                Class::Digit => self.number(start, word)?,
                Class::Comment => {
                    let ignored = self.out.type_ignores.len();
                    let kept = self.comment(false);
                    comment = (!kept && self.out.type_ignores.len() == ignored).then_some(start);
                }
                Class::Backslash => {
                    self.pos += 1;
                    self.continuation(true)?;
                }
                Class::Other if start < self.src.len() => self.punctuation(start, word)?,
                Class::Other if self.out.brackets.is_empty() => return Ok(false),
                Class::Other => return self.stop(Failure::EndOfFile),
            }
        }
    }

    /// At the start of a line inside brackets: blanks, and lines joined before any token.
    fn joined_blanks(&mut self) -> Lexed {
        loop {
            match self.peek() {
                b'#' => {
                    self.comment(true);
                    return Ok(());
                }
                b' ' => self.pos += scan::spaces(self.src, self.pos),
                b'\t' | b'\x0c' => self.pos += 1,
                b'\\' => {
                    self.pos += 1;
                    self.continuation(false)?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// After a backslash: the newline that must follow.
    fn continuation(&mut self, inside_token: bool) -> Lexed {
        let next = self.src.get(self.pos).copied();
        if next.is_some() {
            self.pos += 1;
        }
        if next != Some(b'\n') {
            let column = (self.pos - self.buffer_start) as u32;
            return self.stop(Failure::Continuation { column: column.saturating_sub(1) });
        }
        if self.pos == self.src.len() {
            self.out.keeps_buffer = inside_token;
            return self.stop(Failure::EndOfFile);
        }
        self.enter_line(inside_token);
        Ok(())
    }

    /// Skips a comment, or makes a token of it if it is a type comment and these are asked for.
    /// `alone`: nothing comes before it on its line.
    fn comment(&mut self, alone: bool) -> bool {
        let start = self.pos;
        let end = self.rest_of_line();
        self.pos = end;
        let text = if self.type_comments { type_comment(&self.src[start..end]) } else { None };
        let Some(text) = text.map(|text| start + text) else { return false };
        if text == self.src.len() && self.src[text - 1] == b':' {
            return false;
        }
        let rest = &self.src[text..end];
        let ignore =
            rest.starts_with(b"ignore") && !rest.get(6).is_some_and(|&c| c >= 0x80 || c.is_ascii_alphanumeric());
        if ignore {
            // CPython's tag takes in the newline of a comment that stands alone.
            let end = if alone { (end + 1).min(self.src.len()) } else { end };
            let comment = TypeIgnoreComment { line: self.line, start: text as u32 + 6, end: end as u32 };
            self.out.type_ignores.push(comment);
            return false;
        }
        self.emit(Kind::TypeComment, text);
        true
    }

    /// The dedents and the end marker.
    fn end_of_file(&mut self) -> Lexed {
        if self.mode == Mode::Single && !self.out.tokens.is_empty() {
            // The end of an interactive statement stands for a newline, and ends open blocks.
            self.emit_layout(Kind::Newline);
            if self.imply_dedent && self.indents.len() > 1 {
                for _ in 1..self.indents.len() {
                    self.emit_layout(Kind::Dedent);
                }
                self.indents.truncate(1);
                self.emit_layout(Kind::Newline);
            }
        }
        self.emit_layout(Kind::EndMarker);
        Ok(())
    }

    // Tokens

    #[inline]
    fn name_or_string(&mut self, start: usize, word: u64) -> Lexed {
        let length = scan::identifier_bytes(word);
        let name = if length < 8 {
            self.pos = start + length;
            if matches!((word >> (length * 8)) as u8, b'\'' | b'"') && self.prefixed_string(start)? {
                return Ok(());
            }
            scan::first_bytes(word, length)
        } else {
            self.pos = start + 8;
            let more = scan::identifier_bytes(scan::word_at(self.src, self.pos));
            if more > 0 {
                return self.long_name(start, more);
            }
            word
        };
        if !scan::is_ascii(name) {
            return self.unusual_name(start);
        }
        let kind = kind_of_word(name);
        if kind != Kind::Name {
            self.emit(kind, start);
            return Ok(());
        }
        let (source, end) = (self.out.source, self.pos);
        let name = self.interner.intern_word(name, || &source[start..end]);
        self.emit_name(start, name);
        Ok(())
    }

    #[inline]
    fn emit_name(&mut self, start: usize, name: Name) {
        let token = Token { extra: name.0, ..self.token(Kind::Name, start) };
        self.out.tokens.push(token);
    }

    /// A name of more than eight bytes; `more` come after those in the next word.
    fn long_name(&mut self, start: usize, more: usize) -> Lexed {
        let mut last = more;
        self.pos += more;
        while last == 8 {
            last = scan::identifier_bytes(scan::word_at(self.src, self.pos));
            self.pos += last;
        }
        let text = &self.out.source[start..self.pos];
        if !text.is_ascii() {
            return self.unusual_name(start);
        }
        self.barry |= text == "barry_as_FLUFL";
        let name = self.interner.intern(text);
        self.emit_name(start, name);
        Ok(())
    }

    /// A name, up to the current position, that is not all ASCII.
    #[cold]
    fn unusual_name(&mut self, start: usize) -> Lexed {
        let text = &self.out.source[start..self.pos];
        self.verify_identifier(start, text)?;
        let name = match identifiers::nfkc(text) {
            std::borrow::Cow::Borrowed(text) => self.interner.intern(text),
            std::borrow::Cow::Owned(text) => {
                if let Some(constant) = ["None", "True", "False"].into_iter().find(|constant| text == *constant) {
                    let token = self.out.tokens.len() as u32;
                    self.out.constant_as_name.get_or_insert((token, constant));
                }
                self.interner.intern(self.arena.alloc_str(&text))
            }
        };
        self.emit_name(start, name);
        Ok(())
    }

    fn verify_identifier(&mut self, start: usize, text: &'a str) -> Lexed {
        if self.lenient {
            return Ok(());
        }
        let invalid = text.char_indices().find(|&(i, c)| {
            if i == 0 { !identifiers::is_identifier_start(c) } else { !identifiers::is_identifier_continue(c) }
        });
        let Some((i, c)) = invalid else { return Ok(()) };
        self.pos = start + i + c.len_utf8();
        if categories::is_printable(c.into()) {
            self.error(format!("invalid character '{c}' (U+{:04X})", c as u32))
        } else {
            self.error(format!("invalid non-printable character U+{:04X}", c as u32))
        }
    }

    /// A token of one character.
    #[inline]
    fn single(&mut self, kind: Kind, start: usize) {
        self.pos += 1;
        self.emit(kind, start);
    }

    /// An operator or a delimiter, but no bracket; `word` begins with it.
    fn punctuation(&mut self, start: usize, word: u64) -> Lexed {
        let [c, second, third, ..] = word.to_le_bytes();
        if c == b':'
            && let Some(fstring) = self.fstrings.last_mut()
            && fstring.field_depth >= 0
            && fstring.depth - 1 == fstring.field_depth
        {
            self.in_text = true;
            fstring.in_format_spec = true;
            self.single(Kind::Colon, start);
            return Ok(());
        }
        let (kind, length) = match operator(c, second, third) {
            (Kind::NotEqual, _) if c == b'<' && !self.barry => (Kind::Less, 1),
            operator => operator,
        };
        self.pos += length;
        if matches!(c, 0..0x20 | 0x7f) {
            return self.error(format!("invalid non-printable character U+{c:04X}"));
        }
        self.emit(kind, start);
        Ok(())
    }

    #[inline(always)]
    fn bracket(&mut self, c: u8, start: usize) -> Lexed {
        self.pos += 1;
        let kind = SINGLE[usize::from(c)];
        if matches!(kind, Kind::LParen | Kind::LBracket | Kind::LBrace) {
            self.open_bracket(c, start)?;
        } else {
            self.close_bracket(c)?;
        }
        self.emit(kind, start);
        Ok(())
    }

    #[inline]
    fn open_bracket(&mut self, c: u8, start: usize) -> Lexed {
        if self.out.brackets.len() >= MAX_BRACKETS {
            return self.error("too many nested parentheses");
        }
        let col = (start - self.line_start) as u32;
        self.out.brackets.push(Bracket { char: c, line: self.line, col });
        if let Some(fstring) = self.fstrings.last_mut() {
            fstring.depth += 1;
        }
        Ok(())
    }

    fn mismatch(&mut self, close: char, open: Bracket) -> Lexed {
        let mut message =
            format!("closing parenthesis '{close}' does not match opening parenthesis '{}'", open.char as char);
        if open.line != self.line {
            message.push_str(&format!(" on line {}", open.line));
        }
        self.error(message)
    }

    #[inline]
    fn close_bracket(&mut self, c: u8) -> Lexed {
        if self.fstrings.is_empty() && self.out.brackets.pop_if(|open| closes(open.char, c)).is_some() {
            return Ok(());
        }
        self.close_unusual_bracket(c)
    }

    /// Closes a bracket that matches none, or is in an f-string.
    fn close_unusual_bracket(&mut self, c: u8) -> Lexed {
        let close = c as char;
        if let Some(fstring) = self.fstrings.last()
            && fstring.depth == 0
            && c == b'}'
        {
            let letter = fstring.letter();
            return self.error(format!("{letter}-string: single '}}' is not allowed"));
        }
        let Some(open) = self.out.brackets.pop() else {
            return if self.lenient { Ok(()) } else { self.error(format!("unmatched '{close}'")) };
        };
        if !closes(open.char, c) {
            // A bracket that would close the braces of a replacement field matches nothing.
            if let Some(fstring) = self.fstrings.last()
                && open.char == b'{'
                && fstring.depth - 1 == fstring.field_depth
            {
                let letter = fstring.letter();
                return self.error(format!("{letter}-string: unmatched '{close}'"));
            }
            if !self.lenient {
                return self.mismatch(close, open);
            }
        }
        if let Some(fstring) = self.fstrings.last_mut() {
            fstring.depth -= 1;
            if fstring.depth < 0 {
                let letter = fstring.letter();
                return self.error(format!("{letter}-string: unmatched '{close}'"));
            }
            if c == b'}' && fstring.depth == fstring.field_depth {
                fstring.field_depth -= 1;
                self.in_text = true;
                fstring.in_format_spec = false;
            }
        }
        Ok(())
    }
}

/// Whether a bracket closes another.
#[inline]
fn closes(open: u8, close: u8) -> bool {
    matches!((open, close), (b'(', b')') | (b'[', b']') | (b'{', b'}'))
}

/// What the first byte of a token says of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A name or the prefix of a string; all beyond ASCII count, and are looked at when the name is complete.
    Letter,
    Digit,
    Quote,
    Dot,
    Bracket,
    /// An operator or a delimiter, perhaps with more of its kind behind it.
    Operator,
    Newline,
    Blank,
    Comment,
    Backslash,
    Other,
}

impl Class {
    #[inline]
    fn of(byte: u8) -> Class {
        CLASSES[usize::from(byte)]
    }
}

static CLASSES: [Class; 256] = {
    let mut table = [Class::Other; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = match i as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'\'' | b'"' => Class::Quote,
            b'.' => Class::Dot,
            b'(' | b')' | b'[' | b']' | b'{' | b'}' => Class::Bracket,
            b' ' | b'\t' | b'\x0c' => Class::Blank,
            b'\n' => Class::Newline,
            b'#' => Class::Comment,
            b'\\' => Class::Backslash,
            byte if !matches!(operator(byte, 0, 0).0, Kind::Other) => Class::Operator,
            _ => Class::Other,
        };
        i += 1;
    }
    table
};

/// The kinds of tokens of one byte.
static SINGLE: [Kind; 256] = {
    let mut table = [Kind::Other; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = operator(i as u8, 0, 0).0;
        i += 1;
    }
    table
};

/// Offset of the text of a type comment.
fn type_comment(comment: &[u8]) -> Option<usize> {
    let blanks = |from: usize| from + comment[from..].iter().take_while(|&&c| matches!(c, b' ' | b'\t')).count();
    let word = blanks(1);
    if !comment[word..].starts_with(b"type:") {
        return None;
    }
    Some(blanks(word + 5))
}

/// The operator that starts with up to three bytes, and its length.
pub(crate) const fn operator(a: u8, b: u8, c: u8) -> (Kind, usize) {
    use Kind::*;
    let three = match &[a, b, c] {
        b"..." => Ellipsis,
        b"**=" => DoubleStarEqual,
        b"//=" => DoubleSlashEqual,
        b"<<=" => LeftShiftEqual,
        b">>=" => RightShiftEqual,
        _ => Other,
    };
    if !matches!(three, Other) {
        return (three, 3);
    }
    let two = match &[a, b] {
        b"==" => EqEqual,
        b"!=" | b"<>" => NotEqual,
        b"<=" => LessEqual,
        b">=" => GreaterEqual,
        b":=" => ColonEqual,
        b"->" => Arrow,
        b"+=" => PlusEqual,
        b"-=" => MinusEqual,
        b"*=" => StarEqual,
        b"/=" => SlashEqual,
        b"%=" => PercentEqual,
        b"@=" => AtEqual,
        b"|=" => BarEqual,
        b"&=" => AmperEqual,
        b"^=" => CaretEqual,
        b"**" => DoubleStar,
        b"//" => DoubleSlash,
        b"<<" => LeftShift,
        b">>" => RightShift,
        _ => Other,
    };
    if !matches!(two, Other) {
        return (two, 2);
    }
    let one = match a {
        b'(' => LParen,
        b')' => RParen,
        b'[' => LBracket,
        b']' => RBracket,
        b'{' => LBrace,
        b'}' => RBrace,
        b',' => Comma,
        b';' => Semi,
        b'.' => Dot,
        b':' => Colon,
        b'=' => Equal,
        b'!' => Exclamation,
        b'+' => Plus,
        b'-' => Minus,
        b'*' => Star,
        b'/' => Slash,
        b'%' => Percent,
        b'@' => At,
        b'|' => Bar,
        b'&' => Amper,
        b'^' => Caret,
        b'~' => Tilde,
        b'<' => Less,
        b'>' => Greater,
        _ => Other,
    };
    (one, 1)
}
