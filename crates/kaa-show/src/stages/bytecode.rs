//! Bytecode, as `python -m dis` prints it.

use std::sync::Arc;

use kaa_bytecode::dis::{DisOptions, dis};
use kaa_bytecode::repr::{code_repr, text_lossy};
use kaa_bytecode::{CodeObject, Constant, pyc};

use crate::definitions::plain;
use crate::failure::Failure;
use crate::input::Input;
use crate::options::Options;

pub fn text(input: &Input, name: Option<&str>, options: &Options) -> Result<String, Failure> {
    let code = match input.is_compiled() {
        true => read(input)?,
        false => Arc::new(super::compile(input, options)?),
    };
    let layout = DisOptions {
        show_caches: options.show_caches,
        show_offsets: options.show_offsets,
        show_positions: options.show_positions,
        ..DisOptions::default()
    };
    let Some(name) = name else { return Ok(dis(&code, &layout)) };
    let mut out = String::new();
    for code in named(&code, &plain(name)) {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("Disassembly of {}:\n{}", code_repr(code, 0), dis(code, &layout)));
    }
    Ok(out)
}

fn read(input: &Input) -> Result<Arc<CodeObject>, Failure> {
    let failure = |error: pyc::PycError| Failure::Source(format!("kaa show: {}: {error}\n", input.name));
    pyc::read_header(&input.bytes, &input.name).map_err(failure)?;
    pyc::read_body(&input.bytes, &input.name).map_err(failure)
}

/// The code objects of a qualified name, outer ones first.
fn named<'c>(code: &'c CodeObject, wanted: &str) -> Vec<&'c CodeObject> {
    let mut found = Vec::new();
    let mut pending = vec![code];
    while let Some(code) = pending.pop() {
        if plain(&text_lossy(&code.qualname)) == wanted {
            found.push(code);
            continue;
        }
        let inner = code.consts.iter().rev().filter_map(|constant| match constant {
            Constant::Code(inner) => Some(&**inner),
            _ => None,
        });
        pending.extend(inner);
    }
    found
}
