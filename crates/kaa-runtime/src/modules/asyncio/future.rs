//! `_asyncio.Future`.

use std::cell::Cell;

use kaa_macros::{Trace, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::list::PyList;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, Native, PyResult, Raised, Value, Vm};

use super::future_iterator::PyFutureIterator;
use super::state::{call_soon, state};
use crate::modules::contextvars::copy_current;

/// How far a future is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    Pending,
    Cancelled,
    Finished,
}

/// `_asyncio.Future`.
#[derive(Trace)]
#[repr(C)]
pub struct PyFuture {
    header: Header,
    /// The event loop; empty before `__init__`.
    pub event_loop: Slot,
    /// The first callback and its context: most futures have one only.
    callback: Slot,
    callback_context: Slot,
    /// The further callbacks, each with its context in a pair.
    callbacks: Slot<Gc<PyList>>,
    pub result: Slot,
    pub exception: Slot<Gc<PyBaseException>>,
    /// The traceback that the exception had when it was set.
    traceback: Slot,
    pub cancel_message: Slot,
    /// The error by which a task was cancelled, until it is raised again.
    pub cancelled_error: Slot<Gc<PyBaseException>>,
    source_traceback: Slot,
    /// What awaits it: a future, or a set of several.
    awaited_by: Slot,
    #[trace(skip)]
    pub progress: Cell<Progress>,
    /// Whether an exception is to be logged that nobody has asked for.
    pub log_traceback: Cell<bool>,
    /// Whether it was yielded by `await`, and no task has seen it yet.
    pub blocking: Cell<bool>,
    /// Whether `awaited_by` is a set.
    has_awaiters: Cell<bool>,
}

/// The outcome of a future that is done.
pub enum Outcome {
    Result(Value),
    Exception(Gc<PyBaseException>),
}

#[cold]
pub fn invalid_state(vm: &Vm, text: &str) -> Raised {
    match state(vm).imports(vm) {
        Ok(imports) => vm.raise_new(imports.invalid_state_error.get_set(), text),
        Err(raised) => raised,
    }
}

impl PyFuture {
    pub fn empty() -> PyFuture {
        PyFuture {
            header: Header::EMPTY,
            event_loop: Slot::empty(),
            callback: Slot::empty(),
            callback_context: Slot::empty(),
            callbacks: Slot::empty(),
            result: Slot::empty(),
            exception: Slot::empty(),
            traceback: Slot::empty(),
            cancel_message: Slot::empty(),
            cancelled_error: Slot::empty(),
            source_traceback: Slot::empty(),
            awaited_by: Slot::empty(),
            progress: Cell::new(Progress::Pending),
            log_traceback: Cell::new(false),
            blocking: Cell::new(false),
            has_awaiters: Cell::new(false),
        }
    }

    pub fn is_pending(&self) -> bool {
        self.progress.get() == Progress::Pending
    }

    /// The event loop; an error before `__init__`.
    pub fn loop_of(&self, vm: &Vm) -> PyResult {
        self.event_loop.get().ok_or_else(|| vm.runtime_error("Future object is not initialized."))
    }
}

/// Functions of futures, for tasks too.
pub trait FutureMethods: Copy {
    fn initialize(self, vm: &Vm, event_loop: Value) -> PyResult<()>;
    fn finish(self, vm: &Vm, result: Value) -> PyResult<()>;
    fn fail(self, vm: &Vm, exception: Value) -> PyResult<()>;
    fn cancel_now(self, vm: &Vm, message: Option<Value>) -> PyResult<bool>;
    fn outcome(self, vm: &Vm) -> PyResult<Outcome>;
    fn add_callback(self, vm: &Vm, callback: Value, context: Value) -> PyResult<()>;
    fn schedule_callbacks(self, vm: &Vm) -> PyResult<()>;
    fn new_cancelled_error(self, vm: &Vm) -> PyResult<Gc<PyBaseException>>;
    fn log_unretrieved(self, vm: &Vm) -> PyResult<()>;
    fn report(self, vm: &Vm, message: &str, key: &str, exception: Option<Value>) -> PyResult<()>;
}

