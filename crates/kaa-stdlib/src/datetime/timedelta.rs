//! `timedelta`: a span of days, seconds and microseconds.

use std::fmt::Write;

use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::object::Header;
use kaa_objects::types::float::float_to_big;
use kaa_objects::types::int::big::Int;
use kaa_objects::types::tuple::{PyTuple, combine_hashes};
use kaa_objects::{Args, Gc, PyResult, Raised, Value, Vm, py_type};
use num_bigint::{BigInt, Sign};
use num_integer::Integer;

use super::calendar::carry;
use crate::parse_tuple::Keyworded;

/// A `timedelta`, normalized.
#[repr(C)]
pub struct PyTimeDelta {
    header: Header,
    /// At most [`MAX_DAYS`] in magnitude.
    pub days: i32,
    /// Below the seconds of a day.
    pub seconds: i32,
    /// Below 1,000,000.
    pub microseconds: i32,
}

/// The most days, either way.
pub const MAX_DAYS: i32 = 999_999_999;
const DAY_SECONDS: i32 = 86_400;
const MICROS: i128 = 1_000_000;

impl PyTimeDelta {
    /// A `timedelta` of parts in any range.
    pub fn new(vm: &Vm, mut days: i32, mut seconds: i32, mut microseconds: i32) -> PyResult<Gc<PyTimeDelta>> {
        seconds += carry(&mut microseconds, MICROS as i32);
        days += carry(&mut seconds, DAY_SECONDS);
        check_days(vm, days)?;
        vm.alloc(PyTimeDelta { header: Header::EMPTY, days, seconds, microseconds })
    }

    /// All of it in microseconds.
    pub fn total(&self) -> i128 {
        (i128::from(self.days) * i128::from(DAY_SECONDS) + i128::from(self.seconds)) * MICROS
            + i128::from(self.microseconds)
    }

    /// From microseconds.
    pub fn from_total(vm: &Vm, class: Gc<PyType>, total: i128) -> PyResult<Gc<PyTimeDelta>> {
        let microseconds = total.rem_euclid(MICROS) as i32;
        let whole = total.div_euclid(MICROS);
        let seconds = whole.rem_euclid(i128::from(DAY_SECONDS)) as i32;
        let Ok(days) = i32::try_from(whole.div_euclid(i128::from(DAY_SECONDS))) else { return Err(too_large(vm)) };
        check_days(vm, days)?;
        let delta = PyTimeDelta { header: Header::EMPTY, days, seconds, microseconds };
        if class == vm.class::<PyTimeDelta>() { vm.alloc(delta) } else { vm.alloc_instance(class, delta) }
    }

    fn plain_from_total(vm: &Vm, total: i128) -> PyResult {
        Ok(PyTimeDelta::from_total(vm, vm.class::<PyTimeDelta>(), total)?.value())
    }

    fn from_big(vm: &Vm, total: &BigInt) -> PyResult {
        PyTimeDelta::plain_from_total(vm, i128::try_from(total).map_err(|_| too_large(vm))?)
    }

    /// The parts in order of weight.
    pub fn parts(&self) -> (i32, i32, i32) {
        (self.days, self.seconds, self.microseconds)
    }

    /// Whether it is no time at all.
    pub fn is_zero(&self) -> bool {
        self.parts() == (0, 0, 0)
    }

    /// Whether it is less than a day, either way: what offsets from UTC must be.
    pub fn is_within_a_day(&self) -> bool {
        self.days == 0 || self.days == -1 && (self.seconds, self.microseconds) != (0, 0)
    }

    /// The difference to another one.
    pub fn minus(&self, vm: &Vm, other: &PyTimeDelta) -> PyResult<Gc<PyTimeDelta>> {
        PyTimeDelta::new(
            vm,
            self.days - other.days,
            self.seconds - other.seconds,
            self.microseconds - other.microseconds,
        )
    }
}

