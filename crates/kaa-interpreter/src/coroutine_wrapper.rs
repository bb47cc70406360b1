//! `coroutine_wrapper`: what `coroutine.__await__()` gives, an iterator that drives the coroutine.

use kaa_macros::{Trace, py_type};
use kaa_objects::class::Sent;
use kaa_objects::object::{Header, Slot};
use kaa_objects::{Args, Gc, PyResult, Value, Vm, ids};

use crate::generator::PyGenerator;
use crate::generator_methods::{close, send, throw, thrown};

/// A coroutine as an iterator.
#[repr(C)]
#[derive(Trace)]
pub struct PyCoroutineWrapper {
    header: Header,
    coroutine: Slot<Gc<PyGenerator>>,
}

impl PyCoroutineWrapper {
    /// The iterator of a coroutine.
    pub fn around(vm: &Vm, coroutine: Gc<PyGenerator>) -> PyResult {
        Ok(vm.alloc(PyCoroutineWrapper { header: Header::EMPTY, coroutine: Slot::new(coroutine) })?.value())
    }
}

fn yielded_or_stop(vm: &Vm, sent: PyResult<Sent>) -> PyResult {
    match sent? {
        Sent::Yield(value) => Ok(value),
        Sent::Return(value) => Err(vm.stop_iteration(value)),
    }
}

#[py_type(name = "coroutine_wrapper", id = ids::COROUTINE_WRAPPER, flags(DISALLOW_INSTANTIATION), doc = "A wrapper object implementing __await__ for coroutines.")]
impl PyCoroutineWrapper {
    #[slot(iter)]
    fn iter(this: Gc<PyCoroutineWrapper>) -> Value {
        this.value()
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyCoroutineWrapper>) -> PyResult<Option<Value>> {
        match send(vm, this.coroutine.get_set().value(), Value::NONE)? {
            Sent::Yield(value) => Ok(Some(value)),
            Sent::Return(value) if value.is_none() => Ok(None),
            Sent::Return(value) => Err(vm.stop_iteration(value)),
        }
    }

    #[slot(am_send)]
    fn send_slot(vm: &Vm, this: Gc<PyCoroutineWrapper>, value: Value) -> PyResult<Sent> {
        send(vm, this.coroutine.get_set().value(), value)
    }

    #[method("send($self, value, /)", doc = "Send a value to the coroutine.")]
    fn send(vm: &Vm, this: Gc<PyCoroutineWrapper>, value: Value) -> PyResult<Value> {
        yielded_or_stop(vm, send(vm, this.coroutine.get_set().value(), value))
    }

    #[method(
        "throw",
        raw,
        signature = "($self, type, value=None, traceback=None, /)",
        doc = "Raise exception in coroutine, return next iterated value or raise StopIteration."
    )]
    fn throw(vm: &Vm, this: Gc<PyCoroutineWrapper>, args: Args<'_>) -> PyResult<Value> {
        let exception = thrown(vm, args)?;
        yielded_or_stop(vm, throw(vm, this.coroutine.get_set(), exception, true))
    }

    #[method("close($self, /)", doc = "Raise GeneratorExit inside coroutine.")]
    fn close(vm: &Vm, this: Gc<PyCoroutineWrapper>) -> PyResult<Value> {
        close(vm, this.coroutine.get_set())
    }
}
