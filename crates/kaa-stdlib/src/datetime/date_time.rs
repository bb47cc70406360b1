//! `datetime`: a day and a time of day, perhaps in a zone.

mod construct;
mod methods;

use std::cell::Cell;

use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::hash::hash_bytes;
use kaa_objects::object::Slot;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

use super::calendar::{Day, carry};
use super::date::PyDate;
use super::fields::{self, Clock};
use super::time_of_day::{naive_and_aware, pickled_zone};
use super::timedelta::PyTimeDelta;
use super::timezone::{Question, ask, check_zone};
use crate::parse_tuple::{self, Keyworded};

/// A `datetime`.
#[repr(C)]
#[derive(Trace)]
pub struct PyDateTime {
    #[trace(skip)]
    date: PyDate,
    microsecond: u32,
    zone: Slot,
    /// 0 until it was computed.
    hash: Cell<i64>,
}

impl PyDateTime {
    /// The day.
    pub fn day(&self) -> Day {
        self.date.day()
    }

    /// The time of day.
    pub fn clock(&self) -> Clock {
        Clock {
            hour: self.date.hour.into(),
            minute: self.date.minute.into(),
            second: self.date.second.into(),
            microsecond: self.microsecond as i32,
            fold: self.date.fold.into(),
        }
    }

    /// `tzinfo`, if there is one.
    pub fn zone(&self) -> Option<Value> {
        self.zone.get()
    }

    fn zone_or_none(&self) -> Value {
        self.zone().unwrap_or(Value::NONE)
    }

    /// A `datetime`, all arguments checked.
    pub fn new(vm: &Vm, class: Gc<PyType>, day: Day, clock: Clock, zone: Value) -> PyResult<Gc<PyDateTime>> {
        fields::check_day(vm, day)?;
        fields::check_clock(vm, clock)?;
        let zone = check_zone(vm, zone)?;
        PyDateTime::new_unchecked(vm, class, day, clock, zone)
    }

    fn new_unchecked(
        vm: &Vm,
        class: Gc<PyType>,
        day: Day,
        clock: Clock,
        zone: Option<Value>,
    ) -> PyResult<Gc<PyDateTime>> {
        let datetime = PyDateTime {
            date: PyDate::fields(day, clock),
            microsecond: clock.microsecond as u32,
            zone: Slot::maybe(zone),
            hash: Cell::new(0),
        };
        if class == vm.class::<PyDateTime>() { vm.alloc(datetime) } else { vm.alloc_instance(class, datetime) }
    }

    /// A datetime of a class: subclasses are called.
    pub fn of_class(vm: &Vm, class: Gc<PyType>, day: Day, clock: Clock, zone: Option<Value>) -> PyResult {
        let zone = zone.unwrap_or(Value::NONE);
        if class == vm.class::<PyDateTime>() {
            return Ok(PyDateTime::new(vm, class, day, clock, zone)?.value());
        }
        let part = |part: i32| Value::small_int(part.into());
        let row = [
            part(day.year),
            part(day.month),
            part(day.day),
            part(clock.hour),
            part(clock.minute),
            part(clock.second),
            part(clock.microsecond),
            zone,
            part(clock.fold),
        ];
        super::call_with_fold(vm, class, &row)
    }

    /// The datetime later by a span, or earlier with a sign of -1, in the same zone.
    pub fn plus(vm: &Vm, this: Gc<PyDateTime>, delta: &PyTimeDelta, sign: i32) -> PyResult {
        let (day, clock) = this.shifted(vm, delta, sign)?;
        let class = vm.class_of(this.value());
        if class == vm.class::<PyDateTime>() {
            return Ok(PyDateTime::new_unchecked(vm, class, day, clock, this.zone())?.value());
        }
        PyDateTime::of_class(vm, class, day, clock, this.zone())
    }

    /// Day and time later by a span, or earlier with a sign of -1. The fold is lost.
    fn shifted(&self, vm: &Vm, delta: &PyTimeDelta, sign: i32) -> PyResult<(Day, Clock)> {
        let clock = self.clock();
        let mut microsecond = clock.microsecond + delta.microseconds * sign;
        let mut second = clock.seconds() + delta.seconds * sign + carry(&mut microsecond, 1_000_000);
        let days = delta.days * sign + carry(&mut second, 86_400);
        let Some(day) = self.day().plus(days) else { return Err(vm.overflow_error("date value out of range")) };
        let clock = Clock { hour: second / 3600, minute: second / 60 % 60, second: second % 60, microsecond, fold: 0 };
        Ok((day, clock))
    }

    fn ask(vm: &Vm, this: Gc<PyDateTime>, question: Question) -> PyResult<Option<Gc<PyTimeDelta>>> {
        ask(vm, this.zone(), question, this.value())
    }

