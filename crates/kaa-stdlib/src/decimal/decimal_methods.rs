//! The methods of `Decimal` that take a context: thin rows over the operations of `kaa-decimal`.

use kaa_decimal::{Context, Flags, Outcome, View};
use kaa_objects::{Args, Gc, PyResult, Value, Vm, py_methods};

use super::arguments::bind;
use super::current::optional;
use super::object::{Operand, PyDecimal, finish};

type Unary = fn(View<'_>, &Context, &mut Flags) -> Outcome;
type Binary = fn(View<'_>, View<'_>, &Context, &mut Flags) -> Outcome;

fn unary(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>, operation: Unary) -> PyResult<Gc<PyDecimal>> {
    let [context] = bind(vm, args, ["context"], 0)?;
    let context = optional(vm, context)?;
    let mut status = 0;
    let result = operation(this.view(), &context.limits.get(), &mut status);
    finish(vm, context, result, status)
}

fn binary(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>, operation: Binary) -> PyResult<Gc<PyDecimal>> {
    let [other, context] = bind(vm, args, ["other", "context"], 1)?;
    let context = optional(vm, context)?;
    let other = Operand::required(vm, other.unwrap_or(Value::NONE))?;
    let mut status = 0;
    let result = operation(this.view(), other.view(), &context.limits.get(), &mut status);
    finish(vm, context, result, status)
}

/// An operation that needs no context; one may be given nevertheless.
fn binary_without_context(
    vm: &Vm,
    this: Gc<PyDecimal>,
    args: Args<'_>,
    operation: fn(View<'_>, View<'_>) -> kaa_decimal::Decimal,
) -> PyResult<Gc<PyDecimal>> {
    let [other, context] = bind(vm, args, ["other", "context"], 1)?;
    optional(vm, context)?;
    let other = Operand::required(vm, other.unwrap_or(Value::NONE))?;
    PyDecimal::new(vm, &operation(this.view(), other.view()))
}

#[py_methods(UNARY, of = "Decimal")]
impl PyDecimal {
    #[method(
        "exp",
        raw,
        signature = "($self, /, context=None)",
        doc = "Return the value of the (natural) exponential function e**x at the given\nnumber.  The function always uses the ROUND_HALF_EVEN mode and the result\nis correctly rounded.\n\n"
    )]
    fn exp(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, args, kaa_decimal::exp)
    }

    #[method(
        "ln",
        raw,
        signature = "($self, /, context=None)",
        doc = "Return the natural (base e) logarithm of the operand. The function always\nuses the ROUND_HALF_EVEN mode and the result is correctly rounded.\n\n"
    )]
    fn ln(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, args, kaa_decimal::ln)
    }

    #[method(
        "log10",
        raw,
        signature = "($self, /, context=None)",
        doc = "Return the base ten logarithm of the operand. The function always uses the\nROUND_HALF_EVEN mode and the result is correctly rounded.\n\n"
    )]
    fn log10(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, args, kaa_decimal::log10)
    }

    #[method(
        "next_minus",
        raw,
        signature = "($self, /, context=None)",
        doc = "Return the largest number representable in the given context (or in the\ncurrent default context if no context is given) that is smaller than the\ngiven operand.\n\n"
    )]
    fn next_minus(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, args, kaa_decimal::next_minus)
    }

    #[method(
        "next_plus",
        raw,
        signature = "($self, /, context=None)",
        doc = "Return the smallest number representable in the given context (or in the\ncurrent default context if no context is given) that is larger than the\ngiven operand.\n\n"
    )]
    fn next_plus(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, args, kaa_decimal::next_plus)
    }

    #[method(
        "normalize",
        raw,
        signature = "($self, /, context=None)",
        doc = "Normalize the number by stripping the rightmost trailing zeros and\nconverting any result equal to Decimal('0') to Decimal('0e0').  Used\nfor producing canonical values for members of an equivalence class.\nFor example, Decimal('32.100') and Decimal('0.321000e+2') both normalize\nto the equivalent value Decimal('32.1').\n\n"
    )]
    fn normalize(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, args, kaa_decimal::reduce)
    }

    #[method(
        "sqrt",
        raw,
        signature = "($self, /, context=None)",
        doc = "Return the square root of the argument to full precision. The result is\ncorrectly rounded using the ROUND_HALF_EVEN rounding mode.\n\n"
    )]
    fn sqrt(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, args, kaa_decimal::sqrt)
    }

    #[method(
        "logb",
        raw,
        signature = "($self, /, context=None)",
        doc = "For a non-zero number, return the adjusted exponent of the operand as a\nDecimal instance.  If the operand is a zero, then Decimal('-Infinity') is\nreturned and the DivisionByZero condition is raised. If the operand is\nan infinity then Decimal('Infinity') is returned.\n\n"
    )]
    fn logb(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, args, kaa_decimal::logb)
    }

    #[method(
        "logical_invert",
        raw,
        signature = "($self, /, context=None)",
        doc = "Invert all its digits.\n\nThe self must be logical number.\n\n"
    )]
    fn logical_invert(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        unary(vm, this, args, kaa_decimal::logical_invert)
    }
}

