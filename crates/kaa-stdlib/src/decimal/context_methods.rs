//! The methods of `Context` that are operations on numbers: thin rows over `kaa-decimal`.

use kaa_decimal::format::Notation;
use kaa_decimal::{Context, Decimal, Flags, Kind, Outcome, View};
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Value, Vm, py_methods};

use super::arguments::{bind, exactly};
use super::construct;
use super::context::PyContext;
use super::conversion::quantized;
use super::object::{Operand, OrRaise, PyDecimal, finish};
use super::signals::add_status;

type Unary = fn(View<'_>, &Context, &mut Flags) -> Outcome;
type Binary = fn(View<'_>, View<'_>, &Context, &mut Flags) -> Outcome;

fn unary(vm: &Vm, this: Gc<PyContext>, x: Value, operation: Unary) -> PyResult<Gc<PyDecimal>> {
    let x = Operand::required(vm, x)?;
    let mut status = 0;
    let result = operation(x.view(), &this.limits.get(), &mut status);
    finish(vm, this, result, status)
}

fn binary(vm: &Vm, this: Gc<PyContext>, args: Args<'_>, name: &str, operation: Binary) -> PyResult<Gc<PyDecimal>> {
    let (x, y) = two(vm, args, name)?;
    let mut status = 0;
    let result = operation(x.view(), y.view(), &this.limits.get(), &mut status);
    finish(vm, this, result, status)
}

/// Two operands. `name` is the method's, with its class.
fn two(vm: &Vm, args: Args<'_>, name: &str) -> PyResult<(Operand, Operand)> {
    let [x, y] = exactly(vm, args, name)?;
    Ok((Operand::required(vm, x)?, Operand::required(vm, y)?))
}

#[py_methods(UNARY, of = "Context")]
impl PyContext {
    #[method("abs($self, x, /)", doc = "Return the absolute value of x.\n\n")]
    fn abs(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::abs)
    }

    #[method("exp($self, x, /)", doc = "Return e ** x.\n\n")]
    fn exp(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::exp)
    }

    #[method("ln($self, x, /)", doc = "Return the natural (base e) logarithm of x.\n\n")]
    fn ln(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::ln)
    }

    #[method("log10($self, x, /)", doc = "Return the base 10 logarithm of x.\n\n")]
    fn log10(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::log10)
    }

    #[method(
        "minus($self, x, /)",
        doc = "Minus corresponds to the unary prefix minus operator in Python, but applies\nthe context to the result.\n\n"
    )]
    fn minus(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::minus)
    }

    #[method("next_minus($self, x, /)", doc = "Return the largest representable number smaller than x.\n\n")]
    fn next_minus(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::next_minus)
    }

    #[method("next_plus($self, x, /)", doc = "Return the smallest representable number larger than x.\n\n")]
    fn next_plus(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::next_plus)
    }

    #[method("normalize($self, x, /)", doc = "Reduce x to its simplest form. Alias for reduce(x).\n\n")]
    fn normalize(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::reduce)
    }

    #[method(
        "plus($self, x, /)",
        doc = "Plus corresponds to the unary prefix plus operator in Python, but applies\nthe context to the result.\n\n"
    )]
    fn plus(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::plus)
    }

    #[method("to_integral($self, x, /)", doc = "Identical to to_integral_value(x).\n\n")]
    fn to_integral(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::to_integral_value)
    }

    #[method(
        "to_integral_exact($self, x, /)",
        doc = "Round to an integer. Signal if the result is rounded or inexact.\n\n"
    )]
    fn to_integral_exact(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::to_integral_exact)
    }

    #[method("to_integral_value($self, x, /)", doc = "Round to an integer.\n\n")]
    fn to_integral_value(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::to_integral_value)
    }

    #[method("sqrt($self, x, /)", doc = "Square root of a non-negative number to context precision.\n\n")]
    fn sqrt(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::sqrt)
    }

    #[method("logb($self, x, /)", doc = "Return the exponent of the magnitude of the operand's MSD.\n\n")]
    fn logb(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::logb)
    }

    #[method(
        "logical_invert($self, x, /)",
        doc = "Invert all the digits in the operand.\n\nThe operand must be a logical number.\n\n    >>> ExtendedContext.logical_invert(Decimal('0'))\n    Decimal('111111111')\n    >>> ExtendedContext.logical_invert(Decimal('1'))\n    Decimal('111111110')\n    >>> ExtendedContext.logical_invert(Decimal('111111111'))\n    Decimal('0')\n    >>> ExtendedContext.logical_invert(Decimal('101010101'))\n    Decimal('10101010')\n    >>> ExtendedContext.logical_invert(1101)\n    Decimal('111110010')\n\n"
    )]
    fn logical_invert(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, x, kaa_decimal::logical_invert)
    }
}

