//! `module`: a namespace.

use std::cell::Cell;
use std::mem::offset_of;

use crate::class::PyType;
use crate::module_def::ModuleDef;
use crate::object::{Header, Slot};
use crate::types::descriptors::PyGetSetDescriptor;
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::vm::Shadowing;
use crate::{Gc, PyResult, Raised, Trace, Value, Vm, ids, py_type};

/// A module: its attributes, and for native ones the description it was made from.
#[repr(C)]
#[derive(Trace)]
pub struct PyModule {
    pub(crate) header: Header,
    /// `__dict__`.
    pub dict: Slot<Gc<PyDict>>,
    /// The description of a native module.
    pub def: Cell<Option<&'static ModuleDef>>,
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.set_own_dict_offset(class, offset_of!(PyModule, dict));
    let descriptor = PyGetSetDescriptor { header: Header::EMPTY, def: &DICT, class: Slot::new(class) };
    let descriptor = vm.alloc(descriptor)?;
    class.dict.get_set().set_str(vm, vm.names().__dict__, descriptor.value())
}

/// `__dict__`, which cannot be replaced.
static DICT: crate::class::GetSetDef = crate::class::GetSetDef {
    name: "__dict__",
    doc: None,
    member: true,
    get: Some(crate::class::create::instance_dict),
    set: None,
};

