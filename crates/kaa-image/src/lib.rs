//! Programs inside executables: `kaa build` copies the running command, leaves its library out and
//! puts a container in ([`write`]); the copy finds the container in its own memory, and
//! `kaa inspect` in the file ([`read`]).
//!
//! In: a [`Plan`]. Out: the bytes of an executable; the same bytes for the same plan, whatever the
//! order of its lists.
#![forbid(unsafe_code)]

mod error;
mod plan;

pub use error::ImageError;
pub use plan::{File, Module, Plan, Settings, Start};

/// The executable that is copied.
#[derive(Clone, Copy, Debug)]
pub struct Template<'t> {
    /// All bytes of its file.
    pub executable: &'t [u8],
    /// The bytes in it that copies do not have: the library.
    pub library: &'t [u8],
}

/// Makes an executable that runs a program.
pub fn write(_template: &Template<'_>, _plan: &Plan) -> Result<Vec<u8>, ImageError> {
    Err(ImageError::Missing("the container"))
}
