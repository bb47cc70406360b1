//! Finding the handler of a pending exception, frame by frame.

use kaa_bytecode::ExceptionTable;
use kaa_objects::{Value, Vm};

use crate::dispatch::Driver;
use crate::dispatch::generators;
use crate::dispatch::state::{State, object};
use crate::frame::{Frame, special};
use crate::monitoring::{Event, exceptions};
use crate::{frame_object, traceback};

/// The argument of [`unwind`] for an exception that was raised again: this frame is in its
/// traceback already, and the frame's saved `pc` says where.
pub const RERAISED: usize = 1;

/// Goes on at the innermost handler of the pending exception, leaving frames that have none; or
/// leaves the interpreter.
///
/// # Safety
/// As for an instruction handler; an exception is pending.
#[cold]
#[inline(never)]
pub unsafe extern "C" fn unwind<D: Driver>(
    pc: *const u16,
    _sp: *mut u64,
    fp: *mut Frame,
    vm: &Vm,
    reraised: usize,
) -> D::Out {
    // SAFETY: the caller's promise; previous frames are alive while this one is.
    unsafe {
        let event = if reraised == RERAISED {
            Event::Reraise
        } else {
            (*fp).pc = pc;
            traceback::add_entry(vm, fp);
            Event::Raise
        };
        if exceptions::is_watched(vm, event) {
            exceptions::tell_of_pending(vm, fp, event, last_unit(fp, pc));
        }
        let (fp, pc) = land(vm, fp, pc);
        if fp.is_null() {
            return D::exit(0);
        }
        State { pc, sp: (*fp).sp, fp, vm }.next::<D>()
    }
}

/// Looks for a handler for an exception at `pc` of a frame, and from there outwards. Gives the
/// frame that goes on, and where; null when native code is reached. The frame keeps the place that
/// the exception comes from.
///
/// # Safety
/// The frame is alive, an exception is pending, and the frame is in its traceback.
#[inline(never)]
unsafe fn land(vm: &Vm, mut fp: *mut Frame, mut pc: *const u16) -> (*mut Frame, *const u16) {
    // SAFETY: the caller's promise.
    unsafe {
        loop {
            if let Some((target, sp)) = handler(vm, fp, pc) {
                (*fp).sp = sp;
                if exceptions::is_watched(vm, Event::ExceptionHandled) && !handled(vm, fp, target) {
                    // The handler's own code raises.
                    pc = target.add(1);
                    continue;
                }
                return (fp, target);
            }
            if exceptions::is_watched(vm, Event::PyUnwind) {
                exceptions::tell_of_pending(vm, fp, Event::PyUnwind, last_unit(fp, pc));
            }
            let (bits, previous) = ((*fp).special, (*fp).previous);
            leave(vm, fp);
            if bits & special::ENTRY != 0 {
                return (std::ptr::null_mut(), pc);
            }
            fp = previous;
            pc = (*fp).pc;
            traceback::add_entry(vm, fp);
            if exceptions::is_watched(vm, Event::Raise) {
                exceptions::tell_of_pending(vm, fp, Event::Raise, last_unit(fp, pc));
            }
        }
    }
}

/// The last unit of the instruction at `pc`, caches included: where CPython says that it raised.
///
/// # Safety
/// The frame is alive.
unsafe fn last_unit(fp: *mut Frame, pc: *const u16) -> usize {
    // SAFETY: the caller's promise.
    let (code, unit) = unsafe { ((*fp).code, (*fp).unit_before(pc)) };
    let at = code.instruction_start(unit);
    at + code.original_opcode(at).map_or(0, kaa_bytecode::Opcode::caches)
}

/// Tells that the exception on top of the frame's stack is about to be handled; false when that
/// raised another one, which is then pending.
///
/// # Safety
/// The frame is the running one; `sp` is saved.
#[cold]
#[inline(never)]
unsafe fn handled(vm: &Vm, fp: *mut Frame, target: *const u16) -> bool {
    // SAFETY: the caller's promise; only exceptions are pushed for handlers.
    unsafe {
        let exception = object(*(*fp).sp.sub(1));
        let _ = vm.raise_again(exception);
        let unit = (*fp).unit_before(target.add(1));
        if exceptions::tell_of_pending(vm, fp, Event::ExceptionHandled, unit) {
            vm.take_pending();
            return true;
        }
        (*fp).sp = Frame::stack_base(fp);
        false
    }
}

/// Leaves a frame because of an exception.
///
/// # Safety
/// The frame is the running one.
unsafe fn leave(vm: &Vm, fp: *mut Frame) {
    // SAFETY: the caller's promise.
    unsafe {
        let bits = (*fp).special;
        // Nothing is on the stack any more; locals are, for the frame object.
        (*fp).sp = Frame::stack_base(fp);
        if bits & special::OBSERVED != 0 {
            frame_object::detach(vm, fp);
        }
        let thread = vm.thread();
        thread.frame.set((*fp).previous.cast());
        thread.recursion_remaining.set(thread.recursion_remaining.get() + 1);
        if bits & special::GENERATOR != 0 {
            generators::finish(vm, fp);
        } else {
            thread.stack_top.set(fp as usize);
        }
    }
}

/// The handler in a frame for an exception at `pc`, with the stack as it expects it.
///
/// # Safety
/// The frame is the running one.
unsafe fn handler(vm: &Vm, fp: *mut Frame, pc: *const u16) -> Option<(*const u16, *mut u64)> {
    // SAFETY: the caller's promise; the exception table speaks of this code.
    unsafe {
        let code = (*fp).code;
        if code.exceptiontable().is_empty() || !code.is_verified() {
            return None;
        }
        let offset = (*fp).unit_before(pc) as u32 * 2;
        let entry = ExceptionTable::new(code.exceptiontable()).handler_at(offset)?;
        let mut sp = Frame::stack_base(fp).add(entry.depth as usize);
        if entry.lasti {
            *sp = Value::small_int((*fp).instruction() as i64).bits();
            sp = sp.add(1);
        }
        let exception = vm.take_pending()?;
        *sp = exception.value().bits();
        Some((code.adaptive.as_ptr().cast::<u16>().add(entry.target as usize / 2), sp.add(1)))
    }
}
