//! From source text to a code object on the heap, errors raised as Python exceptions.

use kaa_ast::Arena;
use kaa_bytecode::{CodeObject, TextBytes};
use kaa_compiler::{CompileError, CompileOptions, NoWarnings};
use kaa_objects::types::code::PyCode;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};
use kaa_parser::{Mode, ParseOptions, SyntaxError};

/// What a source is compiled for.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// `exec`, `eval` or `single`.
    pub mode: Mode,
    /// 0, 1 or 2.
    pub optimize: u8,
    /// Bits of future features in force.
    pub future: u32,
    /// Whether `await` may stand at the top level.
    pub top_level_await: bool,
}

impl Default for Request {
    fn default() -> Self {
        Request { mode: Mode::Exec, optimize: 0, future: 0, top_level_await: false }
    }
}

/// Compiles the bytes of a file, or the text that `compile()` was given.
pub fn compile(vm: &Vm, source: &[u8], filename: &str, request: Request) -> PyResult<Gc<PyCode>> {
    let mut no_codec = |name: &str, _: &[u8]| Err(format!("unknown encoding: {name}"));
    let decoded = match kaa_parser::decode_source(source, Some(filename), &mut no_codec) {
        Ok(decoded) => decoded,
        Err(error) => return Err(raise_syntax_error(vm, &error, filename)),
    };
    let code = compile_text(vm, &decoded.text, filename, request)?;
    vm.new_code(&code)
}

fn compile_text(vm: &Vm, text: &str, filename: &str, request: Request) -> PyResult<CodeObject> {
    let arena = Arena::new();
    let max_int_digits = u32::try_from(vm.max_str_digits.get()).unwrap_or(u32::MAX);
    let options = ParseOptions { mode: request.mode, max_int_digits, ..ParseOptions::default() };
    let mut parsed = match kaa_parser::parse(text, &arena, &options) {
        Ok(parsed) => parsed,
        Err(error) => return Err(raise_syntax_error(vm, &error, filename)),
    };
    let options = CompileOptions {
        optimize: request.optimize,
        future: request.future,
        top_level_await: request.top_level_await,
        ..CompileOptions::default()
    };
    let filename_bytes: TextBytes = filename.as_bytes().into();
    let names = &mut parsed.interner;
    kaa_compiler::compile(&parsed.module, &arena, names, &filename_bytes, options, &mut NoWarnings)
        .map_err(|error| raise_compile_error(vm, &error, filename, text))
}

/// Raises what the parser found.
pub fn raise_syntax_error(vm: &Vm, error: &SyntaxError, filename: &str) -> Raised {
    use kaa_parser::ErrorKind;
    let exceptions = vm.exceptions();
    let class = match error.kind {
        ErrorKind::SyntaxError => exceptions.SyntaxError,
        ErrorKind::IndentationError => exceptions.IndentationError,
        ErrorKind::TabError => exceptions.TabError,
        ErrorKind::IncompleteInputError => exceptions._IncompleteInputError,
        ErrorKind::MemoryError => return vm.raise_new(exceptions.MemoryError, &error.message),
        ErrorKind::UnicodeDecodeError => return vm.raise_new(exceptions.UnicodeError, &error.message),
    };
    let place = [error.line, error.offset, error.end_line, error.end_offset];
    raise_at(vm, class, &error.message, filename, place, error.text.as_deref())
}

fn raise_compile_error(vm: &Vm, error: &CompileError, filename: &str, source: &str) -> Raised {
    use kaa_compiler::ErrorKind;
    let exceptions = vm.exceptions();
    let class = match error.kind {
        ErrorKind::Syntax => exceptions.SyntaxError,
        ErrorKind::Recursion => exceptions.RecursionError,
        ErrorKind::Overflow => exceptions.OverflowError,
        ErrorKind::Memory => exceptions.MemoryError,
        ErrorKind::Value => exceptions.ValueError,
        ErrorKind::UnicodeEncode => exceptions.ValueError,
        ErrorKind::Type => exceptions.TypeError,
        ErrorKind::System => exceptions.SystemError,
        ErrorKind::Runtime => exceptions.RuntimeError,
        ErrorKind::Aborted => exceptions.SystemError,
    };
    let (ErrorKind::Syntax, Some(span)) = (error.kind, error.span) else {
        return vm.raise_new(class, &error.message);
    };
    let line = usize::try_from(span.line - 1).ok().and_then(|line| source.split_inclusive('\n').nth(line));
    // Columns of the tree count bytes from 0, those of the exception characters from 1.
    let characters = |line: i32, column: i32| {
        let text = usize::try_from(line - 1).ok().and_then(|line| source.split('\n').nth(line)).unwrap_or("");
        let end = usize::try_from(column).unwrap_or(0).min(text.len());
        text.get(..end).map_or(column, |before| before.chars().count() as i32) + 1
    };
    let place = [span.line, characters(span.line, span.col), span.end_line, characters(span.end_line, span.end_col)];
    raise_at(vm, class, &error.message, filename, place, line)
}

/// Raises `SyntaxError(message, (filename, line, offset, text, end line, end offset))`.
fn raise_at(
    vm: &Vm,
    class: Gc<kaa_objects::class::PyType>,
    message: &str,
    filename: &str,
    [line, offset, end_line, end_offset]: [i32; 4],
    text: Option<&str>,
) -> Raised {
    let raise = || -> PyResult<Raised> {
        let number = |n: i32| Value::small_int(n.into());
        let text = match text {
            Some(text) => vm.new_str(text)?.value(),
            None => Value::NONE,
        };
        let details =
            [vm.new_str(filename)?.value(), number(line), number(offset), text, number(end_line), number(end_offset)];
        let details = vm.new_tuple(&details)?;
        let message = vm.new_str(message)?;
        Ok(vm.raise_with(class, &[message.value(), details.value()]))
    };
    raise().unwrap_or_else(|raised| raised)
}
