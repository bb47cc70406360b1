//! Signals as the operating system delivers them. A handler of the process only sets flags and
//! wakes the main thread; the Python handler runs at the main thread's next poll.
//!
//! Signals belong to the process, so one isolate in it owns them: the first that asks.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, Ordering};

use kaa_objects::Vm;
use kaa_objects::parker::Parker;
use kaa_objects::vm::poll;

/// One more than the greatest signal number.
pub const NSIG: i32 = 65;

static TRIPPED: [AtomicBool; NSIG as usize] = [const { AtomicBool::new(false) }; NSIG as usize];
static ANY_TRIPPED: AtomicBool = AtomicBool::new(false);
/// The poll word of the isolate that owns the signals; null when there is none.
static OWNER: AtomicPtr<AtomicU32> = AtomicPtr::new(std::ptr::null_mut());
/// Where its main thread sleeps.
static MAIN_PARKER: AtomicPtr<Parker> = AtomicPtr::new(std::ptr::null_mut());
/// Gets the number of each signal that comes; -1 for none.
static WAKEUP_FD: AtomicI32 = AtomicI32::new(-1);
static WAKEUP_WARNS: AtomicBool = AtomicBool::new(true);
/// The error of a write to it that is yet to be reported; 0 for none.
static WAKEUP_ERROR: AtomicI32 = AtomicI32::new(0);

/// Makes the isolate the one that owns the process's signals; false when another does.
pub fn claim(vm: &Vm) -> bool {
    let word = std::ptr::from_ref(&vm.poll).cast_mut();
    let claimed = OWNER.compare_exchange(std::ptr::null_mut(), word, Ordering::AcqRel, Ordering::Acquire);
    if claimed.is_ok() {
        follow_main_thread(vm);
    }
    claimed.is_ok() || is_owner(vm)
}

/// Whether the isolate owns the signals.
pub fn is_owner(vm: &Vm) -> bool {
    std::ptr::eq(OWNER.load(Ordering::Acquire), &raw const vm.poll)
}

/// After a fork, where another thread has become the main one.
pub fn follow_main_thread(vm: &Vm) {
    MAIN_PARKER.store(std::ptr::from_ref(&vm.main_thread().parker).cast_mut(), Ordering::Release);
}

/// Gives the signals up: the isolate ends. Those that it handled are the system's again.
pub fn disown(vm: &Vm) {
    if !is_owner(vm) {
        return;
    }
    for signal in 1..NSIG {
        if current(signal).is_some_and(|handler| handler == handler_address()) {
            let _ = set(signal, libc::SIG_DFL);
        }
    }
    MAIN_PARKER.store(std::ptr::null_mut(), Ordering::Release);
    OWNER.store(std::ptr::null_mut(), Ordering::Release);
}

fn handler_address() -> libc::sighandler_t {
    handle as extern "C" fn(libc::c_int) as libc::sighandler_t
}

/// What the process does when a signal comes: only what is safe in a signal handler.
extern "C" fn handle(signal: libc::c_int) {
    // SAFETY: errno is the thread's own; the owner's memory lives until it gave up the signals.
    unsafe {
        let errno = *libc::__errno_location();
        trip(signal);
        *libc::__errno_location() = errno;
    }
}

/// Lets the Python handler of a signal run soon, as if the signal had come.
pub fn trip(signal: i32) {
    TRIPPED[signal as usize].store(true, Ordering::Release);
    ANY_TRIPPED.store(true, Ordering::Release);
    // SAFETY: the owner's memory lives until it gave up the signals.
    unsafe {
        if let Some(word) = OWNER.load(Ordering::Acquire).as_ref() {
            word.fetch_or(poll::SIGNAL, Ordering::Release);
        }
        if let Some(parker) = MAIN_PARKER.load(Ordering::Acquire).as_ref() {
            parker.wake();
        }
        let fd = WAKEUP_FD.load(Ordering::Acquire);
        let byte = signal as u8;
        if fd != -1 && libc::write(fd, (&raw const byte).cast(), 1) < 0 {
            let error = *libc::__errno_location();
            let full = error == libc::EAGAIN || error == libc::EWOULDBLOCK;
            if !full || WAKEUP_WARNS.load(Ordering::Relaxed) {
                WAKEUP_ERROR.store(error, Ordering::Release);
            }
        }
    }
}

/// The next signal that came and was not handled yet.
pub fn take_tripped(from: i32) -> Option<i32> {
    (from.max(1)..NSIG).find(|&signal| TRIPPED[signal as usize].swap(false, Ordering::AcqRel))
}

/// Whether any signal came since this was last asked.
pub fn take_any_tripped() -> bool {
    ANY_TRIPPED.swap(false, Ordering::AcqRel)
}

/// Signals are left to handle: one handler raised.
pub fn handle_rest_later(vm: &Vm) {
    ANY_TRIPPED.store(true, Ordering::Release);
    vm.poll.fetch_or(poll::SIGNAL, Ordering::Relaxed);
}

/// In a forked child: what came before the fork was the parent's.
pub fn forget_tripped() {
    ANY_TRIPPED.store(false, Ordering::Release);
    TRIPPED.iter().for_each(|tripped| tripped.store(false, Ordering::Release));
}

/// Where the numbers of signals are written; gives the file descriptor so far.
pub fn set_wakeup_fd(fd: i32, warn_on_full_buffer: bool) -> i32 {
    WAKEUP_WARNS.store(warn_on_full_buffer, Ordering::Relaxed);
    WAKEUP_FD.swap(fd, Ordering::AcqRel)
}

/// The error of the last write to the wakeup file descriptor, once.
pub fn take_wakeup_error() -> Option<i32> {
    Some(WAKEUP_ERROR.swap(0, Ordering::AcqRel)).filter(|&error| error != 0)
}

/// What the process does at a signal: `SIG_DFL`, `SIG_IGN` or a handler's address.
pub fn current(signal: i32) -> Option<libc::sighandler_t> {
    let explains = kaa_host::crash::is_handler;
    installed(signal).map(|handler| if explains(handler) { libc::SIG_DFL } else { handler })
}

fn installed(signal: i32) -> Option<libc::sighandler_t> {
    // SAFETY: the struct is filled in by the call.
    unsafe {
        let mut action = std::mem::zeroed::<libc::sigaction>();
        (libc::sigaction(signal, std::ptr::null(), &mut action) == 0).then_some(action.sa_sigaction)
    }
}

/// Sets what the process does at a signal; system calls that it interrupts end with `EINTR`.
pub fn set(signal: i32, handler: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: the struct is whole; the handler does only what is safe in one.
    unsafe {
        let mut action = std::mem::zeroed::<libc::sigaction>();
        action.sa_sigaction = handler;
        // Python's threads may have small stacks: see `sigaltstack` in `faulthandler`.
        action.sa_flags = libc::SA_ONSTACK;
        result(libc::sigaction(signal, &action, std::ptr::null_mut()))
    }
}

/// Lets faults end the process. Rust's library has handlers that look for overflows of the stack;
/// they swallow the first of these signals that comes from elsewhere, as from `os.kill()`.
pub fn reset_faults() {
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        let is_kept = |handler| handler == libc::SIG_IGN || kaa_host::crash::is_handler(handler);
        if installed(signal).is_some_and(|handler| !is_kept(handler)) {
            let _ = set(signal, libc::SIG_DFL);
        }
    }
}

/// Lets the Python handler be called when a signal comes.
pub fn catch(signal: i32) -> io::Result<()> {
    set(signal, handler_address())
}

/// The result of a system call that says -1 when it fails.
pub fn result(code: libc::c_int) -> io::Result<()> {
    if code == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
