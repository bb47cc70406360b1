//! Whether a code object that comes from outside can be run without harm.
//!
//! The interpreter trusts its instructions: that operands are on the stack, that a local is a
//! cell where one is expected, that jumps land on instructions. The compiler's code keeps all of
//! this; bytes of a file or of `code.replace` need not. [`verify`] proves it by running the code
//! with abstract values along every path (the method of the Java virtual machine's verifier).
//!
//! Code that could loop without ever being interruptible is refused as well ([`polls`]).
//!
//! An abstract value is the set of what a word can be: nothing (`NULL`), a value, a cell. What
//! class a value has is not followed: instructions check it when they run, where that costs
//! little.

mod effects;
mod polls;
mod state;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::{CodeObject, ExceptionTable, Opcode, flags, kind};
use state::{CELL, NULL, State, VALUE};

/// The greatest `co_stacksize` and number of locals that a code object may have.
pub const MAX_FRAME_WORDS: usize = 1 << 24;

/// So many bytes may the states at all jump targets take together.
const MAX_STATE_BYTES: usize = 1 << 29;

/// `Malformed::what` for a number that is no instruction.
pub const NO_SUCH_INSTRUCTION: &str = "there is no such instruction";

/// What is wrong with a code object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The instruction, in bytes from the start.
    pub offset: usize,
    /// What is wrong there.
    pub what: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at offset {})", self.what, self.offset)
    }
}

impl std::error::Error for Malformed {}

/// What of a code object decides whether its instructions can run.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// `co_code`.
    pub code: &'a [u8],
    /// `co_exceptiontable`.
    pub exceptiontable: &'a [u8],
    /// `len(co_consts)`.
    pub consts: usize,
    /// `len(co_names)`.
    pub names: usize,
    /// Bits of [`kind`], for each local, cell and free variable.
    pub localspluskinds: &'a [u8],
    /// So many of the first locals are parameters.
    pub parameters: usize,
    /// `co_stacksize`.
    pub stacksize: usize,
    /// `co_flags`.
    pub flags: u32,
}

impl<'a> Facts<'a> {
    /// The facts of a code object whose layout was found right.
    pub fn of(code: &'a CodeObject) -> Facts<'a> {
        Facts {
            code: &code.code,
            exceptiontable: &code.exceptiontable,
            consts: code.consts.len(),
            names: code.names.len(),
            localspluskinds: &code.localspluskinds,
            parameters: parameters(code),
            stacksize: code.stacksize as usize,
            flags: code.flags,
        }
    }
}

/// The number of parameters of all kinds, `*args` and `**kwargs` included.
fn parameters(code: &CodeObject) -> usize {
    let stars = [flags::VARARGS, flags::VARKEYWORDS].iter().filter(|&&flag| code.flags & flag != 0).count();
    code.argcount as usize + code.kwonlyargcount as usize + stars
}

/// Checks the numbers that a frame's layout is made from: needed before a call can be prepared.
pub fn verify_layout(code: &CodeObject) -> Result<(), Malformed> {
    let wrong = |what| Err(Malformed { offset: 0, what });
    let parameters = parameters(code);
    let locals = code.localspluskinds.iter().filter(|&&bits| bits & kind::LOCAL != 0).count();
    let words = code.stacksize as usize + code.localspluskinds.len();
    if code.localspluskinds.len() != code.localsplusnames.len() {
        return wrong("there are not as many kinds of locals as names");
    }
    if parameters > locals || code.posonlyargcount > code.argcount {
        return wrong("there are more parameters than locals");
    }
    if code.localspluskinds[..parameters].iter().any(|bits| bits & kind::LOCAL == 0) {
        return wrong("a parameter is no local variable");
    }
    if words > MAX_FRAME_WORDS {
        return wrong("the frame is too large");
    }
    let first_free = code.localspluskinds.iter().position(|bits| bits & kind::FREE != 0);
    if let Some(first) = first_free
        && code.localspluskinds[first..].iter().any(|bits| bits & kind::FREE == 0)
    {
        return wrong("free variables are not the last of the locals");
    }
    Ok(())
}

/// Checks the instructions of a code object whose layout was found right.
pub fn verify(facts: &Facts<'_>) -> Result<(), Malformed> {
    let mut verifier = Verifier::new(facts)?;
    verifier.run()?;
    verifier.check_polls()
}

/// An instruction with its argument's extensions.
#[derive(Clone, Copy)]
struct Instruction {
    /// The unit of its opcode; `EXTENDED_ARG`s stand before it.
    unit: usize,
    opcode: Opcode,
    arg: usize,
}

impl Instruction {
    /// The unit after the instruction and its caches.
    fn end(&self) -> usize {
        self.unit + 1 + self.opcode.caches()
    }
}

struct Handler {
    start: usize,
    end: usize,
    target: usize,
    depth: usize,
    lasti: bool,
}

struct Verifier<'a> {
    facts: &'a Facts<'a>,
    /// For each unit, the index of the instruction that begins there plus one.
    begins: Vec<u32>,
    instructions: Vec<Instruction>,
    handlers: Vec<Handler>,
    /// The state before an instruction that is reached by a jump.
    states: Vec<Option<Box<State>>>,
    state_bytes: usize,
    pending: Vec<usize>,
}

