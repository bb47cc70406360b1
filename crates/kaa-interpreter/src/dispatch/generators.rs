//! Generators and what is awaited: making, resuming and suspending them.

use kaa_bytecode::operands::resume;
use kaa_objects::class::Sent;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::{Gc, PyResult, Value, Vm, ids};

use super::control::is_exact;
use super::state::{object, op, value};
use crate::frame::{Frame, special};
use crate::generator::{self, PyGenerator, State};

/// Cache units of `FOR_ITER` and `SEND`.
const CACHES: usize = 1;

/// Enters a suspended generator: afterwards its frame is the running one, and the sent value is
/// to be pushed on its stack.
///
/// # Safety
/// The generator is suspended or was not started.
#[inline(always)]
pub unsafe fn enter(vm: &Vm, generator: Gc<PyGenerator>, previous: *mut Frame, bits: u64) -> *mut Frame {
    // SAFETY: the caller's promise.
    unsafe {
        let frame = generator.frame();
        let thread = vm.thread();
        thread.recursion_remaining.set(thread.recursion_remaining.get() - 1);
        thread.frame.set(frame.cast());
        (*frame).previous = previous;
        (*frame).special |= bits;
        generator.state.set(State::Running);
        if thread.handled.get().is_some() || generator.handled.get().is_some() {
            enter_handled(vm, generator);
        }
        frame
    }
}

/// The generator's handled exception becomes the thread's.
#[cold]
#[inline(never)]
fn enter_handled(vm: &Vm, generator: Gc<PyGenerator>) {
    let thread = vm.thread();
    generator.outer_handled.set_maybe(vm, generator, thread.handled.get());
    generator.outer_outside.set_maybe(vm, generator, thread.handled_outside.get());
    generator.outer_inside.set(thread.handled_inside.get());
    thread.handled_outside.set_root(thread.handled.get());
    let own = generator.handled.get();
    if own.is_some() {
        thread.handled.set_root(own);
    }
    thread.handled_inside.set(own.is_some());
}

/// The thread handles again what it did before the generator was resumed.
#[cold]
#[inline(never)]
fn leave_handled(vm: &Vm, generator: Gc<PyGenerator>) {
    let thread = vm.thread();
    let own = thread.handled.get().filter(|_| thread.handled_inside.get());
    generator.handled.set_maybe(vm, generator, own);
    thread.handled.set_root(generator.outer_handled.get());
    thread.handled_outside.set_root(generator.outer_outside.get());
    thread.handled_inside.set(generator.outer_inside.get());
    generator.outer_handled.clear();
    generator.outer_outside.clear();
    generator.outer_inside.set(false);
}

/// What leaving a running generator's frame has in common, however it is left. The thread's frame
/// is set by the caller.
///
/// # Safety
/// The frame is that of a running generator.
#[inline(always)]
unsafe fn leave(vm: &Vm, frame: *mut Frame) -> Gc<PyGenerator> {
    // SAFETY: the caller's promise.
    unsafe {
        let generator: Gc<PyGenerator> = object((*frame).generator);
        if vm.thread().handled.get().is_some() || generator.outer_handled.get().is_some() {
            leave_handled(vm, generator);
        }
        (*frame).special &= special::GENERATOR | special::OBSERVED;
        (*frame).previous = std::ptr::null_mut();
        generator
    }
}

/// Ends a generator that returned or raised; its frame is given up.
///
/// # Safety
/// The frame is that of a running generator.
pub unsafe fn finish(vm: &Vm, frame: *mut Frame) {
    // SAFETY: the caller's promise.
    unsafe {
        let generator = leave(vm, frame);
        generator.state.set(State::Finished);
        generator.handled.clear();
    }
}

