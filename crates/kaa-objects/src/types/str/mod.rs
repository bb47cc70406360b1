//! `str`: immutable text in CPython's compact forms (PEP 393): one, two or four bytes a code
//! point, whichever is the least that fits, so that indexing is O(1) and equal texts have equal
//! forms.

mod core;

pub use self::core::{Kind, PyStr, StrBuilder, StrData};
