//! Files inside the executable, for programs that build their paths from `__file__`: a path that
//! leads through the executable as if it were a folder.
//!
//! To the system such a path is an error, «not a directory»: only then what is here is asked, so
//! that other files cost nothing more. Files are read from copies in memory, with descriptors as
//! the system gives them; none can be written.

use std::borrow::Cow;
use std::ffi::{CStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::sync::OnceLock;

use libc::c_int;

use crate::dir::Entry;
use crate::fs::Stat;
use crate::{Errno, Result};

/// What an executable holds.
pub trait Files: Send + Sync {
    /// The file or folder of a path below the executable's, such as `pkg/data.txt`.
    fn find(&self, path: &str) -> Option<Node>;
}

/// A file or a folder.
pub enum Node {
    /// What a file holds.
    File(Cow<'static, [u8]>),
    /// Names in a folder, and whether they are folders.
    Folder(Vec<(String, bool)>),
}

struct Mounted {
    executable: Vec<u8>,
    files: Box<dyn Files>,
}

static MOUNTED: OnceLock<Mounted> = OnceLock::new();

/// Lets paths lead into the executable, which is the file of this path. Once in a process.
pub fn mount(executable: OsString, files: Box<dyn Files>) {
    let is_first = MOUNTED.set(Mounted { executable: executable.into_vec(), files }).is_ok();
    assert!(is_first, "a process has one executable");
}

/// Asks for what is in the executable where the system found a file in the place of a folder.
pub(crate) fn or_embedded<T>(
    result: Result<T>,
    path: &CStr,
    embedded: impl FnOnce(&str, Option<Node>) -> Result<T>,
) -> Result<T> {
    match result {
        Err(Errno(libc::ENOTDIR)) => match MOUNTED.get().and_then(|mounted| mounted.below(path)) {
            Some(below) => embedded(&below, MOUNTED.get().and_then(|mounted| mounted.files.find(&below))),
            None => Err(Errno(libc::ENOTDIR)),
        },
        result => result,
    }
}

impl Mounted {
    /// The part of an absolute path behind the executable, without `.` and `..`; `None` for a path
    /// elsewhere.
    fn below(&self, path: &CStr) -> Option<String> {
        let rest = path.to_bytes().strip_prefix(self.executable.as_slice())?;
        if !(rest.is_empty() || rest.starts_with(b"/")) {
            return None;
        }
        let mut parts = Vec::new();
        for part in std::str::from_utf8(rest).ok()?.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()?),
                part => parts.push(part),
            }
        }
        Some(parts.join("/"))
    }
}

/// A descriptor of a copy of a file.
pub(crate) fn open(path: &str, node: Option<Node>, flags: c_int) -> Result<c_int> {
    let is_for_writing = flags & libc::O_ACCMODE != libc::O_RDONLY || flags & libc::O_TRUNC != 0;
    let data = match node {
        None if flags & libc::O_CREAT == 0 => return Err(Errno(libc::ENOENT)),
        Some(Node::Folder(_)) => return Err(Errno(libc::EISDIR)),
        Some(Node::File(data)) if !is_for_writing => data,
        _ => return Err(Errno(libc::EROFS)),
    };
    if flags & libc::O_DIRECTORY != 0 {
        return Err(Errno(libc::ENOTDIR));
    }
    let name = std::ffi::CString::new(path.rsplit('/').next().unwrap_or_default()).map_err(|_| Errno(libc::EINVAL))?;
    let close_on_exec = if flags & libc::O_CLOEXEC != 0 { libc::MFD_CLOEXEC } else { 0 };
    let fd = crate::fd::memory_file(&name, close_on_exec | libc::MFD_ALLOW_SEALING)?;
    let fill = || -> Result<()> {
        let mut rest = &*data;
        while !rest.is_empty() {
            rest = &rest[crate::fd::write(fd, rest)?..];
        }
        crate::fd::seek(fd, 0, libc::SEEK_SET)?;
        let seals = libc::F_SEAL_WRITE | libc::F_SEAL_GROW | libc::F_SEAL_SHRINK | libc::F_SEAL_SEAL;
        crate::fd::control(fd, libc::F_ADD_SEALS, seals.into()).map(drop)
    };
    match fill() {
        Ok(()) => Ok(fd),
        Err(error) => {
            let _ = crate::fd::close(fd);
            Err(error)
        }
    }
}

/// The status of a file or folder: times and owner are the executable's.
pub(crate) fn stat(path: &str, node: Option<Node>) -> Result<Stat> {
    let node = node.ok_or(Errno(libc::ENOENT))?;
    let mounted = MOUNTED.get().ok_or(Errno(libc::ENOENT))?;
    let executable = std::ffi::CString::new(mounted.executable.clone()).map_err(|_| Errno(libc::ENOENT))?;
    let mut stat = crate::fs::stat(libc::AT_FDCWD, &executable, true)?;
    (stat.st_mode, stat.st_size) = match node {
        Node::File(data) => (libc::S_IFREG | 0o444, data.len() as i64),
        Node::Folder(_) => (libc::S_IFDIR | 0o555, 0),
    };
    stat.st_ino = inode(path);
    stat.st_nlink = 1;
    stat.st_blocks = (stat.st_size + 511) / 512;
    Ok(stat)
}

