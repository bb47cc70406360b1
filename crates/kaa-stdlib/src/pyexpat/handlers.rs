//! `pyexpat.xmlparser`: the object with its handlers and settings.

use std::cell::{Cell, RefCell};

use kaa_objects::object::{Header, Slot};
use kaa_objects::types::arrays::ValueArray;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_methods};

use super::encoding::Encoding;
use super::parser::Parser;

/// An XML parser.
#[repr(C)]
#[derive(Trace)]
pub struct PyXmlParser {
    header: Header,
    /// The handlers, by [`Handler`].
    pub handlers: Slot<Gc<ValueArray>>,
    /// Makes equal names one object.
    pub intern: Slot<Gc<PyDict>>,
    #[trace(skip)]
    pub parser: RefCell<Box<Parser>>,
    /// Text that waits for its handler.
    #[trace(skip)]
    pub buffer: RefCell<String>,
    pub buffer_size: Cell<usize>,
    #[trace(skip)]
    pub buffer_text: Cell<bool>,
    #[trace(skip)]
    pub ordered_attributes: Cell<bool>,
    #[trace(skip)]
    pub specified_attributes: Cell<bool>,
    #[trace(skip)]
    pub namespace_prefixes: Cell<bool>,
    /// The name of an encoding that was asked for and needs a table.
    #[trace(skip)]
    pub wanted_encoding: RefCell<Option<String>>,
    /// Whether it is parsing: a handler must not feed it.
    #[trace(skip)]
    pub parsing: Cell<bool>,
}

/// The longest text that waits at first.
const BUFFER_SIZE: usize = 8192;

macro_rules! handlers {
    ($($name:ident $getter:ident $setter:ident $text:literal;)*) => {
        /// What a handler is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        #[allow(missing_docs, reason = "named as the attributes")]
        pub enum Handler { $($name,)* Count }

        #[py_methods(HANDLERS, of = "xmlparser")]
        impl PyXmlParser {
            $(
                #[getter($text)]
                fn $getter(this: Gc<PyXmlParser>) -> Value {
                    this.handler(Handler::$name).unwrap_or(Value::NONE)
                }

                #[setter($text)]
                fn $setter(vm: &Vm, this: Gc<PyXmlParser>, value: Option<Value>) -> PyResult<()> {
                    set_handler(vm, this, Handler::$name, value)
                }
            )*
        }
    };
}

handlers! {
    StartElement start_element set_start_element "StartElementHandler";
    EndElement end_element set_end_element "EndElementHandler";
    ProcessingInstruction instruction set_instruction "ProcessingInstructionHandler";
    CharacterData character_data set_character_data "CharacterDataHandler";
    UnparsedEntityDecl unparsed set_unparsed "UnparsedEntityDeclHandler";
    NotationDecl notation set_notation "NotationDeclHandler";
    StartNamespaceDecl start_namespace set_start_namespace "StartNamespaceDeclHandler";
    EndNamespaceDecl end_namespace set_end_namespace "EndNamespaceDeclHandler";
    Comment comment set_comment "CommentHandler";
    StartCdataSection start_cdata set_start_cdata "StartCdataSectionHandler";
    EndCdataSection end_cdata set_end_cdata "EndCdataSectionHandler";
    Default default set_default "DefaultHandler";
    DefaultExpand default_expand set_default_expand "DefaultHandlerExpand";
    NotStandalone not_standalone set_not_standalone "NotStandaloneHandler";
    ExternalEntityRef external_entity set_external_entity "ExternalEntityRefHandler";
    StartDoctypeDecl start_doctype set_start_doctype "StartDoctypeDeclHandler";
    EndDoctypeDecl end_doctype set_end_doctype "EndDoctypeDeclHandler";
    EntityDecl entity set_entity "EntityDeclHandler";
    XmlDecl xml_decl set_xml_decl "XmlDeclHandler";
    ElementDecl element set_element "ElementDeclHandler";
    AttlistDecl attlist set_attlist "AttlistDeclHandler";
    SkippedEntity skipped set_skipped "SkippedEntityHandler";
}

fn set_handler(vm: &Vm, this: Gc<PyXmlParser>, handler: Handler, value: Option<Value>) -> PyResult<()> {
    let Some(value) = value else {
        return Err(vm.runtime_error("Cannot delete attribute"));
    };
    if handler == Handler::CharacterData {
        // Text that came before belongs to the old handler.
        super::dispatch::flush(vm, this)?;
    }
    let slots = this.handlers.get_set();
    match value.not_none() {
        Some(value) => slots.set(vm, handler as usize, value),
        None => slots.slots()[handler as usize].clear(),
    }
    Ok(())
}

impl PyXmlParser {
    /// A new parser.
    pub fn create(
        vm: &Vm,
        encoding: Option<Gc<PyStr>>,
        separator: Option<Option<char>>,
        intern: Option<Gc<PyDict>>,
    ) -> PyResult<Gc<PyXmlParser>> {
        let (known, wanted) = encoding_of(encoding);
        PyXmlParser::with_parser(vm, Parser::new(known, separator), wanted, intern)
    }

    /// An object for a parser, with the defaults of settings.
    pub fn with_parser(
        vm: &Vm,
        parser: Parser,
        wanted_encoding: Option<String>,
        intern: Option<Gc<PyDict>>,
    ) -> PyResult<Gc<PyXmlParser>> {
        let handlers = vm.new_value_array(Handler::Count as usize)?;
        vm.alloc(PyXmlParser {
            header: Header::EMPTY,
            handlers: Slot::new(handlers),
            intern: Slot::maybe(intern),
            parser: RefCell::new(Box::new(parser)),
            buffer: RefCell::default(),
            buffer_size: Cell::new(BUFFER_SIZE),
            buffer_text: Cell::new(false),
            ordered_attributes: Cell::new(false),
            specified_attributes: Cell::new(false),
            namespace_prefixes: Cell::new(false),
            wanted_encoding: RefCell::new(wanted_encoding),
            parsing: Cell::new(false),
        })
    }

    /// The handler that is set.
    #[inline(always)]
    pub fn handler(&self, handler: Handler) -> Option<Value> {
        self.handlers.get_set().slots()[handler as usize].get()
    }

    /// The handler for what has no other.
    pub fn default_handler(&self) -> Option<Value> {
        self.handler(Handler::DefaultExpand).or_else(|| self.handler(Handler::Default))
    }
}

/// The encoding of a name, or the name when it needs a table.
pub fn encoding_of(name: Option<Gc<PyStr>>) -> (Option<Encoding>, Option<String>) {
    let Some(name) = name else { return (None, None) };
    let name = name.to_string_lossy();
    match Encoding::by_name(&name, false) {
        Some(encoding) => (Some(encoding), None),
        None => (None, Some(name)),
    }
}
