//! Async generators: what their `yield` gives and what awaits it.

use kaa_macros::py_methods;
use kaa_objects::class::Slots;
use kaa_objects::object::{Header, Slot, Trace, Visitor};
use kaa_objects::{PyResult, Value, Vm};

/// A value that an async generator yields, so that it is not mistaken for what an `await` inside
/// it passes outwards.
#[repr(C)]
pub struct PyWrappedValue {
    header: Header,
    /// The value.
    pub value: Slot,
}

kaa_objects::native_type!(PyWrappedValue, name "async_generator_wrapped_value", id 0, layout Custom);

impl Trace for PyWrappedValue {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.value.trace(visitor);
    }
}

/// Wraps a value.
pub fn wrap(vm: &Vm, value: Value) -> PyResult {
    Ok(vm.alloc(PyWrappedValue { header: Header::EMPTY, value: Slot::new(value) })?.value())
}

/// Slots of `async_generator`.
pub const SLOTS: Slots = Slots::NONE;

#[py_methods(PART, of = "async_generator")]
impl crate::generator::PyAsyncGenerator {}