    fn offset(vm: &Vm, this: Gc<PyDateTime>) -> PyResult<Option<Gc<PyTimeDelta>>> {
        PyDateTime::ask(vm, this, Question::UtcOffset)
    }

    /// The offset with another fold, on a datetime of the same class made for that.
    fn offset_with_fold(vm: &Vm, this: Gc<PyDateTime>, fold: i32) -> PyResult<Option<Gc<PyTimeDelta>>> {
        let clock = Clock { fold, ..this.clock() };
        let class = vm.class_of(this.value());
        let other = PyDateTime::new_unchecked(vm, class, this.day(), clock, this.zone())?;
        PyDateTime::offset(vm, other)
    }

    /// Whether the offset depends on the fold: then a datetime equals none of another zone.
    fn depends_on_fold(vm: &Vm, this: Gc<PyDateTime>, offset: Option<Gc<PyTimeDelta>>) -> PyResult<bool> {
        let fold = 1 - this.clock().fold;
        let flipped = PyDateTime::offset_with_fold(vm, this, fold)?;
        let parts = |delta: Option<Gc<PyTimeDelta>>| delta.map(|delta| delta.parts());
        Ok(parts(flipped) != parts(offset))
    }

    fn key(&self) -> (Day, (i32, i32, i32, i32)) {
        (self.day(), self.clock().key())
    }

    /// The span from another one's local time to this one's.
    fn local_difference(&self, vm: &Vm, other: &PyDateTime) -> PyResult<Gc<PyTimeDelta>> {
        let (a, b) = (self.clock(), other.clock());
        PyTimeDelta::new(
            vm,
            self.day().ordinal() - other.day().ordinal(),
            a.seconds() - b.seconds(),
            a.microsecond - b.microsecond,
        )
    }

