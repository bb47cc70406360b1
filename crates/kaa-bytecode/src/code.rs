//! Code objects as data: what the compiler makes, marshal reads and writes, and the virtual
//! machine loads. Fields carry the names of CPython's attributes without the `co_`.

use crate::NameList;
use std::sync::Arc;

/// Text as a code object holds it: UTF-8 in which lone surrogates are encoded like other code
/// points (what CPython calls `surrogatepass`). See the crate `kaa-text`.
pub type TextBytes = Arc<[u8]>;

/// A code object.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeObject {
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub stacksize: u32,
    /// Bits of [`flags`].
    pub flags: u32,
    /// Instructions in CPython's encoding, cache units zero.
    pub code: Box<[u8]>,
    pub consts: Box<[Constant]>,
    pub names: NameList,
    /// Names of locals, then cells that are not locals, then free variables.
    pub localsplusnames: NameList,
    /// Bits of [`kind`], one byte for each of `localsplusnames`.
    pub localspluskinds: Box<[u8]>,
    pub filename: TextBytes,
    pub name: TextBytes,
    pub qualname: TextBytes,
    pub firstlineno: i32,
    pub linetable: Box<[u8]>,
    pub exceptiontable: Box<[u8]>,
}

/// A constant of a code object: also everything that marshal can carry.
#[derive(Clone, Debug)]
pub enum Constant {
    None,
    Bool(bool),
    Ellipsis,
    StopIteration,
    Int(i64),
    BigInt(BigInt),
    Float(f64),
    Complex {
        real: f64,
        imag: f64,
    },
    Str(TextBytes),
    Bytes(Arc<[u8]>),
    Tuple(Arc<[Constant]>),
    List(Arc<[Constant]>),
    Set(Arc<[Constant]>),
    FrozenSet(Arc<[Constant]>),
    Dict(Arc<[(Constant, Constant)]>),
    /// Start, stop and step.
    Slice(Arc<[Constant; 3]>),
    Code(Arc<CodeObject>),
}

/// An integer beyond 64 bits: sign and magnitude in words of 32 bits, least significant first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BigInt {
    /// Below zero.
    pub negative: bool,
    /// Magnitude; the last word is not zero.
    pub digits: Arc<[u32]>,
}

/// Equal type and equal value, floats by their bits: the equality that decides whether two
/// constants of a code object are one.
impl PartialEq for Constant {
    #[inline]
    fn eq(&self, other: &Constant) -> bool {
        // Most are of another kind, which is cheaper to see than to come to by a jump.
        std::mem::discriminant(self) == std::mem::discriminant(other) && self.equals(other)
    }
}

impl Constant {
    /// Whether two constants of one kind are equal.
    fn equals(&self, other: &Constant) -> bool {
        use Constant::*;
        match (self, other) {
            (None, None) | (Ellipsis, Ellipsis) | (StopIteration, StopIteration) => true,
            (Bool(a), Bool(b)) => a == b,
            (Int(a), Int(b)) => a == b,
            (BigInt(a), BigInt(b)) => a == b,
            (Float(a), Float(b)) => a.to_bits() == b.to_bits(),
            (Complex { real: a, imag: b }, Complex { real: c, imag: d }) => {
                a.to_bits() == c.to_bits() && b.to_bits() == d.to_bits()
            }
            (Str(a), Str(b)) | (Bytes(a), Bytes(b)) => a == b,
            (Tuple(a), Tuple(b)) | (List(a), List(b)) | (Set(a), Set(b)) | (FrozenSet(a), FrozenSet(b)) => a == b,
            (Dict(a), Dict(b)) => a == b,
            (Slice(a), Slice(b)) => a == b,
            (Code(a), Code(b)) => a == b,
            _ => false,
        }
    }
}

/// Bits of [`CodeObject::flags`].
pub mod flags {
    pub const OPTIMIZED: u32 = 0x1;
    pub const NEWLOCALS: u32 = 0x2;
    pub const VARARGS: u32 = 0x4;
    pub const VARKEYWORDS: u32 = 0x8;
    pub const NESTED: u32 = 0x10;
    pub const GENERATOR: u32 = 0x20;
    pub const COROUTINE: u32 = 0x80;
    pub const ITERABLE_COROUTINE: u32 = 0x100;
    pub const ASYNC_GENERATOR: u32 = 0x200;
    pub const FUTURE_DIVISION: u32 = 0x20000;
    pub const FUTURE_ABSOLUTE_IMPORT: u32 = 0x40000;
    pub const FUTURE_WITH_STATEMENT: u32 = 0x80000;
    pub const FUTURE_PRINT_FUNCTION: u32 = 0x100000;
    pub const FUTURE_UNICODE_LITERALS: u32 = 0x200000;
    pub const FUTURE_BARRY_AS_BDFL: u32 = 0x400000;
    pub const FUTURE_GENERATOR_STOP: u32 = 0x800000;
    pub const FUTURE_ANNOTATIONS: u32 = 0x1000000;
    /// All of these features.
    pub const FUTURE_MASK: u32 = 0x1fe0000;
    pub const NO_MONITORING_EVENTS: u32 = 0x2000000;
    pub const HAS_DOCSTRING: u32 = 0x4000000;
    pub const METHOD: u32 = 0x8000000;
}

/// Bits of [`CodeObject::localspluskinds`].
pub mod kind {
    pub const ARG_POS: u8 = 0x02;
    pub const ARG_KW: u8 = 0x04;
    pub const ARG_VAR: u8 = 0x08;
    pub const HIDDEN: u8 = 0x10;
    pub const LOCAL: u8 = 0x20;
    pub const CELL: u8 = 0x40;
    pub const FREE: u8 = 0x80;
}
