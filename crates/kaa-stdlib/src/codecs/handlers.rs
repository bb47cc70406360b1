//! The built-in error handlers as Python functions: they take a `UnicodeError` and give what stands
//! for what it is about, and the position to go on at.

use kaa_macros::py_functions;
use kaa_objects::codecs::{DecodeFailure, EncodeFailure, EncodeReplacement, Errors};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::exceptions::{PyBaseException, PyUnicodeError};
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

/// Adds the handlers to a dict, by name.
pub fn add_to(vm: &Vm, handlers: Gc<PyDict>) -> PyResult<()> {
    for function in HANDLERS.functions {
        let name = vm.intern(function.name.trim_end_matches("_errors"));
        handlers.set_str(vm, name, vm.new_native_function(function)?.value())?;
    }
    Ok(())
}

/// Where the functions are.
pub struct Handlers;

#[py_functions(HANDLERS, of = "_codecs")]
impl Handlers {
    #[function(
        "strict_errors(object, /)",
        doc = "Implements the 'strict' error handling, which raises a UnicodeError on coding errors."
    )]
    fn strict(vm: &Vm, exception: Value) -> PyResult<Gc<PyTuple>> {
        match vm.cast::<PyBaseException>(exception) {
            Some(exception) => Err(vm.raise(exception)),
            None => Err(vm.type_error("codec must pass exception instance")),
        }
    }

    #[function(
        "ignore_errors(object, /)",
        doc = "Implements the 'ignore' error handling, which ignores malformed data and continues."
    )]
    fn ignore(vm: &Vm, exception: Value) -> PyResult<Gc<PyTuple>> {
        handle(vm, exception, Errors::Ignore)
    }

    #[function(
        "replace_errors(object, /)",
        doc = "Implements the 'replace' error handling, which replaces malformed data with a replacement marker."
    )]
    fn replace(vm: &Vm, exception: Value) -> PyResult<Gc<PyTuple>> {
        handle(vm, exception, Errors::Replace)
    }

    #[function(
        "xmlcharrefreplace_errors(object, /)",
        doc = "Implements the 'xmlcharrefreplace' error handling, which replaces an unencodable character with the appropriate XML character reference."
    )]
    fn xml_char_ref_replace(vm: &Vm, exception: Value) -> PyResult<Gc<PyTuple>> {
        handle(vm, exception, Errors::XmlCharRefReplace)
    }

    #[function(
        "backslashreplace_errors(object, /)",
        doc = "Implements the 'backslashreplace' error handling, which replaces malformed data with a backslashed escape sequence."
    )]
    fn backslash_replace(vm: &Vm, exception: Value) -> PyResult<Gc<PyTuple>> {
        handle(vm, exception, Errors::BackslashReplace)
    }

    #[function(
        "namereplace_errors(object, /)",
        doc = "Implements the 'namereplace' error handling, which replaces an unencodable character with a \\N{...} escape sequence."
    )]
    fn name_replace(vm: &Vm, exception: Value) -> PyResult<Gc<PyTuple>> {
        handle(vm, exception, Errors::NameReplace)
    }

    #[function("surrogatepass_errors(object, /)")]
    fn surrogate_pass(vm: &Vm, exception: Value) -> PyResult<Gc<PyTuple>> {
        handle(vm, exception, Errors::SurrogatePass)
    }

    #[function("surrogateescape_errors(object, /)")]
    fn surrogate_escape(vm: &Vm, exception: Value) -> PyResult<Gc<PyTuple>> {
        handle(vm, exception, Errors::SurrogateEscape)
    }
}

fn unknown_exception(vm: &Vm, exception: Value) -> Raised {
    let class = vm.class_name(exception);
    vm.type_error(format_args!("don't know how to handle {class} in error callback"))
}

/// The part of its object that an exception is about, cut to what there is.
fn range(error: &PyUnicodeError, len: usize) -> (usize, usize) {
    let start = usize::try_from(error.start.get()).unwrap_or(0).min(len.saturating_sub(1));
    let end = usize::try_from(error.end.get()).unwrap_or(1).max(1).min(len);
    (start, end)
}

