//! Instructions of `co_code`, one after the other.

use crate::{Opcode, SPECIALIZED, Specialized};

/// An instruction as it stands in `co_code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Where it stands, in bytes.
    pub offset: u32,
    /// Where its first `EXTENDED_ARG` stands, or it itself.
    pub start_offset: u32,
    /// The number in the code, which need not be an opcode's.
    pub number: u8,
    /// The opcode; of a specialized form the plain one. None when there is none of the number.
    pub opcode: Option<Opcode>,
    /// The argument with its extensions, as C's `int` holds it; 0 for an instruction without.
    pub arg: i32,
}

impl Instruction {
    /// The name, as `dis` prints it.
    pub fn name(&self) -> String {
        match (specialized(self.number), self.opcode) {
            (Some(form), _) => form.name.to_owned(),
            (None, Some(opcode)) => opcode.name().to_owned(),
            (None, None) => format!("<{}>", self.number),
        }
    }

    /// How many cache units follow.
    pub fn caches(&self) -> usize {
        self.opcode.map_or(0, Opcode::caches)
    }

    /// The first byte after the instruction and its caches.
    pub fn end_offset(&self) -> u32 {
        self.offset + 2 + 2 * self.caches() as u32
    }

    /// Whether the instruction uses its argument.
    pub fn has_arg(&self) -> bool {
        self.opcode.is_some_and(Opcode::has_arg)
    }

    /// Where a jump goes (or, for `END_ASYNC_FOR`, where it belongs), in bytes.
    pub fn jump_target(&self) -> Option<i64> {
        let opcode = self.opcode.filter(|opcode| opcode.has_jump())?;
        let distance = i64::from(self.arg) * 2;
        let backward = opcode.is_backward_jump() || opcode == Opcode::EndAsyncFor;
        Some(i64::from(self.end_offset()) + if backward { -distance } else { distance })
    }
}

/// The specialized form of a number, when it is one.
pub fn specialized(number: u8) -> Option<&'static Specialized> {
    SPECIALIZED.iter().find(|form| form.number == number)
}

/// The instructions of `co_code`, `EXTENDED_ARG`s among them, caches not.
pub fn instructions(code: &[u8]) -> impl Iterator<Item = Instruction> + '_ {
    let units = code.as_chunks::<2>().0;
    let mut next = 0;
    let mut extended = 0i32;
    let mut prefixes = 0;
    std::iter::from_fn(move || {
        let [number, low] = *units.get(next)?;
        let opcode = match specialized(number) {
            Some(form) => Some(form.base),
            None => Opcode::from_number(u16::from(number)),
        };
        let offset = next as u32 * 2;
        let is_prefix = opcode == Some(Opcode::ExtendedArg);
        let arg = if opcode.is_some_and(Opcode::has_arg) { extended | i32::from(low) } else { 0 };
        let instruction = Instruction { offset, start_offset: offset - prefixes * 2, number, opcode, arg };
        if is_prefix {
            extended = arg.wrapping_shl(8);
            prefixes += 1;
        } else {
            extended = 0;
            prefixes = 0;
        }
        next += 1 + instruction.caches();
        Some(Instruction { start_offset: if is_prefix { offset } else { instruction.start_offset }, ..instruction })
    })
}
