//! What Python code does with generators and coroutines: their methods and attributes.
//! CPython: Objects/genobject.c.

use kaa_bytecode::operands::resume;
use kaa_macros::py_methods;
use kaa_objects::class::{PyType, Sent, Slots};
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Value, Vm, ids};

use crate::coroutine_wrapper::PyCoroutineWrapper;
use crate::dispatch::generators::{kind_text, run, stop_value};
use crate::frame::Frame;
use crate::frame_object;
use crate::generator::{PyCoroutine, PyGenerator, PyPlainGenerator, State, awaited_by};

/// Slots of `generator`.
pub const GENERATOR_SLOTS: Slots = Slots {
    iter: Some(|_, this| Ok(this)),
    iternext: Some(next),
    am_send: Some(send),
    finalize: Some(finalize),
    repr: Some(repr),
    ..Slots::NONE
};

/// Slots of `coroutine`.
pub const COROUTINE_SLOTS: Slots = Slots {
    am_await: Some(coroutine_await),
    am_send: Some(send),
    finalize: Some(finalize),
    repr: Some(repr),
    ..Slots::NONE
};

/// The generator behind a slot's or method's `self`, which the caller knows to be one.
fn generator_of(this: Value) -> Gc<PyGenerator> {
    // SAFETY: slots and methods of the three types are only called with their instances.
    unsafe { this.as_gc_unchecked() }
}

/// How resuming may go on about a generator that cannot be resumed.
fn check_resumable(vm: &Vm, generator: Gc<PyGenerator>, sent: Option<Value>, closing: bool) -> PyResult<Option<Sent>> {
    let kind = kind_text(vm, generator);
    match generator.state.get() {
        State::Created if sent.is_some_and(|sent| !sent.is_none()) => {
            Err(vm.type_error(format_args!("can't send non-None value to a just-started {kind}")))
        }
        State::Running => Err(vm.value_error(format_args!("{kind} already executing"))),
        State::Finished if kind == "coroutine" && !closing => {
            Err(vm.runtime_error("cannot reuse already awaited coroutine"))
        }
        State::Finished => Ok(Some(Sent::Return(Value::NONE))),
        State::Created | State::Suspended => Ok(None),
    }
}

/// Resumes a generator with a value: the slot `am_send`.
pub fn send(vm: &Vm, this: Value, sent: Value) -> PyResult<Sent> {
    let generator = generator_of(this);
    if let Some(ended) = check_resumable(vm, generator, Some(sent), false)? {
        return Ok(ended);
    }
    // SAFETY: it is suspended or was not started.
    unsafe { run(vm, generator, sent, false) }
}

/// Resumes a generator with an exception, at the place where it is suspended.
fn raise_inside(vm: &Vm, generator: Gc<PyGenerator>, exception: Gc<PyBaseException>, closing: bool) -> PyResult<Sent> {
    match generator.state.get() {
        State::Finished if closing || kind_text(vm, generator) != "coroutine" => Err(vm.raise_again(exception)),
        _ => {
            check_resumable(vm, generator, None, closing)?;
            if let Some(handled) = generator.handled.get() {
                vm.set_context_avoiding_cycles(exception, handled);
            }
            let _ = vm.raise_again(exception);
            // SAFETY: it is suspended or was not started; an exception is pending.
            unsafe { run(vm, generator, Value::NONE, true) }
        }
    }
}

fn next(vm: &Vm, this: Value) -> PyResult<Option<Value>> {
    match send(vm, this, Value::NONE)? {
        Sent::Yield(value) => Ok(Some(value)),
        Sent::Return(_) => Ok(None),
    }
}

/// The result of a method that resumes: the end is a `StopIteration` with the value.
fn yielded_or_stop(vm: &Vm, sent: PyResult<Sent>) -> PyResult {
    match sent? {
        Sent::Yield(value) => Ok(value),
        Sent::Return(value) => Err(vm.stop_iteration(value)),
    }
}

/// Closes what a generator delegates to.
fn close_delegate(vm: &Vm, generator: Gc<PyGenerator>, delegate: Value) -> PyResult<()> {
    if is_generator(delegate) {
        return close(vm, generator_of(delegate)).map(|_| ());
    }
    match vm.get_attr_optional(delegate, vm.names().close) {
        Ok(Some(close)) => vm.call(close, &[]).map(drop),
        Ok(None) => Ok(()),
        Err(raised) => {
            vm.report_ignored(Err(raised), "Exception ignored while closing generator", Some(generator.value()));
            Ok(())
        }
    }
}

