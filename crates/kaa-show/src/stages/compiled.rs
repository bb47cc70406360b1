//! `.pyc` files: the header, and the objects in marshal's format, each with its offset.
//!
//! ```text
//! 000010 code object, #0
//! 000011   argcount: 0
//! 000026   code: bytes, 12 of them
//! 000041   consts: tuple of 1
//! 000043     None
//! ```
//!
//! `#7` is the number by which later objects refer to one, `-> #7` such a reference.

use kaa_bytecode::marshal::types;
use kaa_bytecode::pyc::{self, Validity};
use kaa_bytecode::repr::{bytes_repr, str_repr, text_lossy};
use kaa_bytecode::{flags, kind};

use crate::definitions::plain;
use crate::failure::Failure;
use crate::input::Input;
use crate::options::Options;

pub fn text(input: &Input, name: Option<&str>, options: &Options) -> Result<String, Failure> {
    let bytes = match input.is_compiled() {
        true => input.bytes.clone(),
        false => {
            let code = super::compile(input, options)?;
            let validity = Validity::Timestamp { mtime: input.mtime as u32, size: input.bytes.len() as u32 };
            pyc::write(&code, validity).map_err(|error| Failure::Source(format!("kaa show: {error}\n")))?
        }
    };
    let failure = |error: String| Failure::Source(format!("kaa show: {}: {error}\n", input.name));
    let header = header(&bytes, &input.name).map_err(|error| failure(error.to_string()))?;
    let mut reader = Reader { bytes: &bytes, at: pyc::HEADER_LENGTH, lines: Vec::new(), known: Vec::new() };
    let mut codes = Vec::new();
    let result = reader.read_all(&mut codes);
    let shown = match name {
        None => header + &reader.text(0, reader.lines.len()),
        Some(name) => {
            let wanted = plain(name);
            let found = codes.iter().filter(|(qualname, ..)| plain(qualname) == wanted);
            found.map(|&(_, first, end)| reader.text(first, end)).collect()
        }
    };
    match result {
        Ok(()) => Ok(shown),
        // What could be read tells where the damage is.
        Err(error) => Err(failure(format!("{error}; before it:\n{shown}"))),
    }
}

fn header(bytes: &[u8], name: &str) -> Result<String, pyc::PycError> {
    let validity = pyc::read_header(bytes, name)?;
    let mut out = format!("000000 magic number: {} (Python 3.14)\n", pyc::MAGIC_NUMBER);
    match validity {
        Validity::Timestamp { mtime, size } => {
            out.push_str("000004 flags: 0 (valid by the source's time and size)\n");
            out.push_str(&format!("000008 time of the source: {mtime} ({} UTC)\n", date(mtime)));
            out.push_str(&format!("00000c size of the source: {size}\n"));
        }
        Validity::Hash { hash, check_source } => {
            let (number, meaning) = if check_source { (3, "compared") } else { (1, "not compared") };
            out.push_str(&format!(
                "000004 flags: {number} (valid by the source's hash, which imports have {meaning})\n"
            ));
            let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            out.push_str(&format!("000008 hash of the source: {digits}\n"));
        }
    }
    Ok(out)
}

