//! `StringIO`: a text stream in memory.

use std::cell::{Cell, RefCell};

use kaa_macros::py_type;
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm};

use super::base;
use super::bytes_io::{instance_dict_copy, set_instance_dict};
use super::newlines::{NewlineDecoder, find, find_any_end};
use super::optional_size;
use super::raw_and_text_bases::PyTextIoBase;
use super::text_buffer::TextBuffer;

/// A `StringIO`.
#[repr(C)]
#[derive(Trace)]
pub struct PyStringIo {
    header: Header,
    #[trace(skip)]
    text: RefCell<TextBuffer>,
    /// May be beyond the end.
    position: Cell<usize>,
    state: Cell<State>,
    /// The `newline` argument: `None`, or a string.
    newline: Slot,
    /// What `\n` is written as, if not itself.
    written_newline: Slot<Gc<PyStr>>,
    /// Whether any line ending ends a line when reading.
    universal: Cell<bool>,
    #[trace(skip)]
    decoder: NewlineDecoder,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Uninitialized,
    Open,
    Closed,
}

impl PyStringIo {
    fn check(&self, vm: &Vm) -> PyResult<()> {
        match self.state.get() {
            State::Open => Ok(()),
            State::Closed => Err(vm.value_error("I/O operation on closed file")),
            State::Uninitialized => Err(vm.value_error("I/O operation on uninitialized object")),
        }
    }

    /// Writes text at the position, line endings translated.
    fn write_text(&self, vm: &Vm, text: Gc<PyStr>) -> PyResult<()> {
        let mut text = text;
        if self.universal.get() {
            text = self.decoder.decode(vm, text, true)?;
        }
        if let Some(newline) = self.written_newline.get() {
            text = replace_newlines(vm, text, newline)?;
        }
        let position = self.position.get();
        if position.checked_add(text.len()).is_none_or(|end| end > isize::MAX as usize / 4) {
            return Err(vm.overflow_error("new position too large"));
        }
        if !text.is_empty() {
            self.text.borrow_mut().write(position, text.data()).map_err(|_| vm.no_memory())?;
            self.position.set(position + text.len());
        }
        Ok(())
    }

    /// The next line, or a part of it that is no longer than the limit.
    fn line(&self, vm: &Vm, limit: isize) -> PyResult<Gc<PyStr>> {
        let text = self.text.borrow();
        let start = self.position.get();
        if limit == 0 || start >= text.len() {
            return vm.new_str("");
        }
        let rest = text.data().slice(start..text.len());
        let ending = match self.newline.get().and_then(|newline| vm.cast::<PyStr>(newline)) {
            // Everything was translated when it was written.
            None => find(rest, b'\n').map(|at| at + 1),
            Some(newline) if newline.is_empty() => find_any_end(rest),
            Some(newline) => find_newline(rest, &newline),
        };
        let len = ending.unwrap_or(rest.len());
        let len = usize::try_from(limit).map_or(len, |limit| len.min(limit));
        self.position.set(start + len);
        text.part(vm, start..start + len)
    }
}

/// Where the first occurrence of a line ending (`\n`, `\r` or `\r\n`) ends.
pub fn find_newline(data: kaa_objects::types::str::StrData<'_>, newline: &PyStr) -> Option<usize> {
    let first = newline.data().at(0) as u8;
    if newline.len() == 1 {
        return find(data, first).map(|at| at + 1);
    }
    let second = newline.data().at(1);
    let mut from = 0;
    while let Some(at) = find(data.slice(from..data.len()), first) {
        let next = from + at + 1;
        if next < data.len() && data.at(next) == second {
            return Some(next + 1);
        }
        from = next;
    }
    None
}

/// A text with another line ending for each `\n`.
pub fn replace_newlines(vm: &Vm, text: Gc<PyStr>, newline: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
    if find(text.data(), b'\n').is_none() {
        return Ok(text);
    }
    let mut out = StrBuilder::with_capacity(text.len() + 16);
    let mut rest = text.data();
    while let Some(at) = find(rest, b'\n') {
        out.push_data(rest.slice(0..at));
        out.push_py(&newline);
        rest = rest.slice(at + 1..rest.len());
    }
    out.push_data(rest);
    out.finish(vm)
}

/// Whether a `newline` argument is one that `open` takes.
pub fn is_newline(newline: &PyStr) -> bool {
    ["", "\n", "\r", "\r\n"].iter().any(|allowed| newline.equals_str(allowed))
}

fn set_up(_vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    // There is nothing to close; classes derived by programs inherit `__del__`.
    class.update_slots(|slots| slots.finalize = None);
    Ok(())
}

