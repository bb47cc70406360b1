//! Calling values.

use crate::args::Args;
use crate::types::module::PyModule;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Raised, Value, Vm};

impl Vm {
    /// `callable(...)`.
    #[inline]
    pub fn call_args(&self, callable: Value, args: Args<'_>) -> PyResult {
        self.check_stack(" while calling a Python object")?;
        match self.slots_of(callable).call {
            Some(call) => call(self, callable, args),
            None => Err(self.not_callable(callable)),
        }
    }

    /// `callable(*args)`.
    #[inline]
    pub fn call(&self, callable: Value, args: &[Value]) -> PyResult {
        self.call_args(callable, Args::positional(args))
    }

    /// The error for a value that cannot be called. A module may hold what was meant, under its own
    /// name.
    #[cold]
    fn not_callable(&self, value: Value) -> Raised {
        let hint = match self.callable_in_module(value) {
            Ok(Some(name)) => format!(". Did you mean: '{name}.{name}(...)'?"),
            Ok(None) => String::new(),
            Err(raised) => {
                self.take_exception(raised);
                String::new()
            }
        };
        let class = self.class_name(value);
        self.type_error(format_args!("'{class}' object is not callable{hint}"))
    }

    fn callable_in_module(&self, value: Value) -> PyResult<Option<String>> {
        let Some(module) = self.cast::<PyModule>(value) else { return Ok(None) };
        let name = module.dict.get().and_then(|dict| dict.get_interned(self.names().__name__));
        let Some(name) = name.and_then(|name| self.cast::<PyStr>(name)) else { return Ok(None) };
        let found = self.get_attr_optional(value, self.attribute_name(name.value())?)?;
        Ok(found.filter(|&found| self.is_callable(found)).map(|_| name.to_string_lossy()))
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
