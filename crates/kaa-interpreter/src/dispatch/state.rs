//! What every instruction handler works on: the registers of the interpreter and the short
//! operations on them.

use std::sync::atomic::Ordering;

use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::Driver;
use crate::frame::Frame;

/// An instruction's implementation. `pc` stands behind the instruction's first unit, whose
/// argument is the last parameter. A handler ends by passing control to the next one.
pub type Handler<O> = unsafe extern "C" fn(*const u16, *mut u64, *mut Frame, &Vm, usize) -> O;

/// The registers of the interpreter.
#[derive(Clone, Copy)]
pub struct State<'v> {
    /// Behind the first unit of the instruction.
    pub pc: *const u16,
    /// The end of the operand stack, which grows upwards.
    pub sp: *mut u64,
    /// The running frame.
    pub fp: *mut Frame,
    /// The isolate.
    pub vm: &'v Vm,
}

/// The word of a result: 0 says that an exception is pending.
#[inline(always)]
pub fn word(result: PyResult) -> u64 {
    result.map_or(0, Value::bits)
}

/// Whether a word holds a small integer.
#[inline(always)]
pub const fn is_int(word: u64) -> bool {
    word & 1 != 0
}

/// Whether a word holds a float.
#[inline(always)]
pub const fn is_float(word: u64) -> bool {
    word & 3 == 2
}

/// Whether a word is an object's address (or 0).
#[inline(always)]
pub const fn is_object(word: u64) -> bool {
    word & 7 == 0
}

/// The shape of the object at an address.
///
/// # Safety
/// The word is the address of an object.
#[inline(always)]
pub unsafe fn shape_of(word: u64) -> u32 {
    // SAFETY: the header is the object's first word, the shape its upper half.
    unsafe { *(word as *const u32).add(1) }
}

/// The value of a word that is not 0.
///
/// # Safety
/// The word came from a value.
#[inline(always)]
pub unsafe fn value(word: u64) -> Value {
    // SAFETY: the caller's promise.
    unsafe { Value::from_bits(word).unwrap_unchecked() }
}

/// The object at an address.
///
/// # Safety
/// The word is the address of an object whose layout begins with `T`.
#[inline(always)]
pub unsafe fn object<T>(word: u64) -> Gc<T> {
    // SAFETY: the caller's promise.
    unsafe { Gc::from_ptr(word as *mut T) }
}

/// All methods share one contract: the registers describe a running frame, and the operands that
/// the instruction takes are on its stack. Each handler upholds it by its instruction's stack
/// effect, which the compiler's stack size is computed from.
impl<'v> State<'v> {
    /// # Safety
    /// See the block.
    #[inline(always)]
    pub unsafe fn push(&mut self, word: u64) {
        // SAFETY: the frame has room for the code's greatest stack depth.
        unsafe {
            *self.sp = word;
            self.sp = self.sp.add(1);
        }
    }

    /// # Safety
    /// See the block.
    #[inline(always)]
    pub unsafe fn pop(&mut self) -> u64 {
        // SAFETY: see the block.
        unsafe {
            self.sp = self.sp.sub(1);
            *self.sp
        }
    }

    /// The operand `depth` below the top; 1 is the top itself.
    ///
    /// # Safety
    /// See the block.
    #[inline(always)]
    pub unsafe fn peek(&self, depth: usize) -> u64 {
        // SAFETY: see the block.
        unsafe { *self.sp.sub(depth) }
    }

    /// Replaces the operand `depth` below the top.
    ///
    /// # Safety
    /// See the block.
    #[inline(always)]
    pub unsafe fn poke(&mut self, depth: usize, word: u64) {
        // SAFETY: see the block.
        unsafe { *self.sp.sub(depth) = word }
    }

    /// The operand `depth` below the top, which is a value.
    ///
    /// # Safety
    /// See the block.
    #[inline(always)]
    pub unsafe fn peek_value(&self, depth: usize) -> Value {
        // SAFETY: see the block.
        unsafe { value(self.peek(depth)) }
    }

    /// Takes `count` operands and puts one.
    ///
    /// # Safety
    /// See the block.
    #[inline(always)]
    pub unsafe fn replace(&mut self, count: usize, word: u64) {
        // SAFETY: see the block.
        unsafe {
            self.sp = self.sp.sub(count);
            self.push(word);
        }
    }

    /// The address of a local.
    ///
    /// # Safety
    /// See the block.
    #[inline(always)]
    pub unsafe fn local(&self, index: usize) -> *mut u64 {
        // SAFETY: the index is one of the code's locals.
        unsafe { Frame::locals_ptr(self.fp).add(index) }
    }

    /// A cache unit of the instruction.
    ///
    /// # Safety
    /// The instruction has that many cache units.
    #[inline(always)]
    pub unsafe fn cache(&self, index: usize) -> u16 {
        // SAFETY: the caller's promise.
        unsafe { *self.pc.add(index) }
    }

