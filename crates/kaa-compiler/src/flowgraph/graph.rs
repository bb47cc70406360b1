//! The control flow graph of a code unit.
//!
//! Blocks are numbers and stand in the order of `Block::next`, which is also the order in which
//! control falls from one into the next. The instructions of all blocks lie in one vector, where
//! each block owns a run of slots; a block that outgrows its slots moves to the end. A graph is
//! cleared and used again for the next code unit, so that a compilation allocates few vectors.
//!
//! Invariants: only the last instruction of a block jumps or leaves the code unit; a block that
//! has no successor (`Block::next`) does not fall through.
//!
//! CPython's instruction arrays are visible in its output in one respect, which the slots here
//! reproduce: an instruction that is appended takes over the exception handler of whatever
//! instruction stood in its slot before a pass shortened the block (`Graph::push`).

use super::borrowed_loads::Stack;
use crate::{InstructionSequence, Label};
use kaa_ast::Span;
use kaa_bytecode::Opcode;
use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

/// The number of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId(NonZeroU32);

impl BlockId {
    pub(crate) fn from_index(index: usize) -> BlockId {
        BlockId(NonZeroU32::new(index as u32 + 1).expect("fewer than 2^32 blocks"))
    }

    /// Position in the order of creation.
    #[inline]
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// An instruction in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instr {
    pub opcode: Opcode,
    /// The argument; without meaning for jumps and block starts, which have a target.
    pub arg: u32,
    pub span: Span,
    /// Where a jump goes or the handler that a block start installs. Stays when a pass turns the
    /// instruction into something else.
    pub target: Option<BlockId>,
    /// Where an exception in this instruction goes.
    pub handler: Option<BlockId>,
}

impl Instr {
    /// What unused slots hold.
    const EMPTY: Instr = Instr::new(Opcode::Nop, 0, Span::NONE);

    /// An instruction that neither jumps nor is guarded by a handler.
    pub const fn new(opcode: Opcode, arg: u32, span: Span) -> Instr {
        Instr { opcode, arg, span, target: None, handler: None }
    }

    /// Replaces opcode and argument.
    pub fn set(&mut self, opcode: Opcode, arg: u32) {
        self.opcode = opcode;
        self.arg = arg;
    }

    /// Turns the instruction into a `NOP` with the same position.
    pub fn set_nop(&mut self) {
        self.set(Opcode::Nop, 0);
    }

    /// Whether the instruction stands on no line of the source.
    pub fn has_no_line(&self) -> bool {
        self.span.line == Span::NONE.line
    }
}

/// A basic block: instructions of which all run if the first does and none raises.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The block behind this one.
    pub next: Option<BlockId>,
    start: u32,
    len: u32,
    /// How many slots the block owns from `start` on.
    capacity: u32,
    /// Bits of `has`.
    pub(super) has: u32,
    /// How many jumps, block starts and falls lead here; counted by `unreachable`.
    pub predecessors: u32,
    /// Stack depth on entry; below zero while unknown.
    pub start_depth: i32,
    /// Which of the first 64 locals may be unbound on entry.
    pub unbound_locals: u64,
    /// Something jumps here, or did.
    pub labeled: bool,
    /// Scratch of the passes that walk the graph.
    pub visited: bool,
    /// An exception handler starts here.
    pub is_handler: bool,
    /// The handler wants the offset of the raising instruction on the stack.
    pub keeps_lasti: bool,
    /// Runs only after an exception.
    pub cold: bool,
    /// Runs without an exception.
    pub warm: bool,
}

impl Block {
    /// Drops all instructions of the block.
    pub(super) fn empty(&mut self) {
        self.len = 0;
        self.has = 0;
    }
}

