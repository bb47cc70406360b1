//! `time`: clocks, sleeping, calendar times.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;

use kaa_macros::{py_functions, py_module};
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::struct_sequence::StructSequenceDef;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use crate::seconds::Seconds;

/// The module.
pub struct Time;

/// `time.struct_time`.
static STRUCT_TIME: StructSequenceDef = StructSequenceDef {
    name: "struct_time",
    module: "time",
    doc: "The time value as returned by gmtime(), localtime(), and strptime(), and\naccepted by asctime(), mktime() and strftime().  May be considered as a\nsequence of 9 integers.\n\nNote that several fields' values are not the same as those defined by\nthe C language standard for struct tm.  For example, the value of the\nfield tm_year is the actual year, not year - 1900.  See individual\nfields' descriptions for details.",
    fields: &[
        ("tm_year", "year, for example, 1993"),
        ("tm_mon", "month of year, range [1, 12]"),
        ("tm_mday", "day of month, range [1, 31]"),
        ("tm_hour", "hours, range [0, 23]"),
        ("tm_min", "minutes, range [0, 59]"),
        ("tm_sec", "seconds, range [0, 61])"),
        ("tm_wday", "day of week, range [0, 6], Monday is 0"),
        ("tm_yday", "day of year, range [1, 366]"),
        ("tm_isdst", "1 if summer time is in effect, 0 if not, and -1 if unknown"),
        ("tm_zone", "abbreviation of timezone name"),
        ("tm_gmtoff", "offset from UTC in seconds"),
    ],
    visible: 9,
    callable: true,
};

const NANOS: i64 = 1_000_000_000;

/// A clock's time in nanoseconds.
fn clock(vm: &Vm, id: libc::clockid_t) -> PyResult<i64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the struct is valid for the call to fill in.
    if unsafe { libc::clock_gettime(id, &mut time) } != 0 {
        return Err(system_error(vm));
    }
    Ok(time.tv_sec * NANOS + time.tv_nsec)
}

fn system_error(vm: &Vm) -> kaa_objects::Raised {
    let error = std::io::Error::last_os_error();
    let number = error.raw_os_error().unwrap_or(0);
    // SAFETY: strerror gives a string that lives until the next call.
    let text = unsafe { CStr::from_ptr(libc::strerror(number)) }.to_string_lossy().into_owned();
    match vm.new_str(&text) {
        Ok(text) => vm.raise_with(vm.exceptions().OSError, &[Value::small_int(number.into()), text.value()]),
        Err(raised) => raised,
    }
}

fn seconds(nanos: i64) -> f64 {
    nanos as f64 / NANOS as f64
}

/// Seconds given as a number; infinite and NaN ones are refused.
fn to_seconds(vm: &Vm, value: Value) -> PyResult<f64> {
    let seconds = vm.to_f64(value)?;
    if seconds.is_nan() { Err(vm.value_error("Invalid value NaN (not a number)")) } else { Ok(seconds) }
}

/// A time of the calendar, as the system gives it.
pub struct CalendarTime {
    /// The year, not counted from 1900.
    pub year: i32,
    /// 1 to 12.
    pub month: i32,
    /// 1 to 31.
    pub day: i32,
    /// 0 to 23.
    pub hour: i32,
    /// 0 to 59.
    pub minute: i32,
    /// 0 to 60, as leap seconds are counted where the system knows them.
    pub second: i32,
    /// Seconds ahead of UTC.
    pub utc_offset: i64,
    /// The abbreviation of the time zone's name.
    pub zone: String,
}

/// Nanoseconds since the epoch.
pub fn now_nanoseconds(vm: &Vm) -> PyResult<i64> {
    clock(vm, libc::CLOCK_REALTIME)
}

/// The local time of a POSIX time.
pub fn local_time(vm: &Vm, posix: i64) -> PyResult<CalendarTime> {
    broken_down(vm, posix, true).map(CalendarTime::from)
}

/// The time in UTC of a POSIX time.
pub fn utc_time(vm: &Vm, posix: i64) -> PyResult<CalendarTime> {
    broken_down(vm, posix, false).map(CalendarTime::from)
}

