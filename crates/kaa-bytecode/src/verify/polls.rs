//! Whether every endless path through the code passes an instruction that polls.
//!
//! Interrupts and other threads are served at polls. The compiler's loops close with
//! `JUMP_BACKWARD`, which polls; `JUMP_BACKWARD_NO_INTERRUPT` only leads back from a handler or
//! to the `SEND` of a generator that resumes, and handlers stand behind what they protect. Code
//! that goes in circles by these alone could never be stopped.

use super::{Handler, Instruction, Malformed, Verifier};
use crate::Opcode;

/// What the search knows of an instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    /// On the path that is being followed.
    Open,
    /// No circle leads through it.
    Done,
}

impl Verifier<'_> {
    /// Refuses code with a circle of instructions that do not poll, found by a
    /// depth-first search of what [`Verifier::run`] reached.
    pub(super) fn check_polls(&self) -> Result<(), Malformed> {
        let jumps_back = |instruction: &Instruction| instruction.opcode == Opcode::JumpBackwardNoInterrupt;
        let leads_back = |handler: &Handler| handler.target < handler.end;
        if !self.instructions.iter().any(jumps_back) && !self.handlers.iter().any(leads_back) {
            return Ok(());
        }
        let mut visits = vec![Visit::New; self.instructions.len()];
        let mut path: Vec<(usize, u8)> = Vec::new();
        // Behind a poll a new search begins.
        let mut roots = vec![0];
        while let Some(root) = roots.pop() {
            if visits[root] != Visit::New {
                continue;
            }
            visits[root] = Visit::Open;
            path.push((root, 0));
            while let Some((index, edge)) = path.last_mut() {
                let polls = matches!(self.instructions[*index].opcode, Opcode::Resume | Opcode::JumpBackward);
                let Some(next) = self.edge(*index, *edge)? else {
                    visits[*index] = Visit::Done;
                    path.pop();
                    continue;
                };
                *edge += 1;
                match next {
                    Some(next) if polls => roots.push(next),
                    Some(next) if visits[next] == Visit::New => {
                        visits[next] = Visit::Open;
                        path.push((next, 0));
                    }
                    Some(next) if visits[next] == Visit::Open => {
                        let offset = 2 * self.instructions[next].unit;
                        return Err(Malformed { offset, what: "a loop cannot be interrupted" });
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The instruction at the end of an edge: that of the jump, the next one, the handler. `None`
    /// behind the last edge; `Some(None)` for an edge that is not there.
    fn edge(&self, index: usize, edge: u8) -> Result<Option<Option<usize>>, Malformed> {
        let instruction = &self.instructions[index];
        let successors = || {
            let wrong = |what| Malformed { offset: 2 * instruction.unit, what };
            self.successors(instruction).map_err(wrong)
        };
        Ok(match edge {
            0 => Some(successors()?.0.and_then(|unit| self.index_of(unit))),
            1 => Some(successors()?.1.then_some(index + 1).filter(|&next| next < self.instructions.len())),
            2 => Some(self.handler_of(instruction.unit).and_then(|handler| self.index_of(handler.target))),
            _ => None,
        })
    }
}
