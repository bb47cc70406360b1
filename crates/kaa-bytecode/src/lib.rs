//! CPython 3.14's bytecode as data: the instruction table, code objects, line and exception
//! tables, marshal, `.pyc` files and disassembly.
//!
//! Nothing here runs or compiles anything, and there is no unsafe code.
#![forbid(unsafe_code)]

mod code;
mod instructions;
pub mod operands;

pub use code::{BigInt, CodeObject, Constant, TextBytes, flags, kind};
pub use instructions::{Opcode, SPECIALIZED, Specialized, arg, effect, stack_effect};
