//! The parser: fed with bytes, asked for one event after the other.
//!
//! Input is UTF-8 in a buffer per entity. Markup is only read when it is whole; text as it comes.
//! Nothing here knows Python.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::chars::{self, Char, is_space};
use super::dtd::{self, Declaration, Dtd, Entity};
use super::encoding::Encoding;
use super::error::Code;
use super::events::Event;
use super::namespaces::Namespaces;
use super::scan::{self, Cursor, RawAttribute, Reference, Scanned, Stop};

/// How many bytes entities may become at most: more is an attack.
pub const MOST_EXPANDED: usize = 64 << 20;

/// Bytes that were parsed are kept up to so many, for the context of errors.
const CONTEXT: usize = 1024;

/// What the parser is within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Before anything.
    Start,
    Prolog,
    /// Between the brackets of the document type, or in an external one.
    Subset,
    /// Behind the bracket.
    SubsetEnd,
    Content,
    Cdata,
    Epilog,
}

/// A text that is being parsed: the document, or an internal entity.
struct Input {
    text: Vec<u8>,
    at: usize,
    entity: Option<Rc<Entity>>,
    /// How many elements were open where it begins.
    depth: usize,
}

/// An attribute of the last start tag.
pub struct Attribute {
    pub name: String,
    pub value: String,
}

/// A failure and where it is.
pub struct Failure {
    pub code: Code,
}

/// What to do with references to parameter entities: `XML_PARAM_ENTITY_PARSING_*`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ParameterEntities {
    Never,
    UnlessStandalone,
    Always,
}

/// A parser of one document or external entity.
pub struct Parser {
    encoding: Encoding,
    /// Whether the encoding is known for sure: told from outside or by a mark.
    encoding_fixed: bool,
    /// Bytes that are no whole character yet, or wait for the encoding.
    undecoded: Vec<u8>,
    started: bool,
    inputs: Vec<Input>,
    phase: Phase,
    is_final: bool,
    /// Open elements: the name in the document, and as it is reported.
    open: Vec<(String, String)>,
    queue: VecDeque<Event>,
    /// The attributes of the last start tag, and how many were written.
    pub attributes: Vec<Attribute>,
    pub specified: usize,
    raw_attributes: Vec<RawAttribute>,
    namespaces: Option<Namespaces>,
    /// How many namespaces each open element declares.
    bindings: Vec<usize>,
    pub dtd: Rc<Dtd>,
    doctype: Option<(String, Option<String>, Option<String>)>,
    /// Whether references to internal entities are replaced by their text.
    pub expand_internal: bool,
    /// Whether references in the content that are not read are worth reporting as such.
    pub parameter_entities: ParameterEntities,
    pub foreign_dtd: bool,
    pub base: Option<String>,
    /// The part of an external entity: content, or declarations.
    external: Option<Part>,
    /// Whether the reader of external entities is there.
    pub reads_external: bool,
    /// The event's place in the current input, for the default handler.
    raw: (usize, usize),
    /// The event's place in the document.
    event_at: usize,
    line: usize,
    column: usize,
    position_at: usize,
    /// Bytes of the document that are no more in the buffer.
    dropped: usize,
    started_position: bool,
    expanded: usize,
    /// Bytes that there were when the last token was not whole.
    stuck_at: usize,
    pub deferral: bool,
    failed: Option<Code>,
    finished: bool,
    pending_entity: Option<Rc<Entity>>,
    conditional_depth: usize,
    pub amplification: Amplification,
}

/// What entities may make of a document: more is an attack.
#[derive(Clone, Copy)]
pub struct Amplification {
    /// So many bytes are allowed in any case.
    pub activation: u64,
    /// Beyond them, so many times the document.
    pub factor: f64,
}

/// What an external entity is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Content,
    Declarations,
}

fn document() -> Input {
    Input { text: Vec::new(), at: 0, entity: None, depth: 0 }
}

impl Parser {
    /// A parser; names become URI, separator and local name when there is a separator.
    pub fn new(encoding: Option<Encoding>, separator: Option<Option<char>>) -> Parser {
        Parser {
            encoding_fixed: encoding.is_some(),
            encoding: encoding.unwrap_or(Encoding::Utf8),
            undecoded: Vec::new(),
            started: false,
            inputs: vec![document()],
            phase: Phase::Start,
            is_final: false,
            open: Vec::new(),
            queue: VecDeque::new(),
            attributes: Vec::new(),
            specified: 0,
            raw_attributes: Vec::new(),
            namespaces: separator.map(Namespaces::new),
            bindings: Vec::new(),
            dtd: Rc::default(),
            doctype: None,
            expand_internal: true,
            parameter_entities: ParameterEntities::Never,
            foreign_dtd: false,
            base: None,
            external: None,
            reads_external: false,
            raw: (0, 0),
            event_at: 0,
            line: 1,
            column: 0,
            position_at: 0,
            dropped: 0,
            started_position: false,
            expanded: 0,
            stuck_at: 0,
            deferral: true,
            failed: None,
            finished: false,
            pending_entity: None,
            conditional_depth: 0,
            amplification: Amplification { activation: 8 << 20, factor: 100.0 },
        }
    }

    /// A parser of an external entity of this document.
    pub fn for_external(&self, part: Part, context: Option<&str>, encoding: Option<Encoding>) -> Parser {
        let mut parser = Parser::new(encoding, None);
        parser.namespaces = self.namespaces.as_ref().map(|namespaces| namespaces.with_context(context));
        parser.dtd = self.dtd.clone();
        parser.external = Some(part);
        parser.parameter_entities = self.parameter_entities;
        parser.base.clone_from(&self.base);
        parser.deferral = self.deferral;
        if part == Part::Declarations {
            self.dtd.parameter_entity_read.set(true);
        }
        parser
    }

    /// The same parser before its start, with a known encoding.
    pub fn again_with(&self, encoding: Encoding) -> Parser {
        let mut parser = Parser::new(Some(encoding), None);
        parser.namespaces.clone_from(&self.namespaces);
        parser.dtd = self.dtd.clone();
        parser.external = self.external;
        parser.parameter_entities = self.parameter_entities;
        parser.foreign_dtd = self.foreign_dtd;
        parser.base.clone_from(&self.base);
        parser.deferral = self.deferral;
        parser.amplification = self.amplification;
        parser
    }

