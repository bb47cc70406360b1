//! `_contextvars`: variables whose values belong to a context (PEP 567). A context keeps its
//! values in a dict that is copied with it.

use std::cell::Cell;

use kaa_macros::{Trace, py_module, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

/// The module.
pub struct ContextVars;

#[py_module(name = "_contextvars", doc = "Context Variables", types(PyContext, PyContextVar, PyToken), setup = set_up)]
impl ContextVars {
    #[function("copy_context()", doc = "Return a shallow copy of the current context.")]
    fn copy_context(vm: &Vm) -> PyResult<Gc<PyContext>> {
        copy_current(vm)
    }
}

/// A copy of the running thread's context.
pub(super) fn copy_current(vm: &Vm) -> PyResult<Gc<PyContext>> {
    let current = current(vm)?;
    PyContext::with_values(vm, vm.dict_copy(current.values.get_set())?)
}

fn set_up(vm: &Vm, _module: Gc<PyModule>) -> PyResult<()> {
    let token = vm.class::<PyToken>();
    let missing = vm.alloc(PyMissing { header: Header::EMPTY })?;
    token.dict.get_set().set_str(vm, vm.intern("MISSING"), missing.value())
}

/// The running thread's context; made when first asked for.
fn current(vm: &Vm) -> PyResult<Gc<PyContext>> {
    let slot = &vm.thread().context;
    if let Some(context) = slot.get().and_then(|context| vm.cast::<PyContext>(context)) {
        return Ok(context);
    }
    let context = PyContext::with_values(vm, vm.new_dict()?)?;
    slot.set_root(Some(context.value()));
    Ok(context)
}

/// `contextvars.Context`.
#[derive(Trace)]
#[repr(C)]
pub struct PyContext {
    header: Header,
    values: Slot<Gc<PyDict>>,
    /// The context that was current before this one was entered.
    previous: Slot,
    entered: Cell<bool>,
}

impl PyContext {
    fn with_values(vm: &Vm, values: Gc<PyDict>) -> PyResult<Gc<PyContext>> {
        vm.alloc(PyContext {
            header: Header::EMPTY,
            values: Slot::new(values),
            previous: Slot::empty(),
            entered: Cell::new(false),
        })
    }
}

/// Makes a context the current one.
pub(super) fn enter(vm: &Vm, context: Gc<PyContext>) -> PyResult<()> {
    if context.entered.get() {
        let repr = vm.repr_lossy(context.value());
        return Err(vm.runtime_error(format_args!("cannot enter context: {repr} is already entered")));
    }
    let previous = current(vm)?;
    context.previous.set(vm, context, previous.value());
    context.entered.set(true);
    vm.thread().context.set_root(Some(context.value()));
    vm.thread().decimal_context.clear();
    Ok(())
}

/// Makes the context that was current before `context` the current one again.
pub(super) fn exit(vm: &Vm, context: Gc<PyContext>) -> PyResult<()> {
    if !context.entered.get() {
        let repr = vm.repr_lossy(context.value());
        return Err(vm.runtime_error(format_args!("cannot exit context: {repr} has not been entered")));
    }
    if current(vm)? != context {
        let repr = vm.repr_lossy(context.value());
        return Err(vm.runtime_error(format_args!(
            "cannot exit context: thread state references a different context object than {repr}"
        )));
    }
    vm.thread().context.set_root(context.previous.get());
    vm.thread().decimal_context.clear();
    context.previous.clear();
    context.entered.set(false);
    Ok(())
}

fn variable(vm: &Vm, key: Value) -> PyResult<Gc<PyContextVar>> {
    vm.cast::<PyContextVar>(key).ok_or_else(|| {
        let repr = vm.repr_lossy(key);
        vm.type_error(format_args!("a ContextVar key was expected, got {repr}"))
    })
}

#[py_type(name = "Context", module = "_contextvars")]
impl PyContext {
    #[new("Context()")]
    fn new(vm: &Vm, _class: Gc<PyType>) -> PyResult<Gc<PyContext>> {
        PyContext::with_values(vm, vm.new_dict()?)
    }

    #[method("run", raw)]
    fn run(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult {
        let Some((callable, rest)) = args.split_first() else {
            return Err(vm.type_error("run() missing 1 required positional argument"));
        };
        enter(vm, this)?;
        let result = vm.call_args(callable, rest);
        let left = exit(vm, this);
        let value = result?;
        left.map(|()| value)
    }

    #[method("copy($self, /)", doc = "Return a shallow copy of the context object.")]
    fn copy(vm: &Vm, this: Gc<PyContext>) -> PyResult<Gc<PyContext>> {
        PyContext::with_values(vm, vm.dict_copy(this.values.get_set())?)
    }

    #[method(
        "get($self, key, default=None, /)",
        doc = "Return the value for `key` if `key` has the value in the context object.\n\nIf `key` does not exist, return `default`. If `default` is not given,\nreturn None."
    )]
    fn get(vm: &Vm, this: Gc<PyContext>, key: Value, default: Value) -> PyResult {
        let key = variable(vm, key)?;
        Ok(this.values.get_set().get(vm, key.value())?.unwrap_or(default))
    }

    #[method("keys($self, /)", doc = "Return a list of all variables in the context object.")]
    fn keys(vm: &Vm, this: Gc<PyContext>) -> PyResult {
        vm.call_method(this.values.get_set().value(), vm.names().keys, &[])
    }

    #[method("values($self, /)", doc = "Return a list of all variables' values in the context object.")]
    fn values(vm: &Vm, this: Gc<PyContext>) -> PyResult {
        vm.call_method(this.values.get_set().value(), vm.names().values, &[])
    }

    #[method(
        "items($self, /)",
        doc = "Return all variables and their values in the context object.\n\nThe result is returned as a list of 2-tuples (variable, value)."
    )]
    fn items(vm: &Vm, this: Gc<PyContext>) -> PyResult {
        vm.call_method(this.values.get_set().value(), vm.names().items, &[])
    }

    #[slot(mp_length)]
    fn length(&self) -> usize {
        self.values.get_set().len()
    }

    #[slot(mp_subscript)]
    fn subscript(vm: &Vm, this: Value, key: Value) -> PyResult {
        let context = vm.cast::<PyContext>(this).expect("slots are called with objects of their type");
        let key = variable(vm, key)?;
        match context.values.get_set().get(vm, key.value())? {
            Some(value) => Ok(value),
            None => Err(vm.key_error(key.value())),
        }
    }

    #[slot(sq_contains)]
    fn contains(vm: &Vm, this: Gc<PyContext>, key: Value) -> PyResult<bool> {
        let key = variable(vm, key)?;
        Ok(this.values.get_set().get(vm, key.value())?.is_some())
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyContext>) -> PyResult {
        vm.iter(this.values.get_set().value())
    }

    #[method("__enter__($self, /)")]
    fn dunder_enter(vm: &Vm, this: Gc<PyContext>) -> PyResult<Gc<PyContext>> {
        enter(vm, this)?;
        Ok(this)
    }

    #[method("__exit__($self, /, *exc_info)")]
    fn dunder_exit(vm: &Vm, this: Gc<PyContext>, _exc_info: &[Value]) -> PyResult<()> {
        exit(vm, this)
    }
}

