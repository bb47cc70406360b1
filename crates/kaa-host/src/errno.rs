//! Error numbers of system calls.

use std::ffi::CStr;

/// The number that a failed system call left in `errno`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(pub i32);

/// The result of a system call.
pub type Result<T> = std::result::Result<T, Errno>;

impl Errno {
    /// The error of the last system call of this thread.
    pub fn last() -> Errno {
        // SAFETY: the location is this thread's.
        Errno(unsafe { *libc::__errno_location() })
    }

    /// Makes this the error of the last system call of this thread.
    pub fn set(self) {
        // SAFETY: the location is this thread's.
        unsafe { *libc::__errno_location() = self.0 };
    }

    /// The system's text for the number.
    pub fn message(self) -> String {
        let mut text = [0 as libc::c_char; 256];
        // SAFETY: the buffer is as long as it is said to be, and the call ends it with a zero.
        unsafe {
            libc::strerror_r(self.0, text.as_mut_ptr(), text.len());
            CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned()
        }
    }
}

impl std::fmt::Display for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message())
    }
}

/// The result of a call that gives -1 when it fails.
pub(crate) fn check(result: libc::c_int) -> Result<libc::c_int> {
    if result == -1 { Err(Errno::last()) } else { Ok(result) }
}

/// The result of a call that gives a size, or -1 when it fails.
pub(crate) fn check_size(result: isize) -> Result<usize> {
    usize::try_from(result).map_err(|_| Errno::last())
}

#[cfg(test)]
mod tests {
    use super::Errno;

    #[test]
    fn errors_have_the_texts_of_the_system() {
        assert_eq!(Errno(libc::ENOENT).message(), "No such file or directory");
        assert_eq!(Errno(99_999).message(), "Unknown error 99999");
    }
}
