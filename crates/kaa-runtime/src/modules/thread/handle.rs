//! `_thread._ThreadHandle`: a thread as those see it that wait for its end.

use std::cell::Cell;

use kaa_macros::py_type;
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::waiters::Waiters;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use kaa_stdlib::seconds::Seconds;

use super::start::threads;

/// How far a thread is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    NotStarted,
    Running,
    Done,
}

/// `_thread._ThreadHandle`.
#[repr(C)]
pub struct PyThreadHandle {
    header: Header,
    pub(super) stage: Cell<Stage>,
    pub(super) ident: Cell<u64>,
    /// How many forks there were when the thread began to run.
    forks: Cell<usize>,
    waiters: Waiters,
}

impl PyThreadHandle {
    fn make(vm: &Vm, stage: Stage, ident: u64) -> PyResult<Gc<PyThreadHandle>> {
        let (stage, ident, forks) = (Cell::new(stage), Cell::new(ident), Cell::new(threads(vm).forks()));
        vm.alloc(PyThreadHandle { header: Header::EMPTY, stage, ident, forks, waiters: Waiters::default() })
    }

    /// The handle of a thread that is yet to be started.
    pub fn not_started(vm: &Vm) -> PyResult<Gc<PyThreadHandle>> {
        PyThreadHandle::make(vm, Stage::NotStarted, 0)
    }

    /// The handle of a thread that runs.
    pub fn running(vm: &Vm, ident: u64) -> PyResult<Gc<PyThreadHandle>> {
        PyThreadHandle::make(vm, Stage::Running, ident)
    }

    /// The thread is started.
    pub fn run(&self, vm: &Vm) {
        self.forks.set(threads(vm).forks());
        self.stage.set(Stage::Running);
    }

    /// Whether the thread runs, in this process.
    pub fn is_running(&self, vm: &Vm) -> bool {
        self.stage.get() == Stage::Running && threads(vm).came_along(self.ident.get(), self.forks.get())
    }

    /// Whether the thread has ended, or stayed behind in a fork.
    fn is_over(&self, vm: &Vm) -> bool {
        self.stage.get() != Stage::NotStarted && !self.is_running(vm)
    }

    /// The thread has ended.
    pub fn end(&self) {
        self.stage.set(Stage::Done);
        self.waiters.wake_all();
    }

    /// Waits for the end of the thread, at most so long.
    pub fn wait(vm: &Vm, this: Gc<PyThreadHandle>, timeout: Option<Seconds>) -> PyResult<()> {
        if this.stage.get() == Stage::NotStarted {
            return Err(vm.runtime_error("thread not started"));
        }
        if this.is_running(vm) && this.ident.get() == vm.thread().ident.get() {
            return Err(vm.runtime_error("Cannot join current thread"));
        }
        let deadline = timeout.and_then(Seconds::deadline);
        this.waiters.wait(vm, deadline, || this.is_over(vm)).map(drop)
    }
}

#[py_type(name = "_ThreadHandle", module = "_thread", layout = raw)]
impl PyThreadHandle {
    #[new(raw)]
    fn new(vm: &Vm, _class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyThreadHandle>> {
        PyThreadHandle::not_started(vm)
    }

    #[getter("ident")]
    fn get_ident(_vm: &Vm, this: Gc<PyThreadHandle>) -> u64 {
        this.ident.get()
    }

    #[method("join", raw)]
    fn join(vm: &Vm, this: Gc<PyThreadHandle>, args: Args<'_>) -> PyResult<()> {
        args.no_keywords(vm, "_ThreadHandle.join")?;
        let timeout = match *args.all() {
            [] => None,
            [timeout] => timeout.not_none().map(|timeout| Seconds::from_object(vm, timeout)).transpose()?,
            ref given => {
                let given = given.len();
                return Err(vm.type_error(format_args!("join() takes at most 1 argument ({given} given)")));
            }
        };
        // Negative times are for ever, as in CPython.
        PyThreadHandle::wait(vm, this, timeout.filter(|&timeout| timeout >= Seconds(0)))
    }

    #[method("is_done($self, /)")]
    fn is_done(vm: &Vm, this: Gc<PyThreadHandle>) -> bool {
        this.is_over(vm)
    }

    #[method("_set_done($self, /)")]
    fn set_done(vm: &Vm, this: Gc<PyThreadHandle>) -> PyResult<()> {
        if this.stage.get() == Stage::NotStarted {
            return Err(vm.runtime_error("thread not started"));
        }
        this.end();
        Ok(())
    }

    #[slot(repr)]
    fn repr(_vm: &Vm, this: Gc<PyThreadHandle>) -> String {
        format!("<_thread._ThreadHandle object: ident={}>", this.ident.get())
    }
}

/// A value as a handle.
pub(super) fn handle_of(vm: &Vm, value: Value) -> Option<Gc<PyThreadHandle>> {
    vm.cast::<PyThreadHandle>(value)
}
