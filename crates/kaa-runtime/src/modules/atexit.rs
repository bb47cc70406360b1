//! `atexit`: functions that are called when the program ends, last registered first.

use std::any::Any;

use kaa_macros::py_module;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use crate::call::{call_collected, keywords_dict};

/// The module.
pub struct AtExit;

/// The functions of an isolate.
#[derive(Default)]
struct Registered {
    /// A list of tuples: the function, its arguments, its keyword arguments or `None`.
    calls: Slot<Gc<PyList>>,
}

impl Extension for Registered {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.calls.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn registered(vm: &Vm) -> &Registered {
    vm.extension(|_| Registered::default())
}

/// Calls what was registered; what is registered meanwhile is not called. Errors are reported.
pub(crate) fn run(vm: &Vm) {
    let registered = registered(vm);
    let Some(calls) = registered.calls.get() else { return };
    registered.calls.clear();
    while !calls.is_empty() {
        let call = calls.remove_at(vm, calls.len() - 1);
        let Some(call) = vm.cast::<PyTuple>(call) else { continue };
        let &[function, args, kwargs] = call.as_slice() else { continue };
        let Some(args) = vm.cast::<PyTuple>(args) else { continue };
        let result = call_collected(vm, function, args, vm.cast::<PyDict>(kwargs)).map(drop);
        vm.report_ignored(result, "Exception ignored in atexit callback", Some(function));
    }
    registered.calls.clear();
}

#[py_module(
    name = "atexit",
    doc = "allow programmer to define multiple exit functions to be executed\nupon normal program termination.\n\nTwo public functions, register and unregister, are defined.\n"
)]
impl AtExit {
    #[function(
        "register",
        raw,
        signature = "($module, func, /, *args, **kwargs)",
        doc = "Register a function to be executed upon normal program termination\n\n    func - function to be called at exit\n    args - optional arguments to pass to func\n    kwargs - optional keyword arguments to pass to func\n\n    func is returned to facilitate usage as a decorator."
    )]
    fn register(vm: &Vm, args: Args<'_>) -> PyResult {
        let [function, rest @ ..] = args.positionals() else {
            return Err(vm.type_error("register() takes at least 1 argument (0 given)"));
        };
        if !vm.is_callable(*function) {
            return Err(vm.type_error("the first argument must be callable"));
        }
        let kwargs = keywords_dict(vm, args)?.map_or(Value::NONE, |kwargs| kwargs.value());
        let call = vm.new_tuple(&[*function, vm.new_tuple(rest)?.value(), kwargs])?;
        let calls = match registered(vm).calls.get() {
            Some(calls) => calls,
            None => {
                let calls = vm.new_list(&[])?;
                registered(vm).calls.set_root(Some(calls));
                calls
            }
        };
        calls.push(vm, call.value())?;
        Ok(*function)
    }

    #[function(
        "unregister(func, /)",
        doc = "Unregister an exit function which was previously registered using\natexit.register\n\n    func - function to be unregistered"
    )]
    fn unregister(vm: &Vm, func: Value) -> PyResult<()> {
        let Some(calls) = registered(vm).calls.get() else { return Ok(()) };
        let mut index = 0;
        // Comparing may run Python code, which may change the list.
        while let Some(call) = calls.get(index) {
            let function = vm.cast::<PyTuple>(call).and_then(|call| call.as_slice().first().copied());
            let equal = match function {
                Some(function) => vm.compare_bool(function, func, kaa_objects::class::CompareOp::Eq)?,
                None => false,
            };
            if equal && calls.get(index) == Some(call) {
                calls.remove_at(vm, index);
            } else {
                index += 1;
            }
        }
        Ok(())
    }

    #[function("_clear()", doc = "Clear the list of previously registered exit functions.")]
    fn clear(vm: &Vm) {
        registered(vm).calls.clear();
    }

    #[function("_ncallbacks()", doc = "Return the number of registered exit functions.")]
    fn ncallbacks(vm: &Vm) -> usize {
        registered(vm).calls.get().map_or(0, |calls| calls.len())
    }

    #[function(
        "_run_exitfuncs()",
        doc = "Run all registered exit functions.\n\nIf a callback raises an exception, it is logged with sys.unraisablehook."
    )]
    fn run_exitfuncs(vm: &Vm) {
        run(vm);
    }
}
