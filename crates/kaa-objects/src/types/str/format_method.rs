//! `format` and `format_map`: replacement fields, and their parts for `_string`.

use super::core::{PyStr, StrBuilder, StrData};
use crate::{Args, Gc, PyResult, Raised, Value, Vm, py_methods};

/// One step through a format string: literal text, then perhaps a field.
pub struct Piece {
    /// Where the literal text starts and ends.
    pub literal: (usize, usize),
    /// The field that follows.
    pub field: Option<Field>,
}

/// A replacement field: positions in the format string.
pub struct Field {
    /// Its name.
    pub name: (usize, usize),
    /// The character after `!`.
    pub conversion: Option<u32>,
    /// What follows `:`.
    pub spec: (usize, usize),
    /// Whether there are fields in that.
    pub spec_has_fields: bool,
}

const OPEN: u32 = b'{' as u32;
const CLOSE: u32 = b'}' as u32;

/// Reads the piece of `data[*at..end]` that comes next, and moves on; `None` at the end. Errors
/// are the messages of a `ValueError`.
pub fn next_piece(data: StrData<'_>, at: &mut usize, end: usize) -> Result<Option<Piece>, &'static str> {
    if *at >= end {
        return Ok(None);
    }
    let start = *at;
    let brace = (start..end).find(|&index| matches!(data.at(index), OPEN | CLOSE));
    let Some(brace) = brace else {
        *at = end;
        return Ok(Some(Piece { literal: (start, end), field: None }));
    };
    let found = data.at(brace);
    let next = (brace + 1 < end).then(|| data.at(brace + 1));
    if next == Some(found) {
        *at = brace + 2;
        return Ok(Some(Piece { literal: (start, brace + 1), field: None }));
    }
    if found == CLOSE {
        return Err("Single '}' encountered in format string");
    }
    if next.is_none() {
        return Err("Single '{' encountered in format string");
    }
    *at = brace + 1;
    let field = read_field(data, at, end)?;
    Ok(Some(Piece { literal: (start, brace), field: Some(field) }))
}

fn read_field(data: StrData<'_>, at: &mut usize, end: usize) -> Result<Field, &'static str> {
    let start = *at;
    let mut take = || {
        let code_point = (*at < end).then(|| data.at(*at));
        *at += usize::from(code_point.is_some());
        code_point.and_then(char::from_u32).map_or(code_point.map(|_| '\0'), Some)
    };
    let mut in_brackets = false;
    let stop = loop {
        match take() {
            None => return Err("expected '}' before end of string"),
            Some(']') if in_brackets => in_brackets = false,
            Some(_) if in_brackets => {}
            Some('[') => in_brackets = true,
            Some('{') => return Err("unexpected '{' in field name"),
            Some(stop @ ('}' | ':' | '!')) => break stop,
            Some(_) => {}
        }
    };
    let name = (start, *at - 1);
    let mut field = Field { name, conversion: None, spec: (*at, *at), spec_has_fields: false };
    if stop == '}' {
        return Ok(field);
    }
    if stop == '!' {
        if *at >= end {
            return Err("end of string while looking for conversion specifier");
        }
        field.conversion = Some(data.at(*at));
        *at += 1;
        if *at < end {
            *at += 1;
            match data.at(*at - 1) {
                CLOSE => return Ok(field),
                0x3a => {}
                _ => return Err("expected ':' after conversion specifier"),
            }
        }
    }
    let (spec, mut depth) = (*at, 1);
    while *at < end {
        *at += 1;
        match data.at(*at - 1) {
            OPEN => {
                field.spec_has_fields = true;
                depth += 1;
            }
            CLOSE => {
                depth -= 1;
                if depth == 0 {
                    field.spec = (spec, *at - 1);
                    return Ok(field);
                }
            }
            _ => {}
        }
    }
    Err("unmatched '{' in format spec")
}

/// The number that a part of a name is; `None` when it is none.
pub fn field_number(name: StrData<'_>) -> Result<Option<usize>, &'static str> {
    let mut number: Option<usize> = None;
    for code_point in name.iter() {
        let Some(digit) = kaa_text::characters::decimal_digit(code_point) else { return Ok(None) };
        let next = number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(digit.into()));
        match next.filter(|&n| n <= isize::MAX as usize) {
            Some(next) => number = Some(next),
            None => return Err("Too many decimal digits in format string"),
        }
    }
    Ok(number)
}

/// Where the first part of a field's name ends.
pub fn first_part_end(name: StrData<'_>) -> usize {
    name.iter().position(|c| matches!(c, 0x2e | 0x5b)).unwrap_or(name.len())
}

/// Whether a part of a field's name is an attribute (or else an index), and where its text is.
pub type Part = (bool, (usize, usize));

/// The part of a field's name at a position: whether it is an attribute, and its text. Moves on;
/// `None` at the end.
pub fn next_part(name: StrData<'_>, at: &mut usize) -> Result<Option<Part>, &'static str> {
    if *at >= name.len() {
        return Ok(None);
    }
    let start = *at + 1;
    let rest = name.slice(start..name.len());
    let attribute = match name.at(*at) {
        0x2e => true,
        0x5b => false,
        _ => return Err("Only '.' or '[' may follow ']' in format field specifier"),
    };
    let len = if attribute {
        let len = first_part_end(rest);
        *at = start + len;
        len
    } else {
        let Some(len) = rest.iter().position(|c| c == 0x5d) else { return Err("Missing ']' in format string") };
        *at = start + len + 1;
        len
    };
    if len == 0 {
        return Err("Empty attribute in format string");
    }
    Ok(Some((attribute, (start, start + len))))
}

/// Where the values of fields come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    Args(Args<'a>),
    Mapping(Value),
}

/// How fields without a name are numbered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbering {
    Unknown,
    Automatic(usize),
    Manual,
}

struct Formatter<'a> {
    vm: &'a Vm,
    source: Source<'a>,
    numbering: Numbering,
}

