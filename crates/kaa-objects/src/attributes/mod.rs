//! Attributes: where an object keeps its own ([`instance`]), the descriptor protocol of `getattr`
//! and `setattr` ([`generic`]), and what inline caches need to know of both ([`cache`]).

pub mod cache;
mod generic;
mod instance;

pub use cache::{LoadKind, StoreKind};
pub(crate) use generic::is_generic_get;
