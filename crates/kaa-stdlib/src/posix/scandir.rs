//! `os.scandir`: the entries of a directory with what the system tells of them on the way.

use std::cell::{Cell, RefCell};

use kaa_host::dir::{Dir, Entry};
use kaa_host::{Errno, fs};
use kaa_macros::{py_functions, py_type};
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::generic_alias::CLASS_GETITEM;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm};

use super::Posix;
use super::directories::{name, open};
use super::stat::stat_result;
use crate::host_call::{OrRaise, raise_for};
use crate::path::{PathOrFd, path_bytes};

/// `os.DirEntry`.
#[repr(C)]
#[derive(Trace)]
pub struct PyDirEntry {
    header: Header,
    name: Slot,
    path: Slot,
    /// The results of `stat()` and `stat(follow_symlinks=False)`, once asked for.
    stat: Slot,
    lstat: Slot,
    inode: Cell<u64>,
    /// A `DT_*` number.
    kind: Cell<u8>,
    /// The descriptor of the directory when it was given by one, or -1.
    dir_fd: Cell<i32>,
}

impl PyDirEntry {
    /// The status of the file, asked once.
    fn status(this: Gc<PyDirEntry>, vm: &Vm, follow: bool) -> PyResult {
        // What is no symbolic link has one status only.
        let follow = follow && matches!(this.kind.get(), libc::DT_LNK | libc::DT_UNKNOWN);
        let slot = if follow { &this.stat } else { &this.lstat };
        if let Some(known) = slot.get() {
            return Ok(known);
        }
        let result = stat_result(vm, &PyDirEntry::ask(this, vm, follow)?.or_raise_for(vm, this.path.get_set())?)?;
        slot.set(vm, this, result);
        Ok(result)
    }

    fn ask(this: Gc<PyDirEntry>, vm: &Vm, follow: bool) -> PyResult<kaa_host::Result<fs::Stat>> {
        let by_fd = this.dir_fd.get() >= 0;
        let file = if by_fd { this.name.get_set() } else { this.path.get_set() };
        let file =
            std::ffi::CString::new(path_bytes(vm, file)?).map_err(|_| vm.value_error("embedded null character"))?;
        Ok(fs::stat(if by_fd { this.dir_fd.get() } else { libc::AT_FDCWD }, &file, follow))
    }

    /// Whether the file is of a kind: `S_IF*`, and `DT_*` as directories tell it.
    fn is_kind(this: Gc<PyDirEntry>, vm: &Vm, follow: bool, mode: u32, kind: u8) -> PyResult<bool> {
        let known = this.kind.get();
        if known != libc::DT_UNKNOWN && (known != libc::DT_LNK || !follow) {
            return Ok(known == kind);
        }
        let slot = if follow { &this.stat } else { &this.lstat };
        if let Some(known) = slot.get() {
            let st_mode = vm.get_item(known, Value::small_int(0))?;
            return Ok(vm.int_to_i64(st_mode).unwrap_or(0) as u32 & libc::S_IFMT == mode);
        }
        match PyDirEntry::ask(this, vm, follow)? {
            Ok(stat) => {
                slot.set(vm, this, stat_result(vm, &stat)?);
                Ok(stat.st_mode & libc::S_IFMT == mode)
            }
            // The file may be gone, or be a link that leads nowhere.
            Err(Errno(libc::ENOENT)) => Ok(false),
            Err(error) => Err(raise_for(vm, error, this.path.get_set())),
        }
    }
}

#[py_type(name = "DirEntry", module = "posix", flags(DISALLOW_INSTANTIATION), parts(CLASS_GETITEM))]
impl PyDirEntry {
    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<String> {
        Ok(format!("<DirEntry {}>", vm.repr(self.name.get_set())?.to_string_lossy()))
    }

    #[getter("name", doc = "the entry's base filename, relative to scandir() \"path\" argument")]
    fn name(&self) -> Value {
        self.name.get_set()
    }

    #[getter("path", doc = "the entry's full path name; equivalent to os.path.join(scandir_path, entry.name)")]
    fn path(&self) -> Value {
        self.path.get_set()
    }

    #[method(
        "is_dir($self, /, *, follow_symlinks=True)",
        doc = "Return True if the entry is a directory; cached per entry."
    )]
    fn is_dir(vm: &Vm, this: Gc<PyDirEntry>, follow_symlinks: bool) -> PyResult<bool> {
        PyDirEntry::is_kind(this, vm, follow_symlinks, libc::S_IFDIR, libc::DT_DIR)
    }

    #[method(
        "is_file($self, /, *, follow_symlinks=True)",
        doc = "Return True if the entry is a file; cached per entry."
    )]
    fn is_file(vm: &Vm, this: Gc<PyDirEntry>, follow_symlinks: bool) -> PyResult<bool> {
        PyDirEntry::is_kind(this, vm, follow_symlinks, libc::S_IFREG, libc::DT_REG)
    }

    #[method("is_symlink($self, /)", doc = "Return True if the entry is a symbolic link; cached per entry.")]
    fn is_symlink(vm: &Vm, this: Gc<PyDirEntry>) -> PyResult<bool> {
        PyDirEntry::is_kind(this, vm, false, libc::S_IFLNK, libc::DT_LNK)
    }

    #[method("is_junction($self, /)", doc = "Return True if the entry is a junction; cached per entry.")]
    fn is_junction(_this: Gc<PyDirEntry>) -> bool {
        false
    }

    #[method(
        "stat($self, /, *, follow_symlinks=True)",
        doc = "Return stat_result object for the entry; cached per entry."
    )]
    fn stat(vm: &Vm, this: Gc<PyDirEntry>, follow_symlinks: bool) -> PyResult {
        PyDirEntry::status(this, vm, follow_symlinks)
    }

    #[method("inode($self, /)", doc = "Return inode of the entry; cached per entry.")]
    fn inode(&self) -> u64 {
        self.inode.get()
    }

    #[method("__fspath__($self, /)", doc = "Returns the path for the entry.")]
    fn fspath(&self) -> Value {
        self.path.get_set()
    }
}

