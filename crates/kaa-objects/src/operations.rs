//! What Python's operators and builtin functions do to values of any type: the slots' callers.

use crate::types::str::PyStr;
use crate::{PyResult, Value, Vm};

impl Vm {
    /// `hash(value)`.
    #[inline]
    pub fn hash(&self, value: Value) -> PyResult<i64> {
        if let Some(string) = self.cast_exact::<PyStr>(value) {
            return Ok(string.hash(self));
        }
        if let Some(i) = value.as_small_int() {
            return Ok(crate::hash::hash_int(i));
        }
        let class = self.class_of(value);
        match class.slots().hash {
            Some(hash) => hash(self, value),
            None => Err(self.type_error(format_args!("unhashable type: '{}'", class.name_text()))),
        }
    }

    /// Whether two keys with the same hash are one: identical, or equal by `==`.
    #[inline]
    pub fn keys_equal(&self, a: Value, b: Value) -> PyResult<bool> {
        if a == b {
            return Ok(true);
        }
        if let (Some(a), Some(b)) = (self.cast_exact::<PyStr>(a), self.cast_exact::<PyStr>(b)) {
            return Ok(a.equals(&b));
        }
        if a.is_small_int() && b.is_small_int() {
            return Ok(false);
        }
        self.equal(a, b)
    }

    /// `bool(a == b)`, without the shortcut for identical objects.
    pub fn equal(&self, a: Value, b: Value) -> PyResult<bool> {
        let _ = (a, b);
        Err(self.not_implemented_error("=="))
    }
}
