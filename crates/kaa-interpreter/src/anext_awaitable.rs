//! `anext_awaitable`: what `anext(iterator, default)` gives. It awaits the iterator's next item and
//! gives the default where that raises `StopAsyncIteration`.

use kaa_macros::{Trace, py_type};
use kaa_objects::class::Sent;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Raised, Value, Vm};

use crate::dispatch::awaiting::awaitable;
use crate::dispatch::generators::send_to;

/// An awaitable with a default.
#[repr(C)]
#[derive(Trace)]
pub struct PyAnextAwaitable {
    header: Header,
    /// What `__anext__()` gave.
    wrapped: Slot,
    default: Slot,
}

impl PyAnextAwaitable {
    /// The awaitable of `anext(iterator, default)`; `wrapped` is what `__anext__()` gave.
    pub fn around(vm: &Vm, wrapped: Value, default: Value) -> PyResult {
        let made = PyAnextAwaitable { header: Header::EMPTY, wrapped: Slot::new(wrapped), default: Slot::new(default) };
        Ok(vm.alloc(made)?.value())
    }

    /// The iterator that drives the wrapped awaitable.
    fn iterator(&self, vm: &Vm) -> PyResult {
        let iterator = awaitable(vm, self.wrapped.get_set())?;
        if vm.slots_of(iterator).iternext.is_some() {
            return Ok(iterator);
        }
        // A coroutine is its own awaitable, which is driven by an iterator of its own.
        let own = match vm.slots_of(iterator).am_await {
            Some(own) => own(vm, iterator)?,
            None => iterator,
        };
        match vm.slots_of(own).iternext {
            Some(_) => Ok(own),
            None => Err(vm.type_error("__await__ must return an iterable")),
        }
    }

    /// The end of the asynchronous iterator is the default as result.
    fn end(&self, vm: &Vm, raised: Raised) -> Raised {
        let exception = vm.take_exception(raised);
        match vm.is_instance(exception.value(), vm.exceptions().StopAsyncIteration) {
            true => vm.stop_iteration(self.default.get_set()),
            false => vm.raise_again(exception),
        }
    }

    fn forward(&self, vm: &Vm, method: Gc<PyStr>, args: Args<'_>) -> PyResult {
        let iterator = self.iterator(vm)?;
        let method = vm.get_attr(iterator, method)?;
        vm.call_args(method, args).map_err(|raised| self.end(vm, raised))
    }
}

#[py_type(name = "anext_awaitable", flags(DISALLOW_INSTANTIATION))]
impl PyAnextAwaitable {
    #[slot(iter)]
    #[slot(am_await)]
    fn iter(this: Gc<PyAnextAwaitable>) -> Value {
        this.value()
    }

    #[slot(iternext)]
    fn next(&self, vm: &Vm) -> PyResult<Option<Value>> {
        let iterator = self.iterator(vm)?;
        match send_to(vm, iterator, Value::NONE).map_err(|raised| self.end(vm, raised))? {
            Sent::Yield(value) => Ok(Some(value)),
            Sent::Return(value) => Err(vm.stop_iteration(value)),
        }
    }

    #[method(
        "send",
        raw,
        doc = "send(arg) -> send 'arg' into the wrapped iterator,\nreturn next yielded value or raise StopIteration."
    )]
    fn send(&self, vm: &Vm, args: Args<'_>) -> PyResult<Value> {
        self.forward(vm, vm.names().send, args)
    }

    #[method(
        "throw",
        raw,
        doc = "throw(value)\nthrow(typ[,val[,tb]])\n\nraise exception in the wrapped iterator, return next yielded value\nor raise StopIteration.\nthe (type, val, tb) signature is deprecated, \nand may be removed in a future version of Python."
    )]
    fn throw(&self, vm: &Vm, args: Args<'_>) -> PyResult<Value> {
        self.forward(vm, vm.names().throw, args)
    }

    #[method("close", raw, doc = "close() -> raise GeneratorExit inside generator.")]
    fn close(&self, vm: &Vm, args: Args<'_>) -> PyResult<Value> {
        self.forward(vm, vm.names().close, args)
    }
}
