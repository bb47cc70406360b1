//! `_testmultiphase`: a module that is made and filled in two steps, as all native modules are.

use kaa_macros::py_module;
use kaa_objects::{PyResult, Vm};

/// The module.
pub struct MultiPhase;

#[py_module(name = "_testmultiphase", doc = "Test module _testmultiphase")]
impl MultiPhase {
    #[constant]
    const int_const: i64 = 1969;
    #[constant]
    const str_const: &str = "something different";

    #[function("foo(i, j, /)", doc = "foo(i,j)\n\nReturn the sum of i and j.")]
    fn foo(vm: &Vm, i: i64, j: i64) -> PyResult {
        vm.new_int(i.wrapping_add(j))
    }
}