/// Whether a file or folder can be used in a way.
pub(crate) fn access(node: Option<Node>, mode: c_int) -> Result<()> {
    let node = node.ok_or(Errno(libc::ENOENT))?;
    if mode & libc::W_OK != 0 {
        return Err(Errno(libc::EROFS));
    }
    let is_refused = mode & libc::X_OK != 0 && matches!(node, Node::File(_));
    if is_refused { Err(Errno(libc::EACCES)) } else { Ok(()) }
}

/// The entries of a folder, the last first.
pub(crate) fn entries(path: &str, node: Option<Node>) -> Result<Vec<Entry>> {
    let Node::Folder(names) = node.ok_or(Errno(libc::ENOENT))? else { return Err(Errno(libc::ENOTDIR)) };
    let entry = |(name, is_folder): (String, bool)| Entry {
        inode: inode(format!("{path}/{name}").trim_start_matches('/')),
        kind: if is_folder { libc::DT_DIR } else { libc::DT_REG },
        name: name.into_bytes(),
    };
    Ok(names.into_iter().rev().map(entry).collect())
}

/// A number that tells files apart: FNV-1a of the path.
fn inode(path: &str) -> u64 {
    path.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dir::Dir;
    use crate::{fd, fs};

    struct Two;

    impl Files for Two {
        fn find(&self, path: &str) -> Option<Node> {
            match path {
                "" => Some(Node::Folder(vec![("pkg".into(), true)])),
                "pkg" => Some(Node::Folder(vec![("a.txt".into(), false), ("b".into(), true)])),
                "pkg/a.txt" => Some(Node::File(Cow::Borrowed(b"text"))),
                _ => None,
            }
        }
    }

    fn path(executable: &CStr, rest: &str) -> std::ffi::CString {
        std::ffi::CString::new([executable.to_bytes(), rest.as_bytes()].concat()).unwrap()
    }

    #[test]
    fn paths_lead_into_the_executable() {
        use libc::{AT_FDCWD, O_CLOEXEC, O_CREAT, O_RDONLY, O_WRONLY};
        let executable = std::env::current_exe().unwrap();
        mount(executable.clone().into_os_string(), Box::new(Two));
        let executable = std::ffi::CString::new(executable.into_os_string().into_vec()).unwrap();
        let file = path(&executable, "/pkg/./b/../a.txt");
        let opened = fs::open(AT_FDCWD, &file, O_RDONLY | O_CLOEXEC, 0).unwrap();
        let mut text = [0; 10];
        assert_eq!(fd::read(opened, &mut text), Ok(4));
        assert_eq!(&text[..4], b"text");
        assert_eq!(fd::write(opened, b"x"), Err(Errno(libc::EPERM)));
        fd::close(opened).unwrap();
        let status = fs::stat(AT_FDCWD, &file, false).unwrap();
        assert_eq!((status.st_mode, status.st_size), (libc::S_IFREG | 0o444, 4));
        let folder = path(&executable, "/pkg");
        assert_eq!(fs::stat(AT_FDCWD, &folder, true).unwrap().st_mode, libc::S_IFDIR | 0o555);
        assert_eq!(fs::open(AT_FDCWD, &folder, O_RDONLY, 0), Err(Errno(libc::EISDIR)));
        assert_eq!(fs::open(AT_FDCWD, &file, O_WRONLY | O_CREAT, 0), Err(Errno(libc::EROFS)));
        assert_eq!(fs::open(AT_FDCWD, &path(&executable, "/new"), O_WRONLY | O_CREAT, 0), Err(Errno(libc::EROFS)));
        let missing = path(&executable, "/pkg/none");
        assert_eq!(fs::open(AT_FDCWD, &missing, O_RDONLY, 0), Err(Errno(libc::ENOENT)));
        assert_eq!(fs::access(AT_FDCWD, &file, libc::R_OK, 0), Ok(()));
        assert_eq!(fs::access(AT_FDCWD, &file, libc::W_OK, 0), Err(Errno(libc::EROFS)));
        let mut names = Vec::new();
        let mut dir = Dir::open(&folder).unwrap();
        while let Some(entry) = dir.next_entry().unwrap() {
            names.push((entry.name, entry.kind));
        }
        assert_eq!(names, [(b"a.txt".to_vec(), libc::DT_REG), (b"b".to_vec(), libc::DT_DIR)]);
        assert!(Dir::open(&executable).is_ok() && Dir::open(&file).is_err());
        let outside = path(&executable, "/../x");
        assert!(fs::stat(AT_FDCWD, &outside, true).is_err());
        assert_eq!(fs::open(AT_FDCWD, c"/etc/passwd/x", O_RDONLY, 0), Err(Errno(libc::ENOTDIR)));
    }
}
