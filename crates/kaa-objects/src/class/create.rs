//! Making a class from Python: `type.__new__`.

use super::layout::Slots;
use super::{GetSetDef, PyType, flags};
use crate::args::Args;
use crate::object::{Header, Slot};
use crate::types::cell::PyCell;
use crate::types::classmethod::PyClassMethod;
use crate::types::descriptors::{MemberKind, PyGetSetDescriptor, PyMemberDescriptor};
use crate::types::dict::{Entry, PyDict};
use crate::types::function::PyFunction;
use crate::types::object::PyObject;
use crate::types::staticmethod::PyStaticMethod;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm};

/// What the compiler leaves in a namespace for the maker of the class.
#[derive(Default)]
struct OfCompiler {
    qualname: Option<Value>,
    /// The cell through which functions see the class (`super()`).
    class_cell: Option<Value>,
    /// The cell through which annotation scopes see the class's dict.
    dict_cell: Option<Value>,
}

impl OfCompiler {
    /// Takes the value if the name, which is interned, is one of these.
    fn take(&mut self, vm: &Vm, name: Value, value: Value) -> bool {
        let names = vm.names();
        let place = match () {
            () if name == names.__qualname__.value() => &mut self.qualname,
            () if name == names.__classcell__.value() => &mut self.class_cell,
            () if name == names.__classdictcell__.value() => &mut self.dict_cell,
            () => return false,
        };
        *place = Some(value);
        true
    }
}

/// `type.__new__`: `metaclass(name, bases, namespace, **keywords)`.
pub(crate) fn type_new(vm: &Vm, metaclass: Gc<PyType>, args: Args<'_>) -> PyResult {
    let &[name, bases, namespace] = args.positionals() else {
        let given = args.positionals().len();
        return Err(vm.type_error(format_args!("type.__new__() takes exactly 3 arguments ({given} given)")));
    };
    let wrong = |position: usize, expected: &str, given: Value| {
        let given = vm.class_name(given);
        vm.type_error(format_args!("type.__new__() argument {position} must be {expected}, not {given}"))
    };
    let name = vm.cast::<PyStr>(name).ok_or_else(|| wrong(1, "str", name))?;
    let bases = vm.cast::<PyTuple>(bases).ok_or_else(|| wrong(2, "tuple", bases))?;
    let namespace = vm.cast::<PyDict>(namespace).ok_or_else(|| wrong(3, "dict", namespace))?;
    if !bases.is_empty() {
        vm.check_no_mro_entries(bases)?;
    }
    let winner = vm.calculate_metaclass(metaclass, bases.as_slice())?;
    if winner != metaclass {
        let own: super::slots::NewFn = type_new;
        match winner.slots().new {
            Some(new) if !std::ptr::fn_addr_eq(new, own) => return new(vm, winner, args),
            Some(_) => {}
            None => {
                let class = winner.name_text();
                return Err(vm.type_error(format_args!("cannot create '{class}' instances")));
            }
        }
    }
    let keywords = Args::with_keywords(&args.all()[3..], args.kwnames());
    vm.new_class(winner, name, bases, namespace, keywords)
}

impl Vm {
    fn check_no_mro_entries(&self, bases: Gc<PyTuple>) -> PyResult<()> {
        for &base in bases.as_slice() {
            if self.cast::<PyType>(base).is_none() && self.has_attr(base, self.names().__mro_entries__)? {
                return Err(self.type_error("type() doesn't support MRO entry resolution; use types.new_class()"));
            }
        }
        Ok(())
    }

    /// The most derived of the metaclasses of some bases and of `metaclass` itself.
    pub fn calculate_metaclass(&self, metaclass: Gc<PyType>, bases: &[Value]) -> PyResult<Gc<PyType>> {
        let mut winner = metaclass;
        for &base in bases {
            let other = self.class_of(base);
            if winner.is_subclass(other) {
                continue;
            }
            if !other.is_subclass(winner) {
                return Err(self.type_error(
                    "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the \
                     metaclasses of all its bases",
                ));
            }
            winner = other;
        }
        Ok(winner)
    }

