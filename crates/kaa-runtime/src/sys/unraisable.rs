//! Reporting exceptions that cannot be raised: `sys.unraisablehook`.

use kaa_interpreter::traceback;
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

/// What the objects and the library report by.
pub(crate) fn hook(vm: &Vm, exception: Gc<PyBaseException>, message: &str, object: Option<Value>) {
    report(vm, exception, Some(message), object);
}

/// Calls `sys.unraisablehook`. When that fails, both exceptions are printed.
pub fn report(vm: &Vm, exception: Gc<PyBaseException>, message: Option<&str>, object: Option<Value>) {
    if exception.traceback.get().is_none() {
        traceback::add_running_frame(vm, exception);
    }
    let call = || -> PyResult<Option<Value>> {
        let Some(hook) = sys_attribute(vm, "unraisablehook").and_then(Value::not_none) else { return Ok(None) };
        let fields = [
            vm.class_of(exception.value()).value(),
            exception.value(),
            exception.traceback.get().unwrap_or(Value::NONE),
            match message {
                Some(message) => vm.new_str(message)?.value(),
                None => Value::NONE,
            },
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
            print(vm, second, Some("Exception ignored in sys.unraisablehook"), sys_attribute(vm, "unraisablehook"));
        }
    }
}

/// What the default hook prints.
fn print(vm: &Vm, exception: Gc<PyBaseException>, message: Option<&str>, object: Option<Value>) {
    write_head(vm, message, object);
    crate::traceback::print_exception(vm, exception);
}

/// The line above the traceback; none when there is neither a message nor an object.
pub(super) fn write_head(vm: &Vm, message: Option<&str>, object: Option<Value>) {
    let object = object.and_then(Value::not_none).map(|object| vm.repr_lossy(object));
    let head = match (message, object) {
        (Some(message), Some(object)) => format!("{message}: {object}\n"),
        (Some(message), None) => format!("{message}:\n"),
        (None, Some(object)) => format!("Exception ignored in: {object}\n"),
        (None, None) => return,
    };
    write(vm, Stream::Error, &head);
}

/// Whether a value is what the hook is called with.
pub(super) fn is_arguments(vm: &Vm, value: Value) -> PyResult<bool> {
    Ok(vm.is_instance(value, vm.struct_sequence_class(&ARGUMENTS)?))
}