    /// Whether names of elements carry their prefix: the third part.
    pub fn set_triplets(&mut self, on: bool) {
        if let Some(namespaces) = &mut self.namespaces {
            namespaces.triplets = on;
        }
    }

    pub fn has_started(&self) -> bool {
        self.started
    }

    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// The error that stopped it.
    pub fn failure(&self) -> Option<Code> {
        self.failed
    }

    /// Stops it with an error of the outside.
    pub fn fail(&mut self, code: Code) {
        self.failed = Some(code);
    }

    /// Adds bytes of the document.
    pub fn feed(&mut self, bytes: &[u8], is_final: bool) {
        self.started = true;
        self.is_final = is_final;
        self.undecoded.extend_from_slice(bytes);
        if !self.encoding_fixed && self.dropped == 0 && self.inputs[0].text.is_empty() {
            if self.undecoded.len() < 3 && !is_final {
                return;
            }
            self.detect();
        }
        self.decode();
    }

    /// Finds out the encoding by a byte order mark or the first character.
    fn detect(&mut self) {
        let (encoding, mark) = match *self.undecoded.as_slice() {
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
            [0xff, 0xfe, ..] => (Encoding::Utf16 { big_endian: false }, 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16 { big_endian: true }, 2),
            [b'<', 0, ..] => (Encoding::Utf16 { big_endian: false }, 0),
            [0, b'<', ..] => (Encoding::Utf16 { big_endian: true }, 0),
            _ => return,
        };
        self.encoding_fixed = mark > 0 || encoding.is_wide();
        self.encoding = encoding;
        self.undecoded.drain(..mark);
        self.dropped = mark;
    }

    fn decode(&mut self) {
        if self.encoding_fixed && self.dropped == 0 && self.inputs[0].text.is_empty() {
            // A mark may stand there although the encoding is known.
            let mark: &[u8] = match self.encoding {
                Encoding::Utf8 => &[0xef, 0xbb, 0xbf],
                Encoding::Utf16 { big_endian: true } => &[0xfe, 0xff],
                Encoding::Utf16 { .. } => &[0xff, 0xfe],
                _ => &[],
            };
            if !mark.is_empty() && self.undecoded.starts_with(mark) {
                self.undecoded.drain(..mark.len());
                self.dropped = mark.len();
            }
        }
        let used = self.encoding.decode(&self.undecoded, &mut self.inputs[0].text);
        self.undecoded.drain(..used);
    }

    /// Takes the table that was asked for.
    pub fn set_table(&mut self, table: Box<[Option<char>; 256]>) {
        self.change_encoding(Encoding::Table(table));
    }

    /// What was not parsed yet is in another encoding that agrees on ASCII.
    fn change_encoding(&mut self, encoding: Encoding) {
        if self.encoding == encoding {
            return;
        }
        let input = &mut self.inputs[0];
        let mut rest = input.text.split_off(input.at);
        rest.append(&mut self.undecoded);
        self.dropped += self.encoding.original_len(&input.text);
        self.advance_position(self.inputs[0].text.len());
        let input = &mut self.inputs[0];
        input.text.clear();
        input.at = 0;
        (self.position_at, self.event_at) = (0, 0);
        self.encoding = encoding;
        self.undecoded = rest;
        let used = self.encoding.decode(&self.undecoded, &mut self.inputs[0].text);
        self.undecoded.drain(..used);
    }

    // Positions.

    fn advance_position(&mut self, to: usize) {
        let text = &self.inputs[0].text;
        let mut at = self.position_at;
        let to = to.min(text.len());
        while at < to {
            match text[at] {
                b'\n' => {
                    self.line += 1;
                    self.column = 0;
                }
                b'\r' => {
                    self.line += 1;
                    self.column = 0;
                    if text.get(at + 1) == Some(&b'\n') {
                        at += 1;
                    }
                }
                0x80..=0xbf => {}
                _ => self.column += 1,
            }
            at += 1;
        }
        self.position_at = self.position_at.max(at);
    }

    /// Line and column of the event, counted from 1 and 0.
    pub fn position(&mut self) -> (usize, usize) {
        self.advance_position(self.event_at);
        (self.line, self.column)
    }

    /// The byte of the document where the event is; `None` before the first.
    pub fn byte_index(&self) -> Option<usize> {
        if !self.started_position {
            return None;
        }
        let text = &self.inputs[0].text;
        Some(self.dropped + self.encoding.original_len(&text[..self.event_at.min(text.len())]))
    }

    /// The input from the event on.
    pub fn context(&self) -> Option<&[u8]> {
        let text = &self.inputs[0].text;
        if self.started_position && !self.finished { text.get(self.event_at..) } else { None }
    }

    /// The text of the event as it stands in the input.
    pub fn raw_text(&self) -> &str {
        self.text(self.raw.0, self.raw.1)
    }

    /// A part of the current input.
    pub fn text(&self, start: usize, end: usize) -> &str {
        let input = self.inputs.last().map_or(&[][..], |input| &input.text);
        std::str::from_utf8(&input[start..end]).unwrap_or_default()
    }

    /// Forgets what was parsed.
    fn drop_parsed(&mut self) {
        let at = self.inputs[0].at;
        if self.inputs.len() > 1 || at < 64 * 1024 || at < self.inputs[0].text.len() / 2 {
            return;
        }
        let gone = at - CONTEXT;
        self.advance_position(gone);
        // A position between CR and LF has been passed.
        let gone = gone.min(self.position_at);
        if self.event_at < gone || self.position_at > at || !self.inputs[0].text.is_char_start(gone) {
            return;
        }
        self.dropped += self.encoding.original_len(&self.inputs[0].text[..gone]);
        self.inputs[0].text.drain(..gone);
        self.inputs[0].at -= gone;
        self.event_at -= gone;
        self.position_at -= gone;
    }

    // Events.

