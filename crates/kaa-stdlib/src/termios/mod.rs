//! `termios`: settings of terminals.

mod constants;

use std::any::Any;

use kaa_host::{Errno, terminal};
use kaa_macros::py_module;
use kaa_objects::class::PyType;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::list::PyList;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use crate::host_call::interruptible;
use crate::module_setup::{add, add_constants, exception_class};
use crate::parse_tuple::long;
use crate::path::Descriptor;

/// The module.
pub struct Termios;

/// `termios.error`.
#[derive(Default)]
struct State {
    error: Slot,
}

impl Extension for State {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.error.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn state(vm: &Vm) -> &State {
    vm.extension(|_| State::default())
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    add_constants(vm, module, constants::CONSTANTS)?;
    let error = exception_class(vm, "termios", "error", vm.exceptions().Exception)?;
    state(vm).error.set_root(Some(error));
    add(vm, module, "error", error)
}

/// Raises `termios.error`.
#[cold]
fn raise(vm: &Vm, error: Errno) -> Raised {
    let class = state(vm).error.get().and_then(|class| vm.cast::<PyType>(class));
    match vm.new_str(&error.message()) {
        Ok(message) => {
            let args = [Value::small_int(error.0.into()), message.value()];
            vm.raise_with(class.unwrap_or(vm.exceptions().OSError), &args)
        }
        Err(raised) => raised,
    }
}

/// Calls until the call is not interrupted.
fn call<T>(vm: &Vm, call: impl FnMut() -> kaa_host::Result<T>) -> PyResult<T> {
    interruptible(vm, call)?.map_err(|error| raise(vm, error))
}

/// The special characters of the settings; numbers where they mean how much to read and how long
/// to wait for it.
fn special_characters(vm: &Vm, settings: &libc::termios) -> PyResult {
    let list = vm.new_list(&[])?;
    let counts = settings.c_lflag & libc::ICANON == 0;
    for (index, &character) in settings.c_cc.iter().enumerate() {
        let value = if counts && matches!(index, libc::VMIN | libc::VTIME) {
            Value::small_int(character.into())
        } else {
            vm.new_bytes(&[character])?.value()
        };
        list.push(vm, value)?;
    }
    Ok(list.value())
}

fn special_character(vm: &Vm, value: Value) -> PyResult<u8> {
    if let Some(bytes) = vm.cast::<PyBytes>(value)
        && let &[byte] = bytes.as_slice()
    {
        return Ok(byte);
    }
    if vm.is_int(value) {
        return long(vm, value).map(|number| number as u8);
    }
    Err(vm.type_error("tcsetattr: elements of attributes must be bytes objects of length 1 or integers"))
}

#[py_module(
    name = "termios",
    doc = "This module provides an interface to the Posix calls for tty I/O control.\nFor a complete description of these calls, see the Posix or Unix manual\npages. It is only available for those Unix versions that support Posix\ntermios style tty I/O control.\n\nAll functions in this module take a file descriptor fd as their first\nargument. This can be an integer file descriptor, such as returned by\nsys.stdin.fileno(), or a file object, such as sys.stdin itself.",
    setup = set_up
)]
impl Termios {
    #[function(
        "tcgetattr(fd, /)",
        doc = "Get the tty attributes for file descriptor fd.\n\nReturns a list [iflag, oflag, cflag, lflag, ispeed, ospeed, cc]\nwhere cc is a list of the tty special characters (each a string of\nlength 1, except the items with indices VMIN and VTIME, which are\nintegers when these fields are defined).  The interpretation of the\nflags and the speeds as well as the indexing in the cc array must be\ndone using the symbolic constants defined in this module."
    )]
    fn tcgetattr(vm: &Vm, fd: Descriptor) -> PyResult {
        let settings = call(vm, || terminal::settings(fd.0))?;
        let (input, output) = terminal::speeds(&settings);
        let list = vm.new_list(&[])?;
        let flags = [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag, input, output];
        for number in flags {
            list.push(vm, Value::small_int(number.into()))?;
        }
        list.push(vm, special_characters(vm, &settings)?)?;
        Ok(list.value())
    }

    #[function(
        "tcsetattr(fd, when, attributes, /)",
        doc = "Set the tty attributes for file descriptor fd.\n\nThe attributes to be set are taken from the attributes argument, which\nis a list like the one returned by tcgetattr(). The when argument\ndetermines when the attributes are changed: termios.TCSANOW to\nchange immediately, termios.TCSADRAIN to change after transmitting all\nqueued output, or termios.TCSAFLUSH to change after transmitting all\nqueued output and discarding all queued input."
    )]
    fn tcsetattr(vm: &Vm, fd: Descriptor, when: i32, attributes: Value) -> PyResult<()> {
        let list = vm.cast::<PyList>(attributes).filter(|list| list.len() == 7);
        let Some(list) = list else { return Err(vm.type_error("tcsetattr, arg 3: must be 7 element list")) };
        let mut settings = call(vm, || terminal::settings(fd.0))?;
        let mut numbers = [0; 6];
        for (index, number) in numbers.iter_mut().enumerate() {
            let Some(item) = list.get(index) else { return Err(vm.index_error("list index out of range")) };
            *number = long(vm, item)? as u32;
        }
        [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag] =
            [numbers[0], numbers[1], numbers[2], numbers[3]];
        let characters = list.get(6).and_then(|item| vm.cast::<PyList>(item));
        let Some(characters) = characters.filter(|list| list.len() == libc::NCCS) else {
            let count = libc::NCCS;
            return Err(vm.type_error(format_args!("tcsetattr: attributes[6] must be {count} element list")));
        };
        for (place, &value) in settings.c_cc.iter_mut().zip(characters.as_slice()) {
            *place = special_character(vm, value)?;
        }
        terminal::set_speeds(&mut settings, numbers[4], numbers[5]).map_err(|error| raise(vm, error))?;
        call(vm, || terminal::set_settings(fd.0, when, &settings))
    }

    #[function(
        "tcsendbreak(fd, duration, /)",
        doc = "Send a break on file descriptor fd.\n\nA zero duration sends a break for 0.25-0.5 seconds; a nonzero duration\nhas a system dependent meaning."
    )]
    fn tcsendbreak(vm: &Vm, fd: Descriptor, duration: i32) -> PyResult<()> {
        call(vm, || terminal::send_break(fd.0, duration))
    }

    #[function("tcdrain(fd, /)", doc = "Wait until all output written to file descriptor fd has been transmitted.")]
    fn tcdrain(vm: &Vm, fd: Descriptor) -> PyResult<()> {
        call(vm, || terminal::drain(fd.0))
    }

    #[function(
        "tcflush(fd, queue, /)",
        doc = "Discard queued data on file descriptor fd.\n\nThe queue selector specifies which queue: termios.TCIFLUSH for the input\nqueue, termios.TCOFLUSH for the output queue, or termios.TCIOFLUSH for\nboth queues."
    )]
    fn tcflush(vm: &Vm, fd: Descriptor, queue: i32) -> PyResult<()> {
        call(vm, || terminal::flush(fd.0, queue))
    }

    #[function(
        "tcflow(fd, action, /)",
        doc = "Suspend or resume input or output on file descriptor fd.\n\nThe action argument can be termios.TCOOFF to suspend output,\ntermios.TCOON to restart output, termios.TCIOFF to suspend input,\nor termios.TCION to restart input."
    )]
    fn tcflow(vm: &Vm, fd: Descriptor, action: i32) -> PyResult<()> {
        call(vm, || terminal::flow(fd.0, action))
    }

    #[function(
        "tcgetwinsize(fd, /)",
        doc = "Get the tty winsize for file descriptor fd.\n\nReturns a tuple (ws_row, ws_col)."
    )]
    fn tcgetwinsize(vm: &Vm, fd: Descriptor) -> PyResult {
        let (columns, lines) = call(vm, || terminal::size(fd.0))?;
        Ok(vm.new_tuple(&[Value::small_int(lines.into()), Value::small_int(columns.into())])?.value())
    }

    #[function(
        "tcsetwinsize(fd, winsize, /)",
        doc = "Set the tty winsize for file descriptor fd.\n\nThe winsize to be set is taken from the winsize argument, which\nis a two-item tuple (ws_row, ws_col) like the one returned by\ntcgetwinsize()."
    )]
    fn tcsetwinsize(vm: &Vm, fd: Descriptor, winsize: Value) -> PyResult<()> {
        let no_pair = || vm.type_error("tcsetwinsize, arg 2: must be a two-item sequence");
        if !vm.is_sequence(winsize) {
            return Err(no_pair());
        }
        let pair = ValueVec::from_iterable(vm, winsize)?;
        let &[lines, columns] = pair.as_slice() else { return Err(no_pair()) };
        let (lines, columns) = (long(vm, lines)?, long(vm, columns)?);
        let (Ok(lines), Ok(columns)) = (u16::try_from(lines), u16::try_from(columns)) else {
            return Err(vm.overflow_error("winsize value(s) out of range."));
        };
        call(vm, || terminal::set_size(fd.0, lines, columns))
    }
}
