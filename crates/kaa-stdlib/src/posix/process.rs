//! Processes: starting, replacing, waiting for, signalling, ending.

use std::ffi::CString;

use kaa_host::process as host;
use kaa_macros::py_functions;
use kaa_objects::types::list::PyList;
use kaa_objects::types::struct_sequence::StructSequenceDef;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, PyResult, Value, Vm};

use super::{Posix, pair};
use crate::host_call::{OrRaise, interruptible, raise_for};
use crate::path::{Path, PathOrFd, SystemText, system_text};

/// `posix.waitid_result`.
pub static WAITID_RESULT: StructSequenceDef = StructSequenceDef {
    name: "waitid_result",
    module: "posix",
    doc: "waitid_result: Result from waitid.\n\nThis object may be accessed either as a tuple of\n  (si_pid, si_uid, si_signo, si_status, si_code),\nor via the attributes si_pid, si_uid, and so on.\n\nSee os.waitid for more information.",
    fields: &[("si_pid", ""), ("si_uid", ""), ("si_signo", ""), ("si_status", ""), ("si_code", "")],
    visible: 5,
    callable: true,
};

/// The arguments of a program: a list or tuple that is not empty.
pub fn program_args(vm: &Vm, function: &str, args: Value) -> PyResult<Vec<CString>> {
    let what = if function == "execv" { "execv() arg 2".to_owned() } else { format!("{function}: argv") };
    if vm.cast::<PyList>(args).is_none() && vm.cast::<PyTuple>(args).is_none() {
        return Err(vm.type_error(format_args!("{what} must be a tuple or list")));
    }
    let values = ValueVec::from_iterable(vm, args)?;
    let mut texts = Vec::with_capacity(values.len());
    for &value in values.as_slice() {
        texts.push(system_text(vm, value)?);
    }
    match texts.first() {
        None => Err(vm.value_error(format_args!("{what} must not be empty"))),
        Some(first) if first.is_empty() => Err(vm.value_error(format_args!("{what} first element cannot be empty"))),
        Some(_) => Ok(texts),
    }
}

