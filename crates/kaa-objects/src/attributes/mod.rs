//! Attributes: where an object keeps its own ([`instance`]), the descriptor protocol of `getattr`
//! and `setattr` ([`generic`]), what inline caches need to know of both ([`cache`]), and what was
//! found for objects of many shapes ([`table`]).

pub mod cache;
mod generic;
mod instance;
pub mod table;

pub use cache::{LoadKind, StoreKind};
pub(crate) use generic::is_generic_get;
pub use table::{AttributeCache, AttributeEntry, Cached};
