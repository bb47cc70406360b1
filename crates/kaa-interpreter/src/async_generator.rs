//! Async generators: their methods, and the awaitables that these give.
//! CPython: Objects/genobject.c.

use std::cell::Cell;

use kaa_macros::{Trace, py_methods, py_type};
use kaa_objects::class::{Sent, Slots};
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Raised, Value, Vm};

use crate::generator::{PyAsyncGenerator, PyGenerator, State, awaited_by};
use crate::generator_methods::{self as generators, thrown, warn_deprecated_throw};

/// A value that an async generator yields, so that it is not mistaken for what an `await` inside
/// it passes outwards.
#[repr(C)]
#[derive(Trace)]
pub struct PyWrappedValue {
    header: Header,
    /// The value.
    pub value: Slot,
}

#[py_type(name = "async_generator_wrapped_value", flags(DISALLOW_INSTANTIATION))]
impl PyWrappedValue {}

/// Wraps a value.
pub fn wrap(vm: &Vm, value: Value) -> PyResult {
    Ok(vm.alloc(PyWrappedValue { header: Header::EMPTY, value: Slot::new(value) })?.value())
}

/// Slots of `async_generator`.
pub const SLOTS: Slots = Slots {
    am_aiter: Some(|_, this| Ok(this)),
    am_anext: Some(|vm, this| asend(vm, this, Value::NONE)),
    finalize: Some(generators::finalize),
    repr: Some(generators::repr),
    ..Slots::NONE
};

fn generator_of(this: Value) -> Gc<PyGenerator> {
    // SAFETY: called with async generators only.
    unsafe { this.as_gc_unchecked() }
}

/// Calls the hooks that `sys.set_asyncgen_hooks` set, when a generator is first iterated over.
fn call_hooks(vm: &Vm, generator: Gc<PyGenerator>) -> PyResult<()> {
    if generator.hooks_inited.replace(true) {
        return Ok(());
    }
    let thread = vm.thread();
    if let Some(finalizer) = thread.asyncgen_finalizer.get().and_then(Value::not_none) {
        generator.origin.set(vm, generator, finalizer);
        // SAFETY: a live object.
        unsafe { vm.heap().register_finalizable(generator.as_ptr().cast()) };
    }
    if let Some(first) = thread.asyncgen_firstiter.get().and_then(Value::not_none) {
        vm.call(first, &[generator.value()])?;
    }
    Ok(())
}

/// How far an awaitable was awaited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Fresh,
    Started,
    Closed,
}

/// What resuming gave, seen from the awaitable: a wrapped value is the awaitable's result.
fn unwrapped(vm: &Vm, generator: Gc<PyGenerator>, sent: PyResult<Sent>) -> PyResult<Sent> {
    match sent {
        Ok(Sent::Yield(value)) => match vm.cast_exact::<PyWrappedValue>(value) {
            Some(wrapped) => {
                generator.awaited.set(false);
                Ok(Sent::Return(wrapped.value.get_set()))
            }
            None => Ok(Sent::Yield(value)),
        },
        Ok(Sent::Return(_)) => {
            generator.closed.set(true);
            generator.awaited.set(false);
            Err(vm.raise_with(vm.exceptions().StopAsyncIteration, &[]))
        }
        Err(raised) => {
            if is_end(vm) {
                generator.closed.set(true);
            }
            generator.awaited.set(false);
            Err(raised)
        }
    }
}

/// Whether the pending exception says that the generator has ended.
fn is_end(vm: &Vm) -> bool {
    let exceptions = vm.exceptions();
    vm.pending_exception().is_some_and(|pending| {
        vm.is_instance(pending.value(), exceptions.StopAsyncIteration)
            || vm.is_instance(pending.value(), exceptions.GeneratorExit)
    })
}

/// What `__anext__()` and `asend()` give.
#[repr(C)]
#[derive(Trace)]
pub struct PyAsyncSend {
    header: Header,
    generator: Slot<Gc<PyGenerator>>,
    /// What is sent when it is first awaited.
    value: Slot,
    #[trace(skip)]
    progress: Cell<Progress>,
}

fn asend(vm: &Vm, generator: Value, value: Value) -> PyResult {
    let generator = generator_of(generator);
    call_hooks(vm, generator)?;
    let made = PyAsyncSend {
        header: Header::EMPTY,
        generator: Slot::new(generator),
        value: Slot::new(value),
        progress: Cell::new(Progress::Fresh),
    };
    Ok(vm.alloc(made)?.value())
}