impl Formatter<'_> {
    fn error(&self, message: &str) -> Raised {
        self.vm.value_error(message)
    }

    /// Formats `text[start..end]`; fields may stand in specifications, but no deeper.
    fn run(&mut self, out: &mut StrBuilder, text: Gc<PyStr>, part: (usize, usize), depth: usize) -> PyResult<()> {
        if depth == 0 {
            return Err(self.error("Max string recursion exceeded"));
        }
        let (mut at, end) = part;
        loop {
            let piece = next_piece(text.data(), &mut at, end).map_err(|message| self.error(message))?;
            let Some(piece) = piece else { return Ok(()) };
            out.push_data(text.data().slice(piece.literal.0..piece.literal.1));
            if let Some(field) = piece.field {
                self.write_field(out, text, &field, depth)?;
            }
        }
    }

    fn write_field(&mut self, out: &mut StrBuilder, text: Gc<PyStr>, field: &Field, depth: usize) -> PyResult<()> {
        let vm = self.vm;
        let mut value = self.field_value(text, field.name)?;
        if let Some(conversion) = field.conversion {
            value = match conversion {
                0x72 => vm.repr(value)?.value(),
                0x73 => vm.str(value)?.value(),
                0x61 => vm.ascii(value)?.value(),
                0x21..0x7f => {
                    let conversion = conversion as u8 as char;
                    return Err(vm.value_error(format_args!("Unknown conversion specifier {conversion}")));
                }
                _ => return Err(vm.value_error(format_args!("Unknown conversion specifier \\x{conversion:x}"))),
            };
        }
        let spec = if field.spec_has_fields {
            let mut spec = StrBuilder::default();
            self.run(&mut spec, text, field.spec, depth - 1)?;
            spec.finish(vm)?
        } else {
            vm.new_str_from_data(text.data().slice(field.spec.0..field.spec.1))?
        };
        let formatted = vm.format(value, spec)?;
        out.push_py(&formatted);
        Ok(())
    }

    fn field_value(&mut self, text: Gc<PyStr>, name: (usize, usize)) -> PyResult {
        let vm = self.vm;
        let name = text.data().slice(name.0..name.1);
        let first_end = first_part_end(name);
        let first = name.slice(0..first_end);
        let number = field_number(first).map_err(|message| self.error(message))?;
        let number = self.number(number, first.is_empty())?;
        let mut value = match number {
            Some(index) => self.positional(index)?,
            None => self.named(vm.new_str_from_data(first)?)?,
        };
        let mut at = first_end;
        while let Some((attribute, part)) = next_part(name, &mut at).map_err(|message| self.error(message))? {
            let part = name.slice(part.0..part.1);
            value = if attribute {
                let attribute = vm.intern_str(vm.new_str_from_data(part)?);
                vm.get_attr(value, attribute)?
            } else {
                match field_number(part).map_err(|message| self.error(message))? {
                    Some(index)
                        if vm.slots_of(value).sq_item.is_some() && vm.slots_of(value).mp_subscript.is_none() =>
                    {
                        vm.sequence_item(value, index as isize)?
                    }
                    Some(index) => vm.get_item(value, vm.new_int(index as i64)?)?,
                    None => vm.get_item(value, vm.new_str_from_data(part)?.value())?,
                }
            };
        }
        Ok(value)
    }

    /// The number of a field by its name's number, or by counting when the name is empty.
    fn number(&mut self, number: Option<usize>, empty: bool) -> PyResult<Option<usize>> {
        if number.is_none() && !empty {
            return Ok(None);
        }
        match (self.numbering, empty) {
            (Numbering::Unknown, true) => self.numbering = Numbering::Automatic(0),
            (Numbering::Unknown, false) => self.numbering = Numbering::Manual,
            (Numbering::Manual, true) => {
                return Err(self.error("cannot switch from manual field specification to automatic field numbering"));
            }
            (Numbering::Automatic(_), false) => {
                return Err(self.error("cannot switch from automatic field numbering to manual field specification"));
            }
            _ => {}
        }
        match &mut self.numbering {
            Numbering::Automatic(next) => {
                *next += 1;
                Ok(Some(*next - 1))
            }
            _ => Ok(number),
        }
    }

    fn positional(&self, index: usize) -> PyResult {
        match self.source {
            Source::Mapping(_) => Err(self.error("Format string contains positional fields")),
            Source::Args(args) => args.positionals().get(index).copied().ok_or_else(|| {
                self.vm.index_error(format_args!("Replacement index {index} out of range for positional args tuple"))
            }),
        }
    }

    fn named(&self, name: Gc<PyStr>) -> PyResult {
        match self.source {
            Source::Mapping(mapping) => self.vm.get_item(mapping, name.value()),
            Source::Args(args) => match args.keywords().find(|(keyword, _)| keyword.equals(&name)) {
                Some((_, value)) => Ok(value),
                None => Err(self.vm.key_error(name.value())),
            },
        }
    }
}

fn format(vm: &Vm, text: Gc<PyStr>, source: Source<'_>) -> PyResult<Gc<PyStr>> {
    let mut out = StrBuilder::with_capacity(text.len() + 16);
    let mut formatter = Formatter { vm, source, numbering: Numbering::Unknown };
    formatter.run(&mut out, text, (0, text.len()), 2)?;
    out.finish(vm)
}

#[py_methods(FORMAT, of = "str")]
impl PyStr {
    #[method(
        "format",
        raw,
        signature = "($self, /, *args, **kwargs)",
        doc = "Return a formatted version of the string, using substitutions from args and kwargs.
The substitutions are identified by braces ('{' and '}')."
    )]
    fn format(vm: &Vm, this: Gc<PyStr>, args: Args<'_>) -> PyResult<Gc<PyStr>> {
        format(vm, this, Source::Args(args))
    }

    #[method(
        "format_map($self, mapping, /)",
        doc = "Return a formatted version of the string, using substitutions from mapping.
The substitutions are identified by braces ('{' and '}')."
    )]
    fn format_map(vm: &Vm, this: Gc<PyStr>, mapping: Value) -> PyResult<Gc<PyStr>> {
        format(vm, this, Source::Mapping(mapping))
    }
}
