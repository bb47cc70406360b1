//! `Decimal` from strings, integers, floats and tuples: exactly, or rounded by a context.

use kaa_decimal::{Coefficient, Context, Decimal, Flags, Kind, View, binary, finalize, flags};
use kaa_objects::class::PyType;
use kaa_objects::types::float::{PyFloat, text::integer_ratio};
use kaa_objects::types::int::ascii_of;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::{PyStr, StrData};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm};
use num_bigint::BigUint;

use super::context::PyContext;
use super::current::current;
use super::object::{OrRaise, PyDecimal, from_int};
use super::signals::add_status;

/// A context in which conversions are exact or errors.
fn parse_exactly(vm: &Vm, context: Gc<PyContext>, text: &[u8]) -> PyResult<Decimal> {
    let mut status = 0;
    let mut number = Decimal::parse(text, &Context::MAX, &mut status).or_raise(vm)?;
    if status & (flags::INEXACT | flags::ROUNDED | flags::CLAMPED) != 0 {
        number = Decimal::NAN;
        status |= flags::INVALID_OPERATION;
    }
    add_status(vm, context, status & flags::ERRORS)?;
    Ok(number)
}

/// A text as ASCII: digits and spaces of any script. Empty when there is anything else.
fn with_ascii<R>(text: &PyStr, strip: bool, with: impl FnOnce(&[u8]) -> R) -> R {
    let is_space = |c: &u8| matches!(c, b' ' | b'\t'..=b'\r' | 0x1c..=0x1f);
    let trim = |text: &[u8]| -> (usize, usize) {
        let start = text.iter().position(|c| !is_space(c)).unwrap_or(text.len());
        let end = text.iter().rposition(|c| !is_space(c)).map_or(start, |last| last + 1);
        if strip { (start, end) } else { (0, text.len()) }
    };
    if let StrData::Latin1(bytes) = text.data()
        && text.is_ascii()
        && !(strip && bytes.contains(&b'_'))
    {
        let (start, end) = trim(bytes);
        return with(&bytes[start..end]);
    }
    let ascii: Option<Vec<u8>> = text.data().iter().map(ascii_of).collect();
    let ascii = ascii.unwrap_or_default();
    let (start, end) = trim(&ascii);
    if strip {
        let plain: Vec<u8> = ascii[start..end].iter().copied().filter(|&c| c != b'_').collect();
        return with(&plain);
    }
    with(&ascii)
}

/// A float as a number, exactly.
pub fn from_f64(vm: &Vm, value: f64) -> PyResult<Decimal> {
    if value.is_nan() {
        return Ok(Decimal::NAN);
    }
    if value.is_infinite() {
        return Ok(Decimal::infinity(value < 0.0));
    }
    let (mantissa, exponent) = integer_ratio(value);
    let magnitude = BigUint::from(mantissa.unsigned_abs());
    // m / 2^k is m × 5^k / 10^k.
    let (magnitude, exp) = if exponent >= 0 {
        (magnitude << exponent, 0)
    } else {
        (magnitude * BigUint::from(5u8).pow(exponent.unsigned_abs()), i64::from(exponent))
    };
    let words: Vec<u64> = magnitude.iter_u64_digits().collect();
    let coefficient = binary::from_words(&words).or_raise(vm)?;
    Ok(Decimal::new(value.is_sign_negative(), coefficient, exp))
}

/// A `float` or an `int` as a number; `TypeError` for anything else.
pub fn number_from_float(vm: &Vm, value: Value) -> PyResult<Decimal> {
    if let Some(number) = from_int(vm, value)? {
        return Ok(number);
    }
    match float_of(vm, value) {
        Some(float) => from_f64(vm, float),
        None => Err(vm.type_error("argument must be int or float")),
    }
}

/// The value of a `float`, also of a subclass.
pub fn float_of(vm: &Vm, value: Value) -> Option<f64> {
    if value.is_small_float() || vm.cast::<PyFloat>(value).is_some() { vm.as_float(value) } else { None }
}