impl PyAsyncSend {
    fn begin(&self, vm: &Vm) -> PyResult<()> {
        match self.progress.get() {
            Progress::Closed => Err(vm.runtime_error("cannot reuse already awaited __anext__()/asend()")),
            Progress::Fresh if self.generator.get_set().awaited.get() => {
                self.progress.set(Progress::Closed);
                Err(vm.runtime_error("anext(): asynchronous generator is already running"))
            }
            _ => Ok(()),
        }
    }

    /// Notes the outcome of a step: after an error or the result nothing more can come.
    fn after(&self, sent: PyResult<Sent>) -> PyResult<Sent> {
        if !matches!(sent, Ok(Sent::Yield(_))) {
            self.progress.set(Progress::Closed);
        }
        sent
    }

    fn step(&self, vm: &Vm, value: Value) -> PyResult<Sent> {
        self.begin(vm)?;
        let fresh = self.progress.get() == Progress::Fresh;
        let value = if fresh && value.is_none() { self.value.get_set() } else { value };
        self.progress.set(Progress::Started);
        let generator = self.generator.get_set();
        generator.awaited.set(true);
        let sent = generators::send(vm, generator.value(), value);
        self.after(unwrapped(vm, generator, sent))
    }

    fn throw_in(&self, vm: &Vm, exception: Gc<PyBaseException>) -> PyResult<Sent> {
        self.begin(vm)?;
        self.progress.set(Progress::Started);
        let generator = self.generator.get_set();
        generator.awaited.set(true);
        let sent = generators::throw(vm, generator, exception, true);
        self.after(unwrapped(vm, generator, sent))
    }
}

/// The result of a method of an awaitable: its end is a `StopIteration` with the result.
fn yielded_or_stop(vm: &Vm, sent: PyResult<Sent>) -> PyResult {
    match sent? {
        Sent::Yield(value) => Ok(value),
        Sent::Return(value) => Err(vm.stop_iteration(value)),
    }
}

/// As [`yielded_or_stop`], for the slot that has its own way of saying that there is nothing more.
fn next_of(vm: &Vm, sent: PyResult<Sent>) -> PyResult<Option<Value>> {
    match sent? {
        Sent::Yield(value) => Ok(Some(value)),
        Sent::Return(value) if value.is_none() => Ok(None),
        Sent::Return(value) => Err(vm.stop_iteration(value)),
    }
}

/// `close()` of an awaitable, after `GeneratorExit` was thrown into it.
fn closed(vm: &Vm, sent: PyResult<Sent>) -> PyResult<()> {
    match sent {
        Ok(Sent::Yield(_)) => Err(vm.runtime_error("coroutine ignored GeneratorExit")),
        Ok(Sent::Return(_)) => Ok(()),
        Err(raised) => {
            let error = vm.take_exception(raised);
            let exceptions = vm.exceptions();
            let ends = [exceptions.StopIteration, exceptions.StopAsyncIteration, exceptions.GeneratorExit];
            if ends.iter().any(|&class| vm.is_instance(error.value(), class)) {
                Ok(())
            } else {
                Err(vm.raise_again(error))
            }
        }
    }
}

fn generator_exit(vm: &Vm) -> PyResult<Gc<PyBaseException>> {
    vm.new_exception(vm.exceptions().GeneratorExit, &[])
}

#[py_type(name = "async_generator_asend", flags(DISALLOW_INSTANTIATION))]
impl PyAsyncSend {
    #[slot(am_await)]
    fn await_slot(this: Value) -> Value {
        this
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyAsyncSend>) -> PyResult<Option<Value>> {
        next_of(vm, this.step(vm, Value::NONE))
    }

    #[slot(am_send)]
    fn send_slot(vm: &Vm, this: Gc<PyAsyncSend>, value: Value) -> PyResult<Sent> {
        this.step(vm, value)
    }

    #[method("send($self, value, /)")]
    fn send(vm: &Vm, this: Gc<PyAsyncSend>, value: Value) -> PyResult {
        yielded_or_stop(vm, this.step(vm, value))
    }

    #[method("throw", raw, signature = "($self, type, value=None, traceback=None, /)")]
    fn throw(vm: &Vm, this: Gc<PyAsyncSend>, args: Args<'_>) -> PyResult {
        let exception = thrown(vm, args)?;
        yielded_or_stop(vm, this.throw_in(vm, exception))
    }

    #[method("close($self, /)")]
    fn close(vm: &Vm, this: Gc<PyAsyncSend>) -> PyResult<()> {
        if this.progress.get() == Progress::Closed {
            return Ok(());
        }
        closed(vm, this.throw_in(vm, generator_exit(vm)?))
    }
}

