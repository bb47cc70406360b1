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
    /// Positions in the list plus one.
    const BY_NUMBER: [u8; 256] = {
        let mut table = [0; 256];
        let mut index = 0;
        while index < SPECIALIZED.len() {
            table[SPECIALIZED[index].number as usize] = index as u8 + 1;
            index += 1;
        }
        table
    };
    BY_NUMBER[usize::from(number)].checked_sub(1).map(|index| &SPECIALIZED[usize::from(index)])
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

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(code: &[u8]) -> Vec<(u32, u32, String, i32)> {
        instructions(code).map(|each| (each.offset, each.start_offset, each.name(), each.arg)).collect()
    }

    #[test]
    fn prefixes_and_caches() {
        // LOAD_CONST 0x123, FOR_ITER with its cache, 0xFFFFFFFF of a jump.
        let code = [69, 1, 82, 0x23, 70, 2, 0, 0, 69, 255, 69, 255, 69, 255, 77, 255];
        let expected = [
            (0, 0, "EXTENDED_ARG", 1),
            (2, 0, "LOAD_CONST", 0x123),
            (4, 4, "FOR_ITER", 2),
            (8, 8, "EXTENDED_ARG", 255),
            (10, 10, "EXTENDED_ARG", 0xFFFF),
            (12, 12, "EXTENDED_ARG", 0xFF_FFFF),
            (14, 8, "JUMP_FORWARD", -1),
        ];
        assert_eq!(decode(&code), expected.map(|(at, start, name, arg)| (at, start, name.to_owned(), arg)));
        let target = instructions(&code).find_map(|each| each.jump_target());
        assert_eq!(target, Some(4 + 2 + 2 + 4));
    }

    #[test]
    fn specialized_and_unknown_numbers() {
        assert_eq!(decode(&[130, 0]), [(0, 0, "BINARY_OP_ADD_INT".to_owned(), 0)]);
        assert_eq!(instructions(&[130, 0]).next().map(|each| each.caches()), Some(5));
        assert_eq!(decode(&[125, 7]), [(0, 0, "<125>".to_owned(), 0)]);
        assert_eq!(decode(&[27]), []);
    }
}
