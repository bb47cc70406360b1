//! The meeting point of code generation and the flow graph: a straight list of instructions, real
//! and pseudo, whose jumps name labels, and what is known of the code unit they belong to.
//!
//! Code generation fills an [`InstructionSequence`] and a [`UnitMetadata`] and hands both to
//! `flowgraph::assemble`, which makes the code object.
//!
//! Invariants: the argument of an instruction with `arg::JUMP` or `arg::EXC` is a [`Label`] of the
//! same sequence; every label that is named has been placed; a label that is placed at the length
//! of the list stands for the end.

use crate::constants::ConstantTable;
use kaa_ast::{Name, Span};
use kaa_bytecode::{Opcode, arg};

/// The position of an instruction that takes the one of the instruction after it.
pub const NEXT_LOCATION: Span = Span::new(-2, -2, -2, -2);

/// A place in an [`InstructionSequence`] that jumps can name before it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(pub u32);

impl Label {
    /// No place: what has not been given a label.
    pub const NONE: Label = Label(u32::MAX);
}

/// One instruction as code generation emits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    pub opcode: Opcode,
    /// The argument; the number of a [`Label`] for jumps and block starts.
    pub arg: u32,
    pub span: Span,
}

impl Instruction {
    /// The label that the instruction jumps to or whose handler it installs, if it does.
    pub fn target(&self) -> Option<Label> {
        (self.opcode.flags() & (arg::JUMP | arg::EXC) != 0).then_some(Label(self.arg))
    }
}

/// The instructions of a code unit in source order.
#[derive(Clone, Debug, Default)]
pub struct InstructionSequence {
    pub instructions: Vec<Instruction>,
    /// The indices of the instructions that have a target.
    pub(crate) jumps: Vec<u32>,
    /// For each label the index of the instruction it stands before; `u32::MAX` while unplaced.
    pub labels: Vec<u32>,
    /// What is to stand in place of the one [`Opcode::AnnotationsPlaceholder`] of a module or
    /// class body: code that is known only when the whole body has been compiled. It has no
    /// jumps. Without it the placeholder stands for nothing.
    pub annotations: Option<Vec<Instruction>>,
}

impl InstructionSequence {
    /// An empty sequence.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty sequence with room for what most units have.
    pub fn with_capacity() -> Self {
        InstructionSequence {
            instructions: Vec::with_capacity(128),
            jumps: Vec::with_capacity(32),
            labels: Vec::with_capacity(32),
            annotations: None,
        }
    }

    /// An empty sequence in which the label of a number stands before the instruction of that
    /// number, whether it has been added or not, up to `count`.
    pub fn with_numbered_labels(count: usize) -> Self {
        InstructionSequence { labels: (0..=count as u32).collect(), ..Self::default() }
    }

    /// Forgets all instructions and labels, but keeps the memory.
    pub fn clear(&mut self) {
        self.instructions.clear();
        self.jumps.clear();
        self.labels.clear();
        self.annotations = None;
    }

    /// A label that has no place yet.
    pub fn new_label(&mut self) -> Label {
        self.labels.push(u32::MAX);
        Label(self.labels.len() as u32 - 1)
    }

    /// Places a label before the next instruction.
    pub fn use_label(&mut self, label: Label) {
        self.labels[label.0 as usize] = self.instructions.len() as u32;
    }

    /// Where a label was placed.
    pub fn position(&self, label: Label) -> usize {
        self.labels[label.0 as usize] as usize
    }

    /// Appends an instruction that does not jump.
    pub fn add(&mut self, opcode: Opcode, arg: u32, span: Span) {
        debug_assert!(!opcode.has_target());
        self.instructions.push(Instruction { opcode, arg, span });
    }

    /// Appends a jump or the start of a block.
    pub fn add_jump(&mut self, opcode: Opcode, target: Label, span: Span) {
        debug_assert!(opcode.has_target());
        self.jumps.push(self.instructions.len() as u32);
        self.instructions.push(Instruction { opcode, arg: target.0, span });
    }

    /// Puts an instruction at `index`; labels at or behind it move along.
    pub fn insert(&mut self, index: usize, instruction: Instruction) {
        self.instructions.insert(index, instruction);
        let later = self.jumps.partition_point(|&jump| (jump as usize) < index);
        for jump in &mut self.jumps[later..] {
            *jump += 1;
        }
        if instruction.target().is_some() {
            self.jumps.insert(later, index as u32);
        }
        for position in &mut self.labels {
            if *position != u32::MAX && *position as usize >= index {
                *position += 1;
            }
        }
    }
}

