//! Rewrites short sequences of instructions inside each block into better ones, and jumps to jumps
//! into jumps to where those go. Gaps become `NOP`s, which later passes remove.

use super::graph::{BlockId, Graph, Instr, find_positions, has};
use super::{CompileError, UnitMetadata, constant_folding, swaps};
use crate::ConstantTable;
use kaa_bytecode::Opcode;
use kaa_bytecode::operands::{ComparisonOperator, INVERT, Intrinsic1, LOAD_GLOBAL_PUSH_NULL};

const LIST_TO_TUPLE: u32 = Intrinsic1::ListToTuple as u32;
const UNARY_POSITIVE: u32 = Intrinsic1::UnaryPositive as u32;

pub fn run(graph: &mut Graph, unit: &mut UnitMetadata) -> Result<(), CompileError> {
    graph.for_each_block(|graph, block| {
        let mut found = Found::default();
        if graph[block].has & has::PEEPHOLE != 0 {
            let mut positions = std::mem::take(&mut graph.numbers);
            find_positions(graph.instrs(block), has::PEEPHOLE, &mut positions);
            found = rewrite(graph.instrs_mut(block), &positions, &mut unit.consts);
            graph.numbers = positions;
            graph[block].has |= found.features();
        }
        thread_jump(graph, block);
        if found.swaps {
            swaps::simplify(graph.instrs_mut(block));
        }
    });
    Ok(())
}

/// What `rewrite` has met.
#[derive(Default)]
struct Found {
    /// There are `SWAP`s.
    swaps: bool,
    /// Something was computed, and instructions have lost their positions.
    folding: bool,
    /// Instructions may have become `NOP`s.
    nops: bool,
}

impl Found {
    /// The bits of `has` for what is new in the block.
    fn features(&self) -> u32 {
        match self {
            Found { folding: true, .. } => has::NOP | has::NO_LINE,
            Found { nops: true, .. } | Found { swaps: true, .. } => has::NOP,
            _ => 0,
        }
    }
}

