//! Parameters that take the bytes of other objects.

use kaa_objects::args::{Argument, FromValue};
use kaa_objects::buffer::{Buffer, request};
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// A bytes-like object, whose bytes lie in one row.
pub struct BytesLike(Buffer);

impl BytesLike {
    /// The bytes of an object.
    pub fn of(vm: &Vm, value: Value) -> PyResult<BytesLike> {
        let buffer = vm.buffer(value, request::SIMPLE)?;
        match buffer.is_contiguous() {
            true => Ok(BytesLike(buffer)),
            false => Err(vm.buffer_error("memoryview: underlying buffer is not C-contiguous")),
        }
    }

    /// The bytes.
    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl FromValue for BytesLike {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<BytesLike> {
        BytesLike::of(vm, value)
    }
}

/// A bytes-like object, or a `str` of ASCII characters.
pub enum AsciiOrBytes {
    /// A `str`.
    Str(Gc<PyStr>),
    /// Another object.
    Bytes(BytesLike),
}

impl AsciiOrBytes {
    /// The bytes.
    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        match self {
            AsciiOrBytes::Str(text) => text.data().as_bytes(),
            AsciiOrBytes::Bytes(bytes) => bytes.as_slice(),
        }
    }
}

impl FromValue for AsciiOrBytes {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<AsciiOrBytes> {
        if let Some(text) = vm.cast::<PyStr>(value) {
            return match text.is_ascii() {
                true => Ok(AsciiOrBytes::Str(text)),
                false => Err(vm.value_error("string argument should contain only ASCII characters")),
            };
        }
        let wrong = || {
            let class = vm.class_name(value);
            vm.type_error(format_args!("argument should be bytes, buffer or ASCII string, not '{class}'"))
        };
        if !vm.is_bytes_like(value) {
            return Err(wrong());
        }
        let bytes = BytesLike::of(vm, value);
        match vm.catch(bytes, vm.exceptions().BufferError)? {
            Ok(bytes) => Ok(AsciiOrBytes::Bytes(bytes)),
            Err(_) => Err(wrong()),
        }
    }
}
