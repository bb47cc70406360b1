//! `time`: a time of day, perhaps in a zone.

use std::cell::Cell;

use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::hash::hash_bytes;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

use super::calendar::Day;
use super::date;
use super::fields::{self, Clock};
use super::iso_format;
use super::strftime;
use super::timedelta::PyTimeDelta;
use super::timezone::{Question, ask, ask_name, check_zone, format_offset};
use crate::parse_tuple::{self, Keyworded, positionals};

/// A `time`.
#[repr(C)]
#[derive(Trace)]
pub struct PyTime {
    header: Header,
    hour: u8,
    minute: u8,
    second: u8,
    fold: u8,
    microsecond: u32,
    zone: Slot,
    /// 0 until it was computed.
    hash: Cell<i64>,
}

impl PyTime {
    /// The fields.
    pub fn clock(&self) -> Clock {
        Clock {
            hour: self.hour.into(),
            minute: self.minute.into(),
            second: self.second.into(),
            microsecond: self.microsecond as i32,
            fold: self.fold.into(),
        }
    }

    /// `tzinfo`, if there is one.
    pub fn zone(&self) -> Option<Value> {
        self.zone.get()
    }

    fn zone_or_none(&self) -> Value {
        self.zone().unwrap_or(Value::NONE)
    }

    /// A `time`, all arguments checked.
    pub fn new(vm: &Vm, class: Gc<PyType>, clock: Clock, zone: Value) -> PyResult<Gc<PyTime>> {
        fields::check_clock(vm, clock)?;
        let zone = check_zone(vm, zone)?;
        PyTime::new_unchecked(vm, class, clock, zone)
    }

    fn new_unchecked(vm: &Vm, class: Gc<PyType>, clock: Clock, zone: Option<Value>) -> PyResult<Gc<PyTime>> {
        let time = PyTime {
            header: Header::EMPTY,
            hour: clock.hour as u8,
            minute: clock.minute as u8,
            second: clock.second as u8,
            fold: clock.fold as u8,
            microsecond: clock.microsecond as u32,
            zone: Slot::maybe(zone),
            hash: Cell::new(0),
        };
        if class == vm.class::<PyTime>() { vm.alloc(time) } else { vm.alloc_instance(class, time) }
    }

    /// A time of a class: subclasses are called.
    fn of_class(vm: &Vm, class: Gc<PyType>, clock: Clock, zone: Value) -> PyResult {
        if class == vm.class::<PyTime>() {
            return Ok(PyTime::new(vm, class, clock, zone)?.value());
        }
        let part = |part: i32| Value::small_int(part.into());
        let row =
            [part(clock.hour), part(clock.minute), part(clock.second), part(clock.microsecond), zone, part(clock.fold)];
        super::call_with_fold(vm, class, &row)
    }

    fn offset(&self, vm: &Vm) -> PyResult<Option<Gc<PyTimeDelta>>> {
        ask(vm, self.zone(), Question::UtcOffset, Value::NONE)
    }

