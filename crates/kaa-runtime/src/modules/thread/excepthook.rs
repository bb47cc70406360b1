//! `threading.excepthook`: what is printed of an exception that ends a thread.

use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::struct_sequence::StructSequenceDef;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{PyResult, Value, Vm};

use crate::state::sys_attribute;

/// `_thread._ExceptHookArgs`.
pub static ARGUMENTS: StructSequenceDef = StructSequenceDef {
    name: "_ExceptHookArgs",
    module: "_thread",
    doc: "ExceptHookArgs\n\nType used to pass arguments to threading.excepthook.",
    fields: &[
        ("exc_type", "Exception type"),
        ("exc_value", "Exception value"),
        ("exc_traceback", "Exception traceback"),
        ("thread", "Thread"),
    ],
    visible: 4,
    callable: true,
};

/// `_thread._excepthook(args)`.
pub(super) fn excepthook(vm: &Vm, args: Value) -> PyResult<()> {
    let class = vm.struct_sequence_class(&ARGUMENTS)?;
    let fields = if vm.class_of(args) == class { vm.cast::<PyTuple>(args) } else { None };
    let Some(&[exc_type, exc_value, _, thread]) = fields.as_deref().map(PyTuple::as_slice) else {
        return Err(vm.type_error("_thread.excepthook argument type must be ExceptHookArgs"));
    };
    if exc_type == vm.exceptions().SystemExit.value() {
        return Ok(());
    }
    let stderr = sys_attribute(vm, "stderr").and_then(Value::not_none);
    let file = match stderr {
        Some(file) => file,
        None if thread.is_none() => return Ok(()),
        // What `sys.stderr` was when the thread was made.
        None => match vm.get_attr_optional(thread, vm.intern("_stderr"))?.and_then(Value::not_none) {
            Some(file) => file,
            None => return Ok(()),
        },
    };
    let name = match vm.get_attr_optional(thread, vm.intern("name"))? {
        Some(name) if !thread.is_none() => vm.str(name)?.to_string_lossy(),
        _ => vm.thread().ident.get().to_string(),
    };
    let write = |text: &str| vm.call_method(file, vm.names().write, &[vm.new_str(text)?.value()]).map(drop);
    write(&format!("Exception in thread {name}:\n"))?;
    if let Some(exception) = vm.cast::<PyBaseException>(exc_value) {
        write(&crate::traceback::report(vm, exception))?;
    }
    vm.call_method_str(file, "flush", &[]).map(drop)
}
