//! Converting integer arguments: each Rust type has the range and the messages of the C type that
//! CPython's functions take.

use super::{Argument, FromValue};
use crate::{PyResult, Value, Vm};

macro_rules! signed {
    ($($type:ty: $c:literal;)*) => {$(
        impl FromValue for $type {
            #[inline(always)]
            fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<$type> {
                match value.as_small_int() {
                    Some(i) if size_of::<$type>() == 8 => Ok(i as $type),
                    _ => <$type>::try_from(vm.argument_i64(value, $c)?).map_err(|_| vm.too_large_for(" to convert to ", $c)),
                }
            }
        }
    )*};
}

signed! {
    isize: "ssize_t";
    i64: "long";
    i32: "int";
}

macro_rules! unsigned {
    ($($type:ty: $c:literal;)*) => {$(
        impl FromValue for $type {
            #[inline(always)]
            fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<$type> {
                let wide = match value.as_small_int() {
                    Some(i) if i >= 0 => i as u64,
                    _ => vm.argument_u64(value, $c)?,
                };
                <$type>::try_from(wide).map_err(|_| vm.too_large_for(" for ", $c))
            }
        }
    )*};
}

unsigned! {
    usize: "size_t";
    u64: "unsigned long long";
    u32: "unsigned int";
    u16: "unsigned short";
}

/// A signed `short`.
impl FromValue for i16 {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<i16> {
        let wide = vm.argument_i64(value, "long")?;
        let bound = if wide < 0 { "less than minimum" } else { "greater than maximum" };
        i16::try_from(wide).map_err(|_| vm.overflow_error(format_args!("signed short integer is {bound}")))
    }
}

/// A byte.
impl FromValue for u8 {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<u8> {
        let wide = vm.argument_i64(value, "long")?;
        let bound = if wide < 0 { "less than minimum" } else { "greater than maximum" };
        u8::try_from(wide).map_err(|_| vm.overflow_error(format_args!("unsigned byte integer is {bound}")))
    }
}

impl Vm {
    /// `operator.index(value)` as an `i64`; beyond its range `OverflowError` names the C type.
    fn argument_i64(&self, value: Value, c_type: &str) -> PyResult<i64> {
        let index = self.index(value)?;
        self.int_to_i64(index).ok_or_else(|| self.too_large_for(" to convert to ", c_type))
    }

    /// `operator.index(value)` as a `u64`; beyond its range `OverflowError` names the C type.
    pub fn argument_u64(&self, value: Value, c_type: &str) -> PyResult<u64> {
        let index = self.index(value)?;
        let converted = self.with_int_words(index, |negative, words| match words {
            [] => Ok(Some(0)),
            _ if negative => Err(()),
            &[word] => Ok(Some(word)),
            _ => Ok(None),
        });
        match converted {
            Some(Ok(Some(i))) => Ok(i),
            Some(Err(())) => Err(self.value_error("Cannot convert negative int")),
            _ => Err(self.too_large_for(" for ", c_type)),
        }
    }

    #[cold]
    fn too_large_for(&self, doing: &str, c_type: &str) -> crate::Raised {
        self.overflow_error(format_args!("Python int too large{doing}C {c_type}"))
    }
}
