//! The interpreter: frames, instructions, calls, generators, and what instructions learn of their
//! operands. README.md tells how it is built.

pub mod anext_awaitable;
pub mod async_generator;
pub mod call;
mod coroutine_wrapper;
pub mod dispatch;
pub mod frame;
mod frame_jump;
pub mod frame_locals;
pub mod frame_object;
pub mod generator;
pub mod generator_methods;
pub mod introspect;
pub mod monitoring;
pub mod opcode;
mod roots;
mod run;
pub mod specialize;
pub mod stack;
pub mod traceback;
mod unwind;

pub use run::{run_code, run_in_namespace};

use kaa_objects::Vm;

/// Gives an isolate its interpreter.
pub fn install(vm: &Vm) {
    vm.hooks.call_function.set(Some(dispatch::calls::call_function));
    vm.hooks.forget_attribute_caches.set(Some(specialize::attribute::forget));
    vm.hooks.sweep_code.set(Some(specialize::sweep::sweep_code));
    vm.hooks.running_builtins.set(Some(introspect::running_builtins));
    vm.hooks.caller_globals.set(Some(introspect::running_globals));
    vm.hooks.super_arguments.set(Some(introspect::super_arguments));
    vm.hooks.value_ranges.set(Some(roots::value_ranges));
    vm.heap().set_finalization_filter(generator::needs_finalization);
}
