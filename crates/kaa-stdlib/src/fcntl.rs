//! `fcntl`: control of open files and devices, and locks.

use kaa_host::fd as host;
use kaa_macros::py_module;
use kaa_objects::buffer::request;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use crate::host_call::{OrRaise, interruptible};
use crate::module_setup::add_constants;
use crate::parse_tuple::{int, long, low_bits};
use crate::path::Descriptor;

/// The module.
pub struct Fcntl;

/// How long the memory for a call may be.
const MOST: usize = 1024;
/// Behind the memory for a call: it shows when the system has written more than it should.
const GUARD: [u8; 8] = [0x00, 0xb5, 0x3e, 0x91, 0xc7, 0x2d, 0x68, 0xea];

/// Memory for a call, with room behind it for the system's larger answers.
struct Guarded {
    memory: [u8; MOST + GUARD.len()],
    len: usize,
}

impl Guarded {
    fn new(bytes: &[u8]) -> Guarded {
        let mut memory = [0; MOST + GUARD.len()];
        memory[..bytes.len()].copy_from_slice(bytes);
        memory[bytes.len()..][..GUARD.len()].copy_from_slice(&GUARD);
        Guarded { memory, len: bytes.len() }
    }

    /// What the system has left there.
    fn answer(&self, vm: &Vm) -> PyResult<&[u8]> {
        if self.memory[self.len..][..GUARD.len()] == GUARD {
            Ok(&self.memory[..self.len])
        } else {
            Err(vm.system_error("buffer overflow"))
        }
    }
}

/// The argument as memory; `None` when it is no text and shares no memory.
fn guarded(vm: &Vm, function: &str, argument: Value) -> PyResult<Option<Guarded>> {
    let make = |bytes: &[u8]| match bytes.len() {
        0..=MOST => Ok(Some(Guarded::new(bytes))),
        _ => Err(vm.value_error(format_args!("{function} argument 3 is too long"))),
    };
    if let Some(text) = vm.cast::<PyStr>(argument) {
        return make(&crate::path::encode_strict(vm, text)?);
    }
    if vm.is_bytes_like(argument) { vm.with_bytes(argument, make) } else { Ok(None) }
}

#[cold]
fn bad_argument(vm: &Vm, function: &str, argument: Value) -> Raised {
    let class = vm.class_name(argument);
    vm.type_error(format_args!(
        "{function}() argument 3 must be an integer, a bytes-like object, or a string, not {class}"
    ))
}

/// What a lock begins with or how far it goes.
fn file_offset(vm: &Vm, value: Option<Value>) -> PyResult<i64> {
    value.map_or(Ok(0), |value| long(vm, value))
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    add_constants(vm, module, CONSTANTS)
}

