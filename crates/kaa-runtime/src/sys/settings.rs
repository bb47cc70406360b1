//! Functions of `sys` that look at the process and the isolate, or set what holds for them.

use std::cell::Cell;

use kaa_macros::py_functions;
use kaa_objects::class::PyType;
use kaa_objects::class::flags::HEAPTYPE;
use kaa_objects::types::str::PyStr;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::Sys;

/// `sys.getdlopenflags()`
struct OpenFlags(Cell<i32>);

impl Extension for OpenFlags {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn open_flags(vm: &Vm) -> &Cell<i32> {
    &vm.extension(|_| OpenFlags(Cell::new(libc::RTLD_NOW))).0
}

#[py_functions(FUNCTIONS, of = "sys")]
impl Sys {
    #[function(
        "getdlopenflags()",
        doc = "Return the current value of the flags that are used for dlopen calls.\n\nThe flag constants are defined in the os module."
    )]
    fn getdlopenflags(vm: &Vm) -> i32 {
        open_flags(vm).get()
    }

    #[function(
        "setdlopenflags(flags, /)",
        doc = "Set the flags used by the interpreter for dlopen calls.\n\nThis is used, for example, when the interpreter loads extension\nmodules. Among other things, this will enable a lazy resolving of\nsymbols when importing a module, if called as sys.setdlopenflags(0).\nTo share symbols across extension modules, call as\nsys.setdlopenflags(os.RTLD_GLOBAL).  Symbolic names for the flag\nmodules can be found in the os module (RTLD_xxx constants, e.g.\nos.RTLD_LAZY)."
    )]
    fn setdlopenflags(vm: &Vm, flags: i32) {
        open_flags(vm).set(flags);
    }

    #[function("activate_stack_trampoline(backend, /)", doc = "Activate stack profiler trampoline *backend*.")]
    fn activate_stack_trampoline(vm: &Vm, backend: Gc<PyStr>) -> PyResult<()> {
        let backend = backend.to_string_lossy();
        Err(match backend.as_str() {
            "perf" | "perf_jit" => vm.value_error("perf trampoline not available"),
            _ => vm.value_error(format_args!("invalid backend: {backend}")),
        })
    }

    #[function(
        "deactivate_stack_trampoline()",
        doc = "Deactivate the current stack profiler trampoline backend.\n\nIf no stack profiler is activated, this function has no effect."
    )]
    fn deactivate_stack_trampoline() {}

    #[function("is_stack_trampoline_active()", doc = "Return *True* if a stack profiler trampoline is active.")]
    fn is_stack_trampoline_active() -> bool {
        false
    }

    #[function("is_remote_debug_enabled()", doc = "Return True if remote debugging is enabled, False otherwise.")]
    fn is_remote_debug_enabled() -> bool {
        false
    }

    #[function(
        "remote_exec(pid, script)",
        doc = "Executes a file containing Python code in a given remote Python process."
    )]
    fn remote_exec(vm: &Vm, pid: i32, script: Value) -> PyResult<()> {
        let _ = (pid, script);
        Err(vm.not_implemented_error("sys.remote_exec is not built"))
    }

    #[function("_dump_tracelets(outpath)", doc = "Dump the graph of tracelets in graphviz format")]
    fn dump_tracelets(vm: &Vm, outpath: Value) -> PyResult<()> {
        let _ = outpath;
        Err(vm.not_implemented_error("there are no tracelets"))
    }

    #[function("_baserepl()", doc = "Private function for getting the base REPL")]
    fn baserepl(vm: &Vm) -> PyResult<()> {
        crate::interactive::run(vm)
    }

    #[function(
        "_debugmallocstats()",
        doc = "Print summary info to stderr about the state of pymalloc's structures.\n\nIn Py_DEBUG mode, also perform some expensive internal consistency\nchecks."
    )]
    fn debugmallocstats(vm: &Vm) {
        let text = format!("{} objects on the heap\n", count_objects(vm));
        crate::host_output::write_raw(crate::host_output::Stream::Error, &text);
    }

    #[function("getallocatedblocks()", doc = "Return the number of memory blocks currently allocated.")]
    fn getallocatedblocks(vm: &Vm) -> usize {
        count_objects(vm)
    }

    #[function(
        "getunicodeinternedsize(*, _only_immortal=False)",
        doc = "Return the number of elements of the unicode interned dictionary"
    )]
    fn getunicodeinternedsize(vm: &Vm, _only_immortal: bool) -> usize {
        // All of them live as long as the isolate.
        vm.interned_count()
    }

    #[function(
        "_is_immortal(op)",
        doc = "Return True if the given object is \"immortal\" per PEP 683.\n\nThis function should be used for specialized purposes only."
    )]
    fn is_immortal(vm: &Vm, op: Value) -> bool {
        let is_native_class = || vm.cast::<PyType>(op).is_some_and(|class| !class.has_flag(HEAPTYPE));
        op.as_object().is_none() || vm.cast_exact::<PyStr>(op).is_some_and(|op| op.is_interned()) || is_native_class()
    }
}

fn count_objects(vm: &Vm) -> usize {
    let mut count = 0;
    vm.heap().for_each_object(|_| count += 1);
    count
}
