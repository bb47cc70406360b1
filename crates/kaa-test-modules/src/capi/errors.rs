//! Raising, matching, printing and reporting exceptions.

use kaa_macros::{py_functions, py_type};
use kaa_objects::class::PyType;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::exceptions::classes::Exception;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::TestCapi;

/// The class of exceptions that a value is.
fn exception_class(vm: &Vm, class: Value) -> PyResult<Gc<PyType>> {
    let base = vm.class::<PyBaseException>();
    match vm.cast::<PyType>(class).filter(|class| class.is_subclass(base)) {
        Some(class) => Ok(class),
        None => {
            let class = vm.repr_lossy(class);
            Err(vm.system_error(format_args!("_PyErr_SetObject: exception {class} is not a BaseException subclass")))
        }
    }
}

#[py_functions(FUNCTIONS, of = "_testcapi")]
impl TestCapi {
    #[function("raise_exception(exception, num_args, /)", doc = "Raise an exception made with numbers from 0 on.")]
    fn raise_exception(vm: &Vm, exception: Value, num_args: i32) -> PyResult<()> {
        let class = exception_class(vm, exception)?;
        let mut args = ValueVec::new();
        for number in 0..num_args {
            args.push(vm, Value::small_int(number.into()))?;
        }
        Err(vm.raise_with(class, args.as_slice()))
    }

    #[function("raise_memoryerror()")]
    fn raise_memoryerror(vm: &Vm) -> PyResult<()> {
        Err(vm.no_memory())
    }

    #[function("make_exception_with_doc(name, doc=None, base=None, dict=None)")]
    fn make_exception_with_doc(
        vm: &Vm,
        name: Gc<PyStr>,
        doc: Option<Gc<PyStr>>,
        base: Value,
        dict: Option<Gc<PyDict>>,
    ) -> PyResult {
        let text = name.to_string_lossy();
        let Some((module, name)) = text.rsplit_once('.') else {
            return Err(vm.system_error("PyErr_NewException: name must be module.class"));
        };
        let namespace = vm.new_dict()?;
        if let Some(dict) = dict {
            for entry in dict.iter() {
                namespace.set(vm, entry.key, entry.value)?;
            }
        }
        if namespace.get_interned(vm.names().__module__).is_none() {
            namespace.set_str(vm, vm.names().__module__, vm.intern(module).value())?;
        }
        if let Some(doc) = doc {
            namespace.set_str(vm, vm.names().__doc__, doc.value())?;
        }
        let bases = match (base.not_none(), vm.cast::<PyTuple>(base)) {
            (_, Some(bases)) => bases,
            (Some(base), None) => vm.new_tuple(&[base])?,
            (None, None) => vm.new_tuple(&[vm.exceptions().Exception.value()])?,
        };
        vm.call(vm.class::<PyType>().value(), &[vm.intern(name).value(), bases.value(), namespace.value()])
    }

    #[function("err_givenexceptionmatches(exc, exceptions, /)")]
    fn matches(vm: &Vm, exception: Value, exceptions: Value) -> bool {
        vm.exception_matches(exception, exceptions).unwrap_or_else(|raised| {
            let exception = vm.take_exception(raised);
            kaa_runtime::sys::report_unraisable(vm, exception, None, None);
            false
        })
    }

    #[function("err_writeunraisable(exc, obj, /)", doc = "Report an exception that cannot be raised.")]
    fn write_unraisable(vm: &Vm, exc: Value, obj: Value) -> PyResult<()> {
        let exception = vm.cast::<PyBaseException>(exc).ok_or_else(|| vm.type_error("exc must be an exception"))?;
        kaa_runtime::sys::report_unraisable(vm, exception, None, obj.not_none());
        Ok(())
    }

    #[function("err_formatunraisable(exc, format=None, obj=None, /)", doc = "Report an exception with a text.")]
    fn format_unraisable(vm: &Vm, exc: Value, format: Option<Gc<PyStr>>, obj: Value) -> PyResult<()> {
        let exception = vm.cast::<PyBaseException>(exc).ok_or_else(|| vm.type_error("exc must be an exception"))?;
        let message = match format {
            Some(format) => Some(format.to_string_lossy().replace("%R", &vm.repr(obj)?.to_string_lossy())),
            None => None,
        };
        kaa_runtime::sys::report_unraisable(vm, exception, message.as_deref(), None);
        Ok(())
    }

    #[function("exception_print(exception, legacy=False, /)", doc = "Print an exception that nobody caught.")]
    fn exception_print(vm: &Vm, exception: Value, legacy: bool) {
        // What CPython's older function does differently is beyond the text that it prints.
        let _ = legacy;
        kaa_runtime::traceback::print_any(vm, exception);
    }

    #[function("traceback_print(traceback, file, /)", doc = "Write a traceback to a file.")]
    fn traceback_print(vm: &Vm, traceback: Value, file: Value) -> PyResult<()> {
        let text = kaa_runtime::traceback::traceback_text(vm, traceback)?;
        vm.call_method(file, vm.names().write, &[vm.new_str(&text)?.value()])?;
        Ok(())
    }
}

/// An exception whose making raises the same exception.
pub struct RecursingInfinitelyError;

#[py_type(
    name = "RecursingInfinitelyError",
    module = "_testcapi",
    base = Exception,
    instances = PyBaseException,
    flags(BASETYPE, HEAPTYPE),
    doc = "Instantiating this exception starts infinite recursion."
)]
impl RecursingInfinitelyError {
    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyBaseException>, _args: Args<'_>) -> PyResult<()> {
        vm.check_stack("")?;
        Err(vm.raise_with(vm.class_of(this.value()), &[]))
    }
}