fn check_days(vm: &Vm, days: i32) -> PyResult<()> {
    if days.abs() <= MAX_DAYS {
        return Ok(());
    }
    Err(vm.overflow_error(format_args!("days={days}; must have magnitude <= {MAX_DAYS}")))
}

#[cold]
fn too_large(vm: &Vm) -> Raised {
    vm.overflow_error("Python int too large to convert to C int")
}

/// The quotient rounded to the nearest integer, ties to even.
fn divide_nearest(vm: &Vm, numerator: &BigInt, denominator: &BigInt) -> PyResult<BigInt> {
    if denominator.sign() == Sign::NoSign {
        return Err(vm.zero_division_error("division by zero"));
    }
    let (quotient, rest) = numerator.div_mod_floor(denominator);
    let twice: BigInt = rest * 2;
    // The rest has the denominator's sign.
    let order = twice.magnitude().cmp(denominator.magnitude());
    Ok(if order.is_gt() || order.is_eq() && quotient.is_odd() { quotient + 1 } else { quotient })
}

/// The numerator and denominator of a float, by its own method when it is of a subclass.
fn float_ratio(vm: &Vm, float: Value) -> PyResult<(BigInt, BigInt)> {
    let ratio = vm.call_method_str(float, "as_integer_ratio", &[])?;
    let Some(ratio) = vm.cast::<PyTuple>(ratio) else {
        let class = vm.class_name(ratio);
        return Err(vm.type_error(format_args!(
            "unexpected return type from as_integer_ratio(): expected tuple, got '{class}'"
        )));
    };
    let &[numerator, denominator] = ratio.as_slice() else {
        return Err(vm.value_error("as_integer_ratio() must return a 2-tuple"));
    };
    let int = |value: Value| match vm.as_int(value) {
        Some(int) => Ok(int.to_big()),
        None => {
            let class = vm.class_name(value);
            Err(vm.type_error(format_args!("'{class}' object cannot be interpreted as an integer")))
        }
    };
    Ok((int(numerator)?, int(denominator)?))
}

/// The delta times, or over, a float.
fn scale(vm: &Vm, delta: Gc<PyTimeDelta>, float: Value, divide: bool) -> PyResult {
    let total = BigInt::from(delta.total());
    let (numerator, denominator) = float_ratio(vm, float)?;
    let (by, over) = if divide { (denominator, numerator) } else { (numerator, denominator) };
    PyTimeDelta::from_big(vm, &divide_nearest(vm, &(total * by), &over)?)
}

fn times_int(vm: &Vm, delta: Gc<PyTimeDelta>, int: Int) -> PyResult {
    let total = delta.total();
    if let Some(product) = int.to_i128().and_then(|int| total.checked_mul(int)) {
        return PyTimeDelta::plain_from_total(vm, product);
    }
    PyTimeDelta::from_big(vm, &(int.to_big() * total))
}

/// `//` by an integer.
fn over_int(vm: &Vm, delta: Gc<PyTimeDelta>, int: Int) -> PyResult {
    if int.is_zero() {
        return Err(vm.zero_division_error("division by zero"));
    }
    match int.to_i128() {
        Some(int) => PyTimeDelta::plain_from_total(vm, Integer::div_floor(&delta.total(), &int)),
        None => PyTimeDelta::from_big(vm, &BigInt::from(delta.total()).div_floor(&int.to_big())),
    }
}

fn is_float(vm: &Vm, value: Value) -> bool {
    vm.as_float(value).is_some()
}

/// Microseconds being summed up: an exact part, which is nearly always small, and the rest of
/// floats below a microsecond.
#[derive(Default)]
struct Sum {
    small: i128,
    large: BigInt,
    fraction: f64,
}

impl Sum {
    fn add_exact(&mut self, number: &BigInt, unit: i64) {
        self.large += number * unit;
    }

