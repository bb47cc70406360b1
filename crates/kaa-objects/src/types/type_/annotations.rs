//! `__annotations__` and `__annotate__` of classes, evaluated when first asked for (PEP 649).

use crate::class::{PyType, flags};
use crate::types::dict::PyDict;
use crate::{Gc, PyResult, Value, Vm, py_methods};

#[py_methods(ATTRIBUTES, of = "type")]
impl PyType {
    #[getter("__annotations__")]
    fn get_annotations(vm: &Vm, class: Gc<PyType>) -> PyResult {
        let names = vm.names();
        if !class.has_flag(flags::HEAPTYPE) {
            return Err(vm.no_class_attribute(class, names.__annotations__));
        }
        let dict = class.dict.get_set();
        let kept = dict.get_interned(names.__annotations__).or_else(|| dict.get_interned(names.__annotations_cache__));
        if let Some(annotations) = kept {
            return match vm.slots_of(annotations).descr_get {
                Some(get) => get(vm, annotations, None, Some(class.value())),
                None => Ok(annotations),
            };
        }
        let annotate = vm.get_attr(class.value(), names.__annotate__)?;
        let annotations = match vm.is_callable(annotate) {
            true => {
                let annotations = vm.call(annotate, &[Value::small_int(1)])?;
                if vm.cast::<PyDict>(annotations).is_none() {
                    let given = vm.class_name(annotations);
                    return Err(vm.type_error(format_args!("__annotate__ returned non-dict of type '{given}'")));
                }
                annotations
            }
            false => vm.new_dict()?.value(),
        };
        dict.set_str(vm, names.__annotations_cache__, annotations)?;
        vm.class_modified(class);
        Ok(annotations)
    }

    #[setter("__annotations__")]
    fn set_annotations(vm: &Vm, class: Gc<PyType>, value: Option<Value>) -> PyResult<()> {
        let names = vm.names();
        vm.check_mutable(class, "__annotations__")?;
        let dict = class.dict.get_set();
        let own = dict.get_interned(names.__annotations__).is_some();
        match value {
            Some(value) => {
                let name = if own { names.__annotations__ } else { names.__annotations_cache__ };
                dict.set_str(vm, name, value)?;
            }
            None => {
                let cached = dict.remove_str(vm, names.__annotations_cache__).is_some();
                let removed = dict.remove_str(vm, names.__annotations__).is_some();
                if !cached && !removed {
                    return Err(vm.attribute_error("__annotations__", class.value(), names.__annotations__));
                }
            }
        }
        dict.remove_str(vm, names.__annotate_func__);
        dict.remove_str(vm, names.__annotate__);
        vm.class_modified(class);
        Ok(())
    }

    #[getter("__annotate__")]
    fn get_annotate(vm: &Vm, class: Gc<PyType>) -> PyResult {
        let names = vm.names();
        if !class.has_flag(flags::HEAPTYPE) {
            return Err(vm.no_class_attribute(class, names.__annotate__));
        }
        let dict = class.dict.get_set();
        let kept = dict.get_interned(names.__annotate__).or_else(|| dict.get_interned(names.__annotate_func__));
        match kept {
            Some(annotate) => match vm.slots_of(annotate).descr_get {
                Some(get) => get(vm, annotate, None, Some(class.value())),
                None => Ok(annotate),
            },
            None => {
                dict.set_str(vm, names.__annotate_func__, Value::NONE)?;
                vm.class_modified(class);
                Ok(Value::NONE)
            }
        }
    }

    #[setter("__annotate__")]
    fn set_annotate(vm: &Vm, class: Gc<PyType>, value: Option<Value>) -> PyResult<()> {
        let names = vm.names();
        let Some(annotate) = value else { return Err(vm.type_error("cannot delete __annotate__ attribute")) };
        vm.check_mutable(class, "__annotate__")?;
        if !annotate.is_none() && !vm.is_callable(annotate) {
            return Err(vm.type_error("__annotate__ must be callable or None"));
        }
        let dict = class.dict.get_set();
        let own = dict.get_interned(names.__annotate__).is_some();
        dict.set_str(vm, if own { names.__annotate__ } else { names.__annotate_func__ }, annotate)?;
        if !annotate.is_none() {
            dict.remove_str(vm, names.__annotations_cache__);
        }
        vm.class_modified(class);
        Ok(())
    }
}
