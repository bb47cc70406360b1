//! `_datetime`: dates, times and time zones.
//!
//! `calendar`, `iso_format` and what is plain in `fields` know no Python; each of the other files
//! is one type, or what two of them share.

mod calendar;
mod date;
mod date_time;
mod fields;
mod iso_calendar_date;
mod iso_format;
mod local_time;
mod strftime;
mod time_of_day;
mod timedelta;
mod timezone;

use kaa_macros::py_module;
use kaa_objects::class::PyType;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use date::PyDate;
use date_time::PyDateTime;
use time_of_day::PyTime;
use timedelta::PyTimeDelta;
use timezone::{PyTimeZone, PyTzInfo};

/// The module.
pub struct DateTime;

#[py_module(
    name = "_datetime",
    doc = "Fast implementation of the datetime module.",
    types(PyDate, PyDateTime, PyTime, PyTimeDelta, PyTimeZone, PyTzInfo)
)]
impl DateTime {
    #[constant]
    const MINYEAR: i64 = calendar::MIN_YEAR as i64;
    #[constant]
    const MAXYEAR: i64 = calendar::MAX_YEAR as i64;
    #[constant("UTC")]
    fn utc(vm: &Vm) -> Value {
        timezone::utc(vm).value()
    }
}

/// A module of the library.
fn import(vm: &Vm, name: &str) -> PyResult {
    match vm.hooks.import.get() {
        Some(import) => import(vm, name),
        None => Err(vm.import_error(format_args!("the module {name} cannot be imported here"))),
    }
}

/// Calls a class with arguments the last of which is the fold: a keyword, left out when it is 0.
fn call_with_fold(vm: &Vm, class: Gc<PyType>, row: &[Value]) -> PyResult {
    match row.split_last() {
        Some((&fold, positional)) if fold == Value::small_int(0) => vm.call(class.value(), positional),
        _ => {
            let names = vm.new_tuple(&[vm.intern("fold").value()])?;
            vm.call_args(class.value(), Args::with_keywords(row, Some(names)))
        }
    }
}

/// Calls a method as a native class has it, whatever subclasses made of it.
fn call_own_method(vm: &Vm, class: Gc<PyType>, this: Value, name: &str, args: Args<'_>) -> PyResult {
    let name = vm.intern(name);
    let Some(method) = vm.lookup(class, name) else { return Err(vm.no_attribute(this, name)) };
    let mut row = ValueVec::with_capacity(vm, 1 + args.all().len())?;
    row.push(vm, this)?;
    row.extend_from_slice(vm, args.all())?;
    vm.call_args(method, Args::with_keywords(row.as_slice(), args.kwnames()))
}
