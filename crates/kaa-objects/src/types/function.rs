//! `function`: what `def` and `lambda` make. The interpreter runs it, through
//! [`crate::vm::Hooks::call_function`] when native code calls.

use std::cell::Cell;
use std::mem::offset_of;

use kaa_bytecode::flags;

use crate::args::Args;
use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::cell::PyCell;
use crate::types::code::PyCode;
use crate::types::dict::PyDict;
use crate::types::module::PyModule;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A Python function.
#[repr(C)]
#[derive(Trace)]
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
    /// `__name__`; empty as is `qualname`.
    name: Slot<Gc<PyStr>>,
    /// `__qualname__`; empty until somebody asks for it or sets it: then that of the code is it.
    qualname: Slot<Gc<PyStr>>,
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

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.set_own_dict_offset(class, offset_of!(PyFunction, dict));
    vm.add_dict_attribute(class)
}

#[py_type(
    name = "function",
    id = ids::FUNCTION,
    flags(METHOD_DESCRIPTOR, HAVE_VECTORCALL, MANAGED_WEAKREF),
    setup = set_up,
    doc = "Create a function object.\n\n  code\n    a code object\n  globals\n    the globals dictionary\n  name\
           \n    a string that overrides the name from the code object\n  argdefs\n    a tuple that specifies the de\
           fault argument values\n  closure\n    a tuple that supplies the bindings for free variables\n  kwdefaults\
           \n    a dictionary that specifies the default keyword argument values"
)]
impl PyFunction {
    #[new("function(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)")]
    fn new(
        vm: &Vm,
        _class: Gc<PyType>,
        code: Gc<PyCode>,
        globals: Gc<PyDict>,
        name: Value,
        argdefs: Value,
        closure: Value,
        kwdefaults: Value,
    ) -> PyResult<Gc<PyFunction>> {
        if !name.is_none() && vm.cast::<PyStr>(name).is_none() {
            return Err(vm.type_error("arg 3 (name) must be None or string"));
        }
        if !argdefs.is_none() && vm.cast::<PyTuple>(argdefs).is_none() {
            return Err(vm.type_error("arg 4 (defaults) must be None or tuple"));
        }
        let cells = vm.cast::<PyTuple>(closure);
        if cells.is_none() {
            if code.nfree > 0 && closure.is_none() {
                return Err(vm.type_error("arg 5 (closure) must be tuple"));
            }
            if !closure.is_none() {
                return Err(vm.type_error("arg 5 (closure) must be None or tuple"));
            }
        }
        if !kwdefaults.is_none() && vm.cast::<PyDict>(kwdefaults).is_none() {
            return Err(vm.type_error("arg 6 (kwdefaults) must be None or dict"));
        }
        let count = cells.map_or(0, |cells| cells.len());
        if count != code.nfree as usize {
            let (name, free) = (code.name(vm).to_string_lossy(), code.nfree);
            return Err(vm.value_error(format_args!("{name} requires closure of length {free}, not {count}")));
        }
        if let Some(&wrong) =
            cells.iter().flat_map(|cells| cells.as_slice()).find(|&&cell| vm.cast::<PyCell>(cell).is_none())
        {
            let kind = vm.class_name(wrong);
            return Err(vm.type_error(format_args!("arg 5 (closure) expected cell, found {kind}")));
        }
        let builtins = vm.builtins_of(globals)?;
        let function = vm.new_function(code, globals, builtins)?;
        if let Some(name) = vm.cast::<PyStr>(name) {
            function.name.set(vm, function, name);
        }
        function.defaults.set_maybe(vm, function, vm.cast(argdefs));
        function.closure.set_maybe(vm, function, cells);
        function.kwdefaults.set_maybe(vm, function, vm.cast(kwdefaults));
        Ok(function)
    }

    #[slot(call)]
    fn call(vm: &Vm, this: Value, args: Args<'_>) -> PyResult {
        match vm.hooks.call_function.get() {
            Some(call) => call(vm, this, args),
            None => Err(vm.system_error("no interpreter is installed")),
        }
    }

    #[slot(descr_get)]
    fn bind(vm: &Vm, this: Value, instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        match instance.and_then(Value::not_none) {
            Some(instance) => Ok(vm.new_method(this, instance)?.value()),
            None => Ok(this),
        }
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyFunction>) -> String {
        let address = vm.pin(this);
        format!("<function {} at {address:#x}>", this.qualname(vm).to_string_lossy())
    }

    #[getter("__code__")]
    fn code(&self) -> Option<Value> {
        self.code.get().map(Value::from)
    }

