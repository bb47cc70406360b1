//! Two instructions in one step. The opcode stands in the first one's unit; the second one keeps
//! its own, and each handler checks that it still has the form that it does the work of. If not,
//! or if the operands do not fit, the handler does the first instruction alone.

use kaa_objects::types::list::PyList;
use kaa_objects::{Gc, ids};

use super::compare::{branch, compare_numbers};
use super::control::{index_in, is_exact};
use super::state::{is_int, is_object, object, op, shape_of};
use crate::opcode::{BINARY_OP_ADD_INT, BINARY_OP_SUBSCR_LIST_INT, COMPARE_OP_INT_JUMP, LOAD_ATTR_SLOT};

op! {
    /// `LOAD_FAST`, then an own attribute in the object.
    fn load_fast_load_attr_slot<D>(s, arg) {
        let owner = *s.local(arg);
        // The second instruction's unit, its offset, its shape.
        let second = s.cache(0);
        if second as u8 == LOAD_ATTR_SLOT && is_object(owner) && shape_of(owner) == s.cache32(2) {
            let found = *(owner as *const u8).add(s.cache(1) as usize).cast::<u64>();
            if found != 0 {
                s.push(found);
                s.skip(10);
                return s.next::<D>();
            }
        }
        s.push(owner);
        s.next::<D>()
    }

    /// A small integer, added to what is on the stack.
    fn load_small_int_add<D>(s, arg) {
        let a = s.peek(1);
        if s.cache(0) as u8 == BINARY_OP_ADD_INT
            && is_int(a)
            && let Some(sum) = (a as i64).checked_add((arg as i64) << 1)
        {
            s.poke(1, sum as u64);
            s.skip(6);
            return s.next::<D>();
        }
        s.push((arg as u64) << 1 | 1);
        s.next::<D>()
    }

    /// Two locals, compared as small integers, and the conditional jump that follows.
    fn load_fast_pair_compare_jump<D>(s, arg) {
        let (a, b) = (*s.local(arg >> 4), *s.local(arg & 15));
        let second = s.cache(0);
        if second as u8 == COMPARE_OP_INT_JUMP && a & b & 1 != 0 {
            let holds = compare_numbers((second >> 8) as usize, a as i64, b as i64);
            s.skip(1);
            return branch::<D>(s, holds);
        }
        s.push(a);
        s.push(b);
        s.next::<D>()
    }

    /// An item of a list in a local by an index in a local.
    fn load_fast_pair_subscr_list<D>(s, arg) {
        let (list, index) = (*s.local(arg >> 4), *s.local(arg & 15));
        if s.cache(0) as u8 == BINARY_OP_SUBSCR_LIST_INT && is_exact(list, ids::LIST) && is_int(index) {
            let items: Gc<PyList> = object(list);
            if let Some(item) = index_in(index, items.len()).and_then(|index| items.get(index)) {
                s.push(item.bits());
                s.skip(6);
                return s.next::<D>();
            }
        }
        s.push(list);
        s.push(index);
        s.next::<D>()
    }
}
