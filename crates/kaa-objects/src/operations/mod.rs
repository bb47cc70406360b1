//! What Python's operators and builtin functions do to values of any type: the callers of the
//! slots, CPython's abstract object layer. One module for each group.

mod attributes;
mod binary;
mod call;
mod compare;
mod convert;
mod instance;
mod integer;
mod iterate;
mod number;
mod recursion;
mod subscript;

pub use binary::BinaryOp;
