//! The syntax tree of Python 3.14.
//!
//! The nodes are those of CPython's abstract grammar, name for name and field for field, so that
//! `ast.dump` can print them and the `ast` module's classes can mirror them. A tree lives in an
//! arena ([`Arena`]) and is dropped with it as a whole: nodes are plain `Copy` references, lists
//! are slices, and nothing in a tree owns heap memory of its own.
//!
//! The tree knows nothing of the parser or the compiler. It has no unsafe code.
#![forbid(unsafe_code)]

pub mod dump;
mod names;
mod nodes;
mod span;

pub use bumpalo::Bump as Arena;
pub use names::{FxHasher, Interner, Name};
pub use nodes::*;
pub use span::Span;
