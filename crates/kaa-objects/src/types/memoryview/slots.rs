//! The slots of `memoryview`.

use super::{PyMemoryIterator, PyMemoryView, item, methods};
use crate::buffer::{Buffer, Layout, request};
use crate::class::{CompareOp, PyType};
use crate::types::ellipsis::PyEllipsis;
use crate::types::slice::PySlice;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids, py_type};

/// What a key in brackets asks for.
enum Key {
    /// The item so many bytes from the first.
    Item(isize),
    /// A slice of the first dimension.
    Slice(Gc<PySlice>),
    /// All of a view without dimensions.
    All,
}

fn is_index(vm: &Vm, key: Value) -> bool {
    key.is_small_int() || vm.slots_of(key).nb_index.is_some()
}

fn read_key(vm: &Vm, this: &PyMemoryView, key: Value) -> PyResult<Key> {
    let tuple = vm.cast::<PyTuple>(key);
    if this.dimensions() == 0 {
        return match tuple {
            Some(tuple) if tuple.is_empty() => Ok(Key::Item(0)),
            _ if vm.cast::<PyEllipsis>(key).is_some() || key == Value::ELLIPSIS => Ok(Key::All),
            _ => Err(vm.type_error("invalid indexing of 0-dim memory")),
        };
    }
    if is_index(vm, key) {
        let index = vm.index_to_isize(key, vm.exceptions().IndexError)?;
        if this.dimensions() > 1 {
            return Err(vm.not_implemented_error("multi-dimensional sub-views are not implemented"));
        }
        return Ok(Key::Item(this.offset_in(vm, 0, index)?));
    }
    if let Some(slice) = vm.cast::<PySlice>(key) {
        return Ok(Key::Slice(slice));
    }
    let Some(tuple) = tuple else { return Err(vm.type_error("memoryview: invalid slice key")) };
    let keys = tuple.as_slice();
    if keys.iter().all(|&key| is_index(vm, key)) {
        let (given, count) = (keys.len(), this.dimensions());
        if given > count {
            return Err(vm.type_error(format_args!("cannot index {count}-dimension view with {given}-element tuple")));
        }
        if given < count {
            return Err(vm.not_implemented_error("sub-views are not implemented"));
        }
        let mut offset = 0;
        for (dimension, &key) in keys.iter().enumerate() {
            let index = vm.index_to_isize(key, vm.exceptions().IndexError)?;
            offset += this.offset_in(vm, dimension, index)?;
        }
        return Ok(Key::Item(offset));
    }
    if keys.iter().all(|&key| vm.cast::<PySlice>(key).is_some()) {
        return Err(vm.not_implemented_error("multi-dimensional slicing is not implemented"));
    }
    Err(vm.type_error("memoryview: invalid slice key"))
}

impl PyMemoryView {
    /// The view of a slice of the first dimension.
    fn slice(&self, vm: &Vm, slice: Gc<PySlice>) -> PyResult<Gc<PyMemoryView>> {
        // Held while the indices are asked for, which may release this view.
        let whole = self.to_buffer();
        let range = slice.unpack(vm)?.adjust(self.layout.shape[0]);
        let offset = range.start * self.layout.strides[0];
        let mut layout = self.layout.clone();
        layout.shape[0] = range.len;
        layout.strides[0] *= range.step;
        let count: usize = layout.shape.iter().product();
        PyMemoryView::of(
            vm,
            Buffer {
                memory: whole.memory.offset(offset),
                len: count * self.itemsize,
                layout: Some(Box::new(layout)),
                ..whole
            },
        )
    }

    /// `view[slice] = value`, for one dimension.
    fn set_slice(&self, vm: &Vm, slice: Gc<PySlice>, value: Value) -> PyResult<()> {
        if self.dimensions() != 1 {
            return Err(vm.not_implemented_error("memoryview slice assignments are currently restricted to ndim = 1"));
        }
        let source = vm.buffer(value, request::FULL_RO)?;
        let target = self.slice(vm, slice)?;
        self.check(vm)?;
        let shape = source.layout.as_ref().map_or(vec![source.len / source.itemsize], |layout| layout.shape.clone());
        let formats = (item::format_text(source.format), self.format_text());
        let same = formats.0.trim_start_matches('@') == formats.1.trim_start_matches('@')
            && source.itemsize == self.itemsize
            && shape == target.layout.shape;
        if !same {
            return Err(vm.value_error("memoryview assignment: lvalue and rvalue have different structures"));
        }
        // A copy: both may be the same memory.
        let bytes = source.to_vec();
        let mut rest = &bytes[..];
        let memory = target.memory();
        target.layout.for_each_item(false, |offset| {
            let (item, tail) = rest.split_at(self.itemsize);
            // SAFETY: the layout describes memory of the owner, which may be written.
            unsafe { std::ptr::copy_nonoverlapping(item.as_ptr(), memory.address().offset(offset), item.len()) };
            rest = tail;
        });
        Ok(())
    }
}

