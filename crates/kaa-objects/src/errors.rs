//! Raising exceptions from Rust.
//!
//! An exception that is being raised is kept in the thread; [`Raised`] is the proof that there is
//! one, carried by `Err`. Dropping a `Raised` without clearing the exception is a bug: use
//! [`Vm::take_exception`] to handle it.

use std::fmt::Display;

use crate::class::PyType;
use crate::types::exceptions::PyBaseException;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Value, Vm};

/// «An exception is pending in the thread.»
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an exception is pending: pass it on, or take it from the thread"]
pub struct Raised(());

impl Vm {
    /// Raises an exception object.
    #[cold]
    pub fn raise(&self, exception: Gc<PyBaseException>) -> Raised {
        let thread = self.thread();
        // The exception being handled becomes the context, unless it is the same one.
        if let Some(handled) = thread.handled.get() {
            self.set_context_avoiding_cycles(exception, handled);
        }
        self.raise_again(exception)
    }

    /// Raises an exception as it is: its context stays.
    #[cold]
    pub fn raise_again(&self, exception: Gc<PyBaseException>) -> Raised {
        self.thread().pending.set_root(Some(exception));
        Raised(())
    }

    /// Takes the pending exception, so that it is handled.
    pub fn take_exception(&self, raised: Raised) -> Gc<PyBaseException> {
        let Raised(()) = raised;
        let exception = self.thread().pending.get().expect("Raised is only made with an exception pending");
        self.thread().pending.clear();
        exception
    }

    /// Takes the pending exception, when it is known by other means than a [`Raised`] that one is.
    pub fn take_pending(&self) -> Option<Gc<PyBaseException>> {
        let exception = self.thread().pending.get();
        self.thread().pending.clear();
        exception
    }

    /// The proof that an exception is pending, for code that lost it on the way (a word of 0).
    pub fn still_raised(&self) -> Raised {
        debug_assert!(self.thread().pending.get().is_some());
        Raised(())
    }

    /// The exception that is pending, if one is.
    pub fn pending_exception(&self) -> Option<Gc<PyBaseException>> {
        self.thread().pending.get()
    }

    /// Raises an exception of a class with a message as its only argument.
    #[cold]
    pub fn raise_new(&self, class: Gc<PyType>, message: impl Display) -> Raised {
        match self.new_str(&message.to_string()) {
            Ok(message) => self.raise_with(class, &[message.value()]),
            Err(raised) => raised,
        }
    }

    /// Raises an exception of a class with these arguments, made by calling the class.
    #[cold]
    pub fn raise_with(&self, class: Gc<PyType>, args: &[Value]) -> Raised {
        match self.new_exception(class, args) {
            Ok(exception) => self.raise(exception),
            Err(raised) => raised,
        }
    }

    /// `MemoryError`.
    #[cold]
    pub fn no_memory(&self) -> Raised {
        // The one that was made in advance is for when there is no room for another.
        let fresh = self.try_new_memory_error().or_else(|| self.memory_error_instance());
        match fresh {
            Some(exception) => self.raise(exception),
            None => panic!("out of memory while the runtime starts"),
        }
    }

    /// `MemoryError` when so much memory is not to be had: for what Rust's collections allocate,
    /// which end the process instead. Small amounts are not looked at.
    #[inline]
    pub fn probe_memory(&self, bytes: usize) -> Result<(), Raised> {
        const SMALL: usize = 1 << 26;
        if bytes > SMALL && Vec::<u8>::new().try_reserve_exact(bytes).is_err() {
            return Err(self.no_memory());
        }
        Ok(())
    }

    /// `KeyError` with the key.
    #[cold]
    pub fn key_error(&self, key: Value) -> Raised {
        self.raise_with(self.exceptions().KeyError, &[key])
    }

    /// `AttributeError` with `name` and `obj` set, so that a traceback can suggest a name.
    #[cold]
    pub fn attribute_error(&self, message: impl Display, object: Value, name: Gc<PyStr>) -> Raised {
        let build = || -> PyResult<Gc<PyBaseException>> {
            let message = self.new_str(&message.to_string())?;
            let exception = self.new_exception(self.exceptions().AttributeError, &[message.value()])?;
            self.set_attribute_error_fields(exception, object, name);
            Ok(exception)
        };
        match build() {
            Ok(exception) => self.raise(exception),
            Err(raised) => raised,
        }
    }

    /// Gives the exception back when it is of a class (by its real MRO); passes others on.
    pub fn catch<T>(&self, result: PyResult<T>, class: Gc<PyType>) -> PyResult<Result<T, Gc<PyBaseException>>> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(raised) => {
                let exception = self.thread().pending.get().expect("Raised is only made with an exception pending");
                if self.is_instance(exception.value(), class) {
                    Ok(Err(self.take_exception(raised)))
                } else {
                    Err(raised)
                }
            }
        }
    }
}

macro_rules! raisers {
    ($($function:ident $class:ident;)*) => {
        impl Vm {
            $(
                #[doc = concat!("Raises `", stringify!($class), "` with a message.")]
                #[cold]
                pub fn $function(&self, message: impl Display) -> Raised {
                    self.raise_new(self.exceptions().$class, message)
                }
            )*
        }
    };
}

raisers! {
    type_error TypeError;
    value_error ValueError;
    index_error IndexError;
    overflow_error OverflowError;
    zero_division_error ZeroDivisionError;
    runtime_error RuntimeError;
    recursion_error RecursionError;
    not_implemented_error NotImplementedError;
    buffer_error BufferError;
    system_error SystemError;
    name_error NameError;
    unbound_local_error UnboundLocalError;
    import_error ImportError;
    lookup_error LookupError;
    eof_error EOFError;
}
