//! Writes a file that is there whole or not at all.

use std::fs::{self, FileType, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use kaa_bytecode::repr::str_repr;

use crate::Diagnostic;
use crate::os_error::os_error;
use crate::target::text_of_path;

/// Writes a file with permissions, and the folders above it; the process's mask counts.
pub fn write(path: &Path, data: &[u8], mode: u32) -> Result<(), Diagnostic> {
    write_over(existing(path), path, data, mode)
}

/// What stands at a path, if anything.
pub(crate) fn existing(path: &Path) -> Option<FileType> {
    fs::symlink_metadata(path).ok().map(|meta| meta.file_type())
}

/// The same as [`write`], for a path at which it is known what stands there.
pub(crate) fn write_over(existing: Option<FileType>, path: &Path, data: &[u8], mode: u32) -> Result<(), Diagnostic> {
    refuse_other_kinds(path, existing)?;
    let mut attempt = write_beside(path, data, mode);
    if let Err(error) = &attempt
        && error.kind() == ErrorKind::NotFound
        && let Some(folder) = path.parent()
    {
        fs::create_dir_all(folder).map_err(|error| os_error(&error, folder))?;
        attempt = write_beside(path, data, mode);
    }
    attempt.map_err(|error| os_error(&error, path))
}

/// A link or a device would become a plain file.
fn refuse_other_kinds(path: &Path, existing: Option<FileType>) -> Result<(), Diagnostic> {
    let Some(existing) = existing else { return Ok(()) };
    let (kind, then) = if existing.is_symlink() {
        ("symlink", "regular file")
    } else if !existing.is_file() {
        ("non-regular file", "regular one")
    } else {
        return Ok(());
    };
    let name = String::from_utf8_lossy(&text_of_path(path)).into_owned();
    let message =
        format!("{name} is a {kind} and will be changed into a {then} if import writes a byte-compiled file to it");
    Err(Diagnostic::without_place("FileExistsError", message))
}

fn write_beside(path: &Path, data: &[u8], mode: u32) -> io::Result<()> {
    let temporary = temporary(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
    let written = file.write_all(data).and_then(|()| {
        drop(file);
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        // The first error is the one that counts.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A name in the same folder that nobody else uses, and that is not too long for the system.
fn temporary(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".{}-{number}.tmp", std::process::id()))
}

/// The name of a path as messages quote it.
pub fn quoted(path: &Path) -> String {
    str_repr(&text_of_path(path))
}
