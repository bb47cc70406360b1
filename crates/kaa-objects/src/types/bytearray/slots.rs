//! The slots of `bytearray`, and the methods that it shares with `bytes`.

use super::PyByteArray;
use super::methods::{self, bytes_of_integers};
use crate::args::Signature;
use crate::buffer::{Buffer, Memory, request};
use crate::class::{CompareOp, PyType};
use crate::types::bytes::byte_string::{self as shared, BytesArgument, FillByte, Side, byte_methods};
use crate::types::bytes::construct::{ByteSource, count_of};
use crate::types::bytes::{PyByteArrayIterator, PyBytes, hex};
use crate::types::list::PyList;
use crate::types::slice::PySlice;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Args, Gc, PyResult, Value, Vm, ids, py_type};

byte_methods!(PyByteArray, "bytearray");

static SIGNATURE: Signature = Signature {
    name: "bytearray",
    qualname: "bytearray",
    params: &["source", "encoding", "errors"],
    positional_only: 0,
    positional: 3,
    required: 0,
    required_keywords: 0,
    var_positional: false,
    var_keyword: false,
    constructor: true,
    keywords_apart: false,
};

/// Bytes before those of the storage.
const STORAGE_HEADER: usize = 16;

fn this_array(this: Value) -> Gc<PyByteArray> {
    // SAFETY: slots are called with objects of their type only.
    unsafe { this.as_gc_unchecked() }
}

fn out_of_range(vm: &Vm) -> crate::Raised {
    vm.index_error("bytearray index out of range")
}

/// `array[slice] = value`, or its deletion.
fn set_slice(vm: &Vm, this: Gc<PyByteArray>, slice: Gc<PySlice>, value: Option<Value>) -> PyResult<()> {
    let indices = slice.unpack(vm)?;
    let given;
    let copy;
    let bytes: &[u8] = match value {
        None => &[],
        Some(value) if value != this.value() && vm.is_bytes_like(value) => {
            given = BytesArgument::buffer(vm, value)?;
            given.as_slice()
        }
        Some(value) if value == this.value() => {
            copy = this.as_slice().to_vec();
            &copy
        }
        Some(value) if vm.is_int(value) || vm.cast::<PyStr>(value).is_some() || !vm.is_iterable(value) => {
            return Err(vm.type_error("can assign only bytes, buffers, or iterables of ints in range(0, 256)"));
        }
        Some(value) => {
            copy = bytes_of_integers(vm, value)?;
            &copy
        }
    };
    let range = indices.adjust(this.len());
    if range.step == 1 {
        let start = range.start as usize;
        return this.splice(vm, start, start + range.len, bytes);
    }
    if value.is_some() && !bytes.is_empty() {
        if bytes.len() != range.len {
            let (given, wanted) = (bytes.len(), range.len);
            return Err(vm.value_error(format_args!(
                "attempt to assign bytes of size {given} to extended slice of size {wanted}"
            )));
        }
        this.with_bytes_mut(|all| range.indices().zip(bytes).for_each(|(at, &byte)| all[at] = byte));
        return Ok(());
    }
    if range.len == 0 {
        return Ok(());
    }
    // Without bytes, those of an extended slice are deleted.
    this.check_resizable(vm)?;
    let range = range.ascending();
    let (mut next, mut out) = (range.indices().peekable(), range.start as usize);
    let len = this.len();
    this.with_bytes_mut(|all| {
        for at in range.start as usize..len {
            if next.next_if_eq(&at).is_none() {
                all[out] = all[at];
                out += 1;
            }
        }
    });
    this.resize(vm, len - range.len)
}

