//! Tokens as the lexer makes them.

use kaa_ast::{Name, Span};

/// Kinds of tokens. Keywords are kinds of their own; soft keywords are names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Kind {
    EndMarker,
    Newline,
    Indent,
    Dedent,
    /// The lexer stopped here; its failure tells why.
    Error,
    Name,
    Number,
    String,
    FStringStart,
    FStringMiddle,
    FStringEnd,
    TStringStart,
    TStringMiddle,
    TStringEnd,
    TypeComment,
    LParen,
    RParen,
    LBracket,
    RBracket,
    LBrace,
    RBrace,
    Colon,
    Comma,
    Semi,
    Dot,
    Ellipsis,
    Arrow,
    Exclamation,
    ColonEqual,
    Equal,
    Plus,
    Minus,
    Star,
    Slash,
    DoubleSlash,
    Percent,
    At,
    DoubleStar,
    Bar,
    Amper,
    Caret,
    Tilde,
    LeftShift,
    RightShift,
    Less,
    Greater,
    EqEqual,
    NotEqual,
    LessEqual,
    GreaterEqual,
    PlusEqual,
    MinusEqual,
    StarEqual,
    SlashEqual,
    DoubleSlashEqual,
    PercentEqual,
    AtEqual,
    DoubleStarEqual,
    BarEqual,
    AmperEqual,
    CaretEqual,
    LeftShiftEqual,
    RightShiftEqual,
    /// A printable character that no token starts with: `$`, `?` or a backquote.
    Other,
    False,
    None,
    True,
    And,
    As,
    Assert,
    Async,
    Await,
    Break,
    Class,
    Continue,
    Def,
    Del,
    Elif,
    Else,
    Except,
    Finally,
    For,
    From,
    Global,
    If,
    Import,
    In,
    Is,
    Lambda,
    Nonlocal,
    Not,
    Or,
    Pass,
    Raise,
    Return,
    Try,
    While,
    With,
    Yield,
}

impl Kind {
    /// Whether the token stands for layout rather than for text: such tokens do not end a node.
    pub(crate) fn is_layout(self) -> bool {
        (self as u8) <= Kind::Dedent as u8
    }

    /// Whether the token is a name, a keyword or a number.
    pub(crate) fn is_word(self) -> bool {
        matches!(self, Kind::Name | Kind::Number) || self as u8 >= Kind::False as u8
    }
}

/// Soft keywords and names with a meaning to the parser have the first numbers of every interner.
pub(crate) mod names {
    use kaa_ast::Name;

    pub(crate) const TEXTS: [&str; 4] = ["_", "case", "match", "type"];
    pub(crate) const UNDERSCORE: Name = Name(0);
    pub(crate) const CASE: Name = Name(1);
    pub(crate) const MATCH: Name = Name(2);
    pub(crate) const TYPE: Name = Name(3);
}

/// The column of what has none in CPython: `INDENT`, `DEDENT` and `ENDMARKER`.
const NO_COLUMN: i32 = -1;

/// A token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// Lines and columns, in bytes.
    pub span: Span,
    /// First byte in the source; for layout tokens, where the lexer stands.
    pub start: u32,
    /// Byte after the text.
    pub end: u32,
    /// For a name, its number.
    pub extra: u32,
    pub kind: Kind,
    /// Brackets open after the token.
    pub level: u8,
    /// What the lexer knows of a string, or of a part of one.
    pub form: StringForm,
}

impl Token {
    /// A token without text, at a place in the source.
    pub(crate) fn layout(kind: Kind, level: u8, at: usize, line: u32) -> Token {
        let line = line as i32;
        Token {
            span: Span { line, col: NO_COLUMN, end_line: line, end_col: NO_COLUMN },
            start: at as u32,
            end: at as u32,
            extra: 0,
            kind,
            level,
            form: StringForm::default(),
        }
    }

    pub(crate) fn has_column(&self) -> bool {
        self.span.col != NO_COLUMN
    }

    /// Where the lexer stood after the token.
    pub(crate) fn lexer_offset(&self) -> usize {
        self.end as usize + usize::from(self.form.has(StringForm::BEFORE_BRACE))
    }

