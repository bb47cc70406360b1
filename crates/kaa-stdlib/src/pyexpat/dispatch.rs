//! From events to calls of handlers.

use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use super::encoding::Encoding;
use super::error::Code;
use super::events::{Event, Model};
use super::handlers::{Handler, PyXmlParser};
use super::{raise, unknown_encoding};

type This = Gc<PyXmlParser>;

/// The longest text at once of a document that is not UTF-8.
const CONVERTED: usize = 1024;

/// Parses bytes; raises what a handler raised, or an error of the document.
pub fn parse(vm: &Vm, this: This, bytes: &[u8], is_final: bool, method: &str) -> PyResult<()> {
    if this.parsing.get() {
        return Err(vm.runtime_error(format_args!("cannot call {method}() from within a handler")));
    }
    if this.parser.borrow().is_finished() {
        return Err(failed(vm, this, Code::FINISHED));
    }
    let wanted = this.wanted_encoding.borrow_mut().take();
    if let Some(name) = wanted {
        let table = table_of(vm, this, &name)?;
        **this.parser.borrow_mut() = with_encoding(&this, Encoding::Table(table));
    }
    {
        let mut parser = this.parser.borrow_mut();
        parser.reads_external = this.handler(Handler::ExternalEntityRef).is_some();
        parser.feed(bytes, is_final);
    }
    this.parsing.set(true);
    let result = run(vm, this);
    this.parsing.set(false);
    result?;
    flush(vm, this)
}

/// The parser anew, before it began, with an encoding that is only known now.
fn with_encoding(this: &This, encoding: Encoding) -> super::parser::Parser {
    let old = this.parser.borrow();
    old.again_with(encoding)
}

fn table_of(vm: &Vm, this: This, name: &str) -> PyResult<Box<[Option<char>; 256]>> {
    let table = unknown_encoding::table(vm, name);
    match vm.catch(table, vm.exceptions().LookupError)? {
        Ok(Some(table)) => Ok(table),
        Ok(None) => {
            this.parser.borrow_mut().fail(Code::UNKNOWN_ENCODING);
            Err(failed(vm, this, Code::UNKNOWN_ENCODING))
        }
        Err(exception) => {
            this.parser.borrow_mut().fail(Code::UNKNOWN_ENCODING);
            Err(vm.raise_again(exception))
        }
    }
}

/// Raises an error of the document at the current place.
#[cold]
fn failed(vm: &Vm, this: This, code: Code) -> Raised {
    let (line, column) = this.parser.borrow_mut().position();
    raise(vm, code, line, column)
}

fn run(vm: &Vm, this: This) -> PyResult<()> {
    loop {
        let next = {
            let mut parser = this.parser.borrow_mut();
            // A default handler gets references as they are.
            parser.expand_internal =
                this.handler(Handler::Default).is_none() || this.handler(Handler::DefaultExpand).is_some();
            parser.reports_starts = this.handler(Handler::StartElement).is_some();
            parser.next()
        };
        match next {
            Ok(Some(event)) => {
                if let Err(raised) = dispatch(vm, this, event) {
                    // What a handler raises stops the parser for good.
                    if let Ok(mut parser) = this.parser.try_borrow_mut()
                        && parser.failure().is_none()
                    {
                        parser.fail(Code::ABORTED);
                    }
                    return Err(raised);
                }
            }
            Ok(None) => return Ok(()),
            Err(failure) => {
                flush(vm, this)?;
                // The only memory that runs out is that of nested models.
                if failure.code == Code::NO_MEMORY {
                    return Err(vm.recursion_error("maximum recursion depth exceeded in a content model"));
                }
                return Err(failed(vm, this, failure.code));
            }
        }
    }
}

/// Gives the text that waits to its handler.
pub fn flush(vm: &Vm, this: This) -> PyResult<()> {
    if this.buffer.borrow().is_empty() {
        return Ok(());
    }
    let text = std::mem::take(&mut *this.buffer.borrow_mut());
    if let Some(handler) = this.handler(Handler::CharacterData) {
        let text = vm.new_str(&text)?;
        vm.call(handler, &[text.value()])?;
    }
    Ok(())
}

fn optional(vm: &Vm, text: Option<&str>) -> PyResult {
    match text {
        Some(text) => Ok(vm.new_str(text)?.value()),
        None => Ok(Value::NONE),
    }
}

