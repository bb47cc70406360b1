//! Reading dates and times in ISO 8601 form, as `fromisoformat` takes them. Plain bytes, no Python.
//!
//! A reader that comes to the end sees a 0 byte, and a 0 byte in the text ends it as well.

use super::calendar::{Day, days_in_month};

/// The text is not of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// What a text says of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeOfDay {
    /// Hours; 24 only when all that follows is 0.
    pub hour: i32,
    /// Minutes.
    pub minute: i32,
    /// Seconds.
    pub second: i32,
    /// Microseconds.
    pub microsecond: i32,
    /// The offset from UTC in seconds and microseconds, both of its sign.
    pub offset: Option<(i32, i32)>,
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn take(&mut self) -> u8 {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    fn digits(&mut self, count: usize) -> Result<i32, Malformed> {
        let mut number = 0;
        for _ in 0..count {
            match self.take() {
                digit @ b'0'..=b'9' => number = number * 10 + i32::from(digit - b'0'),
                _ => return Err(Malformed),
            }
        }
        Ok(number)
    }
}

/// Reads `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-Www[-D]` or `YYYYWww[D]`. Days and months may be none;
/// weeks are checked.
pub fn parse_date(text: &[u8]) -> Result<Day, Malformed> {
    let mut reader = Reader { text, at: 0 };
    let year = reader.digits(4)?;
    let separated = reader.peek() == b'-';
    reader.at += usize::from(separated);
    if reader.peek() == b'W' {
        reader.at += 1;
        let week = reader.digits(2)?;
        let mut weekday = 1;
        if reader.at < text.len() {
            if separated && reader.take() != b'-' {
                return Err(Malformed);
            }
            weekday = reader.digits(1)?;
        }
        return Day::from_iso_week(year, week, weekday).map_err(|_| Malformed);
    }
    let month = reader.digits(2)?;
    if separated && reader.take() != b'-' {
        return Err(Malformed);
    }
    let day = reader.digits(2)?;
    Ok(Day { year, month, day })
}

/// Reads `HH[:?MM[:?SS[.fff…]]]` in a part of a text; gives hours, minutes, seconds, microseconds,
/// and whether something is left.
fn parse_clock(text: &[u8], start: usize, end: usize) -> Result<([i32; 4], bool), Malformed> {
    let mut parts = [0; 4];
    let mut reader = Reader { text, at: start };
    let mut separated = true;
    for index in 0..3 {
        parts[index] = reader.digits(2)?;
        let next = reader.take();
        if index == 0 {
            separated = next == b':';
        }
        if next == b'.' || next == b',' {
            if index < 2 {
                return Err(Malformed);
            }
        } else if reader.at >= end {
            return Ok((parts, next != 0));
        } else if separated && next == b':' {
            if index == 2 {
                return Err(Malformed);
            }
        } else if separated {
            return Err(Malformed);
        } else {
            reader.at -= 1;
        }
    }
    let count = end.saturating_sub(reader.at).min(6);
    if count == 0 {
        return Err(Malformed);
    }
    parts[3] = reader.digits(count)? * 10i32.pow(6 - count as u32);
    while reader.peek().is_ascii_digit() {
        reader.at += 1;
    }
    Ok((parts, reader.peek() != 0))
}

/// Reads a time with or without an offset from UTC.
pub fn parse_time(text: &[u8]) -> Result<TimeOfDay, Malformed> {
    let is_offset = |&byte: &u8| matches!(byte, b'Z' | b'+' | b'-');
    let zone = text.iter().position(is_offset).unwrap_or(text.len().max(1));
    let ([hour, minute, second, microsecond], more) = parse_clock(text, 0, zone)?;
    let time = TimeOfDay { hour, minute, second, microsecond, offset: None };
    match text.get(zone) {
        None if more => Err(Malformed),
        None => Ok(time),
        Some(b'Z') => match text.get(zone + 1) {
            None | Some(0) => Ok(TimeOfDay { offset: Some((0, 0)), ..time }),
            Some(_) => Err(Malformed),
        },
        Some(sign) => {
            let ([hours, minutes, seconds, microseconds], more) = parse_clock(text, zone + 1, text.len())?;
            let sign = if *sign == b'-' { -1 } else { 1 };
            let offset = (sign * (hours * 3600 + minutes * 60 + seconds), sign * microseconds);
            if more { Err(Malformed) } else { Ok(TimeOfDay { offset: Some(offset), ..time }) }
        }
    }
}

