//! Storage that belongs to another object: arrays of values and of raw bytes on the heap.
//!
//! Growing objects (lists, dicts, byte arrays) keep their contents in one of these, so that the
//! collector sees them and large ones stay in place.

use crate::object::{Header, Slot, Word};
use crate::{Gc, PyResult, Value, Vm, ids, py_type};

/// An array of values. Empty slots are word 0.
#[repr(C)]
pub struct ValueArray {
    header: Header,
    /// The number of slots, coded as a small integer so that all words of the object are values.
    len: u64,
    items: [Slot; 0],
}

/// Bytes before the first item of a [`ValueArray`].
pub const VALUE_ARRAY_ITEMS: usize = 16;

impl ValueArray {
    /// How many slots there are.
    #[inline(always)]
    pub fn len(&self) -> usize {
        (self.len >> 1) as usize
    }

    /// Whether there is no slot.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All slots.
    #[inline(always)]
    pub fn slots(&self) -> &[Slot] {
        // SAFETY: `len` slots follow the fixed part.
        unsafe { std::slice::from_raw_parts(self.items.as_ptr(), self.len()) }
    }

    /// The slot at an index, unchecked in release builds.
    ///
    /// # Safety
    /// `index < self.len()`.
    #[inline(always)]
    pub unsafe fn slot(&self, index: usize) -> &Slot {
        debug_assert!(index < self.len());
        // SAFETY: the caller's promise.
        unsafe { &*self.items.as_ptr().add(index) }
    }
}

impl Gc<ValueArray> {
    /// Fills the first slots of an array that was just made: nothing was allocated since, so that
    /// no barrier is needed.
    #[inline]
    pub(crate) fn fill(self, values: &[Value]) {
        assert!(values.len() <= self.len());
        // SAFETY: values and slots are words; the array has at least so many slots.
        unsafe {
            let to = self.slots().as_ptr().cast::<Value>().cast_mut();
            std::ptr::copy_nonoverlapping(values.as_ptr(), to, values.len());
        }
    }

    /// Makes a large array longer where it is, if there is room behind it; the new slots are empty.
    pub(crate) fn extend_in_place(self, vm: &Vm, len: usize) -> bool {
        let Some(size) = len.checked_mul(8).and_then(|bytes| bytes.checked_add(VALUE_ARRAY_ITEMS)) else {
            return false;
        };
        let done = self.header().is_large() && vm.heap().resize_large(self.as_ptr().cast(), size);
        if done {
            // SAFETY: the array has that size now.
            unsafe { (*self.as_ptr()).len = Value::small_int(len as i64).to_word() };
        }
        done
    }

    /// Stores a value with the write barrier.
    #[inline(always)]
    pub fn set(self, vm: &Vm, index: usize, value: Value) {
        self.slots()[index].set(vm, self, value);
    }
}

/// An array of bytes, aligned to 8.
#[repr(C)]
pub struct RawArray {
    header: Header,
    len: usize,
    bytes: [u8; 0],
}

impl RawArray {
    /// How many bytes there are.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The address of the first byte.
    #[inline(always)]
    pub fn data(&self) -> *mut u8 {
        self.bytes.as_ptr().cast_mut()
    }

    /// The bytes. They must not be written while the slice lives.
    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: `len` bytes follow the fixed part.
        unsafe { std::slice::from_raw_parts(self.bytes.as_ptr(), self.len) }
    }
}

impl Vm {
    /// An array of `len` empty slots.
    pub fn new_value_array(&self, len: usize) -> PyResult<Gc<ValueArray>> {
        let size = len.checked_mul(8).and_then(|bytes| bytes.checked_add(VALUE_ARRAY_ITEMS));
        let array: Gc<ValueArray> =
            self.alloc_zeroed(size.ok_or_else(|| self.no_memory())?, kaa_gc::ALL_VALUES, ids::VALUE_ARRAY)?;
        // SAFETY: fresh memory of that size.
        unsafe { (*array.as_ptr()).len = Value::small_int(len as i64).to_word() };
        Ok(array)
    }

    /// An array of `len` zero bytes.
    pub fn new_raw_array(&self, len: usize) -> PyResult<Gc<RawArray>> {
        let size = len.checked_add(size_of::<RawArray>());
        let array: Gc<RawArray> =
            self.alloc_zeroed(size.ok_or_else(|| self.no_memory())?, kaa_gc::RAW, ids::RAW_ARRAY)?;
        // SAFETY: fresh memory of that size.
        unsafe { (*array.as_ptr()).len = len };
        Ok(array)
    }
}

#[py_type(name = "value_array", id = ids::VALUE_ARRAY, layout = variable_values)]
impl ValueArray {}

#[py_type(name = "raw_array", id = ids::RAW_ARRAY, layout = variable_raw)]
impl RawArray {}