    #[setter("__code__")]
    fn set_code(vm: &Vm, this: Gc<PyFunction>, code: Option<Value>) -> PyResult<()> {
        let Some(code) = code.and_then(|code| vm.cast::<PyCode>(code)) else {
            return Err(vm.type_error("__code__ must be set to a code object"));
        };
        let (free, cells) = (code.nfree as usize, this.closure.get().map_or(0, |closure| closure.len()));
        if free != cells {
            let name = this.name(vm).to_string_lossy();
            return Err(
                vm.value_error(format_args!("{name}() requires a code object with {cells} free vars, not {free}"))
            );
        }
        // Generators and coroutines: their calls are unlike those of functions and of each other.
        const KINDS: u32 = flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR;
        if (code.flags ^ this.code.get_set().flags) & KINDS != 0
            && let Some(warn) = vm.hooks.warn.get()
        {
            let text = "Assigning a code object of non-matching type is deprecated (e.g., from a generator to a plain \
                        function)";
            warn(vm, vm.exceptions().DeprecationWarning.value(), text, 1)?;
        }
        // What it was made with stays its name.
        this.name(vm);
        this.qualname(vm);
        this.code.set(vm, this, code);
        this.version.set(0);
        Ok(())
    }

    #[getter("__globals__", member)]
    fn globals(&self) -> Option<Value> {
        self.globals.get().map(Value::from)
    }

    #[getter("__builtins__", member)]
    fn builtins(&self) -> Option<Value> {
        self.builtins.get()
    }

    #[getter("__closure__", member)]
    fn closure(&self) -> Option<Value> {
        self.closure.get().map(Value::from)
    }

    #[getter("__defaults__")]
    fn defaults(&self) -> Option<Value> {
        self.defaults.get().map(Value::from)
    }

    #[setter("__defaults__")]
    fn set_defaults(vm: &Vm, this: Gc<PyFunction>, defaults: Option<Value>) -> PyResult<()> {
        let defaults = defaults.and_then(Value::not_none);
        let tuple = defaults.and_then(|defaults| vm.cast::<PyTuple>(defaults));
        if defaults.is_some() && tuple.is_none() {
            return Err(vm.type_error("__defaults__ must be set to a tuple object"));
        }
        this.defaults.set_maybe(vm, this, tuple);
        this.version.set(0);
        Ok(())
    }

    #[getter("__kwdefaults__")]
    fn kwdefaults(&self) -> Option<Value> {
        self.kwdefaults.get().map(Value::from)
    }

    #[setter("__kwdefaults__")]
    fn set_kwdefaults(vm: &Vm, this: Gc<PyFunction>, defaults: Option<Value>) -> PyResult<()> {
        let defaults = defaults.and_then(Value::not_none);
        let dict = defaults.and_then(|defaults| vm.cast::<PyDict>(defaults));
        if defaults.is_some() && dict.is_none() {
            return Err(vm.type_error("__kwdefaults__ must be set to a dict object"));
        }
        this.kwdefaults.set_maybe(vm, this, dict);
        this.version.set(0);
        Ok(())
    }

    #[getter("__name__")]
    fn get_name(vm: &Vm, this: Gc<PyFunction>) -> Gc<PyStr> {
        this.name(vm)
    }

    #[setter("__name__")]
    fn set_name(vm: &Vm, this: Gc<PyFunction>, name: Option<Value>) -> PyResult<()> {
        let Some(name) = name.and_then(|name| vm.cast::<PyStr>(name)) else {
            return Err(vm.type_error("__name__ must be set to a string object"));
        };
        this.name.set(vm, this, name);
        Ok(())
    }

    #[getter("__qualname__")]
    fn get_qualname(vm: &Vm, this: Gc<PyFunction>) -> Gc<PyStr> {
        this.qualname(vm)
    }

    #[setter("__qualname__")]
    fn set_qualname(vm: &Vm, this: Gc<PyFunction>, name: Option<Value>) -> PyResult<()> {
        let Some(name) = name.and_then(|name| vm.cast::<PyStr>(name)) else {
            return Err(vm.type_error("__qualname__ must be set to a string object"));
        };
        this.qualname.set(vm, this, name);
        Ok(())
    }

    #[getter("__doc__")]
    fn doc(&self, vm: &Vm) -> PyResult {
        let code = self.code.get_set();
        Ok(match self.doc.get() {
            Some(doc) => doc,
            None if code.has_flag(kaa_bytecode::flags::HAS_DOCSTRING) => {
                code.load(vm)?;
                code.consts.first().and_then(Slot::get).unwrap_or(Value::NONE)
            }
            None => Value::NONE,
        })
    }

    #[setter("__doc__")]
    fn set_doc(vm: &Vm, this: Gc<PyFunction>, doc: Option<Value>) {
        this.doc.set(vm, this, doc.unwrap_or(Value::NONE));
    }

    #[getter("__module__")]
    fn module(&self, vm: &Vm) -> Value {
        let of_globals = || self.globals.get_set().get_str(vm, vm.names().__name__);
        self.module.get().or_else(of_globals).unwrap_or(Value::NONE)
    }

    #[setter("__module__")]
    fn set_module(vm: &Vm, this: Gc<PyFunction>, module: Option<Value>) {
        this.module.set(vm, this, module.unwrap_or(Value::NONE));
    }

