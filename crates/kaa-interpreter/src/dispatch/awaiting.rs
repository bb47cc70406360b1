//! `await`, `async for`, `async with` and `yield from`.

use kaa_bytecode::flags::{COROUTINE, ITERABLE_COROUTINE};
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::{Gc, PyResult, Value, Vm, ids};

use super::control::{is_exact, wrong_operand};
use super::state::{object, op, word};
use crate::frame::Frame;
use crate::generator::PyGenerator;
use crate::unwind::{RERAISED, unwind};

op! {
    fn get_awaitable<D>(s, arg) {
        s.save();
        let awaitable = awaitable_word(s.vm, s.peek_value(1), arg);
        s.finish::<D>(1, awaitable, 0)
    }

    fn get_aiter<D>(s, arg) {
        s.save();
        let iterator = async_iterator(s.vm, s.peek_value(1));
        s.finish::<D>(1, iterator, 0)
    }

    fn get_anext<D>(s, arg) {
        s.save();
        let awaitable = async_next(s.vm, s.peek_value(1));
        s.finish::<D>(0, awaitable, 0)
    }

    fn get_yield_from_iter<D>(s, arg) {
        s.save();
        let iterable = s.peek(1);
        if is_exact(iterable, ids::GENERATOR) {
            return s.next::<D>();
        }
        let iterator = yield_from_iterator(s.vm, s.peek_value(1), Frame::code_of(s.fp).flags);
        s.finish::<D>(1, iterator, 0)
    }

    /// An exception thrown into a delegating generator: a `StopIteration` is the result.
    fn cleanup_throw<D>(s, arg) {
        s.save();
        let exception = s.peek_value(1);
        if !s.vm.is_instance(exception, s.vm.exceptions().StopIteration) {
            let Some(exception) = s.vm.cast::<PyBaseException>(exception) else {
                wrong_operand(s.vm, "exception");
                return s.raise::<D>();
            };
            let _ = s.vm.raise_again(exception);
            return s.goto::<D>(unwind::<D>, RERAISED);
        }
        let result = word(super::generators::stop_value(s.vm, exception));
        if result == 0 {
            return s.raise::<D>();
        }
        s.sp = s.sp.sub(3);
        s.push(Value::NONE.bits());
        s.push(result);
        s.next::<D>()
    }

    fn end_async_for<D>(s, arg) {
        s.save();
        let exception = s.peek_value(1);
        if s.vm.is_instance(exception, s.vm.exceptions().StopAsyncIteration) {
            s.sp = s.sp.sub(2);
            return s.next::<D>();
        }
        let Some(exception) = s.vm.cast::<PyBaseException>(exception) else {
            wrong_operand(s.vm, "exception");
            return s.raise::<D>();
        };
        let _ = s.vm.raise_again(exception);
        s.goto::<D>(unwind::<D>, RERAISED)
    }
}

/// The code flags of a generator.
fn flags_of(generator: Value) -> u32 {
    // SAFETY: the caller checked that it is one.
    unsafe {
        let generator: Gc<PyGenerator> = object(generator.bits());
        Frame::code_of(generator.frame()).flags
    }
}

#[inline(never)]
fn awaitable_word(vm: &Vm, operand: Value, arg: usize) -> u64 {
    let get = || -> PyResult {
        let class = vm.class_of(operand);
        if arg != 0 && class.slots().am_await.is_none() && !is_iterable_coroutine(operand) {
            let (name, method) = (class.name_text(), if arg == 1 { "__aenter__" } else { "__aexit__" });
            return Err(vm.type_error(format_args!(
                "'async with' received an object from {method} that does not implement __await__: {name}"
            )));
        }
        let awaitable = awaitable(vm, operand)?;
        // SAFETY: a value; its shape says that it is a coroutine.
        if unsafe { is_exact(awaitable.bits(), ids::COROUTINE) }
            && crate::generator::awaited_by(vm, awaitable).is_some()
        {
            return Err(vm.runtime_error("coroutine is being awaited already"));
        }
        Ok(awaitable)
    };
    word(get())
}

