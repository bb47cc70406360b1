//! Files and directories by name.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use libc::{c_int, mode_t, off_t};

use crate::embedded::{self, or_embedded};
use crate::{Errno, Result, check, check_size};

/// What `stat` tells.
pub type Stat = libc::stat;

fn filled<T>(fill: impl FnOnce(*mut T) -> c_int) -> Result<T> {
    let mut place = MaybeUninit::<T>::zeroed();
    check(fill(place.as_mut_ptr()))?;
    // SAFETY: all zero is a value of the structs used here, and the call has filled it.
    Ok(unsafe { place.assume_init() })
}

/// The status of the file that a descriptor is open on.
pub fn stat_fd(fd: c_int) -> Result<Stat> {
    // SAFETY: the place is a `stat`.
    filled(|place| unsafe { libc::fstat(fd, place) })
}

/// The status of a file; of a symbolic link itself unless `follow`.
pub fn stat(dir: c_int, path: &CStr, follow: bool) -> Result<Stat> {
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    // SAFETY: the path ends with a zero; the place is a `stat`.
    let found = filled(|place| unsafe { libc::fstatat(dir, path.as_ptr(), place, flags) });
    or_embedded(found, path, embedded::stat)
}

/// The status of a file system.
pub fn stat_file_system(path: &CStr) -> Result<libc::statvfs> {
    // SAFETY: the path ends with a zero; the place is a `statvfs`.
    filled(|place| unsafe { libc::statvfs(path.as_ptr(), place) })
}

/// The status of the file system that a descriptor is open in.
pub fn stat_file_system_fd(fd: c_int) -> Result<libc::statvfs> {
    // SAFETY: the place is a `statvfs`.
    filled(|place| unsafe { libc::fstatvfs(fd, place) })
}

/// Opens a file.
pub fn open(dir: c_int, path: &CStr, flags: c_int, mode: mode_t) -> Result<c_int> {
    // SAFETY: the path ends with a zero.
    let opened = check(unsafe { libc::openat(dir, path.as_ptr(), flags, libc::c_uint::from(mode)) });
    or_embedded(opened, path, |path, node| embedded::open(path, node, flags))
}

/// Whether a file can be used in a way.
pub fn access(dir: c_int, path: &CStr, mode: c_int, flags: c_int) -> Result<()> {
    // SAFETY: the path ends with a zero.
    let access = check(unsafe { libc::faccessat(dir, path.as_ptr(), mode, flags) }).map(drop);
    or_embedded(access, path, |_, node| embedded::access(node, mode))
}

/// Makes a directory.
pub fn make_dir(dir: c_int, path: &CStr, mode: mode_t) -> Result<()> {
    // SAFETY: the path ends with a zero.
    check(unsafe { libc::mkdirat(dir, path.as_ptr(), mode) }).map(drop)
}

/// Makes a named pipe.
pub fn make_fifo(dir: c_int, path: &CStr, mode: mode_t) -> Result<()> {
    // SAFETY: the path ends with a zero.
    check(unsafe { libc::mkfifoat(dir, path.as_ptr(), mode) }).map(drop)
}

/// Makes a file of any kind.
pub fn make_node(dir: c_int, path: &CStr, mode: mode_t, device: libc::dev_t) -> Result<()> {
    // SAFETY: the path ends with a zero.
    check(unsafe { libc::mknodat(dir, path.as_ptr(), mode, device) }).map(drop)
}

/// Removes a name: of a file, or with `AT_REMOVEDIR` of an empty directory.
pub fn unlink(dir: c_int, path: &CStr, flags: c_int) -> Result<()> {
    // SAFETY: the path ends with a zero.
    check(unsafe { libc::unlinkat(dir, path.as_ptr(), flags) }).map(drop)
}

/// Renames, replacing what has the new name.
pub fn rename(from_dir: c_int, from: &CStr, to_dir: c_int, to: &CStr) -> Result<()> {
    // SAFETY: the paths end with a zero.
    check(unsafe { libc::renameat(from_dir, from.as_ptr(), to_dir, to.as_ptr()) }).map(drop)
}

