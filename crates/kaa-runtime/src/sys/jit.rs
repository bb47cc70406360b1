//! `sys._jit`: whether a compiler to machine code is at work. There is none yet.

use kaa_macros::py_module;

/// The module.
pub struct Jit;

#[py_module(name = "sys._jit", doc = "Utilities for observing just-in-time compilation.")]
impl Jit {
    #[function(
        "is_available()",
        doc = "Return True if the current Python executable supports JIT compilation, and False otherwise."
    )]
    fn is_available() -> bool {
        false
    }

    #[function(
        "is_enabled()",
        doc = "Return True if JIT compilation is enabled for the current Python process (implies sys._jit.is_available()), and False otherwise."
    )]
    fn is_enabled() -> bool {
        false
    }

    #[function(
        "is_active()",
        doc = "Return True if the topmost Python frame is currently executing JIT code (implies sys._jit.is_enabled()), and False otherwise."
    )]
    fn is_active() -> bool {
        false
    }
}