/// What `athrow()` and `aclose()` give.
#[repr(C)]
#[derive(Trace)]
pub struct PyAsyncThrow {
    header: Header,
    generator: Slot<Gc<PyGenerator>>,
    /// The arguments of `athrow`; empty for `aclose`.
    args: Slot<Gc<PyTuple>>,
    #[trace(skip)]
    progress: Cell<Progress>,
}

fn athrow(vm: &Vm, generator: Value, args: Option<Args<'_>>) -> PyResult {
    let generator = generator_of(generator);
    call_hooks(vm, generator)?;
    let args = match args {
        Some(args) => Some(vm.new_tuple(args.all())?),
        None => None,
    };
    let made = PyAsyncThrow {
        header: Header::EMPTY,
        generator: Slot::new(generator),
        args: Slot::maybe(args),
        progress: Cell::new(Progress::Fresh),
    };
    Ok(vm.alloc(made)?.value())
}

impl PyAsyncThrow {
    fn is_close(&self) -> bool {
        self.args.get().is_none()
    }

    /// Ends the awaitable with an error.
    fn fail(&self, raised: Raised) -> PyResult<Sent> {
        self.progress.set(Progress::Closed);
        Err(raised)
    }

    fn check_not_running(&self, vm: &Vm) -> PyResult<()> {
        if !self.generator.get_set().awaited.get() {
            return Ok(());
        }
        self.progress.set(Progress::Closed);
        let method = if self.is_close() { "aclose" } else { "athrow" };
        Err(vm.runtime_error(format_args!("{method}(): asynchronous generator is already running")))
    }

    /// Notes the outcome of a step.
    fn after(&self, vm: &Vm, sent: PyResult<Sent>) -> PyResult<Sent> {
        let generator = self.generator.get_set();
        if !self.is_close() {
            let sent = unwrapped(vm, generator, sent);
            if !matches!(sent, Ok(Sent::Yield(_))) {
                self.progress.set(Progress::Closed);
            }
            return sent;
        }
        match sent {
            Ok(Sent::Yield(value)) if vm.cast_exact::<PyWrappedValue>(value).is_none() => Ok(Sent::Yield(value)),
            Ok(Sent::Yield(_)) => {
                generator.awaited.set(false);
                self.fail(vm.runtime_error("async generator ignored GeneratorExit"))
            }
            Ok(Sent::Return(_)) => {
                generator.awaited.set(false);
                self.progress.set(Progress::Closed);
                Ok(Sent::Return(Value::NONE))
            }
            Err(raised) => {
                generator.awaited.set(false);
                self.progress.set(Progress::Closed);
                if is_end(vm) {
                    vm.take_exception(raised);
                    return Ok(Sent::Return(Value::NONE));
                }
                Err(raised)
            }
        }
    }

    fn step(&self, vm: &Vm, value: Value) -> PyResult<Sent> {
        let generator = self.generator.get_set();
        if self.progress.get() == Progress::Closed {
            return Err(vm.runtime_error("cannot reuse already awaited aclose()/athrow()"));
        }
        if generator.state.get() == State::Finished {
            self.progress.set(Progress::Closed);
            return Ok(Sent::Return(Value::NONE));
        }
        if self.progress.get() == Progress::Started {
            let sent = generators::send(vm, generator.value(), value);
            return self.after(vm, sent);
        }
        self.check_not_running(vm)?;
        if generator.closed.get() {
            return self.fail(vm.raise_with(vm.exceptions().StopAsyncIteration, &[]));
        }
        if !value.is_none() {
            return Err(vm.runtime_error("can't send non-None value to a just-started coroutine"));
        }
        self.progress.set(Progress::Started);
        generator.awaited.set(true);
        let exception = match self.args.get() {
            None => {
                generator.closed.set(true);
                generator_exit(vm)?
            }
            Some(args) => match thrown(vm, Args::positional(args.as_slice())) {
                Ok(exception) => exception,
                Err(raised) => {
                    generator.awaited.set(false);
                    return self.fail(raised);
                }
            },
        };
        let sent = generators::throw(vm, generator, exception, false);
        self.after(vm, sent)
    }

    fn throw_in(&self, vm: &Vm, exception: Gc<PyBaseException>) -> PyResult<Sent> {
        match self.progress.get() {
            Progress::Closed => {
                return Err(vm.runtime_error("cannot reuse already awaited aclose()/athrow()"));
            }
            Progress::Fresh => {
                self.check_not_running(vm)?;
                self.progress.set(Progress::Started);
                self.generator.get_set().awaited.set(true);
            }
            Progress::Started => {}
        }
        let sent = generators::throw(vm, self.generator.get_set(), exception, true);
        self.after(vm, sent)
    }
}

