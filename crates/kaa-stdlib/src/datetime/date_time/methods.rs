//! The methods of datetimes.

use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Value, Vm, py_methods};

use super::PyDateTime;
use crate::datetime::calendar::Day;
use crate::datetime::date::PyDate;
use crate::datetime::fields::{self, Clock};
use crate::datetime::local_time::{EPOCH_SECONDS, from_local, seconds_of};
use crate::datetime::strftime::struct_time;
use crate::datetime::time_of_day::{PyTime, timespec_argument};
use crate::datetime::timedelta::PyTimeDelta;
use crate::datetime::timezone::{PyTimeZone, Question, ask, ask_name, check_zone, format_offset};
use crate::parse_tuple::{self, Keyworded, positionals, wrong_type};
use crate::time::local_time;

/// The system's zone at a POSIX time, as a fixed offset with a name.
fn local_zone(vm: &Vm, posix: i64) -> PyResult {
    let time = local_time(vm, posix)?;
    let offset = PyTimeDelta::new(vm, 0, time.utc_offset as i32, 0)?;
    let name = vm.new_str(&time.zone)?;
    Ok(PyTimeZone::new(vm, offset, Some(name))?.value())
}

/// The system's zone at the local time of a datetime without zone.
fn local_zone_of(vm: &Vm, this: Gc<PyDateTime>) -> PyResult {
    let (day, clock) = (this.day(), this.clock());
    let fold = clock.fold != 0;
    let seconds = from_local(vm, day, clock, fold)?;
    let other = from_local(vm, day, clock, !fold)?;
    // In a gap the rule after it holds for the first fold.
    let in_gap = other != seconds && (other > seconds) == fold;
    local_zone(vm, if in_gap { other } else { seconds } - EPOCH_SECONDS)
}

impl PyDateTime {
    /// The pickled state; protocols from 4 on keep the fold.
    fn state(&self, vm: &Vm, protocol: i32) -> PyResult<Gc<PyTuple>> {
        let mut bytes = fields::to_bytes(self.day(), self.clock());
        if protocol > 3 && self.clock().fold != 0 {
            bytes[2] |= 0x80;
        }
        let bytes = vm.new_bytes(&bytes)?.value();
        match self.zone() {
            Some(zone) => vm.new_tuple(&[bytes, zone]),
            None => vm.new_tuple(&[bytes]),
        }
    }

    fn time_in(vm: &Vm, clock: Clock, zone: Value) -> PyResult<Gc<PyTime>> {
        PyTime::new(vm, vm.class::<PyTime>(), clock, zone)
    }
}

#[py_methods(METHODS, of = "datetime")]
impl PyDateTime {
    #[method("date($self, /)", doc = "Return date object with same year, month and day.")]
    fn date(vm: &Vm, this: Gc<PyDateTime>) -> PyResult<Gc<PyDate>> {
        PyDate::new(vm, vm.class::<PyDate>(), this.day())
    }

    #[method("time($self, /)", doc = "Return time object with same time but with tzinfo=None.")]
    fn time(vm: &Vm, this: Gc<PyDateTime>) -> PyResult<Gc<PyTime>> {
        PyDateTime::time_in(vm, this.clock(), Value::NONE)
    }

    #[method("timetz($self, /)", doc = "Return time object with same time and tzinfo.")]
    fn timetz(vm: &Vm, this: Gc<PyDateTime>) -> PyResult<Gc<PyTime>> {
        PyDateTime::time_in(vm, this.clock(), this.zone_or_none())
    }

    #[method("ctime($self, /)", doc = "Return ctime() style string.")]
    fn ctime(&self) -> String {
        fields::format_ctime(self.day(), self.clock())
    }

    #[method("timetuple($self, /)", doc = "Return time tuple, compatible with time.localtime().")]
    fn timetuple(vm: &Vm, this: Gc<PyDateTime>) -> PyResult {
        let dst = PyDateTime::ask(vm, this, Question::Dst)?.map_or(-1, |dst| i32::from(!dst.is_zero()));
        struct_time(vm, this.day(), this.clock(), dst)
    }