/// What a block has, as bits of `Block::has`: passes leave blocks alone that have nothing for them.
/// A bit may stay when the last such instruction is gone; a pass that brings something new into a
/// block sets its bit.
pub(super) mod has {
    /// `NOP`, or what becomes one in `exception_handlers`.
    pub const NOP: u32 = 1;
    /// Starts and ends of handled blocks.
    pub const BLOCK_MARK: u32 = 1 << 1;
    pub const CONSTANT: u32 = 1 << 2;
    /// What `peephole` looks at.
    pub const PEEPHOLE: u32 = 1 << 3;
    /// `POP_TOP`, or a store that may become one.
    pub const DROP: u32 = 1 << 4;
    /// Loads of locals, also of cells, which become such.
    pub const LOAD: u32 = 1 << 5;
    pub const STORE: u32 = 1 << 6;
    /// What may leave a local unbound.
    pub const UNBINDING: u32 = 1 << 7;
    /// Jumps that keep their operand.
    pub const KEEPING_JUMP: u32 = 1 << 8;
    /// Other pseudo instructions that `pseudo_instructions` replaces.
    pub const PSEUDO: u32 = 1 << 9;
    /// Use of a cell or free variable.
    pub const CELL: u32 = 1 << 10;
    /// An instruction that stands on no line.
    pub const NO_LINE: u32 = 1 << 11;
    /// An end from which control does not fall into the next block.
    pub const END: u32 = 1 << 12;
    /// A jump or an exit, which ends a block.
    pub const TERMINATOR: u32 = 1 << 13;
    /// An instruction with a target.
    pub const TARGET: u32 = 1 << 14;
    /// The place of annotations, while the graph is built.
    pub const PLACEHOLDER: u32 = 1 << 15;
    /// An unconditional jump at the end.
    pub const ALWAYS_JUMPS: u32 = 1 << 16;

    /// The bits for an opcode.
    #[inline]
    pub fn of(opcode: super::Opcode) -> u32 {
        super::FEATURES[opcode as usize]
    }

    /// The bits for an opcode at a place of the source.
    #[inline]
    pub fn in_place(opcode: super::Opcode, span: super::Span) -> u32 {
        of(opcode) | if span.line < 0 { NO_LINE } else { 0 }
    }
}

/// The bits of `has` for an opcode.
const fn features_of(opcode: Opcode) -> u32 {
    let terminator = if opcode.is_terminator() { has::TERMINATOR } else { 0 };
    let target = if opcode.has_target() { has::TARGET } else { 0 };
    terminator | target | special_features_of(opcode)
}

const fn special_features_of(opcode: Opcode) -> u32 {
    use Opcode::*;
    match opcode {
        Nop => has::NOP,
        PopBlock => has::NOP | has::BLOCK_MARK,
        SetupFinally | SetupCleanup | SetupWith => has::BLOCK_MARK,
        LoadConst | LoadSmallInt => has::CONSTANT,
        AnnotationsPlaceholder => has::PLACEHOLDER,
        PopTop => has::DROP,
        LoadFast | LoadFastLoadFast => has::LOAD,
        LoadClosure => has::LOAD | has::PSEUDO | has::CELL,
        StoreFast => has::STORE | has::DROP | has::PEEPHOLE,
        StoreFastMaybeNull => has::STORE | has::UNBINDING | has::PSEUDO,
        DeleteFast | LoadFastAndClear => has::UNBINDING,
        JumpIfFalse | JumpIfTrue => has::KEEPING_JUMP,
        MakeCell | LoadDeref | StoreDeref | DeleteDeref | LoadFromDictOrDeref => has::CELL,
        // Without items these are constants of their own.
        BuildTuple | BuildList | BuildSet | CallIntrinsic1 => has::PEEPHOLE | has::CONSTANT,
        // It may become a `SWAP`.
        UnpackSequence => has::PEEPHOLE,
        ListAppend | SetAdd | UnaryInvert | UnaryNegative | UnaryNot | BinaryOp | Swap | LoadGlobal | CompareOp
        | ContainsOp | IsOp | ToBool => has::PEEPHOLE,
        _ if opcode.is_unconditional_jump() => has::END | has::ALWAYS_JUMPS,
        _ if opcode.is_scope_exit() => has::END,
        _ => 0,
    }
}

/// `features_of` by number.
static FEATURES: [u32; 512] = {
    let mut table = [0; 512];
    let mut index = 0;
    while index < Opcode::ALL.len() {
        table[Opcode::ALL[index] as usize] = features_of(Opcode::ALL[index]);
        index += 1;
    }
    table
};

impl Instr {
    #[inline]
    pub(super) fn features(&self) -> u32 {
        has::in_place(self.opcode, self.span)
    }
}

