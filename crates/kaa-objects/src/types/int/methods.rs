//! The methods and slots of `int`.

use num_bigint::BigInt;

use super::PyInt;
use super::arithmetic;
use super::big::Int;
use crate::class::{CompareOp, PyType};
use crate::types::bytes::PyBytes;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids};

fn operand(vm: &Vm, this: Value) -> Int {
    vm.as_int(this).expect("the descriptor checked that it is an int")
}

/// The integer as an exact `int`: what methods of subclasses give.
fn exact(vm: &Vm, this: Value) -> PyResult {
    if this.is_small_int() || vm.cast_exact::<PyInt>(this).is_some() {
        return Ok(this);
    }
    match operand(vm, this) {
        Int::Small(i) => vm.new_int(i),
        Int::Big(int) => vm.new_int_from_words(int.is_negative(), int.words()),
    }
}

#[kaa_macros::py_type(
    name = "int", id = ids::INT, layout = variable_raw, flags(BASETYPE, LONG_SUBCLASS, MATCH_SELF),
    doc = "int([x]) -> integer\nint(x, base=10) -> integer\n\nConvert a number or string to an integer, or return 0 \
           if no arguments\nare given.  If x is a number, return x.__int__().  For floating-point\nnumbers, this tru\
           ncates towards zero.\n\nIf x is not a number or if base is given, then x must be a string,\nbytes, or byt\
           earray instance representing an integer literal in the\ngiven base.  The literal can be preceded by '+' o\
           r '-' and be surrounded\nby whitespace.  The base defaults to 10.  Valid bases are 0 and 2-36.\nBase 0 me\
           ans to interpret the base from the string as an integer\niteral.\n>>> int('0b100', base=0)\n4"
)]
impl PyInt {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: crate::Args<'_>) -> PyResult {
        super::construct::new(vm, class, args)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Value) -> PyResult {
        Ok(vm.int_to_str(operand(vm, this))?.value())
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Value) -> PyResult<i64> {
        Ok(match operand(vm, this) {
            Int::Small(i) => crate::hash::hash_int(i),
            Int::Big(int) => {
                let modulus = u128::from(crate::hash::MODULUS);
                let magnitude = int.words().iter().rev().fold(0u128, |hash, &word| {
                    // 2^64 is 8 modulo 2^61 - 1.
                    (hash * 8 + u128::from(word) % modulus) % modulus
                });
                match if int.is_negative() { -(magnitude as i64) } else { magnitude as i64 } {
                    -1 => -2,
                    hash => hash,
                }
            }
        })
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        match (vm.as_int(a), vm.as_int(b)) {
            (Some(a), Some(b)) => Ok(Value::bool(op.holds(arithmetic::compare(a, b)))),
            _ => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(nb_add)]
    fn add(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic::add(vm, a, b)
    }

    #[slot(nb_subtract)]
    fn subtract(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic::subtract(vm, a, b)
    }

    #[slot(nb_multiply)]
    fn multiply(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic::multiply(vm, a, b)
    }

    #[slot(nb_remainder)]
    fn remainder(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic::remainder(vm, a, b)
    }

    #[slot(nb_divmod)]
    fn divmod(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic::divmod(vm, a, b)
    }

    #[slot(nb_floor_divide)]
    fn floor_divide(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic::floor_divide(vm, a, b)
    }

    #[slot(nb_true_divide)]
    fn true_divide(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic::true_divide(vm, a, b)
    }

    #[slot(nb_power)]
    fn power(vm: &Vm, a: Value, b: Value, modulus: Value) -> PyResult {
        arithmetic::power(vm, a, b, modulus)
    }

    #[slot(nb_lshift)]
    fn lshift(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic::lshift(vm, a, b)
    }

    #[slot(nb_rshift)]
    fn rshift(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic::rshift(vm, a, b)
    }

    #[slot(nb_and)]
    fn and(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic::and(vm, a, b)
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic::or(vm, a, b)
    }

    #[slot(nb_xor)]
    fn xor(vm: &Vm, a: Value, b: Value) -> PyResult {
        arithmetic::xor(vm, a, b)
    }

    #[slot(nb_negative)]
    fn negative(vm: &Vm, this: Value) -> PyResult {
        match operand(vm, this) {
            Int::Small(i) => vm.new_int_i128(-i128::from(i)),
            Int::Big(int) => vm.new_int_from_words(!int.is_negative(), int.words()),
        }
    }

    #[slot(nb_positive)]
    fn positive(vm: &Vm, this: Value) -> PyResult {
        exact(vm, this)
    }

    #[slot(nb_absolute)]
    fn absolute(vm: &Vm, this: Value) -> PyResult {
        if operand(vm, this).is_negative() { PyInt::negative(vm, this) } else { exact(vm, this) }
    }

    #[slot(nb_bool)]
    fn bool(vm: &Vm, this: Value) -> PyResult<bool> {
        Ok(!operand(vm, this).is_zero())
    }

    #[slot(nb_invert)]
    fn invert(vm: &Vm, this: Value) -> PyResult {
        match operand(vm, this) {
            Int::Small(i) => vm.new_int(!i),
            int => vm.new_int_big(&!int.to_big()),
        }
    }

    #[slot(nb_int)]
    fn int(vm: &Vm, this: Value) -> PyResult {
        exact(vm, this)
    }

    #[slot(nb_index)]
    fn index(vm: &Vm, this: Value) -> PyResult {
        exact(vm, this)
    }

    #[slot(nb_float)]
    fn float(vm: &Vm, this: Value) -> PyResult {
        vm.new_float(vm.int_to_f64(this)?)
    }

    #[method("conjugate($self, /)", doc = "Returns self, the complex conjugate of any int.")]
    fn conjugate(vm: &Vm, this: Value) -> PyResult {
        exact(vm, this)
    }

    #[method("bit_length($self, /)", doc = "Number of bits necessary to represent self in binary.")]
    fn bit_length(vm: &Vm, this: Value) -> PyResult {
        vm.new_int(operand(vm, this).bits() as i64)
    }

    #[method("bit_count($self, /)", doc = "Number of ones in the binary representation of the absolute value of self.")]
    fn bit_count(vm: &Vm, this: Value) -> PyResult {
        vm.new_int(match operand(vm, this) {
            Int::Small(i) => i.unsigned_abs().count_ones().into(),
            Int::Big(int) => int.words().iter().map(|word| i64::from(word.count_ones())).sum(),
        })
    }

    #[method("is_integer($self, /)", doc = "Returns True. Exists for duck type compatibility with float.is_integer.")]
    fn is_integer(_vm: &Vm, _this: Value) -> bool {
        true
    }

    #[method(
        "as_integer_ratio($self, /)",
        doc = "Return a pair of integers, whose ratio is equal to the original int."
    )]
    fn as_integer_ratio(vm: &Vm, this: Value) -> PyResult<Gc<PyTuple>> {
        let this = exact(vm, this)?;
        vm.new_tuple(&[this, Value::small_int(1)])
    }

    #[method(
        "to_bytes($self, /, length=1, byteorder='big', *, signed=False)",
        doc = "Return an array of bytes representing an integer."
    )]
    fn to_bytes(vm: &Vm, this: Value, length: isize, byteorder: Gc<PyStr>, signed: bool) -> PyResult<Gc<PyBytes>> {
        super::bytes::to_bytes(vm, operand(vm, this), length, byteorder, signed)
    }

    #[classmethod(
        "from_bytes($type, /, bytes, byteorder='big', *, signed=False)",
        doc = "Return the integer represented by the given array of bytes."
    )]
    fn from_bytes(vm: &Vm, class: Gc<PyType>, bytes: Value, byteorder: Gc<PyStr>, signed: bool) -> PyResult {
        super::bytes::from_bytes(vm, class, bytes, byteorder, signed)
    }

    #[method("__trunc__($self, /)", doc = "Truncating an Integral returns itself.")]
    fn trunc(vm: &Vm, this: Value) -> PyResult {
        exact(vm, this)
    }

    #[method("__floor__($self, /)", doc = "Flooring an Integral returns itself.")]
    fn floor(vm: &Vm, this: Value) -> PyResult {
        exact(vm, this)
    }

    #[method("__ceil__($self, /)", doc = "Ceiling of an Integral returns itself.")]
    fn ceil(vm: &Vm, this: Value) -> PyResult {
        exact(vm, this)
    }

    #[method("__round__($self, ndigits=None, /)", doc = "Rounding an Integral returns itself.")]
    fn round(vm: &Vm, this: Value, ndigits: Value) -> PyResult {
        if ndigits.is_none() {
            return exact(vm, this);
        }
        let digits = vm.index(ndigits)?;
        if !vm.int_is_negative(digits) {
            return exact(vm, this);
        }
        let Some(places) = vm.int_to_i64(digits).and_then(|digits| u32::try_from(-digits).ok()) else {
            return vm.new_int(0);
        };
        let int = operand(vm, this);
        // 10^places is beyond twice the integer: it rounds to 0.
        if u64::from(places) * 3 > int.bits() + 3 {
            return vm.new_int(0);
        }
        let unit = BigInt::from(10).pow(places);
        let (quotient, remainder) = num_integer::Integer::div_mod_floor(&int.to_big(), &unit);
        let twice: BigInt = remainder * 2;
        let up = twice > unit || twice == unit && quotient.bit(0);
        vm.new_int_big(&((quotient + BigInt::from(u8::from(up))) * unit))
    }

    #[method("__getnewargs__($self, /)")]
    fn getnewargs(vm: &Vm, this: Value) -> PyResult<Gc<PyTuple>> {
        let this = exact(vm, this)?;
        vm.new_tuple(&[this])
    }

    #[method("__format__($self, format_spec, /)", doc = "Convert to a string according to format_spec.")]
    fn format(vm: &Vm, this: Value, format_spec: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        if format_spec.is_empty() {
            return vm.str(this);
        }
        crate::format::format_int(vm, this, format_spec)
    }

    #[method("__sizeof__($self, /)", doc = "Returns size in memory, in bytes.")]
    fn sizeof(vm: &Vm, this: Value) -> PyResult {
        let digits = operand(vm, this).bits().div_ceil(30).max(1);
        vm.new_int(24 + digits as i64 * 4)
    }

    #[getter("real")]
    fn real(vm: &Vm, this: Value) -> PyResult {
        exact(vm, this)
    }

    #[getter("imag")]
    fn imag(_vm: &Vm, _this: Value) -> PyResult {
        Ok(Value::small_int(0))
    }

    #[getter("numerator")]
    fn numerator(vm: &Vm, this: Value) -> PyResult {
        exact(vm, this)
    }

    #[getter("denominator")]
    fn denominator(_vm: &Vm, _this: Value) -> PyResult {
        Ok(Value::small_int(1))
    }
}
