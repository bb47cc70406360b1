//! The contents of modules: read, and compiled as an executable needs them.

use std::io;
use std::path::Path;

use kaa_bytecode::{CodeObject, pyc, verify};
use kaa_compile::{Diagnostic, Level, Python, Request, Warnings, compile_source, os_error};
use kaa_compiler::Docstrings;

use crate::find::{Finder, Found, Kind, Origin};

/// A module's file.
pub struct Source {
    kind: Kind,
    origin: Origin,
    /// As tracebacks name it.
    pub shown: String,
    /// As messages name it.
    pub file: String,
    contents: io::Result<Vec<u8>>,
}

impl Source {
    pub fn read(finder: &Finder, name: &str, found: &Found) -> Source {
        let root = finder.root(found.root);
        let shown = match found.origin {
            Origin::Library => format!("<frozen {name}>"),
            _ => found.path.clone(),
        };
        let (kind, origin) = (found.kind, found.origin);
        Source { kind, origin, shown, file: root.full(&found.path), contents: root.read(&found.path) }
    }

    pub fn len(&self) -> u64 {
        self.contents.as_ref().map_or(0, |contents| contents.len() as u64)
    }
}

/// How modules are compiled.
pub struct Compiler<'c> {
    pub level: Level,
    pub docstrings: Docstrings,
    pub python: &'c dyn Python,
    pub jobs: usize,
}

/// What comes of it.
pub struct Compiled {
    pub code: Result<CodeObject, Diagnostic>,
    pub warnings: Vec<Diagnostic>,
}

impl Compiler<'_> {
    /// Compiles a source, or reads the code of a `.pyc` file.
    pub fn compile(&self, source: &Source, is_main: bool) -> Compiled {
        self.compile_with(source, is_main, self.docstrings)
    }

    pub fn compile_with(&self, source: &Source, is_main: bool, docstrings: Docstrings) -> Compiled {
        let contents = match &source.contents {
            Ok(contents) => contents,
            Err(error) => {
                return Compiled { code: Err(os_error(error, Path::new(&source.file))), warnings: Vec::new() };
            }
        };
        if source.kind == Kind::Bytecode {
            return Compiled { code: read_bytecode(contents, &source.file), warnings: Vec::new() };
        }
        // Who maintains the others sees their warnings.
        let warnings = if is_main || source.origin == Origin::Program { Warnings::Show } else { Warnings::Ignore };
        let request = Request {
            filename: &source.shown.as_bytes().into(),
            levels: &[self.level],
            docstrings,
            warnings,
            max_int_digits: kaa_compile::Options::default().max_int_digits,
        };
        let compiled = compile_source(contents, self.python, &request);
        let code = compiled.result.map(|mut codes| codes.remove(0));
        Compiled { code, warnings: compiled.warnings }
    }
}

fn read_bytecode(contents: &[u8], file: &str) -> Result<CodeObject, Diagnostic> {
    let refused = |message: String| Diagnostic::without_place("ImportError", message);
    pyc::read_header(contents, file).map_err(|error| refused(error.to_string()))?;
    let code = pyc::read_body(contents, file).map_err(|error| refused(error.to_string()))?;
    verify_all(&code).map_err(refused)?;
    Ok((*code).clone())
}

/// Bytecode from elsewhere is trusted once it is in an executable.
fn verify_all(code: &CodeObject) -> Result<(), String> {
    verify::verify_layout(code).map_err(|error| error.to_string())?;
    verify::verify(&verify::Facts::of(code)).map_err(|error| error.to_string())?;
    code.consts.iter().try_for_each(|constant| match constant {
        kaa_bytecode::Constant::Code(inner) => verify_all(inner),
        _ => Ok(()),
    })
}

/// Takes the tables of lines out of code and all code in it.
pub fn without_lines(code: &CodeObject) -> CodeObject {
    let mut out = code.clone();
    out.linetable = Box::default();
    out.firstlineno = 0;
    for constant in &mut out.consts {
        if let kaa_bytecode::Constant::Code(inner) = constant {
            *inner = without_lines(inner).into();
        }
    }
    out
}
