//! Code units on the way to bytecode: the instructions of code generation, and the flow graph
//! before the first pass and after each that changes it.

use std::fmt::Write;

use kaa_ast::Arena;
use kaa_compiler::UnitText;
use kaa_compiler::flowgraph::PASSES;

use super::{compile_options, parse};
use crate::definitions::is_within;
use crate::failure::Failure;
use crate::input::Input;
use crate::options::{Options, Stage};

pub fn text(input: &Input, source: &str, name: Option<&str>, options: &Options) -> Result<String, Failure> {
    let arena = Arena::new();
    let mut parsed = parse(input, source, &arena, false)?;
    let stage = match options.stage {
        Stage::Codegen => kaa_compiler::Stage::Instructions,
        _ => kaa_compiler::Stage::Passes,
    };
    let units = kaa_compiler::show(stage, &parsed.module, &arena, &mut parsed.interner, compile_options(options))
        .map_err(|error| Failure::of_compiler(&error, &input.name, source))?;
    let mut out = String::new();
    for unit in outer_first(units) {
        if name.is_some_and(|name| !is_within(&unit.qualname, name)) {
            continue;
        }
        match options.stage {
            Stage::Codegen => {
                let _ = writeln!(out, "{}:\n{}", unit.qualname, unit.texts.concat());
            }
            _ => passes(&unit, options.pass, &mut out),
        }
    }
    Ok(out)
}

/// The graph as it is built and after each pass; of one pass, before and after it.
fn passes(unit: &UnitText, only: Option<&str>, out: &mut String) {
    if only.is_none() {
        let _ = writeln!(out, "{}, as built:\n{}", unit.qualname, unit.texts[0]);
    }
    for (index, pass) in PASSES.iter().enumerate().filter(|(_, pass)| only.is_none_or(|only| only == pass.name)) {
        let (before, after) = (&unit.texts[index], &unit.texts[index + 1]);
        let heading = format!("{}, pass {} of {}, {}", unit.qualname, index + 1, PASSES.len(), pass.name);
        if before == after {
            let _ = writeln!(out, "{heading}: no change\n");
        } else if only.is_some() {
            let _ = writeln!(out, "{heading}, before:\n{before}\n{heading}, after:\n{after}");
        } else {
            let _ = writeln!(out, "{heading}:\n{after}");
        }
    }
}

/// Units come inner ones first; here each comes before those in it.
fn outer_first(units: Vec<UnitText>) -> Vec<UnitText> {
    // Trees that are whole, each a list in the order wanted, with the depth of its root.
    let mut trees: Vec<(usize, Vec<UnitText>)> = Vec::new();
    for unit in units {
        let first = trees.iter().rposition(|(depth, _)| *depth <= unit.depth).map_or(0, |last| last + 1);
        let inner: Vec<UnitText> = trees.drain(first..).flat_map(|(_, tree)| tree).collect();
        let depth = unit.depth;
        trees.push((depth, std::iter::once(unit).chain(inner).collect()));
    }
    trees.into_iter().flat_map(|(_, tree)| tree).collect()
}
