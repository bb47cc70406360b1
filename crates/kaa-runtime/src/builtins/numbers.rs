//! `abs`, `bin`, `chr`, `divmod`, `hex`, `oct`, `ord`, `pow`, `round`, `sum`, `max`, `min`.

use kaa_macros::py_functions;
use kaa_objects::class::CompareOp;
use kaa_objects::operations::BinaryOp;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::complex::PyComplex;
use kaa_objects::types::float::PyFloat;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::Builtins;

/// The digits of an integer in a base that is a power of two, with prefix and sign.
fn in_base(vm: &Vm, number: Value, spec: &str) -> PyResult<Gc<PyStr>> {
    let int = vm.index(number)?;
    let spec = vm.intern(spec);
    kaa_objects::format::format_int(vm, int, spec)
}

#[py_functions(FUNCTIONS, of = "builtins")]
impl Builtins {
    #[function("abs(number, /)", doc = "Return the absolute value of the argument.\n\n>>> abs(-1.5)\n1.5")]
    fn abs(vm: &Vm, number: Value) -> PyResult {
        vm.absolute(number)
    }

    #[function(
        "bin(number, /)",
        doc = "Return the binary representation of an integer.\n\n   >>> bin(2796202)\n   '0b1010101010101010101010'"
    )]
    fn bin(vm: &Vm, number: Value) -> PyResult<Gc<PyStr>> {
        in_base(vm, number, "#b")
    }

    #[function(
        "oct(number, /)",
        doc = "Return the octal representation of an integer.\n\n   >>> oct(342391)\n   '0o1234567'"
    )]
    fn oct(vm: &Vm, number: Value) -> PyResult<Gc<PyStr>> {
        in_base(vm, number, "#o")
    }

    #[function(
        "hex(number, /)",
        doc = "Return the hexadecimal representation of an integer.\n\n   >>> hex(12648430)\n   '0xc0ffee'"
    )]
    fn hex(vm: &Vm, number: Value) -> PyResult<Gc<PyStr>> {
        in_base(vm, number, "#x")
    }

    #[function("chr(i, /)", doc = "Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff.")]
    fn chr(vm: &Vm, i: Value) -> PyResult<Gc<PyStr>> {
        let code_point = vm.index_clamped(i)?;
        match u32::try_from(code_point) {
            Ok(code_point @ 0..=0x10_ffff) => vm.new_str_char(code_point),
            _ => Err(vm.value_error("chr() arg not in range(0x110000)")),
        }
    }

    #[function(
        "ord(character, /)",
        doc = "Return the ordinal value of a character.\n\nIf the argument is a one-character string, return the Unicode code\npoint of that character.\n\nIf the argument is a bytes or bytearray object of length 1, return its\nsingle byte value."
    )]
    fn ord(vm: &Vm, character: Value) -> PyResult<i64> {
        let len = if let Some(string) = vm.cast::<PyStr>(character) {
            if string.len() == 1 {
                return Ok(string.data().at(0).into());
            }
            string.len()
        } else if let Some(bytes) = vm.cast::<PyBytes>(character) {
            if let &[byte] = bytes.as_slice() {
                return Ok(byte.into());
            }
            bytes.len()
        } else if let Some(bytes) = vm.bytes_like_text(character).filter(|_| vm.class_name(character) == "bytearray") {
            if let [byte] = bytes[..] {
                return Ok(byte.into());
            }
            bytes.len()
        } else {
            let class = vm.class_name(character);
            return Err(vm.type_error(format_args!("ord() expected string of length 1, but {class} found")));
        };
        Err(vm.type_error(format_args!("ord() expected a character, but string of length {len} found")))
    }

    #[function("divmod(x, y, /)", doc = "Return the tuple (x//y, x%y).  Invariant: div*y + mod == x.")]
    fn divmod(vm: &Vm, x: Value, y: Value) -> PyResult {
        vm.divmod(x, y)
    }

    #[function(
        "pow(base, exp, mod=None)",
        doc = "Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.\n\nSome types, such as ints, are able to use a more efficient algorithm when\ninvoked using the three argument form."
    )]
    fn pow(vm: &Vm, base: Value, exp: Value, r#mod: Value) -> PyResult {
        vm.power(base, exp, r#mod)
    }

    #[function(
        "round(number, ndigits=None)",
        doc = "Round a number to a given precision in decimal digits.\n\nThe return value is an integer if ndigits is omitted or None.  Otherwise\nthe return value has the same type as the number.  ndigits may be negative."
    )]
    fn round(vm: &Vm, number: Value, ndigits: Value) -> PyResult {
        let args = [ndigits];
        let args = if ndigits.is_none() { &[][..] } else { &args };
        match vm.call_special(number, vm.names().__round__, args)? {
            Some(rounded) => Ok(rounded),
            None => {
                let class = vm.class_name(number);
                Err(vm.type_error(format_args!("type {class} doesn't define __round__ method")))
            }
        }
    }

    #[function(
        "sum(iterable, /, start=0)",
        doc = "Return the sum of a 'start' value (default: 0) plus an iterable of numbers\n\nWhen the iterable is empty, return the start value.\nThis function is intended specifically for use with numeric values and may\nreject non-numeric types."
    )]
    fn sum(vm: &Vm, iterable: Value, start: Value) -> PyResult {
        sum(vm, iterable, start)
    }

    #[function(
        "max",
        raw,
        doc = "max(iterable, *[, default=obj, key=func]) -> value\nmax(arg1, arg2, *args, *[, key=func]) -> value\n\nWith a single iterable argument, return its biggest item. The\ndefault keyword-only argument specifies an object to return if\nthe provided iterable is empty.\nWith two or more positional arguments, return the largest argument."
    )]
    fn max(vm: &Vm, args: Args<'_>) -> PyResult {
        extreme(vm, args, "max", CompareOp::Gt)
    }

    #[function(
        "min",
        raw,
        doc = "min(iterable, *[, default=obj, key=func]) -> value\nmin(arg1, arg2, *args, *[, key=func]) -> value\n\nWith a single iterable argument, return its smallest item. The\ndefault keyword-only argument specifies an object to return if\nthe provided iterable is empty.\nWith two or more positional arguments, return the smallest argument."
    )]
    fn min(vm: &Vm, args: Args<'_>) -> PyResult {
        extreme(vm, args, "min", CompareOp::Lt)
    }
}

