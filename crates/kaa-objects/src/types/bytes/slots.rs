//! The slots of `bytes`, and the methods that `bytearray` has otherwise.

use super::byte_string::{self as shared, BytesArgument, FillByte, Side, byte_methods};
use super::core::BYTES_DATA;
use super::{PyBytes, construct, hex, iterator};
use crate::buffer::{Buffer, request};
use crate::class::{CompareOp, PyType};
use crate::types::list::PyList;
use crate::types::slice::PySlice;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Args, Gc, PyResult, Value, Vm, ids, py_type};

byte_methods!(PyBytes, "bytes");

fn this_bytes(this: Value) -> Gc<PyBytes> {
    // SAFETY: slots are called with objects of their type only.
    unsafe { this.as_gc_unchecked() }
}

#[py_type(
    name = "bytes", id = ids::BYTES, layout = variable_raw,
    flags(BASETYPE, BYTES_SUBCLASS, MATCH_SELF), parts(METHODS),
    doc = "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\nbytes(bytes_or_buffer) -> i\
           mmutable copy of bytes_or_buffer\nbytes(int) -> bytes object of size given by the parameter initialized w\
           ith null bytes\nbytes() -> empty bytes object\n\nConstruct an immutable array of bytes from:\n  - an iter\
           able yielding integers in range(256)\n  - a text string encoded using the specified encoding\n  - any obj\
           ect implementing the buffer API.\n  - an integer"
)]
impl PyBytes {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyBytes>> {
        construct::new(vm, class, args)
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        shared::repr(self.as_slice(), false)
    }

    #[slot(str)]
    fn str(&self, vm: &Vm) -> PyResult<String> {
        vm.warn_of_bytes("str() on a bytes instance")?;
        Ok(shared::repr(self.as_slice(), false))
    }

    #[slot(hash)]
    fn hash_slot(&self, vm: &Vm) -> i64 {
        self.hash(vm)
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        Ok(match (vm.cast::<PyBytes>(a), vm.cast::<PyBytes>(b)) {
            (Some(a), Some(b)) => Value::bool(match op {
                CompareOp::Eq => a.as_slice() == b.as_slice(),
                CompareOp::Ne => a.as_slice() != b.as_slice(),
                _ => op.holds(a.as_slice().cmp(b.as_slice())),
            }),
            _ => {
                if matches!(op, CompareOp::Eq | CompareOp::Ne) {
                    if vm.cast::<PyStr>(a).or(vm.cast::<PyStr>(b)).is_some() {
                        vm.warn_of_bytes("Comparison between bytes and string")?;
                    }
                    if vm.is_int(a) || vm.is_int(b) {
                        vm.warn_of_bytes("Comparison between bytes and int")?;
                    }
                }
                Value::NOT_IMPLEMENTED
            }
        })
    }

    #[slot(sq_length)]
    fn sequence_length(&self) -> usize {
        self.len()
    }

    #[slot(mp_length)]
    fn mapping_length(&self) -> usize {
        self.len()
    }

    #[slot(sq_contains)]
    fn contains(vm: &Vm, this: Gc<PyBytes>, item: Value) -> PyResult<bool> {
        shared::contains(vm, this, item)
    }

    #[slot(sq_concat)]
    fn concat(vm: &Vm, a: Value, b: Value) -> PyResult {
        let a = this_bytes(a);
        if let Some(b) = vm.cast::<PyBytes>(b) {
            if b.is_empty() {
                return Ok(vm.exact_bytes(a)?.value());
            }
            if a.is_empty() {
                return Ok(vm.exact_bytes(b)?.value());
            }
        }
        shared::concat(vm, a, b)
    }

    #[slot(sq_repeat)]
    fn repeat(vm: &Vm, this: Value, count: isize) -> PyResult {
        shared::repeat(vm, this_bytes(this), count)
    }

    #[slot(sq_item)]
    fn item(vm: &Vm, this: Value, index: isize) -> PyResult {
        let byte = usize::try_from(index).ok().and_then(|index| this_bytes(this).as_slice().get(index).copied());
        byte.map(|byte| Value::small_int(byte.into())).ok_or_else(|| vm.index_error("index out of range"))
    }

