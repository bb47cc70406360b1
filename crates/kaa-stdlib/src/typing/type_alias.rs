//! `typing.TypeAliasType`: what `type X = …` makes.

use std::mem::offset_of;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::MemberKind::ReadOnly;
use kaa_objects::types::generic_alias::PyGenericAlias;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::evaluated::{Evaluated, no_default};
use super::{PyParamSpec, PyTypeVar, PyTypeVarTuple, calling_module, unpack, unpack_iter};

/// A type alias.
#[repr(C)]
#[derive(Trace)]
pub struct PyTypeAlias {
    header: Header,
    /// `__name__`.
    name: Slot<Gc<PyStr>>,
    /// `__type_params__`, unless there is none.
    type_params: Slot<Gc<PyTuple>>,
    value: Evaluated,
    /// `__module__`, where the function behind the value does not tell.
    module: Slot,
}

impl PyTypeAlias {
    /// The alias of a `type` statement.
    pub(super) fn of_statement(
        vm: &Vm,
        name: Gc<PyStr>,
        type_params: Option<Gc<PyTuple>>,
        evaluate: Value,
    ) -> PyResult {
        let alias = PyTypeAlias {
            header: Header::EMPTY,
            name: Slot::new(name),
            type_params: Slot::maybe(type_params.filter(|params| !params.is_empty())),
            value: Evaluated::lazy(evaluate),
            module: Slot::empty(),
        };
        Ok(vm.alloc(alias)?.value())
    }
}

/// The default of a type parameter of any kind.
fn default_of(vm: &Vm, parameter: Value) -> PyResult {
    if let Some(variable) = vm.cast::<PyTypeVar>(parameter) {
        variable.default.get_default(vm, variable)
    } else if let Some(spec) = vm.cast::<PyParamSpec>(parameter) {
        spec.default.get_default(vm, spec)
    } else if let Some(variables) = vm.cast::<PyTypeVarTuple>(parameter) {
        variables.default.get_default(vm, variables)
    } else {
        let parameter = vm.repr(parameter)?.to_string_lossy();
        Err(vm.type_error(format_args!("Expected a type param, got {parameter}")))
    }
}

/// Refuses a parameter without a default behind one with a default.
fn check_type_params(vm: &Vm, parameters: Gc<PyTuple>) -> PyResult<()> {
    let mut default_seen = false;
    for &parameter in parameters.as_slice() {
        if default_of(vm, parameter)? != no_default(vm) {
            default_seen = true;
        } else if default_seen {
            let parameter = vm.repr(parameter)?.to_string_lossy();
            return Err(
                vm.type_error(format_args!("non-default type parameter '{parameter}' follows default type parameter"))
            );
        }
    }
    Ok(())
}

/// Type parameters as arguments of a generic: those that stand for several are unpacked.
pub(super) fn unpack_type_var_tuples(vm: &Vm, parameters: Gc<PyTuple>) -> PyResult<Gc<PyTuple>> {
    let is_variadic = |parameter: &Value| vm.cast::<PyTypeVarTuple>(*parameter).is_some();
    if !parameters.as_slice().iter().any(is_variadic) {
        return Ok(parameters);
    }
    let unpacked = vm.new_list(&[])?;
    for &parameter in parameters.as_slice() {
        unpacked.push(vm, if is_variadic(&parameter) { unpack(vm, parameter)? } else { parameter })?;
    }
    vm.new_tuple(unpacked.as_slice())
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("__name__", offset_of!(PyTypeAlias, name), ReadOnly, "")])
}

#[py_type(
    name = "TypeAliasType",
    module = "typing",
    setup = set_up,
    doc = "Type alias.\n\nType aliases are created through the type statement::\n\n    type Alias = int\n\nIn this example, Alias and int will be treated equivalently by static\ntype checkers.\n\nAt runtime, Alias is an instance of TypeAliasType. The __name__\nattribute holds the name of the type alias. The value of the type alias\nis stored in the __value__ attribute. It is evaluated lazily, so the\nvalue is computed only if the attribute is accessed.\n\nType aliases can also be generic::\n\n    type ListOrSet[T] = list[T] | set[T]\n\nIn this case, the type parameters of the alias are stored in the\n__type_params__ attribute.\n\nSee PEP 695 for more information.\n"
)]
impl PyTypeAlias {
    #[new("typealias(name, value, *, type_params=<unrepresentable>)", signature = "")]
    fn new(
        vm: &Vm,
        class: Gc<PyType>,
        name: Gc<PyStr>,
        value: Value,
        type_params: Option<Value>,
    ) -> PyResult<Gc<PyTypeAlias>> {
        let type_params = match type_params {
            Some(given) => match vm.cast::<PyTuple>(given) {
                Some(parameters) => Some(parameters),
                None => return Err(vm.type_error("type_params must be a tuple")),
            },
            None => None,
        };
        if let Some(parameters) = type_params {
            check_type_params(vm, parameters)?;
        }
        let alias = PyTypeAlias {
            header: Header::EMPTY,
            name: Slot::new(name),
            type_params: Slot::maybe(type_params.filter(|parameters| !parameters.is_empty())),
            value: Evaluated::given(Some(value)),
            module: Slot::new(calling_module(vm)),
        };
        vm.alloc_instance(class, alias)
    }

    #[slot(repr)]
    fn repr(&self) -> Gc<PyStr> {
        self.name.get_set()
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Value) -> PyResult {
        unpack_iter(vm, this)
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, left: Value, right: Value) -> PyResult {
        vm.union_of(left, right)
    }

    #[slot(mp_subscript)]
    fn get_item(vm: &Vm, this: Gc<PyTypeAlias>, arguments: Value) -> PyResult {
        if this.type_params.get().is_none() {
            return Err(vm.type_error("Only generic type aliases are subscriptable"));
        }
        PyGenericAlias::new_value(vm, this.value(), arguments)
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self) -> Gc<PyStr> {
        self.name.get_set()
    }

    #[getter("__parameters__")]
    fn parameters(&self, vm: &Vm) -> PyResult<Gc<PyTuple>> {
        match self.type_params.get() {
            Some(parameters) => unpack_type_var_tuples(vm, parameters),
            None => vm.new_tuple(&[]),
        }
    }

    #[getter("__type_params__")]
    fn type_params(&self, vm: &Vm) -> PyResult<Gc<PyTuple>> {
        match self.type_params.get() {
            Some(parameters) => Ok(parameters),
            None => vm.new_tuple(&[]),
        }
    }

    #[getter("__value__")]
    fn value(vm: &Vm, this: Gc<PyTypeAlias>) -> PyResult {
        // An alias has a value, or a function that gives it.
        Ok(this.value.get(vm, this)?.unwrap_or(Value::NONE))
    }

    #[getter("evaluate_value")]
    fn evaluate_value(&self, vm: &Vm) -> PyResult {
        self.value.evaluator(vm)
    }

    #[getter("__module__")]
    fn module(&self, vm: &Vm) -> PyResult {
        match (self.module.get(), self.value.function()) {
            (Some(module), _) => Ok(module),
            (None, Some(function)) => vm.get_attr(function, vm.names().__module__),
            (None, None) => Ok(Value::NONE),
        }
    }
}
