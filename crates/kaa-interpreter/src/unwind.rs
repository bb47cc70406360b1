//! Finding the handler of a pending exception, frame by frame.

use kaa_bytecode::ExceptionTable;
use kaa_objects::{Value, Vm};

use crate::dispatch::Driver;
use crate::dispatch::generators;
use crate::dispatch::state::State;
use crate::frame::{Frame, special};
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
        if reraised != RERAISED {
            (*fp).pc = pc;
            traceback::add_entry(vm, fp);
        }
        let fp = land(vm, fp, pc);
        if fp.is_null() {
            return D::exit(0);
        }
        State { pc: (*fp).pc, sp: (*fp).sp, fp, vm }.next::<D>()
    }
}

/// Looks for a handler for an exception at `pc` of a frame, and from there outwards. Gives the
/// frame that goes on, at its saved registers; null when native code is reached.
///
/// # Safety
/// The frame is alive, an exception is pending, and the frame is in its traceback.
#[inline(never)]
unsafe fn land(vm: &Vm, mut fp: *mut Frame, mut pc: *const u16) -> *mut Frame {
    // SAFETY: the caller's promise.
    unsafe {
        loop {
            if let Some((pc, sp)) = handler(vm, fp, pc) {
                (*fp).pc = pc;
                (*fp).sp = sp;
                return fp;
            }
            let (bits, previous) = ((*fp).special, (*fp).previous);
            leave(vm, fp);
            if bits & special::ENTRY != 0 {
                return std::ptr::null_mut();
            }
            fp = previous;
            pc = (*fp).pc;
            traceback::add_entry(vm, fp);
        }
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
        if code.exceptiontable.is_empty() || !code.is_verified() {
            return None;
        }
        let offset = (*fp).unit_before(pc) as u32 * 2;
        let entry = ExceptionTable::new(&code.exceptiontable).handler_at(offset)?;
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
