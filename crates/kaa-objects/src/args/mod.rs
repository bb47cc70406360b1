//! The arguments of a call: as they lie on the caller's stack, and how native functions take them.
//!
//! The wrappers that `kaa-macros` writes bind the arguments to the parameters of a [`Signature`],
//! convert each with [`FromValue`], and the result with [`IntoValue`].

mod convert;
mod from_value;
mod into_value;
mod keywords;
mod signature;
#[cfg(test)]
mod tests;

pub use from_value::{Argument, FromValue};
pub use into_value::IntoValue;
pub use signature::{Given, Keywords, Signature};

use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, Native, PyResult, Value, Vm};

/// The arguments of a call: positional values, then the values of the keywords that `kwnames`
/// names, in one slice (CPython's vectorcall). Nothing is copied for a call.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    values: &'a [Value],
    kwnames: Option<Gc<PyTuple>>,
}

impl<'a> Args<'a> {
    /// No argument.
    pub const EMPTY: Args<'static> = Args { values: &[], kwnames: None };

    /// Positional arguments only.
    #[inline(always)]
    pub const fn positional(values: &'a [Value]) -> Args<'a> {
        Args { values, kwnames: None }
    }

    /// Positional arguments followed by the values of the keywords. The names are `str`.
    #[inline(always)]
    pub fn with_keywords(values: &'a [Value], kwnames: Option<Gc<PyTuple>>) -> Args<'a> {
        let kwnames = kwnames.filter(|names| !names.is_empty());
        debug_assert!(kwnames.is_none_or(|names| names.len() <= values.len()));
        Args { values, kwnames }
    }

    /// The positional arguments.
    #[inline(always)]
    pub fn positionals(&self) -> &'a [Value] {
        match self.kwnames {
            None => self.values,
            Some(names) => &self.values[..self.values.len() - names.len()],
        }
    }

    /// Positional and keyword values in one row.
    #[inline(always)]
    pub fn all(&self) -> &'a [Value] {
        self.values
    }

    /// The names of the keyword arguments; `None` when there is none.
    #[inline(always)]
    pub fn kwnames(&self) -> Option<Gc<PyTuple>> {
        self.kwnames
    }

    /// The keyword arguments with their names.
    pub fn keywords(self) -> impl Iterator<Item = (Gc<PyStr>, Value)> + 'a {
        let positional = self.positionals().len();
        let values = &self.values[positional..];
        let names = self.kwnames.map_or(&[][..], |names| {
            // SAFETY: the tuple is reachable from the call for as long as its values are.
            unsafe { &*std::ptr::from_ref(names.as_slice()) }
        });
        // SAFETY: callers promise that the names are strings.
        names.iter().zip(values).map(|(name, value)| (unsafe { name.as_gc_unchecked() }, *value))
    }

    /// The value of a keyword argument.
    pub fn keyword(&self, name: &str) -> Option<Value> {
        self.keywords().find(|(keyword, _)| keyword.equals_str(name)).map(|(_, value)| value)
    }

    /// Whether there is no argument at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The first positional argument and the rest.
    pub fn split_first(&self) -> Option<(Value, Args<'a>)> {
        if self.positionals().is_empty() {
            return None;
        }
        Some((self.values[0], Args { values: &self.values[1..], kwnames: self.kwnames }))
    }

    /// Raises `TypeError` when there are keyword arguments: «name() takes no keyword arguments».
    #[inline]
    pub fn no_keywords(&self, vm: &Vm, function: &str) -> PyResult<()> {
        match self.kwnames {
            None => Ok(()),
            Some(_) => Err(vm.type_error(format_args!("{function}() takes no keyword arguments"))),
        }
    }
}

/// The object that a method is bound to, as its Rust type.
///
/// # Safety
/// `value` is an instance of `T` or of a subclass: a method descriptor, a slot or a class checked
/// it (debug builds check it again).
#[inline(always)]
pub unsafe fn this<T: Native>(vm: &Vm, value: Value) -> Gc<T> {
    debug_assert!(vm.cast::<T>(value).is_some(), "{value:?} is no {}", T::def().name);
    // SAFETY: the caller's promise.
    unsafe { value.as_gc_unchecked() }
}

/// The value that a setter was given; deletion raises `AttributeError`.
#[inline]
pub fn value_to_set(vm: &Vm, value: Option<Value>) -> PyResult<Value> {
    value.ok_or_else(|| vm.raise_new(vm.exceptions().AttributeError, "cannot delete attribute"))
}
