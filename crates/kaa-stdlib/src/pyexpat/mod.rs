//! `pyexpat`: parsing XML by handlers. CPython: Modules/pyexpat.c, over expat; the parser is ours,
//! with expat's events, positions and errors.

mod chars;
mod dispatch;
mod dtd;
mod encoding;
mod error;
mod events;
mod handlers;
mod methods;
mod namespaces;
mod parser;
mod scan;
#[cfg(test)]
mod tests;
mod unknown_encoding;

use kaa_objects::types::dict::PyDict;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::exceptions::classes::Exception;
use kaa_objects::types::list::PyList;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm, py_module, py_type};

use self::error::Code;
use self::handlers::PyXmlParser;

/// The module.
pub struct Pyexpat;

/// `xml.parsers.expat.ExpatError`.
pub struct ExpatError;

#[py_type(
    name = "ExpatError",
    module = "xml.parsers.expat",
    base = Exception,
    instances = PyBaseException,
    flags(BASETYPE)
)]
impl ExpatError {}

/// Raises `ExpatError` for a place in the document.
#[cold]
fn raise(vm: &Vm, code: Code, line: usize, column: usize) -> Raised {
    let text = error::text(code.0).unwrap_or("unknown error");
    raise_text(vm, &format!("{text}: line {line}, column {column}"), code, line, column)
}

/// Raises `ExpatError` for an argument.
#[cold]
fn invalid_argument(vm: &Vm, text: &str) -> Raised {
    raise_text(vm, text, Code::INVALID_ARGUMENT, 1, 0)
}

#[cold]
fn raise_text(vm: &Vm, text: &str, code: Code, line: usize, column: usize) -> Raised {
    let build = || -> PyResult<Gc<PyBaseException>> {
        let message = vm.new_str(text)?;
        let exception = vm.new_exception(vm.native_class(ExpatError::def()), &[message.value()])?;
        for (name, number) in [("code", i64::from(code.0)), ("offset", column as i64), ("lineno", line as i64)] {
            vm.set_attr(exception.value(), vm.intern(name), Value::small_int(number))?;
        }
        Ok(exception)
    };
    match build() {
        Ok(exception) => vm.raise(exception),
        Err(raised) => raised,
    }
}

/// A module within the module, known to `sys.modules` as well.
fn submodule(vm: &Vm, parent: Gc<PyModule>, name: &str, doc: &str) -> PyResult<Gc<PyModule>> {
    let full = format!("pyexpat.{name}");
    let module = vm.new_module(&full)?;
    vm.set_attr(module.value(), vm.intern("__doc__"), vm.new_str(doc)?.value())?;
    vm.set_attr(parent.value(), vm.intern(name), module.value())?;
    if let Some(import) = vm.hooks.import.get() {
        let sys = import(vm, "sys")?;
        let modules = vm.get_attr_str(sys, "modules")?;
        vm.set_item(modules, vm.new_str(&full)?.value(), module.value())?;
    }
    Ok(module)
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let errors = submodule(vm, module, "errors", "Constants used to describe error conditions.")?;
    let (codes, messages) = (vm.new_dict()?, vm.new_dict()?);
    for &(number, name, text) in error::ALL {
        let text = vm.new_str(text)?.value();
        let number = Value::small_int(number.into());
        vm.set_attr(errors.value(), vm.intern(name), text)?;
        codes.set(vm, text, number)?;
        messages.set(vm, number, text)?;
    }
    vm.set_attr(errors.value(), vm.intern("codes"), codes.value())?;
    vm.set_attr(errors.value(), vm.intern("messages"), messages.value())?;
    let model = submodule(vm, module, "model", "Constants used to interpret content model information.")?;
    for (name, number) in [
        ("XML_CTYPE_EMPTY", 1),
        ("XML_CTYPE_ANY", 2),
        ("XML_CTYPE_MIXED", 3),
        ("XML_CTYPE_NAME", 4),
        ("XML_CTYPE_CHOICE", 5),
        ("XML_CTYPE_SEQ", 6),
        ("XML_CQUANT_NONE", 0),
        ("XML_CQUANT_OPT", 1),
        ("XML_CQUANT_REP", 2),
        ("XML_CQUANT_PLUS", 3),
    ] {
        vm.set_attr(model.value(), vm.intern(name), Value::small_int(number))?;
    }
    Ok(())
}

