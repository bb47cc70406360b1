//! `property`: a computed attribute of a Python class.

use std::cell::Cell;

use crate::object::{Header, Slot};
use crate::{Gc, PyResult, Raised, Trace, Value, Vm, ids, py_type};

/// A `property`.
#[repr(C)]
#[derive(Trace)]
pub struct PyProperty {
    pub(crate) header: Header,
    /// `fget`, or empty for `None`.
    pub fget: Slot,
    /// `fset`.
    pub fset: Slot,
    /// `fdel`.
    pub fdel: Slot,
    /// `__doc__` of a plain `property`; subclasses keep theirs as an attribute.
    pub doc: Slot,
    /// `__name__`, once it is set or the class was made.
    pub name: Slot,
    /// Whether the doc is the getter's.
    #[trace(skip)]
    pub getter_doc: Cell<bool>,
}

/// What was asked of a property.
#[derive(Clone, Copy)]
enum Missing {
    Getter,
    Setter,
    Deleter,
}

impl PyProperty {
    /// The `__name__`: set, or else that of the getter.
    fn find_name(&self, vm: &Vm) -> PyResult<Option<Value>> {
        match (self.name.get(), self.fget.get()) {
            (Some(name), _) => Ok(Some(name)),
            (None, Some(fget)) => vm.get_attr_optional(fget, vm.names().__name__),
            (None, None) => Ok(None),
        }
    }

    #[cold]
    fn missing(&self, vm: &Vm, what: Missing, object: Value) -> PyResult<Raised> {
        let what = match what {
            Missing::Getter => "getter",
            Missing::Setter => "setter",
            Missing::Deleter => "deleter",
        };
        let name = self.find_name(vm)?;
        let class = vm.class_qualname(vm.class_of(object)).to_string_lossy();
        let message = match name {
            Some(name) => {
                let name = vm.repr(name)?.to_string_lossy();
                format!("property {name} of '{class}' object has no {what}")
            }
            None => format!("property of '{class}' object has no {what}"),
        };
        Ok(vm.raise_new(vm.exceptions().AttributeError, message))
    }
}

impl Gc<PyProperty> {
    /// A property of the same class with some functions replaced.
    fn copy(self, vm: &Vm, get: Option<Value>, set: Option<Value>, del: Option<Value>) -> PyResult {
        let pick = |new: Option<Value>, old: &Slot| new.and_then(Value::not_none).or(old.get()).unwrap_or(Value::NONE);
        let (get, set, del) = (pick(get, &self.fget), pick(set, &self.fset), pick(del, &self.fdel));
        // A doc that came from the getter comes from the new one again.
        let doc = match self.getter_doc.get() && !get.is_none() {
            true => Value::NONE,
            false => self.doc.get().unwrap_or(Value::NONE),
        };
        let copy = vm.call(vm.class_of(self.value()).value(), &[get, set, del, doc])?;
        if let (Some(made), Some(name)) = (vm.cast::<PyProperty>(copy), self.name.get()) {
            made.name.set(vm, made, name);
        }
        Ok(copy)
    }
}

