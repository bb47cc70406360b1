//! `faulthandler`: tracebacks without Python code, also when the process gets a fatal signal.
//!
//! Timed dumps and handlers of other signals are not built: asking for them raises an error.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};

use kaa_bytecode::LocationTable;
use kaa_interpreter::frame::Frame;
use kaa_macros::py_module;
use kaa_objects::thread::Thread;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Raised, Value, Vm};

use crate::state::sys_attribute;

/// The module.
pub struct FaultHandler;

/// The signals that end a process, and what they are called.
const FATAL: [(i32, &str); 5] = [
    (libc::SIGBUS, "Bus error"),
    (libc::SIGILL, "Illegal instruction"),
    (libc::SIGFPE, "Floating-point exception"),
    (libc::SIGABRT, "Aborted"),
    (libc::SIGSEGV, "Segmentation fault"),
];

/// The isolate whose frames are dumped; null while the handler is disabled.
static ENABLED: AtomicPtr<Vm> = AtomicPtr::new(std::ptr::null_mut());
static ALL_THREADS: AtomicBool = AtomicBool::new(true);
/// Where a fault is reported.
static FD: AtomicI32 = AtomicI32::new(libc::STDERR_FILENO);
/// What was done at the fatal signals before.
static PREVIOUS: Mutex<Vec<(i32, libc::sigaction)>> = Mutex::new(Vec::new());

/// Text that goes to a file descriptor piece by piece, without memory of the heap.
struct Output(i32);

impl std::fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            // SAFETY: the text is valid for its length.
            let written = unsafe { libc::write(self.0, rest.as_ptr().cast(), rest.len()) };
            match usize::try_from(written) {
                Ok(count) if count > 0 => rest = &rest[count..],
                _ => return Err(std::fmt::Error),
            }
        }
        Ok(())
    }
}

/// How many frames of a thread are shown, and how many characters of a name.
const MAX_FRAMES: usize = 100;
const MAX_TEXT: usize = 500;

impl Output {
    fn text(&mut self, text: Gc<PyStr>) -> std::fmt::Result {
        let data = text.data();
        for index in 0..text.len().min(MAX_TEXT) {
            match data.at(index) {
                code @ 0x20..0x7f => self.write_char(char::from(code as u8))?,
                code @ ..0x100 => write!(self, "\\x{code:02x}")?,
                code @ ..0x1_0000 => write!(self, "\\u{code:04x}")?,
                code => write!(self, "\\U{code:08x}")?,
            }
        }
        self.write_str(if text.len() > MAX_TEXT { "..." } else { "" })
    }

    fn frames(&mut self, thread: &Thread) -> std::fmt::Result {
        let mut frame: *mut Frame = thread.frame.get().cast();
        if frame.is_null() {
            return self.write_str("  <no Python frame>\n");
        }
        for _ in 0..MAX_FRAMES {
            // SAFETY: the frames of a thread are alive and linked; when a fault comes while they
            // are changed, there is nothing to lose.
            let Some(shown) = (unsafe { frame.as_ref() }) else { return Ok(()) };
            self.write_str("  File \"")?;
            self.text(shown.code.filename.get_set())?;
            let lines = LocationTable::new(&shown.code.linetable, shown.code.firstlineno);
            match lines.line_at(shown.instruction() as u32 * 2) {
                Some(line) => write!(self, "\", line {line} in ")?,
                None => self.write_str("\", line ??? in ")?,
            }
            self.text(shown.code.name.get_set())?;
            self.write_str("\n")?;
            frame = shown.previous;
        }
        if frame.is_null() { Ok(()) } else { self.write_str("  ...\n") }
    }

    fn thread(&mut self, thread: &Thread, current: bool) -> std::fmt::Result {
        let head = if current { "Current thread" } else { "Thread" };
        writeln!(self, "{head} {:#018x} (most recent call first):", thread.ident.get())?;
        self.frames(thread)
    }

