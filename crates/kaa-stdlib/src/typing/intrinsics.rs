//! The intrinsic functions of type parameters: what the instructions `CALL_INTRINSIC_1` and
//! `CALL_INTRINSIC_2` call.

use kaa_bytecode::operands::{Intrinsic1, Intrinsic2};
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::type_alias::unpack_type_var_tuples;
use super::type_var::Limit;
use super::{PyGeneric, PyParamSpec, PyTypeAlias, PyTypeVar, PyTypeVarTuple, call_typing};

/// Calls a function by its number; those with two operands count from 0x100.
pub fn call(vm: &Vm, function: u32, operand: Value, second: Option<Value>) -> PyResult {
    match second {
        None => unary(vm, Intrinsic1::from_number(function), operand),
        Some(second) => binary(vm, Intrinsic2::from_number(function & 0xff), operand, second),
    }
}

fn unary(vm: &Vm, function: Option<Intrinsic1>, operand: Value) -> PyResult {
    match function {
        Some(Intrinsic1::TypeVar) => PyTypeVar::parameter(vm, name(vm, operand)?, Limit::None),
        Some(Intrinsic1::ParamSpec) => PyParamSpec::parameter(vm, name(vm, operand)?),
        Some(Intrinsic1::TypeVarTuple) => PyTypeVarTuple::parameter(vm, name(vm, operand)?),
        Some(Intrinsic1::SubscriptGeneric) => {
            let arguments = unpack_type_var_tuples(vm, row(vm, operand)?)?;
            call_typing(vm, "_GenericAlias", &[vm.class::<PyGeneric>().value(), arguments.value()])
        }
        Some(Intrinsic1::TypeAlias) => match *row(vm, operand)?.as_slice() {
            [alias, parameters, evaluate] => {
                PyTypeAlias::of_statement(vm, name(vm, alias)?, vm.cast::<PyTuple>(parameters), evaluate)
            }
            _ => Err(malformed(vm)),
        },
        _ => Err(malformed(vm)),
    }
}

fn binary(vm: &Vm, function: Option<Intrinsic2>, operand: Value, second: Value) -> PyResult {
    match function {
        Some(Intrinsic2::TypeVarWithBound) => PyTypeVar::parameter(vm, name(vm, operand)?, Limit::Bound(second)),
        Some(Intrinsic2::TypeVarWithConstraints) => {
            PyTypeVar::parameter(vm, name(vm, operand)?, Limit::Constraints(second))
        }
        Some(Intrinsic2::SetTypeParamDefault) => {
            if let Some(variable) = vm.cast::<PyTypeVar>(operand) {
                variable.default.set_evaluate(vm, variable, second);
            } else if let Some(spec) = vm.cast::<PyParamSpec>(operand) {
                spec.default.set_evaluate(vm, spec, second);
            } else if let Some(variables) = vm.cast::<PyTypeVarTuple>(operand) {
                variables.default.set_evaluate(vm, variables, second);
            } else {
                let operand = vm.repr(operand)?.to_string_lossy();
                return Err(vm.type_error(format_args!("Expected a type param, got {operand}")));
            }
            Ok(operand)
        }
        _ => Err(malformed(vm)),
    }
}

fn name(vm: &Vm, value: Value) -> PyResult<Gc<PyStr>> {
    vm.cast::<PyStr>(value).ok_or_else(|| malformed(vm))
}

fn row(vm: &Vm, value: Value) -> PyResult<Gc<PyTuple>> {
    vm.cast::<PyTuple>(value).ok_or_else(|| malformed(vm))
}

/// Code that no compiler made.
fn malformed(vm: &Vm) -> kaa_objects::Raised {
    vm.system_error("an intrinsic function of type parameters got wrong operands")
}
