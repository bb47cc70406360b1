//! Compiles folders of Python sources to `.pyc` files, on all cores: the engine of `kaa compile`.
//!
//! [`compile`] takes paths and [`Options`], and gives a [`Summary`] with a [`Report`] for each source
//! that had something to say. What is written is what CPython's `compileall` writes, byte by byte,
//! with the permissions that it gives, and appears under its name whole or not at all.
//!
//! [`compile_source`] makes code objects of one source, for those who keep them elsewhere;
//! [`on_all_threads`], [`write`] and the errors are for them as well.
#![forbid(unsafe_code)]

mod diagnostic;
mod engine;
mod fresh;
mod glob;
mod options;
mod os_error;
mod target;
mod threads;
mod unit;
mod walk;
mod write;

pub use diagnostic::{Diagnostic, Place};
pub use engine::{Control, NoControl, Report, Summary, compile};
pub use glob::Pattern;
pub use options::{Invalidation, Level, NoPython, Options, Output, Python, Warnings};
pub use os_error::os_error;
pub use target::{normal, text_of_path};
pub use threads::on_all_threads;
pub use unit::{Compiled, Request, compile_source};
pub use write::{quoted, write};

#[cfg(test)]
mod tests;