    /// Adds a number of units of so many microseconds.
    fn add(&mut self, vm: &Vm, part: &str, number: Value, unit: i64) -> PyResult<()> {
        match vm.as_int(number) {
            Some(Int::Small(int)) => {
                // At most 2^63 * 2^40 each.
                self.small += i128::from(int) * i128::from(unit);
                return Ok(());
            }
            Some(big) => {
                self.add_exact(&big.to_big(), unit);
                return Ok(());
            }
            None => {}
        }
        let Some(float) = vm.as_float(number) else {
            let class = vm.class_name(number);
            return Err(vm.type_error(format_args!("unsupported type for timedelta {part} component: {class}")));
        };
        if float.is_nan() {
            return Err(vm.value_error("cannot convert float NaN to integer"));
        }
        if float.is_infinite() {
            return Err(vm.overflow_error("cannot convert float infinity to integer"));
        }
        let whole = float.trunc();
        if whole.abs() < 9e18 {
            self.small += whole as i128 * i128::from(unit);
        } else {
            self.add_exact(&float_to_big(whole), unit);
        }
        let rest = (float - whole) * unit as f64;
        self.small += rest.trunc() as i128;
        self.fraction += rest.fract();
        Ok(())
    }

    /// The sum rounded to whole microseconds, ties to even.
    fn total(self, vm: &Vm) -> PyResult<i128> {
        let mut total = match self.large.sign() {
            Sign::NoSign => self.small,
            _ => i128::try_from(self.large + self.small).map_err(|_| too_large(vm))?,
        };
        if self.fraction != 0.0 {
            let mut rounded = self.fraction.round();
            if (rounded - self.fraction).abs() == 0.5 {
                let odd = f64::from(u8::from(total.is_odd()));
                rounded = 2.0 * ((self.fraction + odd) * 0.5).round() - odd;
            }
            total += rounded as i128;
        }
        Ok(total)
    }
}

const PARTS: [&str; 7] = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
const DAY: i64 = 86_400_000_000;
/// Units in microseconds, as in [`PARTS`].
const UNITS: [i64; 7] = [DAY, 1_000_000, 1, 1_000, 60_000_000, 3_600_000_000, 7 * DAY];
/// The order in which parts are summed up.
const ORDER: [usize; 7] = [2, 3, 1, 4, 5, 0, 6];

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    let constants = [
        ("resolution", (0, 0, 1)),
        ("min", (-MAX_DAYS, 0, 0)),
        ("max", (MAX_DAYS, DAY_SECONDS - 1, MICROS as i32 - 1)),
    ];
    for (name, (days, seconds, microseconds)) in constants {
        let delta = PyTimeDelta::new(vm, days, seconds, microseconds)?;
        class.dict.get_set().set_str(vm, vm.intern(name), delta.value())?;
    }
    Ok(())
}

/// Both operands as deltas, if they are.
fn both(vm: &Vm, a: Value, b: Value) -> Option<(Gc<PyTimeDelta>, Gc<PyTimeDelta>)> {
    Some((vm.cast(a)?, vm.cast(b)?))
}

