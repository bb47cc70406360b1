//! `type`: the class of classes. How classes are called, their attributes read and set, and the
//! methods of classes; making them is [`crate::class::create`].

mod annotations;
mod attributes;
mod bases;

pub(crate) use attributes::split_doc;

use crate::args::Args;
use crate::class::{PyType, create, flags};
use crate::types::descriptors::PyMemberDescriptor;
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::vm::AccessChange;
use crate::{Gc, PyResult, Value, Vm, ids, py_type};

#[py_type(
    name = "type",
    id = ids::TYPE,
    flags(BASETYPE, TYPE_SUBCLASS, MANAGED_WEAKREF),
    parts(attributes::ATTRIBUTES, bases::ATTRIBUTES, annotations::ATTRIBUTES),
    doc = "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type"
)]
impl PyType {
    #[new(raw)]
    fn new(vm: &Vm, metaclass: Gc<PyType>, args: Args<'_>) -> PyResult {
        create::type_new(vm, metaclass, args)
    }

    #[init(raw)]
    fn init(vm: &Vm, _this: Value, args: Args<'_>) -> PyResult<()> {
        let given = args.positionals().len();
        if given == 1 && args.kwnames().is_some() {
            return Err(vm.type_error("type.__init__() takes no keyword arguments"));
        }
        if given != 1 && given != 3 {
            return Err(vm.type_error("type.__init__() takes 1 or 3 arguments"));
        }
        Ok(())
    }

    /// Calls the class: makes an instance and initializes it.
    #[slot(call)]
    fn call(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
        if class == vm.class::<PyType>() {
            match *args.all() {
                [value] if args.kwnames().is_none() => return Ok(vm.class_of(value).value()),
                _ if args.positionals().len() != 3 => return Err(vm.type_error("type() takes 1 or 3 arguments")),
                _ => {}
            }
        }
        let Some(new) = class.slots().new else {
            return Err(vm.type_error(format_args!("cannot create '{}' instances", class.name_text())));
        };
        let made = new(vm, class, args)?;
        let made_class = vm.class_of(made);
        if made_class != class && !made_class.is_subclass(class) {
            return Ok(made);
        }
        if let Some(init) = made_class.slots().init {
            init(vm, made, args)?;
        }
        Ok(made)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, class: Gc<PyType>) -> PyResult<Gc<PyStr>> {
        let name = vm.qualified_class_name(class)?;
        vm.new_str(&format!("<class '{name}'>"))
    }

    /// `class.name`: a data descriptor of the metaclass, then the class's own attributes and those
    /// of its bases, then any other attribute of the metaclass.
    #[slot(getattro)]
    fn get_attribute(vm: &Vm, class: Gc<PyType>, name: Gc<PyStr>) -> PyResult {
        match Self::attribute_or_none(vm, class, name)? {
            Some(found) => Ok(found),
            None => Err(vm.no_class_attribute(class, name)),
        }
    }

    #[slot(setattro)]
    fn set_attribute(vm: &Vm, class: Gc<PyType>, name: Gc<PyStr>, value: Option<Value>) -> PyResult<()> {
        if class.has_flag(flags::IMMUTABLETYPE) {
            vm.check_mutable(class, &name.to_string_lossy())?;
        }
        let metaclass = vm.class_of(class.value());
        if let Some(attribute) = vm.lookup(metaclass, name)
            && let Some(set) = vm.slots_of(attribute).descr_set
        {
            return set(vm, attribute, class.value(), value);
        }
        vm.set_class_attribute(class, name, value)
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, left: Value, right: Value) -> PyResult {
        vm.union_of(left, right)
    }

    #[method("mro($self, /)", doc = "Return a type's method resolution order.")]
    fn mro_method(vm: &Vm, class: Gc<PyType>) -> PyResult<Gc<PyList>> {
        let mro = vm.c3_mro(class)?;
        vm.new_list(mro.as_slice())
    }

    #[method("__subclasses__($self, /)", doc = "Return a list of immediate subclasses.")]
    fn subclasses_method(vm: &Vm, class: Gc<PyType>) -> PyResult<Gc<PyList>> {
        vm.subclass_list(class)
    }

    #[classmethod(
        "__prepare__",
        raw,
        signature = "($cls, name, bases, /, **kwds)",
        doc = "Create the namespace for the class statement"
    )]
    fn prepare(vm: &Vm, _class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyDict>> {
        vm.new_dict()
    }

    #[method("__instancecheck__($self, instance, /)", doc = "Check if an object is an instance.")]
    fn instance_check(vm: &Vm, class: Gc<PyType>, instance: Value) -> PyResult<bool> {
        vm.isinstance_real(instance, class.value())
    }

    #[method("__subclasscheck__($self, subclass, /)", doc = "Check if a class is a subclass.")]
    fn subclass_check(vm: &Vm, class: Gc<PyType>, subclass: Value) -> PyResult<bool> {
        vm.issubclass_real(subclass, class.value())
    }

    #[method("__dir__($self, /)", doc = "Specialized __dir__ implementation for types.")]
    fn dir(vm: &Vm, class: Gc<PyType>) -> PyResult<Gc<PyList>> {
        let names = vm.new_dict()?;
        vm.add_names_of_class(names, class.value())?;
        vm.keys_of(names)
    }

    #[method("__sizeof__($self, /)", doc = "Return memory consumption of the type object.")]
    fn sizeof(vm: &Vm, class: Gc<PyType>) -> usize {
        vm.heap().size_of(class.as_ptr().cast())
    }
}

