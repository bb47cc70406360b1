//! Before and behind the root element: declarations, document types, comments.

use super::*;

impl Parser {
    /// The declaration at the very start, if there is one.
    pub(super) fn start(&mut self) -> Scanned<Option<Event>> {
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

    pub(super) fn xml_declaration(&mut self) -> Scanned<Option<Event>> {
        let (text, at) = self.here();
        let mut cursor = Cursor::new(text, at + 2);
        cursor.instruction()?;
        let end = cursor.at;
        let code = if self.external.is_some() { Code::TEXT_DECL } else { Code::XML_DECL };
        let parsed = declaration_parts(&text[..end - 2], at + 5);
        let parts = parsed.map_err(|bad| Stop::Error(code, bad))?;
        if self.external.is_none() && parts.version.is_none() {
            let mut ahead = Cursor::new(text, at + 5);
            ahead.spaces();
            return Err(Stop::Error(code, ahead.at));
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

    pub(super) fn declared_encoding(&mut self, name: String, place: usize) -> Scanned<()> {
        if self.told_encoding {
            return Ok(());
        }
        let big_endian = matches!(self.encoding, Encoding::Utf16 { big_endian: true });
        match Encoding::by_name(&name, big_endian) {
            Some(declared) if declared.is_wide() != self.encoding.is_wide() => {
                self.next_failure = Some((Code::INCORRECT_ENCODING, place));
                Ok(())
            }
            Some(declared) => {
                // What comes behind the declaration is in it.
                self.next_encoding = Some(declared).filter(|_| !self.encoding_fixed);
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
    pub(super) fn miscellaneous(&mut self) -> Scanned<Option<Event>> {
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

    pub(super) fn instruction(&mut self, at: usize) -> Scanned<Option<Event>> {
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

    pub(super) fn comment(&mut self, at: usize) -> Scanned<Option<Event>> {
        let (text, _) = self.here();
        let mut cursor = Cursor::new(text, at + 2);
        cursor.expect_all(b"--")?;
        let event = Event::Comment(normalized_lines(cursor.comment()?));
        let end = cursor.at;
        self.mark(at, end);
        Ok(Some(event))
    }

    pub(super) fn prolog(&mut self) -> Scanned<Option<Event>> {
        let (text, at) = self.here();
        let Some(&first) = text.get(at) else {
            if !self.is_final {
                return Err(Stop::Incomplete);
            }
            let whole = self.undecoded.is_empty();
            return Err(Stop::Error(if whole { Code::NO_ELEMENTS } else { Code::UNCLOSED_TOKEN }, at));
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
            declaration_word(cursor, &["DOCTYPE"])?;
            if self.doctype.is_some() {
                return Err(Stop::Error(Code::SYNTAX, at));
            }
            return self.doctype(at);
        }
        let c = cursor.char()?;
        if !chars::is_name_start(c) {
            return Err(Stop::Error(Code::INVALID_TOKEN, at + 1));
        }
        if self.foreign_dtd
            && self.doctype.is_none()
            && self.reads_external
            && self.parameter_entities != ParameterEntities::Never
        {
            self.foreign_dtd = false;
            self.mark(at, at);
            self.dtd.parameter_entity_read.set(false);
            let base = self.base.clone();
            return Ok(Some(Event::ExternalEntity { context: None, system: None, public: None, base }));
        }
        self.phase = Phase::Content;
        Ok(None)
    }

    pub(super) fn epilog(&mut self) -> Scanned<Option<Event>> {
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

    pub(super) fn doctype(&mut self, at: usize) -> Scanned<Option<Event>> {
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
        // The character that ends the document type is read again behind its declarations.
        self.mark(at, if has_subset { end } else { end - 1 });
        self.event_at = end - 1;
        if system.is_some() || self.foreign_dtd {
            self.dtd.has_parameter_references.set(true);
        }
        self.doctype = Some((name.clone(), system.clone(), public.clone()));
        self.phase = if has_subset { Phase::Subset } else { Phase::SubsetEnd };
        if system.is_some() && !self.dtd.standalone.get() && self.parameter_entities == ParameterEntities::Never {
            self.queue.push_back(Event::NotStandalone);
        }
        self.queue.push_back(Event::StartDoctype { name, system, public, has_subset });
        Ok(None)
    }

    pub(super) fn subset(&mut self) -> Scanned<Option<Event>> {
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
                declaration_word(cursor, &["ELEMENT", "ATTLIST", "ENTITY", "NOTATION"])?;
                self.declaration(at, in_document)
            }
            _ => stray(text, at, Code::SYNTAX),
        }
    }

    pub(super) fn end_of_subset_input(&mut self) -> Scanned<Option<Event>> {
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
    pub(super) fn conditional(&mut self, at: usize) -> Scanned<Option<Event>> {
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

    pub(super) fn declaration(&mut self, at: usize, in_document: bool) -> Scanned<Option<Event>> {
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
    pub(super) fn with_parameters(&self, at: usize, end: usize) -> Scanned<Vec<u8>> {
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

    pub(super) fn parameter_reference(&mut self, at: usize) -> Scanned<Option<Event>> {
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
    pub(super) fn subset_end(&mut self) -> Scanned<Option<Event>> {
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

    pub(super) fn count_expanded(&mut self, len: usize, at: usize) -> Scanned<()> {
        self.expanded += len;
        let direct = self.dropped + self.inputs[0].text.len();
        let all = self.expanded + direct;
        if all as u64 > self.amplification.activation && all as f64 / direct.max(1) as f64 > self.amplification.factor {
            return Err(Stop::Error(Code::AMPLIFICATION_LIMIT_BREACH, at));
        }
        Ok(())
    }
}

/// Something that cannot stand outside of elements: an error of its own when it is a token.
pub(super) fn stray<T>(text: &[u8], at: usize, code: Code) -> Scanned<T> {
    match chars::first(&text[at..]) {
        Char::Partial => Err(Stop::Incomplete),
        Char::Whole('"' | '\'', _) => {
            let mut cursor = Cursor::new(text, at);
            cursor.quoted()?;
            match cursor.peek()? {
                b'>' | b'%' | b'[' => Err(Stop::Error(code, at)),
                byte if is_space(byte) => Err(Stop::Error(code, at)),
                _ => cursor.invalid(),
            }
        }
        Char::Whole(c, _) if chars::is_name(c) => {
            let mut cursor = Cursor::new(text, at);
            match cursor.rest_of_name(at).and_then(|_| cursor.peek()) {
                Ok(byte) if !is_space(byte) && !b">)|,[%+*?".contains(&byte) => cursor.invalid(),
                Err(Stop::Error(code, at)) => Err(Stop::Error(code, at)),
                _ => Err(Stop::Error(code, at)),
            }
        }
        Char::Whole(c, _) if "%()[]|,>*+?".contains(c) => Err(Stop::Error(code, at)),
        Char::Whole('<', _) => {
            let mut cursor = Cursor::new(text, at + 1);
            match cursor.peek()? {
                b'!' => {
                    cursor.at += 1;
                    cursor.peek()?;
                    Err(Stop::Error(code, at))
                }
                _ => match chars::is_name_start(cursor.char()?) {
                    true => Err(Stop::Error(code, at)),
                    false => Err(Stop::Error(Code::INVALID_TOKEN, at + 1)),
                },
            }
        }
        _ => Err(Stop::Error(Code::INVALID_TOKEN, at)),
    }
}

/// Checks the word that a declaration begins with.
fn declaration_word(mut cursor: Cursor<'_>, words: &[&str]) -> Scanned<()> {
    let start = cursor.at;
    while cursor.peek()?.is_ascii_alphabetic() {
        cursor.at += 1;
    }
    let end = cursor.at;
    match cursor.peek()? {
        byte if !is_space(byte) && byte != b'%' => cursor.invalid(),
        _ if words.contains(&cursor.text(start, end)) => Ok(()),
        _ => Err(Stop::Error(Code::SYNTAX, start - 2)),
    }
}

/// Line ends of all kinds as line feeds.
pub(super) fn normalized_lines(text: &str) -> String {
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
