//! Locals, cells, constants, and moving operands about.

use kaa_objects::types::cell::PyCell;
use kaa_objects::types::function::PyFunction;
use kaa_objects::{Gc, Value, Vm};

use super::state::{object, op, value, word};
use crate::frame::Frame;

op! {
    fn load_fast<D>(s, arg) {
        let word = *s.local(arg);
        s.push(word);
        s.next::<D>()
    }

    fn load_fast_load_fast<D>(s, arg) {
        let (first, second) = (*s.local(arg >> 4), *s.local(arg & 15));
        s.push(first);
        s.push(second);
        s.next::<D>()
    }

    fn load_fast_check<D>(s, arg) {
        let word = *s.local(arg);
        if word == 0 {
            s.save();
            unbound_local(s.vm, s.fp, arg);
            return s.raise::<D>();
        }
        s.push(word);
        s.next::<D>()
    }

    fn load_fast_and_clear<D>(s, arg) {
        let local = s.local(arg);
        s.push(*local);
        *local = 0;
        s.next::<D>()
    }

    fn store_fast<D>(s, arg) {
        let word = s.pop();
        *s.local(arg) = word;
        s.next::<D>()
    }

    fn store_fast_load_fast<D>(s, arg) {
        *s.local(arg >> 4) = s.peek(1);
        let word = *s.local(arg & 15);
        s.poke(1, word);
        s.next::<D>()
    }

    fn store_fast_store_fast<D>(s, arg) {
        *s.local(arg >> 4) = s.peek(1);
        *s.local(arg & 15) = s.peek(2);
        s.sp = s.sp.sub(2);
        s.next::<D>()
    }

    fn delete_fast<D>(s, arg) {
        let local = s.local(arg);
        if *local == 0 {
            s.save();
            unbound_local(s.vm, s.fp, arg);
            return s.raise::<D>();
        }
        *local = 0;
        s.next::<D>()
    }

    fn load_const<D>(s, arg) {
        let word = *(*s.fp).consts.add(arg);
        s.push(word);
        s.next::<D>()
    }

    fn load_small_int<D>(s, arg) {
        s.push((arg as u64) << 1 | 1);
        s.next::<D>()
    }

    fn load_common_constant<D>(s, arg) {
        s.save();
        let word = common_constant(s.vm, arg);
        s.finish::<D>(0, word, 0)
    }

    fn pop_top<D>(s, arg) {
        s.sp = s.sp.sub(1);
        s.next::<D>()
    }

    fn push_null<D>(s, arg) {
        s.push(0);
        s.next::<D>()
    }

    fn copy<D>(s, arg) {
        let word = s.peek(arg);
        s.push(word);
        s.next::<D>()
    }

    fn swap<D>(s, arg) {
        let (top, other) = (s.peek(1), s.peek(arg));
        s.poke(1, other);
        s.poke(arg, top);
        s.next::<D>()
    }

    fn make_cell<D>(s, arg) {
        s.save();
        let cell = make_cell_of(s.vm, *s.local(arg));
        if cell == 0 {
            return s.raise::<D>();
        }
        *s.local(arg) = cell;
        s.next::<D>()
    }

    fn copy_free_vars<D>(s, arg) {
        let function = Value::from_bits((*s.fp).function).map(|function| object::<PyFunction>(function.bits()));
        let closure = function.and_then(|function| function.closure.get());
        let Some(cells) = closure.filter(|cells| cells.len() == arg) else {
            s.save();
            super::control::wrong_operand(s.vm, "function with a closure");
            return s.raise::<D>();
        };
        let first = s.local(Frame::code_of(s.fp).nlocalsplus as usize - arg);
        for (i, cell) in cells.as_slice().iter().enumerate() {
            *first.add(i) = cell.bits();
        }
        s.next::<D>()
    }

    fn load_deref<D>(s, arg) {
        let cell: Gc<PyCell> = object(*s.local(arg));
        match cell.contents.get() {
            Some(contents) => {
                s.push(contents.bits());
                s.next::<D>()
            }
            None => {
                s.save();
                unbound_deref(s.vm, s.fp, arg);
                s.raise::<D>()
            }
        }
    }

    fn store_deref<D>(s, arg) {
        let cell: Gc<PyCell> = object(*s.local(arg));
        let contents = value(s.pop());
        cell.contents.set(s.vm, cell, contents);
        s.next::<D>()
    }

    fn delete_deref<D>(s, arg) {
        let cell: Gc<PyCell> = object(*s.local(arg));
        if cell.contents.get().is_none() {
            s.save();
            unbound_deref(s.vm, s.fp, arg);
            return s.raise::<D>();
        }
        cell.contents.clear();
        s.next::<D>()
    }

    fn load_from_dict_or_deref<D>(s, arg) {
        s.save();
        let word = from_mapping_or_deref(s.vm, s.fp, s.peek_value(1), arg);
        s.finish::<D>(1, word, 0)
    }
}

