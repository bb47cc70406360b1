//! Making datetimes: from clocks, timestamps, texts and parts.

use kaa_objects::class::PyType;
use kaa_objects::{Args, Gc, PyResult, Value, Vm, py_methods};

use super::PyDateTime;
use crate::datetime::date::{self, PyDate};
use crate::datetime::fields::{self, Clock};
use crate::datetime::iso_format::{self, TimeOfDay};
use crate::datetime::local_time::{is_folded, parts_of, timestamp_micros};
use crate::datetime::time_of_day::{PyTime, check_midnight, zone_of_offset};
use crate::datetime::timezone::check_zone;
use crate::parse_tuple::{self, Keyworded, positionals};
use crate::time::{local_time, now_nanoseconds, utc_time};

/// The datetime of a POSIX time: in UTC, with the zone as given, or in local time.
fn from_posix(vm: &Vm, class: Gc<PyType>, seconds: i64, microsecond: i32, utc: bool, zone: Option<Value>) -> PyResult {
    let time = if utc { utc_time(vm, seconds)? } else { local_time(vm, seconds)? };
    let (day, clock) = parts_of(&time);
    let fold = !utc && is_folded(vm, day, clock, seconds)?;
    let clock = Clock { microsecond, fold: fold.into(), ..clock };
    PyDateTime::of_class(vm, class, day, clock, zone)
}

/// As [`from_posix`], converted to the zone if there is one.
fn in_zone(vm: &Vm, class: Gc<PyType>, seconds: i64, microsecond: i32, zone: Option<Value>) -> PyResult {
    let datetime = from_posix(vm, class, seconds, microsecond, zone.is_some(), zone)?;
    match zone {
        Some(zone) => vm.call_method(zone, vm.intern("fromutc"), &[datetime]),
        None => Ok(datetime),
    }
}

/// Now, in seconds and microseconds since the epoch.
fn now_parts(vm: &Vm) -> PyResult<(i64, i32)> {
    let nanos = now_nanoseconds(vm)?;
    Ok((nanos.div_euclid(1_000_000_000), (nanos.rem_euclid(1_000_000_000) / 1000) as i32))
}

fn warn_deprecated(vm: &Vm, text: &str) -> PyResult<()> {
    match vm.hooks.warn.get() {
        Some(warn) => warn(vm, vm.exceptions().DeprecationWarning.value(), text, 1),
        None => Ok(()),
    }
}

/// The text of `fromisoformat` in bytes, a surrogate that separates date and time replaced; other
/// surrogates make it malformed.
fn sanitized(text: &kaa_objects::types::str::PyStr) -> Option<Vec<u8>> {
    if text.len() < 7 {
        return None;
    }
    let is_surrogate = |code_point: u32| (0xd800..0xe000).contains(&code_point);
    let separator = [7, 8, 10].into_iter().find(|&at| at < text.len() && is_surrogate(text.data().at(at)));
    let mut utf8 = String::with_capacity(text.len());
    for (at, code_point) in text.data().iter().enumerate() {
        utf8.push(if separator == Some(at) { 'T' } else { char::from_u32(code_point)? });
    }
    Some(utf8.into_bytes())
}

#[py_methods(CONSTRUCTORS, of = "datetime")]
impl PyDateTime {
    #[classmethod(
        "now($type, /, tz=None)",
        doc = "Returns new datetime object representing current time local to tz.\n\n  tz\n    Timezone object.\n\nIf no tz is specified, uses local timezone."
    )]
    fn now(vm: &Vm, class: Gc<PyType>, tz: Value) -> PyResult {
        let zone = check_zone(vm, tz)?;
        let (seconds, microsecond) = now_parts(vm)?;
        in_zone(vm, class, seconds, microsecond, zone)
    }

    #[classmethod("utcnow($type, /)", doc = "Return a new datetime representing UTC day and time.")]
    fn utcnow(vm: &Vm, class: Gc<PyType>) -> PyResult {
        warn_deprecated(
            vm,
            "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version. Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.now(datetime.UTC).",
        )?;
        let (seconds, microsecond) = now_parts(vm)?;
        from_posix(vm, class, seconds, microsecond, true, None)
    }

    #[classmethod("fromtimestamp", raw, doc = "timestamp[, tz] -> tz's local time from POSIX timestamp.")]
    fn fromtimestamp(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
        let mut arguments = Keyworded::new(vm, Some("fromtimestamp"), &["timestamp", "tz"], 1, 2, args)?;
        let timestamp = arguments.required(vm)?;
        let zone = arguments.next(vm)?.unwrap_or(Value::NONE);
        arguments.finish(vm)?;
        let zone = check_zone(vm, zone)?;
        let (seconds, microsecond) = timestamp_micros(vm, timestamp)?;
        in_zone(vm, class, seconds, microsecond, zone)
    }

    #[classmethod("utcfromtimestamp", raw, doc = "Construct a naive UTC datetime from a POSIX timestamp.")]
    fn utcfromtimestamp(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
        warn_deprecated(
            vm,
            "datetime.datetime.utcfromtimestamp() is deprecated and scheduled for removal in a future version. Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.fromtimestamp(timestamp, datetime.UTC).",
        )?;
        let timestamp = positionals(vm, "utcfromtimestamp", args, 1, 1)?[0];
        let (seconds, microsecond) = timestamp_micros(vm, timestamp)?;
        from_posix(vm, class, seconds, microsecond, true, None)
    }

    #[classmethod("strptime", raw, doc = "string, format -> new datetime parsed from a string (like time.strptime()).")]
    fn strptime(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
        date::strptime(vm, class, "_strptime_datetime_datetime", args)
    }

    #[classmethod("combine", raw, doc = "date, time -> datetime with same date and time fields")]
    fn combine(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
        let mut arguments = Keyworded::new(vm, Some("combine"), &["date", "time", "tzinfo"], 2, 3, args)?;
        let date = parse_tuple::object::<PyDate>(vm, "combine", 1, arguments.required(vm)?)?;
        let time = parse_tuple::object::<PyTime>(vm, "combine", 2, arguments.required(vm)?)?;
        let zone = arguments.next(vm)?.or(time.zone());
        arguments.finish(vm)?;
        PyDateTime::of_class(vm, class, date.day(), time.clock(), zone)
    }

    #[classmethod("fromisoformat($type, object, /)", doc = "string -> datetime from a string in most ISO 8601 formats")]
    fn fromisoformat(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        let text = fields::iso_text(vm, object)?;
        let parsed = match text.as_ascii() {
            Some(ascii) => iso_format::parse_datetime(ascii.as_bytes()).ok(),
            None => sanitized(&text).and_then(|utf8| iso_format::parse_datetime(&utf8).ok()),
        };
        let Some((mut day, time)) = parsed else { return Err(fields::malformed(vm, text)) };
        let zone = zone_of_offset(vm, time.offset)?;
        let TimeOfDay { mut hour, minute, second, microsecond, .. } = time;
        if check_midnight(vm, &time)? {
            hour = 0;
            day = iso_format::next_midnight(day);
        }
        let clock = Clock { hour, minute, second, microsecond, fold: 0 };
        PyDateTime::of_class(vm, class, day, clock, Some(zone))
    }
}
