//! Starting programs as children, with their descriptors, directory, identity and signals set up
//! between the start of the child and the start of the program.
//!
//! What happens in the child allocates nothing and takes no lock: the child may share the memory
//! of this process (as `vfork` does), or be its copy in the middle of whatever other threads did.

use std::ffi::CString;

use libc::{c_char, c_int, c_void, gid_t, pid_t, uid_t};

use crate::{Errno, Result, check};

/// A program to start, and how.
#[derive(Default)]
pub struct Plan {
    /// Where the program may be: the first that is there is taken.
    pub executables: Vec<CString>,
    /// Its arguments, with the name first.
    pub args: Option<Vec<CString>>,
    /// Its environment, if it does not get this process's.
    pub environment: Option<Vec<CString>>,
    /// The directory that it starts in.
    pub directory: Option<CString>,
    /// What become its descriptors 0, 1 and 2; -1 leaves those of this process.
    pub streams: [c_int; 3],
    /// Ends of pipes that are this process's only, or -1.
    pub parent_ends: [c_int; 3],
    /// The pipe that an error of the child is told by: its ends to read and to write.
    pub error_pipe: [c_int; 2],
    /// Whether the other descriptors are closed.
    pub close_others: bool,
    /// Descriptors that stay open, in rising order.
    pub keep: Vec<c_int>,
    /// Whether signals that this runtime ignores get back their default.
    pub restore_signals: bool,
    /// Whether it begins a session.
    pub new_session: bool,
    /// The group of processes to put it into, unless it is negative.
    pub process_group: pid_t,
    /// The identity that it gets.
    pub user: Option<uid_t>,
    #[allow(missing_docs, reason = "as above")]
    pub group: Option<gid_t>,
    #[allow(missing_docs, reason = "as above")]
    pub groups: Option<Vec<gid_t>>,
    /// Its mask of file modes, unless it is negative.
    pub umask: c_int,
}

/// A plan with everything made that the child needs.
pub struct Prepared {
    plan: Plan,
    executables: Vec<*const c_char>,
    args: Option<Vec<*const c_char>>,
    environment: Option<Vec<*const c_char>>,
    /// The signals to block in the program, when all are blocked while it starts.
    mask: Option<libc::sigset_t>,
}

/// Why the child could not start the program.
enum Failure {
    /// An error of the system, and when it was: in words for the parent.
    System(Errno, &'static [u8]),
    /// The function to call before the start has raised an exception.
    Exception,
}

fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
}

impl Prepared {
    /// Prepares a plan.
    pub fn new(plan: Plan) -> Prepared {
        Prepared {
            executables: pointers(&plan.executables),
            args: plan.args.as_deref().map(pointers),
            environment: plan.environment.as_deref().map(pointers),
            mask: None,
            plan,
        }
    }

    /// Starts the program in a copy of this process.
    pub fn start_in_copy(&self) -> Result<pid_t> {
        // SAFETY: the child does only what a child may do while other threads are gone.
        match check(unsafe { libc::fork() })? {
            0 => self.become_program(None),
            child => Ok(child),
        }
    }