/// Seconds since 1970 as a date and a time.
fn date(seconds: u32) -> String {
    let (days, second) = (i64::from(seconds / 86_400), seconds % 86_400);
    // Days are counted from the first of March of the year 0, so that leap days are at the end of years.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// The fields of a code object, in the order of the file; numbers stand there without a type.
const FIELDS: [(&str, bool); 16] = [
    ("argcount", true),
    ("posonlyargcount", true),
    ("kwonlyargcount", true),
    ("stacksize", true),
    ("flags", true),
    ("code", false),
    ("consts", false),
    ("names", false),
    ("localsplusnames", false),
    ("localspluskinds", false),
    ("filename", false),
    ("name", false),
    ("qualname", false),
    ("firstlineno", true),
    ("linetable", false),
    ("exceptiontable", false),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Items,
    Dict,
    Code,
}

/// An object whose contents are still to come.
struct Open {
    kind: Kind,
    /// How many contents there are, and how many were read.
    count: usize,
    read: usize,
    first_line: usize,
    qualname: Option<String>,
}

struct Line {
    offset: usize,
    level: usize,
    text: String,
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    lines: Vec<Line>,
    /// What the objects are that may be referred to.
    known: Vec<String>,
}

impl<'b> Reader<'b> {
    fn text(&self, first: usize, end: usize) -> String {
        let base = self.lines.get(first).map_or(0, |line| line.level);
        let line = |line: &Line| format!("{:06x} {}{}\n", line.offset, "  ".repeat(line.level - base), line.text);
        self.lines[first..end].iter().map(line).collect()
    }

    /// Reads one object with all its contents; `codes` receives the qualified name of each code
    /// object, and which lines are its.
    fn read_all(&mut self, codes: &mut Vec<(String, usize, usize)>) -> Result<(), String> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            while let Some(done) = open.pop_if(|top| top.read == top.count) {
                if let Some(qualname) = done.qualname {
                    codes.push((qualname, done.first_line, self.lines.len()));
                }
            }
            let level = open.len();
            let mut label = String::new();
            if let Some(top) = open.last_mut() {
                let index = top.read;
                top.read += 1;
                match top.kind {
                    Kind::Items => {}
                    Kind::Dict => label = if index.is_multiple_of(2) { "key: " } else { "value: " }.to_owned(),
                    Kind::Code => {
                        let (field, is_number) = FIELDS[index];
                        label = format!("{field}: ");
                        if is_number {
                            let (offset, number) = (self.at, self.int()?);
                            let text = match field {
                                "flags" => format!("{label}{number:#x}{}", flag_names(number as u32)),
                                _ => format!("{label}{number}"),
                            };
                            self.lines.push(Line { offset, level, text });
                            continue;
                        }
                    }
                }
            } else if !self.lines.is_empty() {
                return Ok(());
            }
            let field = label.trim_end_matches(": ").to_owned();
            if let Some(inner) = self.object(level, &label)? {
                open.push(inner);
            } else if let Some(top) = open.last_mut() {
                match (top.kind, &*field) {
                    (Kind::Code, "qualname") => top.qualname = self.last_string(),
                    (Kind::Code, "localspluskinds") => self.explain_kinds(),
                    // The end of a dict.
                    (Kind::Dict, "key") if self.lines.last().is_some_and(|line| line.text.ends_with("end")) => {
                        top.read = top.count;
                    }
                    _ => {}
                }
            }
        }
    }

    /// Reads an object; one with contents is answered.
    fn object(&mut self, level: usize, label: &str) -> Result<Option<Open>, String> {
        let offset = self.at;
        let byte = self.take(1)?[0];
        let reference = byte & types::FLAG_REF != 0;
        let first_line = self.lines.len();
        let open = |kind, count| Some(Open { kind, count, read: 0, first_line, qualname: None });
        let number = self.known.len();
        if reference {
            self.known.push(String::new());
        }
        let (text, inner) = match byte & !types::FLAG_REF {
            types::NULL => ("end".to_owned(), None),
            types::NONE => ("None".to_owned(), None),
            types::FALSE => ("False".to_owned(), None),
            types::TRUE => ("True".to_owned(), None),
            types::STOP_ITERATION => ("StopIteration".to_owned(), None),
            types::ELLIPSIS => ("Ellipsis".to_owned(), None),
            types::INT => (format!("int {}", self.int()?), None),
            types::INT64 => (format!("int {}", i64::from_le_bytes(self.array()?)), None),
            types::LONG => (self.long()?, None),
            types::BINARY_FLOAT => (format!("float {:?}", self.float()?), None),
            types::BINARY_COMPLEX => (format!("complex {:?} {:?}", self.float()?, self.float()?), None),
            types::FLOAT => (format!("float {}", self.short()?), None),
            types::COMPLEX => (format!("complex {} {}", self.short()?, self.short()?), None),
            types::STRING => {
                let length = self.size()?;
                (bytes_text(self.take(length)?), None)
            }
            kind @ (types::UNICODE | types::ASCII | types::INTERNED | types::ASCII_INTERNED) => {
                let length = self.size()?;
                (self.string(length, matches!(kind, types::INTERNED | types::ASCII_INTERNED))?, None)
            }
            kind @ (types::SHORT_ASCII | types::SHORT_ASCII_INTERNED) => {
                let length = usize::from(self.take(1)?[0]);
                (self.string(length, kind == types::SHORT_ASCII_INTERNED)?, None)
            }
            types::SMALL_TUPLE => {
                let count = usize::from(self.take(1)?[0]);
                (format!("tuple of {count}"), open(Kind::Items, count))
            }
            kind @ (types::TUPLE | types::LIST | types::SET | types::FROZENSET) => {
                let count = self.size()?;
                let name = match kind {
                    types::TUPLE => "tuple",
                    types::LIST => "list",
                    types::SET => "set",
                    _ => "frozenset",
                };
                (format!("{name} of {count}"), open(Kind::Items, count))
            }
            types::DICT => ("dict".to_owned(), open(Kind::Dict, usize::MAX)),
            types::SLICE => ("slice".to_owned(), open(Kind::Items, 3)),
            types::CODE => ("code object".to_owned(), open(Kind::Code, FIELDS.len())),
            types::REF => {
                let index = self.int()?;
                let known = usize::try_from(index).ok().and_then(|index| self.known.get(index));
                let known =
                    known.ok_or_else(|| format!("a reference to object {index} at {offset:#x}, which is not there"))?;
                (format!("-> #{index} {known}"), None)
            }
            _ => return Err(format!("unknown type {:#04x} at {offset:#x}", byte)),
        };
        if inner.as_ref().is_some_and(|open: &Open| open.kind == Kind::Items && open.count > self.bytes.len() - self.at)
        {
            return Err(format!("{text} at {offset:#x}, more than there is"));
        }
        let mark = if reference { format!(", #{number}") } else { String::new() };
        if reference {
            self.known[number] = text.clone();
        }
        self.lines.push(Line { offset, level, text: format!("{label}{text}{mark}") });
        Ok(inner)
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], String> {
        let bytes = self.at.checked_add(length).and_then(|end| self.bytes.get(self.at..end));
        let bytes = bytes.ok_or_else(|| format!("the data ends at {:#x}, within an object", self.bytes.len()))?;
        self.at += length;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    fn int(&mut self) -> Result<i32, String> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    fn size(&mut self) -> Result<usize, String> {
        let (at, number) = (self.at, self.int()?);
        usize::try_from(number).map_err(|_| format!("a size of {number} at {at:#x}"))
    }

    fn float(&mut self) -> Result<f64, String> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    fn short(&mut self) -> Result<String, String> {
        let length = usize::from(self.take(1)?[0]);
        Ok(text_lossy(self.take(length)?))
    }

    fn long(&mut self) -> Result<String, String> {
        let digits = self.int()?;
        let mut hexadecimal = Vec::new();
        let (mut pending, mut bits) = (0u32, 0);
        for pair in self.take(2 * digits.unsigned_abs() as usize)?.chunks_exact(2) {
            pending |= u32::from(u16::from_le_bytes([pair[0], pair[1]])) << bits;
            bits += 15;
            while bits >= 4 {
                hexadecimal.push(char::from_digit(pending & 0xf, 16).unwrap_or('0'));
                pending >>= 4;
                bits -= 4;
            }
        }
        hexadecimal.push(char::from_digit(pending & 0xf, 16).unwrap_or('0'));
        let digits_text: String = hexadecimal.iter().rev().collect();
        let sign = if digits < 0 { "-" } else { "" };
        Ok(format!("int {sign}0x{}", digits_text.trim_start_matches('0')))
    }

    fn string(&mut self, length: usize, interned: bool) -> Result<String, String> {
        let text = str_repr(self.take(length)?);
        Ok(format!("{text}{}", if interned { " interned" } else { "" }))
    }

    /// The text that the last line shows.
    fn last_string(&self) -> Option<String> {
        let text = &self.lines.last()?.text;
        let quoted = text.split_once(['\'', '"']).map(|(_, rest)| rest)?;
        Some(quoted[..quoted.rfind(['\'', '"'])?].to_owned())
    }

    /// Says what the kinds of locals in the last line mean.
    fn explain_kinds(&mut self) {
        const NAMES: [(u8, &str); 7] = [
            (kind::ARG_POS, "positional"),
            (kind::ARG_KW, "keyword"),
            (kind::ARG_VAR, "variable"),
            (kind::HIDDEN, "hidden"),
            (kind::LOCAL, "local"),
            (kind::CELL, "cell"),
            (kind::FREE, "free"),
        ];
        // The bytes are the last thing that was read, unless they are a reference.
        let Some(line) = self.lines.last_mut().filter(|line| !line.text.contains("-> #")) else { return };
        let Some(kinds) = self.bytes.get(line.offset + 5..self.at) else { return };
        let meanings: Vec<String> = kinds
            .iter()
            .map(|byte| {
                let set: Vec<&str> = NAMES.iter().filter(|(bit, _)| byte & bit != 0).map(|(_, name)| *name).collect();
                set.join(" ")
            })
            .collect();
        if !meanings.is_empty() {
            line.text.push_str(&format!(" ; {}", meanings.join(", ")));
        }
    }
}