impl FutureMethods for Gc<PyFuture> {
    fn initialize(self, vm: &Vm, event_loop: Value) -> PyResult<()> {
        for slot in [
            &self.callback,
            &self.callback_context,
            &self.result,
            &self.traceback,
            &self.cancel_message,
            &self.source_traceback,
            &self.awaited_by,
        ] {
            slot.clear();
        }
        self.callbacks.clear();
        self.exception.clear();
        self.cancelled_error.clear();
        self.progress.set(Progress::Pending);
        self.log_traceback.set(false);
        self.blocking.set(false);
        self.has_awaiters.set(false);
        let event_loop = match event_loop.not_none() {
            Some(event_loop) => event_loop,
            None => super::event_loop(vm)?,
        };
        self.event_loop.set(vm, self, event_loop);
        let state = state(vm);
        let debug = vm.call_method(event_loop, state.get_debug.get_set(), &[])?;
        if vm.truth(debug)? {
            let stack = vm.call(state.imports(vm)?.extract_stack.get_set(), &[])?;
            self.source_traceback.set(vm, self, stack);
        }
        Ok(())
    }

    fn finish(self, vm: &Vm, result: Value) -> PyResult<()> {
        self.loop_of(vm)?;
        if !self.is_pending() {
            return Err(invalid_state(vm, "invalid state"));
        }
        self.result.set(vm, self, result);
        self.progress.set(Progress::Finished);
        self.schedule_callbacks(vm)
    }

    fn fail(self, vm: &Vm, exception: Value) -> PyResult<()> {
        self.loop_of(vm)?;
        if !self.is_pending() {
            return Err(invalid_state(vm, "invalid state"));
        }
        let is_class =
            vm.cast::<PyType>(exception).is_some_and(|class| class.is_subclass(vm.exceptions().BaseException));
        let exception = if is_class { vm.call(exception, &[])? } else { exception };
        let Some(mut exception) = vm.cast::<PyBaseException>(exception) else {
            return Err(vm.type_error("invalid exception object"));
        };
        if vm.is_instance(exception.value(), vm.exceptions().StopIteration) {
            let text =
                vm.new_str("StopIteration interacts badly with generators and cannot be raised into a Future")?;
            let outer = vm.new_exception(vm.exceptions().RuntimeError, &[text.value()])?;
            outer.cause.set(vm, outer, exception);
            outer.suppress_context.set(true);
            outer.context.set(vm, outer, exception);
            exception = outer;
        }
        self.exception.set(vm, self, exception);
        self.traceback.set_maybe(vm, self, exception.traceback.get());
        self.progress.set(Progress::Finished);
        self.schedule_callbacks(vm)?;
        self.log_traceback.set(true);
        vm.ask_for_finalizer(self);
        Ok(())
    }

    fn cancel_now(self, vm: &Vm, message: Option<Value>) -> PyResult<bool> {
        self.log_traceback.set(false);
        if !self.is_pending() {
            return Ok(false);
        }
        self.progress.set(Progress::Cancelled);
        self.cancel_message.set_maybe(vm, self, message);
        self.schedule_callbacks(vm)?;
        Ok(true)
    }

    fn outcome(self, vm: &Vm) -> PyResult<Outcome> {
        match self.progress.get() {
            Progress::Cancelled => Ok(Outcome::Exception(self.new_cancelled_error(vm)?)),
            Progress::Pending => Err(invalid_state(vm, "Result is not set.")),
            Progress::Finished => {
                self.log_traceback.set(false);
                match self.exception.get() {
                    None => Ok(Outcome::Result(self.result.get().unwrap_or(Value::NONE))),
                    Some(exception) => {
                        exception.traceback.set_maybe(vm, exception, self.traceback.get());
                        Ok(Outcome::Exception(exception))
                    }
                }
            }
        }
    }

