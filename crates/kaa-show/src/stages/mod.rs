//! The stages, each in a file of its own.

mod bytecode;
mod compiled;
mod symbols;
mod tokens;
mod tree;
mod units;

use kaa_ast::Arena;
use kaa_bytecode::CodeObject;
use kaa_compiler::{CompileOptions, NoWarnings};
use kaa_parser::{Mode, ParseOptions, Parsed};

use crate::failure::Failure;
use crate::input::Input;
use crate::options::{Options, Stage};

/// The text of a stage: of a whole file, or of the definitions of a qualified name in it.
pub fn text(input: &Input, name: Option<&str>, options: &Options) -> Result<String, Failure> {
    if input.is_compiled() && !matches!(options.stage, Stage::Bytecode | Stage::Pyc) {
        let stage = options.stage.name();
        return Err(Failure::Usage(format!("{} is compiled: there is no stage {stage} of it", input.name)));
    }
    let text = match options.stage {
        Stage::Pyc => compiled::text(input, name, options)?,
        Stage::Bytecode => bytecode::text(input, name, options)?,
        stage => {
            let (source, encoding) = input.decode()?;
            match stage {
                Stage::Tokens => tokens::text(input, &source, &encoding, name)?,
                Stage::Ast => tree::text(input, &source, name, options)?,
                Stage::Symtable => symbols::text(input, &source, name, options)?,
                _ => units::text(input, &source, name, options)?,
            }
        }
    };
    match name {
        Some(name) if text.is_empty() => {
            Err(Failure::Source(format!("kaa show: {}: no function or class {name}\n", input.name)))
        }
        _ => Ok(text),
    }
}

fn parse<'a>(input: &Input, source: &'a str, arena: &'a Arena, comments: bool) -> Result<Parsed<'a>, Failure> {
    let options = ParseOptions { mode: Mode::Exec, type_comments: comments, ..ParseOptions::default() };
    kaa_parser::parse(source, arena, &options).map_err(|error| Failure::of_parser(&error, &input.name))
}

fn compile_options(options: &Options) -> CompileOptions {
    CompileOptions { optimize: options.optimize, ..CompileOptions::default() }
}

/// The code object of a source.
fn compile(input: &Input, options: &Options) -> Result<CodeObject, Failure> {
    let (source, _) = input.decode()?;
    let arena = Arena::new();
    let mut parsed = parse(input, &source, &arena, false)?;
    let filename = input.name.as_bytes().into();
    let options = compile_options(options);
    kaa_compiler::compile(&parsed.module, &arena, &mut parsed.interner, &filename, options, &mut NoWarnings)
        .map_err(|error| Failure::of_compiler(&error, &input.name, &source))
}
