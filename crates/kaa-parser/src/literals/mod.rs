//! The values of literals.

pub(crate) mod number;
pub(crate) mod string;
