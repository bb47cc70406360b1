//! The handler of the signals that end a process: reports where Python code was, then lets happen
//! what would have happened.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use kaa_objects::Vm;

use super::dump::Output;
use super::native_stack;

/// The signals, and what they are called.
pub const SIGNALS: [(i32, &str); 5] = [
    (libc::SIGBUS, "Bus error"),
    (libc::SIGILL, "Illegal instruction"),
    (libc::SIGFPE, "Floating-point exception"),
    (libc::SIGABRT, "Aborted"),
    (libc::SIGSEGV, "Segmentation fault"),
];

/// The isolate whose frames are shown; null while the handler is disabled.
static ENABLED: AtomicPtr<Vm> = AtomicPtr::new(std::ptr::null_mut());
static ALL_THREADS: AtomicBool = AtomicBool::new(true);
static NATIVE_STACK: AtomicBool = AtomicBool::new(true);
/// Where a fault is reported.
static FD: AtomicI32 = AtomicI32::new(libc::STDERR_FILENO);
/// What was done at each signal before.
static PREVIOUS: Mutex<[Option<libc::sigaction>; SIGNALS.len()]> = Mutex::new([None; SIGNALS.len()]);

/// What the process does at one of the signals.
extern "C" fn fault(signal: libc::c_int) {
    // SAFETY: errno is the thread's own.
    let errno = unsafe { *libc::__errno_location() };
    let index = SIGNALS.iter().position(|(known, _)| *known == signal).unwrap_or(SIGNALS.len() - 1);
    restore(index);
    // SAFETY: while the handler is enabled its isolate lives.
    if let Some(vm) = unsafe { ENABLED.load(Ordering::Acquire).as_ref() } {
        let mut output = Output(FD.load(Ordering::Relaxed));
        // What cannot be written is lost.
        let _ = report(&mut output, vm, SIGNALS[index].1);
    }
    // SAFETY: the previous action takes the signal, at once: it is not blocked.
    unsafe {
        *libc::__errno_location() = errno;
        libc::raise(signal);
    }
}

fn report(output: &mut Output, vm: &Vm, name: &str) -> std::fmt::Result {
    write!(output, "Fatal Python error: {name}\n\n")?;
    output.in_handler(vm, ALL_THREADS.load(Ordering::Relaxed))?;
    if NATIVE_STACK.load(Ordering::Relaxed) {
        output.write_str("\n")?;
        native_stack::dump(output)?;
    }
    output.extension_modules(vm)
}

/// Sets the action of a signal that was there before. Must not wait: it is called in the handler.
fn restore(index: usize) {
    let signal = SIGNALS[index].0;
    let previous = match PREVIOUS.try_lock() {
        Ok(mut actions) => actions[index].take(),
        Err(_) => None,
    };
    // SAFETY: the action is one that the system gave; the default one needs no more than zeros.
    unsafe {
        let action = previous.unwrap_or_else(|| std::mem::zeroed());
        libc::sigaction(signal, &action, std::ptr::null_mut());
    }
}

/// Reports faults to a file descriptor from now on.
pub fn enable(vm: &Vm, fd: i32, all_threads: bool, native_stack: bool) -> std::io::Result<()> {
    FD.store(fd, Ordering::Relaxed);
    ALL_THREADS.store(all_threads, Ordering::Relaxed);
    NATIVE_STACK.store(native_stack, Ordering::Relaxed);
    if native_stack {
        native_stack::prepare();
    }
    make_signal_stack();
    let mut previous = PREVIOUS.lock().unwrap_or_else(PoisonError::into_inner);
    if !ENABLED.swap(std::ptr::from_ref(vm).cast_mut(), Ordering::AcqRel).is_null() {
        return Ok(());
    }
    for ((signal, _), slot) in SIGNALS.into_iter().zip(&mut *previous) {
        // SAFETY: the structs are whole.
        unsafe {
            let mut action = std::mem::zeroed::<libc::sigaction>();
            let mut old = std::mem::zeroed::<libc::sigaction>();
            action.sa_sigaction = fault as extern "C" fn(libc::c_int) as libc::sighandler_t;
            action.sa_flags = libc::SA_NODEFER | libc::SA_ONSTACK;
            crate::signals::result(libc::sigaction(signal, &action, &mut old))?;
            *slot = Some(old);
        }
    }
    Ok(())
}

pub fn is_enabled() -> bool {
    !ENABLED.load(Ordering::Acquire).is_null()
}

/// Whether it is this isolate's faults that are reported.
pub fn is_enabled_for(vm: &Vm) -> bool {
    std::ptr::eq(ENABLED.load(Ordering::Acquire), vm)
}

/// Disables the handler; false when it was not enabled.
pub fn disable() -> bool {
    let enabled = !ENABLED.swap(std::ptr::null_mut(), Ordering::AcqRel).is_null();
    if enabled {
        (0..SIGNALS.len()).for_each(restore);
    }
    enabled
}

/// A stack for signal handlers that has room for the walk through the native stack, for the thread
/// that first enables the handler; others have the small one that each thread starts with.
fn make_signal_stack() {
    const SIZE: usize = 64 << 10;
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: fresh memory, which stays for as long as the process.
        unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let memory = libc::mmap(std::ptr::null_mut(), SIZE, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
            if memory != libc::MAP_FAILED {
                let stack = libc::stack_t { ss_sp: memory, ss_flags: 0, ss_size: SIZE };
                libc::sigaltstack(&stack, std::ptr::null_mut());
            }
        }
    });
}