#[py_methods(BINARY, of = "Context")]
impl PyContext {
    #[method("add", raw, signature = "($self, x, y, /)", doc = "Return the sum of x and y.\n\n")]
    fn add(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.add", kaa_decimal::add)
    }

    #[method("compare", raw, signature = "($self, x, y, /)", doc = "Compare x and y numerically.\n\n")]
    fn compare(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.compare", kaa_decimal::compare)
    }

    #[method(
        "compare_signal",
        raw,
        signature = "($self, x, y, /)",
        doc = "Compare x and y numerically.  All NaNs signal.\n\n"
    )]
    fn compare_signal(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.compare_signal", kaa_decimal::compare_signal)
    }

    #[method("divide", raw, signature = "($self, x, y, /)", doc = "Return x divided by y.\n\n")]
    fn divide(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.divide", kaa_decimal::divide)
    }

    #[method(
        "divide_int",
        raw,
        signature = "($self, x, y, /)",
        doc = "Return x divided by y, truncated to an integer.\n\n"
    )]
    fn divide_int(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.divide_int", kaa_decimal::divide_int)
    }

    #[method(
        "max",
        raw,
        signature = "($self, x, y, /)",
        doc = "Compare the values numerically and return the maximum.\n\n"
    )]
    fn max(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.max", kaa_decimal::max)
    }

    #[method(
        "max_mag",
        raw,
        signature = "($self, x, y, /)",
        doc = "Compare the values numerically with their sign ignored.\n\n"
    )]
    fn max_mag(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.max_mag", kaa_decimal::max_mag)
    }

    #[method(
        "min",
        raw,
        signature = "($self, x, y, /)",
        doc = "Compare the values numerically and return the minimum.\n\n"
    )]
    fn min(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.min", kaa_decimal::min)
    }

    #[method(
        "min_mag",
        raw,
        signature = "($self, x, y, /)",
        doc = "Compare the values numerically with their sign ignored.\n\n"
    )]
    fn min_mag(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.min_mag", kaa_decimal::min_mag)
    }

    #[method("multiply", raw, signature = "($self, x, y, /)", doc = "Return the product of x and y.\n\n")]
    fn multiply(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.multiply", kaa_decimal::multiply)
    }

    #[method(
        "next_toward",
        raw,
        signature = "($self, x, y, /)",
        doc = "Return the number closest to x, in the direction towards y.\n\n"
    )]
    fn next_toward(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.next_toward", kaa_decimal::next_toward)
    }

    #[method(
        "quantize",
        raw,
        signature = "($self, x, y, /)",
        doc = "Return a value equal to x (rounded), having the exponent of y.\n\n"
    )]
    fn quantize(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        let (x, y) = two(vm, args, "Context.quantize")?;
        quantized(vm, x.view(), y.view(), this, &this.limits.get())
    }

    #[method(
        "remainder",
        raw,
        signature = "($self, x, y, /)",
        doc = "Return the remainder from integer division.  The sign of the result,\nif non-zero, is the same as that of the original dividend.\n\n"
    )]
    fn remainder(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.remainder", kaa_decimal::remainder)
    }

    #[method(
        "remainder_near",
        raw,
        signature = "($self, x, y, /)",
        doc = "Return x - y * n, where n is the integer nearest the exact value of x / y\n(if the result is 0 then its sign will be the sign of x).\n\n"
    )]
    fn remainder_near(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.remainder_near", kaa_decimal::remainder_near)
    }

    #[method("subtract", raw, signature = "($self, x, y, /)", doc = "Return the difference between x and y.\n\n")]
    fn subtract(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.subtract", kaa_decimal::subtract)
    }

    #[method(
        "logical_and",
        raw,
        signature = "($self, x, y, /)",
        doc = "Applies the logical operation 'and' between each operand's digits.\n\nThe operands must be both logical numbers.\n\n    >>> ExtendedContext.logical_and(Decimal('0'), Decimal('0'))\n    Decimal('0')\n    >>> ExtendedContext.logical_and(Decimal('0'), Decimal('1'))\n    Decimal('0')\n    >>> ExtendedContext.logical_and(Decimal('1'), Decimal('0'))\n    Decimal('0')\n    >>> ExtendedContext.logical_and(Decimal('1'), Decimal('1'))\n    Decimal('1')\n    >>> ExtendedContext.logical_and(Decimal('1100'), Decimal('1010'))\n    Decimal('1000')\n    >>> ExtendedContext.logical_and(Decimal('1111'), Decimal('10'))\n    Decimal('10')\n    >>> ExtendedContext.logical_and(110, 1101)\n    Decimal('100')\n    >>> ExtendedContext.logical_and(Decimal(110), 1101)\n    Decimal('100')\n    >>> ExtendedContext.logical_and(110, Decimal(1101))\n    Decimal('100')\n\n"
    )]
    fn logical_and(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.logical_and", kaa_decimal::logical_and)
    }

    #[method(
        "logical_or",
        raw,
        signature = "($self, x, y, /)",
        doc = "Applies the logical operation 'or' between each operand's digits.\n\nThe operands must be both logical numbers.\n\n    >>> ExtendedContext.logical_or(Decimal('0'), Decimal('0'))\n    Decimal('0')\n    >>> ExtendedContext.logical_or(Decimal('0'), Decimal('1'))\n    Decimal('1')\n    >>> ExtendedContext.logical_or(Decimal('1'), Decimal('0'))\n    Decimal('1')\n    >>> ExtendedContext.logical_or(Decimal('1'), Decimal('1'))\n    Decimal('1')\n    >>> ExtendedContext.logical_or(Decimal('1100'), Decimal('1010'))\n    Decimal('1110')\n    >>> ExtendedContext.logical_or(Decimal('1110'), Decimal('10'))\n    Decimal('1110')\n    >>> ExtendedContext.logical_or(110, 1101)\n    Decimal('1111')\n    >>> ExtendedContext.logical_or(Decimal(110), 1101)\n    Decimal('1111')\n    >>> ExtendedContext.logical_or(110, Decimal(1101))\n    Decimal('1111')\n\n"
    )]
    fn logical_or(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.logical_or", kaa_decimal::logical_or)
    }

    #[method(
        "logical_xor",
        raw,
        signature = "($self, x, y, /)",
        doc = "Applies the logical operation 'xor' between each operand's digits.\n\nThe operands must be both logical numbers.\n\n    >>> ExtendedContext.logical_xor(Decimal('0'), Decimal('0'))\n    Decimal('0')\n    >>> ExtendedContext.logical_xor(Decimal('0'), Decimal('1'))\n    Decimal('1')\n    >>> ExtendedContext.logical_xor(Decimal('1'), Decimal('0'))\n    Decimal('1')\n    >>> ExtendedContext.logical_xor(Decimal('1'), Decimal('1'))\n    Decimal('0')\n    >>> ExtendedContext.logical_xor(Decimal('1100'), Decimal('1010'))\n    Decimal('110')\n    >>> ExtendedContext.logical_xor(Decimal('1111'), Decimal('10'))\n    Decimal('1101')\n    >>> ExtendedContext.logical_xor(110, 1101)\n    Decimal('1011')\n    >>> ExtendedContext.logical_xor(Decimal(110), 1101)\n    Decimal('1011')\n    >>> ExtendedContext.logical_xor(110, Decimal(1101))\n    Decimal('1011')\n\n"
    )]
    fn logical_xor(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.logical_xor", kaa_decimal::logical_xor)
    }

    #[method("rotate", raw, signature = "($self, x, y, /)", doc = "Return a copy of x, rotated by y places.\n\n")]
    fn rotate(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.rotate", kaa_decimal::rotate)
    }

    #[method(
        "scaleb",
        raw,
        signature = "($self, x, y, /)",
        doc = "Return the first operand after adding the second value to its exp.\n\n"
    )]
    fn scaleb(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.scaleb", kaa_decimal::scaleb)
    }

    #[method("shift", raw, signature = "($self, x, y, /)", doc = "Return a copy of x, shifted by y places.\n\n")]
    fn shift(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, "Context.shift", kaa_decimal::shift)
    }

    #[method(
        "compare_total",
        raw,
        signature = "($self, x, y, /)",
        doc = "Compare x and y using their abstract representation.\n\n"
    )]
    fn compare_total(vm: &Vm, _this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        let (x, y) = two(vm, args, "Context.compare_total")?;
        PyDecimal::new(vm, &kaa_decimal::compare_total(x.view(), y.view()))
    }

    #[method(
        "compare_total_mag",
        raw,
        signature = "($self, x, y, /)",
        doc = "Compare x and y using their abstract representation, ignoring sign.\n\n"
    )]
    fn compare_total_mag(vm: &Vm, _this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        let (x, y) = two(vm, args, "Context.compare_total_mag")?;
        PyDecimal::new(vm, &kaa_decimal::compare_total_mag(x.view(), y.view()))
    }
}

