//! Native functions as Python objects: `builtin_function_or_method`, `method_descriptor`,
//! `classmethod_descriptor` and `getset_descriptor`.

use crate::class::{GetSetDef, MethodDef, PyType};
use crate::object::{Header, Slot, Trace, Visitor};
use crate::{Gc, Value};

/// A native function, bound to its module or instance: `len`, `[].append`.
#[repr(C)]
pub struct PyBuiltinFunction {
    pub(crate) header: Header,
    /// What it does.
    pub def: &'static MethodDef,
    /// `__self__`.
    pub this: Slot,
    /// `__module__`, a string or nothing.
    pub module: Slot,
}

impl Trace for PyBuiltinFunction {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.this.trace(visitor);
        self.module.trace(visitor);
    }
}

/// A native method of a class, not bound: `list.append`; also `dict.fromkeys` as a class method.
#[repr(C)]
pub struct PyMethodDescriptor {
    pub(crate) header: Header,
    /// What it does.
    pub def: &'static MethodDef,
    /// `__objclass__`.
    pub class: Slot<Gc<PyType>>,
}

impl Trace for PyMethodDescriptor {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.class.trace(visitor);
    }
}

/// A computed attribute of a native class.
#[repr(C)]
pub struct PyGetSetDescriptor {
    pub(crate) header: Header,
    /// What it does.
    pub def: &'static GetSetDef,
    /// `__objclass__`.
    pub class: Slot<Gc<PyType>>,
}

impl Trace for PyGetSetDescriptor {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.class.trace(visitor);
    }
}

crate::native_type!(PyBuiltinFunction, name "builtin_function_or_method", id crate::ids::BUILTIN_FUNCTION, layout Custom);
crate::native_type!(PyMethodDescriptor, name "method_descriptor", id crate::ids::METHOD_DESCRIPTOR, layout Custom);
crate::native_type!(PyGetSetDescriptor, name "getset_descriptor", id crate::ids::GETSET_DESCRIPTOR, layout Custom);

impl PyBuiltinFunction {
    /// The value of `__self__`.
    pub fn this_value(&self) -> Value {
        self.this.get().unwrap_or(Value::NONE)
    }
}
