//! Comparisons and hashes.

use crate::class::CompareOp;
use crate::types::str::PyStr;
use crate::{PyResult, Raised, Value, Vm};

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

    /// `hash(value)` of what is to be a dict's key or a set's element, which the error names.
    #[inline]
    pub fn hash_key(&self, value: Value, role: &str) -> PyResult<i64> {
        if let Some(string) = self.cast_exact::<PyStr>(value) {
            return Ok(string.hash(self));
        }
        self.hash(value).map_err(|raised| self.unhashable_key(raised, value, role))
    }

    #[cold]
    fn unhashable_key(&self, raised: Raised, value: Value, role: &str) -> Raised {
        let exception = self.take_exception(raised);
        if self.class_of(exception.value()) != self.exceptions().TypeError {
            return self.raise_again(exception);
        }
        let (class, text) = (self.full_class_name(value), self.str_lossy(exception.value()));
        self.type_error(format_args!("cannot use '{class}' as a {role} ({text})"))
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

    /// `a is b or a == b`: how containers compare their items.
    #[inline]
    pub fn identical_or_equal(&self, a: Value, b: Value) -> PyResult<bool> {
        self.keys_equal(a, b)
    }

    /// `bool(a == b)`, also asked of identical objects.
    #[inline]
    pub fn equal(&self, a: Value, b: Value) -> PyResult<bool> {
        self.compare_bool(a, b, CompareOp::Eq)
    }

    /// `bool(a < b)`.
    #[inline]
    pub fn less_than(&self, a: Value, b: Value) -> PyResult<bool> {
        self.compare_bool(a, b, CompareOp::Lt)
    }

    /// `bool(a op b)`.
    #[inline]
    pub fn compare_bool(&self, a: Value, b: Value, op: CompareOp) -> PyResult<bool> {
        if let (Some(a), Some(b)) = (a.as_small_int(), b.as_small_int()) {
            return Ok(op.holds(a.cmp(&b)));
        }
        let result = self.compare(a, b, op)?;
        self.truth(result)
    }

    /// `a op b`.
    pub fn compare(&self, a: Value, b: Value, op: CompareOp) -> PyResult {
        self.check_stack(" in comparison")?;
        let (class_a, class_b) = (self.class_of(a), self.class_of(b));
        let mut reflected_tried = false;
        if class_a != class_b
            && class_b.is_subclass(class_a)
            && let Some(slot) = class_b.slots().richcompare
        {
            reflected_tried = true;
            let result = slot(self, b, a, op.swapped())?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        if let Some(slot) = class_a.slots().richcompare {
            let result = slot(self, a, b, op)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        if !reflected_tried && let Some(slot) = class_b.slots().richcompare {
            let result = slot(self, b, a, op.swapped())?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        match op {
            CompareOp::Eq => Ok(Value::bool(self.is_same(a, b))),
            CompareOp::Ne => Ok(Value::bool(!self.is_same(a, b))),
            _ => {
                let (left, right) = (class_a.name_text(), class_b.name_text());
                Err(self.type_error(format_args!(
                    "'{}' not supported between instances of '{left}' and '{right}'",
                    op.symbol()
                )))
            }
        }
    }

    /// `a is b`.
    #[inline(always)]
    pub fn is_same(&self, a: Value, b: Value) -> bool {
        a == b
    }
}
