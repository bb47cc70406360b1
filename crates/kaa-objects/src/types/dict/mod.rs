//! `dict`: a hash table that keeps insertion order.

mod table;

pub use table::{Entry, PyDict};