    /// A new class; `metaclass` is the right one already. The keywords go to `__init_subclass__`.
    pub fn new_class(
        &self,
        metaclass: Gc<PyType>,
        name: Gc<PyStr>,
        bases: Gc<PyTuple>,
        namespace: Gc<PyDict>,
        keywords: Args<'_>,
    ) -> PyResult {
        let bases = if bases.is_empty() { self.new_tuple(&[self.class::<PyObject>().value()])? } else { bases };
        let base = self.best_base(bases)?;
        let (dict, of_compiler) = self.copy_namespace(name, namespace)?;
        let slots = self.read_slots(name, base, bases, dict)?;
        self.check_class_name(name)?;
        let class = self.make_class(metaclass, name, (base, bases), dict, slots, of_compiler)?;
        self.set_names(class)?;
        self.init_subclass(class, keywords)?;
        Ok(class.value())
    }

    /// A class as a `class` statement makes it, for native code, with a single base. `dict` becomes
    /// the class's own: names in it are interned, and none of them means anything to `type.__new__`.
    /// Attributes are not told of their names, nor the base of its new subclass.
    pub fn new_class_with_dict(&self, base: Gc<PyType>, name: Gc<PyStr>, dict: Gc<PyDict>) -> PyResult<Gc<PyType>> {
        let bases = self.new_tuple(&[base.value()])?;
        let slots = self.default_slots(base)?;
        self.make_class(self.class_of(base.value()), name, (base, bases), dict, slots, OfCompiler::default())
    }

    /// Makes a class object whose dict, bases and layout are known.
    fn make_class(
        &self,
        metaclass: Gc<PyType>,
        name: Gc<PyStr>,
        (base, bases): (Gc<PyType>, Gc<PyTuple>),
        dict: Gc<PyDict>,
        slots: Slots,
        of_compiler: OfCompiler,
    ) -> PyResult<Gc<PyType>> {
        let class = self.alloc_class_of(metaclass, base.native.get());
        class.is_native.set(false);
        class.name.set(self, class, name);
        class.qualname.set(self, class, self.check_qualname(name, of_compiler.qualname)?);
        class.base.set(self, class, base);
        class.bases.set(self, class, bases);
        class.dict.set(self, class, dict);
        self.lay_out(class, base, slots);
        self.set_cells(class, of_compiler)?;
        self.complete_dict(class, dict, slots)?;
        self.set_mro(class)?;
        self.inherit_collection_flag(class);
        for &base in bases.as_slice() {
            // SAFETY: the caller knows that bases are classes.
            self.add_subclass(unsafe { base.as_gc_unchecked() }, class)?;
        }
        self.fill_slots(class);
        self.register_finalizer(metaclass, class);
        Ok(class)
    }

    /// Patterns match a class as they do the first class of its MRO that says something about it.
    fn inherit_collection_flag(&self, class: Gc<PyType>) {
        let mro = class.mro.get_set();
        let mut bases = mro.as_slice().iter().skip(1).filter_map(|base| self.cast::<PyType>(*base));
        let flag = bases.find_map(|base| Some(base.flags.get() & flags::COLLECTION).filter(|flag| *flag != 0));
        class.flags.set(class.flags.get() & !flags::COLLECTION | flag.unwrap_or(0));
    }

