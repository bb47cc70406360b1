//! What must hold for any input, one module for each fuzz target. A check that does not hold panics.

pub mod code;
pub mod pyc;
pub mod repeat;
pub mod source;
pub mod tokens;
pub mod tree;