    #[slot(mp_subscript)]
    fn subscript(vm: &Vm, this: Value, key: Value) -> PyResult {
        let bytes = this_bytes(this);
        if let Some(slice) = vm.cast::<PySlice>(key) {
            let range = slice.unpack(vm)?.adjust(bytes.len());
            if range.step == 1 {
                if range.len == bytes.len() {
                    return Ok(vm.exact_bytes(bytes)?.value());
                }
                let start = range.start as usize;
                return Ok(vm.new_bytes(&bytes.as_slice()[start..start + range.len])?.value());
            }
            let all = bytes.as_slice();
            let part = vm.new_bytes_with(range.len, |out| {
                out.iter_mut().zip(range.indices()).for_each(|(to, at)| *to = all[at]);
            })?;
            return Ok(part.value());
        }
        if !key.is_small_int() && vm.slots_of(key).nb_index.is_none() {
            let class = vm.class_name(key);
            return Err(vm.type_error(format_args!("byte indices must be integers or slices, not {class}")));
        }
        let index = vm.index_to_isize(key, vm.exceptions().IndexError)?;
        PyBytes::item(vm, this, if index < 0 { index + bytes.len() as isize } else { index })
    }

    #[slot(nb_remainder)]
    fn remainder(vm: &Vm, a: Value, b: Value) -> PyResult {
        match vm.cast::<PyBytes>(a) {
            Some(format) => {
                let bytes = crate::format::percent_bytes(vm, format.as_slice(), b)?;
                Ok(vm.new_bytes(&bytes)?.value())
            }
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyBytes>) -> PyResult {
        iterator::PyBytesIterator::over(vm, this)
    }

    #[slot(bf_getbuffer)]
    fn get_buffer(vm: &Vm, this: Value, flags: u32) -> PyResult<Buffer> {
        if flags & request::WRITABLE != 0 {
            return Err(vm.buffer_error("Object is not writable."));
        }
        let object = this.as_object().expect("bytes are objects");
        Ok(Buffer::bytes(this, object, BYTES_DATA, this_bytes(this).len(), true))
    }

    #[method("__bytes__($self, /)", doc = "Convert this value to exact type bytes.")]
    fn dunder_bytes(vm: &Vm, this: Gc<PyBytes>) -> PyResult<Gc<PyBytes>> {
        vm.exact_bytes(this)
    }

    #[method("__getnewargs__($self, /)")]
    fn getnewargs(vm: &Vm, this: Gc<PyBytes>) -> PyResult<Gc<PyTuple>> {
        vm.new_tuple(&[vm.new_bytes(this.as_slice())?.value()])
    }

    #[method("__sizeof__($self, /)", doc = "Size of object in memory, in bytes.")]
    fn sizeof(&self) -> usize {
        (BYTES_DATA + self.len()).next_multiple_of(8)
    }

    #[classmethod(
        "fromhex($type, string, /)",
        doc = "Create a bytes object from a string of hexadecimal numbers.

Spaces between two numbers are accepted.
Example: bytes.fromhex('B9 01EF') -> b'\\\\xb9\\\\x01\\\\xef'."
    )]
    fn fromhex(vm: &Vm, class: Gc<PyType>, string: Value) -> PyResult {
        let bytes = vm.new_bytes(&hex::from_hex(vm, string)?)?.value();
        if class == vm.class::<PyBytes>() { Ok(bytes) } else { vm.call(class.value(), &[bytes]) }
    }
}

impl Vm {
    /// Calls a function with the bytes of two bytes-like objects; `None` when one of them is none.
    pub(crate) fn with_two_bytes<R>(
        &self,
        a: Value,
        b: Value,
        with: impl FnOnce(&[u8], &[u8]) -> R,
    ) -> PyResult<Option<R>> {
        if !self.is_bytes_like(a) || !self.is_bytes_like(b) {
            return Ok(None);
        }
        let (a, b) = (BytesArgument::buffer(self, a)?, BytesArgument::buffer(self, b)?);
        Ok(Some(with(a.as_slice(), b.as_slice())))
    }
}
