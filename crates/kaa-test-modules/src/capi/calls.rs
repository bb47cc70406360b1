//! Calling values from native code, and types that are called in ways of their own (PEP 590).

use std::cell::Cell;

use kaa_macros::{py_functions, py_type};
use kaa_objects::class::{PyType, flags};
use kaa_objects::object::Header;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, Native, PyResult, Trace, Value, Vm};

use super::TestCapi;

/// Positional arguments: a tuple, or `None` for none.
fn arguments(vm: &Vm, args: Value) -> PyResult<Gc<PyTuple>> {
    if args.is_none() {
        return vm.new_tuple(&[]);
    }
    vm.cast::<PyTuple>(args).ok_or_else(|| vm.type_error("args must be None or a tuple"))
}

/// The function of an object that is called without the way round its `__call__`.
fn check_vectorcall(vm: &Vm, callable: Value) -> PyResult<()> {
    if vm.class_of(callable).has_flag(flags::HAVE_VECTORCALL) {
        return Ok(());
    }
    let class = vm.class_name(callable);
    Err(vm.type_error(format_args!("'{class}' object does not support vectorcall")))
}

#[py_functions(FUNCTIONS, of = "_testcapi")]
impl TestCapi {
    #[function("pyobject_vectorcall(func, args, kwnames, /)")]
    fn vectorcall(vm: &Vm, func: Value, args: Value, kwnames: Value) -> PyResult {
        let args = arguments(vm, args)?;
        let kwnames = match kwnames.not_none() {
            None => None,
            Some(names) => {
                let names = vm.cast::<PyTuple>(names);
                Some(names.ok_or_else(|| vm.type_error("kwnames must be None or a tuple"))?)
            }
        };
        if kwnames.is_some_and(|names| names.len() > args.len()) {
            return Err(vm.value_error("kwnames longer than args"));
        }
        vm.call_args(func, Args::with_keywords(args.as_slice(), kwnames))
    }

    #[function("pyobject_fastcalldict(func, args, kwargs, /)")]
    fn fastcalldict(vm: &Vm, func: Value, args: Value, kwargs: Value) -> PyResult {
        let args = arguments(vm, args)?;
        let kwargs = match kwargs.not_none() {
            None => None,
            Some(kwargs) => {
                let kwargs = vm.cast::<PyDict>(kwargs);
                Some(kwargs.ok_or_else(|| vm.type_error("kwnames must be None or a dict"))?)
            }
        };
        kaa_runtime::call::call_collected(vm, func, args, kwargs)
    }

    #[function("pyvectorcall_call(func, args, kwargs=None, /)")]
    fn vectorcall_call(vm: &Vm, func: Value, args: Gc<PyTuple>, kwargs: Option<Gc<PyDict>>) -> PyResult {
        check_vectorcall(vm, func)?;
        kaa_runtime::call::call_collected(vm, func, args, kwargs)
    }

    #[function("pycfunction_call(func, args, kwargs=None, /)")]
    fn builtin_call(vm: &Vm, func: Value, args: Gc<PyTuple>, kwargs: Option<Gc<PyDict>>) -> PyResult {
        kaa_runtime::call::call_collected(vm, func, args, kwargs)
    }

    #[function("has_vectorcall_flag(type, /)")]
    fn has_vectorcall_flag(class: Gc<PyType>) -> bool {
        class.has_flag(flags::HAVE_VECTORCALL)
    }

    #[function("make_vectorcall_class(base=None, /)", doc = "Create a class whose __call__ is native.")]
    fn make_vectorcall_class(vm: &Vm, base: Option<Gc<PyType>>) -> PyResult {
        let own = vm.native_class(VectorcallClass::def());
        let bases = ValueVec::from_slice(vm, base.map(Gc::value).as_slice())?;
        let bases = if bases.is_empty() { vm.new_tuple(&[own.value()])? } else { vm.new_tuple(bases.as_slice())? };
        let namespace = vm.new_dict()?;
        namespace.set_str(vm, vm.names().__module__, vm.intern("_testcapi").value())?;
        if base.is_some() {
            // A native `__call__` of its own, whatever the base's becomes.
            let call = vm.lookup(own, vm.names().__call__).unwrap_or(Value::NONE);
            namespace.set_str(vm, vm.names().__call__, call)?;
        }
        let name = vm.intern("VectorcallClass").value();
        vm.call(vm.class::<PyType>().value(), &[name, bases.value(), namespace.value()])
    }
}