#[py_module(
    name = "fcntl",
    doc = "This module performs file control and I/O control on file\ndescriptors.  It is an interface to the fcntl() and ioctl() Unix\nroutines.  File descriptors can be obtained with the fileno() method of\na file or socket object.",
    setup = set_up
)]
impl Fcntl {
    #[function(
        "fcntl(fd, cmd, arg=0, /)",
        doc = "Perform the operation cmd on file descriptor fd.\n\nThe values used for cmd are operating system dependent, and are\navailable as constants in the fcntl module, using the same names as used\nin the relevant C header files.  The argument arg is optional, and\ndefaults to 0; it may be an integer, a bytes-like object or a string.\nIf arg is given as a string, it will be encoded to binary using the\nUTF-8 encoding.\n\nIf the arg given is an integer or if none is specified, the result value\nis an integer corresponding to the return value of the fcntl() call in\nthe C code.\n\nIf arg is given as a bytes-like object, the return value of fcntl() is a\nbytes object of that length, containing the resulting value put in the\narg buffer by the operating system.  The length of the arg buffer is not\nallowed to exceed 1024 bytes."
    )]
    fn fcntl(vm: &Vm, fd: Descriptor, cmd: i32, arg: Option<Value>) -> PyResult {
        let arg = arg.unwrap_or(Value::small_int(0));
        if vm.slots_of(arg).nb_index.is_some() {
            let number = low_bits(vm, arg)? as i32;
            let result = interruptible(vm, || host::control(fd.0, cmd, number.into()))?.or_raise(vm)?;
            return Ok(Value::small_int(result.into()));
        }
        let Some(mut memory) = guarded(vm, "fcntl", arg)? else { return Err(bad_argument(vm, "fcntl", arg)) };
        // SAFETY: Python code vouches for the command, as in C. Commands that write more than
        // they were given find room, and are found out.
        interruptible(vm, || unsafe { host::control_bytes(fd.0, cmd, &mut memory.memory) })?.or_raise(vm)?;
        Ok(vm.new_bytes(memory.answer(vm)?)?.value())
    }

    #[function(
        "ioctl(fd, request, arg=0, mutate_flag=True, /)",
        doc = "Perform the operation request on file descriptor fd.\n\nThe values used for request are operating system dependent, and are\navailable as constants in the fcntl or termios library modules, using\nthe same names as used in the relevant C header files.\n\nThe argument arg is optional, and defaults to 0; it may be an integer, a\nbytes-like object or a string.  If arg is given as a string, it will be\nencoded to binary using the UTF-8 encoding.\n\nIf the arg given is an integer or if none is specified, the result value\nis an integer corresponding to the return value of the ioctl() call in\nthe C code.\n\nIf the argument is a mutable buffer (such as a bytearray) and the\nmutate_flag argument is true (default) then the buffer is (in effect)\npassed to the operating system and changes made by the OS will be\nreflected in the contents of the buffer after the call has returned.\nThe return value is the integer returned by the ioctl() system call.\n\nIf the argument is a mutable buffer and the mutable_flag argument is\nfalse, the behavior is as if an immutable buffer had been passed.\n\nIf the argument is an immutable buffer then a copy of the buffer is\npassed to the operating system and the return value is a bytes object of\nthe same length containing whatever the operating system put in the\nbuffer.  The length of the arg buffer in this case is not allowed to\nexceed 1024 bytes."
    )]
    fn ioctl(vm: &Vm, fd: Descriptor, request: Value, arg: Option<Value>, mutate_flag: bool) -> PyResult {
        let number = low_bits(vm, request)?;
        let arg = arg.unwrap_or(Value::small_int(0));
        if vm.slots_of(arg).nb_index.is_some() {
            let argument = int(vm, arg)?;
            let result = interruptible(vm, || host::device_control(fd.0, number, argument))?.or_raise(vm)?;
            return Ok(Value::small_int(result.into()));
        }
        if mutate_flag && vm.cast::<PyBytes>(arg).is_none() && vm.is_bytes_like(arg) {
            // What can only be read is copied for the system to write to.
            if let Ok(view) = vm.catch(vm.buffer(arg, request::WRITABLE), vm.exceptions().BufferError)? {
                let result = mutate(vm, fd.0, number, &view)?;
                return Ok(Value::small_int(result.into()));
            }
        }
        let Some(mut memory) = guarded(vm, "ioctl", arg)? else { return Err(bad_argument(vm, "ioctl", arg)) };
        // SAFETY: as for `fcntl`.
        interruptible(vm, || unsafe { host::device_control_bytes(fd.0, number, memory.memory.as_mut_ptr()) })?
            .or_raise(vm)?;
        Ok(vm.new_bytes(memory.answer(vm)?)?.value())
    }

    #[function(
        "flock(fd, operation, /)",
        doc = "Perform the lock operation on file descriptor fd.\n\nSee the Unix manual page for flock(2) for details (On some systems, this\nfunction is emulated using fcntl())."
    )]
    fn flock(vm: &Vm, fd: Descriptor, operation: i32) -> PyResult<()> {
        interruptible(vm, || host::lock(fd.0, operation))?.or_raise(vm)
    }

    #[function(
        "lockf(fd, cmd, len=0, start=0, whence=0, /)",
        doc = "A wrapper around the fcntl() locking calls.\n\nfd is the file descriptor of the file to lock or unlock, and operation\nis one of the following values:\n\n    LOCK_UN - unlock\n    LOCK_SH - acquire a shared lock\n    LOCK_EX - acquire an exclusive lock\n\nWhen operation is LOCK_SH or LOCK_EX, it can also be bitwise ORed with\nLOCK_NB to avoid blocking on lock acquisition.  If LOCK_NB is used and\nthe lock cannot be acquired, an OSError will be raised and the exception\nwill have an errno attribute set to EACCES or EAGAIN (depending on the\noperating system -- for portability, check for either value).\n\nlen is the number of bytes to lock, with the default meaning to lock to\nEOF.  start is the byte offset, relative to whence, to that the lock\nstarts.  whence is as with fileobj.seek(), specifically:\n\n    0 - relative to the start of the file (SEEK_SET)\n    1 - relative to the current buffer position (SEEK_CUR)\n    2 - relative to the end of the file (SEEK_END)"
    )]
    fn lockf(vm: &Vm, fd: Descriptor, cmd: i32, len: Option<Value>, start: Option<Value>, whence: i32) -> PyResult<()> {
        let kind = match cmd {
            libc::LOCK_UN => libc::F_UNLCK,
            cmd if cmd & libc::LOCK_SH != 0 => libc::F_RDLCK,
            cmd if cmd & libc::LOCK_EX != 0 => libc::F_WRLCK,
            _ => return Err(vm.value_error("unrecognized lockf argument")),
        };
        let lock = host::RecordLock {
            kind: kind as i16,
            start: file_offset(vm, start)?,
            len: file_offset(vm, len)?,
            whence: whence as i16,
        };
        let wait = cmd & libc::LOCK_NB == 0;
        interruptible(vm, || host::lock_record(fd.0, &lock, wait))?.or_raise(vm)
    }
}

