//! Specialization: adaptive instructions watch their operands and turn into a form for what they
//! saw, whose guards lead back when it no longer holds.
//!
//! The first cache unit of an adaptive instruction counts down the executions until the next
//! attempt. A specialized form may use that unit for itself.

pub mod attribute;
pub mod binary;
pub mod call;
pub mod compare;
pub mod global;
pub mod iterate;
pub mod sweep;

use kaa_bytecode::Opcode;
use kaa_objects::types::code::PyCode;
use kaa_objects::{Gc, Value, Vm};

/// The count of an instruction that was never executed is 0. It is specialized when it has been
/// executed so often: most instructions are executed a few times only, when a program starts.
const WARM: u16 = 3;
/// The count at which an instruction is specialized.
const DUE: u16 = 1;
/// After a guard failed.
const AFTER_MISS: u16 = 100;
/// After no form was found.
const AFTER_FAILURE: u16 = 120;

fn unit(pc: *const u16, index: isize) -> *mut u16 {
    // SAFETY: callers pass the registers of an adaptive instruction, which has cache units; the
    // units are cells.
    unsafe { pc.cast_mut().offset(index) }
}

/// Counts an execution of an adaptive instruction; whether it is to be specialized now.
#[inline(always)]
pub fn is_due(pc: *const u16) -> bool {
    let counter = unit(pc, 0);
    // SAFETY: see `unit`.
    unsafe {
        match *counter {
            0 => {
                *counter = WARM;
                false
            }
            DUE => true,
            count => {
                *counter = count - 1;
                false
            }
        }
    }
}

/// Turns the instruction into another form; its argument stays.
#[inline]
pub fn set_opcode(pc: *const u16, opcode: u8) {
    let instruction = unit(pc, -1);
    // SAFETY: see `unit`.
    unsafe { *instruction = *instruction & 0xff00 | u16::from(opcode) };
}

/// Turns a specialized instruction back into the adaptive one.
#[inline]
pub fn despecialize(pc: *const u16, base: Opcode) {
    set_opcode(pc, base as u8);
    // SAFETY: see `unit`.
    unsafe { *unit(pc, 0) = AFTER_MISS };
}

/// Puts the next attempt off: no form fits.
#[inline]
pub fn failed(pc: *const u16) {
    // SAFETY: see `unit`.
    unsafe { *unit(pc, 0) = AFTER_FAILURE };
}

/// Writes a cache unit.
#[inline]
pub fn set_cache(pc: *const u16, index: isize, value: u16) {
    // SAFETY: see `unit`.
    unsafe { *unit(pc, index) = value };
}

/// Writes two cache units.
#[inline]
pub fn set_cache32(pc: *const u16, index: isize, value: u32) {
    // SAFETY: see `unit`.
    unsafe { unit(pc, index).cast::<u32>().write_unaligned(value) };
}

/// Writes four cache units that the code object shows to the collector (`PyCode::pointers`).
pub fn set_pointer(vm: &Vm, code: Gc<PyCode>, pc: *const u16, index: isize, value: Value) {
    let units = unit(pc, index).cast::<u64>();
    // SAFETY: see `unit`.
    unsafe { units.write_unaligned(value.bits()) };
    vm.write_barrier(code, units.cast_const());
}

/// The opcode of a unit ahead.
pub fn opcode_at(pc: *const u16, index: isize) -> u8 {
    // SAFETY: see `unit`; code ends with an instruction that does not fall through.
    unsafe { *unit(pc, index) as u8 }
}

/// Fuses the instruction before this one with it, when it is one of `originals`: its opcode
/// becomes `fused`, whose handler does both as long as the second has the form that it knows, and
/// the first alone otherwise. The instruction itself stays as it is.
pub fn fuse_previous(code: Gc<PyCode>, pc: *const u16, originals: &[Opcode], fused: u8) {
    let at = (pc as usize - code.adaptive.as_ptr() as usize) / 2;
    let Some(previous) = at.checked_sub(2) else { return };
    let cell = &code.adaptive[previous];
    let current = cell.get() as u8;
    // Tools may watch it: then it stays as it is.
    if current == fused || current == crate::opcode::INSTRUMENTED {
        return;
    }
    // Units of inline caches are no instructions, but may look like some.
    let is = |unit, test: &dyn Fn(Opcode) -> bool| {
        code.is_instruction_start(unit) && code.original_opcode(unit).is_some_and(test)
    };
    // A wide argument is not in the unit alone.
    let is_wide = || previous > 0 && is(previous - 1, &|opcode| opcode == Opcode::ExtendedArg);
    if is(previous, &|opcode| originals.contains(&opcode)) && !is_wide() {
        cell.set(cell.get() & 0xff00 | u16::from(fused));
    }
}
