//! `BINARY_OP` and `STORE_SUBSCR` by their operands.

use kaa_bytecode::Opcode;
use kaa_bytecode::operands::BinaryOperator as B;
use kaa_objects::attributes::LoadKind;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::function::PyFunction;
use kaa_objects::{Gc, Vm, ids};

use super::{failed, is_due, set_opcode};
use crate::dispatch::binary::as_f64;
use crate::dispatch::control::is_exact;
use crate::dispatch::state::{is_int, value};
use crate::frame::Frame;
use crate::opcode::*;

/// Looks at the operands of a `BINARY_OP`.
#[inline(always)]
pub fn binary_op(vm: &Vm, fp: *mut Frame, pc: *const u16, a: u64, b: u64, arg: usize) {
    if is_due(pc) {
        specialize(vm, Frame::code_of(fp), pc, a, b, arg);
    }
}

#[inline(never)]
fn specialize(vm: &Vm, code: Gc<PyCode>, pc: *const u16, a: u64, b: u64, arg: usize) {
    let Some(operator) = B::from_number(arg as u32) else { return };
    // SAFETY: operands are values.
    let exact = |word: u64, shape: u32| unsafe { is_exact(word, shape) };
    let ints = is_int(a) && is_int(b);
    let floats = !ints && as_f64(a).is_some() && as_f64(b).is_some();
    let text = exact(a, ids::STR) && exact(b, ids::STR);
    let form = match operator {
        B::Add | B::InplaceAdd if ints => BINARY_OP_ADD_INT,
        B::Subtract | B::InplaceSubtract if ints => BINARY_OP_SUBTRACT_INT,
        B::Multiply | B::InplaceMultiply if ints => BINARY_OP_MULTIPLY_INT,
        B::And | B::InplaceAnd if ints => BINARY_OP_AND_INT,
        B::Or | B::InplaceOr if ints => BINARY_OP_OR_INT,
        B::Xor | B::InplaceXor if ints => BINARY_OP_XOR_INT,
        B::Lshift | B::InplaceLshift if ints => BINARY_OP_LSHIFT_INT,
        B::Rshift | B::InplaceRshift if ints => BINARY_OP_RSHIFT_INT,
        B::FloorDivide | B::InplaceFloorDivide if ints => BINARY_OP_FLOOR_DIVIDE_INT,
        B::Remainder | B::InplaceRemainder if ints => BINARY_OP_REMAINDER_INT,
        B::Add | B::InplaceAdd if floats => BINARY_OP_ADD_FLOAT,
        B::Subtract | B::InplaceSubtract if floats => BINARY_OP_SUBTRACT_FLOAT,
        B::Multiply | B::InplaceMultiply if floats => BINARY_OP_MULTIPLY_FLOAT,
        B::TrueDivide | B::InplaceTrueDivide if floats => BINARY_OP_TRUE_DIVIDE_FLOAT,
        B::Power | B::InplacePower if floats => BINARY_OP_POWER_FLOAT,
        B::Add | B::InplaceAdd if text => BINARY_OP_ADD_STR,
        B::Subscript if exact(a, ids::LIST) && is_int(b) => BINARY_OP_SUBSCR_LIST_INT,
        B::Subscript if exact(a, ids::TUPLE) && is_int(b) => BINARY_OP_SUBSCR_TUPLE_INT,
        B::Subscript if exact(a, ids::STR) && is_int(b) => BINARY_OP_SUBSCR_STR_INT,
        B::Subscript if exact(a, ids::DICT) => BINARY_OP_SUBSCR_DICT,
        B::Subscript if has_python_getitem(vm, a) => BINARY_OP_SUBSCR_PYTHON,
        _ => return failed(pc),
    };
    set_opcode(pc, form);
    match form {
        BINARY_OP_ADD_INT => super::fuse_previous(code, pc, &[Opcode::LoadSmallInt], LOAD_SMALL_INT_ADD),
        BINARY_OP_SUBSCR_LIST_INT => {
            super::fuse_previous(code, pc, &super::compare::LOADS_OF_TWO, LOAD_FAST_PAIR_SUBSCR_LIST);
        }
        _ => {}
    }
}

/// Whether a subscript of the object is a call of a Python function with two parameters; then the
/// table of attributes knows the function.
fn has_python_getitem(vm: &Vm, container: u64) -> bool {
    // SAFETY: operands are values.
    let Some(object) = unsafe { value(container) }.as_object() else { return false };
    let (shape, name) = (vm.shape(object), vm.names().__getitem__);
    let kind = vm.load_kind(shape, name);
    let LoadKind::Method(method) = kind else { return false };
    let Some(function) = vm.cast_exact::<PyFunction>(method) else { return false };
    vm.remember_load(shape, name, &kind);
    function.code.get_set().simple_argcount == 2
}

/// A specialized `BINARY_OP` met other operands.
#[inline]
pub fn miss(pc: *const u16) {
    super::despecialize(pc, Opcode::BinaryOp);
}

/// Looks at the container and the index of a `STORE_SUBSCR`.
#[inline(always)]
pub fn store_subscr(pc: *const u16, container: u64, index: u64) {
    if is_due(pc) {
        // SAFETY: operands are values.
        let exact = |shape: u32| unsafe { is_exact(container, shape) };
        if exact(ids::LIST) && is_int(index) {
            set_opcode(pc, STORE_SUBSCR_LIST_INT);
        } else if exact(ids::DICT) {
            set_opcode(pc, STORE_SUBSCR_DICT);
        } else {
            failed(pc);
        }
    }
}
