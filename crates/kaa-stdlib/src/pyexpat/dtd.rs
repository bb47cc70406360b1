//! Document types: what they declare, and reading their declarations.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::chars::{self, is_space};
use super::error::Code;
use super::events::{Event, Model};
use super::scan::{Cursor, Reference, Scanned, Stop};

/// An entity.
#[derive(Debug, Default)]
pub struct Entity {
    pub name: String,
    /// The text of an internal one.
    pub text: Option<Vec<u8>>,
    pub system: Option<String>,
    pub public: Option<String>,
    /// Of an unparsed one.
    pub notation: Option<String>,
    pub base: Option<String>,
    /// Whether it is being expanded.
    pub open: Cell<bool>,
    /// Whether it was declared in the document itself, outside of parameter entities.
    pub in_document: bool,
}

/// An attribute that was declared for an element.
#[derive(Debug)]
pub struct Declared {
    pub name: String,
    pub is_cdata: bool,
    pub default: Option<String>,
}

/// What was declared. Parsers of external entities share it with the one of the document.
#[derive(Debug)]
pub struct Dtd {
    pub general: RefCell<HashMap<String, Rc<Entity>>>,
    pub parameter: RefCell<HashMap<String, Rc<Entity>>>,
    pub attributes: RefCell<HashMap<String, Vec<Declared>>>,
    pub has_parameter_references: Cell<bool>,
    pub standalone: Cell<bool>,
    /// Whether declarations still count: not behind a parameter entity that was not read.
    pub keep_processing: Cell<bool>,
    pub parameter_entity_read: Cell<bool>,
}

impl Default for Dtd {
    fn default() -> Dtd {
        Dtd {
            general: RefCell::default(),
            parameter: RefCell::default(),
            attributes: RefCell::default(),
            has_parameter_references: Cell::new(false),
            standalone: Cell::new(false),
            keep_processing: Cell::new(true),
            parameter_entity_read: Cell::new(false),
        }
    }
}

/// The deepest nesting of a content model.
const DEEPEST_MODEL: usize = 1000;

/// Where a declaration ends: behind its `>`, which stands in no quotes.
pub fn declaration_end(bytes: &[u8], start: usize) -> Scanned<usize> {
    let mut cursor = Cursor::new(bytes, start);
    loop {
        match cursor.peek()? {
            b'"' | b'\'' => {
                cursor.quoted()?;
            }
            b'>' => return Ok(cursor.at + 1),
            b'<' if cursor.at > start => return cursor.invalid(),
            _ => {
                cursor.char()?;
            }
        }
    }
}

/// The tokens of a declaration, for the default handler.
pub fn tokens(bytes: &[u8], start: usize, end: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = start;
    while at < end {
        let from = at;
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                at += 1;
                at += bytes[at..end].iter().position(|&byte| byte == quote).map_or(end - at, |len| len + 1);
            }
            byte if is_space(byte) => {
                while at < end && is_space(bytes[at]) {
                    at += 1;
                }
            }
            b'<' | b'#' => {
                at += 1;
                while at < end && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'!') {
                    at += 1;
                }
            }
            b'(' | b')' | b'|' | b',' | b'>' | b'[' | b']' | b'%' => {
                at += 1;
                while bytes[from] == b')' && at < end && matches!(bytes[at], b'*' | b'+' | b'?') {
                    at += 1;
                }
            }
            _ => {
                while at < end && !is_space(bytes[at]) && !b"\"'<#()|,>[]%".contains(&bytes[at]) {
                    at += 1;
                }
            }
        }
        found.push((from, at));
    }
    found
}

/// A reader of one declaration.
pub struct Declaration<'a> {
    pub cursor: Cursor<'a>,
    pub dtd: &'a Dtd,
    pub base: Option<String>,
    /// Whether the declaration stands in the document itself.
    pub in_document: bool,
}

/// An identifier of something outside: system and public.
type ExternalId = (Option<String>, Option<String>);

fn syntax<T>(cursor: &Cursor<'_>) -> Scanned<T> {
    Err(Stop::Error(Code::SYNTAX, cursor.at))
}