op! {
    /// Makes the generator object out of the running frame, which ends.
    fn return_generator<D>(s, arg) {
        s.save();
        let made = make(s.vm, s.fp);
        if made == 0 {
            return s.raise::<D>();
        }
        super::control::return_value::<D>(s.pc, { s.push(made); s.sp }, s.fp, s.vm, 0)
    }

    fn yield_value<D>(s, arg) {
        // Inside a `try` or `with` of its own, a generator must be closed when it is given up.
        let generator: Gc<PyGenerator> = object((*s.fp).generator);
        if u32::from(*s.pc >> 8) & resume::DEPTH1_MASK == 0 && !generator.header().has(kaa_gc::FINALIZE) {
            return s.goto::<D>(yield_value_registering::<D>, arg);
        }
        s.goto::<D>(suspend::<D>, arg)
    }

    fn yield_value_registering<D>(s, arg) {
        s.vm.heap().register_finalizable((*s.fp).generator as *mut u8);
        s.goto::<D>(suspend::<D>, arg)
    }

    fn suspend<D>(s, arg) {
        let yielded = s.pop();
        let frame = s.fp;
        (*frame).pc = s.pc;
        let bits = (*frame).special;
        let previous = (*frame).previous;
        let generator = leave(s.vm, frame);
        generator.suspend(s.sp);
        s.vm.heap().write_barrier_object(generator.as_ptr().cast());
        let thread = s.vm.thread();
        thread.frame.set(previous.cast());
        thread.recursion_remaining.set(thread.recursion_remaining.get() + 1);
        if bits & special::ENTRY != 0 {
            return D::exit(yielded);
        }
        s.fp = previous;
        s.pc = (*previous).pc;
        s.sp = (*previous).sp;
        s.push(yielded);
        s.next::<D>()
    }

    /// A generator returns; the argument is its result.
    fn generator_return<D>(s, arg) {
        let mut result = arg as u64;
        let frame = s.fp;
        let bits = (*frame).special;
        if bits & special::OBSERVED != 0 {
            s.push(result);
            s.save();
            crate::frame_object::detach(s.vm, frame);
            result = s.pop();
        }
        let previous = (*frame).previous;
        let generator: Gc<PyGenerator> = object((*frame).generator);
        let goal = generator.goal.get();
        finish(s.vm, frame);
        let thread = s.vm.thread();
        thread.frame.set(previous.cast());
        thread.recursion_remaining.set(thread.recursion_remaining.get() + 1);
        if bits & special::ENTRY != 0 {
            return D::exit(result);
        }
        s.fp = previous;
        s.sp = (*previous).sp;
        s.pc = goal;
        if bits & special::SEND != 0 {
            s.push(result);
        }
        s.next::<D>()
    }

    fn for_iter_generator<D>(s, arg) {
        let iterator = s.peek(1);
        if !is_exact(iterator, ids::GENERATOR) {
            return s.goto::<D>(super::iterate::for_iter_miss::<D>, arg);
        }
        let generator: Gc<PyGenerator> = object(iterator);
        let state = generator.state.get();
        if !matches!(state, State::Created | State::Suspended) || s.vm.thread().recursion_remaining.get() <= 0 {
            return s.goto::<D>(super::iterate::for_iter_generic::<D>, arg);
        }
        s.skip(CACHES);
        s.save();
        let frame = enter(s.vm, generator, s.fp, special::FOR_ITER);
        // At the end the loop goes on behind `END_FOR`.
        generator.goal.set(s.pc.add(arg + 1));
        s.fp = frame;
        s.sp = generator.stack_end();
        s.pc = (*frame).pc;
        s.push(Value::NONE.bits());
        s.next::<D>()
    }

    /// Sends a value to a generator, coroutine or other iterator.
    fn send<D>(s, arg) {
        let receiver = s.peek(2);
        if is_exact(receiver, ids::GENERATOR) || is_exact(receiver, ids::COROUTINE) {
            let generator: Gc<PyGenerator> = object(receiver);
            let fresh = generator.state.get() == State::Created && s.peek(1) == Value::NONE.bits();
            let ready = fresh || generator.state.get() == State::Suspended;
            if ready && s.vm.thread().recursion_remaining.get() > 0 {
                let sent = s.pop();
                s.skip(CACHES);
                s.save();
                let frame = enter(s.vm, generator, s.fp, special::SEND);
                generator.goal.set(s.pc.add(arg));
                s.fp = frame;
                s.sp = generator.stack_end();
                s.pc = (*frame).pc;
                s.push(sent);
                return s.next::<D>();
            }
        }
        s.goto::<D>(send_generic::<D>, arg)
    }

    fn send_generic<D>(s, arg) {
        s.save();
        let (result, returned) = send_word(s.vm, s.peek_value(2), s.peek_value(1));
        if result == 0 {
            return s.raise::<D>();
        }
        s.poke(1, result);
        if returned && !ended(s.vm, s.fp, s.peek_value(2), value(result)) {
            return s.raise::<D>();
        }
        s.skip(CACHES);
        if returned {
            s.skip(arg);
        }
        s.next::<D>()
    }

    fn end_send<D>(s, arg) {
        let result = s.peek(1);
        s.replace(2, result);
        s.next::<D>()
    }
}

