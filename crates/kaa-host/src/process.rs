//! Processes: starting, waiting, signalling, scheduling.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;

use libc::{c_char, c_int, pid_t};

use crate::{Errno, Result, check};

/// The number of this process.
pub fn id() -> pid_t {
    // SAFETY: no memory is involved.
    unsafe { libc::getpid() }
}

/// The number of the parent process.
pub fn parent_id() -> pid_t {
    // SAFETY: no memory is involved.
    unsafe { libc::getppid() }
}

/// Starts a copy of this process; 0 in the copy.
///
/// # Safety
/// In the copy only the calling thread goes on: it must not wait for locks that others hold.
pub unsafe fn fork() -> Result<pid_t> {
    // SAFETY: the caller's promise.
    check(unsafe { libc::fork() })
}

/// Ends the process at once.
pub fn exit_now(status: c_int) -> ! {
    // SAFETY: nothing runs after it.
    unsafe { libc::_exit(status) }
}

/// Ends the process with `SIGABRT`.
pub fn abort() -> ! {
    // SAFETY: nothing runs after it.
    unsafe { libc::abort() }
}

fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
}

/// Runs another program in this process; gives why that failed. Without an environment the
/// program gets this process's.
pub fn execute(path: &CStr, args: &[CString], environment: Option<&[CString]>) -> Errno {
    let args = pointers(args);
    // SAFETY: texts end with a zero, rows with a null.
    unsafe {
        match environment {
            Some(environment) => libc::execve(path.as_ptr(), args.as_ptr(), pointers(environment).as_ptr()),
            None => libc::execv(path.as_ptr(), args.as_ptr()),
        };
    }
    Errno::last()
}

/// As [`execute`], of an open file.
pub fn execute_fd(fd: c_int, args: &[CString], environment: &[CString]) -> Errno {
    // SAFETY: texts end with a zero, rows with a null.
    unsafe { libc::fexecve(fd, pointers(args).as_ptr(), pointers(environment).as_ptr()) };
    Errno::last()
}

/// Waits for a child; gives its number and status.
pub fn wait(pid: pid_t, options: c_int) -> Result<(pid_t, c_int)> {
    let mut status = 0;
    // SAFETY: the status is a local.
    let pid = check(unsafe { libc::waitpid(pid, &mut status, options) })?;
    Ok((pid, status))
}

/// As [`wait`]; gives also what the child has used.
pub fn wait_with_usage(pid: pid_t, options: c_int) -> Result<(pid_t, c_int, libc::rusage)> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: status and usage are locals; all zero is a usage.
    unsafe {
        let pid = check(libc::wait4(pid, &mut status, options, usage.as_mut_ptr()))?;
        Ok((pid, status, usage.assume_init()))
    }
}

/// What [`wait_id`] tells of a child.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "named as in siginfo_t")]
pub struct ChildInfo {
    pub pid: pid_t,
    pub uid: u32,
    pub signal: c_int,
    pub status: c_int,
    pub code: c_int,
}

/// Waits for a child as `waitid` does; `None` when none is ready.
pub fn wait_id(kind: u32, id: u32, options: c_int) -> Result<Option<ChildInfo>> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: the info is a local, and all zero is one; its fields are those of a child's end.
    unsafe {
        check(libc::waitid(kind, id, info.as_mut_ptr(), options))?;
        let info = info.assume_init();
        let pid = info.si_pid();
        let child =
            ChildInfo { pid, uid: info.si_uid(), signal: info.si_signo, status: info.si_status(), code: info.si_code };
        Ok((pid != 0).then_some(child))
    }
}

/// Sends a signal.
pub fn kill(pid: pid_t, signal: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// Sends a signal to the calling thread.
pub fn raise(signal: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::raise(signal) }).map(drop)
}

/// Sends a signal to a group of processes.
pub fn kill_group(group: pid_t, signal: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::killpg(group, signal) }).map(drop)
}

/// Runs a command of the shell; gives its status.
pub fn system(command: &CStr) -> c_int {
    // SAFETY: the command ends with a zero.
    unsafe { libc::system(command.as_ptr()) }
}

/// A descriptor that stands for a process.
pub fn open_pid(pid: pid_t, flags: u32) -> Result<c_int> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, flags) } as c_int)
}

/// The group of a process.
pub fn group(pid: pid_t) -> Result<pid_t> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::getpgid(pid) })
}

/// Puts a process into a group.
pub fn set_group(pid: pid_t, group: pid_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setpgid(pid, group) }).map(drop)
}

/// The session of a process.
pub fn session(pid: pid_t) -> Result<pid_t> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::getsid(pid) })
}

/// Starts a session.
pub fn start_session() -> Result<pid_t> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setsid() })
}

/// Adds to the niceness; gives the new one.
pub fn add_niceness(increment: c_int) -> Result<c_int> {
    // -1 is a niceness, too.
    // SAFETY: the location is this thread's.
    unsafe {
        *libc::__errno_location() = 0;
        match libc::nice(increment) {
            -1 if Errno::last().0 != 0 => Err(Errno::last()),
            niceness => Ok(niceness),
        }
    }
}