/// The version of expat whose behaviour this is.
const VERSION: [i64; 3] = [2, 7, 1];

#[py_module(name = "pyexpat", doc = "Python wrapper for Expat parser.", setup = set_up)]
impl Pyexpat {
    #[constant]
    const XML_PARAM_ENTITY_PARSING_NEVER: i32 = 0;
    #[constant]
    const XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE: i32 = 1;
    #[constant]
    const XML_PARAM_ENTITY_PARSING_ALWAYS: i32 = 2;

    #[constant("EXPAT_VERSION")]
    fn expat_version() -> String {
        let [major, minor, micro] = VERSION;
        format!("expat_{major}.{minor}.{micro}")
    }

    #[constant("version_info")]
    fn version_info(vm: &Vm) -> PyResult<Gc<PyTuple>> {
        vm.new_tuple(&VERSION.map(Value::small_int))
    }

    #[constant("native_encoding")]
    fn native_encoding() -> &'static str {
        "UTF-8"
    }

    #[constant("features")]
    fn features(vm: &Vm) -> PyResult<Gc<PyList>> {
        let list = vm.new_list(&[])?;
        for (name, value) in [
            ("sizeof(XML_Char)", 1),
            ("sizeof(XML_LChar)", 1),
            ("XML_DTD", 0),
            ("XML_CONTEXT_BYTES", 1024),
            ("XML_NS", 0),
            ("XML_BLAP_MAX_AMP", 100),
            ("XML_BLAP_ACT_THRES", 8 << 20),
            ("XML_GE", 0),
        ] {
            let name = vm.new_str(name)?;
            list.push(vm, vm.new_tuple(&[name.value(), Value::small_int(value)])?.value())?;
        }
        Ok(list)
    }

    #[constant("ExpatError")]
    fn expat_error(vm: &Vm) -> Value {
        vm.native_class(ExpatError::def()).value()
    }

    #[constant("error")]
    fn error_alias(vm: &Vm) -> Value {
        vm.native_class(ExpatError::def()).value()
    }

    #[constant("XMLParserType")]
    fn parser_type(vm: &Vm) -> Value {
        vm.class::<PyXmlParser>().value()
    }

    #[function(
        "ParserCreate(encoding=None, namespace_separator=None, intern=<unrepresentable>)",
        doc = "Return a new XML parser object."
    )]
    fn parser_create(
        vm: &Vm,
        encoding: Option<Gc<PyStr>>,
        namespace_separator: Option<Gc<PyStr>>,
        intern: Option<Value>,
    ) -> PyResult<Gc<PyXmlParser>> {
        let separator = match namespace_separator {
            Some(text) if text.len() > 1 => {
                return Err(vm.value_error("namespace_separator must be at most one character, omitted, or None"));
            }
            Some(text) => Some(text.data().iter().next().and_then(char::from_u32).filter(|&c| c != '\0')),
            None => None,
        };
        let intern = match intern {
            None => Some(vm.new_dict()?),
            Some(intern) if intern.is_none() => None,
            Some(intern) => match vm.cast::<PyDict>(intern) {
                Some(dict) => Some(dict),
                None => return Err(vm.type_error("intern must be a dictionary")),
            },
        };
        PyXmlParser::create(vm, encoding, separator, intern)
    }

    #[function("ErrorString(code, /)", doc = "Returns string error for given number.")]
    fn error_string(code: i64) -> Option<&'static str> {
        i32::try_from(code).ok().and_then(error::text)
    }
}