    /// The span between two datetimes.
    fn difference(vm: &Vm, a: Gc<PyDateTime>, b: Gc<PyDateTime>) -> PyResult<Gc<PyTimeDelta>> {
        if a.zone() == b.zone() {
            return a.local_difference(vm, &b);
        }
        match (PyDateTime::offset(vm, a)?, PyDateTime::offset(vm, b)?) {
            (None, None) => a.local_difference(vm, &b),
            (Some(offset_a), Some(offset_b)) => {
                let local = a.local_difference(vm, &b)?;
                local.minus(vm, &*offset_a.minus(vm, &offset_b)?)
            }
            _ => Err(vm.type_error("can't subtract offset-naive and offset-aware datetimes")),
        }
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    let dict = class.dict.get_set();
    let first = (Day { year: 1, month: 1, day: 1 }, Clock::default());
    let last_clock = Clock { hour: 23, minute: 59, second: 59, microsecond: 999_999, fold: 0 };
    let last = (Day { year: 9999, month: 12, day: 31 }, last_clock);
    for (name, (day, clock)) in [("min", first), ("max", last)] {
        let datetime = PyDateTime::new_unchecked(vm, class, day, clock, None)?;
        dict.set_str(vm, vm.intern(name), datetime.value())?;
    }
    dict.set_str(vm, vm.intern("resolution"), PyTimeDelta::new(vm, 0, 0, 1)?.value())
}

#[py_type(
    name = "datetime",
    module = "datetime",
    base = PyDate,
    flags(BASETYPE),
    setup = set_up,
    parts(construct::CONSTRUCTORS, methods::METHODS),
    doc = "datetime(year, month, day[, hour[, minute[, second[, microsecond[,tzinfo]]]]])\n\nThe year, month and day arguments are required. tzinfo may be None, or an\ninstance of a tzinfo subclass. The remaining arguments may be ints.\n"
)]
impl PyDateTime {
    #[new(raw)]
    fn make(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyDateTime>> {
        if let [state, rest @ ..] = args.positionals()
            && rest.len() < 2
            && let Some([high, low, month, day, hour, minute, second, micros @ ..]) =
                fields::pickled_state::<10>(vm, *state, "datetime", |at| (1..=12).contains(&(at(2) & 0x7f)))?
        {
            let zone = pickled_zone(vm, rest.first())?;
            let year = u16::from_be_bytes([high, low]).into();
            let clock = Clock {
                hour: hour.into(),
                minute: minute.into(),
                second: second.into(),
                microsecond: i32::from_be_bytes([0, micros[0], micros[1], micros[2]]),
                fold: i32::from(month >> 7),
            };
            let day = Day { year, month: i32::from(month & 0x7f), day: day.into() };
            return PyDateTime::new_unchecked(vm, class, day, clock, zone);
        }
        const NAMES: &[&str] = &["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo", "fold"];
        let mut arguments = Keyworded::new(vm, None, NAMES, 3, 8, args)?;
        let mut row = [0; 7];
        for place in &mut row {
            if let Some(value) = arguments.next(vm)? {
                *place = parse_tuple::int(vm, value)?;
            }
        }
        let zone = arguments.next(vm)?.unwrap_or(Value::NONE);
        let fold = match arguments.next(vm)? {
            Some(fold) => parse_tuple::int(vm, fold)?,
            None => 0,
        };
        arguments.finish(vm)?;
        let [year, month, day, hour, minute, second, microsecond] = row;
        let clock = Clock { hour, minute, second, microsecond, fold };
        PyDateTime::new(vm, class, Day { year, month, day }, clock, zone)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyDateTime>) -> PyResult<Gc<PyStr>> {
        let (Day { year, month, day }, clock) = (this.day(), this.clock());
        let mut out = StrBuilder::default();
        let class = vm.class_name(this.value());
        out.push_str(&format!("{class}({year}, {month}, {day}, {}, {}", clock.hour, clock.minute));
        if clock.second != 0 || clock.microsecond != 0 {
            out.push_str(&format!(", {}", clock.second));
        }
        if clock.microsecond != 0 {
            out.push_str(&format!(", {}", clock.microsecond));
        }
        if clock.fold != 0 {
            out.push_str(", fold=1");
        }
        if let Some(zone) = this.zone() {
            out.push_str(", tzinfo=");
            out.push_py(&*vm.repr(zone)?);
        }
        out.push_str(")");
        out.finish(vm)
    }

    #[slot(str)]
    fn str(vm: &Vm, this: Gc<PyDateTime>) -> PyResult {
        vm.call_method(this.value(), vm.intern("isoformat"), &[vm.intern(" ").value()])
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Gc<PyDateTime>) -> PyResult<i64> {
        if this.hash.get() != 0 {
            return Ok(this.hash.get());
        }
        let clock = this.clock();
        let offset = match clock.fold {
            0 => PyDateTime::offset(vm, this)?,
            _ => PyDateTime::offset_with_fold(vm, this, 0)?,
        };
        let hash = match offset {
            None => hash_bytes(vm, &fields::to_bytes(this.day(), clock)),
            Some(offset) => {
                let local = PyTimeDelta::new(vm, this.day().ordinal(), clock.seconds(), clock.microsecond)?;
                local.minus(vm, &offset)?.hash()
            }
        };
        this.hash.set(hash);
        Ok(hash)
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyDateTime>, other: Value, op: CompareOp) -> PyResult {
        let Some(other) = vm.cast::<PyDateTime>(other) else { return Ok(Value::NOT_IMPLEMENTED) };
        if this.zone() == other.zone() {
            return Ok(Value::bool(op.holds(this.key().cmp(&other.key()))));
        }
        let (offset, other_offset) = (PyDateTime::offset(vm, this)?, PyDateTime::offset(vm, other)?);
        let order = match (offset, other_offset) {
            (None, None) => this.key().cmp(&other.key()),
            (Some(a), Some(b)) if a.parts() == b.parts() => this.key().cmp(&other.key()),
            (Some(a), Some(b)) => {
                let local = this.local_difference(vm, &other)?;
                (local.total() - a.total() + b.total()).cmp(&0)
            }
            _ => return naive_and_aware(vm, op, "datetimes"),
        };
        if order.is_eq()
            && matches!(op, CompareOp::Eq | CompareOp::Ne)
            && (PyDateTime::depends_on_fold(vm, this, offset)? || PyDateTime::depends_on_fold(vm, other, other_offset)?)
        {
            return Ok(Value::bool(op == CompareOp::Ne));
        }
        Ok(Value::bool(op.holds(order)))
    }

    #[slot(nb_add)]
    fn add(vm: &Vm, a: Value, b: Value) -> PyResult {
        let (datetime, delta) = match vm.cast::<PyDateTime>(a) {
            Some(datetime) => (Some(datetime), vm.cast::<PyTimeDelta>(b)),
            None => (vm.cast::<PyDateTime>(b), vm.cast::<PyTimeDelta>(a)),
        };
        match (datetime, delta) {
            (Some(datetime), Some(delta)) => PyDateTime::plus(vm, datetime, &delta, 1),
            _ => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(nb_subtract)]
    fn subtract(vm: &Vm, a: Value, b: Value) -> PyResult {
        let Some(datetime) = vm.cast::<PyDateTime>(a) else { return Ok(Value::NOT_IMPLEMENTED) };
        if let Some(other) = vm.cast::<PyDateTime>(b) {
            return Ok(PyDateTime::difference(vm, datetime, other)?.value());
        }
        match vm.cast::<PyTimeDelta>(b) {
            Some(delta) => PyDateTime::plus(vm, datetime, &delta, -1),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }
}
