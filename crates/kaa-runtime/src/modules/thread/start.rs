//! Starting native threads, and waiting for them at the end.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::os::unix::thread::JoinHandleExt;

use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::thread::Thread;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::handle::{PyThreadHandle, Stage, handle_of};
use super::local;
use crate::call::call_collected;
use crate::start::stack_reserve;

/// What the runtime knows of an isolate's threads.
#[derive(Default)]
pub(super) struct Threads {
    /// `_thread.stack_size()`; 0 for the system's default.
    pub stack_size: Cell<usize>,
    last_serial: Cell<i64>,
    /// The handles of threads that the end of the program waits for: a list.
    awaited: Slot<Gc<PyList>>,
    /// The isolate ends.
    closing: Cell<bool>,
    /// The threads that forked, by ident, one for each fork on the way to this process: no other
    /// thread came along.
    forked_by: RefCell<Vec<u64>>,
}

impl Threads {
    /// How many forks there were.
    pub fn forks(&self) -> usize {
        self.forked_by.borrow().len()
    }

    /// Whether a thread that ran after the first `forks` forks is in this process.
    pub fn came_along(&self, ident: u64, forks: usize) -> bool {
        self.forked_by.borrow()[forks..].iter().all(|&forked_by| forked_by == ident)
    }
}

