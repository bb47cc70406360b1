//! `FOR_ITER` by its iterator.

use kaa_objects::ids;

use super::{failed, is_due, set_opcode};
use crate::dispatch::control::is_exact;
use crate::opcode::*;

/// Looks at the iterator.
#[inline(always)]
pub fn for_iter(pc: *const u16, iterator: u64) {
    if is_due(pc) {
        // SAFETY: the operand is a value.
        let exact = |shape: u32| unsafe { is_exact(iterator, shape) };
        if exact(ids::GENERATOR) {
            set_opcode(pc, FOR_ITER_GENERATOR);
        } else if exact(ids::LIST_ITERATOR) {
            set_opcode(pc, FOR_ITER_LIST);
        } else if exact(ids::TUPLE_ITERATOR) {
            set_opcode(pc, FOR_ITER_TUPLE);
        } else if exact(ids::RANGE_ITERATOR) {
            set_opcode(pc, FOR_ITER_RANGE);
        } else {
            failed(pc);
        }
    }
}