/// Puts the positions of instructions that have something of what the bits stand for into `found`;
/// without a branch, for where they stand cannot be foreseen.
#[inline]
pub(super) fn find_positions(instrs: &[Instr], bits: u32, found: &mut Vec<u32>) {
    found.clear();
    found.resize(instrs.len() + 1, 0);
    let mut count = 0;
    for (instr, position) in instrs.iter().zip(0..) {
        found[count] = position;
        count += usize::from(has::of(instr.opcode) & bits != 0);
    }
    found.truncate(count);
}

/// Free slots behind each block: most blocks get one or two more instructions on their way.
const SLACK: u32 = 2;

/// The blocks of a code unit.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    blocks: Vec<Block>,
    instrs: Vec<Instr>,
    /// Scratch of passes that number or sort things.
    pub(super) numbers: Vec<u32>,
    /// Blocks that a pass has still to visit.
    pub(super) worklist: Vec<BlockId>,
    /// Scratch of `borrowed_loads`.
    pub(super) borrowing: Stack,
    /// What any of the blocks had when the graph was built.
    has: u32,
    /// What the newest block has so far, while the graph is built.
    newest_has: u32,
    /// Highest stack depth; known after `stack_depth`.
    pub stack_depth: u32,
}

impl Index<BlockId> for Graph {
    type Output = Block;

    #[inline]
    fn index(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }
}

impl IndexMut<BlockId> for Graph {
    #[inline]
    fn index_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.blocks[id.index()]
    }
}

/// The blocks of a graph without their instructions.
pub(super) struct Blocks<'g>(&'g mut [Block]);

impl Index<BlockId> for Blocks<'_> {
    type Output = Block;

    #[inline]
    fn index(&self, id: BlockId) -> &Block {
        &self.0[id.index()]
    }
}

impl IndexMut<BlockId> for Blocks<'_> {
    #[inline]
    fn index_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.0[id.index()]
    }
}

impl Graph {
    /// Empties the graph for the next code unit and gives it an entry block.
    pub fn reset(&mut self) {
        self.blocks.clear();
        // What most code units need, so that the first of them do not grow it step by step.
        self.blocks.reserve(64);
        self.instrs.clear();
        self.instrs.reserve(256);
        self.worklist.clear();
        self.has = 0;
        self.newest_has = 0;
        self.stack_depth = 0;
        self.new_block();
    }

    /// Whether the code unit had any of what the bits stand for when it came.
    pub(super) fn had(&self, bits: u32) -> bool {
        self.has & bits != 0
    }

    /// The block where the code unit starts.
    pub fn entry(&self) -> BlockId {
        BlockId::from_index(0)
    }

    /// How many blocks have been made, whether or not they are still in the order.
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// A new empty block that is not in the order yet.
    pub fn new_block(&mut self) -> BlockId {
        self.blocks.push(Block {
            next: None,
            start: self.instrs.len() as u32,
            len: 0,
            capacity: 0,
            has: 0,
            predecessors: 0,
            start_depth: i32::MIN,
            unbound_locals: 0,
            labeled: false,
            visited: false,
            is_handler: false,
            keeps_lasti: false,
            cold: false,
            warm: false,
        });
        BlockId::from_index(self.blocks.len() - 1)
    }

    /// A new empty block behind `block`.
    pub fn insert_block_after(&mut self, block: BlockId) -> BlockId {
        let new = self.new_block();
        self[new].next = self[block].next;
        self[block].next = Some(new);
        new
    }