impl<'a> Declaration<'a> {
    fn space(&mut self) -> Scanned<()> {
        if self.cursor.spaces() { Ok(()) } else { syntax(&self.cursor) }
    }

    fn name(&mut self) -> Scanned<String> {
        let at = self.cursor.at;
        match self.cursor.name() {
            Ok(name) => Ok(name.to_owned()),
            Err(Stop::Error(..)) if self.cursor.bytes[at] == b'%' => Err(Stop::Error(Code::PARAM_ENTITY_REF, at)),
            Err(Stop::Error(..)) if self.cursor.at == at => Err(Stop::Error(Code::SYNTAX, at)),
            Err(stop) => Err(stop),
        }
    }

    fn keyword(&mut self, word: &str) -> bool {
        let rest = &self.cursor.bytes[self.cursor.at..];
        let found =
            rest.starts_with(word.as_bytes()) && rest.get(word.len()).is_none_or(|&byte| !byte.is_ascii_alphanumeric());
        if found {
            self.cursor.at += word.len();
        }
        found
    }

    fn end(&mut self) -> Scanned<()> {
        self.cursor.spaces();
        if self.cursor.peek()? != b'>' {
            return syntax(&self.cursor);
        }
        self.cursor.at += 1;
        Ok(())
    }

    fn literal(&mut self) -> Scanned<(usize, usize)> {
        match self.cursor.peek()? {
            b'"' | b'\'' => self.cursor.quoted(),
            _ => syntax(&self.cursor),
        }
    }

    /// `SYSTEM "…"` or `PUBLIC "…" "…"`; for notations the last may be missing.
    pub fn external_id(&mut self, system_may_miss: bool) -> Scanned<Option<ExternalId>> {
        let text = |this: &Self, (start, end)| this.cursor.text(start, end).to_owned();
        if self.keyword("SYSTEM") {
            self.space()?;
            let system = self.literal()?;
            return Ok(Some((Some(text(self, system)), None)));
        }
        if !self.keyword("PUBLIC") {
            return Ok(None);
        }
        self.space()?;
        let public = self.literal()?;
        let bytes = &self.cursor.bytes[public.0..public.1];
        if let Some(bad) = bytes.iter().position(|&byte| !chars::is_public_id(byte)) {
            return Err(Stop::Error(Code::PUBLICID, public.0 + bad));
        }
        let public = text(self, public).split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let spaced = self.cursor.spaces();
        match self.cursor.peek()? {
            b'"' | b'\'' if spaced => {
                let system = self.literal()?;
                Ok(Some((Some(text(self, system)), Some(public))))
            }
            _ if system_may_miss => Ok(Some((None, Some(public)))),
            _ => syntax(&self.cursor),
        }
    }

    /// Reads a declaration of the subset behind `<!`; gives what to report.
    pub fn read(&mut self, events: &mut Vec<Event>) -> Scanned<()> {
        if self.keyword("ELEMENT") {
            self.element(events)
        } else if self.keyword("ATTLIST") {
            self.attlist(events)
        } else if self.keyword("ENTITY") {
            self.entity(events)
        } else if self.keyword("NOTATION") {
            self.notation(events)
        } else {
            self.cursor.invalid()
        }
    }

    fn notation(&mut self, events: &mut Vec<Event>) -> Scanned<()> {
        self.space()?;
        let name = self.name()?;
        self.space()?;
        let Some((system, public)) = self.external_id(true)? else { return syntax(&self.cursor) };
        self.end()?;
        events.push(Event::Notation { name, system, public });
        Ok(())
    }

