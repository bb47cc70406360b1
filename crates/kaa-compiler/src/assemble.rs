//! The assembler: from the finished flow graph to the code object. It decides the direction and
//! distance of jumps, encodes instructions with their prefixes and caches, and makes the location
//! table, the exception table and the list of the frame's slots.

use crate::flowgraph::{Flow, Graph};
use crate::instruction_sequence::NEXT_LOCATION;
use crate::{AssembleContext, CompileError, ErrorKind, InstructionSequence, UnitMetadata};
use kaa_ast::Span;
use kaa_bytecode::{
    CodeObject, ExceptionEntry, Location, LocationTableWriter, Opcode, TextBytes, flags, kind, write_exception_entry,
};

/// What is used again from one code unit to the next.
#[derive(Default)]
pub struct Workspace {
    flow: Flow,
    placed: Vec<Placed>,
    /// By block, the index of the first instruction from its start on.
    first: Vec<u32>,
    /// The indices of the instructions that jump.
    jumps: Vec<u32>,
}

/// Takes a code unit through the flow graph and makes its code object.
pub fn assemble(
    mut unit: UnitMetadata,
    sequence: &InstructionSequence,
    context: &mut AssembleContext<'_, '_>,
) -> Result<CodeObject, CompileError> {
    context.workspace.flow.optimize(sequence, &mut unit)?;
    code_object(unit, context)
}

