//! Pickling and copying: `__reduce__`, `__reduce_ex__` and `__getstate__` of `object`.

use super::PyObject;
use crate::class::PyType;
use crate::types::descriptors::PyBuiltinFunction;
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, py_methods};

/// Positional and keyword arguments for `__new__`, where the object says which.
type NewArguments = (Option<Gc<PyTuple>>, Option<Gc<PyDict>>);

#[py_methods(METHODS, of = "object")]
impl PyObject {
    #[method("__reduce_ex__($self, protocol, /)", doc = "Helper for pickle.")]
    fn reduce_ex(vm: &Vm, this: Value, protocol: i32) -> PyResult {
        let name = vm.names().__reduce__;
        if let Some(reduce) = vm.get_attr_optional(this, name)? {
            let own = vm.lookup(vm.class::<PyObject>(), name);
            if vm.get_attr_optional(vm.class_of(this).value(), name)? != own {
                return vm.call(reduce, &[]);
            }
        }
        vm.reduce_object(this, protocol)
    }

    #[method("__reduce__($self, /)", doc = "Helper for pickle.")]
    fn reduce(vm: &Vm, this: Value) -> PyResult {
        vm.reduce_object(this, 0)
    }

    #[method("__getstate__($self, /)", doc = "Helper for pickle.")]
    fn getstate(vm: &Vm, this: Value) -> PyResult {
        vm.default_state(this, false)
    }
}

impl Vm {
    fn copyreg(&self) -> PyResult {
        match self.hooks.import.get() {
            Some(import) => import(self, "copyreg"),
            None => Err(self.import_error("the module copyreg cannot be imported here")),
        }
    }

    fn reduce_object(&self, this: Value, protocol: i32) -> PyResult {
        if protocol >= 2 {
            return self.reduce_new_object(this);
        }
        let reduce = self.get_attr_str(self.copyreg()?, "_reduce_ex")?;
        self.call(reduce, &[this, Value::small_int(protocol.into())])
    }

    /// Protocol 2 and above: `(copyreg.__newobj__, (class, *args), state, items, pairs)`.
    fn reduce_new_object(&self, this: Value) -> PyResult {
        let class = self.class_of(this);
        if class.slots().new.is_none() {
            return Err(self.type_error(format_args!("cannot pickle '{}' object", class.name_text())));
        }
        let (args, keywords) = self.new_arguments(this)?;
        let copyreg = self.copyreg()?;
        let (function, arguments) = match keywords {
            Some(keywords) if !keywords.is_empty() => {
                let args = args.map_or(Value::NONE, Value::from);
                let row = [class.value(), args, keywords.value()];
                (self.get_attr_str(copyreg, "__newobj_ex__")?, self.new_tuple(&row)?)
            }
            _ => {
                let given = args.as_ref().map_or(&[][..], |args| args.as_slice());
                let row = std::iter::once(class.value()).chain(given.iter().copied());
                (self.get_attr_str(copyreg, "__newobj__")?, self.new_tuple_from(given.len() + 1, row)?)
            }
        };
        let is_list = self.cast::<PyList>(this).is_some();
        let is_dict = self.cast::<PyDict>(this).is_some();
        let state = self.state_for_pickle(this, args.is_none() && !is_list && !is_dict)?;
        let items = if is_list { self.iter(this)? } else { Value::NONE };
        let pairs = match is_dict {
            true => {
                let pairs = self.call_method(this, self.names().items, &[])?;
                self.iter(pairs)?
            }
            false => Value::NONE,
        };
        Ok(self.new_tuple(&[function, arguments.value(), state, items, pairs])?.value())
    }

    /// What `__getnewargs_ex__` or `__getnewargs__` gives.
    fn new_arguments(&self, this: Value) -> PyResult<NewArguments> {
        if let Some(both) = self.call_special(this, self.names().__getnewargs_ex__, &[])? {
            let name = || self.class_name(both);
            let Some(tuple) = self.cast::<PyTuple>(both) else {
                return Err(self.type_error(format_args!("__getnewargs_ex__ should return a tuple, not '{}'", name())));
            };
            let &[args, keywords] = tuple.as_slice() else {
                let len = tuple.len();
                return Err(
                    self.value_error(format_args!("__getnewargs_ex__ should return a tuple of length 2, not {len}"))
                );
            };
            let wrong = |which: &str, what: &str, item: Value| {
                let name = self.class_name(item);
                self.type_error(format_args!(
                    "{which} item of the tuple returned by __getnewargs_ex__ must be a {what}, not '{name}'"
                ))
            };
            let args = self.cast::<PyTuple>(args).ok_or_else(|| wrong("first", "tuple", args))?;
            let keywords = self.cast::<PyDict>(keywords).ok_or_else(|| wrong("second", "dict", keywords))?;
            return Ok((Some(args), Some(keywords)));
        }
        let Some(args) = self.call_special(this, self.names().__getnewargs__, &[])? else { return Ok((None, None)) };
        match self.cast::<PyTuple>(args) {
            Some(args) => Ok((Some(args), None)),
            None => {
                let name = self.class_name(args);
                Err(self.type_error(format_args!("__getnewargs__ should return a tuple, not '{name}'")))
            }
        }
    }