/// Whether a value is a plain generator or coroutine.
fn is_generator(value: Value) -> bool {
    value.is_object() && matches!(value.shape_id(), ids::GENERATOR | ids::COROUTINE)
}

/// Runs something for a generator that counts as running meanwhile.
fn while_running<T>(generator: Gc<PyGenerator>, act: impl FnOnce() -> T) -> T {
    let state = generator.state.replace(State::Running);
    // Its frame is not scanned as a running one: it must stay traced precisely.
    generator.delegating.set(true);
    let result = act();
    generator.delegating.set(false);
    generator.state.set(state);
    result
}

/// As [`while_running`], and what runs sees the generator's frame as that of its caller.
fn while_calling<T>(vm: &Vm, generator: Gc<PyGenerator>, act: impl FnOnce() -> T) -> T {
    let frame = generator.frame();
    let outer = vm.thread().frame.get();
    // SAFETY: the frame of a suspended generator, which the stack keeps in place; whoever follows
    // the chain of frames finds the end of its stack.
    unsafe {
        (*frame).sp = generator.stack_end();
        (*frame).previous = outer.cast();
    }
    vm.thread().frame.set(frame.cast());
    let result = while_running(generator, act);
    vm.thread().frame.set(outer);
    // SAFETY: as above.
    unsafe { (*frame).previous = std::ptr::null_mut() };
    result
}

/// Throws an exception into a generator, or into what it delegates to. With `close_on_exit` a
/// `GeneratorExit` closes the delegate first.
pub fn throw(
    vm: &Vm,
    generator: Gc<PyGenerator>,
    exception: Gc<PyBaseException>,
    close_on_exit: bool,
) -> PyResult<Sent> {
    let Some(delegate) = awaited_by(vm, generator.value()) else {
        return raise_inside(vm, generator, exception, false);
    };
    if close_on_exit && vm.is_instance(exception.value(), vm.exceptions().GeneratorExit) {
        return match while_running(generator, || close_delegate(vm, generator, delegate)) {
            Ok(()) => raise_inside(vm, generator, exception, false),
            Err(raised) => {
                let error = vm.take_exception(raised);
                raise_inside(vm, generator, error, false)
            }
        };
    }
    let result = while_calling(vm, generator, || -> PyResult<Option<Value>> {
        if is_generator(delegate) {
            let sent = throw(vm, generator_of(delegate), exception, close_on_exit);
            return yielded_or_stop(vm, sent).map(Some);
        }
        match vm.get_attr_optional(delegate, vm.names().throw)? {
            Some(throw) => vm.call(throw, &[exception.value()]).map(Some),
            None => Ok(None),
        }
    });
    match result {
        Ok(Some(value)) => Ok(Sent::Yield(value)),
        Ok(None) => raise_inside(vm, generator, exception, false),
        Err(raised) => {
            let error = vm.take_exception(raised);
            raise_inside(vm, generator, error, false)
        }
    }
}

/// `close()`: the value that the generator returned, or `None`.
pub fn close(vm: &Vm, generator: Gc<PyGenerator>) -> PyResult {
    match generator.state.get() {
        State::Created => {
            generator.end();
            return Ok(Value::NONE);
        }
        State::Finished => return Ok(Value::NONE),
        State::Running | State::Suspended => {}
    }
    let error = match awaited_by(vm, generator.value()) {
        Some(delegate) => while_running(generator, || close_delegate(vm, generator, delegate)).err(),
        None => {
            if generator.state.get() == State::Suspended && !is_inside_try(generator) {
                // SAFETY: the generator's frame is whole until it is ended.
                unsafe { crate::monitoring::exceptions::closed(vm, generator) }?;
                end_observed(vm, generator);
                return Ok(Value::NONE);
            }
            None
        }
    };
    let result = match error {
        Some(raised) => {
            let error = vm.take_exception(raised);
            raise_inside(vm, generator, error, false)
        }
        None => {
            let exit = vm.new_exception(vm.exceptions().GeneratorExit, &[])?;
            raise_inside(vm, generator, exit, true)
        }
    };
    let raised = match result {
        Ok(Sent::Yield(_)) => {
            return Err(vm.runtime_error(format_args!("{} ignored GeneratorExit", kind_text(vm, generator))));
        }
        Ok(Sent::Return(value)) => return Ok(value),
        Err(raised) => raised,
    };
    let error = vm.take_exception(raised);
    if vm.is_instance(error.value(), vm.exceptions().StopIteration) {
        stop_value(vm, error.value())
    } else if vm.is_instance(error.value(), vm.exceptions().GeneratorExit) {
        Ok(Value::NONE)
    } else {
        Err(vm.raise_again(error))
    }
}