fn bytes_text(bytes: &[u8]) -> String {
    const SHOWN: usize = 16;
    match bytes.get(..SHOWN) {
        Some(first) if bytes.len() > SHOWN => format!("{} bytes {}…", bytes.len(), bytes_repr(first)),
        _ => format!("{} bytes {}", bytes.len(), bytes_repr(bytes)),
    }
}

fn flag_names(number: u32) -> String {
    const NAMES: [(u32, &str); 20] = [
        (flags::OPTIMIZED, "OPTIMIZED"),
        (flags::NEWLOCALS, "NEWLOCALS"),
        (flags::VARARGS, "VARARGS"),
        (flags::VARKEYWORDS, "VARKEYWORDS"),
        (flags::NESTED, "NESTED"),
        (flags::GENERATOR, "GENERATOR"),
        (flags::COROUTINE, "COROUTINE"),
        (flags::ITERABLE_COROUTINE, "ITERABLE_COROUTINE"),
        (flags::ASYNC_GENERATOR, "ASYNC_GENERATOR"),
        (flags::FUTURE_DIVISION, "FUTURE_DIVISION"),
        (flags::FUTURE_ABSOLUTE_IMPORT, "FUTURE_ABSOLUTE_IMPORT"),
        (flags::FUTURE_WITH_STATEMENT, "FUTURE_WITH_STATEMENT"),
        (flags::FUTURE_PRINT_FUNCTION, "FUTURE_PRINT_FUNCTION"),
        (flags::FUTURE_UNICODE_LITERALS, "FUTURE_UNICODE_LITERALS"),
        (flags::FUTURE_BARRY_AS_BDFL, "FUTURE_BARRY_AS_BDFL"),
        (flags::FUTURE_GENERATOR_STOP, "FUTURE_GENERATOR_STOP"),
        (flags::FUTURE_ANNOTATIONS, "FUTURE_ANNOTATIONS"),
        (flags::NO_MONITORING_EVENTS, "NO_MONITORING_EVENTS"),
        (flags::HAS_DOCSTRING, "HAS_DOCSTRING"),
        (flags::METHOD, "METHOD"),
    ];
    let set: Vec<&str> = NAMES.iter().filter(|(bit, _)| number & bit != 0).map(|(_, name)| *name).collect();
    if set.is_empty() { String::new() } else { format!(" ({})", set.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates() {
        assert_eq!(date(0), "1970-01-01 00:00:00");
        assert_eq!(date(951_782_400), "2000-02-29 00:00:00");
        assert_eq!(date(1_700_000_000), "2023-11-14 22:13:20");
        assert_eq!(date(u32::MAX), "2106-02-07 06:28:15");
    }
}
