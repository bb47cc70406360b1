//! Terminals.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use libc::{c_char, c_int, pid_t};

use crate::{Errno, Result, check};

/// Whether a descriptor is open on a terminal.
pub fn is_terminal(fd: c_int) -> bool {
    // SAFETY: no memory is involved.
    unsafe { libc::isatty(fd) == 1 }
}

/// Columns and lines.
pub fn size(fd: c_int) -> Result<(u16, u16)> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the size is a local.
    check(unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &mut size) })?;
    Ok((size.ws_col, size.ws_row))
}

/// Sets lines and columns.
pub fn set_size(fd: c_int, lines: u16, columns: u16) -> Result<()> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the size is a local.
    check(unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &mut size) })?;
    (size.ws_row, size.ws_col) = (lines, columns);
    // SAFETY: the size is a local.
    check(unsafe { libc::ioctl(fd, libc::TIOCSWINSZ, &size) }).map(drop)
}

/// The name of the terminal.
pub fn name(fd: c_int) -> Result<Vec<u8>> {
    let mut name = [0 as c_char; 4096];
    // SAFETY: the buffer is as long as it is said to be, and the call ends it with a zero.
    unsafe {
        match libc::ttyname_r(fd, name.as_mut_ptr(), name.len()) {
            0 => Ok(CStr::from_ptr(name.as_ptr()).to_bytes().to_vec()),
            error => Err(Errno(error)),
        }
    }
}

/// The group of processes in the foreground.
pub fn foreground(fd: c_int) -> Result<pid_t> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::tcgetpgrp(fd) })
}

/// Puts a group of processes into the foreground.
pub fn set_foreground(fd: c_int, group: pid_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::tcsetpgrp(fd, group) }).map(drop)
}

/// A new pseudo-terminal: the descriptors of its master and its slave side.
pub fn open_pair() -> Result<(c_int, c_int)> {
    let (mut master, mut slave) = (0, 0);
    let null = std::ptr::null_mut();
    // SAFETY: the descriptors are locals; no name or settings are asked for.
    check(unsafe { libc::openpty(&mut master, &mut slave, null, std::ptr::null(), std::ptr::null()) })?;
    Ok((master, slave))
}

/// The settings of a terminal.
pub fn settings(fd: c_int) -> Result<libc::termios> {
    let mut settings = MaybeUninit::<libc::termios>::zeroed();
    // SAFETY: the settings are a local, and all zero are settings.
    unsafe {
        check(libc::tcgetattr(fd, settings.as_mut_ptr()))?;
        Ok(settings.assume_init())
    }
}

/// Changes the settings of a terminal.
pub fn set_settings(fd: c_int, when: c_int, settings: &libc::termios) -> Result<()> {
    // SAFETY: the settings are borrowed.
    check(unsafe { libc::tcsetattr(fd, when, settings) }).map(drop)
}

/// Sends zero bits for some time.
pub fn send_break(fd: c_int, duration: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::tcsendbreak(fd, duration) }).map(drop)
}

/// Waits until all output is sent.
pub fn drain(fd: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::tcdrain(fd) }).map(drop)
}

/// Throws away what waits to be read or sent.
pub fn flush(fd: c_int, queue: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::tcflush(fd, queue) }).map(drop)
}

/// Stops or goes on with input or output.
pub fn flow(fd: c_int, action: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::tcflow(fd, action) }).map(drop)
}

// The crate libc names the versions of shared libraries in these, which no archive has.
unsafe extern "C" {
    fn cfgetispeed(settings: *const libc::termios) -> libc::speed_t;
    fn cfgetospeed(settings: *const libc::termios) -> libc::speed_t;
    fn cfsetispeed(settings: *mut libc::termios, speed: libc::speed_t) -> c_int;
    fn cfsetospeed(settings: *mut libc::termios, speed: libc::speed_t) -> c_int;
}

/// The speeds of input and output in the settings, as `B*` numbers.
pub fn speeds(settings: &libc::termios) -> (libc::speed_t, libc::speed_t) {
    // SAFETY: the settings are borrowed.
    unsafe { (cfgetispeed(settings), cfgetospeed(settings)) }
}

/// Sets the speeds in the settings.
pub fn set_speeds(settings: &mut libc::termios, input: libc::speed_t, output: libc::speed_t) -> Result<()> {
    // SAFETY: the settings are borrowed.
    check(unsafe { cfsetispeed(settings, input) })?;
    // SAFETY: the settings are borrowed.
    check(unsafe { cfsetospeed(settings, output) }).map(drop)
}

/// The master side of a new pseudo-terminal.
pub fn open_master(flags: c_int) -> Result<c_int> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::posix_openpt(flags) })
}

/// Gives the slave side of a pseudo-terminal to the user of this process.
pub fn grant_slave(master: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::grantpt(master) }).map(drop)
}

/// Lets the slave side of a pseudo-terminal be opened.
pub fn unlock_slave(master: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::unlockpt(master) }).map(drop)
}

/// The name of the slave side of a pseudo-terminal.
pub fn slave_name(master: c_int) -> Result<Vec<u8>> {
    let mut name = [0 as c_char; 4096];
    // SAFETY: the buffer is as long as it is said to be, and the call ends it with a zero.
    unsafe {
        match libc::ptsname_r(master, name.as_mut_ptr(), name.len()) {
            0 => Ok(CStr::from_ptr(name.as_ptr()).to_bytes().to_vec()),
            _ => Err(Errno::last()),
        }
    }
}

/// Begins a session with a terminal as its own, and as standard streams.
pub fn begin_session(fd: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::login_tty(fd) }).map(drop)
}
