//! The assembler: from the finished flow graph to the code object. It decides the direction and
//! distance of jumps, encodes instructions with their prefixes and caches, and makes the location
//! table, the exception table and the list of the frame's slots.

use crate::flowgraph::{BlockId, Flow, Graph, Instr};
use crate::instruction_sequence::NEXT_LOCATION;
use crate::{AssembleContext, CompileError, ErrorKind, InstructionSequence, UnitMetadata};
use kaa_ast::{Name, Span};
use kaa_bytecode::{
    CodeObject, ExceptionEntry, Location, LocationTableWriter, NameList, Opcode, TextBytes, flags, kind,
    write_exception_entry,
};

/// What is used again from one code unit to the next.
#[derive(Default)]
pub struct Workspace {
    flow: Flow,
    layouts: Vec<Layout>,
    /// By block.
    places: Vec<Place>,
    locations: Vec<u8>,
    exceptions: Vec<u8>,
}

impl Workspace {
    /// Takes a code unit through the flow graph, which the workspace then holds.
    pub fn optimize(&mut self, sequence: &InstructionSequence, unit: &mut UnitMetadata) -> Result<(), CompileError> {
        self.flow.optimize(sequence, unit)
    }

    /// The graph of the code unit.
    pub(crate) fn flow(&mut self) -> &mut Flow {
        &mut self.flow
    }
}

/// The code object of the unit whose graph has gone through all passes.
pub fn assemble(unit: &mut UnitMetadata, context: &mut AssembleContext<'_, '_>) -> Result<CodeObject, CompileError> {
    let workspace = &mut *context.workspace;
    let graph = &workspace.flow.graph;
    lay_out(graph, &mut workspace.layouts, &mut workspace.places);
    let size = resolve_jumps(&mut workspace.layouts, &mut workspace.places)?;
    let mut emitter = Emitter {
        code: vec![[0; 2]; size as usize],
        offset: 0,
        locations: LocationTableWriter::with_buffer(unit.firstlineno, std::mem::take(&mut workspace.locations)),
        span: Span::NONE,
        span_start: 0,
        exceptions: std::mem::take(&mut workspace.exceptions),
        handler: None,
        handler_start: 0,
        graph,
        places: &workspace.places,
    };
    emitter.exceptions.clear();
    for layout in &workspace.layouts {
        emitter.block(layout);
    }
    emitter.end_span(emitter.offset);
    emitter.end_handler(emitter.offset);
    let Emitter { code, locations, exceptions, .. } = emitter;
    let (locations, locations_length) = locations.finish_buffer();
    let linetable = locations[..locations_length].into();
    let exceptiontable = exceptions[..].into();
    (workspace.locations, workspace.exceptions) = (locations, exceptions);
    // No frame is without a stack, as in CPython.
    let stacksize = graph.stack_depth.max(1);
    let (localsplusnames, localspluskinds) = frame_slots(unit, context);
    let name = unit.name.map_or_else(|| TextBytes::from([]), |name| context.texts.get(name, context.names));
    let qualname = if unit.qualname.as_bytes() == &name[..] { name.clone() } else { unit.qualname.as_bytes().into() };
    Ok(CodeObject {
        argcount: unit.posonlyargcount + unit.argcount,
        posonlyargcount: unit.posonlyargcount,
        kwonlyargcount: unit.kwonlyargcount,
        stacksize,
        flags: unit.flags,
        code: code.into_flattened().into(),
        consts: unit.consts.take(),
        names: context.texts.list(unit.names.as_slice(), context.names),
        localsplusnames,
        localspluskinds,
        filename: context.filename.clone(),
        name,
        qualname,
        firstlineno: unit.firstlineno,
        linetable,
        exceptiontable,
    })
}

/// Where a block stands in the code.
#[derive(Clone, Copy, Default)]
struct Place {
    /// How many instructions stand before it.
    first: u32,
    /// How many code units stand before it.
    offset: u32,
}

/// A block and its jump, of which it has one at most.
struct Layout {
    block: BlockId,
    /// Size of the instructions but the jump, in code units.
    fixed_size: u32,
    jump: Option<Jump>,
}

struct Jump {
    /// Its index in the block.
    index: u32,
    opcode: Opcode,
    target: BlockId,
    arg: u32,
    /// Size of the instructions before it.
    before: u32,
}

/// Size of an instruction in code units, with prefixes and caches.
#[inline]
fn size_of(opcode: Opcode, arg: u32) -> u32 {
    1 + opcode.caches() as u32 + prefixes(arg)
}

/// How many prefixes the argument needs.
#[inline]
fn prefixes(arg: u32) -> u32 {
    if arg <= 0xff { 0 } else { 1 + u32::from(arg > 0xffff) + u32::from(arg > 0xff_ffff) }
}

