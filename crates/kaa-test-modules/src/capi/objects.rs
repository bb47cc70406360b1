//! Objects and types that only native code makes, and single operations.

use kaa_macros::{py_functions, py_type};
use kaa_objects::class::{MethodDef, MethodKind, PyType};
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm};

use super::TestCapi;

static CREATED: MethodDef = MethodDef {
    name: "create_cfunction",
    signature: None,
    doc: None,
    kind: MethodKind::Instance,
    function: |vm, this, args| {
        args.no_keywords(vm, "create_cfunction")?;
        Ok(this)
    },
};

#[py_functions(FUNCTIONS, of = "_testcapi")]
impl TestCapi {
    #[function("create_cfunction()", doc = "A native function that nothing else refers to.")]
    fn create_cfunction(vm: &Vm) -> PyResult {
        let this = vm.call(vm.class::<kaa_objects::types::object::PyObject>().value(), &[])?;
        Ok(vm.bind_native(&CREATED, this)?.value())
    }

    #[function("test_with_docstring()", doc = "This is a pretty normal docstring.")]
    fn test_with_docstring() {}

    #[function("bad_get(descr, obj, cls, /)", doc = "A __get__ that calls the class, which may delete it.")]
    fn bad_get(vm: &Vm, descr: Value, obj: Value, cls: Value) -> PyResult {
        let _ = obj;
        vm.call(cls, &[])?;
        Ok(descr)
    }

    #[function("pytype_fromspec_meta(metaclass, /)", doc = "A class of a metaclass.")]
    fn type_of_metaclass(vm: &Vm, metaclass: Gc<PyType>) -> PyResult {
        let namespace = vm.new_dict()?;
        namespace.set_str(vm, vm.names().__module__, vm.intern("_testcapi").value())?;
        let name: Gc<PyStr> = vm.intern("HeapCTypeViaMetaclass");
        vm.new_class(metaclass, name, vm.new_tuple(&[])?, namespace, kaa_objects::Args::EMPTY)
    }

    #[function("set_errno(value, /)", doc = "Set the system's errno of this thread.")]
    fn set_errno(value: i32) {
        kaa_host::Errno(value).set();
    }

    #[function("raise_SIGINT_then_send_None(generator, /)", doc = "Send None to a generator just after a signal.")]
    fn interrupt_and_send(vm: &Vm, generator: Value) -> PyResult {
        if let Err(error) = kaa_host::process::raise(libc::SIGINT) {
            return Err(vm.os_error(error.0, &error.message(), None));
        }
        vm.call_method_str(generator, "send", &[Value::NONE])
    }

    #[function("config_get(name, /)", doc = "A setting that Python was started with.")]
    fn config_get(vm: &Vm, name: Gc<PyStr>) -> PyResult {
        let config = kaa_runtime::state::state(vm).config.borrow();
        match name.to_string_lossy().as_str() {
            "code_debug_ranges" => Ok(Value::bool(!config.no_debug_ranges)),
            "bytes_warning" => Ok(Value::small_int(config.bytes_warning.into())),
            "optimization_level" => Ok(Value::small_int(config.optimize.into())),
            "verbose" => Ok(Value::small_int(config.verbose.into())),
            "dev_mode" => Ok(Value::bool(config.dev_mode)),
            "safe_path" => Ok(Value::bool(config.safe_path)),
            other => Err(vm.value_error(format_args!("unknown config option name: {other}"))),
        }
    }
}

/// What `await` asks for an iterator by its slot.
#[repr(C)]
#[derive(Trace)]
pub struct AwaitType {
    header: Header,
    iterator: Slot,
}

#[py_type(name = "awaitType", module = "_testcapi")]
impl AwaitType {
    #[new("awaitObject(ob, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, ob: Value) -> PyResult {
        Ok(vm.alloc_instance(class, AwaitType { header: Header::EMPTY, iterator: Slot::new(ob) })?.value())
    }

    #[slot(am_await)]
    fn await_(&self) -> Option<Value> {
        self.iterator.get()
    }
}

/// A metaclass that makes no classes.
#[repr(C)]
#[derive(Trace)]
pub struct NullNewMetaclass {
    base: PyType,
}

fn without_new(_: &Vm, class: Gc<PyType>) -> PyResult<()> {
    class.update_slots(|slots| slots.new = None);
    Ok(())
}

#[py_type(
    name = "HeapCTypeMetaclassNullNew",
    module = "_testcapi",
    base = PyType,
    flags(BASETYPE, HEAPTYPE, DISALLOW_INSTANTIATION),
    setup = without_new
)]
impl NullNewMetaclass {}
