//! `gc`: the collector's switches and figures, and a look at the heap.
//!
//! The heap has two generations, of which the old one answers for CPython's second and third. It
//! finds cycles like everything else, so nothing is ever uncollectable: `gc.garbage` only gets what
//! `DEBUG_SAVEALL` asks for.

mod collecting;
mod inspect;

use std::any::Any;
use std::cell::{Cell, RefCell};

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
    /// `gc.garbage`, as the module was made with it.
    garbage: Slot<kaa_objects::Gc<PyList>>,
    debug: Cell<i32>,
    thresholds: RefCell<[i64; 3]>,
    enabled: Cell<bool>,
    /// A collection that the program asked for is running.
    collecting: Cell<bool>,
    /// How many objects `gc.freeze()` saw.
    frozen: Cell<usize>,
    /// Garbage found by generation, in collections that the program asked for.
    collected: Cell<[i64; 3]>,
    /// Collections of the second generation since a full one, and in all.
    middle: Cell<u64>,
    middle_total: Cell<u64>,
    /// Full collections.
    full: Cell<u64>,
    /// The heap's young and full collections when generations were last looked at.
    seen: Cell<(u64, u64)>,
}

/// CPython's first threshold.
const DEFAULT_THRESHOLD: i64 = 2000;

const DEBUG_STATS: i32 = 1;
const DEBUG_COLLECTABLE: i32 = 2;
const DEBUG_SAVEALL: i32 = 32;

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            callbacks: Slot::empty(),
            garbage: Slot::empty(),
            debug: Cell::new(0),
            thresholds: RefCell::new([DEFAULT_THRESHOLD, 10, 10]),
            enabled: Cell::new(true),
            collecting: Cell::new(false),
            frozen: Cell::new(0),
            collected: Cell::default(),
            middle: Cell::new(0),
            middle_total: Cell::new(0),
            full: Cell::new(0),
            seen: Cell::default(),
        }
    }
}

impl Extension for Settings {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.callbacks.trace(visitor);
        self.garbage.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn settings(vm: &Vm) -> &Settings {
    vm.extension(|_| Settings::default())
}

/// Whether a collection that the program asked for is running.
pub(crate) fn is_collecting(vm: &Vm) -> bool {
    settings(vm).collecting.get()
}

impl Settings {
    /// Notes a collection that the program asked for.
    fn count_collection(&self, vm: &Vm, generation: usize, found: i64) {
        let mut collected = self.collected.get();
        collected[generation] += found;
        self.collected.set(collected);
        let stats = vm.heap().stats();
        match generation {
            0 => return,
            1 => self.middle.set(self.middle.get() + 1),
            _ => self.middle.set(0),
        }
        self.middle_total.set(self.middle_total.get() + u64::from(generation == 1));
        self.full.set(self.full.get() + u64::from(generation == 2));
        self.seen.set((stats.young_collections, stats.full_collections));
    }

    /// Collections of the first generation since one of another, and of the second since a full one.
    fn counts(&self, vm: &Vm) -> (u64, u64) {
        let stats = vm.heap().stats();
        let (young, full) = self.seen.get();
        if stats.full_collections != full {
            // The heap made a full one by itself.
            self.seen.set((stats.young_collections, stats.full_collections));
            self.middle.set(0);
            self.full.set(self.full.get() + stats.full_collections - full);
            return (0, 0);
        }
        (stats.young_collections - young, self.middle.get())
    }

    /// Tells the heap whether, and how often, it is to collect by itself.
    fn apply(&self, vm: &Vm) {
        let [first, ..] = *self.thresholds.borrow();
        vm.heap().set_automatic_full(self.enabled.get() && first > 0);
        vm.heap().set_nursery_scale(if first > 0 { first as f64 / DEFAULT_THRESHOLD as f64 } else { 1.0 });
    }
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
        settings(vm).enabled.set(true);
        settings(vm).apply(vm);
    }

