//! The macros with which native types and modules are written. `README.md` shows their use.
//!
//! Each expands to plain statics of `kaa-objects` (`TypeDef`, `ModuleDef`) and one wrapper function
//! for each Rust function that Python can call. Nothing here decides what a program does: argument
//! errors, conversions and binding are functions of `kaa_objects::args`.

mod attributes;
mod function;
mod py_module;
mod py_type;
mod signature;
mod slots;
mod trace;
mod wrapper;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Implements `kaa_objects::Trace`: every field that can hold a reference is visited. Fields of
/// plain types are left out; `#[trace(skip)]` leaves out others.
#[proc_macro_derive(Trace, attributes(trace))]
pub fn derive_trace(input: TokenStream) -> TokenStream {
    finish(trace::derive(parse_macro_input!(input)))
}

/// Makes a Python type of an `impl` block: see the README.
#[proc_macro_attribute]
pub fn py_type(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(py_type::expand(parse_macro_input!(arguments), parse_macro_input!(item)))
}

/// Further methods and computed attributes of a type, in another file than its `#[py_type]`.
#[proc_macro_attribute]
pub fn py_methods(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(py_type::expand_part(parse_macro_input!(arguments), parse_macro_input!(item)))
}

/// Makes a Python module of an `impl` block: see the README.
#[proc_macro_attribute]
pub fn py_module(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(py_module::expand(parse_macro_input!(arguments), parse_macro_input!(item)))
}

/// Further functions of a module, in another file than its `#[py_module]`.
#[proc_macro_attribute]
pub fn py_functions(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(py_module::expand_part(parse_macro_input!(arguments), parse_macro_input!(item)))
}

fn finish(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(|error| error.to_compile_error()).into()
}
