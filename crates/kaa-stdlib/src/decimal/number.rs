//! `Decimal`: constructor, operators, comparison, hash.

use kaa_decimal::small::{self, Small};
use kaa_decimal::{Context, Decimal, Flags, Kind, Outcome, View, binary, flags};
use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::types::complex::PyComplex;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Value, Vm, py_type};

use super::arguments::bind;
use super::construct::{self, float_of, from_f64};
use super::context::PyContext;
use super::context_methods::{divide_with_remainder, text};
use super::conversion::{self, Direction};
use super::current::{current, optional};
use super::decimal_methods;
use super::object::{Operand, OrRaise, PyDecimal, finish, from_int};
use super::signals::{add_status, state};

type Binary = fn(View<'_>, View<'_>, &Context, &mut Flags) -> Outcome;
type Unary = fn(View<'_>, &Context, &mut Flags) -> Outcome;

/// A binary operator in the current context. `quick` is tried first.
#[inline(always)]
fn operate(
    vm: &Vm,
    a: Value,
    b: Value,
    quick: impl Fn(View<'_>, View<'_>, &Context, &mut Flags) -> Option<Small>,
    operation: Binary,
) -> PyResult {
    let context = current(vm)?;
    let limits = context.limits.get();
    let mut status = 0;
    let small = match (vm.cast::<PyDecimal>(a), vm.cast::<PyDecimal>(b)) {
        (Some(x), Some(y)) => quick(x.view(), y.view(), &limits, &mut status),
        (Some(x), None) => match b.as_small_int() {
            Some(int) => quick(x.view(), view_of(small::from_i64(int), &mut [0; 2]), &limits, &mut status),
            None => None,
        },
        _ => None,
    };
    match small {
        Some(small) => {
            add_status(vm, context, status)?;
            Ok(PyDecimal::new_small(vm, small)?.value())
        }
        None => operate_on_any(vm, a, b, context, operation),
    }
}

/// Looks at a short number, whose limbs are put where there is room.
#[inline(always)]
fn view_of(small: Small, room: &mut [u64; 2]) -> View<'_> {
    let Small { negative, exp, low, high } = small;
    *room = [low, high];
    let len = if high != 0 { 2 } else { usize::from(low != 0) };
    View { negative, kind: Kind::Finite, exp, limbs: &room[..len] }
}

/// As [`operate`] for whatever operands.
#[inline(never)]
fn operate_on_any(vm: &Vm, a: Value, b: Value, context: Gc<PyContext>, operation: Binary) -> PyResult {
    let Some(x) = Operand::from_value(vm, a)? else { return Ok(Value::NOT_IMPLEMENTED) };
    let Some(y) = Operand::from_value(vm, b)? else { return Ok(Value::NOT_IMPLEMENTED) };
    let mut status = 0;
    let result = operation(x.view(), y.view(), &context.limits.get(), &mut status);
    Ok(finish(vm, context, result, status)?.value())
}

/// A unary operator in the current context.
fn operate_on(vm: &Vm, this: Gc<PyDecimal>, operation: Unary) -> PyResult<Gc<PyDecimal>> {
    let context = current(vm)?;
    let mut status = 0;
    let result = operation(this.view(), &context.limits.get(), &mut status);
    finish(vm, context, result, status)
}

/// What a decimal is compared with, and the decimal as it is then (times a denominator); `None`
/// for what does not compare.
fn comparable(
    vm: &Vm,
    this: Gc<PyDecimal>,
    other: Value,
    op: CompareOp,
    context: Gc<PyContext>,
) -> PyResult<Option<(Operand, Operand)>> {
    let own = Operand::Object(this);
    if let Some(other) = Operand::from_value(vm, other)? {
        return Ok(Some((own, other)));
    }
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    let note_float = |float: f64| -> PyResult<Operand> {
        if equality {
            context.status.set(context.status.get() | flags::FLOAT_OPERATION);
        } else {
            add_status(vm, context, flags::FLOAT_OPERATION)?;
        }
        Ok(Operand::Number(from_f64(vm, float)?))
    };
    if let Some(float) = float_of(vm, other) {
        return Ok(Some((own, note_float(float)?)));
    }
    if let Some(complex) = vm.cast::<PyComplex>(other) {
        if !equality || complex.imag != 0.0 {
            return Ok(None);
        }
        return Ok(Some((own, note_float(complex.real)?)));
    }
    let rational = state(vm).rational.get().unwrap_or(Value::NONE);
    if !vm.isinstance(other, rational)? {
        return Ok(None);
    }
    let part = |name: &str| -> PyResult<Decimal> {
        let part = vm.get_attr_str(other, name)?;
        from_int(vm, part)?.ok_or_else(|| vm.type_error("argument must be an integer"))
    };
    let numerator = Operand::Number(part("numerator")?);
    let view = this.view();
    if view.is_special() {
        return Ok(Some((own, numerator)));
    }
    // a < n / d is a × d < n. The exponent stays out of the product, as it might overflow there.
    let denominator = part("denominator")?;
    let mut status = 0;
    let bare = View { exp: 0, ..view };
    let mut product = kaa_decimal::multiply(bare, denominator.view(), &Context::MAX, &mut status).or_raise(vm)?;
    product.exp = view.exp;
    if status != 0 {
        return Err(vm.value_error("exact conversion for comparison failed"));
    }
    Ok(Some((Operand::Number(product), numerator)))
}

