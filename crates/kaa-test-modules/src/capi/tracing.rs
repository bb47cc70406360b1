//! Trace functions that are native.

use kaa_interpreter::frame_object;
use kaa_interpreter::introspect::running_frame;
use kaa_interpreter::monitoring::tracing::set_trace;
use kaa_macros::py_functions;
use kaa_objects::class::{MethodDef, MethodKind};
use kaa_objects::types::list::PyList;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::TestCapi;

/// Events in the order of CPython's `PyTrace_*` numbers.
const EVENTS: [&str; 8] = ["call", "exception", "line", "return", "c_call", "c_exception", "c_return", "opcode"];

/// Appends `(number of the event, line, argument)` to the list that a trace function is bound to.
fn record(vm: &Vm, this: Value, args: Args<'_>) -> PyResult<()> {
    let (Some(list), &[frame, event, argument]) = (vm.cast::<PyList>(this), args.positionals()) else {
        return Err(vm.type_error("a trace function takes a frame, an event and an argument"));
    };
    let event = vm.str_lossy(event);
    let number = EVENTS.iter().position(|name| *name == event).unwrap_or(EVENTS.len());
    let line = vm.get_attr_str(frame, "f_lineno")?;
    let entry = vm.new_tuple(&[Value::small_int(number as i64), line, argument])?;
    list.push(vm, entry.value())
}

static RECORD: MethodDef = MethodDef {
    name: "record",
    signature: None,
    doc: None,
    kind: MethodKind::Instance,
    function: |vm, this, args| {
        record(vm, this, args)?;
        Ok(vm.bind_native(&RECORD, this)?.value())
    },
};

static FAIL: MethodDef = MethodDef {
    name: "fail",
    signature: None,
    doc: None,
    kind: MethodKind::Instance,
    function: |vm, this, args| {
        record(vm, this, args)?;
        Err(vm.raise_new(vm.exceptions().Exception, "an exception"))
    },
};

/// Traces the thread, and what runs in it already.
fn trace_with(vm: &Vm, def: &'static MethodDef, list: Gc<PyList>) -> PyResult<()> {
    let function = vm.bind_native(def, list.value())?.value();
    set_trace(vm, vm.thread(), Some(function))?;
    if let Some(frame) = running_frame(vm) {
        // SAFETY: the running frame, whose registers were saved for this call.
        let frame = unsafe { frame_object::of(vm, frame) }?;
        vm.set_attr(frame.value(), vm.intern("f_trace"), function)?;
    }
    Ok(())
}

#[py_functions(FUNCTIONS, of = "_testcapi")]
impl TestCapi {
    #[function("settrace_to_record(list, /)", doc = "Record the events of this thread.")]
    fn settrace_to_record(vm: &Vm, list: Gc<PyList>) -> PyResult<()> {
        trace_with(vm, &RECORD, list)
    }

    #[function("settrace_to_error(list, /)", doc = "Raise an exception at the next event of this thread.")]
    fn settrace_to_error(vm: &Vm, list: Gc<PyList>) -> PyResult<()> {
        trace_with(vm, &FAIL, list)
    }
}
