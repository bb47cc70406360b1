//! `types.SimpleNamespace`: an object with the attributes that it was made with.

use crate::args::Args;
use crate::class::{CompareOp, PyType};
use crate::object::Header;
use crate::types::dict::PyDict;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Trace, Value, Vm, py_type};

/// A `SimpleNamespace`; the attributes are kept as those of any instance.
#[repr(C)]
#[derive(Trace)]
pub struct PySimpleNamespace {
    header: Header,
}

impl Vm {
    /// A namespace with the entries of a dict, which it takes over.
    pub fn new_namespace(&self, dict: Gc<PyDict>) -> PyResult {
        let namespace = self.alloc(PySimpleNamespace { header: Header::EMPTY })?;
        self.set_instance_dict(namespace.value(), dict);
        Ok(namespace.value())
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_dict_attribute(class)
}

#[py_type(
    name = "SimpleNamespace",
    module = "types",
    flags(BASETYPE, MANAGED_DICT),
    setup = set_up,
    doc = "SimpleNamespace(mapping_or_iterable=(), /, **kwargs)\n--\n\nA simple attribute-based namespace."
)]
impl PySimpleNamespace {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PySimpleNamespace>> {
        vm.alloc_instance(class, PySimpleNamespace { header: Header::EMPTY })
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Value, args: Args<'_>) -> PyResult<()> {
        if args.positionals().len() > 1 {
            let given = args.positionals().len();
            return Err(vm.type_error(format_args!("SimpleNamespace expected at most 1 argument, got {given}")));
        }
        if let Some(&given) = args.positionals().first() {
            let attributes = match vm.cast_exact::<PyDict>(given) {
                Some(dict) => dict,
                None => {
                    let made = vm.call(vm.class::<PyDict>().value(), &[given])?;
                    // SAFETY: that is what the class makes.
                    unsafe { made.as_gc_unchecked() }
                }
            };
            for position in 0..attributes.filled() {
                let Some(entry) = attributes.entry(position) else { continue };
                if vm.cast::<PyStr>(entry.key).is_none() {
                    return Err(vm.type_error("keywords must be strings"));
                }
                vm.instance_set(this, vm.attribute_name(entry.key)?, entry.value)?;
            }
        }
        for (name, value) in args.keywords() {
            vm.instance_set(this, vm.intern_str(name), value)?;
        }
        Ok(())
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Value) -> PyResult<String> {
        let class = vm.class_of(this);
        let name = match class == vm.class::<PySimpleNamespace>() {
            true => "namespace".to_owned(),
            false => class.name_text(),
        };
        let Some(_guard) = vm.enter_repr(this) else { return Ok(format!("{name}(...)")) };
        let items = vm.instance_attribute_items(this)?;
        let mut parts = Vec::new();
        for pair in 0..items.len() / 2 {
            let (key, value) = (items.as_slice()[2 * pair], items.as_slice()[2 * pair + 1]);
            let Some(key) = vm.cast::<PyStr>(key).filter(|key| !key.is_empty()) else { continue };
            parts.push(format!("{}={}", key.to_string_lossy(), vm.repr(value)?.to_string_lossy()));
        }
        Ok(format!("{name}({})", parts.join(", ")))
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Value, other: Value, op: CompareOp) -> PyResult {
        if vm.cast::<PySimpleNamespace>(other).is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        match (vm.instance_dict(this)?, vm.instance_dict(other)?) {
            (Some(a), Some(b)) => vm.compare(a.value(), b.value(), op),
            _ => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling")]
    fn reduce(vm: &Vm, this: Value) -> PyResult<Gc<PyTuple>> {
        let (class, empty) = (vm.class_of(this).value(), vm.new_tuple(&[])?.value());
        let dict = vm.instance_dict(this)?.map_or(Value::NONE, Value::from);
        vm.new_tuple(&[class, empty, dict])
    }

    #[method(
        "__replace__",
        raw,
        signature = "($self, /, **changes)",
        doc = "Return a copy of the namespace object with new values for the specified attributes."
    )]
    fn replace(vm: &Vm, this: Value, args: Args<'_>) -> PyResult {
        if !args.positionals().is_empty() {
            return Err(vm.type_error("__replace__() takes no positional arguments"));
        }
        let class = vm.class_of(this);
        let copy = vm.call(class.value(), &[])?;
        if vm.cast::<PySimpleNamespace>(copy).is_none() {
            let (class, given) = (vm.qualified_class_name(class)?, vm.qualified_class_name(vm.class_of(copy))?);
            let class = class.strip_prefix("__main__.").unwrap_or(&class);
            return Err(vm.type_error(format_args!(
                "expect types.SimpleNamespace type, but {class}() returned '{given}' object"
            )));
        }
        let items = vm.instance_attribute_items(this)?;
        for pair in 0..items.len() / 2 {
            let (key, value) = (items.as_slice()[2 * pair], items.as_slice()[2 * pair + 1]);
            if vm.cast::<PyStr>(key).is_some() {
                vm.instance_set(copy, vm.attribute_name(key)?, value)?;
            }
        }
        for (name, value) in args.keywords() {
            vm.instance_set(copy, vm.intern_str(name), value)?;
        }
        Ok(copy)
    }
}
