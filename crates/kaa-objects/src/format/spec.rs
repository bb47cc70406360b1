//! Reading a format specification:
//! `[[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]`.

use crate::types::str::PyStr;
use crate::{Gc, PyResult, Raised, Value, Vm};

/// A format specification taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// What pads; a space when none was given.
    pub fill: u32,
    /// `<`, `>`, `=` or `^`.
    pub align: Option<u8>,
    /// `+`, `-` or a space.
    pub sign: Option<u8>,
    /// `z`: no negative zero.
    pub no_negative_zero: bool,
    /// `#`
    pub alternate: bool,
    /// `0` before the width, and no alignment.
    pub zero_padded: bool,
    /// The least number of code points.
    pub width: usize,
    /// `,` or `_` between thousands.
    pub grouping: Option<u8>,
    /// Digits after the point, or most code points of a text.
    pub precision: Option<usize>,
    /// `,` or `_` between digits of the fraction.
    pub fraction_grouping: Option<u8>,
    /// The presentation type.
    pub kind: Option<u32>,
}

impl Spec {
    /// Reads a specification for a value, whose class the errors name.
    pub fn read(vm: &Vm, text: Gc<PyStr>, value: Value) -> PyResult<Spec> {
        let points: Vec<u32> = text.data().iter().collect();
        let mut reader = Reader { points: &points, at: 0 };
        let invalid = || -> Raised {
            let (text, class) = (text.to_string_lossy(), vm.class_name(value));
            vm.value_error(format_args!("Invalid format specifier '{text}' for object of type '{class}'"))
        };
        let mut spec = Spec {
            fill: b' '.into(),
            align: None,
            sign: None,
            no_negative_zero: false,
            alternate: false,
            zero_padded: false,
            width: 0,
            grouping: None,
            precision: None,
            fraction_grouping: None,
            kind: None,
        };
        let is_align = |c: Option<&u32>| c.copied().filter(|c| [60, 62, 61, 94].contains(c)).map(|c| c as u8);
        let mut fill_given = false;
        if let Some(align) = is_align(points.get(1)) {
            (spec.fill, spec.align, reader.at) = (points[0], Some(align), 2);
            fill_given = true;
        } else if let Some(align) = is_align(points.first()) {
            (spec.align, reader.at) = (Some(align), 1);
        }
        spec.sign = reader.one_of(b"+- ");
        spec.no_negative_zero = reader.one_of(b"z").is_some();
        spec.alternate = reader.one_of(b"#").is_some();
        if !fill_given && reader.peek() == Some(b'0'.into()) {
            spec.fill = b'0'.into();
            if spec.align.is_none() {
                (spec.zero_padded, spec.align) = (true, Some(b'='));
            }
            reader.at += 1;
        }
        spec.width = reader.number(vm)?.unwrap_or(0);
        spec.grouping = reader.grouping(vm)?;
        if reader.one_of(b".").is_some() {
            spec.precision = reader.number(vm)?;
            spec.fraction_grouping = reader.grouping(vm)?;
            if spec.precision.is_none() && spec.fraction_grouping.is_none() {
                return Err(vm.value_error("Format specifier missing precision"));
            }
        }
        match points.len() - reader.at {
            0 => {}
            1 => spec.kind = reader.peek(),
            _ => return Err(invalid()),
        }
        spec.check_grouping(vm)?;
        Ok(spec)
    }

    /// `,` goes with decimal types only, `_` also with binary, octal and hexadecimal ones.
    fn check_grouping(&self, vm: &Vm) -> PyResult<()> {
        let kind = self.kind.unwrap_or(0);
        if let Some(grouping) = self.grouping {
            let allowed = match char::from_u32(kind).unwrap_or(' ') {
                '\0' | 'd' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F' => true,
                'b' | 'o' | 'x' | 'X' => grouping == b'_',
                _ => false,
            };
            if !allowed {
                let grouping = grouping as char;
                return Err(match char::from_u32(kind).filter(|c| (' '..'\u{7f}').contains(c) && *c != ' ') {
                    Some(kind) => vm.value_error(format_args!("Cannot specify '{grouping}' with '{kind}'.")),
                    None => vm.value_error(format_args!("Cannot specify '{grouping}' with '\\x{kind:x}'.")),
                });
            }
        }
        Ok(())
    }

    /// The type as a letter, or `default` when none was given; `\0` for what is no ASCII letter.
    pub fn letter(&self, default: char) -> char {
        match self.kind {
            None => default,
            Some(kind) => char::from_u32(kind).filter(char::is_ascii).unwrap_or('\0'),
        }
    }

    /// The error for a type that the value's class does not know.
    pub fn unknown_code(&self, vm: &Vm, class: &str) -> Raised {
        let kind = self.kind.unwrap_or(0);
        match char::from_u32(kind).filter(|c| (' '..'\u{7f}').contains(c) && *c != ' ') {
            Some(kind) => vm.value_error(format_args!("Unknown format code '{kind}' for object of type '{class}'")),
            None => vm.value_error(format_args!("Unknown format code '\\x{kind:x}' for object of type '{class}'")),
        }
    }
}

struct Reader<'a> {
    points: &'a [u32],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u32> {
        self.points.get(self.at).copied()
    }

    fn one_of(&mut self, set: &[u8]) -> Option<u8> {
        let found = u8::try_from(self.peek()?).ok().filter(|c| set.contains(c))?;
        self.at += 1;
        Some(found)
    }

    fn number(&mut self, vm: &Vm) -> PyResult<Option<usize>> {
        let mut number: Option<usize> = None;
        while let Some(digit) = self.peek().and_then(char::from_u32).and_then(kaa_text::decimal_digit) {
            let next = number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(digit.into()));
            match next.filter(|&n| n <= isize::MAX as usize) {
                Some(next) => number = Some(next),
                None => return Err(vm.value_error("Too many decimal digits in format string")),
            }
            self.at += 1;
        }
        Ok(number)
    }

    fn grouping(&mut self, vm: &Vm) -> PyResult<Option<u8>> {
        let first = self.one_of(b",_");
        let other = first.and_then(|first| self.one_of(if first == b',' { b"_" } else { b"," }));
        if other.is_some() {
            return Err(vm.value_error("Cannot specify both ',' and '_'."));
        }
        Ok(first)
    }
}