    /// Two cache units as one number.
    ///
    /// # Safety
    /// As for `cache`.
    #[inline(always)]
    pub unsafe fn cache32(&self, index: usize) -> u32 {
        // SAFETY: the caller's promise.
        unsafe { self.pc.add(index).cast::<u32>().read_unaligned() }
    }

    /// Four cache units as one word.
    ///
    /// # Safety
    /// As for `cache`.
    #[inline(always)]
    pub unsafe fn cache64(&self, index: usize) -> u64 {
        // SAFETY: the caller's promise.
        unsafe { self.pc.add(index).cast::<u64>().read_unaligned() }
    }

    /// Steps over cache units or a jump's distance.
    ///
    /// # Safety
    /// What follows is an instruction of the same code.
    #[inline(always)]
    pub unsafe fn skip(&mut self, units: usize) {
        // SAFETY: the caller's promise.
        self.pc = unsafe { self.pc.add(units) };
    }

    /// A name of the code.
    ///
    /// # Safety
    /// See the block.
    #[inline(always)]
    pub unsafe fn name(&self, index: usize) -> Gc<PyStr> {
        // SAFETY: the compiler's argument is within the names.
        unsafe { *Frame::code_of(self.fp).names.get_unchecked(index) }
    }

    /// Stores the registers in the frame: to be done before anything that may collect, raise or
    /// look at the frame.
    ///
    /// # Safety
    /// See the block.
    #[inline(always)]
    pub unsafe fn save(&self) {
        // SAFETY: the frame is alive.
        unsafe {
            (*self.fp).pc = self.pc;
            (*self.fp).sp = self.sp;
        }
    }

    /// The reasons to stop at a poll.
    #[inline(always)]
    pub fn polled(&self) -> bool {
        self.vm.poll.load(Ordering::Relaxed) != 0
    }

    /// Goes on with the instruction at `pc`.
    ///
    /// # Safety
    /// See the block.
    #[inline(always)]
    pub unsafe fn next<D: Driver>(self) -> D::Out {
        // SAFETY: see the block.
        unsafe { D::next(self) }
    }

    /// Goes on with a given handler.
    ///
    /// # Safety
    /// The handler may be called in this state.
    #[inline(always)]
    pub unsafe fn goto<D: Driver>(self, handler: Handler<D::Out>, arg: usize) -> D::Out {
        // SAFETY: the caller's promise.
        unsafe { handler(self.pc, self.sp, self.fp, self.vm, arg) }
    }

    /// Goes on where the pending exception is handled.
    ///
    /// # Safety
    /// An exception is pending.
    #[inline(always)]
    pub unsafe fn raise<D: Driver>(self) -> D::Out {
        // SAFETY: the caller's promise.
        unsafe { crate::unwind::unwind::<D>(self.pc, self.sp, self.fp, self.vm, 0) }
    }

    /// Ends an instruction that takes `count` operands and gives a result, or raised.
    ///
    /// # Safety
    /// See the block.
    #[inline(always)]
    pub unsafe fn finish<D: Driver>(mut self, count: usize, result: u64, caches: usize) -> D::Out {
        // SAFETY: see the block.
        unsafe {
            if result == 0 {
                return self.raise::<D>();
            }
            self.replace(count, result);
            self.skip(caches);
            self.next::<D>()
        }
    }

    /// Ends an instruction that takes `count` operands and gives nothing, or raised.
    ///
    /// # Safety
    /// See the block.
    #[inline(always)]
    pub unsafe fn finish_unit<D: Driver>(mut self, count: usize, fine: bool, caches: usize) -> D::Out {
        // SAFETY: see the block.
        unsafe {
            if !fine {
                return self.raise::<D>();
            }
            self.sp = self.sp.sub(count);
            self.skip(caches);
            self.next::<D>()
        }
    }
}

/// Defines instruction handlers. Their contract is that of [`State`]'s methods.
macro_rules! op {
    ($($(#[$meta:meta])* fn $name:ident<$driver:ident>($s:ident, $arg:ident) $body:block)*) => {
        $(
            $(#[$meta])*
            // One handler inside another would cost the fast path registers.
            #[inline(never)]
            #[allow(unused_mut, unused_variables, clippy::missing_safety_doc)]
            pub unsafe extern "C" fn $name<$driver: $crate::dispatch::Driver>(
                pc: *const u16,
                sp: *mut u64,
                fp: *mut $crate::frame::Frame,
                vm: &kaa_objects::Vm,
                $arg: usize,
            ) -> $driver::Out {
                let mut $s = $crate::dispatch::state::State { pc, sp, fp, vm };
                // SAFETY: a handler is entered with the registers of a running frame that stands
                // at the handler's instruction; see `State`.
                unsafe { $body }
            }
        )*
    };
}
pub(crate) use op;
