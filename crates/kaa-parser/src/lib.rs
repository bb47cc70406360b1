//! From source text to syntax tree, or to the `SyntaxError` that CPython 3.14 raises.
#![forbid(unsafe_code)]