/// A name as an object, the same one each time.
fn interned(vm: &Vm, this: This, name: &str) -> PyResult {
    let text = vm.new_str(name)?.value();
    let Some(dict) = this.intern.get() else { return Ok(text) };
    if let Some(known) = dict.get(vm, text)? {
        return Ok(known);
    }
    dict.set(vm, text, text)?;
    Ok(text)
}

fn interned_or_none(vm: &Vm, this: This, name: Option<&str>) -> PyResult {
    name.map_or(Ok(Value::NONE), |name| interned(vm, this, name))
}

/// Calls a handler, behind the text that came before.
fn call(vm: &Vm, this: This, handler: Value, args: &[Value]) -> PyResult {
    flush(vm, this)?;
    vm.call(handler, args)
}

/// Gives the text of the event to the default handler.
fn default(vm: &Vm, this: This) -> PyResult<()> {
    let Some(handler) = this.default_handler() else { return Ok(()) };
    let text: Gc<PyStr> = {
        let parser = this.parser.borrow();
        let raw = parser.raw_text();
        if raw.is_empty() {
            return Ok(());
        }
        vm.new_str(raw)?
    };
    call(vm, this, handler, &[text.value()])?;
    Ok(())
}

/// As [`default`], a call for each token of a declaration.
fn default_tokens(vm: &Vm, this: This) -> PyResult<()> {
    let Some(handler) = this.default_handler() else { return Ok(()) };
    let text = this.parser.borrow().raw_text().to_owned();
    for (start, end) in super::dtd::tokens(text.as_bytes(), 0, text.len()) {
        let token = vm.new_str(text.get(start..end).unwrap_or_default())?;
        call(vm, this, handler, &[token.value()])?;
    }
    Ok(())
}

/// Text: now, or together with what follows.
fn characters(vm: &Vm, this: This, text: &str) -> PyResult<()> {
    let Some(handler) = this.handler(Handler::CharacterData) else { return default(vm, this) };
    if !this.buffer_text.get() {
        let text = vm.new_str(text)?;
        vm.call(handler, &[text.value()])?;
        return Ok(());
    }
    let size = this.buffer_size.get();
    if this.buffer.borrow().len() + text.len() > size {
        flush(vm, this)?;
        // The handler may be another now.
        let Some(handler) = this.handler(Handler::CharacterData) else { return Ok(()) };
        if text.len() > size {
            let text = vm.new_str(text)?;
            vm.call(handler, &[text.value()])?;
            return Ok(());
        }
    }
    this.buffer.borrow_mut().push_str(text);
    Ok(())
}

fn start_element(vm: &Vm, this: This, name: &str) -> PyResult<()> {
    if this.handler(Handler::StartElement).is_none() {
        // The tag of an empty element is for the handler of its end, if there is one.
        let at_end = this.handler(Handler::EndElement).is_some() && this.parser.borrow().at_empty_element();
        return if at_end { Ok(()) } else { default(vm, this) };
    }
    flush(vm, this)?;
    // The handler of the text may have taken it away.
    let Some(handler) = this.handler(Handler::StartElement) else { return Ok(()) };
    let name = interned(vm, this, name)?;
    let count = {
        let parser = this.parser.borrow();
        if this.specified_attributes.get() { parser.specified } else { parser.attributes.len() }
    };
    let attribute = |index: usize| -> PyResult<(Value, Value)> {
        let (name, value) = {
            let parser = this.parser.borrow();
            let attribute = &parser.attributes[index];
            (attribute.name.clone(), vm.new_str(&attribute.value)?.value())
        };
        Ok((interned(vm, this, &name)?, value))
    };
    let attributes = if this.ordered_attributes.get() {
        let list: Gc<PyList> = vm.new_list(&[])?;
        for index in 0..count {
            let (name, value) = attribute(index)?;
            list.push(vm, name)?;
            list.push(vm, value)?;
        }
        list.value()
    } else {
        let dict = vm.new_dict()?;
        for index in 0..count {
            let (name, value) = attribute(index)?;
            dict.set(vm, name, value)?;
        }
        dict.value()
    };
    vm.call(handler, &[name, attributes])?;
    Ok(())
}

