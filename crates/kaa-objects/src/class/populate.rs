//! The attributes of a native class: descriptors for its methods and computed attributes.

use super::{MethodKind, PyType, TypeDef, flags};
use crate::object::{Header, Slot};
use crate::types::descriptors::{
    PyBuiltinFunction, PyClassMethodDescriptor, PyGetSetDescriptor, PyMemberDescriptor, PyMethodDescriptor,
};
use crate::types::staticmethod::PyStaticMethod;
use crate::types::type_::split_doc;
use crate::{Gc, PyResult, Value, Vm};

impl Vm {
    pub(super) fn fill_native_dict(&self, class: Gc<PyType>, def: &'static TypeDef) -> PyResult<()> {
        let dict = class.dict.get_set();
        let attributes = def.methods.iter().map(|part| part.len()).sum::<usize>()
            + def.getset.iter().map(|part| part.len()).sum::<usize>();
        dict.reserve(self, attributes + 8)?;
        // A method takes the place of the wrapper of the same name.
        self.add_slot_wrappers(class)?;
        for method in def.methods.iter().copied().flatten() {
            let value = match method.kind {
                MethodKind::Instance => self
                    .alloc(PyMethodDescriptor { header: Header::EMPTY, def: method, class: Slot::new(class) })?
                    .value(),
                MethodKind::Class => self
                    .alloc(PyClassMethodDescriptor { header: Header::EMPTY, def: method, class: Slot::new(class) })?
                    .value(),
                MethodKind::Static => {
                    let function = self.alloc(PyBuiltinFunction {
                        header: Header::EMPTY,
                        def: method,
                        this: Slot::new(class.value()),
                        module: Slot::empty(),
                    })?;
                    PyStaticMethod::wrap(self, function.value())?
                }
            };
            dict.set_str(self, self.intern(method.name), value)?;
        }
        for getset in def.getset.iter().copied().flatten() {
            let name = self.intern(getset.name);
            let descriptor = match getset.member {
                true => PyMemberDescriptor::computed(self, class, getset)?.value(),
                false => self
                    .alloc(PyGetSetDescriptor { header: Header::EMPTY, def: getset, class: Slot::new(class) })?
                    .value(),
            };
            dict.set_str(self, name, descriptor)?;
        }
        if def.flags & flags::HEAPTYPE != 0 {
            dict.set_str(self, self.names().__module__, self.intern(def.module).value())?;
        }
        if dict.get_interned(self.names().__doc__).is_none() {
            let doc = match def.doc {
                Some(doc) => self.new_str(split_doc(def.name, doc).1)?.value(),
                None => Value::NONE,
            };
            dict.set_str(self, self.names().__doc__, doc)?;
        }
        if let Some(setup) = def.setup {
            setup(self, class)?;
        }
        Ok(())
    }
}