    /// The blocks in order.
    pub fn order(&self) -> impl Iterator<Item = BlockId> + '_ {
        std::iter::successors(Some(self.entry()), |&id| self[id].next)
    }

    /// Calls `visit` for each block in order; blocks that it inserts behind are visited too.
    #[inline]
    pub(super) fn for_each_block(&mut self, mut visit: impl FnMut(&mut Graph, BlockId)) {
        let mut cursor = Some(self.entry());
        while let Some(block) = cursor {
            visit(self, block);
            cursor = self[block].next;
        }
    }

    /// Whether any block has something of what the bits stand for.
    #[inline]
    pub(super) fn any_has(&self, bits: u32) -> bool {
        // Without a way out in between: there are few blocks, and it cannot be foreseen.
        self.blocks.iter().fold(0, |has, block| has | block.has) & bits != 0
    }

    /// All blocks, in the order of their creation.
    #[inline]
    pub(super) fn blocks_mut(&mut self) -> &mut [Block] {
        &mut self.blocks
    }

    /// Sets `visited` of all blocks to false.
    #[inline]
    pub(super) fn clear_visited(&mut self) {
        for block in &mut self.blocks {
            block.visited = false;
        }
    }

    /// The instructions of a block.
    #[inline]
    pub fn instrs(&self, block: BlockId) -> &[Instr] {
        let block = &self[block];
        &self.instrs[block.start as usize..][..block.len as usize]
    }

    /// The instructions of a block.
    #[inline]
    pub fn instrs_mut(&mut self, block: BlockId) -> &mut [Instr] {
        let block = self[block];
        &mut self.instrs[block.start as usize..][..block.len as usize]
    }

    /// All blocks and the instructions of one.
    #[inline]
    pub(super) fn split(&mut self, block: BlockId) -> (Blocks<'_>, &mut [Instr]) {
        let Block { start, len, .. } = self[block];
        (Blocks(&mut self.blocks), &mut self.instrs[start as usize..][..len as usize])
    }

    /// How many instructions a block has.
    #[inline]
    pub fn len(&self, block: BlockId) -> usize {
        self[block].len as usize
    }

    /// Whether a block has no instructions.
    #[inline]
    pub fn is_empty(&self, block: BlockId) -> bool {
        self[block].len == 0
    }

    /// The last instruction of a block.
    #[inline]
    pub fn last(&self, block: BlockId) -> Option<&Instr> {
        self.instrs(block).last()
    }

    /// The last instruction of a block.
    #[inline]
    pub fn last_mut(&mut self, block: BlockId) -> Option<&mut Instr> {
        self.instrs_mut(block).last_mut()
    }

    /// The last instruction of a block, if it has a target.
    #[inline]
    pub(super) fn last_with_target(&self, block: BlockId) -> Option<&Instr> {
        if self[block].has & has::TARGET == 0 {
            return None;
        }
        self.last(block).filter(|last| last.opcode.has_target())
    }

    /// Whether the last instruction of a block jumps.
    #[inline]
    pub(super) fn ends_with_jump(&self, block: BlockId) -> bool {
        self.last_with_target(block).is_some_and(|last| last.opcode.has_jump())
    }

    /// Whether control goes from the end of the block to the next one.
    #[inline]
    pub fn falls_through(&self, block: BlockId) -> bool {
        self[block].has & has::END == 0 || self.last(block).is_none_or(|last| has::of(last.opcode) & has::END == 0)
    }

    /// The block that control falls into from the end of this one.
    #[inline]
    pub fn fall_through(&self, block: BlockId) -> Option<BlockId> {
        if self.falls_through(block) { self[block].next } else { None }
    }

    /// Whether the block ends with a return or a raise.
    #[inline]
    pub fn exits_scope(&self, block: BlockId) -> bool {
        self.last(block).is_some_and(|last| last.opcode.is_scope_exit())
    }

    /// Whether no instruction of the block stands on a line of the source.
    pub fn has_no_line(&self, block: BlockId) -> bool {
        let may_have_none = self[block].has & has::NO_LINE != 0 || self.is_empty(block);
        may_have_none && self.instrs(block).iter().all(|instr| instr.span.line < 0)
    }

    /// Turns the last instruction of a block into a `NOP`.
    pub(super) fn drop_last(&mut self, block: BlockId) {
        if let Some(last) = self.last_mut(block) {
            last.set_nop();
            self[block].has |= has::NOP;
        }
    }

    /// The first block with instructions from `block` on.
    #[inline]
    pub fn nonempty_from(&self, mut block: Option<BlockId>) -> Option<BlockId> {
        while let Some(id) = block {
            if !self.is_empty(id) {
                break;
            }
            block = self[id].next;
        }
        block
    }

    /// Makes room for `additional` instructions behind those of the block.
    fn reserve(&mut self, id: BlockId, additional: u32) {
        let block = self[id];
        let needed = block.len + additional;
        if needed <= block.capacity {
            return;
        }
        let capacity = needed + SLACK;
        let end = (block.start + block.capacity) as usize;
        if end != self.instrs.len() {
            let start = self.instrs.len();
            self.instrs.extend_from_within(block.start as usize..end);
            self[id].start = start as u32;
        }
        let grown = (capacity - block.capacity) as usize;
        self.instrs.resize(self.instrs.len() + grown, Instr::EMPTY);
        self[id].capacity = capacity;
    }

    /// Appends an instruction to a block. Its handler is what the slot last held: see the module.
    pub fn push(&mut self, id: BlockId, opcode: Opcode, arg: u32, span: Span) {
        self.reserve(id, 1);
        let block = &mut self[id];
        let slot = (block.start + block.len) as usize;
        block.len += 1;
        let instr = Instr { opcode, arg, span, target: None, handler: self.instrs[slot].handler };
        self[id].has |= instr.features();
        self.instrs[slot] = instr;
    }

    /// Appends a jump to a block.
    pub fn push_jump(&mut self, id: BlockId, opcode: Opcode, target: BlockId, span: Span) {
        self.push(id, opcode, 0, span);
        self.last_mut(id).expect("just pushed").target = Some(target);
    }

    /// Appends instructions to the newest block while the graph is built; `seal_newest` then tells
    /// the block how many they are. `features` are the bits of `has` for them.
    #[inline]
    pub(super) fn push_newest(&mut self, instrs: impl ExactSizeIterator<Item = Instr>, features: u32) {
        self.instrs.extend(instrs);
        self.newest_has |= features;
    }

    /// How many slots there are in all.
    pub(super) fn slots(&self) -> u32 {
        self.instrs.len() as u32
    }

    /// Whether nothing has been appended to the newest block, while the graph is built.
    pub(super) fn newest_is_empty(&self) -> bool {
        self.blocks.last().is_none_or(|block| block.start as usize == self.instrs.len())
    }

    /// Gives the instruction in a slot its target, while the graph is built.
    #[inline]
    pub(super) fn set_target(&mut self, slot: u32, target: Option<BlockId>) {
        let instr = &mut self.instrs[slot as usize];
        instr.target = target;
        instr.arg = 0;
    }

    /// Ends the newest block, and gives it its spare slots.
    pub(super) fn seal_newest(&mut self) {
        let end = self.instrs.len() as u32;
        if let Some(block) = self.blocks.last_mut() {
            block.len = end - block.start;
            block.capacity = block.len + SLACK;
            block.has = std::mem::take(&mut self.newest_has);
            self.has |= block.has;
        }
        self.instrs.extend_from_slice(&[Instr::EMPTY; SLACK as usize]);
    }

    /// The instructions in order; jumps name the places of their targets.
    pub(crate) fn to_sequence(&self) -> InstructionSequence {
        let mut starts = vec![0; self.blocks.len()];
        let mut count = 0;
        for block in self.order() {
            starts[block.index()] = count;
            count += self.len(block);
        }
        let mut sequence = InstructionSequence::with_numbered_labels(count);
        for instr in self.order().flat_map(|block| self.instrs(block)) {
            match instr.target.filter(|_| instr.opcode.has_target()) {
                Some(target) => {
                    sequence.add_jump(instr.opcode, Label(starts[target.index()] as u32), instr.span);
                }
                None => sequence.add(instr.opcode, instr.arg, instr.span),
            }
        }
        sequence
    }

    /// Appends copies of all instructions of `from` to `to`.
    pub fn append_copy(&mut self, to: BlockId, from: BlockId) {
        let count = self[from].len;
        self.reserve(to, count);
        let (from_start, to_end) = (self[from].start as usize, (self[to].start + self[to].len) as usize);
        self.instrs.copy_within(from_start..from_start + count as usize, to_end);
        self[to].len += count;
        self[to].has |= self[from].has;
    }

    /// Puts instructions before the one at `index`.
    pub fn insert(&mut self, id: BlockId, index: usize, new: &[Instr]) {
        self.reserve(id, new.len() as u32);
        let block = &mut self[id];
        let (start, old_len) = (block.start as usize, block.len as usize);
        block.len += new.len() as u32;
        block.has |= new.iter().fold(0, |bits, instr| bits | instr.features());
        let instrs = &mut self.instrs[start..start + old_len + new.len()];
        instrs.copy_within(index..old_len, index + new.len());
        instrs[index..index + new.len()].copy_from_slice(new);
    }

    /// Drops the instructions of a block from `len` on.
    pub fn truncate(&mut self, id: BlockId, len: usize) {
        debug_assert!(len <= self.len(id));
        self[id].len = len as u32;
    }
}