/// A callable that binds as functions do.
#[repr(C)]
#[derive(Trace)]
pub struct MethodDescriptorBase {
    header: Header,
    /// It is called by the function of this type, not of one derived from it.
    #[trace(skip)]
    own_call: Cell<bool>,
}

#[py_type(name = "MethodDescriptorBase", module = "_testcapi", flags(BASETYPE, METHOD_DESCRIPTOR, HAVE_VECTORCALL))]
impl MethodDescriptorBase {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult {
        let own_call = !class.is_subclass(vm.native_class(MethodDescriptor2::def()));
        let this = MethodDescriptorBase { header: Header::EMPTY, own_call: Cell::new(own_call) };
        Ok(vm.alloc_instance(class, this)?.value())
    }

    #[slot(call)]
    fn call(&self, _args: Args<'_>) -> bool {
        self.own_call.get()
    }

    #[slot(descr_get)]
    fn bind(vm: &Vm, this: Value, instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        match instance.and_then(Value::not_none) {
            Some(instance) => Ok(vm.new_method(this, instance)?.value()),
            None => Ok(this),
        }
    }
}

/// One that inherits how it binds and is called.
#[repr(C)]
#[derive(Trace)]
pub struct MethodDescriptorDerived {
    base: MethodDescriptorBase,
}

#[py_type(name = "MethodDescriptorDerived", module = "_testcapi", base = MethodDescriptorBase)]
impl MethodDescriptorDerived {}

/// One that does not bind and gives its arguments.
#[repr(C)]
#[derive(Trace)]
pub struct MethodDescriptorNopGet {
    base: MethodDescriptorBase,
}

#[py_type(name = "MethodDescriptorNopGet", module = "_testcapi", base = MethodDescriptorBase)]
impl MethodDescriptorNopGet {
    #[slot(call)]
    fn call(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        Ok(vm.new_tuple(args.positionals())?.value())
    }

    #[slot(descr_get)]
    fn bind(this: Value, _instance: Option<Value>, _owner: Option<Value>) -> Value {
        this
    }
}

/// One that says that it is called in another way than its base.
#[repr(C)]
#[derive(Trace)]
pub struct MethodDescriptor2 {
    base: MethodDescriptorBase,
}

#[py_type(name = "MethodDescriptor2", module = "_testcapi", base = MethodDescriptorBase, flags(HAVE_VECTORCALL))]
impl MethodDescriptor2 {}

/// A class whose native `__call__` can be changed from the instances.
#[repr(C)]
#[derive(Trace)]
pub struct VectorcallClass {
    header: Header,
    #[trace(skip)]
    changed: Cell<bool>,
}

#[py_type(name = "VectorcallClass", module = "_testcapi", flags(BASETYPE, HEAPTYPE, HAVE_VECTORCALL))]
impl VectorcallClass {
    #[slot(call)]
    fn call(&self, _args: Args<'_>) -> &'static str {
        if self.changed.get() { "vectorcall" } else { "tp_call" }
    }

    #[method("set_vectorcall($self, type, /)")]
    fn set_vectorcall(vm: &Vm, this: Gc<VectorcallClass>, class: Gc<PyType>) -> PyResult<()> {
        if !vm.is_instance(this.value(), class) || !class.has_flag(flags::HAVE_VECTORCALL) {
            let (class, given) = (class.name_text(), vm.class_name(this.value()));
            return Err(vm.type_error(format_args!("expected {class} instance, not {given}")));
        }
        this.changed.set(true);
        Ok(())
    }
}
