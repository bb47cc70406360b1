//! Properties of characters as `unicodedata` knows them, of Unicode 16 and of Unicode 3.2.
//!
//! Characters with equal properties stand in runs. `cargo xtask unicode-tables` writes the tables.

mod tables;

use tables::{
    CATEGORIES, DIRECTIONS, NUMBERS, OLD_RECORD_OF, OLD_RECORDS, OLD_STARTS, PAGES, RECORD_OF, RECORDS, STARTS, WIDTHS,
};

use crate::normal_forms::Form;

/// What is known of a character.
#[derive(Clone, Copy)]
pub struct Properties {
    category: u8,
    direction: u8,
    combining: u8,
    width: u8,
    mirrored: bool,
    /// Which number it stands for; 0 for none.
    number: u8,
    /// 255 for none.
    digit: u8,
    decimal: u8,
    /// For each normal form whether the character is in it whatever it stands beside.
    stays: u8,
}

#[allow(clippy::too_many_arguments, reason = "a row of a table")]
const fn record(
    category: u8,
    direction: u8,
    combining: u8,
    width: u8,
    mirrored: u8,
    number: u8,
    digit: u8,
    decimal: u8,
    stays: u8,
) -> Properties {
    Properties { category, direction, combining, width, mirrored: mirrored != 0, number, digit, decimal, stays }
}

/// The properties of a code point.
#[inline]
pub fn of(code: u32) -> &'static Properties {
    let page = (code as usize >> 8).min(PAGES.len() - 1);
    let first = usize::from(PAGES[page]);
    let last = PAGES.get(page + 1).map_or(STARTS.len() - 1, |&run| usize::from(run));
    let run = first + STARTS[first + 1..=last].partition_point(|&start| start <= code);
    &RECORDS[usize::from(RECORD_OF[run])]
}

/// The properties of a code point in Unicode 3.2.
pub fn of_unicode_3_2(code: u32) -> &'static Properties {
    let run = OLD_STARTS.partition_point(|&start| start <= code) - 1;
    match OLD_RECORD_OF[run] {
        0 => of(code),
        number => &OLD_RECORDS[usize::from(number) - 1],
    }
}

impl Properties {
    /// The general category: `Lu`.
    pub fn category(&self) -> &'static str {
        CATEGORIES[usize::from(self.category)]
    }

    /// Whether it is a character at all: its category is not `Cn`.
    pub fn is_assigned(&self) -> bool {
        self.category() != "Cn"
    }

    /// The bidirectional class; empty for none.
    pub fn bidirectional(&self) -> &'static str {
        DIRECTIONS[usize::from(self.direction)]
    }

    /// The canonical combining class.
    #[inline]
    pub fn combining(&self) -> u8 {
        self.combining
    }

    /// How wide it is beside East Asian characters: `Na`.
    pub fn east_asian_width(&self) -> &'static str {
        WIDTHS[usize::from(self.width)]
    }

    /// Whether it is mirrored in text from right to left.
    pub fn is_mirrored(&self) -> bool {
        self.mirrored
    }

    /// The number that it stands for.
    pub fn numeric(&self) -> Option<f64> {
        (self.number != 0).then(|| NUMBERS[usize::from(self.number)])
    }

    /// The digit that it stands for.
    pub fn digit(&self) -> Option<u8> {
        Some(self.digit).filter(|&digit| digit < 10)
    }

    /// The decimal digit that it stands for.
    pub fn decimal(&self) -> Option<u8> {
        Some(self.decimal).filter(|&digit| digit < 10)
    }

    /// Whether it is in a normal form whatever it stands beside, but for the order of combining
    /// characters.
    #[inline]
    pub(crate) fn stays_in(&self, form: Form) -> bool {
        self.stays >> (form as u8) & 1 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties() {
        let half = of('½'.into());
        assert_eq!((half.category(), half.numeric(), half.digit(), half.decimal()), ("No", Some(0.5), None, None));
        let arabic = of('\u{0663}'.into());
        assert_eq!((arabic.bidirectional(), arabic.digit(), arabic.decimal()), ("AN", Some(3), Some(3)));
        assert_eq!((of('('.into()).is_mirrored(), of('x'.into()).is_mirrored()), (true, false));
        assert_eq!((of('\u{301}'.into()).combining(), of('名'.into()).east_asian_width()), (230, "W"));
        assert_eq!((of(0x10_ffff).category(), of(0x10_fffd).category(), of(0xd800).category()), ("Cn", "Co", "Cs"));
    }

    #[test]
    fn older_properties() {
        assert!(of('\u{1f600}'.into()).is_assigned() && !of_unicode_3_2('\u{1f600}'.into()).is_assigned());
        assert_eq!(of_unicode_3_2('a'.into()).category(), "Ll");
        // A letter that was a symbol.
        assert_eq!((of_unicode_3_2(0x200b).category(), of(0x200b).category()), ("Zs", "Cf"));
    }
}
