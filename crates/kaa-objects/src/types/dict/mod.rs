//! `dict`: a hash table that keeps insertion order.

pub mod iterators;
mod methods;
mod table;

pub use table::{Entry, PyDict};
