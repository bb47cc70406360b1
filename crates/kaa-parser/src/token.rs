//! Tokens as the lexer makes them.

use kaa_ast::Name;

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

/// A column that CPython leaves unset (-1): that of `INDENT`, `DEDENT` and `ENDMARKER`.
pub(crate) const NO_COLUMN: u32 = u32::MAX;

/// A token. What few tokens have (an end on another line) is kept beside the tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub kind: Kind,
    /// Whether `extra` is the index of an [`End`].
    pub has_end: bool,
    /// Brackets open after the token.
    pub level: u8,
    /// First byte in the source; for layout tokens, where the lexer stands.
    pub start: u32,
    /// Byte after the text.
    pub end: u32,
    pub line: u32,
    /// Column in bytes, or [`NO_COLUMN`].
    pub col: u32,
    /// For a name, its number.
    pub extra: u32,
}

impl Token {
    pub(crate) fn name(&self) -> Name {
        debug_assert_eq!(self.kind, Kind::Name);
        Name(self.extra)
    }
}

/// The end position of a token that spans lines, or whose text ends before the token does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub line: u32,
    pub col: u32,
    /// Where the lexer stood after the token.
    pub offset: u32,
}

/// `# type: ignore` and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypeIgnoreComment {
    pub line: u32,
    pub start: u32,
    pub end: u32,
}

/// The kind of a keyword.
pub(crate) fn keyword(text: &[u8]) -> Option<Kind> {
    // Names are far more frequent: turn them away by length and first letter.
    if text.len() < 2 || text.len() > 8 {
        return None;
    }
    let kind = match (text[0], text) {
        (b'F', b"False") => Kind::False,
        (b'N', b"None") => Kind::None,
        (b'T', b"True") => Kind::True,
        (b'a', b"and") => Kind::And,
        (b'a', b"as") => Kind::As,
        (b'a', b"assert") => Kind::Assert,
        (b'a', b"async") => Kind::Async,
        (b'a', b"await") => Kind::Await,
        (b'b', b"break") => Kind::Break,
        (b'c', b"class") => Kind::Class,
        (b'c', b"continue") => Kind::Continue,
        (b'd', b"def") => Kind::Def,
        (b'd', b"del") => Kind::Del,
        (b'e', b"elif") => Kind::Elif,
        (b'e', b"else") => Kind::Else,
        (b'e', b"except") => Kind::Except,
        (b'f', b"finally") => Kind::Finally,
        (b'f', b"for") => Kind::For,
        (b'f', b"from") => Kind::From,
        (b'g', b"global") => Kind::Global,
        (b'i', b"if") => Kind::If,
        (b'i', b"import") => Kind::Import,
        (b'i', b"in") => Kind::In,
        (b'i', b"is") => Kind::Is,
        (b'l', b"lambda") => Kind::Lambda,
        (b'n', b"nonlocal") => Kind::Nonlocal,
        (b'n', b"not") => Kind::Not,
        (b'o', b"or") => Kind::Or,
        (b'p', b"pass") => Kind::Pass,
        (b'r', b"raise") => Kind::Raise,
        (b'r', b"return") => Kind::Return,
        (b't', b"try") => Kind::Try,
        (b'w', b"while") => Kind::While,
        (b'w', b"with") => Kind::With,
        (b'y', b"yield") => Kind::Yield,
        _ => return None,
    };
    Some(kind)
}
