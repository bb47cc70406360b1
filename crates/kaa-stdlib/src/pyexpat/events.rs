//! What the parser finds.

/// The content that an element may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// `XML_CTYPE_*`.
    pub kind: i32,
    /// `XML_CQUANT_*`.
    pub quantifier: i32,
    pub name: Option<String>,
    pub children: Vec<Model>,
}

impl Model {
    /// One without children.
    pub fn leaf(kind: i32) -> Model {
        Model { kind, quantifier: 0, name: None, children: Vec::new() }
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `<?xml …?>`; standalone is -1 when it says nothing.
    XmlDecl {
        version: Option<String>,
        encoding: Option<String>,
        standalone: i32,
    },
    /// The declared encoding needs a table: [`super::parser::Parser::set_table`].
    UnknownEncoding(String),
    StartDoctype {
        name: String,
        system: Option<String>,
        public: Option<String>,
        has_subset: bool,
    },
    EndDoctype,
    Element {
        name: String,
        model: Model,
    },
    Attlist {
        element: String,
        attribute: String,
        kind: String,
        default: Option<String>,
        required: bool,
    },
    Entity {
        name: String,
        parameter: bool,
        value: Option<String>,
        system: Option<String>,
        public: Option<String>,
        notation: Option<String>,
    },
    Notation {
        name: String,
        system: Option<String>,
        public: Option<String>,
    },
    /// A start tag: attributes are in [`super::parser::Parser::attributes`].
    Start {
        name: String,
    },
    End {
        name: String,
    },
    /// Characters in the current input.
    Text(usize, usize),
    /// A character of its own: a line end, or one that was referred to.
    Char(char),
    Comment(String),
    Instruction {
        target: String,
        data: String,
    },
    StartCdata,
    EndCdata,
    StartNamespace {
        prefix: Option<String>,
        uri: Option<String>,
    },
    EndNamespace {
        prefix: Option<String>,
    },
    /// A reference to an entity outside; the answer goes to
    /// [`super::parser::Parser::external_was_read`].
    ExternalEntity {
        context: Option<String>,
        system: Option<String>,
        public: Option<String>,
        base: Option<String>,
    },
    Skipped {
        name: String,
        parameter: bool,
    },
    NotStandalone,
    /// Something that is only text to the default handler.
    Default,
}
