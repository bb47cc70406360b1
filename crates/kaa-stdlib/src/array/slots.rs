//! The slots of `array.array`.

use kaa_objects::buffer::{Buffer, Memory, request};
use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::types::arrays::RawArray;
use kaa_objects::types::slice::PySlice;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Raised, Value, Vm, py_type};

use super::construct::construct;
use super::iterator::PyArrayIterator;
use super::{PyArray, methods, of_bytes, push_bytes, resize, splice};

fn this_array(vm: &Vm, this: Value) -> Gc<PyArray> {
    vm.cast(this).expect("slots are called with objects of their type")
}

#[cold]
fn bad_argument(vm: &Vm) -> Raised {
    vm.type_error("bad argument type for built-in operation")
}

/// An index as it was given, perhaps negative.
fn index_of(vm: &Vm, key: Value) -> PyResult<isize> {
    if !key.is_small_int() && vm.slots_of(key).nb_index.is_none() {
        return Err(vm.type_error("array indices must be integers"));
    }
    vm.index_to_isize(key, vm.exceptions().IndexError)
}

fn place(this: Gc<PyArray>, index: isize) -> Option<usize> {
    usize::try_from(index).ok().filter(|&index| index < this.len())
}

/// `array[slice] = value`, or its deletion.
fn set_slice(vm: &Vm, this: Gc<PyArray>, slice: Gc<PySlice>, value: Option<Value>) -> PyResult<()> {
    let indices = slice.unpack(vm)?;
    let copy;
    let given: &[u8] = match value {
        None => &[],
        Some(value) => {
            let Some(other) = vm.cast::<PyArray>(value) else {
                let class = vm.class_name(value);
                return Err(vm.type_error(format_args!("can only assign array (not \"{class}\") to array slice")));
            };
            if other.kind != this.kind {
                return Err(bad_argument(vm));
            }
            copy = other.bytes().to_vec();
            &copy
        }
    };
    let (range, size) = (indices.adjust(this.len()), this.kind.size());
    let count = given.len() / size;
    if range.step == 1 {
        let start = range.start as usize;
        return splice(vm, this, start, start + range.len, given);
    }
    if value.is_none() {
        if range.len == 0 {
            return Ok(());
        }
        super::check_resizable(vm, this)?;
        let range = range.ascending();
        let (mut next, mut out) = (range.indices().peekable(), range.start as usize);
        let len = this.len();
        this.with_bytes_mut(|all| {
            for at in range.start as usize..len {
                if next.next_if_eq(&at).is_none() {
                    all.copy_within(at * size..(at + 1) * size, out * size);
                    out += 1;
                }
            }
        });
        return resize(vm, this, len - range.len);
    }
    if count != range.len {
        let wanted = range.len;
        return Err(
            vm.value_error(format_args!("attempt to assign array of size {count} to extended slice of size {wanted}"))
        );
    }
    for (at, item) in range.indices().zip(given.chunks_exact(size)) {
        this.put(at, item);
    }
    Ok(())
}

