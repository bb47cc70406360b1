//! `posix_spawn`: starting a program as the C library does it.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;

use libc::{c_char, c_int, pid_t, sigset_t};

use crate::{Errno, Result};

/// What is done to a descriptor before the program starts.
pub enum FileAction {
    /// A file is opened.
    #[allow(missing_docs, reason = "as the arguments of open")]
    Open { fd: c_int, path: CString, flags: c_int, mode: u32 },
    /// It is closed.
    Close(c_int),
    /// It is made a duplicate: of the first, as the second.
    Duplicate(c_int, c_int),
    /// It and all greater ones are closed.
    CloseFrom(c_int),
}

/// How a program is started.
#[derive(Default)]
pub struct Options {
    /// In this order.
    pub actions: Vec<FileAction>,
    /// The group of processes to put it into.
    pub process_group: Option<pid_t>,
    /// Effective identities become real ones.
    pub reset_ids: bool,
    /// It begins a session.
    pub new_session: bool,
    /// The signals to block.
    pub mask: Option<Vec<c_int>>,
    /// The signals that get back their default.
    pub defaults: Option<Vec<c_int>>,
    /// Policy and priority.
    pub scheduler: Option<(Option<c_int>, c_int)>,
}

/// The result of a call that gives the error itself.
fn done(error: c_int) -> Result<()> {
    if error == 0 { Ok(()) } else { Err(Errno(error)) }
}

fn signal_set(signals: &[c_int]) -> sigset_t {
    // SAFETY: the call makes the set; bad numbers are refused.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        for &signal in signals {
            libc::sigaddset(&mut set, signal);
        }
        set
    }
}

struct Actions(libc::posix_spawn_file_actions_t);

impl Actions {
    fn new(actions: &[FileAction]) -> Result<Actions> {
        let mut made = MaybeUninit::uninit();
        // SAFETY: the struct is made before it is used; texts end with a zero, and are copied.
        unsafe {
            done(libc::posix_spawn_file_actions_init(made.as_mut_ptr()))?;
            let mut made = Actions(made.assume_init());
            for action in actions {
                let row = &mut made.0;
                done(match action {
                    FileAction::Open { fd, path, flags, mode } => {
                        libc::posix_spawn_file_actions_addopen(row, *fd, path.as_ptr(), *flags, *mode)
                    }
                    FileAction::Close(fd) => libc::posix_spawn_file_actions_addclose(row, *fd),
                    FileAction::Duplicate(fd, to) => libc::posix_spawn_file_actions_adddup2(row, *fd, *to),
                    FileAction::CloseFrom(fd) => libc::posix_spawn_file_actions_addclosefrom_np(row, *fd),
                })?;
            }
            Ok(made)
        }
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: it was made by `new`.
        unsafe { libc::posix_spawn_file_actions_destroy(&mut self.0) };
    }
}

struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    fn new(options: &Options) -> Result<Attributes> {
        let mut made = MaybeUninit::uninit();
        let mut flags = 0;
        // SAFETY: the struct is made before it is used; what it is given is copied.
        unsafe {
            done(libc::posix_spawnattr_init(made.as_mut_ptr()))?;
            let mut made = Attributes(made.assume_init());
            let attributes = &mut made.0;
            if let Some(group) = options.process_group {
                done(libc::posix_spawnattr_setpgroup(attributes, group))?;
                flags |= libc::POSIX_SPAWN_SETPGROUP;
            }
            if options.reset_ids {
                flags |= libc::POSIX_SPAWN_RESETIDS;
            }
            if options.new_session {
                flags |= c_int::from(libc::POSIX_SPAWN_SETSID);
            }
            if let Some(mask) = &options.mask {
                done(libc::posix_spawnattr_setsigmask(attributes, &signal_set(mask)))?;
                flags |= libc::POSIX_SPAWN_SETSIGMASK;
            }
            if let Some(defaults) = &options.defaults {
                done(libc::posix_spawnattr_setsigdefault(attributes, &signal_set(defaults)))?;
                flags |= libc::POSIX_SPAWN_SETSIGDEF;
            }
            if let Some((policy, priority)) = options.scheduler {
                if let Some(policy) = policy {
                    done(libc::posix_spawnattr_setschedpolicy(attributes, policy))?;
                    flags |= libc::POSIX_SPAWN_SETSCHEDULER;
                }
                let parameters = libc::sched_param { sched_priority: priority };
                done(libc::posix_spawnattr_setschedparam(attributes, &parameters))?;
                flags |= libc::POSIX_SPAWN_SETSCHEDPARAM;
            }
            done(libc::posix_spawnattr_setflags(attributes, flags as libc::c_short))?;
            Ok(made)
        }
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: it was made by `new`.
        unsafe { libc::posix_spawnattr_destroy(&mut self.0) };
    }
}

unsafe extern "C" {
    static environ: *const *mut c_char;
}

/// Starts a program; without an environment it gets this process's. `search` looks for the name in
/// the directories of `PATH`.
pub fn spawn(
    path: &CStr,
    args: &[CString],
    environment: Option<&[CString]>,
    options: &Options,
    search: bool,
) -> Result<pid_t> {
    let pointers =
        |texts: &[CString]| texts.iter().map(|t| t.as_ptr().cast_mut()).chain([std::ptr::null_mut()]).collect();
    let args: Vec<*mut c_char> = pointers(args);
    let environment: Option<Vec<*mut c_char>> = environment.map(pointers);
    let actions = Actions::new(&options.actions)?;
    let attributes = Attributes::new(options)?;
    let mut pid = 0;
    let call = if search { libc::posix_spawnp } else { libc::posix_spawn };
    // SAFETY: texts end with a zero, rows with a null; the structs are locals.
    done(unsafe {
        let environment = environment.as_ref().map_or(environ, |environment| environment.as_ptr());
        call(&mut pid, path.as_ptr(), &actions.0, &attributes.0, args.as_ptr(), environment)
    })?;
    Ok(pid)
}