/// Gives a file another name.
pub fn link(from_dir: c_int, from: &CStr, to_dir: c_int, to: &CStr, follow: bool) -> Result<()> {
    let flags = if follow { libc::AT_SYMLINK_FOLLOW } else { 0 };
    // SAFETY: the paths end with a zero.
    check(unsafe { libc::linkat(from_dir, from.as_ptr(), to_dir, to.as_ptr(), flags) }).map(drop)
}

/// Makes a symbolic link.
pub fn symlink(target: &CStr, dir: c_int, path: &CStr) -> Result<()> {
    // SAFETY: the paths end with a zero.
    check(unsafe { libc::symlinkat(target.as_ptr(), dir, path.as_ptr()) }).map(drop)
}

/// What a symbolic link says.
pub fn read_link(dir: c_int, path: &CStr) -> Result<Vec<u8>> {
    let mut target = vec![0; libc::PATH_MAX as usize + 1];
    // SAFETY: the path ends with a zero, the buffer is as long as it is said to be.
    let len = check_size(unsafe { libc::readlinkat(dir, path.as_ptr(), target.as_mut_ptr().cast(), target.len()) })?;
    target.truncate(len);
    Ok(target)
}

/// Sets the permissions; of a symbolic link itself unless `follow` (Linux then refuses).
pub fn change_mode(dir: c_int, path: &CStr, mode: mode_t, follow: bool) -> Result<()> {
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    // SAFETY: the path ends with a zero.
    check(unsafe { libc::fchmodat(dir, path.as_ptr(), mode, flags) }).map(drop)
}

/// Sets the permissions of an open file.
pub fn change_mode_fd(fd: c_int, mode: mode_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::fchmod(fd, mode) }).map(drop)
}

/// Sets the owner; of a symbolic link itself unless `follow`.
pub fn change_owner(dir: c_int, path: &CStr, user: u32, group: u32, follow: bool) -> Result<()> {
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    // SAFETY: the path ends with a zero.
    check(unsafe { libc::fchownat(dir, path.as_ptr(), user, group, flags) }).map(drop)
}

/// Sets the owner of an open file.
pub fn change_owner_fd(fd: c_int, user: u32, group: u32) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::fchown(fd, user, group) }).map(drop)
}

/// The times of last access and modification, in seconds and nanoseconds; `None` is now.
pub type Times = Option<[(i64, i64); 2]>;

fn time_specs(times: Times) -> Option<[libc::timespec; 2]> {
    times.map(|times| times.map(|(tv_sec, tv_nsec)| libc::timespec { tv_sec, tv_nsec }))
}

/// Sets the times of a file; of a symbolic link itself unless `follow`.
pub fn set_times(dir: c_int, path: &CStr, times: Times, follow: bool) -> Result<()> {
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    let times = time_specs(times);
    let place = times.as_ref().map_or(std::ptr::null(), |times| times.as_ptr());
    // SAFETY: the path ends with a zero; there are two times or none.
    check(unsafe { libc::utimensat(dir, path.as_ptr(), place, flags) }).map(drop)
}

/// Sets the times of an open file.
pub fn set_times_fd(fd: c_int, times: Times) -> Result<()> {
    let times = time_specs(times);
    let place = times.as_ref().map_or(std::ptr::null(), |times| times.as_ptr());
    // SAFETY: there are two times or none.
    check(unsafe { libc::futimens(fd, place) }).map(drop)
}

/// Sets the length of a file.
pub fn truncate(path: &CStr, len: off_t) -> Result<()> {
    // SAFETY: the path ends with a zero.
    check(unsafe { libc::truncate(path.as_ptr(), len) }).map(drop)
}

/// The current directory.
pub fn current_dir() -> Result<Vec<u8>> {
    let mut path = vec![0u8; libc::PATH_MAX as usize];
    loop {
        // SAFETY: the buffer is as long as it is said to be.
        if !unsafe { libc::getcwd(path.as_mut_ptr().cast(), path.len()) }.is_null() {
            path.truncate(path.iter().position(|&byte| byte == 0).unwrap_or(path.len()));
            return Ok(path);
        }
        match Errno::last() {
            Errno(libc::ERANGE) => path.resize(path.len() * 2, 0),
            error => return Err(error),
        }
    }
}

