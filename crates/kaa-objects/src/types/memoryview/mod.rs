//! `memoryview`: a buffer as an object. CPython: Objects/memoryobject.c.

mod item;
mod iterator;
mod methods;
mod slots;

use std::cell::{Cell, RefCell};

pub use iterator::PyMemoryIterator;

use crate::buffer::{Buffer, Export, Exports, Layout, Memory, request};
use crate::object::{Header, Object, Slot, Trace, Visitor};
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Value, Vm};

/// A `memoryview`. Slices and casts of it are views of the same owner, not of it.
#[repr(C)]
pub struct PyMemoryView {
    header: Header,
    /// `obj`: the object that the memory belongs to.
    owner: Slot,
    /// The object on the heap that the memory is inside of; empty when it is elsewhere.
    base: Slot<Gc<Object>>,
    /// Where the first item is in the base, or its address without one.
    offset: usize,
    /// `nbytes`.
    len: usize,
    readonly: bool,
    itemsize: usize,
    /// The format of items; empty for `B`.
    format: Slot<Gc<PyStr>>,
    layout: Layout,
    /// The hash, once it was asked for.
    hash: Cell<Option<i64>>,
    /// Keeps the owner from giving up the memory; taken when the view is released.
    export: RefCell<Option<Export>>,
    released: Cell<bool>,
    /// The buffers that were taken of this view itself: while there are any, it is not released.
    exports: Exports,
}

impl Trace for PyMemoryView {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.owner.trace(visitor);
        self.base.trace(visitor);
        self.format.trace(visitor);
    }
}

/// A part of a view, or another way to see it.
struct Part {
    /// Bytes from the first item to the first item of the part; negative steps go backwards.
    offset: isize,
    readonly: bool,
    itemsize: usize,
    format: Option<Gc<PyStr>>,
    layout: Layout,
}

impl PyMemoryView {
    /// A view of a buffer, which it keeps.
    fn of(vm: &Vm, buffer: Buffer) -> PyResult<Gc<PyMemoryView>> {
        let Buffer { owner, memory, len, readonly, itemsize, format, layout, export } = buffer;
        let layout = match layout {
            Some(layout) => *layout,
            None => Layout::contiguous(&[len / itemsize.max(1)], itemsize),
        };
        let (base, offset) = match memory {
            Memory::Inside(base, offset) => (Some(base), offset),
            Memory::Outside(address) => (None, address as usize),
        };
        vm.alloc(PyMemoryView {
            header: Header::EMPTY,
            owner: Slot::new(owner),
            base: Slot::maybe(base),
            offset,
            len,
            readonly,
            itemsize,
            format: Slot::maybe(format),
            layout,
            hash: Cell::new(None),
            export: RefCell::new(export.map(Export::into_object)),
            released: Cell::new(false),
            exports: Exports::default(),
        })
    }

    /// The storage that a value is a view of, when it is a view that was not released.
    pub(crate) fn storage_of(vm: &Vm, value: Value) -> Option<Gc<Object>> {
        vm.cast_exact::<PyMemoryView>(value).filter(|view| !view.released.get())?.base.get()
    }

    /// Raises `ValueError` once the view was released.
    fn check(&self, vm: &Vm) -> PyResult<()> {
        match self.released.get() {
            false => Ok(()),
            true => Err(vm.value_error("operation forbidden on released memoryview object")),
        }
    }

    /// Where the first item is. Good as long as the base is on the stack, as that of a `Buffer` is.
    fn memory(&self) -> Memory {
        match self.base.get() {
            Some(base) => Memory::Inside(base, self.offset),
            None => Memory::Outside(self.offset as *mut u8),
        }
    }

    /// The view as a buffer of the same owner.
    fn to_buffer(&self) -> Buffer {
        Buffer {
            owner: self.owner.get_set(),
            memory: self.memory(),
            len: self.len,
            readonly: self.readonly,
            itemsize: self.itemsize,
            format: self.format.get(),
            layout: Some(Box::new(self.layout.clone())),
            export: self.export.borrow().clone(),
        }
    }

    /// A view of a part.
    fn part(&self, vm: &Vm, part: Part) -> PyResult<Gc<PyMemoryView>> {
        let count: usize = part.layout.shape.iter().product();
        let buffer = Buffer {
            memory: self.memory().offset(part.offset),
            len: count * part.itemsize,
            readonly: part.readonly,
            itemsize: part.itemsize,
            format: part.format,
            layout: Some(Box::new(part.layout)),
            ..self.to_buffer()
        };
        PyMemoryView::of(vm, buffer)
    }

    /// The format of the items.
    fn format_text(&self) -> String {
        item::format_text(self.format.get())
    }

    fn dimensions(&self) -> usize {
        self.layout.shape.len()
    }

    fn is_c_contiguous(&self) -> bool {
        self.layout.is_c_contiguous(self.itemsize)
    }

    fn is_f_contiguous(&self) -> bool {
        self.layout.is_f_contiguous(self.itemsize)
    }

