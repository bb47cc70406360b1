//! `_testlimitedcapi`: calls and operations on sequences through slots alone.

use kaa_macros::{py_module, py_type};
use kaa_objects::object::Header;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm};

/// The module.
pub(crate) struct TestLimited;

/// Sets or deletes an item by the slot for sequences.
fn assign(vm: &Vm, sequence: Value, index: isize, value: Option<Value>) -> PyResult<()> {
    vm.set_sequence_item(sequence, index, value)
}

#[py_module(
    name = "_testlimitedcapi",
    doc = "What tests do through native code; not for programs.",
    types(LimitedVectorCallClass, LimitedRelativeVectorCallClass)
)]
impl TestLimited {
    #[function("_py_getbuiltwithassert()", doc = "Whether native code checks its assumptions.")]
    fn built_with_assertions() -> bool {
        cfg!(debug_assertions)
    }

    #[function("call_vectorcall(callable, /)", doc = "callable(\"foo\", baz=\"bar\")")]
    fn call_vectorcall(vm: &Vm, callable: Value) -> PyResult {
        let names = vm.new_tuple(&[vm.intern("baz").value()])?;
        let values = [vm.intern("foo").value(), vm.intern("bar").value()];
        vm.call_args(callable, Args::with_keywords(&values, Some(names)))
    }

    #[function("call_vectorcall_method(object, /)", doc = "object.f(\"foo\", baz=\"bar\")")]
    fn call_vectorcall_method(vm: &Vm, object: Value) -> PyResult {
        let method = vm.get_attr_str(object, "f")?;
        TestLimited::call_vectorcall(vm, method)
    }

    #[function("object_hasattrstring(object, name, /)")]
    fn has_attribute(vm: &Vm, object: Value, name: Gc<PyBytes>) -> i64 {
        let name = String::from_utf8_lossy(name.as_slice()).into_owned();
        match vm.get_attr_optional(object, vm.intern(&name)) {
            Ok(found) => found.is_some().into(),
            Err(raised) => {
                let exception = vm.take_exception(raised);
                kaa_runtime::sys::report_unraisable(vm, exception, None, Some(object));
                0
            }
        }
    }

    #[function("sequence_getitem(sequence, index, /)")]
    fn sequence_getitem(vm: &Vm, sequence: Value, index: isize) -> PyResult {
        vm.sequence_item(sequence, index)
    }

    #[function("sequence_setitem(sequence, index, value, /)")]
    fn sequence_setitem(vm: &Vm, sequence: Value, index: isize, value: Value) -> PyResult<()> {
        assign(vm, sequence, index, Some(value))
    }

    #[function("sequence_delitem(sequence, index, /)")]
    fn sequence_delitem(vm: &Vm, sequence: Value, index: isize) -> PyResult<()> {
        assign(vm, sequence, index, None)
    }
}

/// A class whose instances are called by a native function.
#[repr(C)]
#[derive(Trace)]
pub struct LimitedVectorCallClass {
    header: Header,
}

#[py_type(name = "LimitedVectorCallClass", module = "_testlimitedcapi", flags(BASETYPE, HEAPTYPE, HAVE_VECTORCALL))]
impl LimitedVectorCallClass {
    #[slot(call)]
    fn call(&self, _args: Args<'_>) -> &'static str {
        "vectorcall called"
    }
}

/// Likewise.
#[repr(C)]
#[derive(Trace)]
pub struct LimitedRelativeVectorCallClass {
    header: Header,
}

#[py_type(
    name = "LimitedRelativeVectorCallClass",
    module = "_testlimitedcapi",
    flags(BASETYPE, HEAPTYPE, HAVE_VECTORCALL)
)]
impl LimitedRelativeVectorCallClass {
    #[slot(call)]
    fn call(&self, _args: Args<'_>) -> &'static str {
        "vectorcall called"
    }
}
