//! `float`. Most floats are in the word itself ([`Value::try_small_float`]); zeros, infinities,
//! NaNs and extreme magnitudes are [`PyFloat`] objects.

mod methods;
pub mod text;

use crate::object::Header;
use crate::types::int::ascii_of;
use crate::types::str::PyStr;
use crate::{PyResult, Value, Vm};

pub use methods::{divmod, float_to_big, power};

/// A `float` on the heap.
#[repr(C)]
pub struct PyFloat {
    pub(crate) header: Header,
    /// The number.
    pub value: f64,
}

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

/// `float(x)` as a number.
pub fn from_value(vm: &Vm, x: Value) -> PyResult<f64> {
    if let Some(f) = x.as_small_float() {
        return Ok(f);
    }
    let string = if let Some(string) = vm.cast_exact::<PyStr>(x) {
        Some(string)
    } else {
        // The method comes before all else: subclasses of float and of str may have their own.
        if vm.cast_exact::<PyFloat>(x).is_none()
            && let Some(f) = vm.float_by_slot(x)?
        {
            return Ok(f);
        }
        vm.cast::<PyStr>(x)
    };
    let bytes = match string {
        Some(string) => string.data().iter().map(ascii_of).collect(),
        None => {
            let slots = vm.slots_of(x);
            if slots.nb_float.is_some() || slots.nb_index.is_some() {
                return vm.to_f64(x);
            }
            let Some(bytes) = vm.bytes_like_text(x) else {
                let class = vm.class_name(x);
                return Err(
                    vm.type_error(format_args!("float() argument must be a string or a real number, not '{class}'"))
                );
            };
            Some(bytes)
        }
    };
    let is_space = |b: &u8| matches!(b, b' ' | b'\t'..=b'\r' | 0x1c..=0x1f);
    let trimmed: Option<&[u8]> = bytes.as_deref().map(|bytes| {
        let start = bytes.iter().position(|b| !is_space(b)).unwrap_or(bytes.len());
        let end = bytes.iter().rposition(|b| !is_space(b)).map_or(start, |last| last + 1);
        &bytes[start..end]
    });
    match trimmed.and_then(text::parse) {
        Some(f) => Ok(f),
        None => {
            let repr = vm.repr_lossy(x);
            Err(vm.value_error(format_args!("could not convert string to float: {repr}")))
        }
    }
}
