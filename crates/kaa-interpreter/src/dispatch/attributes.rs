//! Attributes.

use kaa_objects::{PyResult, Value, Vm};

use super::state::{op, value, word};
use crate::frame::Frame;

/// Cache units of `LOAD_ATTR`.
const LOAD_CACHES: usize = 9;
/// Cache units of `STORE_ATTR`.
const STORE_CACHES: usize = 4;

op! {
    fn load_attr<D>(s, arg) {
        s.goto::<D>(load_attr_generic::<D>, arg)
    }

    #[inline(never)]
    fn load_attr_generic<D>(s, arg) {
        s.save();
        if arg & 1 == 0 {
            let found = word(s.vm.get_attr(s.peek_value(1), s.name(arg >> 1)));
            return s.finish::<D>(1, found, LOAD_CACHES);
        }
        let (method, this) = load_method(s.vm, s.fp, s.peek_value(1), arg >> 1);
        if method == 0 {
            return s.raise::<D>();
        }
        s.poke(1, method);
        s.push(this);
        s.skip(LOAD_CACHES);
        s.next::<D>()
    }

    fn store_attr<D>(s, arg) {
        s.goto::<D>(store_attr_generic::<D>, arg)
    }

    #[inline(never)]
    fn store_attr_generic<D>(s, arg) {
        s.save();
        let fine = s.vm.set_attr(s.peek_value(1), s.name(arg), s.peek_value(2)).is_ok();
        s.finish_unit::<D>(2, fine, STORE_CACHES)
    }

    fn delete_attr<D>(s, arg) {
        s.save();
        let fine = s.vm.del_attr(s.peek_value(1), s.name(arg)).is_ok();
        s.finish_unit::<D>(1, fine, 0)
    }

    #[inline(never)]
    fn load_super_attr<D>(s, arg) {
        s.save();
        let (method, this) = super_attribute(s.vm, s.fp, s.sp.sub(3), arg);
        if method == 0 {
            return s.raise::<D>();
        }
        s.sp = s.sp.sub(3);
        s.push(method);
        if arg & 1 != 0 {
            s.push(this);
        }
        s.skip(1);
        s.next::<D>()
    }
}

/// An attribute about to be called: the function and its first argument, or what was found
/// and 0.
#[inline(never)]
fn load_method(vm: &Vm, fp: *mut Frame, owner: Value, name: usize) -> (u64, u64) {
    let name = Frame::code_of(fp).names[name];
    match vm.get_attr(owner, name) {
        Ok(found) => (found.bits(), 0),
        Err(_) => (0, 0),
    }
}

/// `super().name`: at `operands` stand `super`, a class and an instance.
#[inline(never)]
fn super_attribute(vm: &Vm, fp: *mut Frame, operands: *mut u64, arg: usize) -> (u64, u64) {
    // SAFETY: the running frame; three operands.
    let (function, class, this, name) = unsafe {
        let operand = |index| value(*operands.add(index));
        (operand(0), operand(1), operand(2), Frame::code_of(fp).names[arg >> 2])
    };
    let find = || -> PyResult<(u64, u64)> {
        let made = if arg & 2 != 0 { vm.call(function, &[class, this])? } else { vm.call(function, &[])? };
        Ok((vm.get_attr(made, name)?.bits(), 0))
    };
    find().unwrap_or((0, 0))
}
