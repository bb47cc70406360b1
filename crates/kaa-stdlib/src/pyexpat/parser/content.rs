//! Elements and what is in them.

use super::*;

impl Parser {
    // Content.

    pub(super) fn content(&mut self) -> Scanned<Option<Event>> {
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

    pub(super) fn end_of_content(&mut self) -> Scanned<Option<Event>> {
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
    pub(super) fn carriage_return(&mut self, at: usize) -> Scanned<Option<Event>> {
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
    pub(super) fn characters(&mut self, at: usize, in_cdata: bool) -> Scanned<Option<Event>> {
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
                b']' if !in_cdata && b"]]>".starts_with(&text[end..]) && end > at && text[at] != b']' => break,
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

    pub(super) fn cdata(&mut self) -> Scanned<Option<Event>> {
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

    pub(super) fn reference(&mut self, at: usize) -> Scanned<Option<Event>> {
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
    pub(super) fn entity_context(&self) -> String {
        let mut parts: Vec<String> = self.namespaces.iter().flat_map(Namespaces::context).collect();
        let general = self.dtd.general.borrow();
        let mut open: Vec<&str> =
            general.values().filter(|entity| entity.open.get()).map(|entity| entity.name.as_str()).collect();
        open.sort_unstable();
        parts.extend(open.into_iter().map(str::to_owned));
        parts.join("\u{c}")
    }

    pub(super) fn markup(&mut self, at: usize) -> Scanned<Option<Event>> {
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

    pub(super) fn start_tag(&mut self, at: usize) -> Scanned<Option<Event>> {
        let mut raw = std::mem::take(&mut self.raw_attributes);
        raw.clear();
        let result = self.start_tag_with(at, &mut raw);
        self.raw_attributes = raw;
        result
    }

    pub(super) fn start_tag_with(&mut self, at: usize, raw: &mut Vec<RawAttribute>) -> Scanned<Option<Event>> {
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
            if raw.len() <= 16 && raw[..index].iter().any(|other| text[other.name.0..other.name.1] == text[start..stop])
            {
                return Err(Stop::Error(Code::DUPLICATE_ATTRIBUTE, start));
            }
            let is_cdata = declared.iter().find(|known| known.name == name).is_none_or(|known| known.is_cdata);
            let (start, stop) = attribute.value;
            let value = if attribute.plain && is_cdata {
                cursor_text(text, start, stop).to_owned()
            } else {
                let mut out = Vec::with_capacity(stop - start);
                let value = dtd::attribute_value(&dtd, &text[..stop], start, is_cdata, &mut out, &mut expanded);
                // As in expat the place of some errors is that of the tag.
                value.map_err(|stop| match stop {
                    Stop::Error(Code::UNDEFINED_ENTITY, _) => Stop::Error(Code::UNDEFINED_ENTITY, at),
                    Stop::Error(code, dtd::WITHIN_ENTITY) => Stop::Error(code, at),
                    stop => stop,
                })?;
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
            if let Err(code) = namespaces.attributes(&mut attributes) {
                self.next_failure = Some((code, at));
                self.attributes = attributes;
                return Ok(None);
            }
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
    pub(super) fn close_element(&mut self) {
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

    pub(super) fn end_tag(&mut self, at: usize) -> Scanned<Option<Event>> {
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

fn cursor_text(text: &[u8], start: usize, end: usize) -> &str {
    Cursor::new(text, start).text(start, end)
}
