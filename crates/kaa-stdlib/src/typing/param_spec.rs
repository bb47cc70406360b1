//! `typing.ParamSpec`, and `P.args` and `P.kwargs`.

use std::cell::Cell;
use std::mem::offset_of;

use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::MemberKind::ReadOnly;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::evaluated::{Evaluated, no_default};
use super::{Variance, call_typing, calling_module};

/// A variable that stands for the parameters of a callable.
#[repr(C)]
#[derive(Trace)]
pub struct PyParamSpec {
    header: Header,
    /// `__name__`.
    pub name: Slot<Gc<PyStr>>,
    /// `__bound__`.
    bound: Slot,
    pub(super) default: Evaluated,
    #[trace(skip)]
    variance: Cell<Variance>,
}

impl PyParamSpec {
    /// The variable of a type parameter.
    pub(super) fn parameter(vm: &Vm, name: Gc<PyStr>) -> PyResult {
        let variable = PyParamSpec {
            header: Header::EMPTY,
            name: Slot::new(name),
            bound: Slot::empty(),
            default: Evaluated::given(None),
            variance: Cell::new(Variance::INFERRED),
        };
        Ok(vm.alloc(variable)?.value())
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[
            ("__name__", offset_of!(PyParamSpec, name), ReadOnly, ""),
            ("__bound__", offset_of!(PyParamSpec, bound), ReadOnly, ""),
        ],
    )
}

#[py_type(
    name = "ParamSpec",
    module = "typing",
    flags(MANAGED_DICT, MANAGED_WEAKREF, HEAPTYPE, IMMUTABLETYPE),
    setup = set_up,
    doc = "Parameter specification variable.\n\nThe preferred way to construct a parameter specification is via the\ndedicated syntax for generic functions, classes, and type aliases,\nwhere the use of '**' creates a parameter specification::\n\n    type IntFunc[**P] = Callable[P, int]\n\nThe following syntax creates a parameter specification that defaults\nto a callable accepting two positional-only arguments of types int\nand str:\n\n    type IntFuncDefault[**P = [int, str]] = Callable[P, int]\n\nFor compatibility with Python 3.11 and earlier, ParamSpec objects\ncan also be created as follows::\n\n    P = ParamSpec('P')\n    DefaultP = ParamSpec('DefaultP', default=[int, str])\n\nParameter specification variables exist primarily for the benefit of\nstatic type checkers.  They are used to forward the parameter types of\none callable to another callable, a pattern commonly found in\nhigher-order functions and decorators.  They are only valid when used\nin ``Concatenate``, or as the first argument to ``Callable``, or as\nparameters for user-defined Generics. See class Generic for more\ninformation on generic types.\n\nAn example for annotating a decorator::\n\n    def add_logging[**P, T](f: Callable[P, T]) -> Callable[P, T]:\n        '''A type-safe decorator to add logging to a function.'''\n        def inner(*args: P.args, **kwargs: P.kwargs) -> T:\n            logging.info(f'{f.__name__} was called')\n            return f(*args, **kwargs)\n        return inner\n\n    @add_logging\n    def add_two(x: float, y: float) -> float:\n        '''Add two numbers together.'''\n        return x + y\n\nParameter specification variables can be introspected. e.g.::\n\n    >>> P = ParamSpec(\"P\")\n    >>> P.__name__\n    'P'\n\nNote that only parameter specification variables defined in the global\nscope can be pickled.\n"
)]
impl PyParamSpec {
    #[new(
        "paramspec(name, *, bound=None, default=typing.NoDefault, covariant=False, contravariant=False, infer_variance=False)",
        signature = ""
    )]
    fn new(
        vm: &Vm,
        class: Gc<PyType>,
        name: Gc<PyStr>,
        bound: Value,
        default: Option<Value>,
        covariant: bool,
        contravariant: bool,
        infer_variance: bool,
    ) -> PyResult<Gc<PyParamSpec>> {
        let variance = Variance::new(vm, covariant, contravariant, infer_variance)?;
        let variable = PyParamSpec {
            header: Header::EMPTY,
            name: Slot::new(name),
            bound: Slot::maybe(bound.not_none()),
            default: Evaluated::given(Some(default.unwrap_or_else(|| no_default(vm)))),
            variance: Cell::new(variance),
        };
        let variable = vm.alloc_instance(class, variable)?;
        vm.set_attr(variable.value(), vm.names().__module__, calling_module(vm))?;
        Ok(variable)
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        self.variance.get().repr(vm, self.name.get_set())
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, left: Value, right: Value) -> PyResult {
        vm.make_union(&[left, right])
    }

    #[method("__typing_subst__($self, arg, /)")]
    fn subst(vm: &Vm, this: Value, arg: Value) -> PyResult {
        call_typing(vm, "_paramspec_subst", &[this, arg])
    }

    #[method("__typing_prepare_subst__($self, alias, args, /)")]
    fn prepare_subst(vm: &Vm, this: Value, alias: Value, args: Value) -> PyResult {
        call_typing(vm, "_paramspec_prepare_subst", &[this, alias, args])
    }

    #[method("has_default($self, /)")]
    fn has_default(&self, vm: &Vm) -> bool {
        self.default.has_default(vm)
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self) -> Gc<PyStr> {
        self.name.get_set()
    }

    #[method("__mro_entries__($self, object, /)")]
    fn mro_entries(vm: &Vm, _this: Value, _bases: Value) -> PyResult {
        Err(vm.type_error("Cannot subclass an instance of ParamSpec"))
    }

    #[getter("__covariant__")]
    fn covariant(&self) -> bool {
        self.variance.get().covariant
    }

    #[getter("__contravariant__")]
    fn contravariant(&self) -> bool {
        self.variance.get().contravariant
    }

    #[getter("__infer_variance__")]
    fn infer_variance(&self) -> bool {
        self.variance.get().inferred
    }

    #[getter("args", doc = "Represents positional arguments.")]
    fn args(vm: &Vm, this: Value) -> PyResult<Gc<PyParamSpecArgs>> {
        vm.alloc(PyParamSpecArgs { header: Header::EMPTY, origin: Slot::new(this) })
    }

    #[getter("kwargs", doc = "Represents keyword arguments.")]
    fn kwargs(vm: &Vm, this: Value) -> PyResult<Gc<PyParamSpecKwargs>> {
        vm.alloc(PyParamSpecKwargs { header: Header::EMPTY, origin: Slot::new(this) })
    }

    #[getter("__default__", doc = "The default value for this ParamSpec.")]
    fn default(vm: &Vm, this: Gc<PyParamSpec>) -> PyResult {
        this.default.get_default(vm, this)
    }

    #[getter("evaluate_default")]
    fn evaluate_default(&self, vm: &Vm) -> PyResult {
        self.default.evaluator(vm)
    }
}

