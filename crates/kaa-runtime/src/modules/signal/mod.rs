//! `_signal`: Python handlers of signals. What the process itself does is in [`crate::signals`].

mod masks;
mod names;
mod timers;

use std::any::Any;
use std::cell::{Cell, RefCell};

use kaa_macros::py_module;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::module::PyModule;
use kaa_objects::vm::{Extension, poll};
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::os_error;
use crate::signals::{self, NSIG};

/// The module.
pub struct Signal;

/// The Python side of each signal.
pub struct Handlers {
    /// `signal.getsignal(number)`; empty where it is not known.
    handlers: RefCell<Vec<Slot>>,
    /// `signal.default_int_handler`
    pub default_int_handler: Slot,
    itimer_error: Slot,
    /// `SIGINT` is caught for `default_int_handler`.
    interrupts: Cell<bool>,
}

impl Extension for Handlers {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.handlers.get_mut().trace(visitor);
        self.default_int_handler.trace(visitor);
        self.itimer_error.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The handlers of an isolate; at first what the process already does.
fn handlers(vm: &Vm) -> &Handlers {
    vm.extension(|_| Handlers {
        handlers: RefCell::new((0..NSIG).map(|signal| Slot::maybe(initial(signal))).collect()),
        default_int_handler: Slot::empty(),
        itimer_error: Slot::empty(),
        interrupts: Cell::new(false),
    })
}

fn initial(signal: i32) -> Option<Value> {
    match signals::current(signal)? {
        libc::SIG_DFL => Some(DEFAULT),
        libc::SIG_IGN => Some(IGNORE),
        // The Rust library's, which tells overflows of the stack from other faults.
        _ if matches!(signal, libc::SIGSEGV | libc::SIGBUS) => Some(DEFAULT),
        _ => None,
    }
}

const DEFAULT: Value = Value::small_int(libc::SIG_DFL as i64);
const IGNORE: Value = Value::small_int(libc::SIG_IGN as i64);

impl Handlers {
    fn get(&self, signal: i32) -> Option<Value> {
        self.handlers.borrow()[signal as usize].get()
    }

    fn set(&self, signal: i32, handler: Option<Value>) {
        self.handlers.borrow()[signal as usize].set_root(handler);
    }
}

/// Lets the isolate handle signals as a program does that `python` runs: `SIGINT` raises
/// `KeyboardInterrupt`, writes to closed pipes fail instead of ending the process.
pub(crate) fn install(vm: &Vm) {
    if !signals::claim(vm) {
        return;
    }
    let handlers = handlers(vm);
    for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
        if signals::set(signal, libc::SIG_IGN).is_ok() {
            handlers.set(signal, Some(IGNORE));
        }
    }
    if handlers.get(libc::SIGINT) == Some(DEFAULT) && signals::catch(libc::SIGINT).is_ok() {
        // The function itself is made with the module, which few programs need.
        handlers.interrupts.set(true);
        handlers.set(libc::SIGINT, handlers.default_int_handler.get());
    }
}

/// `_thread.interrupt_main(signum)`: as if the signal had come.
pub(crate) fn simulate(vm: &Vm, signal: i32) -> PyResult<()> {
    let signal = checked(vm, signal)?;
    match handlers(vm).get(signal) {
        Some(DEFAULT | IGNORE) => {}
        None if !handlers(vm).interrupts.get() => {}
        _ => signals::trip(signal),
    }
    Ok(())
}