fn is_iterable_coroutine(operand: Value) -> bool {
    // SAFETY: a value; its shape says that it is a generator.
    unsafe { is_exact(operand.bits(), ids::GENERATOR) && flags_of(operand) & ITERABLE_COROUTINE != 0 }
}

/// What `await operand` iterates over: CPython's `_PyCoro_GetAwaitableIter`.
pub fn awaitable(vm: &Vm, operand: Value) -> PyResult {
    // SAFETY: a value.
    if unsafe { is_exact(operand.bits(), ids::COROUTINE) } || is_iterable_coroutine(operand) {
        return Ok(operand);
    }
    let class = vm.class_of(operand);
    let Some(get) = class.slots().am_await else {
        return Err(vm.type_error(format_args!("'{}' object can't be awaited", class.name_text())));
    };
    let iterator = get(vm, operand)?;
    // SAFETY: a value.
    if unsafe { is_exact(iterator.bits(), ids::COROUTINE) } || is_iterable_coroutine(iterator) {
        return Err(vm.type_error("__await__() returned a coroutine"));
    }
    let kind = vm.class_of(iterator);
    if kind.slots().iternext.is_none() {
        let kind = kind.name_text();
        return Err(vm.type_error(format_args!("__await__() returned non-iterator of type '{kind}'")));
    }
    Ok(iterator)
}

#[inline(never)]
fn async_iterator(vm: &Vm, operand: Value) -> u64 {
    let get = || -> PyResult {
        let class = vm.class_of(operand);
        let Some(aiter) = class.slots().am_aiter else {
            let name = class.name_text();
            return Err(vm.type_error(format_args!("'async for' requires an object with __aiter__ method, got {name}")));
        };
        let iterator = aiter(vm, operand)?;
        let class = vm.class_of(iterator);
        if class.slots().am_anext.is_none() {
            let name = class.name_text();
            return Err(vm.type_error(format_args!(
                "'async for' received an object from __aiter__ that does not implement __anext__: {name}"
            )));
        }
        Ok(iterator)
    };
    word(get())
}

#[inline(never)]
fn async_next(vm: &Vm, iterator: Value) -> u64 {
    let get = || -> PyResult {
        let class = vm.class_of(iterator);
        let Some(anext) = class.slots().am_anext else {
            let name = class.name_text();
            return Err(
                vm.type_error(format_args!("'async for' requires an iterator with __anext__ method, got {name}"))
            );
        };
        let next = anext(vm, iterator)?;
        // SAFETY: a value.
        if unsafe { is_exact(iterator.bits(), ids::ASYNC_GENERATOR) } {
            return Ok(next);
        }
        let kind = vm.class_name(next);
        let result = awaitable(vm, next);
        match vm.catch(result, vm.exceptions().Exception)? {
            Ok(awaitable) => Ok(awaitable),
            Err(cause) => {
                let message = vm.new_str(&format!("'async for' received an invalid object from __anext__: {kind}"))?;
                let error = vm.new_exception(vm.exceptions().TypeError, &[message.value()])?;
                error.cause.set(vm, error, cause);
                error.suppress_context.set(true);
                let raised = vm.raise(error);
                error.context.set(vm, error, cause);
                Err(raised)
            }
        }
    };
    word(get())
}

/// What `yield from` iterates over.
#[inline(never)]
fn yield_from_iterator(vm: &Vm, iterable: Value, flags: u32) -> u64 {
    // SAFETY: a value.
    if unsafe { is_exact(iterable.bits(), ids::COROUTINE) } {
        if flags & (COROUTINE | ITERABLE_COROUTINE) == 0 {
            return word(Err(vm.type_error("cannot 'yield from' a coroutine object in a non-coroutine generator")));
        }
        return iterable.bits();
    }
    word(vm.iter(iterable))
}
