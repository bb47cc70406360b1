//! The builtin types, one module each, named as in Python.

pub mod arrays;
pub mod bool;
pub mod bytearray;
pub mod bytes;
pub mod cell;
pub mod classmethod;
pub mod code;
pub mod complex;
pub mod descriptors;
pub mod dict;
pub mod ellipsis;
pub mod enumerate;
pub mod exceptions;
pub mod filter;
pub mod float;
pub mod function;
pub mod generic_alias;
pub mod int;
pub mod iterator;
pub mod list;
pub mod map;
pub mod mapping_proxy;
pub mod memoryview;
pub mod method;
pub mod module;
pub mod none;
pub mod not_implemented;
pub mod object;
pub mod property;
pub mod range;
pub mod reversed;
pub mod set;
pub mod simple_namespace;
pub mod slice;
pub mod staticmethod;
pub mod str;
pub mod struct_sequence;
pub mod super_;
pub mod template;
pub mod tuple;
pub mod type_;
pub mod union;
pub mod value_vec;
pub mod weakref;
pub mod zip;

use crate::class::TypeDef;
use crate::object::Native;

/// The core types; a base stands before what derives from it.
pub(crate) fn core_types() -> Vec<fn() -> &'static TypeDef> {
    vec![
        object::PyObject::def,
        crate::class::PyType::def,
        int::PyInt::def,
        bool::PyBool::def,
        float::PyFloat::def,
        complex::PyComplex::def,
        bytes::PyBytes::def,
        bytearray::PyByteArray::def,
        memoryview::PyMemoryView::def,
        slice::PySlice::def,
        str::PyStr::def,
        tuple::PyTuple::def,
        list::PyList::def,
        dict::PyDict::def,
        set::PySet::def,
        set::PyFrozenSet::def,
        arrays::ValueArray::def,
        arrays::RawArray::def,
        descriptors::PyBuiltinFunction::def,
        descriptors::PyMethodDescriptor::def,
        descriptors::PyGetSetDescriptor::def,
        descriptors::PyMemberDescriptor::def,
        descriptors::PyWrapperDescriptor::def,
        descriptors::PyMethodWrapper::def,
        exceptions::PyBaseException::def,
        code::PyCode::def,
        function::PyFunction::def,
        cell::PyCell::def,
        method::PyMethod::def,
        module::PyModule::def,
        enumerate::PyEnumerate::def,
        zip::PyZip::def,
        map::PyMap::def,
        filter::PyFilter::def,
        reversed::PyReversed::def,
        range::PyRange::def,
        range::PyRangeIterator::def,
        descriptors::PyClassMethodDescriptor::def,
        classmethod::PyClassMethod::def,
        staticmethod::PyStaticMethod::def,
        property::PyProperty::def,
        super_::PySuper::def,
        mapping_proxy::PyMappingProxy::def,
        none::PyNone::def,
        ellipsis::PyEllipsis::def,
        not_implemented::PyNotImplemented::def,
        weakref::PyWeakRef::def,
    ]
}