/// A field of an exception, which must be text.
fn text(vm: &Vm, value: Option<Value>, name: &str) -> PyResult<Gc<PyStr>> {
    let Some(value) = value else {
        return Err(vm.type_error(format_args!("UnicodeError '{name}' attribute is not set")));
    };
    vm.cast::<PyStr>(value)
        .ok_or_else(|| vm.type_error(format_args!("UnicodeError '{name}' attribute must be a string")))
}

fn handle(vm: &Vm, exception: Value, errors: Errors) -> PyResult<Gc<PyTuple>> {
    let Some(error) = vm.cast::<PyUnicodeError>(exception) else { return Err(unknown_exception(vm, exception)) };
    let classes = vm.exceptions();
    let again = || match vm.cast::<PyBaseException>(exception) {
        Some(exception) => vm.raise(exception),
        None => unknown_exception(vm, exception),
    };
    if vm.is_instance(exception, classes.UnicodeEncodeError) {
        let object = text(vm, error.object.get(), "object")?;
        let (start, end) = range(&error, object.len());
        let encoding = match errors {
            Errors::SurrogatePass => text(vm, error.encoding.get(), "encoding")?.to_string_lossy(),
            _ => String::new(),
        };
        let end_of_part = end.max(start);
        let failure = EncodeFailure { encoding: &encoding, text: object, start, end: end_of_part, reason: "" };
        let replacement = match failure.replacement(errors).ok_or_else(again)? {
            EncodeReplacement::Bytes(bytes) => vm.new_bytes(&bytes)?.value(),
            EncodeReplacement::Characters(codes) => text_of(vm, &codes)?.value(),
        };
        return vm.new_tuple(&[replacement, Value::small_int(end as i64)]);
    }
    if vm.is_instance(exception, classes.UnicodeDecodeError) {
        if matches!(errors, Errors::XmlCharRefReplace | Errors::NameReplace) {
            return Err(unknown_exception(vm, exception));
        }
        let Some(object) = error.object.get().and_then(|object| vm.cast::<PyBytes>(object)) else {
            return Err(vm.type_error("UnicodeError 'object' attribute must be a bytes"));
        };
        let (start, end) = range(&error, object.len());
        let encoding = match errors {
            Errors::SurrogatePass => text(vm, error.encoding.get(), "encoding")?.to_string_lossy(),
            _ => String::new(),
        };
        let (encoding, bytes) = (&*encoding, object.as_slice());
        let failure = DecodeFailure { encoding, bytes, start, end: end.max(start), reason: "" };
        let (codes, next) = failure.replacement(errors).ok_or_else(again)?;
        let next = if next == end.max(start) { end } else { next };
        return vm.new_tuple(&[text_of(vm, &codes)?.value(), Value::small_int(next as i64)]);
    }
    let translates = matches!(errors, Errors::Ignore | Errors::Replace | Errors::BackslashReplace);
    if !translates || !vm.is_instance(exception, classes.UnicodeTranslateError) {
        return Err(unknown_exception(vm, exception));
    }
    let object = text(vm, error.object.get(), "object")?;
    let (start, end) = range(&error, object.len());
    let mut codes = vec![0xfffd; end.saturating_sub(start)];
    let failure = EncodeFailure { encoding: "", text: object, start, end: end.max(start), reason: "" };
    if errors != Errors::Replace
        && let Some(EncodeReplacement::Characters(others)) = failure.replacement(errors)
    {
        codes = others;
    }
    vm.new_tuple(&[text_of(vm, &codes)?.value(), Value::small_int(end as i64)])
}

fn text_of(vm: &Vm, codes: &[u32]) -> PyResult<Gc<PyStr>> {
    let mut out = StrBuilder::with_capacity(codes.len());
    codes.iter().for_each(|&code| out.push(code));
    out.finish(vm)
}
