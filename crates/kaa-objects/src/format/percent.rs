//! `%` formatting of `str` and of bytes.

use super::numbers;
use crate::types::bytes::PyBytes;
use crate::types::str::{PyStr, StrBuilder, StrData};
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Raised, Value, Vm};

/// What the format is: bytes differ in `%b`, `%s`, `%c` and in their keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Str,
    Bytes,
}

/// A conversion, from `%` to its letter.
#[derive(Clone, Copy, Default)]
struct Directive {
    left: bool,
    sign: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    letter: u32,
}

struct Formatter<'a> {
    vm: &'a Vm,
    of: Of,
    format: StrData<'a>,
    at: usize,
    /// What is to be formatted: the values of a tuple, or one value.
    args: Value,
    /// The values of a tuple.
    tuple: Option<Gc<PyTuple>>,
    /// How many arguments were taken.
    taken: usize,
    /// What keys are looked up in.
    mapping: Option<Value>,
    out: StrBuilder,
}

/// `format % args` for a `str`.
pub fn percent_str(vm: &Vm, format: Gc<PyStr>, args: Value) -> PyResult<Gc<PyStr>> {
    let no_arguments = vm.cast::<PyTuple>(args).is_some_and(|tuple| tuple.is_empty());
    if no_arguments && !format.data().iter().any(|c| c == 0x25) {
        return Ok(format);
    }
    let mut formatter = Formatter::new(vm, Of::Str, format.data(), args);
    formatter.run()?;
    formatter.out.finish(vm)
}

/// `format % args` for bytes.
pub fn percent_bytes(vm: &Vm, format: &[u8], args: Value) -> PyResult<Vec<u8>> {
    let mut formatter = Formatter::new(vm, Of::Bytes, StrData::Latin1(format), args);
    formatter.run()?;
    match formatter.out {
        StrBuilder::Latin1(bytes) => Ok(bytes),
        _ => unreachable!("only bytes were written"),
    }
}

