//! Ways to make a process fail, for tests.

use std::fmt::Write as _;

use kaa_macros::py_functions;
use kaa_objects::{PyResult, Raised, Vm};

use super::FaultHandler;
use super::dump::Output;

/// How much of the stack is used up to make it overflow.
const MAX_STACK: usize = 100 << 20;

#[py_functions(FUNCTIONS, of = "faulthandler")]
impl FaultHandler {
    #[function("_sigabrt()", doc = "Raise a SIGABRT signal.")]
    fn sigabrt() {
        std::process::abort()
    }

    #[function("_sigsegv(release_gil=False, /)", doc = "Raise a SIGSEGV signal.")]
    fn sigsegv(vm: &Vm, release_gil: bool) {
        if release_gil { vm.without_gil(|| raise(libc::SIGSEGV)) } else { raise(libc::SIGSEGV) }
    }

    #[function("_sigfpe()", doc = "Raise a SIGFPE signal.")]
    fn sigfpe() {
        raise(libc::SIGFPE);
    }

    #[function("_read_null()", doc = "Read from NULL, raise a SIGSEGV or SIGBUS signal depending on the platform.")]
    fn read_null() -> i32 {
        let mut byte = 0u8;
        let null: *const libc::c_void = std::hint::black_box(std::ptr::null());
        // SAFETY: none; the fault is what is asked for.
        unsafe { libc::memcpy((&raw mut byte).cast(), null, 1) };
        i32::from(byte)
    }

    #[function("_stack_overflow()", doc = "Recursive call to raise a stack overflow.")]
    fn stack_overflow(vm: &Vm) -> PyResult<()> {
        let mut depth = 0;
        let size = use_stack(kaa_objects::thread::stack_pointer(), &mut depth);
        Err(overflow_failed(vm, size, depth))
    }

    #[function("_fatal_error_c_thread()", doc = "Call Py_FatalError() in a new C thread.")]
    fn fatal_error_c_thread(vm: &Vm) -> PyResult<()> {
        let address = std::ptr::from_ref(vm) as usize;
        let fail = move || {
            // SAFETY: the isolate lives: its thread waits for the end of the process.
            let vm = unsafe { &*(address as *const Vm) };
            let mut output = Output(libc::STDERR_FILENO);
            let _ = output
                .write_str("Fatal Python error: faulthandler_fatal_error_thread: in new thread\n")
                .and_then(|()| output.write_str("Python runtime state: initialized\n\n"))
                .and_then(|()| output.threads(vm, std::ptr::null()));
            std::process::abort()
        };
        match std::thread::Builder::new().spawn(fail) {
            Ok(thread) => {
                let _: Result<(), _> = thread.join();
                Ok(())
            }
            Err(_) => Err(vm.runtime_error("unable to start the thread")),
        }
    }
}

fn raise(signal: i32) {
    // SAFETY: a system call on a number.
    unsafe { libc::raise(signal) };
}

/// Calls itself until so much of the stack is used; gives how much that is.
#[inline(never)]
fn use_stack(start: usize, depth: &mut usize) -> usize {
    let buffer = std::hint::black_box([1u8; 4096]);
    *depth += 1;
    let used = start.abs_diff(buffer.as_ptr() as usize);
    if used > MAX_STACK {
        return used;
    }
    std::hint::black_box(use_stack(start, depth)) + usize::from(buffer[4095]) - 1
}

fn overflow_failed(vm: &Vm, size: usize, depth: usize) -> Raised {
    vm.runtime_error(format_args!(
        "unable to raise a stack overflow (allocated {size} bytes on the stack, {depth} recursive calls)"
    ))
}
