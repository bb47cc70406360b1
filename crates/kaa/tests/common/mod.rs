//! What several of the command's tests need.
#![allow(dead_code, reason = "no test needs all of it")]

pub mod alone;
pub mod executables;

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Lets a process end by an interrupt even where the tests were started to ignore it, as in the
/// background of a script.
pub fn heed_interrupts(command: &mut Command) {
    // SAFETY: `signal` may be called between fork and exec.
    unsafe {
        command.pre_exec(|| {
            libc::signal(libc::SIGINT, libc::SIG_DFL);
            Ok(())
        })
    };
}
