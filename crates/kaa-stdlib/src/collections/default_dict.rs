//! `defaultdict`: a dict that makes the values of missing keys.

use std::mem::offset_of;

use kaa_objects::class::PyType;
use kaa_objects::object::Slot;
use kaa_objects::types::descriptors::MemberKind;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::generic_alias::CLASS_GETITEM;
use kaa_objects::types::str::StrBuilder;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

/// A `defaultdict`.
#[repr(C)]
#[derive(Trace)]
pub struct PyDefaultDict {
    dict: PyDict,
    /// `default_factory`; empty for `None`.
    factory: Slot,
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[(
            "default_factory",
            offset_of!(PyDefaultDict, factory),
            MemberKind::Optional,
            "Factory for default value called by __missing__().",
        )],
    )
}

impl PyDefaultDict {
    fn factory_or_none(&self) -> Value {
        self.factory.get().unwrap_or(Value::NONE)
    }
}

/// One of the same class and factory with the items of a dict.
fn of_same_kind(vm: &Vm, this: Gc<PyDefaultDict>, items: Value) -> PyResult {
    vm.call(vm.class_of(this.value()).value(), &[this.factory_or_none(), items])
}

#[py_type(
    name = "defaultdict",
    module = "collections",
    base = PyDict,
    flags(BASETYPE),
    setup = set_up,
    parts(CLASS_GETITEM),
    doc = "defaultdict(default_factory=None, /, [...]) --> dict with default factory\n\nThe default factory is called without arguments to produce\na new value when a key is not present, in __getitem__ only.\nA defaultdict compares equal to a dict with the same items.\nAll remaining arguments are treated the same as if they were\npassed to the dict constructor, including keyword arguments.\n"
)]
impl PyDefaultDict {
    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyDefaultDict>, args: Args<'_>) -> PyResult<()> {
        let mut rest = args;
        let mut factory = None;
        if let Some((first, others)) = args.split_first() {
            if !first.is_none() && !vm.is_callable(first) {
                return Err(vm.type_error("first argument must be callable or None"));
            }
            (factory, rest) = (first.not_none(), others);
        }
        this.factory.set_maybe(vm, this, factory);
        match vm.class::<PyDict>().slots().init {
            Some(init) => init(vm, this.value(), rest),
            None => Ok(()),
        }
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyDefaultDict>) -> PyResult {
        let factory = this.factory_or_none();
        let factory_text = match vm.enter_repr(factory) {
            _ if factory.is_none() => vm.new_str("None")?,
            Some(_guard) => vm.repr(factory)?,
            None => vm.new_str("...")?,
        };
        let items = match vm.class::<PyDict>().slots().repr {
            Some(repr) => vm.str(repr(vm, this.value())?)?,
            None => vm.new_str("{...}")?,
        };
        let mut out = StrBuilder::default();
        out.push_py(&vm.class_of(this.value()).name.get_set());
        out.push_str("(");
        out.push_py(&factory_text);
        out.push_str(", ");
        out.push_py(&items);
        out.push_str(")");
        Ok(out.finish(vm)?.value())
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, a: Value, b: Value) -> PyResult {
        let this = match vm.cast::<PyDefaultDict>(a) {
            Some(this) => this,
            None => match vm.cast::<PyDefaultDict>(b) {
                Some(this) => this,
                None => return Ok(Value::NOT_IMPLEMENTED),
            },
        };
        if vm.cast::<PyDict>(a).is_none() || vm.cast::<PyDict>(b).is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let result = of_same_kind(vm, this, a)?;
        if let Some(dict) = vm.cast::<PyDict>(result) {
            vm.dict_update(dict, b)?;
        }
        Ok(result)
    }

    #[method(
        "__missing__($self, object, /)",
        doc = "__missing__(key) # Called by __getitem__ for missing key; pseudo-code:\n  if self.default_factory is None: raise KeyError((key,))\n  self[key] = value = self.default_factory()\n  return value\n"
    )]
    fn missing(vm: &Vm, this: Gc<PyDefaultDict>, object: Value) -> PyResult {
        let Some(factory) = this.factory.get().and_then(Value::not_none) else { return Err(vm.key_error(object)) };
        let value = vm.call(factory, &[])?;
        // The factory may have set the key: then that value stays.
        // SAFETY: a defaultdict begins with its dict.
        let dict = unsafe { this.cast::<PyDict>() };
        dict.set_default(vm, object, value)
    }

    #[method("copy($self, /)", doc = "D.copy() -> a shallow copy of D.")]
    #[method("__copy__($self, /)", doc = "D.copy() -> a shallow copy of D.")]
    fn copy(vm: &Vm, this: Gc<PyDefaultDict>) -> PyResult {
        of_same_kind(vm, this, this.value())
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyDefaultDict>) -> PyResult<Gc<PyTuple>> {
        let args = match this.factory.get().and_then(Value::not_none) {
            Some(factory) => vm.new_tuple(&[factory])?,
            None => vm.new_tuple(&[])?,
        };
        let items = vm.call_method(this.value(), vm.names().items, &[])?;
        let items = vm.iter(items)?;
        let class = vm.class_of(this.value()).value();
        vm.new_tuple(&[class, args.value(), Value::NONE, Value::NONE, items])
    }
}
