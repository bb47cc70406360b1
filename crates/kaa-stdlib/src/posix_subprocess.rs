//! `_posixsubprocess`: starting a program as `subprocess` needs it.

use std::ffi::CString;

use kaa_host::process;
use kaa_host::spawn::{Plan, Prepared};
use kaa_macros::py_module;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::list::PyList;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::host_call::OrRaise;
use crate::path::system_text;
use crate::posix::account_id;
use crate::posix::at_fork::Hooks;

/// The module.
pub struct PosixSubprocess;

/// The bytes of a sequence of `bytes` objects.
fn texts_of_bytes(vm: &Vm, sequence: Value) -> PyResult<Vec<CString>> {
    let values = ValueVec::from_iterable(vm, sequence)?;
    let mut texts = Vec::with_capacity(values.len());
    for &value in values.as_slice() {
        let Some(bytes) = vm.cast::<PyBytes>(value) else {
            let class = vm.class_name(value);
            return Err(vm.type_error(format_args!("expected bytes, {class} found")));
        };
        texts.push(CString::new(bytes.as_slice()).map_err(|_| vm.value_error("embedded null byte"))?);
    }
    Ok(texts)
}

fn arguments(vm: &Vm, args: Value) -> PyResult<Vec<CString>> {
    if vm.cast::<PyList>(args).is_none() && vm.cast::<PyTuple>(args).is_none() && vm.slots_of(args).iter.is_none() {
        return Err(vm.type_error("argv must be a tuple"));
    }
    let values = ValueVec::from_iterable(vm, args)?;
    let mut texts = Vec::with_capacity(values.len());
    for &value in values.as_slice() {
        texts.push(system_text(vm, value)?);
    }
    Ok(texts)
}

/// Descriptors in rising order; 0 and 1 cannot be told from «none».
fn descriptors(vm: &Vm, fds: Gc<PyTuple>) -> PyResult<Vec<i32>> {
    let mut numbers = Vec::with_capacity(fds.len());
    let mut last = -1;
    for &value in fds.as_slice() {
        let number = if vm.is_int(value) { vm.int_to_i64(value) } else { None };
        match number.and_then(|number| i32::try_from(number).ok()) {
            Some(fd) if fd > last => last = fd,
            _ => return Err(vm.value_error("bad value(s) in fds_to_keep")),
        }
        numbers.push(last);
    }
    Ok(numbers)
}

fn supplementary_groups(vm: &Vm, groups: Value) -> PyResult<Option<Vec<u32>>> {
    const MOST: usize = 65536;
    let Some(groups) = groups.not_none() else { return Ok(None) };
    let Some(list) = vm.cast::<PyList>(groups) else {
        return Err(vm.type_error("setgroups argument must be a list"));
    };
    if list.len() > MOST {
        return Err(vm.value_error("too many extra_groups"));
    }
    let mut numbers = Vec::with_capacity(list.len());
    for index in 0..list.len() {
        let Some(group) = list.get(index) else { break };
        if !vm.is_int(group) {
            return Err(vm.type_error("extra_groups must be integers"));
        }
        match account_id(vm, group, "gid") {
            Ok(number) => numbers.push(number),
            Err(raised) => {
                vm.take_exception(raised);
                return Err(vm.value_error("invalid group id"));
            }
        }
    }
    Ok(Some(numbers))
}

fn identity(vm: &Vm, id: Value, name: &str) -> PyResult<Option<u32>> {
    match id.not_none() {
        None => Ok(None),
        Some(id) => Ok(Some(account_id(vm, id, name)?).filter(|&id| id != u32::MAX)),
    }
}

#[py_module(name = "_posixsubprocess", doc = "A POSIX helper for the subprocess module.")]
impl PosixSubprocess {
    #[function(
        "fork_exec(args, executable_list, close_fds, pass_fds, cwd, env, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write, restore_signals, call_setsid, pgid_to_set, gid, extra_groups, uid, child_umask, preexec_fn, /)",
        doc = "Spawn a fresh new child process.\n\nFork a child process, close parent file descriptors as appropriate in\nthe child and duplicate the few that are needed before calling exec() in\nthe child process.\n\nIf close_fds is True, close file descriptors 3 and higher, except those\nlisted in the sorted tuple pass_fds.\n\nThe preexec_fn, if supplied, will be called immediately before closing\nfile descriptors and exec.\n\nWARNING: preexec_fn is NOT SAFE if your application uses threads.\n         It may trigger infrequent, difficult to debug deadlocks.\n\nIf an error occurs in the child process before the exec, it is\nserialized and written to the errpipe_write fd per subprocess.py.\n\nReturns: the child process's PID.\n\nRaises: Only on an error in the parent process."
    )]
    #[allow(clippy::too_many_arguments, reason = "the arguments of CPython's function")]
    fn fork_exec(
        vm: &Vm,
        args: Value,
        executable_list: Value,
        close_fds: bool,
        pass_fds: Gc<PyTuple>,
        cwd: Value,
        env: Value,
        p2cread: i32,
        p2cwrite: i32,
        c2pread: i32,
        c2pwrite: i32,
        errread: i32,
        errwrite: i32,
        errpipe_read: i32,
        errpipe_write: i32,
        restore_signals: bool,
        call_setsid: bool,
        pgid_to_set: i32,
        gid: Value,
        extra_groups: Value,
        uid: Value,
        child_umask: i32,
        preexec_fn: Value,
    ) -> PyResult<i32> {
        if close_fds && errpipe_write < 3 {
            return Err(vm.value_error("errpipe_write must be >= 3"));
        }
        let keep = descriptors(vm, pass_fds)?;
        let plan = Plan {
            executables: texts_of_bytes(vm, executable_list)?,
            args: args.not_none().map(|args| arguments(vm, args)).transpose()?,
            environment: env.not_none().map(|env| texts_of_bytes(vm, env)).transpose()?,
            directory: cwd.not_none().map(|cwd| system_text(vm, cwd)).transpose()?,
            streams: [p2cread, c2pwrite, errwrite],
            parent_ends: [p2cwrite, c2pread, errread],
            error_pipe: [errpipe_read, errpipe_write],
            close_others: close_fds,
            keep,
            restore_signals,
            new_session: call_setsid,
            process_group: pgid_to_set,
            groups: supplementary_groups(vm, extra_groups)?,
            group: identity(vm, gid, "gid")?,
            user: identity(vm, uid, "uid")?,
            umask: child_umask,
        };
        let same_identity = plan.groups.is_none() && plan.group.is_none() && plan.user.is_none();
        let prepared = Prepared::new(plan);
        if let Some(function) = preexec_fn.not_none() {
            return call_and_start(vm, &prepared, function);
        }
        // The other threads need not wait until the program runs.
        let started = vm.without_gil(|| match same_identity {
            true => prepared.start_sharing_memory(),
            false => prepared.start_in_copy(),
        });
        started.or_raise(vm)
    }
}

/// Starts a program from a child in which a function is called first.
fn call_and_start(vm: &Vm, prepared: &Prepared, function: Value) -> PyResult<i32> {
    let hooks = Hooks::of(vm);
    hooks.run_before(vm)?;
    // SAFETY: the isolate's lock is held by this thread, which is the one that goes on in the
    // child; no lock of another thread is waited for there.
    let forked = vm.fork(|| unsafe { process::fork() }, |forked| *forked == Ok(0));
    if forked == Ok(0) {
        let ready = hooks.run_after(vm, true).is_ok();
        prepared.become_program(Some(&mut || ready && vm.call(function, &[]).is_ok()));
    }
    hooks.run_after(vm, false)?;
    forked.or_raise(vm)
}
