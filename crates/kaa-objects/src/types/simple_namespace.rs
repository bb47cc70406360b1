//! `types.SimpleNamespace`: an object that is made for its attributes.

use crate::class::{CompareOp, PyType};
use crate::object::{Header, Slot};
use crate::types::dict::PyDict;
use crate::types::str::{PyStr, StrBuilder};
use crate::types::tuple::PyTuple;
use crate::{Args, Gc, PyResult, Value, Vm};

/// A `SimpleNamespace`. Its attributes are the entries of its dict.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PySimpleNamespace {
    header: Header,
    dict: Slot<Gc<PyDict>>,
}

impl Vm {
    /// A namespace with the entries of a dict, which it takes over.
    pub fn new_namespace(&self, dict: Gc<PyDict>) -> PyResult {
        Ok(self.alloc(PySimpleNamespace { header: Header::EMPTY, dict: Slot::new(dict) })?.value())
    }
}

#[kaa_macros::py_type(
    name = "SimpleNamespace",
    module = "types",
    flags(BASETYPE),
    doc = "A simple attribute-based namespace."
)]
impl PySimpleNamespace {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PySimpleNamespace>> {
        let dict = vm.new_dict()?;
        vm.alloc_instance(class, PySimpleNamespace { header: Header::EMPTY, dict: Slot::new(dict) })
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PySimpleNamespace>, args: Args<'_>) -> PyResult<()> {
        let dict = this.dict.get_set();
        match *args.positionals() {
            [] => {}
            [mapping] => {
                let entries = vm.new_dict()?;
                vm.dict_update(entries, mapping)?;
                if let Some(entry) = entries.iter().find(|entry| vm.cast::<PyStr>(entry.key).is_none()) {
                    let class = vm.class_name(entry.key);
                    return Err(vm.type_error(format_args!("keywords must be strings, not {class}")));
                }
                vm.dict_merge(dict, entries)?;
            }
            ref more => {
                let count = more.len();
                let class = vm.class_name(this.value());
                return Err(vm.type_error(format_args!("{class} expected at most 1 argument, got {count}")));
            }
        }
        for (name, value) in args.keywords() {
            dict.set(vm, name.value(), value)?;
        }
        Ok(())
    }

    #[slot(getattro)]
    fn getattro(vm: &Vm, this: Value, name: Gc<PyStr>) -> PyResult {
        // SAFETY: slots are called with objects of their type only.
        let namespace: Gc<PySimpleNamespace> = unsafe { this.as_gc_unchecked() };
        if let Some(value) = namespace.dict.get_set().get_str(vm, name) {
            return Ok(value);
        }
        vm.generic_get_attr(this, name)
    }

    #[slot(setattro)]
    fn setattro(vm: &Vm, this: Value, name: Gc<PyStr>, value: Option<Value>) -> PyResult<()> {
        // SAFETY: slots are called with objects of their type only.
        let namespace: Gc<PySimpleNamespace> = unsafe { this.as_gc_unchecked() };
        match value {
            Some(value) => namespace.dict.get_set().set_str(vm, name, value),
            None => match namespace.dict.get_set().remove_str(vm, name) {
                Some(_) => Ok(()),
                None => Err(vm.no_attribute(this, name)),
            },
        }
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PySimpleNamespace>) -> PyResult {
        let class = vm.class_of(this.value());
        let plain = class == vm.class::<PySimpleNamespace>();
        let name = if plain { "namespace".to_owned() } else { class.name_text() };
        let Some(_guard) = vm.enter_repr(this.value()) else {
            return Ok(vm.new_str(&format!("{name}(...)"))?.value());
        };
        let mut out = StrBuilder::default();
        out.push_str(&name);
        let mut separator = "(";
        let dict = this.dict.get_set();
        let mut position = 0;
        while position < dict.filled() {
            if let Some(entry) = dict.entry(position) {
                if let Some(key) = vm.cast::<PyStr>(entry.key) {
                    let repr = vm.repr(entry.value)?;
                    out.push_str(separator);
                    out.push_py(&key);
                    out.push_str("=");
                    out.push_py(&repr);
                    separator = ", ";
                }
            }
            position += 1;
        }
        out.push_str(if separator == "(" { "()" } else { ")" });
        Ok(out.finish(vm)?.value())
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        match (vm.cast::<PySimpleNamespace>(a), vm.cast::<PySimpleNamespace>(b)) {
            (Some(a), Some(b)) => vm.compare(a.dict.get_set().value(), b.dict.get_set().value(), op),
            _ => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[getter("__dict__")]
    fn dict(_vm: &Vm, this: Gc<PySimpleNamespace>) -> Gc<PyDict> {
        this.dict.get_set()
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling")]
    fn reduce(vm: &Vm, this: Gc<PySimpleNamespace>) -> PyResult<Gc<PyTuple>> {
        let empty = vm.new_tuple(&[])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), empty.value(), this.dict.get_set().value()])
    }

    #[method(
        "__replace__",
        raw,
        doc = "Return a copy of the namespace object with new values for the specified attributes."
    )]
    fn replace(vm: &Vm, this: Gc<PySimpleNamespace>, args: Args<'_>) -> PyResult {
        let copy = vm.call(vm.class_of(this.value()).value(), &[])?;
        let Some(namespace) = vm.cast::<PySimpleNamespace>(copy) else {
            return Err(vm.type_error("expected a SimpleNamespace"));
        };
        vm.dict_merge(namespace.dict.get_set(), this.dict.get_set())?;
        for (name, value) in args.keywords() {
            namespace.dict.get_set().set(vm, name.value(), value)?;
        }
        Ok(copy)
    }
}
