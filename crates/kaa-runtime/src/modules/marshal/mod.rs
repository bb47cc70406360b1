//! `marshal`: values as bytes, in the form of `.pyc` files.

mod read;
mod write;

use std::sync::Arc;

use kaa_bytecode::marshal::{Encoder, MarshalError, ReadOptions};
use kaa_bytecode::{BigInt, CodeObject, Constant, TextBytes};
use kaa_macros::py_module;
use kaa_objects::types::bytearray::PyByteArray;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::code::{Origin, PyCode};
use kaa_objects::types::complex::PyComplex;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::set::{PyFrozenSet, PySet};
use kaa_objects::types::slice::PySlice;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

/// The module.
pub struct Marshal;

#[py_module(
    name = "marshal",
    doc = "This module contains functions that can read and write Python values in\na binary format. The format is specific to Python, but independent of\nmachine architecture issues."
)]
impl Marshal {
    #[constant]
    const version: i64 = 5;

    #[function(
        "loads(bytes, /, *, allow_code=True)",
        doc = "Convert the bytes-like object to a value.\n\n  allow_code\n    Allow to load code objects.\n\nIf no valid value is found, raise EOFError, ValueError or TypeError.  Extra\nbytes in the input are ignored."
    )]
    fn loads(vm: &Vm, bytes: Value, allow_code: bool) -> PyResult {
        let Some(data) = vm.bytes_like_text(bytes) else {
            let class = vm.class_name(bytes);
            return Err(vm.type_error(format_args!("a bytes-like object is required, not '{class}'")));
        };
        load(vm, &data, allow_code, "marshal data too short")
    }

    #[function(
        "load(file, /, *, allow_code=True)",
        doc = "Read one value from the open file and return it.\n\n  file\n    Must be readable binary file.\n  allow_code\n    Allow to load code objects."
    )]
    fn load(vm: &Vm, file: Value, allow_code: bool) -> PyResult {
        // Whether it is a binary file shows in what nothing of it is.
        let nothing = vm.call_method(file, vm.names().read, &[Value::small_int(0)])?;
        if vm.cast::<PyBytes>(nothing).is_none() {
            let class = vm.class_name(nothing);
            return Err(vm.type_error(format_args!("file.read() returned not bytes but {class}")));
        }
        let data = kaa_bytecode::marshal::collect(|count, data| read_into(vm, file, count, data))?;
        load(vm, &data, allow_code, "EOF read where not expected")
    }

    #[function(
        "dumps(value, version=5, /, *, allow_code=True)",
        doc = "Return the bytes object that would be written to a file by dump(value, file).\n\n  value\n    Must be a supported type.\n  version\n    Indicates the data format that dumps should use.\n  allow_code\n    Allow to write code objects.\n\nRaise a ValueError exception if value has (or contains an object that has) an\nunsupported type."
    )]
    fn dumps(vm: &Vm, value: Value, version: i64, allow_code: bool) -> PyResult<Gc<PyBytes>> {
        let version = version as i32;
        if let Some(code) = vm.cast_exact::<PyCode>(value).filter(|_| allow_code) {
            // As the compiler's own code objects are written, so that files are the same.
            if let Ok(code) = code_data(vm, code).map_err(|raised| vm.take_exception(raised)) {
                let data = kaa_bytecode::marshal::write_code(&code, version).map_err(|error| raise(vm, &error))?;
                return vm.new_bytes(&data);
            }
        }
        vm.new_bytes(&write::value(vm, value, version, allow_code)?)
    }

    #[function("dump(value, file, version=5, /, *, allow_code=True)", doc = "Write the value on the open file.")]
    fn dump(vm: &Vm, value: Value, file: Value, version: i64, allow_code: bool) -> PyResult {
        let bytes = Marshal::dumps(vm, value, version, allow_code)?;
        vm.call_method(file, vm.names().write, &[bytes.value()])
    }
}

