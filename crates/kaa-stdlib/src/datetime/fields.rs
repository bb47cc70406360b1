//! The fields of dates and times: their ranges, and how they are written.

use std::fmt::Write;

use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::calendar::{Day, MAX_YEAR, MIN_YEAR, days_in_month};

/// A time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock {
    /// 0 to 23, where it was checked.
    pub hour: i32,
    /// 0 to 59.
    pub minute: i32,
    /// 0 to 59.
    pub second: i32,
    /// 0 to 999,999.
    pub microsecond: i32,
    /// 1 for the later of two equal local times.
    pub fold: i32,
}

impl Clock {
    /// Seconds since midnight.
    pub fn seconds(self) -> i32 {
        (self.hour * 60 + self.minute) * 60 + self.second
    }

    /// The fields that comparisons look at: all but the fold.
    pub fn key(self) -> (i32, i32, i32, i32) {
        (self.hour, self.minute, self.second, self.microsecond)
    }
}

/// Refuses a year beyond the calendar.
pub fn check_year(vm: &Vm, year: i32) -> PyResult<()> {
    if (MIN_YEAR..=MAX_YEAR).contains(&year) {
        return Ok(());
    }
    Err(vm.value_error(format_args!("year must be in {MIN_YEAR}..{MAX_YEAR}, not {year}")))
}

/// Refuses what is no day of the calendar.
pub fn check_day(vm: &Vm, date: Day) -> PyResult<()> {
    let Day { year, month, day } = date;
    check_year(vm, year)?;
    if !(1..=12).contains(&month) {
        return Err(vm.value_error(format_args!("month must be in 1..12, not {month}")));
    }
    let last = days_in_month(year, month);
    if !(1..=last).contains(&day) {
        return Err(
            vm.value_error(format_args!("day {day} must be in range 1..{last} for month {month} in year {year}"))
        );
    }
    Ok(())
}

/// Refuses what is no time of day.
pub fn check_clock(vm: &Vm, clock: Clock) -> PyResult<()> {
    let parts = [
        ("hour", clock.hour, 23),
        ("minute", clock.minute, 59),
        ("second", clock.second, 59),
        ("microsecond", clock.microsecond, 999_999),
    ];
    for (name, value, last) in parts {
        if !(0..=last).contains(&value) {
            return Err(vm.value_error(format_args!("{name} must be in 0..{last}, not {value}")));
        }
    }
    if !(0..=1).contains(&clock.fold) {
        return Err(vm.value_error(format_args!("fold must be either 0 or 1, not {}", clock.fold)));
    }
    Ok(())
}

/// `YYYY-MM-DD`.
pub fn format_day(out: &mut String, day: Day) {
    let _ = write!(out, "{:04}-{:02}-{:02}", day.year, day.month, day.day);
}

/// The time of day as precisely as `timespec` says; `None` for what is no such word.
pub fn format_clock(out: &mut String, clock: Clock, timespec: &str) -> Option<()> {
    let spec = match timespec {
        "auto" if clock.microsecond == 0 => "seconds",
        "auto" => "microseconds",
        other => other,
    };
    let Clock { hour, minute, second, microsecond, .. } = clock;
    let _ = match spec {
        "hours" => write!(out, "{hour:02}"),
        "minutes" => write!(out, "{hour:02}:{minute:02}"),
        "seconds" => write!(out, "{hour:02}:{minute:02}:{second:02}"),
        "milliseconds" => write!(out, "{hour:02}:{minute:02}:{second:02}.{:03}", microsecond / 1000),
        "microseconds" => write!(out, "{hour:02}:{minute:02}:{second:02}.{microsecond:06}"),
        _ => return None,
    };
    Some(())
}

/// `Wed Jan  1 00:00:00 2020`.
pub fn format_ctime(day: Day, clock: Clock) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} {:04}",
        DAYS[day.weekday() as usize],
        MONTHS[day.month as usize - 1],
        day.day,
        clock.hour,
        clock.minute,
        clock.second,
        day.year
    )
}

/// Day and time in the ten bytes of a pickle, without fold.
pub fn to_bytes(day: Day, clock: Clock) -> [u8; 10] {
    let year = (day.year as u16).to_be_bytes();
    let micros = (clock.microsecond as u32).to_be_bytes();
    let [hour, minute, second] = [clock.hour as u8, clock.minute as u8, clock.second as u8];
    let [month, day] = [day.month as u8, day.day as u8];
    [year[0], year[1], month, day, hour, minute, second, micros[1], micros[2], micros[3]]
}

/// The state that a pickle gives a constructor: `N` bytes, or as many characters below 256 from
/// pickles of Python 2; `plausible` looks at one of them.
pub fn pickled_state<const N: usize>(
    vm: &Vm,
    state: Value,
    what: &str,
    plausible: impl Fn(&dyn Fn(usize) -> u32) -> bool,
) -> PyResult<Option<[u8; N]>> {
    if let Some(bytes) = vm.cast::<PyBytes>(state) {
        let bytes = bytes.as_slice();
        return Ok(match <[u8; N]>::try_from(bytes) {
            Ok(state) if plausible(&|index| state[index].into()) => Some(state),
            _ => None,
        });
    }
    let Some(text) = vm.cast::<PyStr>(state) else { return Ok(None) };
    if text.len() != N || !plausible(&|index| text.data().at(index)) {
        return Ok(None);
    }
    let mut bytes = [0; N];
    for (byte, code_point) in bytes.iter_mut().zip(text.data().iter()) {
        *byte = u8::try_from(code_point).map_err(|_| {
            vm.value_error(format_args!(
                "Failed to encode latin1 string when unpickling a {what} object. pickle.load(data, encoding='latin1') is assumed."
            ))
        })?;
    }
    Ok(Some(bytes))
}

/// The text of an argument of `fromisoformat`, surrogates marked by what is in no such text.
pub fn iso_text(vm: &Vm, text: Value) -> PyResult<Gc<PyStr>> {
    vm.cast::<PyStr>(text).ok_or_else(|| vm.type_error("fromisoformat: argument must be str"))
}

/// «Invalid isoformat string: 'x'».
#[cold]
pub fn malformed(vm: &Vm, text: Gc<PyStr>) -> kaa_objects::Raised {
    match vm.repr(text.value()) {
        Ok(repr) => {
            let mut message = kaa_objects::types::str::StrBuilder::default();
            message.push_str("Invalid isoformat string: ");
            message.push_py(&repr);
            match message.finish(vm) {
                Ok(message) => vm.raise_with(vm.exceptions().ValueError, &[message.value()]),
                Err(raised) => raised,
            }
        }
        Err(raised) => raised,
    }
}
