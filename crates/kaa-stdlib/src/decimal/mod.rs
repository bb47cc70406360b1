//! `_decimal`: decimal numbers. CPython: Modules/_decimal/_decimal.c. The arithmetic is in the
//! crate `kaa-decimal`; here are the Python types around it.

mod arguments;
mod construct;
mod context;
mod context_methods;
mod conversion;
mod current;
mod decimal_methods;
mod localized;
mod number;
mod object;
mod signal_dict;
mod signals;

use kaa_decimal::{Context, MAX_EMAX, MAX_PREC, MIN_EMIN, MIN_ETINY, Rounding};
use kaa_objects::types::module::PyModule;
use kaa_objects::{Args, Gc, Native, PyResult, Value, Vm, py_module};

use self::context::{PyContext, word};
use self::current::PyContextManager;
use self::object::PyDecimal;
use self::signal_dict::PySignalDict;
use self::signals::state;
use crate::module_setup::add;

/// The largest number of bits that `IEEEContext` takes.
const IEEE_CONTEXT_MAX_BITS: i64 = 512;

/// The module.
pub struct DecimalModule;

#[py_module(name = "_decimal", doc = "C decimal arithmetic module", types(PyDecimal, PyContext), setup = set_up)]
impl DecimalModule {
    #[constant("MAX_PREC")]
    const MAX_PREC: i64 = MAX_PREC;
    #[constant("MAX_EMAX")]
    const MAX_EMAX: i64 = MAX_EMAX;
    #[constant("MIN_EMIN")]
    const MIN_EMIN: i64 = MIN_EMIN;
    #[constant("MIN_ETINY")]
    const MIN_ETINY: i64 = MIN_ETINY;
    #[constant("IEEE_CONTEXT_MAX_BITS")]
    const IEEE_CONTEXT_MAX_BITS: i64 = IEEE_CONTEXT_MAX_BITS;
    #[constant("HAVE_THREADS")]
    const HAVE_THREADS: bool = true;
    #[constant("HAVE_CONTEXTVAR")]
    const HAVE_CONTEXTVAR: bool = true;

    #[constant("__version__")]
    fn version() -> &'static str {
        "1.70"
    }

    #[constant("__libmpdec_version__")]
    fn libmpdec_version() -> &'static str {
        "2.5.1"
    }

    #[function("getcontext()", doc = "Get the current default context.\n\n")]
    fn getcontext(vm: &Vm) -> PyResult<Gc<PyContext>> {
        current::current(vm)
    }

    #[function("setcontext(context, /)", doc = "Set a new default context.\n\n")]
    fn setcontext(vm: &Vm, context: Value) -> PyResult<()> {
        match vm.cast::<PyContext>(context) {
            Some(context) => current::set_current(vm, context),
            None => Err(vm.type_error("argument must be a context")),
        }
    }

    #[function(
        "localcontext",
        raw,
        signature = "($module, /, ctx=None, **kwargs)",
        doc = "Return a context manager that will set the default context to a copy of ctx\non entry to the with-statement and restore the previous default context when\nexiting the with-statement. If no context is specified, a copy of the current\ndefault context is used.\n\n"
    )]
    fn localcontext(vm: &Vm, args: Args<'_>) -> PyResult<Gc<PyContextManager>> {
        current::local_context(vm, args)
    }

    #[function(
        "IEEEContext(bits, /)",
        doc = "Return a context object initialized to the proper values for one of the\nIEEE interchange formats.  The argument must be a multiple of 32 and less\nthan IEEE_CONTEXT_MAX_BITS.\n\n"
    )]
    fn ieee_context(vm: &Vm, bits: Value) -> PyResult<Gc<PyContext>> {
        let bits = word(vm, bits)?;
        if bits <= 0 || bits > IEEE_CONTEXT_MAX_BITS || bits % 32 != 0 {
            return Err(vm.value_error(format_args!(
                "argument must be a multiple of 32, with a maximum of {IEEE_CONTEXT_MAX_BITS}"
            )));
        }
        let emax = 3 * (1 << (bits / 16 + 3));
        let context = PyContext::plain(vm)?;
        context.limits.set(Context {
            prec: 9 * (bits / 32) - 2,
            emax,
            emin: 1 - emax,
            rounding: Rounding::HalfEven,
            clamp: true,
        });
        context.traps.set(0);
        context.status.set(0);
        Ok(context)
    }
}

/// Fills a module. What is behind it is made once: a second module has the same classes.
fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    if state(vm).variable.get().is_none() {
        make_state(vm)?;
    }
    for rounding in Rounding::ALL {
        add(vm, module, rounding.name(), vm.intern(rounding.name()).value())?;
    }
    signals::add_to_module(vm, module)?;
    add(vm, module, "DecimalTuple", state(vm).tuple.get().unwrap_or(Value::NONE))?;
    for (slot, name) in state(vm).templates.iter().zip(["DefaultContext", "BasicContext", "ExtendedContext"]) {
        add(vm, module, name, slot.get().map_or(Value::NONE, Gc::value))?;
    }
    Ok(())
}

fn make_state(vm: &Vm) -> PyResult<()> {
    signals::make_classes(vm)?;
    let import = vm.hooks.import.get().ok_or_else(|| vm.import_error("numbers"))?;
    let numbers = import(vm, "numbers")?;
    let number = vm.get_attr_str(numbers, "Number")?;
    vm.call_method_str(number, "register", &[vm.class::<PyDecimal>().value()])?;
    state(vm).rational.set_root(Some(vm.get_attr_str(numbers, "Rational")?));

    let collections = import(vm, "collections")?;
    let fields = [vm.new_str("DecimalTuple")?.value(), vm.new_str("sign digits exponent")?.value()];
    let tuple = vm.call_method_str(collections, "namedtuple", &fields)?;
    vm.set_attr(tuple, vm.names().__module__, vm.intern("decimal").value())?;
    state(vm).tuple.set_root(Some(tuple));

    let mapping = vm.get_attr_str(import(vm, "collections.abc")?, "MutableMapping")?;
    let bases = vm.new_tuple(&[vm.native_class(PySignalDict::def()).value(), mapping])?;
    let namespace = vm.new_dict()?;
    namespace.set_str(vm, vm.names().__module__, vm.intern("abc").value())?;
    let metaclass = vm.class_of(mapping);
    let name = vm.intern("SignalDict").value();
    let class = vm.call(metaclass.value(), &[name, bases.value(), namespace.value()])?;
    state(vm).signal_dict.set_root(Some(class));
    current::make_templates(vm)
}