#[py_type(
    name = "module",
    id = ids::MODULE,
    flags(BASETYPE, MANAGED_WEAKREF),
    setup = set_up,
    doc = "Create a module object.\n\nThe name must be a string; the optional doc argument can have any type."
)]
impl PyModule {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: crate::Args<'_>) -> PyResult<Gc<PyModule>> {
        let dict = vm.new_dict()?;
        vm.alloc_instance(class, PyModule { header: Header::EMPTY, dict: Slot::new(dict), def: Cell::new(None) })
    }

    #[init("module(name, doc=None)")]
    fn init(vm: &Vm, this: Gc<PyModule>, name: Gc<PyStr>, doc: Value) -> PyResult<()> {
        let names = vm.names();
        let dict = this.dict.get_set();
        dict.set_str(vm, names.__name__, name.value())?;
        dict.set_str(vm, names.__doc__, doc)?;
        for key in [names.__package__, names.__loader__, names.__spec__] {
            dict.set_str(vm, key, Value::NONE)?;
        }
        Ok(())
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyModule>) -> PyResult {
        let importlib = match vm.hooks.import.get() {
            Some(import) => import(vm, "_frozen_importlib"),
            None => Err(vm.import_error("the import system is not there")),
        };
        match vm.catch(importlib, vm.exceptions().ImportError)? {
            Ok(importlib) => vm.call_method_str(importlib, "_module_repr", &[this.value()]),
            Err(_) => {
                let name = match this.dict.get_set().get_str(vm, vm.names().__name__) {
                    Some(name) => vm.repr(name)?.to_string_lossy(),
                    None => "'?'".to_owned(),
                };
                Ok(vm.new_str(&format!("<module {name}>"))?.value())
            }
        }
    }

    #[slot(getattro)]
    fn get_attribute(vm: &Vm, this: Gc<PyModule>, name: Gc<PyStr>) -> PyResult {
        let found = vm.generic_get_attr_optional(this.value(), name);
        match vm.catch(found, vm.exceptions().AttributeError)? {
            Ok(Some(value)) => Ok(value),
            Ok(None) => this.missing_attribute(vm, name, None),
            Err(error) => {
                let raised = vm.raise_again(error);
                this.missing_attribute(vm, name, Some(raised))
            }
        }
    }

    #[method("__dir__($self, /)", doc = "__dir__() -> list\nspecialized dir() implementation")]
    fn dir(vm: &Vm, this: Gc<PyModule>) -> PyResult {
        let dict = vm.get_attr(this.value(), vm.names().__dict__)?;
        let Some(dict) = vm.cast::<PyDict>(dict) else {
            return Err(vm.type_error("<module>.__dict__ is not a dictionary"));
        };
        match dict.get_str(vm, vm.names().__dir__) {
            Some(dir) => vm.call(dir, &[]),
            None => {
                let keys: Gc<PyList> = vm.keys_of(dict)?;
                Ok(keys.value())
            }
        }
    }

    #[getter("__annotations__")]
    fn get_annotations(vm: &Vm, this: Gc<PyModule>) -> PyResult {
        let names = vm.names();
        let dict = this.dict.get_set();
        if let Some(annotations) = dict.get_str(vm, names.__annotations__) {
            return Ok(annotations);
        }
        let annotate = dict.get_str(vm, names.__annotate__);
        let annotations = match annotate {
            Some(annotate) if vm.is_callable(annotate) => {
                let annotations = vm.call(annotate, &[Value::small_int(1)])?;
                if vm.cast::<PyDict>(annotations).is_none() {
                    let given = vm.class_name(annotations);
                    return Err(vm.type_error(format_args!("__annotate__ returned non-dict of type '{given}'")));
                }
                annotations
            }
            _ => vm.new_dict()?.value(),
        };
        // While the module is being executed more annotations may come: they are not kept.
        if !vm.is_initializing(dict)? {
            dict.set_str(vm, names.__annotations__, annotations)?;
        }
        Ok(annotations)
    }

    #[setter("__annotations__")]
    fn set_annotations(vm: &Vm, this: Gc<PyModule>, value: Option<Value>) -> PyResult<()> {
        let names = vm.names();
        let dict = this.dict.get_set();
        match value {
            Some(value) => dict.set_str(vm, names.__annotations__, value)?,
            None if dict.remove_str(vm, names.__annotations__).is_none() => {
                return Err(vm.attribute_error("__annotations__", this.value(), names.__annotations__));
            }
            None => {}
        }
        dict.remove_str(vm, names.__annotate__);
        Ok(())
    }

    #[getter("__annotate__")]
    fn get_annotate(vm: &Vm, this: Gc<PyModule>) -> PyResult {
        let dict = this.dict.get_set();
        let name = vm.names().__annotate__;
        match dict.get_str(vm, name) {
            Some(annotate) => Ok(annotate),
            None => {
                dict.set_str(vm, name, Value::NONE)?;
                Ok(Value::NONE)
            }
        }
    }

    #[setter("__annotate__")]
    fn set_annotate(vm: &Vm, this: Gc<PyModule>, value: Option<Value>) -> PyResult<()> {
        let Some(annotate) = value else { return Err(vm.type_error("cannot delete __annotate__ attribute")) };
        if !annotate.is_none() && !vm.is_callable(annotate) {
            return Err(vm.type_error("__annotate__ must be callable or None"));
        }
        let dict = this.dict.get_set();
        dict.set_str(vm, vm.names().__annotate__, annotate)?;
        if !annotate.is_none() {
            dict.remove_str(vm, vm.names().__annotations__);
        }
        Ok(())
    }
}

impl Gc<PyModule> {
    /// `module.name` or nothing: no error is made to be caught.
    pub(crate) fn attribute_or_none(self, vm: &Vm, name: Gc<PyStr>) -> PyResult<Option<Value>> {
        let found = vm.generic_get_attr_optional(self.value(), name);
        if let Ok(Some(found)) = vm.catch(found, vm.exceptions().AttributeError)? {
            return Ok(Some(found));
        }
        let Some(getattr) = self.dict.get_set().get_str(vm, vm.names().__getattr__) else { return Ok(None) };
        let result = vm.call(getattr, &[name.value()]);
        Ok(vm.catch(result, vm.exceptions().AttributeError)?.ok())
    }

