//! `complex`: two floats.

use crate::class::{CompareOp, PyType};
use crate::object::Header;
use crate::types::float::text::{self, push_repr};
use crate::types::int::ascii_of;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids};

/// A `complex`.
#[repr(C)]
pub struct PyComplex {
    header: Header,
    /// Real part.
    pub real: f64,
    /// Imaginary part.
    pub imag: f64,
}

/// A pair of real and imaginary part.
pub type Pair = (f64, f64);

impl Vm {
    /// A complex number as a value.
    pub fn new_complex(&self, real: f64, imag: f64) -> PyResult {
        Ok(self.alloc(PyComplex { header: Header::EMPTY, real, imag })?.value())
    }

    fn complex_of_class(&self, class: Gc<PyType>, real: f64, imag: f64) -> PyResult {
        Ok(self.alloc_instance(class, PyComplex { header: Header::EMPTY, real, imag })?.value())
    }

    /// A `complex`, or a `float` or `int` that converts to one.
    fn complex_operand(&self, value: Value) -> PyResult<Option<Pair>> {
        if let Some(c) = self.cast::<PyComplex>(value) {
            return Ok(Some((c.real, c.imag)));
        }
        if let Some(f) = self.as_float(value) {
            return Ok(Some((f, 0.0)));
        }
        if self.is_int(value) { Ok(Some((self.int_to_f64(value)?, 0.0))) } else { Ok(None) }
    }

    /// The value as a complex number, by `__complex__` or as a real one: `None` when it is no
    /// number.
    pub fn to_complex(&self, value: Value) -> PyResult<Option<Pair>> {
        if let Some(c) = self.cast::<PyComplex>(value) {
            return Ok(Some((c.real, c.imag)));
        }
        if let Some(result) = self.call_special(value, self.names().__complex__, &[])? {
            let Some(c) = self.cast::<PyComplex>(result) else {
                let (class, given) = (self.class_name(value), self.class_name(result));
                return Err(self.type_error(format_args!("{class}.__complex__() must return a complex, not {given}")));
            };
            return Ok(Some((c.real, c.imag)));
        }
        let slots = self.slots_of(value);
        if slots.nb_float.is_some() || slots.nb_index.is_some() {
            return Ok(Some((self.to_f64(value)?, 0.0)));
        }
        Ok(None)
    }
}

fn product(a: Pair, b: Pair) -> Pair {
    let (re, im) = (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0);
    if re.is_nan() && im.is_nan() { product_with_infinities(a, b) } else { (re, im) }
}

/// C99 Annex G: an infinite operand gives an infinite product even where the plain formula gives
/// NaN.
fn product_with_infinities(a: Pair, b: Pair) -> Pair {
    let boxed = |x: f64| if x.is_infinite() { 1f64.copysign(x) } else { 0f64.copysign(x) };
    let tame = |x: f64| if x.is_nan() { 0f64.copysign(x) } else { x };
    let (mut a, mut b) = (a, b);
    let mut recalculate = false;
    if a.0.is_infinite() || a.1.is_infinite() {
        a = (boxed(a.0), boxed(a.1));
        b = (tame(b.0), tame(b.1));
        recalculate = true;
    }
    if b.0.is_infinite() || b.1.is_infinite() {
        b = (boxed(b.0), boxed(b.1));
        a = (tame(a.0), tame(a.1));
        recalculate = true;
    }
    if !recalculate {
        let parts = [a.0 * b.0, a.1 * b.1, a.0 * b.1, a.1 * b.0];
        if parts.iter().any(|part| part.is_infinite()) {
            a = (tame(a.0), tame(a.1));
            b = (tame(b.0), tame(b.1));
            recalculate = true;
        }
    }
    if recalculate {
        let infinity = f64::INFINITY;
        (infinity * (a.0 * b.0 - a.1 * b.1), infinity * (a.0 * b.1 + a.1 * b.0))
    } else {
        (f64::NAN, f64::NAN)
    }
}