#[py_type(name = "async_generator_athrow", flags(DISALLOW_INSTANTIATION))]
impl PyAsyncThrow {
    #[slot(am_await)]
    fn await_slot(this: Value) -> Value {
        this
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyAsyncThrow>) -> PyResult<Option<Value>> {
        next_of(vm, this.step(vm, Value::NONE))
    }

    #[slot(am_send)]
    fn send_slot(vm: &Vm, this: Gc<PyAsyncThrow>, value: Value) -> PyResult<Sent> {
        this.step(vm, value)
    }

    #[method("send($self, value, /)")]
    fn send(vm: &Vm, this: Gc<PyAsyncThrow>, value: Value) -> PyResult {
        yielded_or_stop(vm, this.step(vm, value))
    }

    #[method("throw", raw, signature = "($self, type, value=None, traceback=None, /)")]
    fn throw(vm: &Vm, this: Gc<PyAsyncThrow>, args: Args<'_>) -> PyResult {
        let exception = thrown(vm, args)?;
        yielded_or_stop(vm, this.throw_in(vm, exception))
    }

    #[method("close($self, /)")]
    fn close(vm: &Vm, this: Gc<PyAsyncThrow>) -> PyResult<()> {
        if this.progress.get() == Progress::Closed {
            return Ok(());
        }
        closed(vm, this.throw_in(vm, generator_exit(vm)?))
    }
}

#[py_methods(PART, of = "async_generator")]
impl PyAsyncGenerator {
    #[getter("__name__", doc = "name of the async generator")]
    fn name(this: Gc<PyAsyncGenerator>) -> Gc<PyStr> {
        generator_of(this.value()).name.get_set()
    }

    #[setter("__name__")]
    fn set_name(vm: &Vm, this: Gc<PyAsyncGenerator>, value: Option<Value>) -> PyResult<()> {
        generators::set_name(vm, generator_of(this.value()), value, false)
    }

    #[getter("__qualname__", doc = "qualified name of the async generator")]
    fn qualname(this: Gc<PyAsyncGenerator>) -> Gc<PyStr> {
        generator_of(this.value()).qualname.get_set()
    }

    #[setter("__qualname__")]
    fn set_qualname(vm: &Vm, this: Gc<PyAsyncGenerator>, value: Option<Value>) -> PyResult<()> {
        generators::set_name(vm, generator_of(this.value()), value, true)
    }

    #[getter("ag_frame")]
    fn frame(vm: &Vm, this: Gc<PyAsyncGenerator>) -> PyResult {
        generators::frame(vm, generator_of(this.value()))
    }

    #[getter("ag_running", member)]
    fn running(this: Gc<PyAsyncGenerator>) -> bool {
        generator_of(this.value()).awaited.get()
    }

    #[getter("ag_suspended")]
    fn suspended(this: Gc<PyAsyncGenerator>) -> bool {
        generator_of(this.value()).state.get() == State::Suspended
    }

    #[getter("ag_code")]
    fn code(this: Gc<PyAsyncGenerator>) -> Value {
        generators::code(generator_of(this.value()))
    }

    #[getter("ag_await")]
    fn awaited(vm: &Vm, this: Gc<PyAsyncGenerator>) -> Option<Value> {
        awaited_by(vm, this.value())
    }

    #[method("asend($self, value, /)", doc = "asend(v) -> send 'v' in generator.")]
    fn asend(vm: &Vm, this: Value, value: Value) -> PyResult {
        asend(vm, this, value)
    }

    #[method(
        "athrow",
        raw,
        signature = "($self, type, value=None, traceback=None, /)",
        doc = "athrow(value)\nathrow(type[,value[,tb]])\n\nraise exception in generator.\nthe (type, val, tb) signature is \
               deprecated, \nand may be removed in a future version of Python."
    )]
    fn athrow(vm: &Vm, this: Value, args: Args<'_>) -> PyResult {
        if args.positionals().len() > 1 {
            warn_deprecated_throw(vm, "athrow")?;
        }
        athrow(vm, this, Some(args))
    }

    #[method("aclose($self, /)", doc = "aclose() -> raise GeneratorExit inside generator.")]
    fn aclose(vm: &Vm, this: Value) -> PyResult {
        athrow(vm, this, None)
    }
}
