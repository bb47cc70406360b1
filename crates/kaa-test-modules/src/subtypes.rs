//! `xxsubtype`: native types that derive from `list` and `dict`.

use std::cell::Cell;

use kaa_macros::{py_module, py_type};
use kaa_objects::class::PyType;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm};

/// The module.
pub(crate) struct Subtypes;

#[py_module(
    name = "xxsubtype",
    doc = "xxsubtype is an example module showing how to subtype builtin types from C.\ntest_descr.py in the standard test suite requires it in order to complete.\nIf you don't care about the examples, and don't intend to run the Python\ntest suite, you can recompile Python without Modules/xxsubtype.c.",
    types(SpamList, SpamDict)
)]
impl Subtypes {
    #[function("bench(obj, name, n=1000, /)", doc = "Seconds that looking up an attribute n times takes.")]
    fn bench(vm: &Vm, object: Value, name: Value, n: i32) -> PyResult<f64> {
        let name = vm.attribute_name(name)?;
        let start = std::time::Instant::now();
        for _ in 0..n {
            vm.get_attr(object, name)?;
        }
        Ok(start.elapsed().as_secs_f64())
    }
}

/// `(first, args, kwargs)`
fn echo(vm: &Vm, first: Value, args: Args<'_>) -> PyResult {
    let positional = vm.new_tuple(args.positionals())?;
    let keywords = kaa_runtime::call::keywords_dict(vm, args)?.map_or(Value::NONE, Gc::value);
    Ok(vm.new_tuple(&[first, positional.value(), keywords])?.value())
}

/// A list with a number.
#[repr(C)]
#[derive(Trace)]
pub struct SpamList {
    list: PyList,
    #[trace(skip)]
    state: Cell<i32>,
}

#[py_type(name = "spamlist", module = "xxsubtype", base = PyList, flags(BASETYPE))]
impl SpamList {
    #[method("getstate($self, /)", doc = "getstate() -> state")]
    fn state(&self) -> i32 {
        self.state.get()
    }

    #[method("setstate($self, state, /)", doc = "setstate(state)")]
    fn set_state(&self, state: i32) {
        self.state.set(state);
    }

    #[classmethod("classmeth", raw, doc = "classmeth(*args, **kw)")]
    fn class_method(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
        echo(vm, class.value(), args)
    }

    #[staticmethod("staticmeth", raw, doc = "staticmeth(*args, **kw)")]
    fn static_method(vm: &Vm, args: Args<'_>) -> PyResult {
        echo(vm, Value::NONE, args)
    }

    #[getter("state", doc = "an int variable for demonstration purposes")]
    fn get_state(&self) -> i32 {
        self.state.get()
    }
}

/// A dict with a number.
#[repr(C)]
#[derive(Trace)]
pub struct SpamDict {
    dict: PyDict,
    #[trace(skip)]
    state: Cell<i32>,
}

#[py_type(name = "spamdict", module = "xxsubtype", base = PyDict, flags(BASETYPE))]
impl SpamDict {
    #[method("getstate($self, /)", doc = "getstate() -> state")]
    fn state(&self) -> i32 {
        self.state.get()
    }

    #[method("setstate($self, state, /)", doc = "setstate(state)")]
    fn set_state(&self, state: i32) {
        self.state.set(state);
    }

    #[getter("state", doc = "an int variable for demonstration purposes")]
    fn get_state(&self) -> i32 {
        self.state.get()
    }
}
