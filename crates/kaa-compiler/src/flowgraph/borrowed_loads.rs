//! Lets loads of locals borrow their reference where the local surely outlives the value on the
//! stack: `LOAD_FAST` becomes `LOAD_FAST_BORROW`.
//!
//! For each block the pass runs the instructions on a stack of abstract references, each of which
//! names the instruction that made it and the local that it came from. A load may borrow when its
//! reference is consumed inside the block, before the local is written to or deleted, and is not
//! stored into a local itself.

use super::graph::{Graph, Instr, has};
use super::stack_effects::StackEffect;
use super::{CompileError, UnitMetadata};
use kaa_bytecode::Opcode;
use kaa_bytecode::operands::{LOAD_ATTR_METHOD, LOAD_SUPER_ATTR_METHOD};

/// A value on the stack.
#[derive(Clone, Copy, Debug)]
struct Reference {
    /// The index of the instruction that made it, or `OTHER_BLOCK`.
    maker: u32,
    /// The local that it was loaded from, or `NO_LOCAL`.
    local: u32,
}

const OTHER_BLOCK: u32 = u32::MAX;
const NO_LOCAL: u32 = u32::MAX;

/// The abstract state inside a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Stack {
    references: Vec<Reference>,
    /// For each instruction of the block, whether its reference must be one of its own.
    owned: Vec<bool>,
}

impl Stack {
    fn enter(&mut self, depth: i32, instructions: usize) {
        self.references.clear();
        self.references.resize(depth.max(0) as usize, Reference { maker: OTHER_BLOCK, local: NO_LOCAL });
        self.owned.clear();
        self.owned.resize(instructions, false);
    }

    fn push(&mut self, maker: usize, local: u32) {
        self.references.push(Reference { maker: maker as u32, local });
    }

    /// The stack's depths have been checked by `stack_depth`; blocks deeper than that pass follows
    /// may still run out here.
    fn pop(&mut self) -> Reference {
        self.references.pop().unwrap_or(Reference { maker: OTHER_BLOCK, local: NO_LOCAL })
    }

    fn pop_all(&mut self, count: u32) {
        let rest = self.references.len().saturating_sub(count as usize);
        self.references.truncate(rest);
    }

    fn push_all(&mut self, maker: usize, count: u32) {
        for _ in 0..count {
            self.push(maker, NO_LOCAL);
        }
    }

    fn own(&mut self, reference: Reference) {
        if reference.maker != OTHER_BLOCK {
            self.owned[reference.maker as usize] = true;
        }
    }

    /// A local loses its value.
    fn kill(&mut self, local: u32) {
        for reference in &self.references {
            if reference.local == local {
                self.owned[reference.maker as usize] = true;
            }
        }
    }

    /// The top of the stack moves into a local.
    fn store(&mut self, local: u32) {
        let stored = self.pop();
        self.kill(local);
        self.own(stored);
    }
}

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    if !graph.had(has::LOAD) {
        return Ok(());
    }
    graph.clear_visited();
    let mut worklist = std::mem::take(&mut graph.worklist);
    let mut stack = std::mem::take(&mut graph.borrowing);
    let entry = graph.entry();
    graph[entry].visited = true;
    worklist.push(entry);
    while let Some(block) = worklist.pop() {
        // As in CPython, an empty block ends the walk: what only it leads to is left as it is.
        let next = graph.fall_through(block).filter(|_| !graph.is_empty(block));
        let (mut blocks, instrs) = graph.split(block);
        // A jump is the last instruction, or has `NOT_TAKEN` behind it.
        let targets = instrs[instrs.len().saturating_sub(2)..]
            .iter()
            .filter(|instr| instr.opcode.has_target())
            .filter_map(|instr| instr.target);
        for successor in targets.chain(next) {
            if !blocks[successor].visited {
                blocks[successor].visited = true;
                worklist.push(successor);
            }
        }
        if blocks[block].has & has::LOAD != 0 {
            borrow(&mut stack, blocks[block].start_depth, instrs);
        }
    }
    graph.worklist = worklist;
    graph.borrowing = stack;
    Ok(())
}

/// Lets the loads of a block borrow.
fn borrow(stack: &mut Stack, start_depth: i32, instrs: &mut [Instr]) {
    stack.enter(start_depth, instrs.len());
    for (index, instr) in instrs.iter().enumerate() {
        // The two kinds that are most of all, before the jump that cannot be foreseen.
        if !is_special(instr.opcode) {
            let effect = StackEffect::of(instr.opcode, instr.arg);
            stack.pop_all(effect.pops);
            stack.push_all(index, effect.pushes);
        } else if instr.opcode == Opcode::LoadFast {
            stack.push(index, instr.arg);
        } else {
            step(stack, index, instr);
        }
    }
    // What is left on the stack is consumed elsewhere.
    while let Some(reference) = stack.references.pop() {
        stack.own(reference);
    }
    for (instr, owned) in instrs.iter_mut().zip(&stack.owned) {
        match instr.opcode {
            Opcode::LoadFast if !owned => instr.opcode = Opcode::LoadFastBorrow,
            Opcode::LoadFastLoadFast if !owned => instr.opcode = Opcode::LoadFastBorrowLoadFastBorrow,
            _ => {}
        }
    }
}