/// `(type, quantifier, name, children)`.
fn model_value(vm: &Vm, this: This, model: &Model) -> PyResult {
    let children = vm.new_list(&[])?;
    for child in &model.children {
        children.push(vm, model_value(vm, this, child)?)?;
    }
    let children = vm.new_tuple(children.as_slice())?;
    let name = interned_or_none(vm, this, model.name.as_deref())?;
    let parts =
        [Value::small_int(model.kind.into()), Value::small_int(model.quantifier.into()), name, children.value()];
    Ok(vm.new_tuple(&parts)?.value())
}

/// The answer of a handler that says whether to go on.
fn goes_on(vm: &Vm, answer: Value) -> PyResult<bool> {
    let index = vm.index(answer)?;
    Ok(vm.int_to_i64(index) != Some(0))
}

fn dispatch(vm: &Vm, this: This, event: Event) -> PyResult<()> {
    let handler = |handler: Handler| this.handler(handler);
    match event {
        Event::Text(start, end) => {
            let (text, transcoded) = {
                let parser = this.parser.borrow();
                (parser.text(start, end).to_owned(), parser.is_transcoded())
            };
            let mut rest = text.as_str();
            // Like expat, which has room for so much of what it converts.
            while transcoded && rest.len() > CONVERTED {
                let (part, tail) = rest.split_at(rest.floor_char_boundary(CONVERTED));
                characters(vm, this, part)?;
                rest = tail;
            }
            characters(vm, this, rest)?;
        }
        Event::Char(c) => characters(vm, this, c.encode_utf8(&mut [0; 4]))?,
        Event::Start { name } => start_element(vm, this, &name)?,
        Event::End { name } => match handler(Handler::EndElement) {
            Some(handler) => {
                let name = interned(vm, this, &name)?;
                call(vm, this, handler, &[name])?;
            }
            // The tag of an empty element was given with its start.
            None if this.parser.borrow().at_empty_element() => {}
            None => default(vm, this)?,
        },
        Event::Comment(text) => match handler(Handler::Comment) {
            Some(handler) => {
                let text = vm.new_str(&text)?;
                call(vm, this, handler, &[text.value()])?;
            }
            None => default(vm, this)?,
        },
        Event::Instruction { target, data } => match handler(Handler::ProcessingInstruction) {
            Some(handler) => {
                let (target, data) = (interned(vm, this, &target)?, vm.new_str(&data)?.value());
                call(vm, this, handler, &[target, data])?;
            }
            None => default(vm, this)?,
        },
        Event::StartCdata => match handler(Handler::StartCdataSection) {
            Some(handler) => drop(call(vm, this, handler, &[])?),
            None => default(vm, this)?,
        },
        Event::EndCdata => match handler(Handler::EndCdataSection) {
            Some(handler) => drop(call(vm, this, handler, &[])?),
            None => default(vm, this)?,
        },
        Event::StartNamespace { prefix, uri } => {
            if let Some(handler) = handler(Handler::StartNamespaceDecl) {
                let prefix = interned_or_none(vm, this, prefix.as_deref())?;
                let uri = interned_or_none(vm, this, uri.as_deref())?;
                call(vm, this, handler, &[prefix, uri])?;
            }
        }
        Event::EndNamespace { prefix } => {
            if let Some(handler) = handler(Handler::EndNamespaceDecl) {
                let prefix = interned_or_none(vm, this, prefix.as_deref())?;
                call(vm, this, handler, &[prefix])?;
            }
        }
        Event::Default => default_tokens_or_text(vm, this)?,
        Event::UnknownEncoding(name) => {
            let table = table_of(vm, this, &name)?;
            this.parser.borrow_mut().set_table(table);
        }
        Event::ExternalEntity { context, system, public, base } => {
            external_entity(vm, this, [context, base, system, public])?;
        }
        Event::Skipped { name, parameter } => match handler(Handler::SkippedEntity) {
            Some(handler) => {
                let name = interned(vm, this, &name)?;
                call(vm, this, handler, &[name, Value::small_int(parameter.into())])?;
            }
            None => default(vm, this)?,
        },
        Event::NotStandalone => {
            if let Some(handler) = handler(Handler::NotStandalone) {
                let answer = call(vm, this, handler, &[])?;
                if !goes_on(vm, answer)? {
                    this.parser.borrow_mut().fail(Code::NOT_STANDALONE);
                }
            }
        }
        event => declaration(vm, this, event)?,
    }
    Ok(())
}

