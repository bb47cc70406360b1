//! Finds the sources of paths.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::Options;
use crate::os_error::os_error;
use crate::target::CACHE_FOLDER;
use crate::{Diagnostic, Pattern};

/// A source that is to be compiled.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// As it is opened, and told of.
    pub path: PathBuf,
    /// Below the folder that it was found in.
    pub relative: PathBuf,
    /// Bytes, as far as known; only what is done first depends on it.
    pub size: u64,
    /// Whether there is a folder for caches beside it, as far as known.
    pub may_have_cache: bool,
}

/// The sources of paths, and what could not be looked at.
#[derive(Default)]
pub(crate) struct Found {
    pub sources: Vec<Source>,
    pub problems: Vec<(PathBuf, Diagnostic)>,
    pub excluded: usize,
}

/// Finds them, in the order of names. Folders are entered, but neither those named `__pycache__` nor
/// symbolic links to folders, so that there are no cycles; a path that is given may be such a link,
/// and a file that is given may have any name. Nothing is found twice.
pub(crate) fn find(paths: &[PathBuf], options: &Options) -> Found {
    let mut found = Found::default();
    for path in paths {
        match fs::metadata(path) {
            Err(error) => found.problems.push((path.clone(), os_error(&error, path))),
            Ok(meta) if meta.is_dir() => walk(path, &options.exclude, &mut found),
            Ok(meta) if is_excluded(path, &options.exclude) => {
                let _ = meta;
                found.excluded += 1;
            }
            Ok(meta) if meta.is_file() => {
                let relative = path.file_name().map(PathBuf::from).unwrap_or_default();
                found.sources.push(Source { path: path.clone(), relative, size: meta.len(), may_have_cache: true });
            }
            Ok(_) => {
                let error = Diagnostic::without_place("OSError", "neither a file nor a folder");
                found.problems.push((path.clone(), error));
            }
        }
    }
    let mut seen = HashSet::with_capacity(found.sources.len());
    if paths.len() > 1 {
        found.sources.retain(|source| seen.insert(crate::target::normal(&source.path)));
    }
    found
}

fn is_excluded(path: &Path, exclude: &[Pattern]) -> bool {
    exclude.iter().any(|pattern| pattern.matches(path))
}

/// Looks through a folder, without recursion.
fn walk(root: &Path, exclude: &[Pattern], found: &mut Found) {
    // What is still to be looked at, the next one last.
    let mut pending = vec![Entry::Folder(root.to_path_buf(), PathBuf::new())];
    while let Some(entry) = pending.pop() {
        match entry {
            Entry::Source(source) => found.sources.push(source),
            Entry::Folder(path, relative) => match list(&path, &relative, exclude, &mut found.excluded) {
                Ok(mut entries) => {
                    entries.sort_by(|a, b| b.name().cmp(a.name()));
                    pending.append(&mut entries);
                }
                // It was there a moment ago.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !relative.as_os_str().is_empty() => {}
                Err(error) => {
                    let error = os_error(&error, &path);
                    found.problems.push((path, error));
                }
            },
        }
    }
}

enum Entry {
    Source(Source),
    /// Its path, and the one below the first folder.
    Folder(PathBuf, PathBuf),
}

impl Entry {
    fn name(&self) -> &[u8] {
        let (Entry::Source(Source { path, .. }) | Entry::Folder(path, _)) = self;
        path.file_name().unwrap_or_default().as_bytes()
    }
}

/// The folders and sources right in a folder.
fn list(folder: &Path, relative: &Path, exclude: &[Pattern], excluded: &mut usize) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut has_cache = false;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == CACHE_FOLDER {
            has_cache = true;
            continue;
        }
        // What vanishes while it is looked at is not there.
        let Ok(kind) = entry.file_type() else { continue };
        let is_python = name.as_bytes().ends_with(b".py");
        if !kind.is_dir() && !is_python {
            continue;
        }
        let path = folder.join(&name);
        if is_excluded(&path, exclude) {
            *excluded += 1;
            continue;
        }
        if kind.is_dir() {
            entries.push(Entry::Folder(path, relative.join(&name)));
            continue;
        }
        // Of a link, what it leads to.
        let meta = if kind.is_symlink() { fs::metadata(&path) } else { entry.metadata() };
        let Ok(meta) = meta else { continue };
        if meta.is_file() {
            let relative = relative.join(&name);
            entries.push(Entry::Source(Source { path, relative, size: meta.len(), may_have_cache: false }));
        }
    }
    for entry in &mut entries {
        if let Entry::Source(source) = entry {
            source.may_have_cache = has_cache;
        }
    }
    Ok(entries)
}