/// The text of a tuple or list of sign, digits and exponent.
fn sequence_text(vm: &Vm, value: Value) -> PyResult<Vec<u8>> {
    let items = |value: Value| -> PyResult<Option<Gc<PyTuple>>> {
        match vm.cast::<PyTuple>(value) {
            Some(tuple) => Ok(Some(tuple)),
            None if vm.cast::<PyList>(value).is_some() => vm.tuple_from(value).map(Some),
            None => Ok(None),
        }
    };
    let Some(triple) = items(value)? else { return Err(vm.type_error("argument must be a tuple or list")) };
    let &[sign, digits, exponent] = triple.as_slice() else {
        return Err(vm.value_error("argument must be a sequence of length 3"));
    };
    let mut text = match vm.is_int(sign).then(|| vm.int_to_i64(sign)) {
        Some(Some(0)) => vec![b'+'],
        Some(Some(1)) => vec![b'-'],
        Some(None) => return Err(vm.overflow_error("Python int too large to convert to C long")),
        _ => return Err(vm.value_error("sign must be an integer with the value 0 or 1")),
    };
    let mut finite_exponent = None;
    let mut infinite = false;
    if let Some(special) = vm.cast::<PyStr>(exponent) {
        let name: &[u8] = match () {
            () if special.equals_str("F") => b"Inf",
            () if special.equals_str("n") => b"NaN",
            () if special.equals_str("N") => b"sNaN",
            () => return Err(vm.value_error("string argument in the third position must be 'F', 'n' or 'N'")),
        };
        infinite = name == b"Inf";
        text.extend_from_slice(name);
    } else if vm.is_int(exponent) {
        let word = vm.int_to_i64(exponent);
        let overflow = || vm.overflow_error("Python int too large to convert to C ssize_t");
        finite_exponent = Some(word.ok_or_else(overflow)?);
    } else {
        return Err(vm.value_error("exponent must be an integer"));
    }
    let wrong = || vm.value_error("coefficient must be a tuple of digits");
    let digits = items(digits)?.ok_or_else(wrong)?;
    if digits.is_empty() && finite_exponent.is_some() {
        text.push(b'0');
    }
    for &digit in digits.as_slice() {
        match vm.is_int(digit).then(|| vm.int_to_i64(digit)) {
            Some(Some(digit @ 0..=9)) if !infinite => text.push(b'0' + digit as u8),
            // The digits of an infinity mean nothing.
            Some(Some(0..=9)) => {}
            Some(None) => return Err(vm.overflow_error("Python int too large to convert to C long")),
            _ => return Err(wrong()),
        }
    }
    if let Some(exponent) = finite_exponent {
        text.extend_from_slice(format!("E{exponent}").as_bytes());
    }
    Ok(text)
}

fn not_supported(vm: &Vm, value: Value) -> kaa_objects::Raised {
    let class = vm.class_name(value);
    vm.type_error(format_args!("conversion from {class} to Decimal is not supported"))
}

/// Whether the value is a tuple or a list.
fn is_sequence(vm: &Vm, value: Value) -> bool {
    vm.cast::<PyTuple>(value).is_some() || vm.cast::<PyList>(value).is_some()
}

/// What `Decimal(value, context)` gives: the value exactly.
pub fn exact_from_object(
    vm: &Vm,
    class: Gc<PyType>,
    value: Option<Value>,
    context: Gc<PyContext>,
) -> PyResult<Gc<PyDecimal>> {
    let plain = class == vm.class::<PyDecimal>();
    let number = match value {
        None => Decimal::from_i64(0),
        Some(value) => {
            if let Some(decimal) = vm.cast::<PyDecimal>(value) {
                if plain && vm.cast_exact::<PyDecimal>(value).is_some() {
                    return Ok(decimal);
                }
                decimal.view().to_decimal().or_raise(vm)?
            } else if let Some(text) = vm.cast::<PyStr>(value) {
                with_ascii(&text, true, |text| parse_exactly(vm, context, text))?
            } else if let Some(number) = from_int(vm, value)? {
                number
            } else if is_sequence(vm, value) {
                parse_exactly(vm, context, &sequence_text(vm, value)?)?
            } else if let Some(float) = float_of(vm, value) {
                add_status(vm, context, flags::FLOAT_OPERATION)?;
                from_f64(vm, float)?
            } else {
                return Err(not_supported(vm, value));
            }
        }
    };
    if plain { PyDecimal::new(vm, &number) } else { PyDecimal::new_of_class(vm, class, &number) }
}