/// Ends a suspended generator without running it; its frame object keeps the variables.
fn end_observed(vm: &Vm, generator: Gc<PyGenerator>) {
    let frame = generator.frame();
    // SAFETY: the frame of a suspended generator.
    unsafe {
        if (*frame).frame_object != 0 {
            (*frame).sp = generator.stack_end();
            frame_object::detach(vm, frame);
        }
    }
    generator.end();
}

/// Whether a suspended generator stands inside a `try` or `with` of its own.
pub fn is_inside_try(generator: Gc<PyGenerator>) -> bool {
    // SAFETY: a suspended frame stands before a `RESUME`, whose argument tells.
    let unit = unsafe { *(*generator.frame()).pc };
    u32::from(unit >> 8) & resume::DEPTH1_MASK == 0
}

/// What is done when a generator is found unreachable.
pub fn finalize(vm: &Vm, this: Value) -> PyResult<()> {
    let generator = generator_of(this);
    match generator.state.get() {
        State::Finished | State::Running => return Ok(()),
        State::Created if this.shape_id() == ids::COROUTINE => warn_never_awaited(vm, generator),
        _ => {}
    }
    if this.shape_id() == ids::ASYNC_GENERATOR
        && !generator.closed.get()
        && let Some(finalizer) = generator.origin.get().filter(|finalizer| !finalizer.is_none())
    {
        let result = vm.call(finalizer, &[this]).map(drop);
        vm.report_ignored(result, "Exception ignored while finalizing generator", Some(this));
        return Ok(());
    }
    let result = close(vm, generator).map(drop);
    vm.report_ignored(result, "Exception ignored while closing generator", Some(this));
    Ok(())
}

/// Warns of a coroutine that was never awaited: by the library's function, which knows where it was
/// made, when `warnings` can be imported.
fn warn_never_awaited(vm: &Vm, coroutine: Gc<PyGenerator>) {
    let by_library = || -> PyResult<bool> {
        let Some(import) = vm.hooks.import.get() else { return Ok(false) };
        let imported = import(vm, "warnings");
        let Ok(warnings) = vm.catch(imported, vm.exceptions().ImportError)? else { return Ok(false) };
        match vm.get_attr_optional(warnings, vm.intern("_warn_unawaited_coroutine"))? {
            Some(warn) => vm.call(warn, &[coroutine.value()]).map(|_| true),
            None => Ok(false),
        }
    };
    let result = by_library().and_then(|warned| match vm.hooks.warn.get() {
        Some(warn) if !warned => {
            let name = coroutine.qualname.get_set().to_string_lossy();
            let text = format!("coroutine '{name}' was never awaited");
            warn(vm, vm.exceptions().RuntimeWarning.value(), &text, 1)
        }
        _ => Ok(()),
    });
    vm.report_ignored(result, "Exception ignored while finalizing coroutine", Some(coroutine.value()));
}

pub fn repr(vm: &Vm, this: Value) -> PyResult {
    let generator = generator_of(this);
    let (name, address) = (generator.qualname.get_set().to_string_lossy(), vm.pin(generator));
    let kind = match this.shape_id() {
        ids::ASYNC_GENERATOR => "async_generator",
        ids::COROUTINE => "coroutine",
        _ => "generator",
    };
    Ok(vm.new_str(&format!("<{kind} object {name} at {address:#x}>"))?.value())
}