    #[method("timestamp($self, /)", doc = "Return POSIX timestamp as float.")]
    fn timestamp(vm: &Vm, this: Gc<PyDateTime>) -> PyResult {
        let (day, clock) = (this.day(), this.clock());
        if this.zone().is_none() {
            let seconds = from_local(vm, day, clock, clock.fold != 0)? - EPOCH_SECONDS;
            return vm.new_float(seconds as f64 + f64::from(clock.microsecond) / 1e6);
        }
        let Some(offset) = PyDateTime::offset(vm, this)? else {
            return Err(vm.type_error("can't subtract offset-naive and offset-aware datetimes"));
        };
        let epoch = Day { year: 1970, month: 1, day: 1 };
        let days = day.ordinal() - epoch.ordinal();
        let local = PyTimeDelta::new(vm, days, clock.seconds(), clock.microsecond)?;
        PyTimeDelta::total_seconds(vm, local.minus(vm, &offset)?)
    }

    #[method("utctimetuple($self, /)", doc = "Return UTC time tuple, compatible with time.localtime().")]
    fn utctimetuple(vm: &Vm, this: Gc<PyDateTime>) -> PyResult {
        let (day, clock) = match PyDateTime::offset(vm, this)? {
            Some(offset) => this.shifted(vm, &offset, -1)?,
            None => (this.day(), this.clock()),
        };
        struct_time(vm, day, clock, 0)
    }

