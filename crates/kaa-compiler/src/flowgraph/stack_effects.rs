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
    /// The effect of an instruction; for a block start that on its handler.
    #[inline]
    pub(super) fn of(opcode: Opcode, arg: u32) -> StackEffect {
        let form = &FORMS[opcode as usize];
        if !form.is_linear {
            return StackEffect { pops: opcode.pops(arg), pushes: opcode.pushes(arg) };
        }
        StackEffect { pops: form.pops.at(arg), pushes: form.pushes.at(arg) }
    }

    /// How much deeper the stack is after an instruction; for a block start on its handler.
    #[inline]
    pub(super) fn net(opcode: Opcode, arg: u32) -> i32 {
        let net = NETS[opcode as usize];
        if !net.is_linear {
            return opcode.pushes(arg).wrapping_sub(opcode.pops(arg)) as i32;
        }
        let variable = i32::from(net.by_arg).wrapping_mul(arg as i32);
        variable.wrapping_add(i32::from(net.if_odd) * (arg & 1) as i32 + i32::from(net.constant))
    }
}

/// A count that depends on the argument: computed without a branch.
#[derive(Clone, Copy)]
struct Linear {
    constant: u8,
    /// So many for each unit of the argument,
    by_arg: u8,
    /// and so many if it is odd.
    if_odd: u8,
}

impl Linear {
    /// The form with these values for the arguments 0, 1 and 2.
    const fn through(values: [u32; 3]) -> Linear {
        let by_arg = (values[2] - values[0]) / 2;
        Linear { constant: values[0] as u8, by_arg: by_arg as u8, if_odd: (values[1] - values[0] - by_arg) as u8 }
    }

    #[inline]
    const fn at(self, arg: u32) -> u32 {
        let variable = (self.by_arg as u32).wrapping_mul(arg).wrapping_add(self.if_odd as u32 * (arg & 1));
        variable.wrapping_add(self.constant as u32)
    }
}

/// What an opcode takes and puts.
#[derive(Clone, Copy)]
struct Form {
    pops: Linear,
    pushes: Linear,
    /// Whether those are the counts; the few others count parts of their argument.
    is_linear: bool,
}

const COUNT: usize = Opcode::ALL[Opcode::ALL.len() - 1] as usize + 1;

/// By opcode.
static FORMS: [Form; COUNT] = {
    let none = Linear { constant: 0, by_arg: 0, if_odd: 0 };
    let mut forms = [Form { pops: none, pushes: none, is_linear: true }; COUNT];
    let mut index = 0;
    while index < Opcode::ALL.len() {
        let opcode = Opcode::ALL[index];
        let pops = Linear::through([opcode.pops(0), opcode.pops(1), opcode.pops(2)]);
        let pushes = Linear::through([opcode.pushes(0), opcode.pushes(1), opcode.pushes(2)]);
        // Arguments that make a difference for all effects there are: sums, low bits, bytes.
        let samples = [3, 7, 256, 1000];
        let mut is_linear = true;
        let mut sample = 0;
        while sample < samples.len() {
            let arg = samples[sample];
            is_linear &= pops.at(arg) == opcode.pops(arg) && pushes.at(arg) == opcode.pushes(arg);
            sample += 1;
        }
        forms[opcode as usize] = Form { pops, pushes, is_linear };
        index += 1;
    }
    forms
};

/// What an opcode puts less what it takes.
#[derive(Clone, Copy)]
struct Net {
    constant: i8,
    by_arg: i8,
    if_odd: i8,
    is_linear: bool,
}

/// By opcode.
static NETS: [Net; COUNT] = {
    let mut nets = [Net { constant: 0, by_arg: 0, if_odd: 0, is_linear: true }; COUNT];
    let mut index = 0;
    while index < COUNT {
        let Form { pops, pushes, is_linear } = FORMS[index];
        nets[index] = Net {
            constant: pushes.constant as i8 - pops.constant as i8,
            by_arg: pushes.by_arg as i8 - pops.by_arg as i8,
            if_odd: pushes.if_odd as i8 - pops.if_odd as i8,
            is_linear,
        };
        index += 1;
    }
    nets
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_agrees_with_the_instructions() {
        for &opcode in Opcode::ALL {
            for arg in (0..300).chain([0xff00, 0x1_0000]) {
                let effect = StackEffect::of(opcode, arg);
                assert_eq!((effect.pops, effect.pushes), (opcode.pops(arg), opcode.pushes(arg)), "{opcode:?} {arg}");
                let net = effect.pushes as i32 - effect.pops as i32;
                assert_eq!(StackEffect::net(opcode, arg), net, "{opcode:?} {arg}");
            }
        }
    }
}
