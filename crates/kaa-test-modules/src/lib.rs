//! Native modules through which tests call Kaa's native interfaces: what `_testcapi` and its kin
//! are for CPython. In: nothing. Out: [`modules`], which the command hands to the runtime only when
//! it was started with `-X test-modules`.

mod capi;
mod compiler;
mod internal;
mod limited;
mod multiphase;
mod subtypes;
mod variables;

use kaa_objects::module_def::ModuleDef;

/// All of them.
pub fn modules() -> Vec<&'static ModuleDef> {
    vec![&capi::MODULE, &internal::MODULE, &limited::MODULE, &multiphase::MODULE, &subtypes::MODULE]
}