    /// Starts the program in a child that shares this process's memory until then: no copy of
    /// page tables is made. Not for plans that change the identity. This thread waits meanwhile.
    pub fn start_sharing_memory(mut self) -> Result<pid_t> {
        const STACK: usize = 128 << 10;
        extern "C" fn child(this: *mut c_void) -> c_int {
            // SAFETY: the parent waits while the child uses it.
            unsafe { &*this.cast::<Prepared>() }.become_program(None)
        }
        // SAFETY: the stack is fresh memory, given back when the child does not use it any more;
        // the sets of signals are locals; handlers of signals do not run in the child.
        unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
            let stack = libc::mmap(std::ptr::null_mut(), STACK, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
            if stack == libc::MAP_FAILED {
                return Err(Errno::last());
            }
            let mut all = std::mem::zeroed();
            let mut old = std::mem::zeroed();
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_BLOCK, &all, &mut old);
            self.mask = Some(old);
            let how = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
            let this = std::ptr::from_mut(&mut self).cast();
            let mut result = check(libc::clone(child, stack.cast::<u8>().add(STACK).cast(), how, this));
            if let Err(Errno(libc::EINVAL | libc::ENOSYS | libc::EPERM)) = result {
                // Some sandboxes do not know it.
                result = self.start_in_copy();
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut());
            libc::munmap(stack, STACK);
            result
        }
    }

    /// In the child: becomes the program. The function is called shortly before and says whether
    /// to go on. Errors go to the parent by the pipe.
    pub fn become_program(&self, before: Option<&mut dyn FnMut() -> bool>) -> ! {
        let error_pipe = self.plan.error_pipe[1];
        match self.try_to_become(before) {
            Failure::System(error, when) => {
                let mut digits = [0; 8];
                let mut at = digits.len();
                let mut number = error.0 as u32;
                while number != 0 {
                    at -= 1;
                    digits[at] = b"0123456789abcdef"[(number % 16) as usize];
                    number /= 16;
                }
                tell(error_pipe, b"OSError:");
                tell(error_pipe, &digits[at..]);
                tell(error_pipe, when);
            }
            Failure::Exception => tell(error_pipe, b"SubprocessError:0:Exception occurred in preexec_fn."),
        }
        // SAFETY: nothing runs after it.
        unsafe { libc::_exit(255) }
    }

    fn try_to_become(&self, before: Option<&mut dyn FnMut() -> bool>) -> Failure {
        if let Err(error) = self.set_up_streams() {
            return Failure::System(error, b":noexec");
        }
        if let Err(error) = self.change_directory() {
            return Failure::System(error, b":noexec:chdir");
        }
        if let Err(error) = self.set_up_process() {
            return Failure::System(error, b":noexec");
        }
        if let Some(before) = before
            && !before()
        {
            return Failure::Exception;
        }
        if self.plan.close_others {
            self.close_others();
        }
        Failure::System(self.execute(), b":")
    }

    fn set_up_streams(&self) -> Result<()> {
        let [error_read, error_write] = self.plan.error_pipe;
        for &fd in self.plan.keep.iter().filter(|&&fd| fd != error_write) {
            set_inherited(fd, true)?;
        }
        for fd in self.plan.parent_ends.into_iter().chain([error_read]).filter(|&fd| fd != -1) {
            // SAFETY: the descriptors are the plan's.
            check(unsafe { libc::close(fd) })?;
        }
        // What lies where another stream is to be goes out of the way first.
        let mut streams = self.plan.streams;
        for (target, fd) in streams.iter_mut().enumerate().skip(1) {
            while (0..target as c_int).contains(fd) {
                // SAFETY: no memory is involved.
                *fd = check(unsafe { libc::fcntl(*fd, libc::F_DUPFD_CLOEXEC, 0) })?;
            }
        }
        for (target, &fd) in streams.iter().enumerate() {
            if fd == target as c_int {
                set_inherited(fd, true)?;
            } else if fd != -1 {
                // SAFETY: no memory is involved.
                check(unsafe { libc::dup2(fd, target as c_int) })?;
            }
        }
        Ok(())
    }

    fn change_directory(&self) -> Result<()> {
        match &self.plan.directory {
            // SAFETY: the path ends with a zero.
            Some(directory) => check(unsafe { libc::chdir(directory.as_ptr()) }).map(drop),
            None => Ok(()),
        }
    }

    fn set_up_process(&self) -> Result<()> {
        let plan = &self.plan;
        // SAFETY: texts and rows belong to the plan; the sets of signals were made by the parent.
        unsafe {
            if plan.umask >= 0 {
                libc::umask(plan.umask as libc::mode_t);
            }
            if plan.restore_signals {
                libc::signal(libc::SIGPIPE, libc::SIG_DFL);
                libc::signal(libc::SIGXFSZ, libc::SIG_DFL);
            }
            if let Some(mask) = &self.mask {
                reset_handlers();
                libc::pthread_sigmask(libc::SIG_SETMASK, mask, std::ptr::null_mut());
            }
            if plan.new_session {
                check(libc::setsid())?;
            }
            if plan.process_group >= 0 {
                check(libc::setpgid(0, plan.process_group))?;
            }
            if let Some(groups) = plan.groups.as_ref().filter(|groups| !groups.is_empty()) {
                check(libc::setgroups(groups.len(), groups.as_ptr()))?;
            }
            if let Some(group) = plan.group {
                check(libc::setregid(group, group))?;
            }
            if let Some(user) = plan.user {
                check(libc::setreuid(user, user))?;
            }
        }
        Ok(())
    }

    fn close_others(&self) {
        let mut start = 3;
        for &fd in self.plan.keep.iter().filter(|&&fd| fd >= 3) {
            close_range(start, fd - 1);
            start = fd + 1;
        }
        close_range(start, c_int::MAX);
    }

    /// Gives why the program could not be started: the first reason but its not being there.
    fn execute(&self) -> Errno {
        let args = self.args.as_ref().map_or(std::ptr::null(), |args| args.as_ptr());
        let mut first = None;
        let mut last = Errno(libc::ENOENT);
        for &path in &self.executables[..self.executables.len() - 1] {
            // SAFETY: texts end with a zero, rows with a null.
            unsafe {
                match &self.environment {
                    Some(environment) => libc::execve(path, args, environment.as_ptr()),
                    None => libc::execv(path, args),
                };
            }
            last = Errno::last();
            if !matches!(last.0, libc::ENOENT | libc::ENOTDIR) {
                first = first.or(Some(last));
            }
        }
        first.unwrap_or(last)
    }
}

