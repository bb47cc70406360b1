//! Memory that an object shares with others: CPython's buffer protocol.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use crate::object::Object;
use crate::types::bytes::PyBytes;
use crate::types::memoryview::PyMemoryView;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Value, Vm};

/// A view of an object's memory. It stands on the native stack only, where it keeps the memory
/// alive and in place; `memoryview` is the form for the heap. Dropping it gives it up.
pub struct Buffer {
    /// The object that was asked.
    pub owner: Value,
    /// Where the first item is (of the first row, for negative strides).
    pub memory: Memory,
    /// Length in bytes of all items.
    pub len: usize,
    /// Whether the memory must not be written.
    pub readonly: bool,
    /// Size of an item in bytes.
    pub itemsize: usize,
    /// `struct` format of an item; `None` is `B`.
    pub format: Option<Gc<PyStr>>,
    /// Shape and strides, when it is not one row of adjacent items.
    pub layout: Option<Box<Layout>>,
    /// Keeps the owner from giving up the memory.
    pub export: Option<Export>,
}

/// How the items of a buffer lie: for each dimension how many there are and how many bytes apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The numbers of items.
    pub shape: Vec<usize>,
    /// The distances in bytes.
    pub strides: Vec<isize>,
}

impl Layout {
    /// The layout of adjacent items, the last dimension's next to each other.
    pub fn contiguous(shape: &[usize], itemsize: usize) -> Layout {
        let mut strides = vec![0; shape.len()];
        let mut stride = itemsize as isize;
        for (dimension, &count) in shape.iter().enumerate().rev() {
            strides[dimension] = stride;
            stride *= count as isize;
        }
        Layout { shape: shape.to_vec(), strides }
    }

    /// Whether the items are adjacent in the order of the last dimension (C).
    pub fn is_c_contiguous(&self, itemsize: usize) -> bool {
        self.adjacent(itemsize, (0..self.shape.len()).rev())
    }

    /// Whether the items are adjacent in the order of the first dimension (Fortran).
    pub fn is_f_contiguous(&self, itemsize: usize) -> bool {
        self.adjacent(itemsize, 0..self.shape.len())
    }

    fn adjacent(&self, itemsize: usize, dimensions: impl Iterator<Item = usize>) -> bool {
        if self.shape.contains(&0) {
            return true;
        }
        let mut stride = itemsize as isize;
        for dimension in dimensions {
            if self.shape[dimension] > 1 && self.strides[dimension] != stride {
                return false;
            }
            stride *= self.shape[dimension] as isize;
        }
        true
    }

    /// Calls a function with the distance of each item from the first, in the order of the last
    /// dimension, or in that of the first.
    pub fn for_each_item(&self, first_fastest: bool, mut each: impl FnMut(isize)) {
        if self.shape.contains(&0) {
            return;
        }
        let count = self.shape.len();
        let order: Vec<usize> = if first_fastest { (0..count).collect() } else { (0..count).rev().collect() };
        let mut at = vec![0usize; count];
        let mut offset = 0isize;
        loop {
            each(offset);
            let mut carried = true;
            for &dimension in &order {
                at[dimension] += 1;
                offset += self.strides[dimension];
                if at[dimension] < self.shape[dimension] {
                    carried = false;
                    break;
                }
                offset -= self.strides[dimension] * at[dimension] as isize;
                at[dimension] = 0;
            }
            if carried {
                return;
            }
        }
    }
}

/// Where a buffer's memory is.
#[derive(Clone, Copy)]
pub enum Memory {
    /// In an object on the heap, which may move while nothing on the stack refers to it: so many
    /// bytes from its start.
    Inside(Gc<Object>, usize),
    /// Elsewhere, in memory that the owner keeps in place.
    Outside(*mut u8),
}

impl Memory {
    /// The address, good as long as the buffer is on the stack.
    #[inline(always)]
    pub fn address(self) -> *mut u8 {
        match self {
            Memory::Inside(object, offset) => object.as_ptr().cast::<u8>().wrapping_add(offset),
            Memory::Outside(address) => address,
        }
    }

    /// The memory so many bytes on.
    pub fn offset(self, bytes: isize) -> Memory {
        match self {
            Memory::Inside(object, offset) => Memory::Inside(object, offset.wrapping_add_signed(bytes)),
            Memory::Outside(address) => Memory::Outside(address.wrapping_offset(bytes)),
        }
    }
}

