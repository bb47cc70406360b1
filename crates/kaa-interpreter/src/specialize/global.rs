//! `LOAD_GLOBAL` by where the name is.

use kaa_objects::types::dict::PyDict;
use kaa_objects::{Gc, Vm};

use super::{failed, is_due, set_cache, set_cache32, set_opcode};
use crate::frame::Frame;
use crate::opcode;

/// Looks the name up.
#[inline(always)]
pub fn load_global(vm: &Vm, fp: *mut Frame, pc: *const u16, arg: usize) {
    if is_due(pc) && specialize(vm, fp, pc, arg).is_none() {
        failed(pc);
    }
}

#[inline(never)]
fn specialize(vm: &Vm, fp: *mut Frame, pc: *const u16, arg: usize) -> Option<()> {
    // SAFETY: the running frame; the argument is within the names.
    let (code, globals, builtins) = unsafe { ((*fp).code, (*fp).globals, (*fp).builtins) };
    let name = *code.names.get(arg >> 1)?;
    let globals: Gc<PyDict> = vm.cast_exact(globals.value())?;
    if let Some(position) = globals.position_of_str(vm, name) {
        let version = globals.keys_version(vm);
        if version == 0 {
            return None;
        }
        set_cache32(pc, 1, version);
        set_cache(pc, 3, u16::try_from(position).ok()?);
        set_opcode(pc, opcode::LOAD_GLOBAL_MODULE);
        return Some(());
    }
    let builtins: Gc<PyDict> = vm.cast_exact(builtins)?;
    let position = u16::try_from(builtins.position_of_str(vm, name)?).ok()?;
    let (version, builtins_version) = (globals.keys_version(vm), builtins.keys_version(vm));
    if version == 0 || builtins_version == 0 {
        return None;
    }
    if code.builtins_version.get() != builtins_version {
        if code.builtins_version.get() != 0 {
            // Other instructions rely on positions of the former keys.
            forget_builtins(&code);
        }
        code.builtins_version.set(builtins_version);
    }
    set_cache32(pc, 1, version);
    set_cache(pc, 3, position);
    set_opcode(pc, opcode::LOAD_GLOBAL_BUILTIN);
    Some(())
}

/// Turns all loads of builtins of a code object back.
fn forget_builtins(code: &kaa_objects::types::code::PyCode) {
    for at in code.instruction_starts() {
        if code.adaptive[at].get() as u8 == opcode::LOAD_GLOBAL_BUILTIN {
            super::despecialize(code.adaptive[at + 1..].as_ptr().cast(), kaa_bytecode::Opcode::LoadGlobal);
        }
    }
}