#[py_type(
    name = "timedelta",
    module = "datetime",
    layout = raw,
    flags(BASETYPE),
    setup = set_up,
    doc = "Difference between two datetime values.\n\ntimedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)\n\nAll arguments are optional and default to 0.\nArguments may be integers or floats, and may be positive or negative."
)]
impl PyTimeDelta {
    #[new(raw)]
    fn make(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyTimeDelta>> {
        let mut arguments = Keyworded::new(vm, Some("__new__"), &PARTS, 0, PARTS.len(), args)?;
        let mut given = [None; 7];
        for place in &mut given {
            *place = arguments.next(vm)?;
        }
        arguments.finish(vm)?;
        let mut sum = Sum::default();
        for index in ORDER {
            if let Some(number) = given[index] {
                sum.add(vm, PARTS[index], number, UNITS[index])?;
            }
        }
        PyTimeDelta::from_total(vm, class, sum.total(vm)?)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyTimeDelta>) -> String {
        let mut text = vm.class_name(this.value());
        text.push('(');
        let mut separator = "";
        for (name, part) in [("days", this.days), ("seconds", this.seconds), ("microseconds", this.microseconds)] {
            if part != 0 {
                let _ = write!(text, "{separator}{name}={part}");
                separator = ", ";
            }
        }
        text.push_str(if separator.is_empty() { "0)" } else { ")" });
        text
    }

    #[slot(str)]
    fn str(vm: &Vm, this: Gc<PyTimeDelta>) -> String {
        let _ = vm;
        let mut text = String::new();
        if this.days != 0 {
            let s = if this.days.abs() == 1 { "" } else { "s" };
            let _ = write!(text, "{} day{s}, ", this.days);
        }
        let (minutes, seconds) = (this.seconds / 60, this.seconds % 60);
        let _ = write!(text, "{}:{:02}:{seconds:02}", minutes / 60, minutes % 60);
        if this.microseconds != 0 {
            let _ = write!(text, ".{:06}", this.microseconds);
        }
        text
    }

    #[slot(hash)]
    pub fn hash(&self) -> i64 {
        let part = |part: i32| if part == -1 { -2 } else { i64::from(part) };
        combine_hashes([part(self.days), part(self.seconds), part(self.microseconds)].into_iter())
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyTimeDelta>, other: Value, op: CompareOp) -> Value {
        match vm.cast::<PyTimeDelta>(other) {
            Some(other) => Value::bool(op.holds(this.parts().cmp(&other.parts()))),
            None => Value::NOT_IMPLEMENTED,
        }
    }

    #[slot(nb_add)]
    fn add(vm: &Vm, a: Value, b: Value) -> PyResult {
        let Some((a, b)) = both(vm, a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
        let sum = PyTimeDelta::new(vm, a.days + b.days, a.seconds + b.seconds, a.microseconds + b.microseconds)?;
        Ok(sum.value())
    }

    #[slot(nb_subtract)]
    fn subtract(vm: &Vm, a: Value, b: Value) -> PyResult {
        let Some((a, b)) = both(vm, a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
        Ok(a.minus(vm, &b)?.value())
    }

    #[slot(nb_multiply)]
    fn multiply(vm: &Vm, a: Value, b: Value) -> PyResult {
        let (delta, factor) = match (vm.cast::<PyTimeDelta>(a), vm.cast::<PyTimeDelta>(b)) {
            (Some(delta), _) => (delta, b),
            (None, Some(delta)) => (delta, a),
            (None, None) => return Ok(Value::NOT_IMPLEMENTED),
        };
        match vm.as_int(factor) {
            Some(int) => times_int(vm, delta, int),
            None if is_float(vm, factor) => scale(vm, delta, factor, false),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(nb_floor_divide)]
    fn floor_divide(vm: &Vm, a: Value, b: Value) -> PyResult {
        let Some(delta) = vm.cast::<PyTimeDelta>(a) else { return Ok(Value::NOT_IMPLEMENTED) };
        if let Some(int) = vm.as_int(b) {
            return over_int(vm, delta, int);
        }
        let Some(divisor) = vm.cast::<PyTimeDelta>(b) else { return Ok(Value::NOT_IMPLEMENTED) };
        if divisor.is_zero() {
            return Err(vm.zero_division_error("division by zero"));
        }
        vm.new_int_i128(Integer::div_floor(&delta.total(), &divisor.total()))
    }

    #[slot(nb_true_divide)]
    fn true_divide(vm: &Vm, a: Value, b: Value) -> PyResult {
        let Some(delta) = vm.cast::<PyTimeDelta>(a) else { return Ok(Value::NOT_IMPLEMENTED) };
        if let Some(divisor) = vm.cast::<PyTimeDelta>(b) {
            return divide_exactly(vm, delta.total(), divisor.total());
        }
        if let Some(int) = vm.as_int(b) {
            if int.is_zero() {
                return Err(vm.zero_division_error("division by zero"));
            }
            let quotient = divide_nearest(vm, &BigInt::from(delta.total()), &int.to_big())?;
            return PyTimeDelta::from_big(vm, &quotient);
        }
        if is_float(vm, b) {
            return scale(vm, delta, b, true);
        }
        Ok(Value::NOT_IMPLEMENTED)
    }

    #[slot(nb_remainder)]
    fn remainder(vm: &Vm, a: Value, b: Value) -> PyResult {
        let Some((a, b)) = both(vm, a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
        if b.is_zero() {
            return Err(vm.zero_division_error("division by zero"));
        }
        PyTimeDelta::plain_from_total(vm, a.total().mod_floor(&b.total()))
    }

    #[slot(nb_divmod)]
    fn divmod(vm: &Vm, a: Value, b: Value) -> PyResult {
        let Some((a, b)) = both(vm, a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
        if b.is_zero() {
            return Err(vm.zero_division_error("division by zero"));
        }
        let (quotient, rest) = a.total().div_mod_floor(&b.total());
        let rest = PyTimeDelta::plain_from_total(vm, rest)?;
        let quotient = vm.new_int_i128(quotient)?;
        Ok(vm.new_tuple(&[quotient, rest])?.value())
    }

    #[slot(nb_negative)]
    pub fn negative(vm: &Vm, this: Gc<PyTimeDelta>) -> PyResult<Gc<PyTimeDelta>> {
        PyTimeDelta::new(vm, -this.days, -this.seconds, -this.microseconds)
    }

    #[slot(nb_positive)]
    fn positive(vm: &Vm, this: Gc<PyTimeDelta>) -> PyResult<Gc<PyTimeDelta>> {
        PyTimeDelta::new(vm, this.days, this.seconds, this.microseconds)
    }

    #[slot(nb_absolute)]
    fn absolute(vm: &Vm, this: Gc<PyTimeDelta>) -> PyResult<Gc<PyTimeDelta>> {
        if this.days < 0 { PyTimeDelta::negative(vm, this) } else { PyTimeDelta::positive(vm, this) }
    }

    #[slot(nb_bool)]
    fn truth(&self) -> bool {
        !self.is_zero()
    }

    #[getter("days", member, doc = "Number of days.")]
    fn days(&self) -> i32 {
        self.days
    }

    #[getter("seconds", member, doc = "Number of seconds (>= 0 and less than 1 day).")]
    fn seconds(&self) -> i32 {
        self.seconds
    }

    #[getter("microseconds", member, doc = "Number of microseconds (>= 0 and less than 1 second).")]
    fn microseconds(&self) -> i32 {
        self.microseconds
    }

    #[method("total_seconds($self, /)", doc = "Total seconds in the duration.")]
    pub fn total_seconds(vm: &Vm, this: Gc<PyTimeDelta>) -> PyResult {
        divide_exactly(vm, this.total(), MICROS)
    }

    #[method("__reduce__($self, /)", doc = "__reduce__() -> (cls, state)")]
    fn reduce(vm: &Vm, this: Gc<PyTimeDelta>) -> PyResult<Gc<PyTuple>> {
        let part = |part: i32| Value::small_int(part.into());
        let state = vm.new_tuple(&[part(this.days), part(this.seconds), part(this.microseconds)])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), state.value()])
    }
}

/// The quotient of integers as the nearest float.
fn divide_exactly(vm: &Vm, numerator: i128, denominator: i128) -> PyResult {
    const EXACT: i128 = 1 << 53;
    if denominator != 0 && numerator.abs() <= EXACT && denominator.abs() <= EXACT {
        return vm.new_float(numerator as f64 / denominator as f64);
    }
    let (numerator, denominator) = (vm.new_int_i128(numerator)?, vm.new_int_i128(denominator)?);
    vm.binary(kaa_objects::operations::BinaryOp::TrueDivide, numerator, denominator)
}
