//! From the bytes of a file to the text that the lexer reads.

use kaa_ast::Arena;

use crate::Mode;

/// The text with `\n` for every line's end, and in a file one at the end of the last line too.
pub(crate) fn normalize<'a>(source: &'a str, arena: &'a Arena, mode: Mode) -> &'a str {
    let add_newline = mode == Mode::Exec && !source.ends_with(['\n', '\r']);
    if !add_newline && memchr::memchr(b'\r', source.as_bytes()).is_none() {
        return source;
    }
    let mut text = source.replace("\r\n", "\n").replace('\r', "\n");
    if add_newline {
        text.push('\n');
    }
    arena.alloc_str(&text)
}
