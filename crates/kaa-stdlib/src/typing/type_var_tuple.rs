//! `typing.TypeVarTuple`.

use std::mem::offset_of;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::MemberKind::ReadOnly;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::evaluated::{Evaluated, no_default};
use super::{call_typing, calling_module, unpack_iter};

/// A type variable that stands for any number of types.
#[repr(C)]
#[derive(Trace)]
pub struct PyTypeVarTuple {
    header: Header,
    /// `__name__`.
    pub name: Slot<Gc<PyStr>>,
    pub(super) default: Evaluated,
}

impl PyTypeVarTuple {
    /// The variable of a type parameter.
    pub(super) fn parameter(vm: &Vm, name: Gc<PyStr>) -> PyResult {
        let variable = PyTypeVarTuple { header: Header::EMPTY, name: Slot::new(name), default: Evaluated::given(None) };
        Ok(vm.alloc(variable)?.value())
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("__name__", offset_of!(PyTypeVarTuple, name), ReadOnly, "")])
}

#[py_type(
    name = "TypeVarTuple",
    module = "typing",
    flags(MANAGED_DICT, MANAGED_WEAKREF, HEAPTYPE, IMMUTABLETYPE),
    setup = set_up,
    doc = "Type variable tuple. A specialized form of type variable that enables\nvariadic generics.\n\nThe preferred way to construct a type variable tuple is via the\ndedicated syntax for generic functions, classes, and type aliases,\nwhere a single '*' indicates a type variable tuple::\n\n    def move_first_element_to_last[T, *Ts](tup: tuple[T, *Ts]) -> tuple[*Ts, T]:\n        return (*tup[1:], tup[0])\n\nType variables tuples can have default values:\n\n    type AliasWithDefault[*Ts = (str, int)] = tuple[*Ts]\n\nFor compatibility with Python 3.11 and earlier, TypeVarTuple objects\ncan also be created as follows::\n\n    Ts = TypeVarTuple('Ts')  # Can be given any name\n    DefaultTs = TypeVarTuple('Ts', default=(str, int))\n\nJust as a TypeVar (type variable) is a placeholder for a single type,\na TypeVarTuple is a placeholder for an *arbitrary* number of types. For\nexample, if we define a generic class using a TypeVarTuple::\n\n    class C[*Ts]: ...\n\nThen we can parameterize that class with an arbitrary number of type\narguments::\n\n    C[int]       # Fine\n    C[int, str]  # Also fine\n    C[()]        # Even this is fine\n\nFor more details, see PEP 646.\n\nNote that only TypeVarTuples defined in the global scope can be\npickled.\n"
)]
impl PyTypeVarTuple {
    #[new("typevartuple(name, *, default=typing.NoDefault)", signature = "")]
    fn new(vm: &Vm, class: Gc<PyType>, name: Gc<PyStr>, default: Option<Value>) -> PyResult<Gc<PyTypeVarTuple>> {
        let default = Evaluated::given(Some(default.unwrap_or_else(|| no_default(vm))));
        let variable = PyTypeVarTuple { header: Header::EMPTY, name: Slot::new(name), default };
        let variable = vm.alloc_instance(class, variable)?;
        vm.set_attr(variable.value(), vm.names().__module__, calling_module(vm))?;
        Ok(variable)
    }

    #[slot(repr)]
    fn repr(&self) -> Gc<PyStr> {
        self.name.get_set()
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Value) -> PyResult {
        unpack_iter(vm, this)
    }

    #[method("__typing_subst__($self, arg, /)")]
    fn subst(vm: &Vm, _this: Value, _arg: Value) -> PyResult {
        Err(vm.type_error("Substitution of bare TypeVarTuple is not supported"))
    }

    #[method("__typing_prepare_subst__($self, alias, args, /)")]
    fn prepare_subst(vm: &Vm, this: Value, alias: Value, args: Value) -> PyResult {
        call_typing(vm, "_typevartuple_prepare_subst", &[this, alias, args])
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self) -> Gc<PyStr> {
        self.name.get_set()
    }

    #[method("has_default($self, /)")]
    fn has_default(&self, vm: &Vm) -> bool {
        self.default.has_default(vm)
    }

    #[method("__mro_entries__($self, object, /)")]
    fn mro_entries(vm: &Vm, _this: Value, _bases: Value) -> PyResult {
        Err(vm.type_error("Cannot subclass an instance of TypeVarTuple"))
    }

    #[getter("__default__", doc = "The default value for this TypeVarTuple.")]
    fn default(vm: &Vm, this: Gc<PyTypeVarTuple>) -> PyResult {
        this.default.get_default(vm, this)
    }

    #[getter("evaluate_default")]
    fn evaluate_default(&self, vm: &Vm) -> PyResult {
        self.default.evaluator(vm)
    }
}
