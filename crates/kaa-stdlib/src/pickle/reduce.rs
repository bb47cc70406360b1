//! Writing objects by what reduces them: `reducer_override`, a dispatch table, `__reduce_ex__`.

use kaa_objects::class::PyType;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::function::PyFunction;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Raised, Value};

use super::opcodes::*;
use super::save::Saver;
use super::state::{Registry, import, pickling_error, registry, with_note};

/// What a reduction says, its parts checked.
struct Reduction {
    callable: Value,
    args: Gc<PyTuple>,
    state: Option<Value>,
    items: Option<Value>,
    pairs: Option<Value>,
    state_setter: Option<Value>,
}

/// What is written in the place of a call.
#[derive(PartialEq)]
enum Construction {
    Call,
    NewObject,
    NewObjectEx,
}

impl Saver<'_> {
    /// Writes an object of a type that has no instruction of its own.
    #[inline(never)]
    pub fn save_other(&mut self, object: Value) -> PyResult<()> {
        let vm = self.vm;
        if self.save_plain_instance(object)? {
            return Ok(());
        }
        let class = vm.class_of(object);
        if let Some(reducer) = self.reducer_override {
            let reduced = vm.call(reducer, &[object])?;
            if !reduced.is_not_implemented() {
                return self.save_reduction_of(object, reduced);
            }
        }
        if class == vm.class::<PyType>() {
            return self.save_type(object);
        }
        if vm.cast_exact::<PyFunction>(object).is_some() {
            return self.save_global(object, None);
        }
        let reducer = match self.dispatch_table {
            None => registry(vm, Registry::Dispatch)?.get(vm, class.value())?,
            Some(table) => vm.catch(vm.get_item(table, class.value()), vm.exceptions().KeyError)?.ok(),
        };
        let reduced = match reducer {
            Some(reducer) => vm.call(reducer, &[object])?,
            None if class.is_subclass(vm.class::<PyType>()) => return self.save_global(object, None),
            None => match vm.get_attr_optional(object, vm.names().__reduce_ex__)? {
                Some(reduce) => vm.call(reduce, &[Value::small_int(self.protocol.into())])?,
                None => match vm.get_attr_optional(object, vm.names().__reduce__)? {
                    Some(reduce) => vm.call(reduce, &[])?,
                    None => {
                        let (class, repr) = (class.name_text(), vm.repr_lossy(object));
                        return Err(pickling_error(vm, format_args!("can't pickle '{class}' object: {repr}")));
                    }
                },
            },
        };
        self.save_reduction_of(object, reduced)
    }

    /// Classes of singletons cannot be found by their names.
    fn save_type(&mut self, class: Value) -> PyResult<()> {
        let vm = self.vm;
        let singleton = [Value::NONE, Value::ELLIPSIS, Value::NOT_IMPLEMENTED]
            .into_iter()
            .find(|&singleton| vm.class_of(singleton).value() == class);
        match singleton {
            Some(singleton) => {
                let args = vm.new_tuple(&[singleton])?;
                let reduced = vm.new_tuple(&[vm.class::<PyType>().value(), args.value()])?;
                self.save_reduced(reduced, Some(class))
            }
            None => self.save_global(class, None),
        }
    }

    fn save_reduction_of(&mut self, object: Value, reduced: Value) -> PyResult<()> {
        let vm = self.vm;
        if let Some(name) = vm.cast::<PyStr>(reduced) {
            return self.save_global(object, Some(name));
        }
        let saved = match vm.cast::<PyTuple>(reduced) {
            Some(reduced) => self.save_reduced(reduced, Some(object)),
            None => {
                let class = vm.full_class_name(reduced);
                Err(pickling_error(vm, format_args!("__reduce__ must return a string or tuple, not {class}")))
            }
        };
        saved.map_err(|raised| self.note(raised, object, "object"))
    }

    /// Says in a note that a part of an object was being written.
    #[cold]
    fn note(&self, raised: Raised, object: Value, part: &str) -> Raised {
        with_note(self.vm, raised, format_args!("{} {part}", self.vm.full_class_name(object)))
    }

    pub fn save_part(&mut self, part: Value, object: Option<Value>, name: &str) -> PyResult<()> {
        self.save(part).map_err(|raised| match object {
            Some(object) => self.note(raised, object, name),
            None => raised,
        })
    }

    fn check_reduction(&self, reduced: Gc<PyTuple>) -> PyResult<Reduction> {
        let vm = self.vm;
        if !(2..=6).contains(&reduced.len()) {
            return Err(pickling_error(vm, "tuple returned by __reduce__ must contain 2 through 6 elements"));
        }
        let item = |index: usize| reduced.as_slice().get(index).and_then(|item| item.not_none());
        let wrong = |which: &str, what: &str, value: Value| {
            let class = vm.full_class_name(value);
            pickling_error(
                vm,
                format_args!("{which} item of the tuple returned by __reduce__ must be {what}, not {class}"),
            )
        };
        let (callable, args) = (reduced.as_slice()[0], reduced.as_slice()[1]);
        if !vm.is_callable(callable) {
            return Err(wrong("first", "callable", callable));
        }
        let args = vm.cast::<PyTuple>(args).ok_or_else(|| wrong("second", "a tuple", args))?;
        let iterator = |index: usize, which: &str| match item(index) {
            Some(value) if vm.slots_of(value).iternext.is_none() => Err(wrong(which, "an iterator", value)),
            value => Ok(value),
        };
        let (items, pairs) = (iterator(3, "fourth")?, iterator(4, "fifth")?);
        let state_setter = item(5);
        if let Some(setter) = state_setter.filter(|&setter| !vm.is_callable(setter)) {
            return Err(wrong("sixth", "callable", setter));
        }
        Ok(Reduction { callable, args, state: item(2), items, pairs, state_setter })
    }

    /// Writes an object by the tuple that reduces it. Without an object the result is not numbered.
    pub fn save_reduced(&mut self, reduced: Gc<PyTuple>, object: Option<Value>) -> PyResult<()> {
        let vm = self.vm;
        let reduction = self.check_reduction(reduced)?;
        match self.construction(reduction.callable)? {
            Construction::NewObjectEx => self.save_new_object_ex(reduction.args, object)?,
            Construction::NewObject => self.save_new_object(reduction.args, object)?,
            Construction::Call => {
                self.save_part(reduction.callable, object, "reconstructor")?;
                self.save_part(reduction.args.value(), object, "reconstructor arguments")?;
                self.out.op(REDUCE);
            }
        }
        if let Some(object) = object {
            // One that holds itself has been written meanwhile: what was made goes.
            if let Some(id) = self.pickler.memo_get(vm, object) {
                self.out.op(POP);
                self.write_get(id);
                return Ok(());
            }
            self.memoize(object)?;
        }
        let whole = object.unwrap_or(Value::NONE);
        if let Some(items) = reduction.items {
            self.save_items(items, whole)?;
        }
        if let Some(pairs) = reduction.pairs {
            self.save_pairs(pairs, whole)?;
        }
        let Some(state) = reduction.state else { return Ok(()) };
        let Some(setter) = reduction.state_setter else {
            self.save_part(state, object, "state")?;
            self.out.op(BUILD);
            return Ok(());
        };
        // The function's result is not what is wanted, but the object that it was called with.
        self.save_part(setter, object, "state setter")?;
        self.save(whole)?;
        self.save_part(state, object, "state")?;
        self.out.op(TUPLE2);
        self.out.op(REDUCE);
        self.out.op(POP);
        Ok(())
    }

    fn construction(&self, callable: Value) -> PyResult<Construction> {
        let vm = self.vm;
        if self.protocol < 2 || vm.cast_exact::<PyType>(callable).is_some() {
            return Ok(Construction::Call);
        }
        let Some(name) = vm.get_attr_optional(callable, vm.names().__name__)? else { return Ok(Construction::Call) };
        Ok(match vm.cast::<PyStr>(name) {
            Some(name) if name.equals_str("__newobj_ex__") => Construction::NewObjectEx,
            Some(name) if name.equals_str("__newobj__") => Construction::NewObject,
            _ => Construction::Call,
        })
    }

    fn save_new_object_ex(&mut self, given: Gc<PyTuple>, object: Option<Value>) -> PyResult<()> {
        let vm = self.vm;
        let &[class, args, keywords] = given.as_slice() else {
            let len = given.len();
            return Err(pickling_error(vm, format_args!("__newobj_ex__ expected 3 arguments, got {len}")));
        };
        let wrong = |which: &str, what: &str, value: Value| {
            let class = vm.full_class_name(value);
            pickling_error(vm, format_args!("{which} argument to __newobj_ex__() must be a {what}, not {class}"))
        };
        if vm.cast::<PyType>(class).is_none() {
            return Err(wrong("first", "class", class));
        }
        let args = vm.cast::<PyTuple>(args).ok_or_else(|| wrong("second", "tuple", args))?;
        let keywords = vm.cast::<PyDict>(keywords).ok_or_else(|| wrong("third", "dict", keywords))?;
        if self.protocol >= 4 {
            self.save_part(class, object, "class")?;
            self.save_part(args.value(), object, "__new__ arguments")?;
            self.save_part(keywords.value(), object, "__new__ arguments")?;
            self.out.op(NEWOBJ_EX);
            return Ok(());
        }
        // `partial(class.__new__, class, *args, **keywords)()`.
        let partial = vm.get_attr_str(import(vm, "functools")?, "partial")?;
        let mut row = ValueVec::new();
        row.push(vm, vm.get_attr(class, vm.names().__new__)?)?;
        row.push(vm, class)?;
        row.extend_from_slice(vm, args.as_slice())?;
        let names = row.push_keywords(vm, keywords)?;
        let callable = vm.call_args(partial, Args::with_keywords(row.as_slice(), names))?;
        self.save_part(callable, object, "reconstructor")?;
        self.save(vm.new_tuple(&[])?.value())?;
        self.out.op(REDUCE);
        Ok(())
    }

    fn save_new_object(&mut self, given: Gc<PyTuple>, object: Option<Value>) -> PyResult<()> {
        let vm = self.vm;
        let Some((&class, args)) = given.as_slice().split_first() else {
            return Err(pickling_error(vm, "__newobj__ expected at least 1 argument, got 0"));
        };
        if vm.cast::<PyType>(class).is_none() {
            let class = vm.full_class_name(class);
            return Err(pickling_error(
                vm,
                format_args!("first argument to __newobj__() must be a class, not {class}"),
            ));
        }
        if let Some(object) = object {
            let own = match vm.get_attr_optional(object, vm.names().__class__)? {
                Some(own) => own,
                None => vm.class_of(object).value(),
            };
            if own != class {
                let (own, class) = (vm.repr_lossy(own), vm.repr_lossy(class));
                return Err(pickling_error(
                    vm,
                    format_args!("first argument to __newobj__() must be {own}, not {class}"),
                ));
            }
        }
        self.save_part(class, object, "class")?;
        let args = vm.new_tuple(args)?;
        self.save_part(args.value(), object, "__new__ arguments")?;
        self.out.op(NEWOBJ);
        Ok(())
    }
}
