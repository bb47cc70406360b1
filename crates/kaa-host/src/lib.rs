//! The operating system as the native modules need it, with no Python in it.
//!
//! Functions are system calls made safe: they take descriptors as numbers, paths as `&CStr`, and
//! give an [`Errno`] when the call fails. None retries an interrupted call.

pub mod clock;
pub mod crash;
pub mod dir;
pub mod embedded;
mod errno;
pub mod fd;
pub mod fs;
pub mod identity;
pub mod interrupts;
mod name_services;
pub mod poll;
pub mod posix_spawn;
pub mod process;
pub mod program;
pub mod semaphore;
pub mod shared_memory;
pub mod socket;
pub mod spawn;
pub mod system;
pub mod system_log;
pub mod terminal;
pub mod timer;

pub use errno::{Errno, Result};
pub(crate) use errno::{check, check_size};