    fn entity(&mut self, events: &mut Vec<Event>) -> Scanned<()> {
        self.space()?;
        let mut parameter = false;
        if self.cursor.peek()? == b'%' {
            self.cursor.at += 1;
            self.space()?;
            parameter = true;
        }
        let mut entity =
            Entity { name: self.name()?, base: self.base.clone(), in_document: self.in_document, ..Entity::default() };
        self.space()?;
        if let Some((system, public)) = self.external_id(false)? {
            (entity.system, entity.public) = (system, public);
            let spaced = self.cursor.spaces();
            if spaced && !parameter && self.keyword("NDATA") {
                self.space()?;
                entity.notation = Some(self.name()?);
            }
        } else {
            let (start, end) = self.literal()?;
            entity.text = Some(self.entity_value(start, end)?);
        }
        self.end()?;
        let table = if parameter { &self.dtd.parameter } else { &self.dtd.general };
        let predefined = !parameter && super::scan::predefined(&entity.name).is_some();
        // The first declaration counts.
        if predefined || !self.dtd.keep_processing.get() || table.borrow().contains_key(&entity.name) {
            events.push(Event::Default);
            return Ok(());
        }
        events.push(Event::Entity {
            name: entity.name.clone(),
            parameter,
            value: entity.text.as_ref().map(|text| String::from_utf8_lossy(text).into_owned()),
            system: entity.system.clone(),
            public: entity.public.clone(),
            notation: entity.notation.clone(),
        });
        table.borrow_mut().insert(entity.name.clone(), Rc::new(entity));
        Ok(())
    }

    /// The text of an entity: references to characters are replaced, those to entities stay.
    fn entity_value(&self, start: usize, end: usize) -> Scanned<Vec<u8>> {
        let mut out = Vec::new();
        let mut cursor = Cursor::new(&self.cursor.bytes[..end], start);
        while cursor.at < end {
            let at = cursor.at;
            match cursor.bytes[at] {
                b'&' => {
                    cursor.at += 1;
                    match cursor.reference().map_err(|_| Stop::Error(Code::INVALID_TOKEN, at))? {
                        Reference::Char(Some(c)) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                        Reference::Char(None) => return Err(Stop::Error(Code::BAD_CHAR_REF, at)),
                        Reference::Entity(_) => out.extend_from_slice(&cursor.bytes[at..cursor.at]),
                    }
                }
                b'%' if self.in_document => return Err(Stop::Error(Code::PARAM_ENTITY_REF, at)),
                b'%' => {
                    cursor.at += 1;
                    let name = cursor.name()?;
                    cursor.expect(b';')?;
                    match self.dtd.parameter.borrow().get(name) {
                        Some(entity) => out.extend_from_slice(entity.text.as_deref().unwrap_or_default()),
                        None => self.dtd.keep_processing.set(self.dtd.standalone.get()),
                    }
                }
                b'\r' => {
                    cursor.at += 1 + usize::from(cursor.bytes.get(at + 1) == Some(&b'\n'));
                    out.push(b'\n');
                }
                _ => {
                    cursor.char()?;
                    out.extend_from_slice(&cursor.bytes[at..cursor.at]);
                }
            }
        }
        Ok(out)
    }

    fn attlist(&mut self, events: &mut Vec<Event>) -> Scanned<()> {
        self.space()?;
        let element = self.name()?;
        loop {
            let spaced = self.cursor.spaces();
            if self.cursor.peek()? == b'>' {
                self.cursor.at += 1;
                if events.is_empty() {
                    events.push(Event::Default);
                }
                return Ok(());
            }
            if !spaced {
                return syntax(&self.cursor);
            }
            let name = self.name()?;
            self.space()?;
            let kind = self.attribute_type()?;
            self.space()?;
            let (required, default) = self.attribute_default(kind == "CDATA")?;
            let event = Event::Attlist {
                element: element.clone(),
                attribute: name.clone(),
                kind: kind.clone(),
                default: default.clone(),
                required,
            };
            if self.dtd.keep_processing.get() {
                let mut tables = self.dtd.attributes.borrow_mut();
                let declared = tables.entry(element.clone()).or_default();
                if !declared.iter().any(|attribute| attribute.name == name) {
                    declared.push(Declared { name, is_cdata: kind == "CDATA", default });
                }
                events.push(event);
            }
        }
    }

