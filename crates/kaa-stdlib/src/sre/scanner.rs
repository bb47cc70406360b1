//! `SRE_Scanner`, and the iterator of `finditer`: matches one after the other.

use std::cell::Cell;

use kaa_objects::object::{Header, Slot};
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::match_object::PyMatch;
use super::pattern::PyPattern;
use super::text::{Mode, with_text};

/// A pattern on its way through a string.
#[repr(C)]
#[derive(Trace)]
pub struct PyScanner {
    header: Header,
    pattern: Slot<Gc<PyPattern>>,
    string: Slot,
    /// What was asked for: `pos` and `endpos` of the matches.
    position: usize,
    end: usize,
    /// Where the next match may begin.
    next: Cell<usize>,
    must_advance: Cell<bool>,
    done: Cell<bool>,
}

impl PyScanner {
    /// A scanner of part of a string, which was checked to suit the pattern.
    pub fn new(
        vm: &Vm,
        pattern: Gc<PyPattern>,
        string: Value,
        (position, end): (usize, usize),
    ) -> PyResult<Gc<PyScanner>> {
        vm.alloc(PyScanner {
            header: Header::EMPTY,
            pattern: Slot::new(pattern),
            string: Slot::new(string),
            position,
            end,
            next: Cell::new(position),
            must_advance: Cell::new(false),
            done: Cell::new(false),
        })
    }

    fn advance(&self, vm: &Vm, mode: Mode) -> PyResult<Option<Gc<PyMatch>>> {
        if self.done.get() {
            return Ok(None);
        }
        let (pattern, string) = (self.pattern.get_set(), self.string.get_set());
        with_text(vm, string, None, |text| {
            let range = (self.next.get().min(text.len()), self.end.min(text.len()));
            let made = text.run(vm, pattern.program(), range, mode, self.must_advance.get(), |machine| {
                self.must_advance.set(machine.start == machine.end);
                self.next.set(machine.end);
                PyMatch::new(vm, pattern, string, (self.position, self.end), machine)
            })?;
            if made.is_none() {
                self.done.set(true);
            }
            Ok(made)
        })
    }
}

#[py_type(name = "SRE_Scanner", module = "_sre", flags(DISALLOW_INSTANTIATION))]
impl PyScanner {
    #[method("match($self, /)")]
    fn match_next(vm: &Vm, this: Gc<PyScanner>) -> PyResult<Option<Value>> {
        Ok(this.advance(vm, Mode::Match)?.map(Value::from))
    }

    #[method("search($self, /)")]
    fn search_next(vm: &Vm, this: Gc<PyScanner>) -> PyResult<Option<Value>> {
        Ok(this.advance(vm, Mode::Search)?.map(Value::from))
    }

    #[getter("pattern")]
    fn pattern(this: Gc<PyScanner>) -> Value {
        this.pattern.get_set().value()
    }
}

/// The iterator of `finditer`: what CPython makes of a scanner's `search` and `iter()`.
#[repr(C)]
#[derive(Trace)]
pub struct PyFindIterator {
    header: Header,
    scanner: Slot<Gc<PyScanner>>,
}

impl PyFindIterator {
    /// The iterator over a scanner's matches.
    pub fn over(vm: &Vm, scanner: Gc<PyScanner>) -> PyResult<Gc<PyFindIterator>> {
        vm.alloc(PyFindIterator { header: Header::EMPTY, scanner: Slot::new(scanner) })
    }
}

#[py_type(name = "callable_iterator", flags(DISALLOW_INSTANTIATION))]
impl PyFindIterator {
    #[slot(iter)]
    fn iter(this: Gc<PyFindIterator>) -> Gc<PyFindIterator> {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyFindIterator>) -> PyResult<Option<Value>> {
        Ok(this.scanner.get_set().advance(vm, Mode::Search)?.map(Value::from))
    }
}
