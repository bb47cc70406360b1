//! Between local time and UTC, by the rules of the system's time zone; and timestamps.
//!
//! Seconds count from day 0 of the calendar, so that those of the epoch are
//! [`EPOCH_SECONDS`].

use kaa_objects::{PyResult, Raised, Value, Vm};

use super::calendar::{Day, EPOCH_ORDINAL};
use super::fields::{Clock, check_year};
use crate::time::{CalendarTime, local_time};

/// January 1, 1970.
pub const EPOCH_SECONDS: i64 = EPOCH_ORDINAL as i64 * 86_400;
/// No fold is longer.
const MAX_FOLD: i64 = 86_400;

/// The seconds of a day and time.
pub fn seconds_of(vm: &Vm, day: Day, clock: Clock) -> PyResult<i64> {
    check_year(vm, day.year)?;
    Ok(i64::from(day.ordinal()) * 86_400 + i64::from(clock.seconds()))
}

/// Day and time as the system gives them; leap seconds are not known.
pub fn parts_of(time: &CalendarTime) -> (Day, Clock) {
    let day = Day { year: time.year, month: time.month, day: time.day };
    (day, Clock { hour: time.hour, minute: time.minute, second: time.second.min(59), ..Clock::default() })
}

/// The local time, in seconds, of a time in UTC.
fn local(vm: &Vm, utc: i64) -> PyResult<i64> {
    let time = local_time(vm, utc - EPOCH_SECONDS)?;
    let (day, clock) = parts_of(&time);
    seconds_of(vm, day, Clock { second: time.second, ..clock })
}

/// The time in UTC of a local time. Of two, `fold` chooses; a time that the clocks skipped is read
/// by the rule before it or after it, as `fold` says.
pub fn from_local(vm: &Vm, day: Day, clock: Clock, fold: bool) -> PyResult<i64> {
    let time = seconds_of(vm, day, clock)?;
    // Solves time = local(utc).
    let ahead = local(vm, time)? - time;
    let first = time - ahead;
    let first_local = local(vm, first)?;
    let other_ahead = if first_local == time {
        // A solution, but perhaps not the wanted one.
        let probe = if fold { first + MAX_FOLD } else { first - MAX_FOLD };
        let there = local(vm, probe)? - probe;
        if there == ahead {
            return Ok(first);
        }
        there
    } else {
        first_local - first
    };
    let second = time - other_ahead;
    if local(vm, second)? == time {
        return Ok(second);
    }
    if first_local == time {
        return Ok(first);
    }
    // The clocks skipped it.
    Ok(if fold { first.min(second) } else { first.max(second) })
}

/// Whether a local time of a POSIX time is the later of two equal ones.
pub fn is_folded(vm: &Vm, day: Day, clock: Clock, posix: i64) -> PyResult<bool> {
    let result = seconds_of(vm, day, clock)?;
    let probe = local(vm, EPOCH_SECONDS + posix - MAX_FOLD)?;
    let transition = result - probe - MAX_FOLD;
    Ok(transition < 0 && local(vm, EPOCH_SECONDS + posix + transition)? == result)
}

#[cold]
fn out_of_range(vm: &Vm) -> Raised {
    vm.overflow_error("timestamp out of range for platform time_t")
}

fn whole_seconds(vm: &Vm, value: Value) -> PyResult<i64> {
    let index = vm.index(value)?;
    vm.int_to_i64(index).ok_or_else(|| out_of_range(vm))
}

fn checked(vm: &Vm, seconds: f64) -> PyResult<i64> {
    if (i64::MIN as f64..i64::MAX as f64).contains(&seconds) { Ok(seconds as i64) } else { Err(out_of_range(vm)) }
}

fn not_nan(vm: &Vm, float: f64) -> PyResult<f64> {
    if float.is_nan() { Err(vm.value_error("Invalid value NaN (not a number)")) } else { Ok(float) }
}

/// A timestamp in whole seconds, rounded down.
pub fn timestamp_seconds(vm: &Vm, timestamp: Value) -> PyResult<i64> {
    match vm.as_float(timestamp) {
        Some(float) => checked(vm, not_nan(vm, float)?.floor()),
        None => whole_seconds(vm, timestamp),
    }
}

/// A timestamp in seconds and microseconds, rounded to the nearest, ties to even.
pub fn timestamp_micros(vm: &Vm, timestamp: Value) -> PyResult<(i64, i32)> {
    const UNIT: f64 = 1e6;
    let Some(float) = vm.as_float(timestamp) else {
        if vm.slots_of(timestamp).nb_index.is_none() {
            let class = vm.full_class_name(timestamp);
            return Err(vm.type_error(format_args!("argument must be int or float, not {class}")));
        }
        return Ok((whole_seconds(vm, timestamp)?, 0));
    };
    let float = not_nan(vm, float)?;
    let mut seconds = float.trunc();
    let mut micros = ((float - seconds) * UNIT).round_ties_even();
    if micros >= UNIT {
        micros -= UNIT;
        seconds += 1.0;
    } else if micros < 0.0 {
        micros += UNIT;
        seconds -= 1.0;
    }
    Ok((checked(vm, seconds)?, micros as i32))
}
