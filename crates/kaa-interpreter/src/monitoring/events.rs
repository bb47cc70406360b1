//! The kinds of events.

use kaa_bytecode::Opcode;

/// A set of events, a bit for each.
pub type EventSet = u32;

macro_rules! events {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)*) => {
        /// What a tool can be told of. The order is that of CPython.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Event {
            $($(#[$meta])* $name,)*
        }

        impl Event {
            /// All kinds, by number.
            pub const ALL: &[Event] = &[$(Event::$name,)*];

            /// The name in `sys.monitoring.events`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Event::$name => $text,)*
                }
            }
        }
    };
}

events! {
    /// A function begins.
    PyStart = "PY_START",
    /// A generator or coroutine goes on.
    PyResume = "PY_RESUME",
    /// A function returns.
    PyReturn = "PY_RETURN",
    /// A generator yields.
    PyYield = "PY_YIELD",
    /// A call is about to happen.
    Call = "CALL",
    /// A line begins.
    Line = "LINE",
    /// An instruction is about to be executed.
    Instruction = "INSTRUCTION",
    /// An unconditional jump.
    Jump = "JUMP",
    /// A conditional jump that is not taken.
    BranchLeft = "BRANCH_LEFT",
    /// A conditional jump that is taken.
    BranchRight = "BRANCH_RIGHT",
    /// A generator ends where no `StopIteration` is needed to say so.
    StopIteration = "STOP_ITERATION",
    /// An exception is raised, or reaches a frame.
    Raise = "RAISE",
    /// An exception is about to be handled.
    ExceptionHandled = "EXCEPTION_HANDLED",
    /// A frame is left because of an exception.
    PyUnwind = "PY_UNWIND",
    /// An exception is thrown into a generator.
    PyThrow = "PY_THROW",
    /// An exception is raised again.
    Reraise = "RERAISE",
    /// A native function returned.
    CReturn = "C_RETURN",
    /// A native function raised.
    CRaise = "C_RAISE",
    /// Both ways of a branch.
    Branch = "BRANCH",
}

/// How many kinds have a callback.
pub const EVENTS: usize = 18;
/// How many kinds are watched on their own: what native calls end with belongs to `CALL`.
pub const GLOBAL_EVENTS: usize = 16;
/// What native calls end with.
pub const NATIVE_END: EventSet = 1 << Event::CReturn as u32 | 1 << Event::CRaise as u32;

impl Event {
    /// The set of this event alone.
    pub const fn bit(self) -> EventSet {
        1 << self as u32
    }

    /// Whether it belongs to an instruction, so that it can be disabled there.
    pub const fn is_local(self) -> bool {
        (self as usize) < kaa_objects::types::code::monitoring::LOCAL_EVENTS
    }

    /// The event of an instruction.
    pub fn of_instruction(opcode: Opcode, arg: u8) -> Option<Event> {
        Some(match opcode {
            Opcode::Resume if arg == 0 => Event::PyStart,
            Opcode::Resume => Event::PyResume,
            Opcode::ReturnValue => Event::PyReturn,
            Opcode::YieldValue => Event::PyYield,
            Opcode::Call | Opcode::CallKw | Opcode::CallFunctionEx | Opcode::LoadSuperAttr => Event::Call,
            Opcode::JumpForward | Opcode::JumpBackward => Event::Jump,
            Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue | Opcode::PopJumpIfNone | Opcode::PopJumpIfNotNone => {
                Event::BranchRight
            }
            Opcode::NotTaken | Opcode::ForIter => Event::BranchLeft,
            Opcode::PopIter | Opcode::EndAsyncFor => Event::BranchRight,
            Opcode::EndFor | Opcode::EndSend => Event::StopIteration,
            _ => return None,
        })
    }
}
