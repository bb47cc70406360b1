//! `typing.Generic`: the base of generic classes. What it does is in `typing`.

use kaa_objects::object::Header;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, PyResult, Value, Vm, py_type};

use super::from_typing;

/// An instance of `Generic` itself: nothing.
#[repr(C)]
pub struct PyGeneric {
    header: Header,
}

/// Calls a function of `typing` with the class before the other arguments.
fn call_with_class(vm: &Vm, function: &str, class: Value, args: Args<'_>) -> PyResult {
    let function = from_typing(vm, function)?;
    let mut row = ValueVec::new();
    row.push(vm, class)?;
    for &argument in args.all() {
        row.push(vm, argument)?;
    }
    vm.call_args(function, Args::with_keywords(row.as_slice(), args.kwnames()))
}

#[py_type(
    name = "Generic",
    module = "typing",
    layout = values,
    flags(BASETYPE, HEAPTYPE),
    doc = "Abstract base class for generic types.\n\nOn Python 3.12 and newer, generic classes implicitly inherit from\nGeneric when they declare a parameter list after the class's name::\n\n    class Mapping[KT, VT]:\n        def __getitem__(self, key: KT) -> VT:\n            ...\n        # Etc.\n\nOn older versions of Python, however, generic classes have to\nexplicitly inherit from Generic.\n\nAfter a class has been declared to be generic, it can then be used as\nfollows::\n\n    def lookup_name[KT, VT](mapping: Mapping[KT, VT], key: KT, default: VT) -> VT:\n        try:\n            return mapping[key]\n        except KeyError:\n            return default\n"
)]
impl PyGeneric {
    #[classmethod(
        "__class_getitem__",
        raw,
        doc = "Parameterizes a generic class.\n\nAt least, parameterizing a generic class is the *main* thing this\nmethod does.  For example, for some generic class `Foo`, this is\ncalled when we do `Foo[int]` - there, with `cls=Foo` and\n`params=int`.\n\nHowever, note that this method is also called when defining generic\nclasses in the first place with `class Foo[T]: ...`.\n"
    )]
    fn class_getitem(vm: &Vm, class: Value, args: Args<'_>) -> PyResult {
        call_with_class(vm, "_generic_class_getitem", class, args)
    }

    #[classmethod("__init_subclass__", raw, doc = "Function to initialize subclasses.")]
    fn init_subclass(vm: &Vm, class: Value, args: Args<'_>) -> PyResult {
        call_with_class(vm, "_generic_init_subclass", class, args)
    }
}
