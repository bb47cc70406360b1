//! The arguments of a call, as they lie on the caller's stack.

use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm};

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
    pub fn keywords(&self) -> impl Iterator<Item = (Gc<PyStr>, Value)> + 'a {
        let positional = self.positionals().len();
        let values = &self.values[positional..];
        let names = self.kwnames.map_or(&[][..], |names| {
            // SAFETY: the tuple is reachable from the call for as long as its values are.
            unsafe { &*std::ptr::from_ref(names.as_slice()) }
        });
        // SAFETY: callers promise that the names are strings.
        names.iter().zip(values).map(|(name, value)| (unsafe { name.as_gc_unchecked() }, *value))
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