#[inline(never)]
fn make_cell_of(vm: &Vm, word: u64) -> u64 {
    // SAFETY: a local is a value's word or 0.
    let contents = unsafe { Value::from_bits(word) };
    vm.new_cell(contents).map_or(0, |cell| cell.value().bits())
}

/// Raises that a local variable has no value.
#[cold]
#[inline(never)]
pub fn unbound_local(vm: &Vm, fp: *mut Frame, index: usize) {
    // SAFETY: the running frame; the index is one of its locals.
    let name = Frame::code_of(fp).localsplusnames(vm)[index];
    let _ = vm.unbound_local_error(format_args!(
        "cannot access local variable '{}' where it is not associated with a value",
        name.to_string_lossy()
    ));
}

/// Raises that a cell or free variable has no value.
#[cold]
#[inline(never)]
pub(crate) fn unbound_deref(vm: &Vm, fp: *mut Frame, index: usize) {
    // SAFETY: the running frame.
    let code = unsafe { (*fp).code };
    if index < (code.nlocalsplus - code.nfree) as usize {
        return unbound_local(vm, fp, index);
    }
    let name = code.localsplusnames(vm)[index].to_string_lossy();
    let _ = vm.name_error(format_args!(
        "cannot access free variable '{name}' where it is not associated with a value in enclosing scope"
    ));
}

#[inline(never)]
fn from_mapping_or_deref(vm: &Vm, fp: *mut Frame, mapping: Value, index: usize) -> u64 {
    // SAFETY: the running frame; its local is a cell.
    let (name, cell) = unsafe {
        let cell: Gc<PyCell> = object(*Frame::locals_ptr(fp).add(index));
        (Frame::code_of(fp).localsplusnames(vm)[index], cell)
    };
    match super::names::optional_item(vm, mapping, name) {
        Err(_) => 0,
        Ok(Some(found)) => found.bits(),
        Ok(None) => match cell.contents.get() {
            Some(contents) => contents.bits(),
            None => {
                unbound_deref(vm, fp, index);
                0
            }
        },
    }
}

/// `LOAD_COMMON_CONSTANT`.
#[inline(never)]
fn common_constant(vm: &Vm, arg: usize) -> u64 {
    use kaa_bytecode::operands::CommonConstant as C;
    let builtin = |index: usize| match vm.all_and_any[index].get() {
        Some(found) => found.bits(),
        None => word(Err(vm.system_error("the builtins module is not there"))),
    };
    match C::from_number(arg as u32) {
        Some(C::AssertionError) => vm.exceptions().AssertionError.value().bits(),
        Some(C::NotImplementedError) => vm.exceptions().NotImplementedError.value().bits(),
        Some(C::Tuple) => vm.class::<kaa_objects::types::tuple::PyTuple>().value().bits(),
        Some(C::All) => builtin(0),
        Some(C::Any) => builtin(1),
        None => word(Err(vm.system_error(format_args!("unknown common constant {arg}")))),
    }
}
