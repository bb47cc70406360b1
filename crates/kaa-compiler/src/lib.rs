//! From syntax tree to code object, as CPython 3.14 does it: symbol tables, code generation, flow
//! graph, assembly.
#![forbid(unsafe_code)]