/// Sets the current directory.
pub fn change_dir(path: &CStr) -> Result<()> {
    // SAFETY: the path ends with a zero.
    check(unsafe { libc::chdir(path.as_ptr()) }).map(drop)
}

/// Sets the current directory to one that is open.
pub fn change_dir_fd(fd: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::fchdir(fd) }).map(drop)
}

/// Sets the root directory.
pub fn change_root(path: &CStr) -> Result<()> {
    // SAFETY: the path ends with a zero.
    check(unsafe { libc::chroot(path.as_ptr()) }).map(drop)
}

/// Sets the permissions that new files do not get; gives the old ones.
pub fn set_umask(mask: mode_t) -> mode_t {
    // SAFETY: no memory is involved.
    unsafe { libc::umask(mask) }
}

/// Waits until all that was written is on the disks.
pub fn sync_all() {
    // SAFETY: no memory is involved.
    unsafe { libc::sync() }
}

/// What an extended attribute is of.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// A file by name; a symbolic link itself unless the flag says to follow it.
    Path(&'a CStr, bool),
    /// An open file.
    Fd(c_int),
}

/// The value of an extended attribute.
pub fn attribute(target: Target<'_>, name: &CStr) -> Result<Vec<u8>> {
    grown(|buffer, len| {
        let buffer = buffer.cast();
        // SAFETY: names end with a zero, the buffer is as long as it is said to be.
        unsafe {
            match target {
                Target::Path(path, true) => libc::getxattr(path.as_ptr(), name.as_ptr(), buffer, len),
                Target::Path(path, false) => libc::lgetxattr(path.as_ptr(), name.as_ptr(), buffer, len),
                Target::Fd(fd) => libc::fgetxattr(fd, name.as_ptr(), buffer, len),
            }
        }
    })
}

/// The names of the extended attributes, each ended with a zero.
pub fn attribute_names(target: Target<'_>) -> Result<Vec<u8>> {
    grown(|buffer, len| {
        let buffer = buffer.cast();
        // SAFETY: names end with a zero, the buffer is as long as it is said to be.
        unsafe {
            match target {
                Target::Path(path, true) => libc::listxattr(path.as_ptr(), buffer, len),
                Target::Path(path, false) => libc::llistxattr(path.as_ptr(), buffer, len),
                Target::Fd(fd) => libc::flistxattr(fd, buffer, len),
            }
        }
    })
}

/// Sets an extended attribute.
pub fn set_attribute(target: Target<'_>, name: &CStr, value: &[u8], flags: c_int) -> Result<()> {
    let (data, len) = (value.as_ptr().cast(), value.len());
    // SAFETY: names end with a zero; there are `len` bytes.
    check(unsafe {
        match target {
            Target::Path(path, true) => libc::setxattr(path.as_ptr(), name.as_ptr(), data, len, flags),
            Target::Path(path, false) => libc::lsetxattr(path.as_ptr(), name.as_ptr(), data, len, flags),
            Target::Fd(fd) => libc::fsetxattr(fd, name.as_ptr(), data, len, flags),
        }
    })
    .map(drop)
}

/// Removes an extended attribute.
pub fn remove_attribute(target: Target<'_>, name: &CStr) -> Result<()> {
    // SAFETY: names end with a zero.
    check(unsafe {
        match target {
            Target::Path(path, true) => libc::removexattr(path.as_ptr(), name.as_ptr()),
            Target::Path(path, false) => libc::lremovexattr(path.as_ptr(), name.as_ptr()),
            Target::Fd(fd) => libc::fremovexattr(fd, name.as_ptr()),
        }
    })
    .map(drop)
}

/// What a call fills a buffer with that may at first be too small.
fn grown(fill: impl Fn(*mut u8, usize) -> isize) -> Result<Vec<u8>> {
    for size in [256, 65_536] {
        let mut buffer = vec![0; size];
        match check_size(fill(buffer.as_mut_ptr(), size)) {
            Ok(len) => {
                buffer.truncate(len);
                return Ok(buffer);
            }
            Err(Errno(libc::ERANGE)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Errno(libc::ERANGE))
}
