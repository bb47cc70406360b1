//! `object`: the base of all classes.

mod class_assignment;
mod reduce;

pub(crate) use class_assignment::check_compatible;

use crate::args::Args;
use crate::class::{CompareOp, PyType, flags};
use crate::object::Header;
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::{Gc, Native, PyResult, Value, Vm, ids, py_type};

/// A plain `object()`.
#[repr(C)]
pub struct PyObject {
    /// The header word.
    pub header: Header,
}

/// Whether the class makes and initializes its instances as `object` does.
fn has_slots_of_object(class: Gc<PyType>) -> (bool, bool) {
    let object = &PyObject::def().slots;
    let new = match (class.slots().new, object.new) {
        (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
        _ => false,
    };
    let init = match (class.slots().init, object.init) {
        (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
        _ => false,
    };
    (new, init)
}

#[py_type(
    name = "object",
    base = none,
    id = ids::OBJECT,
    layout = values,
    flags(BASETYPE),
    parts(reduce::METHODS, class_assignment::ATTRIBUTES),
    doc = "object()\n--\n\nThe base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new \
           featureless\ninstance that has no instance attributes and cannot be given any.\n"
)]
impl PyObject {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyObject>> {
        if !args.is_empty() {
            let (own_new, own_init) = has_slots_of_object(class);
            if !own_new {
                return Err(vm.type_error("object.__new__() takes exactly one argument (the type to instantiate)"));
            }
            if own_init {
                return Err(vm.type_error(format_args!("{}() takes no arguments", class.name_text())));
            }
        }
        if class.has_flag(flags::IS_ABSTRACT) {
            return Err(vm.abstract_class_error(class));
        }
        vm.alloc_instance(class, PyObject { header: Header::EMPTY })
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Value, args: Args<'_>) -> PyResult<()> {
        if !args.is_empty() {
            let class = vm.class_of(this);
            let (own_new, own_init) = has_slots_of_object(class);
            let who = match (own_init, own_new) {
                (false, _) => "object".to_owned(),
                (true, true) => class.name_text(),
                (true, false) => return Ok(()),
            };
            return Err(
                vm.type_error(format_args!("{who}.__init__() takes exactly one argument (the instance to initialize)"))
            );
        }
        Ok(())
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Value) -> PyResult<Gc<PyStr>> {
        let address = vm.identity(this);
        let name = vm.qualified_class_name(vm.class_of(this))?;
        vm.new_str(&format!("<{name} object at {address:#x}>"))
    }

    #[slot(str)]
    fn str(vm: &Vm, this: Value) -> PyResult<Gc<PyStr>> {
        vm.repr(this)
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Value) -> i64 {
        vm.identity(this).rotate_right(4) as i64
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Value, other: Value, op: CompareOp) -> PyResult {
        match op {
            CompareOp::Eq if vm.is_same(this, other) => Ok(Value::TRUE),
            CompareOp::Ne => {
                // By default `!=` is the opposite of `==`.
                let Some(compare) = vm.slots_of(this).richcompare else { return Ok(Value::NOT_IMPLEMENTED) };
                let equal = compare(vm, this, other, CompareOp::Eq)?;
                if equal.is_not_implemented() { Ok(equal) } else { Ok(Value::bool(!vm.truth(equal)?)) }
            }
            _ => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(getattro)]
    fn get_attribute(vm: &Vm, this: Value, name: Gc<PyStr>) -> PyResult {
        vm.generic_get_attr(this, name)
    }

    #[slot(setattro)]
    fn set_attribute(vm: &Vm, this: Value, name: Gc<PyStr>, value: Option<Value>) -> PyResult<()> {
        vm.generic_set_attr(this, name, value)
    }

    #[classmethod(
        "__subclasshook__($type, object, /)",
        doc = "Abstract classes can override this to customize issubclass().\n\nThis is invoked early on by abc.ABCMeta.__subclasscheck__().\nIt should return True, False or NotImplemented.  If it returns\nNotImplemented, the normal algorithm is used.  Otherwise, it\noverrides the normal algorithm (and the outcome is cached).\n"
    )]
    fn subclass_hook(_class: Gc<PyType>, _subclass: Value) -> Value {
        Value::NOT_IMPLEMENTED
    }

    #[classmethod(
        "__init_subclass__",
        raw,
        signature = "($type, /)",
        doc = "This method is called when a class is subclassed.\n\nThe default implementation does nothing. It may be\noverridden to extend subclasses."
    )]
    fn init_subclass(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<()> {
        let name = || vm.class_qualname(class).to_string_lossy();
        if args.kwnames().is_some() {
            return Err(vm.type_error(format_args!("{}.__init_subclass__() takes no keyword arguments", name())));
        }
        match args.all().len() {
            0 => Ok(()),
            given => {
                Err(vm.type_error(format_args!("{}.__init_subclass__() takes no arguments ({given} given)", name())))
            }
        }
    }

    #[method(
        "__format__($self, format_spec, /)",
        doc = "Default object formatter.\n\nReturn str(self) if format_spec is empty. Raise TypeError otherwise."
    )]
    fn format(vm: &Vm, this: Value, format_spec: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        if !format_spec.is_empty() {
            let class = vm.class_name(this);
            return Err(vm.type_error(format_args!("unsupported format string passed to {class}.__format__")));
        }
        vm.str(this)
    }

    #[method("__sizeof__($self, /)", doc = "Size of object in memory, in bytes.")]
    fn sizeof(vm: &Vm, this: Value) -> usize {
        match this.as_object() {
            Some(object) => vm.heap().size_of(object.as_ptr().cast()),
            None => size_of::<Value>(),
        }
    }

    #[method("__dir__($self, /)", doc = "Default dir() implementation.")]
    fn dir(vm: &Vm, this: Value) -> PyResult<Gc<PyList>> {
        let names = vm.new_dict()?;
        if let Some(own) = vm.get_attr_optional(this, vm.names().__dict__)?
            && let Some(own) = vm.cast::<PyDict>(own)
        {
            vm.add_names_of_dict(names, own)?;
        }
        if let Some(class) = vm.get_attr_optional(this, vm.names().__class__)? {
            vm.add_names_of_class(names, class)?;
        }
        vm.keys_of(names)
    }
}