/// Measures the blocks and finds their jumps.
fn lay_out(graph: &Graph, layouts: &mut Vec<Layout>, places: &mut Vec<Place>) {
    places.clear();
    places.resize(graph.block_count(), Place::default());
    let mut count = 0;
    for block in graph.order() {
        places[block.index()].first = count;
        count += graph.len(block) as u32;
    }
    layouts.clear();
    for block in graph.order() {
        let mut layout = Layout { block, fixed_size: 0, jump: None };
        let instrs = graph.instrs(block);
        // A jump is the last instruction, or has `NOT_TAKEN` behind it.
        let certain = instrs.len().saturating_sub(2);
        for instr in &instrs[..certain] {
            layout.fixed_size += size_of(instr.opcode, instr.arg);
        }
        for (index, instr) in (certain as u32..).zip(&instrs[certain..]) {
            if !instr.opcode.has_jump() {
                layout.fixed_size += size_of(instr.opcode, instr.arg);
                continue;
            }
            let target = instr.target.expect("a jump has a target");
            let target_index = places[target.index()].first;
            let forward = target_index > places[block.index()].first + index;
            let opcode = match instr.opcode {
                Opcode::Jump | Opcode::JumpNoInterrupt if forward => Opcode::JumpForward,
                Opcode::Jump => Opcode::JumpBackward,
                Opcode::JumpNoInterrupt => Opcode::JumpBackwardNoInterrupt,
                opcode => opcode,
            };
            // The argument is a first guess, which matters: see `resolve_jumps`.
            layout.jump = Some(Jump { index, opcode, target, arg: target_index, before: layout.fixed_size });
        }
        layouts.push(layout);
    }
}

/// From the `SEND` that `END_ASYNC_FOR` names to the `END_SEND` behind it, which is what
/// `sys.monitoring` wants to find.
const SEND_TO_END_SEND: u32 = 5;

/// Computes the offsets of blocks and the distances of jumps; the size of the code.
///
/// Long jumps need prefixes, which make other jumps longer. The rounds start from the sizes that
/// the indices of the targets would need, as in CPython: with other sizes they could end with other
/// prefixes.
fn resolve_jumps(layouts: &mut [Layout], places: &mut [Place]) -> Result<u32, CompileError> {
    loop {
        let mut size = 0_u32;
        for layout in &*layouts {
            places[layout.block.index()].offset = size;
            let jump = layout.jump.as_ref().map_or(0, |jump| size_of(jump.opcode, jump.arg));
            size = size
                .checked_add(layout.fixed_size + jump)
                .filter(|&size| size < 1 << 30)
                .ok_or_else(|| CompileError::new(ErrorKind::Overflow, "code object is too large"))?;
        }
        let mut changed = false;
        for layout in &mut *layouts {
            let Some(jump) = &mut layout.jump else { continue };
            let old_prefixes = prefixes(jump.arg);
            let end = places[layout.block.index()].offset + jump.before + size_of(jump.opcode, jump.arg);
            let distance = end.abs_diff(places[jump.target.index()].offset);
            jump.arg = match jump.opcode {
                Opcode::EndAsyncFor => distance.saturating_sub(SEND_TO_END_SEND),
                _ => distance,
            };
            changed |= prefixes(jump.arg) != old_prefixes;
        }
        if !changed {
            return Ok(size);
        }
    }
}

/// Writes the code, the location table and the exception table side by side.
struct Emitter<'w> {
    code: Vec<[u8; 2]>,
    /// How far the code is written, in code units.
    offset: u32,
    locations: LocationTableWriter,
    /// The position of the last instruction, and where its run of instructions began.
    span: Span,
    span_start: u32,
    exceptions: Vec<u8>,
    /// The handler of the last instruction, and where its run of instructions began.
    handler: Option<BlockId>,
    handler_start: u32,
    graph: &'w Graph,
    places: &'w [Place],
}