    /// The next event; `None` when more input is needed, or the document is over.
    pub fn next(&mut self) -> Result<Option<Event>, Failure> {
        if let Some(code) = self.failed {
            return Err(Failure { code });
        }
        if let Some(event) = self.queue.pop_front() {
            return Ok(Some(event));
        }
        if self.finished {
            return Ok(None);
        }
        loop {
            let unread = self.inputs[0].text.len() - self.inputs[0].at;
            if self.inputs.len() == 1
                && self.deferral
                && !self.is_final
                && self.stuck_at > 0
                && unread < self.stuck_at * 2
            {
                return Ok(None);
            }
            match self.step() {
                Ok(Some(event)) => {
                    self.stuck_at = 0;
                    return Ok(Some(event));
                }
                Ok(None) => {
                    if let Some(event) = self.queue.pop_front() {
                        self.stuck_at = 0;
                        return Ok(Some(event));
                    }
                    if self.finished {
                        return Ok(None);
                    }
                }
                Err(Stop::Incomplete) if self.inputs.len() > 1 => {
                    // An entity ends within markup.
                    let subset = self.phase == Phase::Subset;
                    return Err(self.failure_of(if subset { Code::INCOMPLETE_PE } else { Code::UNCLOSED_TOKEN }, None));
                }
                Err(Stop::Incomplete) if !self.is_final => {
                    self.stuck_at = self.inputs[0].text.len() - self.inputs[0].at;
                    self.drop_parsed();
                    return Ok(None);
                }
                Err(Stop::Incomplete) => {
                    let at = self.inputs[0].at;
                    let partial = matches!(chars::first(&self.inputs[0].text[at..]), Char::Partial);
                    let code = if partial { Code::PARTIAL_CHAR } else { Code::UNCLOSED_TOKEN };
                    return Err(self.failure_of(code, Some(at)));
                }
                Err(Stop::Error(code, at)) => return Err(self.failure_of(code, Some(at))),
            }
        }
    }

    fn failure_of(&mut self, code: Code, at: Option<usize>) -> Failure {
        if let Some(at) = at
            && self.inputs.len() == 1
        {
            self.event_at = at;
            self.started_position = true;
        }
        self.failed = Some(code);
        Failure { code }
    }

    /// Notes where the event is: from `start` to the place that was reached.
    fn mark(&mut self, start: usize, end: usize) {
        self.raw = (start, end);
        let in_document = self.inputs.len() == 1;
        if let Some(input) = self.inputs.last_mut() {
            input.at = end;
        }
        if in_document {
            self.event_at = start;
            self.started_position = true;
        }
    }

    fn step(&mut self) -> Scanned<Option<Event>> {
        match self.phase {
            Phase::Start => self.start(),
            Phase::Prolog => self.prolog(),
            Phase::Subset => self.subset(),
            Phase::SubsetEnd => self.subset_end(),
            Phase::Content => self.content(),
            Phase::Cdata => self.cdata(),
            Phase::Epilog => self.epilog(),
        }
    }

    /// The bytes of the current input and the place in it.
    fn here(&self) -> (&[u8], usize) {
        self.inputs.last().map_or((&[], 0), |input| (&input.text, input.at))
    }

    /// The declaration at the very start, if there is one.
    fn start(&mut self) -> Scanned<Option<Event>> {
        let (text, at) = self.here();
        let rest = &text[at..];
        let decided = rest.len() >= 6 || !b"<?xml ".starts_with(rest) || self.is_final;
        if !decided {
            return Err(Stop::Incomplete);
        }
        let declared = rest.starts_with(b"<?xml") && rest.get(5).is_some_and(|&byte| is_space(byte));
        let next = match self.external {
            None => Phase::Prolog,
            Some(Part::Content) => Phase::Content,
            Some(Part::Declarations) => Phase::Subset,
        };
        if !declared {
            self.phase = next;
            return Ok(None);
        }
        let event = self.xml_declaration()?;
        self.phase = next;
        Ok(event)
    }

    fn xml_declaration(&mut self) -> Scanned<Option<Event>> {
        let (text, at) = self.here();
        let mut cursor = Cursor::new(text, at + 2);
        cursor.instruction()?;
        let end = cursor.at;
        let code = if self.external.is_some() { Code::TEXT_DECL } else { Code::XML_DECL };
        let parsed = declaration_parts(&text[..end - 2], at + 5);
        let parts = parsed.map_err(|bad| Stop::Error(code, bad))?;
        if self.external.is_none() && parts.version.is_none() {
            return Err(Stop::Error(code, at + 5));
        }
        if self.external.is_some() && (parts.encoding.is_none() || parts.standalone.is_some()) {
            return Err(Stop::Error(code, at + 5));
        }
        let value = |part: Option<(usize, usize)>| part.map(|(start, end)| cursor.text(start, end).to_owned());
        let (version, encoding) = (value(parts.version), value(parts.encoding));
        let standalone = parts.standalone.map_or(-1, i32::from);
        self.mark(at, end);
        self.dtd.standalone.set(standalone == 1);
        if standalone == 1 && self.parameter_entities == ParameterEntities::UnlessStandalone {
            self.parameter_entities = ParameterEntities::Never;
        }
        let event = Event::XmlDecl { version, encoding: encoding.clone(), standalone };
        if let (Some(name), Some((place, _))) = (encoding, parts.encoding) {
            self.declared_encoding(name, place)?;
        }
        Ok(Some(event))
    }

    fn declared_encoding(&mut self, name: String, place: usize) -> Scanned<()> {
        if self.encoding_fixed && !matches!(self.encoding, Encoding::Utf8) && !self.encoding.is_wide() {
            return Ok(());
        }
        let big_endian = matches!(self.encoding, Encoding::Utf16 { big_endian: true });
        match Encoding::by_name(&name, big_endian) {
            Some(declared) if declared.is_wide() != self.encoding.is_wide() => {
                Err(Stop::Error(Code::INCORRECT_ENCODING, place))
            }
            Some(declared) => {
                if !self.encoding_fixed {
                    self.change_encoding(declared);
                }
                Ok(())
            }
            None if self.encoding_fixed => Ok(()),
            None => {
                self.queue.push_back(Event::UnknownEncoding(name));
                Ok(())
            }
        }
    }

