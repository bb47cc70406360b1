//! `_tuplegetter`: the descriptor of a named tuple's field.

use std::cell::Cell;
use std::mem::offset_of;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::MemberKind;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

/// `collections._tuplegetter`.
#[repr(C)]
#[derive(Trace)]
pub struct PyTupleGetter {
    header: Header,
    /// `__doc__`.
    doc: Slot,
    /// The index of the item.
    index: Cell<isize>,
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("__doc__", offset_of!(PyTupleGetter, doc), MemberKind::Optional, "")])
}

#[py_type(name = "_tuplegetter", module = "collections", setup = set_up)]
impl PyTupleGetter {
    #[new("_tuplegetter(index, doc, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, index: isize, doc: Value) -> PyResult<Gc<PyTupleGetter>> {
        let getter = PyTupleGetter { header: Header::EMPTY, doc: Slot::new(doc), index: Cell::new(index) };
        vm.alloc_instance(class, getter)
    }

    #[slot(descr_get)]
    fn get(vm: &Vm, this: Gc<PyTupleGetter>, instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        let Some(instance) = instance else { return Ok(this.value()) };
        let index = this.index.get();
        match vm.cast::<PyTuple>(instance) {
            Some(tuple) => match usize::try_from(index).ok().and_then(|index| tuple.as_slice().get(index)) {
                Some(&item) => Ok(item),
                None => Err(vm.index_error("tuple index out of range")),
            },
            None if instance.is_none() => Ok(this.value()),
            None => {
                let class = vm.class_name(instance);
                Err(vm.type_error(format_args!(
                    "descriptor for index '{index}' for tuple subclasses doesn't apply to '{class}' object"
                )))
            }
        }
    }

    #[slot(descr_set)]
    fn set(vm: &Vm, _this: Gc<PyTupleGetter>, _instance: Value, value: Option<Value>) -> PyResult<()> {
        let message = if value.is_some() { "can't set attribute" } else { "can't delete attribute" };
        Err(vm.raise_new(vm.exceptions().AttributeError, message))
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyTupleGetter>) -> PyResult<String> {
        let doc = this.doc.get().unwrap_or(Value::NONE);
        let name = vm.class_of(this.value()).name.get_set().to_string_lossy();
        Ok(format!("{name}({}, {})", this.index.get(), vm.repr(doc)?.to_string_lossy()))
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Gc<PyTupleGetter>) -> PyResult<Gc<PyTuple>> {
        let index = vm.new_int(this.index.get() as i64)?;
        let args = vm.new_tuple(&[index, this.doc.get().unwrap_or(Value::NONE)])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), args.value()])
    }
}
