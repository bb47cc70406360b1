//! Simplifies `SWAP`s, as part of `peephole`: runs of them become the shortest run with the same
//! effect, and those before stores vanish when the stores can change places instead.

use super::graph::Instr;
use kaa_bytecode::Opcode;

/// Simplifies all `SWAP`s of a block.
pub(super) fn simplify(instrs: &mut [Instr]) {
    let mut index = 0;
    while index < instrs.len() {
        if instrs[index].opcode == Opcode::Swap {
            index = shorten_run(instrs, index);
            apply_to_stores(instrs, index);
        }
        index += 1;
    }
}

/// Replaces the run of `SWAP`s and `NOP`s from `start` on by an optimal one, which stands at the
/// run's end. The index of the run's last instruction, or `start` if there was nothing to do.
fn shorten_run(instrs: &mut [Instr], start: usize) -> usize {
    let run = instrs[start..].iter().take_while(|instr| matches!(instr.opcode, Opcode::Swap | Opcode::Nop)).count();
    let run = &mut instrs[start..start + run];
    let swaps = || run.iter().filter(|instr| instr.opcode == Opcode::Swap);
    if swaps().count() < 2 {
        return start;
    }
    // Where each stack item (0 is the top) comes from when the run is done.
    let depth = swaps().map(|swap| swap.arg as usize).max().unwrap_or(0);
    let mut from: Vec<Option<usize>> = (0..depth).map(Some).collect();
    for swap in swaps() {
        from.swap(0, swap.arg as usize - 1);
    }
    // A cycle of the permutation is put right by swaps of its members with the top. They are
    // written backwards, from the end of the run.
    let mut unused = run.len();
    for first in 0..depth {
        if from[first].is_none() || from[first] == Some(first) {
            continue;
        }
        let mut item = first;
        loop {
            if item != 0 {
                unused -= 1;
                run[unused].set(Opcode::Swap, item as u32 + 1);
            }
            match from[item].take() {
                Some(next) => item = next,
                None => break,
            }
        }
    }
    for instr in &mut run[..unused] {
        instr.set_nop();
    }
    start + run.len() - 1
}

/// What may change places with its like: it takes the top of the stack and can neither raise nor
/// jump.
fn is_swappable(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::StoreFast | Opcode::StoreFastMaybeNull | Opcode::PopTop)
}

/// The local that an instruction stores to.
fn stored_local(instr: &Instr) -> Option<u32> {
    matches!(instr.opcode, Opcode::StoreFast | Opcode::StoreFastMaybeNull).then_some(instr.arg)
}

/// The next swappable instruction behind `index` with nothing but `NOP`s between, all of them on
/// `line` if there is one.
fn next_swappable(instrs: &[Instr], index: usize, line: i32) -> Option<usize> {
    for (offset, instr) in instrs[index + 1..].iter().enumerate() {
        // Across lines the order of stores could be seen by tracing.
        if line >= 0 && instr.span.line != line {
            return None;
        }
        if instr.opcode != Opcode::Nop {
            return is_swappable(instr.opcode).then_some(index + 1 + offset);
        }
    }
    None
}

/// Applies the `SWAP`s up to `end` by exchanging the instructions that take the swapped items.
fn apply_to_stores(instrs: &mut [Instr], end: usize) {
    for index in (0..=end).rev() {
        let Instr { opcode, arg, .. } = instrs[index];
        if opcode != Opcode::Swap {
            if opcode == Opcode::Nop || is_swappable(opcode) {
                continue;
            }
            return;
        }
        let Some(near) = next_swappable(instrs, index, -1) else { return };
        let line = instrs[near].span.line;
        let mut far = near;
        for _ in 1..arg {
            let Some(next) = next_swappable(instrs, far, line) else { return };
            far = next;
        }
        // The last store to a variable must stay the last.
        let stores = [stored_local(&instrs[near]), stored_local(&instrs[far])];
        if stores[0].is_some() && stores[0] == stores[1] {
            return;
        }
        let collides = |instr: &Instr| {
            let local = stored_local(instr);
            local.is_some() && stores.contains(&local)
        };
        if instrs[near + 1..far.max(near + 1)].iter().any(collides) {
            return;
        }
        instrs[index].set_nop();
        instrs.swap(near, far);
    }
}