/// Rewrites the instructions of a block, its last jump excepted. `positions` are those of which
/// something may become.
fn rewrite(instrs: &mut [Instr], positions: &[u32], consts: &mut ConstantTable) -> Found {
    let mut found = Found::default();
    for &position in positions {
        let index = position as usize;
        let Instr { opcode, arg, span, .. } = instrs[index];
        match opcode {
            Opcode::BuildTuple => {
                if let Some(next) = instrs.get_mut(index + 1)
                    && next.opcode == Opcode::UnpackSequence
                    && next.arg == arg
                    && matches!(arg, 1..=3)
                {
                    // What is packed only to be unpacked is at most reversed.
                    if arg == 1 {
                        next.set_nop();
                    } else {
                        next.opcode = Opcode::Swap;
                    }
                    instrs[index].set_nop();
                } else {
                    found.folding |= constant_folding::fold_tuple(instrs, index, consts);
                }
            }
            Opcode::BuildList | Opcode::BuildSet => {
                found.folding |= constant_folding::fold_list_or_set(instrs, index, consts);
            }
            Opcode::ListAppend | Opcode::SetAdd
                if arg == 1 && matches!(next_opcode(instrs, index), Opcode::GetIter | Opcode::ContainsOp) =>
            {
                found.folding |= constant_folding::fold_appends(instrs, index, consts);
            }
            Opcode::CallIntrinsic1 if arg == LIST_TO_TUPLE => {
                found.folding |= constant_folding::fold_appends(instrs, index, consts);
                if instrs[index].opcode == opcode && next_opcode(instrs, index) == Opcode::GetIter {
                    instrs[index].set_nop();
                }
            }
            Opcode::CallIntrinsic1 if arg == UNARY_POSITIVE => {
                found.folding |= constant_folding::fold_unary(instrs, index, consts);
            }
            Opcode::UnaryInvert | Opcode::UnaryNegative => {
                found.folding |= constant_folding::fold_unary(instrs, index, consts);
            }
            Opcode::BinaryOp => {
                found.folding |= constant_folding::fold_binary(instrs, index, consts);
            }
            Opcode::StoreFast => {
                // Of two stores to one variable on one line only the second is seen.
                if let Some(next) = instrs.get(index + 1)
                    && next.opcode == Opcode::StoreFast
                    && next.arg == arg
                    && next.span.line == span.line
                {
                    instrs[index].set(Opcode::PopTop, 0);
                }
            }
            Opcode::Swap => {
                found.swaps = true;
                if arg == 1 {
                    instrs[index].set_nop();
                }
            }
            Opcode::LoadGlobal
                if next_opcode(instrs, index) == Opcode::PushNull && arg & LOAD_GLOBAL_PUSH_NULL == 0 =>
            {
                instrs[index].arg = arg | LOAD_GLOBAL_PUSH_NULL;
                instrs[index + 1].set_nop();
            }
            Opcode::CompareOp if next_opcode(instrs, index) == Opcode::ToBool => {
                move_on(instrs, index, arg | ComparisonOperator::TO_BOOL);
            }
            Opcode::ContainsOp | Opcode::IsOp => match next_opcode(instrs, index) {
                Opcode::ToBool => move_on(instrs, index, arg),
                Opcode::UnaryNot => move_on(instrs, index, arg ^ INVERT),
                _ => {}
            },
            Opcode::ToBool if next_opcode(instrs, index) == Opcode::ToBool => {
                instrs[index].set_nop();
            }
            Opcode::UnaryNot => match next_opcode(instrs, index) {
                Opcode::ToBool => move_on(instrs, index, 0),
                Opcode::UnaryNot => {
                    instrs[index].set_nop();
                    instrs[index + 1].set_nop();
                }
                _ => {
                    found.folding |= constant_folding::fold_unary(instrs, index, consts);
                }
            },
            _ => {}
        }
        found.nops |= instrs[index].opcode != opcode || next_opcode(instrs, index) == Opcode::Nop;
    }
    found
}

/// The opcode behind `index`; `CACHE`, which is never there, at the end.
fn next_opcode(instrs: &[Instr], index: usize) -> Opcode {
    instrs.get(index + 1).map_or(Opcode::Cache, |instr| instr.opcode)
}

/// Lets an instruction take the place of the one behind it, with another argument.
fn move_on(instrs: &mut [Instr], index: usize, arg: u32) {
    let opcode = instrs[index].opcode;
    instrs[index].set_nop();
    instrs[index + 1].set(opcode, arg);
}

/// Lets the jump at the end of a block go where the jumps that it goes to end up.
fn thread_jump(graph: &mut Graph, block: BlockId) {
    loop {
        let Some(&jump) = graph.last_with_target(block) else { return };
        let Some(target) = jump.target else { return };
        let Some(&first) = graph.instrs(target).first() else { return };
        use Opcode::*;
        let threaded = match (jump.opcode, first.opcode) {
            (PopJumpIfNone | PopJumpIfNotNone | PopJumpIfFalse | PopJumpIfTrue | JumpIfFalse | JumpIfTrue, Jump)
            | (JumpIfFalse, JumpIfFalse)
            | (JumpIfTrue, JumpIfTrue) => jump.opcode,
            (JumpIfFalse, JumpIfTrue) | (JumpIfTrue, JumpIfFalse) => {
                // The second jump is not taken then.
                let Some(next) = graph[target].next else { return };
                graph.last_mut(block).expect("the jump").target = Some(next);
                continue;
            }
            (Jump | JumpNoInterrupt, Jump) => Jump,
            (Jump | JumpNoInterrupt, JumpNoInterrupt) => jump.opcode,
            _ => return,
        };
        // Jumps that go in circles stay.
        if first.target == jump.target {
            return;
        }
        // The line of the first jump counts too: it stays as a `NOP` until that is known.
        graph.drop_last(block);
        graph.push_jump(block, threaded, first.target.expect("a jump has a target"), first.span);
    }
}
