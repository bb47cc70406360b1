//! Imports, and the intrinsic functions.

use kaa_bytecode::operands::{Intrinsic1, Intrinsic2};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::function::PyFunction;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::state::{op, word};
use crate::frame::Frame;

op! {
    fn import_name<D>(s, arg) {
        s.save();
        let module = import(s.vm, s.fp, s.name(arg), s.peek_value(2), s.peek_value(1));
        s.finish::<D>(2, module, 0)
    }

    fn import_from<D>(s, arg) {
        s.save();
        let found = import_attribute(s.vm, s.peek_value(1), s.name(arg));
        s.finish::<D>(0, found, 0)
    }

    fn call_intrinsic_1<D>(s, arg) {
        s.save();
        let result = intrinsic_1(s.vm, s.fp, s.peek_value(1), arg);
        s.finish::<D>(1, result, 0)
    }

    fn call_intrinsic_2<D>(s, arg) {
        s.save();
        let result = intrinsic_2(s.vm, s.peek_value(2), s.peek_value(1), arg);
        s.finish::<D>(2, result, 0)
    }
}

/// `import name`: calls the builtins' `__import__`.
#[inline(never)]
fn import(vm: &Vm, fp: *mut Frame, name: Gc<PyStr>, level: Value, from_list: Value) -> u64 {
    // SAFETY: the running frame; the locals are a value or 0.
    let (globals, builtins, locals) =
        unsafe { ((*fp).globals, (*fp).builtins, Value::from_bits((*fp).locals).unwrap_or(Value::NONE)) };
    let call = || -> PyResult {
        match super::names::optional_item(vm, builtins, vm.names().__import__)? {
            Some(function) => vm.call(function, &[name.value(), globals.value(), locals, from_list, level]),
            None => Err(vm.import_error("__import__ not found")),
        }
    };
    word(call())
}

/// `from module import name`: an attribute, or else the submodule in `sys.modules`.
#[inline(never)]
fn import_attribute(vm: &Vm, module: Value, name: Gc<PyStr>) -> u64 {
    word(vm.get_attr_optional(module, name).and_then(|found| match found {
        Some(found) => Ok(found),
        None => match vm.hooks.import_from.get() {
            Some(import_from) => import_from(vm, module, name),
            None => Err(vm.import_error(format_args!("cannot import name '{}'", name.to_string_lossy()))),
        },
    }))
}

#[inline(never)]
fn intrinsic_1(vm: &Vm, fp: *mut Frame, operand: Value, arg: usize) -> u64 {
    use Intrinsic1::*;
    word(match Intrinsic1::from_number(arg as u32) {
        Some(Print) => print_expression(vm, operand),
        Some(ImportStar) => import_star(vm, fp, operand),
        Some(StopIterationError) => stop_iteration_error(vm, fp, operand),
        Some(AsyncGenWrap) => crate::async_generator::wrap(vm, operand),
        Some(UnaryPositive) => vm.positive(operand),
        Some(ListToTuple) => match vm.cast_exact::<PyList>(operand) {
            Some(list) => vm.new_tuple(list.as_slice()).map(Value::from),
            None => Err(vm.system_error("malformed bytecode: an operand is no list")),
        },
        Some(TypeVar | ParamSpec | TypeVarTuple | SubscriptGeneric | TypeAlias) => match vm.hooks.typing.get() {
            Some(typing) => typing(vm, arg as u32, operand, None),
            None => Err(vm.not_implemented_error("type parameters are not built yet")),
        },
        Some(Invalid) | None => Err(vm.system_error(format_args!("unknown intrinsic function {arg}"))),
    })
}

