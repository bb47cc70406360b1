//! Computing with names of files: what `posixpath` has in C. No system call is made.

use kaa_macros::py_functions;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::{PyResult, Value, Vm};

use super::Posix;
use crate::path::{PathName, fspath};

/// Calls a function with the bytes of a name; strings are UTF-8 with surrogates encoded.
fn with_bytes<R>(vm: &Vm, name: Value, with: impl FnOnce(&[u8]) -> R) -> R {
    match (vm.cast::<PyBytes>(name), vm.cast::<PyStr>(name)) {
        (Some(bytes), _) => with(bytes.as_slice()),
        (None, Some(text)) => match text.as_ascii() {
            Some(ascii) => with(ascii.as_bytes()),
            None => with(&text.to_generalized_utf8()),
        },
        (None, None) => with(b""),
    }
}

/// Bytes as the type that a name has.
fn like(vm: &Vm, name: Value, bytes: &[u8]) -> PyResult {
    if vm.cast::<PyBytes>(name).is_some() {
        Ok(vm.new_bytes(bytes)?.value())
    } else {
        Ok(vm.new_str_generalized(bytes)?.value())
    }
}

/// How many slashes the root has: two are a root of their own, three or more are one.
fn root_len(path: &[u8]) -> usize {
    match path {
        [b'/', b'/', b'/', ..] => 1,
        [b'/', b'/', ..] => 2,
        [b'/', ..] => 1,
        _ => 0,
    }
}

/// Removes empty and `.` parts, and `..` with what is before it.
pub(super) fn normalize(path: &[u8]) -> Vec<u8> {
    let root = root_len(path);
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path[root..].split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(&last) if last != b".." => drop(parts.pop()),
                None if root > 0 => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let mut out = path[..root].to_vec();
    out.extend_from_slice(&parts.join(&b'/'));
    if out.is_empty() {
        out.push(b'.');
    }
    out
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function(
        "fspath(path)",
        doc = "Return the file system path representation of the object.\n\nIf the object is str or bytes, then allow it to pass through as-is. If the\nobject defines __fspath__(), then return the result of that method. All other\ntypes raise a TypeError."
    )]
    fn fspath(vm: &Vm, path: Value) -> PyResult {
        fspath(vm, path)
    }

    #[function("_path_normpath(path)", doc = "Normalize path, eliminating double slashes, etc.")]
    fn path_normpath(vm: &Vm, path: PathName) -> PyResult {
        let normal = with_bytes(vm, path.0, normalize);
        like(vm, path.0, &normal)
    }

    #[function(
        "_path_splitroot_ex(p)",
        doc = "Split a pathname into drive, root and tail.\n\nThe tail contains anything after the root."
    )]
    fn path_splitroot_ex(vm: &Vm, path: PathName) -> PyResult {
        let root = with_bytes(vm, path.0, root_len);
        let empty = like(vm, path.0, b"")?;
        let part = |from: usize, to: Option<usize>| -> PyResult {
            match (vm.cast::<PyBytes>(path.0), vm.cast::<PyStr>(path.0)) {
                (Some(bytes), _) => {
                    let end = to.unwrap_or(bytes.len());
                    Ok(vm.new_bytes(&bytes.as_slice()[from..end])?.value())
                }
                (None, Some(text)) => {
                    let end = to.unwrap_or(text.len());
                    Ok(vm.new_str_from_data(text.data().slice(from..end))?.value())
                }
                (None, None) => Ok(empty),
            }
        };
        let parts = [empty, part(0, Some(root))?, part(root, None)?];
        Ok(vm.new_tuple(&parts)?.value())
    }
}