#[py_type(
    name = "bytearray", id = ids::BYTEARRAY, layout = custom, drop, flags(BASETYPE, MATCH_SELF),
    parts(METHODS, methods::CHANGES),
    doc = "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\nbytearray(b\
           ytes_or_buffer) -> mutable copy of bytes_or_buffer\nbytearray(int) -> bytes array of size given by the pa\
           rameter initialized with null bytes\nbytearray() -> empty bytes array\n\nConstruct a mutable bytearray ob\
           ject from:\n  - an iterable yielding integers in range(256)\n  - a text string encoded using the specifie\
           d encoding\n  - a bytes or a buffer object\n  - any object implementing the buffer API.\n  - an integer"
)]
impl PyByteArray {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyByteArray>> {
        vm.alloc_instance(class, PyByteArray::empty())
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyByteArray>, args: Args<'_>) -> PyResult<()> {
        let given = ByteSource::read(vm, args, &SIGNATURE)?;
        this.resize(vm, 0)?;
        if let Some(encoded) = given.encoded(vm)? {
            return this.push_slice(vm, encoded.as_slice());
        }
        let Some(source) = given.source else { return Ok(()) };
        if let Some(count) = count_of(vm, source)? {
            return this.resize(vm, count);
        }
        if vm.is_bytes_like(source) {
            let bytes = vm.buffer(source, request::FULL_RO)?.to_vec();
            return this.push_slice(vm, &bytes);
        }
        if !vm.is_iterable(source) {
            let class = vm.class_name(source);
            return Err(vm.type_error(format_args!("cannot convert '{class}' object to bytearray")));
        }
        // One by one: the iterator may look at the array.
        let filled = vm.for_each(source, |item| this.push(vm, vm.byte_in_range(item)?));
        if filled.is_err() && (vm.cast::<PyList>(source).is_some() || vm.cast::<PyTuple>(source).is_some()) {
            this.resize(vm, 0)?;
        }
        filled
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyByteArray>) -> String {
        let class = vm.class_name(this.value());
        format!("{class}({})", shared::repr(this.as_slice(), true))
    }