    fn attribute_type(&mut self) -> Scanned<String> {
        const WORDS: [&str; 8] = ["CDATA", "IDREFS", "IDREF", "ID", "ENTITY", "ENTITIES", "NMTOKENS", "NMTOKEN"];
        if let Some(word) = WORDS.into_iter().find(|word| self.keyword(word)) {
            return Ok(word.to_owned());
        }
        let mut kind = String::new();
        if self.keyword("NOTATION") {
            self.space()?;
            kind.push_str("NOTATION");
        }
        if self.cursor.peek()? != b'(' {
            return syntax(&self.cursor);
        }
        let mut before = '(';
        loop {
            self.cursor.at += 1;
            self.cursor.spaces();
            let start = self.cursor.at;
            let token = self.cursor.rest_of_name(start)?;
            if token.is_empty() {
                return syntax(&self.cursor);
            }
            kind.push(before);
            kind.push_str(token);
            before = '|';
            self.cursor.spaces();
            match self.cursor.peek()? {
                b'|' => {}
                b')' => {
                    self.cursor.at += 1;
                    kind.push(')');
                    return Ok(kind);
                }
                _ => return syntax(&self.cursor),
            }
        }
    }

    /// Whether the attribute is required or fixed, and its default.
    fn attribute_default(&mut self, is_cdata: bool) -> Scanned<(bool, Option<String>)> {
        if self.keyword("#REQUIRED") {
            return Ok((true, None));
        }
        if self.keyword("#IMPLIED") {
            return Ok((false, None));
        }
        let fixed = self.keyword("#FIXED");
        if fixed {
            self.space()?;
        }
        let (start, end) = self.literal()?;
        let mut out = Vec::new();
        let at = self.cursor.at;
        let value = attribute_value(self.dtd, &self.cursor.bytes[..end], start, is_cdata, &mut out, &mut 0);
        value.map_err(|stop| match stop {
            Stop::Error(code, WITHIN_ENTITY) => Stop::Error(code, at),
            stop => stop,
        })?;
        Ok((fixed, Some(finished_value(out, is_cdata))))
    }

    fn element(&mut self, events: &mut Vec<Event>) -> Scanned<()> {
        self.space()?;
        let name = self.name()?;
        self.space()?;
        let model = if self.keyword("EMPTY") {
            Model::leaf(1)
        } else if self.keyword("ANY") {
            Model::leaf(2)
        } else if self.cursor.peek()? == b'(' {
            self.cursor.at += 1;
            self.cursor.spaces();
            if self.keyword("#PCDATA") { self.mixed()? } else { self.children(0)? }
        } else {
            return syntax(&self.cursor);
        };
        self.end()?;
        events.push(Event::Element { name, model });
        Ok(())
    }

    fn mixed(&mut self) -> Scanned<Model> {
        let mut model = Model::leaf(3);
        loop {
            self.cursor.spaces();
            match self.cursor.peek()? {
                b'|' => {
                    self.cursor.at += 1;
                    self.cursor.spaces();
                    let name = self.name()?;
                    model.children.push(Model { name: Some(name), ..Model::leaf(4) });
                }
                b')' => {
                    self.cursor.at += 1;
                    let repeated = self.cursor.peek()? == b'*';
                    if repeated {
                        self.cursor.at += 1;
                        model.quantifier = 2;
                    } else if !model.children.is_empty() {
                        return syntax(&self.cursor);
                    }
                    return Ok(model);
                }
                _ => return syntax(&self.cursor),
            }
        }
    }

    fn quantifier(&mut self) -> Scanned<i32> {
        let quantifier = match self.cursor.peek()? {
            b'?' => 1,
            b'*' => 2,
            b'+' => 3,
            _ => return Ok(0),
        };
        self.cursor.at += 1;
        Ok(quantifier)
    }

    /// A choice or a sequence behind its parenthesis.
    fn children(&mut self, depth: usize) -> Scanned<Model> {
        if depth > DEEPEST_MODEL {
            return Err(Stop::Error(Code::NO_MEMORY, self.cursor.at));
        }
        let mut model = Model::leaf(6);
        let mut separator = None;
        loop {
            self.cursor.spaces();
            if self.cursor.peek()? == b'(' {
                self.cursor.at += 1;
                model.children.push(self.children(depth + 1)?);
            } else {
                let name = self.name()?;
                let quantifier = self.quantifier()?;
                model.children.push(Model { name: Some(name), quantifier, ..Model::leaf(4) });
            }
            self.cursor.spaces();
            match self.cursor.peek()? {
                b')' => {
                    self.cursor.at += 1;
                    model.quantifier = self.quantifier()?;
                    return Ok(model);
                }
                byte @ (b'|' | b',') if separator.is_none_or(|separator| separator == byte) => {
                    separator = Some(byte);
                    model.kind = if byte == b'|' { 5 } else { 6 };
                    self.cursor.at += 1;
                }
                _ => return syntax(&self.cursor),
            }
        }
    }
}