#[py_type(
    name = "array",
    module = "array",
    drop,
    flags(BASETYPE, SEQUENCE, MANAGED_WEAKREF),
    doc = "array(typecode [, initializer]) -> array\n\nReturn a new array whose items are restricted by typecode, and\ninitialized from the optional initializer value, which must be a list,\nstring or iterable over elements of the appropriate type.\n\nArrays represent basic values and behave very much like lists, except\nthe type of objects stored in them is constrained. The type is specified\nat object creation time by using a type code, which is a single character.\nThe following type codes are defined:\n\n    Type code   C Type             Minimum size in bytes\n    'b'         signed integer     1\n    'B'         unsigned integer   1\n    'u'         Unicode character  2 (see note)\n    'w'         Py_UCS4            4\n    'h'         signed integer     2\n    'H'         unsigned integer   2\n    'i'         signed integer     2\n    'I'         unsigned integer   2\n    'l'         signed integer     4\n    'L'         unsigned integer   4\n    'q'         signed integer     8 (see note)\n    'Q'         unsigned integer   8 (see note)\n    'f'         floating-point     4\n    'd'         floating-point     8\n\nNOTE: The 'u' typecode corresponds to Python's unicode character. On\nnarrow builds this is 2-bytes on wide builds this is 4-bytes.\n",
    parts(methods::METHODS)
)]
impl PyArray {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyArray>> {
        construct(vm, class, args)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyArray>) -> PyResult {
        let (class, code) = (vm.class_of(this.value()), this.kind.code());
        let name = class.name_text();
        let name = name.rsplit('.').next().unwrap_or_default();
        if this.len() == 0 {
            return Ok(vm.new_str(&format!("{name}('{code}')"))?.value());
        }
        let items = match this.kind.is_unicode() {
            true => methods::to_text(vm, this)?.value(),
            false => methods::to_list(vm, this)?.value(),
        };
        let mut out = kaa_objects::types::str::StrBuilder::with_capacity(this.len() * 3 + 16);
        out.push_str(&format!("{name}('{code}', "));
        let text = vm.repr(items)?;
        out.push_py(&text);
        out.push_str(")");
        Ok(out.finish(vm)?.value())
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        let (Some(left), Some(right)) = (vm.cast::<PyArray>(a), vm.cast::<PyArray>(b)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        if equality && left.len() != right.len() {
            return Ok(Value::bool(op == CompareOp::Ne));
        }
        if equality && left.kind == right.kind && (left.kind.is_integer() || left.kind.is_unicode()) {
            return Ok(Value::bool((left.bytes() == right.bytes()) == (op == CompareOp::Eq)));
        }
        for index in 0..left.len().min(right.len()) {
            let (x, y) = (left.get(vm, index)?, right.get(vm, index)?);
            // As CPython: items are the same when they are equal, not when they are one object.
            if !vm.compare_bool(x, y, CompareOp::Eq)? {
                return match op {
                    CompareOp::Eq => Ok(Value::FALSE),
                    CompareOp::Ne => Ok(Value::TRUE),
                    _ => vm.compare(x, y, op),
                };
            }
        }
        Ok(Value::bool(op.holds(left.len().cmp(&right.len()))))
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
    fn contains(vm: &Vm, this: Gc<PyArray>, item: Value) -> PyResult<bool> {
        Ok(methods::find(vm, this, item, 0, usize::MAX)?.is_some())
    }

    #[slot(sq_concat)]
    fn concat(vm: &Vm, a: Value, b: Value) -> PyResult {
        let left = this_array(vm, a);
        let Some(right) = vm.cast::<PyArray>(b) else {
            let class = vm.class_name(b);
            return Err(vm.type_error(format_args!("can only append array (not \"{class}\") to array")));
        };
        if left.kind != right.kind {
            return Err(bad_argument(vm));
        }
        let joined = of_bytes(vm, vm.class::<PyArray>(), left.kind, left.bytes())?;
        push_bytes(vm, joined, right.bytes())?;
        Ok(joined.value())
    }

    #[slot(sq_inplace_concat)]
    fn inplace_concat(vm: &Vm, a: Value, b: Value) -> PyResult {
        if vm.cast::<PyArray>(b).is_none() {
            let class = vm.class_name(b);
            return Err(vm.type_error(format_args!("can only extend array with array (not \"{class}\")")));
        }
        methods::extend(vm, this_array(vm, a), b)?;
        Ok(a)
    }

    #[slot(sq_repeat)]
    fn repeat(vm: &Vm, this: Value, count: isize) -> PyResult {
        let array = this_array(vm, this);
        let made = of_bytes(vm, vm.class::<PyArray>(), array.kind, array.bytes())?;
        PyArray::inplace_repeat(vm, made.value(), count)
    }

    #[slot(sq_inplace_repeat)]
    fn inplace_repeat(vm: &Vm, this: Value, count: isize) -> PyResult {
        let array = this_array(vm, this);
        let old = array.len();
        let len = old.checked_mul(usize::try_from(count).unwrap_or(0)).ok_or_else(|| vm.no_memory())?;
        resize(vm, array, len)?;
        let first = old * array.kind.size();
        if len > old && first > 0 {
            array.with_bytes_mut(|all| {
                let (first, rest) = all.split_at_mut(first);
                rest.chunks_exact_mut(first.len()).for_each(|chunk| chunk.copy_from_slice(first));
            });
        }
        Ok(this)
    }

    #[slot(sq_item)]
    fn item(vm: &Vm, this: Value, index: isize) -> PyResult {
        let array = this_array(vm, this);
        match place(array, index) {
            Some(at) => array.get(vm, at),
            None => Err(vm.index_error("array index out of range")),
        }
    }

    #[slot(sq_ass_item)]
    fn set_item(vm: &Vm, this: Value, index: isize, value: Option<Value>) -> PyResult<()> {
        let array = this_array(vm, this);
        let out_of_range = || vm.index_error("array assignment index out of range");
        let at = place(array, index).ok_or_else(out_of_range)?;
        let Some(value) = value else { return splice(vm, array, at, at + 1, &[]) };
        let item = array.kind.store(vm, value)?;
        // Reading the value may have changed the array.
        place(array, index).ok_or_else(out_of_range)?;
        array.put(at, &item);
        Ok(())
    }

    #[slot(mp_subscript)]
    fn subscript(vm: &Vm, this: Value, key: Value) -> PyResult {
        let array = this_array(vm, this);
        if let Some(slice) = vm.cast::<PySlice>(key) {
            let (range, size) = (slice.unpack(vm)?.adjust(array.len()), array.kind.size());
            let (class, all) = (vm.class::<PyArray>(), array.bytes());
            if range.step == 1 {
                let start = range.start as usize * size;
                return Ok(of_bytes(vm, class, array.kind, &all[start..start + range.len * size])?.value());
            }
            let items = range.indices().flat_map(|at| &all[at * size..(at + 1) * size]);
            let part: Vec<u8> = items.copied().collect();
            return Ok(of_bytes(vm, class, array.kind, &part)?.value());
        }
        let index = index_of(vm, key)?;
        PyArray::item(vm, this, if index < 0 { index + array.len() as isize } else { index })
    }

    #[slot(mp_ass_subscript)]
    fn set_subscript(vm: &Vm, this: Value, key: Value, value: Option<Value>) -> PyResult<()> {
        let array = this_array(vm, this);
        if let Some(slice) = vm.cast::<PySlice>(key) {
            return set_slice(vm, array, slice, value);
        }
        let index = index_of(vm, key)?;
        PyArray::set_item(vm, this, if index < 0 { index + array.len() as isize } else { index }, value)
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyArray>) -> PyResult<Gc<PyArrayIterator>> {
        PyArrayIterator::over(vm, this)
    }

    #[slot(bf_getbuffer)]
    fn get_buffer(vm: &Vm, this: Value, flags: u32) -> PyResult<Buffer> {
        let array = this_array(vm, this);
        let memory = match array.storage.get() {
            // SAFETY: the storage is an object on the heap.
            Some(storage) => Memory::Inside(unsafe { storage.cast() }, size_of::<RawArray>()),
            None => Memory::Outside(std::ptr::dangling_mut()),
        };
        let format: Option<Gc<PyStr>> = (flags & request::FORMAT != 0).then(|| vm.intern(array.kind.format()));
        Ok(Buffer {
            owner: this,
            memory,
            len: array.len() * array.kind.size(),
            readonly: false,
            itemsize: array.kind.size(),
            format,
            layout: None,
            export: Some(array.exports.add()),
        })
    }
}
