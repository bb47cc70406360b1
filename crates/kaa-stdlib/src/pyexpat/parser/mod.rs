//! The parser: fed with bytes, asked for one event after the other.
//!
//! Input is UTF-8 in a buffer per entity. Markup is only read when it is whole; text as it comes.
//! Nothing here knows Python.

mod content;
mod prolog;

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
    /// Bytes that there were when a token was not whole, and nothing before it was new.
    stuck_at: usize,
    /// Whether something was read since the last bytes came.
    progress: bool,
    /// Whether the encoding was told from outside: what the document says does not count.
    told_encoding: bool,
    pub deferral: bool,
    failed: Option<Code>,
    finished: bool,
    pending_entity: Option<Rc<Entity>>,
    next_encoding: Option<Encoding>,
    /// An error behind the events that were found together.
    next_failure: Option<(Code, usize)>,
    /// Whether start tags have a handler: the end of an empty element is then a place of its own.
    pub reports_starts: bool,
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
        let told_encoding = encoding.is_some();
        Parser {
            encoding_fixed: told_encoding,
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
            progress: false,
            told_encoding,
            deferral: true,
            failed: None,
            finished: false,
            pending_entity: None,
            next_encoding: None,
            next_failure: None,
            reports_starts: false,
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
        self.progress = false;
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
            [first, 0, ..] if first != 0 => (Encoding::Utf16 { big_endian: false }, 0),
            [0, ..] => (Encoding::Utf16 { big_endian: true }, 0),
            _ => return,
        };
        self.encoding_fixed = mark > 0 || encoding.is_wide();
        self.encoding = encoding;
        self.undecoded.drain(..mark);
        self.dropped = mark;
        // The mark counts as a character.
        self.column = usize::from(mark > 0);
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
                self.column = 1;
            }
        }
        let used = self.encoding.decode(&self.undecoded, &mut self.inputs[0].text);
        self.undecoded.drain(..used);
    }

    /// Whether the document is in another encoding than UTF-8.
    pub fn is_transcoded(&self) -> bool {
        self.encoding != Encoding::Utf8
    }

    /// Whether it parses an external entity of another document.
    pub fn is_external(&self) -> bool {
        self.external.is_some()
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
        (self.position_at, self.event_at, self.raw) = (0, 0, (0, 0));
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
        input.get(start..end).and_then(|part| std::str::from_utf8(part).ok()).unwrap_or_default()
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
        if let Some(event) = self.take_queued() {
            return Ok(Some(event));
        }
        if self.finished {
            return Ok(None);
        }
        if let Some((code, at)) = self.next_failure.take() {
            return Err(self.failure_of(code, Some(at)));
        }
        if let Some(encoding) = self.next_encoding.take() {
            self.change_encoding(encoding);
        }
        loop {
            let unread = self.inputs[0].text.len() - self.inputs[0].at;
            if self.inputs.len() == 1
                && self.deferral
                && !self.is_final
                && self.stuck_at > 0
                && unread < self.stuck_at * 2
            {
                return Ok(self.pause());
            }
            match self.step() {
                Ok(Some(event)) => {
                    (self.stuck_at, self.progress) = (0, true);
                    return Ok(Some(event));
                }
                Ok(None) => {
                    if let Some(event) = self.take_queued() {
                        (self.stuck_at, self.progress) = (0, true);
                        return Ok(Some(event));
                    }
                    if let Some((code, at)) = self.next_failure.take() {
                        return Err(self.failure_of(code, Some(at)));
                    }
                    if self.finished {
                        return Ok(self.pause());
                    }
                }
                Err(Stop::Incomplete) if self.inputs.len() > 1 => {
                    // An entity ends within markup.
                    let subset = self.phase == Phase::Subset;
                    return Err(self.failure_of(if subset { Code::INCOMPLETE_PE } else { Code::UNCLOSED_TOKEN }, None));
                }
                Err(Stop::Incomplete) if !self.is_final => {
                    let unread = self.inputs[0].text.len() - self.inputs[0].at;
                    self.stuck_at = if self.progress { 0 } else { unread };
                    self.drop_parsed();
                    return Ok(self.pause());
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

    /// No event: the place is where reading stopped.
    fn pause(&mut self) -> Option<Event> {
        if self.inputs.len() == 1 {
            self.event_at = self.inputs[0].at;
        }
        None
    }

    /// Whether the event's text is the tag of an empty element.
    pub fn at_empty_element(&self) -> bool {
        self.raw_text().ends_with("/>")
    }

    /// The next event of those that were found together.
    fn take_queued(&mut self) -> Option<Event> {
        let event = self.queue.pop_front()?;
        // The end of an empty element is where its tag ends, and has no text of its own.
        if matches!(event, Event::End { .. }) && self.reports_starts && self.at_empty_element() {
            let end = self.raw.1;
            self.raw = (end, end);
            if self.inputs.len() == 1 {
                self.event_at = end;
            }
        }
        Some(event)
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
