//! `array`: rows of numbers or characters as C has them. CPython: Modules/arraymodule.c.

mod construct;
mod iterator;
mod kind;
mod methods;
mod pickle;
mod slots;

use std::cell::Cell;

use kaa_objects::buffer::Exports;
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::arrays::RawArray;
use kaa_objects::types::module::PyModule;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_module};

use self::kind::Kind;

/// The module.
pub struct Array;

/// An `array.array`: the first items of the storage; what is behind them is room to grow.
#[repr(C)]
#[derive(Trace)]
pub struct PyArray {
    header: Header,
    storage: Slot<Gc<RawArray>>,
    /// The number of items.
    len: Cell<usize>,
    #[trace(skip)]
    kind: Kind,
    /// The views of its memory: while there are any, it keeps its size.
    #[trace(skip)]
    exports: Exports,
}

impl PyArray {
    /// The number of items.
    #[inline(always)]
    fn len(&self) -> usize {
        self.len.get()
    }

    /// The bytes of all items. The slice shows a state of the past once the array changes.
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        match self.storage.get() {
            // SAFETY: the items are a part of the storage.
            Some(storage) => unsafe { std::slice::from_raw_parts(storage.data(), self.len() * self.kind.size()) },
            None => &[],
        }
    }

    /// Calls a function with the bytes of all items to write. It must not run Python code.
    #[inline]
    fn with_bytes_mut<R>(&self, with: impl FnOnce(&mut [u8]) -> R) -> R {
        match self.storage.get() {
            Some(storage) => {
                let len = self.len() * self.kind.size();
                // SAFETY: as above; nothing else uses the bytes while the function runs.
                with(unsafe { std::slice::from_raw_parts_mut(storage.data(), len) })
            }
            None => with(&mut []),
        }
    }

    /// The item at an index that there is.
    #[inline]
    fn get(&self, vm: &Vm, index: usize) -> PyResult {
        let size = self.kind.size();
        self.kind.load(vm, &self.bytes()[index * size..(index + 1) * size])
    }

    /// Writes the bytes of an item at an index that there is.
    #[inline]
    fn put(&self, index: usize, item: &[u8]) {
        let size = self.kind.size();
        self.with_bytes_mut(|all| all[index * size..(index + 1) * size].copy_from_slice(&item[..size]));
    }
}

/// An array without items.
fn empty(vm: &Vm, class: Gc<PyType>, kind: Kind) -> PyResult<Gc<PyArray>> {
    let array =
        PyArray { header: Header::EMPTY, storage: Slot::empty(), len: Cell::new(0), kind, exports: Exports::default() };
    vm.alloc_instance(class, array)
}

/// An array of the bytes of items.
fn of_bytes(vm: &Vm, class: Gc<PyType>, kind: Kind, bytes: &[u8]) -> PyResult<Gc<PyArray>> {
    let array = empty(vm, class, kind)?;
    push_bytes(vm, array, bytes)?;
    Ok(array)
}

/// Raises `BufferError` while the memory is shared.
#[inline]
fn check_resizable(vm: &Vm, this: Gc<PyArray>) -> PyResult<()> {
    // SAFETY: every heap object is an object.
    let storage = this.storage.get().map(|storage| unsafe { storage.cast() });
    match this.exports.none_left(vm, storage) {
        true => Ok(()),
        false => Err(vm.buffer_error("cannot resize an array that is exporting buffers")),
    }
}

/// Makes the array so many items long; new ones are anything.
fn resize(vm: &Vm, this: Gc<PyArray>, len: usize) -> PyResult<()> {
    if len == this.len() {
        return Ok(());
    }
    check_resizable(vm, this)?;
    let size = this.kind.size();
    let capacity = this.storage.get().map_or(0, |storage| storage.len() / size);
    if len > capacity || len < capacity / 4 {
        // Growing leaves room for an eighth more, as a list does.
        let room = if len > capacity && capacity > 0 { len + (len >> 3) + 8 } else { len };
        let bytes = room.checked_mul(size).filter(|&bytes| bytes <= isize::MAX as usize);
        let fresh = vm.new_raw_array(bytes.ok_or_else(|| vm.no_memory())?)?;
        let kept = this.len().min(len) * size;
        // SAFETY: the fresh storage has room for the items that are kept.
        unsafe { std::ptr::copy_nonoverlapping(this.bytes().as_ptr(), fresh.data(), kept) };
        this.storage.set(vm, this, fresh);
    }
    this.len.set(len);
    Ok(())
}

/// Appends the bytes of items; they are no part of the array itself.
fn push_bytes(vm: &Vm, this: Gc<PyArray>, bytes: &[u8]) -> PyResult<()> {
    let (old, size) = (this.len(), this.kind.size());
    resize(vm, this, old + bytes.len() / size)?;
    this.with_bytes_mut(|all| all[old * size..].copy_from_slice(bytes));
    Ok(())
}

/// Appends a value.
fn push(vm: &Vm, this: Gc<PyArray>, value: Value) -> PyResult<()> {
    let item = this.kind.store(vm, value)?;
    let len = this.len();
    resize(vm, this, len + 1)?;
    this.put(len, &item);
    Ok(())
}

/// Replaces some items by the bytes of others, which are no part of the array itself.
fn splice(vm: &Vm, this: Gc<PyArray>, start: usize, end: usize, bytes: &[u8]) -> PyResult<()> {
    let (old, size) = (this.len(), this.kind.size());
    let new = old - (end - start) + bytes.len() / size;
    let move_tail = |all: &mut [u8]| all.copy_within(end * size..old * size, start * size + bytes.len());
    if new < old {
        check_resizable(vm, this)?;
        this.with_bytes_mut(move_tail);
        resize(vm, this, new)?;
    } else if new > old {
        resize(vm, this, new)?;
        this.with_bytes_mut(move_tail);
    }
    this.with_bytes_mut(|all| all[start * size..start * size + bytes.len()].copy_from_slice(bytes));
    Ok(())
}

/// Arrays are mutable sequences to `collections.abc`.
fn set_up(vm: &Vm, _module: Gc<PyModule>) -> PyResult<()> {
    let import = vm.hooks.import.get().ok_or_else(|| vm.import_error("collections.abc"))?;
    let abc = import(vm, "collections.abc")?;
    let sequence = vm.get_attr_str(abc, "MutableSequence")?;
    vm.call_method_str(sequence, "register", &[vm.class::<PyArray>().value()])?;
    Ok(())
}

#[py_module(
    name = "array",
    doc = "This module defines an object type which can efficiently represent\nan array of basic values: characters, integers, floating-point\nnumbers.  Arrays are sequence types and behave very much like lists,\nexcept that the type of objects stored in them is constrained.\n",
    types(PyArray),
    setup = set_up
)]
impl Array {
    #[constant("ArrayType")]
    fn array_type(vm: &Vm) -> Value {
        vm.class::<PyArray>().value()
    }

    #[constant("typecodes")]
    fn typecodes() -> &'static str {
        kind::TYPECODES
    }

    #[function(
        "_array_reconstructor(arraytype, typecode, mformat_code, items, /)",
        doc = "Internal. Used for pickling support."
    )]
    fn array_reconstructor(vm: &Vm, arraytype: Value, typecode: char, mformat_code: i32, items: Value) -> PyResult {
        pickle::reconstruct(vm, arraytype, typecode, mformat_code, items)
    }
}
