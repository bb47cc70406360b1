//! Inline caches at the end of a full collection. They keep nothing alive: an instruction whose cache
//! holds a value that died is turned back, for the class that its guard names has died or changed.

use kaa_bytecode::Opcode;
use kaa_gc::Sweep;
use kaa_objects::types::code::PyCode;
use kaa_objects::{Gc, Vm};

use super::attribute::turn_back_guarded;
use super::despecialize;
use crate::opcode::*;

/// What [`kaa_objects::vm::Hooks::sweep_code`] asks for.
pub fn sweep_code(vm: &Vm, sweep: &Sweep<'_>, shapes: bool) {
    vm.codes.for_each(|code| {
        for &at in &*code.pointers {
            clear_dead(code, at as usize, sweep);
        }
        if shapes && code.attributes_cached.get() {
            turn_back_guarded(code, |found| !vm.shapes.exists(found.shape));
        }
    });
}

/// Clears the value whose first unit is at `at`, if it died.
fn clear_dead(code: Gc<PyCode>, at: usize, sweep: &Sweep<'_>) {
    let units = &code.adaptive[at..at + 4];
    let word = units.iter().rev().fold(0, |word, unit| word << 16 | u64::from(unit.get()));
    if word == 0 || sweep.alive(word).is_some() {
        return;
    }
    units.iter().for_each(|unit| unit.set(0));
    // What has its value there is a LOAD_ATTR, whose cache starts six units before it.
    if let Some(start) = at.checked_sub(6)
        && matches!(
            code.adaptive[start].get() as u8,
            LOAD_ATTR_CLASS_VALUE | LOAD_ATTR_METHOD | LOAD_ATTR_CLASS | LOAD_ATTR_PROPERTY | LOAD_ATTR_GETSET
        )
        && code.is_instruction_start(start)
    {
        despecialize(code.adaptive[start + 1..].as_ptr().cast(), Opcode::LoadAttr);
    }
}