#[py_methods(BINARY, of = "Decimal")]
impl PyDecimal {
    #[method(
        "compare",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Compare self to other.  Return a decimal value:\n\n    a or b is a NaN ==> Decimal('NaN')\n    a < b           ==> Decimal('-1')\n    a == b          ==> Decimal('0')\n    a > b           ==> Decimal('1')\n\n"
    )]
    fn compare(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::compare)
    }

    #[method(
        "compare_signal",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Identical to compare, except that all NaNs signal.\n\n"
    )]
    fn compare_signal(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::compare_signal)
    }

    #[method(
        "max",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Maximum of self and other.  If one operand is a quiet NaN and the other is\nnumeric, the numeric operand is returned.\n\n"
    )]
    fn max(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::max)
    }

    #[method(
        "max_mag",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Similar to the max() method, but the comparison is done using the absolute\nvalues of the operands.\n\n"
    )]
    fn max_mag(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::max_mag)
    }

    #[method(
        "min",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Minimum of self and other. If one operand is a quiet NaN and the other is\nnumeric, the numeric operand is returned.\n\n"
    )]
    fn min(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::min)
    }

    #[method(
        "min_mag",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Similar to the min() method, but the comparison is done using the absolute\nvalues of the operands.\n\n"
    )]
    fn min_mag(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::min_mag)
    }

    #[method(
        "next_toward",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "If the two operands are unequal, return the number closest to the first\noperand in the direction of the second operand.  If both operands are\nnumerically equal, return a copy of the first operand with the sign set\nto be the same as the sign of the second operand.\n\n"
    )]
    fn next_toward(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::next_toward)
    }

    #[method(
        "remainder_near",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Return the remainder from dividing self by other.  This differs from\nself % other in that the sign of the remainder is chosen so as to minimize\nits absolute value. More precisely, the return value is self - n * other\nwhere n is the integer nearest to the exact value of self / other, and\nif two integers are equally near then the even one is chosen.\n\nIf the result is zero then its sign will be the sign of self.\n\n"
    )]
    fn remainder_near(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::remainder_near)
    }

    #[method(
        "logical_and",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Applies an 'and' operation between self and other's digits.\n\nBoth self and other must be logical numbers.\n\n"
    )]
    fn logical_and(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::logical_and)
    }

    #[method(
        "logical_or",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Applies an 'or' operation between self and other's digits.\n\nBoth self and other must be logical numbers. \n\n"
    )]
    fn logical_or(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::logical_or)
    }

    #[method(
        "logical_xor",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Applies an 'xor' operation between self and other's digits.\n\nBoth self and other must be logical numbers.\n\n"
    )]
    fn logical_xor(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::logical_xor)
    }

    #[method(
        "rotate",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Return the result of rotating the digits of the first operand by an amount\nspecified by the second operand.  The second operand must be an integer in\nthe range -precision through precision. The absolute value of the second\noperand gives the number of places to rotate. If the second operand is\npositive then rotation is to the left; otherwise rotation is to the right.\nThe coefficient of the first operand is padded on the left with zeros to\nlength precision if necessary. The sign and exponent of the first operand are\nunchanged.\n\n"
    )]
    fn rotate(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::rotate)
    }

    #[method(
        "scaleb",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Return the first operand with the exponent adjusted the second.  Equivalently,\nreturn the first operand multiplied by 10**other. The second operand must be\nan integer.\n\n"
    )]
    fn scaleb(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::scaleb)
    }

    #[method(
        "shift",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Return the result of shifting the digits of the first operand by an amount\nspecified by the second operand.  The second operand must be an integer in\nthe range -precision through precision. The absolute value of the second\noperand gives the number of places to shift. If the second operand is\npositive, then the shift is to the left; otherwise the shift is to the\nright. Digits shifted into the coefficient are zeros. The sign and exponent\nof the first operand are unchanged.\n\n"
    )]
    fn shift(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary(vm, this, args, kaa_decimal::shift)
    }

    #[method(
        "compare_total",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Compare two operands using their abstract representation rather than\ntheir numerical value.  Similar to the compare() method, but the result\ngives a total ordering on Decimal instances.  Two Decimal instances with\nthe same numeric value but different representations compare unequal\nin this ordering:\n\n    >>> Decimal('12.0').compare_total(Decimal('12'))\n    Decimal('-1')\n\nQuiet and signaling NaNs are also included in the total ordering. The result\nof this function is Decimal('0') if both operands have the same representation,\nDecimal('-1') if the first operand is lower in the total order than the second,\nand Decimal('1') if the first operand is higher in the total order than the\nsecond operand. See the specification for details of the total order.\n\nThis operation is unaffected by context and is quiet: no flags are changed\nand no rounding is performed. As an exception, the C version may raise\nInvalidOperation if the second operand cannot be converted exactly.\n\n"
    )]
    fn compare_total(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary_without_context(vm, this, args, kaa_decimal::compare_total)
    }

    #[method(
        "compare_total_mag",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Compare two operands using their abstract representation rather than their\nvalue as in compare_total(), but ignoring the sign of each operand.\n\nx.compare_total_mag(y) is equivalent to x.copy_abs().compare_total(y.copy_abs()).\n\nThis operation is unaffected by context and is quiet: no flags are changed\nand no rounding is performed. As an exception, the C version may raise\nInvalidOperation if the second operand cannot be converted exactly.\n\n"
    )]
    fn compare_total_mag(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        binary_without_context(vm, this, args, kaa_decimal::compare_total_mag)
    }
}