    /// The pickled state; protocols from 4 on keep the fold.
    fn state(&self, vm: &Vm, protocol: i32) -> PyResult<Gc<PyTuple>> {
        let mut bytes = fields::to_bytes(Day { year: 1, month: 1, day: 1 }, self.clock());
        if protocol > 3 && self.fold != 0 {
            bytes[4] |= 0x80;
        }
        let bytes = vm.new_bytes(&bytes[4..])?.value();
        match self.zone() {
            Some(zone) => vm.new_tuple(&[bytes, zone]),
            None => vm.new_tuple(&[bytes]),
        }
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    let dict = class.dict.get_set();
    let last = Clock { hour: 23, minute: 59, second: 59, microsecond: 999_999, fold: 0 };
    let time = |clock| PyTime::new_unchecked(vm, class, clock, None).map(Gc::value);
    dict.set_str(vm, vm.intern("min"), time(Clock::default())?)?;
    dict.set_str(vm, vm.intern("max"), time(last)?)?;
    dict.set_str(vm, vm.intern("resolution"), PyTimeDelta::new(vm, 0, 0, 1)?.value())
}

/// The zone that a pickle gives.
pub fn pickled_zone(vm: &Vm, zone: Option<&Value>) -> PyResult<Option<Value>> {
    let Some(zone) = zone.and_then(|zone| zone.not_none()) else { return Ok(None) };
    match vm.catch(check_zone(vm, zone), vm.exceptions().TypeError)? {
        Ok(zone) => Ok(zone),
        Err(_) => Err(vm.type_error("bad tzinfo state arg")),
    }
}

/// `timespec` as text.
pub fn timespec_argument(vm: &Vm, position: usize, timespec: Option<Value>) -> PyResult<String> {
    let Some(timespec) = timespec else { return Ok("auto".to_owned()) };
    let text = parse_tuple::object::<PyStr>(vm, "isoformat", position, timespec)?;
    let text = text.to_string_lossy();
    if text.contains('\0') { Err(vm.value_error("embedded null character")) } else { Ok(text) }
}

/// The zone that a text of ISO form names by its offset.
pub fn zone_of_offset(vm: &Vm, offset: Option<(i32, i32)>) -> PyResult {
    let Some((seconds, microseconds)) = offset else { return Ok(Value::NONE) };
    let delta = PyTimeDelta::new(vm, 0, seconds, microseconds)?;
    Ok(super::timezone::PyTimeZone::new(vm, delta, None)?.value())
}

/// Refuses a time after 24:00; gives whether it is that.
pub fn check_midnight(vm: &Vm, time: &iso_format::TimeOfDay) -> PyResult<bool> {
    if time.hour != 24 {
        return Ok(false);
    }
    if (time.minute, time.second, time.microsecond) == (0, 0, 0) {
        return Ok(true);
    }
    Err(vm.value_error("minute, second, and microsecond must be 0 when hour is 24"))
}

/// The order of two times or datetimes, when their zones make it comparable.
pub fn naive_and_aware(vm: &Vm, op: CompareOp, what: &str) -> PyResult {
    match op {
        CompareOp::Eq => Ok(Value::FALSE),
        CompareOp::Ne => Ok(Value::TRUE),
        _ => Err(vm.type_error(format_args!("can't compare offset-naive and offset-aware {what}"))),
    }
}

#[py_type(
    name = "time",
    module = "datetime",
    flags(BASETYPE),
    setup = set_up,
    doc = "time([hour[, minute[, second[, microsecond[, tzinfo]]]]]) --> a time object\n\nAll arguments are optional. tzinfo may be None, or an instance of\na tzinfo subclass. The remaining arguments may be ints.\n"
)]
impl PyTime {
    #[new(raw)]
    fn make(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyTime>> {
        if let [state, rest @ ..] = args.positionals()
            && rest.len() < 2
            && let Some([hour, minute, second, micros @ ..]) =
                fields::pickled_state::<6>(vm, *state, "time", |at| at(0) & 0x7f < 24)?
        {
            let zone = pickled_zone(vm, rest.first())?;
            let [high, middle, low] = micros;
            let clock = Clock {
                hour: i32::from(hour & 0x7f),
                minute: minute.into(),
                second: second.into(),
                microsecond: i32::from_be_bytes([0, high, middle, low]),
                fold: i32::from(hour >> 7),
            };
            return PyTime::new_unchecked(vm, class, clock, zone);
        }
        const NAMES: &[&str] = &["hour", "minute", "second", "microsecond", "tzinfo", "fold"];
        let mut arguments = Keyworded::new(vm, None, NAMES, 0, 5, args)?;
        let int = |arguments: &mut Keyworded<'_>| match arguments.next(vm)? {
            Some(value) => parse_tuple::int(vm, value),
            None => Ok(0),
        };
        let mut clock = Clock {
            hour: int(&mut arguments)?,
            minute: int(&mut arguments)?,
            second: int(&mut arguments)?,
            microsecond: int(&mut arguments)?,
            fold: 0,
        };
        let zone = arguments.next(vm)?.unwrap_or(Value::NONE);
        clock.fold = int(&mut arguments)?;
        arguments.finish(vm)?;
        PyTime::new(vm, class, clock, zone)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyTime>) -> PyResult<Gc<PyStr>> {
        let Clock { hour, minute, second, microsecond, fold } = this.clock();
        let mut out = StrBuilder::default();
        out.push_str(&format!("{}({hour}, {minute}", vm.class_name(this.value())));
        if second != 0 || microsecond != 0 {
            out.push_str(&format!(", {second}"));
        }
        if microsecond != 0 {
            out.push_str(&format!(", {microsecond}"));
        }
        if let Some(zone) = this.zone() {
            out.push_str(", tzinfo=");
            out.push_py(&*vm.repr(zone)?);
        }
        out.push_str(if fold != 0 { ", fold=1)" } else { ")" });
        out.finish(vm)
    }

