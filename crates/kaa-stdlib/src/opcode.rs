//! `_opcode`: what `opcode` and `dis` ask about instructions. The facts are in `kaa-bytecode`.

use kaa_bytecode::operands::{BinaryOperator, Intrinsic1, Intrinsic2, SpecialMethod};
use kaa_bytecode::{Opcode, SPECIALIZED, Specialized, arg, stack_effect};
use kaa_objects::types::code::PyCode;
use kaa_objects::types::list::PyList;
use kaa_objects::{Gc, PyResult, Value, Vm, py_module};

/// The module.
pub struct OpcodeModule;

/// The instruction of a number, also one of those into which CPython turns others while it runs.
fn flags_of(opcode: i32) -> Option<u32> {
    let number = u16::try_from(opcode).ok()?;
    let plain = Opcode::from_number(number).map(Opcode::flags);
    plain.or_else(|| specialized(opcode).map(|specialized| specialized.flags))
}

fn specialized(opcode: i32) -> Option<&'static Specialized> {
    SPECIALIZED.iter().find(|specialized| i32::from(specialized.number) == opcode)
}

fn has(opcode: i32, bits: u32) -> bool {
    flags_of(opcode).is_some_and(|flags| flags & bits != 0)
}

fn names(vm: &Vm, names: impl Iterator<Item = &'static str>) -> PyResult<Gc<PyList>> {
    let list = vm.new_list(&[])?;
    for name in names {
        list.push(vm, vm.intern(name).value())?;
    }
    Ok(list)
}

#[py_module(name = "_opcode", doc = "Opcode support module.")]
impl OpcodeModule {
    /// Whether code objects show CPython's specialized instructions: Kaa has forms of its own.
    #[constant]
    const ENABLE_SPECIALIZATION: i64 = 0;
    #[constant]
    const ENABLE_SPECIALIZATION_FT: i64 = 0;

    #[function("stack_effect(opcode, oparg=None, /, *, jump=None)", doc = "Compute the stack effect of the opcode.")]
    fn stack_effect(vm: &Vm, opcode: i32, oparg: Option<i64>, jump: Value) -> PyResult<i64> {
        // As C's `int`: higher bits are lost.
        let oparg = oparg.unwrap_or(0) as i32;
        let jump = match jump {
            Value::NONE => None,
            Value::TRUE => Some(true),
            Value::FALSE => Some(false),
            _ => return Err(vm.value_error("stack_effect: jump must be False, True or None")),
        };
        let known = u16::try_from(opcode).ok().and_then(Opcode::from_number);
        match known.and_then(|known| stack_effect(known, oparg as u32, jump)) {
            Some(effect) => Ok(effect.into()),
            None => Err(vm.value_error("invalid opcode or oparg")),
        }
    }

    #[function("is_valid(opcode)", doc = "Return True if opcode is valid, False otherwise.")]
    fn is_valid(_vm: &Vm, opcode: i32) -> bool {
        flags_of(opcode).is_some()
    }

    #[function("has_arg(opcode)", doc = "Return True if the opcode uses its oparg, False otherwise.")]
    fn has_arg(_vm: &Vm, opcode: i32) -> bool {
        has(opcode, arg::ARG)
    }

    #[function("has_const(opcode)", doc = "Return True if the opcode accesses a constant, False otherwise.")]
    fn has_const(_vm: &Vm, opcode: i32) -> bool {
        has(opcode, arg::CONST)
    }

    #[function("has_name(opcode)", doc = "Return True if the opcode accesses an attribute by name, False otherwise.")]
    fn has_name(_vm: &Vm, opcode: i32) -> bool {
        has(opcode, arg::NAME)
    }

    #[function("has_jump(opcode)", doc = "Return True if the opcode has a jump target, False otherwise.")]
    fn has_jump(_vm: &Vm, opcode: i32) -> bool {
        has(opcode, arg::JUMP)
    }

    #[function(
        "has_free(opcode)",
        doc = "Return True if the opcode accesses a free variable, False otherwise.\n\nNote that 'free' in this context refers to names in the current scope\nthat are referenced by inner scopes or names in outer scopes that are\nreferenced from this scope. It does not include references to global\nor builtin scopes."
    )]
    fn has_free(_vm: &Vm, opcode: i32) -> bool {
        has(opcode, arg::FREE)
    }

    #[function("has_local(opcode)", doc = "Return True if the opcode accesses a local variable, False otherwise.")]
    fn has_local(_vm: &Vm, opcode: i32) -> bool {
        has(opcode, arg::LOCAL)
    }

    #[function("has_exc(opcode)", doc = "Return True if the opcode sets an exception handler, False otherwise.")]
    fn has_exc(_vm: &Vm, opcode: i32) -> bool {
        has(opcode, arg::EXC)
    }

    #[function("get_specialization_stats()", doc = "Return the specialization stats")]
    fn get_specialization_stats(_vm: &Vm) {}

    #[function("get_nb_ops()", doc = "Return array of symbols of binary ops.\n\nIndexed by the BINARY_OP oparg value.")]
    fn get_nb_ops(vm: &Vm) -> PyResult<Gc<PyList>> {
        let list = vm.new_list(&[])?;
        for operator in BinaryOperator::ALL {
            let pair = [vm.intern(operator.name()).value(), vm.intern(operator.symbol()).value()];
            list.push(vm, vm.new_tuple(&pair)?.value())?;
        }
        Ok(list)
    }

    #[function("get_intrinsic1_descs()", doc = "Return a list of names of the unary intrinsics.")]
    fn get_intrinsic1_descs(vm: &Vm) -> PyResult<Gc<PyList>> {
        names(vm, Intrinsic1::ALL.iter().map(|function| function.name()))
    }

    #[function("get_intrinsic2_descs()", doc = "Return a list of names of the binary intrinsics.")]
    fn get_intrinsic2_descs(vm: &Vm) -> PyResult<Gc<PyList>> {
        names(vm, Intrinsic2::ALL.iter().map(|function| function.name()))
    }

    #[function("get_special_method_names()", doc = "Return a list of special method names.")]
    fn get_special_method_names(vm: &Vm) -> PyResult<Gc<PyList>> {
        names(vm, SpecialMethod::ALL.iter().map(|method| method.name()))
    }

    /// CPython's JIT has executors in code; Kaa's code never has one.
    #[function(
        "get_executor(code, offset)",
        doc = "Return the executor object at offset in code if exists, None otherwise."
    )]
    fn get_executor(vm: &Vm, code: Value, _offset: i32) -> PyResult<()> {
        if vm.cast::<PyCode>(code).is_none() {
            let class = vm.class_name(code);
            return Err(vm.type_error(format_args!("expected a code object, not '{class}'")));
        }
        Err(vm.value_error("no executor at given byte offset"))
    }
}
