//! What files are: status, permissions, owners, times.

use kaa_host::{Errno, fs};
use kaa_macros::py_functions;
use kaa_objects::types::struct_sequence::StructSequenceDef;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{PyResult, Value, Vm};

use super::{AccountId, Posix};
use crate::host_call::{OrRaise, interruptible};
use crate::path::{DirFd, Path, PathOrFd};

/// `os.stat_result`: ten items, three of which are whole seconds without names; then attributes.
pub static STAT_RESULT: StructSequenceDef = StructSequenceDef {
    name: "stat_result",
    module: "os",
    doc: "stat_result: Result from stat, fstat, or lstat.\n\nThis object may be accessed either as a tuple of\n  (mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime)\nor via the attributes st_mode, st_ino, st_dev, st_nlink, st_uid, and so on.\n\nPosix/windows: If your platform supports st_blksize, st_blocks, st_rdev,\nor st_flags, they are available as attributes only.\n\nSee os.stat for more information.",
    fields: &[
        ("st_mode", "protection bits"),
        ("st_ino", "inode"),
        ("st_dev", "device"),
        ("st_nlink", "number of hard links"),
        ("st_uid", "user ID of owner"),
        ("st_gid", "group ID of owner"),
        ("st_size", "total size, in bytes"),
        ("", "integer time of last access"),
        ("", "integer time of last modification"),
        ("", "integer time of last change"),
        ("st_atime", "time of last access"),
        ("st_mtime", "time of last modification"),
        ("st_ctime", "time of last change"),
        ("st_atime_ns", "time of last access in nanoseconds"),
        ("st_mtime_ns", "time of last modification in nanoseconds"),
        ("st_ctime_ns", "time of last change in nanoseconds"),
        ("st_blksize", "blocksize for filesystem I/O"),
        ("st_blocks", "number of blocks allocated"),
        ("st_rdev", "device type (if inode device)"),
    ],
    visible: 10,
    callable: true,
};

/// `os.statvfs_result`.
pub static STATVFS_RESULT: StructSequenceDef = StructSequenceDef {
    name: "statvfs_result",
    module: "os",
    doc: "statvfs_result: Result from statvfs or fstatvfs.\n\nThis object may be accessed either as a tuple of\n  (bsize, frsize, blocks, bfree, bavail, files, ffree, favail, flag, namemax),\nor via the attributes f_bsize, f_frsize, f_blocks, f_bfree, and so on.\n\nSee os.statvfs for more information.",
    fields: &[
        ("f_bsize", ""),
        ("f_frsize", ""),
        ("f_blocks", ""),
        ("f_bfree", ""),
        ("f_bavail", ""),
        ("f_files", ""),
        ("f_ffree", ""),
        ("f_favail", ""),
        ("f_flag", ""),
        ("f_namemax", ""),
        ("f_fsid", ""),
    ],
    visible: 10,
    callable: true,
};

/// A time as an `int` of nanoseconds.
fn nanoseconds(vm: &Vm, seconds: i64, rest: i64) -> PyResult {
    match seconds.checked_mul(1_000_000_000).and_then(|time| time.checked_add(rest)) {
        Some(time) => vm.new_int(time),
        None => {
            let whole = vm.int_multiply(vm.new_int(seconds)?, Value::small_int(1_000_000_000))?;
            vm.int_add(whole, Value::small_int(rest))
        }
    }
}

/// The `os.stat_result` of a file.
pub fn stat_result(vm: &Vm, stat: &fs::Stat) -> PyResult {
    let times =
        [(stat.st_atime, stat.st_atime_nsec), (stat.st_mtime, stat.st_mtime_nsec), (stat.st_ctime, stat.st_ctime_nsec)];
    let mut fields = [Value::NONE; 19];
    let numbers = [
        i64::from(stat.st_mode),
        stat.st_ino as i64,
        stat.st_dev as i64,
        stat.st_nlink as i64,
        i64::from(stat.st_uid),
        i64::from(stat.st_gid),
        stat.st_size,
    ];
    for (field, number) in fields.iter_mut().zip(numbers) {
        *field = vm.new_int(number)?;
    }
    for (index, (seconds, rest)) in times.into_iter().enumerate() {
        fields[7 + index] = vm.new_int(seconds)?;
        fields[10 + index] = vm.new_float(seconds as f64 + 1e-9 * rest as f64)?;
        fields[13 + index] = nanoseconds(vm, seconds, rest)?;
    }
    fields[16] = vm.new_int(stat.st_blksize)?;
    fields[17] = vm.new_int(stat.st_blocks)?;
    fields[18] = vm.new_int(stat.st_rdev as i64)?;
    vm.new_struct_sequence(&STAT_RESULT, &fields)
}