impl Emitter<'_> {
    fn block(&mut self, layout: &Layout) {
        let instrs = self.graph.instrs(layout.block);
        let Some(jump) = &layout.jump else { return self.run(layout.block, instrs, 0) };
        let (before, behind) = instrs.split_at(jump.index as usize);
        self.run(layout.block, before, 0);
        if let Some((instr, behind)) = behind.split_first() {
            let resolved = Instr { opcode: jump.opcode, arg: jump.arg, ..*instr };
            self.run(layout.block, &[resolved], before.len());
            self.run(layout.block, behind, before.len() + 1);
        }
    }

    /// Writes instructions of a block, of which `first` is the index of the first one. The arguments
    /// of jumps are distances.
    #[inline]
    fn run(&mut self, block: BlockId, instrs: &[Instr], first: usize) {
        // Kept out of memory: each instruction waits for it.
        let mut offset = self.offset;
        for (index, instr) in instrs.iter().enumerate() {
            if instr.handler != self.handler {
                self.switch_handler(instr.handler, offset);
            }
            if !instr.span.is(self.span) {
                match instr.span {
                    span if span.line != NEXT_LOCATION.line => self.switch_span(span, offset),
                    _ => match span_behind(self.graph, block, first + index) {
                        span if !span.is(self.span) => self.switch_span(span, offset),
                        _ => {}
                    },
                }
            }
            if instr.arg > 0xff {
                offset = self.write_prefixes(instr.arg, offset);
            }
            self.code[offset as usize] = [instr.opcode.number() as u8, instr.arg as u8];
            offset += 1 + instr.opcode.caches() as u32;
        }
        self.offset = offset;
    }

    /// Goes over to another position.
    #[inline]
    fn switch_span(&mut self, span: Span, offset: u32) {
        self.end_span(offset);
        self.span = span;
    }

    /// Writes the position that has been in force up to an offset.
    #[inline]
    fn end_span(&mut self, offset: u32) {
        let Span { line, col, end_line, end_col } = self.span;
        let location = Location { line, end_line, column: col, end_column: end_col };
        self.locations.push_run(location, (offset - self.span_start) as usize);
        self.span_start = offset;
    }

    /// Writes the prefixes of an instruction; the offset behind them.
    fn write_prefixes(&mut self, arg: u32, offset: u32) -> u32 {
        let prefixes = prefixes(arg);
        let units = self.code[offset as usize..].iter_mut().zip((1..=prefixes).rev());
        for (unit, behind) in units {
            *unit = [Opcode::ExtendedArg.number() as u8, (arg >> (8 * behind)) as u8];
        }
        offset + prefixes
    }

    /// Goes over to another handler. Handlers that start with the same instruction are one.
    fn switch_handler(&mut self, handler: Option<BlockId>, offset: u32) {
        let first = |handler: Option<BlockId>| handler.map(|handler| self.places[handler.index()].first);
        if first(handler) == first(self.handler) {
            return;
        }
        self.end_handler(offset);
        self.handler = handler;
        self.handler_start = offset;
    }

    /// Writes the entry of the handler that has been in force up to an offset.
    fn end_handler(&mut self, end: u32) {
        let Some(handler) = self.handler.take() else { return };
        let Place { offset, .. } = self.places[handler.index()];
        let handler = &self.graph[handler];
        // The depth below what the handler gets: the exception and perhaps the offset.
        let pushed = 1 + i32::from(handler.keeps_lasti);
        let entry = ExceptionEntry {
            start: self.handler_start * 2,
            end: end * 2,
            target: offset * 2,
            depth: (handler.start_depth - pushed).max(0) as u32,
            lasti: handler.keeps_lasti,
        };
        write_exception_entry(&mut self.exceptions, &entry);
    }
}

/// The position of an instruction that stands where the next one does.
fn span_behind(graph: &Graph, block: BlockId, index: usize) -> Span {
    let rest = std::iter::successors(graph[block].next, |&block| graph[block].next);
    let behind = graph.instrs(block)[index..].iter().chain(rest.flat_map(|block| graph.instrs(block)));
    let is_last = |instr: &&Instr| instr.span != NEXT_LOCATION || instr.opcode.is_terminator();
    behind.into_iter().find(is_last).map(|instr| instr.span).filter(|&span| span != NEXT_LOCATION).unwrap_or(Span::NONE)
}

/// Names and kinds of the slots of a frame: locals, then cells that are not locals, then free
/// variables.
fn frame_slots(unit: &UnitMetadata, context: &mut AssembleContext<'_, '_>) -> (NameList, Box<[u8]>) {
    let has = |flag| u32::from(unit.flags & flag != 0);
    // How many parameters of each kind there are, in the order of the frame.
    let parameters = [
        (unit.posonlyargcount, kind::ARG_POS),
        (unit.argcount, kind::ARG_POS | kind::ARG_KW),
        (unit.kwonlyargcount, kind::ARG_KW),
        (has(flags::VARARGS), kind::ARG_VAR | kind::ARG_POS),
        (has(flags::VARKEYWORDS), kind::ARG_VAR | kind::ARG_KW),
    ];
    let locals = unit.varnames.as_slice();
    let own_cells = unit.cellvars.iter().filter(|&&name| unit.varnames.position(name).is_none());
    let slots = locals.len() + own_cells.clone().count() + unit.freevars.len();
    let names = if slots == locals.len() {
        context.texts.list(locals, context.names)
    } else {
        let all: Vec<Name> = locals.iter().chain(own_cells).chain(&unit.freevars).copied().collect();
        context.texts.list(&all, context.names)
    };
    let mut kinds = Vec::with_capacity(slots);
    let argument_kinds = parameters
        .into_iter()
        .flat_map(|(count, kind)| std::iter::repeat_n(kind, count as usize))
        .chain(std::iter::repeat(0));
    kinds.extend(argument_kinds.take(locals.len()).map(|kind| kind | kind::LOCAL));
    for name in &unit.fasthidden {
        if let Some(position) = unit.varnames.position(*name) {
            kinds[position as usize] |= kind::HIDDEN;
        }
    }
    for &name in &unit.cellvars {
        match unit.varnames.position(name) {
            Some(position) => kinds[position as usize] |= kind::CELL,
            None => kinds.push(kind::CELL),
        }
    }
    kinds.resize(slots, kind::FREE);
    (names, kinds.into())
}