#[py_methods(PREDICATES, of = "Decimal")]
impl PyDecimal {
    #[method(
        "is_canonical($self, /)",
        doc = "Return True if the argument is canonical and False otherwise.  Currently,\na Decimal instance is always canonical, so this operation always returns\nTrue.\n\n"
    )]
    fn is_canonical(_this: Gc<PyDecimal>) -> bool {
        true
    }

    #[method(
        "is_finite($self, /)",
        doc = "Return True if the argument is a finite number, and False if the argument\nis infinite or a NaN.\n\n"
    )]
    fn is_finite(this: Gc<PyDecimal>) -> bool {
        !this.view().is_special()
    }

    #[method(
        "is_infinite($self, /)",
        doc = "Return True if the argument is either positive or negative infinity and\nFalse otherwise.\n\n"
    )]
    fn is_infinite(this: Gc<PyDecimal>) -> bool {
        this.view().is_infinite()
    }

    #[method(
        "is_nan($self, /)",
        doc = "Return True if the argument is a (quiet or signaling) NaN and False\notherwise.\n\n"
    )]
    fn is_nan(this: Gc<PyDecimal>) -> bool {
        this.view().is_nan()
    }

    #[method("is_qnan($self, /)", doc = "Return True if the argument is a quiet NaN, and False otherwise.\n\n")]
    fn is_qnan(this: Gc<PyDecimal>) -> bool {
        this.view().kind == kaa_decimal::Kind::QuietNan
    }

    #[method("is_snan($self, /)", doc = "Return True if the argument is a signaling NaN and False otherwise.\n\n")]
    fn is_snan(this: Gc<PyDecimal>) -> bool {
        this.view().kind == kaa_decimal::Kind::SignalingNan
    }

    #[method(
        "is_signed($self, /)",
        doc = "Return True if the argument has a negative sign and False otherwise.\nNote that both zeros and NaNs can carry signs.\n\n"
    )]
    fn is_signed(this: Gc<PyDecimal>) -> bool {
        this.view().negative
    }

    #[method(
        "is_zero($self, /)",
        doc = "Return True if the argument is a (positive or negative) zero and False\notherwise.\n\n"
    )]
    fn is_zero(this: Gc<PyDecimal>) -> bool {
        this.view().is_zero()
    }

    #[method(
        "is_normal",
        raw,
        signature = "($self, /, context=None)",
        doc = "Return True if the argument is a normal finite non-zero number with an\nadjusted exponent greater than or equal to Emin. Return False if the\nargument is zero, subnormal, infinite or a NaN.\n\n"
    )]
    fn is_normal(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<bool> {
        let [context] = bind(vm, args, ["context"], 0)?;
        Ok(kaa_decimal::is_normal(this.view(), &optional(vm, context)?.limits.get()))
    }

    #[method(
        "is_subnormal",
        raw,
        signature = "($self, /, context=None)",
        doc = "Return True if the argument is subnormal, and False otherwise. A number is\nsubnormal if it is non-zero, finite, and has an adjusted exponent less\nthan Emin.\n\n"
    )]
    fn is_subnormal(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<bool> {
        let [context] = bind(vm, args, ["context"], 0)?;
        Ok(kaa_decimal::is_subnormal(this.view(), &optional(vm, context)?.limits.get()))
    }
}
