//! The syntax tree, as `python -m ast -i 2` prints it; with `-O` the one that is compiled in its place.

use kaa_ast::dump::{DumpOptions, dump_module, dump_stmt};
use kaa_ast::{Arena, Mod};
use kaa_compiler::NoWarnings;

use super::{compile_options, parse};
use crate::definitions;
use crate::failure::Failure;
use crate::input::Input;
use crate::options::Options;

pub fn text(input: &Input, source: &str, name: Option<&str>, options: &Options) -> Result<String, Failure> {
    let arena = Arena::new();
    let mut parsed = parse(input, source, &arena, true)?;
    // It also finds the errors that are no matter of the grammar.
    let names = &mut parsed.interner;
    let optimized = kaa_compiler::preprocess(&parsed.module, &arena, names, compile_options(options), &mut NoWarnings)
        .map_err(|error| Failure::of_compiler(&error, &input.name, source))?;
    let module: &Mod = if options.optimize > 0 { &optimized } else { &parsed.module };
    let layout = DumpOptions { attributes: options.attributes, indent: Some(2) };
    Ok(match name {
        None => dump_module(module, &parsed.interner, layout) + "\n",
        Some(name) => definitions::find(module, &parsed.interner, name)
            .into_iter()
            .map(|stmt| dump_stmt(stmt, &parsed.interner, layout) + "\n")
            .collect(),
    })
}
