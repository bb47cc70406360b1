//! Tracebacks at signals that a program chose.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};

use kaa_objects::Vm;

use super::dump::Output;
use crate::signals::{NSIG, result};

/// What is done at one signal. Only the thread with the GIL changes it.
struct Entry {
    /// The isolate; null while nothing is registered.
    vm: AtomicPtr<Vm>,
    fd: AtomicI32,
    all_threads: AtomicBool,
    chain: AtomicBool,
    /// What was done before; set before `vm` is, and not changed until that is null again.
    previous: UnsafeCell<MaybeUninit<libc::sigaction>>,
}

// SAFETY: `previous` is written while `vm` is null, by one thread at a time, and read while it is not.
unsafe impl Sync for Entry {}

static ENTRIES: [Entry; NSIG as usize] = [const {
    Entry {
        vm: AtomicPtr::new(std::ptr::null_mut()),
        fd: AtomicI32::new(-1),
        all_threads: AtomicBool::new(true),
        chain: AtomicBool::new(false),
        previous: UnsafeCell::new(MaybeUninit::uninit()),
    }
}; NSIG as usize];

/// What the process does at the signal.
extern "C" fn handle(signal: libc::c_int) {
    let entry = &ENTRIES[signal as usize];
    // SAFETY: the isolate lives while it is registered; errno is the thread's own.
    unsafe {
        let errno = *libc::__errno_location();
        if let Some(vm) = entry.vm.load(Ordering::Acquire).as_ref() {
            // What cannot be written is lost.
            let _ = Output(entry.fd.load(Ordering::Relaxed)).in_handler(vm, entry.all_threads.load(Ordering::Relaxed));
            if entry.chain.load(Ordering::Relaxed) {
                // The signal comes again, at once: a handler that chains does not block it.
                libc::sigaction(signal, (*entry.previous.get()).as_ptr(), std::ptr::null_mut());
                *libc::__errno_location() = errno;
                libc::raise(signal);
                let _ = install(signal, true, std::ptr::null_mut());
            }
        }
        *libc::__errno_location() = errno;
    }
}

/// # Safety
/// `previous` is null, or may be written to.
unsafe fn install(signal: i32, chain: bool, previous: *mut libc::sigaction) -> std::io::Result<()> {
    // SAFETY: the struct is whole; the caller's promise.
    unsafe {
        let mut action = std::mem::zeroed::<libc::sigaction>();
        action.sa_sigaction = handle as extern "C" fn(libc::c_int) as libc::sighandler_t;
        // A system call goes on after the dump.
        action.sa_flags = libc::SA_ONSTACK | if chain { libc::SA_NODEFER } else { libc::SA_RESTART };
        result(libc::sigaction(signal, &action, previous))
    }
}

/// Shows tracebacks at a signal, which is in range; `chain`: then does what was done before.
pub fn register(vm: &Vm, signal: i32, fd: i32, all_threads: bool, chain: bool) -> std::io::Result<()> {
    let entry = &ENTRIES[signal as usize];
    entry.fd.store(fd, Ordering::Relaxed);
    entry.all_threads.store(all_threads, Ordering::Relaxed);
    entry.chain.store(chain, Ordering::Relaxed);
    if entry.vm.load(Ordering::Acquire).is_null() {
        // SAFETY: nothing is registered, so nobody reads the previous action.
        unsafe { install(signal, chain, (*entry.previous.get()).as_mut_ptr()) }?;
    }
    entry.vm.store(std::ptr::from_ref(vm).cast_mut(), Ordering::Release);
    Ok(())
}

/// Ends that; false when nothing was registered.
pub fn unregister(signal: i32) -> bool {
    let entry = &ENTRIES[signal as usize];
    if entry.vm.swap(std::ptr::null_mut(), Ordering::AcqRel).is_null() {
        return false;
    }
    // SAFETY: the previous action is set.
    unsafe { libc::sigaction(signal, (*entry.previous.get()).as_ptr(), std::ptr::null_mut()) };
    true
}

/// Ends all of an isolate's.
pub fn forget(vm: &Vm) {
    for signal in 1..NSIG {
        if std::ptr::eq(ENTRIES[signal as usize].vm.load(Ordering::Acquire), vm) {
            unregister(signal);
        }
    }
}
