//! Values, shapes, classes and the builtin types of Python, on the heap of `kaa-gc`.
//!
//! Start reading at [`value`], then [`object`], [`class`] and [`vm`].

// The macros' expansions name this crate as others do.
extern crate self as kaa_objects;

pub mod args;
pub mod attributes;
pub mod buffer;
pub mod class;
pub mod codecs;
mod errors;
pub mod format;
pub mod gil;
pub mod hash;
pub mod ids;
#[macro_use]
#[doc(hidden)]
pub mod macros;
pub mod module_def;
pub mod names;
pub mod object;
pub mod operations;
pub mod parker;
pub mod shape;
pub mod suggest;
pub mod thread;
pub mod types;
pub mod value;
pub mod vm;
pub mod waiters;
mod word_hash;

pub use args::Args;
pub use errors::Raised;
pub use kaa_macros::{Trace, py_functions, py_methods, py_module, py_type};
pub use object::{Gc, Native, Object, Slot, Trace, Visitor};
pub use value::Value;
pub use vm::Vm;

/// The result of an operation that may raise.
pub type PyResult<T = Value> = Result<T, Raised>;