impl PyType {
    /// `class.name` as a plain metaclass finds it, or nothing: no error is made to be caught.
    #[inline]
    pub(crate) fn attribute_or_none(vm: &Vm, class: Gc<PyType>, name: Gc<PyStr>) -> PyResult<Option<Value>> {
        let metaclass = vm.class_of(class.value());
        let of_metaclass = vm.lookup(metaclass, name);
        let mut meta_get = None;
        if let Some(attribute) = of_metaclass {
            let slots = vm.slots_of(attribute);
            meta_get = slots.descr_get;
            if let Some(get) = meta_get
                && slots.descr_set.is_some()
            {
                return get(vm, attribute, Some(class.value()), Some(metaclass.value())).map(Some);
            }
        }
        if let Some(attribute) = vm.lookup(class, name) {
            return match vm.slots_of(attribute).descr_get {
                Some(get) => get(vm, attribute, None, Some(class.value())).map(Some),
                None => Ok(Some(attribute)),
            };
        }
        match (of_metaclass, meta_get) {
            (Some(attribute), Some(get)) => get(vm, attribute, Some(class.value()), Some(metaclass.value())).map(Some),
            (Some(attribute), None) => Ok(Some(attribute)),
            (None, _) => Ok(None),
        }
    }
}

impl Vm {
    /// `AttributeError` for an attribute that a class lacks.
    #[cold]
    pub fn no_class_attribute(&self, class: Gc<PyType>, name: Gc<PyStr>) -> crate::Raised {
        let (class_name, text) = (class.name_text(), name.to_string_lossy());
        self.attribute_error(format_args!("type object '{class_name}' has no attribute '{text}'"), class.value(), name)
    }

    /// Refuses to change a class that cannot be changed.
    pub(crate) fn check_mutable(&self, class: Gc<PyType>, attribute: &str) -> PyResult<()> {
        if class.has_flag(flags::IMMUTABLETYPE) {
            let name = class.name_text();
            return Err(self.type_error(format_args!("cannot set '{attribute}' attribute of immutable type '{name}'")));
        }
        Ok(())
    }

    /// To be called when attributes of instances of a class may mean something else although no
    /// shape changed.
    pub(crate) fn attribute_access_changed(&self, class: Gc<PyType>) {
        if self.take_attributes_cached(class) {
            self.forget_attribute_caches(AccessChange::Instances(class));
        }
    }

    /// To be called when objects of a class may have become descriptors of another kind: that
    /// changes what classes mean which have such objects as attributes.
    pub(crate) fn descriptors_changed(&self, class: Gc<PyType>) {
        self.attribute_cache.clear();
        self.forget_attribute_caches(AccessChange::Descriptors(class));
    }

    fn forget_attribute_caches(&self, change: AccessChange) {
        if let Some(forget) = self.hooks.forget_attribute_caches.get() {
            forget(self, change);
        }
    }

    /// Whether inline caches rely on instances of the class or of one that derives from it; they
    /// are about to be forgotten.
    fn take_attributes_cached(&self, class: Gc<PyType>) -> bool {
        let own = class.attributes_cached.replace(false);
        self.subclasses(class).fold(own, |any, subclass| self.take_attributes_cached(subclass) | any)
    }

    /// Whether the attribute is a `__slots__` member for instances of the class, or of one that
    /// derives from it, on whose place inline caches rely.
    fn is_cached_member(&self, class: Gc<PyType>, name: Gc<PyStr>) -> bool {
        class.attributes_cached.get()
            && self.lookup(class, name).is_some_and(|found| self.cast_exact::<PyMemberDescriptor>(found).is_some())
            || self.subclasses(class).any(|subclass| self.is_cached_member(subclass, name))
    }

    /// Sets or deletes an attribute in the class's own dict. Caches and slots follow.
    pub fn set_class_attribute(&self, class: Gc<PyType>, name: Gc<PyStr>, value: Option<Value>) -> PyResult<()> {
        let dict = class.dict.get_set();
        let hides_member = self.is_cached_member(class, name);
        match value {
            Some(value) => dict.set_str(self, name, value)?,
            None if dict.remove_str(self, name).is_none() => return Err(self.no_class_attribute(class, name)),
            None => {}
        }
        self.class_modified(class);
        if hides_member || value.is_some_and(|value| self.slots_of(value).descr_set.is_some()) {
            self.attribute_access_changed(class);
        }
        if let Some(name) = name.as_ascii().filter(|name| name.starts_with("__") && name.ends_with("__")) {
            self.update_slots_of_name(class, name);
            match name {
                "__getattribute__" | "__setattr__" | "__delattr__" => self.attribute_access_changed(class),
                "__get__" | "__set__" | "__delete__" => self.descriptors_changed(class),
                _ => {}
            }
        }
        Ok(())
    }

    /// `__bases__` as a tuple.
    pub fn class_bases(&self, class: Gc<PyType>) -> Gc<PyTuple> {
        class.bases.get_set()
    }
}
