//! Reading a JSON document: `json.scanner.make_scanner`.

use std::mem::offset_of;

use kaa_objects::args::Signature;
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::MemberKind::ReadOnly;
use kaa_objects::types::float::PyFloat;
use kaa_objects::types::int::PyInt;
use kaa_objects::types::str::{PyStr, StrData};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Raised, Trace, Value, Vm, py_type};

use super::string::{Unit, plain_end, scan, scan_escaped};
use super::{decode_error, expect_str};

/// What a `JSONDecoder` wants.
#[repr(C)]
#[derive(Trace)]
pub struct Scanner {
    header: Header,
    strict: Slot,
    object_hook: Slot,
    object_pairs_hook: Slot,
    parse_float: Slot,
    parse_int: Slot,
    parse_constant: Slot,
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[
            ("strict", offset_of!(Scanner, strict), ReadOnly, "strict"),
            ("object_hook", offset_of!(Scanner, object_hook), ReadOnly, "object_hook"),
            ("object_pairs_hook", offset_of!(Scanner, object_pairs_hook), ReadOnly, ""),
            ("parse_float", offset_of!(Scanner, parse_float), ReadOnly, "parse_float"),
            ("parse_int", offset_of!(Scanner, parse_int), ReadOnly, "parse_int"),
            ("parse_constant", offset_of!(Scanner, parse_constant), ReadOnly, "parse_constant"),
        ],
    )
}

static NEW: Signature = Signature {
    name: "make_scanner",
    qualname: "make_scanner",
    params: &["context"],
    positional_only: 0,
    positional: 1,
    required: 1,
    required_keywords: 0,
    var_positional: false,
    var_keyword: false,
    constructor: false,
    keywords_apart: false,
};

static CALL: Signature = Signature {
    name: "scan_once",
    qualname: "scan_once",
    params: &["string", "idx"],
    positional: 2,
    required: 2,
    ..NEW
};

#[py_type(name = "Scanner", module = "_json", setup = set_up, doc = "JSON scanner object")]
impl Scanner {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<Scanner>> {
        let mut row = [None; 1];
        let context = NEW.bind(vm, args, &mut row)?.required(0);
        let strict = vm.get_attr_str(context, "strict")?;
        let strict = Slot::new(Value::bool(vm.truth(strict)?));
        let hook = |name: &str| -> PyResult<Slot> { Ok(Slot::new(vm.get_attr_str(context, name)?)) };
        // Made first, for what is found lives only in it.
        let scanner = vm.alloc_instance(
            class,
            Scanner {
                header: Header::EMPTY,
                strict,
                object_hook: Slot::empty(),
                object_pairs_hook: Slot::empty(),
                parse_float: Slot::empty(),
                parse_int: Slot::empty(),
                parse_constant: Slot::empty(),
            },
        )?;
        for (slot, name) in [
            (&scanner.object_hook, "object_hook"),
            (&scanner.object_pairs_hook, "object_pairs_hook"),
            (&scanner.parse_float, "parse_float"),
            (&scanner.parse_int, "parse_int"),
            (&scanner.parse_constant, "parse_constant"),
        ] {
            slot.set(vm, scanner, hook(name)?.get_set());
        }
        Ok(scanner)
    }

    #[slot(call)]
    fn call(vm: &Vm, this: Gc<Scanner>, args: Args<'_>) -> PyResult {
        let mut row = [None; 2];
        let given = CALL.bind(vm, args, &mut row)?;
        let at = vm.index_to_isize(given.required(1), vm.exceptions().OverflowError)?;
        let document = expect_str(vm, given.required(0))?;
        let at = usize::try_from(at).map_err(|_| vm.value_error("idx cannot be negative"))?;
        let (value, next) = match document.data() {
            StrData::Latin1(units) => Scan::new(vm, this, document, units, at).run()?,
            StrData::Ucs2(units) => Scan::new(vm, this, document, units, at).run()?,
            StrData::Ucs4(units) => Scan::new(vm, this, document, units, at).run()?,
        };
        Ok(vm.new_tuple(&[value, Value::small_int(next as i64)])?.value())
    }
}

/// How many keys of objects are remembered.
const KEYS: usize = 64;
/// Longer keys are not remembered.
const LONGEST_KEY: usize = 64;

/// A document being read. It must stay on the native stack, where the collector sees its values.
struct Scan<'a, U> {
    vm: &'a Vm,
    document: Gc<PyStr>,
    units: &'a [U],
    at: usize,
    strict: bool,
    object_hook: Option<Value>,
    object_pairs_hook: Option<Value>,
    /// Called for numbers that are not to become `float` and `int`.
    parse_float: Option<Value>,
    parse_int: Option<Value>,
    parse_constant: Value,
    /// Keys that were read, by a hash: most come again.
    keys: [Option<Gc<PyStr>>; KEYS],
}