#[py_type(
    name = "StringIO",
    module = "_io",
    base = PyTextIoBase,
    flags(BASETYPE),
    drop,
    setup = set_up,
    doc = "Text I/O implementation using an in-memory buffer.\n\nThe initial_value argument sets the value of object.  The newline\nargument is like the one of TextIOWrapper's constructor."
)]
impl PyStringIo {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyStringIo>> {
        let made = PyStringIo {
            header: Header::EMPTY,
            text: RefCell::default(),
            position: Cell::new(0),
            state: Cell::new(State::Uninitialized),
            newline: Slot::empty(),
            written_newline: Slot::empty(),
            universal: Cell::new(false),
            decoder: NewlineDecoder::default(),
        };
        let made = vm.alloc_instance(class, made)?;
        // There is nothing to be closed.
        base::closed_for_good(vm, made.value());
        Ok(made)
    }

    #[init("StringIO(initial_value='', newline='\\n')")]
    fn init(vm: &Vm, this: Gc<PyStringIo>, initial_value: Option<Value>, newline: Option<Value>) -> PyResult<()> {
        // Nothing given is a `\n`.
        let newline = newline.unwrap_or_else(|| vm.intern("\n").value());
        let text = match newline.not_none() {
            None => None,
            Some(value) => match vm.cast::<PyStr>(value) {
                Some(text) => Some(text),
                None => {
                    let class = vm.class_name(value);
                    return Err(vm.type_error(format_args!("newline must be str or None, not {class}")));
                }
            },
        };
        if let Some(text) = text
            && !is_newline(&text)
        {
            let repr = vm.repr_lossy(newline);
            return Err(vm.value_error(format_args!("illegal newline value: {repr}")));
        }
        let initial = match initial_value.and_then(Value::not_none) {
            None => None,
            Some(value) => match vm.cast::<PyStr>(value) {
                Some(text) => Some(text),
                None => {
                    let class = vm.class_name(value);
                    return Err(vm.type_error(format_args!("initial_value must be str or None, not {class}")));
                }
            },
        };
        this.newline.set(vm, this, newline);
        this.universal.set(text.is_none_or(|text| text.is_empty()));
        this.decoder.translate.set(text.is_none());
        this.decoder.reset();
        let written = text.filter(|text| text.as_ascii().is_some_and(|text| text.starts_with('\r')));
        this.written_newline.set_maybe(vm, this, written);
        *this.text.borrow_mut() = TextBuffer::default();
        this.position.set(0);
        this.state.set(State::Open);
        if let Some(initial) = initial {
            this.write_text(vm, initial)?;
        }
        this.position.set(0);
        Ok(())
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyStringIo>) -> PyResult<Option<Value>> {
        this.check(vm)?;
        let exact = vm.class_of(this.value()) == vm.class::<PyStringIo>();
        if !exact {
            return super::base::next_line(vm, this.value());
        }
        let line = this.line(vm, -1)?;
        Ok(if line.is_empty() { None } else { Some(line.value()) })
    }

    #[method("getvalue($self, /)", doc = "Retrieve the entire contents of the object.")]
    fn getvalue(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        self.check(vm)?;
        let text = self.text.borrow();
        text.part(vm, 0..text.len())
    }

    #[method("tell($self, /)", doc = "Tell the current file position.")]
    fn tell(&self, vm: &Vm) -> PyResult<usize> {
        self.check(vm)?;
        Ok(self.position.get())
    }

