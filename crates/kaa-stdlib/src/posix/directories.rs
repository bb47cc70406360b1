//! Names in directories: making, removing, renaming, linking, listing; the current directory.

use kaa_host::dir::Dir;
use kaa_host::fs;
use kaa_macros::py_functions;
use kaa_objects::{PyResult, Value, Vm};

use super::Posix;
use crate::host_call::{OrRaise, interruptible, raise_for_two};
use crate::path::{Descriptor, DirFd, Path, PathOrFd, decode_name};

/// The current directory, or the one given.
fn dir(fd: Option<DirFd>) -> i32 {
    fd.unwrap_or(DirFd::CURRENT).0
}

/// A name from the system as `str`, or as `bytes` where a path was given as that.
pub fn name(vm: &Vm, name: &[u8], bytes: bool) -> PyResult {
    if bytes { Ok(vm.new_bytes(name)?.value()) } else { Ok(decode_name(vm, name)?.value()) }
}

/// Opens the directory that `listdir` and `scandir` are given.
pub fn open(vm: &Vm, path: &Option<PathOrFd>) -> PyResult<Dir> {
    match path {
        None => Dir::open(c".").or_raise_for(vm, vm.intern(".").value()),
        Some(PathOrFd::Path(path)) => Dir::open(path.as_c()).or_raise_for(vm, path.object),
        Some(PathOrFd::Fd(fd, object)) => Dir::of_fd(*fd).or_raise_for(vm, *object),
    }
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function("getcwd()", doc = "Return a unicode string representing the current working directory.")]
    fn getcwd(vm: &Vm) -> PyResult {
        name(vm, &fs::current_dir().or_raise(vm)?, false)
    }

    #[function("getcwdb()", doc = "Return a bytes string representing the current working directory.")]
    fn getcwdb(vm: &Vm) -> PyResult {
        name(vm, &fs::current_dir().or_raise(vm)?, true)
    }

    #[function(
        "chdir(path)",
        doc = "Change the current working directory to the specified path.\n\npath may always be specified as a string.\nOn some platforms, path may also be specified as an open file descriptor.\nIf this functionality is unavailable, using it raises an exception."
    )]
    fn chdir(vm: &Vm, path: PathOrFd) -> PyResult<()> {
        let done = match &path {
            PathOrFd::Path(path) => fs::change_dir(path.as_c()),
            PathOrFd::Fd(fd, _) => fs::change_dir_fd(*fd),
        };
        done.or_raise_for(vm, path.object())
    }

    #[function(
        "fchdir(fd)",
        doc = "Change to the directory of the given file descriptor.\n\nfd must be opened on a directory, not a file.\nEquivalent to os.chdir(fd)."
    )]
    fn fchdir(vm: &Vm, fd: Descriptor) -> PyResult<()> {
        interruptible(vm, || fs::change_dir_fd(fd.0))?.or_raise(vm)
    }

    #[function("chroot(path)", doc = "Change root directory to path.")]
    fn chroot(vm: &Vm, path: Path) -> PyResult<()> {
        fs::change_root(path.as_c()).or_raise_for(vm, path.object)
    }

    #[function(
        "mkdir(path, mode=511, *, dir_fd=None)",
        doc = "Create a directory.\n\nIf dir_fd is not None, it should be a file descriptor open to a directory,\n  and path should be relative; path will then be relative to that directory.\ndir_fd may not be implemented on your platform.\n  If it is unavailable, using it will raise a NotImplementedError.\n\nThe mode argument is ignored on Windows. Where it is used, the current umask\nvalue is first masked out."
    )]
    fn mkdir(vm: &Vm, path: Path, mode: i32, dir_fd: Option<DirFd>) -> PyResult<()> {
        fs::make_dir(dir(dir_fd), path.as_c(), mode as u32).or_raise_for(vm, path.object)
    }

    #[function("mkfifo(path, mode=438, *, dir_fd=None)", doc = "Create a \"fifo\" (a POSIX named pipe).")]
    fn mkfifo(vm: &Vm, path: Path, mode: i32, dir_fd: Option<DirFd>) -> PyResult<()> {
        interruptible(vm, || fs::make_fifo(dir(dir_fd), path.as_c(), mode as u32))?.or_raise_for(vm, path.object)
    }

    #[function(
        "mknod(path, mode=384, device=0, *, dir_fd=None)",
        doc = "Create a node in the file system.\n\nCreate a node in the file system (file, device special file or named pipe)\nat path.  mode specifies both the permissions to use and the\ntype of node to be created, being combined (bitwise OR) with one of\nS_IFREG, S_IFCHR, S_IFBLK, and S_IFIFO.  If S_IFCHR or S_IFBLK is set on mode,\ndevice defines the newly created device special file (probably using\nos.makedev()).  Otherwise device is ignored."
    )]
    fn mknod(vm: &Vm, path: Path, mode: i32, device: i64, dir_fd: Option<DirFd>) -> PyResult<()> {
        let make = || fs::make_node(dir(dir_fd), path.as_c(), mode as u32, device as u64);
        interruptible(vm, make)?.or_raise_for(vm, path.object)
    }

    #[function("rmdir(path, *, dir_fd=None)", doc = "Remove a directory.")]
    fn rmdir(vm: &Vm, path: Path, dir_fd: Option<DirFd>) -> PyResult<()> {
        fs::unlink(dir(dir_fd), path.as_c(), libc::AT_REMOVEDIR).or_raise_for(vm, path.object)
    }

    #[function("unlink(path, *, dir_fd=None)", doc = "Remove a file (same as remove()).")]
    fn unlink(vm: &Vm, path: Path, dir_fd: Option<DirFd>) -> PyResult<()> {
        fs::unlink(dir(dir_fd), path.as_c(), 0).or_raise_for(vm, path.object)
    }

    #[function("remove(path, *, dir_fd=None)", doc = "Remove a file (same as unlink()).")]
    fn remove(vm: &Vm, path: Path, dir_fd: Option<DirFd>) -> PyResult<()> {
        fs::unlink(dir(dir_fd), path.as_c(), 0).or_raise_for(vm, path.object)
    }

    #[function("rename(src, dst, *, src_dir_fd=None, dst_dir_fd=None)", doc = "Rename a file or directory.")]
    fn rename(vm: &Vm, src: Path, dst: Path, from: Option<DirFd>, to: Option<DirFd>) -> PyResult<()> {
        fs::rename(dir(from), src.as_c(), dir(to), dst.as_c())
            .map_err(|error| raise_for_two(vm, error, src.object, dst.object))
    }

    #[function(
        "replace(src, dst, *, src_dir_fd=None, dst_dir_fd=None)",
        doc = "Rename a file or directory, overwriting the destination."
    )]
    fn replace(vm: &Vm, src: Path, dst: Path, from: Option<DirFd>, to: Option<DirFd>) -> PyResult<()> {
        fs::rename(dir(from), src.as_c(), dir(to), dst.as_c())
            .map_err(|error| raise_for_two(vm, error, src.object, dst.object))
    }

    #[function(
        "link(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=<unrepresentable>)",
        doc = "Create a hard link to a file."
    )]
    fn link(
        vm: &Vm,
        src: Path,
        dst: Path,
        from: Option<DirFd>,
        to: Option<DirFd>,
        follow_symlinks: Option<bool>,
    ) -> PyResult<()> {
        let follow = follow_symlinks.unwrap_or(true);
        fs::link(dir(from), src.as_c(), dir(to), dst.as_c(), follow)
            .map_err(|error| raise_for_two(vm, error, src.object, dst.object))
    }

    #[function(
        "symlink(src, dst, target_is_directory=False, *, dir_fd=None)",
        doc = "Create a symbolic link pointing to src named dst."
    )]
    fn symlink(vm: &Vm, src: Path, dst: Path, _directory: bool, dir_fd: Option<DirFd>) -> PyResult<()> {
        fs::symlink(src.as_c(), dir(dir_fd), dst.as_c())
            .map_err(|error| raise_for_two(vm, error, src.object, dst.object))
    }

    #[function(
        "readlink(path, *, dir_fd=None)",
        doc = "Return a string representing the path to which the symbolic link points."
    )]
    fn readlink(vm: &Vm, path: Path, dir_fd: Option<DirFd>) -> PyResult {
        let target = fs::read_link(dir(dir_fd), path.as_c()).or_raise_for(vm, path.object)?;
        name(vm, &target, path.is_bytes(vm))
    }

    #[function(
        "listdir(path=None)",
        doc = "Return a list containing the names of the files in the directory.\n\npath can be specified as either str, bytes, or a path-like object.  If\n  path is bytes, the filenames returned will also be bytes; in all other\n  circumstances the filenames returned will be str.\nIf path is None, uses the path='.'.\nOn some platforms, path may also be specified as an open file descriptor;\n  the file descriptor must refer to a directory.\n  If this functionality is unavailable, using it raises\n  NotImplementedError.\n\nThe list is in arbitrary order.  It does not include the special\nentries '.' and '..' even if they are present in the directory."
    )]
    fn listdir(vm: &Vm, path: Option<PathOrFd>) -> PyResult {
        let mut open = open(vm, &path)?;
        let bytes = matches!(&path, Some(PathOrFd::Path(path)) if path.is_bytes(vm));
        let object = path.as_ref().map_or(Value::NONE, PathOrFd::object);
        let list = vm.new_list(&[])?;
        while let Some(entry) = open.next_entry().or_raise_for(vm, object)? {
            list.push(vm, name(vm, &entry.name, bytes)?)?;
        }
        Ok(list.value())
    }

    #[function("umask(mask, /)", doc = "Set the current numeric umask and return the previous umask.")]
    fn umask(mask: i32) -> u32 {
        fs::set_umask(mask as u32)
    }

    #[function(
        "truncate(path, length)",
        doc = "Truncate a file, specified by path, to a specific length.\n\nOn some platforms, path may also be specified as an open file descriptor.\nIf this functionality is unavailable, using it raises an exception."
    )]
    fn truncate(vm: &Vm, path: PathOrFd, length: i64) -> PyResult<()> {
        match &path {
            PathOrFd::Path(path) => fs::truncate(path.as_c(), length).or_raise_for(vm, path.object),
            PathOrFd::Fd(fd, _) => interruptible(vm, || kaa_host::fd::truncate(*fd, length))?.or_raise(vm),
        }
    }

    #[function("sync()", doc = "Force write of everything to disk.")]
    fn sync() {
        fs::sync_all();
    }
}
