//! Instructions that make objects and fill them.

use kaa_objects::class::PyType;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::set::PySet;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Value};

use super::load::{Loader, is_class};
use super::state::{Registry, registry, unpickling_error};

impl Loader<'_> {
    /// Makes a tuple of the objects on top of the stack.
    #[inline]
    pub fn make_tuple(&mut self, len: usize) -> PyResult<()> {
        let start = match self.stack.len().checked_sub(len) {
            Some(start) if start >= self.fence => start,
            _ => return Err(self.underflow()),
        };
        let tuple = self.vm.new_tuple(&self.stack.as_slice()[start..])?;
        self.stack.truncate(start);
        self.push(tuple.value())
    }

    /// Takes all above the last mark.
    pub fn pop_to_mark_as_tuple(&mut self) -> PyResult<Gc<PyTuple>> {
        let mark = self.pop_mark()?;
        self.pop_from(mark)
    }

    fn pop_from(&mut self, start: usize) -> PyResult<Gc<PyTuple>> {
        if start < self.fence || start > self.stack.len() {
            return Err(self.underflow());
        }
        let tuple = self.vm.new_tuple(&self.stack.as_slice()[start..])?;
        self.stack.truncate(start);
        Ok(tuple)
    }

    /// Appends the top of the stack to the list below it.
    pub fn append_one(&mut self) -> PyResult<()> {
        match self.stack.len().checked_sub(1) {
            Some(start) if start > self.fence => self.append_from(start),
            _ => Err(self.underflow()),
        }
    }

    /// The container below a height of the stack, if that is one to which the objects above belong;
    /// nothing when there are none.
    fn container_below(&self, start: usize) -> PyResult<Option<Value>> {
        if start > self.stack.len() || start <= self.fence {
            return Err(self.underflow());
        }
        Ok((start < self.stack.len()).then(|| self.stack.as_slice()[start - 1]))
    }

    /// Appends what is above a height of the stack to the object below it.
    pub fn append_from(&mut self, start: usize) -> PyResult<()> {
        let vm = self.vm;
        let Some(list) = self.container_below(start)? else { return Ok(()) };
        if let Some(list) = vm.cast_exact::<PyList>(list) {
            let items = &self.stack.as_slice()[start..];
            match items {
                &[item] => list.push(vm, item)?,
                items => list.push_all(vm, items.len(), |index| items[index])?,
            }
            self.stack.truncate(start);
            return Ok(());
        }
        if let Some(extend) = vm.get_attr_optional(list, vm.names().extend)? {
            let items = vm.new_list(&self.stack.as_slice()[start..])?;
            self.stack.truncate(start);
            return vm.call(extend, &[items.value()]).map(drop);
        }
        let append = vm.get_attr_str(list, "append")?;
        let items = self.pop_from(start)?;
        for &item in items.as_slice() {
            vm.call(append, &[item])?;
        }
        Ok(())
    }

    /// Sets the pairs above a height of the stack in the object below it.
    pub fn set_items_from(&mut self, start: usize) -> PyResult<()> {
        let vm = self.vm;
        let Some(dict) = self.container_below(start)? else { return Ok(()) };
        let count = self.stack.len() - start;
        if !count.is_multiple_of(2) {
            return Err(unpickling_error(vm, "odd number of items for SETITEMS"));
        }
        let exact = vm.cast_exact::<PyDict>(dict);
        for pair in 0..count / 2 {
            let (key, value) = (self.stack.as_slice()[start + 2 * pair], self.stack.as_slice()[start + 2 * pair + 1]);
            match exact {
                Some(dict) => dict.set(vm, key, value)?,
                None => vm.set_item(dict, key, value)?,
            }
        }
        self.stack.truncate(start);
        Ok(())
    }

    /// Adds what is above the last mark to the set below it.
    pub fn add_items(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let start = self.pop_mark()?;
        let Some(set) = self.container_below(start)? else { return Ok(()) };
        let items = self.pop_from(start)?;
        if let Some(set) = vm.cast::<PySet>(set) {
            return vm.set_update(set, items.value());
        }
        let add = vm.get_attr_str(set, "add")?;
        for &item in items.as_slice() {
            vm.call(add, &[item])?;
        }
        Ok(())
    }

    /// Makes a dict of what is above the last mark.
    pub fn make_dict(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let mark = self.pop_mark()?;
        let dict = vm.new_dict()?;
        if !(self.stack.len() - mark).is_multiple_of(2) {
            return Err(unpickling_error(vm, "odd number of items for DICT"));
        }
        let items = self.pop_from(mark)?;
        for pair in items.as_slice().chunks_exact(2) {
            dict.set(vm, pair[0], pair[1])?;
        }
        self.push(dict.value())
    }

    fn instantiate(&self, class: Value, args: Gc<PyTuple>) -> PyResult {
        let vm = self.vm;
        if args.is_empty()
            && is_class(vm, class)
            && vm.get_attr_optional(class, vm.intern("__getinitargs__"))?.is_none()
        {
            return vm.call_method(class, vm.names().__new__, &[class]);
        }
        vm.call(class, args.as_slice())
    }

    /// Makes an instance of a class on the stack.
    pub fn make_instance(&mut self) -> PyResult<()> {
        let mark = self.pop_mark()?;
        if self.stack.len() <= mark {
            return Err(self.underflow());
        }
        let args = self.pop_from(mark + 1)?;
        let class = self.pop()?;
        let object = self.instantiate(class, args)?;
        self.push(object)
    }

    /// Makes an instance of a class that two lines name.
    pub fn make_named_instance(&mut self) -> PyResult<()> {
        let mark = self.pop_mark()?;
        let (module, name) = (self.ascii_line()?, self.ascii_line()?);
        let class = self.find_class(module, name)?;
        let args = self.pop_from(mark)?;
        let object = self.instantiate(class, args)?;
        self.push(object)
    }

    /// `class.__new__(class, *args)`, or with keywords as well.
    pub fn new_object(&mut self, has_keywords: bool) -> PyResult<()> {
        let vm = self.vm;
        let op = if has_keywords { "NEWOBJ_EX" } else { "NEWOBJ" };
        let keywords = if has_keywords { Some(self.pop()?) } else { None };
        let (args, class) = (self.pop()?, self.pop()?);
        let wrong = |text: &str, value: Value| {
            let class = vm.class_name(value);
            unpickling_error(vm, format_args!("{op} {text}, not {class}"))
        };
        let Some(class) = vm.cast::<PyType>(class) else {
            return Err(wrong("class argument must be a type", class));
        };
        let Some(new) = class.slots().new else {
            let class = vm.class_name(class.value());
            return Err(unpickling_error(vm, format_args!("{op} class argument '{class}' doesn't have __new__")));
        };
        let args = vm.cast::<PyTuple>(args).ok_or_else(|| wrong("args argument must be a tuple", args))?;
        let Some(keywords) = keywords else {
            let object = new(vm, class, Args::positional(args.as_slice()))?;
            return self.push(object);
        };
        let keywords = vm.cast::<PyDict>(keywords).ok_or_else(|| wrong("kwargs argument must be a dict", keywords))?;
        let mut row = ValueVec::from_slice(vm, args.as_slice())?;
        let names = row.push_keywords(vm, keywords)?;
        let object = new(vm, class, Args::with_keywords(row.as_slice(), names))?;
        self.push(object)
    }

    /// Calls a function on the stack.
    pub fn reduce(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let (args, callable) = (self.pop()?, self.pop()?);
        let Some(args) = vm.cast::<PyTuple>(args) else {
            return Err(vm.type_error("argument list must be a tuple"));
        };
        let object = vm.call(callable, args.as_slice())?;
        self.push(object)
    }

    /// Gives an object its state.
    pub fn build(&mut self) -> PyResult<()> {
        let vm = self.vm;
        if self.stack.len() < self.fence + 2 {
            return Err(self.underflow());
        }
        let state = self.pop()?;
        let object = self.top()?;
        if let Some(set_state) = vm.get_attr_optional(object, vm.names().__setstate__)? {
            return vm.call(set_state, &[state]).map(drop);
        }
        let (state, slots) = match vm.cast::<PyTuple>(state).as_ref().map(|pair| pair.as_slice()) {
            Some(&[state, slots]) => (state, Some(slots)),
            _ => (state, None),
        };
        if !state.is_none() {
            let Some(state) = vm.cast::<PyDict>(state) else {
                return Err(unpickling_error(vm, "state is not a dictionary"));
            };
            self.set_attributes(object, state)?;
        }
        let Some(slots) = slots else { return Ok(()) };
        let Some(slots) = vm.cast::<PyDict>(slots) else {
            return Err(unpickling_error(vm, "slot state is not a dictionary"));
        };
        let mut position = 0;
        while position < slots.filled() {
            position += 1;
            if let Some(entry) = slots.entry(position - 1) {
                vm.set_attr(object, vm.attribute_name(entry.key)?, entry.value)?;
            }
        }
        Ok(())
    }

    /// Puts attributes into the object's own, past `__setattr__`.
    fn set_attributes(&self, object: Value, state: Gc<PyDict>) -> PyResult<()> {
        let vm = self.vm;
        let class = vm.class_of(object);
        // Nothing overrides how the dict is found: attributes go to their slots, and no dict is made.
        let dict_name = vm.names().__dict__;
        let is_plain = class.has_instance_dict() && self.finds_own_dict(class);
        let own = if is_plain { None } else { Some(vm.get_attr(object, dict_name)?) };
        let mut position = 0;
        while position < state.filled() {
            position += 1;
            let Some(entry) = state.entry(position - 1) else { continue };
            let name = vm.cast_exact::<PyStr>(entry.key).map(|name| vm.intern_str(name));
            match (own, name) {
                (None, Some(name)) => {
                    vm.instance_set(object, name, entry.value)?;
                }
                (own, name) => {
                    let own = match own {
                        Some(own) => own,
                        None => vm.get_attr(object, dict_name)?,
                    };
                    vm.set_item(own, name.map_or(entry.key, Gc::value), entry.value)?;
                }
            }
        }
        Ok(())
    }

    /// Whether `__dict__` of instances of a class is what the runtime makes it.
    fn finds_own_dict(&self, class: Gc<PyType>) -> bool {
        let vm = self.vm;
        let object = vm.class::<kaa_objects::types::object::PyObject>();
        let same_lookup = match (class.slots().getattro, object.slots().getattro) {
            (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
            _ => false,
        };
        let is_getset = vm
            .lookup(class, vm.names().__dict__)
            .is_some_and(|found| vm.cast_exact::<kaa_objects::types::descriptors::PyGetSetDescriptor>(found).is_some());
        same_lookup && is_getset
    }

    /// An object that is registered under a number.
    pub fn load_extension(&mut self, code: i32) -> PyResult<()> {
        let vm = self.vm;
        if code <= 0 {
            return Err(unpickling_error(vm, "EXT specifies code <= 0"));
        }
        let key = Value::small_int(code.into());
        let cache = registry(vm, Registry::ExtensionCache)?;
        if let Some(object) = cache.get(vm, key)? {
            return self.push(object);
        }
        let Some(pair) = registry(vm, Registry::InvertedExtensions)?.get(vm, key)? else {
            return Err(vm.value_error(format_args!("unregistered extension code {code}")));
        };
        let is_str = |value: Value| vm.cast::<PyStr>(value).is_some();
        let (module, name) = match vm.cast::<PyTuple>(pair).as_ref().map(|pair| pair.as_slice()) {
            Some(&[module, name]) if is_str(module) && is_str(name) => (module, name),
            _ => {
                return Err(vm.value_error(format_args!("_inverted_registry[{code}] isn't a 2-tuple of strings")));
            }
        };
        let object = self.find_class(module, name)?;
        cache.set(vm, key, object)?;
        self.push(object)
    }
}
