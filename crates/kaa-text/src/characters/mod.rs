//! Properties and cases of characters by table: Unicode 16, as `str`'s methods know it.
//!
//! A code point's record is found by two indexes. `cargo xtask unicode-tables` writes the tables.

mod tables;

pub use tables::UNICODE_VERSION;

/// What is known of a character.
pub struct Record {
    flags: u16,
    /// The value of a decimal digit.
    digit: u8,
    /// What is added for the lower case of a single character; likewise the others.
    lower: i32,
    upper: i32,
    title: i32,
}

/// Cases of a character that the record does not hold; 0 fills up.
pub struct SpecialCase {
    code: u32,
    lower: [u32; 3],
    upper: [u32; 3],
    title: [u32; 3],
    fold: [u32; 3],
}

#[inline]
fn record(code: u32) -> &'static Record {
    let last = tables::BLOCK_OF.len() - 1;
    let block = usize::from(tables::BLOCK_OF[(code as usize >> 7).min(last)]);
    &tables::RECORDS[usize::from(tables::BLOCKS[block << 7 | code as usize & 127])]
}

macro_rules! predicates {
    ($($(#[$doc:meta])* $name:ident: $flags:expr;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub fn $name(code: u32) -> bool {
            record(code).flags & ($flags) != 0
        }
    )*};
}

predicates! {
    /// A letter: one of the categories `L*`.
    is_alpha: tables::ALPHA;
    /// A decimal digit: category `Nd`.
    is_decimal: tables::DECIMAL;
    /// A digit, also superscript and the like.
    is_digit: tables::DIGIT;
    /// A character with a numeric value.
    is_numeric: tables::NUMERIC;
    /// A letter or a character with a numeric value.
    is_alphanumeric: tables::ALPHA | tables::DECIMAL | tables::DIGIT | tables::NUMERIC;
    /// A lower case character.
    is_lower: tables::LOWER;
    /// An upper case character.
    is_upper: tables::UPPER;
    /// A title case character.
    is_title: tables::TITLE;
    /// A character with a case.
    is_cased: tables::LOWER | tables::UPPER | tables::TITLE;
    /// A character that the search for the end of a word passes over (final sigma).
    is_case_ignorable: tables::CASE_IGNORABLE;
    /// White space.
    is_space: tables::SPACE;
    /// A character that `repr` shows as it is.
    is_printable: tables::PRINTABLE;
    /// A character that an identifier may start with.
    is_xid_start: tables::XID_START;
    /// A character that an identifier may go on with.
    is_xid_continue: tables::XID_CONTINUE;
}

/// The value of a decimal digit.
#[inline]
pub fn decimal_digit(code: u32) -> Option<u8> {
    let record = record(code);
    (record.flags & tables::DECIMAL != 0).then_some(record.digit)
}

/// Some code points, at most three: a character in another case.
pub type Cased = ([u32; 3], usize);

fn special(code: u32) -> &'static SpecialCase {
    let found = tables::SPECIAL_CASES.binary_search_by_key(&code, |case| case.code);
    &tables::SPECIAL_CASES[found.expect("the flag says that there is one")]
}

fn filled(codes: [u32; 3]) -> Cased {
    (codes, 1 + codes[1..].iter().filter(|&&code| code != 0).count())
}

macro_rules! cases {
    ($($(#[$doc:meta])* $name:ident: $delta:ident, $special:ident;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub fn $name(code: u32) -> Cased {
            let record = record(code);
            if record.flags & tables::SPECIAL_CASE != 0 {
                return filled(special(code).$special);
            }
            ([code.wrapping_add_signed(record.$delta), 0, 0], 1)
        }
    )*};
}

cases! {
    /// The lower case; without regard to what follows a sigma.
    to_lower: lower, lower;
    /// The upper case.
    to_upper: upper, upper;
    /// The title case.
    to_title: title, title;
    /// The form for comparisons without regard to case.
    to_fold: lower, fold;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties() {
        assert_eq!(UNICODE_VERSION, "16.0.0");
        assert!(is_alpha('é'.into()) && is_alpha('名'.into()) && !is_alpha('1'.into()));
        assert!(is_numeric('½'.into()) && !is_digit('½'.into()) && is_digit('²'.into()) && !is_decimal('²'.into()));
        assert!(is_title('ǅ'.into()) && is_cased('ǅ'.into()) && !is_upper('ǅ'.into()));
        assert!(is_case_ignorable('\''.into()) && !is_case_ignorable('a'.into()));
        assert!(!is_printable(0xd800) && !is_printable(0x10ffff) && is_printable('🐍'.into()));
        assert_eq!(decimal_digit('\u{1d7ff}'.into()), Some(9));
        assert_eq!(decimal_digit('x'.into()), None);
    }

    #[test]
    fn cases() {
        let text = |(codes, len): Cased| -> String {
            codes[..len].iter().map(|&code| char::from_u32(code).expect("a character")).collect()
        };
        assert_eq!(text(to_upper('ß'.into())), "SS");
        assert_eq!(text(to_title('ß'.into())), "Ss");
        assert_eq!(text(to_fold('ß'.into())), "ss");
        assert_eq!(text(to_lower('İ'.into())), "i\u{307}");
        assert_eq!(text(to_upper('ΐ'.into())), "\u{399}\u{308}\u{301}");
        assert_eq!(text(to_upper('ÿ'.into())), "Ÿ");
        assert_eq!(text(to_fold('ſ'.into())), "s");
        assert_eq!(text(to_lower('Q'.into())), "q");
    }
}
