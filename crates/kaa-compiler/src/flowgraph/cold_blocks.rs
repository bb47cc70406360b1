//! Moves the blocks that run only after an exception to the end of the code unit.

use super::graph::{Block, BlockId, Graph, has};
use super::{CompileError, UnitMetadata, redundant_nops};
use kaa_ast::Span;
use kaa_bytecode::Opcode;

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    if !graph.had(has::BLOCK_MARK) {
        return Ok(());
    }
    mark_warm(graph);
    mark_cold(graph);
    add_explicit_jumps(graph);
    if move_to_end(graph) {
        redundant_nops::remove_nops_and_jumps(graph);
    }
    Ok(())
}

/// Marks what can be reached from the entry without an exception.
fn mark_warm(graph: &mut Graph) {
    graph.clear_visited();
    let entry = graph.entry();
    graph[entry].visited = true;
    graph.worklist.push(entry);
    while let Some(block) = graph.worklist.pop() {
        graph[block].warm = true;
        visit_successors(graph, block, |_| true);
    }
}

/// Marks what can be reached from handlers and is not warm.
fn mark_cold(graph: &mut Graph) {
    graph.clear_visited();
    graph.for_each_block(|graph, block| {
        if graph[block].is_handler {
            graph[block].visited = true;
            graph.worklist.push(block);
        }
    });
    while let Some(block) = graph.worklist.pop() {
        graph[block].cold = true;
        visit_successors(graph, block, |successor| !successor.warm);
    }
}

fn visit_successors(graph: &mut Graph, block: BlockId, wanted: impl Fn(&Block) -> bool) {
    let jump = graph.last_with_target(block).filter(|last| last.opcode.has_jump()).and_then(|last| last.target);
    for successor in [graph.fall_through(block), jump].into_iter().flatten() {
        if !graph[successor].visited && wanted(&graph[successor]) {
            graph[successor].visited = true;
            graph.worklist.push(successor);
        }
    }
}

/// Lets cold blocks jump to the warm blocks that they now fall into.
fn add_explicit_jumps(graph: &mut Graph) {
    graph.for_each_block(|graph, block| {
        if !graph[block].cold {
            return;
        }
        if let Some(next) = graph.fall_through(block)
            && graph[next].warm
        {
            let jump = graph.insert_block_after(block);
            graph.push_jump(jump, Opcode::JumpNoInterrupt, next, Span::NONE);
            graph[jump].cold = true;
            graph[jump].predecessors = 1;
            graph[next].labeled = true;
        }
    });
}

/// Whether there were cold blocks.
fn move_to_end(graph: &mut Graph) -> bool {
    // First and last of the cold blocks taken out so far.
    let mut cold: Option<(BlockId, BlockId)> = None;
    let mut last_warm = graph.entry();
    let mut cursor = graph[last_warm].next;
    while let Some(block) = cursor {
        cursor = graph[block].next;
        if graph[block].cold {
            graph[last_warm].next = cursor;
            cold = match cold {
                None => Some((block, block)),
                Some((first, last)) => {
                    graph[last].next = Some(block);
                    Some((first, block))
                }
            };
        } else {
            last_warm = block;
        }
    }
    let Some((first, last)) = cold else { return false };
    graph[last].next = None;
    graph[last_warm].next = Some(first);
    true
}