impl From<libc::tm> for CalendarTime {
    fn from(parts: libc::tm) -> CalendarTime {
        CalendarTime {
            year: parts.tm_year.saturating_add(1900),
            month: parts.tm_mon + 1,
            day: parts.tm_mday,
            hour: parts.tm_hour,
            minute: parts.tm_min,
            second: parts.tm_sec,
            utc_offset: parts.tm_gmtoff,
            zone: zone_name(&parts).unwrap_or_default(),
        }
    }
}

fn zone_name(parts: &libc::tm) -> Option<String> {
    if parts.tm_zone.is_null() {
        return None;
    }
    // SAFETY: the zone's name is a string of the C library's.
    Some(unsafe { CStr::from_ptr(parts.tm_zone) }.to_string_lossy().into_owned())
}

fn broken_down(vm: &Vm, time: i64, local: bool) -> PyResult<libc::tm> {
    let mut parts = MaybeUninit::<libc::tm>::uninit();
    // SAFETY: both are valid for the call; the parts are read only when it succeeded.
    let done = unsafe {
        if local { libc::localtime_r(&time, parts.as_mut_ptr()) } else { libc::gmtime_r(&time, parts.as_mut_ptr()) }
    };
    if done.is_null() {
        return Err(system_error(vm));
    }
    // SAFETY: the call filled it in.
    Ok(unsafe { parts.assume_init() })
}

fn calendar(vm: &Vm, when: Value, local: bool) -> PyResult {
    let time = match when.not_none() {
        None => clock(vm, libc::CLOCK_REALTIME)?.div_euclid(NANOS),
        Some(when) => {
            let seconds = to_seconds(vm, when)?.floor();
            if !(-9.2e18..9.2e18).contains(&seconds) {
                return Err(vm.overflow_error("timestamp out of range for platform time_t"));
            }
            seconds as i64
        }
    };
    struct_time(vm, &broken_down(vm, time, local)?)
}

fn struct_time(vm: &Vm, parts: &libc::tm) -> PyResult {
    let int = |i: i32| Value::small_int(i.into());
    let zone = match zone_name(parts) {
        None => Value::NONE,
        Some(zone) => vm.new_str(&zone)?.value(),
    };
    vm.new_struct_sequence(
        &STRUCT_TIME,
        &[
            int(parts.tm_year + 1900),
            int(parts.tm_mon + 1),
            int(parts.tm_mday),
            int(parts.tm_hour),
            int(parts.tm_min),
            int(parts.tm_sec),
            int((parts.tm_wday + 6) % 7),
            int(parts.tm_yday + 1),
            int(parts.tm_isdst),
            zone,
            Value::small_int(parts.tm_gmtoff),
        ],
    )
}

/// The C form of a time tuple; the current local time when none is given.
fn c_time(vm: &Vm, tuple: Option<Value>, function: &str) -> PyResult<libc::tm> {
    let tuple = match tuple {
        Some(tuple) => tuple,
        None => calendar(vm, Value::NONE, true)?,
    };
    let Some(items) = vm.cast::<PyTuple>(tuple) else {
        return Err(vm.type_error("Tuple or struct_time argument required"));
    };
    if items.len() != 9 {
        return Err(vm.type_error(format_args!("{function}(): illegal time tuple argument")));
    }
    let mut numbers = [0i32; 9];
    for (number, &item) in numbers.iter_mut().zip(items.as_slice()) {
        let wide = vm.index_to_isize(item, vm.exceptions().OverflowError)?;
        *number = i32::try_from(wide).map_err(|_| vm.overflow_error("Python int too large to convert to C int"))?;
    }
    // SAFETY: all zero is a valid tm.
    let mut parts: libc::tm = unsafe { std::mem::zeroed() };
    let Some(year) = numbers[0].checked_sub(1900) else {
        return Err(vm.overflow_error("year out of range"));
    };
    parts.tm_year = year;
    parts.tm_mon = numbers[1] - 1;
    parts.tm_mday = numbers[2];
    parts.tm_hour = numbers[3];
    parts.tm_min = numbers[4];
    parts.tm_sec = numbers[5];
    parts.tm_wday = (numbers[6] + 1) % 7;
    parts.tm_yday = numbers[7] - 1;
    parts.tm_isdst = numbers[8];
    Ok(parts)
}