    fn dump(&mut self, vm: &Vm, all_threads: bool) -> std::fmt::Result {
        if !all_threads {
            self.write_str("Stack (most recent call first):\n")?;
            return self.frames(vm.thread());
        }
        let current: *const Thread = vm.thread();
        let (mut result, mut first) = (Ok(()), true);
        vm.for_each_thread(|thread| {
            let separator = if first { "" } else { "\n" };
            first = false;
            result = result
                .and_then(|()| self.write_str(separator))
                .and_then(|()| self.thread(thread, std::ptr::eq(thread, current)));
        });
        result
    }
}

/// What the process does at a fatal signal: reports, then lets happen what would have happened.
extern "C" fn fault(signal: libc::c_int) {
    // SAFETY: while the handler is enabled its isolate lives.
    if let Some(vm) = unsafe { ENABLED.swap(std::ptr::null_mut(), Ordering::AcqRel).as_ref() } {
        let name = FATAL.iter().find(|(known, _)| *known == signal).map_or("unknown", |(_, name)| name);
        let mut output = Output(FD.load(Ordering::Relaxed));
        let _ = writeln!(output, "Fatal Python error: {name}\n");
        let _ = output.dump(vm, ALL_THREADS.load(Ordering::Relaxed));
    }
    // SAFETY: the default action ends the process when the signal comes again.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

fn install(vm: &Vm) -> std::io::Result<()> {
    let mut previous = PREVIOUS.lock().unwrap_or_else(PoisonError::into_inner);
    if ENABLED.swap(std::ptr::from_ref(vm).cast_mut(), Ordering::AcqRel).is_null() {
        previous.clear();
        for (signal, _) in FATAL {
            // SAFETY: the structs are whole; a fault can be reported because the Rust library
            // gives each thread another stack for signals.
            unsafe {
                let mut action = std::mem::zeroed::<libc::sigaction>();
                let mut old = std::mem::zeroed::<libc::sigaction>();
                action.sa_sigaction = fault as extern "C" fn(libc::c_int) as libc::sighandler_t;
                action.sa_flags = libc::SA_NODEFER | libc::SA_ONSTACK;
                crate::signals::result(libc::sigaction(signal, &action, &mut old))?;
                previous.push((signal, old));
            }
        }
    }
    Ok(())
}

/// Disables the handler; false when it was not enabled.
pub(crate) fn disable() -> bool {
    let mut previous = PREVIOUS.lock().unwrap_or_else(PoisonError::into_inner);
    let enabled = !ENABLED.swap(std::ptr::null_mut(), Ordering::AcqRel).is_null();
    for (signal, action) in previous.drain(..) {
        // SAFETY: the action is one that the system gave.
        unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) };
    }
    enabled
}

/// The isolate ends.
pub(crate) fn forget(vm: &Vm) {
    if std::ptr::eq(ENABLED.load(Ordering::Acquire), vm) {
        disable();
    }
}

/// The file descriptor of the argument `file`: a number, or a file; absent for `sys.stderr`.
fn descriptor(vm: &Vm, file: Option<Value>) -> PyResult<i32> {
    let file = match file.and_then(Value::not_none) {
        Some(file) => file,
        None => sys_attribute(vm, "stderr")
            .ok_or_else(|| vm.runtime_error("unable to get sys.stderr"))?
            .not_none()
            .ok_or_else(|| vm.runtime_error("sys.stderr is None"))?,
    };
    if vm.is_int(file) {
        return match vm.int_to_i64(file).and_then(|fd| i32::try_from(fd).ok()).filter(|&fd| fd >= 0) {
            Some(fd) => Ok(fd),
            None => Err(vm.value_error("file is not a valid file descripter")),
        };
    }
    let fd = vm.call_method_str(file, "fileno", &[])?;
    let number = if vm.is_int(fd) { vm.int_to_i64(fd) } else { None };
    let Some(fd) = number.and_then(|fd| i32::try_from(fd).ok()).filter(|&fd| fd >= 0) else {
        return Err(vm.runtime_error("file.fileno() is not a valid file descriptor"));
    };
    if let Err(raised) = vm.call_method_str(file, "flush", &[]) {
        // What was buffered does not matter to a dump.
        vm.take_exception(raised);
    }
    Ok(fd)
}