    /// White space, comments and instructions, which may stand nearly everywhere.
    fn miscellaneous(&mut self) -> Scanned<Option<Event>> {
        let (text, at) = self.here();
        let mut cursor = Cursor::new(text, at);
        if cursor.spaces() {
            let end = cursor.at;
            self.mark(at, end);
            return Ok(Some(Event::Default));
        }
        if text[at..].starts_with(b"<?") {
            return self.instruction(at);
        }
        if text[at..].starts_with(b"<!-") {
            return self.comment(at);
        }
        Ok(None)
    }

    fn instruction(&mut self, at: usize) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let mut cursor = Cursor::new(text, at + 2);
        let name_end = {
            let mut ahead = cursor;
            ahead.name()?;
            ahead.at
        };
        if cursor.text(at + 2, name_end).eq_ignore_ascii_case("xml") {
            let exact = &text[at + 2..name_end] == b"xml";
            cursor.instruction()?;
            return Err(match exact {
                true => Stop::Error(Code::MISPLACED_XML_PI, at),
                false => Stop::Error(Code::INVALID_TOKEN, name_end),
            });
        }
        let (target, data) = cursor.instruction()?;
        let event = Event::Instruction { target: target.to_owned(), data: normalized_lines(data) };
        let end = cursor.at;
        self.mark(at, end);
        Ok(Some(event))
    }

    fn comment(&mut self, at: usize) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let mut cursor = Cursor::new(text, at + 2);
        cursor.expect_all(b"--")?;
        let event = Event::Comment(normalized_lines(cursor.comment()?));
        let end = cursor.at;
        self.mark(at, end);
        Ok(Some(event))
    }

    fn prolog(&mut self) -> Scanned<Option<Event>> {
        let (text, at) = self.here();
        let Some(&first) = text.get(at) else {
            if !self.is_final {
                return Err(Stop::Incomplete);
            }
            return Err(Stop::Error(Code::NO_ELEMENTS, at));
        };
        if let Some(event) = self.miscellaneous()? {
            return Ok(Some(event));
        }
        let (text, at) = self.here();
        if first != b'<' {
            return stray(text, at, Code::SYNTAX);
        }
        let mut cursor = Cursor::new(text, at + 1);
        if cursor.peek()? == b'!' {
            cursor.at += 1;
            cursor.expect_all(b"DOCTYPE")?;
            if self.doctype.is_some() {
                return Err(Stop::Error(Code::SYNTAX, at));
            }
            return self.doctype(at);
        }
        let c = cursor.char()?;
        if !chars::is_name_start(c) {
            return Err(Stop::Error(Code::INVALID_TOKEN, at + 1));
        }
        if self.foreign_dtd && self.doctype.is_none() && self.reads_external && self.parameter_entities != ParameterEntities::Never {
            self.foreign_dtd = false;
            self.mark(at, at);
            self.dtd.parameter_entity_read.set(false);
            let base = self.base.clone();
            return Ok(Some(Event::ExternalEntity { context: None, system: None, public: None, base }));
        }
        self.phase = Phase::Content;
        Ok(None)
    }

    fn epilog(&mut self) -> Scanned<Option<Event>> {
        let (text, at) = self.here();
        if at == text.len() {
            if !self.is_final || !self.undecoded.is_empty() {
                return Err(Stop::Incomplete);
            }
            self.mark(at, at);
            self.finished = true;
            return Ok(None);
        }
        if let Some(event) = self.miscellaneous()? {
            return Ok(Some(event));
        }
        let (text, at) = self.here();
        stray(text, at, Code::JUNK_AFTER_DOC_ELEMENT)
    }

    // Document type.

    fn doctype(&mut self, at: usize) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let dtd = self.dtd.clone();
        let mut reader = Declaration { cursor: Cursor::new(text, at + 9), dtd: &dtd, base: None, in_document: true };
        let spaced = reader.cursor.spaces();
        reader.cursor.peek()?;
        if !spaced {
            return reader.cursor.invalid();
        }
        let start = reader.cursor.at;
        let name = match reader.cursor.name() {
            Err(Stop::Error(..)) => return Err(Stop::Error(Code::SYNTAX, start)),
            name => name?.to_owned(),
        };
        let spaced = reader.cursor.spaces();
        let mut ids = None;
        if !matches!(reader.cursor.peek()?, b'[' | b'>') {
            // The keyword has to be whole before it is compared.
            let rest = &text[reader.cursor.at..];
            if rest.len() < 7 && !self.is_final {
                return Err(Stop::Incomplete);
            }
            ids = reader.external_id(false)?;
            if ids.is_none() || !spaced {
                return Err(Stop::Error(Code::SYNTAX, reader.cursor.at));
            }
            reader.cursor.spaces();
        }
        let has_subset = match reader.cursor.peek()? {
            b'[' => true,
            b'>' => false,
            _ => return Err(Stop::Error(Code::SYNTAX, reader.cursor.at)),
        };
        let end = reader.cursor.at + 1;
        let (system, public) = ids.unwrap_or_default();
        self.mark(at, end);
        if system.is_some() || self.foreign_dtd {
            self.dtd.has_parameter_references.set(true);
        }
        self.doctype = Some((name.clone(), system.clone(), public.clone()));
        self.phase = if has_subset { Phase::Subset } else { Phase::SubsetEnd };
        if system.is_some() && !self.dtd.standalone.get() && self.parameter_entities == ParameterEntities::Never {
            self.queue.push_back(Event::NotStandalone);
        }
        if !has_subset {
            // The end of the document type is looked for from its last character on.
            if let Some(input) = self.inputs.last_mut() {
                input.at -= 1;
            }
        }
        Ok(Some(Event::StartDoctype { name, system, public, has_subset }))
    }

    fn subset(&mut self) -> Scanned<Option<Event>> {
        let (text, at) = self.here();
        if at == text.len() {
            return self.end_of_subset_input();
        }
        if let Some(event) = self.miscellaneous()? {
            return Ok(Some(event));
        }
        let in_document = self.external.is_none() && self.inputs.len() == 1;
        let (text, at) = self.here();
        match text[at] {
            b']' if self.conditional_depth > 0 => {
                let mut cursor = Cursor::new(text, at);
                cursor.expect_all(b"]]>")?;
                let end = cursor.at;
                self.conditional_depth -= 1;
                self.mark(at, end);
                Ok(Some(Event::Default))
            }
            b']' if in_document => {
                self.phase = Phase::SubsetEnd;
                self.mark(at, at + 1);
                Ok(Some(Event::Default))
            }
            b'%' => self.parameter_reference(at),
            b'<' => {
                let mut cursor = Cursor::new(text, at + 1);
                if cursor.peek()? != b'!' {
                    return cursor.invalid();
                }
                cursor.at += 1;
                if cursor.peek()? == b'[' && !in_document {
                    return self.conditional(at);
                }
                self.declaration(at, in_document)
            }
            _ => stray(text, at, Code::SYNTAX),
        }
    }

    fn end_of_subset_input(&mut self) -> Scanned<Option<Event>> {
        if self.inputs.len() > 1 {
            if let Some(entity) = self.inputs.pop().and_then(|input| input.entity) {
                entity.open.set(false);
            }
            return Ok(None);
        }
        let (_, at) = self.here();
        if !self.is_final || self.external.is_none() || !self.undecoded.is_empty() {
            return Err(match self.is_final && self.undecoded.is_empty() {
                true => Stop::Error(Code::NO_ELEMENTS, at),
                false => Stop::Incomplete,
            });
        }
        self.mark(at, at);
        self.finished = true;
        Ok(None)
    }

    /// `<![INCLUDE[` or `<![IGNORE[ … ]]>`.
    fn conditional(&mut self, at: usize) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let mut cursor = Cursor::new(text, at + 3);
        cursor.spaces();
        let keyword = match cursor.peek()? {
            b'%' => {
                cursor.at += 1;
                let name = cursor.name()?;
                cursor.expect(b';')?;
                let entity = self.dtd.parameter.borrow().get(name).cloned();
                let value = entity.and_then(|entity| entity.text.clone()).unwrap_or_default();
                String::from_utf8_lossy(&value).trim().to_owned()
            }
            _ => cursor.name()?.to_owned(),
        };
        cursor.spaces();
        cursor.expect(b'[')?;
        let mut included = 0;
        match keyword.as_str() {
            "INCLUDE" => included = 1,
            "IGNORE" => {
                let mut depth = 1;
                while depth > 0 {
                    if cursor.bytes[cursor.at..].starts_with(b"<![") {
                        depth += 1;
                        cursor.at += 3;
                    } else if cursor.bytes[cursor.at..].starts_with(b"]]>") {
                        depth -= 1;
                        cursor.at += 3;
                    } else {
                        cursor.char()?;
                    }
                }
            }
            _ => return Err(Stop::Error(Code::SYNTAX, at)),
        }
        let end = cursor.at;
        self.conditional_depth += included;
        self.mark(at, end);
        Ok(Some(Event::Default))
    }

    fn declaration(&mut self, at: usize, in_document: bool) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let end = dtd::declaration_end(text, at)?;
        let mut events = Vec::new();
        let dtd = self.dtd.clone();
        let replaced;
        let (bytes, start) = if in_document || !text[at..end].contains(&b'%') {
            (&text[..end], at)
        } else {
            replaced = self.with_parameters(at, end)?;
            (&replaced[..], 0)
        };
        let mut reader =
            Declaration { cursor: Cursor::new(bytes, start + 2), dtd: &dtd, base: self.base.clone(), in_document };
        reader.read(&mut events).map_err(|stop| match stop {
            // The declaration is whole: what misses is an error in it.
            Stop::Incomplete => Stop::Error(Code::SYNTAX, end - 1),
            Stop::Error(code, place) => Stop::Error(code, if start == at { place } else { at }),
        })?;
        self.mark(at, end);
        self.queue.extend(events);
        Ok(self.queue.pop_front())
    }

    /// A declaration outside of the document with its references to parameter entities replaced,
    /// except those within quotes.
    fn with_parameters(&self, at: usize, end: usize) -> Scanned<Vec<u8>> {
        let (text, _) = self.here();
        let (mut out, mut cursor) = (Vec::new(), Cursor::new(&text[..end], at));
        let mut quote = None;
        while cursor.at < end {
            let byte = text[cursor.at];
            match byte {
                b'"' | b'\'' if quote.is_none_or(|quote| quote == byte) => {
                    quote = if quote.is_none() { Some(byte) } else { None };
                }
                b'%' if quote.is_none() && text.get(cursor.at + 1).is_some_and(|&next| !is_space(next)) => {
                    cursor.at += 1;
                    let place = cursor.at;
                    let name = cursor.name()?;
                    cursor.expect(b';')?;
                    let entity = self.dtd.parameter.borrow().get(name).cloned();
                    let Some(entity) = entity else { return Err(Stop::Error(Code::UNDEFINED_ENTITY, place)) };
                    out.push(b' ');
                    out.extend_from_slice(entity.text.as_deref().unwrap_or_default());
                    out.push(b' ');
                    continue;
                }
                _ => {}
            }
            out.push(byte);
            cursor.at += 1;
        }
        Ok(out)
    }

    fn parameter_reference(&mut self, at: usize) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let mut cursor = Cursor::new(text, at + 1);
        let name = cursor.name()?.to_owned();
        cursor.expect(b';')?;
        let end = cursor.at;
        let had_references = self.dtd.has_parameter_references.replace(true);
        let in_document = self.external.is_none() && self.inputs.len() == 1;
        self.mark(at, end);
        if self.parameter_entities == ParameterEntities::Never {
            self.dtd.keep_processing.set(self.dtd.standalone.get());
            self.queue.push_back(Event::Default);
            if !self.dtd.standalone.get() {
                self.queue.push_back(Event::NotStandalone);
            }
            return Ok(None);
        }
        let entity = self.dtd.parameter.borrow().get(&name).cloned();
        let Some(entity) = entity else {
            if in_document && (self.dtd.standalone.get() || !had_references) {
                return Err(Stop::Error(Code::UNDEFINED_ENTITY, at));
            }
            self.dtd.keep_processing.set(self.dtd.standalone.get());
            return Ok(Some(Event::Skipped { name, parameter: true }));
        };
        if entity.open.get() {
            return Err(Stop::Error(Code::RECURSIVE_ENTITY_REF, at));
        }
        if let Some(text) = &entity.text {
            self.count_expanded(text.len(), at)?;
            entity.open.set(true);
            let depth = self.open.len();
            self.inputs.push(Input { text: text.clone(), at: 0, entity: Some(entity.clone()), depth });
            return Ok(None);
        }
        if !self.reads_external {
            self.dtd.keep_processing.set(self.dtd.standalone.get());
            return Ok(Some(Event::Default));
        }
        self.dtd.parameter_entity_read.set(false);
        entity.open.set(true);
        self.pending_entity = Some(entity.clone());
        let (system, public, base) = (entity.system.clone(), entity.public.clone(), entity.base.clone());
        Ok(Some(Event::ExternalEntity { context: None, system, public, base }))
    }

    /// What the reader of an external entity answered.
    pub fn external_was_read(&mut self, ok: bool) -> Result<(), Failure> {
        if let Some(entity) = self.pending_entity.take() {
            entity.open.set(false);
        }
        if !ok {
            return Err(self.failure_of(Code::EXTERNAL_ENTITY_HANDLING, None));
        }
        if matches!(self.phase, Phase::Subset) && !self.dtd.parameter_entity_read.get() {
            self.dtd.keep_processing.set(self.dtd.standalone.get());
        }
        Ok(())
    }

    /// Behind the bracket, or the identifiers, of the document type.
    fn subset_end(&mut self) -> Scanned<Option<Event>> {
        let (text, at) = self.here();
        let mut cursor = Cursor::new(text, at);
        if cursor.spaces() {
            let end = cursor.at;
            self.mark(at, end);
            return Ok(Some(Event::Default));
        }
        cursor.peek()?;
        if text[at] != b'>' {
            return Err(Stop::Error(Code::SYNTAX, at));
        }
        self.mark(at, at + 1);
        self.phase = Phase::Prolog;
        self.queue.push_back(Event::EndDoctype);
        let (_, system, public) = self.doctype.clone().unwrap_or_default();
        let outside = system.is_some() || self.foreign_dtd;
        if outside && self.reads_external && self.parameter_entities != ParameterEntities::Never {
            self.dtd.has_parameter_references.set(true);
            self.dtd.parameter_entity_read.set(false);
            let base = self.base.clone();
            return Ok(Some(Event::ExternalEntity { context: None, system, public, base }));
        }
        Ok(None)
    }

    fn count_expanded(&mut self, len: usize, at: usize) -> Scanned<()> {
        self.expanded += len;
        let direct = self.dropped + self.inputs[0].text.len();
        let all = self.expanded + direct;
        if all as u64 > self.amplification.activation && all as f64 / direct.max(1) as f64 > self.amplification.factor {
            return Err(Stop::Error(Code::AMPLIFICATION_LIMIT_BREACH, at));
        }
        Ok(())
    }

    // Content.

    fn content(&mut self) -> Scanned<Option<Event>> {
        let (text, at) = self.here();
        let Some(&first) = text.get(at) else { return self.end_of_content() };
        match first {
            b'<' => self.markup(at),
            b'&' => self.reference(at),
            b'\n' => {
                self.mark(at, at + 1);
                Ok(Some(Event::Char('\n')))
            }
            b'\r' => self.carriage_return(at),
            _ => self.characters(at, false),
        }
    }

    fn end_of_content(&mut self) -> Scanned<Option<Event>> {
        let depth = self.inputs.last().map_or(0, |input| input.depth);
        if self.inputs.len() > 1 {
            if self.open.len() != depth {
                return Err(Stop::Error(Code::ASYNC_ENTITY, 0));
            }
            if let Some(entity) = self.inputs.pop().and_then(|input| input.entity) {
                entity.open.set(false);
            }
            return Ok(None);
        }
        let (_, at) = self.here();
        if !self.is_final || !self.undecoded.is_empty() {
            return Err(match self.is_final {
                true => Stop::Error(Code::PARTIAL_CHAR, at),
                false => Stop::Incomplete,
            });
        }
        if self.external.is_none() {
            return Err(Stop::Error(Code::NO_ELEMENTS, at));
        }
        if !self.open.is_empty() {
            return Err(Stop::Error(Code::ASYNC_ENTITY, at));
        }
        self.mark(at, at);
        self.finished = true;
        Ok(None)
    }

    /// A line end of old: one with the line feed behind it.
    fn carriage_return(&mut self, at: usize) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let end = match text.get(at + 1) {
            Some(b'\n') => at + 2,
            Some(_) => at + 1,
            None if self.inputs.len() > 1 || self.is_final => at + 1,
            None => return Err(Stop::Incomplete),
        };
        self.mark(at, end);
        Ok(Some(Event::Char('\n')))
    }

    /// A run of characters of one line.
    fn characters(&mut self, at: usize, in_cdata: bool) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let mut end = at;
        while let Some(&byte) = text.get(end) {
            match byte {
                b'\n' | b'\r' => break,
                b'<' | b'&' if !in_cdata => break,
                b']' if in_cdata && end > at => break,
                b']' if !in_cdata && text[end..].starts_with(b"]]>") => {
                    if end == at {
                        return Err(Stop::Error(Code::INVALID_TOKEN, end + 2));
                    }
                    break;
                }
                b']' if !in_cdata
                    && end == at
                    && b"]]>".starts_with(&text[end..])
                    && !self.is_final
                    && self.inputs.len() == 1 =>
                {
                    return Err(Stop::Incomplete);
                }
                b']' if !in_cdata && b"]]>".starts_with(&text[end..]) && end > at => break,
                0x20..0x7f | b'\t' => end += 1,
                _ => match chars::first(&text[end..]) {
                    Char::Whole(_, len) => end += len,
                    _ if end > at => break,
                    Char::Partial => return Err(Stop::Incomplete),
                    Char::Invalid => return Err(Stop::Error(Code::INVALID_TOKEN, end)),
                },
            }
        }
        self.mark(at, end);
        Ok(Some(Event::Text(at, end)))
    }

    fn cdata(&mut self) -> Scanned<Option<Event>> {
        let (text, at) = self.here();
        match text.get(at) {
            None if self.is_final || self.inputs.len() > 1 => Err(Stop::Error(Code::UNCLOSED_CDATA_SECTION, at)),
            None => Err(Stop::Incomplete),
            Some(b'\n') => {
                self.mark(at, at + 1);
                Ok(Some(Event::Char('\n')))
            }
            Some(b'\r') => self.carriage_return(at),
            Some(b']') if text[at..].starts_with(b"]]>") => {
                self.mark(at, at + 3);
                self.phase = Phase::Content;
                Ok(Some(Event::EndCdata))
            }
            Some(b']') if b"]]>".starts_with(&text[at..]) => match self.is_final {
                true => Err(Stop::Error(Code::UNCLOSED_CDATA_SECTION, at)),
                false => Err(Stop::Incomplete),
            },
            Some(_) => self.characters(at, true),
        }
    }

    fn reference(&mut self, at: usize) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let mut cursor = Cursor::new(text, at + 1);
        let reference = cursor.reference()?;
        let name = match reference {
            Reference::Char(None) => return Err(Stop::Error(Code::BAD_CHAR_REF, at)),
            Reference::Char(Some(c)) => {
                let end = cursor.at;
                self.mark(at, end);
                return Ok(Some(Event::Char(c)));
            }
            Reference::Entity(name) => name.to_owned(),
        };
        let end = cursor.at;
        if let Some(c) = scan::predefined(&name) {
            self.mark(at, end);
            return Ok(Some(Event::Char(c)));
        }
        let entity = self.dtd.general.borrow().get(&name).cloned();
        let refused = |code| Err(Stop::Error(code, at));
        if !self.dtd.has_parameter_references.get() || self.dtd.standalone.get() {
            match &entity {
                None => return refused(Code::UNDEFINED_ENTITY),
                Some(entity) if !entity.in_document => return refused(Code::ENTITY_DECLARED_IN_PE),
                _ => {}
            }
        }
        let Some(entity) = entity else {
            self.mark(at, end);
            return Ok(Some(Event::Skipped { name, parameter: false }));
        };
        if entity.open.get() {
            return refused(Code::RECURSIVE_ENTITY_REF);
        }
        if entity.notation.is_some() {
            return refused(Code::BINARY_ENTITY_REF);
        }
        self.mark(at, end);
        let Some(text) = &entity.text else {
            if !self.reads_external {
                return Ok(Some(Event::Default));
            }
            entity.open.set(true);
            self.pending_entity = Some(entity.clone());
            let context = self.entity_context();
            let (system, public, base) = (entity.system.clone(), entity.public.clone(), entity.base.clone());
            return Ok(Some(Event::ExternalEntity { context: Some(context), system, public, base }));
        };
        if !self.expand_internal {
            return Ok(Some(Event::Skipped { name, parameter: false }));
        }
        self.count_expanded(text.len(), at)?;
        entity.open.set(true);
        let depth = self.open.len();
        self.inputs.push(Input { text: text.clone(), at: 0, entity: Some(entity.clone()), depth });
        Ok(None)
    }

    /// The open entities and namespaces, as expat's contexts have them.
    fn entity_context(&self) -> String {
        let mut parts: Vec<String> = self.namespaces.iter().flat_map(Namespaces::context).collect();
        let general = self.dtd.general.borrow();
        let mut open: Vec<&str> =
            general.values().filter(|entity| entity.open.get()).map(|entity| entity.name.as_str()).collect();
        open.sort_unstable();
        parts.extend(open.into_iter().map(str::to_owned));
        parts.join("\u{c}")
    }

    fn markup(&mut self, at: usize) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let mut cursor = Cursor::new(text, at + 1);
        match cursor.peek()? {
            b'/' => self.end_tag(at),
            b'!' => {
                cursor.at += 1;
                match cursor.peek()? {
                    b'-' => self.comment(at),
                    b'[' => {
                        cursor.expect_all(b"[CDATA[")?;
                        let end = cursor.at;
                        self.mark(at, end);
                        self.phase = Phase::Cdata;
                        Ok(Some(Event::StartCdata))
                    }
                    _ => cursor.invalid(),
                }
            }
            b'?' => self.instruction(at),
            _ => self.start_tag(at),
        }
    }

    fn start_tag(&mut self, at: usize) -> Scanned<Option<Event>> {
        let mut raw = std::mem::take(&mut self.raw_attributes);
        raw.clear();
        let result = self.start_tag_with(at, &mut raw);
        self.raw_attributes = raw;
        result
    }

    fn start_tag_with(&mut self, at: usize, raw: &mut Vec<RawAttribute>) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let mut cursor = Cursor::new(text, at + 1);
        let (name, empty) = scan::start_tag(&mut cursor, raw)?;
        let name = name.to_owned();
        let end = cursor.at;
        let dtd = self.dtd.clone();
        let declared_of = dtd.attributes.borrow();
        let declared = declared_of.get(&name).map_or(&[][..], Vec::as_slice);
        let mut attributes = std::mem::take(&mut self.attributes);
        attributes.clear();
        let mut expanded = self.expanded;
        let (text, _) = self.here();
        for (index, attribute) in raw.iter().enumerate() {
            let (start, stop) = attribute.name;
            let name = cursor_text(text, start, stop);
            // Few attributes are compared faster than hashed.
            if raw.len() <= 16 && raw[..index].iter().any(|other| text[other.name.0..other.name.1] == text[start..stop]) {
                return Err(Stop::Error(Code::DUPLICATE_ATTRIBUTE, start));
            }
            let is_cdata = declared.iter().find(|known| known.name == name).is_none_or(|known| known.is_cdata);
            let (start, stop) = attribute.value;
            let value = if attribute.plain && is_cdata {
                cursor_text(text, start, stop).to_owned()
            } else {
                let mut out = Vec::with_capacity(stop - start);
                dtd::attribute_value(&dtd, &text[..stop], start, is_cdata, &mut out, &mut expanded)?;
                dtd::finished_value(out, is_cdata)
            };
            attributes.push(Attribute { name: name.to_owned(), value });
        }
        if raw.len() > 16 {
            let mut seen = HashMap::with_capacity(raw.len());
            for attribute in raw.iter() {
                let (start, stop) = attribute.name;
                if seen.insert(&text[start..stop], ()).is_some() {
                    return Err(Stop::Error(Code::DUPLICATE_ATTRIBUTE, start));
                }
            }
        }
        self.expanded = expanded;
        self.specified = attributes.len();
        for known in declared {
            if let Some(default) = &known.default
                && !attributes.iter().any(|attribute| attribute.name == known.name)
            {
                attributes.push(Attribute { name: known.name.clone(), value: default.clone() });
            }
        }
        drop(declared_of);
        self.mark(at, end);
        let mut reported = name.clone();
        let mut bound = 0;
        if let Some(namespaces) = &mut self.namespaces {
            let failed = |code| Stop::Error(code, at);
            let queue = &mut self.queue;
            bound = namespaces.declare(&mut attributes, &mut self.specified, queue).map_err(failed)?;
            reported = namespaces.element(&name).map_err(failed)?;
            namespaces.attributes(&mut attributes).map_err(failed)?;
        }
        self.attributes = attributes;
        self.queue.push_back(Event::Start { name: reported.clone() });
        self.open.push((name, reported));
        self.bindings.push(bound);
        if empty {
            self.close_element();
        }
        Ok(None)
    }

    /// Reports the end of the last open element, and of its namespaces.
    fn close_element(&mut self) {
        if let Some((_, reported)) = self.open.pop() {
            self.queue.push_back(Event::End { name: reported });
        }
        let bound = self.bindings.pop().unwrap_or(0);
        if let Some(namespaces) = &mut self.namespaces {
            namespaces.leave(bound, &mut self.queue);
        }
        if self.open.is_empty() && self.external.is_none() && self.inputs.len() == 1 {
            self.phase = Phase::Epilog;
        }
    }

    fn end_tag(&mut self, at: usize) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let mut cursor = Cursor::new(text, at + 2);
        let name = cursor.name()?;
        cursor.spaces();
        cursor.expect(b'>')?;
        let end = cursor.at;
        let depth = self.inputs.last().map_or(0, |input| input.depth);
        if self.open.len() == depth {
            return Err(Stop::Error(Code::ASYNC_ENTITY, at));
        }
        if self.open.last().is_some_and(|(open, _)| open != name) {
            return Err(Stop::Error(Code::TAG_MISMATCH, at + 2));
        }
        self.mark(at, end);
        self.close_element();
        Ok(None)
    }
}