#[py_methods(PREDICATES, of = "Context")]
impl PyContext {
    #[method("is_finite($self, x, /)", doc = "Return True if x is finite, False otherwise.\n\n")]
    fn is_finite(vm: &Vm, _this: Gc<PyContext>, x: Value) -> PyResult<bool> {
        let x = Operand::required(vm, x)?;
        Ok(!x.view().is_special())
    }

    #[method("is_infinite($self, x, /)", doc = "Return True if x is infinite, False otherwise.\n\n")]
    fn is_infinite(vm: &Vm, _this: Gc<PyContext>, x: Value) -> PyResult<bool> {
        let x = Operand::required(vm, x)?;
        Ok(x.view().is_infinite())
    }

    #[method("is_nan($self, x, /)", doc = "Return True if x is a qNaN or sNaN, False otherwise.\n\n")]
    fn is_nan(vm: &Vm, _this: Gc<PyContext>, x: Value) -> PyResult<bool> {
        let x = Operand::required(vm, x)?;
        Ok(x.view().is_nan())
    }

    #[method("is_qnan($self, x, /)", doc = "Return True if x is a quiet NaN, False otherwise.\n\n")]
    fn is_qnan(vm: &Vm, _this: Gc<PyContext>, x: Value) -> PyResult<bool> {
        let x = Operand::required(vm, x)?;
        Ok(x.view().kind == Kind::QuietNan)
    }

