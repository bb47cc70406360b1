//! `OSError`: the class is chosen by the error number.

use std::cell::Cell;
use std::mem::offset_of;

use super::PyBaseException;
use crate::args::Args;
use crate::class::PyType;
use crate::object::Slot;
use crate::types::descriptors::MemberKind::Optional;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, Native, PyResult, Trace, Value, Vm, py_type};

/// `OSError` and its subclasses.
#[repr(C)]
#[derive(Trace)]
pub struct PyOsError {
    base: PyBaseException,
    /// `errno`.
    pub errno: Slot,
    /// `strerror`.
    pub strerror: Slot,
    /// `filename`.
    pub filename: Slot,
    /// `filename2`.
    pub filename2: Slot,
    /// `characters_written` of a `BlockingIOError`; -1 when it has none.
    pub written: Cell<isize>,
}

/// Linux's error numbers and the names of the classes that stand for them.
fn class_of_errno(vm: &Vm, errno: i64) -> Option<Gc<PyType>> {
    let exceptions = vm.exceptions();
    Some(match errno {
        11 | 114 | 115 => exceptions.BlockingIOError, // EAGAIN, EALREADY, EINPROGRESS
        10 => exceptions.ChildProcessError,           // ECHILD
        32 | 108 => exceptions.BrokenPipeError,       // EPIPE, ESHUTDOWN
        103 => exceptions.ConnectionAbortedError,     // ECONNABORTED
        111 => exceptions.ConnectionRefusedError,     // ECONNREFUSED
        104 => exceptions.ConnectionResetError,       // ECONNRESET
        17 => exceptions.FileExistsError,             // EEXIST
        2 => exceptions.FileNotFoundError,            // ENOENT
        21 => exceptions.IsADirectoryError,           // EISDIR
        20 => exceptions.NotADirectoryError,          // ENOTDIR
        4 => exceptions.InterruptedError,             // EINTR
        13 | 1 => exceptions.PermissionError,         // EACCES, EPERM
        3 => exceptions.ProcessLookupError,           // ESRCH
        110 => exceptions.TimeoutError,               // ETIMEDOUT
        _ => return None,
    })
}

/// Whether `__init__` must do the work that `__new__` normally does: a subclass has its own
/// `__init__`, which decides what reaches ours.
fn uses_init(class: Gc<PyType>) -> bool {
    let own = &PyOsError::def().slots;
    let same_init = matches!((class.slots().init, own.init), (Some(a), Some(b)) if std::ptr::fn_addr_eq(a, b));
    let same_new = matches!((class.slots().new, own.new), (Some(a), Some(b)) if std::ptr::fn_addr_eq(a, b));
    !same_init && same_new
}

impl Gc<PyOsError> {
    /// Takes the fields from the arguments.
    fn fill(self, vm: &Vm, args: &[Value]) -> PyResult<()> {
        let mut kept = args;
        if (2..=5).contains(&args.len()) {
            self.errno.set(vm, self, args[0]);
            self.strerror.set(vm, self, args[1]);
            if let Some(filename) = args.get(2).copied().and_then(Value::not_none) {
                let is_number = vm.slots_of(filename).nb_index.is_some() || vm.is_int(filename);
                if is_number && vm.class_of(self.value()) == vm.exceptions().BlockingIOError {
                    let written = vm.index_to_isize(filename, vm.exceptions().ValueError)?;
                    self.written.set(written);
                } else {
                    self.filename.set(vm, self, filename);
                    self.filename2.set_maybe(vm, self, args.get(4).copied().and_then(Value::not_none));
                    // The file names are no arguments, so that old code can unpack a pair.
                    kept = &args[..2];
                }
            }
        }
        self.base.args.set(vm, self, vm.new_tuple(kept)?);
        Ok(())
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[
            ("errno", offset_of!(PyOsError, errno), Optional, "POSIX exception code"),
            ("strerror", offset_of!(PyOsError, strerror), Optional, "exception strerror"),
            ("filename", offset_of!(PyOsError, filename), Optional, "exception filename"),
            ("filename2", offset_of!(PyOsError, filename2), Optional, "second exception filename"),
        ],
    )
}