/// What `context.create_decimal(value)` gives: the value rounded.
pub fn rounded_from_object(vm: &Vm, context: Gc<PyContext>, value: Option<Value>) -> PyResult<Gc<PyDecimal>> {
    let limits = context.limits.get();
    let parse = |text: &[u8], status: &mut Flags| Decimal::parse(text, &limits, status).or_raise(vm);
    let mut status = 0;
    let number = match value {
        None => Decimal::from_i64(0),
        Some(value) => {
            if let Some(decimal) = vm.cast::<PyDecimal>(value) {
                let view = decimal.view();
                if view.is_nan() && view.digits() > limits.prec - i64::from(limits.clamp) {
                    add_status(vm, context, flags::CONVERSION_SYNTAX)?;
                    return PyDecimal::new(vm, &Decimal::NAN);
                }
                return apply(vm, context, view);
            } else if let Some(text) = vm.cast::<PyStr>(value) {
                with_ascii(&text, false, |text| parse(text, &mut status))?
            } else if let Some(number) = from_int(vm, value)? {
                return apply(vm, context, number.view());
            } else if is_sequence(vm, value) {
                parse(&sequence_text(vm, value)?, &mut status)?
            } else if let Some(float) = float_of(vm, value) {
                add_status(vm, context, flags::FLOAT_OPERATION)?;
                return apply(vm, context, from_f64(vm, float)?.view());
            } else {
                return Err(not_supported(vm, value));
            }
        }
    };
    add_status(vm, context, status)?;
    PyDecimal::new(vm, &number)
}

/// A number rounded by a context.
pub fn apply(vm: &Vm, context: Gc<PyContext>, number: View<'_>) -> PyResult<Gc<PyDecimal>> {
    let mut status = 0;
    let number = number.to_decimal().or_raise(vm)?;
    let result = finalize(number, &context.limits.get(), &mut status).or_raise(vm)?;
    add_status(vm, context, status)?;
    PyDecimal::new(vm, &result)
}

/// `Decimal.from_float` and `Decimal.from_number`: the number as an object of the class.
pub fn of_class(vm: &Vm, class: Gc<PyType>, number: &Decimal) -> PyResult {
    let decimal = PyDecimal::new(vm, number)?.value();
    if class == vm.class::<PyDecimal>() { Ok(decimal) } else { vm.call(class.value(), &[decimal]) }
}

/// `Decimal.from_number(number)`.
pub fn from_number(vm: &Vm, class: Gc<PyType>, value: Value) -> PyResult {
    current(vm)?;
    if let Some(decimal) = vm.cast::<PyDecimal>(value) {
        if class == vm.class::<PyDecimal>() && vm.cast_exact::<PyDecimal>(value).is_some() {
            return Ok(value);
        }
        let number = decimal.view().to_decimal().or_raise(vm)?;
        return of_class(vm, class, &number);
    }
    if let Some(number) = from_int(vm, value)? {
        return of_class(vm, class, &number);
    }
    match float_of(vm, value) {
        Some(float) => of_class(vm, class, &from_f64(vm, float)?),
        None => Err(not_supported(vm, value)),
    }
}

/// A payload, digits or a coefficient as a tuple of integers.
pub fn digits_tuple(vm: &Vm, number: View<'_>) -> PyResult<Gc<PyTuple>> {
    if number.kind == Kind::Infinite {
        return vm.new_tuple(&[Value::small_int(0)]);
    }
    if number.is_nan() && number.limbs.is_empty() {
        return vm.new_tuple(&[]);
    }
    let coefficient = Decimal::new(false, Coefficient::from_slice(number.limbs).or_raise(vm)?, 0);
    let text = coefficient.view().to_text(kaa_decimal::format::Notation::Scientific, true).or_raise(vm)?;
    vm.new_tuple_from(text.len(), text.iter().map(|digit| Value::small_int((digit - b'0').into())))
}
