//! Counts the predecessors of each block and empties those that cannot be reached.

use super::graph::{Graph, has};
use super::{CompileError, UnitMetadata};

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
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
        // Only block starts can stand before the end.
        let first = match blocks[block].has {
            bits if bits & has::BLOCK_MARK != 0 => 0,
            bits if bits & has::TARGET != 0 => instrs.len().saturating_sub(1),
            _ => instrs.len(),
        };
        let targets = instrs[first..].iter().filter(|instr| instr.opcode.has_target()).filter_map(|instr| instr.target);
        for target in next.into_iter().chain(targets) {
            blocks[target].predecessors += 1;
            if !blocks[target].visited {
                blocks[target].visited = true;
                worklist.push(target);
            }
        }
    }
    graph.worklist = worklist;
    for block in graph.blocks_mut().iter_mut().filter(|block| block.predecessors == 0) {
        block.empty();
        block.is_handler = false;
    }
    Ok(())
}
