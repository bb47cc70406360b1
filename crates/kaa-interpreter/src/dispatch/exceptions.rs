//! Raising and handling exceptions, and `with` statements.

use kaa_bytecode::operands::SpecialMethod;
use kaa_objects::class::PyType;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::control::wrong_operand;
use super::state::{object, op, value, word};
use crate::frame::Frame;
use crate::unwind::{RERAISED, unwind};

op! {
    fn push_exc_info<D>(s, arg) {
        let exception = s.peek(1);
        let Some(caught) = s.vm.cast::<PyBaseException>(value(exception)) else {
            s.save();
            wrong_operand(s.vm, "exception");
            return s.raise::<D>();
        };
        let previous = push_handled(s.vm, caught);
        s.poke(1, previous.bits());
        s.push(exception);
        s.next::<D>()
    }

    fn pop_except<D>(s, arg) {
        let previous = s.peek_value(1);
        if !previous.is_none() && s.vm.cast::<PyBaseException>(previous).is_none() {
            s.save();
            wrong_operand(s.vm, "exception");
            return s.raise::<D>();
        }
        s.sp = s.sp.sub(1);
        pop_handled(s.vm, previous);
        s.next::<D>()
    }

    fn check_exc_match<D>(s, arg) {
        s.save();
        let result = matches(s.vm, s.peek_value(2), s.peek_value(1));
        s.finish::<D>(1, result, 0)
    }

    fn check_eg_match<D>(s, arg) {
        s.save();
        // Both operands are replaced: the rest of the group, and what matches.
        let operands = s.sp.sub(2);
        if !match_group(s.vm, operands) {
            return s.raise::<D>();
        }
        s.next::<D>()
    }

    fn raise_varargs<D>(s, arg) {
        s.save();
        let (exception, cause) = match arg {
            0 => (None, None),
            1 => (Some(s.peek_value(1)), None),
            _ => (Some(s.peek_value(2)), Some(s.peek_value(1))),
        };
        if raise(s.vm, exception, cause) {
            return s.goto::<D>(unwind::<D>, RERAISED);
        }
        s.raise::<D>()
    }

    /// Raises the exception on the stack again; below it may be the index of the instruction
    /// where it was first raised.
    fn reraise<D>(s, arg) {
        s.save();
        let Some(exception) = s.vm.cast::<PyBaseException>(s.peek_value(1)) else {
            wrong_operand(s.vm, "exception");
            return s.raise::<D>();
        };
        if arg != 0 {
            let (code, at) = (Frame::code_of(s.fp), s.peek(arg + 1));
            if at & 1 == 0 || at >> 1 >= code.adaptive.len() as u64 {
                wrong_operand(s.vm, "place in the code");
                return s.raise::<D>();
            }
            (*s.fp).pc = code.adaptive.as_ptr().cast::<u16>().add((at >> 1) as usize + 1);
        }
        let _ = s.vm.raise_again(exception);
        s.goto::<D>(unwind::<D>, RERAISED)
    }

    fn load_special<D>(s, arg) {
        s.save();
        let owner = s.peek_value(1);
        let (method, this) = match special_method(s.vm, owner, arg) {
            Some(found) => found,
            None => return s.raise::<D>(),
        };
        s.poke(1, method.bits());
        s.push(this);
        s.next::<D>()
    }

    /// Calls the exit function of a `with` statement with the exception.
    fn with_except_start<D>(s, arg) {
        s.save();
        let result = call_exit(s.vm, s.peek_value(5), s.peek(4), s.peek_value(1));
        s.finish::<D>(0, result, 0)
    }
}

/// Makes an exception the handled one; gives what the innermost generator (or the thread) handled
/// so far, or `None`.
#[inline]
pub fn push_handled(vm: &Vm, exception: Gc<PyBaseException>) -> Value {
    let thread = vm.thread();
    let previous = match thread.handled.get() {
        Some(handled) if thread.handled_inside.get() => handled.value(),
        _ => Value::NONE,
    };
    thread.handled.set_root(Some(exception));
    thread.handled_inside.set(true);
    previous
}

/// Undoes [`push_handled`].
#[inline]
pub fn pop_handled(vm: &Vm, previous: Value) {
    let thread = vm.thread();
    if previous.is_none() {
        thread.handled.set_root(thread.handled_outside.get());
        thread.handled_inside.set(false);
    } else {
        // SAFETY: only exceptions are pushed.
        thread.handled.set_root(Some(unsafe { object(previous.bits()) }));
        thread.handled_inside.set(true);
    }
}

