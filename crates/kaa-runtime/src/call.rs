//! Calls with arguments that Python code collected.

use kaa_objects::types::dict::PyDict;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

/// `callable(*args, **kwargs)`.
pub fn call_collected(vm: &Vm, callable: Value, args: Gc<PyTuple>, kwargs: Option<Gc<PyDict>>) -> PyResult {
    let Some(kwargs) = kwargs.filter(|kwargs| !kwargs.is_empty()) else {
        return vm.call(callable, args.as_slice());
    };
    let mut all = ValueVec::new();
    for &value in args.as_slice() {
        all.push(vm, value)?;
    }
    let mut names = ValueVec::new();
    for entry in kwargs.iter() {
        names.push(vm, entry.key)?;
        all.push(vm, entry.value)?;
    }
    let names = vm.new_tuple(names.as_slice())?;
    vm.call_args(callable, Args::with_keywords(all.as_slice(), Some(names)))
}

/// The keyword arguments of a call as a dict, if there are any.
pub fn keywords_dict(vm: &Vm, args: Args<'_>) -> PyResult<Option<Gc<PyDict>>> {
    if args.kwnames().is_none() {
        return Ok(None);
    }
    let dict = vm.new_dict()?;
    for (name, value) in args.keywords() {
        dict.set(vm, name.value(), value)?;
    }
    Ok(Some(dict))
}
