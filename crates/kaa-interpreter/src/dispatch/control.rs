//! Jumps, polls, entering and leaving frames.

use std::sync::atomic::Ordering;

use kaa_bytecode::verify::NO_SUCH_INSTRUCTION;
use kaa_bytecode::{LocationTable, Opcode};
use kaa_objects::Vm;

use super::state::{State, is_int, is_object, op, shape_of, value};
use crate::frame::{Frame, special};

op! {
    fn nop<D>(s, arg) {
        s.next::<D>()
    }

    fn cache<D>(s, arg) {
        s.save();
        illegal_instruction(s.vm, 0);
        s.raise::<D>()
    }

    /// An opcode that is none.
    fn illegal<D>(s, arg) {
        s.save();
        illegal_instruction(s.vm, *s.pc.sub(1) as u8);
        s.raise::<D>()
    }

    /// Stands in place of the first instruction of code from outside: puts that back when the
    /// code can be run.
    #[cold]
    fn verify<D>(s, arg) {
        s.save();
        if !verify_code(s.vm, s.fp) {
            return s.raise::<D>();
        }
        s.pc = s.pc.sub(1);
        s.next::<D>()
    }

    /// Stands in place of the instructions of code that is packed: goes on with them when it is
    /// loaded.
    #[cold]
    fn load<D>(s, arg) {
        s.save();
        if Frame::load(s.fp, s.vm).is_err() {
            return s.raise::<D>();
        }
        s.pc = (*s.fp).pc;
        s.next::<D>()
    }

    fn extended_arg<D>(s, arg) {
        let unit = *s.pc;
        s.pc = s.pc.add(1);
        let handler = D::handler(unit as u8);
        s.goto::<D>(handler, arg << 8 | (unit >> 8) as usize)
    }

    fn resume<D>(s, arg) {
        if s.polled() {
            return s.goto::<D>(poll::<D>, arg);
        }
        s.next::<D>()
    }

    /// Does what was asked for at a poll, then goes on.
    #[cold]
    fn poll<D>(s, arg) {
        s.save();
        if !handle_poll(s.vm) {
            return s.raise::<D>();
        }
        s.next::<D>()
    }

    fn jump_forward<D>(s, arg) {
        s.skip(arg);
        s.next::<D>()
    }

    fn jump_backward<D>(s, arg) {
        if s.polled() {
            return s.goto::<D>(jump_backward_polled::<D>, arg);
        }
        s.pc = s.pc.add(1).sub(arg);
        s.next::<D>()
    }

    #[cold]
    fn jump_backward_polled<D>(s, arg) {
        s.save();
        if !handle_poll(s.vm) {
            return s.raise::<D>();
        }
        s.pc = s.pc.add(1).sub(arg);
        s.next::<D>()
    }

    fn jump_backward_no_interrupt<D>(s, arg) {
        s.pc = s.pc.sub(arg);
        s.next::<D>()
    }

    fn pop_jump_if_false<D>(s, arg) {
        let condition = s.pop();
        s.skip(1);
        if condition == kaa_objects::Value::FALSE.bits() {
            s.skip(arg);
        } else {
            not_taken(&mut s);
        }
        s.next::<D>()
    }

    fn pop_jump_if_true<D>(s, arg) {
        let condition = s.pop();
        s.skip(1);
        if condition == kaa_objects::Value::TRUE.bits() {
            s.skip(arg);
        } else {
            not_taken(&mut s);
        }
        s.next::<D>()
    }

    fn pop_jump_if_none<D>(s, arg) {
        let operand = s.pop();
        s.skip(1);
        if operand == kaa_objects::Value::NONE.bits() {
            s.skip(arg);
        } else {
            not_taken(&mut s);
        }
        s.next::<D>()
    }

    fn pop_jump_if_not_none<D>(s, arg) {
        let operand = s.pop();
        s.skip(1);
        if operand != kaa_objects::Value::NONE.bits() {
            s.skip(arg);
        } else {
            not_taken(&mut s);
        }
        s.next::<D>()
    }

    fn return_value<D>(s, arg) {
        let result = s.pop();
        let fp = s.fp;
        if (*fp).special != 0 {
            return s.goto::<D>(return_special::<D>, result as usize);
        }
        let thread = s.vm.thread();
        let previous = (*fp).previous;
        thread.stack_top.set(fp as usize);
        thread.frame.set(previous.cast());
        thread.recursion_remaining.set(thread.recursion_remaining.get() + 1);
        s.fp = previous;
        s.pc = (*previous).pc;
        s.sp = (*previous).sp;
        s.push(result);
        s.next::<D>()
    }

    /// Leaves a frame that is more than a plain call; the argument is the result.
    fn return_special<D>(s, arg) {
        let mut result = arg as u64;
        let bits = (*s.fp).special;
        s.save();
        if bits & special::GENERATOR != 0 {
            return s.goto::<D>(super::generators::generator_return::<D>, arg);
        }
        if bits & special::INIT != 0 && result != kaa_objects::Value::NONE.bits() {
            init_returned(s.vm, result);
            return s.raise::<D>();
        }
        let previous = (*s.fp).previous;
        if bits & special::OBSERVED != 0 {
            // The result must outlive what may be allocated now.
            s.push(result);
            s.save();
            crate::frame_object::detach(s.vm, s.fp);
            result = s.pop();
        }
        let thread = s.vm.thread();
        thread.stack_top.set(s.fp as usize);
        thread.frame.set(previous.cast());
        thread.recursion_remaining.set(thread.recursion_remaining.get() + 1);
        if bits & special::ENTRY != 0 {
            return D::exit(result);
        }
        s.fp = previous;
        s.pc = (*previous).pc;
        s.sp = (*previous).sp;
        if bits & special::INIT == 0 {
            s.push(result);
        }
        if bits & special::TO_BOOL != 0 {
            s.save();
            let truth = super::compare::truth_word(s.vm, value(result));
            return s.finish::<D>(1, truth, 0);
        }
        s.next::<D>()
    }
}