fn statvfs_result(vm: &Vm, stat: &libc::statvfs) -> PyResult {
    let mut fields = [Value::NONE; 11];
    let numbers = [
        stat.f_bsize,
        stat.f_frsize,
        stat.f_blocks,
        stat.f_bfree,
        stat.f_bavail,
        stat.f_files,
        stat.f_ffree,
        stat.f_favail,
        stat.f_flag,
        stat.f_namemax,
        stat.f_fsid,
    ];
    for (field, number) in fields.iter_mut().zip(numbers) {
        *field = vm.new_int_u64(number)?;
    }
    vm.new_struct_sequence(&STATVFS_RESULT, &fields)
}

/// Refuses what makes no sense for an open file.
fn check_fd_options(vm: &Vm, function: &str, dir_fd: DirFd, follow_symlinks: bool) -> PyResult<()> {
    if dir_fd != DirFd::CURRENT {
        return Err(vm.value_error(format_args!("{function}: can't specify dir_fd without matching path")));
    }
    if !follow_symlinks {
        return Err(vm.value_error(format_args!("{function}: cannot use fd and follow_symlinks together")));
    }
    Ok(())
}

/// Seconds and nanoseconds of a time in seconds, rounded down.
fn split_seconds(vm: &Vm, time: Value) -> PyResult<(i64, i64)> {
    if vm.is_int(time) || vm.as_float(time).is_none() && vm.slots_of(time).nb_index.is_some() {
        let index = vm.index(time)?;
        let seconds = vm.int_to_i64(index);
        return Ok((seconds.ok_or_else(|| vm.overflow_error("timestamp out of range for platform time_t"))?, 0));
    }
    let Some(time) = vm.as_float(time) else {
        let class = vm.class_name(time);
        return Err(vm.type_error(format_args!("argument must be int or float, not {class}")));
    };
    if time.is_nan() {
        return Err(vm.value_error("Invalid value NaN (not a number)"));
    }
    let (mut seconds, mut rest) = (time.floor(), ((time - time.floor()) * 1e9).floor());
    if rest >= 1e9 {
        rest -= 1e9;
        seconds += 1.0;
    }
    if !(-9.3e18..9.2e18).contains(&seconds) {
        return Err(vm.overflow_error("timestamp out of range for platform time_t"));
    }
    Ok((seconds as i64, rest as i64))
}

