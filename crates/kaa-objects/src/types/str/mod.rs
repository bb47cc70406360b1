//! `str`: immutable text in CPython's compact forms (PEP 393): one, two or four bytes a code
//! point, whichever is the least that fits, so that indexing is O(1) and equal texts have equal
//! forms. CPython: Objects/unicodeobject.c.

mod append;
mod case;
mod construct;
mod core;
mod find;
mod format_method;
mod iterator;
mod join;
mod pad;
mod predicates;
mod replace;
mod repr;
mod search;
mod slots;
mod split;
mod strip;
#[cfg(test)]
mod tests;
mod translate;
mod units;

pub(crate) use append::{SHARED_STR_KIND, shared_str_kind};

pub use self::core::{Kind, PyStr, StrBuilder, StrData};
pub(crate) use construct::check_no_null;
pub use format_method::{Field, Piece, field_number, first_part_end, next_part, next_piece};
pub use iterator::{PyStrAsciiIterator, PyStrIterator};
pub(crate) use pad::expand as expand_tabs;
pub(crate) use search::SearchArgs;
pub use search::bounds;
pub(crate) use units::{Extent, StrWriter};