/// 1 for an infinity, 0 for other numbers, with their sign.
fn boxed(x: f64) -> f64 {
    if x.is_infinite() { 1f64.copysign(x) } else { 0f64.copysign(x) }
}

/// The quotient by Smith's method; `None` for a divisor of 0. As C99 Annex G wants it, infinities
/// and zeros come out where the plain formula gives NaN.
pub fn quotient(a: Pair, b: Pair) -> Option<Pair> {
    let (re, im) = if b.0.abs() >= b.1.abs() {
        if b.0 == 0.0 && b.1 == 0.0 {
            return None;
        }
        let ratio = b.1 / b.0;
        let denominator = b.0 + b.1 * ratio;
        ((a.0 + a.1 * ratio) / denominator, (a.1 - a.0 * ratio) / denominator)
    } else if b.1.abs() >= b.0.abs() {
        let ratio = b.0 / b.1;
        let denominator = b.0 * ratio + b.1;
        ((a.0 * ratio + a.1) / denominator, (a.1 * ratio - a.0) / denominator)
    } else {
        (f64::NAN, f64::NAN)
    };
    if !re.is_nan() || !im.is_nan() {
        return Some((re, im));
    }
    let infinite = |z: Pair| z.0.is_infinite() || z.1.is_infinite();
    let finite = |z: Pair| z.0.is_finite() && z.1.is_finite();
    if infinite(a) && finite(b) {
        let (x, y) = (boxed(a.0), boxed(a.1));
        Some((f64::INFINITY * (x * b.0 + y * b.1), f64::INFINITY * (y * b.0 - x * b.1)))
    } else if infinite(b) && finite(a) {
        let (x, y) = (boxed(b.0), boxed(b.1));
        Some((0.0 * (a.0 * x + a.1 * y), 0.0 * (a.1 * x - a.0 * y)))
    } else {
        Some((re, im))
    }
}

/// The quotient of a real number by a complex one, likewise.
fn quotient_of_real(a: f64, b: Pair) -> Option<Pair> {
    let (re, im) = if b.0.abs() >= b.1.abs() {
        if b.0 == 0.0 && b.1 == 0.0 {
            return None;
        }
        let ratio = b.1 / b.0;
        let denominator = b.0 + b.1 * ratio;
        (a / denominator, (-a * ratio) / denominator)
    } else if b.1.abs() >= b.0.abs() {
        let ratio = b.0 / b.1;
        let denominator = b.0 * ratio + b.1;
        ((a * ratio) / denominator, -a / denominator)
    } else {
        (f64::NAN, f64::NAN)
    };
    if re.is_nan() && im.is_nan() && a.is_finite() && (b.0.is_infinite() || b.1.is_infinite()) {
        return Some((0.0 * (a * boxed(b.0)), 0.0 * (-a * boxed(b.1))));
    }
    Some((re, im))
}

fn power(vm: &Vm, base: Pair, exponent: Pair) -> PyResult<Pair> {
    if exponent == (0.0, 0.0) {
        return Ok((1.0, 0.0));
    }
    if base == (0.0, 0.0) {
        if exponent.1 != 0.0 || exponent.0 < 0.0 {
            return Err(vm.zero_division_error("zero to a negative or complex power"));
        }
        return Ok((0.0, 0.0));
    }
    let whole = exponent.0.floor();
    let result = if exponent.1 == 0.0 && exponent.0 == whole && exponent.0.abs() <= 100.0 {
        integer_power(base, whole as i32).unwrap_or((f64::NAN, f64::NAN))
    } else {
        let magnitude = base.0.hypot(base.1);
        let mut length = magnitude.powf(exponent.0);
        let angle = base.1.atan2(base.0);
        let mut phase = angle * exponent.0;
        if exponent.1 != 0.0 {
            length *= (-angle * exponent.1).exp();
            phase += exponent.1 * magnitude.ln();
        }
        (length * phase.cos(), length * phase.sin())
    };
    if result.0.is_infinite() || result.1.is_infinite() {
        return Err(vm.overflow_error("complex exponentiation"));
    }
    Ok(result)
}

