//! The tables by which native stacks are walked: a fourteenth of the command. Where they are missing
//! nothing breaks but that: `faulthandler` says that it cannot get the stack.
//!
//! In memory there are zeros in place of them, as what the C library runs at a start looks at their
//! first word: 0 says that there are none.

use std::ops::Range;

use crate::elf::{PT_GNU_EH_FRAME, PT_LOAD, Segment};

/// The sorted index of the tables begins so: version 1, then how the address of the tables is given,
/// relative to the place where it stands and in four bytes.
const INDEX: [u8; 2] = [1, 0x1b];
/// Between the index and the tables there is no more than what aligns them.
const GAP: u64 = 16;

/// Where they are in the file of a template: the index, and behind it the tables.
pub(crate) fn find(file: &[u8], segments: &[Segment]) -> Option<Range<u64>> {
    let index = segments.iter().find(|segment| segment.kind == PT_GNU_EH_FRAME)?;
    let is_around = |load: &&Segment| load.offset <= index.offset && index.end() <= load.end();
    let load = segments.iter().filter(|segment| segment.kind == PT_LOAD).find(is_around)?;
    let head = file.get(index.offset as usize..index.end() as usize)?.first_chunk::<8>()?;
    let distance = i32::from_le_bytes(head[4..].try_into().expect("four bytes"));
    let tables = index.offset.checked_add(4)?.checked_add_signed(distance.into())?;
    if head[..2] != INDEX || !(index.end()..index.end() + GAP).contains(&tables) {
        return None;
    }
    // Each entry begins with the length of what follows; the last is 0.
    let mut at = tables as usize;
    let file = file.get(..load.end() as usize)?;
    loop {
        let length = file.get(at..)?.first_chunk::<4>()?;
        at += 4;
        match u32::from_le_bytes(*length) {
            0 => return Some(index.offset..at as u64),
            u32::MAX => return None,
            length => at += length as usize,
        }
    }
}