/// Whether two buffers have the same shape and equal items.
fn equal(vm: &Vm, a: &Buffer, b: &Buffer) -> PyResult<bool> {
    let layout = |buffer: &Buffer| match &buffer.layout {
        Some(layout) => (**layout).clone(),
        None => Layout::contiguous(&[buffer.len / buffer.itemsize.max(1)], buffer.itemsize),
    };
    if layout(a).shape != layout(b).shape {
        return Ok(false);
    }
    let (format_a, format_b) = (item::format_text(a.format), item::format_text(b.format));
    let (bytes_a, bytes_b) = (a.to_vec(), b.to_vec());
    let plain = |format: &str| format.trim_start_matches('@').to_owned();
    // Of these, equal items may differ in their bytes.
    let is_ambiguous = matches!(plain(&format_a).as_str(), "e" | "f" | "d" | "?");
    if plain(&format_a) == plain(&format_b) && !is_ambiguous && item::native_size(&format_a).is_some() {
        return Ok(bytes_a == bytes_b);
    }
    if item::native_size(&format_a).is_none() || item::native_size(&format_b).is_none() {
        return Ok(false);
    }
    for (a, b) in bytes_a.chunks(a.itemsize).zip(bytes_b.chunks(b.itemsize)) {
        let (a, b) = (item::unpack(vm, a, &format_a)?, item::unpack(vm, b, &format_b)?);
        if !vm.equal(a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[py_type(
    doc = "Create a new memoryview object which references the given object.",
    name = "memoryview", id = ids::MEMORYVIEW, layout = custom, drop, flags(SEQUENCE, MANAGED_WEAKREF),
    parts(methods::METHODS, methods::ATTRIBUTES)
)]
impl PyMemoryView {
    #[new("memoryview(object)")]
    fn new(vm: &Vm, _class: Gc<PyType>, object: Value) -> PyResult<Gc<PyMemoryView>> {
        vm.new_memoryview(object)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyMemoryView>) -> String {
        let (released, address) = (if this.released.get() { "released " } else { "" }, vm.pin(this));
        format!("<{released}memory at {address:#x}>")
    }

    #[slot(hash)]
    fn hash(&self, vm: &Vm) -> PyResult<i64> {
        if let Some(hash) = self.hash.get() {
            return Ok(hash);
        }
        self.check(vm)?;
        if !self.readonly {
            return Err(vm.value_error("cannot hash writable memoryview object"));
        }
        if !matches!(self.format_text().trim_start_matches('@'), "B" | "b" | "c") {
            return Err(vm.value_error("memoryview: hashing is restricted to formats 'B', 'b' or 'c'"));
        }
        // The owner must be hashable, too. Its hash may run Python code, which must not release
        // this view.
        let export = self.exports.add();
        vm.hash(self.owner.get_set())?;
        drop(export);
        let hash = crate::hash::hash_bytes(vm, &self.to_buffer().to_vec());
        self.hash.set(Some(hash));
        Ok(hash)
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        let Some(view) = vm.cast::<PyMemoryView>(a) else { return Ok(Value::NOT_IMPLEMENTED) };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let outcome = |equal: bool| Ok(Value::bool(equal == (op == CompareOp::Eq)));
        if a == b && view.released.get() {
            return outcome(true);
        }
        if view.released.get() {
            return outcome(false);
        }
        let other = match vm.cast::<PyMemoryView>(b) {
            Some(other) if other.released.get() => return outcome(false),
            Some(other) => other.to_buffer(),
            None if vm.slots_of(b).bf_getbuffer.is_none() => return Ok(Value::NOT_IMPLEMENTED),
            None => match vm.buffer(b, request::FULL_RO) {
                Ok(buffer) => buffer,
                Err(raised) => {
                    vm.take_exception(raised);
                    return Ok(Value::NOT_IMPLEMENTED);
                }
            },
        };
        outcome(equal(vm, &view.to_buffer(), &other)?)
    }

    #[slot(sq_length)]
    fn sequence_length(&self, vm: &Vm) -> PyResult<usize> {
        self.check(vm)?;
        match self.layout.shape.first() {
            Some(&count) => Ok(count),
            None => Err(vm.type_error("0-dim memory has no length")),
        }
    }

    #[slot(mp_length)]
    fn mapping_length(&self, vm: &Vm) -> PyResult<usize> {
        self.sequence_length(vm)
    }

    #[slot(sq_item)]
    fn item(&self, vm: &Vm, index: isize) -> PyResult {
        self.check(vm)?;
        match self.dimensions() {
            0 => Err(vm.type_error("invalid indexing of 0-dim memory")),
            1 => self.item_at(vm, self.offset_in(vm, 0, index)?),
            _ => Err(vm.not_implemented_error("multi-dimensional sub-views are not implemented")),
        }
    }

    #[slot(mp_subscript)]
    fn subscript(vm: &Vm, this: Value, key: Value) -> PyResult {
        // SAFETY: slots are called with objects of their type only.
        let view: Gc<PyMemoryView> = unsafe { this.as_gc_unchecked() };
        view.check(vm)?;
        match read_key(vm, &view, key)? {
            Key::Item(offset) => {
                view.check(vm)?;
                view.item_at(vm, offset)
            }
            Key::Slice(slice) => Ok(view.slice(vm, slice)?.value()),
            Key::All => Ok(this),
        }
    }

    #[slot(mp_ass_subscript)]
    fn set_subscript(&self, vm: &Vm, key: Value, value: Option<Value>) -> PyResult<()> {
        self.check(vm)?;
        if self.readonly {
            return Err(vm.type_error("cannot modify read-only memory"));
        }
        let Some(value) = value else { return Err(vm.type_error("cannot delete memory")) };
        match read_key(vm, self, key)? {
            Key::Item(offset) => self.set_item_at(vm, offset, value),
            Key::Slice(slice) => self.set_slice(vm, slice, value),
            Key::All => self.set_item_at(vm, 0, value),
        }
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyMemoryView>) -> PyResult<Gc<PyMemoryIterator>> {
        PyMemoryIterator::over(vm, this)
    }

    #[slot(bf_getbuffer)]
    fn get_buffer(vm: &Vm, this: Value, flags: u32) -> PyResult<Buffer> {
        // SAFETY: slots are called with objects of their type only.
        PyMemoryView::request(unsafe { this.as_gc_unchecked() }, vm, flags)
    }
}
