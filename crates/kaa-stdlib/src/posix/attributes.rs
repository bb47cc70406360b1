//! Extended attributes of files.

use kaa_host::fs::{self, Target};
use kaa_macros::py_functions;
use kaa_objects::{PyResult, Value, Vm};

use super::Posix;
use super::directories::name;
use crate::host_call::OrRaise;
use crate::path::{Path, PathOrFd};

/// What is asked about; refuses what makes no sense for an open file.
fn target<'a>(vm: &Vm, function: &str, path: &'a PathOrFd, follow: bool) -> PyResult<Target<'a>> {
    match path {
        PathOrFd::Path(path) => Ok(Target::Path(path.as_c(), follow)),
        PathOrFd::Fd(..) if !follow => {
            Err(vm.value_error(format_args!("{function}: cannot use fd and follow_symlinks together")))
        }
        PathOrFd::Fd(fd, _) => Ok(Target::Fd(*fd)),
    }
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function(
        "getxattr(path, attribute, *, follow_symlinks=True)",
        doc = "Return the value of extended attribute attribute on path."
    )]
    fn getxattr(vm: &Vm, path: PathOrFd, attribute: Path, follow_symlinks: bool) -> PyResult {
        let target = target(vm, "getxattr", &path, follow_symlinks)?;
        let value = fs::attribute(target, attribute.as_c()).or_raise_for(vm, path.object())?;
        Ok(vm.new_bytes(&value)?.value())
    }

    #[function(
        "setxattr(path, attribute, value, flags=0, *, follow_symlinks=True)",
        doc = "Set extended attribute attribute on path to value."
    )]
    fn setxattr(
        vm: &Vm,
        path: PathOrFd,
        attribute: Path,
        value: Value,
        flags: i32,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let target = target(vm, "setxattr", &path, follow_symlinks)?;
        vm.with_bytes(value, |value| {
            fs::set_attribute(target, attribute.as_c(), value, flags).or_raise_for(vm, path.object())
        })
    }

    #[function(
        "removexattr(path, attribute, *, follow_symlinks=True)",
        doc = "Remove extended attribute attribute on path."
    )]
    fn removexattr(vm: &Vm, path: PathOrFd, attribute: Path, follow_symlinks: bool) -> PyResult<()> {
        let target = target(vm, "removexattr", &path, follow_symlinks)?;
        fs::remove_attribute(target, attribute.as_c()).or_raise_for(vm, path.object())
    }

    #[function(
        "listxattr(path=None, *, follow_symlinks=True)",
        doc = "Return a list of extended attributes on path.\n\npath may be either None, a string, a path-like object, or an open file descriptor.\nif path is None, listxattr will examine the current directory.\nIf follow_symlinks is False, and the last element of the path is a symbolic\n  link, listxattr will examine the symbolic link itself instead of the file\n  the link points to."
    )]
    fn listxattr(vm: &Vm, path: Option<PathOrFd>, follow_symlinks: bool) -> PyResult {
        let of = match &path {
            Some(path) => target(vm, "listxattr", path, follow_symlinks)?,
            None => Target::Path(c".", follow_symlinks),
        };
        let object = path.as_ref().map_or(Value::NONE, PathOrFd::object);
        let names = fs::attribute_names(of).or_raise_for(vm, object)?;
        let list = vm.new_list(&[])?;
        for attribute in names.split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
            list.push(vm, name(vm, attribute, false)?)?;
        }
        Ok(list.value())
    }
}
