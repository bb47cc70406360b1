//! `function`: what `def` and `lambda` make. The interpreter runs it, through
//! [`crate::vm::Hooks::call_function`] when native code calls.

use std::cell::Cell;

use crate::object::{Header, Slot, Trace, Visitor};
use crate::types::code::PyCode;
use crate::types::dict::PyDict;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids};

/// A Python function.
#[repr(C)]
pub struct PyFunction {
    header: Header,
    /// `__code__`.
    pub code: Slot<Gc<PyCode>>,
    /// `__globals__`.
    pub globals: Slot<Gc<PyDict>>,
    /// `__builtins__`: the namespace looked in after the globals; a dict, but for strange cases.
    pub builtins: Slot,
    /// `__defaults__`.
    pub defaults: Slot<Gc<PyTuple>>,
    /// `__kwdefaults__`.
    pub kwdefaults: Slot<Gc<PyDict>>,
    /// `__closure__`: a tuple of cells.
    pub closure: Slot<Gc<PyTuple>>,
    /// `__name__`.
    pub name: Slot<Gc<PyStr>>,
    /// `__qualname__`.
    pub qualname: Slot<Gc<PyStr>>,
    /// `__doc__`; empty until it was set: then the code's docstring is it.
    pub doc: Slot,
    /// `__module__`; empty until it was set: then the globals' `__name__` is it.
    pub module: Slot,
    /// `__annotations__` once made.
    pub annotations: Slot,
    /// `__annotate__`.
    pub annotate: Slot,
    /// `__type_params__`.
    pub type_params: Slot<Gc<PyTuple>>,
    /// `__dict__`, made when first used.
    pub dict: Slot<Gc<PyDict>>,
    /// Changed whenever the code or the defaults change: compiled calls rely on it.
    pub version: Cell<u32>,
}

crate::native_type!(PyFunction, name "function", id ids::FUNCTION, layout Custom, flags METHOD_DESCRIPTOR);

impl Trace for PyFunction {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.code.trace(visitor);
        self.globals.trace(visitor);
        self.builtins.trace(visitor);
        self.defaults.trace(visitor);
        self.kwdefaults.trace(visitor);
        self.closure.trace(visitor);
        self.name.trace(visitor);
        self.qualname.trace(visitor);
        self.doc.trace(visitor);
        self.module.trace(visitor);
        self.annotations.trace(visitor);
        self.annotate.trace(visitor);
        self.type_params.trace(visitor);
        self.dict.trace(visitor);
    }
}

impl Vm {
    /// A function of a code object; `builtins` as [`Vm::builtins_of`] finds them.
    pub fn new_function(&self, code: Gc<PyCode>, globals: Gc<PyDict>, builtins: Value) -> PyResult<Gc<PyFunction>> {
        self.alloc(PyFunction {
            header: Header::EMPTY,
            code: Slot::new(code),
            globals: Slot::new(globals),
            builtins: Slot::new(builtins),
            defaults: Slot::empty(),
            kwdefaults: Slot::empty(),
            closure: Slot::empty(),
            name: Slot::new(code.name.get_set()),
            qualname: Slot::new(code.qualname.get_set()),
            doc: Slot::empty(),
            module: Slot::empty(),
            annotations: Slot::empty(),
            annotate: Slot::empty(),
            type_params: Slot::empty(),
            dict: Slot::empty(),
            version: Cell::new(0),
        })
    }
}
