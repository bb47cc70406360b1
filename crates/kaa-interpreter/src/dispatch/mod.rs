//! The instructions, and the drivers that run one after the other.
//!
//! A handler is a function that does one instruction and then passes control on. It is written
//! once, for any [`Driver`]:
//! - [`Tail`] jumps from handler to handler: each ends in an indirect call in tail position, which
//!   release builds turn into a jump. Rust does not promise that, so a debug build cannot use it.
//! - [`Step`] returns to a loop after each instruction.
//!
//! Invariant that `Tail` rests on: a handler has no local variable whose address another function
//! gets. What needs one is a function of its own that takes and returns words.

pub mod attributes;
pub mod awaiting;
pub mod binary;
pub mod build;
pub mod calls;
pub mod compare;
pub mod control;
pub mod exceptions;
pub mod fused;
pub mod generators;
pub mod imports;
pub mod iterate;
pub mod loads;
pub mod matching;
pub mod monitored;
pub mod names;
pub mod state;
mod table;

use kaa_objects::Value;

use state::{Handler, State};

/// How control passes from one instruction to the next.
pub trait Driver: Sized + 'static {
    /// What a handler returns.
    type Out;
    /// Goes on with the instruction at the state's `pc`.
    ///
    /// # Safety
    /// The registers are those of a running frame.
    unsafe fn next(state: State<'_>) -> Self::Out;
    /// Leaves the interpreter with a result, or 0 when an exception is pending.
    fn exit(result: u64) -> Self::Out;
    /// The handler of an opcode.
    fn handler(opcode: u8) -> Handler<Self::Out>;
}

/// See the module's documentation.
pub struct Tail;

static TAIL: [Handler<u64>; 256] = table::table::<Tail>();

impl Driver for Tail {
    type Out = u64;

    #[inline(always)]
    unsafe fn next(state: State<'_>) -> u64 {
        // SAFETY: the caller's promise; code does not run past its end.
        unsafe {
            let unit = *state.pc;
            let handler = TAIL[(unit & 0xff) as usize];
            handler(state.pc.add(1), state.sp, state.fp, state.vm, (unit >> 8) as usize)
        }
    }

    #[inline(always)]
    fn exit(result: u64) -> u64 {
        result
    }

    #[inline(always)]
    fn handler(opcode: u8) -> Handler<u64> {
        TAIL[opcode as usize]
    }
}

/// See the module's documentation.
pub struct Step;

/// The registers between two instructions, or the result.
#[repr(C)]
pub struct Stepped {
    pc: *const u16,
    sp: *mut u64,
    fp: *mut crate::frame::Frame,
    result: u64,
    ended: bool,
}

static STEP: [Handler<Stepped>; 256] = table::table::<Step>();

impl Driver for Step {
    type Out = Stepped;

    #[inline(always)]
    unsafe fn next(state: State<'_>) -> Stepped {
        Stepped { pc: state.pc, sp: state.sp, fp: state.fp, result: 0, ended: false }
    }

    #[inline(always)]
    fn exit(result: u64) -> Stepped {
        Stepped { pc: std::ptr::null(), sp: std::ptr::null_mut(), fp: std::ptr::null_mut(), result, ended: true }
    }

    #[inline(always)]
    fn handler(opcode: u8) -> Handler<Stepped> {
        STEP[opcode as usize]
    }
}

/// A driver that native code can start.
pub trait Start: Driver {
    /// Runs until the interpreter is left.
    ///
    /// # Safety
    /// As for [`Driver::next`].
    unsafe fn run(state: State<'_>) -> Option<Value>;
    /// As `run`, with an exception pending.
    ///
    /// # Safety
    /// As for [`Driver::next`].
    unsafe fn run_raising(state: State<'_>) -> Option<Value>;
}

impl Start for Tail {
    #[inline(never)]
    unsafe fn run(state: State<'_>) -> Option<Value> {
        // SAFETY: the caller's promise; results are values' words.
        unsafe { Value::from_bits(Tail::next(state)) }
    }

    unsafe fn run_raising(state: State<'_>) -> Option<Value> {
        // SAFETY: as above.
        unsafe { Value::from_bits(state.raise::<Tail>()) }
    }
}

impl Start for Step {
    unsafe fn run(state: State<'_>) -> Option<Value> {
        // SAFETY: the caller's promise; results are values' words.
        unsafe { step(state, Step::next(state)) }
    }

    unsafe fn run_raising(state: State<'_>) -> Option<Value> {
        // SAFETY: as above.
        unsafe { step(state, state.raise::<Step>()) }
    }
}

/// # Safety
/// As for [`Driver::next`].
unsafe fn step(state: State<'_>, mut stepped: Stepped) -> Option<Value> {
    // SAFETY: the caller's promise; each handler leaves registers of a running frame.
    unsafe {
        while !stepped.ended {
            let unit = *stepped.pc;
            let handler = STEP[(unit & 0xff) as usize];
            stepped = handler(stepped.pc.add(1), stepped.sp, stepped.fp, state.vm, (unit >> 8) as usize);
        }
        Value::from_bits(stepped.result)
    }
}

/// The driver of this build.
#[cfg(debug_assertions)]
pub type Native = Step;
/// The driver of this build.
#[cfg(not(debug_assertions))]
pub type Native = Tail;
