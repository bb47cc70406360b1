//! `_types`: the builtin types that have no name in `builtins`, for the module `types`.

use kaa_interpreter::frame_object::PyFrame;
use kaa_interpreter::generator::{PyAsyncGenerator, PyCoroutine, PyPlainGenerator};
use kaa_interpreter::traceback::PyTraceback;
use kaa_macros::{py_module, py_type};
use kaa_objects::class::TypeDef;
use kaa_objects::object::{Header, Native};
use kaa_objects::types::cell::PyCell;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::descriptors::{
    PyBuiltinFunction, PyClassMethodDescriptor, PyGetSetDescriptor, PyMemberDescriptor, PyMethodDescriptor,
    PyMethodWrapper, PyWrapperDescriptor,
};
use kaa_objects::types::ellipsis::PyEllipsis;
use kaa_objects::types::function::PyFunction;
use kaa_objects::types::generic_alias::PyGenericAlias;
use kaa_objects::types::mapping_proxy::PyMappingProxy;
use kaa_objects::types::method::PyMethod;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::none::PyNone;
use kaa_objects::types::not_implemented::PyNotImplemented;
use kaa_objects::types::simple_namespace::PySimpleNamespace;
use kaa_objects::types::union::PyUnion;
use kaa_objects::{Gc, PyResult, Vm};

/// The module.
pub struct Types;

#[py_module(name = "_types", doc = "Define names for built-in types.", setup = set_up)]
impl Types {}

type Definition = fn() -> &'static TypeDef;

const TYPES: &[(&str, Definition)] = &[
    ("AsyncGeneratorType", PyAsyncGenerator::def),
    ("BuiltinFunctionType", PyBuiltinFunction::def),
    ("BuiltinMethodType", PyBuiltinFunction::def),
    ("CapsuleType", PyCapsule::def),
    ("CellType", PyCell::def),
    ("ClassMethodDescriptorType", PyClassMethodDescriptor::def),
    ("CodeType", PyCode::def),
    ("CoroutineType", PyCoroutine::def),
    ("EllipsisType", PyEllipsis::def),
    ("FrameType", PyFrame::def),
    ("FunctionType", PyFunction::def),
    ("GeneratorType", PyPlainGenerator::def),
    ("GenericAlias", PyGenericAlias::def),
    ("GetSetDescriptorType", PyGetSetDescriptor::def),
    ("LambdaType", PyFunction::def),
    ("MappingProxyType", PyMappingProxy::def),
    ("MemberDescriptorType", PyMemberDescriptor::def),
    ("MethodDescriptorType", PyMethodDescriptor::def),
    ("MethodType", PyMethod::def),
    ("MethodWrapperType", PyMethodWrapper::def),
    ("ModuleType", PyModule::def),
    ("NoneType", PyNone::def),
    ("NotImplementedType", PyNotImplemented::def),
    ("SimpleNamespace", PySimpleNamespace::def),
    ("TracebackType", PyTraceback::def),
    ("UnionType", PyUnion::def),
    ("WrapperDescriptorType", PyWrapperDescriptor::def),
];

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    for (name, definition) in TYPES {
        dict.set_str(vm, vm.intern(name), vm.native_class(definition()).value())?;
    }
    Ok(())
}

/// What holds a pointer of C code. Only the type is there: nothing of Kaa makes one.
#[repr(C)]
pub struct PyCapsule {
    header: Header,
}

#[py_type(
    name = "PyCapsule",
    layout = values,
    flags(DISALLOW_INSTANTIATION),
    doc = "Capsule objects let you wrap a C \"void *\" pointer in a Python\nobject.  They're a way of passing data through the Python interpreter\nwithout creating your own custom type.\n\nCapsules are used for communication between extension modules.\nThey provide a way for an extension module to export a C interface\nto other extension modules, so that extension modules can use the\nPython import mechanism to link to one another.\n"
)]
impl PyCapsule {}
