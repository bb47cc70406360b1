//! Where lines begin in a code object.
//!
//! A line event is due when execution reaches an instruction of another line than the one it comes
//! from. For most instructions that is known beforehand. Where one can be reached both from its own
//! line and from others, the instructions before it leave their place in the frame
//! ([`marks::SAVE`]), and it looks there ([`marks::CHECK`]).

use kaa_bytecode::{ExceptionTable, LocationTable, Opcode};
use kaa_objects::types::code::PyCode;
use kaa_objects::types::code::monitoring::{CodeMonitoring, marks};

/// An instruction without those that make its argument wide.
#[derive(Clone, Copy)]
pub struct Instruction {
    /// The unit where it begins.
    pub at: usize,
    /// The instruction.
    pub opcode: Opcode,
    /// Its argument, with what stands before it.
    pub arg: usize,
    /// The unit behind it.
    pub next: usize,
}

/// The instructions of a code object from a unit on.
pub fn instructions(code: &PyCode, from: usize) -> impl Iterator<Item = Instruction> + '_ {
    let (mut at, mut wide) = (from, 0);
    std::iter::from_fn(move || {
        let number = *code.code().get(at * 2)?;
        let opcode = Opcode::from_number(number.into()).unwrap_or(Opcode::Nop);
        let arg = wide << 8 | usize::from(code.code()[at * 2 + 1]);
        wide = if opcode == Opcode::ExtendedArg { arg } else { 0 };
        let next = at + 1 + opcode.caches();
        let instruction = Instruction { at, opcode, arg, next };
        at = next;
        Some(instruction)
    })
}

impl Instruction {
    /// Where a jump goes, if this is one. A loop or a `SEND` that ends goes behind the instructions
    /// that clear up.
    pub fn target(&self) -> Option<usize> {
        match self.opcode {
            Opcode::ForIter => Some(self.next + self.arg + 1),
            Opcode::Send => Some(self.next + self.arg),
            Opcode::JumpBackward | Opcode::JumpBackwardNoInterrupt => self.next.checked_sub(self.arg),
            opcode if opcode.has_jump() && !matches!(opcode, Opcode::EndAsyncFor) => Some(self.next + self.arg),
            _ => None,
        }
    }
}

/// The first instruction that tools are told of: the `RESUME` of the beginning.
pub fn first_traceable(code: &PyCode) -> usize {
    instructions(code, 0).find(|i| i.opcode == Opcode::Resume).map_or(code.adaptive.len(), |i| i.at)
}

/// The line of each unit, or -1.
fn lines_of(code: &PyCode) -> Box<[i32]> {
    let mut lines = vec![-1; code.adaptive.len()];
    for range in LocationTable::new(code.linetable(), code.firstlineno) {
        let (start, end) = (range.start as usize / 2, (range.end as usize / 2).min(lines.len()));
        if start < end {
            lines[start..end].fill(range.location.line.max(-1));
        }
    }
    lines.into()
}

/// Makes the table of lines, and marks where they may begin. Once for each code object.
pub fn mark(code: &PyCode, data: &CodeMonitoring) {
    if data.lines.get().is_some() {
        return;
    }
    let lines = data.lines.get_or_init(|| lines_of(code));
    let add = |at: usize, mark: u8| {
        let mut tools = data.units[at].get();
        tools.marks |= mark;
        data.units[at].set(tools);
    };
    let is_start = |at: usize| data.units[at].get().marks & marks::LINE != 0;
    let first = first_traceable(code);
    let may_begin_line = |opcode: Opcode| {
        // The first four are stepped over or never the place where a statement begins; a `RESUME`
        // must stay in sight.
        !matches!(opcode, Opcode::EndFor | Opcode::EndSend | Opcode::PopIter | Opcode::EndAsyncFor | Opcode::Resume)
    };
    // Lines that begin in the order of the code, and those reached by a jump.
    let mut current = -1;
    for i in instructions(code, first).filter(|i| may_begin_line(i.opcode)) {
        if lines[i.at] != current && lines[i.at] >= 0 {
            add(i.at, marks::LINE);
        }
        current = lines[i.at];
    }
    let opcode_at = |at: usize| code.code().get(at * 2).and_then(|&number| Opcode::from_number(number.into()));
    for i in instructions(code, first) {
        if let Some(target) = i.target()
            && lines.get(target).is_some_and(|&line| line >= 0)
            && opcode_at(target).is_some_and(may_begin_line)
        {
            add(target, marks::LINE);
        }
    }
    // Which of them depend on where execution comes from. Edges in the order of the code.
    let mut same = vec![false; lines.len()];
    let mut other = vec![false; lines.len()];
    let edges = |i: &Instruction, f: &mut dyn FnMut(usize)| {
        let goes_on = !i.opcode.is_unconditional_jump() && !i.opcode.is_scope_exit();
        let through = goes_on.then_some(i.next);
        through.into_iter().chain(i.target()).filter(|&to| to < lines.len()).for_each(f);
    };
    for i in instructions(code, first) {
        let hides = i.opcode != Opcode::Resume;
        edges(&i, &mut |to| {
            if hides && lines[i.at] == lines[to] {
                same[to] = true;
            } else {
                other[to] = true;
            }
        });
    }
    for i in instructions(code, first) {
        edges(&i, &mut |to| {
            if is_start(to) && same[to] && other[to] {
                add(to, marks::CHECK);
                add(i.at, marks::SAVE);
            }
        });
    }
    for at in (first..lines.len()).filter(|&at| is_start(at) && same[at] && !other[at]) {
        let mut tools = data.units[at].get();
        tools.marks &= !marks::LINE;
        data.units[at].set(tools);
    }
    // The frame knows where an exception comes from.
    for entry in ExceptionTable::new(code.exceptiontable()) {
        let handler = entry.target as usize / 2;
        if lines.get(handler).is_some_and(|&line| line >= 0)
            && opcode_at(handler).is_some_and(|opcode| opcode != Opcode::EndAsyncFor)
        {
            add(handler, marks::LINE | marks::CHECK);
        }
    }
}
