//! The native half of Python's standard library: one file or folder for each module, named as the
//! module without the leading underscore.
//!
//! A module is a `#[py_module]` block (see the README of `kaa-macros`); its algorithms stand
//! beside it without Python types where they can, and are unit-tested alone.

mod abc;
mod bisect;
pub mod codecs;
mod collections;
mod errno;
mod functools;
mod heapq;
mod host_call;
pub mod io;
mod itertools;
mod math;
mod operator;
mod path;
mod posix;
mod random;
mod resource;
mod sre;
mod string;
mod struct_;
mod time;
mod weakref;

use kaa_objects::module_def::ModuleDef;

/// All native modules of this crate, by name.
pub fn modules() -> Vec<&'static ModuleDef> {
    vec![
        &abc::MODULE,
        &bisect::MODULE,
        &codecs::MODULE,
        &collections::MODULE,
        &heapq::MODULE,
        &errno::MODULE,
        &functools::MODULE,
        &io::MODULE,
        &itertools::MODULE,
        &math::MODULE,
        &operator::MODULE,
        &posix::MODULE,
        &random::MODULE,
        &resource::MODULE,
        &sre::MODULE,
        &struct_::MODULE,
        &string::MODULE,
        &time::MODULE,
        &weakref::MODULE,
    ]
}
