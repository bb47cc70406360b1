//! `_json`: reading and writing JSON, for the module `json`.

mod encoder;
mod escape;
mod scanner;
mod string;
#[cfg(test)]
mod tests;

use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm, py_module};

use encoder::Encoder;
use escape::Escape;
use scanner::Scanner;

/// The module.
pub struct Json;

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    dict.set_str(vm, vm.intern("make_scanner"), vm.class::<Scanner>().value())?;
    dict.set_str(vm, vm.intern("make_encoder"), vm.class::<Encoder>().value())
}

fn expect_str(vm: &Vm, text: Value) -> PyResult<Gc<PyStr>> {
    vm.cast::<PyStr>(text).ok_or_else(|| {
        let class = vm.class_name(text);
        vm.type_error(format_args!("first argument must be a string, not {class}"))
    })
}

/// Raises `json.JSONDecodeError` for a place in a document.
#[cold]
fn decode_error(vm: &Vm, message: &str, document: Gc<PyStr>, at: usize) -> Raised {
    let raise = || -> PyResult<Raised> {
        let Some(import) = vm.hooks.import.get() else { return Ok(vm.value_error(message)) };
        let class = vm.get_attr_str(import(vm, "json.decoder")?, "JSONDecodeError")?;
        let args = [vm.new_str(message)?.value(), document.value(), Value::small_int(at as i64)];
        let error = vm.call(class, &args)?;
        match vm.cast(error) {
            Some(error) => Ok(vm.raise(error)),
            None => Ok(vm.type_error("exceptions must derive from BaseException")),
        }
    };
    raise().unwrap_or_else(|raised| raised)
}

#[py_module(name = "_json", doc = "json speedups\n", setup = set_up)]
impl Json {
    #[function(
        "encode_basestring_ascii(object, /)",
        doc = "encode_basestring_ascii(string) -> string\n\nReturn an ASCII-only JSON representation of a Python string"
    )]
    fn encode_basestring_ascii(vm: &Vm, object: Value) -> PyResult<Gc<PyStr>> {
        escaped(vm, object, Escape::Ascii)
    }

    #[function(
        "encode_basestring(object, /)",
        doc = "encode_basestring(string) -> string\n\nReturn a JSON representation of a Python string"
    )]
    fn encode_basestring(vm: &Vm, object: Value) -> PyResult<Gc<PyStr>> {
        escaped(vm, object, Escape::Unicode)
    }

    #[function(
        "scanstring",
        raw,
        doc = "scanstring(string, end, strict=True) -> (string, end)\n\nScan the string s for a JSON string. End is the index of the\ncharacter in s after the quote that started the JSON string.\nUnescapes all valid JSON string escape sequences and raises ValueError\non attempt to decode an invalid string. If strict is False then literal\ncontrol characters are allowed in the string.\n\nReturns a tuple of the decoded string and the index of the character in s\nafter the end quote."
    )]
    fn scanstring(vm: &Vm, args: kaa_objects::Args<'_>) -> PyResult<Gc<PyTuple>> {
        args.no_keywords(vm, "scanstring")?;
        let (text, end, strict) = match *args.all() {
            [text, end] => (text, end, true),
            [text, end, strict] => (text, end, vm.truth(strict)?),
            ref args => {
                let (bound, number) = if args.len() < 2 { ("least", 2) } else { ("most", 3) };
                let given = args.len();
                return Err(
                    vm.type_error(format_args!("scanstring() takes at {bound} {number} arguments ({given} given)"))
                );
            }
        };
        let end = vm.index_to_isize(end, vm.exceptions().OverflowError)?;
        let text = expect_str(vm, text)?;
        let Some(end) = usize::try_from(end).ok().filter(|&end| end <= text.len()) else {
            return Err(vm.value_error("end is out of bounds"));
        };
        let (string, next) = string::scan_any(vm, text, end, strict)?;
        vm.new_tuple(&[string.value(), Value::small_int(next as i64)])
    }
}

fn escaped(vm: &Vm, text: Value, escape: Escape) -> PyResult<Gc<PyStr>> {
    let text = expect_str(vm, text)?;
    let mut out = StrBuilder::with_capacity(text.len() + 2);
    escape.push(&mut out, text.data());
    out.finish(vm)
}
