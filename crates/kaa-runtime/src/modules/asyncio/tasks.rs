//! Which tasks there are, and which one runs in a thread.

use kaa_macros::py_functions;
use kaa_objects::types::weakref::PyWeakRef;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::Asyncio;
use super::state::{import, state};
use super::task::PyTask;

/// The place of a task that is not among the scheduled ones.
pub const NOWHERE: usize = usize::MAX;

/// Makes a task known until it is done. Only a weak reference is kept.
pub fn register(vm: &Vm, task: Gc<PyTask>) -> PyResult<()> {
    if task.place.get() != NOWHERE {
        return Ok(());
    }
    let state = state(vm);
    let list = match state.scheduled.get() {
        Some(list) => list,
        None => {
            let list = vm.new_list(&[])?;
            state.scheduled.set_root(Some(list));
            list
        }
    };
    if list.len() >= state.crowded.get() {
        remove_dead(vm);
        state.crowded.set((list.len() * 2).max(64));
    }
    let reference = vm.new_weakref(vm.class::<PyWeakRef>(), task.value(), None)?;
    list.push(vm, reference.value())?;
    task.place.set(list.len() - 1);
    Ok(())
}

fn task_at(vm: &Vm, index: usize) -> Option<Gc<PyTask>> {
    let reference = state(vm).scheduled.get()?.get(index)?;
    vm.cast::<PyTask>(vm.cast::<PyWeakRef>(reference)?.get()?)
}

/// Removes the reference at an index; the last one takes its place.
fn remove_at(vm: &Vm, index: usize) {
    let Some(list) = state(vm).scheduled.get() else { return };
    let last = list.len() - 1;
    if let Some(moved) = task_at(vm, last)
        && last != index
    {
        moved.place.set(index);
    }
    if let Some(reference) = list.get(last) {
        list.set_at(vm, index, reference);
    }
    list.remove_at(vm, last);
}

/// Forgets a task.
pub fn unregister(vm: &Vm, task: Gc<PyTask>) {
    let place = task.place.replace(NOWHERE);
    if place != NOWHERE && task_at(vm, place).is_some_and(|known| known == task) {
        remove_at(vm, place);
    }
}

fn remove_dead(vm: &Vm) {
    let Some(list) = state(vm).scheduled.get() else { return };
    for index in (0..list.len()).rev() {
        if task_at(vm, index).is_none() {
            remove_at(vm, index);
        }
    }
}

/// The tasks that run their first step at once.
fn eager_set(vm: &Vm) -> PyResult {
    let slot = &state(vm).eager;
    match slot.get() {
        Some(set) => Ok(set),
        None => {
            let set = vm.new_set_empty()?;
            slot.set_root(Some(set));
            Ok(set)
        }
    }
}

/// Makes a task known that runs its first step at once.
pub fn register_eager(vm: &Vm, task: Value) -> PyResult<()> {
    vm.set_add(eager_set(vm)?, task)
}

/// The first step is over.
pub fn unregister_eager(vm: &Vm, task: Value) -> PyResult<()> {
    vm.set_discard(eager_set(vm)?, task).map(drop)
}

/// Tasks of other types.
fn other_scheduled(vm: &Vm) -> PyResult {
    let slot = &state(vm).other_scheduled;
    match slot.get() {
        Some(set) => Ok(set),
        None => {
            let set = vm.call(import(vm, "weakref", "WeakSet")?, &[])?;
            slot.set_root(Some(set));
            Ok(set)
        }
    }
}

fn check_running(vm: &Vm, event_loop: Value) -> PyResult<()> {
    if vm.thread().event_loop.get() == Some(event_loop) {
        return Ok(());
    }
    let repr = vm.repr_lossy(event_loop);
    Err(vm.runtime_error(format_args!("loop {repr} is not the running loop")))
}

/// A task's step begins.
pub fn enter(vm: &Vm, event_loop: Value, task: Value) -> PyResult<()> {
    check_running(vm, event_loop)?;
    if let Some(other) = vm.thread().event_task.get() {
        let (task, other) = (vm.repr_lossy(task), vm.repr_lossy(other));
        return Err(vm.runtime_error(format_args!(
            "Cannot enter into task {task} while another task {other} is being executed."
        )));
    }
    vm.thread().event_task.set_root(Some(task));
    Ok(())
}

/// A task's step ends.
pub fn leave(vm: &Vm, event_loop: Value, task: Value) -> PyResult<()> {
    check_running(vm, event_loop)?;
    let entered = vm.thread().event_task.get();
    if entered != Some(task) {
        let (task, entered) = (vm.repr_lossy(task), vm.repr_lossy(entered.unwrap_or(Value::NONE)));
        return Err(
            vm.runtime_error(format_args!("Invalid attempt to leave task {task} while task {entered} is entered."))
        );
    }
    vm.thread().event_task.clear();
    Ok(())
}