impl<'a> Verifier<'a> {
    fn new(facts: &'a Facts<'a>) -> Result<Verifier<'a>, Malformed> {
        let mut verifier = Verifier {
            facts,
            begins: vec![0; facts.code.len() / 2],
            instructions: Vec::new(),
            handlers: Vec::new(),
            states: Vec::new(),
            state_bytes: 0,
            pending: Vec::new(),
        };
        verifier.decode()?;
        verifier.states.resize_with(verifier.instructions.len(), || None);
        verifier.read_handlers()?;
        Ok(verifier)
    }

    fn decode(&mut self) -> Result<(), Malformed> {
        let units = self.begins.len();
        let (mut unit, mut start, mut arg) = (0, 0, 0usize);
        while unit < units {
            let (number, low) = (self.facts.code[2 * unit], self.facts.code[2 * unit + 1]);
            let wrong = |what| Err(Malformed { offset: 2 * unit, what });
            let Some(opcode) = Opcode::from_number(number.into()).filter(|&opcode| can_run(opcode)) else {
                return wrong(NO_SUCH_INSTRUCTION);
            };
            arg = arg << 8 | usize::from(low);
            if arg > i32::MAX as usize {
                return wrong("the argument is too large");
            }
            if opcode == Opcode::ExtendedArg {
                unit += 1;
                continue;
            }
            let instruction = Instruction { unit, opcode, arg };
            if instruction.end() > units {
                return wrong("the code ends within an instruction");
            }
            self.instructions.push(instruction);
            self.begins[start] = self.instructions.len() as u32;
            (unit, start, arg) = (instruction.end(), instruction.end(), 0);
        }
        if start < units || self.instructions.is_empty() {
            return Err(Malformed { offset: 2 * start, what: "the code ends within an instruction" });
        }
        Ok(())
    }

    fn read_handlers(&mut self) -> Result<(), Malformed> {
        let mut last = 0;
        for entry in ExceptionTable::new(self.facts.exceptiontable) {
            let (start, end) = (entry.start as usize / 2, entry.end as usize / 2);
            if start < last || end < start || self.index_of(entry.target as usize / 2).is_none() {
                return Err(Malformed { offset: entry.start as usize, what: "the exception table is malformed" });
            }
            last = end;
            let (target, depth) = (entry.target as usize / 2, entry.depth as usize);
            self.handlers.push(Handler { start, end, target, depth, lasti: entry.lasti });
        }
        Ok(())
    }

    /// The instruction that begins at a unit.
    fn index_of(&self, unit: usize) -> Option<usize> {
        self.begins.get(unit).and_then(|&index| (index as usize).checked_sub(1))
    }

    fn handler_of(&self, unit: usize) -> Option<&Handler> {
        let after = self.handlers.partition_point(|handler| handler.start <= unit);
        after.checked_sub(1).map(|index| &self.handlers[index]).filter(|handler| unit < handler.end)
    }

    fn run(&mut self) -> Result<(), Malformed> {
        let mut first = State::new(self.facts.localspluskinds.len());
        first.locals[..self.facts.parameters].fill(VALUE);
        self.reach(0, &first, 0)?;
        while let Some(index) = self.pending.pop() {
            let state = self.states[index].as_deref().expect("a state is kept before it is pending").clone();
            self.walk(index, state)?;
        }
        Ok(())
    }

    /// Follows the code from an instruction until it jumps away or what is known adds nothing.
    fn walk(&mut self, mut index: usize, mut state: State) -> Result<(), Malformed> {
        // The handler that was last told of the locals as they are.
        let mut told = None;
        loop {
            let instruction = self.instructions[index];
            let wrong = |what| Malformed { offset: 2 * instruction.unit, what };
            let before = state.stack.len();
            let handler = self.handler_of(instruction.unit).map(|handler| handler.target);
            if let Some(handler) = self.handler_of(instruction.unit)
                && handler.depth > before
            {
                return Err(wrong("an exception handler wants more operands than there are"));
            }
            if handler.is_some() && told != handler {
                self.reach_handler(&instruction, &state)?;
                told = handler;
            }
            let kept = effects::apply(self.facts, &instruction, &mut state).map_err(wrong)?;
            if state.stack.len() > self.facts.stacksize {
                return Err(wrong("the stack is higher than the code says"));
            }
            if handler.is_some() && (kept.locals_changed || self.cuts_below(&instruction, before, kept.untouched)) {
                self.reach_after(&instruction, &state, before)?;
            }
            let (jump, falls) = self.successors(&instruction).map_err(wrong)?;
            if let Some(target) = jump {
                let source = instruction.unit;
                match instruction.opcode {
                    // The loop goes on behind `END_FOR`, with the iterator on the stack.
                    Opcode::ForIter => {
                        let item = state.stack.pop();
                        self.reach(target, &state, source)?;
                        state.stack.extend(item);
                    }
                    _ => self.reach(target, &state, source)?,
                }
            }
            if !falls {
                return Ok(());
            }
            index += 1;
            if index == self.instructions.len() {
                return Err(wrong("control runs over the end of the code"));
            }
            if let Some(known) = &mut self.states[index] {
                match known.join(&state) {
                    None => return Err(wrong("paths meet with stacks of different heights")),
                    Some(false) => return Ok(()),
                    Some(true) => state = known.as_ref().clone(),
                }
                told = None;
            }
        }
    }

    /// Where a jump goes, as a unit, and whether control can go on behind the instruction.
    fn successors(&self, instruction: &Instruction) -> Result<(Option<usize>, bool), &'static str> {
        const WRONG: &str = "a jump leads to no instruction";
        use Opcode as O;
        let end = instruction.end();
        let forward = |distance: usize| end.checked_add(distance).filter(|&unit| self.index_of(unit).is_some());
        Ok(match instruction.opcode {
            O::JumpForward => (Some(forward(instruction.arg).ok_or(WRONG)?), false),
            O::JumpBackward | O::JumpBackwardNoInterrupt => {
                let target = end.checked_sub(instruction.arg).filter(|&unit| self.index_of(unit).is_some());
                (Some(target.ok_or(WRONG)?), false)
            }
            O::PopJumpIfFalse | O::PopJumpIfTrue | O::PopJumpIfNone | O::PopJumpIfNotNone | O::Send => {
                (Some(forward(instruction.arg).ok_or(WRONG)?), true)
            }
            O::ForIter => {
                let target = forward(instruction.arg).and_then(|unit| self.index_of(unit)).ok_or(WRONG)?;
                if self.instructions[target].opcode != O::EndFor {
                    return Err("a loop does not end with END_FOR");
                }
                (Some(forward(instruction.arg + 1).ok_or(WRONG)?), true)
            }
            opcode => (None, !opcode.is_scope_exit()),
        })
    }

    /// Notes that an instruction is reached with a state.
    fn reach(&mut self, unit: usize, state: &State, source: usize) -> Result<(), Malformed> {
        let wrong = |what| Malformed { offset: 2 * source, what };
        let index = self.index_of(unit).ok_or(wrong("a jump leads to no instruction"))?;
        match &mut self.states[index] {
            Some(known) => match known.join(state) {
                None => return Err(wrong("paths meet with stacks of different heights")),
                Some(false) => return Ok(()),
                Some(true) => {}
            },
            empty => {
                self.state_bytes += state.locals.len() + state.stack.len();
                if self.state_bytes > MAX_STATE_BYTES {
                    return Err(wrong("the code is too large"));
                }
                *empty = Some(Box::new(state.clone()));
            }
        }
        self.pending.push(index);
        Ok(())
    }

    /// Whether a handler keeps operands that the instruction may have changed.
    fn cuts_below(&self, instruction: &Instruction, before: usize, untouched: usize) -> bool {
        self.handler_of(instruction.unit).is_some_and(|handler| handler.depth > untouched.min(before))
    }

    /// The handler of an instruction that raises before it did anything.
    fn reach_handler(&mut self, instruction: &Instruction, state: &State) -> Result<(), Malformed> {
        let Some(handler) = self.handler_of(instruction.unit) else { return Ok(()) };
        let wrong = |what| Malformed { offset: 2 * instruction.unit, what };
        let mut caught = state.clone();
        caught.stack.truncate(handler.depth);
        debug_assert_eq!(caught.stack.len(), handler.depth, "the walk checked the height");
        caught.stack.extend(std::iter::repeat_n(VALUE, 1 + usize::from(handler.lasti)));
        if caught.stack.len() > self.facts.stacksize {
            return Err(wrong("an exception handler's stack is higher than the code says"));
        }
        let target = handler.target;
        self.reach(target, &caught, instruction.unit)
    }

    /// The handler of an instruction that raises after it did something: operands that it took
    /// are no longer known.
    fn reach_after(&mut self, instruction: &Instruction, after: &State, before: usize) -> Result<(), Malformed> {
        let mut raised = after.clone();
        raised.stack.truncate(before);
        raised.stack.resize(before, NULL | VALUE | CELL);
        self.reach_handler(instruction, &raised)
    }
}

/// Whether an instruction can stand in `co_code` and run.
fn can_run(opcode: Opcode) -> bool {
    use Opcode as O;
    let internal = matches!(opcode, O::Cache | O::Reserved | O::InterpreterExit | O::ExitInitCheck | O::EnterExecutor);
    !internal && !opcode.is_pseudo() && opcode < O::InstrumentedEndFor
}
