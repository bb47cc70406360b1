//! Iteration and unpacking.

use kaa_bytecode::Opcode;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::list::iterator::PyListIterator;
use kaa_objects::types::range::iterator::PyRangeIterator;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::tuple::iterator::PyTupleIterator;
use kaa_objects::{Gc, PyResult, Value, Vm, ids};

use super::Driver;
use super::control::is_exact;
use super::state::{State, object, op, value, word};
use crate::specialize;

op! {
    fn get_iter<D>(s, arg) {
        s.save();
        let iterator = word(s.vm.iter(s.peek_value(1)));
        s.finish::<D>(1, iterator, 0)
    }

    fn for_iter<D>(s, arg) {
        specialize::iterate::for_iter(s.pc, s.peek(1));
        s.goto::<D>(for_iter_generic::<D>, arg)
    }

    fn for_iter_generic<D>(s, arg) {
        s.save();
        match next_word(s.vm, s.peek_value(1)) {
            RAISED => s.raise::<D>(),
            EXHAUSTED => {
                // Behind the loop's `END_FOR`.
                s.skip(1 + arg + 1);
                s.next::<D>()
            }
            item => {
                s.push(item);
                s.skip(1);
                s.next::<D>()
            }
        }
    }

    fn for_iter_list<D>(s, arg) {
        let iterator = s.peek(1);
        if !is_exact(iterator, ids::LIST_ITERATOR) {
            return s.goto::<D>(for_iter_miss::<D>, arg);
        }
        let iterator: Gc<PyListIterator> = object(iterator);
        let index = iterator.index.get();
        // At the end the iterator lets go of the list.
        match iterator.list.get().and_then(|list| list.get(index)) {
            Some(item) => {
                iterator.index.set(index + 1);
                s.push(item.bits());
                s.skip(1);
            }
            None => {
                iterator.list.clear();
                s.skip(1 + arg + 1);
            }
        }
        s.next::<D>()
    }

    fn for_iter_tuple<D>(s, arg) {
        let iterator = s.peek(1);
        if !is_exact(iterator, ids::TUPLE_ITERATOR) {
            return s.goto::<D>(for_iter_miss::<D>, arg);
        }
        let iterator: Gc<PyTupleIterator> = object(iterator);
        let index = iterator.index.get();
        let item = match iterator.tuple.get() {
            Some(tuple) if index < tuple.len() => tuple.as_slice().get_unchecked(index).bits(),
            _ => EXHAUSTED,
        };
        if item == EXHAUSTED {
            iterator.tuple.clear();
            s.skip(1 + arg + 1);
        } else {
            iterator.index.set(index + 1);
            s.push(item);
            s.skip(1);
        }
        s.next::<D>()
    }

    fn for_iter_range<D>(s, arg) {
        let iterator = s.peek(1);
        if !is_exact(iterator, ids::RANGE_ITERATOR) {
            return s.goto::<D>(for_iter_miss::<D>, arg);
        }
        let iterator: Gc<PyRangeIterator> = object(iterator);
        if iterator.is_large() {
            return s.goto::<D>(for_iter_generic::<D>, arg);
        }
        match iterator.next_i64() {
            Some(item) => {
                s.push((item as u64) << 1 | 1);
                s.skip(1);
            }
            None => s.skip(1 + arg + 1),
        }
        s.next::<D>()
    }

    #[cold]
    fn for_iter_miss<D>(s, arg) {
        specialize::despecialize(s.pc, Opcode::ForIter);
        s.goto::<D>(for_iter_generic::<D>, arg)
    }

    fn get_len<D>(s, arg) {
        s.save();
        let len = length_word(s.vm, s.peek_value(1));
        s.finish::<D>(0, len, 0)
    }

    fn unpack_sequence<D>(s, arg) {
        let sequence = s.peek(1);
        if is_exact(sequence, ids::TUPLE) {
            let tuple: Gc<PyTuple> = object(sequence);
            if tuple.len() == arg {
                return unpack_row::<D>(s, tuple.as_slice().as_ptr().cast(), arg);
            }
        } else if is_exact(sequence, ids::LIST) {
            let list: Gc<PyList> = object(sequence);
            if list.len() == arg {
                return unpack_row::<D>(s, list.as_slice().as_ptr().cast(), arg);
            }
        }
        s.goto::<D>(unpack_sequence_generic::<D>, arg)
    }

    fn unpack_sequence_generic<D>(s, arg) {
        s.save();
        if !unpack(s.vm, s.sp.sub(1), arg, None) {
            return s.raise::<D>();
        }
        s.sp = s.sp.add(arg).sub(1);
        s.skip(1);
        s.next::<D>()
    }

    fn unpack_ex<D>(s, arg) {
        s.save();
        let (before, after) = (arg & 0xff, arg >> 8);
        if !unpack(s.vm, s.sp.sub(1), before, Some(after)) {
            return s.raise::<D>();
        }
        s.sp = s.sp.add(before + after);
        s.next::<D>()
    }
}

