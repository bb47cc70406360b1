//! Pseudo-terminals, and sessions on them.

use kaa_host::{fd as host, process, terminal};
use kaa_macros::py_functions;
use kaa_objects::{PyResult, Value, Vm};

use super::at_fork::Hooks;
use super::{Posix, pair};
use crate::host_call::{OrRaise, raise};
use crate::path::Descriptor;

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function(
        "posix_openpt(oflag, /)",
        doc = "Open and return a file descriptor for a master pseudo-terminal device.\n\nPerforms a posix_openpt() C function call. The oflag argument is used to\nset file status flags and file access modes as specified in the manual\npage of posix_openpt() of your system."
    )]
    fn posix_openpt(vm: &Vm, oflag: i32) -> PyResult<i32> {
        terminal::open_master(oflag | libc::O_CLOEXEC).or_raise(vm)
    }

    #[function(
        "grantpt(fd, /)",
        doc = "Grant access to the slave pseudo-terminal device.\n\n  fd\n    File descriptor of a master pseudo-terminal device.\n\nPerforms a grantpt() C function call."
    )]
    fn grantpt(vm: &Vm, fd: Descriptor) -> PyResult<()> {
        terminal::grant_slave(fd.0).or_raise(vm)
    }

    #[function(
        "unlockpt(fd, /)",
        doc = "Unlock a pseudo-terminal master/slave pair.\n\n  fd\n    File descriptor of a master pseudo-terminal device.\n\nPerforms an unlockpt() C function call."
    )]
    fn unlockpt(vm: &Vm, fd: Descriptor) -> PyResult<()> {
        terminal::unlock_slave(fd.0).or_raise(vm)
    }

    #[function(
        "ptsname(fd, /)",
        doc = "Return the name of the slave pseudo-terminal device.\n\n  fd\n    File descriptor of a master pseudo-terminal device.\n\nIf the ptsname_r() C function is available, it is called;\notherwise, performs a ptsname() C function call."
    )]
    fn ptsname(vm: &Vm, fd: Descriptor) -> PyResult {
        super::directories::name(vm, &terminal::slave_name(fd.0).or_raise(vm)?, false)
    }

    #[function(
        "login_tty(fd, /)",
        doc = "Prepare the tty of which fd is a file descriptor for a new login session.\n\nMake the calling process a session leader; make the tty the\ncontrolling tty, the stdin, the stdout, and the stderr of the\ncalling process; close fd."
    )]
    fn login_tty(vm: &Vm, fd: Descriptor) -> PyResult<()> {
        terminal::begin_session(fd.0).or_raise(vm)
    }

    #[function(
        "forkpty()",
        doc = "Fork a new process with a new pseudo-terminal as controlling tty.\n\nReturns a tuple of (pid, master_fd).\nLike fork(), return pid of 0 to the child process,\nand pid of child to the parent process.\nTo both, return fd of newly opened pseudo-terminal."
    )]
    fn forkpty(vm: &Vm) -> PyResult {
        let (master, slave) = terminal::open_pair().or_raise(vm)?;
        let hooks = Hooks::of(vm);
        hooks.run_before(vm)?;
        // SAFETY: the isolate's lock is held by this thread, which is the one that goes on in the
        // child; no lock of another thread is waited for there.
        let forked = vm.fork(|| unsafe { process::fork() }, |forked| *forked == Ok(0));
        if forked == Ok(0) {
            let _ = host::close(master);
            if terminal::begin_session(slave).is_err() {
                process::exit_now(1);
            }
            hooks.run_after(vm, true)?;
            return pair(vm, Value::small_int(0), Value::small_int(-1));
        }
        let _ = host::close(slave);
        hooks.run_after(vm, false)?;
        match forked {
            Ok(child) => {
                host::set_inheritable(master, false).or_raise(vm)?;
                pair(vm, Value::small_int(child.into()), Value::small_int(master.into()))
            }
            Err(error) => {
                let _ = host::close(master);
                Err(raise(vm, error))
            }
        }
    }
}