fn raise(vm: &Vm, error: &MarshalError) -> Raised {
    use kaa_bytecode::marshal::ErrorType;
    let exceptions = vm.exceptions();
    if let MarshalError::BadUtf8 { text, start, end, reason } = error {
        return bad_utf8(vm, text, *start, *end, reason).unwrap_or_else(|raised| raised);
    }
    let class = match error.error_type() {
        ErrorType::EofError => exceptions.EOFError,
        ErrorType::TypeError => exceptions.TypeError,
        ErrorType::SystemError => exceptions.SystemError,
        ErrorType::ValueError | ErrorType::UnicodeDecodeError => exceptions.ValueError,
    };
    vm.raise_new(class, error)
}

/// The `UnicodeDecodeError` of a text that is not UTF-8.
fn bad_utf8(vm: &Vm, text: &[u8], start: usize, end: usize, reason: &str) -> PyResult<Raised> {
    let [start, end] = [start, end].map(|offset| Value::small_int(offset as i64));
    let (codec, text, reason) = (vm.intern("utf-8"), vm.new_bytes(text)?, vm.new_str(reason)?);
    let args = [codec.value(), text.value(), start, end, reason.value()];
    Ok(vm.raise_with(vm.exceptions().UnicodeDecodeError, &args))
}

/// Reads a value; `too_short` is what is said of data that ends inside an object.
fn load(vm: &Vm, data: &[u8], allow_code: bool, too_short: &str) -> PyResult {
    let options = ReadOptions { allow_code };
    // Code is most of what is read, and goes a shorter way.
    if allow_code
        && data.first().is_some_and(|&first| first & !Encoder::FLAG_REF == b'c')
        && let Ok(code) = kaa_bytecode::marshal::read_code(data)
    {
        return Ok(vm.new_code(&code, Origin::Outside)?.value());
    }
    read::value(vm, data, options).map_err(|failure| match failure {
        read::Failure::Raised(raised) => raised,
        read::Failure::Data(MarshalError::TooShort) => vm.raise_new(vm.exceptions().EOFError, too_short),
        read::Failure::Data(error) => raise(vm, &error),
    })
}

/// Has a file read so many bytes, in one go.
fn read_into(vm: &Vm, file: Value, count: usize, data: &mut Vec<u8>) -> PyResult<()> {
    let room = vm.call(vm.class::<PyByteArray>().value(), &[vm.new_int(count as i64)?])?;
    let view = vm.new_memoryview(room)?;
    let read = vm.call_method_str(file, "readinto", &[view.value()])?;
    let read = vm.index_to_isize(read, vm.exceptions().OverflowError)?;
    match usize::try_from(read) {
        Ok(read) if read <= count => vm.with_bytes(room, |bytes| {
            data.extend_from_slice(&bytes[..read.min(bytes.len())]);
            Ok(())
        }),
        _ => {
            let message = format_args!("read() returned too much data: {count} bytes requested, {read} returned");
            Err(vm.value_error(message))
        }
    }
}

fn text(string: &PyStr) -> TextBytes {
    string.to_generalized_utf8().into()
}