    #[slot(str)]
    fn str(vm: &Vm, this: Gc<PyTime>) -> PyResult {
        vm.call_method(this.value(), vm.intern("isoformat"), &[])
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Gc<PyTime>) -> PyResult<i64> {
        if this.hash.get() != 0 {
            return Ok(this.hash.get());
        }
        let hash = match this.offset(vm)? {
            None => hash_bytes(vm, &fields::to_bytes(Day { year: 1, month: 1, day: 1 }, this.clock())[4..]),
            Some(offset) => {
                let clock = this.clock();
                PyTimeDelta::new(vm, 0, clock.seconds(), clock.microsecond)?.minus(vm, &offset)?.hash()
            }
        };
        this.hash.set(hash);
        Ok(hash)
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyTime>, other: Value, op: CompareOp) -> PyResult {
        let Some(other) = vm.cast::<PyTime>(other) else { return Ok(Value::NOT_IMPLEMENTED) };
        let fields = || Ok(Value::bool(op.holds(this.clock().key().cmp(&other.clock().key()))));
        if this.zone() == other.zone() {
            return fields();
        }
        match (this.offset(vm)?, other.offset(vm)?) {
            (None, None) => fields(),
            (Some(a), Some(b)) if a.parts() == b.parts() => fields(),
            (Some(a), Some(b)) => {
                let seconds = |time: &PyTime, offset: &PyTimeDelta| {
                    time.clock().seconds() - offset.days * 86_400 - offset.seconds
                };
                let key = |time: &PyTime, offset: &PyTimeDelta| (seconds(time, offset), time.microsecond);
                Ok(Value::bool(op.holds(key(&this, &a).cmp(&key(&other, &b)))))
            }
            _ => naive_and_aware(vm, op, "times"),
        }
    }

    #[classmethod("strptime", raw, doc = "string, format -> new time parsed from a string (like time.strptime()).")]
    fn strptime(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
        date::strptime(vm, class, "_strptime_datetime_time", args)
    }