impl Buffer {
    /// A row of bytes inside an object on the heap.
    pub fn bytes(owner: Value, object: Gc<Object>, offset: usize, len: usize, readonly: bool) -> Buffer {
        let memory = Memory::Inside(object, offset);
        Buffer { owner, memory, len, readonly, itemsize: 1, format: None, layout: None, export: None }
    }

    /// Whether the items are adjacent.
    pub fn is_contiguous(&self) -> bool {
        self.layout.as_ref().is_none_or(|layout| layout.is_c_contiguous(self.itemsize))
    }

    /// The bytes, of adjacent items. Nothing must write them while the slice lives.
    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        assert!(self.is_contiguous(), "the buffer was asked for to be contiguous");
        // SAFETY: the memory belongs to the owner, which the buffer on the stack keeps alive.
        unsafe { std::slice::from_raw_parts(self.memory.address(), self.len) }
    }

    /// Calls a function with the bytes to write, of one row of adjacent items. The function must
    /// not run Python code.
    pub fn with_bytes_mut<R>(&self, with: impl FnOnce(&mut [u8]) -> R) -> R {
        assert!(!self.readonly, "the buffer was asked for to be read");
        assert!(self.is_contiguous(), "the buffer was asked for to be contiguous");
        // SAFETY: as above; the memory may be written, and nothing else uses it meanwhile.
        with(unsafe { std::slice::from_raw_parts_mut(self.memory.address(), self.len) })
    }

    /// A copy of all bytes, those of the last dimension next to each other.
    pub fn to_vec(&self) -> Vec<u8> {
        self.to_vec_in_order(false)
    }

    /// A copy of all bytes, in the order of the last or of the first dimension.
    pub fn to_vec_in_order(&self, first_fastest: bool) -> Vec<u8> {
        match &self.layout {
            Some(layout) if first_fastest || !layout.is_c_contiguous(self.itemsize) => {
                let mut out = Vec::with_capacity(self.len);
                layout.for_each_item(first_fastest, |offset| {
                    // SAFETY: the layout describes memory of the owner.
                    out.extend_from_slice(unsafe {
                        std::slice::from_raw_parts(self.memory.address().offset(offset), self.itemsize)
                    });
                });
                out
            }
            _ => self.as_slice().to_vec(),
        }
    }

    /// Gives the view up, as dropping it does.
    pub fn release(self) {}
}

/// How many views of an object's memory there are: while there is one, it must not be resized.
#[derive(Default)]
pub struct Exports(OnceCell<Rc<Counts>>);

/// Views by where they are.
#[derive(Default)]
struct Counts {
    /// On the native stack: they end when the code that uses them does.
    on_stack: Cell<usize>,
    /// In `memoryview`s, of which nobody says when they are not needed any more.
    in_objects: Cell<usize>,
}

/// One view of an object's memory.
pub struct Export {
    counts: Rc<Counts>,
    in_object: bool,
}

impl Export {
    fn counter(&self) -> &Cell<usize> {
        if self.in_object { &self.counts.in_objects } else { &self.counts.on_stack }
    }

    /// The view is a `memoryview`'s from now on.
    pub(crate) fn into_object(self) -> Export {
        let export = Export { counts: self.counts.clone(), in_object: true };
        export.counter().update(|count| count + 1);
        export
    }
}

impl Exports {
    /// Notes one view more.
    pub fn add(&self) -> Export {
        let export = Export { counts: self.0.get_or_init(Rc::default).clone(), in_object: false };
        export.counter().update(|count| count + 1);
        export
    }

    /// How many views there are.
    #[inline(always)]
    pub fn count(&self) -> usize {
        self.0.get().map_or(0, |counts| counts.on_stack.get() + counts.in_objects.get())
    }

    /// Whether nobody needs a view of the memory, which is inside `storage`. The collector finds
    /// the `memoryview`s that nobody refers to, but for some that a stale word of the native stack
    /// still points at. So what is left after a collection counts only if it is found near the
    /// running frames; a view that does not count keeps the old storage.
    #[inline(always)]
    pub fn none_left(&self, vm: &Vm, storage: Option<Gc<Object>>) -> bool {
        self.count() == 0 || self.find_dead(vm, storage)
    }

