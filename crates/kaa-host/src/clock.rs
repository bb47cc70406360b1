//! Clocks, sleeping and calendar time.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;

use libc::{clockid_t, time_t};

use crate::{Errno, Result, check};

/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;

fn to_nanoseconds(time: libc::timespec) -> i64 {
    time.tv_sec.saturating_mul(SECOND).saturating_add(time.tv_nsec)
}

fn from_nanoseconds(time: i64) -> libc::timespec {
    libc::timespec { tv_sec: time.div_euclid(SECOND), tv_nsec: time.rem_euclid(SECOND) }
}

/// The time of a clock in nanoseconds.
pub fn now(clock: clockid_t) -> Result<i64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is a local.
    check(unsafe { libc::clock_gettime(clock, &mut time) })?;
    Ok(to_nanoseconds(time))
}

/// The resolution of a clock in nanoseconds.
pub fn resolution(clock: clockid_t) -> Result<i64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is a local.
    check(unsafe { libc::clock_getres(clock, &mut time) })?;
    Ok(to_nanoseconds(time))
}

/// Sets a clock.
pub fn set(clock: clockid_t, time: i64) -> Result<()> {
    // SAFETY: the time is a local.
    check(unsafe { libc::clock_settime(clock, &from_nanoseconds(time)) }).map(drop)
}

/// Sleeps until the monotonic clock shows a time; an interruption is an error.
pub fn sleep_until(time: i64) -> Result<()> {
    let time = from_nanoseconds(time);
    // SAFETY: the time is a local; nothing is written back for absolute times.
    let error =
        unsafe { libc::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, &time, std::ptr::null_mut()) };
    if error == 0 { Ok(()) } else { Err(Errno(error)) }
}

/// The clock of a thread's processor time.
///
/// # Safety
/// The number is that of a running thread.
pub unsafe fn of_thread(thread: libc::pthread_t) -> Result<clockid_t> {
    let mut clock = 0;
    // SAFETY: the clock is a local; the caller's promise.
    match unsafe { libc::pthread_getcpuclockid(thread, &mut clock) } {
        0 => Ok(clock),
        error => Err(Errno(error)),
    }
}

/// Calendar time, as `struct tm` has it.
pub struct CalendarTime {
    /// The numbers: year (full), month and day of the year from 1, weekday from Monday as 0.
    pub fields: [i64; 9],
    /// The abbreviation of the time zone.
    pub zone: CString,
    /// Seconds east of UTC.
    pub offset: i64,
}

fn calendar(tm: &libc::tm) -> CalendarTime {
    // SAFETY: the zone is null or a text of the C library that lives as long as the process.
    let zone = unsafe { if tm.tm_zone.is_null() { CString::default() } else { CStr::from_ptr(tm.tm_zone).to_owned() } };
    let fields = [
        i64::from(tm.tm_year) + 1900,
        i64::from(tm.tm_mon) + 1,
        tm.tm_mday.into(),
        tm.tm_hour.into(),
        tm.tm_min.into(),
        tm.tm_sec.into(),
        i64::from((tm.tm_wday + 6) % 7),
        i64::from(tm.tm_yday) + 1,
        tm.tm_isdst.into(),
    ];
    CalendarTime { fields, zone, offset: tm.tm_gmtoff }
}

/// Local calendar time.
pub fn local(time: time_t) -> Result<CalendarTime> {
    let mut tm = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: the places are locals, and all zero is a `tm`.
    unsafe {
        if libc::localtime_r(&time, tm.as_mut_ptr()).is_null() {
            return Err(Errno(if Errno::last().0 == 0 { libc::EINVAL } else { Errno::last().0 }));
        }
        Ok(calendar(&tm.assume_init()))
    }
}

/// Calendar time of UTC.
pub fn utc(time: time_t) -> Result<CalendarTime> {
    let mut tm = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: as above.
    unsafe {
        if libc::gmtime_r(&time, tm.as_mut_ptr()).is_null() {
            return Err(Errno(if Errno::last().0 == 0 { libc::EINVAL } else { Errno::last().0 }));
        }
        let mut calendar = calendar(&tm.assume_init());
        calendar.zone = c"UTC".to_owned();
        Ok(calendar)
    }
}

/// The fields of a `struct tm`, as the C library counts them.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in struct tm")]
pub struct Broken {
    pub year: i32,
    pub month: i32,
    pub day: i32,
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
    pub weekday: i32,
    pub yearday: i32,
    pub dst: i32,
    pub offset: i64,
}

impl Broken {
    fn to_tm(self, zone: Option<&CStr>) -> libc::tm {
        libc::tm {
            tm_sec: self.second,
            tm_min: self.minute,
            tm_hour: self.hour,
            tm_mday: self.day,
            tm_mon: self.month,
            tm_year: self.year,
            tm_wday: self.weekday,
            tm_yday: self.yearday,
            tm_isdst: self.dst,
            tm_gmtoff: self.offset,
            tm_zone: zone.map_or(std::ptr::null(), CStr::as_ptr),
        }
    }
}

/// Seconds since the epoch of a local time; `None` when there is no such time.
pub fn from_local(time: Broken) -> Option<time_t> {
    let mut tm = time.to_tm(None);
    // -1 is a time, too: then the weekday is filled in.
    tm.tm_wday = -1;
    // SAFETY: the time is a local.
    let seconds = unsafe { libc::mktime(&mut tm) };
    (seconds != -1 || tm.tm_wday != -1).then_some(seconds)
}

/// The time as the format says; bytes in the locale's encoding.
pub fn format(format: &CStr, time: Broken, zone: Option<&CStr>) -> Vec<u8> {
    let tm = time.to_tm(zone);
    let mut size = format.to_bytes().len().max(64) * 4;
    loop {
        let mut text = vec![0u8; size];
        // SAFETY: the buffer is as long as it is said to be; format and zone end with a zero.
        let len = unsafe { libc::strftime(text.as_mut_ptr().cast(), size, format.as_ptr(), &tm) };
        // 0 is also the length of an empty text: formats can be such that there is none.
        if len > 0 || size >= 256 * format.to_bytes().len().max(1) {
            text.truncate(len);
            return text;
        }
        size *= 4;
    }
}

unsafe extern "C" {
    fn tzset();
}

/// Reads the time zone of the environment anew.
pub fn reset_time_zone() {
    // SAFETY: the C library guards its own state.
    unsafe { tzset() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_was_a_thursday() {
        let epoch = utc(0).unwrap();
        assert_eq!(epoch.fields, [1970, 1, 1, 0, 0, 0, 3, 1, 0]);
        let broken = Broken { year: 70, day: 1, weekday: 4, ..Broken::default() };
        assert_eq!(format(c"%a %Y", broken, None), b"Thu 1970");
        assert_eq!(format(c"", broken, None), b"");
    }

    #[test]
    fn clocks_run() {
        let start = now(libc::CLOCK_MONOTONIC).unwrap();
        sleep_until(start + 1_000_000).unwrap();
        assert!(now(libc::CLOCK_MONOTONIC).unwrap() >= start + 1_000_000);
    }
}