    fn add_callback(self, vm: &Vm, callback: Value, context: Value) -> PyResult<()> {
        let event_loop = self.loop_of(vm)?;
        if !self.is_pending() {
            return call_soon(vm, event_loop, callback, Some(self.value()), context);
        }
        if self.callback.get().is_none() && self.callbacks.get().is_none() {
            self.callback.set(vm, self, callback);
            self.callback_context.set(vm, self, context);
            return Ok(());
        }
        let pair = vm.new_tuple(&[callback, context])?;
        match self.callbacks.get() {
            Some(list) => list.push(vm, pair.value()),
            None => {
                let list = vm.new_list(&[pair.value()])?;
                self.callbacks.set(vm, self, list);
                Ok(())
            }
        }
    }

    fn schedule_callbacks(self, vm: &Vm) -> PyResult<()> {
        let event_loop = self.event_loop.get().unwrap_or(Value::NONE);
        if let Some(callback) = self.callback.get() {
            let context = self.callback_context.get().unwrap_or(Value::NONE);
            self.callback.clear();
            self.callback_context.clear();
            call_soon(vm, event_loop, callback, Some(self.value()), context)?;
        }
        let Some(list) = self.callbacks.get() else { return Ok(()) };
        self.callbacks.clear();
        let mut index = 0;
        while let Some(pair) = list.get(index) {
            if let Some(pair) = vm.cast::<PyTuple>(pair)
                && let &[callback, context] = pair.as_slice()
            {
                call_soon(vm, event_loop, callback, Some(self.value()), context)?;
            }
            index += 1;
        }
        Ok(())
    }

    fn new_cancelled_error(self, vm: &Vm) -> PyResult<Gc<PyBaseException>> {
        if let Some(saved) = self.cancelled_error.get() {
            self.cancelled_error.clear();
            return Ok(saved);
        }
        let class = state(vm).imports(vm)?.cancelled_error.get_set();
        let message = self.cancel_message.get().and_then(Value::not_none);
        vm.new_exception(class, message.as_slice())
    }

    fn log_unretrieved(self, vm: &Vm) -> PyResult<()> {
        if !self.log_traceback.replace(false) {
            return Ok(());
        }
        let class = vm.class_of(self.value()).name_text();
        let class = class.rsplit('.').next().unwrap_or_default();
        let message = format!("{class} exception was never retrieved");
        self.report(vm, &message, "future", self.exception.get().map(Gc::value))
    }

    fn report(self, vm: &Vm, message: &str, key: &str, exception: Option<Value>) -> PyResult<()> {
        let Some(event_loop) = self.event_loop.get() else { return Ok(()) };
        let context = vm.new_dict()?;
        context.set_str(vm, vm.intern(key), self.value())?;
        context.set_str(vm, vm.intern("message"), vm.new_str(message)?.value())?;
        if let Some(exception) = exception {
            context.set_str(vm, vm.intern("exception"), exception)?;
        }
        if let Some(source) = self.source_traceback.get() {
            context.set_str(vm, vm.intern("source_traceback"), source)?;
        }
        vm.call_method_str(event_loop, "call_exception_handler", &[context.value()])?;
        Ok(())
    }
}

/// What awaits a future, as far as both are of our types.
pub fn add_awaiter(vm: &Vm, future: Value, awaiter: Value) -> PyResult<()> {
    let (Some(future), Some(_)) = (vm.cast::<PyFuture>(future), vm.cast::<PyFuture>(awaiter)) else { return Ok(()) };
    match future.awaited_by.get() {
        None => future.awaited_by.set(vm, future, awaiter),
        Some(set) if future.has_awaiters.get() => vm.set_add(set, awaiter)?,
        Some(one) if one == awaiter => {}
        Some(one) => {
            let set = vm.new_set_empty()?;
            vm.set_add(set, one)?;
            vm.set_add(set, awaiter)?;
            future.awaited_by.set(vm, future, set);
            future.has_awaiters.set(true);
        }
    }
    Ok(())
}

