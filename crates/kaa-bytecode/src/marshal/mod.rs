//! CPython's `marshal` format, versions 0 to 5: the inside of a `.pyc` file.
//!
//! * [`read`] turns bytes into whatever a [`Build`] makes of them; [`ConstantBuilder`] makes the
//!   [`Constant`](crate::Constant)s of this crate ([`read_constant`], [`read_code`]). A runtime
//!   makes its own objects straight away.
//! * [`write_constant`] and [`write_code`] write, with the sharing that CPython has, so that a code
//!   object gives the bytes that `py_compile` would have written; a [`Writer`] writes many. [`Encoder`]
//!   has the single forms, for a runtime that walks objects of its own.
//!
//! An object is a type byte, whose highest bit says that later objects may refer to it by number,
//! and its contents. All integers are little-endian.

mod constants;
mod encoder;
mod error;
mod extent;
mod objects;
mod reader;
mod utf8;
mod writer;

pub use constants::{ConstantBuilder, check_code, read_code, read_constant};
pub use encoder::Encoder;
pub use error::{ErrorType, MarshalError};
pub use extent::collect;
pub use reader::{Build, CodeHeader, Container, Digits, Input, ReadOptions, Singleton, Text, read};
pub use writer::{Writer, write_code, write_constant};

/// The version that CPython 3.14 writes.
pub const VERSION: i32 = 5;

/// How deep objects may be nested, in both directions.
pub const MAX_DEPTH: usize = 2000;

/// Type bytes.
pub mod types {
    pub const NULL: u8 = b'0';
    pub const NONE: u8 = b'N';
    pub const FALSE: u8 = b'F';
    pub const TRUE: u8 = b'T';
    pub const STOP_ITERATION: u8 = b'S';
    pub const ELLIPSIS: u8 = b'.';
    pub const INT: u8 = b'i';
    /// Read, but no longer written.
    pub const INT64: u8 = b'I';
    pub const FLOAT: u8 = b'f';
    pub const BINARY_FLOAT: u8 = b'g';
    pub const COMPLEX: u8 = b'x';
    pub const BINARY_COMPLEX: u8 = b'y';
    pub const LONG: u8 = b'l';
    pub const STRING: u8 = b's';
    pub const INTERNED: u8 = b't';
    pub const REF: u8 = b'r';
    pub const TUPLE: u8 = b'(';
    pub const LIST: u8 = b'[';
    pub const DICT: u8 = b'{';
    pub const CODE: u8 = b'c';
    pub const UNICODE: u8 = b'u';
    pub const UNKNOWN: u8 = b'?';
    pub const SET: u8 = b'<';
    pub const FROZENSET: u8 = b'>';
    pub const ASCII: u8 = b'a';
    pub const ASCII_INTERNED: u8 = b'A';
    pub const SMALL_TUPLE: u8 = b')';
    pub const SHORT_ASCII: u8 = b'z';
    pub const SHORT_ASCII_INTERNED: u8 = b'Z';
    pub const SLICE: u8 = b':';

    /// With a type: later objects may refer to this one.
    pub const FLAG_REF: u8 = 0x80;
}

#[cfg(test)]
mod tests;
