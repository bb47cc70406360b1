//! One step of a task: its coroutine runs until it awaits something that is not done.

use kaa_interpreter::dispatch::generators::{send_to, stop_value};
use kaa_interpreter::generator::PyPlainGenerator;
use kaa_macros::{Trace, py_type};
use kaa_objects::class::{MethodDef, MethodKind, Sent};
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::future::{FutureMethods, Outcome, PyFuture, add_awaiter, discard_awaiter, invalid_state};
use super::state::{call_soon, state};
use super::task::{PyTask, as_future, forget_when_done};
use super::tasks;
use crate::modules::contextvars::{self, PyContext};

/// What an event loop calls for a step.
#[derive(Trace)]
#[repr(C)]
pub struct PyTaskStep {
    header: Header,
    task: Slot<Gc<PyTask>>,
    /// What is thrown into the coroutine.
    exception: Slot,
}

#[py_type(name = "TaskStepMethWrapper", module = "_asyncio", flags(DISALLOW_INSTANTIATION))]
impl PyTaskStep {
    #[slot(call)]
    fn call(vm: &Vm, this: Gc<PyTaskStep>, args: Args<'_>) -> PyResult {
        args.no_keywords(vm, "function")?;
        if !args.is_empty() {
            return Err(vm.type_error("function takes no positional arguments"));
        }
        run(vm, this.task.get_set(), this.exception.get())?;
        Ok(Value::NONE)
    }

    #[getter("__self__")]
    fn task(&self) -> Option<Gc<PyTask>> {
        self.task.get()
    }

    #[getter("__qualname__")]
    fn qualified_name(vm: &Vm, this: Gc<PyTaskStep>) -> PyResult {
        match this.task.get_set().coroutine.get() {
            Some(coroutine) => vm.get_attr(coroutine, vm.names().__qualname__),
            None => Ok(Value::NONE),
        }
    }
}

/// What a future calls when a task waits for it.
static WAKE_UP: MethodDef = MethodDef {
    name: "TaskWakeupMethWrapper",
    signature: None,
    doc: None,
    kind: MethodKind::Instance,
    function: wake_up,
};

fn wake_up(vm: &Vm, this: Value, args: Args<'_>) -> PyResult {
    let (Some(task), &[future]) = (vm.cast::<PyTask>(this), args.positionals()) else {
        return Err(vm.type_error("TaskWakeupMethWrapper() takes exactly one argument"));
    };
    discard_awaiter(vm, future, this)?;
    let outcome = match exact_future(vm, future) {
        Some(future) => future.outcome(vm),
        None => vm.call_method_str(future, "result", &[]).map(Outcome::Result),
    };
    let exception = match outcome {
        Ok(Outcome::Result(_)) => None,
        Ok(Outcome::Exception(exception)) => Some(exception),
        Err(raised) => Some(vm.take_exception(raised)),
    };
    run(vm, task, exception.map(Gc::value))?;
    Ok(Value::NONE)
}

/// A future or task of exactly our types.
fn exact_future(vm: &Vm, value: Value) -> Option<Gc<PyFuture>> {
    vm.cast_exact::<PyFuture>(value).or_else(|| vm.cast_exact::<PyTask>(value).map(as_future))
}

/// Has the event loop run a step soon.
pub fn schedule(vm: &Vm, task: Gc<PyTask>, exception: Option<Value>) -> PyResult<()> {
    let event_loop = task.loop_of(vm)?;
    let step =
        vm.alloc(PyTaskStep { header: Header::EMPTY, task: Slot::new(task), exception: Slot::maybe(exception) })?;
    call_soon(vm, event_loop, step.value(), None, task.context.get().unwrap_or(Value::NONE))
}

/// Has an error thrown into the coroutine soon.
fn schedule_error(vm: &Vm, task: Gc<PyTask>, text: &str) -> PyResult<()> {
    let text = vm.new_str(text)?;
    let error = vm.new_exception(vm.exceptions().RuntimeError, &[text.value()])?;
    schedule(vm, task, Some(error.value()))
}

/// Cancels what a task waits for.
pub fn cancel_waiter(vm: &Vm, waiter: Value, message: Value) -> PyResult<bool> {
    if let Some(future) = vm.cast_exact::<PyFuture>(waiter) {
        return future.cancel_now(vm, Some(message));
    }
    let method = vm.get_attr_str(waiter, "cancel")?;
    let cancelled = vm.call_args(method, Args::with_keywords(&[message], state(vm).msg_keyword.get()))?;
    vm.truth(cancelled)
}

