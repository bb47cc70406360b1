//! Times as arguments: numbers of seconds.

use std::time::{Duration, Instant};

use kaa_objects::args::{Argument, FromValue};
use kaa_objects::{PyResult, Value, Vm};

/// A number of seconds, an `int` or a `float`, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub i64);

const NANOS: i64 = 1_000_000_000;

impl Seconds {
    /// From an argument; fractions are rounded away from zero.
    pub fn from_object(vm: &Vm, value: Value) -> PyResult<Seconds> {
        let out_of_range = || vm.overflow_error("timestamp out of range for C PyTime_t");
        if let Some(float) = vm.as_float(value) {
            if float.is_nan() {
                return Err(vm.value_error("Invalid value NaN (not a number)"));
            }
            let nanos = float * NANOS as f64;
            let nanos = if nanos >= 0.0 { nanos.ceil() } else { nanos.floor() };
            if !(i64::MIN as f64..i64::MAX as f64).contains(&nanos) {
                return Err(out_of_range());
            }
            return Ok(Seconds(nanos as i64));
        }
        let value = match vm.is_int(value) {
            true => value,
            false if vm.class_of(value).slots().nb_index.is_some() => vm.index(value)?,
            false => value,
        };
        if !vm.is_int(value) {
            let class = vm.class_name(value);
            return Err(vm.type_error(format_args!("'{class}' object cannot be interpreted as an integer or float")));
        }
        vm.int_to_i64(value).and_then(|seconds| seconds.checked_mul(NANOS)).map(Seconds).ok_or_else(out_of_range)
    }

    /// As a duration; negative ones are none.
    pub fn duration(self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }

    /// The time so far ahead; `None` is never.
    pub fn deadline(self) -> Option<Instant> {
        Instant::now().checked_add(self.duration())
    }
}

impl FromValue for Seconds {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<Seconds> {
        Seconds::from_object(vm, value)
    }
}
