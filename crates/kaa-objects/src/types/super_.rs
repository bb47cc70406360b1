//! `super`: the attributes of the classes that come after one in an MRO.

use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A `super` object. All slots are empty until `__init__` ran.
#[repr(C)]
#[derive(Trace)]
pub struct PySuper {
    pub(crate) header: Header,
    /// `__thisclass__`: what is looked in comes after it.
    pub class: Slot<Gc<PyType>>,
    /// `__self__`: what methods are bound to; empty for an unbound `super`.
    pub object: Slot,
    /// `__self_class__`: the class whose MRO is used.
    pub object_class: Slot<Gc<PyType>>,
}

impl Vm {
    /// The class whose MRO `super(class, object)` uses: that of the object, or the object itself
    /// when it is a class. `TypeError` when neither derives from `class`.
    pub fn super_check(&self, class: Gc<PyType>, object: Value) -> PyResult<Gc<PyType>> {
        if let Some(object) = self.cast::<PyType>(object)
            && object.is_subclass(class)
        {
            return Ok(object);
        }
        let real = self.class_of(object);
        if real.is_subclass(class) {
            return Ok(real);
        }
        // A proxy may claim another class.
        if let Some(claimed) = self.get_attr_optional(object, self.names().__class__)?
            && let Some(claimed) = self.cast::<PyType>(claimed)
            && claimed != real
            && claimed.is_subclass(class)
        {
            return Ok(claimed);
        }
        let (kind, given) = match self.cast::<PyType>(object) {
            Some(object) => ("type", object.name_text()),
            None => ("instance of", real.name_text()),
        };
        let class = class.name_text();
        Err(self.type_error(format_args!(
            "super(type, obj): obj ({kind} {given}) is not an instance or subtype of type ({class})."
        )))
    }

    /// `super(class, object).name`, when `object_class` is what [`Vm::super_check`] gave; `None`
    /// when none of the classes has it.
    pub fn super_lookup(
        &self,
        class: Gc<PyType>,
        object: Value,
        object_class: Gc<PyType>,
        name: Gc<PyStr>,
    ) -> PyResult<Option<Value>> {
        let Some(attribute) = self.lookup_after(object_class, class, name) else { return Ok(None) };
        match self.slots_of(attribute).descr_get {
            Some(get) => {
                let instance = (object != object_class.value()).then_some(object);
                get(self, attribute, instance, Some(object_class.value())).map(Some)
            }
            None => Ok(Some(attribute)),
        }
    }
}

#[py_type(
    name = "super",
    id = ids::SUPER,
    flags(BASETYPE),
    doc = "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super object\nsuper(type, o\
           bj) -> bound super object; requires isinstance(obj, type)\nsuper(type, type2) -> bound super object; requ\
           ires\n    issubclass(type2, type)\nTypical use to call a cooperative superclass method:\nclass C(B):\
           \n    def meth(self, arg):\n        super().meth(arg)\nThis works for class methods too:\nclass C(B):\
           \n    @classmethod\n    def cmeth(cls, arg):\n        super().cmeth(arg)\n"
)]
impl PySuper {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: crate::Args<'_>) -> PyResult<Gc<PySuper>> {
        let empty =
            PySuper { header: Header::EMPTY, class: Slot::empty(), object: Slot::empty(), object_class: Slot::empty() };
        vm.alloc_instance(class, empty)
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PySuper>, args: crate::Args<'_>) -> PyResult<()> {
        args.no_keywords(vm, "super")?;
        let (class, object) = match *args.all() {
            [] => match vm.hooks.super_arguments.get() {
                Some(find) => {
                    let (class, object) = find(vm)?;
                    (class, Some(object))
                }
                None => return Err(vm.runtime_error("super(): no current frame")),
            },
            [class] => (class, None),
            [class, object] => (class, object.not_none()),
            ref other => {
                return Err(vm.type_error(format_args!("super() expected at most 2 arguments, got {}", other.len())));
            }
        };
        let Some(class) = vm.cast::<PyType>(class) else {
            let given = vm.class_name(class);
            return Err(vm.type_error(format_args!("super() argument 1 must be a type, not {given}")));
        };
        let object_class = match object {
            Some(object) => Some(vm.super_check(class, object)?),
            None => None,
        };
        this.class.set(vm, this, class);
        this.object.set_maybe(vm, this, object);
        this.object_class.set_maybe(vm, this, object_class);
        Ok(())
    }

    #[slot(getattro)]
    fn get_attribute(vm: &Vm, this: Gc<PySuper>, name: Gc<PyStr>) -> PyResult {
        // `super().__class__` is the class `super` itself.
        if let (Some(class), Some(object), Some(object_class)) =
            (this.class.get(), this.object.get(), this.object_class.get())
            && name != vm.names().__class__
            && let Some(found) = vm.super_lookup(class, object, object_class, name)?
        {
            return Ok(found);
        }
        vm.generic_get_attr(this.value(), name)
    }

    #[slot(descr_get)]
    fn get(vm: &Vm, this: Gc<PySuper>, instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        let Some(instance) = instance.filter(|instance| !instance.is_none() && this.object.get().is_none()) else {
            return Ok(this.value());
        };
        let Some(class) = this.class.get() else { return Ok(this.value()) };
        let own_class = vm.class_of(this.value());
        if own_class != vm.class::<PySuper>() {
            // A subclass is called, so that it can do as it likes.
            return vm.call(own_class.value(), &[class.value(), instance]);
        }
        let object_class = vm.super_check(class, instance)?;
        let bound = PySuper {
            header: Header::EMPTY,
            class: Slot::new(class),
            object: Slot::new(instance),
            object_class: Slot::new(object_class),
        };
        Ok(vm.alloc(bound)?.value())
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        let class = self.class.get().map_or_else(|| "NULL".to_owned(), |class| class.name_text());
        match self.object_class.get() {
            Some(object_class) => format!("<super: <class '{class}'>, <{} object>>", object_class.name_text()),
            None => format!("<super: <class '{class}'>, NULL>"),
        }
    }

    #[getter("__thisclass__", member, doc = "the class invoking super()")]
    fn this_class(&self) -> Option<Gc<PyType>> {
        self.class.get()
    }

    #[getter("__self__", member, doc = "the instance invoking super(); may be None")]
    fn get_self(&self) -> Option<Value> {
        self.object.get()
    }

    #[getter("__self_class__", member, doc = "the type of the instance invoking super(); may be None")]
    fn self_class(&self) -> Option<Gc<PyType>> {
        self.object_class.get()
    }
}
