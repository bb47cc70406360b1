//! What belongs to the module: names that are used again and again, parts of Python's half of
//! `asyncio`, and the tasks that there are.

use std::any::Any;
use std::cell::Cell;

use kaa_objects::class::PyType;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// The state of an isolate.
pub struct State {
    /// `call_soon`
    pub call_soon: Slot<Gc<PyStr>>,
    /// `get_debug`
    pub get_debug: Slot<Gc<PyStr>>,
    /// `_asyncio_future_blocking`
    pub blocking: Slot<Gc<PyStr>>,
    /// `("context",)`, `("msg",)`: names of keyword arguments.
    pub context_keyword: Slot<Gc<PyTuple>>,
    pub msg_keyword: Slot<Gc<PyTuple>>,
    imports: Imports,
    /// Weak references to the tasks that are not done; each task knows its place.
    pub scheduled: Slot<Gc<PyList>>,
    /// When the list is this long, references to what has died are removed.
    pub crowded: Cell<usize>,
    /// Tasks of other types: a `weakref.WeakSet`, made when first needed.
    pub other_scheduled: Slot,
    /// Tasks that run their first step at once: a set, made when first needed.
    pub eager: Slot,
    /// How many tasks were given a number for a name.
    pub numbered: Cell<u64>,
}

/// Parts of Python's half, imported when first needed.
#[derive(Default)]
pub struct Imports {
    pub cancelled_error: Slot<Gc<PyType>>,
    pub invalid_state_error: Slot<Gc<PyType>>,
    pub future_repr: Slot,
    pub task_repr: Slot,
    pub task_get_stack: Slot,
    pub task_print_stack: Slot,
    pub is_coroutine: Slot,
    pub loop_policy: Slot,
    pub extract_stack: Slot,
}

impl Extension for State {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.call_soon.trace(visitor);
        self.get_debug.trace(visitor);
        self.blocking.trace(visitor);
        self.context_keyword.trace(visitor);
        self.msg_keyword.trace(visitor);
        self.scheduled.trace(visitor);
        self.other_scheduled.trace(visitor);
        self.eager.trace(visitor);
        let imports = &mut self.imports;
        imports.cancelled_error.trace(visitor);
        imports.invalid_state_error.trace(visitor);
        for slot in [
            &mut imports.future_repr,
            &mut imports.task_repr,
            &mut imports.task_get_stack,
            &mut imports.task_print_stack,
            &mut imports.is_coroutine,
            &mut imports.loop_policy,
            &mut imports.extract_stack,
        ] {
            slot.trace(visitor);
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The state of an isolate; made when first asked for.
pub fn state(vm: &Vm) -> &State {
    vm.extension(|vm| {
        let keyword = |name| vm.new_tuple(&[vm.intern(name).value()]).ok();
        State {
            call_soon: Slot::new(vm.intern("call_soon")),
            get_debug: Slot::new(vm.intern("get_debug")),
            blocking: Slot::new(vm.intern("_asyncio_future_blocking")),
            context_keyword: Slot::maybe(keyword("context")),
            msg_keyword: Slot::maybe(keyword("msg")),
            imports: Imports::default(),
            scheduled: Slot::empty(),
            crowded: Cell::new(64),
            other_scheduled: Slot::empty(),
            eager: Slot::empty(),
            numbered: Cell::new(0),
        }
    })
}

impl State {
    /// The parts of Python's half.
    pub fn imports(&self, vm: &Vm) -> PyResult<&Imports> {
        let imports = &self.imports;
        // Set last.
        if imports.extract_stack.get().is_some() {
            return Ok(imports);
        }
        let class = |name: &str| -> PyResult<Option<Gc<PyType>>> {
            Ok(vm.cast::<PyType>(import(vm, "asyncio.exceptions", name)?))
        };
        imports.cancelled_error.set_root(class("CancelledError")?);
        imports.invalid_state_error.set_root(class("InvalidStateError")?);
        for (slot, module, name) in [
            (&imports.future_repr, "asyncio.base_futures", "_future_repr"),
            (&imports.task_repr, "asyncio.base_tasks", "_task_repr"),
            (&imports.task_get_stack, "asyncio.base_tasks", "_task_get_stack"),
            (&imports.task_print_stack, "asyncio.base_tasks", "_task_print_stack"),
            (&imports.is_coroutine, "asyncio.coroutines", "iscoroutine"),
            (&imports.loop_policy, "asyncio.events", "_get_event_loop_policy"),
            (&imports.extract_stack, "traceback", "extract_stack"),
        ] {
            slot.set_root(Some(import(vm, module, name)?));
        }
        Ok(imports)
    }
}

/// An attribute of a module of Python's library.
pub fn import(vm: &Vm, module: &str, name: &str) -> PyResult {
    let Some(import) = vm.hooks.import.get() else { return Err(vm.runtime_error("imports are not set up")) };
    let module = import(vm, module)?;
    vm.get_attr_str(module, name)
}

/// Has an event loop call something soon in a context.
pub fn call_soon(vm: &Vm, event_loop: Value, callback: Value, argument: Option<Value>, context: Value) -> PyResult<()> {
    let state = state(vm);
    let method = vm.get_attr(event_loop, state.call_soon.get_set())?;
    let keyword = state.context_keyword.get();
    match argument {
        Some(argument) => {
            vm.call_args(method, kaa_objects::Args::with_keywords(&[callback, argument, context], keyword))
        }
        None => vm.call_args(method, kaa_objects::Args::with_keywords(&[callback, context], keyword)),
    }
    .map(drop)
}