    #[method(
        "isoformat",
        raw,
        doc = "[sep] -> string in ISO 8601 format, YYYY-MM-DDT[HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].\nsep is used to separate the year from the time, and defaults to 'T'.\nThe optional argument timespec specifies the number of additional terms\nof the time to include. Valid options are 'auto', 'hours', 'minutes',\n'seconds', 'milliseconds' and 'microseconds'.\n"
    )]
    fn isoformat(vm: &Vm, this: Gc<PyDateTime>, args: Args<'_>) -> PyResult<Gc<PyStr>> {
        let mut arguments = Keyworded::new(vm, Some("isoformat"), &["sep", "timespec"], 0, 2, args)?;
        let separator = match arguments.next(vm)? {
            None => u32::from('T'),
            Some(value) => match vm.cast::<PyStr>(value) {
                Some(text) if text.len() == 1 => text.data().at(0),
                Some(text) => {
                    return Err(vm.type_error(format_args!(
                        "isoformat() argument 1 must be a unicode character, not a string of length {}",
                        text.len()
                    )));
                }
                None => return Err(wrong_type(vm, "isoformat", 1, "a unicode character", value)),
            },
        };
        let timespec = timespec_argument(vm, 2, arguments.next(vm)?)?;
        arguments.finish(vm)?;
        let (mut date, mut time) = (String::with_capacity(10), String::with_capacity(32));
        fields::format_day(&mut date, this.day());
        if fields::format_clock(&mut time, this.clock(), &timespec).is_none() {
            return Err(vm.value_error("Unknown timespec value"));
        }
        if let Some(offset) = PyDateTime::offset(vm, this)? {
            time.push_str(&format_offset(&offset, ":"));
        }
        let mut out = StrBuilder::with_capacity(date.len() + 1 + time.len());
        out.push_str(&date);
        out.push(separator);
        out.push_str(&time);
        out.finish(vm)
    }

    #[method("utcoffset($self, /)", doc = "Return self.tzinfo.utcoffset(self).")]
    fn utcoffset(vm: &Vm, this: Gc<PyDateTime>) -> PyResult<Option<Gc<PyTimeDelta>>> {
        PyDateTime::offset(vm, this)
    }

    #[method("tzname($self, /)", doc = "Return self.tzinfo.tzname(self).")]
    fn tzname(vm: &Vm, this: Gc<PyDateTime>) -> PyResult {
        ask_name(vm, this.zone(), this.value())
    }

    #[method("dst($self, /)", doc = "Return self.tzinfo.dst(self).")]
    fn dst(vm: &Vm, this: Gc<PyDateTime>) -> PyResult<Option<Gc<PyTimeDelta>>> {
        PyDateTime::ask(vm, this, Question::Dst)
    }

    #[method(
        "replace($self, /, year=unchanged, month=unchanged, day=unchanged,\n        hour=unchanged, minute=unchanged, second=unchanged,\n        microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)",
        doc = "Return datetime with new specified fields."
    )]
    #[allow(clippy::too_many_arguments, reason = "the method's own")]
    fn replace(
        vm: &Vm,
        this: Gc<PyDateTime>,
        year: Option<i32>,
        month: Option<i32>,
        day: Option<i32>,
        hour: Option<i32>,
        minute: Option<i32>,
        second: Option<i32>,
        microsecond: Option<i32>,
        tzinfo: Option<Value>,
        fold: Option<i32>,
    ) -> PyResult {
        let (old, clock) = (this.day(), this.clock());
        let day =
            Day { year: year.unwrap_or(old.year), month: month.unwrap_or(old.month), day: day.unwrap_or(old.day) };
        let clock = Clock {
            hour: hour.unwrap_or(clock.hour),
            minute: minute.unwrap_or(clock.minute),
            second: second.unwrap_or(clock.second),
            microsecond: microsecond.unwrap_or(clock.microsecond),
            fold: fold.unwrap_or(clock.fold),
        };
        PyDateTime::of_class(vm, vm.class_of(this.value()), day, clock, tzinfo.or(this.zone()))
    }

    #[method("__replace__", raw, signature = "($self, /, **changes)", doc = "The same as replace().")]
    fn replace_by_copy(vm: &Vm, this: Gc<PyDateTime>, args: Args<'_>) -> PyResult {
        crate::datetime::call_own_method(vm, vm.class::<PyDateTime>(), this.value(), "replace", args)
    }

    #[method("astimezone", raw, doc = "tz -> convert to local time in new timezone tz\n")]
    fn astimezone(vm: &Vm, this: Gc<PyDateTime>, args: Args<'_>) -> PyResult {
        let mut arguments = Keyworded::new(vm, Some("astimezone"), &["tz"], 0, 1, args)?;
        let target = arguments.next(vm)?.unwrap_or(Value::NONE);
        arguments.finish(vm)?;
        let target = check_zone(vm, target)?;
        let own = match this.zone() {
            Some(zone) => zone,
            None => local_zone_of(vm, this)?,
        };
        if target == Some(own) {
            return Ok(this.value());
        }
        let offset = match ask(vm, Some(own), Question::UtcOffset, this.value())? {
            Some(offset) => offset,
            // The zone does not know: local time is meant.
            None => {
                let local = local_zone_of(vm, this)?;
                if target == Some(local) {
                    return Ok(this.value());
                }
                match ask(vm, Some(local), Question::UtcOffset, this.value())? {
                    Some(offset) => offset,
                    None => return Err(vm.value_error("the local time zone has no offset")),
                }
            }
        };
        let in_utc = PyDateTime::plus(vm, this, &offset, -1)?;
        // Of the class that the arithmetic gave; a subclass may have given another one.
        let Some(result) = vm.cast::<PyDateTime>(in_utc) else {
            let class = vm.class_name(in_utc);
            return Err(vm.type_error(format_args!("expected a datetime, not {class}")));
        };
        let class = vm.class_of(in_utc);
        let zone = match target {
            Some(zone) => zone,
            None => local_zone(vm, seconds_of(vm, result.day(), result.clock())? - EPOCH_SECONDS)?,
        };
        let result = PyDateTime::new_unchecked(vm, class, result.day(), result.clock(), Some(zone))?;
        vm.call_method(zone, vm.intern("fromutc"), &[result.value()])
    }

    #[method("__reduce_ex__", raw, doc = "__reduce_ex__(proto) -> (cls, state)")]
    fn reduce_ex(vm: &Vm, this: Gc<PyDateTime>, args: Args<'_>) -> PyResult<Gc<PyTuple>> {
        let protocol = parse_tuple::int(vm, positionals(vm, "__reduce_ex__", args, 1, 1)?[0])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), this.state(vm, protocol)?.value()])
    }

    #[method("__reduce__($self, /)", doc = "__reduce__() -> (cls, state)")]
    fn reduce(vm: &Vm, this: Gc<PyDateTime>) -> PyResult<Gc<PyTuple>> {
        vm.new_tuple(&[vm.class_of(this.value()).value(), this.state(vm, 2)?.value()])
    }

    #[getter("hour")]
    fn hour(&self) -> i32 {
        self.clock().hour
    }

    #[getter("minute")]
    fn minute(&self) -> i32 {
        self.clock().minute
    }

    #[getter("second")]
    fn second(&self) -> i32 {
        self.clock().second
    }

    #[getter("microsecond")]
    fn microsecond(&self) -> i32 {
        self.clock().microsecond
    }

    #[getter("tzinfo")]
    fn tzinfo(&self) -> Value {
        self.zone_or_none()
    }

    #[getter("fold")]
    fn fold(&self) -> i32 {
        self.clock().fold
    }
}
