//! The machine: its names and limits, environment variables, random bytes.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;

use libc::{c_char, c_int, c_long};

use crate::{Errno, Result, check, check_size};

/// What `uname` tells: system, node, release, version, machine.
pub fn names() -> Result<[CString; 5]> {
    let mut names = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: the names are a local; the call ends each with a zero.
    unsafe {
        check(libc::uname(names.as_mut_ptr()))?;
        let names = names.assume_init();
        let text = |name: &[c_char]| CStr::from_ptr(name.as_ptr()).to_owned();
        Ok([&names.sysname, &names.nodename, &names.release, &names.version, &names.machine].map(|name| text(name)))
    }
}

/// A limit or setting of the system by its `_SC_*` number; -1 when there is none.
pub fn setting(name: c_int) -> Result<c_long> {
    // SAFETY: the location is this thread's.
    unsafe {
        *libc::__errno_location() = 0;
        match libc::sysconf(name) {
            -1 if Errno::last().0 != 0 => Err(Errno::last()),
            value => Ok(value),
        }
    }
}

/// A setting of the system that is a text, by its `_CS_*` number; `None` when it has no value.
pub fn text_setting(name: c_int) -> Result<Option<Vec<u8>>> {
    let mut text = vec![0u8; 256];
    loop {
        // SAFETY: the location is this thread's; the buffer is as long as it is said to be.
        let len = unsafe {
            *libc::__errno_location() = 0;
            libc::confstr(name, text.as_mut_ptr().cast(), text.len())
        };
        match len {
            0 if Errno::last().0 != 0 => return Err(Errno::last()),
            0 => return Ok(None),
            len if len > text.len() => text.resize(len, 0),
            len => {
                text.truncate(len - 1);
                return Ok(Some(text));
            }
        }
    }
}

/// The version of the C library that is linked in, of the GNU system's.
pub fn linked_c_library() -> Option<String> {
    #[cfg(all(target_os = "linux", target_env = "gnu", feature = "static"))]
    {
        // SAFETY: gives a text that ends with a zero and stays.
        let version = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
        Some(version.to_string_lossy().into_owned())
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu", feature = "static")))]
    None
}

/// A limit of files by its `_PC_*` number; -1 when there is none.
pub fn path_setting(path: std::result::Result<&CStr, c_int>, name: c_int) -> Result<c_long> {
    // SAFETY: the location is this thread's; the path ends with a zero.
    unsafe {
        *libc::__errno_location() = 0;
        let value = match path {
            Ok(path) => libc::pathconf(path.as_ptr(), name),
            Err(fd) => libc::fpathconf(fd, name),
        };
        if value == -1 && Errno::last().0 != 0 { Err(Errno::last()) } else { Ok(value) }
    }
}

/// Fills a buffer with random bytes; gives how many it got.
pub fn random(buffer: &mut [u8], flags: u32) -> Result<usize> {
    // SAFETY: the buffer is as long as it is said to be.
    check_size(unsafe { libc::getrandom(buffer.as_mut_ptr().cast(), buffer.len(), flags) })
}

/// The load averages.
pub fn load() -> Option<[f64; 3]> {
    let mut load = [0.0; 3];
    // SAFETY: there is room for three.
    (unsafe { libc::getloadavg(load.as_mut_ptr(), 3) } == 3).then_some(load)
}

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// The environment variables: names and values.
pub fn environment() -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut variables = Vec::new();
    // SAFETY: the row ends with a null, its texts with a zero. Changes go through `set_variable`,
    // by whoever holds the interpreter's lock.
    unsafe {
        let mut next = environ;
        while !next.is_null() && !(*next).is_null() {
            let entry = CStr::from_ptr(*next).to_bytes();
            // A name may begin with `=`.
            if let Some(at) = entry.iter().position(|&byte| byte == b'=') {
                variables.push((entry[..at].to_vec(), entry[at + 1..].to_vec()));
            }
            next = next.add(1);
        }
    }
    variables
}

/// Sets an environment variable.
pub fn set_variable(name: &CStr, value: &CStr) -> Result<()> {
    // SAFETY: the texts end with a zero.
    check(unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) }).map(drop)
}

/// Removes an environment variable.
pub fn remove_variable(name: &CStr) -> Result<()> {
    // SAFETY: the name ends with a zero.
    check(unsafe { libc::unsetenv(name.as_ptr()) }).map(drop)
}

/// The processor time of the process and of its children that have ended (user, system each), and
/// the elapsed time, in clock ticks.
pub fn times() -> Result<(libc::tms, libc::clock_t)> {
    let mut times = MaybeUninit::<libc::tms>::zeroed();
    // SAFETY: the times are a local.
    unsafe {
        match libc::times(times.as_mut_ptr()) {
            -1 => Err(Errno::last()),
            elapsed => Ok((times.assume_init(), elapsed)),
        }
    }
}
