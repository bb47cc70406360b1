//! `_typing`: type variables, type aliases and `Generic`, the native half of `typing`; and the
//! intrinsic functions behind `def f[T]`, `class C[T]` and `type X = …`.

mod evaluated;
mod generic;
mod intrinsics;
mod param_spec;
mod type_alias;
mod type_var;
mod type_var_tuple;

use kaa_objects::object::Native;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::union::PyUnion;
use kaa_objects::{Gc, PyResult, Value, Vm, py_module};

pub use generic::PyGeneric;
pub use param_spec::{PyParamSpec, PyParamSpecArgs, PyParamSpecKwargs};
pub use type_alias::PyTypeAlias;
pub use type_var::PyTypeVar;
pub use type_var_tuple::PyTypeVarTuple;

/// The module.
pub struct Typing;

#[py_module(
    name = "_typing",
    doc = "Primitives and accelerators for the typing module.\n",
    types(PyGeneric, PyParamSpec, PyParamSpecArgs, PyParamSpecKwargs, PyTypeAlias, PyTypeVar, PyTypeVarTuple),
    setup = set_up
)]
impl Typing {
    /// Gives back what it is given, quickly.
    #[function("_idfunc(x, /)")]
    fn _idfunc(x: Value) -> Value {
        x
    }
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    dict.set_str(vm, vm.intern("Union"), vm.native_class(PyUnion::def()).value())?;
    dict.set_str(vm, vm.intern("NoDefault"), evaluated::no_default(vm))
}

/// Lets the interpreter make type parameters.
pub fn install(vm: &Vm) {
    vm.hooks.typing.set(Some(intrinsics::call));
}

/// An attribute of the module `typing`.
fn from_typing(vm: &Vm, name: &str) -> PyResult {
    match vm.hooks.import.get() {
        Some(import) => vm.get_attr_str(import(vm, "typing")?, name),
        None => Err(vm.import_error("the module typing cannot be imported here")),
    }
}

/// Calls a function of the module `typing`.
fn call_typing(vm: &Vm, name: &str, args: &[Value]) -> PyResult {
    vm.call(from_typing(vm, name)?, args)
}

/// A type, or what `typing` takes for one.
fn check_type(vm: &Vm, value: Value, message: &str) -> PyResult {
    if value.is_none() {
        return Ok(vm.class_of(value).value());
    }
    let message = vm.new_str(message)?;
    call_typing(vm, "_type_check", &[value, message.value()])
}

/// The name of the module whose code is running, which makes the object; `None` without one.
fn calling_module(vm: &Vm) -> Value {
    let globals = vm.hooks.caller_globals.get().and_then(|globals| globals(vm));
    globals.and_then(|globals| globals.get_str(vm, vm.names().__name__)).unwrap_or(Value::NONE)
}

/// `typing.Unpack[parameters]`.
fn unpack(vm: &Vm, parameters: Value) -> PyResult {
    vm.get_item(from_typing(vm, "Unpack")?, parameters)
}

/// Iterates over `Unpack[parameters]` alone: what `*Ts` is.
fn unpack_iter(vm: &Vm, parameters: Value) -> PyResult {
    let row = vm.new_tuple(&[unpack(vm, parameters)?])?;
    vm.iter(row.value())
}

/// The variance that a type variable is declared with.
#[derive(Clone, Copy)]
struct Variance {
    covariant: bool,
    contravariant: bool,
    inferred: bool,
}

impl Variance {
    /// What type parameters have.
    const INFERRED: Variance = Variance { covariant: false, contravariant: false, inferred: true };

    fn new(vm: &Vm, covariant: bool, contravariant: bool, inferred: bool) -> PyResult<Variance> {
        if covariant && contravariant {
            return Err(vm.value_error("Bivariant types are not supported."));
        }
        if inferred && (covariant || contravariant) {
            return Err(vm.value_error("Variance cannot be specified with infer_variance."));
        }
        Ok(Variance { covariant, contravariant, inferred })
    }

    /// `~T`, `+T`, `-T`, or `T` when the variance is inferred.
    fn repr(self, vm: &Vm, name: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        let sign = match self {
            Variance { inferred: true, .. } => return Ok(name),
            Variance { covariant: true, .. } => "+",
            Variance { contravariant: true, .. } => "-",
            _ => "~",
        };
        vm.concat_str(vm.intern(sign), name)
    }
}
