//! `set` and `frozenset`.

mod methods;
mod table;

pub use methods::PyFrozenSet;
pub use table::{PySet, SetIterator};
