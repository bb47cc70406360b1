//! Calling values.

use crate::args::Args;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Value, Vm};

impl Vm {
    /// `callable(...)`.
    #[inline]
    pub fn call_args(&self, callable: Value, args: Args<'_>) -> PyResult {
        self.check_stack(" while calling a Python object")?;
        match self.slots_of(callable).call {
            Some(call) => call(self, callable, args),
            None => {
                let class = self.class_name(callable);
                Err(self.type_error(format_args!("'{class}' object is not callable")))
            }
        }
    }

    /// `callable(*args)`.
    #[inline]
    pub fn call(&self, callable: Value, args: &[Value]) -> PyResult {
        self.call_args(callable, Args::positional(args))
    }

    /// Whether a value can be called.
    pub fn is_callable(&self, value: Value) -> bool {
        self.slots_of(value).call.is_some()
    }

    /// `object.name(*args)`.
    pub fn call_method(&self, object: Value, name: Gc<PyStr>, args: &[Value]) -> PyResult {
        let method = self.get_attr(object, name)?;
        self.call(method, args)
    }

    /// `object.name(*args)`, with a Rust name.
    pub fn call_method_str(&self, object: Value, name: &str, args: &[Value]) -> PyResult {
        self.call_method(object, self.intern(name), args)
    }

    /// `type(object).name(object, *args)`: how the language calls special methods. `None` when
    /// the class has no such method.
    pub fn call_special(&self, object: Value, name: Gc<PyStr>, args: &[Value]) -> PyResult<Option<Value>> {
        match self.special_method(object, name)? {
            None => Ok(None),
            Some(method) => self.call(method, args).map(Some),
        }
    }
}