/// Mends what may be 0 in a tuple and refuses what lies beyond the calendar.
fn check_parts(vm: &Vm, parts: &mut libc::tm) -> PyResult<()> {
    if parts.tm_mon == -1 {
        parts.tm_mon = 0;
    }
    if parts.tm_mday == 0 {
        parts.tm_mday = 1;
    }
    if parts.tm_yday == -1 {
        parts.tm_yday = 0;
    }
    let wrong = match parts {
        _ if !(0..=11).contains(&parts.tm_mon) => "month out of range",
        _ if !(1..=31).contains(&parts.tm_mday) => "day of month out of range",
        _ if !(0..=23).contains(&parts.tm_hour) => "hour out of range",
        _ if !(0..=59).contains(&parts.tm_min) => "minute out of range",
        _ if !(0..=61).contains(&parts.tm_sec) => "seconds out of range",
        _ if parts.tm_wday < 0 => "day of week out of range",
        _ if !(0..=365).contains(&parts.tm_yday) => "day of year out of range",
        _ => return Ok(()),
    };
    Err(vm.value_error(wrong))
}

fn ascii_time(parts: &libc::tm) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} {}",
        DAYS[parts.tm_wday as usize % 7],
        MONTHS[parts.tm_mon as usize % 12],
        parts.tm_mday,
        parts.tm_hour,
        parts.tm_min,
        parts.tm_sec,
        i64::from(parts.tm_year) + 1900
    )
}

/// Formats a time: the ASCII parts of the format are for the C library, what is between them and
/// the next `%` stays as it is.
fn format_time(vm: &Vm, format: Gc<PyStr>, parts: &libc::tm) -> PyResult<Gc<PyStr>> {
    let mut out = StrBuilder::with_capacity(format.len() * 2);
    let mut characters = format.data().iter().peekable();
    while characters.peek().is_some() {
        let mut part = String::new();
        while let Some(c) = characters.next_if(|&c| c != 0 && c < 0x80) {
            part.extend(char::from_u32(c));
        }
        if !part.is_empty() {
            out.push_str(&format_part(vm, &part, parts)?);
        }
        while let Some(c) = characters.next_if(|&c| c != u32::from(b'%')) {
            out.push(c);
        }
    }
    out.finish(vm)
}

/// `strftime` of the C library, with as much room as it needs.
fn format_part(vm: &Vm, format: &str, parts: &libc::tm) -> PyResult<String> {
    let Ok(c_format) = CString::new(format) else { return Err(vm.value_error("embedded null character")) };
    let mut room = 1024;
    loop {
        let mut buffer = vec![0u8; room];
        // SAFETY: the buffer is as long as it is said to be; format and parts are valid.
        let written =
            unsafe { libc::strftime(buffer.as_mut_ptr().cast(), room, c_format.as_ptr(), std::ptr::from_ref(parts)) };
        // 0 is also the length of an empty result, such as that of `%p` in some locales.
        if written > 0 || room > 256 * format.len() {
            buffer.truncate(written);
            return Ok(String::from_utf8_lossy(&buffer).into_owned());
        }
        room *= 2;
    }
}

#[py_module(
    name = "time",
    doc = "This module provides various functions to manipulate time values.\n\nThere are two standard representations of time.  One is the number\nof seconds since the Epoch, in UTC (a.k.a. GMT).  It may be an integer\nor a floating-point number (to represent fractions of seconds).\nThe epoch is the point where the time starts, the return value of time.gmtime(0).\nIt is January 1, 1970, 00:00:00 (UTC) on all platforms.",
    parts(CLOCKS), setup = set_up
)]
impl Time {
    #[constant]
    const CLOCK_REALTIME: i64 = libc::CLOCK_REALTIME as i64;
    #[constant]
    const CLOCK_MONOTONIC: i64 = libc::CLOCK_MONOTONIC as i64;
    #[constant]
    const CLOCK_MONOTONIC_RAW: i64 = libc::CLOCK_MONOTONIC_RAW as i64;
    #[constant]
    const CLOCK_PROCESS_CPUTIME_ID: i64 = libc::CLOCK_PROCESS_CPUTIME_ID as i64;
    #[constant]
    const CLOCK_THREAD_CPUTIME_ID: i64 = libc::CLOCK_THREAD_CPUTIME_ID as i64;
    #[constant]
    const CLOCK_BOOTTIME: i64 = libc::CLOCK_BOOTTIME as i64;
    #[constant]
    const CLOCK_TAI: i64 = libc::CLOCK_TAI as i64;
    #[constant]
    const _STRUCT_TM_ITEMS: i64 = 11;

