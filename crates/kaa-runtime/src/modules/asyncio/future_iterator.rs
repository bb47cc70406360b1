//! What `await future` iterates over: the future once, so that the task waits for it, then its
//! result.

use kaa_interpreter::generator_methods::thrown;
use kaa_macros::{Trace, py_type};
use kaa_objects::class::Sent;
use kaa_objects::object::{Header, Slot};
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::future::{FutureMethods, Outcome, PyFuture};

/// `_asyncio.FutureIter`.
#[derive(Trace)]
#[repr(C)]
pub struct PyFutureIterator {
    header: Header,
    /// The future, until its result was given.
    future: Slot<Gc<PyFuture>>,
}

impl PyFutureIterator {
    pub fn over(vm: &Vm, future: Gc<PyFuture>) -> PyResult<Gc<PyFutureIterator>> {
        vm.alloc(PyFutureIterator { header: Header::EMPTY, future: Slot::new(future) })
    }

    fn resume(vm: &Vm, this: Gc<PyFutureIterator>) -> PyResult<Sent> {
        let Some(future) = this.future.get() else { return Ok(Sent::Return(Value::NONE)) };
        if future.is_pending() {
            if future.blocking.replace(true) {
                return Err(vm.runtime_error("await wasn't used with future"));
            }
            return Ok(Sent::Yield(future.value()));
        }
        this.future.clear();
        match future.outcome(vm)? {
            Outcome::Result(result) => Ok(Sent::Return(result)),
            Outcome::Exception(exception) => Err(vm.raise(exception)),
        }
    }
}

#[py_type(name = "FutureIter", module = "_asyncio", flags(DISALLOW_INSTANTIATION))]
impl PyFutureIterator {
    #[slot(iter)]
    fn iter(this: Gc<PyFutureIterator>) -> Value {
        this.value()
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyFutureIterator>) -> PyResult<Option<Value>> {
        match PyFutureIterator::resume(vm, this)? {
            Sent::Yield(value) => Ok(Some(value)),
            Sent::Return(value) if value.is_none() => Ok(None),
            Sent::Return(value) => Err(vm.stop_iteration(value)),
        }
    }

    #[slot(am_send)]
    fn send_slot(vm: &Vm, this: Gc<PyFutureIterator>, _value: Value) -> PyResult<Sent> {
        PyFutureIterator::resume(vm, this)
    }

    #[method("send($self, value, /)")]
    fn send(vm: &Vm, this: Gc<PyFutureIterator>, value: Value) -> PyResult {
        let _ = value;
        match PyFutureIterator::resume(vm, this)? {
            Sent::Yield(value) => Ok(value),
            Sent::Return(value) => Err(vm.stop_iteration(value)),
        }
    }

    #[method("throw", raw)]
    fn throw(vm: &Vm, this: Gc<PyFutureIterator>, args: Args<'_>) -> PyResult {
        let exception = thrown(vm, args)?;
        this.future.clear();
        Err(vm.raise_again(exception))
    }

    #[method("close($self, /)")]
    fn close(&self) {
        self.future.clear();
    }
}