    /// `module.name` when the module has no such attribute: its `__getattr__`, or an error that
    /// says what may be wrong with an import. `raised` is the error of a descriptor, if it was one.
    fn missing_attribute(self, vm: &Vm, name: Gc<PyStr>, raised: Option<Raised>) -> PyResult {
        let names = vm.names();
        let dict = self.dict.get_set();
        if let Some(getattr) = dict.get_str(vm, names.__getattr__) {
            if let Some(raised) = raised {
                vm.take_exception(raised);
            }
            return vm.call(getattr, &[name.value()]);
        }
        if let Some(raised) = raised {
            return Err(raised);
        }
        let text = name.to_string_lossy();
        let module = dict.get_str(vm, names.__name__).and_then(|module| vm.cast::<PyStr>(module));
        let Some(module) = module else {
            return Err(vm.attribute_error(format_args!("module has no attribute '{text}'"), self.value(), name));
        };
        let message = match dict.get_str(vm, names.__spec__).and_then(Value::not_none) {
            Some(spec) => missing_message(vm, spec, module, name)?,
            None => format!("module '{}' has no attribute '{text}'", module.to_string_lossy()),
        };
        Err(vm.attribute_error(message, self.value(), name))
    }
}

/// What an error says of a module that was imported: `spec` is its `__spec__`.
fn missing_message(vm: &Vm, spec: Value, module: Gc<PyStr>, name: Gc<PyStr>) -> PyResult<String> {
    let text = name.to_string_lossy();
    let origin = vm.spec_file_origin(spec)?.map(|origin| origin.to_string_lossy());
    let shadowing = vm.shadowing(origin.as_deref(), module.value())?;
    let module = module.to_string_lossy();
    let plain = format!("module '{module}' has no attribute '{text}'");
    let file = origin.as_deref().unwrap_or_default();
    if shadowing == Shadowing::Library {
        return Ok(format!(
            "{plain} (consider renaming '{file}' since it has the same name as the standard library module named \
             '{module}' and prevents importing that standard library module)"
        ));
    }
    if vm.spec_is_initializing(spec)? {
        return Ok(match origin {
            Some(file) if shadowing == Shadowing::Perhaps => format!(
                "{plain} (consider renaming '{file}' if it has the same name as a library you intended to import)"
            ),
            Some(file) => format!(
                "partially initialized module '{module}' from '{file}' has no attribute '{text}' (most likely due to a \
                 circular import)"
            ),
            None => format!("partially initialized {plain} (most likely due to a circular import)"),
        });
    }
    if let Some(submodules) = vm.get_attr_optional(spec, vm.names()._uninitialized_submodules)?
        && vm.contains(submodules, name.value())?
    {
        return Ok(format!(
            "cannot access submodule '{text}' of module '{module}' (most likely due to a circular import)"
        ));
    }
    Ok(plain)
}

impl Vm {
    /// The file that a module's specification names as its origin.
    pub fn spec_file_origin(&self, spec: Value) -> PyResult<Option<Gc<PyStr>>> {
        match self.get_attr_optional(spec, self.intern("has_location"))? {
            Some(has_location) if self.truth(has_location)? => {}
            _ => return Ok(None),
        }
        let origin = self.get_attr_optional(spec, self.intern("origin"))?;
        Ok(origin.and_then(|origin| self.cast::<PyStr>(origin)))
    }

    /// Whether a module's specification says that its code still runs.
    pub fn spec_is_initializing(&self, spec: Value) -> PyResult<bool> {
        match self.get_attr_optional(spec, self.names()._initializing)? {
            Some(value) => self.truth(value),
            None => Ok(false),
        }
    }

    /// What a module of this file and name may hide.
    pub fn shadowing(&self, origin: Option<&str>, module: Value) -> PyResult<Shadowing> {
        match (origin, self.hooks.shadowing.get()) {
            (Some(origin), Some(shadowing)) => shadowing(self, origin, module),
            _ => Ok(Shadowing::Nothing),
        }
    }

    fn is_initializing(&self, dict: Gc<PyDict>) -> PyResult<bool> {
        match dict.get_str(self, self.names().__spec__).and_then(Value::not_none) {
            Some(spec) => self.spec_is_initializing(spec),
            None => Ok(false),
        }
    }

    /// An empty module with a name.
    pub fn new_module(&self, name: &str) -> PyResult<Gc<PyModule>> {
        let class = self.class::<PyModule>();
        let name = self.intern(name);
        let made = self.call(class.value(), &[name.value()])?;
        // SAFETY: the class makes modules.
        Ok(unsafe { made.as_gc_unchecked() })
    }
}