/// Runs a step as the event loop does: the task is the current one meanwhile.
fn run(vm: &Vm, task: Gc<PyTask>, exception: Option<Value>) -> PyResult<()> {
    let event_loop = task.loop_of(vm)?;
    tasks::enter(vm, event_loop, task.value())?;
    let result = step(vm, task, exception);
    match result {
        Ok(()) => tasks::leave(vm, event_loop, task.value()),
        Err(raised) => {
            let exception = vm.take_exception(raised);
            match tasks::leave(vm, event_loop, task.value()) {
                Ok(()) => Err(vm.raise_again(exception)),
                Err(raised) => Err(raised),
            }
        }
    }
}

/// The first step of a task, at once, in the midst of another task's.
pub fn start_eagerly(vm: &Vm, task: Gc<PyTask>) -> PyResult<()> {
    let event_loop = task.loop_of(vm)?;
    let before = tasks::swap(vm, event_loop, task.value())?;
    tasks::register_eager(vm, task.value())?;
    let context = task.context.get().and_then(|context| vm.cast::<PyContext>(context));
    let Some(context) = context else { return Err(vm.type_error("a Context was expected")) };
    let result = contextvars::enter(vm, context).and_then(|()| {
        let result = step(vm, task, None);
        contextvars::exit(vm, context).and(result)
    });
    tasks::unregister_eager(vm, task.value())?;
    tasks::swap(vm, event_loop, before)?;
    if task.is_pending() {
        tasks::register(vm, task)?;
    } else {
        task.coroutine.clear();
    }
    result
}

/// Resumes the coroutine, with an exception if one is given, and looks at what it gives.
fn step(vm: &Vm, task: Gc<PyTask>, exception: Option<Value>) -> PyResult<()> {
    if !task.is_pending() {
        let exception = exception.map_or(String::new(), |exception| vm.repr_lossy(exception));
        let text = format!("__step(): already done: {} {exception}", vm.repr_lossy(task.value()));
        return Err(invalid_state(vm, &text));
    }
    let mut exception = exception;
    if task.must_cancel.replace(false) {
        let cancelled = state(vm).imports(vm)?.cancelled_error.get_set();
        if !exception.is_some_and(|exception| vm.is_instance(exception, cancelled)) {
            exception = Some(as_future(task).new_cancelled_error(vm)?.value());
        }
    }
    task.waiter.clear();
    let Some(coroutine) = task.coroutine.get() else { return Err(vm.runtime_error("uninitialized Task object")) };
    let sent = match exception {
        None => send_to(vm, coroutine, Value::NONE),
        Some(exception) => vm.call_method_str(coroutine, "throw", &[exception]).map(Sent::Yield),
    };
    match sent {
        Ok(Sent::Yield(awaited)) => wait_for(vm, task, awaited),
        Ok(Sent::Return(result)) => end(vm, task, result),
        Err(raised) => {
            let exception = vm.take_exception(raised);
            if vm.is_instance(exception.value(), vm.exceptions().StopIteration) {
                return end(vm, task, stop_value(vm, exception.value())?);
            }
            fail(vm, task, exception)
        }
    }
}

/// The coroutine has returned.
fn end(vm: &Vm, task: Gc<PyTask>, result: Value) -> PyResult<()> {
    tasks::unregister(vm, task);
    if task.must_cancel.replace(false) {
        as_future(task).cancel_now(vm, Some(task.cancel_message.get().unwrap_or(Value::NONE)))?;
    } else {
        as_future(task).finish(vm, result)?;
    }
    forget_when_done(vm, task);
    Ok(())
}

/// The coroutine has raised.
fn fail(vm: &Vm, task: Gc<PyTask>, exception: Gc<PyBaseException>) -> PyResult<()> {
    tasks::unregister(vm, task);
    let cancelled = state(vm).imports(vm)?.cancelled_error.get_set();
    if vm.is_instance(exception.value(), cancelled) {
        task.cancelled_error.set(vm, task, exception);
        as_future(task).cancel_now(vm, None)?;
        forget_when_done(vm, task);
        return Ok(());
    }
    as_future(task).fail(vm, exception.value())?;
    let exceptions = vm.exceptions();
    let ends_all = [exceptions.KeyboardInterrupt, exceptions.SystemExit];
    if ends_all.iter().any(|&class| vm.is_instance(exception.value(), class)) {
        return Err(vm.raise_again(exception));
    }
    Ok(())
}