    #[cold]
    #[inline(never)]
    fn find_dead(&self, vm: &Vm, storage: Option<Gc<Object>>) -> bool {
        if self.0.get().is_some_and(|counts| counts.on_stack.get() != 0) {
            return false;
        }
        let mut near = Vec::new();
        // SAFETY: the heap gives live objects, which are not used after something is allocated.
        vm.heap().collect_and_look_in_frames(|object| near.push(unsafe { Gc::<Object>::from_ptr(object.cast()) }));
        let globals = vm.hooks.caller_globals.get().and_then(|globals| globals(vm));
        // SAFETY: every heap object is an object.
        near.extend(globals.map(|globals| unsafe { globals.cast::<Object>() }));
        self.count() == 0 || (storage.is_some() && !is_seen_nearby(vm, near, storage))
    }
}

/// Whether a view of the storage is among these objects or what they refer to: their items,
/// attributes, and those of these. It is not looked for without end.
fn is_seen_nearby(vm: &Vm, mut objects: Vec<Gc<Object>>, storage: Option<Gc<Object>>) -> bool {
    const LEVELS: usize = 4;
    const MOST: usize = 4096;
    for _ in 0..LEVELS {
        if objects.iter().any(|object| PyMemoryView::storage_of(vm, object.value()) == storage) {
            return true;
        }
        let mut next = Vec::new();
        for object in objects.into_iter().take(MOST) {
            // SAFETY: a live object; its pointers are values' words.
            unsafe {
                vm.heap().for_each_referent(object.as_ptr().cast(), |word| {
                    next.extend(Value::from_bits(word).and_then(Value::as_object));
                });
            }
        }
        objects = next;
    }
    false
}

impl Clone for Export {
    fn clone(&self) -> Export {
        self.counter().update(|count| count + 1);
        Export { counts: self.counts.clone(), in_object: self.in_object }
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        self.counter().update(|count| count - 1);
    }
}

/// Bits of a request: CPython's `PyBUF_*`.
#[allow(missing_docs)]
pub mod request {
    pub const SIMPLE: u32 = 0;
    pub const WRITABLE: u32 = 0x1;
    pub const FORMAT: u32 = 0x4;
    pub const ND: u32 = 0x8;
    pub const STRIDES: u32 = 0x10 | ND;
    pub const C_CONTIGUOUS: u32 = 0x20 | STRIDES;
    pub const F_CONTIGUOUS: u32 = 0x40 | STRIDES;
    pub const ANY_CONTIGUOUS: u32 = 0x80 | STRIDES;
    pub const INDIRECT: u32 = 0x100 | STRIDES;
    pub const FULL_RO: u32 = INDIRECT | FORMAT;
    pub const FULL: u32 = INDIRECT | WRITABLE | FORMAT;
}

impl Vm {
    /// The memory of an object, for a request of [`request`] bits.
    pub fn buffer(&self, value: Value, request: u32) -> PyResult<Buffer> {
        match self.slots_of(value).bf_getbuffer {
            Some(get) => get(self, value, request),
            None => {
                let class = self.class_name(value);
                Err(self.type_error(format_args!("a bytes-like object is required, not '{class}'")))
            }
        }
    }

    /// Whether an object shares its memory.
    pub fn is_bytes_like(&self, value: Value) -> bool {
        self.cast::<PyBytes>(value).is_some() || self.slots_of(value).bf_getbuffer.is_some()
    }

    /// Calls a function with the bytes of a bytes-like object.
    pub fn with_bytes<R>(&self, value: Value, with: impl FnOnce(&[u8]) -> PyResult<R>) -> PyResult<R> {
        if let Some(bytes) = self.cast::<PyBytes>(value) {
            return with(bytes.as_slice());
        }
        let buffer = self.buffer(value, request::SIMPLE)?;
        with(buffer.as_slice())
    }

    /// A copy of what a bytes-like object holds, when it is one: for reading numbers from it.
    pub fn bytes_like_text(&self, value: Value) -> Option<Vec<u8>> {
        if !self.is_bytes_like(value) {
            return None;
        }
        match self.with_bytes(value, |bytes| Ok(bytes.to_vec())) {
            Ok(copy) => Some(copy),
            Err(raised) => {
                self.take_exception(raised);
                None
            }
        }
    }
}
