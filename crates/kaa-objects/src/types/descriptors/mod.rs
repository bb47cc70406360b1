//! What native classes have as attributes: functions, methods, computed attributes, members and
//! slots, each as a Python object that binds.

mod builtin_function;
mod getset;
mod member;
mod method;
mod wrapper;

pub use builtin_function::PyBuiltinFunction;
pub use getset::PyGetSetDescriptor;
pub use member::{MemberKind, PyMemberDescriptor};
pub use method::{PyClassMethodDescriptor, PyMethodDescriptor};
pub use wrapper::{PyMethodWrapper, PyWrapperDescriptor};

use crate::class::PyType;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Raised, Value, Vm};

impl Vm {
    /// Refuses to bind or call a descriptor for an object of another class than its own.
    #[inline]
    fn check_descriptor(&self, name: &str, class: Gc<PyType>, object: Value) -> PyResult<()> {
        if self.is_instance(object, class) { Ok(()) } else { Err(self.descriptor_mismatch(name, class, object)) }
    }

    #[cold]
    fn descriptor_mismatch(&self, name: &str, class: Gc<PyType>, object: Value) -> Raised {
        let (class, given) = (class.name_text(), self.class_name(object));
        self.type_error(format_args!("descriptor '{name}' for '{class}' objects doesn't apply to a '{given}' object"))
    }

    /// `qualname` of an attribute of a native class.
    fn descriptor_qualname(&self, class: Gc<PyType>, name: &str) -> PyResult<Gc<PyStr>> {
        let class = self.class_qualname(class).to_string_lossy();
        self.new_str(&format!("{class}.{name}"))
    }

    /// What `__reduce__` of an attribute of a class gives: `(getattr, (owner, name))`.
    fn reduce_as_attribute(&self, owner: Value, name: &str) -> PyResult {
        let getattr = self.builtin("getattr")?;
        let args = self.new_tuple(&[owner, self.intern(name).value()])?;
        Ok(self.new_tuple(&[getattr, args.value()])?.value())
    }
}