/// The environment of a program: `name=value` for each item of a mapping.
pub fn program_environment(vm: &Vm, environment: Value) -> PyResult<Vec<CString>> {
    let keys = vm.list_from(vm.call_method(environment, vm.names().keys, &[])?)?;
    let values = vm.list_from(vm.call_method(environment, vm.names().values, &[])?)?;
    let mut texts = Vec::with_capacity(keys.len());
    for (&key, &value) in keys.as_slice().iter().zip(values.as_slice()) {
        let (key, value) = (system_text(vm, key)?, system_text(vm, value)?);
        if key.is_empty() || key.to_bytes()[1..].contains(&b'=') {
            return Err(vm.value_error("illegal environment variable name"));
        }
        let text = [key.to_bytes(), b"=", value.to_bytes()].concat();
        texts.push(CString::new(text).map_err(|_| vm.value_error("embedded null byte"))?);
    }
    Ok(texts)
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function("_exit(status)", doc = "Exit to the system with specified status, without normal exit processing.")]
    fn exit_now(status: i32) {
        host::exit_now(status)
    }

    #[function(
        "abort()",
        doc = "Abort the interpreter immediately.\n\nThis function 'dumps core' or otherwise fails in the hardest way possible\non the hosting operating system.  This function never returns."
    )]
    fn abort() {
        host::abort()
    }

    #[function(
        "fork()",
        doc = "Fork a child process.\n\nReturn 0 to child process and PID of child to parent process."
    )]
    fn fork(vm: &Vm) -> PyResult<i32> {
        let hooks = crate::posix::at_fork::Hooks::of(vm);
        hooks.run_before(vm)?;
        // SAFETY: the isolate's lock is held by this thread, which is the one that goes on in the
        // child; no lock of another thread is waited for there.
        let forked = vm.fork(|| unsafe { host::fork() }, |forked| *forked == Ok(0));
        hooks.run_after(vm, forked == Ok(0))?;
        forked.or_raise(vm)
    }

    #[function(
        "register_at_fork",
        raw,
        signature = "(*, before=<unrepresentable>, after_in_child=<unrepresentable>, after_in_parent=<unrepresentable>)",
        doc = "Register functions to be called when forking a new process.\n\n  before\n    A callable to be called in the parent before the fork() syscall.\n  after_in_child\n    A callable to be called in the child after fork().\n  after_in_parent\n    A callable to be called in the parent after fork().\n\n'before' callbacks are called in reverse order.\n'after_in_child' and 'after_in_parent' callbacks are called in order."
    )]
    fn register_at_fork(vm: &Vm, args: Args<'_>) -> PyResult<()> {
        crate::posix::at_fork::register(vm, args)
    }

    #[function(
        "execv(path, argv, /)",
        doc = "Execute an executable path with arguments, replacing current process.\n\n  path\n    Path of executable file.\n  argv\n    Tuple or list of strings."
    )]
    fn execv(vm: &Vm, path: Path, argv: Value) -> PyResult<()> {
        let args = program_args(vm, "execv", argv)?;
        let error = host::execute(path.as_c(), &args, None);
        Err(crate::host_call::raise(vm, error))
    }

    #[function(
        "execve(path, argv, env)",
        doc = "Execute an executable path with arguments, replacing current process.\n\n  path\n    Path of executable file.\n  argv\n    Tuple or list of strings.\n  env\n    Dictionary of strings mapping to strings."
    )]
    fn execve(vm: &Vm, path: PathOrFd, argv: Value, env: Value) -> PyResult<()> {
        if vm.cast::<PyList>(argv).is_none() && vm.cast::<PyTuple>(argv).is_none() {
            return Err(vm.type_error("execve: argv must be a tuple or list"));
        }
        if vm.slots_of(env).mp_subscript.is_none() {
            return Err(vm.type_error("execve: environment must be a mapping object"));
        }
        let args = program_args(vm, "execve", argv)?;
        let environment = program_environment(vm, env)?;
        let error = match &path {
            PathOrFd::Path(path) => host::execute(path.as_c(), &args, Some(&environment)),
            PathOrFd::Fd(fd, _) => host::execute_fd(*fd, &args, &environment),
        };
        Err(raise_for(vm, error, path.object()))
    }

    #[function("system(command)", doc = "Execute the command in a subshell.")]
    fn system(vm: &Vm, command: SystemText) -> i32 {
        vm.without_gil(|| host::system(&command.0))
    }

    #[function("kill(pid, signal, /)", doc = "Kill a process with a signal.")]
    fn kill(vm: &Vm, pid: i32, signal: i32) -> PyResult<()> {
        host::kill(pid, signal).or_raise(vm)?;
        // A signal to this process is handled before anything else happens.
        vm.check_signals()
    }

    #[function("killpg(pgid, signal, /)", doc = "Kill a process group with a signal.")]
    fn killpg(vm: &Vm, pgid: i32, signal: i32) -> PyResult<()> {
        host::kill_group(pgid, signal).or_raise(vm)?;
        vm.check_signals()
    }

    #[function(
        "pidfd_open(pid, flags=0)",
        doc = "Return a file descriptor referring to the process *pid*.\n\nThe descriptor can be used to perform process management without races and\nsignals."
    )]
    fn pidfd_open(vm: &Vm, pid: i32, flags: u32) -> PyResult<i32> {
        host::open_pid(pid, flags).or_raise(vm)
    }

    #[function(
        "wait()",
        doc = "Wait for completion of a child process.\n\nReturns a tuple of information about the child process:\n    (pid, status)"
    )]
    fn wait(vm: &Vm) -> PyResult {
        let (pid, status) = interruptible(vm, || host::wait(-1, 0))?.or_raise(vm)?;
        pair(vm, Value::small_int(pid.into()), Value::small_int(status.into()))
    }

    #[function(
        "waitpid(pid, options, /)",
        doc = "Wait for completion of a given child process.\n\nReturns a tuple of information regarding the child process:\n    (pid, status)\n\nThe options argument is ignored on Windows."
    )]
    fn waitpid(vm: &Vm, pid: i32, options: i32) -> PyResult {
        let (pid, status) = interruptible(vm, || host::wait(pid, options))?.or_raise(vm)?;
        pair(vm, Value::small_int(pid.into()), Value::small_int(status.into()))
    }

    #[function(
        "wait3(options)",
        doc = "Wait for completion of a child process.\n\nReturns a tuple of information about the child process:\n  (pid, status, rusage)"
    )]
    fn wait3(vm: &Vm, options: i32) -> PyResult {
        wait_with_usage(vm, -1, options)
    }

    #[function(
        "wait4(pid, options)",
        doc = "Wait for completion of a specific child process.\n\nReturns a tuple of information about the child process:\n  (pid, status, rusage)"
    )]
    fn wait4(vm: &Vm, pid: i32, options: i32) -> PyResult {
        wait_with_usage(vm, pid, options)
    }

    #[function(
        "waitid(idtype, id, options, /)",
        doc = "Returns the result of waiting for a process or processes.\n\n  idtype\n    Must be one of be P_PID, P_PGID or P_ALL.\n  id\n    The id to wait on.\n  options\n    Constructed from the ORing of one or more of WEXITED, WSTOPPED\n    or WCONTINUED and additionally may be ORed with WNOHANG or WNOWAIT.\n\nReturns either waitid_result or None if WNOHANG is specified and there are\nno children in a waitable state."
    )]
    fn waitid(vm: &Vm, idtype: i32, id: i32, options: i32) -> PyResult {
        match interruptible(vm, || host::wait_id(idtype as u32, id as u32, options))?.or_raise(vm)? {
            None => Ok(Value::NONE),
            Some(child) => {
                let fields =
                    [child.pid.into(), child.uid.into(), child.signal.into(), child.status.into(), child.code.into()];
                vm.new_struct_sequence(&WAITID_RESULT, &fields.map(Value::small_int))
            }
        }
    }

    #[function("WCOREDUMP(status, /)", doc = "Return True if the process returning status was dumped to a core file.")]
    fn wcoredump(status: i32) -> bool {
        libc::WCOREDUMP(status)
    }

    #[function(
        "WIFCONTINUED(status)",
        doc = "Return True if a particular process was continued from a job control stop.\n\nReturn True if the process returning status was continued from a\njob control stop."
    )]
    fn wifcontinued(status: i32) -> bool {
        libc::WIFCONTINUED(status)
    }

    #[function("WIFSTOPPED(status)", doc = "Return True if the process returning status was stopped.")]
    fn wifstopped(status: i32) -> bool {
        libc::WIFSTOPPED(status)
    }

    #[function("WIFSIGNALED(status)", doc = "Return True if the process returning status was terminated by a signal.")]
    fn wifsignaled(status: i32) -> bool {
        libc::WIFSIGNALED(status)
    }

    #[function(
        "WIFEXITED(status)",
        doc = "Return True if the process returning status exited via the exit() system call."
    )]
    fn wifexited(status: i32) -> bool {
        libc::WIFEXITED(status)
    }

    #[function("WEXITSTATUS(status)", doc = "Return the process return code from status.")]
    fn wexitstatus(status: i32) -> i32 {
        libc::WEXITSTATUS(status)
    }

    #[function(
        "WTERMSIG(status)",
        doc = "Return the signal that terminated the process that provided the status value."
    )]
    fn wtermsig(status: i32) -> i32 {
        libc::WTERMSIG(status)
    }

    #[function("WSTOPSIG(status)", doc = "Return the signal that stopped the process that provided the status value.")]
    fn wstopsig(status: i32) -> i32 {
        libc::WSTOPSIG(status)
    }

    #[function(
        "waitstatus_to_exitcode(status)",
        doc = "Convert a wait status to an exit code.\n\nOn Unix:\n\n* If WIFEXITED(status) is true, return WEXITSTATUS(status).\n* If WIFSIGNALED(status) is true, return -WTERMSIG(status).\n* Otherwise, raise a ValueError.\n\nOn Windows, return status shifted right by 8 bits.\n\nOn Unix, if the process is being traced or if waitpid() was called with\nWUNTRACED option, the caller must first check if WIFSTOPPED(status) is true.\nThis function must not be called if WIFSTOPPED(status) is true."
    )]
    fn waitstatus_to_exitcode(vm: &Vm, status: i32) -> PyResult<i32> {
        if libc::WIFEXITED(status) {
            return Ok(libc::WEXITSTATUS(status));
        }
        if libc::WIFSIGNALED(status) {
            return Ok(-libc::WTERMSIG(status));
        }
        if libc::WIFSTOPPED(status) {
            let signal = libc::WSTOPSIG(status);
            return Err(vm.value_error(format_args!("process stopped by delivery of signal {signal}")));
        }
        Err(vm.value_error(format_args!("invalid wait status: {status}")))
    }
}

fn wait_with_usage(vm: &Vm, pid: i32, options: i32) -> PyResult {
    let (pid, status, usage) = interruptible(vm, || host::wait_with_usage(pid, options))?.or_raise(vm)?;
    let usage = crate::resource::usage_result(vm, &usage)?;
    Ok(vm.new_tuple(&[Value::small_int(pid.into()), Value::small_int(status.into()), usage])?.value())
}