fn not_built(vm: &Vm, function: &str) -> Raised {
    vm.not_implemented_error(format_args!("faulthandler.{function}() is not built yet"))
}

#[py_module(name = "faulthandler", doc = "faulthandler module.")]
impl FaultHandler {
    #[function("enable(file=sys.stderr, all_threads=True)", doc = "Enable the fault handler.")]
    fn enable(vm: &Vm, file: Option<Value>, all_threads: bool) -> PyResult<()> {
        FD.store(descriptor(vm, file)?, Ordering::Relaxed);
        ALL_THREADS.store(all_threads, Ordering::Relaxed);
        install(vm).map_err(|error| crate::os_error::raise(vm, &error))
    }

    #[function("disable()", doc = "Disable the fault handler.")]
    fn disable() -> bool {
        disable()
    }

    #[function("is_enabled()", doc = "Check if the handler is enabled.")]
    fn is_enabled() -> bool {
        !ENABLED.load(Ordering::Acquire).is_null()
    }

    #[function(
        "dump_traceback(file=sys.stderr, all_threads=True)",
        doc = "Dump the traceback of the current thread, or of all threads if all_threads is True, into file."
    )]
    fn dump_traceback(vm: &Vm, file: Option<Value>, all_threads: bool) -> PyResult<()> {
        let fd = descriptor(vm, file)?;
        // As in CPython, a dump that cannot be written is lost.
        let _ = Output(fd).dump(vm, all_threads);
        Ok(())
    }

    #[function(
        "dump_traceback_later",
        raw,
        signature = "($module, /, timeout, repeat=False, file=sys.stderr, exit=False)",
        doc = "Dump the traceback of all threads in timeout seconds,\nor each timeout seconds if repeat is True. If exit is True, call _exit(1) which is not safe."
    )]
    fn dump_traceback_later(vm: &Vm, _args: Args<'_>) -> PyResult<()> {
        Err(not_built(vm, "dump_traceback_later"))
    }

    #[function("cancel_dump_traceback_later()", doc = "Cancel the previous call to dump_traceback_later().")]
    fn cancel_dump_traceback_later() {}

    #[function(
        "register",
        raw,
        signature = "($module, /, signum, file=sys.stderr, all_threads=True, chain=False)",
        doc = "Register a handler for the signal 'signum': dump the traceback of the current thread, or of all threads if all_threads is True, into file."
    )]
    fn register(vm: &Vm, _args: Args<'_>) -> PyResult<()> {
        Err(not_built(vm, "register"))
    }

    #[function(
        "unregister(signum, /)",
        doc = "Unregister the handler of the signal 'signum' registered by register()."
    )]
    fn unregister(signum: i32) -> bool {
        let _ = signum;
        false
    }

    #[function("_sigabrt()", doc = "Raise a SIGABRT signal.")]
    fn sigabrt() {
        // SAFETY: a system call on a number.
        unsafe { libc::raise(libc::SIGABRT) };
    }

    #[function("_sigsegv(release_gil=False, /)", doc = "Raise a SIGSEGV signal.")]
    fn sigsegv(release_gil: bool) {
        let _ = release_gil;
        // SAFETY: a system call on a number.
        unsafe { libc::raise(libc::SIGSEGV) };
    }

    #[function("_sigfpe()", doc = "Raise a SIGFPE signal.")]
    fn sigfpe() {
        // SAFETY: a system call on a number.
        unsafe { libc::raise(libc::SIGFPE) };
    }
}