    #[function("disable()", doc = "Disable automatic garbage collection.")]
    fn disable(vm: &Vm) {
        settings(vm).enabled.set(false);
        settings(vm).apply(vm);
    }

    #[function("isenabled()", doc = "Returns true if automatic garbage collection is enabled.")]
    fn isenabled(vm: &Vm) -> bool {
        settings(vm).enabled.get()
    }

    #[function(
        "collect(generation=2)",
        doc = "Run the garbage collector.\n\nWith no arguments, run a full collection.  The optional argument\nmay be an integer specifying which generation to collect.  A ValueError\nis raised if the generation number is invalid.\n\nThe number of unreachable objects is returned."
    )]
    fn collect(vm: &Vm, generation: i32) -> PyResult<i64> {
        if !(0..=2).contains(&generation) {
            return Err(vm.value_error("invalid generation"));
        }
        collecting::collect(vm, generation as usize)
    }

    #[function("get_count()", doc = "Return the current collection counts.")]
    fn get_count(vm: &Vm) -> PyResult {
        let (young, middle) = settings(vm).counts(vm);
        let made = inspect::count(vm, inspect::Age::Young);
        Ok(vm.new_tuple(&[made as i64, young as i64, middle as i64].map(Value::small_int))?.value())
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
        settings(vm).apply(vm);
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
        let settings = settings(vm);
        settings.counts(vm);
        let young = vm.heap().stats().young_collections;
        let collections = [young, settings.middle_total.get(), settings.full.get()];
        let list = vm.new_list(&[])?;
        for (collections, collected) in collections.into_iter().zip(settings.collected.get()) {
            let dict = vm.new_dict()?;
            for (name, number) in [("collections", collections as i64), ("collected", collected), ("uncollectable", 0)]
            {
                dict.set_str(vm, vm.intern(name), Value::small_int(number))?;
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
            Some(..=-2) => Err(vm.value_error("generation parameter cannot be negative")),
            Some(0) => inspect::objects(vm, inspect::Age::Young),
            Some(1) => Ok(vm.new_list(&[])?.value()),
            Some(2) => inspect::objects(vm, inspect::Age::Old),
            _ => inspect::objects(vm, inspect::Age::All),
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
    fn freeze(vm: &Vm) {
        settings(vm).frozen.set(inspect::count(vm, inspect::Age::All));
    }

    #[function(
        "unfreeze()",
        doc = "Unfreeze all objects in the permanent generation.\n\nPut all objects in the permanent generation back into oldest generation."
    )]
    fn unfreeze(vm: &Vm) {
        settings(vm).frozen.set(0);
    }

    #[function("get_freeze_count()", doc = "Return the number of objects in the permanent generation.")]
    fn get_freeze_count(vm: &Vm) -> usize {
        settings(vm).frozen.get()
    }

    #[function(
        "is_tracked(obj, /)",
        doc = "Returns true if the object is tracked by the garbage collector.\n\nSimple atomic objects will return false."
    )]
    fn is_tracked(obj: Value) -> bool {
        obj.as_object().is_some_and(inspect::is_tracked)
    }

    #[function("is_finalized(obj, /)", doc = "Returns true if the object has been already finalized by the GC.")]
    fn is_finalized(vm: &Vm, obj: Value) -> bool {
        let finalizes = vm.class_of(obj).slots().finalize.is_some();
        finalizes && obj.as_object().is_some_and(|object| !object.header().has(kaa_gc::FINALIZE))
    }
}

fn set_up(vm: &Vm, module: kaa_objects::Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    let garbage = vm.new_list(&[])?;
    settings(vm).garbage.set_root(Some(garbage));
    dict.set_str(vm, vm.intern("garbage"), garbage.value())?;
    let callbacks = vm.new_list(&[])?;
    settings(vm).callbacks.set_root(Some(callbacks));
    dict.set_str(vm, vm.intern("callbacks"), callbacks.value())
}