/// A value as data. Values that contain themselves end in the error for deep nesting.
pub(crate) fn to_constant(vm: &Vm, value: Value, allow_code: bool) -> PyResult<Constant> {
    if vm.check_stack("").is_err() {
        let raised = vm.still_raised();
        vm.take_exception(raised);
        return Err(vm.value_error("object too deeply nested to marshal"));
    }
    let row = |items: &[Value]| -> PyResult<Arc<[Constant]>> {
        items.iter().map(|&item| to_constant(vm, item, allow_code)).collect()
    };
    if let Some(constant) = simple_constant(vm, value) {
        return Ok(constant);
    }
    if let Some(tuple) = vm.cast_exact::<PyTuple>(value) {
        return Ok(Constant::Tuple(row(tuple.as_slice())?));
    }
    if let Some(list) = vm.cast_exact::<PyList>(value) {
        return Ok(Constant::List(row(list.as_slice())?));
    }
    if vm.cast_exact::<PySet>(value).is_some() || vm.cast_exact::<PyFrozenSet>(value).is_some() {
        let items = vm.list_from(value)?;
        let items = row(items.as_slice())?;
        let frozen = vm.cast_exact::<PyFrozenSet>(value).is_some();
        return Ok(if frozen { Constant::FrozenSet(items) } else { Constant::Set(items) });
    }
    if let Some(dict) = vm.cast_exact::<PyDict>(value) {
        let pairs: PyResult<Vec<_>> = (0..dict.filled())
            .filter_map(|position| dict.entry(position))
            .map(|entry| Ok((to_constant(vm, entry.key, allow_code)?, to_constant(vm, entry.value, allow_code)?)))
            .collect();
        return Ok(Constant::Dict(pairs?.into()));
    }
    if let Some(slice) = vm.cast_exact::<PySlice>(value) {
        let [start, stop, step] = slice.parts();
        let parts = [
            to_constant(vm, start, allow_code)?,
            to_constant(vm, stop, allow_code)?,
            to_constant(vm, step, allow_code)?,
        ];
        return Ok(Constant::Slice(Arc::new(parts)));
    }
    if let Some(code) = vm.cast_exact::<PyCode>(value) {
        if !allow_code {
            return Err(vm.value_error("marshalling code objects is disallowed"));
        }
        return Ok(Constant::Code(Arc::new(code_data(vm, code)?)));
    }
    if let Some(bytes) = vm.bytes_like_text(value) {
        return Ok(Constant::Bytes(bytes.into()));
    }
    Err(vm.value_error("unmarshallable object"))
}

/// Values without parts.
fn simple_constant(vm: &Vm, value: Value) -> Option<Constant> {
    Some(match value {
        Value::NONE => Constant::None,
        Value::ELLIPSIS => Constant::Ellipsis,
        Value::TRUE => Constant::Bool(true),
        Value::FALSE => Constant::Bool(false),
        _ => {
            if value == vm.exceptions().StopIteration.value() {
                return Some(Constant::StopIteration);
            }
            if let Some(f) = vm.as_float(value) {
                return Some(Constant::Float(f));
            }
            if let Some(i) = vm.int_to_i64(value) {
                return Some(Constant::Int(i));
            }
            if let Some(string) = vm.cast_exact::<PyStr>(value) {
                return Some(Constant::Str(text(&string)));
            }
            if let Some(bytes) = vm.cast_exact::<PyBytes>(value) {
                return Some(Constant::Bytes(bytes.as_slice().into()));
            }
            if let Some(complex) = vm.cast_exact::<PyComplex>(value) {
                return Some(Constant::Complex { real: complex.real, imag: complex.imag });
            }
            return vm.with_int_words(value, |negative, words| {
                let mut digits: Vec<u32> = words.iter().flat_map(|&word| [word as u32, (word >> 32) as u32]).collect();
                while digits.last() == Some(&0) {
                    digits.pop();
                }
                Constant::BigInt(BigInt { negative, digits: digits.into() })
            });
        }
    })
}

/// A code object as data.
pub(crate) fn code_data(vm: &Vm, code: Gc<PyCode>) -> PyResult<CodeObject> {
    code.load(vm)?;
    let names = |names: &[Gc<PyStr>]| names.iter().map(|name| text(name)).collect();
    let consts: PyResult<Vec<Constant>> =
        code.consts.iter().map(|constant| to_constant(vm, constant.get_set(), true)).collect();
    Ok(CodeObject {
        argcount: code.argcount,
        posonlyargcount: code.posonlyargcount,
        kwonlyargcount: code.kwonlyargcount,
        stacksize: code.stacksize,
        flags: code.flags,
        code: code.code().into(),
        consts: consts?.into(),
        names: names(&code.names),
        localsplusnames: names(code.localsplusnames(vm)),
        localspluskinds: code.localspluskinds().into(),
        filename: text(&code.filename.get_set()),
        name: text(&code.name(vm)),
        qualname: text(&code.qualname(vm)),
        firstlineno: code.firstlineno,
        linetable: code.linetable().into(),
        exceptiontable: code.exceptiontable().into(),
    })
}
