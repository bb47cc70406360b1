//! `_asyncio.Task`: a coroutine that an event loop runs, step by step.

use std::cell::Cell;

use kaa_interpreter::generator::PyCoroutine;
use kaa_macros::{Trace, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::Slot;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, Native, PyResult, Value, Vm};

use super::future::{FutureMethods, PyFuture, has_own_finalizer};
use super::state::state;
use super::{step, tasks};
use crate::modules::contextvars::copy_current;

/// `_asyncio.Task`.
#[derive(Trace)]
#[repr(C)]
pub struct PyTask {
    base: PyFuture,
    /// What the coroutine awaits at the moment.
    pub waiter: Slot,
    pub coroutine: Slot,
    /// A text, or a number that stands for `Task-number`.
    name: Slot,
    pub context: Slot,
    pub must_cancel: Cell<bool>,
    log_destroyed_pending: Cell<bool>,
    cancel_requests: Cell<i32>,
    /// Its place among the scheduled tasks, or [`tasks::NOWHERE`].
    pub place: Cell<usize>,
}

impl std::ops::Deref for PyTask {
    type Target = PyFuture;
    fn deref(&self) -> &PyFuture {
        &self.base
    }
}

/// A task as the future that it is.
pub fn as_future(task: Gc<PyTask>) -> Gc<PyFuture> {
    // SAFETY: the struct begins with that of a future.
    unsafe { task.cast() }
}

/// The task is done: nothing is left to be said when it dies, unless it failed.
pub fn forget_when_done(vm: &Vm, task: Gc<PyTask>) {
    if !task.is_pending() && !task.log_traceback.get() && has_own_finalizer(vm.class_of(task.value()), PyTask::def()) {
        vm.forget_finalizer(task);
    }
}

fn is_coroutine(vm: &Vm, value: Value) -> PyResult<bool> {
    if vm.cast_exact::<PyCoroutine>(value).is_some() {
        return Ok(true);
    }
    let answer = vm.call(state(vm).imports(vm)?.is_coroutine.get_set(), &[value])?;
    vm.truth(answer)
}

#[py_type(
    name = "Task",
    module = "_asyncio",
    base = PyFuture,
    flags(BASETYPE, MANAGED_DICT, MANAGED_WEAKREF),
    doc = "A coroutine wrapped in a Future."
)]
impl PyTask {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyTask>> {
        vm.alloc_instance(
            class,
            PyTask {
                base: PyFuture::empty(),
                waiter: Slot::empty(),
                coroutine: Slot::empty(),
                name: Slot::empty(),
                context: Slot::empty(),
                must_cancel: Cell::new(false),
                log_destroyed_pending: Cell::new(false),
                cancel_requests: Cell::new(0),
                place: Cell::new(tasks::NOWHERE),
            },
        )
    }