/// What code generation knows of a code unit besides its instructions.
///
/// The arguments of instructions index these tables as follows: `arg::CONST` into `consts`,
/// `arg::NAME` into `names` (shifted by the flag bits of `LOAD_GLOBAL`, `LOAD_ATTR` and
/// `LOAD_SUPER_ATTR` where those are real; code generation emits them as CPython's does),
/// `arg::LOCAL` of `*_FAST` into `varnames`, and `LOAD_CLOSURE`, `MAKE_CELL` and `*_DEREF` into
/// `cellvars` followed by `freevars`, to be moved to their final slots by the flow graph.
#[derive(Clone, Debug, Default)]
pub struct UnitMetadata {
    pub name: Option<Name>,
    /// UTF-8 text of `co_qualname`.
    pub qualname: String,
    pub consts: ConstantTable,
    pub names: NameTable,
    /// Parameters first, in the order of the frame, then other locals in order of first use.
    pub varnames: NameTable,
    /// Sorted by text.
    pub cellvars: Vec<Name>,
    /// Sorted by text.
    pub freevars: Vec<Name>,
    /// Names that inlined comprehensions use as locals and that `locals()` does not show.
    pub fasthidden: Vec<Name>,
    /// Number of parameters (all kinds, `*args` and `**kwargs` included): what is set on entry.
    pub parameters: u32,
    /// Positional parameters, positional-only ones not counted.
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub firstlineno: i32,
    /// Bits of `kaa_bytecode::flags`.
    pub flags: u32,
}

impl UnitMetadata {
    /// Nothing yet, with room for what most units have.
    pub fn with_capacity() -> Self {
        UnitMetadata {
            qualname: String::with_capacity(64),
            consts: ConstantTable::with_capacity(16),
            names: NameTable::with_capacity(16),
            varnames: NameTable::with_capacity(16),
            ..UnitMetadata::default()
        }
    }

    /// Forgets everything, but keeps the memory.
    pub fn clear(&mut self) {
        let UnitMetadata { qualname, consts, names, varnames, cellvars, freevars, fasthidden, .. } = self;
        qualname.clear();
        consts.take();
        names.clear();
        varnames.clear();
        cellvars.clear();
        freevars.clear();
        fasthidden.clear();
        self.name = None;
        (self.parameters, self.argcount, self.posonlyargcount, self.kwonlyargcount) = (0, 0, 0, 0);
        (self.firstlineno, self.flags) = (0, 0);
    }
}

/// The position of a name in a short list.
#[inline]
fn position_among(names: &[Name], name: Name) -> Option<u32> {
    // Eight comparisons without a branch cost less than one that the processor cannot foresee.
    let (eights, rest) = names.as_chunks::<8>();
    for (eight, start) in eights.iter().zip((0..).step_by(8)) {
        let found = eight.iter().zip(0..).fold(0_u32, |bits, (&other, bit)| bits | u32::from(other == name) << bit);
        if found != 0 {
            return Some(start + found.trailing_zeros());
        }
    }
    let start = eights.len() as u32 * 8;
    rest.iter().position(|&other| other == name).map(|position| start + position as u32)
}

/// Names in order of first insertion, each once.
#[derive(Clone, Debug, Default)]
pub struct NameTable {
    order: Vec<Name>,
    /// Positions by name, kept only when a search of `order` would be slow.
    index: std::collections::HashMap<Name, u32, std::hash::BuildHasherDefault<kaa_ast::FxHasher>>,
}

/// Up to this many names are searched one by one.
const SMALL_TABLE: usize = 16;

impl NameTable {
    /// A table with room for so many names.
    pub fn with_capacity(capacity: usize) -> Self {
        NameTable { order: Vec::with_capacity(capacity), ..NameTable::default() }
    }

    /// The position of a name, which is appended if it is new.
    pub fn insert(&mut self, name: Name) -> u32 {
        if let Some(position) = self.position(name) {
            return position;
        }
        let position = self.order.len() as u32;
        self.order.push(name);
        if self.order.len() == SMALL_TABLE + 1 {
            self.index.extend(self.order.iter().zip(0..).map(|(&name, position)| (name, position)));
        } else if self.order.len() > SMALL_TABLE {
            self.index.insert(name, position);
        }
        position
    }

    /// Forgets all names, but keeps the memory.
    pub fn clear(&mut self) {
        self.order.clear();
        self.index.clear();
    }

    /// The position of a name.
    #[inline]
    pub fn position(&self, name: Name) -> Option<u32> {
        if self.order.len() <= SMALL_TABLE {
            return position_among(&self.order, name);
        }
        self.index.get(&name).copied()
    }

    /// The names in order.
    pub fn as_slice(&self) -> &[Name] {
        &self.order
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}