/// Whether a character begins at a place of bytes.
trait CharStart {
    fn is_char_start(&self, at: usize) -> bool;
}

impl CharStart for Vec<u8> {
    fn is_char_start(&self, at: usize) -> bool {
        self.get(at).is_none_or(|&byte| byte & 0xc0 != 0x80)
    }
}

fn cursor_text(text: &[u8], start: usize, end: usize) -> &str {
    Cursor::new(text, start).text(start, end)
}

/// Something that cannot stand outside of elements: an error of its own when it is a token.
fn stray<T>(text: &[u8], at: usize, code: Code) -> Scanned<T> {
    match chars::first(&text[at..]) {
        Char::Partial => Err(Stop::Incomplete),
        Char::Whole(c, _) if chars::is_name(c) || "%()[]|,>\"'*+?".contains(c) => Err(Stop::Error(code, at)),
        Char::Whole('<', _) => {
            let mut cursor = Cursor::new(text, at + 1);
            match cursor.peek()? {
                b'!' => Err(Stop::Error(code, at)),
                _ => match chars::is_name_start(cursor.char()?) {
                    true => Err(Stop::Error(code, at)),
                    false => Err(Stop::Error(Code::INVALID_TOKEN, at + 1)),
                },
            }
        }
        _ => Err(Stop::Error(Code::INVALID_TOKEN, at)),
    }
}