    #[method("is_signed($self, x, /)", doc = "Return True if x is negative, False otherwise.\n\n")]
    fn is_signed(vm: &Vm, _this: Gc<PyContext>, x: Value) -> PyResult<bool> {
        let x = Operand::required(vm, x)?;
        Ok(x.view().negative)
    }

    #[method("is_snan($self, x, /)", doc = "Return True if x is a signaling NaN, False otherwise.\n\n")]
    fn is_snan(vm: &Vm, _this: Gc<PyContext>, x: Value) -> PyResult<bool> {
        let x = Operand::required(vm, x)?;
        Ok(x.view().kind == Kind::SignalingNan)
    }

    #[method("is_zero($self, x, /)", doc = "Return True if x is a zero, False otherwise.\n\n")]
    fn is_zero(vm: &Vm, _this: Gc<PyContext>, x: Value) -> PyResult<bool> {
        let x = Operand::required(vm, x)?;
        Ok(x.view().is_zero())
    }

    #[method("is_normal($self, x, /)", doc = "Return True if x is a normal number, False otherwise.\n\n")]
    fn is_normal(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<bool> {
        Ok(kaa_decimal::is_normal(Operand::required(vm, x)?.view(), &this.limits.get()))
    }

    #[method("is_subnormal($self, x, /)", doc = "Return True if x is subnormal, False otherwise.\n\n")]
    fn is_subnormal(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<bool> {
        Ok(kaa_decimal::is_subnormal(Operand::required(vm, x)?.view(), &this.limits.get()))
    }

    #[method("is_canonical($self, x, /)", doc = "Return True if x is canonical, False otherwise.\n\n")]
    fn is_canonical(vm: &Vm, _this: Gc<PyContext>, x: Value) -> PyResult<bool> {
        match vm.cast::<PyDecimal>(x) {
            Some(_) => Ok(true),
            None => Err(vm.type_error("argument must be a Decimal")),
        }
    }
}

#[py_methods(OTHERS, of = "Context")]
impl PyContext {
    #[method("fma", raw, signature = "($self, x, y, z, /)", doc = "Return x multiplied by y, plus z.\n\n")]
    fn fma(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        let [x, y, z] = exactly(vm, args, "Context.fma")?;
        let (x, y, z) = (Operand::required(vm, x)?, Operand::required(vm, y)?, Operand::required(vm, z)?);
        let mut status = 0;
        let result = kaa_decimal::fma(x.view(), y.view(), z.view(), &this.limits.get(), &mut status);
        finish(vm, this, result, status)
    }

    #[method(
        "power",
        raw,
        signature = "($self, /, a, b, modulo=None)",
        doc = "Compute a**b. If 'a' is negative, then 'b' must be integral. The result\nwill be inexact unless 'a' is integral and the result is finite and can\nbe expressed exactly in 'precision' digits.  In the Python version the\nresult is always correctly rounded, in the C version the result is almost\nalways correctly rounded.\n\nIf modulo is given, compute (a**b) % modulo. The following restrictions\nhold:\n\n    * all three arguments must be integral\n    * 'b' must be nonnegative\n    * at least one of 'a' or 'b' must be nonzero\n    * modulo must be nonzero and less than 10**prec in absolute value\n\n\n"
    )]
    fn power(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        let [a, b, modulo] = bind(vm, args, ["a", "b", "modulo"], 2)?;
        let a = Operand::required(vm, a.unwrap_or(Value::NONE))?;
        let b = Operand::required(vm, b.unwrap_or(Value::NONE))?;
        let mut status = 0;
        let limits = this.limits.get();
        let result = match modulo.and_then(Value::not_none) {
            None => kaa_decimal::power(a.view(), b.view(), &limits, &mut status),
            Some(modulo) => {
                let modulo = Operand::required(vm, modulo)?;
                kaa_decimal::power_modulo(a.view(), b.view(), modulo.view(), &limits, &mut status)
            }
        };
        finish(vm, this, result, status)
    }