/// Lets the system write to the memory of an object.
fn mutate(vm: &Vm, fd: i32, request: u64, view: &kaa_objects::buffer::Buffer) -> PyResult<i32> {
    if view.len > MOST {
        let call = || {
            // SAFETY: Python code vouches for the request, as in C.
            view.with_bytes_mut(|bytes| unsafe { host::device_control_bytes(fd, request, bytes.as_mut_ptr()) })
        };
        return interruptible(vm, call)?.or_raise(vm);
    }
    let mut memory = Guarded::new(view.as_slice());
    // SAFETY: as for `fcntl`.
    let result = interruptible(vm, || unsafe { host::device_control_bytes(fd, request, memory.memory.as_mut_ptr()) })?
        .or_raise(vm)?;
    view.with_bytes_mut(|bytes| bytes.copy_from_slice(&memory.memory[..memory.len]));
    memory.answer(vm)?;
    Ok(result)
}

const CONSTANTS: &[(&str, i64)] = &[
    ("DN_ACCESS", 1),
    ("DN_ATTRIB", 0x20),
    ("DN_CREATE", 4),
    ("DN_DELETE", 8),
    ("DN_MODIFY", 2),
    ("DN_MULTISHOT", 0x80000000),
    ("DN_RENAME", 0x10),
    ("FASYNC", 0x2000),
    ("FD_CLOEXEC", libc::FD_CLOEXEC as i64),
    ("FICLONE", libc::FICLONE as i64),
    ("FICLONERANGE", libc::FICLONERANGE as i64),
    ("F_ADD_SEALS", libc::F_ADD_SEALS as i64),
    ("F_DUPFD", libc::F_DUPFD as i64),
    ("F_DUPFD_CLOEXEC", libc::F_DUPFD_CLOEXEC as i64),
    ("F_DUPFD_QUERY", 0x403),
    ("F_EXLCK", 4),
    ("F_GETFD", libc::F_GETFD as i64),
    ("F_GETFL", libc::F_GETFL as i64),
    ("F_GETLEASE", libc::F_GETLEASE as i64),
    ("F_GETLK", libc::F_GETLK as i64),
    ("F_GETLK64", 5),
    ("F_GETOWN", libc::F_GETOWN as i64),
    ("F_GETOWN_EX", 0x10),
    ("F_GETPIPE_SZ", libc::F_GETPIPE_SZ as i64),
    ("F_GETSIG", 0xb),
    ("F_GET_FILE_RW_HINT", 0x40d),
    ("F_GET_RW_HINT", 0x40b),
    ("F_GET_SEALS", libc::F_GET_SEALS as i64),
    ("F_NOTIFY", libc::F_NOTIFY as i64),
    ("F_OFD_GETLK", libc::F_OFD_GETLK as i64),
    ("F_OFD_SETLK", libc::F_OFD_SETLK as i64),
    ("F_OFD_SETLKW", libc::F_OFD_SETLKW as i64),
    ("F_OWNER_PGRP", 2),
    ("F_OWNER_PID", 1),
    ("F_OWNER_TID", 0),
    ("F_RDLCK", libc::F_RDLCK as i64),
    ("F_SEAL_FUTURE_WRITE", libc::F_SEAL_FUTURE_WRITE as i64),
    ("F_SEAL_GROW", libc::F_SEAL_GROW as i64),
    ("F_SEAL_SEAL", libc::F_SEAL_SEAL as i64),
    ("F_SEAL_SHRINK", libc::F_SEAL_SHRINK as i64),
    ("F_SEAL_WRITE", libc::F_SEAL_WRITE as i64),
    ("F_SETFD", libc::F_SETFD as i64),
    ("F_SETFL", libc::F_SETFL as i64),
    ("F_SETLEASE", libc::F_SETLEASE as i64),
    ("F_SETLK", libc::F_SETLK as i64),
    ("F_SETLK64", 6),
    ("F_SETLKW", libc::F_SETLKW as i64),
    ("F_SETLKW64", 7),
    ("F_SETOWN", libc::F_SETOWN as i64),
    ("F_SETOWN_EX", 0xf),
    ("F_SETPIPE_SZ", libc::F_SETPIPE_SZ as i64),
    ("F_SETSIG", 0xa),
    ("F_SET_FILE_RW_HINT", 0x40e),
    ("F_SET_RW_HINT", 0x40c),
    ("F_SHLCK", 8),
    ("F_UNLCK", libc::F_UNLCK as i64),
    ("F_WRLCK", libc::F_WRLCK as i64),
    ("LOCK_EX", libc::LOCK_EX as i64),
    ("LOCK_MAND", 0x20),
    ("LOCK_NB", libc::LOCK_NB as i64),
    ("LOCK_READ", 0x40),
    ("LOCK_RW", 0xc0),
    ("LOCK_SH", libc::LOCK_SH as i64),
    ("LOCK_UN", libc::LOCK_UN as i64),
    ("LOCK_WRITE", 0x80),
    ("RWH_WRITE_LIFE_EXTREME", 5),
    ("RWH_WRITE_LIFE_LONG", 4),
    ("RWH_WRITE_LIFE_MEDIUM", 3),
    ("RWH_WRITE_LIFE_NONE", 1),
    ("RWH_WRITE_LIFE_NOT_SET", 0),
    ("RWH_WRITE_LIFE_SHORT", 2),
];
