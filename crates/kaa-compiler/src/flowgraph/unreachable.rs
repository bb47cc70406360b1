//! Counts the predecessors of each block and empties those that cannot be reached.

use super::graph::Graph;
use super::{CompileError, UnitMetadata};

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    graph.for_each_block(|graph, block| {
        graph[block].predecessors = 0;
        graph[block].visited = false;
    });
    let mut worklist = std::mem::take(&mut graph.worklist);
    let entry = graph.entry();
    graph[entry].predecessors = 1;
    graph[entry].visited = true;
    worklist.push(entry);
    while let Some(block) = worklist.pop() {
        let mut reach = |graph: &mut Graph, target| {
            graph[target].predecessors += 1;
            if !graph[target].visited {
                graph[target].visited = true;
                worklist.push(target);
            }
        };
        if let Some(next) = graph.fall_through(block) {
            reach(graph, next);
        }
        for index in 0..graph.len(block) {
            let instr = graph.instrs(block)[index];
            if instr.opcode.has_target() {
                reach(graph, instr.target.expect("a jump has a target"));
            }
        }
    }
    graph.worklist = worklist;
    graph.for_each_block(|graph, block| {
        if graph[block].predecessors == 0 {
            graph.truncate(block, 0);
            graph[block].is_handler = false;
        }
    });
    Ok(())
}