    #[getter("__annotations__", doc = "Dict of annotations in a function object.")]
    fn annotations(vm: &Vm, this: Gc<PyFunction>) -> PyResult {
        let annotations = match this.annotations.get() {
            Some(made) if vm.cast::<PyDict>(made).is_some() => return Ok(made),
            // What the compiler makes under `from __future__ import annotations`: names and texts.
            Some(flat) if let Some(flat) = vm.cast::<PyTuple>(flat) => {
                let dict = vm.new_dict()?;
                for pair in flat.as_slice().chunks_exact(2) {
                    dict.set(vm, pair[0], pair[1])?;
                }
                dict.value()
            }
            _ => match this.annotate.get().and_then(Value::not_none) {
                Some(annotate) => {
                    let made = vm.call(annotate, &[Value::small_int(1)])?;
                    if vm.cast::<PyDict>(made).is_none() {
                        let kind = vm.class_name(made);
                        return Err(vm.type_error(format_args!("__annotate__ returned non-dict of type '{kind}'")));
                    }
                    made
                }
                None => vm.new_dict()?.value(),
            },
        };
        this.annotations.set(vm, this, annotations);
        Ok(annotations)
    }

    #[setter("__annotations__")]
    fn set_annotations(vm: &Vm, this: Gc<PyFunction>, annotations: Option<Value>) -> PyResult<()> {
        let annotations = annotations.and_then(Value::not_none);
        if annotations.is_some_and(|annotations| vm.cast::<PyDict>(annotations).is_none()) {
            return Err(vm.type_error("__annotations__ must be set to a dict object"));
        }
        this.annotations.set_maybe(vm, this, annotations);
        this.annotate.clear();
        Ok(())
    }

    #[getter("__annotate__", doc = "Get the code object for a function.")]
    fn annotate(&self) -> Option<Value> {
        self.annotate.get()
    }

    #[setter("__annotate__")]
    fn set_annotate(vm: &Vm, this: Gc<PyFunction>, annotate: Option<Value>) -> PyResult<()> {
        let Some(annotate) = annotate else {
            return Err(vm.type_error("__annotate__ cannot be deleted"));
        };
        if annotate.is_none() {
            this.annotate.clear();
            return Ok(());
        }
        if !vm.is_callable(annotate) {
            return Err(vm.type_error("__annotate__ must be callable or None"));
        }
        this.annotate.set(vm, this, annotate);
        this.annotations.clear();
        Ok(())
    }

    #[getter("__type_params__", doc = "Get the declared type parameters for a function.")]
    fn type_params(&self, vm: &Vm) -> PyResult {
        match self.type_params.get() {
            Some(params) => Ok(params.value()),
            None => Ok(vm.new_tuple(&[])?.value()),
        }
    }

    #[setter("__type_params__")]
    fn set_type_params(vm: &Vm, this: Gc<PyFunction>, params: Option<Value>) -> PyResult<()> {
        let Some(params) = params.and_then(|params| vm.cast::<PyTuple>(params)) else {
            return Err(vm.type_error("__type_params__ must be set to a tuple"));
        };
        this.type_params.set(vm, this, params);
        Ok(())
    }
}

impl Gc<PyFunction> {
    /// `__name__`.
    pub fn name(self, vm: &Vm) -> Gc<PyStr> {
        self.name.get().unwrap_or_else(|| {
            let name = self.code.get_set().name(vm);
            self.name.set(vm, self, name);
            name
        })
    }

    /// `__qualname__`.
    pub fn qualname(self, vm: &Vm) -> Gc<PyStr> {
        self.qualname.get().unwrap_or_else(|| {
            let qualname = self.code.get_set().qualname(vm);
            self.qualname.set(vm, self, qualname);
            qualname
        })
    }

    /// Sets `__qualname__`.
    pub fn rename(self, vm: &Vm, qualname: Gc<PyStr>) {
        self.qualname.set(vm, self, qualname);
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
            name: Slot::maybe(code.known_name()),
            qualname: Slot::empty(),
            doc: Slot::empty(),
            module: Slot::empty(),
            annotations: Slot::empty(),
            annotate: Slot::empty(),
            type_params: Slot::empty(),
            dict: Slot::empty(),
            version: Cell::new(0),
        })
    }
    /// The builtins that code with these globals sees: what `__builtins__` says there, else
    /// those of the running frame.
    pub fn builtins_of(&self, globals: Gc<PyDict>) -> PyResult {
        match globals.get_str(self, self.names().__builtins__) {
            Some(builtins) => Ok(match self.cast::<PyModule>(builtins) {
                Some(module) => module.dict.get_set().value(),
                None => builtins,
            }),
            None => match self.hooks.running_builtins.get().and_then(|running| running(self)) {
                Some(builtins) => Ok(builtins),
                None => Ok(self.new_dict()?.value()),
            },
        }
    }
}
