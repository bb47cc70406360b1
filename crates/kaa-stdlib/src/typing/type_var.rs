//! `typing.TypeVar`.

use std::cell::Cell;
use std::mem::offset_of;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::operations::BinaryOp;
use kaa_objects::types::descriptors::MemberKind::ReadOnly;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::evaluated::{Evaluated, no_default};
use super::{Variance, call_typing, calling_module, check_type};

/// A type variable.
#[repr(C)]
#[derive(Trace)]
pub struct PyTypeVar {
    header: Header,
    /// `__name__`.
    pub name: Slot<Gc<PyStr>>,
    bound: Evaluated,
    constraints: Evaluated,
    pub(super) default: Evaluated,
    #[trace(skip)]
    variance: Cell<Variance>,
}

/// What limits a type parameter: `T: int` or `T: (int, str)`, as functions.
pub(super) enum Limit {
    None,
    Bound(Value),
    Constraints(Value),
}

impl PyTypeVar {
    /// The variable of a type parameter.
    pub(super) fn parameter(vm: &Vm, name: Gc<PyStr>, limit: Limit) -> PyResult {
        let (mut bound, mut constraints) = (Evaluated::given(None), Evaluated::given(None));
        match limit {
            Limit::None => {}
            Limit::Bound(evaluate) => bound = Evaluated::lazy(evaluate),
            Limit::Constraints(evaluate) => constraints = Evaluated::lazy(evaluate),
        }
        let variable = PyTypeVar {
            header: Header::EMPTY,
            name: Slot::new(name),
            bound,
            constraints,
            default: Evaluated::given(None),
            variance: Cell::new(Variance::INFERRED),
        };
        Ok(vm.alloc(variable)?.value())
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("__name__", offset_of!(PyTypeVar, name), ReadOnly, "")])
}

#[py_type(
    name = "TypeVar",
    module = "typing",
    flags(MANAGED_DICT, MANAGED_WEAKREF, HEAPTYPE, IMMUTABLETYPE),
    setup = set_up,
    doc = "Type variable.\n\nThe preferred way to construct a type variable is via the dedicated\nsyntax for generic functions, classes, and type aliases::\n\n    class Sequence[T]:  # T is a TypeVar\n        ...\n\nThis syntax can also be used to create bound and constrained type\nvariables::\n\n    # S is a TypeVar bound to str\n    class StrSequence[S: str]:\n        ...\n\n    # A is a TypeVar constrained to str or bytes\n    class StrOrBytesSequence[A: (str, bytes)]:\n        ...\n\nType variables can also have defaults:\n\n    class IntDefault[T = int]:\n        ...\n\nHowever, if desired, reusable type variables can also be constructed\nmanually, like so::\n\n   T = TypeVar('T')  # Can be anything\n   S = TypeVar('S', bound=str)  # Can be any subtype of str\n   A = TypeVar('A', str, bytes)  # Must be exactly str or bytes\n   D = TypeVar('D', default=int)  # Defaults to int\n\nType variables exist primarily for the benefit of static type\ncheckers.  They serve as the parameters for generic types as well\nas for generic function and type alias definitions.\n\nThe variance of type variables is inferred by type checkers when they\nare created through the type parameter syntax and when\n``infer_variance=True`` is passed. Manually created type variables may\nbe explicitly marked covariant or contravariant by passing\n``covariant=True`` or ``contravariant=True``. By default, manually\ncreated type variables are invariant. See PEP 484 and PEP 695 for more\ndetails.\n"
)]
impl PyTypeVar {
    #[new(
        "typevar(name, *constraints, bound=None, default=typing.NoDefault, covariant=False, contravariant=False, infer_variance=False)",
        signature = ""
    )]
    fn new(
        vm: &Vm,
        class: Gc<PyType>,
        name: Gc<PyStr>,
        constraints: &[Value],
        bound: Value,
        default: Option<Value>,
        covariant: bool,
        contravariant: bool,
        infer_variance: bool,
    ) -> PyResult<Gc<PyTypeVar>> {
        let variance = Variance::new(vm, covariant, contravariant, infer_variance)?;
        let bound = match bound.not_none() {
            Some(bound) => Some(check_type(vm, bound, "Bound must be a type.")?),
            None => None,
        };
        let constraints = match constraints {
            [] => None,
            [_] => return Err(vm.type_error("A single constraint is not allowed")),
            _ if bound.is_some() => return Err(vm.type_error("Constraints cannot be combined with bound=...")),
            _ => Some(vm.new_tuple(constraints)?.value()),
        };
        let variable = PyTypeVar {
            header: Header::EMPTY,
            name: Slot::new(name),
            bound: Evaluated::given(bound),
            constraints: Evaluated::given(constraints),
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
        call_typing(vm, "_typevar_subst", &[this, arg])
    }

    #[method("__typing_prepare_subst__($self, alias, args, /)")]
    fn prepare_subst(vm: &Vm, this: Gc<PyTypeVar>, alias: Value, args: Value) -> PyResult {
        let parameters = vm.list_from(vm.get_attr(alias, vm.names().__parameters__)?)?;
        let mut index = None;
        for position in 0..parameters.len() {
            if vm.identical_or_equal(parameters.as_slice()[position], this.value())? {
                index = Some(position);
                break;
            }
        }
        let Some(index) = index else { return Err(vm.value_error("sequence.index(x): x not in sequence")) };
        let given = vm.len(args)?;
        if index < given {
            return Ok(args);
        }
        if index == given {
            let default = this.default.get_default(vm, this)?;
            if default != no_default(vm) {
                let default = vm.new_tuple(&[default])?;
                return vm.binary(BinaryOp::Add, args, default.value());
            }
        }
        let (alias, least) = (vm.str(alias)?.to_string_lossy(), index + 1);
        Err(vm.type_error(format_args!("Too few arguments for {alias}; actual {given}, expected at least {least}")))
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
        Err(vm.type_error("Cannot subclass an instance of TypeVar"))
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

    #[getter("__bound__")]
    fn bound(vm: &Vm, this: Gc<PyTypeVar>) -> PyResult {
        Ok(this.bound.get(vm, this)?.unwrap_or(Value::NONE))
    }

    #[getter("__constraints__")]
    fn constraints(vm: &Vm, this: Gc<PyTypeVar>) -> PyResult {
        match this.constraints.get(vm, this)? {
            Some(constraints) => Ok(constraints),
            None => Ok(vm.new_tuple(&[])?.value()),
        }
    }

    #[getter("__default__")]
    fn default(vm: &Vm, this: Gc<PyTypeVar>) -> PyResult {
        this.default.get_default(vm, this)
    }

    #[getter("evaluate_bound")]
    fn evaluate_bound(&self, vm: &Vm) -> PyResult {
        self.bound.evaluator(vm)
    }

    #[getter("evaluate_constraints")]
    fn evaluate_constraints(&self, vm: &Vm) -> PyResult {
        self.constraints.evaluator(vm)
    }

    #[getter("evaluate_default")]
    fn evaluate_default(&self, vm: &Vm) -> PyResult {
        self.default.evaluator(vm)
    }
}