impl<'a, U: Unit> Scan<'a, U> {
    fn new(vm: &'a Vm, scanner: Gc<Scanner>, document: Gc<PyStr>, units: &'a [U], at: usize) -> Scan<'a, U> {
        let unless = |function: &Slot, class: Value| function.get().filter(|&function| function != class);
        Scan {
            vm,
            document,
            units,
            at,
            strict: scanner.strict.get() != Some(Value::FALSE),
            object_hook: scanner.object_hook.get().and_then(Value::not_none),
            object_pairs_hook: scanner.object_pairs_hook.get().and_then(Value::not_none),
            parse_float: unless(&scanner.parse_float, vm.class::<PyFloat>().value()),
            parse_int: unless(&scanner.parse_int, vm.class::<PyInt>().value()),
            parse_constant: scanner.parse_constant.get_set(),
            keys: [None; KEYS],
        }
    }

    fn run(mut self) -> PyResult<(Value, usize)> {
        let value = self.value()?;
        Ok((value, self.at))
    }

    #[inline(always)]
    fn peek(&self) -> Option<u32> {
        self.units.get(self.at).map(|&unit| unit.into())
    }

    #[inline(always)]
    fn is_next(&self, byte: u8) -> bool {
        self.peek() == Some(byte.into())
    }

    #[inline(always)]
    fn skip_spaces(&mut self) {
        while matches!(self.peek(), Some(0x20 | 0x0a | 0x0d | 0x09)) {
            self.at += 1;
        }
    }

    #[cold]
    fn error(&self, message: &str) -> Raised {
        decode_error(self.vm, message, self.document, self.at)
    }

    /// There is no value here: `json` makes «Expecting value» of it.
    #[cold]
    fn no_value(&self) -> Raised {
        self.vm.raise_with(self.vm.exceptions().StopIteration, &[Value::small_int(self.at as i64)])
    }

    fn starts_with(&self, word: &str) -> bool {
        let rest = &self.units[self.at..];
        rest.len() >= word.len() && rest.iter().zip(word.bytes()).all(|(&unit, byte)| unit.into() == u32::from(byte))
    }

    /// Reads the value at the position and moves behind it.
    fn value(&mut self) -> PyResult {
        let Some(first) = self.peek() else { return Err(self.no_value()) };
        let (word, value) = match u8::try_from(first) {
            Ok(b'"') => return self.string(),
            Ok(b'{') => {
                self.vm.check_stack(" while decoding a JSON object from a unicode string")?;
                self.at += 1;
                return if self.object_pairs_hook.is_some() { self.object_pairs() } else { self.object() };
            }
            Ok(b'[') => {
                self.vm.check_stack(" while decoding a JSON array from a unicode string")?;
                self.at += 1;
                return self.array();
            }
            Ok(b'n') => ("null", Value::NONE),
            Ok(b't') => ("true", Value::TRUE),
            Ok(b'f') => ("false", Value::FALSE),
            Ok(b'N') => return self.constant("NaN"),
            Ok(b'I') => return self.constant("Infinity"),
            Ok(b'-') if self.starts_with("-I") => return self.constant("-Infinity"),
            _ => return self.number(),
        };
        if !self.starts_with(word) {
            return Err(self.no_value());
        }
        self.at += word.len();
        Ok(value)
    }

    fn constant(&mut self, word: &'static str) -> PyResult {
        if !self.starts_with(word) {
            return Err(self.no_value());
        }
        self.at += word.len();
        self.vm.call(self.parse_constant, &[self.vm.intern(word).value()])
    }

    #[inline]
    fn string(&mut self) -> PyResult {
        let (string, next) = scan(self.vm, self.document, self.units, self.at + 1, self.strict)?;
        self.at = next;
        Ok(string.value())
    }

    /// Reads the key of an object, which is before a colon, and moves to its value.
    fn key(&mut self) -> PyResult<Gc<PyStr>> {
        if !self.is_next(b'"') {
            return Err(self.error("Expecting property name enclosed in double quotes"));
        }
        let start = self.at + 1;
        let end = plain_end(self.units, start, self.strict);
        let key = if end < self.units.len() && self.units[end].into() == u32::from(b'"') {
            self.at = end + 1;
            self.remembered(&self.units[start..end])?
        } else {
            let (key, next) = scan_escaped(self.vm, self.document, self.units, start, end, self.strict)?;
            self.at = next;
            key
        };
        self.skip_spaces();
        if !self.is_next(b':') {
            return Err(self.error("Expecting ':' delimiter"));
        }
        self.at += 1;
        self.skip_spaces();
        Ok(key)
    }

    /// The string of a key: the same object again for one that came before.
    fn remembered(&mut self, units: &'a [U]) -> PyResult<Gc<PyStr>> {
        let len = units.len();
        if !(2..=LONGEST_KEY).contains(&len) {
            return U::string(self.vm, units);
        }
        let sample = |index: usize| -> u32 { units[index].into() };
        let hash = (sample(0) ^ sample(len / 2) << 8 ^ sample(len - 1) << 16 ^ (len as u32) << 24)
            .wrapping_mul(0x9e37_79b1)
            >> 26;
        if let Some(known) = self.keys[hash as usize]
            && is_text(known, units)
        {
            return Ok(known);
        }
        let key = U::string(self.vm, units)?;
        self.keys[hash as usize] = Some(key);
        Ok(key)
    }

    /// Whether another item follows; moves to it, or behind the bracket that ends the row.
    #[inline]
    fn another(&mut self, close: u8, trailing: &str) -> PyResult<bool> {
        self.skip_spaces();
        if self.is_next(close) {
            self.at += 1;
            return Ok(false);
        }
        if !self.is_next(b',') {
            return Err(self.error("Expecting ',' delimiter"));
        }
        let comma = self.at;
        self.at += 1;
        self.skip_spaces();
        if self.is_next(close) {
            self.at = comma;
            return Err(self.error(trailing));
        }
        Ok(true)
    }

    /// Whether a row has a first item, likewise.
    #[inline]
    fn first(&mut self, close: u8) -> bool {
        self.skip_spaces();
        let is_empty = self.is_next(close);
        self.at += usize::from(is_empty);
        !is_empty
    }

    fn object(&mut self) -> PyResult {
        let dict = self.vm.new_dict()?;
        let mut more = self.first(b'}');
        while more {
            let key = self.key()?;
            let value = self.value()?;
            dict.set_str(self.vm, key, value)?;
            more = self.another(b'}', "Illegal trailing comma before end of object")?;
        }
        match self.object_hook {
            Some(hook) => self.vm.call(hook, &[dict.value()]),
            None => Ok(dict.value()),
        }
    }

    fn object_pairs(&mut self) -> PyResult {
        let pairs = self.vm.new_list(&[])?;
        let mut more = self.first(b'}');
        while more {
            let key = self.key()?;
            let value = self.value()?;
            let pair: Gc<PyTuple> = self.vm.new_tuple(&[key.value(), value])?;
            pairs.push(self.vm, pair.value())?;
            more = self.another(b'}', "Illegal trailing comma before end of object")?;
        }
        let hook = self.object_pairs_hook.unwrap_or(Value::NONE);
        self.vm.call(hook, &[pairs.value()])
    }

    fn array(&mut self) -> PyResult {
        let list = self.vm.new_list(&[])?;
        let mut more = self.first(b']');
        while more {
            let value = self.value()?;
            list.push(self.vm, value)?;
            more = self.another(b']', "Illegal trailing comma before end of array")?;
        }
        Ok(list.value())
    }

    /// How many digits are at a position.
    fn digits(&self, at: usize) -> usize {
        self.units[at..].iter().take_while(|&&unit| is_digit(unit)).count()
    }

    fn number(&mut self) -> PyResult {
        let start = self.at;
        let digit_at = |at: usize| self.units.get(at).is_some_and(|&unit| is_digit(unit));
        let is_at = |at: usize, bytes: &[u8]| {
            self.units.get(at).is_some_and(|&unit| bytes.iter().any(|&byte| unit.into() == u32::from(byte)))
        };
        let mut at = start + usize::from(is_at(start, b"-"));
        if is_at(at, b"0") {
            at += 1;
        } else if digit_at(at) {
            at += self.digits(at);
        } else {
            return Err(self.no_value());
        }
        let mut is_float = false;
        if is_at(at, b".") && digit_at(at + 1) {
            is_float = true;
            at += 1 + self.digits(at + 1);
        }
        if is_at(at, b"eE") {
            let exponent = at + 1 + usize::from(is_at(at + 1, b"+-"));
            if digit_at(exponent) {
                is_float = true;
                at = exponent + self.digits(exponent);
            }
        }
        self.at = at;
        let units = &self.units[start..at];
        match if is_float { self.parse_float } else { self.parse_int } {
            Some(function) => self.vm.call(function, &[U::string(self.vm, units)?.value()]),
            None if is_float => self.float(units),
            None => self.int(units),
        }
    }

    fn float(&self, units: &[U]) -> PyResult {
        let mut buffer = [0; 32];
        let long;
        let text = match buffer.get_mut(..units.len()) {
            Some(text) => {
                text.iter_mut().zip(units).for_each(|(byte, &unit)| *byte = unit.into() as u8);
                &*text
            }
            None => {
                long = units.iter().map(|&unit| unit.into() as u8).collect::<Vec<u8>>();
                &long
            }
        };
        let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        self.vm.new_float(number.expect("the text is that of a number"))
    }

    fn int(&self, units: &[U]) -> PyResult {
        // So many digits always fit.
        if units.len() > 18 {
            return self.vm.int_from_str(U::string(self.vm, units)?, 10);
        }
        let negative = units[0].into() == u32::from(b'-');
        let digits = &units[usize::from(negative)..];
        let number = digits.iter().fold(0, |number, &unit| number * 10 + i64::from(unit.into() & 15));
        self.vm.new_int(if negative { -number } else { number })
    }
}

#[inline(always)]
fn is_digit<U: Unit>(unit: U) -> bool {
    let code_point: u32 = unit.into();
    code_point.wrapping_sub(0x30) < 10
}

/// Whether a string is just these code points.
#[inline]
fn is_text<U: Unit>(string: Gc<PyStr>, units: &[U]) -> bool {
    match (string.data(), U::data(units)) {
        (StrData::Latin1(a), StrData::Latin1(b)) => a == b,
        (a, b) => a.len() == b.len() && a.iter().eq(b.iter()),
    }
}
