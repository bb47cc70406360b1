//! The registry of codecs: search functions, the codecs that they found, error handlers by name.
//! What `str.encode` and `bytes.decode` do for encodings that are not built in.

use std::any::Any;
use std::cell::Cell;

use kaa_objects::codecs::{Encoding, Errors};
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::vm::{CodecCheckFn, Extension};
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use super::handlers;

/// What the registry of an isolate holds.
#[derive(Default)]
struct Registry {
    search_functions: Slot<Gc<PyList>>,
    /// Codecs by normalized name.
    found: Slot<Gc<PyDict>>,
    handlers: Slot<Gc<PyDict>>,
    /// Whether the package `encodings`, which registers the first search function, was imported.
    has_encodings: Cell<bool>,
}

impl Extension for Registry {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.search_functions.trace(visitor);
        self.found.trace(visitor);
        self.handlers.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn registry(vm: &Vm) -> PyResult<&Registry> {
    let registry = vm.extension(|_| Registry::default());
    if registry.handlers.get().is_none() {
        registry.search_functions.set_root(Some(vm.new_list(&[])?));
        registry.found.set_root(Some(vm.new_dict()?));
        let handlers = vm.new_dict()?;
        handlers::add_to(vm, handlers)?;
        registry.handlers.set_root(Some(handlers));
    }
    Ok(registry)
}

/// `codecs.register(search_function)`
pub fn register(vm: &Vm, search_function: Value) -> PyResult<()> {
    if !vm.is_callable(search_function) {
        return Err(vm.type_error("argument must be callable"));
    }
    registry(vm)?.search_functions.get_set().push(vm, search_function)
}

/// `codecs.unregister(search_function)`
pub fn unregister(vm: &Vm, search_function: Value) -> PyResult<()> {
    let registry = registry(vm)?;
    let functions = registry.search_functions.get_set();
    if let Some(index) = functions.as_slice().iter().position(|&function| function == search_function) {
        vm.del_item(functions.value(), Value::small_int(index as i64))?;
        registry.found.set_root(Some(vm.new_dict()?));
    }
    Ok(())
}

/// A name in lower case, with one underscore for anything between its parts.
fn normalize(name: &PyStr) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for code_point in name.data().iter() {
        match u8::try_from(code_point) {
            Ok(byte) if byte.is_ascii_alphanumeric() || byte == b'.' => {
                if gap && !out.is_empty() {
                    out.push('_');
                }
                gap = false;
                out.push(char::from(byte.to_ascii_lowercase()));
            }
            _ => gap = true,
        }
    }
    out
}

/// `codecs.lookup(encoding)`: the codec, a tuple of four (`codecs.CodecInfo`).
pub fn look_up(vm: &Vm, encoding: Gc<PyStr>) -> PyResult<Gc<PyTuple>> {
    let registry = registry(vm)?;
    let name = vm.intern(&normalize(&encoding));
    if let Some(codec) = registry.found.get_set().get(vm, name.value())? {
        return Ok(vm.cast::<PyTuple>(codec).expect("only tuples are kept"));
    }
    if !registry.has_encodings.get()
        && let Some(import) = vm.hooks.import.get()
    {
        // Also waits for another thread that is importing it.
        import(vm, "encodings")?;
        registry.has_encodings.set(true);
    }
    let functions = registry.search_functions.get_set();
    if functions.is_empty() {
        return Err(vm.lookup_error("no codec search functions registered: can't find encoding"));
    }
    let mut index = 0;
    while let Some(&function) = functions.as_slice().get(index) {
        index += 1;
        let Some(found) = vm.call(function, &[name.value()])?.not_none() else { continue };
        let Some(codec) = vm.cast::<PyTuple>(found).filter(|codec| codec.as_slice().len() == 4) else {
            return Err(vm.type_error("codec search functions must return 4-tuples"));
        };
        registry.found.get_set().set(vm, name.value(), codec.value())?;
        return Ok(codec);
    }
    let name = encoding.to_string_lossy();
    Err(vm.lookup_error(format_args!("unknown encoding: {name}")))
}

/// As [`look_up`], for an encoding of text. `instead` is the function that takes any.
pub fn look_up_text(vm: &Vm, encoding: Gc<PyStr>, instead: Option<&str>) -> PyResult<Gc<PyTuple>> {
    let codec = look_up(vm, encoding)?;
    // A plain tuple says nothing of that.
    if vm.cast_exact::<PyTuple>(codec.value()).is_some() {
        return Ok(codec);
    }
    if let Some(is_text) = vm.get_attr_optional(codec.value(), vm.intern("_is_text_encoding"))?
        && !vm.truth(is_text)?
    {
        let name = encoding.to_string_lossy();
        return Err(match instead {
            Some(instead) => vm.lookup_error(format_args!(
                "'{name}' is not a text encoding; use {instead} to handle arbitrary codecs"
            )),
            None => vm.lookup_error(format_args!("'{name}' is not a text encoding")),
        });
    }
    Ok(codec)
}