impl Extension for Threads {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.awaited.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub(super) fn threads(vm: &Vm) -> &Threads {
    vm.extension(|_| Threads::default())
}

/// What a native thread begins with.
struct Start {
    vm: *const Vm,
    thread: Box<Thread>,
}

// SAFETY: the isolate outlives its threads, which use it under the GIL; the state belongs to the
// new thread alone.
unsafe impl Send for Start {}

/// `_thread.start_new_thread(function, args, kwargs)`.
pub(super) fn start_new_thread(vm: &Vm, args: Args<'_>) -> PyResult<u64> {
    args.no_keywords(vm, "start_new_thread")?;
    let (function, positional, keywords) = match *args.all() {
        [function, positional] => (function, positional, None),
        [function, positional, keywords] => (function, positional, Some(keywords)),
        ref given => {
            let (bound, n) = if given.len() < 2 { ("least", 2) } else { ("most", 3) };
            let given = given.len();
            let text = format!("start_new_thread expected at {bound} {n} arguments, got {given}");
            return Err(vm.type_error(text));
        }
    };
    if !vm.is_callable(function) {
        return Err(vm.type_error("first arg must be callable"));
    }
    let Some(positional) = vm.cast::<PyTuple>(positional) else {
        return Err(vm.type_error("2nd arg must be a tuple"));
    };
    let keywords = match keywords {
        None => None,
        Some(keywords) => match vm.cast::<PyDict>(keywords) {
            Some(keywords) => Some(keywords),
            None => return Err(vm.type_error("optional 3rd arg must be a dictionary")),
        },
    };
    let handle = PyThreadHandle::not_started(vm)?;
    start(vm, function, positional, keywords, handle)?;
    Ok(handle.ident.get())
}

/// `_thread.start_joinable_thread(function, handle, daemon)`.
pub(super) fn start_joinable_thread(
    vm: &Vm,
    function: Value,
    handle: Value,
    daemon: bool,
) -> PyResult<Gc<PyThreadHandle>> {
    if !vm.is_callable(function) {
        return Err(vm.type_error("thread function must be callable"));
    }
    let handle = match handle.not_none() {
        None => PyThreadHandle::not_started(vm)?,
        Some(handle) => handle_of(vm, handle).ok_or_else(|| vm.type_error("'handle' must be a _ThreadHandle"))?,
    };
    if handle.stage.get() != Stage::NotStarted {
        return Err(vm.runtime_error("thread already started"));
    }
    if !daemon {
        await_at_end(vm, handle)?;
    }
    start(vm, function, vm.new_tuple(&[])?, None, handle)?;
    Ok(handle)
}

/// Lets the end of the program wait for a thread.
fn await_at_end(vm: &Vm, handle: Gc<PyThreadHandle>) -> PyResult<()> {
    let awaited = match threads(vm).awaited.get() {
        Some(awaited) => awaited,
        None => {
            let awaited = vm.new_list(&[])?;
            threads(vm).awaited.set_root(Some(awaited));
            awaited
        }
    };
    awaited.push(vm, handle.value())
}

fn do_not_await(vm: &Vm, handle: Gc<PyThreadHandle>) {
    let Some(awaited) = threads(vm).awaited.get() else { return };
    let position = awaited.as_slice().iter().position(|&known| known == handle.value());
    if let Some(position) = position {
        awaited.remove_at(vm, position);
    }
}

fn start(
    vm: &Vm,
    function: Value,
    args: Gc<PyTuple>,
    kwargs: Option<Gc<PyDict>>,
    handle: Gc<PyThreadHandle>,
) -> PyResult<()> {
    if threads(vm).closing.get() {
        let class = vm.exceptions().PythonFinalizationError;
        return Err(vm.raise_new(class, "can't create new thread at interpreter shutdown"));
    }
    let kwargs = kwargs.map_or(Value::NONE, |kwargs| kwargs.value());
    let task = vm.new_tuple(&[function, args.value(), kwargs, handle.value()])?;
    let thread = Box::new(Thread::new(0, vm.thread().recursion_limit.get()));
    thread.task.set_root(Some(task.value()));
    let serial = threads(vm).last_serial.get() + 1;
    threads(vm).last_serial.set(serial);
    thread.serial.set(serial);
    let state: *const Thread = &*thread;
    // SAFETY: the thread forgets its state before it frees it.
    unsafe { vm.add_thread(state) };
    let size = native_stack_size(threads(vm).stack_size.get());
    let begin = Start { vm, thread };
    handle.run(vm);
    match std::thread::Builder::new().stack_size(size).spawn(move || run(begin, size)) {
        Ok(native) => {
            let ident = native.as_pthread_t();
            handle.ident.set(ident);
            // SAFETY: the new thread cannot end before it gets the GIL.
            unsafe { (*state).ident.set(ident) };
            Ok(())
        }
        Err(_) => {
            vm.remove_thread(state);
            handle.stage.set(Stage::NotStarted);
            do_not_await(vm, handle);
            Err(vm.runtime_error("can't start new thread"))
        }
    }
}

/// How much stack a native thread gets for what Python code asked for.
fn native_stack_size(asked: usize) -> usize {
    /// What the runtime needs whatever the program thinks; it is only address space.
    const LEAST: usize = 1 << 20;
    /// What the C library gives threads where the limit of the stack is as usual.
    const DEFAULT: usize = 8 << 20;
    if asked == 0 { DEFAULT } else { asked.max(LEAST) }
}

/// The life of a native thread.
fn run(Start { vm, thread }: Start, size: usize) {
    // SAFETY: the state is this thread's, and known to the isolate, which lives while it has
    // threads.
    unsafe {
        Vm::run_thread(vm, &thread, |vm| {
            vm.thread().stack_limit.set(kaa_objects::thread::stack_pointer() - size + stack_reserve(size));
            run_task(vm);
        });
    }
}

/// Calls what the running thread was started for.
fn run_task(vm: &Vm) {
    let thread = vm.thread();
    let task = thread.task.get().and_then(|task| vm.cast::<PyTuple>(task)).expect("a thread has a task");
    let &[function, args, kwargs, handle] = task.as_slice() else { unreachable!("`start` makes the task") };
    thread.task.clear();
    let args = vm.cast::<PyTuple>(args).expect("`start` makes the task");
    let result = call_collected(vm, function, args, vm.cast::<PyDict>(kwargs)).map(drop);
    match vm.catch(result, vm.exceptions().SystemExit) {
        Ok(_) => {}
        Err(raised) => vm.report_ignored(Err(raised), "Exception ignored in thread started by", Some(function)),
    }
    local::forget_thread(vm);
    kaa_interpreter::stack::release(vm);
    if let Some(handle) = handle_of(vm, handle) {
        do_not_await(vm, handle);
        handle.end();
    }
}

/// Waits for all threads that are not daemons.
pub(super) fn wait_for_threads(vm: &Vm) -> PyResult<()> {
    while let Some(awaited) = threads(vm).awaited.get() {
        let this = vm.thread().ident.get();
        let next = awaited
            .as_slice()
            .iter()
            .filter_map(|&handle| handle_of(vm, handle))
            .find(|handle| handle.is_running(vm) && handle.ident.get() != this);
        let Some(next) = next else { break };
        PyThreadHandle::wait(vm, next, None)?;
        do_not_await(vm, next);
    }
    Ok(())
}

/// The isolate ends: threads cannot be started any more.
pub(crate) fn refuse_new_threads(vm: &Vm) {
    threads(vm).closing.set(true);
}

/// In a forked child: the other threads are gone, and count as ended.
pub(crate) fn after_fork(vm: &Vm) {
    let threads = threads(vm);
    threads.forked_by.borrow_mut().push(vm.thread().ident.get());
    threads.awaited.clear();
}