#[inline(never)]
fn intrinsic_2(vm: &Vm, a: Value, b: Value, arg: usize) -> u64 {
    use Intrinsic2::*;
    word(match Intrinsic2::from_number(arg as u32) {
        Some(PrepReraiseStar) => match vm.cast::<PyList>(b) {
            Some(raised) => vm.prepare_reraise_star(a, raised),
            None => Err(vm.system_error("what except* clauses raised is no list")),
        },
        Some(SetFunctionTypeParams) => match (vm.cast_exact::<PyFunction>(a), vm.cast::<PyTuple>(b)) {
            (Some(function), Some(parameters)) => {
                function.type_params.set(vm, function, parameters);
                Ok(a)
            }
            _ => Err(vm.system_error("malformed bytecode: an operand is no function")),
        },
        Some(TypeVarWithBound | TypeVarWithConstraints | SetTypeParamDefault) => match vm.hooks.typing.get() {
            // Numbers of the second table follow those of the first.
            Some(typing) => typing(vm, 0x100 | arg as u32, a, Some(b)),
            None => Err(vm.not_implemented_error("type parameters are not built yet")),
        },
        Some(Invalid) | None => Err(vm.system_error(format_args!("unknown intrinsic function {arg}"))),
    })
}

/// What an interactive statement's value goes through: `sys.displayhook`.
fn print_expression(vm: &Vm, operand: Value) -> PyResult {
    match vm.hooks.display.get() {
        Some(display) => display(vm, operand),
        None => Err(vm.runtime_error("lost sys.displayhook")),
    }
}

/// `from module import *`.
fn import_star(vm: &Vm, fp: *mut Frame, module: Value) -> PyResult {
    // SAFETY: the running frame; the locals are a value or 0.
    let Some(locals) = (unsafe { Value::from_bits((*fp).locals) }) else {
        return Err(vm.system_error("no locals found during 'import *'"));
    };
    let names = vm.names();
    let (row, skip_private) = match vm.get_attr_optional(module, names.__all__)? {
        Some(all) => (all, false),
        None => {
            let Some(dict) = vm.get_attr_optional(module, names.__dict__)? else {
                return Err(vm.import_error("from-import-* object has no __dict__ and no __all__"));
            };
            (vm.call_method(dict, names.keys, &[])?, true)
        }
    };
    let row = vm.list_from(row)?;
    let mut index = 0;
    while let Some(name) = row.get(index) {
        index += 1;
        let Some(text) = vm.cast::<PyStr>(name) else {
            let module = vm.get_attr(module, names.__name__)?;
            let Some(module) = vm.cast::<PyStr>(module) else {
                let class = vm.class_name(module);
                return Err(vm.type_error(format_args!("module __name__ must be a string, not {class}")));
            };
            let (kind, place) = if skip_private { ("Key", "__dict__") } else { ("Item", "__all__") };
            let (module, class) = (module.to_string_lossy(), vm.class_name(name));
            return Err(vm.type_error(format_args!("{kind} in {module}.{place} must be str, not {class}")));
        };
        if skip_private && text.data().iter().next() == Some(u32::from('_')) {
            continue;
        }
        let attribute = vm.get_attr(module, vm.intern_str(text))?;
        match vm.cast_exact::<PyDict>(locals) {
            Some(dict) => dict.set(vm, name, attribute)?,
            None => vm.set_item(locals, name, attribute)?,
        }
    }
    Ok(Value::NONE)
}

/// A `StopIteration` that leaves a generator becomes a `RuntimeError`.
fn stop_iteration_error(vm: &Vm, fp: *mut Frame, exception: Value) -> PyResult {
    let exceptions = vm.exceptions();
    // SAFETY: the running frame.
    let code = unsafe { (*fp).code };
    let kind = if code.has_flag(kaa_bytecode::flags::ASYNC_GENERATOR) {
        "async generator"
    } else if code.has_flag(kaa_bytecode::flags::COROUTINE) {
        "coroutine"
    } else {
        "generator"
    };
    let what = if vm.is_instance(exception, exceptions.StopIteration) {
        "StopIteration"
    } else if kind == "async generator" && vm.is_instance(exception, exceptions.StopAsyncIteration) {
        "StopAsyncIteration"
    } else {
        return Ok(exception);
    };
    let message = vm.new_str(&format!("{kind} raised {what}"))?;
    let error = vm.new_exception(exceptions.RuntimeError, &[message.value()])?;
    let Some(cause) = vm.cast::<PyBaseException>(exception) else { return Ok(exception) };
    error.cause.set(vm, error, cause);
    error.context.set(vm, error, cause);
    error.suppress_context.set(true);
    Ok(error.value())
}
