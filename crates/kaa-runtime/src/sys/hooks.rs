//! `sys.excepthook`, `displayhook` and other functions that programs replace or ask for.

use std::io::Write;

use kaa_interpreter::traceback::PyTraceback;
use kaa_macros::py_functions;
use kaa_objects::class::{PyType, flags};
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::{Sys, unraisable};
use crate::state::{state, sys_attribute};

#[py_functions(FUNCTIONS, of = "sys")]
impl Sys {
    #[function(
        "_clear_type_descriptors(type, /)",
        doc = "Private function for clearing certain descriptors from a type's dictionary.\n\nSee gh-135228 for context."
    )]
    fn clear_type_descriptors(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
        if class.has_flag(flags::IMMUTABLETYPE) {
            return Err(vm.type_error("argument is immutable"));
        }
        let dict = class.dict.get_set();
        for name in [vm.names().__dict__, vm.names().__weakref__] {
            dict.remove_str(vm, name);
        }
        vm.class_modified(class);
        Ok(())
    }

    #[function(
        "excepthook(exctype, value, traceback, /)",
        doc = "Handle an exception by displaying it with a traceback on sys.stderr."
    )]
    fn excepthook(vm: &Vm, exctype: Value, value: Value, traceback: Value) -> PyResult<()> {
        let _ = exctype;
        if let Some(exception) = vm.cast::<PyBaseException>(value)
            && exception.traceback.get().is_none()
            && vm.cast::<PyTraceback>(traceback).is_some()
        {
            exception.traceback.set(vm, exception, traceback);
        }
        crate::traceback::print_any(vm, value);
        Ok(())
    }

    #[function("displayhook(object, /)", doc = "Print an object to sys.stdout and also save it in builtins._")]
    fn displayhook(vm: &Vm, object: Value) -> PyResult<()> {
        if object.is_none() {
            return Ok(());
        }
        let builtins = state(vm).builtins.get_set();
        let underscore = vm.intern("_");
        builtins.set_str(vm, underscore, Value::NONE)?;
        let text = vm.repr(object)?;
        let Some(stdout) = sys_attribute(vm, "stdout").and_then(Value::not_none) else {
            return Err(vm.runtime_error("lost sys.stdout"));
        };
        vm.call_method(stdout, vm.names().write, &[text.value()])?;
        vm.call_method(stdout, vm.names().write, &[vm.intern("\n").value()])?;
        builtins.set_str(vm, underscore, object)
    }

    #[function(
        "unraisablehook(unraisable, /)",
        doc = "Handle an unraisable exception.\n\nThe unraisable argument has the following attributes:\n\n* exc_type: Exception type.\n* exc_value: Exception value, can be None.\n* exc_traceback: Exception traceback, can be None.\n* err_msg: Error message, can be None.\n* object: Object causing the exception, can be None."
    )]
    fn unraisablehook(vm: &Vm, unraisable: Value) -> PyResult<()> {
        if !unraisable::is_arguments(vm, unraisable)? {
            return Err(vm.type_error("sys.unraisablehook argument type must be UnraisableHookArgs"));
        }
        let message = vm.get_attr_str(unraisable, "err_msg")?;
        let object = vm.get_attr_str(unraisable, "object")?;
        let message = message.not_none().map(|message| vm.str_lossy(message));
        unraisable::write_head(vm, message.as_deref(), object.not_none());
        let value = vm.get_attr_str(unraisable, "exc_value")?;
        if let Some(exception) = vm.cast::<PyBaseException>(value) {
            crate::traceback::print_exception(vm, exception);
        }
        Ok(())
    }

    #[function("_get_cpu_count_config()", doc = "Private function for getting PyConfig.cpu_count")]
    fn get_cpu_count_config(vm: &Vm) -> i64 {
        state(vm).config.borrow().cpu_count.map_or(-1, i64::from)
    }

    #[function(
        "getrefcount(object, /)",
        doc = "Return the reference count of object.\n\nThe count returned is generally one higher than you might expect,\nbecause it includes the (temporary) reference as an argument to\ngetrefcount()."
    )]
    fn getrefcount(object: Value) -> i64 {
        // Objects have no counts: the number is that of one with a single reference.
        let _ = object;
        2
    }

    #[function(
        "get_asyncgen_hooks()",
        doc = "Return the installed asynchronous generators hooks.\n\nThis returns a namedtuple of the form (firstiter, finalizer)."
    )]
    fn get_asyncgen_hooks(vm: &Vm) -> PyResult {
        let thread = vm.thread();
        let hooks =
            [&thread.asyncgen_firstiter, &thread.asyncgen_finalizer].map(|hook| hook.get().unwrap_or(Value::NONE));
        vm.new_struct_sequence(&super::records::ASYNCGEN_HOOKS, &hooks)
    }

    #[function(
        "set_asyncgen_hooks",
        raw,
        doc = "set_asyncgen_hooks([firstiter] [, finalizer])\n\nSet a finalizer for async generators objects."
    )]
    fn set_asyncgen_hooks(vm: &Vm, args: Args<'_>) -> PyResult<()> {
        let mut given = [args.positionals().first().copied(), args.positionals().get(1).copied()];
        for (name, value) in args.keywords() {
            match name.as_ascii() {
                Some("firstiter") => given[0] = Some(value),
                Some("finalizer") => given[1] = Some(value),
                _ => {
                    return Err(vm.unexpected_keyword("set_asyncgen_hooks()", &["firstiter", "finalizer"], args));
                }
            }
        }
        for (hook, name) in given.iter().zip(["firstiter", "finalizer"]) {
            if let Some(hook) = hook.and_then(Value::not_none).filter(|&hook| !vm.is_callable(hook)) {
                let class = vm.class_name(hook);
                return Err(vm.type_error(format_args!("callable {name} expected, got {class}")));
            }
        }
        let thread = vm.thread();
        for (hook, slot) in given.into_iter().zip([&thread.asyncgen_firstiter, &thread.asyncgen_finalizer]) {
            if let Some(hook) = hook {
                slot.set_root(hook.not_none());
            }
        }
        Ok(())
    }

    #[function(
        "get_coroutine_origin_tracking_depth()",
        doc = "Check status of origin tracking for coroutine objects in this thread."
    )]
    fn coroutine_origin_depth(vm: &Vm) -> u32 {
        vm.thread().coroutine_origin_depth.get()
    }

    #[function(
        "set_coroutine_origin_tracking_depth(depth)",
        doc = "Enable or disable origin tracking for coroutine objects in this thread.\n\nCoroutine objects will track 'depth' frames of traceback information\nabout where they came from, available in their cr_origin attribute.\n\nSet a depth of 0 to disable."
    )]
    fn set_coroutine_origin_depth(vm: &Vm, depth: i32) -> PyResult<()> {
        let depth = u32::try_from(depth).map_err(|_| vm.value_error("depth must be >= 0"))?;
        vm.thread().coroutine_origin_depth.set(depth);
        Ok(())
    }

    #[function("is_finalizing()", doc = "Return True if Python is exiting.")]
    fn is_finalizing(vm: &Vm) -> bool {
        state(vm).finalizing.get()
    }

    #[function("_is_gil_enabled()", doc = "Return True if the GIL is currently enabled and False otherwise.")]
    fn is_gil_enabled() -> bool {
        true
    }

    #[function("_is_interned(string, /)", doc = "Return True if the given string is \"interned\".")]
    fn is_interned(string: Gc<kaa_objects::types::str::PyStr>) -> bool {
        string.is_interned()
    }

    #[function("_clear_internal_caches()", doc = "Clear all internal performance-related caches.")]
    fn clear_internal_caches() {}

    #[function("_clear_type_cache()", doc = "Clear the internal type lookup cache.")]
    fn clear_type_cache(vm: &Vm) -> PyResult<()> {
        let text = "sys._clear_type_cache() is deprecated and may be removed in a future version of Python. Use \
                    sys._clear_internal_caches() instead.";
        match vm.hooks.warn.get() {
            Some(warn) => warn(vm, vm.exceptions().DeprecationWarning.value(), text, 1),
            None => Ok(()),
        }
    }

    #[function(
        "getsizeof(object, default=<unrepresentable>)",
        doc = "getsizeof(object [, default]) -> int\n\nReturn the size of object in bytes."
    )]
    fn getsizeof(vm: &Vm, object: Value, default: Option<Value>) -> PyResult {
        let size = size_of_object(vm, object);
        match (size, default) {
            (Ok(size), _) => vm.new_int(size),
            (Err(raised), Some(default)) => {
                vm.catch::<()>(Err(raised), vm.exceptions().TypeError)?.ok();
                Ok(default)
            }
            (Err(raised), None) => Err(raised),
        }
    }

    #[function("getswitchinterval()", doc = "Return the current thread switch interval; see sys.setswitchinterval().")]
    fn getswitchinterval(vm: &Vm) -> f64 {
        state(vm).switch_interval.get()
    }

    #[function(
        "setswitchinterval(interval, /)",
        doc = "Set the ideal thread switching delay inside the Python interpreter.\n\nThe actual frequency of switching threads can be lower if the\ninterpreter executes long sequences of uninterruptible code\n(this is implementation-specific and workload-dependent).\n\nThe parameter must represent the desired switching delay in seconds\nA typical value is 0.005 (5 milliseconds)."
    )]
    fn setswitchinterval(vm: &Vm, interval: f64) -> PyResult<()> {
        if interval <= 0.0 {
            return Err(vm.value_error("switch interval must be strictly positive"));
        }
        state(vm).switch_interval.set(interval);
        let interval = std::time::Duration::try_from_secs_f64(interval).unwrap_or(std::time::Duration::MAX);
        vm.gil.set_interval(interval);
        Ok(())
    }
}

/// What `__sizeof__` says, checked.
fn size_of_object(vm: &Vm, object: Value) -> PyResult<i64> {
    let Some(size) = vm.call_special(object, vm.names().__sizeof__, &[])? else {
        let class = vm.class_name(object);
        return Err(vm.type_error(format_args!("Type {class} doesn't define __sizeof__")));
    };
    if !vm.is_int(size) {
        return Err(vm.type_error("an integer is required"));
    }
    match vm.int_to_i64(size) {
        Some(size) if size < 0 => Err(vm.value_error("__sizeof__() should return >= 0")),
        Some(size) => Ok(size),
        None => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
    }
}

/// Writes what is left in the process's own buffers.
pub(crate) fn flush_process_streams() {
    let _ = std::io::stdout().flush();
}

/// Shows the value of an expression at the prompt.
pub(crate) fn display(vm: &Vm, value: Value) -> PyResult {
    match sys_attribute(vm, "displayhook") {
        Some(hook) => vm.call(hook, &[value]),
        None => Err(vm.runtime_error("lost sys.displayhook")),
    }
}
