//! What each thread of an isolate has for itself.

use std::cell::Cell;

use crate::object::{Slot, Trace, Visitor};
use crate::types::exceptions::PyBaseException;
use crate::{Gc, Raised, Vm};

/// The state of one Python thread. It belongs to the native thread that runs it and is reached
/// through [`Vm::thread`].
pub struct Thread {
    /// The exception that is being raised: set exactly while a function answers [`Raised`].
    pub(crate) pending: Slot<Gc<PyBaseException>>,
    /// The exception that is being handled (`sys.exception()`), innermost.
    pub handled: Slot<Gc<PyBaseException>>,
    /// How many more Python calls may nest.
    pub recursion_remaining: Cell<isize>,
    /// The lowest address that the native stack may reach before calls are refused.
    pub stack_limit: Cell<usize>,
    /// The innermost frame, as the interpreter knows it; null outside Python code.
    pub frame: Cell<*mut u8>,
    /// Addresses of the containers whose `repr` is being made (they are pinned).
    pub(crate) in_repr: std::cell::RefCell<Vec<usize>>,
    /// The number that `threading.get_ident` gives.
    pub ident: Cell<u64>,
}

impl Thread {
    /// The state of the calling native thread, whose stack may grow down to `stack_limit`.
    pub fn new(stack_limit: usize, recursion_limit: isize) -> Thread {
        Thread {
            pending: Slot::empty(),
            handled: Slot::empty(),
            recursion_remaining: Cell::new(recursion_limit),
            stack_limit: Cell::new(stack_limit),
            frame: Cell::new(std::ptr::null_mut()),
            in_repr: std::cell::RefCell::default(),
            ident: Cell::new(0),
        }
    }
}

impl Trace for Thread {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.pending.trace(visitor);
        self.handled.trace(visitor);
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
