//! Native modules that need the interpreter or the compiler.

pub(crate) mod ast;
mod asyncio;
mod atexit;
mod contextvars;
pub(crate) mod faulthandler;
mod gc;
pub(crate) mod marshal;
pub(crate) mod signal;
mod suggestions;
mod symtable;
mod thread;
mod tokenize;
mod types;
mod warnings;

use kaa_objects::Vm;
use kaa_objects::module_def::ModuleDef;

/// In the child of a fork: the other threads and the signals that came were the parent's.
pub(crate) fn forked(vm: &Vm) {
    thread::after_fork(vm);
    warnings::after_fork(vm);
    // The event loop goes on in the parent only.
    vm.thread().event_loop.clear();
    vm.thread().event_task.clear();
    if crate::signals::is_owner(vm) {
        crate::signals::follow_main_thread(vm);
        crate::signals::forget_tripped();
    }
}

/// All of them.
pub(crate) fn modules() -> Vec<&'static ModuleDef> {
    vec![
        &ast::MODULE,
        &asyncio::MODULE,
        &atexit::MODULE,
        &contextvars::MODULE,
        &faulthandler::MODULE,
        &gc::MODULE,
        &marshal::MODULE,
        &signal::MODULE,
        &suggestions::MODULE,
        &symtable::MODULE,
        &thread::MODULE,
        &tokenize::MODULE,
        &types::MODULE,
        &warnings::MODULE,
    ]
}

pub(crate) use atexit::run as run_atexit;
pub(crate) use thread::refuse_new_threads;
pub(crate) use warnings::{install as install_warnings, warn_explicit};