/// Ends `UNPACK_SEQUENCE` with the items of a row, the first one on top.
///
/// # Safety
/// The registers are those of the instruction; the row holds `count` values.
#[inline(always)]
unsafe fn unpack_row<D: Driver>(mut s: State<'_>, mut from: *const u64, count: usize) -> D::Out {
    // SAFETY: the caller's promise; the stack has room for what the instruction gives. Volatile
    // keeps the short loop a loop.
    unsafe {
        let end = s.sp.sub(1);
        s.sp = end.add(count);
        let mut to = s.sp;
        while to > end {
            to = to.sub(1);
            to.write_volatile(*from);
            from = from.add(1);
        }
        s.skip(1);
        s.next::<D>()
    }
}

const RAISED: u64 = 0;
/// No value's word: immediate values beyond those that exist.
pub const EXHAUSTED: u64 = 0xffff_ffff_ffff_fffc;

#[inline(never)]
fn next_word(vm: &Vm, iterator: Value) -> u64 {
    match vm.next(iterator) {
        Ok(Some(item)) => item.bits(),
        Ok(None) => EXHAUSTED,
        Err(_) => RAISED,
    }
}

#[inline(never)]
fn length_word(vm: &Vm, container: Value) -> u64 {
    vm.len(container).map_or(0, |len| Value::small_int(len as i64).bits())
}

/// Replaces the iterable at `operand` by its items, the first one on top; `after` is how many
/// follow a starred target.
#[inline(never)]
fn unpack(vm: &Vm, operand: *mut u64, before: usize, after: Option<usize>) -> bool {
    // SAFETY: the operand of the running frame; the stack has room for the items, which are
    // written when nothing is allocated any more.
    unsafe {
        let iterable = value(*operand);
        let Ok(items) = collect(vm, iterable, before, after) else { return false };
        let items = items.as_slice();
        let mut to = operand.add(before + after.map_or(0, |after| after + 1));
        for item in items {
            to = to.sub(1);
            *to = item.bits();
        }
        true
    }
}

/// The items for the targets, in their order, the starred target's as a list.
fn collect(vm: &Vm, iterable: Value, before: usize, after: Option<usize>) -> PyResult<Gc<PyList>> {
    let class = vm.class_of(iterable);
    if class.slots().iter.is_none() && !vm.is_sequence(iterable) {
        let class = class.name_text();
        return Err(vm.type_error(format_args!("cannot unpack non-iterable {class} object")));
    }
    let iterator = vm.iter(iterable)?;
    let items = vm.new_list(&[])?;
    while items.len() < before {
        match vm.next(iterator)? {
            Some(item) => items.push(vm, item)?,
            None => {
                let got = items.len();
                return Err(match after {
                    None => vm.value_error(format_args!("not enough values to unpack (expected {before}, got {got})")),
                    Some(after) => vm.value_error(format_args!(
                        "not enough values to unpack (expected at least {}, got {got})",
                        before + after
                    )),
                });
            }
        }
    }
    let Some(after) = after else {
        if vm.next(iterator)?.is_some() {
            let known = vm
                .cast_exact::<PyList>(iterable)
                .map(|list| list.len())
                .or_else(|| vm.cast_exact::<PyTuple>(iterable).map(|tuple| tuple.len()))
                .or_else(|| vm.cast_exact::<PyDict>(iterable).map(|dict| dict.len()))
                .filter(|&len| len > before);
            let got = known.map_or_else(String::new, |len| format!(", got {len}"));
            return Err(vm.value_error(format_args!("too many values to unpack (expected {before}{got})")));
        }
        return Ok(items);
    };
    let rest = vm.list_from(iterator)?;
    let Some(starred) = rest.len().checked_sub(after) else {
        return Err(vm.value_error(format_args!(
            "not enough values to unpack (expected at least {}, got {})",
            before + after,
            before + rest.len()
        )));
    };
    items.push(vm, vm.new_list(&rest.as_slice()[..starred])?.value())?;
    for index in starred..rest.len() {
        items.push(vm, rest.as_slice()[index])?;
    }
    Ok(items)
}