/// The code object of a unit whose graph has gone through all passes.
fn code_object(unit: UnitMetadata, context: &mut AssembleContext<'_, '_>) -> Result<CodeObject, CompileError> {
    let workspace = &mut *context.workspace;
    let graph = &workspace.flow.graph;
    place(graph, &mut workspace.placed, &mut workspace.first);
    let size = resolve_jumps(&mut workspace.placed, &mut workspace.jumps)?;
    let placed = &workspace.placed;
    let code = encode(placed, size);
    let linetable = location_table(placed, unit.firstlineno);
    let exceptiontable = exception_table(placed, size);
    // No frame is without a stack, as in CPython.
    let stacksize = graph.stack_depth.max(1);
    let (localsplusnames, localspluskinds) = frame_slots(&unit, context);
    let mut text = |name| context.texts.get(name, context.names);
    let name = unit.name.map_or_else(|| TextBytes::from([]), &mut text);
    let qualname = if unit.qualname.as_bytes() == &name[..] { name.clone() } else { unit.qualname.as_bytes().into() };
    Ok(CodeObject {
        argcount: unit.posonlyargcount + unit.argcount,
        posonlyargcount: unit.posonlyargcount,
        kwonlyargcount: unit.kwonlyargcount,
        stacksize,
        flags: unit.flags,
        code,
        consts: unit.consts.into_vec().into(),
        names: unit.names.as_slice().iter().map(|&name| text(name)).collect(),
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

/// An instruction in its place in the code.
struct Placed {
    opcode: Opcode,
    arg: u32,
    span: Span,
    /// The index of the instruction that a jump goes to.
    target: u32,
    handler: Option<Handler>,
    /// Where it starts, in code units.
    offset: u32,
}

/// An exception handler.
#[derive(Clone, Copy)]
struct Handler {
    /// The index of its first instruction.
    start: u32,
    /// How deep the stack is there.
    depth: i32,
    keeps_lasti: bool,
}

impl Placed {
    /// Size in code units, with prefixes and caches.
    fn size(&self) -> u32 {
        let prefixes = u32::from(self.arg > 0xff) + u32::from(self.arg > 0xffff) + u32::from(self.arg > 0xff_ffff);
        prefixes + 1 + self.opcode.caches() as u32
    }
}

/// Puts the instructions of all blocks in a row.
fn place(graph: &Graph, placed: &mut Vec<Placed>, first: &mut Vec<u32>) {
    first.clear();
    first.resize(graph.block_count(), 0);
    let mut count = 0;
    for block in graph.order() {
        first[block.index()] = count;
        count += graph.len(block) as u32;
    }
    placed.clear();
    placed.reserve(count as usize);
    for block in graph.order() {
        for instr in graph.instrs(block) {
            let handler = instr.handler.map(|handler| Handler {
                start: first[handler.index()],
                depth: graph[handler].start_depth,
                keeps_lasti: graph[handler].keeps_lasti,
            });
            let mut arg = instr.arg;
            let mut target = 0;
            if instr.opcode.has_jump() {
                target = first[instr.target.expect("a jump has a target").index()];
                // A first guess, which matters: see `resolve_jumps`.
                arg = target;
            }
            let forward = target as usize > placed.len();
            let opcode = match instr.opcode {
                Opcode::Jump | Opcode::JumpNoInterrupt if forward => Opcode::JumpForward,
                Opcode::Jump => Opcode::JumpBackward,
                Opcode::JumpNoInterrupt => Opcode::JumpBackwardNoInterrupt,
                opcode => opcode,
            };
            placed.push(Placed { opcode, arg, span: instr.span, target, handler, offset: 0 });
        }
    }
}

/// From the `SEND` that `END_ASYNC_FOR` names to the `END_SEND` behind it, which is what
/// `sys.monitoring` wants to find.
const SEND_TO_END_SEND: u32 = 5;

/// Computes the offsets of instructions and the distances of jumps; the size of the code.
///
/// Long jumps need prefixes, which make other jumps longer. The rounds start from the sizes that
/// the indices of the targets would need, as in CPython: with other sizes they could end with other
/// prefixes.
fn resolve_jumps(placed: &mut [Placed], jumps: &mut Vec<u32>) -> Result<u32, CompileError> {
    jumps.clear();
    jumps.extend((0..).zip(placed.iter()).filter(|(_, instr)| instr.opcode.has_jump()).map(|(index, _)| index));
    loop {
        let mut size = 0_u32;
        for instr in &mut *placed {
            instr.offset = size;
            size = size
                .checked_add(instr.size())
                .filter(|&size| size < 1 << 30)
                .ok_or_else(|| CompileError::new(ErrorKind::Overflow, "code object is too large"))?;
        }
        let mut changed = false;
        for &index in &*jumps {
            let instr = &placed[index as usize];
            let old_size = instr.size();
            let end = instr.offset + old_size;
            let target = placed[instr.target as usize].offset;
            let instr = &mut placed[index as usize];
            instr.arg = match instr.opcode {
                Opcode::EndAsyncFor => (end - target).saturating_sub(SEND_TO_END_SEND),
                _ => end.abs_diff(target),
            };
            changed |= instr.size() != old_size;
        }
        if !changed {
            return Ok(size);
        }
    }
}

fn encode(placed: &[Placed], size: u32) -> Box<[u8]> {
    let mut code = vec![0; size as usize * 2].into_boxed_slice();
    for instr in placed {
        let caches = instr.opcode.caches();
        let units = instr.size() as usize - caches;
        let start = instr.offset as usize * 2;
        for (index, unit) in code[start..start + units * 2].chunks_exact_mut(2).enumerate() {
            let behind = units - 1 - index;
            unit[0] = if behind == 0 { instr.opcode.number() as u8 } else { Opcode::ExtendedArg.number() as u8 };
            unit[1] = (instr.arg >> (8 * behind)) as u8;
        }
    }
    code
}

fn location_table(placed: &[Placed], first_line: i32) -> Box<[u8]> {
    let mut table = LocationTableWriter::new(first_line);
    for (index, instr) in placed.iter().enumerate() {
        let Span { line, col, end_line, end_col } = resolved_span(&placed[index..]);
        table.push(Location { line, end_line, column: col, end_column: end_col }, instr.size() as usize);
    }
    table.finish()
}

/// The position of the first of some instructions, which may be that of one behind it.
fn resolved_span(instrs: &[Placed]) -> Span {
    for instr in instrs {
        if instr.span != NEXT_LOCATION {
            return instr.span;
        }
        if instr.opcode.is_terminator() {
            break;
        }
    }
    Span::NONE
}

/// An entry for each run of instructions with the same handler.
fn exception_table(placed: &[Placed], size: u32) -> Box<[u8]> {
    let mut table = Vec::new();
    let mut current: Option<(u32, Handler)> = None;
    let mut end_run = |current: Option<(u32, Handler)>, end: u32| {
        if let Some((start, handler)) = current {
            // The depth below what the handler gets: the exception and perhaps the offset.
            let pushed = 1 + i32::from(handler.keeps_lasti);
            let entry = ExceptionEntry {
                start: start * 2,
                end: end * 2,
                target: placed[handler.start as usize].offset * 2,
                depth: (handler.depth - pushed).max(0) as u32,
                lasti: handler.keeps_lasti,
            };
            write_exception_entry(&mut table, &entry);
        }
    };
    for instr in placed {
        if instr.handler.map(|handler| handler.start) != current.map(|(_, handler)| handler.start) {
            end_run(current, instr.offset);
            current = instr.handler.map(|handler| (instr.offset, handler));
        }
    }
    end_run(current, size);
    table.into()
}

/// Names and kinds of the slots of a frame: locals, then cells that are not locals, then free
/// variables.
fn frame_slots(unit: &UnitMetadata, context: &mut AssembleContext<'_, '_>) -> (Box<[TextBytes]>, Box<[u8]>) {
    let has = |flag| u32::from(unit.flags & flag != 0);
    // How many parameters of each kind there are, in the order of the frame.
    let parameters = [
        (unit.posonlyargcount, kind::ARG_POS),
        (unit.argcount, kind::ARG_POS | kind::ARG_KW),
        (unit.kwonlyargcount, kind::ARG_KW),
        (has(flags::VARARGS), kind::ARG_VAR | kind::ARG_POS),
        (has(flags::VARKEYWORDS), kind::ARG_VAR | kind::ARG_KW),
    ];
    let mut names = unit.varnames.as_slice().to_vec();
    let mut kinds: Vec<u8> = parameters
        .into_iter()
        .flat_map(|(count, kind)| std::iter::repeat_n(kind, count as usize))
        .chain(std::iter::repeat(0))
        .map(|kind| kind | kind::LOCAL)
        .take(names.len())
        .collect();
    for name in &unit.fasthidden {
        if let Some(position) = unit.varnames.position(*name) {
            kinds[position as usize] |= kind::HIDDEN;
        }
    }
    for &name in &unit.cellvars {
        match unit.varnames.position(name) {
            Some(position) => kinds[position as usize] |= kind::CELL,
            None => {
                names.push(name);
                kinds.push(kind::CELL);
            }
        }
    }
    names.extend_from_slice(&unit.freevars);
    kinds.resize(names.len(), kind::FREE);
    let names = names.into_iter().map(|name| context.texts.get(name, context.names)).collect();
    (names, kinds.into())
}
