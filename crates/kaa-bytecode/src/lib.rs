//! CPython 3.14's bytecode as data: the instruction table, code objects, line and exception
//! tables, marshal, `.pyc` files and disassembly.
//!
//! Nothing here runs or compiles anything, and there is no unsafe code.
#![forbid(unsafe_code)]

mod code;
pub mod decode;
pub mod dis;
mod exception_table;
mod instructions;
mod locations;
pub mod marshal;
pub mod meaning;
mod name_list;
pub mod operands;
pub mod packed;
pub mod pyc;
pub mod repr;
mod siphash;
pub mod verify;

pub use code::{BigInt, CodeObject, Constant, TextBytes, flags, kind};
pub use exception_table::{ExceptionEntry, ExceptionTable, write_exception_entry};
pub use instructions::{Opcode, SPECIALIZED, Specialized, arg, effect, stack_effect};
pub use locations::{LineRange, Lines, Location, LocationRange, LocationTable, LocationTableWriter};
pub use name_list::{NameList, NamePool};
