//! The methods that change a `bytearray`.

use super::PyByteArray;
use crate::class::PyType;
use crate::types::bytes::{byte_string::BytesArgument, hex};
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, py_methods};

/// Bytes before those of a storage object.
const STORAGE_HEADER: usize = 16;

/// The bytes that an object stands for when it is added to a `bytearray`: what it shares, or the
/// integers that it gives.
pub(super) fn extend(vm: &Vm, this: Gc<PyByteArray>, iterable: Value) -> PyResult<()> {
    if vm.is_bytes_like(iterable) {
        // A copy of its own bytes, so that they may move.
        if iterable == this.value() {
            let copy = this.as_slice().to_vec();
            return this.push_slice(vm, &copy);
        }
        let end = this.len();
        let bytes = BytesArgument::buffer(vm, iterable)?;
        // Asking for the buffer may have changed the length: the place stays.
        return match this.len() {
            len if len > end => this.splice(vm, end, end, bytes.as_slice()),
            _ => this.push_slice(vm, bytes.as_slice()),
        };
    }
    if vm.cast::<PyStr>(iterable).is_some() {
        return Err(vm.type_error("expected iterable of integers; got: 'str'"));
    }
    if !vm.is_iterable(iterable) {
        let class = vm.class_name(iterable);
        return Err(vm.type_error(format_args!("can't extend bytearray with {class}")));
    }
    let bytes = bytes_of_integers(vm, iterable)?;
    this.push_slice(vm, &bytes)
}

/// The integers of an iterable as bytes.
pub(super) fn bytes_of_integers(vm: &Vm, iterable: Value) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::new();
    vm.for_each(iterable, |item| {
        bytes.push(vm.byte_in_range(item)?);
        Ok(())
    })?;
    Ok(bytes)
}

/// A position that is in the array, negative ones counted from the end.
fn position(vm: &Vm, this: Gc<PyByteArray>, index: isize, message: &str) -> PyResult<usize> {
    let index = if index < 0 { index + this.len() as isize } else { index };
    match usize::try_from(index) {
        Ok(index) if index < this.len() => Ok(index),
        _ => Err(vm.index_error(message)),
    }
}

/// What `__reduce__` and `__reduce_ex__` give.
fn reduced(vm: &Vm, this: Gc<PyByteArray>, protocol: isize) -> PyResult<Gc<PyTuple>> {
    let state = vm.get_state(this.value())?;
    let args = match (protocol, this.as_slice()) {
        (_, []) => vm.new_tuple(&[])?,
        (3.., bytes) => vm.new_tuple(&[vm.new_bytes(bytes)?.value()])?,
        (_, bytes) => {
            let text = vm.new_str_latin1(bytes)?;
            vm.new_tuple(&[text.value(), vm.intern("latin-1").value()])?
        }
    };
    vm.new_tuple(&[vm.class_of(this.value()).value(), args.value(), state])
}

#[py_methods(CHANGES, of = "bytearray")]
impl PyByteArray {
    #[method(
        "append($self, item, /)",
        doc = "Append a single item to the end of the bytearray.

  item
    The item to be appended."
    )]
    fn append(vm: &Vm, this: Gc<PyByteArray>, item: Value) -> PyResult<()> {
        let byte = vm.byte_in_range(item)?;
        this.push(vm, byte)
    }

    #[method(
        "extend($self, iterable_of_ints, /)",
        doc = "Append all the items from the iterator or sequence to the end of the bytearray.

  iterable_of_ints
    The iterable of items to append."
    )]
    fn extend(vm: &Vm, this: Gc<PyByteArray>, iterable_of_ints: Value) -> PyResult<()> {
        extend(vm, this, iterable_of_ints)
    }

    #[method(
        "insert($self, index, item, /)",
        doc = "Insert a single item into the bytearray before the given index.

  index
    The index where the value is to be inserted.
  item
    The item to be inserted."
    )]
    fn insert(vm: &Vm, this: Gc<PyByteArray>, index: isize, item: Value) -> PyResult<()> {
        let byte = vm.byte_in_range(item)?;
        let len = this.len() as isize;
        let at = if index < 0 { (index + len).max(0) } else { index.min(len) } as usize;
        this.splice(vm, at, at, &[byte])
    }

    #[method(
        "pop($self, index=-1, /)",
        doc = "Remove and return a single item from B.

  index
    The index from where to remove the item.
    -1 (the default value) means remove the last item.

