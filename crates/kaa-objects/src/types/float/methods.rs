//! The methods and slots of `float`.

use kaa_text::floats;
use num_bigint::BigInt;
use num_integer::Integer;

use super::{PyFloat, text};
use crate::class::{CompareOp, PyType};
use crate::types::int::big::Int;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids};

/// The operand of an arithmetic operation: a float, or an int that converts.
#[inline]
fn operand(vm: &Vm, value: Value) -> PyResult<Option<f64>> {
    if let Some(f) = vm.as_float(value) {
        return Ok(Some(f));
    }
    if vm.is_int(value) { vm.int_to_f64(value).map(Some) } else { Ok(None) }
}

fn number(vm: &Vm, this: Value) -> f64 {
    vm.as_float(this).expect("the descriptor checked that it is a float")
}

macro_rules! arithmetic {
    ($vm:ident, $a:ident, $b:ident, $result:expr) => {{
        let (Some($a), Some($b)) = (operand($vm, $a)?, operand($vm, $b)?) else { return Ok(Value::NOT_IMPLEMENTED) };
        $result
    }};
}

/// Quotient rounded down and remainder with the divisor's sign.
pub fn divmod(a: f64, b: f64) -> (f64, f64) {
    let mut remainder = a % b;
    let mut quotient = (a - remainder) / b;
    if remainder != 0.0 {
        if (b < 0.0) != (remainder < 0.0) {
            remainder += b;
            quotient -= 1.0;
        }
    } else {
        remainder = 0f64.copysign(b);
    }
    let floor = if quotient != 0.0 {
        let floor = quotient.floor();
        if quotient - floor > 0.5 { floor + 1.0 } else { floor }
    } else {
        0f64.copysign(a / b)
    };
    (floor, remainder)
}

/// `base ** exponent` of floats, with Python's errors and complex results.
pub fn power(vm: &Vm, base: f64, exponent: f64) -> PyResult {
    if base == 0.0 && exponent < 0.0 && exponent.is_finite() {
        return Err(vm.zero_division_error("zero to a negative power"));
    }
    if base < 0.0 && base.is_finite() && exponent.is_finite() && exponent != exponent.floor() {
        return crate::types::complex::power_of_reals(vm, base, exponent);
    }
    let result = base.powf(exponent);
    if result.is_infinite() && base.is_finite() && exponent.is_finite() {
        return Err(vm.raise_with(
            vm.exceptions().OverflowError,
            &[Value::small_int(34), vm.intern("Numerical result out of range").value()],
        ));
    }
    vm.new_float(result)
}