#[py_type(
    name = "Decimal",
    module = "decimal",
    flags(BASETYPE, HEAPTYPE, IMMUTABLETYPE),
    parts(decimal_methods::UNARY, decimal_methods::BINARY, decimal_methods::PREDICATES, conversion::METHODS),
    doc = "Construct a new Decimal object. 'value' can be an integer, string, tuple,\nor another Decimal object. If no value is given, return Decimal('0'). The\ncontext does not affect the conversion and is only passed to determine if\nthe InvalidOperation trap is active.\n\n"
)]
impl PyDecimal {
    #[new(raw, signature = "(value=\"0\", context=None)")]
    fn new_from_args(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyDecimal>> {
        let [value, context] = match (args.kwnames(), args.positionals()) {
            (None, &[value]) => [Some(value), None],
            _ => bind(vm, args, ["value", "context"], 0)?,
        };
        let context = optional(vm, context)?;
        construct::exact_from_object(vm, class, value, context)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyDecimal>) -> PyResult {
        let capitals = current(vm)?.capitals.get();
        let text = this.view().to_text(kaa_decimal::format::Notation::Scientific, capitals).or_raise(vm)?;
        let mut repr = Vec::new();
        repr.try_reserve_exact(text.len() + 11).map_err(|_| vm.no_memory())?;
        repr.extend_from_slice(b"Decimal('");
        repr.extend_from_slice(&text);
        repr.extend_from_slice(b"')");
        Ok(vm.new_str_latin1(&repr)?.value())
    }

    #[slot(str)]
    fn str(vm: &Vm, this: Gc<PyDecimal>) -> PyResult<Gc<PyStr>> {
        text(vm, current(vm)?, this.view(), kaa_decimal::format::Notation::Scientific)
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Gc<PyDecimal>) -> PyResult<i64> {
        let view = this.view();
        let magnitude = match view.kind {
            Kind::SignalingNan => return Err(vm.type_error("Cannot hash a signaling NaN value")),
            Kind::QuietNan => return Ok(vm.pin(this).rotate_right(4) as i64),
            Kind::Infinite => 314_159,
            Kind::Finite => binary::modulo_mersenne_61(view) as i64,
        };
        Ok(match if view.negative { -magnitude } else { magnitude } {
            -1 => -2,
            hash => hash,
        })
    }

    #[slot(richcompare)]
    fn compare_with(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        let Some(this) = vm.cast::<PyDecimal>(a) else { return Ok(Value::NOT_IMPLEMENTED) };
        if let Some(other) = vm.cast::<PyDecimal>(b)
            && let Some(order) = kaa_decimal::small::order(this.view(), other.view())
        {
            return Ok(Value::bool(op.holds(order)));
        }
        let context = current(vm)?;
        let Some((x, y)) = comparable(vm, this, b, op, context)? else { return Ok(Value::NOT_IMPLEMENTED) };
        let (x, y) = (x.view(), y.view());
        if x.is_nan() || y.is_nan() {
            let signals = x.kind == Kind::SignalingNan || y.kind == Kind::SignalingNan;
            if signals || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
                add_status(vm, context, flags::INVALID_OPERATION)?;
            }
            return Ok(Value::bool(op == CompareOp::Ne));
        }
        Ok(Value::bool(op.holds(kaa_decimal::order(x, y))))
    }

    #[slot(nb_add)]
    fn add(vm: &Vm, a: Value, b: Value) -> PyResult {
        operate(vm, a, b, small::add, kaa_decimal::add)
    }

    #[slot(nb_subtract)]
    fn subtract(vm: &Vm, a: Value, b: Value) -> PyResult {
        operate(vm, a, b, small::subtract, kaa_decimal::subtract)
    }