/// How what `P.args` belongs to is written: the name of a `ParamSpec`.
fn origin_text(vm: &Vm, origin: Value) -> PyResult<String> {
    Ok(match vm.cast::<PyParamSpec>(origin) {
        Some(spec) => spec.name.get_set().to_string_lossy(),
        None => vm.repr(origin)?.to_string_lossy(),
    })
}

fn compare_origins(vm: &Vm, left: Value, right: Value, op: CompareOp) -> PyResult {
    match op {
        CompareOp::Eq | CompareOp::Ne => vm.compare(left, right, op),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// `P.args`.
#[repr(C)]
#[derive(Trace)]
pub struct PyParamSpecArgs {
    header: Header,
    /// `__origin__`.
    origin: Slot,
}

fn set_up_args(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("__origin__", offset_of!(PyParamSpecArgs, origin), ReadOnly, "")])
}

#[py_type(
    name = "ParamSpecArgs",
    module = "typing",
    flags(MANAGED_WEAKREF, HEAPTYPE, IMMUTABLETYPE),
    setup = set_up_args,
    doc = "The args for a ParamSpec object.\n\nGiven a ParamSpec object P, P.args is an instance of ParamSpecArgs.\n\nParamSpecArgs objects have a reference back to their ParamSpec::\n\n    >>> P = ParamSpec(\"P\")\n    >>> P.args.__origin__ is P\n    True\n\nThis type is meant for runtime introspection and has no special meaning\nto static type checkers.\n"
)]
impl PyParamSpecArgs {
    #[new("paramspecargs(origin)", signature = "")]
    fn new(vm: &Vm, class: Gc<PyType>, origin: Value) -> PyResult<Gc<PyParamSpecArgs>> {
        vm.alloc_instance(class, PyParamSpecArgs { header: Header::EMPTY, origin: Slot::new(origin) })
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<String> {
        Ok(format!("{}.args", origin_text(vm, self.origin.get_set())?))
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyParamSpecArgs>, other: Value, op: CompareOp) -> PyResult {
        match vm.cast::<PyParamSpecArgs>(other) {
            Some(other) => compare_origins(vm, this.origin.get_set(), other.origin.get_set(), op),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[method("__mro_entries__($self, object, /)")]
    fn mro_entries(vm: &Vm, _this: Value, _bases: Value) -> PyResult {
        Err(vm.type_error("Cannot subclass an instance of ParamSpecArgs"))
    }
}

/// `P.kwargs`.
#[repr(C)]
#[derive(Trace)]
pub struct PyParamSpecKwargs {
    header: Header,
    /// `__origin__`.
    origin: Slot,
}

fn set_up_kwargs(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("__origin__", offset_of!(PyParamSpecKwargs, origin), ReadOnly, "")])
}

#[py_type(
    name = "ParamSpecKwargs",
    module = "typing",
    flags(MANAGED_WEAKREF, HEAPTYPE, IMMUTABLETYPE),
    setup = set_up_kwargs,
    doc = "The kwargs for a ParamSpec object.\n\nGiven a ParamSpec object P, P.kwargs is an instance of ParamSpecKwargs.\n\nParamSpecKwargs objects have a reference back to their ParamSpec::\n\n    >>> P = ParamSpec(\"P\")\n    >>> P.kwargs.__origin__ is P\n    True\n\nThis type is meant for runtime introspection and has no special meaning\nto static type checkers.\n"
)]
impl PyParamSpecKwargs {
    #[new("paramspeckwargs(origin)", signature = "")]
    fn new(vm: &Vm, class: Gc<PyType>, origin: Value) -> PyResult<Gc<PyParamSpecKwargs>> {
        vm.alloc_instance(class, PyParamSpecKwargs { header: Header::EMPTY, origin: Slot::new(origin) })
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<String> {
        Ok(format!("{}.kwargs", origin_text(vm, self.origin.get_set())?))
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyParamSpecKwargs>, other: Value, op: CompareOp) -> PyResult {
        match vm.cast::<PyParamSpecKwargs>(other) {
            Some(other) => compare_origins(vm, this.origin.get_set(), other.origin.get_set(), op),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[method("__mro_entries__($self, object, /)")]
    fn mro_entries(vm: &Vm, _this: Value, _bases: Value) -> PyResult {
        Err(vm.type_error("Cannot subclass an instance of ParamSpecKwargs"))
    }
}
