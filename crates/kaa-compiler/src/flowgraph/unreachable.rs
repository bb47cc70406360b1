//! Counts the predecessors of each block and empties those that cannot be reached.

use super::graph::{BlockId, Blocks, Graph, Instr, has};
use super::{CompileError, UnitMetadata};

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    for block in graph.blocks_mut() {
        block.predecessors = 0;
        block.visited = false;
    }
    let entry = graph.entry();
    graph[entry].predecessors = 1;
    if graph.block_count() == 1 {
        return Ok(());
    }
    if !count_in_order(graph) {
        count_along_paths(graph);
    }
    for block in graph.blocks_mut().iter_mut().filter(|block| block.predecessors == 0) {
        block.empty();
        block.is_handler = false;
    }
    Ok(())
}

/// Counts in one go through the blocks, which is right as long as each block is reached from one
/// before it, if at all. Whether that was so.
fn count_in_order(graph: &mut Graph) -> bool {
    let mut missed = false;
    graph.for_each_block(|graph, block| {
        // The blocks that are behind us.
        graph[block].visited = true;
        if graph[block].predecessors == 0 {
            return;
        }
        let next = graph.fall_through(block);
        let (mut blocks, instrs) = graph.split(block);
        for successor in successors(&blocks, block, instrs, next) {
            let successor = &mut blocks[successor];
            missed |= successor.visited && successor.predecessors == 0;
            successor.predecessors += 1;
        }
    });
    !missed
}

/// Counts along all paths from the entry.
fn count_along_paths(graph: &mut Graph) {
    for block in graph.blocks_mut() {
        block.predecessors = 0;
        block.visited = false;
    }
    let mut worklist = std::mem::take(&mut graph.worklist);
    let entry = graph.entry();
    graph[entry].predecessors = 1;
    graph[entry].visited = true;
    worklist.push(entry);
    while let Some(block) = worklist.pop() {
        let next = graph.fall_through(block);
        let (mut blocks, instrs) = graph.split(block);
        for successor in successors(&blocks, block, instrs, next) {
            blocks[successor].predecessors += 1;
            if !blocks[successor].visited {
                blocks[successor].visited = true;
                worklist.push(successor);
            }
        }
    }
    graph.worklist = worklist;
}

/// Where control goes from a block: into the `next` one, to jump targets and handlers.
#[inline]
fn successors<'i>(
    blocks: &Blocks<'_>,
    block: BlockId,
    instrs: &'i [Instr],
    next: Option<BlockId>,
) -> impl Iterator<Item = BlockId> + use<'i> {
    // Only block starts can stand before the end.
    let first = match blocks[block].has {
        bits if bits & has::BLOCK_MARK != 0 => 0,
        bits if bits & has::TARGET != 0 => instrs.len().saturating_sub(1),
        _ => instrs.len(),
    };
    let targets = instrs[first..].iter().filter(|instr| instr.opcode.has_target()).filter_map(|instr| instr.target);
    next.into_iter().chain(targets)
}