#[py_type(
    name = "property",
    id = ids::PROPERTY,
    flags(BASETYPE),
    doc = "Property attribute.\n\n  fget\n    function to be used for getting an attribute value\n  fset\n    function to be used for \
           setting an attribute value\n  fdel\n    function to be used for del'ing an attribute\n  doc\n    docstring\n\nTypical use \
           is to define a managed attribute x:\n\nclass C(object):\n    def getx(self): return self._x\n    def setx(self, value): \
           self._x = value\n    def delx(self): del self._x\n    x = property(getx, setx, delx, \"I'm the 'x' property.\")\n\n\
           Decorators make defining new properties or modifying existing ones easy:\n\nclass C(object):\n    @property\n    def \
           x(self):\n        \"I am the 'x' property.\"\n        return self._x\n    @x.setter\n    def x(self, value):\n        \
           self._x = value\n    @x.deleter\n    def x(self):\n        del self._x"
)]
impl PyProperty {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<crate::class::PyType>, _args: crate::Args<'_>) -> PyResult<Gc<PyProperty>> {
        let property = PyProperty {
            header: Header::EMPTY,
            fget: Slot::empty(),
            fset: Slot::empty(),
            fdel: Slot::empty(),
            doc: Slot::empty(),
            name: Slot::empty(),
            getter_doc: Cell::new(false),
        };
        vm.alloc_instance(class, property)
    }

    #[init("property(fget=None, fset=None, fdel=None, doc=None)")]
    fn init(
        vm: &Vm,
        this: Gc<PyProperty>,
        fget: Option<Value>,
        fset: Option<Value>,
        fdel: Option<Value>,
        doc: Option<Value>,
    ) -> PyResult<()> {
        this.fget.set_maybe(vm, this, fget);
        this.fset.set_maybe(vm, this, fset);
        this.fdel.set_maybe(vm, this, fdel);
        this.doc.clear();
        this.name.clear();
        this.getter_doc.set(false);
        let names = vm.names();
        let mut doc = doc;
        if doc.is_none()
            && let Some(fget) = fget
        {
            doc = vm.get_attr_optional(fget, names.__doc__)?.and_then(Value::not_none);
            this.getter_doc.set(doc.is_some());
        }
        if vm.class_of(this.value()) == vm.class::<PyProperty>() {
            this.doc.set_maybe(vm, this, doc);
            return Ok(());
        }
        // A subclass has a `__doc__` of its own, which would hide the one kept here.
        let result = vm.set_attr(this.value(), names.__doc__, doc.unwrap_or(Value::NONE));
        match vm.catch(result, vm.exceptions().AttributeError)? {
            // A doc that was given is dropped when there is no place for it; one of the getter is not.
            Err(error) if this.getter_doc.get() => Err(vm.raise_again(error)),
            _ => Ok(()),
        }
    }

    #[slot(descr_get)]
    fn get(vm: &Vm, this: Gc<PyProperty>, instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        let Some(instance) = instance else { return Ok(this.value()) };
        match this.fget.get() {
            Some(fget) => vm.call(fget, &[instance]),
            None => Err(this.missing(vm, Missing::Getter, instance)?),
        }
    }

    #[slot(descr_set)]
    fn set(&self, vm: &Vm, instance: Value, value: Option<Value>) -> PyResult<()> {
        match (value, self.fset.get(), self.fdel.get()) {
            (Some(value), Some(fset), _) => vm.call(fset, &[instance, value]).map(drop),
            (Some(_), None, _) => Err(self.missing(vm, Missing::Setter, instance)?),
            (None, _, Some(fdel)) => vm.call(fdel, &[instance]).map(drop),
            (None, _, None) => Err(self.missing(vm, Missing::Deleter, instance)?),
        }
    }

    #[method("getter($self, object, /)", doc = "Descriptor to obtain a copy of the property with a different getter.")]
    fn getter(vm: &Vm, this: Gc<PyProperty>, object: Value) -> PyResult {
        this.copy(vm, Some(object), None, None)
    }

    #[method("setter($self, object, /)", doc = "Descriptor to obtain a copy of the property with a different setter.")]
    fn setter(vm: &Vm, this: Gc<PyProperty>, object: Value) -> PyResult {
        this.copy(vm, None, Some(object), None)
    }

    #[method(
        "deleter($self, object, /)",
        doc = "Descriptor to obtain a copy of the property with a different deleter."
    )]
    fn deleter(vm: &Vm, this: Gc<PyProperty>, object: Value) -> PyResult {
        this.copy(vm, None, None, Some(object))
    }

    #[method("__set_name__", raw, signature = "($self, owner, name, /)", doc = "Method to set name of a property.")]
    fn set_owner_name(vm: &Vm, this: Gc<PyProperty>, args: crate::Args<'_>) -> PyResult<()> {
        match *args.positionals() {
            [_, name] => {
                this.name.set(vm, this, name);
                Ok(())
            }
            ref other => Err(vm.type_error(format_args!(
                "__set_name__() takes 2 positional arguments but {} were given",
                other.len()
            ))),
        }
    }

    #[getter("fget", member)]
    fn get_fget(&self) -> Option<Value> {
        self.fget.get()
    }

    #[getter("fset", member)]
    fn get_fset(&self) -> Option<Value> {
        self.fset.get()
    }

    #[getter("fdel", member)]
    fn get_fdel(&self) -> Option<Value> {
        self.fdel.get()
    }

    #[getter("__doc__", member)]
    fn get_doc(&self) -> Option<Value> {
        self.doc.get()
    }

    #[setter("__doc__")]
    fn set_doc(vm: &Vm, this: Gc<PyProperty>, value: Option<Value>) {
        this.doc.set_maybe(vm, this, value);
    }

    #[getter("__name__")]
    fn get_name(vm: &Vm, this: Gc<PyProperty>) -> PyResult {
        match this.find_name(vm)? {
            Some(name) => Ok(name),
            None => Err(vm.attribute_error(
                "'property' object has no attribute '__name__'",
                this.value(),
                vm.names().__name__,
            )),
        }
    }

    #[setter("__name__")]
    fn set_name(vm: &Vm, this: Gc<PyProperty>, value: Option<Value>) {
        this.name.set_maybe(vm, this, value);
    }

    #[getter("__isabstractmethod__")]
    fn is_abstract(&self, vm: &Vm) -> PyResult<bool> {
        Ok(vm.is_abstract_method(self.fget.get())?
            || vm.is_abstract_method(self.fset.get())?
            || vm.is_abstract_method(self.fdel.get())?)
    }
}
