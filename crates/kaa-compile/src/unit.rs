//! One source: from its bytes to code objects.

use std::cell::Cell;

use kaa_ast::Arena;
use kaa_bytecode::{CodeObject, TextBytes};
use kaa_compiler::{Compilation, CompileOptions, Docstrings, Session, Warning, WarningAction, WarningSink};
use kaa_parser::ParseOptions;

use crate::{Diagnostic, Level, Python, Warnings};

/// How a source is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The path that the code objects name.
    pub filename: &'r TextBytes,
    pub levels: &'r [Level],
    pub docstrings: Docstrings,
    pub warnings: Warnings,
    pub max_int_digits: u32,
}

/// What comes of a source: a code object for each level, or an error; and warnings in either case.
#[derive(Debug)]
#[must_use]
pub struct Compiled {
    pub result: Result<Vec<CodeObject>, Diagnostic>,
    pub warnings: Vec<Diagnostic>,
}

/// Compiles the bytes of a source.
pub fn compile_source(source: &[u8], python: &dyn Python, request: &Request<'_>) -> Compiled {
    let mut warnings = Vec::new();
    let mut memory = MEMORY.take().unwrap_or_default();
    let result = compile_levels(source, &mut memory, python, request, &mut warnings);
    memory.arena.reset();
    MEMORY.set(Some(memory));
    let result = result.map_err(|error| match error.may_have_hint() {
        true => python.hint(source, &String::from_utf8_lossy(request.filename)).unwrap_or(error),
        false => error,
    });
    Compiled { result, warnings }
}

thread_local! {
    static MEMORY: Cell<Option<Memory>> = const { Cell::new(None) };
}

/// What is used again for the next source.
#[derive(Default)]
struct Memory {
    /// Of trees.
    arena: Arena,
    session: Session,
}

fn compile_levels(
    source: &[u8],
    memory: &mut Memory,
    python: &dyn Python,
    request: &Request<'_>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<CodeObject>, Diagnostic> {
    let Memory { arena, session } = memory;
    let arena = &*arena;
    let mut codec = |name: &str, bytes: &[u8]| python.decode(name, bytes);
    let decoded = kaa_parser::decode_source(source, None, &mut codec).map_err(Diagnostic::of_parser)?;
    let text: &str = &decoded.text;
    let line = |number: i32| {
        let index = usize::try_from(number - 1).ok()?;
        text.split_inclusive('\n').nth(index).map(str::to_owned)
    };
    let options = ParseOptions { max_int_digits: request.max_int_digits, ..ParseOptions::default() };
    let parsed = kaa_parser::parse(text, arena, &options);
    let parser_warnings = match &parsed {
        Ok(parsed) => &parsed.warnings,
        Err(error) => &error.warnings,
    };
    for warning in parser_warnings {
        match request.warnings {
            Warnings::Ignore => {}
            Warnings::Show => warnings.push(Diagnostic::of_parser_warning(warning.clone(), line)),
            Warnings::Error => return Err(Diagnostic::of_parser((*warning.as_error).clone())),
        }
    }
    let mut parsed = parsed.map_err(Diagnostic::of_parser)?;
    let mut codes = Vec::with_capacity(request.levels.len());
    for (index, level) in request.levels.iter().enumerate() {
        let optimize = level.number();
        let options = CompileOptions { optimize, docstrings: request.docstrings, ..CompileOptions::default() };
        let mut sink = Sink { action: request.warnings, warnings: Vec::new() };
        let (module, names, filename) = (&parsed.module, &mut parsed.interner, request.filename);
        let changing_lines = parsed.changing_lines.as_deref();
        let compilation = Compilation { module, arena, names, filename, options, warnings: &mut sink, changing_lines };
        let code = compilation.run(session);
        // The other levels say the same.
        if index == 0 {
            warnings.extend(sink.warnings.into_iter().map(|warning| Diagnostic::of_compiler_warning(warning, line)));
        }
        codes.push(code.map_err(|error| Diagnostic::of_compiler(error, line))?);
    }
    Ok(codes)
}

struct Sink {
    action: Warnings,
    warnings: Vec<Warning>,
}

impl WarningSink for Sink {
    fn warn(&mut self, warning: Warning) -> WarningAction {
        match self.action {
            Warnings::Show => self.warnings.push(warning),
            Warnings::Ignore => {}
            Warnings::Error => return WarningAction::Raise,
        }
        WarningAction::Continue
    }
}
