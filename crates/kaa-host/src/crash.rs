//! Why a program crashed: where a fault of the runtime itself ends it, its file may be damaged. Looking at
//! all of the file at each start would cost more than the start; after a crash there is time.

use std::ffi::{CString, c_int};
use std::sync::OnceLock;

/// The signals of faults, and that of `abort`.
const SIGNALS: [c_int; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT];

/// What is known of the file as it was written.
pub struct File {
    /// Where it is, when `/proc` is not there.
    pub path: CString,
    /// How many bytes of it are checked, from its start, and their checksum.
    pub len: u64,
    pub checksum: u32,
    /// Goes on with a checksum. It must neither allocate nor lock.
    pub add: fn(u32, &[u8]) -> u32,
    /// What is written when they are not what they were.
    pub message: String,
    /// What the process then exits with.
    pub code: c_int,
}

static FILE: OnceLock<File> = OnceLock::new();

/// From here on a fault is explained, where the file is damaged, before it ends the process as it would.
pub fn explain(file: File) {
    if FILE.set(file).is_err() {
        return;
    }
    for signal in SIGNALS {
        // SAFETY: all zero is a value of the struct; the handler does only what is safe in one.
        unsafe {
            let mut old: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, std::ptr::null(), &mut old) != 0 || old.sa_sigaction != libc::SIG_DFL {
                continue;
            }
            let mut new: libc::sigaction = std::mem::zeroed();
            new.sa_sigaction = address();
            // Once: a fault of the check itself ends the process.
            new.sa_flags = libc::SA_RESETHAND | libc::SA_ONSTACK;
            libc::sigaction(signal, &new, std::ptr::null_mut());
        }
    }
}

/// Whether a handler of a signal is the one of [`explain`]: to programs the system's own.
pub fn is_handler(handler: libc::sighandler_t) -> bool {
    handler == address()
}

fn address() -> libc::sighandler_t {
    look as extern "C" fn(c_int) as libc::sighandler_t
}

extern "C" fn look(signal: c_int) {
    if let Some(file) = FILE.get()
        && is_damaged(file) == Some(true)
    {
        // SAFETY: calls that are safe in a handler, on memory that stays.
        unsafe {
            libc::write(2, file.message.as_ptr().cast(), file.message.len());
            libc::_exit(file.code);
        }
    }
    // SAFETY: safe in a handler. The signal comes when this returns, and does what it does without one.
    unsafe { libc::raise(signal) };
}

/// Whether the file is not what it was; nothing where it cannot be read.
fn is_damaged(file: &File) -> Option<bool> {
    // It may run on the small stack that `faulthandler` has for signals.
    let mut buffer = [0; 4096];
    // SAFETY: calls that are safe in a handler; the buffer is as long as it is said to be.
    unsafe {
        let mut fd = libc::open(c"/proc/self/exe".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        if fd < 0 {
            fd = libc::open(file.path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        }
        let (mut left, mut checksum) = (file.len, 0);
        while left > 0 {
            let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let got =
                usize::try_from(libc::read(fd, buffer.as_mut_ptr().cast(), wanted)).ok().filter(|&got| got > 0)?;
            checksum = (file.add)(checksum, &buffer[..got]);
            left -= got as u64;
        }
        libc::close(fd);
        Some(checksum != file.checksum)
    }
}
