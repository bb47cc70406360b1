//! File names as arguments, and names of files as Python has them: `str` in the file system's
//! encoding (UTF-8, other bytes as lone surrogates), `bytes`, objects with `__fspath__`, open
//! files.

use std::ffi::{CStr, CString};

use kaa_objects::args::{Argument, FromValue};
use kaa_objects::codecs::{Encoding, Errors};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

/// The text of a name that the system gave: bytes that are no UTF-8 become surrogates.
pub fn decode_name(vm: &Vm, name: &[u8]) -> PyResult<Gc<PyStr>> {
    match std::str::from_utf8(name) {
        Ok(text) => vm.new_str(text),
        Err(_) => vm.new_str_generalized(&name_text(name)),
    }
}

/// The text of a name that the system gave, in UTF-8 with surrogates.
pub fn name_text(name: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        text.extend_from_slice(chunk.valid().as_bytes());
        for &byte in chunk.invalid() {
            // U+DC00 + byte, in three bytes.
            text.extend_from_slice(&[0xed, 0xb0 | byte >> 6, 0x80 | byte & 0x3f]);
        }
    }
    text
}

/// The bytes of a name; the reverse of [`decode_name`]. `UnicodeEncodeError` for surrogates that
/// stand for no byte.
pub fn encode_name(vm: &Vm, name: Gc<PyStr>) -> PyResult<Vec<u8>> {
    if let Some(ascii) = name.as_ascii() {
        return Ok(ascii.as_bytes().to_vec());
    }
    let mut bytes = Vec::with_capacity(name.len() * 2);
    for (index, code_point) in name.data().iter().enumerate() {
        match char::from_u32(code_point) {
            Some(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None if (0xdc80..=0xdcff).contains(&code_point) => bytes.push(code_point as u8),
            None => {
                let end = index + name.data().iter().skip(index).take_while(|c| (0xd800..0xe000).contains(c)).count();
                let args = [
                    vm.intern("utf-8").value(),
                    name.value(),
                    Value::small_int(index as i64),
                    Value::small_int(end as i64),
                    vm.intern("surrogates not allowed").value(),
                ];
                return Err(vm.raise_with(vm.exceptions().UnicodeEncodeError, &args));
            }
        }
    }
    Ok(bytes)
}

/// The UTF-8 of a text; `UnicodeEncodeError` for surrogates.
pub fn encode_strict(vm: &Vm, text: Gc<PyStr>) -> PyResult<Vec<u8>> {
    if let Some(ascii) = text.as_ascii() {
        return Ok(ascii.as_bytes().to_vec());
    }
    Ok(vm.encode_as(text, Encoding::Utf8, &Errors::Strict)?.as_slice().to_vec())
}

/// The `str` or `bytes` that `os.fspath(path)` gives.
pub fn fspath(vm: &Vm, path: Value) -> PyResult {
    fspath_or(vm, path, |path| {
        let class = vm.class_name(path);
        vm.type_error(format_args!("expected str, bytes or os.PathLike object, not {class}"))
    })
}

/// As [`fspath`], with another error for what is no path.
fn fspath_or(vm: &Vm, path: Value, no_path: impl FnOnce(Value) -> Raised) -> PyResult {
    let is_path = |value| vm.cast::<PyStr>(value).is_some() || vm.cast::<PyBytes>(value).is_some();
    if is_path(path) {
        return Ok(path);
    }
    let method = vm.special_method(path, vm.intern("__fspath__"))?;
    let Some(method) = method.and_then(Value::not_none) else { return Err(no_path(path)) };
    let result = vm.call(method, &[])?;
    if is_path(result) {
        return Ok(result);
    }
    let (class, given) = (vm.class_name(path), vm.class_name(result));
    Err(vm.type_error(format_args!("expected {class}.__fspath__() to return str or bytes, not {given}")))
}

/// The bytes of a `str` or `bytes` path; null characters are not looked for.
pub fn path_bytes(vm: &Vm, path: Value) -> PyResult<Vec<u8>> {
    match vm.cast::<PyStr>(path) {
        Some(text) => encode_name(vm, text),
        None => Ok(vm.cast::<PyBytes>(path).map_or_else(Vec::new, |bytes| bytes.as_slice().to_vec())),
    }
}

/// The name of a file, converted for the system.
pub struct Path {
    /// What was given: the `filename` of errors.
    pub object: Value,
    /// For the system.
    pub name: CString,
}

impl Path {
    /// The name for the system.
    pub fn as_c(&self) -> &CStr {
        &self.name
    }

    /// Whether names that the system gives are to be `bytes`, too.
    pub fn is_bytes(&self, vm: &Vm) -> bool {
        vm.cast::<PyBytes>(self.object).is_some()
    }

    fn convert(vm: &Vm, value: Value, argument: Argument, allowed: &str) -> PyResult<Path> {
        let object = fspath_or(vm, value, |value| bad_path(vm, value, argument, allowed))?;
        let name = CString::new(path_bytes(vm, object)?).map_err(|_| {
            let (function, name) = (argument.function(), argument.name());
            vm.value_error(format_args!("{function}: embedded null character in {name}"))
        })?;
        Ok(Path { object, name })
    }
}

#[cold]
fn bad_path(vm: &Vm, value: Value, argument: Argument, allowed: &str) -> Raised {
    let (function, name, class) = (argument.function(), argument.name(), vm.class_name(value));
    vm.type_error(format_args!("{function}: {name} should be {allowed}, not {class}"))
}

impl FromValue for Path {
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<Path> {
        let allowed =
            if argument.is_optional() { "string, bytes, os.PathLike or None" } else { "string, bytes or os.PathLike" };
        Path::convert(vm, value, argument, allowed)
    }
}

/// The name of a file, or the number of an open one.
pub enum PathOrFd {
    /// A name.
    Path(Path),
    /// A descriptor.
    Fd(i32, Value),
}

impl PathOrFd {
    /// What was given: the `filename` of errors.
    pub fn object(&self) -> Value {
        match self {
            PathOrFd::Path(path) => path.object,
            PathOrFd::Fd(_, object) => *object,
        }
    }
}

impl FromValue for PathOrFd {
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<PathOrFd> {
        if vm.cast::<PyStr>(value).is_none() && vm.slots_of(value).nb_index.is_some() {
            if value.as_bool().is_some() {
                warn_of_bool(vm)?;
            }
            return Ok(PathOrFd::Fd(descriptor_number(vm, value)?, value));
        }
        let allowed = if argument.is_optional() {
            "string, bytes, os.PathLike, integer or None"
        } else {
            "string, bytes, os.PathLike or integer"
        };
        Path::convert(vm, value, argument, allowed).map(PathOrFd::Path)
    }
}

/// An integer as the number of a descriptor.
fn descriptor_number(vm: &Vm, value: Value) -> PyResult<i32> {
    let index = vm.index(value)?;
    match vm.int_to_i64(index).map(i32::try_from) {
        Some(Ok(fd)) => Ok(fd),
        _ if vm.int_sign(index).is_lt() => Err(vm.overflow_error("fd is less than minimum")),
        _ => Err(vm.overflow_error("fd is greater than maximum")),
    }
}

/// The directory that a name is relative to; `None` is the current one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DirFd(pub i32);

impl DirFd {
    /// The current directory.
    pub const CURRENT: DirFd = DirFd(libc::AT_FDCWD);
}

impl FromValue for DirFd {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<DirFd> {
        if value.is_none() {
            return Ok(DirFd::CURRENT);
        }
        if vm.slots_of(value).nb_index.is_none() {
            let class = vm.class_name(value);
            return Err(vm.type_error(format_args!("argument should be integer or None, not {class}")));
        }
        if value.as_bool().is_some() {
            warn_of_bool(vm)?;
        }
        descriptor_number(vm, value).map(DirFd)
    }
}

/// The descriptor of an open file: an integer, or an object with `fileno()`.
#[derive(Clone, Copy)]
pub struct Descriptor(pub i32);

impl FromValue for Descriptor {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<Descriptor> {
        descriptor_of(vm, value).map(Descriptor)
    }
}

/// Warns of `True` or `False` as a descriptor.
#[cold]
fn warn_of_bool(vm: &Vm) -> PyResult<()> {
    match vm.hooks.warn.get() {
        Some(warn) => warn(vm, vm.exceptions().RuntimeWarning.value(), "bool is used as a file descriptor", 1),
        None => Ok(()),
    }
}

/// The descriptor of an integer or an object with `fileno()`.
pub fn descriptor_of(vm: &Vm, value: Value) -> PyResult<i32> {
    let number = if vm.is_int(value) {
        if value.as_bool().is_some() {
            warn_of_bool(vm)?;
        }
        value
    } else {
        let Some(method) = vm.get_attr_optional(value, vm.names().fileno)? else {
            return Err(vm.type_error("argument must be an int, or have a fileno() method."));
        };
        let number = vm.call(method, &[])?;
        if !vm.is_int(number) {
            return Err(vm.type_error("fileno() returned a non-integer"));
        }
        number
    };
    let fd = vm.int_to_i64(number).and_then(|fd| i32::try_from(fd).ok());
    match fd {
        Some(fd) if fd < 0 => Err(vm.value_error(format_args!("file descriptor cannot be a negative integer ({fd})"))),
        Some(fd) => Ok(fd),
        None => Err(vm.overflow_error("Python int too large to convert to C int")),
    }
}

/// A text for the system: `os.fsencode` of a string, bytes or path, without null characters.
pub struct SystemText(pub CString);

impl FromValue for SystemText {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<SystemText> {
        system_text(vm, value).map(SystemText)
    }
}

/// As [`SystemText`].
pub fn system_text(vm: &Vm, value: Value) -> PyResult<CString> {
    let path = fspath(vm, value)?;
    CString::new(path_bytes(vm, path)?).map_err(|_| vm.value_error("embedded null byte"))
}

/// The name of a file that is only looked at, not given to the system: null characters are fine.
pub struct PathName(pub Value);

impl FromValue for PathName {
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<PathName> {
        fspath_or(vm, value, |value| bad_path(vm, value, argument, "string, bytes or os.PathLike")).map(PathName)
    }
}
