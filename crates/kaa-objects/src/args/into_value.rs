//! Converting what Rust functions give to Python values.

use crate::{Gc, PyResult, Value, Vm};

/// A type that a native function can give.
pub trait IntoValue {
    /// Converts the result.
    fn into_value(self, vm: &Vm) -> PyResult;
}

impl IntoValue for Value {
    #[inline(always)]
    fn into_value(self, _: &Vm) -> PyResult {
        Ok(self)
    }
}

impl<T> IntoValue for Gc<T> {
    #[inline(always)]
    fn into_value(self, _: &Vm) -> PyResult {
        Ok(self.value())
    }
}

/// `None`.
impl IntoValue for () {
    #[inline(always)]
    fn into_value(self, _: &Vm) -> PyResult {
        Ok(Value::NONE)
    }
}

impl IntoValue for bool {
    #[inline(always)]
    fn into_value(self, _: &Vm) -> PyResult {
        Ok(Value::bool(self))
    }
}

impl IntoValue for f64 {
    #[inline(always)]
    fn into_value(self, vm: &Vm) -> PyResult {
        vm.new_float(self)
    }
}

impl IntoValue for u64 {
    #[inline(always)]
    fn into_value(self, vm: &Vm) -> PyResult {
        vm.new_int_u64(self)
    }
}

impl IntoValue for usize {
    #[inline(always)]
    fn into_value(self, vm: &Vm) -> PyResult {
        vm.new_int_u64(self as u64)
    }
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl IntoValue for $type {
            #[inline(always)]
            fn into_value(self, vm: &Vm) -> PyResult {
                vm.new_int(self as i64)
            }
        }
    )*};
}

integers! { i8 i16 i32 i64 isize u8 u16 u32 }

impl IntoValue for &str {
    fn into_value(self, vm: &Vm) -> PyResult {
        Ok(vm.new_str(self)?.value())
    }
}

impl IntoValue for String {
    fn into_value(self, vm: &Vm) -> PyResult {
        self.as_str().into_value(vm)
    }
}

impl IntoValue for char {
    fn into_value(self, vm: &Vm) -> PyResult {
        Ok(vm.new_str_char(self.into())?.value())
    }
}

/// `None` for `None`.
impl<T: IntoValue> IntoValue for Option<T> {
    #[inline(always)]
    fn into_value(self, vm: &Vm) -> PyResult {
        match self {
            Some(value) => value.into_value(vm),
            None => Ok(Value::NONE),
        }
    }
}

impl<T: IntoValue> IntoValue for PyResult<T> {
    #[inline(always)]
    fn into_value(self, vm: &Vm) -> PyResult {
        self?.into_value(vm)
    }
}