    #[function(
        "sleep(object, /)",
        doc = "sleep(seconds)\n\nDelay execution for a given number of seconds.  The argument may be\na floating-point number for subsecond precision."
    )]
    fn sleep(vm: &Vm, object: Seconds) -> PyResult<()> {
        if object < Seconds(0) {
            return Err(vm.value_error("sleep length must be non-negative"));
        }
        sleep_until(vm, object.deadline())
    }

    #[function(
        "gmtime(seconds=None, /)",
        doc = "gmtime([seconds]) -> (tm_year, tm_mon, tm_mday, tm_hour, tm_min,\n                       tm_sec, tm_wday, tm_yday, tm_isdst)\n\nConvert seconds since the Epoch to a time tuple expressing UTC (a.k.a.\nGMT).  When 'seconds' is not passed in, convert the current time instead."
    )]
    fn gmtime(vm: &Vm, seconds: Value) -> PyResult {
        calendar(vm, seconds, false)
    }

    #[function(
        "localtime(seconds=None, /)",
        doc = "localtime([seconds]) -> (tm_year,tm_mon,tm_mday,tm_hour,tm_min,\n                          tm_sec,tm_wday,tm_yday,tm_isdst)\n\nConvert seconds since the Epoch to a time tuple expressing local time.\nWhen 'seconds' is not passed in, convert the current time instead."
    )]
    fn localtime(vm: &Vm, seconds: Value) -> PyResult {
        calendar(vm, seconds, true)
    }

    #[function(
        "mktime(time_tuple, /)",
        doc = "mktime(tuple) -> floating-point number\n\nConvert a time tuple in local time to seconds since the Epoch.\nNote that mktime(gmtime(0)) will not generally return zero for most\ntime zones; instead the returned value will either be equal to that\nof the timezone or altzone attributes on the time module."
    )]
    fn mktime(vm: &Vm, time_tuple: Value) -> PyResult<f64> {
        let mut parts = c_time(vm, Some(time_tuple), "mktime")?;
        // -1 is a valid result; only a call that succeeds sets the day of the week.
        parts.tm_wday = -1;
        // SAFETY: the struct is valid.
        let time = unsafe { libc::mktime(&mut parts) };
        if time == -1 && parts.tm_wday == -1 {
            return Err(vm.overflow_error("mktime argument out of range"));
        }
        Ok(time as f64)
    }

    #[function(
        "asctime(time_tuple=<unrepresentable>, /)",
        doc = "asctime([tuple]) -> string\n\nConvert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'.\nWhen the time tuple is not present, current time as returned by localtime()\nis used."
    )]
    fn asctime(vm: &Vm, time_tuple: Option<Value>) -> PyResult<String> {
        let mut parts = c_time(vm, time_tuple, "asctime")?;
        check_parts(vm, &mut parts)?;
        Ok(ascii_time(&parts))
    }

    #[function(
        "ctime(seconds=None, /)",
        doc = "ctime(seconds) -> string\n\nConvert a time in seconds since the Epoch to a string in local time.\nThis is equivalent to asctime(localtime(seconds)). When the time tuple is\nnot present, current time as returned by localtime() is used."
    )]
    fn ctime(vm: &Vm, seconds: Value) -> PyResult<String> {
        let tuple = calendar(vm, seconds, true)?;
        Ok(ascii_time(&c_time(vm, Some(tuple), "ctime")?))
    }

    #[function(
        "strftime(format, time_tuple=<unrepresentable>, /)",
        doc = "strftime(format[, tuple]) -> string\n\nConvert a time tuple to a string according to a format specification.\nSee the library reference manual for formatting codes. When the time tuple\nis not present, current time as returned by localtime() is used."
    )]
    fn strftime(vm: &Vm, format: Gc<PyStr>, time_tuple: Option<Value>) -> PyResult<Gc<PyStr>> {
        let mut parts = c_time(vm, time_tuple, "strftime")?;
        check_parts(vm, &mut parts)?;
        format_time(vm, format, &parts)
    }

    #[function(
        "strptime",
        raw,
        signature = "(data_string, format='%a %b %d %H:%M:%S %Y', /)",
        doc = "strptime(string, format) -> struct_time\n\nParse a string to a time tuple according to a format specification.\nSee the library reference manual for formatting codes (same as\nstrftime())."
    )]
    fn strptime(vm: &Vm, args: Args<'_>) -> PyResult {
        let Some(import) = vm.hooks.import.get() else {
            return Err(vm.import_error("importlib is not there yet"));
        };
        let module = import(vm, "_strptime")?;
        let parse = vm.get_attr_str(module, "_strptime_time")?;
        vm.call_args(parse, args)
    }

    #[function(
        "tzset()",
        doc = "tzset()\n\nInitialize, or reinitialize, the local timezone to the value stored in\nos.environ['TZ']. The TZ environment variable should be specified in\nstandard Unix timezone format as documented in the tzset man page\n(eg. 'US/Eastern', 'Europe/Amsterdam'). Unknown timezones will silently\nfall back to UTC. If the TZ environment variable is not set, the local\ntimezone is set to the systems best guess of wallclock time.\nChanging the TZ environment variable without calling tzset *may* change\nthe local timezone used by methods such as localtime, but this behaviour\nshould not be relied on."
    )]
    fn tzset(vm: &Vm) -> PyResult<()> {
        let Some(import) = vm.hooks.import.get() else { return Ok(()) };
        let module = import(vm, "time")?;
        match vm.cast::<PyModule>(module) {
            Some(module) => set_zone(vm, module),
            None => Ok(()),
        }
    }
}