/// The exception that the arguments of `throw` mean.
pub fn thrown(vm: &Vm, args: Args<'_>) -> PyResult<Gc<PyBaseException>> {
    args.no_keywords(vm, "throw")?;
    let (exception, value, traceback) = match *args.positionals() {
        [exception] => (exception, None, None),
        [exception, value] => (exception, Some(value), None),
        [exception, value, traceback] => (exception, Some(value), Some(traceback)),
        [] => return Err(vm.type_error("throw expected at least 1 argument, got 0")),
        [..] => {
            let count = args.positionals().len();
            return Err(vm.type_error(format_args!("throw expected at most 3 arguments, got {count}")));
        }
    };
    if value.is_some() {
        warn_deprecated_throw(vm, "throw")?;
    }
    let value = value.and_then(Value::not_none);
    let traceback = traceback.and_then(Value::not_none);
    if let Some(traceback) = traceback
        && vm.cast::<crate::traceback::PyTraceback>(traceback).is_none()
    {
        return Err(vm.type_error("throw() third argument must be a traceback object"));
    }
    let made = if crate::dispatch::exceptions::is_exception_class(vm, exception) {
        let class: Option<Gc<PyType>> = vm.cast(exception);
        let made = match value {
            Some(value) if class.is_some_and(|class| vm.is_instance(value, class)) => Ok(value),
            Some(value) => match vm.cast::<kaa_objects::types::tuple::PyTuple>(value) {
                Some(arguments) => vm.call(exception, arguments.as_slice()),
                None => vm.call(exception, &[value]),
            },
            None => vm.call(exception, &[]),
        };
        let made = made.and_then(|made| match vm.cast::<PyBaseException>(made) {
            Some(_) => Ok(made),
            None => {
                let (class, given) = (vm.repr_lossy(exception), vm.qualified_class_name(vm.class_of(made))?);
                Err(vm.type_error(format_args!(
                    "calling {class} should have returned an instance of BaseException, not {given}"
                )))
            }
        });
        // What goes wrong in making it is thrown in its place.
        made.unwrap_or_else(|raised| vm.take_exception(raised).value())
    } else {
        if vm.cast::<PyBaseException>(exception).is_some() && value.is_some() {
            return Err(vm.type_error("instance exception may not have a separate value"));
        }
        exception
    };
    let Some(made) = vm.cast::<PyBaseException>(made) else {
        let kind = vm.class_name(made);
        return Err(vm.type_error(format_args!(
            "exceptions must be classes or instances deriving from BaseException, not {kind}"
        )));
    };
    if let Some(traceback) = traceback {
        made.traceback.set(vm, made, traceback);
    }
    Ok(made)
}

/// Warns of arguments that say an exception in the old way.
pub fn warn_deprecated_throw(vm: &Vm, method: &str) -> PyResult<()> {
    let text =
        format!("the (type, exc, tb) signature of {method}() is deprecated, use the single-arg signature instead.");
    match vm.hooks.warn.get() {
        Some(warn) => warn(vm, vm.exceptions().DeprecationWarning.value(), &text, 1),
        None => Ok(()),
    }
}

/// `gi_frame` and its like: `None` when the generator has ended.
pub fn frame(vm: &Vm, generator: Gc<PyGenerator>) -> PyResult {
    if generator.state.get() == State::Finished {
        return Ok(Value::NONE);
    }
    // SAFETY: the frame is that of a generator that has not ended.
    Ok(unsafe { frame_object::of(vm, generator.frame()) }?.value())
}

pub fn set_name(vm: &Vm, generator: Gc<PyGenerator>, value: Option<Value>, qualified: bool) -> PyResult<()> {
    let attribute = if qualified { "__qualname__" } else { "__name__" };
    let name = value.and_then(|value| vm.cast::<PyStr>(value));
    let Some(name) = name else {
        return Err(vm.type_error(format_args!("{attribute} must be set to a string object")));
    };
    let slot = if qualified { &generator.qualname } else { &generator.name };
    slot.set(vm, generator, name);
    Ok(())
}

pub fn code(generator: Gc<PyGenerator>) -> Value {
    Frame::code_of(generator.frame()).value()
}