fn integer_power(base: Pair, exponent: i32) -> Option<Pair> {
    let (mut result, mut square, mut bits) = ((1.0, 0.0), base, exponent.unsigned_abs());
    while bits != 0 {
        if bits & 1 != 0 {
            result = product(result, square);
        }
        bits >>= 1;
        square = product(square, square);
    }
    if exponent > 0 { Some(result) } else { quotient((1.0, 0.0), result) }
}

/// A negative real number to a fraction: a complex power.
pub fn power_of_reals(vm: &Vm, base: f64, exponent: f64) -> PyResult {
    let (real, imag) = power(vm, (base, 0.0), (exponent, 0.0))?;
    vm.new_complex(real, imag)
}

/// `repr` of a complex number.
pub fn repr(real: f64, imag: f64) -> String {
    let mut out = String::new();
    if real == 0.0 && real.is_sign_positive() {
        push_repr(&mut out, imag, "");
        out.push('j');
        return out;
    }
    out.push('(');
    push_repr(&mut out, real, "");
    if !imag.is_sign_negative() || imag.is_nan() {
        out.push('+');
    }
    push_repr(&mut out, imag, "");
    out.push_str("j)");
    out
}

/// Reads a complex literal with optional parentheses and sign.
fn parse(text: &[u8]) -> Option<Pair> {
    let text = text.trim_ascii();
    let text = match text {
        [b'(', inner @ .., b')'] => inner.trim_ascii(),
        _ => text,
    };
    let Some((&last, number)) = text.split_last() else { return None };
    if !matches!(last, b'j' | b'J') {
        return text::parse(text).map(|real| (real, 0.0));
    }
    // The imaginary part starts at the last sign that is not an exponent's.
    let at = (0..number.len())
        .rev()
        .find(|&i| matches!(number[i], b'+' | b'-') && (i == 0 || !matches!(number[i - 1], b'e' | b'E')));
    let (real, imag) = match at {
        Some(at) if at > 0 => (text::parse(&number[..at])?, &number[at..]),
        _ => (0.0, number),
    };
    let imag = match imag {
        b"" | b"+" => 1.0,
        b"-" => -1.0,
        _ => text::parse(imag)?,
    };
    Some((real, imag))
}

fn from_text(vm: &Vm, text: Gc<PyStr>) -> PyResult<Pair> {
    let ascii: Option<Vec<u8>> = text.data().iter().map(ascii_of).collect();
    let malformed = || vm.value_error("complex() arg is a malformed string");
    ascii.and_then(|ascii| parse(&ascii)).ok_or_else(malformed)
}

