//! `cell`: a variable that functions share.

use crate::class::{CompareOp, PyType};
use crate::object::{Header, Slot};
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A cell; empty while the variable is not bound.
#[repr(C)]
#[derive(Trace)]
pub struct PyCell {
    header: Header,
    /// The variable's value.
    pub contents: Slot,
}

#[py_type(
    name = "cell",
    id = ids::CELL,
    layout = values,
    doc = "Create a new cell object.\n\n  contents\n    the contents of the cell. If not specified, the cell will b\
           e empty,\n    and further attempts to access its cell_contents attribute will\n    raise a ValueError."
)]
impl PyCell {
    #[new("cell(contents=<unrepresentable>, /)")]
    fn new(vm: &Vm, _class: Gc<PyType>, contents: Option<Value>) -> PyResult<Gc<PyCell>> {
        vm.new_cell(contents)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyCell>) -> String {
        let address = vm.pin(this);
        match this.contents.get() {
            None => format!("<cell at {address:#x}: empty>"),
            Some(contents) => {
                let (class, at) = (vm.class_name(contents), vm.identity(contents));
                format!("<cell at {address:#x}: {class} object at {at:#x}>")
            }
        }
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyCell>, other: Value, op: CompareOp) -> PyResult {
        let Some(other) = vm.cast::<PyCell>(other) else { return Ok(Value::NOT_IMPLEMENTED) };
        match (this.contents.get(), other.contents.get()) {
            (Some(a), Some(b)) => vm.compare(a, b, op),
            (a, b) => Ok(Value::bool(op.holds(a.is_some().cmp(&b.is_some())))),
        }
    }

    #[getter("cell_contents")]
    fn contents(&self, vm: &Vm) -> PyResult {
        self.contents.get().ok_or_else(|| vm.value_error("Cell is empty"))
    }

    #[setter("cell_contents")]
    fn set_contents(vm: &Vm, this: Gc<PyCell>, contents: Option<Value>) {
        this.contents.set_maybe(vm, this, contents);
    }
}

impl Vm {
    /// A cell with the given contents.
    #[inline]
    pub fn new_cell(&self, contents: Option<Value>) -> PyResult<Gc<PyCell>> {
        self.alloc(PyCell { header: Header::EMPTY, contents: Slot::maybe(contents) })
    }
}