    #[method(
        "divmod",
        raw,
        signature = "($self, x, y, /)",
        doc = "Return quotient and remainder of the division x / y.\n\n"
    )]
    fn divmod(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyTuple>> {
        let (x, y) = two(vm, args, "Context.divmod")?;
        divide_with_remainder(vm, this, x.view(), y.view())
    }

    #[method("radix($self, /)", doc = "Return 10.\n\n")]
    fn radix(vm: &Vm, _this: Gc<PyContext>) -> PyResult<Gc<PyDecimal>> {
        PyDecimal::new(vm, &Decimal::from_i64(10))
    }

    #[method("_apply($self, object, /)")]
    fn apply(vm: &Vm, this: Gc<PyContext>, object: Value) -> PyResult<Gc<PyDecimal>> {
        construct::apply(vm, this, Operand::required(vm, object)?.view())
    }

    #[method("canonical($self, x, /)", doc = "Return a new instance of x.\n\n")]
    fn canonical(vm: &Vm, _this: Gc<PyContext>, x: Value) -> PyResult {
        match vm.cast::<PyDecimal>(x) {
            Some(_) => Ok(x),
            None => Err(vm.type_error("argument must be a Decimal")),
        }
    }

    #[method("copy_abs($self, x, /)", doc = "Return a copy of x with the sign set to 0.\n\n")]
    fn copy_abs(vm: &Vm, _this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        copy_with_sign(vm, Operand::required(vm, x)?.view(), false)
    }

    #[method("copy_decimal($self, x, /)", doc = "Return a copy of Decimal x.\n\n")]
    fn copy_decimal(vm: &Vm, _this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        Operand::required(vm, x)?.to_object(vm)
    }

    #[method("copy_negate($self, x, /)", doc = "Return a copy of x with the sign inverted.\n\n")]
    fn copy_negate(vm: &Vm, _this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyDecimal>> {
        let x = Operand::required(vm, x)?;
        copy_with_sign(vm, x.view(), !x.view().negative)
    }

    #[method("copy_sign", raw, signature = "($self, x, y, /)", doc = "Copy the sign from y to x.\n\n")]
    fn copy_sign(vm: &Vm, _this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        let (x, y) = two(vm, args, "Context.copy_sign")?;
        copy_with_sign(vm, x.view(), y.view().negative)
    }

    #[method(
        "same_quantum",
        raw,
        signature = "($self, x, y, /)",
        doc = "Return True if the two operands have the same exponent.\n\n"
    )]
    fn same_quantum(vm: &Vm, _this: Gc<PyContext>, args: Args<'_>) -> PyResult<bool> {
        let (x, y) = two(vm, args, "Context.same_quantum")?;
        Ok(kaa_decimal::same_quantum(x.view(), y.view()))
    }

    #[method("number_class($self, x, /)", doc = "Return an indication of the class of x.\n\n")]
    fn number_class(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<&'static str> {
        Ok(kaa_decimal::number_class(Operand::required(vm, x)?.view(), &this.limits.get()))
    }

    #[method("to_sci_string($self, x, /)", doc = "Convert a number to a string using scientific notation.\n\n")]
    fn to_sci_string(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyStr>> {
        text(vm, this, Operand::required(vm, x)?.view(), Notation::Scientific)
    }

    #[method("to_eng_string($self, x, /)", doc = "Convert a number to a string, using engineering notation.\n\n")]
    fn to_eng_string(vm: &Vm, this: Gc<PyContext>, x: Value) -> PyResult<Gc<PyStr>> {
        text(vm, this, Operand::required(vm, x)?.view(), Notation::Engineering)
    }

    #[method(
        "create_decimal",
        raw,
        signature = "($self, num=\"0\", /)",
        doc = "Create a new Decimal instance from num, using self as the context. Unlike the\nDecimal constructor, this function observes the context limits.\n\n"
    )]
    fn create_decimal(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        args.no_keywords(vm, "Context.create_decimal")?;
        let [num] = bind(vm, args, [""], 0)?;
        construct::rounded_from_object(vm, this, num)
    }

    #[method(
        "create_decimal_from_float($self, f, /)",
        doc = "Create a new Decimal instance from float f.  Unlike the Decimal.from_float()\nclass method, this function observes the context limits.\n\n"
    )]
    fn create_decimal_from_float(vm: &Vm, this: Gc<PyContext>, f: Value) -> PyResult<Gc<PyDecimal>> {
        let number = construct::number_from_float(vm, f)?;
        construct::apply(vm, this, number.view())
    }
}