/// `contextvars.ContextVar`.
#[derive(Trace)]
#[repr(C)]
pub struct PyContextVar {
    header: Header,
    name: Slot<Gc<PyStr>>,
    default: Slot,
}

/// A variable without a default.
pub(super) fn new_variable(vm: &Vm, name: &str) -> PyResult {
    let name = Slot::new(vm.intern(name));
    Ok(vm.alloc(PyContextVar { header: Header::EMPTY, name, default: Slot::empty() })?.value())
}

/// What a variable stands for in the running context.
pub(super) fn value(vm: &Vm, variable: Value) -> PyResult<Option<Value>> {
    current(vm)?.values.get_set().get(vm, variable)
}

#[py_type(name = "ContextVar", module = "_contextvars")]
impl PyContextVar {
    #[new("ContextVar(name, /, *, default=<unrepresentable>)")]
    fn new(vm: &Vm, _class: Gc<PyType>, name: Value, default: Option<Value>) -> PyResult<Gc<PyContextVar>> {
        let Some(name) = vm.cast::<PyStr>(name) else {
            return Err(vm.type_error("context variable name must be a str"));
        };
        vm.alloc(PyContextVar { header: Header::EMPTY, name: Slot::new(name), default: Slot::maybe(default) })
    }

    #[method(
        "get($self, default=<unrepresentable>, /)",
        doc = "Return a value for the context variable for the current context.\n\nIf there is no value for the variable in the current context, the method will:\n * return the value of the default argument of the method, if provided; or\n * return the default value for the context variable, if it was created\n   with one; or\n * raise a LookupError."
    )]
    fn get(vm: &Vm, this: Gc<PyContextVar>, default: Option<Value>) -> PyResult {
        let found = current(vm)?.values.get_set().get(vm, this.value())?;
        match found.or(default).or(this.default.get()) {
            Some(value) => Ok(value),
            None => Err(vm.raise_with(vm.exceptions().LookupError, &[this.value()])),
        }
    }

    #[method(
        "set($self, value, /)",
        doc = "Call to set a new value for the context variable in the current context.\n\nThe required *value* argument is the new value for the context variable.\n\nReturns a Token object that can be used to restore the variable to its previous\nvalue via the `ContextVar.reset()` method."
    )]
    fn set(vm: &Vm, this: Gc<PyContextVar>, value: Value) -> PyResult<Gc<PyToken>> {
        let context = current(vm)?;
        let values = context.values.get_set();
        let old = values.get(vm, this.value())?;
        vm.thread().decimal_context.clear();
        values.set(vm, this.value(), value)?;
        vm.alloc(PyToken {
            header: Header::EMPTY,
            context: Slot::new(context),
            variable: Slot::new(this),
            old: Slot::maybe(old),
            used: Cell::new(false),
        })
    }

    #[method(
        "reset($self, token, /)",
        doc = "Reset the context variable.\n\nThe variable is reset to the value it had before the `ContextVar.set()` that\ncreated the token was used."
    )]
    fn reset(vm: &Vm, this: Gc<PyContextVar>, token: Gc<PyToken>) -> PyResult<()> {
        let repr = || vm.repr_lossy(token.value());
        if token.used.get() {
            return Err(vm.runtime_error(format_args!("{} has already been used once", repr())));
        }
        if token.variable.get() != Some(this) {
            return Err(vm.value_error(format_args!("{} was created by a different ContextVar", repr())));
        }
        let context = current(vm)?;
        if token.context.get() != Some(context) {
            return Err(vm.value_error(format_args!("{} was created in a different Context", repr())));
        }
        token.used.set(true);
        vm.thread().decimal_context.clear();
        match token.old.get() {
            Some(old) => context.values.get_set().set(vm, this.value(), old),
            None => context.values.get_set().remove(vm, this.value()).map(drop),
        }
    }

    #[getter("name")]
    fn name(_vm: &Vm, this: Gc<PyContextVar>) -> Gc<PyStr> {
        this.name.get_set()
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyContextVar>) -> PyResult {
        let name = vm.repr_lossy(this.name.get_set().value());
        let default =
            this.default.get().map_or(String::new(), |default| format!(" default={}", vm.repr_lossy(default)));
        let address = vm.pin(this);
        Ok(vm.new_str(&format!("<ContextVar name={name}{default} at {address:#x}>"))?.value())
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "See PEP 585")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        kaa_objects::types::generic_alias::PyGenericAlias::new_value(vm, class.value(), object)
    }
}

