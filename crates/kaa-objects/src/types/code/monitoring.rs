//! What tools watch in a code object, and the list of all code objects that they can watch.
//!
//! The interpreter fills this in (`kaa-interpreter`, `monitoring`); here it is only kept. Nothing
//! of it exists for code that no tool ever watched, but for its place in the list.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::PyCode;
use crate::Gc;

/// How many kinds of events belong to an instruction, and can be watched in one code object.
pub const LOCAL_EVENTS: usize = 11;

/// Tools (a bit for each) by kind of event.
pub type ToolsByEvent = [u8; LOCAL_EVENTS];

/// The tools that watch one instruction, each a bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitTools {
    /// For the instruction's own event: a call, a jump, a return.
    pub event: u8,
    /// For the line that begins here.
    pub line: u8,
    /// For each execution.
    pub instruction: u8,
    /// What is known of the instruction: bits of [`marks`].
    pub marks: u8,
}

/// Bits of [`UnitTools::marks`].
pub mod marks {
    /// A line may begin here.
    pub const LINE: u8 = 1;
    /// Whether a line begins depends on where execution comes from.
    pub const CHECK: u8 = 2;
    /// A line that depends on where execution comes from may follow: the frame is to be told.
    pub const SAVE: u8 = 4;
}

/// What tools watch in a code object.
pub struct CodeMonitoring {
    /// The number of the events that the instructions were last adapted to.
    pub version: Cell<u64>,
    /// The tools that asked for events of this code object alone.
    pub local: Cell<ToolsByEvent>,
    /// The tools that the instructions are adapted to.
    pub active: Cell<ToolsByEvent>,
    /// By code unit.
    pub units: Box<[Cell<UnitTools>]>,
    /// The line of each unit, or -1; made when the first tool asks for lines.
    pub lines: OnceCell<Box<[i32]>>,
}

impl CodeMonitoring {
    pub(super) fn new(units: usize) -> Box<CodeMonitoring> {
        Box::new(CodeMonitoring {
            version: Cell::new(0),
            local: Cell::default(),
            active: Cell::default(),
            units: vec![Cell::default(); units].into(),
            lines: OnceCell::new(),
        })
    }
}

/// All code objects of an isolate.
#[derive(Default)]
pub struct CodeList {
    codes: RefCell<Vec<*const PyCode>>,
}

impl CodeList {
    /// Adds a code object, which takes itself out when it dies.
    pub(super) fn add(self: &Rc<Self>, code: Gc<PyCode>) {
        let mut codes = self.codes.borrow_mut();
        code.place.index.set(codes.len());
        let _ = code.place.list.set(self.clone());
        codes.push(code.as_ptr());
    }

    /// Calls a function with each code object. It must not allocate on the heap.
    pub fn for_each(&self, mut f: impl FnMut(Gc<PyCode>)) {
        for &code in &*self.codes.borrow() {
            // SAFETY: code objects take themselves out when they die, and never move.
            f(unsafe { Gc::from_ptr(code.cast_mut()) });
        }
    }
}

/// A code object's place in the list.
#[derive(Default)]
pub struct Place {
    list: OnceCell<Rc<CodeList>>,
    index: Cell<usize>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(list) = self.list.get() {
            let mut codes = list.codes.borrow_mut();
            let index = self.index.get();
            codes.swap_remove(index);
            if let Some(&moved) = codes.get(index) {
                // SAFETY: what is in the list has not died.
                unsafe { (*moved).place.index.set(index) };
            }
        }
    }
}
