//! Functions of each calling convention, as functions of a module, and as methods of instances,
//! of classes, and of neither. Each gives back what it was bound to and what it was given.

use kaa_macros::{py_functions, py_type};
use kaa_objects::args::Keywords;
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::types::module::PyModule;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm};

use super::TestCapi;

/// `(this, args)`
fn with_args(vm: &Vm, this: Value, args: &[Value]) -> PyResult {
    let args = vm.new_tuple(args)?;
    Ok(vm.new_tuple(&[this, args.value()])?.value())
}

/// `(this, args, kwargs)`, from arguments as the caller has them.
fn with_keywords(vm: &Vm, this: Value, args: Args<'_>) -> PyResult {
    let positional = vm.new_tuple(args.positionals())?;
    let keywords = kaa_runtime::call::keywords_dict(vm, args)?.map_or(Value::NONE, Gc::value);
    Ok(vm.new_tuple(&[this, positional.value(), keywords])?.value())
}

/// The same, from arguments that the signature took apart.
fn with_parsed_keywords(vm: &Vm, this: Value, args: &[Value], keywords: Keywords<'_>) -> PyResult {
    let (args, keywords) = (vm.new_tuple(args)?, keywords.to_dict(vm)?);
    Ok(vm.new_tuple(&[this, args.value(), keywords.value()])?.value())
}

/// The functions, for an attribute that says where they stand, and a marker that says what they
/// are bound to.
macro_rules! conventions {
    ($(#[$attribute:meta])* $owner:ident: $marker:ident $(($this:ident: $($ty:tt)*))? => $bound:expr) => {
        $(#[$attribute])*
        impl $owner {
            #[$marker("meth_varargs(*args)")]
            fn varargs(vm: &Vm, $($this: $($ty)*,)? args: &[Value]) -> PyResult {
                with_args(vm, $bound, args)
            }

            #[$marker("meth_varargs_keywords(*args, **kwargs)")]
            fn varargs_keywords(vm: &Vm, $($this: $($ty)*,)? args: &[Value], kwargs: Keywords<'_>) -> PyResult {
                with_parsed_keywords(vm, $bound, args, kwargs)
            }

            #[$marker("meth_o(object, /)")]
            fn one(vm: &Vm, $($this: $($ty)*,)? object: Value) -> PyResult {
                Ok(vm.new_tuple(&[$bound, object])?.value())
            }

            #[$marker("meth_noargs()")]
            fn none($($this: $($ty)*)?) -> Value {
                $bound
            }

            #[$marker("meth_fastcall", raw)]
            fn fastcall(vm: &Vm, $($this: $($ty)*,)? args: Args<'_>) -> PyResult {
                args.no_keywords(vm, "meth_fastcall")?;
                with_args(vm, $bound, args.positionals())
            }

            #[$marker("meth_fastcall_keywords", raw)]
            fn fastcall_keywords(vm: &Vm, $($this: $($ty)*,)? args: Args<'_>) -> PyResult {
                with_keywords(vm, $bound, args)
            }
        }
    };
}

conventions! {
    #[py_functions(FUNCTIONS, of = "_testcapi")]
    TestCapi: function(module: Gc<PyModule>) => module.value()
}

/// A class whose instances have methods.
#[repr(C)]
#[derive(Trace)]
pub struct MethInstance {
    header: Header,
}

conventions! {
    #[py_type(name = "MethInstance", module = "_testcapi", flags(HEAPTYPE), doc = "Class with normal (instance) methods to test calling conventions")]
    MethInstance: method(this: Gc<MethInstance>) => this.value()
}

/// A class that has methods itself.
#[repr(C)]
#[derive(Trace)]
pub struct MethClass {
    header: Header,
}

conventions! {
    #[py_type(name = "MethClass", module = "_testcapi", flags(HEAPTYPE), doc = "Class with class methods to test calling conventions")]
    MethClass: classmethod(class: Gc<PyType>) => class.value()
}

/// A class whose methods are functions.
#[repr(C)]
#[derive(Trace)]
pub struct MethStatic {
    header: Header,
}

conventions! {
    #[py_type(name = "MethStatic", module = "_testcapi", flags(HEAPTYPE), doc = "Class with static methods to test calling conventions")]
    MethStatic: staticmethod => Value::NONE
}