/// Gives signals with handlers of this process their default.
///
/// # Safety
/// Only for a child.
unsafe fn reset_handlers() {
    // SAFETY: the structs are locals; numbers that the C library keeps for itself are refused.
    unsafe {
        for signal in 1..=libc::SIGRTMAX() {
            let mut action: libc::sigaction = std::mem::zeroed();
            let known = libc::sigaction(signal, std::ptr::null(), &mut action) == 0;
            if known && !matches!(action.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN) {
                let mut default: libc::sigaction = std::mem::zeroed();
                default.sa_sigaction = libc::SIG_DFL;
                libc::sigaction(signal, &default, std::ptr::null_mut());
            }
        }
    }
}

fn set_inherited(fd: c_int, inherited: bool) -> Result<()> {
    crate::fd::set_inheritable(fd, inherited)
}

fn close_range(first: c_int, last: c_int) {
    if first > last {
        return;
    }
    // SAFETY: no memory is involved.
    unsafe {
        if libc::syscall(libc::SYS_close_range, first, last, 0) == 0 {
            return;
        }
        // Kernels before 5.9.
        let most = libc::sysconf(libc::_SC_OPEN_MAX).clamp(256, 1 << 20) as c_int;
        for fd in first..=last.min(most) {
            libc::close(fd);
        }
    }
}

/// Writes to the parent; when that fails there is nobody to tell.
fn tell(fd: c_int, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match crate::fd::write(fd, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno(libc::EINTR)) => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(program: &str, args: &[&str]) -> Plan {
        let text = |text: &&str| CString::new(*text).unwrap();
        Plan {
            executables: vec![text(&program)],
            args: Some(args.iter().map(text).collect()),
            streams: [-1; 3],
            parent_ends: [-1; 3],
            process_group: -1,
            umask: -1,
            close_others: true,
            ..Plan::default()
        }
    }

    #[test]
    fn a_child_runs_a_program_or_says_why_not() {
        for (program, expected) in [("/bin/sh", ""), ("/no/such/program", "OSError:2:")] {
            for sharing in [true, false] {
                let (read, write) = crate::fd::pipe(libc::O_CLOEXEC).unwrap();
                let mut plan = plan(program, &["sh", "-c", "exit 7"]);
                plan.error_pipe = [read, write];
                plan.keep = vec![write];
                let prepared = Prepared::new(plan);
                let pid = if sharing { prepared.start_sharing_memory() } else { prepared.start_in_copy() }.unwrap();
                crate::fd::close(write).unwrap();
                let mut told = Vec::with_capacity(100);
                // It is told in pieces.
                while crate::fd::read_to_spare(read, &mut told).unwrap() > 0 {}
                crate::fd::close(read).unwrap();
                assert_eq!(String::from_utf8(told).unwrap(), expected);
                let (_, status) = crate::process::wait(pid, 0).unwrap();
                assert_eq!(libc::WEXITSTATUS(status), if expected.is_empty() { 7 } else { 255 });
            }
        }
    }
}