/// The niceness of processes.
pub fn priority(which: u32, who: u32) -> Result<c_int> {
    // SAFETY: the location is this thread's.
    unsafe {
        *libc::__errno_location() = 0;
        match libc::getpriority(which, who) {
            -1 if Errno::last().0 != 0 => Err(Errno::last()),
            niceness => Ok(niceness),
        }
    }
}

/// Sets the niceness of processes.
pub fn set_priority(which: u32, who: u32, priority: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setpriority(which, who, priority) }).map(drop)
}

/// Lets others run.
pub fn yield_now() -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::sched_yield() }).map(drop)
}

/// The processors that a process may run on.
pub fn affinity(pid: pid_t) -> Result<Vec<usize>> {
    let mut words = vec![0u64; 16];
    loop {
        // SAFETY: the buffer is as long as it is said to be.
        let result = unsafe { libc::sched_getaffinity(pid, words.len() * 8, words.as_mut_ptr().cast()) };
        match check(result) {
            Ok(_) => break,
            Err(Errno(libc::EINVAL)) if words.len() < 4096 => words.resize(words.len() * 2, 0),
            Err(error) => return Err(error),
        }
    }
    Ok((0..words.len() * 64).filter(|cpu| words[cpu / 64] >> (cpu % 64) & 1 != 0).collect())
}

/// Sets the processors that a process may run on.
pub fn set_affinity(pid: pid_t, cpus: &[usize]) -> Result<()> {
    let last = cpus.iter().copied().max().unwrap_or(0);
    let mut words = vec![0u64; (last / 64 + 1).max(16)];
    cpus.iter().for_each(|cpu| words[cpu / 64] |= 1 << (cpu % 64));
    // SAFETY: the buffer is as long as it is said to be.
    check(unsafe { libc::sched_setaffinity(pid, words.len() * 8, words.as_ptr().cast()) }).map(drop)
}

/// The limits of a resource: the one in force and the most that it can be set to.
pub fn limits(resource: u32) -> Result<(u64, u64)> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is a local.
    check(unsafe { libc::getrlimit(resource, &mut limit) })?;
    Ok((limit.rlim_cur, limit.rlim_max))
}

/// Sets the limits of a resource of a process (0: of this one); gives the old ones.
pub fn set_limits(pid: pid_t, resource: u32, limits: Option<(u64, u64)>) -> Result<(u64, u64)> {
    let new = limits.map(|(rlim_cur, rlim_max)| libc::rlimit { rlim_cur, rlim_max });
    let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let new = new.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the limits are locals.
    check(unsafe { libc::prlimit(pid, resource, new, &mut old) })?;
    Ok((old.rlim_cur, old.rlim_max))
}

/// What a process, its children or a thread has used.
pub fn usage(who: c_int) -> Result<libc::rusage> {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the usage is a local, and all zero is one.
    unsafe {
        check(libc::getrusage(who, usage.as_mut_ptr()))?;
        Ok(usage.assume_init())
    }
}

/// The greatest and the least priority of a way of scheduling.
pub fn priority_range(policy: c_int) -> Result<(c_int, c_int)> {
    // SAFETY: no memory is involved.
    let greatest = check(unsafe { libc::sched_get_priority_max(policy) })?;
    // SAFETY: as above.
    Ok((greatest, check(unsafe { libc::sched_get_priority_min(policy) })?))
}

/// The way a process is scheduled.
pub fn scheduling_policy(pid: pid_t) -> Result<c_int> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::sched_getscheduler(pid) })
}

/// Sets the way a process is scheduled, and its priority.
pub fn set_scheduling_policy(pid: pid_t, policy: c_int, priority: c_int) -> Result<()> {
    let parameters = libc::sched_param { sched_priority: priority };
    // SAFETY: the struct is a local.
    check(unsafe { libc::sched_setscheduler(pid, policy, &parameters) }).map(drop)
}

/// The priority by which a process is scheduled.
pub fn scheduling_priority(pid: pid_t) -> Result<c_int> {
    let mut parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: the struct is a local.
    check(unsafe { libc::sched_getparam(pid, &mut parameters) })?;
    Ok(parameters.sched_priority)
}

/// Sets the priority by which a process is scheduled.
pub fn set_scheduling_priority(pid: pid_t, priority: c_int) -> Result<()> {
    let parameters = libc::sched_param { sched_priority: priority };
    // SAFETY: the struct is a local.
    check(unsafe { libc::sched_setparam(pid, &parameters) }).map(drop)
}

/// How long processes run in turn.
pub fn turn_length(pid: pid_t) -> Result<libc::timespec> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the struct is a local.
    check(unsafe { libc::sched_rr_get_interval(pid, &mut time) })?;
    Ok(time)
}

/// Moves this thread into a namespace.
pub fn enter_namespace(fd: c_int, kind: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setns(fd, kind) }).map(drop)
}

/// Gives this process namespaces of its own.
pub fn leave_namespaces(flags: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::unshare(flags) }).map(drop)
}