/// A sum of floats with the error of each addition kept apart (Neumaier's method), as CPython
/// computes it since 3.12.
#[derive(Clone, Copy)]
struct CompensatedSum {
    high: f64,
    low: f64,
}

impl CompensatedSum {
    fn add(&mut self, x: f64) {
        let total = self.high + x;
        let lost = if self.high.abs() >= x.abs() { (self.high - total) + x } else { (x - total) + self.high };
        self.high = total;
        self.low += lost;
    }

    fn total(self) -> f64 {
        // A compensation that is not finite would spoil an infinite sum.
        if self.low != 0.0 && self.low.is_finite() { self.high + self.low } else { self.high }
    }
}

/// Integers, then floats, are added without making an object of each partial sum; whatever else
/// comes goes on with `+`.
fn sum(vm: &Vm, iterable: Value, start: Value) -> PyResult {
    let mistake = if vm.cast::<PyStr>(start).is_some() {
        Some("sum() can't sum strings [use ''.join(seq) instead]")
    } else if vm.cast::<PyBytes>(start).is_some() {
        Some("sum() can't sum bytes [use b''.join(seq) instead]")
    } else if vm.class_name(start) == "bytearray" {
        Some("sum() can't sum bytearray [use b''.join(seq) instead]")
    } else {
        None
    };
    if let Some(mistake) = mistake {
        return Err(vm.type_error(mistake));
    }
    let mut partial = Partial::of(vm, start);
    vm.for_each(iterable, |item| {
        if !partial.add(vm, item)? {
            let total = vm.binary(BinaryOp::Add, partial.value(vm)?, item)?;
            partial.go_on_with(vm, total);
        }
        Ok(())
    })?;
    partial.value(vm)
}

/// What has been added so far. A sum goes on from each kind to a later one only.
enum Partial {
    Int(i64),
    Float(CompensatedSum),
    Complex(CompensatedSum, CompensatedSum),
    Any(Value),
}

