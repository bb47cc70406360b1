//! Bytes as a recipe for a long source of repeated pieces: what is quadratic in the length of a
//! source, or exponential in its depth, does not end within the time limit.
//!
//! The bytes 0x01 divide a prefix, a piece, a middle, another piece and a suffix; both pieces are
//! repeated as often as fits.

use crate::source;

/// Length of the source that is made, in bytes.
const LENGTH: usize = 1 << 15;

/// Longest recipe: long ones are for the other targets.
const LONGEST_RECIPE: usize = 120;

pub fn check(data: &[u8]) {
    if data.len() > LONGEST_RECIPE || data.contains(&0) {
        return;
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut parts = text.splitn(5, '\x01');
    let [prefix, first, middle, second, suffix] = [(); 5].map(|()| parts.next().unwrap_or_default());
    let each = first.len() + second.len();
    let count = (LENGTH - LONGEST_RECIPE).checked_div(each).unwrap_or(0);
    let source = format!("{prefix}{}{middle}{}{suffix}", first.repeat(count), second.repeat(count));
    source::check_plain_text(&source);
}