impl Vm {
    /// `id(value)`: the object stays where it is from now on. Immediate values have their word.
    pub fn identity(&self, value: Value) -> usize {
        match value.as_object() {
            Some(object) => self.pin(object),
            None => value.bits() as usize,
        }
    }

    /// `module.qualname` of a class, without the module for builtins: CPython's `%T`.
    pub fn qualified_class_name(&self, class: Gc<PyType>) -> PyResult<String> {
        let module = self.class_module(class)?;
        let name = self.class_qualname(class);
        Ok(match module.and_then(|module| self.cast::<PyStr>(module)) {
            Some(module) if !module.equals_str("builtins") => {
                format!("{}.{}", module.to_string_lossy(), name.to_string_lossy())
            }
            _ => class.name_text(),
        })
    }

    /// The class of a value as messages with CPython's `%T` name it: with module and qualified
    /// name, without the modules `builtins` and `__main__`.
    pub fn full_class_name(&self, value: Value) -> String {
        match self.qualified_class_name(self.class_of(value)) {
            Ok(name) => name.strip_prefix("__main__.").map(str::to_owned).unwrap_or(name),
            Err(raised) => {
                self.take_exception(raised);
                self.class_name(value)
            }
        }
    }

    #[cold]
    fn abstract_class_error(&self, class: Gc<PyType>) -> crate::Raised {
        let build = || -> PyResult<String> {
            let methods = self.get_attr(class.value(), self.names().__abstractmethods__)?;
            let methods = self.list_from(methods)?;
            let mut names: Vec<String> = Vec::new();
            for index in 0..methods.len() {
                let Some(name) = methods.get(index) else { break };
                match self.cast::<PyStr>(name) {
                    Some(name) => names.push(name.to_string_lossy()),
                    None => {
                        let class = self.class_name(name);
                        return Err(
                            self.type_error(format_args!("sequence item 0: expected str instance, {class} found"))
                        );
                    }
                }
            }
            names.sort();
            let s = if names.len() == 1 { "" } else { "s" };
            let class = class.name_text();
            let names = names.join("', '");
            Ok(format!(
                "Can't instantiate abstract class {class} without an implementation for abstract method{s} '{names}'"
            ))
        };
        match build() {
            Ok(message) => self.type_error(message),
            Err(raised) => raised,
        }
    }

    /// Adds the keys of a dict to another one.
    pub(crate) fn add_names_of_dict(&self, names: Gc<PyDict>, dict: Gc<PyDict>) -> PyResult<()> {
        for position in 0..dict.filled() {
            if let Some(entry) = dict.entry(position) {
                names.set_hashed(self, entry.key, entry.hash, Value::NONE)?;
            }
        }
        Ok(())
    }

    /// Adds the attribute names of a class and its bases, as `dir` finds them.
    pub(crate) fn add_names_of_class(&self, names: Gc<PyDict>, class: Value) -> PyResult<()> {
        self.check_stack(" in dir()")?;
        if let Some(class) = self.cast_exact::<PyType>(class) {
            for &base in class.mro_slice() {
                // SAFETY: an MRO holds classes only.
                let base: Gc<PyType> = unsafe { base.as_gc_unchecked() };
                if let Some(dict) = base.dict.get() {
                    self.add_names_of_dict(names, dict)?;
                }
            }
            return Ok(());
        }
        if let Some(dict) = self.get_attr_optional(class, self.names().__dict__)? {
            let keys = match self.cast::<PyDict>(dict) {
                Some(dict) => dict.value(),
                None => self.call_method(dict, self.names().keys, &[])?,
            };
            match self.cast::<PyDict>(keys) {
                Some(dict) => self.add_names_of_dict(names, dict)?,
                None => self.for_each(keys, |key| names.set(self, key, Value::NONE))?,
            }
        }
        if let Some(bases) = self.get_attr_optional(class, self.names().__bases__)?
            && self.is_sequence(bases)
        {
            let bases = self.tuple_from(bases)?;
            for &base in bases.as_slice() {
                self.add_names_of_class(names, base)?;
            }
        }
        Ok(())
    }

    /// The keys of a dict as a list.
    pub(crate) fn keys_of(&self, dict: Gc<PyDict>) -> PyResult<Gc<PyList>> {
        let keys = self.new_list(&[])?;
        for position in 0..dict.filled() {
            if let Some(entry) = dict.entry(position) {
                keys.push(self, entry.key)?;
            }
        }
        Ok(keys)
    }
}
