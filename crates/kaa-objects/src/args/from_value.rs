//! Converting arguments to the Rust types of parameters.

use super::Signature;
use crate::types::str::PyStr;
use crate::{Gc, Native, PyResult, Raised, Value, Vm};

/// A parameter whose argument is being converted: what the error messages say about it.
#[derive(Clone, Copy)]
pub struct Argument {
    signature: &'static Signature,
    index: usize,
    /// Whether `None` is allowed, too.
    or_none: bool,
}

impl Argument {
    #[inline(always)]
    pub(super) const fn new(signature: &'static Signature, index: usize) -> Argument {
        Argument { signature, index, or_none: false }
    }

    /// The name of the function.
    pub fn function(self) -> &'static str {
        self.signature.name
    }

    /// The name of the parameter.
    pub fn name(self) -> &'static str {
        self.signature.params[self.index]
    }

    /// Whether `None` is allowed: the parameter is an `Option`.
    pub fn is_optional(self) -> bool {
        self.or_none
    }

    /// How messages name the argument: `argument`, `argument 2` or `argument 'encoding'`.
    pub fn display(self) -> String {
        let signature = self.signature;
        if self.index >= signature.positional_only {
            format!("argument '{}'", self.name())
        } else if signature.params.len() == 1 && signature.required == 1 && !signature.constructor {
            "argument".to_owned()
        } else {
            format!("argument {}", self.index + 1)
        }
    }

    /// Raises «replace() argument 1 must be str, not int».
    #[cold]
    pub fn bad_type(self, vm: &Vm, expected: &str, value: Value) -> Raised {
        let none = if self.or_none { " or None" } else { "" };
        let class = if value.is_none() { "None".to_owned() } else { vm.class_name(value) };
        let (function, argument) = (self.function(), self.display());
        vm.type_error(format_args!("{function}() {argument} must be {expected}{none}, not {class}"))
    }
}

/// A type that a parameter can have.
pub trait FromValue: Sized {
    /// Converts an argument.
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<Self>;
}

impl FromValue for Value {
    #[inline(always)]
    fn from_value(_: &Vm, value: Value, _: Argument) -> PyResult<Value> {
        Ok(value)
    }
}

impl<T: Native> FromValue for Gc<T> {
    #[inline(always)]
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<Gc<T>> {
        match vm.cast(value) {
            Some(object) => Ok(object),
            None => Err(argument.bad_type(vm, &vm.class::<T>().name_text(), value)),
        }
    }
}

/// `None` is accepted and gives `None`.
impl<T: FromValue> FromValue for Option<T> {
    #[inline(always)]
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<Option<T>> {
        if value.is_none() {
            return Ok(None);
        }
        T::from_value(vm, value, Argument { or_none: true, ..argument }).map(Some)
    }
}

/// The truth of the argument, whatever its type.
impl FromValue for bool {
    #[inline(always)]
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<bool> {
        vm.truth(value)
    }
}

impl FromValue for f64 {
    #[inline(always)]
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<f64> {
        vm.to_f64(value)
    }
}

/// A string of one code point.
impl FromValue for char {
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<char> {
        let Some(string) = vm.cast::<PyStr>(value) else {
            return Err(argument.bad_type(vm, "a unicode character", value));
        };
        if string.len() != 1 {
            let (function, argument, len) = (argument.function(), argument.display(), string.len());
            return Err(vm.type_error(format_args!(
                "{function}(): {argument} must be a unicode character, not a string of length {len}"
            )));
        }
        match char::from_u32(string.data().at(0)) {
            Some(c) => Ok(c),
            None => Err(vm.value_error(format_args!("{}() does not take a surrogate", argument.function()))),
        }
    }
}