/// Attributes and methods that differ only in the prefix of their names.
macro_rules! shared {
    ($part:ident, $type:ident, $python:literal $name_doc:literal $qualname_doc:literal, $frame:literal $running:literal $suspended:literal $code:literal
     $await:literal, $($more:tt)*) => {
        #[py_methods($part, of = $python)]
        impl $type {
            #[getter("__name__", doc = $name_doc)]
            fn name(this: Gc<$type>) -> Gc<PyStr> {
                generator_of(this.value()).name.get_set()
            }

            #[setter("__name__")]
            fn set_name(vm: &Vm, this: Gc<$type>, value: Option<Value>) -> PyResult<()> {
                set_name(vm, generator_of(this.value()), value, false)
            }

            #[getter("__qualname__", doc = $qualname_doc)]
            fn qualname(this: Gc<$type>) -> Gc<PyStr> {
                generator_of(this.value()).qualname.get_set()
            }

            #[setter("__qualname__")]
            fn set_qualname(vm: &Vm, this: Gc<$type>, value: Option<Value>) -> PyResult<()> {
                set_name(vm, generator_of(this.value()), value, true)
            }

            #[getter($frame)]
            fn frame(vm: &Vm, this: Gc<$type>) -> PyResult<Value> {
                frame(vm, generator_of(this.value()))
            }

            #[getter($running)]
            fn running(this: Gc<$type>) -> bool {
                generator_of(this.value()).state.get() == State::Running
            }

            #[getter($suspended)]
            fn suspended(this: Gc<$type>) -> bool {
                generator_of(this.value()).state.get() == State::Suspended
            }

            #[getter($code)]
            fn code(this: Gc<$type>) -> Value {
                code(generator_of(this.value()))
            }

            #[getter($await)]
            fn awaited(vm: &Vm, this: Gc<$type>) -> Option<Value> {
                awaited_by(vm, this.value())
            }

            $($more)*
        }
    };
}

shared! {
    GENERATOR_PART, PyPlainGenerator, "generator" "name of the generator" "qualified name of the generator",
    "gi_frame" "gi_running" "gi_suspended" "gi_code" "gi_yieldfrom",

    #[method("send($self, value, /)", doc = "send(value) -> send 'value' into generator,\nreturn next yielded value or raise StopIteration.")]
    fn send(vm: &Vm, this: Gc<PyPlainGenerator>, value: Value) -> PyResult<Value> {
        yielded_or_stop(vm, send(vm, this.value(), value))
    }

    #[method("throw", raw, signature = "($self, type, value=None, traceback=None, /)", doc = "throw(value)\nthrow(type[,value[,tb]])\n\nRaise exception in generator, return next yielded value or raise\nStopIteration.\nthe (type, val, tb) signature is deprecated, \nand may be removed in a future version of Python.")]
    fn throw(vm: &Vm, this: Gc<PyPlainGenerator>, args: Args<'_>) -> PyResult<Value> {
        let exception = thrown(vm, args)?;
        yielded_or_stop(vm, throw(vm, generator_of(this.value()), exception, true))
    }

    #[method("close($self, /)", doc = "close() -> raise GeneratorExit inside generator.")]
    fn close(vm: &Vm, this: Gc<PyPlainGenerator>) -> PyResult<Value> {
        close(vm, generator_of(this.value()))
    }
}

shared! {
    COROUTINE_PART, PyCoroutine, "coroutine" "name of the coroutine" "qualified name of the coroutine",
    "cr_frame" "cr_running" "cr_suspended" "cr_code" "cr_await",

    #[getter("cr_origin", member)]
    fn origin(this: Gc<PyCoroutine>) -> Option<Value> {
        generator_of(this.value()).origin.get()
    }

    #[method("send($self, value, /)", doc = "send(arg) -> send 'arg' into coroutine,\nreturn next iterated value or raise StopIteration.")]
    fn send(vm: &Vm, this: Gc<PyCoroutine>, value: Value) -> PyResult<Value> {
        yielded_or_stop(vm, send(vm, this.value(), value))
    }

    #[method("throw", raw, signature = "($self, type, value=None, traceback=None, /)", doc = "throw(value)\nthrow(type[,value[,traceback]])\n\nRaise exception in coroutine, return next iterated value or raise\nStopIteration.\nthe (type, val, tb) signature is deprecated, \nand may be removed in a future version of Python.")]
    fn throw(vm: &Vm, this: Gc<PyCoroutine>, args: Args<'_>) -> PyResult<Value> {
        let exception = thrown(vm, args)?;
        yielded_or_stop(vm, throw(vm, generator_of(this.value()), exception, true))
    }

    #[method("close($self, /)", doc = "close() -> raise GeneratorExit inside coroutine.")]
    fn close(vm: &Vm, this: Gc<PyCoroutine>) -> PyResult<Value> {
        close(vm, generator_of(this.value()))
    }
}

fn coroutine_await(vm: &Vm, this: Value) -> PyResult {
    PyCoroutineWrapper::around(vm, generator_of(this))
}
