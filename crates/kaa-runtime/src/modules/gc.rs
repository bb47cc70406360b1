//! `gc`: the collector's switches and figures.

use kaa_gc::Generation;
use kaa_macros::py_module;
use kaa_objects::{Args, PyResult, Value, Vm};

/// The module.
pub struct Gc;

#[py_module(name = "gc", doc = "This module provides access to the garbage collector for reference cycles.", setup = set_up)]
impl Gc {
    #[constant]
    const DEBUG_STATS: i64 = 1;
    #[constant]
    const DEBUG_COLLECTABLE: i64 = 2;
    #[constant]
    const DEBUG_UNCOLLECTABLE: i64 = 4;
    #[constant]
    const DEBUG_SAVEALL: i64 = 32;
    #[constant]
    const DEBUG_LEAK: i64 = 38;

    #[function("enable()", doc = "Enable automatic garbage collection.")]
    fn enable(vm: &Vm) {
        vm.heap().set_automatic_full(true);
    }

    #[function("disable()", doc = "Disable automatic garbage collection.")]
    fn disable(vm: &Vm) {
        vm.heap().set_automatic_full(false);
    }

    #[function("isenabled()", doc = "Returns true if automatic garbage collection is enabled.")]
    fn isenabled(vm: &Vm) -> bool {
        vm.heap().is_automatic_full()
    }

    #[function(
        "collect(generation=2)",
        doc = "Run the garbage collector.\n\nWith no arguments, run a full collection.  The optional argument\nmay be an integer specifying which generation to collect.  A ValueError\nis raised if the generation number is invalid.\n\nThe number of unreachable objects is returned."
    )]
    fn collect(vm: &Vm, generation: i32) -> PyResult<i64> {
        match generation {
            0 => vm.heap().collect(Generation::Young),
            1 | 2 => vm.heap().collect(Generation::Full),
            _ => return Err(vm.value_error("invalid generation")),
        }
        // The heap does not count what it frees.
        Ok(0)
    }

    #[function("get_count()", doc = "Return a three-tuple of the current collection counts.")]
    fn get_count(vm: &Vm) -> PyResult {
        Ok(vm.new_tuple(&[Value::small_int(0); 3])?.value())
    }

    #[function("get_threshold()", doc = "Return the current collection thresholds.")]
    fn get_threshold(vm: &Vm) -> PyResult {
        Ok(vm.new_tuple(&[Value::small_int(2000), Value::small_int(10), Value::small_int(0)])?.value())
    }

    #[function(
        "set_threshold",
        raw,
        doc = "set_threshold(threshold0, [threshold1, [threshold2]])\nSet the collection thresholds (the collection frequency).\n\nSetting 'threshold0' to zero disables collection."
    )]
    fn set_threshold(vm: &Vm, args: Args<'_>) -> PyResult<()> {
        let Some(&first) = args.positionals().first() else {
            return Err(vm.type_error("gc.set_threshold requires 1 to 3 arguments"));
        };
        let first = vm.index_clamped(first)?;
        vm.heap().set_automatic_full(first != 0);
        Ok(())
    }

    #[function(
        "freeze()",
        doc = "Freeze all current tracked objects and ignore them for future collections.\n\nThis can be used before a POSIX fork() call to make the gc copy-on-write friendly.\nNote: collection before a POSIX fork() call may free pages for future allocation\nwhich can cause copy-on-write."
    )]
    fn freeze() {}

    #[function(
        "unfreeze()",
        doc = "Unfreeze all objects in the permanent generation.\n\nPut all objects in the permanent generation back into oldest generation."
    )]
    fn unfreeze() {}

    #[function("get_freeze_count()", doc = "Return the number of objects in the permanent generation.")]
    fn get_freeze_count() -> i64 {
        0
    }

    #[function(
        "is_tracked(obj, /)",
        doc = "Returns true if the object is tracked by the garbage collector.\n\nSimple atomic objects will return false."
    )]
    fn is_tracked(obj: Value) -> bool {
        obj.is_object()
    }
}

fn set_up(vm: &Vm, module: kaa_objects::Gc<kaa_objects::types::module::PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    for name in ["garbage", "callbacks"] {
        dict.set_str(vm, vm.intern(name), vm.new_list(&[])?.value())?;
    }
    Ok(())
}