    /// The class's own dict: the namespace with interned names, without what the compiler left there.
    fn copy_namespace(&self, name: Gc<PyStr>, namespace: Gc<PyDict>) -> PyResult<(Gc<PyDict>, OfCompiler)> {
        // `__dict__`, `__weakref__` and `__doc__` are added.
        const ADDED: usize = 3;
        let dict = self.new_dict()?;
        let mut of_compiler = OfCompiler::default();
        let is_interned = |entry: Entry| self.cast_exact::<PyStr>(entry.key).is_some_and(|name| name.is_interned());
        if namespace.iter().all(is_interned) {
            dict.copy_entries(self, namespace, ADDED, |entry| of_compiler.take(self, entry.key, entry.value))?;
            return Ok((dict, of_compiler));
        }
        dict.reserve(self, namespace.len() + ADDED)?;
        let mut has_other_keys = false;
        for position in 0..namespace.filled() {
            let Some(entry) = namespace.entry(position) else { continue };
            match self.cast_exact::<PyStr>(entry.key) {
                Some(name) => {
                    let name = self.intern_str(name);
                    if !of_compiler.take(self, name.value(), entry.value) {
                        dict.set_str(self, name, entry.value)?;
                    }
                }
                None => {
                    dict.set_hashed(self, entry.key, entry.hash, entry.value)?;
                    has_other_keys |= self.cast::<PyStr>(entry.key).is_none();
                }
            }
        }
        if has_other_keys && let Some(warn) = self.hooks.warn.get() {
            let text = format!("non-string key in the __dict__ of class {}", name.to_string_lossy());
            warn(self, self.exceptions().RuntimeWarning.value(), &text, 1)?;
        }
        Ok((dict, of_compiler))
    }

    /// Refuses names with null characters or surrogates.
    pub(crate) fn check_class_name(&self, name: Gc<PyStr>) -> PyResult<()> {
        self.check_encodable(name)?;
        if name.data().iter().any(|c| c == 0) {
            return Err(self.value_error("type name must not contain null characters"));
        }
        Ok(())
    }

    /// The class's `__qualname__`: its name where the namespace says nothing.
    fn check_qualname(&self, name: Gc<PyStr>, qualname: Option<Value>) -> PyResult<Gc<PyStr>> {
        let Some(qualname) = qualname else { return Ok(name) };
        self.cast::<PyStr>(qualname).ok_or_else(|| {
            let class = self.class_name(qualname);
            self.type_error(format_args!("type __qualname__ must be a str, not {class}"))
        })
    }

    /// Adds to a new class's dict what the language puts there.
    fn complete_dict(&self, class: Gc<PyType>, dict: Gc<PyDict>, slots: Slots) -> PyResult<()> {
        let names = self.names();
        if dict.get_interned(names.__module__).is_none()
            && let Some(globals) = self.hooks.caller_globals.get().and_then(|globals| globals(self))
            && let Some(module) = globals.get_str(self, names.__name__)
        {
            dict.set_str(self, names.__module__, module)?;
        }
        if let Some(new) = dict.get_interned(names.__new__)
            && self.cast_exact::<PyFunction>(new).is_some()
        {
            dict.set_str(self, names.__new__, PyStaticMethod::wrap(self, new)?)?;
        }
        for name in [names.__init_subclass__, names.__class_getitem__] {
            if let Some(function) = dict.get_interned(name)
                && self.cast_exact::<PyFunction>(function).is_some()
            {
                dict.set_str(self, name, PyClassMethod::wrap(self, function)?)?;
            }
        }
        let first = class.base.get_set().basic_size.get();
        let layout = class.native.get().layout;
        for (index, &member) in slots.members.as_slice().iter().enumerate() {
            // SAFETY: `read_slots` collected names.
            let name: Gc<PyStr> = unsafe { member.as_gc_unchecked() };
            let offset = first + 8 * index as u32;
            let (offset, kind) = match layout.variable {
                false => (offset, MemberKind::Required),
                true => ((offset - layout.size as u32) / 8, MemberKind::InArray),
            };
            let descriptor = PyMemberDescriptor {
                header: Header::EMPTY,
                name: Slot::new(name),
                class: Slot::new(class),
                offset,
                kind,
                doc: None,
            };
            dict.set_str(self, name, self.alloc(descriptor)?.value())?;
        }
        let added = [(slots.adds_dict, names.__dict__, &DICT), (slots.adds_weakref, names.__weakref__, &WEAKREF)];
        for (adds, name, def) in added {
            if adds && dict.get_interned(name).is_none() {
                let descriptor = PyGetSetDescriptor { header: Header::EMPTY, def, class: Slot::new(class) };
                dict.set_str(self, name, self.alloc(descriptor)?.value())?;
            }
        }
        match dict.get_interned(names.__doc__) {
            None => dict.set_str(self, names.__doc__, Value::NONE)?,
            // Native code reads it as UTF-8.
            Some(doc) if let Some(doc) = self.cast::<PyStr>(doc) => self.check_encodable(doc)?,
            Some(_) => {}
        }
        if dict.get_interned(names.__eq__).is_some() && dict.get_interned(names.__hash__).is_none() {
            dict.set_str(self, names.__hash__, Value::NONE)?;
        }
        Ok(())
    }

