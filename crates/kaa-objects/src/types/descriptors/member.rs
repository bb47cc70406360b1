//! `member_descriptor`: a field of an object that is read and written as it is.

use crate::class::{GetSetDef, PyType};
use crate::object::{Header, Object, Slot};
use crate::types::arrays::ValueArray;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Raised, Trace, Value, Vm, ids, py_type};

/// A field of an object: what a name in `__slots__` becomes.
#[repr(C)]
#[derive(Trace)]
pub struct PyMemberDescriptor {
    pub(crate) header: Header,
    /// `__name__`.
    pub name: Slot<Gc<PyStr>>,
    /// `__objclass__`.
    pub class: Slot<Gc<PyType>>,
    /// Byte offset of the field, a slot for a value, in instances; its index for
    /// [`MemberKind::InArray`].
    pub offset: u32,
    /// What an empty field means, and whether it can be set.
    #[trace(skip)]
    pub kind: MemberKind,
    /// `__doc__`.
    #[trace(skip)]
    pub doc: Option<&'static str>,
}

/// How a member is read and written.
#[derive(Clone, Copy)]
pub enum MemberKind {
    /// An empty field is a missing attribute: members of `__slots__`.
    Required,
    /// As `Required`, in the array to which the last but one word of an instance refers: members
    /// of `__slots__` of variable layouts. The array is made when a member is first set.
    InArray,
    /// An empty field reads as `None`.
    Optional,
    /// As `Optional`, and it cannot be set.
    ReadOnly,
    /// Functions read and write it, as Kaa keeps it in another form than CPython does.
    Computed(&'static GetSetDef),
}

impl MemberKind {
    /// Whether an empty field is a missing attribute.
    fn is_required(self) -> bool {
        matches!(self, MemberKind::Required | MemberKind::InArray)
    }
}

impl PyMemberDescriptor {
    /// A member that functions read and write.
    pub(crate) fn computed(vm: &Vm, class: Gc<PyType>, def: &'static GetSetDef) -> PyResult<Gc<PyMemberDescriptor>> {
        vm.alloc(PyMemberDescriptor {
            header: Header::EMPTY,
            name: Slot::new(vm.intern(def.name)),
            class: Slot::new(class),
            offset: 0,
            kind: MemberKind::Computed(def),
            doc: def.doc,
        })
    }

    /// Refuses instances of other classes.
    fn check(&self, vm: &Vm, instance: Value) -> PyResult<()> {
        let class = self.class.get_set();
        match vm.is_instance(instance, class) {
            true => Ok(()),
            false => Err(vm.descriptor_mismatch(&self.name.get_set().to_string_lossy(), class, instance)),
        }
    }

    /// The word of an instance that refers to the array of its members, once its class was checked.
    fn array_word<'a>(&self, vm: &Vm, instance: &'a Value) -> PyResult<(Gc<Object>, &'a Slot<Gc<ValueArray>>)> {
        self.check(vm, *instance)?;
        let Some(object) = instance.as_object() else { return Err(self.empty(vm)) };
        // SAFETY: instances of variable layouts whose classes have members end with two such words.
        let word = unsafe { &*object.as_ptr().cast::<u8>().add(vm.heap().size_of(object.as_ptr().cast()) - 16).cast() };
        Ok((object, word))
    }

    fn set_in_array(&self, vm: &Vm, instance: Value, value: Option<Value>) -> PyResult<()> {
        let (object, word) = self.array_word(vm, &instance)?;
        let members = match word.get() {
            Some(members) => members,
            None => {
                let class = vm.class_of(instance);
                let count = (class.basic_size.get() as usize - class.native.get().layout.size) / 8;
                let members = vm.new_value_array(count)?;
                word.set(vm, object, members);
                members
            }
        };
        let slot = &members.slots()[self.offset as usize];
        match value {
            Some(value) => slot.set(vm, members, value),
            None if slot.get().is_none() => return Err(self.empty(vm)),
            None => slot.clear(),
        }
        Ok(())
    }

    /// An empty member cannot be deleted.
    #[cold]
    fn empty(&self, vm: &Vm) -> Raised {
        vm.raise_new(vm.exceptions().AttributeError, self.name.get_set().to_string_lossy())
    }

    #[cold]
    fn read_only(&self, vm: &Vm, instance: Value) -> Raised {
        match self.check(vm, instance) {
            Ok(()) => vm.raise_new(vm.exceptions().AttributeError, "readonly attribute"),
            Err(raised) => raised,
        }
    }