/// Sleeps up to a time (for ever without one), other threads running meanwhile; signal handlers run
/// when signals come, and may end it by raising.
fn sleep_until(vm: &Vm, end: Option<std::time::Instant>) -> PyResult<()> {
    loop {
        let left = match end {
            Some(end) => end.saturating_duration_since(std::time::Instant::now()),
            None => std::time::Duration::from_secs(3600),
        };
        if left.is_zero() {
            return Ok(());
        }
        let wait = libc::timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        // SAFETY: the time is valid; the rest is computed anew.
        vm.without_gil(|| unsafe { libc::nanosleep(&wait, std::ptr::null_mut()) });
        vm.check_signals()?;
    }
}

#[py_functions(CLOCKS, of = "time")]
impl Time {
    #[function(
        "time()",
        doc = "Return the current time in seconds since the Epoch.\n\nFractions of a second may be present if the system clock provides them."
    )]
    fn time(vm: &Vm) -> PyResult<f64> {
        clock(vm, libc::CLOCK_REALTIME).map(seconds)
    }

    #[function("time_ns()", doc = "Return the current time in nanoseconds since the Epoch.")]
    fn time_ns(vm: &Vm) -> PyResult<i64> {
        clock(vm, libc::CLOCK_REALTIME)
    }

    #[function("monotonic()", doc = "Monotonic clock, cannot go backward.")]
    #[function("perf_counter()")]
    fn monotonic(vm: &Vm) -> PyResult<f64> {
        clock(vm, libc::CLOCK_MONOTONIC).map(seconds)
    }

    #[function("monotonic_ns()", doc = "Monotonic clock, cannot go backward, as nanoseconds.")]
    #[function("perf_counter_ns()")]
    fn monotonic_ns(vm: &Vm) -> PyResult<i64> {
        clock(vm, libc::CLOCK_MONOTONIC)
    }

    #[function("process_time()", doc = "Process time for profiling: sum of the kernel and user-space CPU time.")]
    fn process_time(vm: &Vm) -> PyResult<f64> {
        clock(vm, libc::CLOCK_PROCESS_CPUTIME_ID).map(seconds)
    }

    #[function(
        "process_time_ns()",
        doc = "Process time for profiling as nanoseconds: sum of the kernel and user-space CPU time."
    )]
    fn process_time_ns(vm: &Vm) -> PyResult<i64> {
        clock(vm, libc::CLOCK_PROCESS_CPUTIME_ID)
    }

    #[function("thread_time()", doc = "Thread time for profiling: sum of the kernel and user-space CPU time.")]
    fn thread_time(vm: &Vm) -> PyResult<f64> {
        clock(vm, libc::CLOCK_THREAD_CPUTIME_ID).map(seconds)
    }

    #[function(
        "thread_time_ns()",
        doc = "Thread time for profiling as nanoseconds: sum of the kernel and user-space CPU time."
    )]
    fn thread_time_ns(vm: &Vm) -> PyResult<i64> {
        clock(vm, libc::CLOCK_THREAD_CPUTIME_ID)
    }

    #[function("clock_gettime(clk_id, /)", doc = "Return the time of the specified clock clk_id as a float.")]
    fn clock_gettime(vm: &Vm, clk_id: i32) -> PyResult<f64> {
        clock(vm, clk_id).map(seconds)
    }

    #[function(
        "clock_gettime_ns(clk_id, /)",
        doc = "Return the time of the specified clock clk_id as nanoseconds (int)."
    )]
    fn clock_gettime_ns(vm: &Vm, clk_id: i32) -> PyResult<i64> {
        clock(vm, clk_id)
    }

    #[function("clock_getres(clk_id, /)", doc = "Return the resolution (precision) of the specified clock clk_id.")]
    fn clock_getres(vm: &Vm, clk_id: i32) -> PyResult<f64> {
        resolution(vm, clk_id)
    }

    #[function("get_clock_info(name, /)", doc = "Get information of the specified clock.")]
    fn get_clock_info(vm: &Vm, name: Gc<PyStr>) -> PyResult {
        let name = name.to_string_lossy();
        let (id, text, monotonic, adjustable) = match name.as_str() {
            "time" => (libc::CLOCK_REALTIME, "clock_gettime(CLOCK_REALTIME)", false, true),
            "monotonic" | "perf_counter" => (libc::CLOCK_MONOTONIC, "clock_gettime(CLOCK_MONOTONIC)", true, false),
            "process_time" => (libc::CLOCK_PROCESS_CPUTIME_ID, "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", true, false),
            "thread_time" => (libc::CLOCK_THREAD_CPUTIME_ID, "clock_gettime(CLOCK_THREAD_CPUTIME_ID)", true, false),
            _ => return Err(vm.value_error("unknown clock")),
        };
        let info = vm.new_dict()?;
        let resolution = vm.new_float(resolution(vm, id)?)?;
        for (name, value) in [
            ("implementation", vm.new_str(text)?.value()),
            ("monotonic", Value::bool(monotonic)),
            ("adjustable", Value::bool(adjustable)),
            ("resolution", resolution),
        ] {
            info.set_str(vm, vm.intern(name), value)?;
        }
        vm.new_namespace(info)
    }
}

