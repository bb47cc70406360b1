//! Errors of the operating system as exceptions.

use std::ffi::CStr;
use std::io;

use kaa_objects::{Raised, Vm};

/// `os.strerror`.
pub fn message(errno: i32) -> String {
    let mut text = [0 as libc::c_char; 256];
    // SAFETY: the buffer is as long as it is said to be; it is a C string then.
    unsafe {
        libc::strerror_r(errno, text.as_mut_ptr(), text.len());
        CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned()
    }
}

/// Raises the `OSError` of an error.
#[cold]
pub fn raise(vm: &Vm, error: &io::Error) -> Raised {
    let errno = error.raw_os_error().unwrap_or(0);
    vm.os_error(errno, &message(errno), None)
}
