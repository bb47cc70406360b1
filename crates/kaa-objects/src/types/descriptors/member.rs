//! `member_descriptor`: a field of an object that is read and written as it is.

use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A field of an object: what a name in `__slots__` becomes.
#[repr(C)]
#[derive(Trace)]
pub struct PyMemberDescriptor {
    pub(crate) header: Header,
    /// `__name__`.
    pub name: Slot<Gc<PyStr>>,
    /// `__objclass__`.
    pub class: Slot<Gc<PyType>>,
    /// Byte offset of the field, a slot for a value, in instances.
    pub offset: u32,
    /// What an empty field means, and whether it can be set.
    #[trace(skip)]
    pub kind: MemberKind,
    /// `__doc__`.
    #[trace(skip)]
    pub doc: Option<&'static str>,
}

/// How a member is read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// An empty field is a missing attribute: members of `__slots__`.
    Required,
    /// An empty field reads as `None`.
    Optional,
    /// As `Optional`, and it cannot be set.
    ReadOnly,
}

impl PyMemberDescriptor {
    /// The slot of an instance, once its class was checked.
    fn slot<'a>(&self, vm: &Vm, instance: &'a Value) -> PyResult<(crate::Gc<crate::object::Object>, &'a Slot)> {
        vm.check_descriptor(&self.name.get_set().to_string_lossy(), self.class.get_set(), *instance)?;
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
        let (_, slot) = this.slot(vm, &instance)?;
        if let Some(value) = slot.get() {
            return Ok(value);
        }
        if this.kind != MemberKind::Required {
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
        let (object, slot) = self.slot(vm, &instance)?;
        if self.kind == MemberKind::ReadOnly {
            return Err(vm.raise_new(vm.exceptions().AttributeError, "readonly attribute"));
        }
        match value {
            Some(value) => slot.set(vm, object, value),
            None if slot.get().is_none() && self.kind == MemberKind::Required => {
                let name = self.name.get_set().to_string_lossy();
                return Err(vm.raise_new(vm.exceptions().AttributeError, name));
            }
            None => slot.clear(),
        }
        Ok(())
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        let name = self.name.get_set().to_string_lossy();
        format!("<member '{name}' of '{}' objects>", self.class.get_set().name_text())
    }

    #[getter("__name__")]
    fn get_name(&self) -> Gc<PyStr> {
        self.name.get_set()
    }

    #[getter("__qualname__")]
    fn qualname(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        vm.descriptor_qualname(self.class.get_set(), &self.name.get_set().to_string_lossy())
    }

    #[getter("__objclass__")]
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