#[py_type(
    name = "OSError",
    base = super::classes::Exception,
    flags(BASETYPE),
    setup = set_up,
    doc = "Base class for I/O related errors."
)]
impl PyOsError {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyOsError>> {
        let mut class = class;
        let by_init = uses_init(class);
        if !by_init {
            if args.kwnames().is_some() {
                args.no_keywords(vm, &class.name_text())?;
            }
            if class == vm.exceptions().OSError
                && (2..=5).contains(&args.all().len())
                && let Some(errno) = vm.cast_int(args.all()[0])
                && let Some(special) = class_of_errno(vm, errno)
            {
                class = special;
            }
        }
        let base = PyBaseException::with_args(vm.new_tuple(&[])?);
        let error = PyOsError {
            base,
            errno: Slot::empty(),
            strerror: Slot::empty(),
            filename: Slot::empty(),
            filename2: Slot::empty(),
            written: Cell::new(-1),
        };
        let error = vm.alloc_instance(class, error)?;
        if !by_init {
            error.fill(vm, args.positionals())?;
        }
        Ok(error)
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyOsError>, args: Args<'_>) -> PyResult<()> {
        let class = vm.class_of(this.value());
        if !uses_init(class) {
            return Ok(());
        }
        if args.kwnames().is_some() {
            args.no_keywords(vm, &class.name_text())?;
        }
        this.fill(vm, args.positionals())
    }

    #[slot(str)]
    fn str(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        let text =
            |slot: &Slot| -> PyResult<String> { Ok(vm.str(slot.get().unwrap_or(Value::NONE))?.to_string_lossy()) };
        let quoted = |value: Value| -> PyResult<String> { Ok(vm.repr(value)?.to_string_lossy()) };
        let message = match (self.filename.get(), self.filename2.get()) {
            (Some(first), Some(second)) => {
                let (errno, strerror) = (text(&self.errno)?, text(&self.strerror)?);
                format!("[Errno {errno}] {strerror}: {} -> {}", quoted(first)?, quoted(second)?)
            }
            (Some(filename), None) => {
                format!("[Errno {}] {}: {}", text(&self.errno)?, text(&self.strerror)?, quoted(filename)?)
            }
            (None, _) if self.errno.get().is_some() && self.strerror.get().is_some() => {
                format!("[Errno {}] {}", text(&self.errno)?, text(&self.strerror)?)
            }
            _ => return self.base.str(vm),
        };
        vm.new_str(&message)
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Gc<PyOsError>) -> PyResult<Gc<PyTuple>> {
        let class = vm.class_of(this.value()).value();
        let mut args = this.base.args.get_set();
        if let (&[errno, strerror], Some(filename)) = (args.as_slice(), this.filename.get()) {
            args = match this.filename2.get() {
                Some(second) => vm.new_tuple(&[errno, strerror, filename, Value::NONE, second])?,
                None => vm.new_tuple(&[errno, strerror, filename])?,
            };
        }
        match vm.has_instance_attributes(this.value()) {
            true => {
                let dict = vm.instance_dict(this.value())?.map_or(Value::NONE, Value::from);
                vm.new_tuple(&[class, args.value(), dict])
            }
            false => vm.new_tuple(&[class, args.value()]),
        }
    }

    #[getter("characters_written")]
    fn characters_written(&self, vm: &Vm) -> PyResult<isize> {
        match self.written.get() {
            -1 => Err(vm.raise_new(vm.exceptions().AttributeError, "characters_written")),
            written => Ok(written),
        }
    }

    #[setter("characters_written")]
    fn set_characters_written(&self, vm: &Vm, value: Option<Value>) -> PyResult<()> {
        match value {
            None if self.written.get() == -1 => Err(vm.raise_new(vm.exceptions().AttributeError, "characters_written")),
            None => {
                self.written.set(-1);
                Ok(())
            }
            Some(value) => {
                self.written.set(vm.index_to_isize(value, vm.exceptions().ValueError)?);
                Ok(())
            }
        }
    }
}

impl Vm {
    /// The number in an `int` that fits 64 bits; `None` for other values.
    fn cast_int(&self, value: Value) -> Option<i64> {
        if self.is_int(value) { self.int_to_i64(value) } else { None }
    }

    /// Raises the `OSError` of an error number, of the class that stands for it.
    #[cold]
    pub fn os_error(&self, errno: i32, message: &str, filename: Option<Value>) -> crate::Raised {
        let message = match self.new_str(message) {
            Ok(message) => message.value(),
            Err(raised) => return raised,
        };
        let args = [Value::small_int(errno.into()), message, filename.unwrap_or(Value::NONE)];
        let args = if filename.is_some() { &args[..] } else { &args[..2] };
        self.raise_with(self.exceptions().OSError, args)
    }
}