/// Undoes [`add_awaiter`].
pub fn discard_awaiter(vm: &Vm, future: Value, awaiter: Value) -> PyResult<()> {
    let (Some(future), Some(_)) = (vm.cast::<PyFuture>(future), vm.cast::<PyFuture>(awaiter)) else { return Ok(()) };
    match future.awaited_by.get() {
        Some(set) if future.has_awaiters.get() => vm.set_discard(set, awaiter).map(drop),
        Some(one) if one == awaiter => {
            future.awaited_by.clear();
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The finalizer of a class is ours: nothing else needs to be called when an instance dies.
pub fn has_own_finalizer(class: Gc<PyType>, def: &kaa_objects::class::TypeDef) -> bool {
    matches!((class.slots().finalize, def.slots.finalize), (Some(a), Some(b)) if std::ptr::fn_addr_eq(a, b))
}

#[py_type(
    name = "Future",
    module = "_asyncio",
    flags(BASETYPE, MANAGED_DICT, MANAGED_WEAKREF),
    doc = "This class is *almost* compatible with concurrent.futures.Future.\n\n    Differences:\n\n    - result() and exception() do not take a timeout argument and\n      raise an exception when the future isn't done yet.\n\n    - Callbacks registered with add_done_callback() are always called\n      via the event loop's call_soon_threadsafe().\n\n    - This class is not compatible with the wait() and as_completed()\n      methods in the concurrent.futures package."
)]
impl PyFuture {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyFuture>> {
        let future = vm.alloc_instance(class, PyFuture::empty())?;
        if has_own_finalizer(class, PyFuture::def()) {
            // There is something to be logged only after an exception was set.
            vm.forget_finalizer(future);
        }
        Ok(future)
    }

    #[init("Future(*, loop=None)")]
    fn init(vm: &Vm, this: Gc<PyFuture>, r#loop: Value) -> PyResult<()> {
        this.initialize(vm, r#loop)
    }

    #[slot(finalize)]
    fn finalize(vm: &Vm, this: Gc<PyFuture>) -> PyResult<()> {
        this.log_unretrieved(vm)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyFuture>) -> PyResult {
        this.loop_of(vm)?;
        vm.call(state(vm).imports(vm)?.future_repr.get_set(), &[this.value()])
    }

    #[slot(iter)]
    #[slot(am_await)]
    fn iter(vm: &Vm, this: Gc<PyFuture>) -> PyResult<Gc<PyFutureIterator>> {
        this.loop_of(vm)?;
        PyFutureIterator::over(vm, this)
    }

    #[method(
        "result($self, /)",
        doc = "Return the result this future represents.\n\nIf the future has been cancelled, raises CancelledError.  If the\nfuture's result isn't yet available, raises InvalidStateError.  If\nthe future is done and has an exception set, this exception is\nraised."
    )]
    fn result(vm: &Vm, this: Gc<PyFuture>) -> PyResult {
        if this.event_loop.get().is_none() {
            return Err(invalid_state(vm, "Future object is not initialized."));
        }
        match this.outcome(vm)? {
            Outcome::Result(result) => Ok(result),
            Outcome::Exception(exception) => {
                this.traceback.clear();
                Err(vm.raise(exception))
            }
        }
    }

    #[method(
        "exception($self, /)",
        doc = "Return the exception that was set on this future.\n\nThe exception (or None if no exception was set) is returned only if\nthe future is done.  If the future has been cancelled, raises\nCancelledError.  If the future isn't done yet, raises\nInvalidStateError."
    )]
    fn exception(vm: &Vm, this: Gc<PyFuture>) -> PyResult {
        if this.event_loop.get().is_none() {
            return Err(invalid_state(vm, "Future object is not initialized."));
        }
        match this.progress.get() {
            Progress::Cancelled => {
                let error = this.new_cancelled_error(vm)?;
                Err(vm.raise(error))
            }
            Progress::Pending => Err(invalid_state(vm, "Exception is not set.")),
            Progress::Finished => {
                this.log_traceback.set(false);
                Ok(this.exception.get().map_or(Value::NONE, Gc::value))
            }
        }
    }

    #[method(
        "set_result($self, result, /)",
        doc = "Mark the future done and set its result.\n\nIf the future is already done when this method is called, raises\nInvalidStateError."
    )]
    fn set_result(vm: &Vm, this: Gc<PyFuture>, result: Value) -> PyResult<()> {
        this.finish(vm, result)
    }

    #[method(
        "set_exception($self, exception, /)",
        doc = "Mark the future done and set an exception.\n\nIf the future is already done when this method is called, raises\nInvalidStateError."
    )]
    fn set_exception(vm: &Vm, this: Gc<PyFuture>, exception: Value) -> PyResult<()> {
        this.fail(vm, exception)
    }

    #[method(
        "add_done_callback($self, fn, /, *, context=<unrepresentable>)",
        doc = "Add a callback to be run when the future becomes done.\n\nThe callback is called with a single argument - the future object.\nIf the future is already done when this is called, the callback is\nscheduled with call_soon."
    )]
    fn add_done_callback(vm: &Vm, this: Gc<PyFuture>, r#fn: Value, context: Option<Value>) -> PyResult<()> {
        let context = match context {
            Some(context) => context,
            None => copy_current(vm)?.value(),
        };
        this.add_callback(vm, r#fn, context)
    }

    #[method(
        "remove_done_callback($self, fn, /)",
        doc = "Remove all instances of a callback from the \"call when done\" list.\n\nReturns the number of callbacks removed."
    )]
    fn remove_done_callback(vm: &Vm, this: Gc<PyFuture>, r#fn: Value) -> PyResult<usize> {
        this.loop_of(vm)?;
        let mut removed = 0;
        if let Some(callback) = this.callback.get()
            && vm.identical_or_equal(callback, r#fn)?
        {
            // The comparison may have called them.
            if this.callback.get() == Some(callback) {
                this.callback.clear();
                this.callback_context.clear();
            }
            removed += 1;
        }
        let Some(list) = this.callbacks.get() else { return Ok(removed) };
        let kept = vm.new_list(&[])?;
        let mut index = 0;
        while let Some(pair) = list.get(index) {
            let callback = vm.sequence_item(pair, 0)?;
            if vm.identical_or_equal(callback, r#fn)? {
                removed += 1;
            } else {
                kept.push(vm, pair)?;
            }
            index += 1;
        }
        if this.callbacks.get() == Some(list) {
            this.callbacks.set_maybe(vm, this, (!kept.is_empty()).then_some(kept));
        }
        Ok(removed)
    }

    #[method(
        "cancel($self, /, msg=None)",
        doc = "Cancel the future and schedule callbacks.\n\nIf the future is already done or cancelled, return False.\nOtherwise, change the future's state to cancelled, schedule the\ncallbacks and return True."
    )]
    fn cancel(vm: &Vm, this: Gc<PyFuture>, msg: Value) -> PyResult<bool> {
        this.loop_of(vm)?;
        this.cancel_now(vm, Some(msg))
    }

    #[method("cancelled($self, /)", doc = "Return True if the future was cancelled.")]
    fn cancelled(&self) -> bool {
        self.event_loop.get().is_some() && self.progress.get() == Progress::Cancelled
    }

    #[method(
        "done($self, /)",
        doc = "Return True if the future is done.\n\nDone means either that a result / exception are available, or that\nthe future was cancelled."
    )]
    fn done(&self) -> bool {
        self.event_loop.get().is_some() && !self.is_pending()
    }

    #[method("get_loop($self, /)", doc = "Return the event loop the Future is bound to.")]
    fn get_loop(&self, vm: &Vm) -> PyResult {
        self.loop_of(vm)
    }

    #[method(
        "_make_cancelled_error($self, /)",
        doc = "Create the CancelledError to raise if the Future is cancelled.\n\nThis should only be called once when handling a cancellation since\nit erases the context exception value."
    )]
    fn make_cancelled_error(vm: &Vm, this: Gc<PyFuture>) -> PyResult {
        Ok(this.new_cancelled_error(vm)?.value())
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "Futures are generic over the type of their results")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        kaa_objects::types::generic_alias::PyGenericAlias::new_value(vm, class.value(), object)
    }

    #[getter("_state")]
    fn state_name(&self, vm: &Vm) -> PyResult<&'static str> {
        self.loop_of(vm)?;
        Ok(match self.progress.get() {
            Progress::Pending => "PENDING",
            Progress::Cancelled => "CANCELLED",
            Progress::Finished => "FINISHED",
        })
    }

    #[getter("_asyncio_future_blocking")]
    fn blocking(&self) -> bool {
        self.event_loop.get().is_some() && self.blocking.get()
    }

    #[setter("_asyncio_future_blocking")]
    fn set_blocking(vm: &Vm, this: Gc<PyFuture>, value: Value) -> PyResult<()> {
        this.loop_of(vm)?;
        this.blocking.set(vm.truth(value)?);
        Ok(())
    }

    #[getter("_loop")]
    fn loop_or_none(&self) -> Value {
        self.event_loop.get().unwrap_or(Value::NONE)
    }

    #[getter("_callbacks")]
    fn callbacks(vm: &Vm, this: Gc<PyFuture>) -> PyResult {
        this.loop_of(vm)?;
        if this.callback.get().is_none() && this.callbacks.get().is_none() {
            return Ok(Value::NONE);
        }
        let list = vm.new_list(&[])?;
        if let Some(callback) = this.callback.get() {
            let context = this.callback_context.get().unwrap_or(Value::NONE);
            list.push(vm, vm.new_tuple(&[callback, context])?.value())?;
        }
        if let Some(more) = this.callbacks.get() {
            vm.list_extend(list, more.value())?;
        }
        Ok(list.value())
    }

    #[getter("_result")]
    fn result_or_none(&self, vm: &Vm) -> PyResult {
        self.loop_of(vm)?;
        Ok(self.result.get().unwrap_or(Value::NONE))
    }

    #[getter("_exception")]
    fn exception_or_none(&self, vm: &Vm) -> PyResult {
        self.loop_of(vm)?;
        Ok(self.exception.get().map_or(Value::NONE, Gc::value))
    }

    #[getter("_log_traceback")]
    fn log_traceback(&self, vm: &Vm) -> PyResult<bool> {
        self.loop_of(vm)?;
        Ok(self.log_traceback.get())
    }

    #[setter("_log_traceback")]
    fn set_log_traceback(vm: &Vm, this: Gc<PyFuture>, value: Value) -> PyResult<()> {
        if vm.truth(value)? {
            return Err(vm.value_error("_log_traceback can only be set to False"));
        }
        this.log_traceback.set(false);
        Ok(())
    }

    #[getter("_source_traceback")]
    fn source_traceback(&self) -> Value {
        self.source_traceback.get().unwrap_or(Value::NONE)
    }

    #[getter("_cancel_message")]
    fn cancel_message(&self) -> Value {
        self.cancel_message.get().unwrap_or(Value::NONE)
    }

    #[setter("_cancel_message")]
    fn set_cancel_message(vm: &Vm, this: Gc<PyFuture>, value: Value) -> PyResult<()> {
        this.cancel_message.set(vm, this, value);
        Ok(())
    }

    #[getter("_asyncio_awaited_by")]
    fn awaited_by(vm: &Vm, this: Gc<PyFuture>) -> PyResult {
        match this.awaited_by.get() {
            None => Ok(Value::NONE),
            Some(set) if this.has_awaiters.get() => vm.new_frozenset_from(set),
            Some(one) => vm.new_frozenset_from(vm.new_tuple(&[one])?.value()),
        }
    }
}