/// Whether a value is a class derived from `BaseException`.
pub fn is_exception_class(vm: &Vm, value: Value) -> bool {
    vm.cast::<PyType>(value).is_some_and(|class| class.is_subclass(vm.exceptions().BaseException))
}

/// Whether an `except` clause's operand may stand there; raises otherwise.
fn check_catchable(vm: &Vm, class: Value) -> PyResult<()> {
    let fine = match vm.cast::<PyTuple>(class) {
        Some(classes) => classes.as_slice().iter().all(|&class| is_exception_class(vm, class)),
        None => is_exception_class(vm, class),
    };
    if fine {
        Ok(())
    } else {
        Err(vm.type_error("catching classes that do not inherit from BaseException is not allowed"))
    }
}

/// Whether an exception is of a class or of one of a tuple of classes, by its real class.
pub fn is_of(vm: &Vm, exception: Value, class: Value) -> bool {
    match vm.cast::<PyTuple>(class) {
        Some(classes) => classes.as_slice().iter().any(|&class| is_of(vm, exception, class)),
        None => vm.cast::<PyType>(class).is_some_and(|class| vm.is_instance(exception, class)),
    }
}

#[inline(never)]
fn matches(vm: &Vm, exception: Value, class: Value) -> u64 {
    word(check_catchable(vm, class).map(|()| Value::bool(is_of(vm, exception, class))))
}

/// `except*`: splits the exception below the class at `operands` into what does not match and
/// what does.
#[inline(never)]
fn match_group(vm: &Vm, operands: *mut u64) -> bool {
    let split = || -> PyResult<()> {
        // SAFETY: two operands of the running frame.
        let (exception, class) = unsafe { (value(*operands), value(*operands.add(1))) };
        check_catchable(vm, class)?;
        let group = vm.exceptions().BaseExceptionGroup;
        let is_group = |class: Value| vm.cast::<PyType>(class).is_some_and(|class| class.is_subclass(group));
        let names_group = match vm.cast::<PyTuple>(class) {
            Some(classes) => classes.as_slice().iter().any(|&class| is_group(class)),
            None => is_group(class),
        };
        if names_group {
            return Err(vm.type_error("catching ExceptionGroup with except* is not allowed. Use except instead."));
        }
        let (rest, matched) = if exception.is_none() {
            (Value::NONE, Value::NONE)
        } else if is_of(vm, exception, class) {
            if vm.is_instance(exception, group) {
                (Value::NONE, exception)
            } else {
                // A naked exception is wrapped in a group of its own.
                let naked = vm.new_tuple(&[exception])?;
                let empty = vm.intern("");
                let wrapped = vm.call(group.value(), &[empty.value(), naked.value()])?;
                if let Some(wrapped) = vm.cast::<PyBaseException>(wrapped) {
                    crate::traceback::add_running_frame(vm, wrapped);
                }
                (Value::NONE, wrapped)
            }
        } else if vm.is_instance(exception, group) {
            let pair = vm.call_method_str(exception, "split", &[class])?;
            let Some(pair) = vm.cast::<PyTuple>(pair) else {
                let (class, kind) = (vm.class_name(exception), vm.class_name(pair));
                return Err(vm.type_error(format_args!("{class}.split must return a tuple, not {kind}")));
            };
            match *pair.as_slice() {
                [matched, rest, ..] => (rest, matched),
                _ => {
                    let class = vm.class_name(exception);
                    let len = pair.len();
                    return Err(
                        vm.type_error(format_args!("{class}.split must return a 2-tuple, got tuple of size {len}"))
                    );
                }
            }
        } else {
            (exception, Value::NONE)
        };
        if !matched.is_none()
            && let Some(matched) = vm.cast::<PyBaseException>(matched)
        {
            push_matched(vm, matched);
        }
        // SAFETY: as above.
        unsafe {
            *operands = rest.bits();
            *operands.add(1) = matched.bits();
        }
        Ok(())
    };
    split().is_ok()
}

/// What `except*` matched is the handled exception while its clause runs.
fn push_matched(vm: &Vm, matched: Gc<PyBaseException>) {
    let thread = vm.thread();
    thread.handled.set_root(Some(matched));
    thread.handled_inside.set(true);
}