fn resolution(vm: &Vm, id: libc::clockid_t) -> PyResult<f64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the struct is valid for the call to fill in.
    if unsafe { libc::clock_getres(id, &mut time) } != 0 {
        return Err(system_error(vm));
    }
    Ok(seconds(time.tv_sec * NANOS + time.tv_nsec))
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let class = vm.struct_sequence_class(&STRUCT_TIME)?;
    module.dict.get_set().set_str(vm, vm.intern("struct_time"), class.value())?;
    set_zone(vm, module)
}

/// Sets `timezone`, `altzone`, `daylight` and `tzname`: what January and July of this year say.
fn set_zone(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    unsafe extern "C" {
        fn tzset();
    }
    const YEAR: i64 = (365 * 24 + 6) * 3600;
    // SAFETY: tzset reads the environment; nothing else of this process writes it meanwhile.
    unsafe { tzset() };
    let now = clock(vm, libc::CLOCK_REALTIME)? / NANOS;
    let january = now / YEAR * YEAR;
    let sample = |time: i64| -> (i64, String) {
        let mut parts = MaybeUninit::<libc::tm>::zeroed();
        // SAFETY: both are valid for the call; all zero is a valid tm.
        unsafe {
            libc::localtime_r(&time, parts.as_mut_ptr());
            let parts = parts.assume_init_ref();
            let zone =
                if parts.tm_zone.is_null() { "   ".into() } else { CStr::from_ptr(parts.tm_zone).to_string_lossy() };
            (-parts.tm_gmtoff, zone.into_owned())
        }
    };
    let (winter, summer) = (sample(january), sample(january + YEAR / 2));
    // South of the equator, it is the other way round.
    let (standard, daylight) = if winter.0 >= summer.0 { (winter, summer) } else { (summer, winter) };
    let dict = module.dict.get_set();
    let names = [vm.new_str(&standard.1)?.value(), vm.new_str(&daylight.1)?.value()];
    for (name, value) in [
        ("timezone", Value::small_int(standard.0)),
        ("altzone", Value::small_int(daylight.0)),
        ("daylight", Value::small_int(i64::from(standard.0 != daylight.0))),
        ("tzname", vm.new_tuple(&names)?.value()),
    ] {
        dict.set_str(vm, vm.intern(name), value)?;
    }
    Ok(())
}