/// Tells tools of the exception by which an iterator says that it ended with a value; false when
/// that raised.
#[inline(always)]
fn ended(vm: &Vm, fp: *mut Frame, iterator: Value, result: Value) -> bool {
    !crate::monitoring::exceptions::is_watched(vm, crate::monitoring::Event::Raise)
        // SAFETY: the running frame, saved.
        || unsafe { crate::monitoring::exceptions::ended(vm, fp, iterator, result) }
}

#[inline(never)]
fn make(vm: &Vm, fp: *mut Frame) -> u64 {
    // SAFETY: the running frame, saved, with an empty stack.
    let made = unsafe { generator::from_frame(vm, fp) };
    made.map_or(0, |generator| generator.value().bits())
}

/// `SEND` to anything: what was yielded or returned, and which of the two.
#[inline(never)]
fn send_word(vm: &Vm, receiver: Value, sent: Value) -> (u64, bool) {
    match send_to(vm, receiver, sent) {
        Ok(Sent::Yield(yielded)) => (yielded.bits(), false),
        Ok(Sent::Return(returned)) => (returned.bits(), true),
        Err(_) => (0, false),
    }
}

/// Sends a value to an iterator that may be a generator: what it yields, or its result.
pub fn send_to(vm: &Vm, receiver: Value, sent: Value) -> PyResult<Sent> {
    let slots = vm.class_of(receiver);
    if let Some(send) = slots.slots().am_send {
        return send(vm, receiver, sent);
    }
    let result = match slots.slots().iternext {
        Some(next) if sent.is_none() => match next(vm, receiver) {
            Ok(Some(yielded)) => return Ok(Sent::Yield(yielded)),
            Ok(None) => return Ok(Sent::Return(Value::NONE)),
            Err(raised) => Err(raised),
        },
        _ => vm.call_method_str(receiver, "send", &[sent]),
    };
    match vm.catch(result, vm.exceptions().StopIteration)? {
        Ok(yielded) => Ok(Sent::Yield(yielded)),
        Err(stop) => Ok(Sent::Return(stop_value(vm, stop.value())?)),
    }
}

/// `StopIteration.value` of an exception.
pub fn stop_value(vm: &Vm, stop: Value) -> PyResult {
    match vm.get_attr_optional(stop, vm.names().value)? {
        Some(value) => Ok(value),
        None => {
            let first = vm.cast::<PyBaseException>(stop).and_then(|stop| stop.args.get()?.as_slice().first().copied());
            Ok(first.unwrap_or(Value::NONE))
        }
    }
}

/// What is said of a generator in messages.
pub fn kind_text(vm: &Vm, generator: Gc<PyGenerator>) -> &'static str {
    let _ = vm;
    match generator.shape_id() {
        ids::COROUTINE => "coroutine",
        ids::ASYNC_GENERATOR => "async generator",
        _ => "generator",
    }
}

/// Resumes a generator from native code with a value, or with the pending exception.
///
/// # Safety
/// It is suspended or not started; with `throw`, an exception is pending.
pub unsafe fn run(vm: &Vm, generator: Gc<PyGenerator>, sent: Value, throw: bool) -> PyResult<Sent> {
    vm.check_stack("")?;
    if vm.thread().recursion_remaining.get() <= 0 {
        super::calls::no_room(vm);
        return Err(vm.still_raised());
    }
    // SAFETY: the caller's promise.
    let result = unsafe {
        let previous = vm.thread().frame.get().cast();
        let frame = enter(vm, generator, previous, special::ENTRY);
        let sp = generator.stack_end();
        (*frame).sp = sp;
        if throw {
            crate::monitoring::exceptions::thrown(vm, generator);
            crate::run::run_raising(vm, frame)
        } else {
            *sp = sent.bits();
            (*frame).sp = sp.add(1);
            crate::run::run(vm, frame)
        }
    };
    match result {
        Ok(value) if generator.state.get() == State::Finished => Ok(Sent::Return(value)),
        Ok(value) => Ok(Sent::Yield(value)),
        Err(raised) => Err(raised),
    }
}