    /// Fills the cells through which the class's functions see the class (`super()`) and its
    /// namespace (annotation scopes).
    fn set_cells(&self, class: Gc<PyType>, of_compiler: OfCompiler) -> PyResult<()> {
        let contents = [
            ("__classcell__", of_compiler.class_cell, class.value()),
            ("__classdictcell__", of_compiler.dict_cell, class.dict.get_set().value()),
        ];
        for (name, cell, contents) in contents {
            let Some(cell) = cell else { continue };
            let Some(cell) = self.cast_exact::<PyCell>(cell) else {
                let class = self.repr_lossy(self.class_of(cell).value());
                return Err(self.type_error(format_args!("{name} must be a nonlocal cell, not {class}")));
            };
            cell.contents.set(self, cell, contents);
        }
        Ok(())
    }

    /// Calls `__set_name__` of the attributes that have it.
    fn set_names(&self, class: Gc<PyType>) -> PyResult<()> {
        let dict = class.dict.get_set();
        let name = self.names().__set_name__;
        let mut known = None;
        let has_any = dict.iter().any(|entry| {
            let class = self.class_of(entry.value);
            known != Some(class) && {
                known = Some(class);
                self.lookup(class, name).is_some()
            }
        });
        if !has_any {
            return Ok(());
        }
        let items = self.new_list(&[])?;
        for position in 0..dict.filled() {
            if let Some(entry) = dict.entry(position) {
                items.push(self, entry.key)?;
                items.push(self, entry.value)?;
            }
        }
        for pair in 0..items.len() / 2 {
            let (key, value) = (items.as_slice()[2 * pair], items.as_slice()[2 * pair + 1]);
            let Some(method) = self.lookup(self.class_of(value), name) else { continue };
            if let Err(raised) = self.call_unbound(method, value, Args::positional(&[class.value(), key])) {
                let exception = self.take_exception(raised);
                let (of, key, class) = (self.class_name(value), self.repr_lossy(key), class.name_text());
                let note = format!("Error calling __set_name__ on '{of}' instance {key} in '{class}'");
                self.add_note(exception, &note)?;
                return Err(self.raise_again(exception));
            }
        }
        Ok(())
    }

    /// Calls `super(class, class).__init_subclass__(**keywords)`.
    fn init_subclass(&self, class: Gc<PyType>, keywords: Args<'_>) -> PyResult<()> {
        let name = self.names().__init_subclass__;
        if !class.mro_slice().contains(&class.value()) {
            let class = class.name_text();
            return Err(self.type_error(format_args!(
                "super(type, obj): obj (type {class}) is not an instance or subtype of type ({class})."
            )));
        }
        let Some(method) = self.lookup_after(class, class, name) else { return Ok(()) };
        if keywords.is_empty() && self.lookup(self.class::<PyObject>(), name) == Some(method) {
            return Ok(());
        }
        let bound = match self.slots_of(method).descr_get {
            Some(get) => get(self, method, None, Some(class.value()))?,
            None => method,
        };
        self.call_args(bound, keywords).map(drop)
    }