/// Puts another task in the place of the running one, which is given (or `None`).
pub fn swap(vm: &Vm, event_loop: Value, task: Value) -> PyResult {
    check_running(vm, event_loop)?;
    let slot = &vm.thread().event_task;
    let before = slot.get().unwrap_or(Value::NONE);
    slot.set_root(task.not_none());
    Ok(before)
}

/// The loop that is meant by an argument.
fn given_or_running(vm: &Vm, event_loop: Value) -> PyResult {
    event_loop.not_none().map_or_else(|| super::running_loop(vm), Ok)
}

/// Adds the tasks of an iterable that belong to a loop and are not done, asking them by their
/// methods.
fn add_foreign(vm: &Vm, set: Value, tasks: Value, event_loop: Value) -> PyResult<()> {
    let tasks = vm.list_from(tasks)?;
    for &task in tasks.as_slice() {
        let done = vm.call_method_str(task, "done", &[])?;
        if vm.truth(done)? {
            continue;
        }
        let of = match vm.get_attr_optional(task, vm.intern("get_loop"))? {
            Some(get_loop) => vm.call(get_loop, &[])?,
            None => vm.get_attr_str(task, "_loop")?,
        };
        if of == event_loop {
            vm.set_add(set, task)?;
        }
    }
    Ok(())
}

#[py_functions(FUNCTIONS, of = "_asyncio")]
impl Asyncio {
    #[function("_register_task(task)", doc = "Register a new task in asyncio as executed by loop.\n\nReturns None.")]
    fn register_task(vm: &Vm, task: Value) -> PyResult<()> {
        match vm.cast::<PyTask>(task) {
            Some(task) => register(vm, task),
            None => vm.call_method_str(other_scheduled(vm)?, "add", &[task]).map(drop),
        }
    }

    #[function("_unregister_task(task)", doc = "Unregister a task.\n\nReturns None.")]
    fn unregister_task(vm: &Vm, task: Value) -> PyResult<()> {
        match vm.cast::<PyTask>(task) {
            Some(task) => {
                unregister(vm, task);
                Ok(())
            }
            None => vm.call_method_str(other_scheduled(vm)?, "discard", &[task]).map(drop),
        }
    }

    #[function(
        "_register_eager_task(task)",
        doc = "Register a new task in asyncio as executed by loop.\n\nReturns None."
    )]
    fn register_eager_task(vm: &Vm, task: Value) -> PyResult<()> {
        register_eager(vm, task)
    }

    #[function("_unregister_eager_task(task)", doc = "Unregister a task.\n\nReturns None.")]
    fn unregister_eager_task(vm: &Vm, task: Value) -> PyResult<()> {
        unregister_eager(vm, task)
    }

    #[function(
        "_enter_task(loop, task)",
        doc = "Enter into task execution or resume suspended task.\n\nTask belongs to loop.\n\nReturns None."
    )]
    fn enter_task(vm: &Vm, r#loop: Value, task: Value) -> PyResult<()> {
        enter(vm, r#loop, task)
    }

    #[function(
        "_leave_task(loop, task)",
        doc = "Leave task execution or suspend a task.\n\nTask belongs to loop.\n\nReturns None."
    )]
    fn leave_task(vm: &Vm, r#loop: Value, task: Value) -> PyResult<()> {
        leave(vm, r#loop, task)
    }

    #[function(
        "_swap_current_task(loop, task)",
        doc = "Temporarily swap in the supplied task and return the original one (or None).\n\nThis is intended for use during eager coroutine execution."
    )]
    fn swap_current_task(vm: &Vm, r#loop: Value, task: Value) -> PyResult {
        swap(vm, r#loop, task)
    }

    #[function("current_task(loop=None)", doc = "Return a currently executed task.")]
    fn current_task(vm: &Vm, r#loop: Value) -> PyResult {
        let event_loop = given_or_running(vm, r#loop)?;
        let mut found = Value::NONE;
        vm.for_each_thread(|thread| {
            if thread.event_loop.get() == Some(event_loop) {
                found = thread.event_task.get().unwrap_or(Value::NONE);
            }
        });
        Ok(found)
    }

    #[function("all_tasks(loop=None)", doc = "Return a set of all tasks for the loop.")]
    fn all_tasks(vm: &Vm, r#loop: Value) -> PyResult {
        let event_loop = given_or_running(vm, r#loop)?;
        let state = state(vm);
        let set = vm.new_set_empty()?;
        if let Some(eager) = state.eager.get() {
            add_foreign(vm, set, eager, event_loop)?;
        }
        let count = state.scheduled.get().map_or(0, |list| list.len());
        for index in 0..count {
            if let Some(task) = task_at(vm, index)
                && task.is_pending()
                && task.event_loop.get() == Some(event_loop)
            {
                vm.set_add(set, task.value())?;
            }
        }
        if let Some(others) = state.other_scheduled.get() {
            add_foreign(vm, set, others, event_loop)?;
        }
        Ok(set)
    }
}