#[kaa_macros::py_type(
    name = "complex", id = ids::COMPLEX, layout = raw, flags(BASETYPE),
    doc = "Create a complex number from a string or numbers.\n\nIf a string is given, parse it as a complex number.\
           \nIf a single number is given, convert it to a complex number.\nIf the 'real' or 'imag' arguments are giv\
           en, create a complex number\nwith the specified real and imaginary components."
)]
impl PyComplex {
    #[new("complex(real=0, imag=0)")]
    fn new(vm: &Vm, class: Gc<PyType>, real: Option<Value>, imag: Option<Value>) -> PyResult {
        let exact = class == vm.class::<PyComplex>();
        if let (Some(real), None) = (real, imag) {
            if exact && vm.cast_exact::<PyComplex>(real).is_some() {
                return Ok(real);
            }
            if let Some(text) = vm.cast::<PyStr>(real) {
                let (real, imag) = from_text(vm, text)?;
                return vm.complex_of_class(class, real, imag);
            }
        }
        let not_real = |value: Value, name: &str| {
            let class = vm.class_name(value);
            Err(vm.type_error(format_args!("complex() argument '{name}' must be a real number, not {class}")))
        };
        let (mut re, mut im) = (0.0, 0.0);
        if let Some(real) = real {
            match vm.to_complex(real)? {
                Some(pair) => (re, im) = pair,
                None if imag.is_none() => {
                    let class = vm.class_name(real);
                    return Err(
                        vm.type_error(format_args!("complex() argument must be a string or a number, not {class}"))
                    );
                }
                None => return not_real(real, "real"),
            }
        }
        if let Some(imag) = imag {
            // Only a complex `real` has a part to add to: `0.0 + -0.0` would lose a sign.
            let is_complex = real.is_some_and(|real| vm.cast::<PyComplex>(real).is_some());
            let imaginary = |part: f64| if is_complex { im + part } else { part };
            if vm.cast::<PyStr>(imag).is_some() {
                return not_real(imag, "imag");
            }
            if let Some(c) = vm.cast::<PyComplex>(imag) {
                re -= c.imag;
                im = imaginary(c.real);
            } else {
                let slots = vm.slots_of(imag);
                if slots.nb_float.is_none() && slots.nb_index.is_none() {
                    return not_real(imag, "imag");
                }
                im = imaginary(vm.to_f64(imag)?);
            }
        }
        vm.complex_of_class(class, re, im)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        Ok(vm.new_str(&repr(this.real, this.imag))?.value())
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Gc<PyComplex>) -> PyResult<i64> {
        let part = |f: f64| {
            if f.is_nan() { vm.pin(this).rotate_right(4) as i64 } else { crate::hash::hash_float(f) }
        };
        let combined = (part(this.real) as u64).wrapping_add((part(this.imag) as u64).wrapping_mul(1_000_003));
        Ok(if combined as i64 == -1 { -2 } else { combined as i64 })
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        let Some(this) = vm.cast::<PyComplex>(a) else { return Ok(Value::NOT_IMPLEMENTED) };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let equal = if let Some(other) = vm.cast::<PyComplex>(b) {
            this.real == other.real && this.imag == other.imag
        } else if vm.is_int(b) || vm.as_float(b).is_some() {
            this.imag == 0.0 && vm.equal(vm.new_float(this.real)?, b)?
        } else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(nb_add)]
    fn add(vm: &Vm, a: Value, b: Value) -> PyResult {
        let both = |a: Pair, b: Pair| Some((a.0 + b.0, a.1 + b.1));
        operation(vm, a, b, both, |a, b| Some((a.0 + b, a.1)), |a, b| Some((a + b.0, b.1)))
    }

    #[slot(nb_subtract)]
    fn subtract(vm: &Vm, a: Value, b: Value) -> PyResult {
        let both = |a: Pair, b: Pair| Some((a.0 - b.0, a.1 - b.1));
        operation(vm, a, b, both, |a, b| Some((a.0 - b, a.1)), |a, b| Some((a - b.0, -b.1)))
    }

    #[slot(nb_multiply)]
    fn multiply(vm: &Vm, a: Value, b: Value) -> PyResult {
        let both = |a, b| Some(product(a, b));
        operation(vm, a, b, both, |a, b| Some((a.0 * b, a.1 * b)), |a, b| Some((a * b.0, a * b.1)))
    }

    #[slot(nb_true_divide)]
    fn true_divide(vm: &Vm, a: Value, b: Value) -> PyResult {
        let by_real = |a: Pair, b: f64| (b != 0.0).then_some((a.0 / b, a.1 / b));
        operation(vm, a, b, quotient, by_real, quotient_of_real)
    }

    #[slot(nb_power)]
    fn power(vm: &Vm, a: Value, b: Value, modulus: Value) -> PyResult {
        let (Some(a), Some(b)) = (vm.complex_operand(a)?, vm.complex_operand(b)?) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if !modulus.is_none() {
            return Err(vm.value_error("complex modulo"));
        }
        let (real, imag) = power(vm, a, b)?;
        vm.new_complex(real, imag)
    }

    #[slot(nb_negative)]
    fn negative(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        vm.new_complex(-this.real, -this.imag)
    }

