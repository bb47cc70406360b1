//! Gives instructions without a source position one, where it can be told.
//!
//! A frame must know its line whenever it is left or interrupted. An exit without a line that has
//! several predecessors is therefore copied for each jump to it, and takes the line of the jump;
//! then positions spread inside blocks and into blocks with a single predecessor.

use super::graph::{BlockId, Graph, has};
use super::{CompileError, UnitMetadata};
use kaa_ast::Span;
use kaa_bytecode::effect;

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    if !graph.any_has(has::NO_LINE) {
        return Ok(());
    }
    if graph.order().any(|block| needs_line(graph, block)) {
        duplicate_exits_without_line(graph);
    }
    propagate(graph);
    Ok(())
}

/// Whether the block leaves the code unit or polls for signals, and does so on no line.
fn needs_line(graph: &Graph, block: BlockId) -> bool {
    graph[block].has & has::NO_LINE != 0
        && graph.has_no_line(block)
        && (graph.exits_scope(block)
            || graph.instrs(block).iter().any(|instr| instr.opcode.flags() & effect::EVAL_BREAK != 0))
}

fn duplicate_exits_without_line(graph: &mut Graph) {
    graph.for_each_block(|graph, block| {
        let Some(&last) = graph.last_with_target(block) else { return };
        if !last.opcode.has_jump() {
            return;
        }
        let Some(target) = graph.nonempty_from(last.target) else { return };
        if graph[target].predecessors > 1 && needs_line(graph, target) {
            let copy = graph.insert_block_after(target);
            graph.append_copy(copy, target);
            graph.instrs_mut(copy)[0].span = last.span;
            graph[copy].labeled = true;
            graph[copy].predecessors = 1;
            graph[target].predecessors -= 1;
            graph.last_mut(block).expect("the jump").target = Some(copy);
        }
    });
    // What is left can only be reached by falling into it, from one block.
    graph.for_each_block(|graph, block| {
        if let Some(next) = graph.fall_through(block)
            && let Some(&last) = graph.last(block)
            && needs_line(graph, next)
        {
            graph.instrs_mut(next)[0].span = last.span;
        }
    });
}

fn propagate(graph: &mut Graph) {
    graph.for_each_block(|graph, id| {
        let Some(&last) = graph.last(id) else { return };
        let block = graph[id];
        let mut span = last.span;
        if block.has & has::NO_LINE != 0 {
            span = propagate_inside(graph, id);
        }
        if let Some(next) = block.next
            && graph[next].has & has::NO_LINE != 0
            && graph[next].predecessors == 1
            && has::of(last.opcode) & has::END == 0
        {
            inherit(graph, next, span);
        }
        if has::of(last.opcode) & has::TARGET != 0 && last.opcode.has_jump() {
            let mut target = last.target.expect("a jump has a target");
            while graph.is_empty(target)
                && graph[target].predecessors == 1
                && let Some(next) = graph[target].next
            {
                target = next;
            }
            if graph[target].predecessors == 1 {
                inherit(graph, target, span);
            }
        }
    });
}

/// Gives the instructions of a block the positions of those before them; the last one's.
fn propagate_inside(graph: &mut Graph, block: BlockId) -> Span {
    let mut span = Span::NONE;
    let mut all_have_lines = true;
    for instr in graph.instrs_mut(block) {
        if instr.has_no_line() {
            instr.span = span;
        } else {
            span = instr.span;
        }
        all_have_lines &= instr.span.line >= 0;
    }
    if all_have_lines {
        graph[block].has &= !has::NO_LINE;
    }
    span
}

/// Gives the first instruction of a block a position if it has none.
fn inherit(graph: &mut Graph, block: BlockId, span: Span) {
    if graph[block].has & has::NO_LINE != 0
        && let Some(first) = graph.instrs_mut(block).first_mut()
        && first.has_no_line()
    {
        first.span = span;
    }
}