impl<'a> Formatter<'a> {
    fn new(vm: &'a Vm, of: Of, format: StrData<'a>, args: Value) -> Formatter<'a> {
        let tuple = vm.cast::<PyTuple>(args);
        let is_text = match of {
            Of::Str => vm.cast::<PyStr>(args).is_some(),
            Of::Bytes => {
                vm.cast::<PyBytes>(args).is_some()
                    || vm.cast::<crate::types::bytearray::PyByteArray>(args).is_some()
                    || vm.cast::<PyStr>(args).is_some()
            }
        };
        let is_mapping = tuple.is_none() && !is_text && vm.slots_of(args).mp_subscript.is_some();
        let mapping = is_mapping.then_some(args);
        let out = StrBuilder::with_capacity(format.len() + 32);
        Formatter { vm, of, format, at: 0, args, tuple, taken: 0, mapping, out }
    }

    fn run(&mut self) -> PyResult<()> {
        while self.at < self.format.len() {
            let rest = self.format.slice(self.at..self.format.len());
            let len = match rest {
                StrData::Latin1(rest) => memchr::memchr(b'%', rest).unwrap_or(rest.len()),
                rest => rest.iter().position(|c| c == 0x25).unwrap_or(rest.len()),
            };
            self.out.push_data(rest.slice(0..len));
            self.at += len;
            if self.at < self.format.len() {
                self.at += 1;
                self.directive()?;
            }
        }
        let left = match self.tuple {
            Some(tuple) => self.taken < tuple.len(),
            None => self.taken == 0,
        };
        if left && self.mapping.is_none() {
            let what = if self.of == Of::Str { "string" } else { "bytes" };
            return Err(self.vm.type_error(format_args!("not all arguments converted during {what} formatting")));
        }
        Ok(())
    }

    fn next(&mut self) -> PyResult<u32> {
        if self.at >= self.format.len() {
            return Err(self.vm.value_error("incomplete format"));
        }
        self.at += 1;
        Ok(self.format.at(self.at - 1))
    }

    /// The next argument.
    fn argument(&mut self) -> PyResult {
        let argument = match self.tuple {
            Some(tuple) => tuple.as_slice().get(self.taken).copied(),
            None => (self.taken == 0).then_some(self.args),
        };
        self.taken += 1;
        argument.ok_or_else(|| self.vm.type_error("not enough arguments for format string"))
    }

    /// Makes the value of a key in parentheses the only argument.
    fn key(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let Some(mapping) = self.mapping else { return Err(vm.type_error("format requires a mapping")) };
        let start = self.at;
        let mut depth = 1;
        while depth > 0 {
            if self.at >= self.format.len() {
                return Err(vm.value_error("incomplete format key"));
            }
            match self.format.at(self.at) {
                0x28 => depth += 1,
                0x29 => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        let key = self.format.slice(start..self.at - 1);
        let key = match self.of {
            Of::Str => vm.new_str_from_data(key)?.value(),
            Of::Bytes => vm.new_bytes(key.as_bytes())?.value(),
        };
        self.args = vm.get_item(mapping, key)?;
        (self.tuple, self.taken) = (None, 0);
        Ok(())
    }

    /// A number, or `*` for the next argument, whose sign is given, too.
    fn star(&mut self) -> PyResult<(bool, Value)> {
        let value = self.argument()?;
        if !self.vm.is_int(value) {
            return Err(self.vm.type_error("* wants int"));
        }
        Ok((self.vm.int_is_negative(value), value))
    }

    fn read_directive(&mut self) -> PyResult<Directive> {
        let vm = self.vm;
        let mut directive = Directive::default();
        let mut c = self.next()?;
        if c == 0x28 {
            self.key()?;
            c = self.next()?;
        }
        loop {
            match char::from_u32(c) {
                Some('-') => directive.left = true,
                Some('+') => directive.sign = true,
                Some(' ') => directive.blank = true,
                Some('#') => directive.alternate = true,
                Some('0') => directive.zero = true,
                _ => break,
            }
            c = self.next()?;
        }
        let digit = |c: u32| (0x30..0x3a).contains(&c).then(|| c as usize - 0x30);
        if c == 0x2a {
            let (negative, value) = self.star()?;
            directive.left |= negative;
            let width = vm.int_to_i64(value).filter(|&width| width != i64::MIN);
            let overflow = || vm.overflow_error("Python int too large to convert to C ssize_t");
            directive.width = width.ok_or_else(overflow)?.unsigned_abs() as usize;
            c = self.next()?;
        } else {
            while let Some(digit) = digit(c) {
                if directive.width > (isize::MAX as usize - digit) / 10 {
                    return Err(vm.value_error("width too big"));
                }
                directive.width = directive.width * 10 + digit;
                c = self.next()?;
            }
        }
        if c == 0x2e {
            directive.precision = Some(0);
            c = self.next()?;
            if c == 0x2a {
                let (negative, value) = self.star()?;
                let precision = vm.int_to_i64(value).and_then(|precision| i32::try_from(precision).ok());
                let overflow = || vm.overflow_error("Python int too large to convert to C int");
                let precision = precision.ok_or_else(overflow)?;
                directive.precision = Some(if negative { 0 } else { precision as usize });
                c = self.next()?;
            } else {
                let mut precision = 0;
                while let Some(digit) = digit(c) {
                    if precision > (i32::MAX as usize - digit) / 10 {
                        let word = if self.of == Of::Str { "precision" } else { "prec" };
                        return Err(vm.value_error(format_args!("{word} too big")));
                    }
                    precision = precision * 10 + digit;
                    c = self.next()?;
                }
                directive.precision = Some(precision);
            }
        }
        if matches!(c, 0x68 | 0x6c | 0x4c) {
            c = self.next()?;
        }
        directive.letter = c;
        Ok(directive)
    }

    fn directive(&mut self) -> PyResult<()> {
        if self.at < self.format.len() && self.format.at(self.at) == 0x25 {
            self.at += 1;
            self.out.push(0x25);
            return Ok(());
        }
        let directive = self.read_directive()?;
        let letter = char::from_u32(directive.letter).unwrap_or('\0');
        let vm = self.vm;
        let value = self.argument()?;
        match (letter, self.of) {
            ('s', Of::Str) => {
                let text = vm.str(value)?;
                self.text(&directive, text.data())
            }
            ('r', Of::Str) => {
                let text = vm.repr(value)?;
                self.text(&directive, text.data())
            }
            ('a', Of::Str) | ('a' | 'r', Of::Bytes) => {
                let text = vm.ascii(value)?;
                self.text(&directive, text.data())
            }
            ('b' | 's', Of::Bytes) => {
                let bytes = bytes_of(vm, value)?;
                self.text(&directive, StrData::Latin1(&bytes))
            }
            ('c', _) => {
                let code_point = self.character(value)?;
                let directive = Directive { precision: None, ..directive };
                self.text(&directive, StrData::Ucs4(&[code_point]))
            }
            ('d' | 'i' | 'u' | 'o' | 'x' | 'X', _) => {
                let text = self.integer(&directive, letter, value)?;
                self.number(&directive, letter, &text)
            }
            ('e' | 'E' | 'f' | 'F' | 'g' | 'G', _) => {
                let f = self.float(value)?;
                let text = numbers::plain_float(f, letter, directive.precision.unwrap_or(6), directive.alternate);
                self.number(&directive, letter, &text)
            }
            _ => Err(self.unsupported(directive.letter)),
        }
    }

    #[cold]
    fn unsupported(&self, letter: u32) -> Raised {
        // CPython takes such a byte as a negative number, unless digits came before it.
        let after_digit = self.at >= 2 && (0x30..0x3a).contains(&self.format.at(self.at - 2));
        if self.of == Of::Bytes && letter >= 0x80 && !after_digit {
            return self.vm.overflow_error("character argument not in range(0x110000)");
        }
        let shown = match self.of {
            Of::Bytes => char::from(letter as u8),
            Of::Str if (31..127).contains(&letter) => letter as u8 as char,
            Of::Str => '?',
        };
        let index = self.at - 1;
        self.vm.value_error(format_args!("unsupported format character '{shown}' (0x{letter:x}) at index {index}"))
    }

    /// Writes text, cut to the precision and padded to the width.
    fn text(&mut self, directive: &Directive, text: StrData<'_>) -> PyResult<()> {
        let len = directive.precision.map_or(text.len(), |most| most.min(text.len()));
        let padding = self.padding(directive.width, len)?;
        if !directive.left {
            self.fill(b' ', padding);
        }
        self.out.push_data(text.slice(0..len));
        if directive.left {
            self.fill(b' ', padding);
        }
        Ok(())
    }

    fn padding(&self, width: usize, len: usize) -> PyResult<usize> {
        let padding = width.saturating_sub(len);
        // Up to four bytes for each code point.
        self.vm.probe_memory(padding.saturating_mul(4))?;
        Ok(padding)
    }

    fn fill(&mut self, with: u8, count: usize) {
        (0..count).for_each(|_| self.out.push(with.into()));
    }

    /// Writes a number: sign, prefix, padding and digits in the order that the flags ask for.
    fn number(&mut self, directive: &Directive, letter: char, text: &str) -> PyResult<()> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None if directive.sign => ("+", text),
            None if directive.blank => (" ", text),
            None => ("", text),
        };
        let prefix_len = if directive.alternate && matches!(letter, 'x' | 'X' | 'o') { 2 } else { 0 };
        let (prefix, digits) = digits.split_at(prefix_len);
        let padding = self.padding(directive.width, sign.len() + text.trim_start_matches('-').len())?;
        if !directive.left && !directive.zero {
            self.fill(b' ', padding);
        }
        self.out.push_str(sign);
        self.out.push_str(prefix);
        if !directive.left && directive.zero {
            self.fill(b'0', padding);
        }
        self.out.push_str(digits);
        if directive.left {
            self.fill(b' ', padding);
        }
        Ok(())
    }

    /// The digits of an integer conversion, with sign and prefix.
    fn integer(&self, directive: &Directive, letter: char, value: Value) -> PyResult<String> {
        let vm = self.vm;
        let radix = matches!(letter, 'o' | 'x' | 'X');
        let int = if vm.is_int(value) {
            value
        } else {
            let slots = vm.slots_of(value);
            let is_number = slots.nb_index.is_some()
                || slots.nb_int.is_some()
                || slots.nb_float.is_some()
                || vm.cast::<crate::types::complex::PyComplex>(value).is_some();
            let converted = match is_number {
                false => None,
                true => {
                    let result = if radix { vm.index(value) } else { crate::types::int::to_int(vm, value) };
                    vm.catch(result, vm.exceptions().TypeError)?.ok()
                }
            };
            match converted {
                Some(int) => int,
                None => {
                    let (class, wanted) = (vm.class_name(value), if radix { "an integer" } else { "a real number" });
                    return Err(vm.type_error(format_args!("%{letter} format: {wanted} is required, not {class}")));
                }
            }
        };
        numbers::plain_int(vm, int, letter, directive.precision.unwrap_or(0), directive.alternate)
    }

    fn float(&self, value: Value) -> PyResult<f64> {
        if self.of == Of::Str {
            return self.vm.to_f64(value);
        }
        let vm = self.vm;
        let result = vm.to_f64(value);
        match vm.catch(result, vm.exceptions().TypeError)? {
            Ok(f) => Ok(f),
            Err(_) => {
                let class = vm.class_name(value);
                Err(vm.type_error(format_args!("float argument required, not {class}")))
            }
        }
    }

    /// The character of `%c`.
    fn character(&self, value: Value) -> PyResult<u32> {
        let vm = self.vm;
        if self.of == Of::Bytes {
            return byte_of(vm, value);
        }
        if let Some(text) = vm.cast::<PyStr>(value) {
            let len = text.len();
            if len == 1 {
                return Ok(text.data().at(0));
            }
            return Err(
                vm.type_error(format_args!("%c requires an int or a unicode character, not a string of length {len}"))
            );
        }
        let int = match vm.index_for_c(value)? {
            Some(int) => int,
            None => {
                let class = vm.full_class_name(value);
                return Err(vm.type_error(format_args!("%c requires an int or a unicode character, not {class}")));
            }
        };
        match vm.int_to_i64(int) {
            Some(code @ 0..=0x10ffff) => Ok(code as u32),
            _ => Err(vm.overflow_error("%c arg not in range(0x110000)")),
        }
    }
}

