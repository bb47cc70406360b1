//! `gc.collect()`: a collection that the program asked for, with callbacks, counts and what the
//! debugging flags ask for.

use kaa_gc::{Census, Generation};
use kaa_objects::object::{Gc, Object};
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{PyResult, Value, Vm};

use super::{DEBUG_COLLECTABLE, DEBUG_SAVEALL, DEBUG_STATS, inspect, settings};
use crate::state::sys_attribute;

/// How often one call of `gc.collect()` looks for what finalizers left behind.
const MOST_ROUNDS: usize = 8;

/// Calls `gc.callbacks` with a phase of a collection.
fn call_back(vm: &Vm, phase: &str, generation: usize, collected: i64) -> PyResult<()> {
    let Some(callbacks) = settings(vm).callbacks.get().filter(|callbacks| !callbacks.is_empty()) else {
        return Ok(());
    };
    let info = vm.new_dict()?;
    for (name, number) in [("generation", generation as i64), ("collected", collected), ("uncollectable", 0)] {
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

/// Writes a line for a debugging flag to `sys.stderr`.
fn say(vm: &Vm, line: &str) {
    let write = || -> PyResult<()> {
        let Some(stderr) = sys_attribute(vm, "stderr").and_then(Value::not_none) else { return Ok(()) };
        let line = vm.new_str(&format!("{line}\n"))?;
        vm.call_method(stderr, vm.names().write, &[line.value()]).map(drop)
    };
    if let Err(raised) = write() {
        vm.take_exception(raised);
    }
}

/// Collects a generation; gives the number of unreachable objects that were found.
pub(super) fn collect(vm: &Vm, generation: usize) -> PyResult<i64> {
    kaa_gc::scrub_stack();
    let settings = settings(vm);
    if settings.collecting.replace(true) {
        // A callback or a finalizer asked for one more.
        return Ok(0);
    }
    let result = collect_alone(vm, generation);
    settings.collecting.set(false);
    result
}

#[inline(never)]
fn collect_alone(vm: &Vm, generation: usize) -> PyResult<i64> {
    let settings = settings(vm);
    let wants_stats = settings.debug.get() & DEBUG_STATS != 0;
    let start = std::time::Instant::now();
    call_back(vm, "start", generation, 0)?;
    if wants_stats {
        say(vm, &format!("gc: collecting generation {generation}..."));
        let [young, old] = [inspect::Age::Young, inspect::Age::Old].map(|age| inspect::count(vm, age));
        say(vm, &format!("gc: objects in each generation: {young} 0 {old}"));
        say(vm, &format!("gc: objects in permanent generation: {}", settings.frozen.get()));
    }
    let found = match generation {
        0 => {
            vm.heap().collect(Generation::Young);
            vm.run_collected();
            0
        }
        _ => collect_all(vm)?,
    };
    settings.count_collection(vm, generation, found);
    if wants_stats {
        let seconds = start.elapsed().as_secs_f64();
        say(vm, &format!("gc: done, {found} unreachable, 0 uncollectable, {seconds:.4}s elapsed"));
    }
    call_back(vm, "stop", generation, found)?;
    Ok(found)
}

#[inline(never)]
fn collect_all(vm: &Vm) -> PyResult<i64> {
    let debug = settings(vm).debug.get();
    let save = debug & (DEBUG_SAVEALL | DEBUG_COLLECTABLE) != 0;
    let census = Census { counts: inspect::counts, save };
    // Called by the interpreter's loop itself, the frames from there to here hold nothing. (What is
    // saved for `gc.garbage` is held here.)
    let caller = kaa_interpreter::introspect::loop_that_called(vm, "gc", "collect").filter(|_| !save);
    let collect = || match caller {
        // SAFETY: registers are spilled where a loop begins; see above.
        Some(stack_pointer) => unsafe { vm.heap().collect_with_census_above(census, stack_pointer) },
        None => vm.heap().collect_with_census(census),
    };
    let mut found = collect();
    let mut saved = ValueVec::new();
    take_saved(vm, &mut saved)?;
    for _ in 0..MOST_ROUNDS {
        let finalizes = vm.heap().has_queued_finalizable();
        vm.run_collected();
        if !finalizes {
            break;
        }
        // Those that were finalized are garbage now, if nobody revived them; and what only they
        // referred to may have to be finalized, too.
        found += collect();
        take_saved(vm, &mut saved)?;
    }
    if debug & DEBUG_COLLECTABLE != 0 {
        for index in 0..saved.len() {
            let value = saved.as_slice()[index];
            say(vm, &format!("gc: collectable <{} {:#x}>", vm.class_name(value), vm.identity(value)));
        }
    }
    if debug & DEBUG_SAVEALL != 0
        && let Some(garbage) = settings(vm).garbage.get()
    {
        for index in 0..saved.len() {
            garbage.push(vm, saved.as_slice()[index])?;
        }
    }
    Ok(found as i64)
}

fn take_saved(vm: &Vm, saved: &mut ValueVec) -> PyResult<()> {
    while let Some(object) = vm.heap().take_saved() {
        // SAFETY: the heap gives live objects.
        let object: Gc<Object> = unsafe { Gc::from_ptr(object.cast()) };
        saved.push(vm, object.value())?;
    }
    Ok(())
}
