//! The methods of `Decimal` that give something else, or the number with another exponent or sign.

use kaa_decimal::format::{Notation, Spec, format};
use kaa_decimal::{Context, Decimal, Flags, Outcome, Rounding, View, binary, small, to_integral_value};
use kaa_objects::class::PyType;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Value, Vm, py_methods};
use num_bigint::BigUint;
use num_integer::Integer;

use super::arguments::bind;
use super::construct::{self, number_from_float};
use super::context::{PyContext, rounding_of, word};
use super::context_methods::{copy_with_sign, text};
use super::current::{current, optional};
use super::localized;
use super::object::{Operand, OrRaise, PyDecimal, finish};
use super::signals::add_status;

/// Which integer a number becomes.
#[derive(Clone, Copy)]
pub enum Direction {
    Down,
    Floor,
    Ceiling,
    HalfEven,
}

/// A finite number as an integer.
pub fn to_int(vm: &Vm, number: View<'_>, direction: Direction) -> PyResult {
    if number.is_special() {
        return Err(match number.is_nan() {
            true => vm.value_error("cannot convert NaN to integer"),
            false => vm.overflow_error("cannot convert Infinity to integer"),
        });
    }
    let rounding = match direction {
        Direction::Down => Rounding::Down,
        Direction::Floor => Rounding::Floor,
        Direction::Ceiling => Rounding::Ceiling,
        Direction::HalfEven => Rounding::HalfEven,
    };
    if let Some(magnitude) = small::to_integer(number, rounding) {
        return vm.new_int_from_words(number.negative, &[magnitude as u64, (magnitude >> 64) as u64]);
    }
    let integral = to_integral_value(number, &Context::MAX.rounded(rounding), &mut 0).or_raise(vm)?;
    let view = integral.view();
    let words = match view.exp {
        0 => binary::to_words(view.limbs),
        _ if view.limbs.is_empty() => Ok(Vec::new()),
        // With the exponent 0, all zeros are in the coefficient.
        _ => kaa_decimal::rescale(view, 0, &Context::MAX, &mut 0).and_then(|all| binary::to_words(all.view().limbs)),
    };
    vm.new_int_from_words(number.negative, &words.or_raise(vm)?)
}

/// `float(decimal)`.
pub fn to_f64(vm: &Vm, this: Gc<PyDecimal>) -> PyResult<f64> {
    let view = this.view();
    if let Some(float) = small::to_f64(view) {
        return Ok(float);
    }
    if view.kind == kaa_decimal::Kind::SignalingNan {
        return Err(vm.value_error("cannot convert signaling NaN to float"));
    }
    if view.is_special() {
        let magnitude = if view.is_nan() { f64::NAN } else { f64::INFINITY };
        return Ok(if view.negative { -magnitude } else { magnitude });
    }
    let text = view.to_text(Notation::Scientific, true).or_raise(vm)?;
    Ok(std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN))
}

/// Numerator and denominator in lowest terms.
fn integer_ratio(vm: &Vm, number: View<'_>) -> PyResult<Gc<PyTuple>> {
    if number.is_special() {
        return Err(match number.is_nan() {
            true => vm.value_error("cannot convert NaN to integer ratio"),
            false => vm.overflow_error("cannot convert Infinity to integer ratio"),
        });
    }
    if number.is_integer() {
        let numerator = to_int(vm, number, Direction::Down)?;
        return vm.new_tuple(&[numerator, Value::small_int(1)]);
    }
    // Zeros at the end go first: then 2 or 5 divides the coefficient, but not both.
    let reduced = kaa_decimal::rescale(number, number.exp + zeros(number), &Context::MAX, &mut 0).or_raise(vm)?;
    let places = reduced.exp.unsigned_abs();
    let words = binary::to_words(reduced.view().limbs).or_raise(vm)?;
    let mut numerator = BigUint::new(words.iter().flat_map(|&word| [word as u32, (word >> 32) as u32]).collect());
    let twos = numerator.trailing_zeros().unwrap_or(0).min(places);
    numerator >>= twos;
    let mut fives = 0;
    let five = BigUint::from(5u8);
    while fives < places {
        let (quotient, rest) = numerator.div_rem(&five);
        if rest != BigUint::ZERO {
            break;
        }
        numerator = quotient;
        fives += 1;
    }
    let bits = (places - fives).saturating_mul(3).saturating_add(places) / 8;
    vm.probe_memory(usize::try_from(bits).unwrap_or(usize::MAX))?;
    let Ok(power) = u32::try_from(places - fives) else { return Err(vm.no_memory()) };
    let denominator = five.pow(power) << (places - twos);
    let as_int = |negative: bool, magnitude: &BigUint| {
        let words: Vec<u64> = magnitude.iter_u64_digits().collect();
        vm.new_int_from_words(negative, &words)
    };
    let pair = [as_int(number.negative, &numerator)?, as_int(false, &denominator)?];
    vm.new_tuple(&pair)
}