/// Runs the Python handlers of the signals that came, in the main thread.
pub(crate) fn run_handlers(vm: &Vm, bits: u32) -> PyResult<()> {
    if bits & poll::SIGNAL == 0 || !signals::take_any_tripped() {
        return Ok(());
    }
    if let Some(error) = signals::take_wakeup_error() {
        let raised = os_error::raise(vm, &std::io::Error::from_raw_os_error(error));
        vm.report_ignored(Err(raised), "Exception ignored when trying to write to the signal wakeup fd", None);
    }
    let mut next = 1;
    while let Some(signal) = signals::take_tripped(next) {
        next = signal + 1;
        let handlers = handlers(vm);
        let Some(handler) = handlers.get(signal) else {
            if signal == libc::SIGINT && handlers.interrupts.get() {
                signals::handle_rest_later(vm);
                return Err(vm.raise_with(vm.exceptions().KeyboardInterrupt, &[]));
            }
            continue;
        };
        // It may have been set back since the signal came.
        if handler == DEFAULT || handler == IGNORE {
            continue;
        }
        let frame = match running_frame(vm) {
            Ok(frame) => frame,
            Err(raised) => {
                vm.take_exception(raised);
                Value::NONE
            }
        };
        if let Err(raised) = vm.call(handler, &[Value::small_int(signal.into()), frame]) {
            signals::handle_rest_later(vm);
            return Err(raised);
        }
    }
    Ok(())
}

fn running_frame(vm: &Vm) -> PyResult {
    let frame: *mut kaa_interpreter::frame::Frame = vm.thread().frame.get().cast();
    if frame.is_null() {
        return Ok(Value::NONE);
    }
    // SAFETY: the running frame of this thread.
    Ok(unsafe { kaa_interpreter::frame_object::of(vm, frame) }?.value())
}

/// A signal number as an argument.
fn checked(vm: &Vm, signal: i32) -> PyResult<i32> {
    if (1..NSIG).contains(&signal) { Ok(signal) } else { Err(vm.value_error("signal number out of range")) }
}

fn or_raise(vm: &Vm, result: std::io::Result<()>) -> PyResult<()> {
    result.map_err(|error| os_error::raise(vm, &error))
}

