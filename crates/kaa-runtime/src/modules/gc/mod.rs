//! `gc`: the collector's switches and figures, and a look at the heap.
//!
//! The heap has two generations, of which the old one answers for CPython's second and third. It
//! finds cycles like everything else, so nothing is ever uncollectable: `gc.garbage` stays empty,
//! and the debugging flags are kept but print nothing.

mod inspect;

use std::any::Any;
use std::cell::{Cell, RefCell};

use kaa_gc::Generation;
use kaa_macros::py_module;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::list::PyList;
use kaa_objects::types::module::PyModule;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, PyResult, Value, Vm};

/// The module.
pub struct Gc;

/// What the module keeps in an isolate.
struct Settings {
    /// `gc.callbacks`
    callbacks: Slot<kaa_objects::Gc<PyList>>,
    debug: Cell<i32>,
    thresholds: RefCell<[i64; 3]>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { callbacks: Slot::empty(), debug: Cell::new(0), thresholds: RefCell::new([2000, 10, 0]) }
    }
}

impl Extension for Settings {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.callbacks.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn settings(vm: &Vm) -> &Settings {
    vm.extension(|_| Settings::default())
}

/// Calls `gc.callbacks` with a phase of a collection that the program asked for.
fn call_back(vm: &Vm, phase: &str, generation: i32) -> PyResult<()> {
    let Some(callbacks) = settings(vm).callbacks.get().filter(|callbacks| !callbacks.is_empty()) else {
        return Ok(());
    };
    let info = vm.new_dict()?;
    for (name, number) in [("generation", i64::from(generation)), ("collected", 0), ("uncollectable", 0)] {
        info.set_str(vm, vm.intern(name), Value::small_int(number))?;
    }
    let args = [vm.new_str(phase)?.value(), info.value()];
    let mut index = 0;
    while let Some(callback) = callbacks.get(index) {
        let result = vm.call(callback, &args).map(drop);
        vm.report_ignored(result, "Exception ignored while calling GC callback", Some(callback));
        index += 1;
    }
    Ok(())
}

fn collect(vm: &Vm, generation: i32) -> PyResult<()> {
    call_back(vm, "start", generation)?;
    vm.heap().collect(if generation == 0 { Generation::Young } else { Generation::Full });
    vm.run_collected();
    call_back(vm, "stop", generation)
}

/// How many objects there are that refer to others, garbage that was not found yet included.
fn count_tracked(vm: &Vm) -> i64 {
    let mut count = 0;
    vm.heap().for_each_object(|object| {
        // SAFETY: the heap gives objects, which are all initialized here.
        let object = unsafe { kaa_objects::Gc::<kaa_objects::Object>::from_ptr(object.cast()) };
        let storage = object.shape_id() == kaa_objects::ids::VALUE_ARRAY;
        count += i64::from(!storage && inspect::holds_references(object.value()));
    });
    count
}

#[py_module(
    name = "gc",
    doc = "This module provides access to the garbage collector for reference cycles.\n\nenable() -- Enable automatic garbage collection.\ndisable() -- Disable automatic garbage collection.\nisenabled() -- Returns true if automatic collection is enabled.\ncollect() -- Do a full collection right now.\nget_count() -- Return the current collection counts.\nget_stats() -- Return list of dictionaries containing per-generation stats.\nset_debug() -- Set debugging flags.\nget_debug() -- Get debugging flags.\nset_threshold() -- Set the collection thresholds.\nget_threshold() -- Return the current collection thresholds.\nget_objects() -- Return a list of all objects tracked by the collector.\nis_tracked() -- Returns true if a given object is tracked.\nis_finalized() -- Returns true if a given object has been already finalized.\nget_referrers() -- Return the list of objects that refer to an object.\nget_referents() -- Return the list of objects that an object refers to.\nfreeze() -- Freeze all tracked objects and ignore them for future collections.\nunfreeze() -- Unfreeze all objects in the permanent generation.\nget_freeze_count() -- Return the number of objects in the permanent generation.\n",
    setup = set_up
)]
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
        if !(0..=2).contains(&generation) {
            return Err(vm.value_error("invalid generation"));
        }
        let before = count_tracked(vm);
        collect(vm, generation)?;
        // Also what reference counts would have freed before: there are none.
        Ok((before - count_tracked(vm)).max(0))
    }

    #[function("get_count()", doc = "Return the current collection counts.")]
    fn get_count(vm: &Vm) -> PyResult {
        Ok(vm.new_tuple(&[Value::small_int(0); 3])?.value())
    }

    #[function("get_threshold()", doc = "Return the current collection thresholds.")]
    fn get_threshold(vm: &Vm) -> PyResult {
        let thresholds = settings(vm).thresholds.borrow().map(Value::small_int);
        Ok(vm.new_tuple(&thresholds)?.value())
    }

    #[function(
        "set_threshold",
        raw,
        doc = "set_threshold(threshold0, [threshold1, [threshold2]])\nSet the collection thresholds (the collection frequency).\n\nSetting 'threshold0' to zero disables collection."
    )]
    fn set_threshold(vm: &Vm, args: Args<'_>) -> PyResult<()> {
        args.no_keywords(vm, "gc.set_threshold")?;
        if !(1..=3).contains(&args.all().len()) {
            return Err(vm.type_error("gc.set_threshold requires 1 to 3 arguments"));
        }
        for (index, &threshold) in args.all().iter().enumerate() {
            let threshold = vm.index_clamped(threshold)? as i64;
            settings(vm).thresholds.borrow_mut()[index] = threshold;
        }
        let on = settings(vm).thresholds.borrow()[0] != 0;
        vm.heap().set_automatic_full(on);
        Ok(())
    }

    #[function(
        "set_debug(flags, /)",
        doc = "Set the garbage collection debugging flags.\n\n  flags\n    An integer that can have the following bits turned on:\n      DEBUG_STATS - Print statistics during collection.\n      DEBUG_COLLECTABLE - Print collectable objects found.\n      DEBUG_UNCOLLECTABLE - Print unreachable but uncollectable objects\n        found.\n      DEBUG_SAVEALL - Save objects to gc.garbage rather than freeing them.\n      DEBUG_LEAK - Debug leaking programs (everything but STATS).\n\nDebugging information is written to sys.stderr."
    )]
    fn set_debug(vm: &Vm, flags: i32) {
        settings(vm).debug.set(flags);
    }

    #[function("get_debug()", doc = "Get the garbage collection debugging flags.")]
    fn get_debug(vm: &Vm) -> i64 {
        settings(vm).debug.get().into()
    }

    #[function("get_stats()", doc = "Return a list of dictionaries containing per-generation statistics.")]
    fn get_stats(vm: &Vm) -> PyResult {
        let stats = vm.heap().stats();
        let (young, full) = (stats.young_collections, stats.full_collections);
        let list = vm.new_list(&[])?;
        for collections in [young, 0, full] {
            let dict = vm.new_dict()?;
            for (name, number) in [("collections", collections), ("collected", 0), ("uncollectable", 0)] {
                dict.set_str(vm, vm.intern(name), Value::small_int(number as i64))?;
            }
            list.push(vm, dict.value())?;
        }
        Ok(list.value())
    }

    #[function(
        "get_objects(generation=None)",
        doc = "Return a list of objects tracked by the collector (excluding the list returned).\n\n  generation\n    Generation to extract the objects from.\n\nIf generation is not None, return only the objects tracked by the\ncollector that are in that generation."
    )]
    fn get_objects(vm: &Vm, generation: Option<isize>) -> PyResult {
        match generation {
            Some(3..) => {
                Err(vm.value_error("generation parameter must be less than the number of available generations (3)"))
            }
            Some(..-1) => Err(vm.value_error("generation parameter cannot be negative")),
            // A collection comes first, after which all objects are old.
            Some(0 | 1) => Ok(vm.new_list(&[])?.value()),
            _ => inspect::objects(vm),
        }
    }

    #[function(
        "get_referrers",
        raw,
        signature = "($module, /, *objs)",
        doc = "Return the list of objects that directly refer to any of 'objs'."
    )]
    fn get_referrers(vm: &Vm, args: Args<'_>) -> PyResult {
        args.no_keywords(vm, "get_referrers")?;
        inspect::referrers(vm, args.all())
    }

    #[function(
        "get_referents",
        raw,
        signature = "($module, /, *objs)",
        doc = "Return the list of objects that are directly referred to by 'objs'."
    )]
    fn get_referents(vm: &Vm, args: Args<'_>) -> PyResult {
        args.no_keywords(vm, "get_referents")?;
        inspect::referents(vm, args.all())
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
        inspect::holds_references(obj)
    }

    #[function("is_finalized(obj, /)", doc = "Returns true if the object has been already finalized by the GC.")]
    fn is_finalized(vm: &Vm, obj: Value) -> bool {
        let finalizes = vm.class_of(obj).slots().finalize.is_some();
        finalizes && obj.as_object().is_some_and(|object| !object.header().has(kaa_gc::FINALIZE))
    }
}

fn set_up(vm: &Vm, module: kaa_objects::Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    dict.set_str(vm, vm.intern("garbage"), vm.new_list(&[])?.value())?;
    let callbacks = vm.new_list(&[])?;
    settings(vm).callbacks.set_root(Some(callbacks));
    dict.set_str(vm, vm.intern("callbacks"), callbacks.value())
}
