//! `_functools`: functions that work on functions.

mod key_wrapper;
mod lru_cache;
mod partial;

use std::any::Any;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot, Visitor};
use kaa_objects::types::module::PyModule;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_module, py_type};

use self::key_wrapper::PyKeyWrapper;
use self::lru_cache::PyLruCacheWrapper;
use self::partial::PyPartial;

/// The module.
pub struct Functools;

#[py_module(name = "_functools", types(PyPartial, PyLruCacheWrapper, PyPlaceholderType), setup = set_up, doc = "Tools that operate on functions.")]
impl Functools {
    #[function(
        "reduce(function, iterable, /, initial=<unrepresentable>)",
        doc = "Apply a function of two arguments cumulatively to the items of an iterable, from left to right.\n\nThis effectively reduces the iterable to a single value.  If initial is\npresent, it is placed before the items of the iterable in the\ncalculation, and serves as a default when the iterable is empty.\n\nFor example, reduce(lambda x, y: x+y, [1, 2, 3, 4, 5])\ncalculates ((((1 + 2) + 3) + 4) + 5)."
    )]
    fn reduce(vm: &Vm, function: Value, iterable: Value, initial: Option<Value>) -> PyResult {
        let iterator = vm.iter(iterable);
        let iterator = vm
            .catch(iterator, vm.exceptions().TypeError)?
            .map_err(|_| vm.type_error("reduce() arg 2 must support iteration"))?;
        let mut result = match initial {
            Some(initial) => initial,
            None => {
                vm.next(iterator)?.ok_or_else(|| vm.type_error("reduce() of empty iterable with no initial value"))?
            }
        };
        while let Some(item) = vm.next(iterator)? {
            result = vm.call(function, &[result, item])?;
        }
        Ok(result)
    }

    #[function(
        "cmp_to_key(mycmp)",
        doc = "Convert a cmp= function into a key= function.\n\n  mycmp\n    Function that compares two objects."
    )]
    fn cmp_to_key(vm: &Vm, mycmp: Value) -> PyResult<Gc<PyKeyWrapper>> {
        PyKeyWrapper::compares_with(vm, mycmp)
    }
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    module.dict.get_set().set_str(vm, vm.intern("Placeholder"), placeholder(vm))
}

/// The class `functools.partial`.
pub(crate) fn partial_class(vm: &Vm) -> Gc<PyType> {
    vm.class::<PyPartial>()
}

/// What the module keeps in the isolate.
struct State {
    /// `Placeholder`.
    placeholder: Slot,
    /// Parts the positional arguments from the keywords in the keys of caches.
    keyword_mark: Slot,
}

impl Extension for State {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.placeholder.trace(visitor);
        self.keyword_mark.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn state(vm: &Vm) -> &State {
    let state = vm.extension(|_| State { placeholder: Slot::empty(), keyword_mark: Slot::empty() });
    if state.placeholder.get().is_none() {
        let placeholder = vm.alloc(PyPlaceholderType { header: Header::EMPTY }).map(Gc::value);
        state.placeholder.set_root(placeholder.ok());
        let mark = vm.call(vm.class::<kaa_objects::types::object::PyObject>().value(), &[]);
        state.keyword_mark.set_root(mark.ok());
    }
    state
}

/// `Placeholder`: stands for an argument of a `partial` that its caller gives.
fn placeholder(vm: &Vm) -> Value {
    state(vm).placeholder.get_set()
}

/// The type of `Placeholder`.
#[repr(C)]
#[derive(Trace)]
pub struct PyPlaceholderType {
    header: Header,
}

#[py_type(
    name = "_PlaceholderType",
    module = "functools",
    doc = "The type of the Placeholder singleton.\n\nUsed as a placeholder for partial arguments."
)]
impl PyPlaceholderType {
    #[new(raw)]
    fn new(vm: &Vm, _class: Gc<PyType>, args: Args<'_>) -> PyResult {
        if !args.is_empty() {
            return Err(vm.type_error("PlaceholderType takes no arguments"));
        }
        Ok(placeholder(vm))
    }

    #[slot(repr)]
    fn repr(_vm: &Vm, _this: Value) -> &'static str {
        "Placeholder"
    }

    #[method("__reduce__($self, /)")]
    fn reduce(_vm: &Vm, _this: Value) -> &'static str {
        "Placeholder"
    }
}
