//! Writes tracebacks without memory of the heap, without the GIL, and without waiting: what a
//! handler of a fatal signal may do.

use std::fmt::Write as _;
use std::ptr;

use kaa_bytecode::LocationTable;
use kaa_interpreter::frame::Frame;
use kaa_objects::thread::Thread;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, Value, Vm};

use crate::state::{state, sys_attribute};

/// How many threads are shown, how many frames of each, and how many characters of a name.
const MAX_THREADS: usize = 100;
const MAX_FRAMES: usize = 100;
const MAX_TEXT: usize = 500;

unsafe extern "C" {
    fn pthread_getname_np(thread: libc::pthread_t, name: *mut libc::c_char, length: usize) -> libc::c_int;
}

/// Text that goes to a file descriptor piece by piece.
pub struct Output(pub i32);

impl std::fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.bytes(text.as_bytes())
    }
}

impl Output {
    /// Writes bytes as they are.
    pub fn bytes(&mut self, mut rest: &[u8]) -> std::fmt::Result {
        while !rest.is_empty() {
            // SAFETY: the bytes are valid for their length; errno is the thread's own.
            let (written, error) =
                unsafe { (libc::write(self.0, rest.as_ptr().cast(), rest.len()), *libc::__errno_location()) };
            match usize::try_from(written) {
                Ok(count) if count > 0 => rest = &rest[count..],
                Err(_) if error == libc::EINTR => {}
                _ => return Err(std::fmt::Error),
            }
        }
        Ok(())
    }

    fn text(&mut self, text: Gc<PyStr>) -> std::fmt::Result {
        let data = text.data();
        for index in 0..text.len().min(MAX_TEXT) {
            match data.at(index) {
                code @ 0x20..0x7f => self.write_char(char::from(code as u8))?,
                code @ ..0x100 => write!(self, "\\x{code:02x}")?,
                code @ ..0x1_0000 => write!(self, "\\u{code:04x}")?,
                code => write!(self, "\\U{code:08x}")?,
            }
        }
        self.write_str(if text.len() > MAX_TEXT { "..." } else { "" })
    }

    fn frames(&mut self, thread: &Thread) -> std::fmt::Result {
        let mut frame: *mut Frame = thread.frame.get().cast();
        if frame.is_null() {
            return self.write_str("  <no Python frame>\n");
        }
        for _ in 0..MAX_FRAMES {
            // SAFETY: the frames of a thread are alive and linked; when a fault comes while they
            // are changed, or the thread runs on meanwhile, what is read may be wrong, and in the
            // worst case faults: there is no way to look at a thread that answers no more.
            let Some(shown) = (unsafe { frame.as_ref() }) else { return Ok(()) };
            self.write_str("  File \"")?;
            self.text(shown.code.filename.get_set())?;
            let lines = LocationTable::new(shown.code.linetable(), shown.code.firstlineno);
            match lines.line_at(shown.instruction() as u32 * 2) {
                Some(line) => write!(self, "\", line {line} in ")?,
                None => self.write_str("\", line ??? in ")?,
            }
            match shown.code.known_name() {
                Some(name) => self.text(name)?,
                // It was about to be unpacked.
                None => self.write_str("???")?,
            }
            self.write_str("\n")?;
            frame = shown.previous;
        }
        if frame.is_null() { Ok(()) } else { self.write_str("  ...\n") }
    }

    /// The name that the system knows a thread by, if it has one.
    fn thread_name(&mut self, ident: u64) -> std::fmt::Result {
        let mut name = [0u8; 100];
        // SAFETY: the buffer is as long as it is said to be; the thread has not ended.
        let failed = unsafe { pthread_getname_np(ident as libc::pthread_t, name.as_mut_ptr().cast(), name.len()) };
        match name.iter().position(|&byte| byte == 0) {
            Some(length) if failed == 0 && length > 0 => {
                self.write_str(" [")?;
                self.bytes(&name[..length])?;
                self.write_str("]")
            }
            _ => Ok(()),
        }
    }

    fn thread(&mut self, vm: &Vm, thread: &Thread, current: bool) -> std::fmt::Result {
        let head = if current { "Current thread" } else { "Thread" };
        write!(self, "{head} {:#018x}", thread.ident.get())?;
        self.thread_name(thread.ident.get())?;
        self.write_str(" (most recent call first):\n")?;
        if current && crate::modules::gc::is_collecting(vm) {
            self.write_str("  Garbage-collecting\n")?;
        }
        self.frames(thread)
    }

    /// The frames of one thread.
    pub fn stack(&mut self, thread: &Thread) -> std::fmt::Result {
        self.write_str("Stack (most recent call first):\n")?;
        self.frames(thread)
    }

    /// The frames of all threads, newest threads first. `current` is the one that asks, or null.
    pub fn threads(&mut self, vm: &Vm, current: *const Thread) -> std::fmt::Result {
        let (mut result, mut shown) = (Ok(()), 0);
        // SAFETY: as for frames, the threads of a process that is about to end have to be risked.
        unsafe {
            vm.peek_threads(|thread| {
                shown += 1;
                if result.is_err() || shown > MAX_THREADS + 1 {
                    return;
                }
                result = match shown {
                    1 => self.thread(vm, thread, ptr::eq(thread, current)),
                    _ if shown > MAX_THREADS => self.write_str("...\n"),
                    _ => self.write_str("\n").and_then(|()| self.thread(vm, thread, ptr::eq(thread, current))),
                };
            });
        }
        result
    }

    /// What a signal handler shows: all threads, or the one that it runs in, if that is Python's.
    pub fn in_handler(&mut self, vm: &Vm, all_threads: bool) -> std::fmt::Result {
        let current = calling_thread(vm);
        if all_threads {
            return self.threads(vm, current);
        }
        // SAFETY: the thread runs, in the handler.
        unsafe { current.as_ref() }.map_or(Ok(()), |thread| self.stack(thread))
    }

    /// The native modules that are imported and do not come with Python.
    pub fn extension_modules(&mut self, vm: &Vm) -> std::fmt::Result {
        let Some(modules) = state(vm).modules.get() else { return Ok(()) };
        let library = sys_attribute(vm, "stdlib_module_names").and_then(|names| vm.as_set(names));
        let is_listed = |name: Gc<PyStr>| {
            let is_same = |item: Value| vm.cast::<PyStr>(item).is_some_and(|item| item.data() == name.data());
            library.is_some_and(|names| names.iter().any(|(_, item)| is_same(item)))
        };
        let mut count = 0;
        for entry in modules.iter() {
            let (Some(name), Some(module)) = (vm.cast::<PyStr>(entry.key), vm.cast::<PyModule>(entry.value)) else {
                continue;
            };
            if module.def.get().is_none() || is_listed(name) {
                continue;
            }
            self.write_str(if count == 0 { "\nExtension modules: " } else { ", " })?;
            self.text(name)?;
            count += 1;
        }
        if count > 0 { writeln!(self, " (total: {count})") } else { Ok(()) }
    }
}

/// The Python thread that the calling native thread runs, with the GIL or without; null when it
/// runs none.
fn calling_thread(vm: &Vm) -> *const Thread {
    // SAFETY: a call without arguments.
    let ident = unsafe { libc::pthread_self() } as u64;
    let mut found: *const Thread = ptr::null();
    // SAFETY: the calling thread's state is whole; others are only asked for their number.
    unsafe {
        vm.peek_threads(|thread| {
            if thread.ident.get() == ident {
                found = thread;
            }
        });
    }
    found
}