    /// The slot of an instance, once its class was checked.
    fn slot<'a>(&self, vm: &Vm, instance: &'a Value) -> PyResult<(Gc<Object>, &'a Slot)> {
        self.check(vm, *instance)?;
        match instance.as_object() {
            // SAFETY: instances of the class have a slot there, as its maker laid them out.
            Some(object) => Ok((object, unsafe { &*object.as_ptr().cast::<u8>().add(self.offset as usize).cast() })),
            None => {
                Err(vm.descriptor_mismatch(&self.name.get_set().to_string_lossy(), self.class.get_set(), *instance))
            }
        }
    }
}

#[py_type(name = "member_descriptor", id = ids::MEMBER_DESCRIPTOR)]
impl PyMemberDescriptor {
    #[slot(descr_get)]
    fn get(vm: &Vm, this: Gc<PyMemberDescriptor>, instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        let Some(instance) = instance else { return Ok(this.value()) };
        if let MemberKind::Computed(GetSetDef { get: Some(get), .. }) = this.kind {
            this.check(vm, instance)?;
            return get(vm, instance);
        }
        let value = match this.kind {
            MemberKind::InArray => match this.array_word(vm, &instance)?.1.get() {
                Some(members) => members.slots()[this.offset as usize].get(),
                None => None,
            },
            _ => this.slot(vm, &instance)?.1.get(),
        };
        if let Some(value) = value {
            return Ok(value);
        }
        if !this.kind.is_required() {
            return Ok(Value::NONE);
        }
        let class = vm.qualified_class_name(vm.class_of(instance))?;
        let class = class.strip_prefix("__main__.").unwrap_or(&class);
        let name = this.name.get_set();
        let text = name.to_string_lossy();
        Err(vm.attribute_error(format_args!("'{class}' object has no attribute '{text}'"), instance, name))
    }

    #[slot(descr_set)]
    fn set(&self, vm: &Vm, instance: Value, value: Option<Value>) -> PyResult<()> {
        let set = match self.kind {
            MemberKind::InArray => return self.set_in_array(vm, instance, value),
            MemberKind::Required | MemberKind::Optional => None,
            MemberKind::ReadOnly => return Err(self.read_only(vm, instance)),
            MemberKind::Computed(def) => Some(def.set.ok_or_else(|| self.read_only(vm, instance))?),
        };
        if let Some(set) = set {
            self.check(vm, instance)?;
            return set(vm, instance, value);
        }
        let (object, slot) = self.slot(vm, &instance)?;
        match value {
            Some(value) => slot.set(vm, object, value),
            None if slot.get().is_none() && self.kind.is_required() => return Err(self.empty(vm)),
            None => slot.clear(),
        }
        Ok(())
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        let name = self.name.get_set().to_string_lossy();
        format!("<member '{name}' of '{}' objects>", self.class.get_set().name_text())
    }

    #[getter("__name__", member)]
    fn get_name(&self) -> Gc<PyStr> {
        self.name.get_set()
    }

    #[getter("__qualname__")]
    fn qualname(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        vm.descriptor_qualname(self.class.get_set(), &self.name.get_set().to_string_lossy())
    }

    #[getter("__objclass__", member)]
    fn objclass(&self) -> Option<Gc<PyType>> {
        self.class.get()
    }

    #[getter("__doc__")]
    fn doc(&self) -> Option<&'static str> {
        self.doc
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        vm.reduce_as_attribute(self.class.get_set().value(), &self.name.get_set().to_string_lossy())
    }
}

/// A field of a native struct that Python sees: name, byte offset, kind, documentation.
pub type NativeMember = (&'static str, usize, MemberKind, &'static str);

impl Vm {
    /// Adds members to a native class, from its `setup`.
    pub fn add_members(&self, class: Gc<PyType>, members: &[NativeMember]) -> PyResult<()> {
        for &(name, offset, kind, doc) in members {
            let name = self.intern(name);
            let member = PyMemberDescriptor {
                header: Header::EMPTY,
                name: Slot::new(name),
                class: Slot::new(class),
                offset: offset as u32,
                kind,
                doc: Some(doc).filter(|doc| !doc.is_empty()),
            };
            class.dict.get_set().set_str(self, name, self.alloc(member)?.value())?;
        }
        Ok(())
    }
}