/// A number with a sign.
pub fn copy_with_sign(vm: &Vm, x: View<'_>, negative: bool) -> PyResult<Gc<PyDecimal>> {
    PyDecimal::new(vm, &x.with_sign(negative).to_decimal().or_raise(vm)?)
}

/// A number as text, with the context's capitals.
pub fn text(vm: &Vm, context: Gc<PyContext>, x: View<'_>, notation: Notation) -> PyResult<Gc<PyStr>> {
    if let Some(text) = x.short_text(&mut [0; kaa_decimal::SHORT_TEXT]) {
        return vm.new_str_latin1(text);
    }
    let text = x.to_text(notation, context.capitals.get()).or_raise(vm)?;
    vm.new_str_latin1(&text)
}

/// Integer quotient and remainder.
pub fn divide_with_remainder(vm: &Vm, context: Gc<PyContext>, x: View<'_>, y: View<'_>) -> PyResult<Gc<PyTuple>> {
    let mut status = 0;
    let (quotient, remainder) = kaa_decimal::divmod(x, y, &context.limits.get(), &mut status).or_raise(vm)?;
    add_status(vm, context, status)?;
    let pair = [PyDecimal::new(vm, &quotient)?.value(), PyDecimal::new(vm, &remainder)?.value()];
    vm.new_tuple(&pair)
}
