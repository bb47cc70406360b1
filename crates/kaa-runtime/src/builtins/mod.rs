//! The module `builtins`: functions here by what they are about, types by the crate
//! `kaa-objects`.

mod classes;
pub(crate) mod execution;
mod numbers;
mod objects;
mod output;
mod sequences;

use kaa_macros::py_module;
use kaa_objects::class::PyType;
use kaa_objects::object::Native;
use kaa_objects::types;
use kaa_objects::types::module::PyModule;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// The module.
pub struct Builtins;

#[py_module(
    name = "builtins",
    doc = "Built-in functions, types, exceptions, and other objects.\n\nThis module provides direct access to all 'built-in'\nidentifiers of Python; for example, builtins.len is\nthe full name for the built-in function len().\n\nThis module is not normally accessed explicitly by most\napplications, but can be useful in modules that provide\nobjects with the same name as a builtin and in which the\nbuilt-in of that name is also needed.",
    types(
        types::object::PyObject, PyType, types::int::PyInt, types::bool::PyBool, types::float::PyFloat,
        types::complex::PyComplex, types::str::PyStr, types::bytes::PyBytes, types::bytearray::PyByteArray, types::memoryview::PyMemoryView, types::tuple::PyTuple,
        types::list::PyList, types::dict::PyDict, types::set::PySet, types::set::PyFrozenSet,
        types::range::PyRange, types::slice::PySlice, types::enumerate::PyEnumerate, types::zip::PyZip,
        types::map::PyMap, types::filter::PyFilter, types::reversed::PyReversed, types::property::PyProperty,
        types::staticmethod::PyStaticMethod, types::classmethod::PyClassMethod, types::super_::PySuper
    ),
    parts(
        numbers::FUNCTIONS, objects::FUNCTIONS, sequences::FUNCTIONS, execution::FUNCTIONS, output::FUNCTIONS,
        classes::FUNCTIONS
    ),
    setup = set_up
)]
impl Builtins {
    #[constant]
    const None: Value = Value::NONE;
    #[constant]
    const True: Value = Value::TRUE;
    #[constant]
    const False: Value = Value::FALSE;
    #[constant]
    const Ellipsis: Value = Value::ELLIPSIS;
    #[constant]
    const NotImplemented: Value = Value::NOT_IMPLEMENTED;
}

/// Adds the exceptions, and what depends on the options.
fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    for class in vm.exceptions().all() {
        dict.set_str(vm, class.name.get_set(), class.value())?;
    }
    for (alias, class) in [("EnvironmentError", vm.exceptions().OSError), ("IOError", vm.exceptions().OSError)] {
        dict.set_str(vm, vm.intern(alias), class.value())?;
    }
    let debug = crate::state::state(vm).config.borrow().optimize == 0;
    dict.set_str(vm, vm.names().__debug__, Value::bool(debug))?;
    debug_assert!(dict.get_str(vm, vm.intern(types::object::PyObject::def().name)).is_some());
    Ok(())
}
