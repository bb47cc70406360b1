//! `float`. Most floats are in the word itself ([`Value::try_small_float`]); zeros, infinities,
//! NaNs and extreme magnitudes are [`PyFloat`] objects.

use crate::object::Header;
use crate::{PyResult, Value, Vm, ids};

/// A `float` on the heap.
#[repr(C)]
pub struct PyFloat {
    pub(crate) header: Header,
    /// The number.
    pub value: f64,
}

crate::native_type!(PyFloat, name "float", id ids::FLOAT, layout Raw, flags BASETYPE);

impl Vm {
    /// The float as a value.
    #[inline(always)]
    pub fn new_float(&self, f: f64) -> PyResult {
        match Value::try_small_float(f) {
            Some(value) => Ok(value),
            None => self.new_boxed_float(f),
        }
    }

    #[inline(never)]
    fn new_boxed_float(&self, f: f64) -> PyResult {
        Ok(self.alloc(PyFloat { header: Header::EMPTY, value: f })?.value())
    }
}