#[py_module(
    name = "_signal",
    doc = "This module provides mechanisms to use signal handlers in Python.\n\nFunctions:\n\nalarm() -- cause SIGALRM after a specified time [Unix only]\nsetitimer() -- cause a signal (described below) after a specified\n               float time and the timer may restart then [Unix only]\ngetitimer() -- get current value of timer [Unix only]\nsignal() -- set the action for a given signal\ngetsignal() -- get the signal action for a given signal\npause() -- wait until a signal arrives [Unix only]\ndefault_int_handler() -- default SIGINT handler\n\nsignal constants:\nSIG_DFL -- used to refer to the system default handler\nSIG_IGN -- used to ignore the signal\nNSIG -- number of defined signals\nSIGINT, SIGTERM, etc. -- signal numbers\n\nitimer constants:\nITIMER_REAL -- decrements in real time, and delivers SIGALRM upon\n               expiration\nITIMER_VIRTUAL -- decrements only when the process is executing,\n               and delivers SIGVTALRM upon expiration\nITIMER_PROF -- decrements both when the process is executing and\n               when the system is executing on behalf of the process.\n               Coupled with ITIMER_VIRTUAL, this timer is usually\n               used to profile the time spent by the application\n               in user and kernel space. SIGPROF is delivered upon\n               expiration.\n\n\n*** IMPORTANT NOTICE ***\nA signal handler function is called with two arguments:\nthe first is the signal number, the second is the interrupted stack frame.",
    setup = set_up,
    parts(masks::FUNCTIONS, timers::FUNCTIONS)
)]
impl Signal {
    #[function(
        "signal(signalnum, handler, /)",
        doc = "Set the action for the given signal.\n\nThe action can be SIG_DFL, SIG_IGN, or a callable Python object.\nThe previous action is returned.  See getsignal() for possible return\nvalues.\n\n*** IMPORTANT NOTICE ***\nA signal handler function is called with two arguments: the first is\nthe signal number, the second is the interrupted stack frame."
    )]
    fn signal(vm: &Vm, signalnum: i32, handler: Value) -> PyResult<Option<Value>> {
        if !vm.is_main_thread() || !signals::claim(vm) {
            return Err(vm.value_error("signal only works in main thread of the main interpreter"));
        }
        let signal = checked(vm, signalnum)?;
        let number = if vm.is_int(handler) { vm.int_to_i64(handler) } else { None };
        let action = match number {
            Some(0) => libc::SIG_DFL,
            Some(1) => libc::SIG_IGN,
            _ if vm.is_callable(handler) => {
                vm.check_signals()?;
                or_raise(vm, signals::catch(signal))?;
                let handlers = handlers(vm);
                let old = handlers.get(signal);
                handlers.set(signal, Some(handler));
                return Ok(old);
            }
            _ => {
                return Err(
                    vm.type_error("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")
                );
            }
        };
        vm.check_signals()?;
        or_raise(vm, signals::set(signal, action))?;
        let handlers = handlers(vm);
        let old = handlers.get(signal);
        handlers.set(signal, Some(Value::small_int(action as i64)));
        Ok(old)
    }

    #[function(
        "getsignal(signalnum, /)",
        doc = "Return the current action for the given signal.\n\nThe return value can be:\n  SIG_IGN -- if the signal is being ignored\n  SIG_DFL -- if the default action for the signal is in effect\n  None    -- if an unknown handler is in effect\n  anything else -- the callable Python object used as a handler"
    )]
    fn getsignal(vm: &Vm, signalnum: i32) -> PyResult<Option<Value>> {
        let signal = checked(vm, signalnum)?;
        Ok(handlers(vm).get(signal))
    }

    #[function(
        "default_int_handler(signalnum, frame, /)",
        doc = "The default handler for SIGINT installed by Python.\n\nIt raises KeyboardInterrupt."
    )]
    fn default_int_handler(vm: &Vm, signalnum: i32, frame: Value) -> PyResult<()> {
        let _ = (signalnum, frame);
        Err(vm.raise_with(vm.exceptions().KeyboardInterrupt, &[]))
    }

    #[function(
        "siginterrupt(signalnum, flag, /)",
        doc = "Change system call restart behaviour.\n\nIf flag is False, system calls will be restarted when interrupted by\nsignal sig, else system calls will be interrupted."
    )]
    fn siginterrupt(vm: &Vm, signalnum: i32, flag: i32) -> PyResult<()> {
        let signal = checked(vm, signalnum)?;
        // SAFETY: the struct is filled in by the first call.
        let result = unsafe {
            let mut action = std::mem::zeroed::<libc::sigaction>();
            signals::result(libc::sigaction(signal, std::ptr::null(), &mut action)).and_then(|()| {
                if flag != 0 {
                    action.sa_flags &= !libc::SA_RESTART
                } else {
                    action.sa_flags |= libc::SA_RESTART
                }
                signals::result(libc::sigaction(signal, &action, std::ptr::null_mut()))
            })
        };
        or_raise(vm, result)
    }

    #[function("raise_signal(signalnum, /)", doc = "Send a signal to the executing process.")]
    fn raise_signal(vm: &Vm, signalnum: i32) -> PyResult<()> {
        // SAFETY: a system call on numbers.
        if vm.without_gil(|| unsafe { libc::raise(signalnum) }) != 0 {
            return Err(os_error::raise(vm, &std::io::Error::last_os_error()));
        }
        // The handler runs before the function returns, whatever is polled when.
        vm.check_signals()
    }

    #[function("pthread_kill(thread_id, signalnum, /)", doc = "Send a signal to a thread.")]
    fn pthread_kill(vm: &Vm, thread_id: u64, signalnum: i32) -> PyResult<()> {
        let mut known = false;
        vm.for_each_thread(|thread| known |= thread.ident.get() == thread_id);
        // CPython hands any number to the C library, which crashes on what is no thread.
        let error = match known {
            // SAFETY: the thread runs: its number is that of a native thread.
            true => unsafe { libc::pthread_kill(thread_id as libc::pthread_t, signalnum) },
            false => libc::ESRCH,
        };
        if error != 0 {
            return Err(os_error::raise(vm, &std::io::Error::from_raw_os_error(error)));
        }
        vm.check_signals()
    }

    #[function(
        "pidfd_send_signal(pidfd, signalnum, siginfo=None, flags=0, /)",
        doc = "Send a signal to a process referred to by a pid file descriptor."
    )]
    fn pidfd_send_signal(vm: &Vm, pidfd: i32, signalnum: i32, siginfo: Value, flags: i32) -> PyResult<()> {
        if !siginfo.is_none() {
            return Err(vm.type_error("siginfo must be None"));
        }
        // SAFETY: a system call on numbers.
        let code = unsafe {
            libc::syscall(libc::SYS_pidfd_send_signal, pidfd, signalnum, std::ptr::null::<libc::c_void>(), flags)
        };
        or_raise(vm, signals::result(code as libc::c_int))
    }

    #[function("pause()", doc = "Wait until a signal arrives.")]
    fn pause(vm: &Vm) -> PyResult<()> {
        // SAFETY: a system call.
        vm.without_gil(|| unsafe { libc::pause() });
        vm.check_signals()
    }

    #[function(
        "set_wakeup_fd(fd, /, *, warn_on_full_buffer=True)",
        doc = "Sets the fd to be written to (with the signal number) when a signal comes in.\n\nA library can use this to wakeup select or poll.\nThe previous fd or -1 is returned.\n\nThe fd must be non-blocking."
    )]
    fn set_wakeup_fd(vm: &Vm, fd: i32, warn_on_full_buffer: bool) -> PyResult<i64> {
        if !vm.is_main_thread() || !signals::claim(vm) {
            return Err(vm.value_error("set_wakeup_fd only works in main thread of the main interpreter"));
        }
        if fd != -1 {
            // SAFETY: system calls on a number; the struct is filled in.
            let flags = unsafe {
                let mut status = std::mem::zeroed::<libc::stat>();
                or_raise(vm, signals::result(libc::fstat(fd, &mut status)))?;
                libc::fcntl(fd, libc::F_GETFL)
            };
            or_raise(vm, signals::result(flags))?;
            if flags & libc::O_NONBLOCK == 0 {
                return Err(vm.value_error(format_args!("the fd {fd} must be in non-blocking mode")));
            }
        }
        Ok(signals::set_wakeup_fd(fd, warn_on_full_buffer).into())
    }

    #[function(
        "strsignal(signalnum, /)",
        doc = "Return the system description of the given signal.\n\nReturns the description of signal *signalnum*, such as \"Interrupt\"\nfor :const:`SIGINT`. Returns :const:`None` if *signalnum* has no\ndescription. Raises :exc:`ValueError` if *signalnum* is invalid."
    )]
    fn strsignal(vm: &Vm, signalnum: i32) -> PyResult<Option<String>> {
        let signal = checked(vm, signalnum)?;
        // SAFETY: the C library's text is valid until the next call, which the GIL holds off.
        let text = unsafe {
            let text = libc::strsignal(signal);
            (!text.is_null()).then(|| std::ffi::CStr::from_ptr(text).to_string_lossy().into_owned())
        };
        Ok(text.filter(|text| !text.starts_with("Unknown signal")))
    }
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    for (name, number) in names::all() {
        dict.set_str(vm, vm.intern(name), Value::small_int(number.into()))?;
    }
    dict.set_str(vm, vm.intern("SIG_DFL"), DEFAULT)?;
    dict.set_str(vm, vm.intern("SIG_IGN"), IGNORE)?;
    let info = vm.struct_sequence_class(&masks::SIGINFO)?;
    dict.set_str(vm, vm.intern("struct_siginfo"), info.value())?;
    let bases = vm.new_tuple(&[vm.exceptions().OSError.value()])?;
    let namespace = vm.new_dict()?;
    namespace.set_str(vm, vm.names().__module__, vm.intern("signal").value())?;
    let type_ = vm.class::<kaa_objects::class::PyType>().value();
    let error = vm.call(type_, &[vm.intern("ItimerError").value(), bases.value(), namespace.value()])?;
    dict.set_str(vm, vm.intern("ItimerError"), error)?;
    let handlers = handlers(vm);
    handlers.itimer_error.set_root(Some(error));
    handlers.default_int_handler.set_root(dict.get_str(vm, vm.intern("default_int_handler")));
    if handlers.interrupts.get() && handlers.get(libc::SIGINT).is_none() {
        handlers.set(libc::SIGINT, handlers.default_int_handler.get());
    }
    Ok(())
}