/// The coroutine awaits something.
fn wait_for(vm: &Vm, task: Gc<PyTask>, awaited: Value) -> PyResult<()> {
    let repr = |value| vm.repr_lossy(value);
    if let Some(future) = exact_future(vm, awaited) {
        if !future.blocking.get() {
            return yielded_instead(vm, task, awaited);
        }
        if future.event_loop.get() != task.event_loop.get() {
            return other_loop(vm, task, awaited);
        }
        if awaited == task.value() {
            return schedule_error(vm, task, &format!("Task cannot await on itself: {}", repr(awaited)));
        }
        add_awaiter(vm, awaited, task.value())?;
        future.blocking.set(false);
        let wake_up = vm.bind_native(&WAKE_UP, task.value())?;
        future.add_callback(vm, wake_up.value(), task.context.get().unwrap_or(Value::NONE))?;
        return waits(vm, task, awaited);
    }
    if awaited.is_none() {
        // A bare `yield` lets others run for one turn.
        return schedule(vm, task, None);
    }
    if let Some(blocking) = vm.get_attr_optional(awaited, state(vm).blocking.get_set())?
        && !blocking.is_none()
    {
        return wait_for_foreign(vm, task, awaited, blocking);
    }
    if vm.cast_exact::<PyPlainGenerator>(awaited).is_some() {
        let (task_repr, awaited) = (repr(task.value()), repr(awaited));
        let text = format!("yield was used instead of yield from for generator in task {task_repr} with {awaited}");
        return schedule_error(vm, task, &text);
    }
    schedule_error(vm, task, &format!("Task got bad yield: {}", repr(awaited)))
}

/// Waits for a future of a subclass, or of another type with the same protocol.
fn wait_for_foreign(vm: &Vm, task: Gc<PyTask>, awaited: Value, blocking: Value) -> PyResult<()> {
    let event_loop = match vm.get_attr_optional(awaited, vm.intern("get_loop"))? {
        Some(get_loop) => vm.call(get_loop, &[])?,
        None => vm.get_attr_str(awaited, "_loop")?,
    };
    if Some(event_loop) != task.event_loop.get() {
        return other_loop(vm, task, awaited);
    }
    if !vm.truth(blocking)? {
        return yielded_instead(vm, task, awaited);
    }
    if awaited == task.value() {
        let repr = vm.repr_lossy(awaited);
        return schedule_error(vm, task, &format!("Task cannot await on itself: {repr}"));
    }
    add_awaiter(vm, awaited, task.value())?;
    let state = state(vm);
    vm.set_attr(awaited, state.blocking.get_set(), Value::FALSE)?;
    let wake_up = vm.bind_native(&WAKE_UP, task.value())?;
    let method = vm.get_attr_str(awaited, "add_done_callback")?;
    let context = task.context.get().unwrap_or(Value::NONE);
    vm.call_args(method, Args::with_keywords(&[wake_up.value(), context], state.context_keyword.get()))?;
    waits(vm, task, awaited)
}

/// The task waits now; a request to cancel it that came before goes on to what it waits for.
fn waits(vm: &Vm, task: Gc<PyTask>, awaited: Value) -> PyResult<()> {
    task.waiter.set(vm, task, awaited);
    if task.must_cancel.get() && cancel_waiter(vm, awaited, task.cancel_message.get().unwrap_or(Value::NONE))? {
        task.must_cancel.set(false);
    }
    Ok(())
}

#[cold]
fn yielded_instead(vm: &Vm, task: Gc<PyTask>, awaited: Value) -> PyResult<()> {
    let (task_repr, awaited) = (vm.repr_lossy(task.value()), vm.repr_lossy(awaited));
    schedule_error(vm, task, &format!("yield was used instead of yield from in task {task_repr} with {awaited}"))
}

#[cold]
fn other_loop(vm: &Vm, task: Gc<PyTask>, awaited: Value) -> PyResult<()> {
    let (task_repr, awaited) = (vm.repr_lossy(task.value()), vm.repr_lossy(awaited));
    schedule_error(vm, task, &format!("Task {task_repr} got Future {awaited} attached to a different loop"))
}
