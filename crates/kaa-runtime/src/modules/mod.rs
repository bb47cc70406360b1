//! Native modules that need the interpreter or the compiler.

mod ast;
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
        &contextvars::MODULE,
        &gc::MODULE,
        &marshal::MODULE,
        &signal::MODULE,
        &thread::MODULE,
        &warnings::MODULE,
    ]
}

pub(crate) use warnings::install as install_warnings;
