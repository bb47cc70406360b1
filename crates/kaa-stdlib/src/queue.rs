//! `_queue`: a queue between threads.

use std::any::Any;

use kaa_macros::{py_module, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot, Visitor};
use kaa_objects::types::module::PyModule;
use kaa_objects::vm::Extension;
use kaa_objects::waiters::Waiters;
use kaa_objects::{Gc, PyResult, Raised, Trace, Value, Vm};

use crate::collections::deque::{PyDeque, append};
use crate::module_setup::{add, exception_class};
use crate::seconds::Seconds;

/// The module.
pub struct Queue;

/// `queue.Empty`.
#[derive(Default)]
struct State {
    empty: Slot,
}

impl Extension for State {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.empty.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let empty = exception_class(vm, "_queue", "Empty", vm.exceptions().Exception)?;
    vm.set_attr(
        empty,
        vm.names().__doc__,
        vm.new_str("Exception raised by Queue.get(block=0)/get_nowait().")?.value(),
    )?;
    vm.extension(|_| State::default()).empty.set_root(Some(empty));
    add(vm, module, "Empty", empty)
}

#[py_module(
    name = "_queue",
    doc = "C implementation of the Python queue module.\nThis module is an implementation detail, please do not use it directly.",
    types(PySimpleQueue),
    setup = set_up
)]
impl Queue {}

/// Raises `queue.Empty`.
#[cold]
fn empty(vm: &Vm) -> Raised {
    let class = vm.extension(|_| State::default()).empty.get().and_then(|class| vm.cast::<PyType>(class));
    vm.raise_with(class.unwrap_or(vm.exceptions().Exception), &[])
}

/// `queue.SimpleQueue`.
#[repr(C)]
#[derive(Trace)]
pub struct PySimpleQueue {
    header: Header,
    items: Slot<Gc<PyDeque>>,
    #[trace(skip)]
    waiters: Waiters,
}

impl PySimpleQueue {
    /// The first item; `Empty` when there is none and `block` is false or the time is over.
    fn take(vm: &Vm, this: Gc<PySimpleQueue>, block: bool, timeout: Value) -> PyResult {
        let items = this.items.get_set();
        let deadline = match timeout.not_none() {
            Some(timeout) if block => {
                let timeout = Seconds::from_object(vm, timeout)?;
                if timeout < Seconds(0) {
                    return Err(vm.value_error("'timeout' must be a non-negative number"));
                }
                timeout.deadline()
            }
            _ => None,
        };
        if items.is_empty() {
            if !block {
                return Err(empty(vm));
            }
            this.waiters.wait(vm, deadline, || !items.is_empty())?;
        }
        let item = items.pop_first().ok_or_else(|| empty(vm))?;
        // Items that came one after the other have all woken the same thread.
        if !items.is_empty() {
            this.waiters.wake_one();
        }
        Ok(item)
    }
}

#[py_type(
    name = "SimpleQueue",
    module = "_queue",
    flags(BASETYPE, MANAGED_WEAKREF),
    doc = "Simple, unbounded, reentrant FIFO queue."
)]
impl PySimpleQueue {
    #[new("SimpleQueue()")]
    fn new(vm: &Vm, class: Gc<PyType>) -> PyResult<Gc<PySimpleQueue>> {
        let items = PyDeque::new_empty(vm)?;
        let made = PySimpleQueue { header: Header::EMPTY, items: Slot::new(items), waiters: Waiters::default() };
        vm.alloc_instance(class, made)
    }

    #[method(
        "put($self, /, item, block=True, timeout=None)",
        doc = "Put the item on the queue.\n\nThe optional 'block' and 'timeout' arguments are ignored, as this\nmethod never blocks.  They are provided for compatibility with the\nQueue class."
    )]
    fn put(vm: &Vm, this: Gc<PySimpleQueue>, item: Value, block: Value, timeout: Value) -> PyResult<()> {
        let _ = (block, timeout);
        append(vm, this.items.get_set(), item)?;
        this.waiters.wake_one();
        Ok(())
    }

    #[method(
        "put_nowait($self, /, item)",
        doc = "Put an item into the queue without blocking.\n\nThis is exactly equivalent to `put(item)` and is only provided\nfor compatibility with the Queue class."
    )]
    fn put_nowait(vm: &Vm, this: Gc<PySimpleQueue>, item: Value) -> PyResult<()> {
        append(vm, this.items.get_set(), item)?;
        this.waiters.wake_one();
        Ok(())
    }

    #[method(
        "get($self, /, block=True, timeout=None)",
        doc = "Remove and return an item from the queue.\n\nIf optional args 'block' is true and 'timeout' is None (the\ndefault), block if necessary until an item is available.  If\n'timeout' is a non-negative number, it blocks at most 'timeout'\nseconds and raises the Empty exception if no item was available\nwithin that time.\nOtherwise ('block' is false), return an item if one is immediately\navailable, else raise the Empty exception ('timeout' is ignored\nin that case)."
    )]
    fn get(vm: &Vm, this: Gc<PySimpleQueue>, block: bool, timeout: Value) -> PyResult {
        PySimpleQueue::take(vm, this, block, timeout)
    }

    #[method(
        "get_nowait($self, /)",
        doc = "Remove and return an item from the queue without blocking.\n\nOnly get an item if one is immediately available. Otherwise\nraise the Empty exception."
    )]
    fn get_nowait(vm: &Vm, this: Gc<PySimpleQueue>) -> PyResult {
        PySimpleQueue::take(vm, this, false, Value::NONE)
    }

    #[method("empty($self, /)", doc = "Return True if the queue is empty, False otherwise (not reliable!).")]
    fn empty(&self) -> bool {
        self.items.get_set().is_empty()
    }

    #[method("qsize($self, /)", doc = "Return the approximate size of the queue (not reliable!).")]
    fn qsize(&self) -> usize {
        self.items.get_set().len()
    }

    #[classmethod(
        "__class_getitem__($type, object, /)",
        doc = "SimpleQueues are generic over the type of their contents"
    )]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        kaa_objects::types::generic_alias::PyGenericAlias::new_value(vm, class.value(), object)
    }
}