#[cold]
#[inline(never)]
fn illegal_instruction(vm: &Vm, opcode: u8) {
    let _ = vm.system_error(format_args!("unknown opcode {opcode}"));
}

#[cold]
#[inline(never)]
fn verify_code(vm: &Vm, fp: *mut Frame) -> bool {
    let code = Frame::code_of(fp);
    match code.verify() {
        Ok(()) => {
            if vm.monitored.get() != 0 || code.monitoring().is_some() {
                crate::monitoring::arm(code);
            }
            true
        }
        Err(error) => {
            if error.what == NO_SUCH_INSTRUCTION {
                let (file, number) = (code.filename.get_set().to_string_lossy(), code.code()[error.offset]);
                let line =
                    LocationTable::new(code.linetable(), code.firstlineno).line_at(error.offset as u32).unwrap_or(-1);
                let _ = vm.system_error(format_args!("{file}:{line}: unknown opcode {number}"));
                return false;
            }
            let name = code.qualname(vm).to_string_lossy();
            let _ = vm.system_error(format_args!("malformed bytecode in {name}: {error}"));
            false
        }
    }
}

/// Raises that an operand is not what the instruction works on: only malformed code gets there.
#[cold]
#[inline(never)]
pub fn wrong_operand(vm: &Vm, expected: &str) {
    let _ = vm.system_error(format_args!("malformed bytecode: an operand is no {expected}"));
}

#[cold]
#[inline(never)]
fn init_returned(vm: &Vm, result: u64) {
    // SAFETY: a result is a value.
    let class = vm.class_name(unsafe { value(result) });
    let _ = vm.type_error(format_args!("__init__() should return None, not '{class}'"));
}

/// Runs what was asked for; false when that raised.
#[cold]
#[inline(never)]
pub fn handle_poll(vm: &Vm) -> bool {
    use kaa_objects::vm::poll::{COLLECTED, GIL, PENDING_CALL, SIGNAL};
    let bits = vm.poll.swap(0, Ordering::Relaxed);
    if bits & (SIGNAL | PENDING_CALL) != 0 && vm.handle_signals(bits & (SIGNAL | PENDING_CALL)).is_err() {
        vm.poll.fetch_or(bits & (GIL | COLLECTED), Ordering::Relaxed);
        return false;
    }
    if bits & GIL != 0 {
        vm.yield_gil();
    }
    if bits & COLLECTED != 0 {
        vm.run_collected();
    }
    true
}

/// Steps over the `NOT_TAKEN` that stands behind a conditional jump.
///
/// # Safety
/// What is at `pc` is an instruction.
#[inline(always)]
pub unsafe fn not_taken(s: &mut State<'_>) {
    // SAFETY: the caller's promise.
    unsafe {
        if *s.pc as u8 == Opcode::NotTaken as u8 {
            s.pc = s.pc.add(1);
        }
    }
}

/// Whether a word is a plain instance of the type with a fixed shape number.
///
/// # Safety
/// The word is a value's.
#[inline(always)]
pub unsafe fn is_exact(word: u64, shape: u32) -> bool {
    // SAFETY: the caller's promise.
    is_object(word) && unsafe { shape_of(word) } == shape
}

/// The index of a small integer within a length, counted from the end when negative.
#[inline(always)]
pub fn index_in(word: u64, len: usize) -> Option<usize> {
    debug_assert!(is_int(word));
    let index = word as i64 >> 1;
    let index = if index < 0 { index.wrapping_add(len as i64) } else { index } as usize;
    (index < len).then_some(index)
}
