//! Text as Python has it, and the Unicode data that the language needs.
#![forbid(unsafe_code)]
