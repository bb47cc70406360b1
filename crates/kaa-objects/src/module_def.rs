//! Descriptions of native modules: what `#[py_module]` emits.

use crate::class::{MethodDef, TypeDef};
use crate::object::{Header, Native, Slot};
use crate::types::descriptors::PyBuiltinFunction;
use crate::types::module::PyModule;
use crate::{Gc, PyResult, Vm};

/// The description of a native module: one static for each.
pub struct ModuleDef {
    /// The module's `__name__`.
    pub name: &'static str,
    /// The module's `__doc__`.
    pub doc: Option<&'static str>,
    /// Functions and constants, one row for each part of the module's source.
    pub parts: &'static [ModulePart],
    /// Types that are attributes of the module under their names.
    pub types: &'static [fn() -> &'static TypeDef],
    /// Called when all that is in the module.
    #[allow(clippy::type_complexity, reason = "said once, and clear")]
    pub setup: Option<fn(&Vm, Gc<PyModule>) -> PyResult<()>>,
}

/// What one `#[py_module]` or `#[py_functions]` block has.
#[derive(Clone, Copy)]
pub struct ModulePart {
    /// Functions.
    pub functions: &'static [MethodDef],
    /// Constants.
    pub constants: &'static [ConstantDef],
}

/// An attribute of a module that is no function.
pub struct ConstantDef {
    /// Its name.
    pub name: &'static str,
    /// Makes its value, once for each module.
    pub value: fn(&Vm) -> PyResult,
}

impl Vm {
    /// A module with all that its description has. It is not registered anywhere.
    pub fn new_module_from_def(&self, def: &'static ModuleDef) -> PyResult<Gc<PyModule>> {
        let dict = self.new_dict()?;
        let module = self.alloc(PyModule {
            header: Header::EMPTY,
            dict: Slot::new(dict),
            def: std::cell::Cell::new(Some(def)),
        })?;
        let name = self.intern(def.name);
        let doc = match def.doc {
            Some(doc) => self.new_str(doc)?.value(),
            None => crate::Value::NONE,
        };
        let parts = def.parts.iter().map(|part| part.functions.len() + part.constants.len()).sum::<usize>();
        dict.reserve(self, parts + def.types.len() + 8)?;
        dict.set_str(self, self.names().__name__, name.value())?;
        dict.set_str(self, self.names().__doc__, doc)?;
        for key in [self.names().__package__, self.names().__loader__, self.names().__spec__] {
            dict.set_str(self, key, crate::Value::NONE)?;
        }
        for part in def.parts {
            for function in part.functions {
                let value = self.alloc(PyBuiltinFunction {
                    header: Header::EMPTY,
                    def: function,
                    this: Slot::new(module.value()),
                    module: Slot::new(name.value()),
                })?;
                dict.set_str(self, self.intern(function.name), value.value())?;
            }
            for constant in part.constants {
                dict.set_str(self, self.intern(constant.name), (constant.value)(self)?)?;
            }
        }
        for ty in def.types {
            let class = self.native_class(ty());
            dict.set_str(self, self.intern(ty().name), class.value())?;
        }
        if let Some(setup) = def.setup {
            setup(self, module)?;
        }
        Ok(module)
    }
}

impl PyModule {
    /// Whether this is the module of a description.
    pub fn is(&self, def: &'static ModuleDef) -> bool {
        self.def.get().is_some_and(|own| std::ptr::eq(own, def))
    }
}

const _: () = assert!(PyModule::SHAPE == crate::ids::MODULE);
