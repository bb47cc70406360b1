//! Reading directories.

use std::ffi::CStr;
use std::ptr::NonNull;

use libc::c_int;

use crate::embedded::{self, or_embedded};
use crate::{Errno, Result};

/// An open directory. It is closed when dropped.
pub struct Dir(Kind);

enum Kind {
    System(NonNull<libc::DIR>),
    /// In the executable: the entries that are left, the next one last.
    Embedded(Vec<Entry>),
}

/// An entry of a directory.
pub struct Entry {
    /// Its name.
    pub name: Vec<u8>,
    /// Its inode number.
    pub inode: u64,
    /// Its kind: a `DT_*` number, `DT_UNKNOWN` where the file system does not say.
    pub kind: u8,
}

impl Dir {
    /// Opens a directory by name.
    pub fn open(path: &CStr) -> Result<Dir> {
        // SAFETY: the path ends with a zero.
        let dir = NonNull::new(unsafe { libc::opendir(path.as_ptr()) }).ok_or_else(Errno::last);
        or_embedded(dir.map(Kind::System), path, |path, node| embedded::entries(path, node).map(Kind::Embedded))
            .map(Dir)
    }

    /// Reads the directory that a descriptor is open on, from its start. The descriptor stays the
    /// caller's.
    pub fn of_fd(fd: c_int) -> Result<Dir> {
        let own = crate::fd::duplicate(fd)?;
        // SAFETY: the descriptor is ours to give away.
        match NonNull::new(unsafe { libc::fdopendir(own) }) {
            Some(dir) => {
                // SAFETY: the directory is open. The position is shared with the descriptor.
                unsafe { libc::rewinddir(dir.as_ptr()) };
                Ok(Dir(Kind::System(dir)))
            }
            None => {
                let error = Errno::last();
                let _ = crate::fd::close(own);
                Err(error)
            }
        }
    }

    /// The descriptor, to be used while the directory is open; -1 of one that is in the executable.
    pub fn fd(&self) -> c_int {
        match &self.0 {
            // SAFETY: the directory is open.
            Kind::System(dir) => unsafe { libc::dirfd(dir.as_ptr()) },
            Kind::Embedded(_) => -1,
        }
    }

    /// The next entry other than `.` and `..`; `None` at the end.
    pub fn next_entry(&mut self) -> Result<Option<Entry>> {
        let dir = match &mut self.0 {
            Kind::System(dir) => dir,
            Kind::Embedded(entries) => return Ok(entries.pop()),
        };
        loop {
            // SAFETY: the location is this thread's; the directory is open; the entry that is
            // given stays as it is until the next call.
            let entry = unsafe {
                *libc::__errno_location() = 0;
                match NonNull::new(libc::readdir(dir.as_ptr())) {
                    Some(entry) => entry.as_ref(),
                    None if Errno::last().0 == 0 => return Ok(None),
                    None => return Err(Errno::last()),
                }
            };
            // SAFETY: names end with a zero.
            let name = unsafe { CStr::from_ptr(entry.d_name.as_ptr()) }.to_bytes();
            if name != b"." && name != b".." {
                return Ok(Some(Entry { name: name.to_vec(), inode: entry.d_ino, kind: entry.d_type }));
            }
        }
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        if let Kind::System(dir) = &self.0 {
            // SAFETY: the directory is open, and closed only here.
            unsafe { libc::closedir(dir.as_ptr()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Dir;

    #[test]
    fn a_directory_lists_its_entries() {
        let mut dir = Dir::open(c"/proc/self").unwrap();
        let mut names = Vec::new();
        while let Some(entry) = dir.next_entry().unwrap() {
            names.push(entry.name);
        }
        assert!(names.iter().any(|name| name == b"status"));
        assert!(!names.iter().any(|name| name == b"."));
        assert!(Dir::open(c"/nonexistent").is_err());
    }
}
