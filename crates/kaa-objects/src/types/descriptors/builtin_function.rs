//! `builtin_function_or_method`: a native function bound to its module, instance or class.

use crate::args::Args;
use crate::class::{CompareOp, MethodDef, MethodKind, PyType};
use crate::object::{Header, Slot};
use crate::types::module::PyModule;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A native function, bound: `len`, `[].append`, `dict.fromkeys`, `int.__new__`.
#[repr(C)]
#[derive(Trace)]
pub struct PyBuiltinFunction {
    pub(crate) header: Header,
    /// What it does.
    #[trace(skip)]
    pub def: &'static MethodDef,
    /// What the function is bound to: its module, `self`, or the class.
    pub this: Slot,
    /// `__module__`, a string or nothing.
    pub module: Slot,
}

impl PyBuiltinFunction {
    /// What the function is bound to.
    pub fn this_value(&self) -> Value {
        self.this.get().unwrap_or(Value::NONE)
    }

    /// The name with that of what it is bound to.
    fn qualified(&self, vm: &Vm) -> PyResult<String> {
        let name = self.def.name;
        let Some(this) = self.this.get().and_then(Value::not_none) else { return Ok(name.to_owned()) };
        if vm.cast::<PyModule>(this).is_some() {
            return Ok(name.to_owned());
        }
        let class = vm.cast::<PyType>(this).unwrap_or_else(|| vm.class_of(this));
        Ok(format!("{}.{name}", vm.class_qualname(class).to_string_lossy()))
    }
}

#[py_type(
    name = "builtin_function_or_method",
    id = ids::BUILTIN_FUNCTION,
    flags(HAVE_VECTORCALL, MANAGED_WEAKREF)
)]
impl PyBuiltinFunction {
    #[slot(call)]
    fn call(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        (self.def.function)(vm, self.this_value(), args)
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        let name = self.def.name;
        match self.this.get().and_then(Value::not_none) {
            Some(this) if vm.cast::<PyModule>(this).is_none() => {
                let address = vm.identity(this);
                let class = vm.class_name(this);
                vm.new_str(&format!("<built-in method {name} of {class} object at {address:#x}>"))
            }
            _ => vm.new_str(&format!("<built-in function {name}>")),
        }
    }

    #[slot(hash)]
    fn hash(&self, vm: &Vm) -> i64 {
        let this = self.this.get().map_or(0, |this| vm.identity(this));
        (this.rotate_right(4) ^ (std::ptr::from_ref(self.def) as usize).rotate_right(4)) as i64
    }

    #[slot(richcompare)]
    fn compare(&self, vm: &Vm, other: Value, op: CompareOp) -> Value {
        let Some(other) = vm.cast::<PyBuiltinFunction>(other) else { return Value::NOT_IMPLEMENTED };
        let equal = self.this.get() == other.this.get() && std::ptr::eq(self.def, other.def);
        match op {
            CompareOp::Eq => Value::bool(equal),
            CompareOp::Ne => Value::bool(!equal),
            _ => Value::NOT_IMPLEMENTED,
        }
    }

    #[getter("__name__")]
    fn name(&self, vm: &Vm) -> Gc<PyStr> {
        vm.intern(self.def.name)
    }

    #[getter("__qualname__")]
    fn qualname(&self, vm: &Vm) -> PyResult<String> {
        self.qualified(vm)
    }

    #[getter("__doc__")]
    fn doc(&self) -> Option<&'static str> {
        self.def.doc
    }

    #[getter("__text_signature__")]
    fn text_signature(&self) -> Option<&'static str> {
        self.def.signature
    }

    #[getter("__self__")]
    fn get_self(&self, vm: &Vm) -> Option<Value> {
        // A static method has its class for the qualified name only.
        let is_static = self.def.kind == MethodKind::Static;
        self.this.get().filter(|&this| !is_static || vm.cast::<PyType>(this).is_none())
    }

    #[getter("__module__", member)]
    fn get_module(&self) -> Option<Value> {
        self.module.get()
    }

    #[setter("__module__")]
    fn set_module(vm: &Vm, this: Gc<PyBuiltinFunction>, value: Option<Value>) {
        this.module.set_maybe(vm, this, value);
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        match self.this.get().and_then(Value::not_none) {
            Some(this) if vm.cast::<PyModule>(this).is_none() => vm.reduce_as_attribute(this, self.def.name),
            _ => Ok(vm.intern(self.def.name).value()),
        }
    }
}

impl Vm {
    /// A native function that is bound to nothing and belongs to no module.
    pub fn new_native_function(&self, def: &'static MethodDef) -> PyResult<Gc<PyBuiltinFunction>> {
        self.alloc(PyBuiltinFunction { header: Header::EMPTY, def, this: Slot::empty(), module: Slot::empty() })
    }

    /// A native function bound to an object.
    #[inline]
    pub fn bind_native(&self, def: &'static MethodDef, this: Value) -> PyResult<Gc<PyBuiltinFunction>> {
        debug_assert!(def.kind != MethodKind::Static);
        self.alloc(PyBuiltinFunction { header: Header::EMPTY, def, this: Slot::new(this), module: Slot::empty() })
    }
}
