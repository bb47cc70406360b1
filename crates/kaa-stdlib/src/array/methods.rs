//! The methods of `array.array`.

use kaa_objects::args::{Argument, FromValue};
use kaa_objects::buffer::request;
use kaa_objects::class::PyType;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::generic_alias::PyGenericAlias;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm, py_methods};

use super::construct::characters;
use super::{PyArray, of_bytes, pickle, push, push_bytes, resize, splice};

/// How many bytes `tofile` writes at once.
const BLOCK: usize = 64 * 1024;

/// The items as a list.
pub(super) fn to_list(vm: &Vm, this: Gc<PyArray>) -> PyResult<Gc<PyList>> {
    let list = vm.new_list_with_capacity(this.len())?;
    for index in 0..this.len() {
        list.push(vm, this.get(vm, index)?)?;
    }
    Ok(list)
}

/// The characters as text.
pub(super) fn to_text(vm: &Vm, this: Gc<PyArray>) -> PyResult<Gc<PyStr>> {
    let mut out = StrBuilder::with_capacity(this.len());
    for item in this.bytes().as_chunks::<4>().0 {
        let code_point = u32::from_le_bytes(*item);
        if code_point > 0x10_ffff {
            return Err(vm.value_error(format_args!("character U+{code_point:x} is not in range [U+0000; U+10ffff]")));
        }
        out.push(code_point);
    }
    out.finish(vm)
}

/// The index of the first item that equals a value, within a range.
pub(super) fn find(vm: &Vm, this: Gc<PyArray>, value: Value, start: usize, stop: usize) -> PyResult<Option<usize>> {
    let mut index = start;
    // Comparing may change the array.
    while index < stop.min(this.len()) {
        if vm.identical_or_equal(this.get(vm, index)?, value)? {
            return Ok(Some(index));
        }
        index += 1;
    }
    Ok(None)
}

/// Appends the items of another array, or values.
pub(super) fn extend(vm: &Vm, this: Gc<PyArray>, other: Value) -> PyResult<()> {
    let Some(array) = vm.cast::<PyArray>(other) else {
        return vm.for_each(other, |value| push(vm, this, value));
    };
    if array.kind != this.kind {
        return Err(vm.type_error("can only extend with array of same kind"));
    }
    let copy = array.bytes().to_vec();
    push_bytes(vm, this, &copy)
}

fn from_bytes(vm: &Vm, this: Gc<PyArray>, bytes: &[u8]) -> PyResult<()> {
    if !bytes.len().is_multiple_of(this.kind.size()) {
        return Err(vm.value_error("bytes length not a multiple of item size"));
    }
    push_bytes(vm, this, bytes)
}

/// A limit of `index`: counted from the end when negative, 0 when before the start.
struct Limit(isize);

impl FromValue for Limit {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<Limit> {
        vm.slice_index(value).map(Limit)
    }
}

impl Limit {
    fn within(self, len: usize) -> usize {
        match usize::try_from(self.0) {
            Ok(limit) => limit,
            Err(_) => usize::try_from(self.0 + len as isize).unwrap_or(0),
        }
    }
}

#[py_methods(METHODS, of = "array")]
impl PyArray {
    #[method("append($self, v, /)", doc = "Append new value v to the end of the array.")]
    fn append(vm: &Vm, this: Gc<PyArray>, v: Value) -> PyResult<()> {
        push(vm, this, v)
    }

