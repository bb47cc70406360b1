//! Reporting exceptions that cannot be raised: `sys.unraisablehook`.

use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::struct_sequence::StructSequenceDef;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::host_output::{Stream, write};
use crate::state::sys_attribute;

static ARGUMENTS: StructSequenceDef = StructSequenceDef {
    name: "UnraisableHookArgs",
    module: "sys",
    doc: "UnraisableHookArgs\n\nType used to pass arguments to sys.unraisablehook.",
    fields: &[
        ("exc_type", "Exception type"),
        ("exc_value", "Exception value"),
        ("exc_traceback", "Exception traceback"),
        ("err_msg", "Error message"),
        ("object", "Object causing the exception"),
    ],
    visible: 5,
    callable: false,
};

/// Calls `sys.unraisablehook`. When that fails, both exceptions are printed.
pub(crate) fn report(vm: &Vm, exception: Gc<PyBaseException>, message: &str, object: Option<Value>) {
    let call = || -> PyResult<Option<Value>> {
        let Some(hook) = sys_attribute(vm, "unraisablehook").and_then(Value::not_none) else { return Ok(None) };
        let fields = [
            vm.class_of(exception.value()).value(),
            exception.value(),
            exception.traceback.get().unwrap_or(Value::NONE),
            vm.new_str(message)?.value(),
            object.unwrap_or(Value::NONE),
        ];
        let arguments = vm.new_struct_sequence(&ARGUMENTS, &fields)?;
        vm.call(hook, &[arguments]).map(Some)
    };
    match call() {
        Ok(Some(_)) => {}
        Ok(None) => print(vm, exception, message, object),
        Err(raised) => {
            let second = vm.take_exception(raised);
            print(vm, exception, message, object);
            print(vm, second, "Exception ignored in sys.unraisablehook", sys_attribute(vm, "unraisablehook"));
        }
    }
}

/// What the default hook prints.
pub(super) fn print(vm: &Vm, exception: Gc<PyBaseException>, message: &str, object: Option<Value>) {
    let object = object.and_then(Value::not_none).map(|object| format!(" {}", vm.repr_lossy(object)));
    write(vm, Stream::Error, &format!("{message}:{}\n", object.unwrap_or_default()));
    crate::traceback::print_exception(vm, exception);
}