impl Partial {
    /// A sum that begins with a value.
    fn of(vm: &Vm, start: Value) -> Partial {
        let high = |high: f64| CompensatedSum { high, low: 0.0 };
        if let Some(int) = start.as_small_int() {
            Partial::Int(int)
        } else if let Some(float) = exact_float(vm, start) {
            Partial::Float(high(float))
        } else if let Some(complex) = vm.cast_exact::<PyComplex>(start) {
            Partial::Complex(high(complex.real), high(complex.imag))
        } else {
            Partial::Any(start)
        }
    }

    /// Goes on with what `+` gave: as floats or complex numbers, or with `+` to the end.
    fn go_on_with(&mut self, vm: &Vm, total: Value) {
        *self = match (&*self, Partial::of(vm, total)) {
            (Partial::Int(_), next @ (Partial::Float(_) | Partial::Complex(..))) => next,
            (Partial::Float(_), next @ Partial::Complex(..)) => next,
            _ => Partial::Any(total),
        };
    }

    /// Adds an item; false when it is of another kind, and `+` has to do it.
    fn add(&mut self, vm: &Vm, item: Value) -> PyResult<bool> {
        match self {
            Partial::Int(sum) => {
                let item = item.as_small_int().or(item.as_bool().map(i64::from));
                let Some(next) = item.and_then(|item| sum.checked_add(item)) else { return Ok(false) };
                *sum = next;
            }
            Partial::Float(sum) => match exact_float(vm, item) {
                Some(float) => sum.add(float),
                None if vm.is_int(item) => sum.add(vm.int_to_f64(item)?),
                None => return Ok(false),
            },
            Partial::Complex(real, imag) => match vm.cast_exact::<PyComplex>(item) {
                Some(complex) => {
                    real.add(complex.real);
                    imag.add(complex.imag);
                }
                None if vm.is_int(item) => real.add(vm.int_to_f64(item)?),
                None if vm.is_instance(item, vm.class::<PyFloat>()) => real.add(vm.to_f64(item)?),
                None => return Ok(false),
            },
            Partial::Any(_) => return Ok(false),
        }
        Ok(true)
    }

    fn value(&self, vm: &Vm) -> PyResult {
        match self {
            Partial::Int(sum) => vm.new_int(*sum),
            Partial::Float(sum) => vm.new_float(sum.total()),
            Partial::Complex(real, imag) => vm.new_complex(real.total(), imag.total()),
            Partial::Any(total) => Ok(*total),
        }
    }
}

fn exact_float(vm: &Vm, value: Value) -> Option<f64> {
    value.as_small_float().or_else(|| vm.cast_exact::<PyFloat>(value).map(|float| float.value))
}

fn extreme(vm: &Vm, args: Args<'_>, function: &str, better: CompareOp) -> PyResult {
    vm.check_keyword_count(function, 2, args)?;
    let (mut key, mut default) = (None, None);
    for (name, value) in args.keywords() {
        if name.equals_str("key") {
            key = value.not_none();
        } else if name.equals_str("default") {
            default = Some(value);
        } else {
            return Err(vm.unexpected_keyword(&format!("{function}()"), &["key", "default"], args));
        }
    }
    let mut best: Option<(Value, Value)> = None;
    let mut consider = |item: Value| -> PyResult<()> {
        let rank = key.map_or(Ok(item), |key| vm.call(key, &[item]))?;
        let replaces = match best {
            None => true,
            Some((_, champion)) => vm.compare_bool(rank, champion, better)?,
        };
        if replaces {
            best = Some((item, rank));
        }
        Ok(())
    };
    match args.positionals() {
        [] => return Err(vm.type_error(format_args!("{function} expected at least 1 argument, got 0"))),
        &[iterable] => vm.for_each(iterable, consider)?,
        several => {
            if default.is_some() {
                return Err(vm.type_error(format_args!(
                    "Cannot specify a default for {function}() with multiple positional arguments"
                )));
            }
            several.iter().try_for_each(|&item| consider(item))?;
        }
    }
    match best.map(|(item, _)| item).or(default) {
        Some(item) => Ok(item),
        None => Err(vm.value_error(format_args!("{function}() iterable argument is empty"))),
    }
}
