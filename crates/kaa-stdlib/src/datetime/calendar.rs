//! The proleptic Gregorian calendar: ordinals, weekdays, ISO weeks. Plain numbers, no Python.
//!
//! Day 1 is January 1 of year 1, a Monday.

/// The earliest year.
pub const MIN_YEAR: i32 = 1;
/// The latest year.
pub const MAX_YEAR: i32 = 9999;
/// The ordinal of December 31 of the latest year.
pub const MAX_ORDINAL: i32 = 3_652_059;
/// The ordinal of January 1, 1970.
pub const EPOCH_ORDINAL: i32 = 719_163;

const DAYS_BEFORE_MONTH: [i32; 13] = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_400_YEARS: i32 = 146_097;

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// 1 to 9999, where it was checked.
    pub year: i32,
    /// 1 to 12.
    pub month: i32,
    /// 1 to 31.
    pub day: i32,
}

/// Whether a year has a February 29.
pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// How many days a month has.
pub fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// How many days of a year come before a month.
pub fn days_before_month(year: i32, month: i32) -> i32 {
    DAYS_BEFORE_MONTH[month as usize] + i32::from(month > 2 && is_leap(year))
}

fn days_before_year(year: i32) -> i32 {
    let past = year - 1;
    past * 365 + past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400)
}

impl Day {
    /// The day of an ordinal, 1 or above.
    pub fn from_ordinal(ordinal: i32) -> Day {
        let (cycles, in_cycle) = ((ordinal - 1) / DAYS_IN_400_YEARS, (ordinal - 1) % DAYS_IN_400_YEARS);
        // In a cycle that begins on March 1 the leap day is the last one: shift by the 306 days from
        // March to the end of December.
        let shifted = in_cycle + 306;
        let century = ((4 * shifted + 3) / DAYS_IN_400_YEARS).min(4);
        let in_century = shifted - DAYS_IN_400_YEARS * century / 4;
        let year_of_century = (4 * in_century + 3) / 1461;
        let in_year = in_century - 1461 * year_of_century / 4;
        let month_from_march = (5 * in_year + 2) / 153;
        let day = in_year - (153 * month_from_march + 2) / 5 + 1;
        let wraps = month_from_march >= 10;
        Day {
            year: cycles * 400 + century * 100 + year_of_century + i32::from(wraps),
            month: if wraps { month_from_march - 9 } else { month_from_march + 3 },
            day,
        }
    }

    /// The number of days from January 1 of year 1 on, that day counted.
    pub fn ordinal(self) -> i32 {
        days_before_year(self.year) + days_before_month(self.year, self.month) + self.day
    }

    /// 0 for Monday.
    pub fn weekday(self) -> i32 {
        (self.ordinal() + 6).rem_euclid(7)
    }

    /// The number of the day in its year, from 1.
    pub fn day_of_year(self) -> i32 {
        days_before_month(self.year, self.month) + self.day
    }

    /// The day so many days later; `None` beyond the calendar. The month is one.
    pub fn plus(self, days: i32) -> Option<Day> {
        let day = self.day + days;
        if self.year >= MIN_YEAR && self.year <= MAX_YEAR && day >= 1 && day <= days_in_month(self.year, self.month) {
            return Some(Day { day, ..self });
        }
        let ordinal = Day { day: 1, ..self }.ordinal().checked_add(day - 1)?;
        (1..=MAX_ORDINAL).contains(&ordinal).then(|| Day::from_ordinal(ordinal))
    }

    /// ISO year, week and weekday (1 for Monday).
    pub fn iso_week(self) -> (i32, i32, i32) {
        let ordinal = self.ordinal();
        let mut year = self.year;
        if ordinal < first_iso_monday(year) {
            year -= 1;
        } else if ordinal >= first_iso_monday(year + 1) {
            year += 1;
        }
        let days = ordinal - first_iso_monday(year);
        (year, days / 7 + 1, days % 7 + 1)
    }

    /// The day of an ISO year, week and weekday; its year may lie beyond the calendar.
    pub fn from_iso_week(year: i32, week: i32, weekday: i32) -> Result<Day, IsoWeekError> {
        if !(MIN_YEAR..=MAX_YEAR).contains(&year) {
            return Err(IsoWeekError::Year);
        }
        if !(1..=53).contains(&week) || week == 53 && !has_53_weeks(year) {
            return Err(IsoWeekError::Week);
        }
        if !(1..=7).contains(&weekday) {
            return Err(IsoWeekError::Weekday);
        }
        let ordinal = first_iso_monday(year) + (week - 1) * 7 + weekday - 1;
        // The first week of year 1 begins on its first day; so no ordinal is below 1.
        Ok(Day::from_ordinal(ordinal))
    }
}

/// Which part of an ISO week date is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsoWeekError {
    /// Not within the calendar.
    Year,
    /// Not a week of the year.
    Week,
    /// Not 1 to 7.
    Weekday,
}

/// Years that begin on a Thursday, and leap years that begin on a Wednesday.
fn has_53_weeks(year: i32) -> bool {
    match (Day { year, month: 1, day: 1 }).weekday() {
        3 => true,
        2 => is_leap(year),
        _ => false,
    }
}

/// The ordinal of the Monday of the first ISO week: that with the year's first Thursday.
fn first_iso_monday(year: i32) -> i32 {
    let first = Day { year, month: 1, day: 1 };
    let weekday = first.weekday();
    first.ordinal() - weekday + if weekday > 3 { 7 } else { 0 }
}

/// Takes whole units out of `low`, so that it lies within one, and gives how many.
pub fn carry(low: &mut i32, unit: i32) -> i32 {
    let whole = low.div_euclid(unit);
    *low = low.rem_euclid(unit);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_its_ordinal() {
        let mut ordinal = 0;
        for year in MIN_YEAR..=MAX_YEAR {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    ordinal += 1;
                    let date = Day { year, month, day };
                    assert_eq!(date.ordinal(), ordinal);
                    assert_eq!(Day::from_ordinal(ordinal), date);
                }
            }
        }
        assert_eq!(ordinal, MAX_ORDINAL);
        assert_eq!(Day { year: 1970, month: 1, day: 1 }.ordinal(), EPOCH_ORDINAL);
    }

    #[test]
    fn iso_weeks_are_undone() {
        for ordinal in (1..=MAX_ORDINAL).step_by(3) {
            let day = Day::from_ordinal(ordinal);
            let (year, week, weekday) = day.iso_week();
            if year >= MIN_YEAR {
                assert_eq!(Day::from_iso_week(year, week, weekday), Ok(day));
            }
            assert_eq!(weekday, day.weekday() + 1);
        }
        assert_eq!(Day { year: 2021, month: 1, day: 3 }.iso_week(), (2020, 53, 7));
        assert_eq!(Day::from_iso_week(2021, 53, 1), Err(IsoWeekError::Week));
    }

    #[test]
    fn days_are_added_within_the_calendar() {
        let last = Day { year: 9999, month: 12, day: 31 };
        assert_eq!(last.plus(1), None);
        assert_eq!(last.plus(-MAX_ORDINAL), None);
        assert_eq!(last.plus(1 - MAX_ORDINAL), Some(Day { year: 1, month: 1, day: 1 }));
        assert_eq!(Day { year: 2023, month: 2, day: 28 }.plus(1), Some(Day { year: 2023, month: 3, day: 1 }));
    }
}