If no index argument is given, will pop the last item."
    )]
    fn pop(vm: &Vm, this: Gc<PyByteArray>, index: isize) -> PyResult<u8> {
        if this.is_empty() {
            return Err(vm.index_error("pop from empty bytearray"));
        }
        let at = position(vm, this, index, "pop index out of range")?;
        let byte = this.as_slice()[at];
        this.splice(vm, at, at + 1, &[])?;
        Ok(byte)
    }

    #[method(
        "remove($self, value, /)",
        doc = "Remove the first occurrence of a value in the bytearray.

  value
    The value to remove."
    )]
    fn remove(vm: &Vm, this: Gc<PyByteArray>, value: Value) -> PyResult<()> {
        let byte = vm.byte_in_range(value)?;
        match memchr::memchr(byte, this.as_slice()) {
            Some(at) => this.splice(vm, at, at + 1, &[]),
            None => Err(vm.value_error("value not found in bytearray")),
        }
    }

    #[method("clear($self, /)", doc = "Remove all items from the bytearray.")]
    fn clear(vm: &Vm, this: Gc<PyByteArray>) -> PyResult<()> {
        this.resize(vm, 0)
    }

    #[method("copy($self, /)", doc = "Return a copy of B.")]
    fn copy(vm: &Vm, this: Gc<PyByteArray>) -> PyResult<Gc<PyByteArray>> {
        vm.new_bytearray(this.as_slice())
    }

    #[method("reverse($self, /)", doc = "Reverse the order of the values in B in place.")]
    fn reverse(&self) {
        self.with_bytes_mut(<[u8]>::reverse);
    }

    #[method(
        "resize($self, size, /)",
        doc = "Resize the internal buffer of bytearray to len.

  size
    New size to resize to."
    )]
    fn resize_to(vm: &Vm, this: Gc<PyByteArray>, size: isize) -> PyResult<()> {
        match usize::try_from(size) {
            Ok(size) => this.resize(vm, size),
            Err(_) => Err(vm.value_error(format_args!("Can only resize to positive sizes, got {size}"))),
        }
    }

    #[classmethod(
        "fromhex($type, string, /)",
        doc = "Create a bytearray object from a string of hexadecimal numbers.

Spaces between two numbers are accepted.
Example:
    bytearray.fromhex('B9 01EF') -> bytearray(b'\\\\xb9\\\\x01\\\\xef')"
    )]
    fn fromhex(vm: &Vm, class: Gc<PyType>, string: Value) -> PyResult {
        let bytes = hex::from_hex(vm, string)?;
        if class == vm.class::<PyByteArray>() {
            return Ok(vm.new_bytearray(&bytes)?.value());
        }
        vm.call(class.value(), &[vm.new_bytes(&bytes)?.value()])
    }

    #[method(
        "__alloc__($self, /)",
        doc = "B.__alloc__() -> int

Return the number of bytes actually allocated."
    )]
    fn alloc(&self) -> usize {
        self.capacity()
    }

    #[method("__sizeof__($self, /)", doc = "Returns the size of the bytearray object in memory, in bytes.")]
    fn sizeof(&self) -> usize {
        size_of::<PyByteArray>() + if self.capacity() == 0 { 0 } else { STORAGE_HEADER + self.capacity() }
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyByteArray>) -> PyResult<Gc<PyTuple>> {
        reduced(vm, this, 2)
    }

    #[method("__reduce_ex__($self, proto=0, /)", doc = "Return state information for pickling.")]
    fn reduce_ex(vm: &Vm, this: Gc<PyByteArray>, proto: i32) -> PyResult<Gc<PyTuple>> {
        reduced(vm, this, proto as isize)
    }
}

impl Vm {
    /// What pickling keeps of an object's attributes.
    fn get_state(&self, object: Value) -> PyResult {
        self.call_method_str(object, "__getstate__", &[])
    }
}