/// Whether an instruction does something else than to take some references and put new ones.
#[inline]
fn is_special(opcode: Opcode) -> bool {
    static SPECIAL: [bool; 512] = {
        let mut special = [false; 512];
        let mut index = 0;
        while index < Opcode::ALL.len() {
            let opcode = Opcode::ALL[index];
            special[opcode as usize] = has_own_step(opcode);
            index += 1;
        }
        special
    };
    SPECIAL[opcode as usize]
}

/// Whether `step` knows the opcode.
const fn has_own_step(opcode: Opcode) -> bool {
    use Opcode::*;
    opcode.is_block_push()
        || matches!(
            opcode,
            LoadFast | LoadFastAndClear | LoadFastLoadFast | DeleteFast | StoreFast | StoreFastLoadFast | StoreFastStoreFast
        )
        || matches!(opcode, Copy | Swap | FormatSimple | GetAnext | GetLen | GetYieldFromIter | ImportFrom | MatchKeys)
        || matches!(opcode, MatchMapping | MatchSequence | WithExceptStart | DictMerge | DictUpdate | ListAppend)
        || matches!(opcode, ListExtend | MapAdd | Reraise | SetAdd | SetUpdate | EndSend | SetFunctionAttribute)
        || matches!(opcode, CheckExcMatch | Send | ForIter | LoadAttr | LoadSuperAttr | LoadSpecial | PushExcInfo)
}

/// Runs one of the special instructions on the abstract stack, as if it did not jump.
fn step(stack: &mut Stack, index: usize, instr: &Instr) {
    let Instr { opcode, arg, .. } = *instr;
    match opcode {
        Opcode::LoadFast => stack.push(index, arg),
        Opcode::LoadFastAndClear => {
            stack.kill(arg);
            stack.push(index, arg);
        }
        Opcode::LoadFastLoadFast => {
            stack.push(index, arg >> 4);
            stack.push(index, arg & 15);
        }
        Opcode::DeleteFast => stack.kill(arg),
        Opcode::StoreFast => stack.store(arg),
        Opcode::StoreFastLoadFast => {
            stack.store(arg >> 4);
            stack.push(index, arg & 15);
        }
        Opcode::StoreFastStoreFast => {
            stack.store(arg >> 4);
            stack.store(arg & 15);
        }
        Opcode::Copy => {
            let position = stack.references.len().checked_sub(arg as usize);
            if let Some(&reference) = position.and_then(|position| stack.references.get(position)) {
                stack.references.push(reference);
            }
        }
        Opcode::Swap => {
            let len = stack.references.len();
            if let Some(position) = len.checked_sub(arg as usize).filter(|&position| position < len) {
                stack.references.swap(position, len - 1);
            }
        }
        // These leave their operands on the stack and push (by a mistake of CPython's that code
        // objects show, in the name of the first instruction of the block),
        Opcode::FormatSimple
        | Opcode::GetAnext
        | Opcode::GetLen
        | Opcode::GetYieldFromIter
        | Opcode::ImportFrom
        | Opcode::MatchKeys
        | Opcode::MatchMapping
        | Opcode::MatchSequence
        | Opcode::WithExceptStart => stack.push_all(0, opcode.pushes(arg) - opcode.pops(arg)),
        // or take some of them and leave the others,
        Opcode::DictMerge
        | Opcode::DictUpdate
        | Opcode::ListAppend
        | Opcode::ListExtend
        | Opcode::MapAdd
        | Opcode::Reraise
        | Opcode::SetAdd
        | Opcode::SetUpdate => stack.pop_all(opcode.pops(arg) - opcode.pushes(arg)),
        // or keep the top in place of those below,
        Opcode::EndSend | Opcode::SetFunctionAttribute => {
            let top = stack.pop();
            stack.pop();
            stack.references.push(top);
        }
        Opcode::CheckExcMatch | Opcode::Send => {
            stack.pop();
            stack.push(index, NO_LOCAL);
        }
        Opcode::ForIter => stack.push(index, NO_LOCAL),
        // or may put an operand back as `self`.
        Opcode::LoadAttr => {
            let object = stack.pop();
            stack.push(index, NO_LOCAL);
            if arg & LOAD_ATTR_METHOD != 0 {
                stack.references.push(object);
            }
        }
        Opcode::LoadSuperAttr => {
            let object = stack.pop();
            stack.pop_all(2);
            stack.push(index, NO_LOCAL);
            if arg & LOAD_SUPER_ATTR_METHOD != 0 {
                stack.references.push(object);
            }
        }
        Opcode::LoadSpecial | Opcode::PushExcInfo => {
            let top = stack.pop();
            stack.push(index, NO_LOCAL);
            stack.references.push(top);
        }
        // A block start pushes for its handler only.
        opcode => debug_assert!(opcode.is_block_push(), "{opcode:?} is not special"),
    }
}