    #[slot(nb_multiply)]
    fn multiply(vm: &Vm, a: Value, b: Value) -> PyResult {
        operate(vm, a, b, small::multiply, kaa_decimal::multiply)
    }

    #[slot(nb_true_divide)]
    fn true_divide(vm: &Vm, a: Value, b: Value) -> PyResult {
        operate(vm, a, b, small::divide, kaa_decimal::divide)
    }

    #[slot(nb_floor_divide)]
    fn floor_divide(vm: &Vm, a: Value, b: Value) -> PyResult {
        operate_on_any(vm, a, b, current(vm)?, kaa_decimal::divide_int)
    }

    #[slot(nb_remainder)]
    fn remainder(vm: &Vm, a: Value, b: Value) -> PyResult {
        operate_on_any(vm, a, b, current(vm)?, kaa_decimal::remainder)
    }

    #[slot(nb_divmod)]
    fn divmod(vm: &Vm, a: Value, b: Value) -> PyResult {
        let context = current(vm)?;
        let Some(x) = Operand::from_value(vm, a)? else { return Ok(Value::NOT_IMPLEMENTED) };
        let Some(y) = Operand::from_value(vm, b)? else { return Ok(Value::NOT_IMPLEMENTED) };
        Ok(divide_with_remainder(vm, context, x.view(), y.view())?.value())
    }

    #[slot(nb_power)]
    fn power(vm: &Vm, a: Value, b: Value, modulus: Value) -> PyResult {
        if modulus.is_none() {
            return operate_on_any(vm, a, b, current(vm)?, kaa_decimal::power);
        }
        let context = current(vm)?;
        let Some(x) = Operand::from_value(vm, a)? else { return Ok(Value::NOT_IMPLEMENTED) };
        let Some(y) = Operand::from_value(vm, b)? else { return Ok(Value::NOT_IMPLEMENTED) };
        let Some(z) = Operand::from_value(vm, modulus)? else { return Ok(Value::NOT_IMPLEMENTED) };
        let mut status = 0;
        let result = kaa_decimal::power_modulo(x.view(), y.view(), z.view(), &context.limits.get(), &mut status);
        Ok(finish(vm, context, result, status)?.value())
    }

    #[slot(nb_negative)]
    fn negative(vm: &Vm, this: Gc<PyDecimal>) -> PyResult<Gc<PyDecimal>> {
        operate_on(vm, this, kaa_decimal::minus)
    }

    #[slot(nb_positive)]
    fn positive(vm: &Vm, this: Gc<PyDecimal>) -> PyResult<Gc<PyDecimal>> {
        operate_on(vm, this, kaa_decimal::plus)
    }

    #[slot(nb_absolute)]
    fn absolute(vm: &Vm, this: Gc<PyDecimal>) -> PyResult<Gc<PyDecimal>> {
        operate_on(vm, this, kaa_decimal::abs)
    }

    #[slot(nb_bool)]
    fn bool(this: Gc<PyDecimal>) -> bool {
        !this.view().is_zero()
    }

    #[slot(nb_int)]
    fn int(vm: &Vm, this: Gc<PyDecimal>) -> PyResult {
        conversion::to_int(vm, this.view(), Direction::Down)
    }

    #[slot(nb_float)]
    fn float(vm: &Vm, this: Gc<PyDecimal>) -> PyResult {
        vm.new_float(conversion::to_f64(vm, this)?)
    }

    #[getter("real")]
    fn real(this: Gc<PyDecimal>) -> Gc<PyDecimal> {
        this
    }

    #[getter("imag")]
    fn imag(vm: &Vm, _this: Gc<PyDecimal>) -> PyResult<Gc<PyDecimal>> {
        PyDecimal::new(vm, &Decimal::from_i64(0))
    }

    #[method("as_tuple($self, /)", doc = "Return a tuple representation of the number.\n\n")]
    fn as_tuple(vm: &Vm, this: Gc<PyDecimal>) -> PyResult {
        let view = this.view();
        let exponent = match view.kind {
            Kind::Finite => vm.new_int(view.exp)?,
            Kind::Infinite => vm.intern("F").value(),
            Kind::QuietNan => vm.intern("n").value(),
            Kind::SignalingNan => vm.intern("N").value(),
        };
        let digits = construct::digits_tuple(vm, view)?;
        let class = state(vm).tuple.get().unwrap_or(Value::NONE);
        vm.call(class, &[Value::small_int(view.negative.into()), digits.value(), exponent])
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Gc<PyDecimal>) -> PyResult<Gc<PyTuple>> {
        let text = PyDecimal::str(vm, this)?;
        let args = vm.new_tuple(&[text.value()])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), args.value()])
    }
}
