//! The format mini-language of `format()` and f-strings for `int`, `float`, `complex` and `str`.

mod numbers;
mod percent;
mod spec;
mod text;

pub use numbers::{format_complex, format_float, format_int};
pub use percent::{percent_bytes, percent_str};
pub use spec::Spec;
pub use text::format_str;