/// How deep entities may be nested within attribute values.
const DEEPEST_ENTITIES: usize = 500;

/// The place of an error within the text of an entity.
pub const WITHIN_ENTITY: usize = usize::MAX;

/// Appends the value of an attribute: white space as spaces, references replaced.
pub fn attribute_value(
    dtd: &Dtd,
    bytes: &[u8],
    start: usize,
    is_cdata: bool,
    out: &mut Vec<u8>,
    expanded: &mut usize,
) -> Scanned<()> {
    append_value(dtd, bytes, start, is_cdata, out, expanded, 0)
}

fn append_value(
    dtd: &Dtd,
    bytes: &[u8],
    start: usize,
    is_cdata: bool,
    out: &mut Vec<u8>,
    expanded: &mut usize,
    depth: usize,
) -> Scanned<()> {
    let collapses = |out: &Vec<u8>| !is_cdata && out.last().is_none_or(|&last| last == b' ');
    let mut cursor = Cursor::new(bytes, start);
    while cursor.at < bytes.len() {
        let at = cursor.at;
        match bytes[at] {
            b'&' => {
                cursor.at += 1;
                match cursor.reference().map_err(|_| Stop::Error(Code::INVALID_TOKEN, at))? {
                    Reference::Char(Some(' ')) if collapses(out) => {}
                    Reference::Char(Some(c)) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    Reference::Char(None) => return Err(Stop::Error(Code::BAD_CHAR_REF, at)),
                    Reference::Entity(name) => {
                        if let Some(c) = super::scan::predefined(name) {
                            out.push(c as u8);
                            continue;
                        }
                        let refused = |code| Err(Stop::Error(code, at));
                        let Some(entity) = dtd.general.borrow().get(name).cloned() else {
                            if !dtd.has_parameter_references.get() || dtd.standalone.get() {
                                return refused(Code::UNDEFINED_ENTITY);
                            }
                            continue;
                        };
                        if entity.open.get() || depth > DEEPEST_ENTITIES {
                            return refused(Code::RECURSIVE_ENTITY_REF);
                        }
                        if entity.notation.is_some() {
                            return refused(Code::BINARY_ENTITY_REF);
                        }
                        let Some(text) = &entity.text else {
                            return refused(Code::ATTRIBUTE_EXTERNAL_ENTITY_REF);
                        };
                        *expanded += text.len();
                        if *expanded > super::parser::MOST_EXPANDED {
                            return refused(Code::AMPLIFICATION_LIMIT_BREACH);
                        }
                        entity.open.set(true);
                        let result = append_value(dtd, text, 0, is_cdata, out, expanded, depth + 1);
                        entity.open.set(false);
                        // Places in the entity mean nothing in the document.
                        result.map_err(|stop| match stop {
                            Stop::Error(code, _) => Stop::Error(code, WITHIN_ENTITY),
                            Stop::Incomplete => Stop::Error(Code::INVALID_TOKEN, WITHIN_ENTITY),
                        })?;
                    }
                }
            }
            b'\r' | b'\n' | b'\t' | b' ' => {
                cursor.at += 1 + usize::from(bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n'));
                if !collapses(out) {
                    out.push(b' ');
                }
            }
            b'<' => return Err(Stop::Error(Code::INVALID_TOKEN, at)),
            _ => {
                cursor.char()?;
                out.extend_from_slice(&bytes[at..cursor.at]);
            }
        }
    }
    Ok(())
}

/// The value, without the space at the end that a list of tokens may have.
pub fn finished_value(mut out: Vec<u8>, is_cdata: bool) -> String {
    if !is_cdata && out.last() == Some(&b' ') {
        out.pop();
    }
    String::from_utf8(out).unwrap_or_default()
}