    /// `this.__getstate__()`; when that is `object`'s, with the check that nothing is lost.
    fn state_for_pickle(&self, this: Value, required: bool) -> PyResult {
        let getstate = self.get_attr(this, self.names().__getstate__)?;
        let is_default = self
            .cast_exact::<PyBuiltinFunction>(getstate)
            .is_some_and(|function| function.def.name == "__getstate__" && function.this_value() == this)
            && self.lookup(self.class_of(this), self.names().__getstate__)
                == self.lookup(self.class::<PyObject>(), self.names().__getstate__);
        if is_default { self.default_state(this, required) } else { self.call(getstate, &[]) }
    }

    /// The attributes of an object: its dict, or a pair with those of its `__slots__`.
    fn default_state(&self, this: Value, required: bool) -> PyResult {
        let class = self.class_of(this);
        if required && class.native.get().layout.variable {
            return Err(self.type_error(format_args!("cannot pickle {} objects", class.name_text())));
        }
        let state = if self.has_instance_attributes(this) { self.state_dict(this)? } else { Value::NONE };
        let slot_names = self.slot_names(class)?;
        let members = slot_names.map_or(0, |names| names.len());
        if required && class.basic_size.get() as usize > size_of::<PyObject>() + 8 * members {
            return Err(self.type_error(format_args!("cannot pickle '{}' object", class.name_text())));
        }
        let Some(slot_names) = slot_names.filter(|names| !names.is_empty()) else { return Ok(state) };
        let slots = self.new_dict()?;
        for index in 0..slot_names.len() {
            let Some(name) = slot_names.get(index) else { break };
            if let Some(value) = self.get_attr_optional(this, self.attribute_name(name)?)? {
                slots.set(self, name, value)?;
            }
        }
        if slots.is_empty() { Ok(state) } else { Ok(self.new_tuple(&[state, slots.value()])?.value()) }
    }

    /// The object's attributes as a dict: its own when it has one, otherwise a fresh one.
    fn state_dict(&self, this: Value) -> PyResult {
        if self.has_dict_now(this) {
            return Ok(self.instance_dict(this)?.map_or(Value::NONE, Value::from));
        }
        let items = self.instance_attribute_items(this)?;
        let dict = self.new_dict()?;
        for pair in 0..items.len() / 2 {
            let (name, value) = (items.as_slice()[2 * pair], items.as_slice()[2 * pair + 1]);
            dict.set(self, name, value)?;
        }
        Ok(dict.value())
    }

    /// The names in the `__slots__` of a class and its bases, as `copyreg` finds them and keeps
    /// them in `__slotnames__`.
    fn slot_names(&self, class: Gc<PyType>) -> PyResult<Option<Gc<PyList>>> {
        let cached = class.dict.get().and_then(|dict| dict.get_interned(self.names().__slotnames__));
        let names = match cached {
            Some(names) => names,
            // Without members there is nothing to find: copyreg need not be imported.
            None if class.basic_size.get() as usize == class.native.get().layout.size => return Ok(None),
            None => {
                let find = self.get_attr_str(self.copyreg()?, "_slotnames")?;
                self.call(find, &[class.value()])?
            }
        };
        if names.is_none() {
            return Ok(None);
        }
        match self.cast::<PyList>(names) {
            Some(names) => Ok(Some(names)),
            None => {
                let (class, given) = (class.name_text(), self.class_name(names));
                Err(self.type_error(match cached {
                    Some(_) => format!("{class}.__slotnames__ should be a list or None, not {given}"),
                    None => "copyreg._slotnames didn't return a list or None".to_owned(),
                }))
            }
        }
    }
}