    #[method(
        "read($self, size=-1, /)",
        doc = "Read at most size characters, returned as a string.\n\nIf the argument is negative or omitted, read until EOF\nis reached. Return an empty string at EOF."
    )]
    fn read(&self, vm: &Vm, size: Value) -> PyResult<Gc<PyStr>> {
        let size = optional_size(vm, size)?;
        self.check(vm)?;
        let text = self.text.borrow();
        let start = self.position.get().min(text.len());
        let count = usize::try_from(size).map_or(text.len() - start, |size| size.min(text.len() - start));
        self.position.set(self.position.get() + count);
        text.part(vm, start..start + count)
    }

    #[method(
        "readline($self, size=-1, /)",
        doc = "Read until newline or EOF.\n\nReturns an empty string if EOF is hit immediately."
    )]
    fn readline(&self, vm: &Vm, size: Value) -> PyResult<Gc<PyStr>> {
        let size = optional_size(vm, size)?;
        self.check(vm)?;
        self.line(vm, size)
    }

    #[method(
        "truncate($self, pos=None, /)",
        doc = "Truncate size to pos.\n\nThe pos argument defaults to the current file position, as\nreturned by tell().  The current file position is unchanged.\nReturns the new absolute position."
    )]
    fn truncate(&self, vm: &Vm, pos: Value) -> PyResult<usize> {
        let pos = match pos.not_none() {
            Some(pos) => {
                let pos = vm.index(pos)?;
                vm.index_to_isize(pos, vm.exceptions().OverflowError)?
            }
            None => self.position.get() as isize,
        };
        self.check(vm)?;
        let Ok(size) = usize::try_from(pos) else {
            return Err(vm.value_error(format_args!("Negative size value {pos}")));
        };
        self.text.borrow_mut().truncate(size);
        Ok(size)
    }

    #[method(
        "seek($self, pos, whence=0, /)",
        doc = "Change stream position.\n\nSeek to character offset pos relative to position indicated by whence:\n    0  Start of stream (the default).  pos should be >= 0;\n    1  Current position - pos must be 0;\n    2  End of stream - pos must be 0.\nReturns the new absolute position."
    )]
    fn seek(&self, vm: &Vm, pos: isize, whence: i32) -> PyResult<usize> {
        self.check(vm)?;
        if !(0..=2).contains(&whence) {
            return Err(vm.value_error(format_args!("Invalid whence ({whence}, should be 0, 1 or 2)")));
        }
        if pos < 0 && whence == 0 {
            return Err(vm.value_error(format_args!("Negative seek position {pos}")));
        }
        if whence != 0 && pos != 0 {
            return Err(vm.raise_new(vm.exceptions().OSError, "Can't do nonzero cur-relative seeks"));
        }
        match whence {
            0 => self.position.set(pos as usize),
            2 => self.position.set(self.text.borrow().len()),
            _ => {}
        }
        Ok(self.position.get())
    }

    #[method(
        "write($self, s, /)",
        doc = "Write string to file.\n\nReturns the number of characters written, which is always equal to\nthe length of the string."
    )]
    fn write(&self, vm: &Vm, s: Value) -> PyResult<usize> {
        let Some(text) = vm.cast::<PyStr>(s) else {
            let class = vm.class_name(s);
            return Err(vm.type_error(format_args!("string argument expected, got '{class}'")));
        };
        self.check(vm)?;
        self.write_text(vm, text)?;
        Ok(text.len())
    }

    #[method(
        "close($self, /)",
        doc = "Close the IO object.\n\nAttempting any further operation after the object is closed\nwill raise a ValueError.\n\nThis method has no effect if the file is already closed."
    )]
    fn close(&self) {
        self.state.set(State::Closed);
        *self.text.borrow_mut() = TextBuffer::default();
    }

    #[method("readable($self, /)", doc = "Returns True if the IO object can be read.")]
    #[method("writable($self, /)", doc = "Returns True if the IO object can be written.")]
    #[method("seekable($self, /)", doc = "Returns True if the IO object can be seeked.")]
    fn is_able(&self, vm: &Vm) -> PyResult<bool> {
        self.check(vm).map(|()| true)
    }

    #[method("__getstate__($self, /)")]
    fn getstate(vm: &Vm, this: Gc<PyStringIo>) -> PyResult<Gc<PyTuple>> {
        let value = this.getvalue(vm)?;
        let newline = this.newline.get().unwrap_or(Value::NONE);
        let dict = instance_dict_copy(vm, this.value())?;
        vm.new_tuple(&[value.value(), newline, vm.new_int(this.position.get() as i64)?, dict])
    }

    #[method("__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, this: Gc<PyStringIo>, state: Value) -> PyResult<()> {
        if this.state.get() == State::Closed {
            return Err(vm.value_error("I/O operation on closed file"));
        }
        let class = vm.class_name(this.value());
        let Some(parts) = vm.cast::<PyTuple>(state).filter(|parts| parts.len() >= 4) else {
            let given = vm.class_name(state);
            return Err(vm.type_error(format_args!("{class}.__setstate__ argument should be 4-tuple, got {given}")));
        };
        let &[value, newline, position, dict, ..] = parts.as_slice() else { unreachable!("four at least") };
        let Some(text) = vm.cast::<PyStr>(value) else {
            let given = vm.class_name(value);
            return Err(vm.type_error(format_args!("initial_value must be str or None, not {given}")));
        };
        PyStringIo::init(vm, this, None, Some(newline))?;
        // The value was translated when it was first written.
        this.text.borrow_mut().write(0, text.data()).map_err(|_| vm.no_memory())?;
        if !vm.is_int(position) {
            let given = vm.class_name(position);
            return Err(vm.type_error(format_args!("third item of state must be an integer, got {given}")));
        }
        let position = vm.index_to_isize(position, vm.exceptions().OverflowError)?;
        let Ok(position) = usize::try_from(position) else {
            return Err(vm.value_error("position value cannot be negative"));
        };
        this.position.set(position);
        set_instance_dict(vm, this.value(), dict, "fourth")
    }

    #[getter("closed")]
    fn closed(&self, vm: &Vm) -> PyResult<bool> {
        match self.state.get() {
            State::Uninitialized => Err(vm.value_error("I/O operation on uninitialized object")),
            state => Ok(state == State::Closed),
        }
    }

    #[getter("newlines")]
    fn newlines(&self, vm: &Vm) -> PyResult {
        self.check(vm)?;
        if self.universal.get() { self.decoder.newlines(vm) } else { Ok(Value::NONE) }
    }

    #[getter("line_buffering")]
    fn line_buffering(&self, vm: &Vm) -> PyResult<bool> {
        self.check(vm).map(|()| false)
    }
}
