//! The meaning of arguments that are neither indices nor counts.

use kaa_ast::{CmpOp, Operator};

pub const RESUME_AT_START: u32 = 0;
pub const RESUME_AFTER_YIELD: u32 = 1;
pub const RESUME_AFTER_YIELD_FROM: u32 = 2;
pub const RESUME_AFTER_AWAIT: u32 = 3;

/// `CALL_INTRINSIC_1`.
pub mod unary {
    pub const PRINT: u32 = 1;
    pub const IMPORT_STAR: u32 = 2;
    pub const STOPITERATION_ERROR: u32 = 3;
    pub const ASYNC_GEN_WRAP: u32 = 4;
    pub const UNARY_POSITIVE: u32 = 5;
    pub const LIST_TO_TUPLE: u32 = 6;
    pub const TYPEVAR: u32 = 7;
    pub const PARAMSPEC: u32 = 8;
    pub const TYPEVARTUPLE: u32 = 9;
    pub const SUBSCRIPT_GENERIC: u32 = 10;
    pub const TYPEALIAS: u32 = 11;
}

/// `CALL_INTRINSIC_2`.
pub mod binary {
    pub const PREP_RERAISE_STAR: u32 = 1;
    pub const TYPEVAR_WITH_BOUND: u32 = 2;
    pub const TYPEVAR_WITH_CONSTRAINTS: u32 = 3;
    pub const SET_FUNCTION_TYPE_PARAMS: u32 = 4;
    pub const SET_TYPEPARAM_DEFAULT: u32 = 5;
}

/// `LOAD_COMMON_CONSTANT`.
pub mod common {
    pub const ASSERTION_ERROR: u32 = 0;
    pub const NOT_IMPLEMENTED_ERROR: u32 = 1;
    pub const TUPLE: u32 = 2;
    pub const ALL: u32 = 3;
    pub const ANY: u32 = 4;
}

/// `LOAD_SPECIAL`.
pub mod special {
    pub const ENTER: u32 = 0;
    pub const EXIT: u32 = 1;
    pub const AENTER: u32 = 2;
    pub const AEXIT: u32 = 3;
}

/// `SET_FUNCTION_ATTRIBUTE`, and what a function to be made has: a set of bits.
pub mod function {
    pub const DEFAULTS: u32 = 1;
    pub const KWDEFAULTS: u32 = 2;
    pub const CLOSURE: u32 = 8;
    pub const ANNOTATE: u32 = 16;
}

/// `BINARY_OP` for subscription.
pub const SUBSCRIPT: u32 = 26;
/// What is added to the argument of `BINARY_OP` for the augmented assignment.
const INPLACE: u32 = 13;

/// The argument of `BINARY_OP`.
pub fn binary_operator(op: Operator) -> u32 {
    match op {
        Operator::Add => 0,
        Operator::BitAnd => 1,
        Operator::FloorDiv => 2,
        Operator::LShift => 3,
        Operator::MatMult => 4,
        Operator::Mult => 5,
        Operator::Mod => 6,
        Operator::BitOr => 7,
        Operator::Pow => 8,
        Operator::RShift => 9,
        Operator::Sub => 10,
        Operator::Div => 11,
        Operator::BitXor => 12,
    }
}

/// The argument of `BINARY_OP` for an augmented assignment.
pub fn inplace_operator(op: Operator) -> u32 {
    binary_operator(op) + INPLACE
}

/// The argument of `COMPARE_OP`: the comparison in the upper bits, in the low ones which outcomes
/// (unordered, less, greater, equal) make it true. `None` for what other instructions do.
pub fn comparison(op: CmpOp) -> Option<u32> {
    const UNORDERED: u32 = 1;
    const LESS: u32 = 2;
    const GREATER: u32 = 4;
    const EQUAL: u32 = 8;
    Some(match op {
        CmpOp::Lt => LESS,
        CmpOp::LtE => 1 << 5 | LESS | EQUAL,
        CmpOp::Eq => 2 << 5 | EQUAL,
        CmpOp::NotEq => 3 << 5 | UNORDERED | LESS | GREATER,
        CmpOp::Gt => 4 << 5 | GREATER,
        CmpOp::GtE => 5 << 5 | GREATER | EQUAL,
        CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn => return None,
    })
}