    pub(crate) fn name(&self) -> Name {
        debug_assert_eq!(self.kind, Kind::Name);
        Name(self.extra)
    }
}

/// What a string's prefix and quotes are, and more that spares another look at its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StringForm(u8);

impl StringForm {
    pub(crate) const RAW: StringForm = StringForm(1);
    pub(crate) const BYTES: StringForm = StringForm(2);
    /// The quotes are three.
    pub(crate) const LONG: StringForm = StringForm(4);
    pub(crate) const BACKSLASH: StringForm = StringForm(8);
    /// The token is text of an f-string up to a doubled brace, of which it has the first.
    pub(crate) const BEFORE_BRACE: StringForm = StringForm(16);
    /// The prefix has letters: their number.
    const PREFIX: u32 = 5;

    pub(crate) fn with_prefix(self, letters: usize) -> StringForm {
        StringForm(self.0 | (letters as u8) << Self::PREFIX)
    }

    pub(crate) fn prefix(self) -> usize {
        usize::from(self.0 >> Self::PREFIX)
    }

    pub(crate) fn quotes(self) -> usize {
        if self.has(Self::LONG) { 3 } else { 1 }
    }

    pub(crate) fn has(self, part: StringForm) -> bool {
        self.0 & part.0 != 0
    }
}

impl std::ops::BitOrAssign for StringForm {
    fn bitor_assign(&mut self, other: StringForm) {
        self.0 |= other.0;
    }
}

/// `# type: ignore` and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypeIgnoreComment {
    pub line: u32,
    pub start: u32,
    pub end: u32,
}

/// Keywords, by [`keyword_slot`]: each as a number, its first byte lowest.
static KEYWORDS: [(u64, Kind); 64] = {
    use Kind::*;
    let keywords: [(&str, Kind); 35] = [
        ("False", False),
        ("None", None),
        ("True", True),
        ("and", And),
        ("as", As),
        ("assert", Assert),
        ("async", Async),
        ("await", Await),
        ("break", Break),
        ("class", Class),
        ("continue", Continue),
        ("def", Def),
        ("del", Del),
        ("elif", Elif),
        ("else", Else),
        ("except", Except),
        ("finally", Finally),
        ("for", For),
        ("from", From),
        ("global", Global),
        ("if", If),
        ("import", Import),
        ("in", In),
        ("is", Is),
        ("lambda", Lambda),
        ("nonlocal", Nonlocal),
        ("not", Not),
        ("or", Or),
        ("pass", Pass),
        ("raise", Raise),
        ("return", Return),
        ("try", Try),
        ("while", While),
        ("with", With),
        ("yield", Yield),
    ];
    let mut table = [(0, Name); 64];
    let mut i = 0;
    while i < keywords.len() {
        let (text, kind) = keywords[i];
        let word = word(text.as_bytes());
        let slot = keyword_slot(word);
        assert!(table[slot].0 == 0, "two keywords in one slot: find another factor");
        table[slot] = (word, kind);
        i += 1;
    }
    table
};

/// Where a word is in the table of keywords if it is one: the factor gives each a slot of its own.
const fn keyword_slot(word: u64) -> usize {
    (word.wrapping_mul(0xb57c_8e05_e3c9_b0e1) >> 58) as usize
}

/// Up to eight bytes as a number.
const fn word(text: &[u8]) -> u64 {
    let (mut word, mut i) = (0, text.len());
    while i > 0 {
        i -= 1;
        word = word << 8 | text[i] as u64;
    }
    word
}

/// The kind of a word of up to eight bytes, given as a number: that of a keyword, or `Name`.
#[inline]
pub(crate) fn kind_of_word(word: u64) -> Kind {
    let (keyword, kind) = KEYWORDS[keyword_slot(word)];
    if keyword == word { kind } else { Kind::Name }
}

/// The kind of a keyword.
pub(crate) fn keyword(text: &[u8]) -> Option<Kind> {
    let kind = if text.len() <= 8 { kind_of_word(word(text)) } else { Kind::Name };
    (kind != Kind::Name).then_some(kind)
}