/// `raise`, `raise x`, `raise x from y`: makes the exception pending. True when it is the handled
/// one, raised again.
#[cold]
#[inline(never)]
fn raise(vm: &Vm, exception: Option<Value>, cause: Option<Value>) -> bool {
    let Some(exception) = exception else {
        return match vm.thread().handled.get() {
            Some(handled) => {
                let _ = vm.raise_again(handled);
                true
            }
            None => {
                let _ = vm.runtime_error("No active exception to reraise");
                false
            }
        };
    };
    let build = || -> PyResult<Gc<PyBaseException>> {
        let made = instance_of(vm, exception, "exceptions must derive from BaseException")?;
        if let Some(cause) = cause {
            let cause = match cause.not_none() {
                None => None,
                Some(cause) => Some(instance_of(vm, cause, "exception causes must derive from BaseException")?),
            };
            made.cause.set_maybe(vm, made, cause);
            made.suppress_context.set(true);
        }
        Ok(made)
    };
    if let Ok(exception) = build() {
        let _ = vm.raise(exception);
    }
    false
}

/// The exception that is meant: itself, or an instance of the class.
fn instance_of(vm: &Vm, exception: Value, refusal: &str) -> PyResult<Gc<PyBaseException>> {
    if is_exception_class(vm, exception) {
        let made = vm.call(exception, &[])?;
        return match vm.cast::<PyBaseException>(made) {
            Some(made) => Ok(made),
            None => {
                let class = vm.repr_lossy(exception);
                let kind = vm.repr_lossy(vm.class_of(made).value());
                Err(vm.type_error(format_args!(
                    "calling {class} should have returned an instance of BaseException, not {kind}"
                )))
            }
        };
    }
    vm.cast::<PyBaseException>(exception).ok_or_else(|| vm.type_error(refusal))
}

/// The method of `LOAD_SPECIAL`, and the word to pass as its first argument or 0.
#[inline(never)]
fn special_method(vm: &Vm, owner: Value, arg: usize) -> Option<(Value, u64)> {
    let method = SpecialMethod::from_number(arg as u32)?;
    let names = vm.names();
    let name = match method {
        SpecialMethod::Enter => names.__enter__,
        SpecialMethod::Exit => names.__exit__,
        SpecialMethod::AsyncEnter => names.__aenter__,
        SpecialMethod::AsyncExit => names.__aexit__,
    };
    let class = vm.class_of(owner);
    let Some(found) = vm.lookup(class, name) else {
        no_context_manager(vm, class, method);
        return None;
    };
    let slots = vm.class_of(found);
    if slots.has_flag(kaa_objects::class::flags::METHOD_DESCRIPTOR) {
        return Some((found, owner.bits()));
    }
    match slots.slots().descr_get {
        Some(get) => get(vm, found, Some(owner), Some(class.value())).ok().map(|method| (method, 0)),
        None => Some((found, 0)),
    }
}

#[cold]
fn no_context_manager(vm: &Vm, class: Gc<PyType>, method: SpecialMethod) {
    let has = |name: &str| vm.lookup(class, vm.intern(name)).is_some();
    let name = class.name_text();
    let message = match method {
        SpecialMethod::Enter | SpecialMethod::Exit => {
            let missed = if method == SpecialMethod::Enter { "__enter__" } else { "__exit__" };
            let hint = if has("__aenter__") && has("__aexit__") {
                " but it supports the asynchronous context manager protocol. Did you mean to use 'async with'?"
            } else {
                ""
            };
            format!("'{name}' object does not support the context manager protocol (missed {missed} method){hint}")
        }
        SpecialMethod::AsyncEnter | SpecialMethod::AsyncExit => {
            let missed = if method == SpecialMethod::AsyncEnter { "__aenter__" } else { "__aexit__" };
            let hint = if has("__enter__") && has("__exit__") {
                " but it supports the context manager protocol. Did you mean to use 'with'?"
            } else {
                ""
            };
            format!(
                "'{name}' object does not support the asynchronous context manager protocol (missed {missed} \
                 method){hint}"
            )
        }
    };
    let _ = vm.type_error(message);
}

#[inline(never)]
fn call_exit(vm: &Vm, exit: Value, this: u64, exception: Value) -> u64 {
    let traceback =
        vm.cast::<PyBaseException>(exception).and_then(|exception| exception.traceback.get()).unwrap_or(Value::NONE);
    let class = vm.class_of(exception).value();
    // SAFETY: the operand is a value or 0.
    word(match unsafe { Value::from_bits(this) } {
        Some(this) => vm.call(exit, &[this, class, exception, traceback]),
        None => vm.call(exit, &[class, exception, traceback]),
    })
}
