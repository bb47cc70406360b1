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

impl Reference {
    const OTHER: Reference = Reference { maker: OTHER_BLOCK, local: NO_LOCAL };
}

/// The abstract state inside a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Stack {
    /// The references, and at least [`ROOM`] places behind them.
    references: Vec<Reference>,
    depth: usize,
    /// The loads of the block so far, and room for the others.
    loads: Vec<u32>,
    /// For each instruction of the block, whether its reference must be one of its own.
    owned: Vec<bool>,
}

/// How many references are put on the stack at once without asking for room.
const ROOM: usize = 2;

impl Stack {
    fn enter(&mut self, depth: i32, instructions: usize) {
        self.depth = depth.max(0) as usize;
        self.references.clear();
        self.references.resize(self.depth + 2 * ROOM, Reference::OTHER);
        self.owned.clear();
        self.owned.resize(instructions, false);
        self.loads.resize(self.loads.len().max(instructions), 0);
    }

    /// Takes some references and puts new ones of one maker, which usually are two at most. All of
    /// them are written without a branch: how many there are cannot be foreseen.
    #[inline(always)]
    fn replace(&mut self, effect: StackEffect, reference: Reference) {
        self.depth = self.depth.saturating_sub(effect.pops as usize);
        let places = self.references[self.depth..].first_chunk_mut().expect("there is room");
        *places = [reference; ROOM];
        self.depth += (effect.pushes as usize).min(ROOM);
        self.make_room();
        for _ in ROOM..effect.pushes as usize {
            self.put(reference);
        }
    }

    #[inline]
    fn make_room(&mut self) {
        if self.depth + ROOM > self.references.len() {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.references.resize(self.references.len() * 2, Reference::OTHER);
    }

    fn put(&mut self, reference: Reference) {
        self.references[self.depth] = reference;
        self.depth += 1;
        self.make_room();
    }

    fn push(&mut self, maker: usize, local: u32) {
        self.put(Reference { maker: maker as u32, local });
    }

    /// The stack's depths have been checked by `stack_depth`; blocks deeper than that pass follows
    /// may still run out here.
    fn pop(&mut self) -> Reference {
        match self.depth.checked_sub(1) {
            Some(depth) => {
                self.depth = depth;
                self.references[depth]
            }
            None => Reference::OTHER,
        }
    }

    fn pop_all(&mut self, count: u32) {
        self.depth = self.depth.saturating_sub(count as usize);
    }

    /// The references on the stack.
    fn references(&mut self) -> &mut [Reference] {
        &mut self.references[..self.depth]
    }

    fn own(&mut self, reference: Reference) {
        if reference.maker != OTHER_BLOCK {
            self.owned[reference.maker as usize] = true;
        }
    }

    /// A local loses its value.
    fn kill(&mut self, local: u32) {
        for reference in &self.references[..self.depth] {
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
    let mut loads = 0;
    for (index, instr) in instrs.iter().enumerate() {
        let kind = KINDS[instr.opcode as usize];
        stack.loads[loads] = index as u32;
        loads += usize::from(kind & kind::BORROWS != 0);
        if kind & kind::SPECIAL == 0 {
            let local = if kind & kind::BORROWS != 0 { instr.arg } else { NO_LOCAL };
            let effect = StackEffect::of(instr.opcode, instr.arg);
            stack.replace(effect, Reference { maker: index as u32, local });
        } else {
            step(stack, index, instr);
        }
    }
    // What is left on the stack is consumed elsewhere.
    for index in 0..stack.depth {
        stack.own(stack.references[index]);
    }
    for &load in &stack.loads[..loads] {
        let instr = &mut instrs[load as usize];
        instr.opcode = match instr.opcode {
            _ if stack.owned[load as usize] => continue,
            Opcode::LoadFast => Opcode::LoadFastBorrow,
            _ => Opcode::LoadFastBorrowLoadFastBorrow,
        };
    }
}

/// What this pass wants to know of an opcode.
mod kind {
    /// It becomes one that borrows, if it may.
    pub const BORROWS: u8 = 1;
    /// It does something else than to take some references and put new ones: see `step`.
    pub const SPECIAL: u8 = 1 << 1;
}

/// By opcode, bits of `kind`.
static KINDS: [u8; 512] = {
    let mut kinds = [0; 512];
    let mut index = 0;
    while index < Opcode::ALL.len() {
        let opcode = Opcode::ALL[index];
        let borrows = matches!(opcode, Opcode::LoadFast | Opcode::LoadFastLoadFast);
        kinds[opcode as usize] =
            if borrows { kind::BORROWS } else { 0 } | if is_special(opcode) { kind::SPECIAL } else { 0 };
        index += 1;
    }
    kinds
};

/// Whether `step` knows the opcode.
const fn is_special(opcode: Opcode) -> bool {
    use Opcode::*;
    opcode.is_block_push()
        || matches!(
            opcode,
            LoadFastAndClear | LoadFastLoadFast | DeleteFast | StoreFast | StoreFastLoadFast | StoreFastStoreFast
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
            let position = stack.depth.checked_sub(arg as usize);
            if let Some(&mut reference) = position.and_then(|position| stack.references().get_mut(position)) {
                stack.put(reference);
            }
        }
        Opcode::Swap => {
            let depth = stack.depth;
            if let Some(position) = depth.checked_sub(arg as usize).filter(|&position| position < depth) {
                stack.references().swap(position, depth - 1);
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
        | Opcode::WithExceptStart => {
            let effect = StackEffect { pops: 0, pushes: opcode.pushes(arg) - opcode.pops(arg) };
            stack.replace(effect, Reference { maker: 0, local: NO_LOCAL });
        }
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
            stack.put(top);
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
                stack.put(object);
            }
        }
        Opcode::LoadSuperAttr => {
            let object = stack.pop();
            stack.pop_all(2);
            stack.push(index, NO_LOCAL);
            if arg & LOAD_SUPER_ATTR_METHOD != 0 {
                stack.put(object);
            }
        }
        Opcode::LoadSpecial | Opcode::PushExcInfo => {
            let top = stack.pop();
            stack.push(index, NO_LOCAL);
            stack.put(top);
        }
        // A block start pushes for its handler only.
        opcode => debug_assert!(opcode.is_block_push(), "{opcode:?} is not special"),
    }
}
