//! `int`, `float`, `operator.index` and unary operators of any value.

use crate::class::PyType;
use crate::types::float::PyFloat;
use crate::types::int::PyInt;
use crate::{Gc, PyResult, Value, Vm};

impl Vm {
    /// `operator.index(value)`: an exact or derived `int`.
    pub fn index(&self, value: Value) -> PyResult {
        if value.is_small_int() || self.is_int(value) {
            return Ok(value);
        }
        let class = self.class_of(value);
        let Some(nb_index) = class.slots().nb_index else {
            let name = class.name_text();
            return Err(self.type_error(format_args!("'{name}' object cannot be interpreted as an integer")));
        };
        let result = nb_index(self, value)?;
        self.check_int_result(result, "__index__")
    }

    /// The check of what `__index__` or `__int__` gave: an `int`, with a warning when it is not an
    /// exact one.
    pub(crate) fn check_int_result(&self, result: Value, method: &str) -> PyResult {
        if result.is_small_int() || self.cast_exact::<PyInt>(result).is_some() {
            return Ok(result);
        }
        let class = self.class_name(result);
        if !self.is_int(result) {
            return Err(self.type_error(format_args!("{method} returned non-int (type {class})")));
        }
        self.warn_deprecated(&format!(
            "{method} returned non-int (type {class}).  The ability to return an instance of a strict subclass of int \
             is deprecated, and may be removed in a future version of Python."
        ))?;
        Ok(result)
    }

    pub(crate) fn warn_deprecated(&self, text: &str) -> PyResult<()> {
        match self.hooks.warn.get() {
            Some(warn) => warn(self, self.exceptions().DeprecationWarning.value(), text, 1),
            None => Ok(()),
        }
    }

    /// Whether a value is an `int`, of a subclass or `bool`.
    #[inline]
    pub fn is_int(&self, value: Value) -> bool {
        value.is_small_int() || value.as_bool().is_some() || self.cast::<PyInt>(value).is_some()
    }

    /// `operator.index(value)` as an `isize`. Too large values raise `overflow`; pass
    /// `OverflowError` or `IndexError` as CPython does at the place.
    pub fn index_to_isize(&self, value: Value, overflow: Gc<PyType>) -> PyResult<isize> {
        if let Some(i) = value.as_small_int() {
            return Ok(i as isize);
        }
        let index = self.index(value)?;
        match self.int_to_i64(index) {
            Some(i) => Ok(i as isize),
            None => {
                let class = self.class_name(value);
                Err(self.raise_new(overflow, format_args!("cannot fit '{class}' into an index-sized integer")))
            }
        }
    }

    /// As [`Vm::index_to_isize`], but values beyond the range give its ends: for slices.
    pub fn index_clamped(&self, value: Value) -> PyResult<isize> {
        if let Some(i) = value.as_small_int() {
            return Ok(i as isize);
        }
        let index = self.index(value)?;
        Ok(match self.int_to_i64(index) {
            Some(i) => i as isize,
            None if self.int_is_negative(index) => isize::MIN,
            None => isize::MAX,
        })
    }

    /// The value as a float: a float, or what `__float__` or `__index__` gives.
    #[inline]
    pub fn to_f64(&self, value: Value) -> PyResult<f64> {
        match value.as_small_float() {
            Some(f) => Ok(f),
            None => self.to_f64_slow(value),
        }
    }

    fn to_f64_slow(&self, value: Value) -> PyResult<f64> {
        if let Some(f) = self.cast::<PyFloat>(value) {
            return Ok(f.value);
        }
        if let Some(i) = value.as_small_int() {
            return Ok(i as f64);
        }
        let class = self.class_of(value);
        if let Some(f) = self.float_by_slot(value)? {
            return Ok(f);
        }
        if class.slots().nb_index.is_some() {
            let index = self.index(value)?;
            return self.int_to_f64(index);
        }
        Err(self.type_error(format_args!("must be real number, not {}", class.name_text())))
    }

    /// What `__float__` gives, if the value has it.
    pub(crate) fn float_by_slot(&self, value: Value) -> PyResult<Option<f64>> {
        let class = self.class_of(value);
        let Some(nb_float) = class.slots().nb_float else { return Ok(None) };
        let result = nb_float(self, value)?;
        let (class, result_class) = (class.name_text(), self.class_name(result));
        let Some(f) = self.as_float(result) else {
            return Err(self.type_error(format_args!("{class}.__float__ returned non-float (type {result_class})")));
        };
        if !result.is_small_float() && self.cast_exact::<PyFloat>(result).is_none() {
            self.warn_deprecated(&format!(
                "{class}.__float__ returned non-float (type {result_class}).  The ability to return an instance of a \
                 strict subclass of float is deprecated, and may be removed in a future version of Python."
            ))?;
        }
        Ok(Some(f))
    }

    /// The number in a `float` or an object of a subclass.
    #[inline(always)]
    pub fn as_float(&self, value: Value) -> Option<f64> {
        match value.as_small_float() {
            Some(f) => Some(f),
            None => self.cast::<PyFloat>(value).map(|f| f.value),
        }
    }

    /// `-value`.
    pub fn negative(&self, value: Value) -> PyResult {
        match self.slots_of(value).nb_negative {
            Some(slot) => slot(self, value),
            None => Err(self.bad_unary("-", value)),
        }
    }

    /// `+value`.
    pub fn positive(&self, value: Value) -> PyResult {
        match self.slots_of(value).nb_positive {
            Some(slot) => slot(self, value),
            None => Err(self.bad_unary("+", value)),
        }
    }

    /// `~value`.
    pub fn invert(&self, value: Value) -> PyResult {
        match self.slots_of(value).nb_invert {
            Some(slot) => slot(self, value),
            None => Err(self.bad_unary("~", value)),
        }
    }

    /// `abs(value)`.
    pub fn absolute(&self, value: Value) -> PyResult {
        match self.slots_of(value).nb_absolute {
            Some(slot) => slot(self, value),
            None => {
                let class = self.class_name(value);
                Err(self.type_error(format_args!("bad operand type for abs(): '{class}'")))
            }
        }
    }

    #[cold]
    fn bad_unary(&self, symbol: &str, value: Value) -> crate::Raised {
        let class = self.class_name(value);
        self.type_error(format_args!("bad operand type for unary {symbol}: '{class}'"))
    }
}