    #[slot(str)]
    fn str(vm: &Vm, this: Gc<PyByteArray>) -> PyResult<String> {
        vm.warn_of_bytes("str() on a bytearray instance")?;
        Ok(PyByteArray::repr(vm, this))
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        if matches!(op, CompareOp::Eq | CompareOp::Ne) && vm.cast::<PyStr>(a).or(vm.cast::<PyStr>(b)).is_some() {
            vm.warn_of_bytes("Comparison between bytearray and string")?;
        }
        let outcome = vm.with_two_bytes(a, b, |a, b| match op {
            CompareOp::Eq => a == b,
            CompareOp::Ne => a != b,
            _ => op.holds(a.cmp(b)),
        })?;
        Ok(outcome.map_or(Value::NOT_IMPLEMENTED, Value::bool))
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
    fn contains(vm: &Vm, this: Gc<PyByteArray>, item: Value) -> PyResult<bool> {
        shared::contains(vm, this, item)
    }

    #[slot(sq_concat)]
    fn concat(vm: &Vm, a: Value, b: Value) -> PyResult {
        shared::concat(vm, this_array(a), b)
    }

    #[slot(sq_inplace_concat)]
    fn inplace_concat(vm: &Vm, a: Value, b: Value) -> PyResult {
        if !vm.is_bytes_like(b) {
            let class = vm.class_name(b);
            return Err(vm.type_error(format_args!("can't concat {class} to bytearray")));
        }
        // Added to itself, it shares what it would have to resize: an error, as in CPython.
        let bytes = BytesArgument::buffer(vm, b)?;
        this_array(a).push_slice(vm, bytes.as_slice())?;
        Ok(a)
    }

    #[slot(sq_repeat)]
    fn repeat(vm: &Vm, this: Value, count: isize) -> PyResult {
        shared::repeat(vm, this_array(this), count)
    }

    #[slot(sq_inplace_repeat)]
    fn inplace_repeat(vm: &Vm, this: Value, count: isize) -> PyResult {
        let array = this_array(this);
        let old = array.len();
        let len = old.checked_mul(usize::try_from(count).unwrap_or(0)).ok_or_else(|| vm.no_memory())?;
        array.resize(vm, len)?;
        if len > old {
            array.with_bytes_mut(|all| {
                let (first, rest) = all.split_at_mut(old);
                shared::fill_repeated(rest, first);
            });
        }
        Ok(this)
    }

    #[slot(sq_item)]
    fn item(vm: &Vm, this: Value, index: isize) -> PyResult {
        let byte = usize::try_from(index).ok().and_then(|index| this_array(this).as_slice().get(index).copied());
        byte.map(|byte| Value::small_int(byte.into())).ok_or_else(|| out_of_range(vm))
    }

    #[slot(sq_ass_item)]
    fn set_item(vm: &Vm, this: Value, index: isize, value: Option<Value>) -> PyResult<()> {
        let array = this_array(this);
        let byte = value.map(|value| vm.byte_in_range(value)).transpose()?;
        let at = usize::try_from(index).ok().filter(|&at| at < array.len()).ok_or_else(|| out_of_range(vm))?;
        match byte {
            Some(byte) => {
                array.with_bytes_mut(|all| all[at] = byte);
                Ok(())
            }
            None => array.splice(vm, at, at + 1, &[]),
        }
    }

    #[slot(mp_subscript)]
    fn subscript(vm: &Vm, this: Value, key: Value) -> PyResult {
        let array = this_array(this);
        if let Some(slice) = vm.cast::<PySlice>(key) {
            let range = slice.unpack(vm)?.adjust(array.len());
            let all = array.as_slice();
            if range.step == 1 {
                let start = range.start as usize;
                return Ok(vm.new_bytearray(&all[start..start + range.len])?.value());
            }
            let part: Vec<u8> = range.indices().map(|at| all[at]).collect();
            return Ok(vm.new_bytearray(&part)?.value());
        }
        let index = PyByteArray::index_of(vm, key)?;
        PyByteArray::item(vm, this, if index < 0 { index + array.len() as isize } else { index })
    }

    #[slot(mp_ass_subscript)]
    fn set_subscript(vm: &Vm, this: Value, key: Value, value: Option<Value>) -> PyResult<()> {
        let array = this_array(this);
        if let Some(slice) = vm.cast::<PySlice>(key) {
            return set_slice(vm, array, slice, value);
        }
        let index = PyByteArray::index_of(vm, key)?;
        PyByteArray::set_item(vm, this, if index < 0 { index + array.len() as isize } else { index }, value)
    }

    #[slot(nb_remainder)]
    fn remainder(vm: &Vm, a: Value, b: Value) -> PyResult {
        match vm.cast::<PyByteArray>(a) {
            Some(format) => {
                let _held = format.exports().add();
                let bytes = crate::format::percent_bytes(vm, format.as_slice(), b)?;
                Ok(vm.new_bytearray(&bytes)?.value())
            }
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyByteArray>) -> PyResult {
        PyByteArrayIterator::over(vm, this)
    }

    #[slot(bf_getbuffer)]
    fn get_buffer(vm: &Vm, this: Value, flags: u32) -> PyResult<Buffer> {
        let _ = (vm, flags);
        let array = this_array(this);
        let memory = match array.storage() {
            // SAFETY: the storage is an object on the heap.
            Some((storage, start)) => Memory::Inside(unsafe { storage.cast() }, STORAGE_HEADER + start),
            None => Memory::Outside(std::ptr::dangling_mut()),
        };
        Ok(Buffer {
            owner: this,
            memory,
            len: array.len(),
            readonly: false,
            itemsize: 1,
            format: None,
            layout: None,
            export: Some(array.exports().add()),
        })
    }
}

impl PyByteArray {
    fn index_of(vm: &Vm, key: Value) -> PyResult<isize> {
        if !key.is_small_int() && vm.slots_of(key).nb_index.is_none() {
            let class = vm.class_name(key);
            return Err(vm.type_error(format_args!("bytearray indices must be integers or slices, not {class}")));
        }
        vm.index_to_isize(key, vm.exceptions().IndexError)
    }
}
