//! The running program itself: its start, its path, and the segments of its file in memory.

use std::ffi::{CStr, OsStr, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// What Rust does before a `main` of its own, but for what costs a look at `/proc`: a write to a
/// pipe that nobody reads is an error, not the end of the process, and what is opened does not
/// become a standard stream by mistake.
pub fn prepare() {
    for fd in 0..3 {
        // SAFETY: system calls on numbers and a text that ends with a zero.
        unsafe {
            if libc::fcntl(fd, libc::F_GETFD) < 0 {
                // The lowest free number is this one. Where there is no such file it stays closed.
                libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
            }
        }
    }
    // SAFETY: no handler is installed.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}

/// The path of the program's file, links followed, with or without `/proc`.
pub fn path() -> Option<PathBuf> {
    std::env::current_exe().ok().or_else(|| {
        // SAFETY: the kernel put the text there, ended by a zero, for the life of the process.
        let name = unsafe {
            let name = libc::getauxval(libc::AT_EXECFN) as *const libc::c_char;
            (!name.is_null()).then(|| CStr::from_ptr(name))
        };
        let path = PathBuf::from(OsStr::from_bytes(name?.to_bytes()));
        std::fs::canonicalize(&path).or_else(|_| std::path::absolute(&path)).ok()
    })
}

/// The file of the program ends before a segment does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutOff;

/// The bytes in memory of the program's segment of this kind, if it has one. Such a segment is
/// part of one that is loaded and never written.
pub fn segment(kind: u32) -> Option<Result<&'static [u8], CutOff>> {
    struct Search {
        kind: u32,
        found: Option<(usize, usize)>,
    }

    /// Called for the program, which comes first, and for no library.
    unsafe extern "C" fn look(info: *mut libc::dl_phdr_info, _size: usize, data: *mut c_void) -> c_int {
        // SAFETY: the C library passes valid data, and hands our own through.
        unsafe {
            let (info, search) = (&*info, &mut *data.cast::<Search>());
            let headers = std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into());
            let segment = headers.iter().find(|header| header.p_type == search.kind);
            let place =
                |header: &libc::Elf64_Phdr| ((info.dlpi_addr + header.p_vaddr) as usize, header.p_memsz as usize);
            search.found = segment.map(place);
        }
        1
    }

    let mut search = Search { kind, found: None };
    // SAFETY: the data is what the callback takes it for, and outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut search).cast()) };
    let (start, len) = search.found?;
    if len < PROBE || !is_readable(start) || !is_readable(start + len - PROBE) {
        return Some(Err(CutOff));
    }
    // SAFETY: the kernel mapped the segment for the life of the process; pages behind the end of
    // the file come last, and the last of the segment is readable.
    Some(Ok(unsafe { std::slice::from_raw_parts(start as *const u8, len) }))
}

/// How many bytes [`is_readable`] looks at.
const PROBE: usize = 8;

/// Whether the kernel can read [`PROBE`] bytes: it cannot those behind the end of a mapped file, at
/// which a read of our own would end the process.
fn is_readable(address: usize) -> bool {
    /// No such way of changing the signal mask: the kernel reads the new mask, and refuses.
    const NO_CHANGE: c_int = -1;
    let (mask, old) = (address as *const c_void, std::ptr::null_mut::<c_void>());
    // SAFETY: the kernel checks the address itself, and writes nothing.
    let result = unsafe { libc::syscall(libc::SYS_rt_sigprocmask, NO_CHANGE, mask, old, PROBE) };
    result == 0 || crate::Errno::last().0 != libc::EFAULT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_known() {
        let value = 7u64;
        assert!(is_readable(std::ptr::from_ref(&value) as usize));
        assert!(!is_readable(8) && !is_readable(usize::MAX - 4096));
    }

    #[test]
    fn segments_are_found_by_kind() {
        const PT_GNU_EH_FRAME: u32 = 0x6474_e550;
        assert!(!segment(PT_GNU_EH_FRAME).expect("for unwinding").expect("is whole").is_empty());
        assert!(segment(0x6000_1234).is_none());
    }

    #[test]
    fn the_path_is_known() {
        assert_eq!(path(), std::env::current_exe().ok());
    }
}
