//! The system's log.

use std::ffi::{CStr, CString};
use std::sync::{Mutex, PoisonError};

use libc::c_int;

/// What messages begin with: the C library keeps its address while the log is open.
static IDENT: Mutex<Option<CString>> = Mutex::new(None);

/// Opens the log for messages that begin with a text (without: with the program's name).
pub fn open(ident: Option<CString>, options: c_int, facility: c_int) {
    let mut kept = IDENT.lock().unwrap_or_else(PoisonError::into_inner);
    let pointer = ident.as_ref().map_or(std::ptr::null(), |ident| ident.as_ptr());
    // SAFETY: the text, whose memory is not moved with it, stays until another one is in use.
    unsafe { libc::openlog(pointer, options, facility) };
    *kept = ident;
}

/// Sends a message.
pub fn log(priority: c_int, message: &CStr) {
    // SAFETY: the format takes one text.
    unsafe { libc::syslog(priority, c"%s".as_ptr(), message.as_ptr()) }
}

/// Closes the log.
pub fn close() {
    let mut kept = IDENT.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the C library forgets the text.
    unsafe { libc::closelog() };
    *kept = None;
}

/// Sets which priorities are sent; gives the old mask.
pub fn set_mask(mask: c_int) -> c_int {
    // SAFETY: no memory is involved.
    unsafe { libc::setlogmask(mask) }
}
