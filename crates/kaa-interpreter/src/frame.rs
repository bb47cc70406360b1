//! Frames: the state of a running function.
//!
//! A frame is a header, the locals (then cells and free variables), and the operand stack, one
//! word each. Frames of plain functions lie on the thread's data stack (`stack.rs`), those of
//! generators inside the generator object. The collector scans the words of running frames
//! conservatively, so that stores to locals and stack need no barrier.

use kaa_objects::types::code::{FRAME_HEADER_WORDS, PyCode};
use kaa_objects::types::dict::PyDict;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// The fixed part of a frame.
#[repr(C)]
pub struct Frame {
    /// What runs.
    pub code: Gc<PyCode>,
    /// The constants of the code.
    pub consts: *const u64,
    /// The function object, or 0.
    pub function: u64,
    /// `f_globals`.
    pub globals: Gc<PyDict>,
    /// `f_builtins`.
    pub builtins: Value,
    /// The namespace of module and class code (a mapping), or 0.
    pub locals: u64,
    /// The frame that called or resumed this one.
    pub previous: *mut Frame,
    /// While the frame does not run: behind the instruction that it stands at, where it goes on.
    pub pc: *const u16,
    /// While the frame does not run, and while something is called that may collect: the end of
    /// its operand stack.
    pub sp: *mut u64,
    /// The frame object, when one was asked for, or 0.
    pub frame_object: u64,
    /// The generator that the frame belongs to, or 0.
    pub generator: u64,
    /// Bits of [`special`].
    pub special: u64,
}

const _: () = assert!(size_of::<Frame>() == FRAME_HEADER_WORDS * 8);

/// What leaving a frame must do beyond giving a value to the previous frame.
pub mod special {
    /// Native code called the frame: leave the interpreter.
    pub const ENTRY: u64 = 1;
    /// The frame belongs to a generator.
    pub const GENERATOR: u64 = 2;
    /// The frame runs `__init__` of an instance being made: the result must be `None`, and the
    /// instance is already on the previous frame's stack.
    pub const INIT: u64 = 4;
    /// The frame has a frame object, which must take over its variables.
    pub const OBSERVED: u64 = 8;
    /// `FOR_ITER` resumed the generator: at its end the loop is left.
    pub const FOR_ITER: u64 = 16;
    /// `SEND` resumed the generator: its result goes to the consumer's stack.
    pub const SEND: u64 = 32;
    /// The result is turned into a bool.
    pub const TO_BOOL: u64 = 64;
}

impl Frame {
    /// The code of a frame, which is alive.
    #[inline(always)]
    pub(crate) fn code_of(this: *mut Frame) -> Gc<PyCode> {
        // SAFETY: callers pass frames that are alive.
        unsafe { (*this).code }
    }

    /// Loads the code of a frame that has run nothing yet, if it is packed.
    ///
    /// # Safety
    /// The frame is alive.
    #[inline]
    pub unsafe fn load(this: *mut Frame, vm: &Vm) -> PyResult<()> {
        // SAFETY: the caller's promise.
        unsafe {
            let code = (*this).code;
            if (*this).pc != code.adaptive.as_ptr().cast() || code.is_packed() {
                code.load(vm)?;
                (*this).consts = code.consts.as_ptr().cast();
                (*this).pc = code.adaptive.as_ptr().cast();
            }
        }
        Ok(())
    }

    /// The first local.
    #[inline(always)]
    pub fn locals_ptr(this: *mut Frame) -> *mut u64 {
        // SAFETY: locals follow the header of every frame.
        unsafe { this.cast::<u64>().add(FRAME_HEADER_WORDS) }
    }

    /// The bottom of the operand stack.
    #[inline(always)]
    pub fn stack_base(this: *mut Frame) -> *mut u64 {
        // SAFETY: the stack follows the locals.
        unsafe { Frame::locals_ptr(this).add(Frame::code_of(this).nlocalsplus as usize) }
    }

    /// The index of the unit of the instruction that the frame stands at.
    pub fn instruction(&self) -> usize {
        self.code.instruction_start(self.unit_before(self.pc))
    }

    /// The index of the unit before an address in the adaptive code.
    pub fn unit_before(&self, pc: *const u16) -> usize {
        let units = (pc as usize - self.code.adaptive.as_ptr() as usize) / 2;
        units.saturating_sub(1)
    }
}