    /// The value of the item so many bytes from the first.
    fn item_at(&self, vm: &Vm, offset: isize) -> PyResult {
        let memory = self.memory();
        // SAFETY: offsets come from indices within the shape; the base is on the stack.
        let bytes = unsafe { std::slice::from_raw_parts(memory.address().offset(offset), self.itemsize) };
        match self.format.get() {
            None => Ok(Value::small_int(bytes[0].into())),
            Some(format) => item::unpack(vm, bytes, &format.to_string_lossy()),
        }
    }

    /// Stores a value as the item so many bytes from the first.
    fn set_item_at(&self, vm: &Vm, offset: isize, value: Value) -> PyResult<()> {
        let mut bytes = [0; 16];
        let Some(bytes) = bytes.get_mut(..self.itemsize) else {
            let format = self.format_text();
            return Err(vm.not_implemented_error(format_args!("memoryview: format {format} not supported")));
        };
        item::pack(vm, value, &self.format_text(), bytes)?;
        // Reading the value may have released the view.
        self.check(vm)?;
        let memory = self.memory();
        // SAFETY: as above; the memory may be written.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), memory.address().offset(offset), bytes.len()) };
        Ok(())
    }

    /// The distance of the item at an index of a dimension; counted from the end when negative.
    fn offset_in(&self, vm: &Vm, dimension: usize, index: isize) -> PyResult<isize> {
        let count = self.layout.shape[dimension] as isize;
        let index = if index < 0 { index + count } else { index };
        if !(0..count).contains(&index) {
            let number = dimension + 1;
            return Err(vm.index_error(format_args!("index out of bounds on dimension {number}")));
        }
        Ok(index * self.layout.strides[dimension])
    }

    /// Gives the memory back to the owner.
    fn release_view(&self, vm: &Vm) -> PyResult<()> {
        match self.exports.count() {
            _ if self.released.get() => Ok(()),
            0 => {
                self.released.set(true);
                self.export.borrow_mut().take();
                Ok(())
            }
            count => {
                let s = if count == 1 { "" } else { "s" };
                Err(vm.buffer_error(format_args!("memoryview has {count} exported buffer{s}")))
            }
        }
    }

    /// A buffer of the view, as far as a request of it can be met.
    fn request(this: Gc<PyMemoryView>, vm: &Vm, flags: u32) -> PyResult<Buffer> {
        this.check(vm)?;
        let refused = |what: &str| Err(vm.buffer_error(format_args!("memoryview: {what}")));
        let wants = |bits: u32| flags & bits == bits;
        if wants(request::WRITABLE) && this.readonly {
            return refused("underlying buffer is not writable");
        }
        if wants(request::C_CONTIGUOUS) && !this.is_c_contiguous() {
            return refused("underlying buffer is not C-contiguous");
        }
        if wants(request::F_CONTIGUOUS) && !this.is_f_contiguous() {
            return refused("underlying buffer is not Fortran contiguous");
        }
        if wants(request::ANY_CONTIGUOUS) && !this.is_c_contiguous() && !this.is_f_contiguous() {
            return refused("underlying buffer is not contiguous");
        }
        if !wants(request::STRIDES) && !this.is_c_contiguous() {
            return refused("underlying buffer is not C-contiguous");
        }
        let mut buffer = Buffer { owner: this.value(), export: Some(this.exports.add()), ..this.to_buffer() };
        if !wants(request::ND) {
            if wants(request::FORMAT) {
                return refused("cannot cast to unsigned bytes if the format flag is present");
            }
            buffer.layout = None;
            (buffer.format, buffer.itemsize) = (None, 1);
        }
        Ok(buffer)
    }
}

impl PyMemoryView {
    /// Gives the memory back to the owner, as `__release_buffer__` of the owner does.
    pub(crate) fn release_of(this: Gc<PyMemoryView>, vm: &Vm, owner: Value) -> PyResult<()> {
        if this.released.get() {
            return Err(vm.value_error("memoryview's buffer has already been released"));
        }
        if this.owner.get_set() != owner {
            return Err(vm.value_error("memoryview's buffer is not this object"));
        }
        this.release_view(vm)
    }
}

impl Vm {
    /// `memoryview(object)`.
    pub fn new_memoryview(&self, object: Value) -> PyResult<Gc<PyMemoryView>> {
        if let Some(view) = self.cast::<PyMemoryView>(object) {
            view.check(self)?;
            return PyMemoryView::of(self, view.to_buffer());
        }
        if self.slots_of(object).bf_getbuffer.is_none() {
            let class = self.class_name(object);
            return Err(self.type_error(format_args!("memoryview: a bytes-like object is required, not '{class}'")));
        }
        let buffer = self.buffer(object, request::FULL_RO)?;
        PyMemoryView::of(self, buffer)
    }

    /// A `memoryview` of memory that a native module gives.
    pub fn new_memoryview_of(&self, buffer: Buffer) -> PyResult<Gc<PyMemoryView>> {
        PyMemoryView::of(self, buffer)
    }
}