/// Where in the text of a datetime the separator between date and time stands; the date alone may
/// be shorter than that. The text has 7 bytes at least.
fn separator_position(text: &[u8]) -> Option<usize> {
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    if text.len() == 7 {
        return Some(7);
    }
    Some(match (text[4], text[5]) {
        (b'-', b'W') if text.get(8) == Some(&b'-') => {
            if text.len() == 9 {
                return None;
            }
            // `YYYY-Www-##`: rather a hyphen that separates hours than a digit that separates.
            if is_digit(10) { 8 } else { 10 }
        }
        (b'-', b'W') => 8,
        (b'-', _) => 10,
        (b'W', _) => {
            let mut at = 7;
            while is_digit(at) {
                at += 1;
            }
            // Parts of a time have two digits each: an odd number of them tells that the first
            // one is the weekday.
            if at < 9 {
                at
            } else if at % 2 == 0 {
                7
            } else {
                8
            }
        }
        _ => 8,
    })
}

/// Reads a date, or a date and a time that any character separates.
pub fn parse_datetime(text: &[u8]) -> Result<(Day, TimeOfDay), Malformed> {
    if text.len() < 7 {
        return Err(Malformed);
    }
    let separator = separator_position(text).ok_or(Malformed)?;
    let day = parse_date(&text[..separator.min(text.len())])?;
    if text.len() <= separator {
        return Ok((day, TimeOfDay::default()));
    }
    let width = match text[separator] {
        0x00..=0x7f => 1,
        0xe0..=0xef => 3,
        0xf0..=0xff => 4,
        _ => 2,
    };
    let time = parse_time(text.get(separator + width..).unwrap_or(&[]))?;
    Ok((day, time))
}

/// The midnight after a day, for a time of 24:00. The year may then lie beyond the calendar; days
/// that are none stay.
pub fn next_midnight(day: Day) -> Day {
    if !(1..=12).contains(&day.month) {
        return day;
    }
    let last = days_in_month(day.year, day.month);
    if day.day < last {
        Day { day: day.day + 1, ..day }
    } else if day.day > last {
        day
    } else if day.month < 12 {
        Day { month: day.month + 1, day: 1, ..day }
    } else {
        Day { year: day.year + 1, month: 1, day: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Result<TimeOfDay, Malformed> {
        parse_time(text.as_bytes())
    }

    #[test]
    fn dates_are_read() {
        let day = Ok(Day { year: 2020, month: 2, day: 3 });
        for text in ["2020-02-03", "20200203", "2020-W06", "2020-W06-1", "2020W061", "2020W06"] {
            assert_eq!(parse_date(text.as_bytes()), day, "{text}");
        }
        for text in ["", "2020", "2020-0203", "2020-02/03", "2020-W54-1", "2020-W01-8", "x020-01-01"] {
            assert_eq!(parse_date(text.as_bytes()), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn times_are_read() {
        let expected = TimeOfDay { hour: 12, minute: 34, second: 56, microsecond: 789_000, offset: None };
        assert_eq!(time("12:34:56.789"), Ok(expected));
        assert_eq!(time("123456,789000999"), Ok(expected));
        let offset = |seconds, micros| TimeOfDay { offset: Some((seconds, micros)), ..expected };
        assert_eq!(time("12:34:56.789Z"), Ok(offset(0, 0)));
        assert_eq!(time("12:34:56.789-01:02:03.5"), Ok(offset(-3723, -500_000)));
        for text in [
            "",
            "1",
            "12:3",
            "12:34:56.",
            "12:3456",
            "12:34Z0",
            "12:34+",
            "12:34:56:78",
            "12.5",
            "12:34:56.Z",
            "12.+01",
        ] {
            assert_eq!(time(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn separators_are_found() {
        let expected = Day { year: 2020, month: 2, day: 3 };
        for text in
            ["2020-02-03 10", "2020-02-03\u{1234}10", "20200203T10", "2020-W06-1T10", "2020W061T10", "2020W06T10"]
        {
            let (day, time) = parse_datetime(text.as_bytes()).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!((day, time.hour), (expected, 10), "{text}");
        }
    }
}