/// `contextvars.Token`: how to undo a `ContextVar.set`.
#[derive(Trace)]
#[repr(C)]
pub struct PyToken {
    header: Header,
    context: Slot<Gc<PyContext>>,
    variable: Slot<Gc<PyContextVar>>,
    old: Slot,
    used: Cell<bool>,
}

#[py_type(name = "Token", module = "_contextvars")]
impl PyToken {
    #[getter("var")]
    fn var(_vm: &Vm, this: Gc<PyToken>) -> Gc<PyContextVar> {
        this.variable.get_set()
    }

    #[getter("old_value")]
    fn old_value(vm: &Vm, this: Gc<PyToken>) -> PyResult {
        match this.old.get() {
            Some(old) => Ok(old),
            None => vm.get_attr_str(vm.class::<PyToken>().value(), "MISSING"),
        }
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyToken>) -> PyResult {
        let used = if this.used.get() { " used" } else { "" };
        let variable = vm.repr_lossy(this.variable.get_set().value());
        let address = vm.pin(this);
        Ok(vm.new_str(&format!("<Token{used} var={variable} at {address:#x}>"))?.value())
    }

    #[method("__enter__($self, /)", doc = "Enter into Token context manager.")]
    fn enter(_vm: &Vm, this: Gc<PyToken>) -> Gc<PyToken> {
        this
    }

    #[method(
        "__exit__($self, type, value, traceback, /)",
        doc = "Exit from Token context manager, restore the linked ContextVar."
    )]
    fn exit(vm: &Vm, this: Gc<PyToken>, r#type: Value, value: Value, traceback: Value) -> PyResult<()> {
        let _ = (r#type, value, traceback);
        PyContextVar::reset(vm, this.variable.get_set(), this)
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "See PEP 585")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        kaa_objects::types::generic_alias::PyGenericAlias::new_value(vm, class.value(), object)
    }
}

/// What `Token.MISSING` is.
#[repr(C)]
pub struct PyMissing {
    header: Header,
}

#[py_type(name = "Token.MISSING", module = "_contextvars", layout = raw)]
impl PyMissing {
    #[slot(repr)]
    fn repr(vm: &Vm, _this: Value) -> PyResult {
        Ok(vm.new_str("<Token.MISSING>")?.value())
    }
}
