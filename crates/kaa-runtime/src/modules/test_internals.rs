//! `_testinternalcapi`: what CPython's own tests ask of the object model, as far as Kaa can tell. Not
//! for programs.

use kaa_macros::py_module;
use kaa_objects::{Value, Vm};

/// The module.
pub struct TestInternals;

#[py_module(name = "_testinternalcapi", doc = "What tests ask of the runtime; not for programs.")]
impl TestInternals {
    #[function("has_inline_values(obj, /)", doc = "Whether all attributes of an object lie in the object itself.")]
    fn has_inline_values(vm: &Vm, object: Value) -> bool {
        vm.has_inline_attributes(object)
    }

    /// After how many runs an instruction surely has the form that suits its operands.
    #[constant]
    const SPECIALIZATION_THRESHOLD: i64 = 64;

    #[function("get_recursion_depth()", doc = "How many Python calls are running.")]
    fn recursion_depth(vm: &Vm) -> i64 {
        let thread = vm.thread();
        (thread.recursion_limit.get() - thread.recursion_remaining.get()) as i64
    }
}