/// A direction: which function of a codec, and what messages call it.
pub struct Direction {
    function: usize,
    noun: &'static str,
    verb: &'static str,
    instead: &'static str,
}

/// From text to bytes.
pub static ENCODE: Direction = Direction { function: 0, noun: "encoder", verb: "encoding", instead: "codecs.encode()" };
/// From bytes to text.
pub static DECODE: Direction = Direction { function: 1, noun: "decoder", verb: "decoding", instead: "codecs.decode()" };

impl Direction {
    /// Runs an object through the codec of any encoding.
    pub fn run(&self, vm: &Vm, object: Value, encoding: Gc<PyStr>, errors: Option<Gc<PyStr>>) -> PyResult {
        let codec = look_up(vm, encoding)?;
        self.run_codec(vm, codec, object, encoding, errors)
    }

    /// Runs an object through the codec of an encoding of text.
    fn run_text(&self, vm: &Vm, object: Value, encoding: Gc<PyStr>, errors: Option<Gc<PyStr>>) -> PyResult {
        let codec = look_up_text(vm, encoding, Some(self.instead))?;
        self.run_codec(vm, codec, object, encoding, errors)
    }

    fn run_codec(
        &self,
        vm: &Vm,
        codec: Gc<PyTuple>,
        object: Value,
        encoding: Gc<PyStr>,
        errors: Option<Gc<PyStr>>,
    ) -> PyResult {
        let function = codec.as_slice()[self.function];
        let result = match errors {
            Some(errors) => vm.call(function, &[object, errors.value()]),
            None => vm.call(function, &[object]),
        };
        let result = result.map_err(|raised| self.noted(vm, raised, encoding))?;
        match vm.cast::<PyTuple>(result).map(|result| result.as_slice().to_vec()).as_deref() {
            Some(&[converted, _]) => Ok(converted),
            _ => Err(vm.type_error(format_args!("{} must return a tuple (object, integer)", self.noun))),
        }
    }

    /// Adds to an exception which codec failed.
    #[cold]
    fn noted(&self, vm: &Vm, raised: Raised, encoding: Gc<PyStr>) -> Raised {
        let exception = vm.take_exception(raised);
        let (verb, name) = (self.verb, encoding.to_string_lossy());
        match vm.add_note(exception, &format!("{verb} with '{name}' codec failed")) {
            Ok(()) => vm.raise_again(exception),
            Err(raised) => raised,
        }
    }
}

/// `codecs.register_error(name, handler)`
pub fn register_error(vm: &Vm, name: Gc<PyStr>, handler: Value) -> PyResult<()> {
    if !vm.is_callable(handler) {
        return Err(vm.type_error("handler must be callable"));
    }
    registry(vm)?.handlers.get_set().set(vm, name.value(), handler)
}

/// `codecs._unregister_error(name)`: whether there was one.
pub fn unregister_error(vm: &Vm, name: Gc<PyStr>) -> PyResult<bool> {
    if let Some(text) = name.as_ascii()
        && Errors::built_in(text).is_some()
    {
        return Err(vm.value_error(format_args!("cannot un-register built-in error handler '{text}'")));
    }
    Ok(registry(vm)?.handlers.get_set().remove(vm, name.value())?.is_some())
}

/// `codecs.lookup_error(name)`
pub fn look_up_error(vm: &Vm, name: Gc<PyStr>) -> PyResult {
    match registry(vm)?.handlers.get_set().get(vm, name.value())? {
        Some(handler) => Ok(handler),
        None => {
            let name = name.to_string_lossy();
            Err(vm.lookup_error(format_args!("unknown error handler name '{name}'")))
        }
    }
}

/// Looks up an encoding and an error handler, only to say when they are not there.
fn check(vm: &Vm, encoding: Option<Gc<PyStr>>, errors: Option<Gc<PyStr>>) -> PyResult<()> {
    if let Some(encoding) = encoding
        && encoding.as_ascii().and_then(Encoding::by_name).is_none()
    {
        look_up(vm, encoding)?;
    }
    match errors {
        Some(errors) => look_up_error(vm, errors).map(drop),
        None => Ok(()),
    }
}

/// Lets strings and bytes use the registry.
pub fn install(vm: &Vm, dev_mode: bool) {
    vm.hooks.codec_check.set(dev_mode.then_some(check as CodecCheckFn));
    vm.hooks.codec_encode.set(Some(|vm, object, encoding, errors| ENCODE.run_text(vm, object, encoding, errors)));
    vm.hooks.codec_decode.set(Some(|vm, object, encoding, errors| DECODE.run_text(vm, object, encoding, errors)));
    vm.hooks.codec_error_handler.set(Some(look_up_error));
}
