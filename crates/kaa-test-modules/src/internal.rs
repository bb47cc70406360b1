//! `_testinternalcapi`: what tests ask of the object model and the interpreter, as far as Kaa can
//! tell.

use kaa_bytecode::Opcode;
use kaa_macros::py_module;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::dict::PyDict;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::{compiler, variables};

/// The module.
pub(crate) struct TestInternals;

fn code_of(vm: &Vm, code: Value) -> PyResult<Gc<PyCode>> {
    let code = vm.cast::<PyCode>(code).ok_or_else(|| vm.type_error("argument must be a code object"))?;
    code.load(vm)?;
    Ok(code)
}

/// What a call of the interpreter takes of the native stack: about what its loop has as a frame.
const CALL_FRAME: usize = 512;

#[py_module(
    name = "_testinternalcapi",
    doc = "What tests ask of the runtime; not for programs.",
    parts(compiler::FUNCTIONS, variables::FUNCTIONS)
)]
impl TestInternals {
    /// After how many runs an instruction surely has the form that suits its operands.
    #[constant]
    const SPECIALIZATION_THRESHOLD: i64 = 64;
    /// After how many more runs it surely has another one.
    #[constant]
    const SPECIALIZATION_COOLDOWN: i64 = 64;
    /// After how many runs a loop surely runs as machine code, if it ever does.
    #[constant]
    const TIER2_THRESHOLD: i64 = 64;
    /// Nothing lies before an object in memory.
    #[constant]
    const SIZEOF_PYGC_HEAD: i64 = 0;
    #[constant]
    const SIZEOF_MANAGED_PRE_HEADER: i64 = 0;
    #[constant]
    const SIZEOF_PYOBJECT: i64 = size_of::<kaa_objects::object::Header>() as i64;

    #[function("has_inline_values(obj, /)", doc = "Whether all attributes of an object lie in the object itself.")]
    fn has_inline_values(vm: &Vm, object: Value) -> bool {
        vm.has_inline_attributes(object)
    }

    #[function("get_recursion_depth()", doc = "How many Python calls are running.")]
    fn recursion_depth(vm: &Vm) -> i64 {
        let thread = vm.thread();
        (thread.recursion_limit.get() - thread.recursion_remaining.get()) as i64
    }

    #[function("get_stack_pointer()", doc = "An address in the present frame of the native stack.")]
    fn stack_pointer() -> u64 {
        kaa_objects::thread::stack_pointer() as u64
    }

    #[function("get_stack_margin()", doc = "How much of the native stack calls leave to native functions.")]
    fn stack_margin(vm: &Vm) -> u64 {
        kaa_runtime::start::stack_margin(vm) as u64
    }

    #[function("get_c_recursion_remaining()", doc = "How many native calls the stack has room for, about.")]
    fn native_recursion_remaining(vm: &Vm) -> u64 {
        let limit = vm.thread().stack_limit.get();
        (kaa_objects::thread::stack_pointer().saturating_sub(limit) / CALL_FRAME) as u64
    }

    #[function("pymem_getallocatorsname()", doc = "What allocates objects.")]
    fn allocator() -> &'static str {
        "kaa"
    }

    #[function("get_co_localskinds(code, /)", doc = "The kinds of a code object's locals, cells and free variables.")]
    fn local_kinds(vm: &Vm, code: Value) -> PyResult<Gc<PyDict>> {
        let code = code_of(vm, code)?;
        let kinds = vm.new_dict()?;
        for (name, &kind) in code.localsplusnames(vm).iter().zip(code.localspluskinds()) {
            kinds.set_str(vm, *name, Value::small_int(kind.into()))?;
        }
        Ok(kinds)
    }

    #[function("code_returns_only_none(code, /)", doc = "Whether a function returns nothing but None.")]
    fn returns_only_none(vm: &Vm, code: Value) -> PyResult<bool> {
        let code = code_of(vm, code)?;
        let mut last = None;
        for instruction in kaa_bytecode::decode::instructions(code.code()) {
            if instruction.opcode == Some(Opcode::ReturnValue) {
                let loaded = last.filter(|&(opcode, _)| opcode == Some(Opcode::LoadConst));
                let constant = loaded.and_then(|(_, arg)| code.consts.get(arg as usize));
                if constant.is_none_or(|constant| !constant.get_set().is_none()) {
                    return Ok(false);
                }
            }
            last = Some((instruction.opcode, instruction.arg));
        }
        Ok(true)
    }

    #[function("dict_getitem_knownhash(mp, key, hash, /)", doc = "An item of a dict, by a hash that is known.")]
    fn dict_getitem_knownhash(vm: &Vm, mp: Value, key: Value, hash: i64) -> PyResult {
        let Some(dict) = vm.cast::<PyDict>(mp) else {
            return Err(vm.system_error("bad argument to internal function"));
        };
        match dict.get_hashed(vm, key, hash)? {
            Some(value) => Ok(value),
            None => Err(vm.key_error(key)),
        }
    }
}