/// The order of a float and an integer, exactly; `None` for NaN.
fn compare_with_int(f: f64, int: Int) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering;
    if f.is_nan() {
        return None;
    }
    if f.is_infinite() {
        return Some(if f > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    if let Int::Small(i) = int
        && i.unsigned_abs() <= 1 << 53
    {
        return f.partial_cmp(&(i as f64));
    }
    let floor = f.floor();
    let integral = float_to_big(floor);
    let order = integral.cmp(&int.to_big());
    Some(if order == Ordering::Equal && f > floor { Ordering::Greater } else { order })
}

/// An integral float as an integer.
pub fn float_to_big(f: f64) -> BigInt {
    let (mantissa, exponent) = text::integer_ratio(f);
    let mantissa = BigInt::from(mantissa);
    if exponent >= 0 { mantissa << exponent } else { mantissa >> -exponent }
}

/// A finite float cut off to an integer value.
fn truncated(vm: &Vm, f: f64) -> PyResult {
    if f.is_nan() {
        return Err(vm.value_error("cannot convert float NaN to integer"));
    }
    if f.is_infinite() {
        return Err(vm.overflow_error("cannot convert float infinity to integer"));
    }
    let f = f.trunc();
    if f.abs() < 9e18 { vm.new_int(f as i64) } else { vm.new_int_big(&float_to_big(f)) }
}

#[kaa_macros::py_type(
    name = "float", id = ids::FLOAT, layout = raw, flags(BASETYPE, MATCH_SELF),
    doc = "Convert a string or number to a floating-point number, if possible."
)]
impl PyFloat {
    #[new("float(x=0, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, x: Value) -> PyResult {
        let f = super::from_value(vm, x)?;
        if class == vm.class::<PyFloat>() {
            return vm.new_float(f);
        }
        Ok(vm.alloc_instance(class, PyFloat { header: crate::object::Header::EMPTY, value: f })?.value())
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Value) -> PyResult {
        Ok(vm.new_str(&floats::repr(number(vm, this)))?.value())
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Value) -> PyResult<i64> {
        let f = number(vm, this);
        if f.is_nan() {
            // By identity, so that a dict can hold many.
            let address = this.as_object().map_or(0, |object| vm.pin(object));
            return Ok(address.rotate_right(4) as i64);
        }
        Ok(crate::hash::hash_float(f))
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        let Some(f) = vm.as_float(a) else { return Ok(Value::NOT_IMPLEMENTED) };
        let order = if let Some(other) = vm.as_float(b) {
            f.partial_cmp(&other)
        } else if let Some(int) = vm.as_int(b) {
            compare_with_int(f, int)
        } else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        Ok(Value::bool(match order {
            Some(order) => op.holds(order),
            None => op == CompareOp::Ne,
        }))
    }

    #[slot(nb_add)]
    fn add(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic!(vm, a, b, vm.new_float(a + b))
    }

    #[slot(nb_subtract)]
    fn subtract(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic!(vm, a, b, vm.new_float(a - b))
    }

    #[slot(nb_multiply)]
    fn multiply(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic!(vm, a, b, vm.new_float(a * b))
    }

    #[slot(nb_true_divide)]
    fn true_divide(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic!(vm, a, b, {
            if b == 0.0 {
                return Err(vm.zero_division_error("division by zero"));
            }
            vm.new_float(a / b)
        })
    }

    #[slot(nb_floor_divide)]
    fn floor_divide(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic!(vm, a, b, {
            if b == 0.0 {
                return Err(vm.zero_division_error("division by zero"));
            }
            vm.new_float(divmod(a, b).0)
        })
    }

    #[slot(nb_remainder)]
    fn remainder(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic!(vm, a, b, {
            if b == 0.0 {
                return Err(vm.zero_division_error("division by zero"));
            }
            vm.new_float(divmod(a, b).1)
        })
    }

    #[slot(nb_divmod)]
    fn divmod(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic!(vm, a, b, {
            if b == 0.0 {
                return Err(vm.zero_division_error("division by zero"));
            }
            let (quotient, remainder) = divmod(a, b);
            let pair = [vm.new_float(quotient)?, vm.new_float(remainder)?];
            Ok(vm.new_tuple(&pair)?.value())
        })
    }

    #[slot(nb_power)]
    fn power(vm: &Vm, a: Value, b: Value, modulus: Value) -> PyResult {
        if !modulus.is_none() {
            return Err(vm.type_error("pow() 3rd argument not allowed unless all arguments are integers"));
        }
        arithmetic!(vm, a, b, power(vm, a, b))
    }

    #[slot(nb_negative)]
    fn negative(vm: &Vm, this: Value) -> PyResult {
        vm.new_float(-number(vm, this))
    }

    #[slot(nb_positive)]
    fn positive(vm: &Vm, this: Value) -> PyResult {
        vm.new_float(number(vm, this))
    }

    #[slot(nb_absolute)]
    fn absolute(vm: &Vm, this: Value) -> PyResult {
        vm.new_float(number(vm, this).abs())
    }

    #[slot(nb_bool)]
    fn bool(vm: &Vm, this: Value) -> PyResult<bool> {
        Ok(number(vm, this) != 0.0)
    }

    #[slot(nb_int)]
    fn int(vm: &Vm, this: Value) -> PyResult {
        truncated(vm, number(vm, this))
    }

    #[slot(nb_float)]
    fn float(vm: &Vm, this: Value) -> PyResult {
        vm.new_float(number(vm, this))
    }

    #[method("conjugate($self, /)", doc = "Return self, the complex conjugate of any float.")]
    fn conjugate(vm: &Vm, this: Value) -> PyResult {
        vm.new_float(number(vm, this))
    }

    #[method("is_integer($self, /)", doc = "Return True if the float is an integer.")]
    fn is_integer(vm: &Vm, this: Value) -> bool {
        let f = number(vm, this);
        f.is_finite() && f == f.trunc()
    }

    #[method(
        "as_integer_ratio($self, /)",
        doc = "Return a pair of integers, whose ratio is exactly equal to the original float."
    )]
    fn as_integer_ratio(vm: &Vm, this: Value) -> PyResult<Gc<PyTuple>> {
        let f = number(vm, this);
        if f.is_nan() {
            return Err(vm.value_error("cannot convert NaN to integer ratio"));
        }
        if f.is_infinite() {
            return Err(vm.overflow_error("cannot convert Infinity to integer ratio"));
        }
        let (mantissa, exponent) = text::integer_ratio(f);
        let one = BigInt::from(1);
        let (numerator, denominator) = if exponent >= 0 {
            (BigInt::from(mantissa) << exponent, one)
        } else {
            (BigInt::from(mantissa), one << -exponent)
        };
        let pair = [vm.new_int_big(&numerator)?, vm.new_int_big(&denominator)?];
        vm.new_tuple(&pair)
    }

    #[method("hex($self, /)", doc = "Return a hexadecimal representation of a floating-point number.")]
    fn hex(vm: &Vm, this: Value) -> String {
        text::hex(number(vm, this))
    }

    #[classmethod("fromhex($type, string, /)", doc = "Create a floating-point number from a hexadecimal string.")]
    fn fromhex(vm: &Vm, class: Gc<PyType>, string: Gc<PyStr>) -> PyResult {
        let result = string.to_utf8().ok_or(text::HexError::Invalid).and_then(|string| text::from_hex(&string));
        let f = match result {
            Ok(f) => vm.new_float(f)?,
            Err(text::HexError::Invalid) => {
                return Err(vm.value_error("invalid hexadecimal floating-point string"));
            }
            Err(text::HexError::TooLarge) => {
                return Err(vm.overflow_error("hexadecimal value too large to represent as a float"));
            }
        };
        if class == vm.class::<PyFloat>() { Ok(f) } else { vm.call(class.value(), &[f]) }
    }

    #[classmethod("from_number($type, number, /)", doc = "Convert real number to a floating-point number.")]
    fn from_number(vm: &Vm, class: Gc<PyType>, number: Value) -> PyResult {
        if class == vm.class::<PyFloat>() && (number.is_small_float() || vm.cast_exact::<PyFloat>(number).is_some()) {
            return Ok(number);
        }
        let f = vm.new_float(vm.to_f64(number)?)?;
        if class == vm.class::<PyFloat>() { Ok(f) } else { vm.call(class.value(), &[f]) }
    }

    #[classmethod("__getformat__($type, typestr, /)", doc = "You probably don't want to use this function.")]
    fn getformat(vm: &Vm, _class: Gc<PyType>, typestr: Gc<PyStr>) -> PyResult<&'static str> {
        if typestr.equals_str("double") || typestr.equals_str("float") {
            Ok(if cfg!(target_endian = "little") { "IEEE, little-endian" } else { "IEEE, big-endian" })
        } else {
            Err(vm.value_error("__getformat__() argument 1 must be 'double' or 'float'"))
        }
    }

    #[method("__trunc__($self, /)", doc = "Return the Integral closest to x between 0 and x.")]
    fn trunc(vm: &Vm, this: Value) -> PyResult {
        truncated(vm, number(vm, this))
    }

    #[method("__floor__($self, /)", doc = "Return the floor as an Integral.")]
    fn floor(vm: &Vm, this: Value) -> PyResult {
        truncated(vm, number(vm, this).floor())
    }

    #[method("__ceil__($self, /)", doc = "Return the ceiling as an Integral.")]
    fn ceil(vm: &Vm, this: Value) -> PyResult {
        truncated(vm, number(vm, this).ceil())
    }

    #[method("__round__($self, ndigits=None, /)", doc = "Return the Integral closest to x, rounding half toward even.")]
    fn round(vm: &Vm, this: Value, ndigits: Value) -> PyResult {
        let f = number(vm, this);
        if ndigits.is_none() {
            return truncated(vm, f.round_ties_even());
        }
        let ndigits = vm.index_clamped(ndigits)?;
        // Beyond these, every float is its own rounding, or rounds to zero.
        if !f.is_finite() || f == 0.0 || ndigits > 323 {
            return vm.new_float(f);
        }
        if ndigits < -308 {
            return vm.new_float(0f64.copysign(f));
        }
        let rounded = if ndigits >= 0 {
            let magnitude: f64 = floats::fixed(f, ndigits as usize).parse().expect("Rust reads what it writes");
            magnitude.copysign(f)
        } else {
            round_to_power_of_ten(f, -ndigits as u32)
        };
        if rounded.is_infinite() {
            return Err(vm.overflow_error("rounded value too large to represent"));
        }
        vm.new_float(rounded)
    }

    #[method("__getnewargs__($self, /)")]
    fn getnewargs(vm: &Vm, this: Value) -> PyResult<Gc<PyTuple>> {
        let f = vm.new_float(number(vm, this))?;
        vm.new_tuple(&[f])
    }

    #[method("__format__($self, format_spec, /)", doc = "Formats the float according to format_spec.")]
    fn format(vm: &Vm, this: Value, format_spec: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        if format_spec.is_empty() {
            return vm.str(this);
        }
        crate::format::format_float(vm, number(vm, this), format_spec)
    }

    #[getter("real")]
    fn real(vm: &Vm, this: Value) -> PyResult {
        vm.new_float(number(vm, this))
    }

    #[getter("imag")]
    fn imag(vm: &Vm, _this: Value) -> PyResult {
        vm.new_float(0.0)
    }
}

/// A float rounded to a multiple of 10^places, ties to even, exactly.
fn round_to_power_of_ten(f: f64, places: u32) -> f64 {
    let (mantissa, exponent) = text::integer_ratio(f);
    let ten = BigInt::from(10).pow(places);
    let (numerator, unit) = if exponent >= 0 {
        (BigInt::from(mantissa) << exponent, ten)
    } else {
        (BigInt::from(mantissa), ten << -exponent)
    };
    let (quotient, remainder) = numerator.div_mod_floor(&unit);
    let twice: BigInt = remainder * 2;
    let up = twice > unit || twice == unit && quotient.bit(0);
    let rounded = (quotient + BigInt::from(u8::from(up))) * BigInt::from(10).pow(places);
    let rounded = crate::types::int::divide_to_f64(&rounded, &BigInt::from(1)).unwrap_or(f64::INFINITY);
    if rounded == 0.0 { rounded.copysign(f) } else { rounded }
}