/// `posix.ScandirIterator`.
#[repr(C)]
#[derive(Trace)]
pub struct PyScandirIterator {
    header: Header,
    /// What `scandir` was given; `None` for the current directory.
    path: Slot,
    /// The bytes that go before names.
    #[trace(skip)]
    prefix: Box<[u8]>,
    bytes: bool,
    dir_fd: i32,
    #[trace(skip)]
    dir: RefCell<Option<Dir>>,
}

impl PyScandirIterator {
    fn make_entry(&self, vm: &Vm, entry: &Entry) -> PyResult {
        let base = name(vm, &entry.name, self.bytes)?;
        let path = match &*self.prefix {
            b"" => base,
            prefix => name(vm, &[prefix, &entry.name].concat(), self.bytes)?,
        };
        let made = PyDirEntry {
            header: Header::EMPTY,
            name: Slot::new(base),
            path: Slot::new(path),
            stat: Slot::empty(),
            lstat: Slot::empty(),
            inode: Cell::new(entry.inode),
            kind: Cell::new(entry.kind),
            dir_fd: Cell::new(self.dir_fd),
        };
        Ok(vm.alloc(made)?.value())
    }
}

#[py_type(name = "ScandirIterator", module = "posix", flags(DISALLOW_INSTANTIATION), drop)]
impl PyScandirIterator {
    #[slot(iter)]
    fn iter(_vm: &Vm, this: Value) -> PyResult {
        Ok(this)
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyScandirIterator>) -> PyResult<Option<Value>> {
        let next = match &mut *this.dir.borrow_mut() {
            Some(dir) => dir.next_entry(),
            None => return Ok(None),
        };
        match next.or_raise_for(vm, this.path.get_set()) {
            Ok(Some(entry)) => this.make_entry(vm, &entry).map(Some),
            end => {
                this.dir.replace(None);
                end.map(|_| None)
            }
        }
    }

    #[method("__enter__($self, /)")]
    fn enter(this: Gc<PyScandirIterator>) -> Gc<PyScandirIterator> {
        this
    }

    #[method("__exit__", raw)]
    fn exit(_vm: &Vm, this: Gc<PyScandirIterator>, _args: Args<'_>) -> PyResult<()> {
        this.dir.replace(None);
        Ok(())
    }

    #[method("close($self, /)")]
    fn close(&self) {
        self.dir.replace(None);
    }

    #[slot(finalize)]
    fn finalize(vm: &Vm, this: Gc<PyScandirIterator>) -> PyResult<()> {
        if this.dir.replace(None).is_none() {
            return Ok(());
        }
        let Some(warn) = vm.hooks.warn.get() else { return Ok(()) };
        let text = format!("unclosed scandir iterator {}", vm.repr_lossy(this.value()));
        warn(vm, vm.exceptions().ResourceWarning.value(), &text, 1)
    }
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function(
        "scandir(path=None)",
        doc = "Return an iterator of DirEntry objects for given path.\n\npath can be specified as either str, bytes, or a path-like object.  If\npath is bytes, the names of yielded DirEntry objects will also be bytes;\nin all other circumstances they will be str.\n\nIf path is None, uses the path='.'."
    )]
    fn scandir(vm: &Vm, path: Option<PathOrFd>) -> PyResult {
        let dir = open(vm, &path)?;
        let (bytes, dir_fd, prefix) = match &path {
            None => (false, -1, b"./".to_vec()),
            // The given one: it stays open longer than the iterator.
            Some(PathOrFd::Fd(fd, _)) => (false, *fd, Vec::new()),
            Some(PathOrFd::Path(path)) => {
                let mut prefix = path.as_c().to_bytes().to_vec();
                if !prefix.is_empty() && !prefix.ends_with(b"/") {
                    prefix.push(b'/');
                }
                (path.is_bytes(vm), -1, prefix)
            }
        };
        let made = PyScandirIterator {
            header: Header::EMPTY,
            path: Slot::new(path.as_ref().map_or(Value::NONE, PathOrFd::object)),
            prefix: prefix.into(),
            bytes,
            dir_fd,
            dir: RefCell::new(Some(dir)),
        };
        Ok(vm.alloc_instance(vm.class::<PyScandirIterator>(), made)?.value())
    }
}
