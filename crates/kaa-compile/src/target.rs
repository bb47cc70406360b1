//! Names: of the file that belongs to a source, and of the source as the file tells it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use kaa_text::wtf8::push_code_point;

use crate::walk::Source;
use crate::{Level, Options, Output};

/// Names the files of CPython 3.14, which are the files of Kaa.
const CACHE_TAG: &str = "cpython-314";
pub(crate) const CACHE_FOLDER: &str = "__pycache__";

/// The file that is written for a source: `importlib.util.cache_from_source`, or `NAME.pyc` beside it.
pub(crate) fn target(source: &Source, level: Level, options: &Options, current: &Path) -> PathBuf {
    let path = match &options.output {
        Output::Folder(folder) => folder.join(&source.relative),
        Output::Beside | Output::Prefix(_) => source.path.clone(),
    };
    if options.legacy {
        let mut name = path.into_os_string();
        name.push("c");
        return name.into();
    }
    let name = cache_name(path.file_name().unwrap_or_default(), level);
    let folder = path.parent().unwrap_or(Path::new(""));
    match &options.output {
        Output::Prefix(prefix) => {
            let folder = normal(&current.join(folder));
            prefix.join(folder.strip_prefix("/").unwrap_or(&folder)).join(name)
        }
        Output::Beside | Output::Folder(_) => folder.join(CACHE_FOLDER).join(name),
    }
}

/// `NAME.cpython-314.pyc`, for higher levels `NAME.cpython-314.opt-LEVEL.pyc`.
fn cache_name(source: &OsStr, level: Level) -> OsString {
    let bytes = source.as_bytes();
    let (stem, dot) = match bytes.iter().rposition(|&byte| byte == b'.') {
        // A name that begins with its only dot is what follows it.
        Some(0) => (&bytes[1..], "."),
        Some(dot) => (&bytes[..dot], "."),
        None => (bytes, ""),
    };
    let mut name = OsString::from(OsStr::from_bytes(stem));
    name.push(dot);
    name.push(CACHE_TAG);
    if level > Level::default() {
        name.push(format!(".opt-{}", level.number()));
    }
    name.push(".pyc");
    name
}

/// A path without `.` and `..`, as `os.path.normpath` makes it.
pub fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some_and(|name| name != "..") => {
                out.pop();
            }
            Component::ParentDir if out.has_root() => {}
            part => out.push(part),
        }
    }
    out
}

/// The path that a file gives for its source, and whether what was to be stripped is not there.
pub(crate) fn told_path(path: &Path, options: &Options) -> (PathBuf, bool) {
    let mut told = path.to_path_buf();
    let mut missing = false;
    if let Some(strip) = &options.strip {
        // A folder may be given with a slash at its end.
        match path.strip_prefix(strip) {
            Ok(rest) if !rest.as_os_str().is_empty() => told = rest.to_path_buf(),
            _ => missing = true,
        }
    }
    if let Some(prepend) = &options.prepend {
        told = prepend.join(told);
    }
    (told, missing)
}

/// A path as Python has it: bytes that are not UTF-8 are lone surrogates.
pub fn text_of_path(path: &Path) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.as_os_str().len());
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        for &byte in chunk.invalid() {
            push_code_point(&mut out, 0xdc00 + u32::from(byte));
        }
    }
    out
}