/// Seconds and nanoseconds of a time in nanoseconds.
fn split_nanoseconds(vm: &Vm, time: Value) -> PyResult<(i64, i64)> {
    let parts = vm.divmod(time, Value::small_int(1_000_000_000))?;
    let Some(parts) = vm.cast::<PyTuple>(parts).filter(|parts| parts.len() == 2) else {
        let (class, given) = (vm.class_name(time), vm.class_name(parts));
        return Err(vm.type_error(format_args!("{class}.__divmod__() must return a 2-tuple, not {given}")));
    };
    let number = |value| -> PyResult<i64> {
        let index = vm.index(value)?;
        vm.int_to_i64(index).ok_or_else(|| vm.overflow_error("timestamp out of range for platform time_t"))
    };
    Ok((number(parts.as_slice()[0])?, number(parts.as_slice()[1])?))
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function(
        "stat(path, *, dir_fd=None, follow_symlinks=True)",
        doc = "Perform a stat system call on the given path.\n\n  path\n    Path to be examined; can be string, bytes, a path-like object or\n    open-file-descriptor int.\n  dir_fd\n    If not None, it should be a file descriptor open to a directory,\n    and path should be a relative string; path will then be relative to\n    that directory.\n  follow_symlinks\n    If False, and the last element of the path is a symbolic link,\n    stat will examine the symbolic link itself instead of the file\n    the link points to."
    )]
    fn stat(vm: &Vm, path: PathOrFd, dir_fd: Option<DirFd>, follow_symlinks: bool) -> PyResult {
        let dir = dir_fd.unwrap_or(DirFd::CURRENT);
        let stat = match &path {
            PathOrFd::Path(path) => fs::stat(dir.0, path.as_c(), follow_symlinks),
            PathOrFd::Fd(fd, _) => {
                check_fd_options(vm, "stat", dir, follow_symlinks)?;
                fs::stat_fd(*fd)
            }
        };
        stat_result(vm, &stat.or_raise_for(vm, path.object())?)
    }

    #[function(
        "lstat(path, *, dir_fd=None)",
        doc = "Perform a stat system call on the given path, without following symbolic links.\n\nLike stat(), but do not follow symbolic links.\nEquivalent to stat(path, follow_symlinks=False)."
    )]
    fn lstat(vm: &Vm, path: Path, dir_fd: Option<DirFd>) -> PyResult {
        let dir = dir_fd.unwrap_or(DirFd::CURRENT);
        stat_result(vm, &fs::stat(dir.0, path.as_c(), false).or_raise_for(vm, path.object)?)
    }

    #[function(
        "fstat(fd)",
        doc = "Perform a stat system call on the given file descriptor.\n\nLike stat(), but for an open file descriptor.\nEquivalent to os.stat(fd)."
    )]
    fn fstat(vm: &Vm, fd: i32) -> PyResult {
        let stat = interruptible(vm, || fs::stat_fd(fd))?.or_raise(vm)?;
        stat_result(vm, &stat)
    }

    #[function(
        "statvfs(path)",
        doc = "Perform a statvfs system call on the given path.\n\npath may always be specified as a string.\nOn some platforms, path may also be specified as an open file descriptor.\n  If this functionality is unavailable, using it raises an exception."
    )]
    fn statvfs(vm: &Vm, path: PathOrFd) -> PyResult {
        let stat = match &path {
            PathOrFd::Path(path) => fs::stat_file_system(path.as_c()),
            PathOrFd::Fd(fd, _) => fs::stat_file_system_fd(*fd),
        };
        statvfs_result(vm, &stat.or_raise_for(vm, path.object())?)
    }

    #[function(
        "fstatvfs(fd, /)",
        doc = "Perform an fstatvfs system call on the given fd.\n\nEquivalent to statvfs(fd)."
    )]
    fn fstatvfs(vm: &Vm, fd: i32) -> PyResult {
        let stat = interruptible(vm, || fs::stat_file_system_fd(fd))?.or_raise(vm)?;
        statvfs_result(vm, &stat)
    }

    #[function(
        "access(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)",
        doc = "Use the real uid/gid to test for access to a path."
    )]
    fn access(path: Path, mode: i32, dir_fd: Option<DirFd>, effective_ids: bool, follow_symlinks: bool) -> bool {
        let effective = if effective_ids { libc::AT_EACCESS } else { 0 };
        let follow = if follow_symlinks { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
        fs::access(dir_fd.unwrap_or(DirFd::CURRENT).0, path.as_c(), mode, effective | follow).is_ok()
    }

    #[function(
        "chmod(path, mode, *, dir_fd=None, follow_symlinks=True)",
        doc = "Change the access permissions of a file."
    )]
    fn chmod(vm: &Vm, path: PathOrFd, mode: i32, dir_fd: Option<DirFd>, follow_symlinks: bool) -> PyResult<()> {
        let dir = dir_fd.unwrap_or(DirFd::CURRENT);
        let done = match &path {
            PathOrFd::Path(path) => fs::change_mode(dir.0, path.as_c(), mode as u32, follow_symlinks),
            PathOrFd::Fd(fd, _) => fs::change_mode_fd(*fd, mode as u32),
        };
        match done {
            Err(Errno(libc::ENOTSUP | libc::ENOSYS)) if !follow_symlinks => {
                Err(vm.not_implemented_error(if dir == DirFd::CURRENT {
                    "chmod: follow_symlinks unavailable on this platform"
                } else {
                    "chmod: cannot use dir_fd and follow_symlinks together"
                }))
            }
            done => done.or_raise_for(vm, path.object()),
        }
    }

    #[function("fchmod(fd, mode)", doc = "Change the access permissions of the file given by file descriptor fd.")]
    fn fchmod(vm: &Vm, fd: i32, mode: i32) -> PyResult<()> {
        interruptible(vm, || fs::change_mode_fd(fd, mode as u32))?.or_raise(vm)
    }

    #[function(
        "chown(path, uid, gid, *, dir_fd=None, follow_symlinks=True)",
        doc = "Change the owner and group id of path to the numeric uid and gid."
    )]
    fn chown(
        vm: &Vm,
        path: PathOrFd,
        uid: AccountId,
        gid: AccountId,
        dir_fd: Option<DirFd>,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let dir = dir_fd.unwrap_or(DirFd::CURRENT);
        let done = match &path {
            PathOrFd::Path(path) => fs::change_owner(dir.0, path.as_c(), uid.0, gid.0, follow_symlinks),
            PathOrFd::Fd(fd, _) => {
                check_fd_options(vm, "chown", dir, follow_symlinks)?;
                fs::change_owner_fd(*fd, uid.0, gid.0)
            }
        };
        done.or_raise_for(vm, path.object())
    }

    #[function("fchown(fd, uid, gid)", doc = "Change the owner and group id of the file specified by file descriptor.")]
    fn fchown(vm: &Vm, fd: i32, uid: AccountId, gid: AccountId) -> PyResult<()> {
        interruptible(vm, || fs::change_owner_fd(fd, uid.0, gid.0))?.or_raise(vm)
    }

    #[function(
        "lchown(path, uid, gid)",
        doc = "Change the owner and group id of path to the numeric uid and gid.\n\nThis function will not follow symbolic links.\nEquivalent to os.chown(path, uid, gid, follow_symlinks=False)."
    )]
    fn lchown(vm: &Vm, path: Path, uid: AccountId, gid: AccountId) -> PyResult<()> {
        fs::change_owner(libc::AT_FDCWD, path.as_c(), uid.0, gid.0, false).or_raise_for(vm, path.object)
    }

    #[function(
        "utime(path, times=None, *, ns=<unrepresentable>, dir_fd=None, follow_symlinks=True)",
        doc = "Set the access and modified time of path."
    )]
    fn utime(
        vm: &Vm,
        path: PathOrFd,
        times: Value,
        ns: Option<Value>,
        dir_fd: Option<DirFd>,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let dir = dir_fd.unwrap_or(DirFd::CURRENT);
        if !times.is_none() && ns.is_some() {
            return Err(vm.value_error("utime: you may specify either 'times' or 'ns' but not both"));
        }
        let two = |value: Value| vm.cast::<PyTuple>(value).filter(|pair| pair.len() == 2);
        let times = match ns {
            Some(ns) => {
                let Some(pair) = two(ns) else {
                    return Err(vm.type_error("utime: 'ns' must be a tuple of two ints"));
                };
                Some([split_nanoseconds(vm, pair.as_slice()[0])?, split_nanoseconds(vm, pair.as_slice()[1])?])
            }
            None if times.is_none() => None,
            None => {
                let Some(pair) = two(times) else {
                    return Err(vm.type_error("utime: 'times' must be either a tuple of two ints or None"));
                };
                Some([split_seconds(vm, pair.as_slice()[0])?, split_seconds(vm, pair.as_slice()[1])?])
            }
        };
        let done = match &path {
            PathOrFd::Path(path) => fs::set_times(dir.0, path.as_c(), times, follow_symlinks),
            PathOrFd::Fd(fd, _) => {
                check_fd_options(vm, "utime", dir, follow_symlinks)?;
                fs::set_times_fd(*fd, times)
            }
        };
        done.or_raise_for(vm, path.object())
    }
}
