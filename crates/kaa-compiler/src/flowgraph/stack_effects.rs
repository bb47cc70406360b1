//! What instructions take from and put on the stack, by table where it does not depend on the
//! argument: the passes that ask do so for every instruction.

use kaa_bytecode::Opcode;

/// How many values an instruction takes and how many it puts.
#[derive(Clone, Copy)]
pub(super) struct StackEffect {
    pub(super) pops: u32,
    pub(super) pushes: u32,
}

impl StackEffect {
    const fn compute(opcode: Opcode, arg: u32) -> StackEffect {
        StackEffect { pops: opcode.pops(arg), pushes: opcode.pushes(arg) }
    }

    /// The effect of an instruction; for a block start that on its handler.
    #[inline]
    pub(super) fn of(opcode: Opcode, arg: u32) -> StackEffect {
        match TABLE[opcode as usize] {
            [VARIABLE, _] => StackEffect::compute(opcode, arg),
            [pops, pushes] => StackEffect { pops: u32::from(pops), pushes: u32::from(pushes) },
        }
    }

    /// How much deeper the stack is after an instruction; for a block start on its handler.
    #[inline]
    pub(super) fn net(opcode: Opcode, arg: u32) -> i32 {
        match NET[opcode as usize] {
            VARIABLE_NET => opcode.pushes(arg) as i32 - opcode.pops(arg) as i32,
            net => i32::from(net),
        }
    }
}

/// Instead of a number: it depends on the argument.
const VARIABLE: u8 = u8::MAX;

const COUNT: usize = Opcode::ALL[Opcode::ALL.len() - 1] as usize + 1;

/// By opcode, what it pops and what it pushes.
static TABLE: [[u8; 2]; COUNT] = {
    let mut table = [[0; 2]; COUNT];
    let mut index = 0;
    while index < Opcode::ALL.len() {
        let opcode = Opcode::ALL[index];
        // Arguments that make a difference for all effects there are: sums, low bits, bytes.
        let samples = [1, 2, 3, 7, 256];
        let fixed = StackEffect::compute(opcode, 1);
        let mut is_fixed = true;
        let mut sample = 0;
        while sample < samples.len() {
            let effect = StackEffect::compute(opcode, samples[sample]);
            is_fixed &= effect.pops == fixed.pops && effect.pushes == fixed.pushes;
            sample += 1;
        }
        table[opcode as usize] = if is_fixed { [fixed.pops as u8, fixed.pushes as u8] } else { [VARIABLE; 2] };
        index += 1;
    }
    table
};

/// Instead of a difference: it depends on the argument.
const VARIABLE_NET: i8 = i8::MIN;

/// By opcode, how much more it pushes than it pops.
static NET: [i8; COUNT] = {
    let mut net = [0; COUNT];
    let mut index = 0;
    while index < COUNT {
        net[index] = match TABLE[index] {
            [VARIABLE, _] => VARIABLE_NET,
            [pops, pushes] => pushes as i8 - pops as i8,
        };
        index += 1;
    }
    net
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_agrees_with_the_instructions() {
        for &opcode in Opcode::ALL {
            for arg in (1..300).chain([0xff00, 0x1_0000]) {
                let effect = StackEffect::of(opcode, arg);
                assert_eq!((effect.pops, effect.pushes), (opcode.pops(arg), opcode.pushes(arg)), "{opcode:?} {arg}");
                let net = effect.pushes as i32 - effect.pops as i32;
                assert_eq!(StackEffect::net(opcode, arg), net, "{opcode:?} {arg}");
            }
        }
    }
}
