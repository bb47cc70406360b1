//! `str(...)`, `encode`, and what pickling and `format` ask for.

use super::core::{PyStr, STR_DATA};
use crate::args::Signature;
use crate::buffer::request;
use crate::class::PyType;
use crate::types::bytes::PyBytes;
use crate::types::tuple::PyTuple;
use crate::{Args, Gc, PyResult, Value, Vm, py_methods};

static SIGNATURE: Signature = Signature {
    name: "str",
    qualname: "str",
    params: &["object", "encoding", "errors"],
    positional_only: 0,
    positional: 3,
    required: 0,
    required_keywords: 0,
    var_positional: false,
    var_keyword: false,
    constructor: true,
    keywords_apart: false,
};

/// `str.__new__(class, object='', encoding=…, errors=…)`.
pub(super) fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyStr>> {
    let exact = class == vm.class::<PyStr>();
    if exact && args.kwnames().is_none() && args.all().len() > 3 {
        return Err(vm.wrong_positional_count("str", args.all().len(), 0, 3));
    }
    let mut row = [None; 3];
    let given = SIGNATURE.bind(vm, args, &mut row)?;
    let by_keyword = args.kwnames().is_some() || !exact;
    let text = |index: usize| -> PyResult<Option<Gc<PyStr>>> {
        let Some(value) = given.get(index) else { return Ok(None) };
        if let Some(text) = vm.cast::<PyStr>(value) {
            return Ok(Some(text));
        }
        let class = if value.is_none() && by_keyword { "None".to_owned() } else { vm.class_name(value) };
        let name = SIGNATURE.params[index];
        Err(vm.type_error(format_args!("str() argument '{name}' must be str, not {class}")))
    };
    let (encoding, errors) = (text(1)?, text(2)?);
    let made = match given.get(0) {
        None => vm.new_str_latin1(b"")?,
        Some(object) if encoding.is_none() && errors.is_none() => vm.str(object)?,
        Some(object) => decode_object(vm, object, encoding, errors)?,
    };
    if exact { Ok(made) } else { vm.new_str_of_class(class, made) }
}

/// `str(object, encoding, errors)`.
fn decode_object(
    vm: &Vm,
    object: Value,
    encoding: Option<Gc<PyStr>>,
    errors: Option<Gc<PyStr>>,
) -> PyResult<Gc<PyStr>> {
    if let Some(bytes) = vm.cast::<PyBytes>(object) {
        return vm.decode(object, bytes.as_slice(), encoding, errors);
    }
    if vm.cast::<PyStr>(object).is_some() {
        return Err(vm.type_error("decoding str is not supported"));
    }
    if vm.slots_of(object).bf_getbuffer.is_none() {
        let class = vm.class_name(object);
        return Err(vm.type_error(format_args!("decoding to str: need a bytes-like object, {class} found")));
    }
    let buffer = vm.buffer(object, request::SIMPLE)?;
    let result = vm.decode(object, buffer.as_slice(), encoding, errors);
    buffer.release();
    result
}

/// Refuses names with null characters, which a C library could not take.
pub(crate) fn check_no_null(vm: &Vm, name: Option<Gc<PyStr>>) -> PyResult<()> {
    match name {
        Some(name) if name.data().iter().any(|c| c == 0) => Err(vm.value_error("embedded null character")),
        _ => Ok(()),
    }
}

#[py_methods(CONVERT, of = "str")]
impl PyStr {
    #[method(
        "encode($self, /, encoding='utf-8', errors='strict')",
        doc = "Encode the string using the codec registered for encoding.

  encoding
    The encoding in which to encode the string.
  errors
    The error handling scheme to use for encoding errors.
    The default is 'strict' meaning that encoding errors raise a
    UnicodeEncodeError.  Other possible values are 'ignore', 'replace'
    and 'xmlcharrefreplace' as well as any other name registered with
    codecs.register_error that can handle UnicodeEncodeErrors."
    )]
    fn encode(
        vm: &Vm,
        this: Gc<PyStr>,
        encoding: Option<Gc<PyStr>>,
        errors: Option<Gc<PyStr>>,
    ) -> PyResult<Gc<PyBytes>> {
        check_no_null(vm, encoding)?;
        check_no_null(vm, errors)?;
        vm.encode(this, encoding, errors)
    }

    #[method(
        "__format__($self, format_spec, /)",
        doc = "Return a formatted version of the string as described by format_spec."
    )]
    fn format_with(vm: &Vm, this: Gc<PyStr>, format_spec: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        if format_spec.is_empty() {
            // Of a subclass, what its `__str__` gives.
            return vm.str(this.value());
        }
        crate::format::format_str(vm, this, format_spec)
    }

    #[method("__getnewargs__($self, /)")]
    fn getnewargs(vm: &Vm, this: Gc<PyStr>) -> PyResult<Gc<PyTuple>> {
        vm.new_tuple(&[vm.new_str_from_data(this.data())?.value()])
    }

    #[method("__sizeof__($self, /)", doc = "Return the size of the string in memory, in bytes.")]
    fn sizeof(&self) -> usize {
        (STR_DATA + self.data().as_bytes().len()).next_multiple_of(8)
    }
}
