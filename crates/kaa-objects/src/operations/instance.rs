//! `isinstance` and `issubclass`.

use crate::class::PyType;
use crate::types::tuple::PyTuple;
use crate::types::union::PyUnion;
use crate::{Gc, PyResult, Value, Vm};

impl Vm {
    /// `isinstance(value, class)`, with tuples of classes and `__instancecheck__`.
    pub fn isinstance(&self, value: Value, class: Value) -> PyResult<bool> {
        if self.class_of(value).value() == class {
            return Ok(true);
        }
        if let Some(plain) = self.plain_class(class) {
            return self.isinstance_real(value, plain.value());
        }
        let union = self.cast_exact::<PyUnion>(class).map(|union| union.args.get_set());
        if let Some(classes) = union.or_else(|| self.cast::<PyTuple>(class)) {
            self.check_stack(" in __instancecheck__")?;
            for &class in classes.as_slice() {
                if self.isinstance(value, class)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        match self.call_special(class, self.names().__instancecheck__, &[value])? {
            Some(result) => self.truth(result),
            None => self.isinstance_real(value, class),
        }
    }

    /// A class whose metaclass is `type` itself: no `__instancecheck__` to ask.
    fn plain_class(&self, class: Value) -> Option<Gc<PyType>> {
        self.cast_exact::<PyType>(class)
    }

    /// `type.__instancecheck__`: by the MRO of the value's class, then by its `__class__`.
    pub fn isinstance_real(&self, value: Value, class: Value) -> PyResult<bool> {
        if let Some(class) = self.cast::<PyType>(class) {
            let real = self.class_of(value);
            if real.is_subclass(class) {
                return Ok(true);
            }
            let Some(claimed) = self.get_attr_optional(value, self.names().__class__)? else { return Ok(false) };
            return Ok(self
                .cast::<PyType>(claimed)
                .is_some_and(|claimed| claimed != real && claimed.is_subclass(class)));
        }
        self.check_is_class(class, "isinstance() arg 2 must be a type, a tuple of types, or a union")?;
        match self.get_attr_optional(value, self.names().__class__)? {
            Some(claimed) => self.is_subclass_by_bases(claimed, class),
            None => Ok(false),
        }
    }

    /// `issubclass(derived, class)`, with tuples of classes and `__subclasscheck__`.
    pub fn issubclass(&self, derived: Value, class: Value) -> PyResult<bool> {
        if self.plain_class(class).is_some() {
            return if derived == class { Ok(true) } else { self.issubclass_real(derived, class) };
        }
        let union = self.cast_exact::<PyUnion>(class).map(|union| union.args.get_set());
        if let Some(classes) = union.or_else(|| self.cast::<PyTuple>(class)) {
            self.check_stack(" in __subclasscheck__")?;
            for &class in classes.as_slice() {
                if self.issubclass(derived, class)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        match self.call_special(class, self.names().__subclasscheck__, &[derived])? {
            Some(result) => self.truth(result),
            None => self.issubclass_real(derived, class),
        }
    }

    /// `type.__subclasscheck__`: by the MRO, or `__bases__` of objects that are no types.
    pub fn issubclass_real(&self, derived: Value, class: Value) -> PyResult<bool> {
        if let (Some(derived), Some(class)) = (self.cast::<PyType>(derived), self.cast::<PyType>(class)) {
            return Ok(derived.is_subclass(class));
        }
        self.check_is_class(derived, "issubclass() arg 1 must be a class")?;
        self.check_is_class(class, "issubclass() arg 2 must be a class, a tuple of classes, or a union")?;
        self.is_subclass_by_bases(derived, class)
    }

    fn bases_of(&self, class: Value) -> PyResult<Option<Gc<PyTuple>>> {
        let bases = self.get_attr_optional(class, self.names().__bases__)?;
        Ok(bases.and_then(|bases| self.cast::<PyTuple>(bases)))
    }

    fn check_is_class(&self, class: Value, message: &str) -> PyResult<()> {
        match self.bases_of(class)? {
            Some(_) => Ok(()),
            None => Err(self.type_error(message)),
        }
    }

    fn is_subclass_by_bases(&self, derived: Value, class: Value) -> PyResult<bool> {
        if derived == class {
            return Ok(true);
        }
        self.check_stack(" in __issubclass__")?;
        let Some(bases) = self.bases_of(derived)? else { return Ok(false) };
        for &base in bases.as_slice() {
            if self.is_subclass_by_bases(base, class)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