    /// Finds an attribute in the classes that come after `after` in the MRO of `class`: what
    /// `super(after, ...)` looks in.
    pub fn lookup_after(&self, class: Gc<PyType>, after: Gc<PyType>, name: Gc<PyStr>) -> Option<Value> {
        let mro = class.mro_slice();
        let start = mro.iter().position(|&base| base == after.value())? + 1;
        mro[start..].iter().find_map(|&base| {
            // SAFETY: an MRO holds classes only.
            let base: Gc<PyType> = unsafe { base.as_gc_unchecked() };
            base.dict.get().and_then(|dict| dict.get_interned(name))
        })
    }
}

/// `__dict__` of instances of native types, where it cannot be deleted.
pub(crate) static NATIVE_DICT: GetSetDef = GetSetDef {
    name: "__dict__",
    doc: None,
    member: false,
    get: Some(instance_dict),
    set: Some(|vm: &Vm, this: Value, dict: Option<Value>| match dict {
        Some(_) => set_instance_dict(vm, this, dict),
        None => Err(vm.type_error("cannot delete __dict__")),
    }),
};

/// `__dict__` of instances of Python classes.
static DICT: GetSetDef = GetSetDef {
    name: "__dict__",
    doc: Some("dictionary for instance variables"),
    member: false,
    get: Some(|vm: &Vm, this: Value| match native_dict_descriptor(vm, this) {
        Some(descriptor) => match vm.slots_of(descriptor).descr_get {
            Some(get) => get(vm, descriptor, Some(this), Some(vm.class_of(this).value())),
            None => Ok(descriptor),
        },
        None => instance_dict(vm, this),
    }),
    set: Some(|vm: &Vm, this: Value, dict: Option<Value>| match native_dict_descriptor(vm, this) {
        Some(descriptor) if let Some(set) = vm.slots_of(descriptor).descr_set => set(vm, descriptor, this, dict),
        _ => set_instance_dict(vm, this, dict),
    }),
};

/// `__dict__`, for any native type whose instances have one.
pub(crate) fn instance_dict(vm: &Vm, this: Value) -> PyResult {
    match vm.instance_dict(this)? {
        Some(dict) => Ok(dict.value()),
        None => {
            let class = vm.class_name(this);
            Err(vm.raise_new(
                vm.exceptions().AttributeError,
                format_args!("'{class}' object has no attribute '__dict__'"),
            ))
        }
    }
}

/// The `__dict__` that a native type gives its instances, which is the right one for them even when
/// another base comes first in the MRO.
fn native_dict_descriptor(vm: &Vm, this: Value) -> Option<Value> {
    let class = vm.class_of(this);
    let native = vm.native_class(class.native.get());
    if native == class || native.base.get().is_none() {
        return None;
    }
    vm.lookup(native, vm.names().__dict__)
}

/// `this.__dict__ = dict`.
pub(crate) fn set_instance_dict(vm: &Vm, this: Value, dict: Option<Value>) -> PyResult<()> {
    let done = match dict {
        None => vm.clear_instance_dict(this)?,
        Some(dict) => match vm.cast::<PyDict>(dict) {
            Some(dict) => vm.set_instance_dict(this, dict),
            None => {
                let class = vm.class_name(dict);
                return Err(vm.type_error(format_args!("__dict__ must be set to a dictionary, not a '{class}'")));
            }
        },
    };
    if done {
        return Ok(());
    }
    let class = vm.class_name(this);
    Err(vm.raise_new(vm.exceptions().AttributeError, format_args!("'{class}' object has no attribute '__dict__'")))
}

/// `__weakref__` of instances of Python classes.
static WEAKREF: GetSetDef = GetSetDef {
    name: "__weakref__",
    doc: Some("list of weak references to the object"),
    member: false,
    get: Some(first_weakref),
    set: None,
};

fn first_weakref(vm: &Vm, this: Value) -> PyResult {
    let Some(object) = this.as_object() else { return Ok(Value::NONE) };
    // SAFETY: the object is live; what the table gives are live weak reference objects.
    unsafe {
        let first = vm.heap().weakrefs_of(object.as_ptr().cast()).next();
        Ok(first.and_then(|address| Value::from_bits(address as u64)).unwrap_or(Value::NONE))
    }
}
