//! Removes `NOP`s that no line event needs, and jumps to what comes next anyway.

use super::graph::{BlockId, Graph, has};
use super::{CompileError, UnitMetadata};

/// Removes `NOP`s and jumps until none is left to remove.
pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    remove_nops_and_jumps(graph);
    Ok(())
}

pub(super) fn remove_nops_and_jumps(graph: &mut Graph) {
    loop {
        let changed = remove_nops(graph);
        let has_nops = graph.any_has(has::NOP);
        let jumps = remove_jumps(graph);
        if !(jumps || changed && has_nops) {
            break;
        }
    }
}

/// Whether anything was removed.
pub(super) fn remove_nops(graph: &mut Graph) -> bool {
    let mut changed = false;
    if graph.any_has(has::NOP) {
        graph.for_each_block(|graph, block| changed |= remove_nops_of_block(graph, block));
    }
    changed
}

/// Whether anything was removed.
#[inline]
pub(super) fn remove_nops_of_block(graph: &mut Graph, block: BlockId) -> bool {
    graph[block].has & has::NOP != 0 && find_and_remove_nops(graph, block)
}

fn find_and_remove_nops(graph: &mut Graph, block: BlockId) -> bool {
    use kaa_bytecode::Opcode::Nop;
    let len = graph.len(block);
    let Some(first) = graph.instrs(block).iter().position(|instr| instr.opcode == Nop) else {
        graph[block].has &= !has::NOP;
        return false;
    };
    let following_line =
        if graph.last(block).is_some_and(|last| last.opcode == Nop) { following_line(graph, block) } else { None };
    let instrs = graph.instrs_mut(block);
    let mut kept = first;
    let mut kept_nops = false;
    let mut previous_line = if first == 0 { -1 } else { instrs[first - 1].span.line };
    for index in first..len {
        let instr = instrs[index];
        let line = instr.span.line;
        if instr.opcode == Nop {
            if line < 0 || line == previous_line {
                continue;
            }
            if index + 1 < len {
                let next = &mut instrs[index + 1];
                if next.span.line == line {
                    continue;
                }
                if next.span.line < 0 {
                    next.span = instr.span;
                    continue;
                }
            } else if following_line == Some(line) {
                continue;
            }
        }
        kept_nops |= instr.opcode == Nop;
        instrs[kept] = instr;
        kept += 1;
        previous_line = line;
    }
    graph.truncate(block, kept);
    if !kept_nops {
        graph[block].has &= !has::NOP;
    }
    kept != len
}

/// The line on which control goes on behind the block: that of the next instruction in order that
/// is not a `NOP` without a line (such a `NOP` is about to go).
fn following_line(graph: &Graph, block: BlockId) -> Option<i32> {
    let next = graph.nonempty_from(graph[block].next)?;
    graph
        .instrs(next)
        .iter()
        .find(|instr| !(instr.opcode == kaa_bytecode::Opcode::Nop && instr.span.line < 0))
        .map(|instr| instr.span.line)
}

/// Turns unconditional jumps to the next instruction into `NOP`s. Whether there were any.
fn remove_jumps(graph: &mut Graph) -> bool {
    let mut changed = false;
    if !graph.any_has(has::ALWAYS_JUMPS) {
        return false;
    }
    graph.for_each_block(|graph, block| {
        if graph[block].has & has::ALWAYS_JUMPS == 0 {
            return;
        }
        let Some(&last) = graph.last_with_target(block) else { return };
        if last.opcode.is_unconditional_jump()
            && let Some(next) = graph.nonempty_from(graph[block].next)
            && graph.nonempty_from(last.target) == Some(next)
        {
            graph.drop_last(block);
            changed = true;
        }
    });
    changed
}
