//! `_posixshmem`: memory between processes, by name.

use std::ffi::CString;

use kaa_host::shared_memory;
use kaa_macros::py_module;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Vm};

use crate::host_call::{OrRaise, interruptible};

/// The module.
pub struct PosixShmem;

fn system_name(vm: &Vm, name: Gc<PyStr>) -> PyResult<CString> {
    let Some(text) = name.to_utf8() else {
        return Err(vm.value_error("the name of shared memory must be encodable as UTF-8"));
    };
    CString::new(text).map_err(|_| vm.value_error("embedded null character"))
}

#[py_module(name = "_posixshmem", doc = "POSIX shared memory module")]
impl PosixShmem {
    #[function(
        "shm_open(path, flags, mode=511)",
        doc = "Open a shared memory object.  Returns a file descriptor (integer)."
    )]
    fn shm_open(vm: &Vm, path: Gc<PyStr>, flags: i32, mode: i32) -> PyResult<i64> {
        let name = system_name(vm, path)?;
        let opened = interruptible(vm, || shared_memory::open(&name, flags, mode as libc::mode_t))?;
        opened.or_raise_for(vm, path.value()).map(i64::from)
    }

    #[function(
        "shm_unlink(path, /)",
        doc = "Remove a shared memory object (similar to unlink()).\n\nRemove a shared memory object name, and, once all processes have\nunmapped the object, de-allocates and destroys the contents of the\nassociated memory region."
    )]
    fn shm_unlink(vm: &Vm, path: Gc<PyStr>) -> PyResult<()> {
        let name = system_name(vm, path)?;
        interruptible(vm, || shared_memory::unlink(&name))?.or_raise_for(vm, path.value())
    }
}
