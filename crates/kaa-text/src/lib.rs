//! Text as Python knows it, for stages that know no virtual machine: generalized UTF-8, in which
//! lone surrogates are encoded like other code points, and the data of Unicode 16.
#![forbid(unsafe_code)]

pub mod categories;
pub mod characters;
pub mod floats;
pub mod identifiers;
pub mod json;
pub mod names;
pub mod normal_forms;
pub mod properties;
pub mod words;
pub mod wtf8;

pub use categories::{decimal_digit, is_printable, is_space};
pub use words::for_each_word;