/// What is only text to the default handler: a declaration token by token.
fn default_tokens_or_text(vm: &Vm, this: This) -> PyResult<()> {
    // The bracket behind the declarations belongs to the document type.
    if this.parser.borrow().raw_text() == "]" && this.handler(Handler::StartDoctypeDecl).is_some() {
        return Ok(());
    }
    let is_declaration = this.parser.borrow().raw_text().starts_with("<!");
    if is_declaration { default_tokens(vm, this) } else { default(vm, this) }
}

fn external_entity(vm: &Vm, this: This, parts: [Option<String>; 4]) -> PyResult<()> {
    let Some(handler) = this.handler(Handler::ExternalEntityRef) else { return default(vm, this) };
    let [context, base, system, public] = &parts;
    let args = [
        optional(vm, context.as_deref())?,
        interned_or_none(vm, this, base.as_deref())?,
        interned_or_none(vm, this, system.as_deref())?,
        interned_or_none(vm, this, public.as_deref())?,
    ];
    let answer = call(vm, this, handler, &args)?;
    let ok = goes_on(vm, answer)?;
    // A failure is raised by the next step.
    let _ = this.parser.borrow_mut().external_was_read(ok);
    Ok(())
}

/// Declarations, of the document or in its type.
fn declaration(vm: &Vm, this: This, event: Event) -> PyResult<()> {
    let name_of = |name: &str| interned(vm, this, name);
    let maybe = |name: &Option<String>| interned_or_none(vm, this, name.as_deref());
    let base = this.parser.borrow().base.clone();
    let (handler, args): (Handler, Gc<PyList>) = match &event {
        Event::XmlDecl { version, encoding, standalone } => {
            let version = optional(vm, version.as_deref())?;
            let encoding = optional(vm, encoding.as_deref())?;
            (Handler::XmlDecl, vm.new_list(&[version, encoding, Value::small_int((*standalone).into())])?)
        }
        Event::StartDoctype { name, system, public, has_subset } => {
            let subset = Value::small_int((*has_subset).into());
            (Handler::StartDoctypeDecl, vm.new_list(&[name_of(name)?, maybe(system)?, maybe(public)?, subset])?)
        }
        Event::EndDoctype => (Handler::EndDoctypeDecl, vm.new_list(&[])?),
        Event::Element { name, model } => {
            let model = model_value(vm, this, model)?;
            (Handler::ElementDecl, vm.new_list(&[name_of(name)?, model])?)
        }
        Event::Attlist { element, attribute, kind, default, required } => {
            let (element, attribute) = (name_of(element)?, name_of(attribute)?);
            let (kind, default) = (optional(vm, Some(kind))?, optional(vm, default.as_deref())?);
            let required = Value::small_int((*required).into());
            (Handler::AttlistDecl, vm.new_list(&[element, attribute, kind, default, required])?)
        }
        Event::Notation { name, system, public } => {
            let args = [name_of(name)?, maybe(&base)?, maybe(system)?, maybe(public)?];
            (Handler::NotationDecl, vm.new_list(&args)?)
        }
        Event::Entity { name, system, public, notation, .. }
            if notation.is_some() && this.handler(Handler::UnparsedEntityDecl).is_some() =>
        {
            let args = [name_of(name)?, maybe(&base)?, maybe(system)?, maybe(public)?, maybe(notation)?];
            (Handler::UnparsedEntityDecl, vm.new_list(&args)?)
        }
        Event::Entity { name, parameter, value, system, public, notation } => {
            let value = optional(vm, value.as_deref())?;
            let args = [
                name_of(name)?,
                Value::small_int((*parameter).into()),
                value,
                maybe(&base)?,
                maybe(system)?,
                maybe(public)?,
                maybe(notation)?,
            ];
            (Handler::EntityDecl, vm.new_list(&args)?)
        }
        _ => return Ok(()),
    };
    match this.handler(handler) {
        Some(handler) => drop(call(vm, this, handler, args.as_slice())?),
        None if matches!(event, Event::XmlDecl { .. } | Event::EndDoctype) => default(vm, this)?,
        None => default_tokens(vm, this)?,
    }
    Ok(())
}
