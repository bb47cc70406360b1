//! Native modules that need the interpreter or the compiler.

mod ast;
mod atexit;
mod contextvars;
mod gc;
mod marshal;
pub(crate) mod signal;
mod thread;
mod warnings;

use kaa_objects::module_def::ModuleDef;

/// All of them.
pub(crate) fn modules() -> Vec<&'static ModuleDef> {
    vec![
        &ast::MODULE,
        &atexit::MODULE,
        &contextvars::MODULE,
        &gc::MODULE,
        &marshal::MODULE,
        &signal::MODULE,
        &thread::MODULE,
        &warnings::MODULE,
    ]
}

pub(crate) use atexit::run as run_atexit;
pub(crate) use thread::{after_fork as threads_after_fork, refuse_new_threads};
pub(crate) use warnings::install as install_warnings;
