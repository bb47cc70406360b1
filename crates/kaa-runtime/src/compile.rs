//! From source text to a code object on the heap, errors raised as Python exceptions, warnings
//! shown by the module `warnings`.

use std::borrow::Cow;

use kaa_ast::Arena;
use kaa_bytecode::{CodeObject, TextBytes};
use kaa_compiler::{CompileError, CompileOptions, Warning, WarningAction, WarningSink};
use kaa_objects::types::code::{Origin, PyCode};
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};
use kaa_parser::{Mode, ParseOptions, SyntaxError, SyntaxWarning};

use crate::modules::warn_explicit;

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
    /// Whether a source that ends too early is an `_IncompleteInputError`.
    pub allow_incomplete_input: bool,
    /// Whether the end of the source leaves blocks open.
    pub dont_imply_dedent: bool,
    /// Whether warnings are shown.
    pub warn: bool,
}

impl Request {
    /// A program in a mode, optimized as the command line says.
    pub fn new(vm: &Vm, mode: Mode) -> Request {
        let optimize = crate::state::state(vm).config.borrow().optimize.min(2) as u8;
        Request {
            mode,
            optimize,
            future: 0,
            top_level_await: false,
            allow_incomplete_input: false,
            dont_imply_dedent: false,
            warn: true,
        }
    }
}

/// A source, by where it comes from: that decides on encodings and messages.
#[derive(Clone, Copy, Debug)]
pub enum Source<'s> {
    /// A `str`: a coding cookie in it means nothing.
    Text(&'s str),
    /// Bytes that a program gave.
    Bytes(&'s [u8]),
    /// The bytes of a file.
    File(&'s [u8]),
}

/// Compiles a source to a code object.
pub fn compile(vm: &Vm, source: Source<'_>, filename: &str, request: Request) -> PyResult<Gc<PyCode>> {
    let text = decode(vm, source, filename)?;
    let code = compile_text(vm, &text, filename, request)?;
    vm.new_code(&code, Origin::Compiler)
}

/// The text of a source.
fn decode<'s>(vm: &Vm, source: Source<'s>, filename: &str) -> PyResult<Cow<'s, str>> {
    let (bytes, file) = match source {
        Source::Text(text) if text.contains('\0') => {
            let message = "source code string cannot contain null bytes";
            return Err(vm.raise_new(vm.exceptions().SyntaxError, message));
        }
        Source::Text(text) => return Ok(text.into()),
        Source::Bytes(bytes) => (bytes, None),
        Source::File(bytes) => (bytes, Some(filename)),
    };
    let mut codec = |name: &str, bytes: &[u8]| decode_by_codec(vm, name, bytes);
    match kaa_parser::decode_source(bytes, file, &mut codec) {
        Ok(decoded) => Ok(decoded.text),
        Err(error) => Err(raise_syntax_error(vm, &error, filename)),
    }
}

/// Decodes by a codec of Python, or says in Python's words why not.
fn decode_by_codec(vm: &Vm, name: &str, bytes: &[u8]) -> Result<String, String> {
    let decode = || -> PyResult<Option<String>> {
        let bytes = vm.new_bytes(bytes)?;
        let text = vm.call_method_str(bytes.value(), "decode", &[vm.new_str(name)?.value()])?;
        let text = vm.cast::<kaa_objects::types::str::PyStr>(text);
        Ok(text.and_then(|text| text.to_utf8()))
    };
    match decode() {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(format!("encoding problem: {name}")),
        Err(raised) => {
            let error = vm.take_exception(raised);
            let unknown = vm.is_instance(error.value(), vm.exceptions().LookupError);
            Err(if unknown { format!("unknown encoding: {name}") } else { vm.str_lossy(error.value()) })
        }
    }
}

fn compile_text(vm: &Vm, text: &str, filename: &str, request: Request) -> PyResult<CodeObject> {
    let arena = Arena::new();
    let parse_options = ParseOptions {
        mode: request.mode,
        max_int_digits: u32::try_from(vm.max_str_digits.get()).unwrap_or(u32::MAX),
        allow_incomplete_input: request.allow_incomplete_input,
        dont_imply_dedent: request.dont_imply_dedent,
        barry_as_bdfl: request.future & kaa_bytecode::flags::FUTURE_BARRY_AS_BDFL != 0,
        ..ParseOptions::default()
    };
    let mut sink = Warnings { vm, filename, is_on: request.warn, raised: None };
    let mut parsed = match kaa_parser::parse(text, &arena, &parse_options) {
        Ok(parsed) => parsed,
        Err(error) => {
            sink.show(&error.warnings)?;
            return Err(raise_syntax_error(vm, &error, filename));
        }
    };
    sink.show(&parsed.warnings)?;
    let options = CompileOptions {
        optimize: request.optimize,
        future: request.future,
        top_level_await: request.top_level_await,
        ..CompileOptions::default()
    };
    let filename_bytes: TextBytes = filename.as_bytes().into();
    let names = &mut parsed.interner;
    let code = kaa_compiler::compile(&parsed.module, &arena, names, &filename_bytes, options, &mut sink);
    code.map_err(|error| match sink.raised.take() {
        Some(raised) => raised,
        None => raise_compile_error(vm, &error, filename, text),
    })
}

/// Hands the warnings of a compilation to the module `warnings`.
struct Warnings<'c> {
    vm: &'c Vm,
    filename: &'c str,
    is_on: bool,
    /// The exception that a filter, or what went wrong, has raised.
    raised: Option<Raised>,
}

impl Warnings<'_> {
    /// Shows the parser's warnings. Where the filters make one an error, that is a `SyntaxError`.
    fn show(&mut self, warnings: &[SyntaxWarning]) -> PyResult<()> {
        for warning in warnings.iter().filter(|_| self.is_on) {
            let category = self.vm.exceptions().SyntaxWarning;
            let shown = warn_explicit(self.vm, category, &warning.message, self.filename, warning.line as i32);
            if self.vm.catch(shown, category)?.is_err() {
                return Err(raise_syntax_error(self.vm, &warning.as_error, self.filename));
            }
        }
        Ok(())
    }
}

impl WarningSink for Warnings<'_> {
    fn warn(&mut self, warning: Warning) -> WarningAction {
        if !self.is_on {
            return WarningAction::Continue;
        }
        let category = self.vm.exceptions().SyntaxWarning;
        let shown = warn_explicit(self.vm, category, &warning.message, self.filename, warning.span.line);
        match self.vm.catch(shown, category) {
            Ok(Ok(())) => WarningAction::Continue,
            Ok(Err(_)) => WarningAction::Raise,
            Err(raised) => {
                self.raised = Some(raised);
                WarningAction::Abort
            }
        }
    }
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
pub(crate) fn raise_at(
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
