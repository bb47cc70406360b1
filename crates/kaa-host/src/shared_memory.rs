//! Named memory, which processes share: a file that lies in memory.

use std::ffi::CStr;

use libc::{c_int, mode_t};

use crate::{Result, check};

/// Opens it, or makes it when the flags say so.
pub fn open(name: &CStr, flags: c_int, mode: mode_t) -> Result<c_int> {
    // SAFETY: the name ends with a zero.
    check(unsafe { libc::shm_open(name.as_ptr(), flags, mode) })
}

/// Removes a name. Who has the memory open keeps it.
pub fn unlink(name: &CStr) -> Result<()> {
    // SAFETY: the name ends with a zero.
    check(unsafe { libc::shm_unlink(name.as_ptr()) }).map(drop)
}
