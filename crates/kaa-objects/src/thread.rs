//! What each thread of an isolate has for itself.

use std::cell::Cell;

use crate::object::{Slot, Trace, Visitor};
use crate::parker::Parker;
use crate::types::exceptions::PyBaseException;
use crate::{Gc, Raised, Vm};

/// The state of one Python thread. It belongs to the native thread that runs it and is reached
/// through [`Vm::thread`].
pub struct Thread {
    /// The exception that is being raised: set exactly while a function answers [`Raised`].
    pub(crate) pending: Slot<Gc<PyBaseException>>,
    /// The exception that is being handled (`sys.exception()`), innermost.
    pub handled: Slot<Gc<PyBaseException>>,
    /// The exception that was being handled where the innermost running generator was resumed:
    /// `handled` falls back to it when the generator handles none of its own.
    pub handled_outside: Slot<Gc<PyBaseException>>,
    /// Whether `handled` was raised within the innermost running generator (or, outside
    /// generators, is set at all).
    pub handled_inside: Cell<bool>,
    /// The current context of context variables (`contextvars`), once there is one.
    pub context: Slot,
    /// The value of `decimal`'s context variable in that context, once it is known; empty again
    /// whenever the context or a variable changes.
    pub decimal_context: Slot,
    /// How many more Python calls may nest.
    pub recursion_remaining: Cell<isize>,
    /// `sys.getrecursionlimit()`.
    pub recursion_limit: Cell<isize>,
    /// Where the next frame goes, and the end of the memory for frames.
    pub stack_top: Cell<usize>,
    #[allow(missing_docs)]
    pub stack_end: Cell<usize>,
    /// Where frames begin; 0 until the interpreter has made room for them.
    pub stack_base: Cell<usize>,
    /// `sys.get_asyncgen_hooks()`.
    pub asyncgen_firstiter: Slot,
    #[allow(missing_docs)]
    pub asyncgen_finalizer: Slot,
    /// `sys.gettrace()`
    pub trace_function: Slot,
    /// `sys.getprofile()`
    pub profile_function: Slot,
    /// Above 0 while a tool is told of an event: it is not told of what it does itself.
    pub tracing: Cell<u32>,
    /// The kind of event that a tool is being told of, or -1.
    pub told_event: Cell<i32>,
    /// `sys.get_coroutine_origin_tracking_depth()`.
    pub coroutine_origin_depth: Cell<u32>,
    /// The lowest address that the native stack may reach before calls are refused.
    pub stack_limit: Cell<usize>,
    /// Where on the native stack the innermost loop of the interpreter runs: what entered it, its
    /// registers included, is above the address; 0 outside Python code.
    pub loop_stack: Cell<usize>,
    /// The innermost frame, as the interpreter knows it; null outside Python code.
    pub frame: Cell<*mut u8>,
    /// Addresses of the containers whose `repr` is being made (they are pinned).
    pub(crate) in_repr: std::cell::RefCell<Vec<usize>>,
    /// The number that `threading.get_ident` gives: the system's name of the native thread.
    pub ident: Cell<u64>,
    /// The thread as the heap knows it.
    pub(crate) on_heap: Cell<Option<kaa_gc::ThreadId>>,
    /// Where the thread sleeps.
    pub parker: Parker,
    /// The thread behind this one where it waits (see [`crate::waiters`]).
    pub(crate) next_waiter: Cell<*const Thread>,
    /// The thread was lost in a fork.
    pub(crate) gone: Cell<bool>,
    /// A number that no other thread of the isolate ever has; 0 for the first.
    pub serial: Cell<i64>,
    /// What the thread is to call when it starts: a tuple of its maker's.
    pub task: Slot,
    /// Weak references to the thread-local objects that the thread used: a list.
    pub locals: Slot,
    /// The event loop of `asyncio` that runs in the thread.
    pub event_loop: Slot,
    /// The task that the event loop runs at the moment.
    pub event_task: Slot,
}

impl Thread {
    /// The state of the calling native thread, whose stack may grow down to `stack_limit`.
    pub fn new(stack_limit: usize, recursion_limit: isize) -> Thread {
        Thread {
            pending: Slot::empty(),
            handled: Slot::empty(),
            context: Slot::empty(),
            decimal_context: Slot::empty(),
            handled_outside: Slot::empty(),
            handled_inside: Cell::new(false),
            recursion_remaining: Cell::new(recursion_limit),
            recursion_limit: Cell::new(recursion_limit),
            stack_top: Cell::new(0),
            stack_end: Cell::new(0),
            stack_base: Cell::new(0),
            asyncgen_firstiter: Slot::empty(),
            asyncgen_finalizer: Slot::empty(),
            trace_function: Slot::empty(),
            profile_function: Slot::empty(),
            tracing: Cell::new(0),
            told_event: Cell::new(-1),
            coroutine_origin_depth: Cell::new(0),
            stack_limit: Cell::new(stack_limit),
            loop_stack: Cell::new(0),
            frame: Cell::new(std::ptr::null_mut()),
            in_repr: std::cell::RefCell::default(),
            ident: Cell::new(0),
            on_heap: Cell::new(None),
            parker: Parker::default(),
            next_waiter: Cell::new(std::ptr::null()),
            gone: Cell::new(false),
            serial: Cell::new(0),
            task: Slot::empty(),
            locals: Slot::empty(),
            event_loop: Slot::empty(),
            event_task: Slot::empty(),
        }
    }
}

impl Trace for Thread {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.pending.trace(visitor);
        self.handled.trace(visitor);
        self.context.trace(visitor);
        self.decimal_context.trace(visitor);
        self.handled_outside.trace(visitor);
        self.trace_function.trace(visitor);
        self.profile_function.trace(visitor);
        self.asyncgen_firstiter.trace(visitor);
        self.asyncgen_finalizer.trace(visitor);
        self.task.trace(visitor);
        self.locals.trace(visitor);
        self.event_loop.trace(visitor);
        self.event_task.trace(visitor);
    }
}

/// An address in the present stack frame.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let marker = 0u8;
    std::ptr::from_ref(std::hint::black_box(&marker)) as usize
}

impl Vm {
    /// Runs a native function that may call itself through Python, unless the native stack is
    /// nearly used up: then `RecursionError` with CPython's words, e.g. «maximum recursion depth
    /// exceeded while getting the repr of an object» for `" while getting the repr of an object"`.
    #[inline]
    pub fn guarded<T>(&self, doing: &str, run: impl FnOnce() -> Result<T, Raised>) -> Result<T, Raised> {
        self.check_stack(doing)?;
        run()
    }

    /// The check of [`Vm::guarded`] alone.
    #[inline]
    pub fn check_stack(&self, doing: &str) -> Result<(), Raised> {
        if stack_pointer() < self.thread().stack_limit.get() { Err(self.stack_exhausted(doing)) } else { Ok(()) }
    }

    #[cold]
    fn stack_exhausted(&self, doing: &str) -> Raised {
        self.recursion_error(format_args!("maximum recursion depth exceeded{doing}"))
    }
}
