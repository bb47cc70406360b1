//! Instructions that tools watch: `INSTRUMENTED` stands in their place in the adaptive code, tells
//! the tools, and passes on to the handler of the instruction itself, or to one that tells of more.

use kaa_objects::types::list::PyList;
use kaa_objects::{Gc, Value, Vm, ids};

use super::calls::{bound_frame, call_words, enter_bound, spread, unpack_method};
use super::control::is_exact;
use super::iterate::EXHAUSTED;
use super::state::{object, op, value, word};
use crate::monitoring::{CALL_EVENT, at_instruction, called_native, calls, iterated, iterates};

/// Cache units of `CALL` and `CALL_KW`.
const CACHES: usize = 3;

op! {
    fn instrumented<D>(s, arg) {
        let before = (*s.fp).pc;
        s.save();
        let opcode = at_instruction(s.vm, s.fp, before, arg);
        if opcode < 0x100 {
            return s.goto::<D>(D::handler(opcode as u8), arg);
        }
        s.goto::<D>(elsewhere::<D>, opcode as usize)
    }

    /// A tool raised, or set the line where the frame goes on.
    #[cold]
    fn elsewhere<D>(s, arg) {
        if arg as u64 == crate::monitoring::RAISED {
            return s.raise::<D>();
        }
        s.pc = (*s.fp).pc;
        s.sp = (*s.fp).sp;
        s.next::<D>()
    }

    fn call_monitored<D>(s, arg) {
        unpack_method(&mut s, arg + 2);
        let callable = s.peek(arg + 2);
        let total = arg + usize::from(s.peek(arg + 1) != 0);
        let first = if total == 0 { 0 } else { s.peek(total) };
        if !calls(s.vm, s.fp, CALL_EVENT, value(callable), first) {
            return s.raise::<D>();
        }
        if is_exact(callable, ids::FUNCTION) {
            let frame = bound_frame(s.vm, s.fp, object(callable), s.sp.sub(total), total, 0);
            return enter_bound::<D>(s, frame, arg + 2, CACHES);
        }
        let result = call_words(s.vm, value(callable), s.sp.sub(total).cast(), total, 0);
        let result = called_native(s.vm, s.fp, value(callable), first, result);
        s.finish::<D>(arg + 2, result, CACHES)
    }

    fn call_kw_monitored<D>(s, arg) {
        let kwnames = s.peek(1);
        unpack_method(&mut s, arg + 3);
        let callable = s.peek(arg + 3);
        let total = arg + usize::from(s.peek(arg + 2) != 0);
        let first = if total == 0 { 0 } else { s.peek(total + 1) };
        if !calls(s.vm, s.fp, CALL_EVENT, value(callable), first) {
            return s.raise::<D>();
        }
        let args = s.sp.sub(total + 1);
        if is_exact(callable, ids::FUNCTION) {
            let frame = bound_frame(s.vm, s.fp, object(callable), args, total, kwnames);
            return enter_bound::<D>(s, frame, arg + 3, CACHES);
        }
        let result = call_words(s.vm, value(callable), args.cast(), total, kwnames);
        let result = called_native(s.vm, s.fp, value(callable), first, result);
        s.finish::<D>(arg + 3, result, CACHES)
    }

    fn call_function_ex_monitored<D>(s, arg) {
        if !spread(s.vm, s.peek_value(4), s.sp.sub(2)) {
            return s.raise::<D>();
        }
        let callable = s.peek(4);
        let row: Gc<PyList> = object(s.peek(2));
        let kwnames = s.peek(1);
        let first = first_positional(row, kwnames);
        if !calls(s.vm, s.fp, CALL_EVENT, value(callable), first) {
            return s.raise::<D>();
        }
        let (args, total) = (row.as_slice().as_ptr(), row.len());
        if is_exact(callable, ids::FUNCTION) {
            let frame = bound_frame(s.vm, s.fp, object(callable), args.cast(), total, kwnames);
            return enter_bound::<D>(s, frame, 4, 0);
        }
        let mut result = call_words(s.vm, value(callable), args, total, kwnames);
        if !is_exact(callable, ids::METHOD) {
            result = called_native(s.vm, s.fp, value(callable), first, result);
        }
        s.finish::<D>(4, result, 0)
    }

    fn for_iter_monitored<D>(s, arg) {
        match iterates(s.vm, s.fp, s.peek_value(1), EXHAUSTED) {
            0 => s.raise::<D>(),
            EXHAUSTED => {
                // Behind the loop's `END_FOR`.
                s.skip(1 + arg + 1);
                s.next::<D>()
            }
            item => {
                s.push(item);
                (*s.fp).sp = s.sp;
                if !iterated(s.vm, s.fp) {
                    return s.raise::<D>();
                }
                s.skip(1);
                s.next::<D>()
            }
        }
    }

    fn load_super_attr_monitored<D>(s, arg) {
        let function = s.peek_value(3);
        let first = if arg & 2 != 0 { s.peek(2) } else { 0 };
        if !calls(s.vm, s.fp, CALL_EVENT, function, first) {
            return s.raise::<D>();
        }
        let made = call_super(s.vm, s.sp.sub(3), arg);
        let made = called_native(s.vm, s.fp, function, first, made);
        if made == 0 {
            return s.raise::<D>();
        }
        let found = word(s.vm.get_attr(value(made), s.name(arg >> 2)));
        if found == 0 {
            return s.raise::<D>();
        }
        s.sp = s.sp.sub(3);
        s.push(found);
        if arg & 1 != 0 {
            s.push(0);
        }
        s.skip(1);
        s.next::<D>()
    }
}

/// The first positional argument of a row of them and of those with names, or 0.
fn first_positional(row: Gc<PyList>, kwnames: u64) -> u64 {
    use kaa_objects::types::tuple::PyTuple;
    // SAFETY: a tuple of names, or 0.
    let named = if kwnames == 0 { 0 } else { unsafe { object::<PyTuple>(kwnames) }.len() };
    if row.len() > named { row.get(0).map_or(0, Value::bits) } else { 0 }
}

/// `super()` or `super(class, this)`, or what stands in its place.
#[inline(never)]
fn call_super(vm: &Vm, operands: *mut u64, arg: usize) -> u64 {
    // SAFETY: three operands of the running frame.
    let [function, class, this] = [0, 1, 2].map(|index| unsafe { value(*operands.add(index)) });
    word(if arg & 2 != 0 { vm.call(function, &[class, this]) } else { vm.call(function, &[]) })
}