    #[slot(nb_positive)]
    fn positive(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        vm.new_complex(this.real, this.imag)
    }

    #[slot(nb_absolute)]
    fn absolute(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        let length = this.real.hypot(this.imag);
        if length.is_infinite() && this.real.is_finite() && this.imag.is_finite() {
            return Err(vm.overflow_error("absolute value too large"));
        }
        vm.new_float(length)
    }

    #[slot(nb_bool)]
    fn bool(_vm: &Vm, this: Gc<PyComplex>) -> PyResult<bool> {
        Ok(this.real != 0.0 || this.imag != 0.0)
    }

    #[method("conjugate($self, /)", doc = "Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.")]
    fn conjugate(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        vm.new_complex(this.real, -this.imag)
    }

    #[method("__complex__($self, /)", doc = "Convert this value to exact type complex.")]
    fn complex(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        vm.new_complex(this.real, this.imag)
    }

    #[classmethod("from_number($type, number, /)", doc = "Convert number to a complex floating-point number.")]
    fn from_number(vm: &Vm, class: Gc<PyType>, number: Value) -> PyResult {
        if vm.cast_exact::<PyComplex>(number).is_some() && class == vm.class::<PyComplex>() {
            return Ok(number);
        }
        match vm.to_complex(number)? {
            Some((real, imag)) => vm.complex_of_class(class, real, imag),
            None => {
                let class = vm.class_name(number);
                Err(vm.type_error(format_args!("must be real number, not {class}")))
            }
        }
    }

    #[method("__getnewargs__($self, /)")]
    fn getnewargs(vm: &Vm, this: Gc<PyComplex>) -> PyResult<Gc<PyTuple>> {
        let parts = [vm.new_float(this.real)?, vm.new_float(this.imag)?];
        vm.new_tuple(&parts)
    }

    #[method("__format__($self, format_spec, /)", doc = "Convert to a string according to format_spec.")]
    fn format(vm: &Vm, this: Gc<PyComplex>, format_spec: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        if format_spec.is_empty() {
            return vm.str(this.value());
        }
        crate::format::format_complex(vm, this.real, this.imag, format_spec, this.value())
    }

    #[getter("real", member)]
    fn real(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        vm.new_float(this.real)
    }

    #[getter("imag", member)]
    fn imag(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        vm.new_float(this.imag)
    }
}

/// An operation of complex numbers, of one and a real one, and of a real one and one: those do not
/// take part with an imaginary part of 0, whose sign would matter. `None` is a division by zero.
fn operation(
    vm: &Vm,
    a: Value,
    b: Value,
    both: fn(Pair, Pair) -> Option<Pair>,
    right_real: fn(Pair, f64) -> Option<Pair>,
    left_real: fn(f64, Pair) -> Option<Pair>,
) -> PyResult {
    let (Some(left), Some(right)) = (vm.complex_operand(a)?, vm.complex_operand(b)?) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let is_complex = |value| vm.cast::<PyComplex>(value).is_some();
    let result = match (is_complex(a), is_complex(b)) {
        (true, false) => right_real(left, right.0),
        (false, true) => left_real(left.0, right),
        _ => both(left, right),
    };
    match result {
        Some((real, imag)) => vm.new_complex(real, imag),
        None => Err(vm.zero_division_error("division by zero")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_complex_numbers() {
        assert_eq!(repr(0.0, 1.0), "1j");
        assert_eq!(repr(-0.0, -2.5), "(-0-2.5j)");
        assert_eq!(repr(1.0, f64::NAN), "(1+nanj)");
        assert_eq!(parse(b" (1e3-2.5e-1j) "), Some((1000.0, -0.25)));
        assert_eq!(parse(b"-j"), Some((0.0, -1.0)));
        assert_eq!(parse(b"3"), Some((3.0, 0.0)));
        assert_eq!(parse(b"1+"), None);
        assert_eq!(parse(b""), None);
    }
}
