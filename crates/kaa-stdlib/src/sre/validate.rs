//! Checks the code of a pattern, so that the matcher can rely on it: every operand is there, every
//! jump leads to an instruction, every group exists. Whatever passes neither panics nor loops.

use std::cell::Cell;

use super::codes::{MAXREPEAT, at, category, info, op};
use super::compile::StackFloor;

/// What is wrong with a pattern's code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    Malformed,
    /// It is nested too deeply for what is left of the native stack.
    Deep,
}

/// Checks a pattern's code.
pub fn check(code: &[u32], groups: usize, floor: StackFloor) -> Result<(), Fault> {
    let Some((&op::SUCCESS, body)) = code.split_last() else { return Err(Fault::Malformed) };
    let checker = Checker { code, groups, floor, is_deep: Cell::new(false) };
    match checker.sequence(0, body.len(), 0) {
        Some(()) => Ok(()),
        None if checker.is_deep.get() => Err(Fault::Deep),
        None => Err(Fault::Malformed),
    }
}

/// How deep instructions may stand in each other.
const MAX_DEPTH: usize = 2000;

struct Checker<'a> {
    code: &'a [u32],
    groups: usize,
    floor: StackFloor,
    is_deep: Cell<bool>,
}

impl Checker<'_> {
    /// The word at an index below `end`.
    fn word(&self, index: usize, end: usize) -> Option<u32> {
        if index < end { Some(self.code[index]) } else { None }
    }

    /// Where the jump at an index leads: within the sequence, and forward.
    fn target(&self, index: usize, end: usize) -> Option<usize> {
        let target = index.checked_add(self.word(index, end)? as usize)?;
        (target > index && target <= end).then_some(target)
    }

    fn expect(&self, index: usize, end: usize, what: u32) -> Option<()> {
        (self.word(index, end)? == what).then_some(())
    }

    /// Checks the instructions from `pc` to `end`.
    fn sequence(&self, mut pc: usize, end: usize, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        if self.floor.is_passed() {
            self.is_deep.set(true);
            return None;
        }
        while pc < end {
            pc = self.instruction(pc, end, depth)?;
        }
        (pc == end).then_some(())
    }

    /// Checks one instruction; gives where the next one is.
    fn instruction(&self, pc: usize, end: usize, depth: usize) -> Option<usize> {
        let operand = || self.word(pc + 1, end);
        match self.code[pc] {
            op::FAILURE | op::ANY | op::ANY_ALL => Some(pc + 1),
            op::MARK => ((operand()? as usize) < 2 * self.groups).then_some(pc + 2),
            op::LITERAL
            | op::NOT_LITERAL
            | op::LITERAL_IGNORE
            | op::NOT_LITERAL_IGNORE
            | op::LITERAL_UNI_IGNORE
            | op::NOT_LITERAL_UNI_IGNORE
            | op::LITERAL_LOC_IGNORE
            | op::NOT_LITERAL_LOC_IGNORE => operand().map(|_| pc + 2),
            op::AT => (operand()? <= at::UNI_NON_BOUNDARY).then_some(pc + 2),
            op::CATEGORY => (operand()? <= category::UNI_NOT_LINEBREAK).then_some(pc + 2),
            op::GROUPREF | op::GROUPREF_IGNORE | op::GROUPREF_UNI_IGNORE | op::GROUPREF_LOC_IGNORE => {
                ((operand()? as usize) < self.groups).then_some(pc + 2)
            }
            op::IN | op::IN_IGNORE | op::IN_UNI_IGNORE | op::IN_LOC_IGNORE => {
                let next = self.target(pc + 1, end)?;
                self.set(pc + 2, next)?;
                Some(next)
            }
            op::INFO => {
                let next = self.target(pc + 1, end)?;
                self.info(pc, next)?;
                Some(next)
            }
            op::BRANCH => self.branch(pc, end, depth),
            op::REPEAT_ONE | op::MIN_REPEAT_ONE | op::POSSESSIVE_REPEAT_ONE => {
                let next = self.repeat_bounds(pc, end)?;
                // One instruction that matches one character, and the end of it.
                let is_unit = matches!(
                    self.word(pc + 4, next)?,
                    op::ANY | op::ANY_ALL | op::LITERAL | op::NOT_LITERAL | op::IN | op::CATEGORY | op::FAILURE
                        | op::LITERAL_IGNORE..=op::NOT_LITERAL_IGNORE
                        | op::IN_IGNORE
                        | op::IN_LOC_IGNORE..=op::NOT_LITERAL_LOC_IGNORE
                        | op::IN_UNI_IGNORE..=op::NOT_LITERAL_UNI_IGNORE
                );
                let unit_end = self.instruction(pc + 4, next, depth + 1)?;
                self.expect(unit_end, next, op::SUCCESS)?;
                (is_unit && unit_end + 1 == next).then_some(next)
            }
            op::REPEAT => {
                let until = self.repeat_bounds(pc, end)?;
                self.sequence(pc + 4, until, depth + 1)?;
                matches!(self.word(until, end)?, op::MAX_UNTIL | op::MIN_UNTIL).then_some(until + 1)
            }
            op::POSSESSIVE_REPEAT => {
                let success = self.repeat_bounds(pc, end)?;
                self.sequence(pc + 4, success, depth + 1)?;
                self.expect(success, end, op::SUCCESS)?;
                Some(success + 1)
            }
            op::ATOMIC_GROUP => {
                let next = self.target(pc + 1, end)?;
                self.sequence(pc + 2, next - 1, depth + 1)?;
                self.expect(next - 1, next, op::SUCCESS)?;
                Some(next)
            }
            op::ASSERT | op::ASSERT_NOT => {
                let next = self.target(pc + 1, end)?;
                // The width of a look behind.
                self.word(pc + 2, next)?;
                self.sequence(pc + 3, next - 1, depth + 1)?;
                self.expect(next - 1, next, op::SUCCESS)?;
                Some(next)
            }
            op::GROUPREF_EXISTS => self.conditional(pc, end, depth),
            _ => None,
        }
    }

    /// The bounds of a repeat instruction; gives where its body and tail part.
    fn repeat_bounds(&self, pc: usize, end: usize) -> Option<usize> {
        let next = self.target(pc + 1, end)?;
        let (least, most) = (self.word(pc + 2, next)?, self.word(pc + 3, next)?);
        (least <= most && least < MAXREPEAT).then_some(next)
    }

    /// Alternatives, each with a jump behind all of them.
    fn branch(&self, pc: usize, end: usize, depth: usize) -> Option<usize> {
        let mut alternative = pc + 1;
        let mut target = None;
        while self.word(alternative, end)? != 0 {
            let next = self.target(alternative, end)?;
            // The body needs room for an instruction of its own or the jump.
            let jump = next.checked_sub(2).filter(|&jump| jump > alternative)?;
            self.sequence(alternative + 1, jump, depth + 1)?;
            self.expect(jump, end, op::JUMP)?;
            let to = self.target(jump + 1, end)?;
            if target.is_some_and(|target| target != to) {
                return None;
            }
            target = Some(to);
            alternative = next;
        }
        // Behind the row's end; a branch has at least one alternative.
        (target? == alternative + 1).then_some(alternative + 1)
    }

    /// `(?(group)yes|no)`.
    fn conditional(&self, pc: usize, end: usize, depth: usize) -> Option<usize> {
        if self.word(pc + 1, end)? as usize >= self.groups {
            return None;
        }
        // The jump counts from the group on.
        let no = (pc + 1).checked_add(self.word(pc + 2, end)? as usize)?;
        if no < pc + 3 || no > end {
            return None;
        }
        // With an alternative, a jump over it comes before.
        if no >= pc + 5
            && self.code[no - 2] == op::JUMP
            && let Some(next) = self.target(no - 1, end)
            && self.sequence(pc + 3, no - 2, depth + 1).is_some()
        {
            self.sequence(no, next, depth + 1)?;
            return Some(next);
        }
        self.sequence(pc + 3, no, depth + 1)?;
        Some(no)
    }

    /// The set between two indices, with the `FAILURE` that ends it.
    fn set(&self, mut pc: usize, end: usize) -> Option<()> {
        loop {
            pc += match self.word(pc, end)? {
                op::FAILURE => return (pc + 1 == end).then_some(()),
                op::NEGATE => 1,
                op::LITERAL => 2,
                op::CATEGORY => {
                    let known = self.word(pc + 1, end)? <= category::UNI_NOT_LINEBREAK;
                    known.then_some(2)?
                }
                op::RANGE | op::RANGE_UNI_IGNORE => 3,
                op::CHARSET => 9,
                op::BIGCHARSET => {
                    let count = self.word(pc + 1, end)? as usize;
                    let blocks = self.code.get(pc + 2..pc + 66)?;
                    if blocks.iter().flat_map(|word| word.to_le_bytes()).any(|block| usize::from(block) >= count) {
                        return None;
                    }
                    66 + count.checked_mul(8)?
                }
                _ => return None,
            };
        }
    }

    /// The block of hints for searching, which stands at the start of the code only.
    fn info(&self, pc: usize, next: usize) -> Option<()> {
        let flags = self.word(pc + 2, next)?;
        self.word(pc + 4, next)?;
        if pc != 0 || flags & !(info::PREFIX | info::LITERAL | info::CHARSET) != 0 {
            return None;
        }
        if flags & info::PREFIX != 0 {
            let (len, skip) = (self.word(pc + 5, next)? as usize, self.word(pc + 6, next)? as usize);
            let fits = len > 0 && skip <= len && (pc + 7).checked_add(len.checked_mul(2)?)? == next;
            // The instructions that the prefix stands for are skipped.
            let literals = self.code.get(next..next.checked_add(2 * skip)?)?;
            let same = literals.chunks_exact(2).zip(&self.code[pc + 7..]).all(|(pair, &c)| pair == [op::LITERAL, c]);
            return (fits && same).then_some(());
        }
        if flags & info::CHARSET != 0 { self.set(pc + 5, next) } else { (pc + 5 == next).then_some(()) }
    }
}