    #[method(
        "buffer_info($self, /)",
        doc = "Return a tuple (address, length) giving the current memory address and the length in items of the buffer used to hold array's contents.\n\nThe length should be multiplied by the itemsize attribute to calculate\nthe buffer length in bytes."
    )]
    fn buffer_info(vm: &Vm, this: Gc<PyArray>) -> PyResult<Gc<PyTuple>> {
        let address = match this.storage.get() {
            Some(storage) => {
                // The address means nothing if the storage moves.
                vm.pin(storage);
                storage.data() as u64
            }
            None => 0,
        };
        let parts = [vm.new_int_u64(address)?, Value::small_int(this.len() as i64)];
        vm.new_tuple(&parts)
    }

    #[method(
        "byteswap($self, /)",
        doc = "Byteswap all items of the array.\n\nIf the items in the array are not 1, 2, 4, or 8 bytes in size,\nRuntimeError is raised."
    )]
    fn byteswap(this: Gc<PyArray>) {
        let size = this.kind.size();
        this.with_bytes_mut(|all| all.chunks_exact_mut(size).for_each(<[u8]>::reverse));
    }

    #[method("clear($self, /)", doc = "Remove all items from the array.")]
    fn clear(vm: &Vm, this: Gc<PyArray>) -> PyResult<()> {
        resize(vm, this, 0)
    }

    #[method("__copy__($self, /)", doc = "Return a copy of the array.")]
    fn copy(vm: &Vm, this: Gc<PyArray>) -> PyResult<Gc<PyArray>> {
        of_bytes(vm, vm.class::<PyArray>(), this.kind, this.bytes())
    }

    #[method("__deepcopy__($self, unused, /)", doc = "Return a copy of the array.")]
    fn deepcopy(vm: &Vm, this: Gc<PyArray>, unused: Value) -> PyResult<Gc<PyArray>> {
        let _ = unused;
        of_bytes(vm, vm.class::<PyArray>(), this.kind, this.bytes())
    }

    #[method("count($self, v, /)", doc = "Return number of occurrences of v in the array.")]
    fn count(vm: &Vm, this: Gc<PyArray>, v: Value) -> PyResult<usize> {
        let (mut count, mut from) = (0, 0);
        while let Some(at) = find(vm, this, v, from, usize::MAX)? {
            count += 1;
            from = at + 1;
        }
        Ok(count)
    }

    #[method("extend($self, bb, /)", doc = "Append items to the end of the array.")]
    fn extend(vm: &Vm, this: Gc<PyArray>, bb: Value) -> PyResult<()> {
        extend(vm, this, bb)
    }

    #[method(
        "fromfile($self, f, n, /)",
        doc = "Read n objects from the file object f and append them to the end of the array."
    )]
    fn fromfile(vm: &Vm, this: Gc<PyArray>, f: Value, n: isize) -> PyResult<()> {
        let Ok(count) = usize::try_from(n) else { return Err(vm.value_error("negative count")) };
        let len = count.checked_mul(this.kind.size()).and_then(|len| i64::try_from(len).ok());
        let len = len.ok_or_else(|| vm.no_memory())?;
        let read = vm.call_method_str(f, "read", &[vm.new_int(len)?])?;
        let Some(bytes) = vm.cast::<PyBytes>(read) else {
            return Err(vm.type_error("read() didn't return bytes"));
        };
        from_bytes(vm, this, bytes.as_slice())?;
        match (bytes.len() as i64) < len {
            true => Err(vm.eof_error("read() didn't return enough bytes")),
            false => Ok(()),
        }
    }

    #[method("fromlist($self, list, /)", doc = "Append items to array from list.")]
    fn fromlist(vm: &Vm, this: Gc<PyArray>, list: Value) -> PyResult<()> {
        let Some(list) = vm.cast::<PyList>(list) else { return Err(vm.type_error("arg must be list")) };
        let (old, len) = (this.len(), list.len());
        // Without the items that fit when one does not.
        let undo = |raised| {
            resize(vm, this, old)?;
            Err(raised)
        };
        for index in 0..len {
            let Some(value) = list.get(index).filter(|_| list.len() == len) else {
                return undo(vm.runtime_error("list changed size during iteration"));
            };
            if let Err(raised) = push(vm, this, value) {
                return undo(raised);
            }
        }
        Ok(())
    }

    #[method(
        "frombytes($self, buffer, /)",
        doc = "Appends items from the string, interpreting it as an array of machine values, as if it had been read from a file using the fromfile() method."
    )]
    fn frombytes(vm: &Vm, this: Gc<PyArray>, buffer: Value) -> PyResult<()> {
        let view = vm.buffer(buffer, request::SIMPLE)?;
        if view.itemsize != 1 {
            return Err(vm.type_error("a bytes-like object is required"));
        }
        let bytes = view.to_vec();
        if !bytes.len().is_multiple_of(this.kind.size()) {
            return Err(vm.value_error("bytes length not a multiple of item size"));
        }
        // The view stays: an array cannot be extended by itself.
        push_bytes(vm, this, &bytes)
    }

    #[method(
        "fromunicode($self, ustr, /)",
        doc = "Extends this array with data from the unicode string ustr.\n\nThe array must be a unicode type array; otherwise a ValueError is\nraised.  Use array.frombytes(ustr.encode(...)) to append Unicode\ndata to an array of some other type."
    )]
    fn fromunicode(vm: &Vm, this: Gc<PyArray>, ustr: Gc<PyStr>) -> PyResult<()> {
        if !this.kind.is_unicode() {
            return Err(vm.value_error("fromunicode() may only be called on unicode type arrays ('u' or 'w')"));
        }
        push_bytes(vm, this, &characters(ustr))
    }

    #[method(
        "index($self, v, start=0, stop=sys.maxsize, /)",
        doc = "Return index of first occurrence of v in the array.\n\nRaise ValueError if the value is not present."
    )]
    fn index(vm: &Vm, this: Gc<PyArray>, v: Value, start: Option<Limit>, stop: Option<Limit>) -> PyResult<usize> {
        let len = this.len();
        let start = start.map_or(0, |start| start.within(len));
        let stop = stop.map_or(usize::MAX, |stop| stop.within(len));
        find(vm, this, v, start, stop)?.ok_or_else(|| vm.value_error("array.index(x): x not in array"))
    }

    #[method("insert($self, i, v, /)", doc = "Insert a new item v into the array before position i.")]
    fn insert(vm: &Vm, this: Gc<PyArray>, i: isize, v: Value) -> PyResult<()> {
        let item = this.kind.store(vm, v)?;
        let len = this.len();
        let at = match usize::try_from(i) {
            Ok(at) => at.min(len),
            Err(_) => usize::try_from(i + len as isize).unwrap_or(0),
        };
        splice(vm, this, at, at, &item[..this.kind.size()])
    }

    #[method("pop($self, i=-1, /)", doc = "Return the i-th element and delete it from the array.\n\ni defaults to -1.")]
    fn pop(vm: &Vm, this: Gc<PyArray>, i: isize) -> PyResult {
        let len = this.len() as isize;
        if len == 0 {
            return Err(vm.index_error("pop from empty array"));
        }
        let at = if i < 0 { i + len } else { i };
        if !(0..len).contains(&at) {
            return Err(vm.index_error("pop index out of range"));
        }
        let at = at as usize;
        let value = this.get(vm, at)?;
        splice(vm, this, at, at + 1, &[])?;
        Ok(value)
    }

    #[method("__reduce_ex__($self, value, /)", doc = "Return state information for pickling.")]
    fn reduce_ex(vm: &Vm, this: Gc<PyArray>, value: Value) -> PyResult<Gc<PyTuple>> {
        if !vm.is_int(value) {
            let class = vm.class_name(value);
            return Err(vm.type_error(format_args!("__reduce_ex__ argument should be an integer, not {class}")));
        }
        let protocol = vm.int_to_i64(value).unwrap_or(i64::MAX);
        pickle::reduce(vm, this, protocol)
    }

    #[method("remove($self, v, /)", doc = "Remove the first occurrence of v in the array.")]
    fn remove(vm: &Vm, this: Gc<PyArray>, v: Value) -> PyResult<()> {
        match find(vm, this, v, 0, usize::MAX)? {
            Some(at) if at < this.len() => splice(vm, this, at, at + 1, &[]),
            _ => Err(vm.value_error("array.remove(x): x not in array")),
        }
    }

    #[method("reverse($self, /)", doc = "Reverse the order of the items in the array.")]
    fn reverse(this: Gc<PyArray>) {
        let size = this.kind.size();
        this.with_bytes_mut(|all| {
            // All bytes turned round, then those of each item.
            all.reverse();
            all.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        });
    }

    #[method("tofile($self, f, /)", doc = "Write all items (as machine values) to the file object f.")]
    fn tofile(vm: &Vm, this: Gc<PyArray>, f: Value) -> PyResult<()> {
        let mut at = 0;
        while at < this.bytes().len() {
            let all = this.bytes();
            let block = vm.new_bytes(&all[at..all.len().min(at + BLOCK)])?;
            at += block.len();
            vm.call_method_str(f, "write", &[block.value()])?;
        }
        Ok(())
    }

    #[method("tolist($self, /)", doc = "Convert array to an ordinary list with the same items.")]
    fn tolist(vm: &Vm, this: Gc<PyArray>) -> PyResult<Gc<PyList>> {
        to_list(vm, this)
    }

    #[method(
        "tobytes($self, /)",
        doc = "Convert the array to an array of machine values and return the bytes representation."
    )]
    fn tobytes(vm: &Vm, this: Gc<PyArray>) -> PyResult<Gc<PyBytes>> {
        vm.new_bytes(this.bytes())
    }

    #[method(
        "tounicode($self, /)",
        doc = "Extends this array with data from the unicode string ustr.\n\nConvert the array to a unicode string.  The array must be a unicode\ntype array; otherwise a ValueError is raised.  Use\narray.tobytes().decode() to obtain a unicode string from an array of\nsome other type."
    )]
    fn tounicode(vm: &Vm, this: Gc<PyArray>) -> PyResult<Gc<PyStr>> {
        if !this.kind.is_unicode() {
            return Err(vm.value_error("tounicode() may only be called on unicode type arrays ('u' or 'w')"));
        }
        to_text(vm, this)
    }

    #[method("__sizeof__($self, /)", doc = "Size of the array in memory, in bytes.")]
    fn sizeof(this: Gc<PyArray>) -> usize {
        size_of::<PyArray>() + this.storage.get().map_or(0, |storage| storage.len())
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "Arrays are generic over the type of their elements")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        PyGenericAlias::new_value(vm, class.value(), object)
    }

    #[getter("typecode", doc = "the typecode character used to create the array")]
    fn typecode(this: Gc<PyArray>) -> char {
        this.kind.code()
    }

    #[getter("itemsize", doc = "the size, in bytes, of one array item")]
    fn itemsize(this: Gc<PyArray>) -> usize {
        this.kind.size()
    }
}