/// How many zeros a coefficient ends in.
fn zeros(number: View<'_>) -> i64 {
    let mut status = 0;
    let wide = Context { prec: number.digits(), ..Context::MAX };
    match kaa_decimal::reduce(View { exp: 0, ..number }, &wide, &mut status) {
        Ok(reduced) => reduced.exp,
        Err(_) => 0,
    }
}

/// `to_integral*(rounding=None, context=None)`.
fn to_integral(
    vm: &Vm,
    this: Gc<PyDecimal>,
    args: Args<'_>,
    operation: fn(View<'_>, &Context, &mut Flags) -> Outcome,
) -> PyResult<Gc<PyDecimal>> {
    let [rounding, context] = bind(vm, args, ["rounding", "context"], 0)?;
    let context = optional(vm, context)?;
    let mut limits = context.limits.get();
    if let Some(rounding) = rounding.and_then(Value::not_none) {
        limits.rounding = rounding_of(vm, rounding)?;
    }
    let mut status = 0;
    let result = operation(this.view(), &limits, &mut status);
    finish(vm, context, result, status)
}

/// A number with the exponent of another.
pub fn quantized(
    vm: &Vm,
    number: View<'_>,
    unit: View<'_>,
    context: Gc<PyContext>,
    limits: &Context,
) -> PyResult<Gc<PyDecimal>> {
    let mut status = 0;
    if !unit.is_special()
        && let Some(small) = small::quantize(number, unit.exp, limits, &mut status)
    {
        add_status(vm, context, status)?;
        return PyDecimal::new_small(vm, small);
    }
    let result = kaa_decimal::quantize(number, unit, limits, &mut status);
    finish(vm, context, result, status)
}

/// `format(decimal, spec)`, perhaps with the locale's conventions given.
fn format_with(vm: &Vm, this: Gc<PyDecimal>, spec: Value, conventions: Option<Value>) -> PyResult<Gc<PyStr>> {
    let context = current(vm)?;
    let Some(text) = vm.cast::<PyStr>(spec) else { return Err(vm.type_error("format arg must be str")) };
    let invalid = || vm.value_error("invalid format string");
    let text = match text.to_utf8() {
        Some(text) => text,
        // A surrogate: the encoder says so.
        None => return Err(vm.encode(text, None, None).err().unwrap_or_else(invalid)),
    };
    let mut spec = Spec::parse(&text, context.capitals.get()).ok_or_else(invalid)?;
    if spec.localized == Some(b'N')
        && let Some(warn) = vm.hooks.warn.get()
    {
        let message = "Format specifier 'N' is deprecated and slated for removal in Python 3.18";
        warn(vm, vm.exceptions().DeprecationWarning.value(), message, 1)?;
    }
    match conventions {
        Some(conventions) => localized::override_with(vm, &mut spec, conventions)?,
        None if spec.localized.is_some() => localized::of_c_library(vm, &mut spec)?,
        None => {}
    }
    match format(this.view(), spec, context.limits.get().rounding).or_raise(vm)? {
        Some(text) => vm.new_str(&text),
        None => Err(vm.value_error("format specification exceeds internal limits of _decimal")),
    }
}

#[py_methods(METHODS, of = "Decimal")]
impl PyDecimal {
    #[method(
        "quantize",
        raw,
        signature = "($self, /, exp, rounding=None, context=None)",
        doc = "Return a value equal to the first operand after rounding and having the\nexponent of the second operand.\n\n    >>> Decimal('1.41421356').quantize(Decimal('1.000'))\n    Decimal('1.414')\n\nUnlike other operations, if the length of the coefficient after the quantize\noperation would be greater than precision, then an InvalidOperation is signaled.\nThis guarantees that, unless there is an error condition, the quantized exponent\nis always equal to that of the right-hand operand.\n\nAlso unlike other operations, quantize never signals Underflow, even if the\nresult is subnormal and inexact.\n\nIf the exponent of the second operand is larger than that of the first, then\nrounding may be necessary. In this case, the rounding mode is determined by the\nrounding argument if given, else by the given context argument; if neither\nargument is given, the rounding mode of the current thread's context is used.\n\n"
    )]
    fn quantize(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        let [exp, rounding, context] = match (args.kwnames(), args.positionals()) {
            (None, &[exp]) => [Some(exp), None, None],
            _ => bind(vm, args, ["exp", "rounding", "context"], 1)?,
        };
        let context = optional(vm, context)?;
        let mut limits = context.limits.get();
        if let Some(rounding) = rounding.and_then(Value::not_none) {
            limits.rounding = rounding_of(vm, rounding)?;
        }
        let exp = Operand::required(vm, exp.unwrap_or(Value::NONE))?;
        quantized(vm, this.view(), exp.view(), context, &limits)
    }

    #[method(
        "to_integral",
        raw,
        signature = "($self, /, rounding=None, context=None)",
        doc = "Identical to the to_integral_value() method.  The to_integral() name has been\nkept for compatibility with older versions.\n\n"
    )]
    fn to_integral(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        to_integral(vm, this, args, kaa_decimal::to_integral_value)
    }

    #[method(
        "to_integral_exact",
        raw,
        signature = "($self, /, rounding=None, context=None)",
        doc = "Round to the nearest integer, signaling Inexact or Rounded as appropriate if\nrounding occurs.  The rounding mode is determined by the rounding parameter\nif given, else by the given context. If neither parameter is given, then the\nrounding mode of the current default context is used.\n\n"
    )]
    fn to_integral_exact(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        to_integral(vm, this, args, kaa_decimal::to_integral_exact)
    }

    #[method(
        "to_integral_value",
        raw,
        signature = "($self, /, rounding=None, context=None)",
        doc = "Round to the nearest integer without signaling Inexact or Rounded.  The\nrounding mode is determined by the rounding parameter if given, else by\nthe given context. If neither parameter is given, then the rounding mode\nof the current default context is used.\n\n"
    )]
    fn to_integral_value(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        to_integral(vm, this, args, kaa_decimal::to_integral_value)
    }

    #[method(
        "fma",
        raw,
        signature = "($self, /, other, third, context=None)",
        doc = "Fused multiply-add.  Return self*other+third with no rounding of the\nintermediate product self*other.\n\n    >>> Decimal(2).fma(3, 5)\n    Decimal('11')\n\n\n"
    )]
    fn fma(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        let [other, third, context] = bind(vm, args, ["other", "third", "context"], 2)?;
        let context = optional(vm, context)?;
        let other = Operand::required(vm, other.unwrap_or(Value::NONE))?;
        let third = Operand::required(vm, third.unwrap_or(Value::NONE))?;
        let mut status = 0;
        let result = kaa_decimal::fma(this.view(), other.view(), third.view(), &context.limits.get(), &mut status);
        finish(vm, context, result, status)
    }

    #[method(
        "adjusted($self, /)",
        doc = "Return the adjusted exponent of the number.  Defined as exp + digits - 1.\n\n"
    )]
    fn adjusted(this: Gc<PyDecimal>) -> i64 {
        let view = this.view();
        if view.is_special() { 0 } else { view.adjusted() }
    }

    #[method(
        "canonical($self, /)",
        doc = "Return the canonical encoding of the argument.  Currently, the encoding\nof a Decimal instance is always canonical, so this operation returns its\nargument unchanged.\n\n"
    )]
    #[method("__copy__($self, /)")]
    fn canonical(this: Gc<PyDecimal>) -> Gc<PyDecimal> {
        this
    }

    #[method("conjugate($self, /)", doc = "Return self.\n\n")]
    fn conjugate(this: Gc<PyDecimal>) -> Gc<PyDecimal> {
        this
    }

    #[method("__deepcopy__($self, object, /)")]
    fn deepcopy(this: Gc<PyDecimal>, _object: Value) -> Gc<PyDecimal> {
        this
    }

    #[method(
        "radix($self, /)",
        doc = "Return Decimal(10), the radix (base) in which the Decimal class does\nall its arithmetic. Included for compatibility with the specification.\n\n"
    )]
    fn radix(vm: &Vm, _this: Gc<PyDecimal>) -> PyResult<Gc<PyDecimal>> {
        PyDecimal::new(vm, &Decimal::from_i64(10))
    }

    #[method(
        "copy_abs($self, /)",
        doc = "Return the absolute value of the argument.  This operation is unaffected by\ncontext and is quiet: no flags are changed and no rounding is performed.\n\n"
    )]
    fn copy_abs(vm: &Vm, this: Gc<PyDecimal>) -> PyResult<Gc<PyDecimal>> {
        copy_with_sign(vm, this.view(), false)
    }

    #[method(
        "copy_negate($self, /)",
        doc = "Return the negation of the argument.  This operation is unaffected by context\nand is quiet: no flags are changed and no rounding is performed.\n\n"
    )]
    fn copy_negate(vm: &Vm, this: Gc<PyDecimal>) -> PyResult<Gc<PyDecimal>> {
        copy_with_sign(vm, this.view(), !this.view().negative)
    }

    #[method(
        "copy_sign",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Return a copy of the first operand with the sign set to be the same as the\nsign of the second operand. For example:\n\n    >>> Decimal('2.3').copy_sign(Decimal('-1.5'))\n    Decimal('-2.3')\n\nThis operation is unaffected by context and is quiet: no flags are changed\nand no rounding is performed. As an exception, the C version may raise\nInvalidOperation if the second operand cannot be converted exactly.\n\n"
    )]
    fn copy_sign(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        let [other, context] = bind(vm, args, ["other", "context"], 1)?;
        optional(vm, context)?;
        let other = Operand::required(vm, other.unwrap_or(Value::NONE))?;
        copy_with_sign(vm, this.view(), other.view().negative)
    }

    #[method(
        "same_quantum",
        raw,
        signature = "($self, /, other, context=None)",
        doc = "Test whether self and other have the same exponent or whether both are NaN.\n\nThis operation is unaffected by context and is quiet: no flags are changed\nand no rounding is performed. As an exception, the C version may raise\nInvalidOperation if the second operand cannot be converted exactly.\n\n"
    )]
    fn same_quantum(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<bool> {
        let [other, context] = bind(vm, args, ["other", "context"], 1)?;
        optional(vm, context)?;
        let other = Operand::required(vm, other.unwrap_or(Value::NONE))?;
        Ok(kaa_decimal::same_quantum(this.view(), other.view()))
    }

    #[method(
        "number_class",
        raw,
        signature = "($self, /, context=None)",
        doc = "Return a string describing the class of the operand.  The returned value\nis one of the following ten strings:\n\n    * '-Infinity', indicating that the operand is negative infinity.\n    * '-Normal', indicating that the operand is a negative normal number.\n    * '-Subnormal', indicating that the operand is negative and subnormal.\n    * '-Zero', indicating that the operand is a negative zero.\n    * '+Zero', indicating that the operand is a positive zero.\n    * '+Subnormal', indicating that the operand is positive and subnormal.\n    * '+Normal', indicating that the operand is a positive normal number.\n    * '+Infinity', indicating that the operand is positive infinity.\n    * 'NaN', indicating that the operand is a quiet NaN (Not a Number).\n    * 'sNaN', indicating that the operand is a signaling NaN.\n\n\n"
    )]
    fn number_class(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<&'static str> {
        let [context] = bind(vm, args, ["context"], 0)?;
        Ok(kaa_decimal::number_class(this.view(), &optional(vm, context)?.limits.get()))
    }

    #[method(
        "to_eng_string",
        raw,
        signature = "($self, /, context=None)",
        doc = "Convert to an engineering-type string.  Engineering notation has an exponent\nwhich is a multiple of 3, so there are up to 3 digits left of the decimal\nplace. For example, Decimal('123E+1') is converted to Decimal('1.23E+3').\n\nThe value of context.capitals determines whether the exponent sign is lower\nor upper case. Otherwise, the context does not affect the operation.\n\n"
    )]
    fn to_eng_string(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyStr>> {
        let [context] = bind(vm, args, ["context"], 0)?;
        text(vm, optional(vm, context)?, this.view(), Notation::Engineering)
    }

    #[classmethod(
        "from_float($type, f, /)",
        doc = "Class method that converts a float to a decimal number, exactly.\nSince 0.1 is not exactly representable in binary floating point,\nDecimal.from_float(0.1) is not the same as Decimal('0.1').\n\n    >>> Decimal.from_float(0.1)\n    Decimal('0.1000000000000000055511151231257827021181583404541015625')\n    >>> Decimal.from_float(float('nan'))\n    Decimal('NaN')\n    >>> Decimal.from_float(float('inf'))\n    Decimal('Infinity')\n    >>> Decimal.from_float(float('-inf'))\n    Decimal('-Infinity')\n\n\n"
    )]
    fn from_float(vm: &Vm, class: Gc<PyType>, f: Value) -> PyResult {
        construct::of_class(vm, class, &number_from_float(vm, f)?)
    }

    #[classmethod(
        "from_number($type, number, /)",
        doc = "Class method that converts a real number to a decimal number, exactly.\n\n    >>> Decimal.from_number(314)              # int\n    Decimal('314')\n    >>> Decimal.from_number(0.1)              # float\n    Decimal('0.1000000000000000055511151231257827021181583404541015625')\n    >>> Decimal.from_number(Decimal('3.14'))  # another decimal instance\n    Decimal('3.14')\n\n\n"
    )]
    fn from_number(vm: &Vm, class: Gc<PyType>, number: Value) -> PyResult {
        construct::from_number(vm, class, number)
    }

    #[method(
        "as_integer_ratio($self, /)",
        doc = "Decimal.as_integer_ratio() -> (int, int)\n\nReturn a pair of integers, whose ratio is exactly equal to the original\nDecimal and with a positive denominator. The ratio is in lowest terms.\nRaise OverflowError on infinities and a ValueError on NaNs.\n\n"
    )]
    fn as_integer_ratio(vm: &Vm, this: Gc<PyDecimal>) -> PyResult<Gc<PyTuple>> {
        integer_ratio(vm, this.view())
    }

    #[method("__format__", raw)]
    fn format(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult<Gc<PyStr>> {
        args.no_keywords(vm, "Decimal.__format__")?;
        let given = args.positionals().len();
        match *args.positionals() {
            [spec] => format_with(vm, this, spec, None),
            [spec, conventions] => format_with(vm, this, spec, Some(conventions)),
            [] => Err(vm.type_error("function takes at least 1 argument (0 given)")),
            _ => Err(vm.type_error(format_args!("function takes at most 2 arguments ({given} given)"))),
        }
    }

    #[method("__round__", raw)]
    fn round(vm: &Vm, this: Gc<PyDecimal>, args: Args<'_>) -> PyResult {
        args.no_keywords(vm, "Decimal.__round__")?;
        let places = match *args.positionals() {
            [] => return to_int(vm, this.view(), Direction::HalfEven),
            [places] => places,
            ref more => {
                let given = more.len();
                return Err(vm.type_error(format_args!("function takes at most 1 argument ({given} given)")));
            }
        };
        if !vm.is_int(places) {
            return Err(vm.type_error("optional arg must be an integer"));
        }
        let exp = word(vm, places)?.checked_neg().unwrap_or(i64::MAX);
        let context = current(vm)?;
        let unit = View { exp, ..View::ONE };
        Ok(quantized(vm, this.view(), unit, context, &context.limits.get())?.value())
    }

    #[method("__ceil__($self, /)")]
    fn ceil(vm: &Vm, this: Gc<PyDecimal>) -> PyResult {
        to_int(vm, this.view(), Direction::Ceiling)
    }

    #[method("__floor__($self, /)")]
    fn floor(vm: &Vm, this: Gc<PyDecimal>) -> PyResult {
        to_int(vm, this.view(), Direction::Floor)
    }

    #[method("__trunc__($self, /)")]
    fn trunc(vm: &Vm, this: Gc<PyDecimal>) -> PyResult {
        to_int(vm, this.view(), Direction::Down)
    }

    #[method("__complex__($self, /)")]
    fn complex(vm: &Vm, this: Gc<PyDecimal>) -> PyResult {
        vm.new_complex(to_f64(vm, this)?, 0.0)
    }

    #[method("__sizeof__($self, /)")]
    fn sizeof(this: Gc<PyDecimal>) -> usize {
        this.memory_size()
    }
}