/// Line ends of all kinds as line feeds.
fn normalized_lines(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// The parts of an XML declaration: where their values lie.
#[derive(Default)]
struct Parts {
    version: Option<(usize, usize)>,
    encoding: Option<(usize, usize)>,
    standalone: Option<bool>,
}

/// Reads the parts behind `<?xml`; an error is the place of it.
fn declaration_parts(text: &[u8], start: usize) -> Result<Parts, usize> {
    let mut parts = Parts::default();
    let mut cursor = Cursor::new(text, start);
    let mut stage = 0;
    loop {
        let spaced = cursor.spaces();
        if cursor.at == text.len() {
            return Ok(parts);
        }
        let at = cursor.at;
        if !spaced {
            return Err(at);
        }
        let name = cursor.name().map_err(|_| at)?;
        cursor.spaces();
        cursor.expect(b'=').map_err(|_| cursor.at)?;
        cursor.spaces();
        let value = cursor.quoted().map_err(|_| cursor.at)?;
        let bytes = &text[value.0..value.1];
        match name {
            "version" if stage == 0 => {
                if !bytes.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte)) {
                    return Err(value.0);
                }
                parts.version = Some(value);
                stage = 1;
            }
            "encoding" if stage <= 1 => {
                if !bytes.first().is_some_and(u8::is_ascii_alphabetic) {
                    return Err(value.0);
                }
                parts.encoding = Some(value);
                stage = 2;
            }
            "standalone" if stage >= 1 => {
                parts.standalone = match bytes {
                    b"yes" => Some(true),
                    b"no" => Some(false),
                    _ => return Err(value.0),
                };
                stage = 3;
            }
            _ => return Err(at),
        }
    }
}