    #[init("Task(coro, *, loop=None, name=None, context=None, eager_start=False)")]
    fn init(
        vm: &Vm,
        this: Gc<PyTask>,
        coro: Value,
        r#loop: Value,
        name: Value,
        context: Value,
        eager_start: bool,
    ) -> PyResult<()> {
        as_future(this).initialize(vm, r#loop)?;
        this.log_destroyed_pending.set(false);
        if !is_coroutine(vm, coro)? {
            let repr = vm.repr(coro)?.to_string_lossy();
            return Err(vm.type_error(format_args!("a coroutine was expected, got {repr}")));
        }
        let context = match context.not_none() {
            Some(context) => context,
            None => copy_current(vm)?.value(),
        };
        this.context.set(vm, this, context);
        this.waiter.clear();
        this.must_cancel.set(false);
        this.log_destroyed_pending.set(true);
        this.cancel_requests.set(0);
        this.coroutine.set(vm, this, coro);
        let name = match name.not_none() {
            // The text is made when somebody asks for it.
            None => {
                let counter = &state(vm).numbered;
                counter.set(counter.get() + 1);
                vm.new_int(counter.get() as i64)?
            }
            Some(name) => vm.str(name)?.value(),
        };
        this.name.set(vm, this, name);
        if eager_start {
            let running = vm.call_method_str(this.loop_of(vm)?, "is_running", &[])?;
            if vm.truth(running)? {
                return step::start_eagerly(vm, this);
            }
        }
        step::schedule(vm, this, None)?;
        tasks::register(vm, this)
    }

    #[slot(finalize)]
    fn finalize(vm: &Vm, this: Gc<PyTask>) -> PyResult<()> {
        if this.is_pending() && this.log_destroyed_pending.get() {
            as_future(this).report(vm, "Task was destroyed but it is pending!", "task", None)?;
        }
        as_future(this).log_unretrieved(vm)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyTask>) -> PyResult {
        vm.call(state(vm).imports(vm)?.task_repr.get_set(), &[this.value()])
    }

    #[method(
        "cancel($self, /, msg=None)",
        doc = "Request that this task cancel itself.\n\nThis arranges for a CancelledError to be thrown into the\nwrapped coroutine on the next cycle through the event loop.\nThe coroutine then has a chance to clean up or even deny\nthe request using try/except/finally.\n\nUnlike Future.cancel, this does not guarantee that the\ntask will be cancelled: the exception might be caught and\nacted upon, delaying cancellation of the task or preventing\ncancellation completely.  The task may also return a value or\nraise a different exception.\n\nImmediately after this method is called, Task.cancelled() will\nnot return True (unless the task was already cancelled).  A\ntask will be marked as cancelled when the wrapped coroutine\nterminates with a CancelledError exception (even if cancel()\nwas not called).\n\nThis also increases the task's count of cancellation requests."
    )]
    fn cancel(vm: &Vm, this: Gc<PyTask>, msg: Value) -> PyResult<bool> {
        this.log_traceback.set(false);
        if !this.is_pending() {
            return Ok(false);
        }
        this.cancel_requests.set(this.cancel_requests.get() + 1);
        if let Some(waiter) = this.waiter.get()
            && step::cancel_waiter(vm, waiter, msg)?
        {
            return Ok(true);
        }
        this.must_cancel.set(true);
        this.cancel_message.set(vm, this, msg);
        Ok(true)
    }

    #[method(
        "cancelling($self, /)",
        doc = "Return the count of the task's cancellation requests.\n\nThis count is incremented when .cancel() is called\nand may be decremented using .uncancel()."
    )]
    fn cancelling(&self) -> i32 {
        self.cancel_requests.get()
    }

    #[method(
        "uncancel($self, /)",
        doc = "Decrement the task's count of cancellation requests.\n\nThis should be used by tasks that catch CancelledError\nand wish to continue indefinitely until they are cancelled again.\n\nReturns the remaining number of cancellation requests."
    )]
    fn uncancel(&self) -> i32 {
        let requests = self.cancel_requests.get();
        if requests > 0 {
            self.cancel_requests.set(requests - 1);
            if requests == 1 {
                self.must_cancel.set(false);
            }
        }
        self.cancel_requests.get()
    }

    #[method(
        "get_stack($self, /, *, limit=None)",
        doc = "Return the list of stack frames for this task's coroutine.\n\nIf the coroutine is not done, this returns the stack where it is\nsuspended.  If the coroutine has completed successfully or was\ncancelled, this returns an empty list.  If the coroutine was\nterminated by an exception, this returns the list of traceback\nframes.\n\nThe frames are always ordered from oldest to newest.\n\nThe optional limit gives the maximum number of frames to\nreturn; by default all available frames are returned.  Its\nmeaning differs depending on whether a stack or a traceback is\nreturned: the newest frames of a stack are returned, but the\noldest frames of a traceback are returned.  (This matches the\nbehavior of the traceback module.)\n\nFor reasons beyond our control, only one stack frame is\nreturned for a suspended coroutine."
    )]
    fn get_stack(vm: &Vm, this: Gc<PyTask>, limit: Value) -> PyResult {
        vm.call(state(vm).imports(vm)?.task_get_stack.get_set(), &[this.value(), limit])
    }

    #[method(
        "print_stack($self, /, *, limit=None, file=None)",
        doc = "Print the stack or traceback for this task's coroutine.\n\nThis produces output similar to that of the traceback module,\nfor the frames retrieved by get_stack().  The limit argument\nis passed to get_stack().  The file argument is an I/O stream\nto which the output is written; by default output is written\nto sys.stderr."
    )]
    fn print_stack(vm: &Vm, this: Gc<PyTask>, limit: Value, file: Value) -> PyResult {
        vm.call(state(vm).imports(vm)?.task_print_stack.get_set(), &[this.value(), limit, file])
    }

    #[method("set_result($self, result, /)")]
    fn set_result(vm: &Vm, this: Gc<PyTask>, result: Value) -> PyResult<()> {
        let _ = (this, result);
        Err(vm.runtime_error("Task does not support set_result operation"))
    }

    #[method("set_exception($self, exception, /)")]
    fn set_exception(vm: &Vm, this: Gc<PyTask>, exception: Value) -> PyResult<()> {
        let _ = (this, exception);
        Err(vm.runtime_error("Task does not support set_exception operation"))
    }

    #[method("get_coro($self, /)")]
    #[getter("_coro")]
    fn get_coro(&self) -> Value {
        self.coroutine.get().unwrap_or(Value::NONE)
    }

    #[method("get_context($self, /)")]
    fn get_context(&self) -> Value {
        self.context.get().unwrap_or(Value::NONE)
    }

    #[method("get_name($self, /)")]
    fn get_name(vm: &Vm, this: Gc<PyTask>) -> PyResult {
        match this.name.get() {
            Some(name) if vm.cast::<PyStr>(name).is_some() => Ok(name),
            Some(number) => {
                let text = format!("Task-{}", vm.int_to_i64(number).unwrap_or(0));
                let name = vm.new_str(&text)?.value();
                this.name.set(vm, this, name);
                Ok(name)
            }
            None => Ok(Value::NONE),
        }
    }

    #[method("set_name($self, value, /)")]
    fn set_name(vm: &Vm, this: Gc<PyTask>, value: Value) -> PyResult<()> {
        let name = vm.str(value)?;
        this.name.set(vm, this, name.value());
        Ok(())
    }

    #[getter("_log_destroy_pending")]
    fn log_destroyed_pending(&self) -> bool {
        self.log_destroyed_pending.get()
    }

    #[setter("_log_destroy_pending")]
    fn set_log_destroyed_pending(vm: &Vm, this: Gc<PyTask>, value: Value) -> PyResult<()> {
        this.log_destroyed_pending.set(vm.truth(value)?);
        Ok(())
    }

    #[getter("_must_cancel")]
    fn must_cancel(&self) -> bool {
        self.must_cancel.get()
    }

    #[getter("_fut_waiter")]
    fn waiter(&self) -> Value {
        self.waiter.get().unwrap_or(Value::NONE)
    }
}
