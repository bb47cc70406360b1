//! Compiles regular expressions: the same code, word for word, that `re._parser` and `re._compiler`
//! make. Only what is plainly right is compiled here. Whatever is an error, warns or is unusual is
//! given back as [`NotHandled`], and the caller leaves it to the Python code, which words it.
//!
//! `parse` reads the text with `cursor` into the tree of `tree` (`escape` and `class` read parts of
//! it), `emit` makes code of the tree, `info` the hints for searching before it, and `charset` the
//! code of sets, with `cases` for those that ignore case. Time and memory are proportional to the
//! pattern's length, but for sets that ignore case, each of which may ask for the case of every
//! character of the basic plane.

mod cases;
mod charset;
mod class;
mod cursor;
mod emit;
mod escape;
mod info;
mod parse;
#[cfg(test)]
mod tests;
mod tree;

use std::ops::Range;

use kaa_objects::thread::stack_pointer;
use kaa_objects::types::str::StrData;

use super::codes::flag;

/// The pattern is for the Python code.
#[derive(Debug)]
pub struct NotHandled;

/// The lowest address that the native stack may reach for a pattern's depth.
#[derive(Clone, Copy)]
pub struct StackFloor(pub usize);

impl StackFloor {
    /// Whether the stack is nearly used up.
    pub fn is_passed(self) -> bool {
        stack_pointer() < self.0
    }

    /// Gives up when it is.
    fn check(self) -> Result<(), NotHandled> {
        if self.is_passed() { Err(NotHandled) } else { Ok(()) }
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Compiled {
    /// With those that the pattern turns on.
    pub flags: i32,
    pub code: Vec<u32>,
    /// How many groups there are, without the whole match.
    pub groups: usize,
    /// Where in the pattern the names of groups are, with the groups' numbers, which ascend.
    pub names: Vec<(Range<usize>, u32)>,
}

/// What `re.compile` can be given, but for `re.DEBUG`.
const FLAGS: i32 =
    flag::IGNORECASE | flag::LOCALE | flag::MULTILINE | flag::DOTALL | flag::UNICODE | flag::VERBOSE | flag::ASCII;

/// Compiles a pattern: a `str`, or bytes as if they were Latin-1.
pub fn compile(text: StrData<'_>, is_bytes: bool, flags: i32, floor: StackFloor) -> Result<Compiled, NotHandled> {
    if flags & !FLAGS != 0 {
        return Err(NotHandled);
    }
    let parsed = parse::parse(text, is_bytes, flags, floor)?;
    let code = emit::code(&parsed.pattern, parsed.flags, floor)?;
    Ok(Compiled { flags: parsed.flags, code, groups: parsed.groups, names: parsed.names })
}
