//! `_asyncio`: futures and tasks of `asyncio`, and which loop and task run in a thread.

mod future;
mod future_iterator;
mod state;
mod step;
mod task;
mod tasks;

use kaa_macros::py_module;
use kaa_objects::{PyResult, Value, Vm};

use state::state;

/// The module.
pub struct Asyncio;

#[py_module(
    name = "_asyncio",
    doc = "Accelerator module for asyncio",
    types(future::PyFuture, task::PyTask),
    parts(tasks::FUNCTIONS)
)]
impl Asyncio {
    #[function(
        "_get_running_loop()",
        doc = "Return the running event loop or None.\n\nThis is a low-level function intended to be used by event loops.\nThis function is thread-specific."
    )]
    fn get_running_loop_or_none(vm: &Vm) -> Value {
        vm.thread().event_loop.get().unwrap_or(Value::NONE)
    }

    #[function(
        "_set_running_loop(loop, /)",
        doc = "Set the running event loop.\n\nThis is a low-level function intended to be used by event loops.\nThis function is thread-specific."
    )]
    fn set_running_loop(vm: &Vm, r#loop: Value) {
        vm.thread().event_loop.set_root(r#loop.not_none());
    }

    #[function(
        "get_running_loop()",
        doc = "Return the running event loop.  Raise a RuntimeError if there is none.\n\nThis function is thread-specific."
    )]
    fn get_running_loop(vm: &Vm) -> PyResult {
        running_loop(vm)
    }

    #[function(
        "get_event_loop()",
        doc = "Return an asyncio event loop.\n\nWhen called from a coroutine or a callback (e.g. scheduled with\ncall_soon or similar API), this function will always return the\nrunning event loop.\n\nIf there is no running event loop set, the function will return\nthe result of `get_event_loop_policy().get_event_loop()` call."
    )]
    fn get_event_loop(vm: &Vm) -> PyResult {
        event_loop(vm)
    }

    #[function("future_add_to_awaited_by(fut, waiter, /)", doc = "Record that `fut` is awaited on by `waiter`.")]
    fn future_add_to_awaited_by(vm: &Vm, fut: Value, waiter: Value) -> PyResult<()> {
        future::add_awaiter(vm, fut, waiter)
    }

    #[function("future_discard_from_awaited_by(fut, waiter, /)")]
    fn future_discard_from_awaited_by(vm: &Vm, fut: Value, waiter: Value) -> PyResult<()> {
        future::discard_awaiter(vm, fut, waiter)
    }
}

/// The loop that runs in this thread; an error when none does.
fn running_loop(vm: &Vm) -> PyResult {
    vm.thread().event_loop.get().ok_or_else(|| vm.runtime_error("no running event loop"))
}

/// The loop that runs in this thread, or the one that the policy gives.
fn event_loop(vm: &Vm) -> PyResult {
    if let Some(running) = vm.thread().event_loop.get() {
        return Ok(running);
    }
    let policy = vm.call(state(vm).imports(vm)?.loop_policy.get_set(), &[])?;
    vm.call_method_str(policy, "get_event_loop", &[])
}