impl Vm {
    /// The integer of a value for `%c`; `None` when it is none.
    fn index_for_c(&self, value: Value) -> PyResult<Option<Value>> {
        if self.is_int(value) {
            return Ok(Some(value));
        }
        if self.slots_of(value).nb_index.is_none() {
            return Ok(None);
        }
        let result = self.index(value);
        Ok(self.catch(result, self.exceptions().TypeError)?.ok())
    }
}

/// The byte of `%c` in a format of bytes.
fn byte_of(vm: &Vm, value: Value) -> PyResult<u32> {
    let single = if let Some(bytes) = vm.cast::<PyBytes>(value) {
        Some((bytes.as_slice().first().copied(), bytes.len(), "a bytes object"))
    } else {
        vm.cast::<crate::types::bytearray::PyByteArray>(value)
            .map(|bytes| (bytes.as_slice().first().copied(), bytes.len(), "a bytearray object"))
    };
    match single {
        Some((Some(byte), 1, _)) => return Ok(byte.into()),
        Some((_, len, what)) => {
            return Err(vm.type_error(format_args!(
                "%c requires an integer in range(256) or a single byte, not {what} of length {len}"
            )));
        }
        None => {}
    }
    match vm.index_for_c(value)? {
        Some(int) => match vm.int_to_i64(int) {
            Some(byte @ 0..=255) => Ok(byte as u32),
            _ => Err(vm.overflow_error("%c arg not in range(256)")),
        },
        None => {
            let class = vm.full_class_name(value);
            Err(vm.type_error(format_args!("%c requires an integer in range(256) or a single byte, not {class}")))
        }
    }
}

/// The bytes of `%b`.
fn bytes_of(vm: &Vm, value: Value) -> PyResult<Vec<u8>> {
    if let Some(bytes) = vm.cast_exact::<PyBytes>(value) {
        return Ok(bytes.as_slice().to_vec());
    }
    // Native types that share their memory have no such method, but for `bytes`.
    if let Some(result) = vm.call_special(value, vm.names().__bytes__, &[])? {
        return match vm.cast::<PyBytes>(result) {
            Some(bytes) => Ok(bytes.as_slice().to_vec()),
            None => {
                let class = vm.class_name(result);
                Err(vm.type_error(format_args!("__bytes__ returned non-bytes (type {class})")))
            }
        };
    }
    if vm.slots_of(value).bf_getbuffer.is_some() {
        let buffer = vm.buffer(value, crate::buffer::request::FULL_RO)?;
        let copy = buffer.to_vec();
        buffer.release();
        return Ok(copy);
    }
    let class = vm.class_name(value);
    Err(vm.type_error(format_args!(
        "%b requires a bytes-like object, or an object that implements __bytes__, not '{class}'"
    )))
}