    #[method(
        "isoformat",
        raw,
        doc = "Return string in ISO 8601 format, [HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].\n\nThe optional argument timespec specifies the number of additional terms\nof the time to include. Valid options are 'auto', 'hours', 'minutes',\n'seconds', 'milliseconds' and 'microseconds'.\n"
    )]
    fn isoformat(vm: &Vm, this: Gc<PyTime>, args: Args<'_>) -> PyResult<String> {
        let mut arguments = Keyworded::new(vm, Some("isoformat"), &["timespec"], 0, 1, args)?;
        let timespec = timespec_argument(vm, 1, arguments.next(vm)?)?;
        arguments.finish(vm)?;
        let mut out = String::new();
        if fields::format_clock(&mut out, this.clock(), &timespec).is_none() {
            return Err(vm.value_error("Unknown timespec value"));
        }
        if let Some(offset) = this.offset(vm)? {
            out.push_str(&format_offset(&offset, ":"));
        }
        Ok(out)
    }

    #[method("strftime", raw, doc = "format -> strftime() style string.")]
    fn strftime(vm: &Vm, this: Gc<PyTime>, args: Args<'_>) -> PyResult {
        let format = strftime::format_argument(vm, args)?;
        let Clock { hour, minute, second, microsecond, .. } = this.clock();
        let row = [1900, 1, 1, hour, minute, second, 0, 1, -1].map(|part| Value::small_int(part.into()));
        let tuple = vm.new_tuple(&row)?.value();
        strftime::Subject { tuple, microsecond, zone: this.zone(), argument: Value::NONE }.format(vm, format)
    }

    #[method("__format__", raw, doc = "Formats self with strftime.")]
    fn format(vm: &Vm, this: Gc<PyTime>, args: Args<'_>) -> PyResult {
        strftime::format_object(vm, this.value(), args)
    }

    #[method("utcoffset($self, /)", doc = "Return self.tzinfo.utcoffset(self).")]
    fn utcoffset(vm: &Vm, this: Gc<PyTime>) -> PyResult<Option<Gc<PyTimeDelta>>> {
        this.offset(vm)
    }

    #[method("tzname($self, /)", doc = "Return self.tzinfo.tzname(self).")]
    fn tzname(vm: &Vm, this: Gc<PyTime>) -> PyResult {
        ask_name(vm, this.zone(), Value::NONE)
    }

    #[method("dst($self, /)", doc = "Return self.tzinfo.dst(self).")]
    fn dst(vm: &Vm, this: Gc<PyTime>) -> PyResult<Option<Gc<PyTimeDelta>>> {
        ask(vm, this.zone(), Question::Dst, Value::NONE)
    }

    #[method(
        "replace($self, /, hour=unchanged, minute=unchanged, second=unchanged,\n        microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)",
        doc = "Return time with new specified fields."
    )]
    fn replace(
        vm: &Vm,
        this: Gc<PyTime>,
        hour: Option<i32>,
        minute: Option<i32>,
        second: Option<i32>,
        microsecond: Option<i32>,
        tzinfo: Option<Value>,
        fold: Option<i32>,
    ) -> PyResult {
        let old = this.clock();
        let clock = Clock {
            hour: hour.unwrap_or(old.hour),
            minute: minute.unwrap_or(old.minute),
            second: second.unwrap_or(old.second),
            microsecond: microsecond.unwrap_or(old.microsecond),
            fold: fold.unwrap_or(old.fold),
        };
        let zone = tzinfo.unwrap_or(this.zone_or_none());
        PyTime::of_class(vm, vm.class_of(this.value()), clock, zone)
    }

    #[method("__replace__", raw, signature = "($self, /, **changes)", doc = "The same as replace().")]
    fn replace_by_copy(vm: &Vm, this: Gc<PyTime>, args: Args<'_>) -> PyResult {
        super::call_own_method(vm, vm.class::<PyTime>(), this.value(), "replace", args)
    }

    #[classmethod("fromisoformat($type, object, /)", doc = "string -> time from a string in ISO 8601 format")]
    fn fromisoformat(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        let text = fields::iso_text(vm, object)?;
        let utf8 = text.to_generalized_utf8();
        let digits = utf8.strip_prefix(b"T").unwrap_or(&utf8);
        let Ok(time) = iso_format::parse_time(digits) else { return Err(fields::malformed(vm, text)) };
        let hour = if check_midnight(vm, &time)? { 0 } else { time.hour };
        let zone = zone_of_offset(vm, time.offset)?;
        let clock = Clock { hour, minute: time.minute, second: time.second, microsecond: time.microsecond, fold: 0 };
        PyTime::of_class(vm, class, clock, zone)
    }

    #[method("__reduce_ex__", raw, doc = "__reduce_ex__(proto) -> (cls, state)")]
    fn reduce_ex(vm: &Vm, this: Gc<PyTime>, args: Args<'_>) -> PyResult<Gc<PyTuple>> {
        let protocol = parse_tuple::int(vm, positionals(vm, "__reduce_ex__", args, 1, 1)?[0])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), this.state(vm, protocol)?.value()])
    }

    #[method("__reduce__($self, /)", doc = "__reduce__() -> (cls, state)")]
    fn reduce(vm: &Vm, this: Gc<PyTime>) -> PyResult<Gc<PyTuple>> {
        vm.new_tuple(&[vm.class_of(this.value()).value(), this.state(vm, 2)?.value()])
    }

    #[getter("hour")]
    fn hour(&self) -> u8 {
        self.hour
    }

    #[getter("minute")]
    fn minute(&self) -> u8 {
        self.minute
    }

    #[getter("second")]
    fn second(&self) -> u8 {
        self.second
    }

    #[getter("microsecond")]
    fn microsecond(&self) -> u32 {
        self.microsecond
    }

    #[getter("tzinfo")]
    fn tzinfo(&self) -> Value {
        self.zone_or_none()
    }

    #[getter("fold")]
    fn fold(&self) -> u8 {
        self.fold
    }
}
