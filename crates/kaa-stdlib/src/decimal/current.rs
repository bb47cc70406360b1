//! The current context: the value of a context variable, which each thread remembers for as long
//! as its `contextvars` context is the same.

use kaa_decimal::{Context, Rounding};
use kaa_objects::object::{Header, Slot};
use kaa_objects::{Args, Gc, PyResult, Raised, Trace, Value, Vm, py_type};

use super::arguments::bind;
use super::context::{PyContext, set_attributes};
use super::signals::state;

/// The current context; made of `DefaultContext` when there is none yet.
#[inline(always)]
pub fn current(vm: &Vm) -> PyResult<Gc<PyContext>> {
    match vm.thread().decimal_context.get() {
        // SAFETY: only `remember` stores here, and it stores contexts.
        Some(context) => Ok(unsafe { context.as_gc_unchecked() }),
        None => find(vm),
    }
}

fn remember(vm: &Vm, context: Gc<PyContext>) {
    vm.thread().decimal_context.set_root(Some(context.value()));
}

fn variable(vm: &Vm) -> PyResult {
    state(vm).variable.get().ok_or_else(|| no_variable(vm))
}

#[cold]
fn no_variable(vm: &Vm) -> Raised {
    vm.runtime_error("the module _decimal is not set up")
}

#[cold]
fn find(vm: &Vm) -> PyResult<Gc<PyContext>> {
    let found = vm.call_method_str(variable(vm)?, "get", &[Value::NONE])?;
    let context = match vm.cast::<PyContext>(found) {
        Some(context) => context,
        None => {
            let context = copy_of_template(vm, state(vm).templates[0].get())?;
            vm.call_method_str(variable(vm)?, "set", &[context.value()])?;
            context
        }
    };
    remember(vm, context);
    Ok(context)
}

fn copy_of_template(vm: &Vm, template: Option<Gc<PyContext>>) -> PyResult<Gc<PyContext>> {
    let context = match template {
        Some(template) => PyContext::copy_of(vm, template)?,
        None => PyContext::plain(vm)?,
    };
    context.status.set(0);
    Ok(context)
}

/// Makes a context the current one; of a template, a copy.
pub fn set_current(vm: &Vm, context: Gc<PyContext>) -> PyResult<()> {
    let is_template = state(vm).templates.iter().any(|template| template.get() == Some(context));
    let context = if is_template { copy_of_template(vm, Some(context))? } else { context };
    vm.call_method_str(variable(vm)?, "set", &[context.value()])?;
    remember(vm, context);
    Ok(())
}

/// The context that an optional argument names: the current one for `None`.
#[inline]
pub fn optional(vm: &Vm, context: Option<Value>) -> PyResult<Gc<PyContext>> {
    match context.and_then(Value::not_none) {
        None => current(vm),
        Some(context) => {
            vm.cast::<PyContext>(context).ok_or_else(|| vm.type_error("optional argument must be a context"))
        }
    }
}

/// Makes the context variable and the templates.
pub fn make_templates(vm: &Vm) -> PyResult<()> {
    let import = vm.hooks.import.get().ok_or_else(|| vm.import_error("contextvars"))?;
    let class = vm.get_attr_str(import(vm, "_contextvars")?, "ContextVar")?;
    let name = vm.new_str("decimal_context")?.value();
    let variable = vm.call(class, &[name])?;
    let default = Context { prec: 28, emax: 999_999, emin: -999_999, rounding: Rounding::HalfEven, clamp: false };
    use kaa_decimal::flags::{CLAMPED, DIVISION_BY_ZERO, INVALID, OVERFLOW, UNDERFLOW};
    let usual = INVALID | DIVISION_BY_ZERO | OVERFLOW;
    let basic = Context { prec: 9, rounding: Rounding::HalfUp, ..default };
    let extended = Context { prec: 9, ..default };
    let templates = [(default, usual), (basic, usual | UNDERFLOW | CLAMPED), (extended, 0)];
    for (slot, (limits, traps)) in state(vm).templates.iter().zip(templates) {
        let context = PyContext::plain(vm)?;
        context.limits.set(limits);
        context.traps.set(traps);
        slot.set_root(Some(context));
    }
    state(vm).variable.set_root(Some(variable));
    Ok(())
}

/// `decimal.ContextManager`: what `localcontext` gives.
#[repr(C)]
#[derive(Trace)]
pub struct PyContextManager {
    header: Header,
    /// The context inside the `with` statement.
    inner: Slot<Gc<PyContext>>,
    /// The context outside.
    outer: Slot<Gc<PyContext>>,
}

/// `localcontext(ctx=None, **kwargs)`.
pub fn local_context(vm: &Vm, args: Args<'_>) -> PyResult<Gc<PyContextManager>> {
    let names = ["ctx", "prec", "rounding", "Emin", "Emax", "capitals", "clamp", "flags", "traps"];
    let outer = current(vm)?;
    let [context, prec, rounding, emin, emax, capitals, clamp, flags, traps] = bind(vm, args, names, 0)?;
    let inner = PyContext::copy_of(vm, optional(vm, context)?)?;
    set_attributes(vm, inner, [prec, rounding, emin, emax, capitals, clamp, flags, traps])?;
    vm.alloc(PyContextManager { header: Header::EMPTY, inner: Slot::new(inner), outer: Slot::new(outer) })
}

#[py_type(name = "ContextManager", module = "decimal")]
impl PyContextManager {
    #[method("__enter__($self, /)")]
    fn enter(vm: &Vm, this: Gc<PyContextManager>) -> PyResult<Gc<PyContext>> {
        let inner = this.inner.get_set();
        set_current(vm, inner)?;
        Ok(inner)
    }

    #[method("__exit__", raw)]
    fn exit(vm: &Vm, this: Gc<PyContextManager>, args: Args<'_>) -> PyResult<()> {
        args.no_keywords(vm, "ContextManager.__exit__")?;
        set_current(vm, this.outer.get_set())
    }
}
