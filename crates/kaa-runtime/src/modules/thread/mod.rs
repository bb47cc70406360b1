//! `_thread`: native threads under the GIL, locks, thread-local data.

mod excepthook;
mod handle;
mod local;
mod lock;
mod rlock;
mod start;

use kaa_macros::py_module;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use handle::PyThreadHandle;
use local::PyLocal;
use lock::PyLock;
use rlock::PyRLock;
use start::threads;

use crate::os_error;

pub(crate) use start::{after_fork, refuse_new_threads};

/// The module.
pub struct Thread;

#[py_module(
    name = "_thread",
    doc = "This module provides primitive operations to write multi-threaded programs.\nThe 'threading' module provides a more convenient interface.",
    types(PyRLock, PyThreadHandle, PyLocal),
    setup = set_up
)]
impl Thread {
    #[constant]
    const TIMEOUT_MAX: f64 = 9_223_372_036.0;
    #[constant]
    const _NAME_MAXLEN: i64 = NAME_MAX as i64;

    #[function(
        "allocate_lock()",
        doc = "Create a new lock object. See help(type(threading.Lock())) for\ninformation about locks."
    )]
    #[function("allocate()", doc = "An obsolete synonym of allocate_lock().")]
    fn allocate_lock(vm: &Vm) -> PyResult<Gc<PyLock>> {
        PyLock::unlocked(vm)
    }

    #[function(
        "get_ident()",
        doc = "Return a non-zero integer that uniquely identifies the current thread\namongst other threads that exist simultaneously.\nThis may be used to identify per-thread resources.\nEven though on some platforms threads identities may appear to be\nallocated consecutive numbers starting at 1, this behavior should not\nbe relied upon, and the number should be seen purely as a magic cookie.\nA thread's identity may be reused for another thread after it exits."
    )]
    fn get_ident(vm: &Vm) -> u64 {
        vm.thread().ident.get()
    }

    #[function(
        "_get_main_thread_ident()",
        doc = "Internal only. Return a non-zero integer that uniquely identifies the main thread\nof the main interpreter."
    )]
    fn get_main_thread_ident(vm: &Vm) -> u64 {
        vm.main_thread().ident.get()
    }

    #[function(
        "get_native_id()",
        doc = "Return a non-negative integer identifying the thread as reported\nby the OS (kernel). This may be used to uniquely identify a\nparticular thread within a system."
    )]
    fn get_native_id() -> i64 {
        // SAFETY: a system call without arguments.
        unsafe { libc::syscall(libc::SYS_gettid) as i64 }
    }

    #[function(
        "_count()",
        doc = "Return the number of currently running Python threads, excluding\nthe main thread. The returned number comprises all threads created\nthrough `start_new_thread()` as well as `threading.Thread`, and not\nyet finished.\n\nThis function is meant for internal and specialized purposes only.\nIn most applications `threading.enumerate()` should be used instead."
    )]
    fn count(vm: &Vm) -> usize {
        vm.thread_count() - 1
    }

    #[function(
        "_is_main_interpreter()",
        doc = "Return True if the current interpreter is the main Python interpreter."
    )]
    fn is_main_interpreter() -> bool {
        true
    }

    #[function(
        "daemon_threads_allowed()",
        doc = "Return True if daemon threads are allowed in the current interpreter,\nand False otherwise.\n"
    )]
    fn daemon_threads_allowed() -> bool {
        true
    }

    #[function(
        "stack_size(size=0, /)",
        doc = "Return the thread stack size used when creating new threads.  The\noptional size argument specifies the stack size (in bytes) to be used\nfor subsequently created threads, and must be 0 (use platform or\nconfigured default) or a positive integer value of at least 32,768 (32k).\nIf changing the thread stack size is unsupported, a ThreadError\nexception is raised.  If the specified size is invalid, a ValueError\nexception is raised, and the stack size is unmodified.  32k bytes\n currently the minimum supported stack size value to guarantee\nsufficient stack space for the interpreter itself.\n\nNote that some platforms may have particular restrictions on values for\nthe stack size, such as requiring a minimum stack size larger than 32 KiB or\nrequiring allocation in multiples of the system memory page size\n- platform documentation should be referred to for more information\n(4 KiB pages are common; using multiples of 4096 for the stack size is\nthe suggested approach in the absence of more specific information)."
    )]
    fn stack_size(vm: &Vm, size: isize) -> PyResult<usize> {
        const LEAST: usize = 32 << 10;
        match usize::try_from(size) {
            Ok(size) if size == 0 || size >= LEAST => Ok(threads(vm).stack_size.replace(size)),
            _ => Err(vm.value_error(format_args!("size must be at least {LEAST} bytes"))),
        }
    }

    #[function(
        "exit()",
        doc = "This is synonymous to ``raise SystemExit''.  It will cause the current\nthread to exit silently unless the exception is caught."
    )]
    #[function("exit_thread()", doc = "An obsolete synonym of exit().")]
    fn exit(vm: &Vm) -> PyResult<()> {
        Err(vm.raise_with(vm.exceptions().SystemExit, &[]))
    }

    #[function(
        "interrupt_main(signum=signal.SIGINT, /)",
        doc = "Simulate the arrival of the given signal in the main thread,\nwhere the corresponding signal handler will be executed.\nIf *signum* is omitted, SIGINT is assumed.\nA subthread can use this function to interrupt the main thread.\n\nNote: the default signal handler for SIGINT raises ``KeyboardInterrupt``."
    )]
    fn interrupt_main(vm: &Vm, signum: Option<i32>) -> PyResult<()> {
        super::signal::simulate(vm, signum.unwrap_or(libc::SIGINT))
    }

    #[function("set_name(name)", doc = "Set the name of the current thread.")]
    fn set_name(vm: &Vm, name: Gc<PyStr>) -> PyResult<()> {
        let text = name.to_string_lossy();
        let bytes: Vec<u8> = text.bytes().take(NAME_MAX).take_while(|&byte| byte != 0).chain([0]).collect();
        // SAFETY: a C string, and the calling thread.
        match unsafe { libc::pthread_setname_np(libc::pthread_self(), bytes.as_ptr().cast()) } {
            0 => Ok(()),
            error => Err(os_error::raise(vm, &std::io::Error::from_raw_os_error(error))),
        }
    }

    #[function("_get_name()", doc = "Get the name of the current thread.")]
    fn get_name(vm: &Vm) -> PyResult<String> {
        let mut name = [0u8; NAME_MAX + 1];
        // SAFETY: the buffer is as long as it is said to be, and the calling thread.
        match unsafe { libc::pthread_getname_np(libc::pthread_self(), name.as_mut_ptr().cast(), name.len()) } {
            0 => Ok(String::from_utf8_lossy(name.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned()),
            error => Err(os_error::raise(vm, &std::io::Error::from_raw_os_error(error))),
        }
    }

    #[function(
        "start_new_thread",
        raw,
        signature = "(function, args, kwargs={}, /)",
        doc = "Start a new thread and return its identifier.\n\nThe thread will call the function with positional arguments from the\ntuple args and keyword arguments taken from the optional dictionary\nkwargs.  The thread exits when the function returns; the return value\nis ignored.  The thread will also exit when the function raises an\nunhandled exception; a stack trace will be printed unless the exception\nis SystemExit."
    )]
    #[function(
        "start_new",
        raw,
        signature = "(function, args, kwargs={}, /)",
        doc = "An obsolete synonym of start_new_thread()."
    )]
    fn start_new_thread(vm: &Vm, args: Args<'_>) -> PyResult<u64> {
        start::start_new_thread(vm, args)
    }

    #[function(
        "start_joinable_thread(function, handle=None, daemon=True)",
        doc = "*For internal use only*: start a new thread.\n\nLike start_new_thread(), this starts a new thread calling the given function.\nUnlike start_new_thread(), this returns a handle object with methods to join\nor detach the given thread.\nThis function is not for third-party code, please use the\n`threading` module instead. During finalization the runtime will not wait for\nthe thread to exit if daemon is True. If handle is provided it must be a\nnewly created thread._ThreadHandle instance."
    )]
    fn start_joinable_thread(vm: &Vm, function: Value, handle: Value, daemon: bool) -> PyResult<Gc<PyThreadHandle>> {
        start::start_joinable_thread(vm, function, handle, daemon)
    }

    #[function(
        "_make_thread_handle(ident, /)",
        doc = "Internal only. Make a thread handle for threads not spawned\nby the _thread or threading module."
    )]
    fn make_thread_handle(vm: &Vm, ident: Value) -> PyResult<Gc<PyThreadHandle>> {
        match vm.is_int(ident).then(|| vm.int_to_i64(ident)).flatten() {
            Some(ident) => PyThreadHandle::running(vm, ident as u64),
            None => Err(vm.type_error("ident must be an integer")),
        }
    }

    #[function("_shutdown()", doc = "Wait for all non-daemon threads (other than the calling thread) to stop.")]
    fn shutdown(vm: &Vm) -> PyResult<()> {
        start::wait_for_threads(vm)
    }

    #[function("_excepthook(args, /)", doc = "Handle uncaught Thread.run() exception.")]
    fn excepthook(vm: &Vm, args: Value) -> PyResult<()> {
        excepthook::excepthook(vm, args)
    }
}

/// How long the name of a thread may be, in bytes.
const NAME_MAX: usize = 15;

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    dict.set_str(vm, vm.intern("error"), vm.exceptions().RuntimeError.value())?;
    for name in ["lock", "LockType"] {
        dict.set_str(vm, vm.intern(name), vm.class::<PyLock>().value())?;
    }
    let arguments = vm.struct_sequence_class(&excepthook::ARGUMENTS)?;
    dict.set_str(vm, vm.intern("_ExceptHookArgs"), arguments.value())
}
