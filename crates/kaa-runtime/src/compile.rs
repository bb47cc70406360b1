//! From source text, or a tree of objects, to a code object or a tree; errors raised as Python
//! exceptions, warnings shown by the module `warnings`.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;

use kaa_ast::{Arena, Interner, Mod};
use kaa_bytecode::{CodeObject, Constant, TextBytes};
use kaa_compiler::{
    CodeUnit, Compilation, CompileError, CompileOptions, NoWarnings, Session, SymbolBlock, Warning, WarningAction,
    WarningSink,
};
use kaa_objects::class::PyType;
use kaa_objects::types::code::{Origin, PyCode};
use kaa_objects::types::exceptions::PySyntaxError;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};
use kaa_parser::{Metadata, Mode, ParseOptions, Parsed, SyntaxError, SyntaxWarning};

use crate::modules::ast::{is_node, tree_from_object, tree_to_object};
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
    /// Whether type comments are kept.
    pub type_comments: bool,
    /// Whether a source that ends too early is an `_IncompleteInputError`.
    pub allow_incomplete_input: bool,
    /// Whether the end of the source leaves blocks open.
    pub dont_imply_dedent: bool,
    /// Whether warnings are shown.
    pub warn: bool,
    /// The file's name, where it cannot be given as text: it has lone surrogates.
    pub filename: Option<Gc<PyStr>>,
    /// The minor version of Python 3 whose syntax is allowed; the latest when there is none.
    pub feature_version: Option<u8>,
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
            type_comments: false,
            allow_incomplete_input: false,
            dont_imply_dedent: false,
            warn: true,
            filename: None,
            feature_version: None,
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
    let arena = Arena::new();
    let mut sink = Warnings { vm, filename, is_on: request.warn, raised: None };
    let parsed = parse_text(&mut sink, &text, &arena, request);
    let mut parsed = parsed.map_err(|error| {
        let error = if matches!(source, Source::File(_)) { as_of_file(error, &text) } else { error };
        error.raise(&mut sink)
    })?;
    let Parsed { module, interner, changing_lines, .. } = &mut parsed;
    let code = generate(sink, module, &arena, interner, changing_lines.as_deref(), request)?;
    vm.new_code(&code, Origin::Compiler)
}

fn null_bytes(vm: &Vm) -> Raised {
    vm.raise_new(vm.exceptions().SyntaxError, "source code string cannot contain null bytes")
}

/// The text of a source.
fn decode<'s>(vm: &Vm, source: Source<'s>, filename: &str) -> PyResult<Cow<'s, str>> {
    let (bytes, file) = match source {
        Source::Text(text) if text.contains('\0') => return Err(null_bytes(vm)),
        Source::Bytes(bytes) if bytes.contains(&0) => return Err(null_bytes(vm)),
        Source::Text(text) => return Ok(text.into()),
        Source::Bytes(bytes) => (bytes, None),
        Source::File(bytes) => (bytes, Some(filename)),
    };
    let mut codec = |name: &str, bytes: &[u8]| match file {
        // The stream that CPython reads a file through says less of codecs that are not for text.
        Some(_) => decode_by_codec(vm, name, bytes)
            .map_err(|text| text.split_once("; use codecs.").map_or(text.clone(), |(start, _)| start.to_owned())),
        // Other sources get an end of their last line before they are decoded.
        None if bytes.ends_with(b"\n") => decode_by_codec(vm, name, bytes),
        None => decode_by_codec(vm, name, &[bytes, b"\n"].concat()),
    };
    let error = match kaa_parser::decode_source(bytes, file, &mut codec) {
        Ok(decoded) => return Ok(decoded.text),
        Err(error) => error,
    };
    if file.is_some() || error.line == 0 {
        return Err(raise_syntax_error(vm, &error, filename));
    }
    // CPython's tokenizer does not know the name yet.
    let raised = raise_syntax_error(vm, &error, "");
    let exception = vm.take_exception(raised);
    forget_filename_in_arguments(vm, exception.value(), filename)?;
    Err(vm.raise_again(exception))
}

/// Puts `None` in place of the file's name in the arguments of a `SyntaxError`, which as an
/// attribute it keeps.
fn forget_filename_in_arguments(vm: &Vm, exception: Value, filename: &str) -> PyResult<()> {
    vm.set_attr(exception, vm.intern("filename"), vm.new_str(filename)?.value())?;
    let args = vm.cast::<PyTuple>(vm.get_attr_str(exception, "args")?);
    let Some([message, details]) = args.as_ref().map(|args| args.as_slice()) else { return Ok(()) };
    let Some(details) = vm.cast::<PyTuple>(*details) else { return Ok(()) };
    let mut row = ValueVec::new();
    row.push(vm, Value::NONE)?;
    for &item in details.as_slice().iter().skip(1) {
        row.push(vm, item)?;
    }
    let details = vm.new_tuple(row.as_slice())?;
    let args = vm.new_tuple(&[*message, details.value()])?;
    vm.set_attr(exception, vm.intern("args"), args.value())
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
            let text = vm.str_lossy(error.value());
            let is_unknown = text.starts_with("unknown encoding: ");
            Err(if is_unknown { format!("unknown encoding: {name}") } else { text })
        }
    }
}

/// What a parse can end with besides a tree.
enum ParseFailure {
    Syntax(Box<SyntaxError>),
    /// Showing a warning raised.
    Raised(Raised),
}

impl ParseFailure {
    fn raise(self, sink: &mut Warnings<'_>) -> Raised {
        match self {
            ParseFailure::Raised(raised) => raised,
            ParseFailure::Syntax(error) => match sink.show(&error.warnings) {
                Ok(()) => raise_syntax_error(sink.vm, &error, sink.filename),
                Err(raised) => raised,
            },
        }
    }
}

/// The error as CPython has it for a file, which it reads line by line: a line of nothing but a
/// backslash has been dropped when the end is met behind it.
fn as_of_file(failure: ParseFailure, source: &str) -> ParseFailure {
    let ParseFailure::Syntax(mut error) = failure else { return failure };
    let last = source.trim_end_matches('\n').rsplit('\n').next().unwrap_or_default();
    if error.message == UNEXPECTED_END && last.trim_start_matches([' ', '\t', '\x0c']) == "\\" {
        error.offset = 0;
        // That is no column of the line, which the file need not be asked for.
        error.byte_columns = None;
        error.text = Some(last.to_owned());
    }
    ParseFailure::Syntax(error)
}

/// The message where a source ends behind a backslash.
const UNEXPECTED_END: &str = "unexpected EOF while parsing";

fn parse_text<'a>(
    sink: &mut Warnings<'_>,
    text: &'a str,
    arena: &'a Arena,
    request: Request,
) -> Result<Parsed<'a>, ParseFailure> {
    let vm = sink.vm;
    let options = ParseOptions {
        mode: request.mode,
        type_comments: request.type_comments,
        max_int_digits: u32::try_from(vm.max_str_digits.get()).unwrap_or(u32::MAX),
        allow_incomplete_input: request.allow_incomplete_input,
        dont_imply_dedent: request.dont_imply_dedent,
        feature_version: request.feature_version.unwrap_or(ParseOptions::default().feature_version),
        barry_as_bdfl: request.future & kaa_bytecode::flags::FUTURE_BARRY_AS_BDFL != 0,
    };
    match kaa_parser::parse(text, arena, &options) {
        Ok(parsed) => {
            sink.show(&parsed.warnings).map_err(ParseFailure::Raised)?;
            Ok(parsed)
        }
        Err(error) => Err(ParseFailure::Syntax(Box::new(error))),
    }
}

fn compile_options(vm: &Vm, request: Request) -> CompileOptions {
    CompileOptions {
        optimize: request.optimize,
        future: request.future,
        top_level_await: request.top_level_await,
        stack_budget: kaa_objects::thread::stack_pointer().saturating_sub(vm.thread().stack_limit.get()),
        ..CompileOptions::default()
    }
}

fn generate<'a>(
    mut sink: Warnings<'_>,
    module: &Mod<'a>,
    arena: &'a Arena,
    names: &mut Interner<'a>,
    changing_lines: Option<&[i32]>,
    request: Request,
) -> PyResult<CodeObject> {
    let filename: TextBytes = match request.filename {
        Some(filename) => filename.to_generalized_utf8().into(),
        None => sink.filename.as_bytes().into(),
    };
    let vm = sink.vm;
    let options = compile_options(vm, request);
    let compilation =
        Compilation { module, arena, names, filename: &filename, options, warnings: &mut sink, changing_lines };
    // Showing a warning may compile something else meanwhile, in memory of its own.
    let spare = &vm.extension(|_| SpareSession::default()).0;
    let mut session = spare.take().unwrap_or_default();
    let code = compilation.run(&mut session).map_err(|error| sink.raise(&error))?;
    // What a large source needed is given back.
    if arena.allocated_bytes() <= KEPT_UP_TO {
        spare.set(Some(session));
    }
    Ok(code)
}

/// The size of the largest trees whose compilation leaves its memory for the next one, in bytes.
const KEPT_UP_TO: usize = 1 << 20;

/// The memory that compilations leave for the next one.
#[derive(Default)]
struct SpareSession(Cell<Option<Box<Session>>>);

impl Extension for SpareSession {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Parses a source to a tree of objects; `optimized` as what is compiled in place of it.
pub fn parse(vm: &Vm, source: Source<'_>, filename: &str, request: Request, optimized: bool) -> PyResult {
    let text = decode(vm, source, filename)?;
    let arena = Arena::new();
    let mut sink = Warnings { vm, filename, is_on: request.warn, raised: None };
    let parsed = parse_text(&mut sink, &text, &arena, request);
    let mut parsed = parsed.map_err(|failure| failure.raise(&mut sink))?;
    let names = &mut parsed.interner;
    // Warnings come when the tree is compiled.
    let changed =
        kaa_compiler::preprocess(&parsed.module, &arena, names, compile_options(vm, request), &mut NoWarnings);
    let changed = changed.map_err(|error| sink.raise(&error))?;
    tree_to_object(vm, if optimized { &changed } else { &parsed.module }, &parsed.interner)
}

/// The symbol tables of a source, handed on with the texts of their names.
pub fn symbols<R>(
    vm: &Vm,
    source: Source<'_>,
    filename: &str,
    request: Request,
    take: impl FnOnce(&[SymbolBlock], &Interner<'_>) -> PyResult<R>,
) -> PyResult<R> {
    let text = decode(vm, source, filename)?;
    let arena = Arena::new();
    let mut sink = Warnings { vm, filename, is_on: request.warn, raised: None };
    let parsed = parse_text(&mut sink, &text, &arena, request);
    let mut parsed = parsed.map_err(|failure| failure.raise(&mut sink))?;
    let names = &mut parsed.interner;
    let blocks = kaa_compiler::symbols(&parsed.module, &arena, names, compile_options(vm, request));
    take(&blocks.map_err(|error| sink.raise(&error))?, names)
}

/// Compiles a tree of objects.
pub fn compile_tree(vm: &Vm, tree: Value, filename: &str, request: Request) -> PyResult<Gc<PyCode>> {
    let arena = Arena::new();
    let (module, mut names) = valid_tree(vm, &arena, tree, request)?;
    let sink = Warnings { vm, filename, is_on: request.warn, raised: None };
    vm.new_code(&generate(sink, &module, &arena, &mut names, None, request)?, Origin::Compiler)
}

/// The tree that is compiled in place of a tree of objects, as objects.
pub fn optimize_tree(vm: &Vm, tree: Value, filename: &str, request: Request) -> PyResult {
    let arena = Arena::new();
    let (module, mut names) = valid_tree(vm, &arena, tree, request)?;
    let mut sink = Warnings { vm, filename, is_on: request.warn, raised: None };
    let options = compile_options(vm, request);
    let changed = kaa_compiler::preprocess(&module, &arena, &mut names, options, &mut NoWarnings);
    let changed = changed.map_err(|error| sink.raise(&error))?;
    tree_to_object(vm, &changed, &names)
}

/// What code generation makes of a tree of objects, handed on with the texts of its names.
pub fn code_units<R>(
    vm: &Vm,
    tree: Value,
    filename: &str,
    request: Request,
    take: impl FnOnce(&CodeUnit, &Interner<'_>) -> PyResult<R>,
) -> PyResult<R> {
    if !is_node(vm, tree) {
        return Err(vm.type_error("expected an AST"));
    }
    let arena = Arena::new();
    let (module, mut names) = valid_tree(vm, &arena, tree, request)?;
    let mut sink = Warnings { vm, filename, is_on: request.warn, raised: None };
    let options = compile_options(vm, request);
    let path: TextBytes = filename.as_bytes().into();
    let unit = kaa_compiler::code_units(&module, &arena, &mut names, &path, options, &mut sink);
    take(&unit.map_err(|error| sink.raise(&error))?, &names)
}

/// A value as a constant of a code object; values that no code object of a file can have are a
/// `ValueError`.
pub fn constant_from(vm: &Vm, value: Value) -> PyResult<Constant> {
    crate::modules::marshal::to_constant(vm, value, true)
}

fn valid_tree<'a>(vm: &Vm, arena: &'a Arena, tree: Value, request: Request) -> PyResult<(Mod<'a>, Interner<'a>)> {
    let (module, names) = tree_from_object(vm, arena, tree, request.mode)?;
    match kaa_compiler::validate(&module, &names, compile_options(vm, request)) {
        Ok(()) => Ok((module, names)),
        Err(error) => Err(raise_compile_error(vm, &error, "<unknown>")),
    }
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
    /// Raises what a compilation answered, or what showing a warning raised.
    fn raise(&mut self, error: &CompileError) -> Raised {
        self.raised.take().unwrap_or_else(|| raise_compile_error(self.vm, error, self.filename))
    }

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
        ErrorKind::ValueError => return vm.raise_new(exceptions.ValueError, &error.message),
        ErrorKind::MemoryError => return vm.raise_new(exceptions.MemoryError, &error.message),
        ErrorKind::UnicodeDecodeError => return vm.raise_new(exceptions.UnicodeError, &error.message),
    };
    if error.line == 0 && error.text.is_none() {
        // A source that cannot be decoded has no end.
        return raise_without_end(vm, class, &error.message, filename, error.offset);
    }
    let error = &error.clone().quoting(|line| line_of_file(vm, filename, line));
    let place = [error.line, error.offset, error.end_line, error.end_offset];
    let raised = raise_at(vm, class, &error.message, filename, place, error.text.as_deref());
    let exception = vm.take_exception(raised);
    if let (Some(metadata), Some(error)) = (&error.metadata, vm.cast::<PySyntaxError>(exception.value()))
        && let Err(raised) = set_metadata(vm, error, metadata)
    {
        return raised;
    }
    vm.raise_again(exception)
}

/// Sets what hints are made from when the error is printed.
fn set_metadata(vm: &Vm, error: Gc<PySyntaxError>, metadata: &Metadata) -> PyResult<()> {
    let (line, column) = metadata.last_statement;
    let source = vm.new_str(&metadata.source)?.value();
    let tuple = vm.new_tuple(&[Value::small_int(line.into()), Value::small_int(column.into()), source])?;
    error.metadata.set(vm, error, tuple.value());
    Ok(())
}

/// Raises `SyntaxError(message, (filename, 0, offset, None))`.
fn raise_without_end(vm: &Vm, class: Gc<PyType>, message: &str, filename: &str, offset: i32) -> Raised {
    let raise = || -> PyResult<Raised> {
        let zero = Value::small_int(0);
        let details = [vm.new_str(filename)?.value(), zero, Value::small_int(offset.into()), Value::NONE];
        let details = vm.new_tuple(&details)?;
        Ok(vm.raise_with(class, &[vm.new_str(message)?.value(), details.value()]))
    };
    raise().unwrap_or_else(|raised| raised)
}

/// Raises what the compiler found. The line that it quotes is that of the file, if there is one.
pub fn raise_compile_error(vm: &Vm, error: &CompileError, filename: &str) -> Raised {
    use kaa_compiler::ErrorKind;
    let exceptions = vm.exceptions();
    let class = match error.kind {
        ErrorKind::Syntax => exceptions.SyntaxError,
        ErrorKind::Recursion => exceptions.RecursionError,
        ErrorKind::Overflow => exceptions.OverflowError,
        ErrorKind::Memory => exceptions.MemoryError,
        ErrorKind::Value => exceptions.ValueError,
        ErrorKind::UnicodeEncode => exceptions.UnicodeEncodeError,
        ErrorKind::Type => exceptions.TypeError,
        ErrorKind::System => exceptions.SystemError,
        ErrorKind::Runtime => exceptions.RuntimeError,
        ErrorKind::Aborted => exceptions.SystemError,
    };
    if let Some((text, start, end)) = &error.unencodable {
        return raise_unencodable(vm, text, *start, *end).unwrap_or_else(|raised| raised);
    }
    let (ErrorKind::Syntax, Some(span)) = (error.kind, error.span) else {
        return vm.raise_new(class, &error.message);
    };
    // Columns count bytes, as in CPython.
    let place = [span.line, span.col + 1, span.end_line, span.end_col + 1];
    let text = line_of_file(vm, filename, span.line);
    match error.place_apart {
        false => raise_at(vm, class, &error.message, filename, place, text.as_deref()),
        true => raise_with_place_apart(vm, class, &error.message, filename, place.map(Some), text.as_deref()),
    }
}

/// Raises `UnicodeEncodeError` for a docstring with surrogates.
fn raise_unencodable(vm: &Vm, text: &[u8], start: usize, end: usize) -> PyResult<Raised> {
    let text = vm.new_str_generalized(text)?;
    let (encoding, reason) = (vm.new_str("utf-8")?, vm.new_str("surrogates not allowed")?);
    let [start, end] = [start, end].map(|position| Value::small_int(position as i64));
    let arguments = [encoding.value(), text.value(), start, end, reason.value()];
    Ok(vm.raise_with(vm.exceptions().UnicodeEncodeError, &arguments))
}

/// Raises a `SyntaxError` whose only argument is the message; the place is among its attributes.
pub(crate) fn raise_with_place_apart(
    vm: &Vm,
    class: Gc<PyType>,
    message: &str,
    filename: &str,
    [line, offset, end_line, end_offset]: [Option<i32>; 4],
    text: Option<&str>,
) -> Raised {
    let raise = || -> PyResult<Raised> {
        let error = vm.new_exception(class, &[vm.new_str(message)?.value()])?;
        let set = |name: &str, value: Value| vm.set_attr(error.value(), vm.intern(name), value);
        let number = |number: Option<i32>| number.map_or(Value::NONE, |number| Value::small_int(number.into()));
        set("filename", vm.new_str(filename)?.value())?;
        set("lineno", number(line))?;
        set("offset", number(offset))?;
        set("end_lineno", number(end_line))?;
        set("end_offset", number(end_offset))?;
        if let Some(text) = text {
            set("text", vm.new_str(text)?.value())?;
        }
        Ok(vm.raise(error))
    };
    raise().unwrap_or_else(|raised| raised)
}

/// A line of a file, counted from 1, in the encoding that the file names.
fn line_of_file(vm: &Vm, filename: &str, line: i32) -> Option<String> {
    if filename.starts_with('<') && filename.ends_with('>') {
        return None;
    }
    let bytes = std::fs::read(filename).ok()?;
    let line = kaa_parser::line_of_file(&bytes, line)?;
    if line.is_ascii() {
        return String::from_utf8(line).ok();
    }
    let mut codec = |name: &str, bytes: &[u8]| decode_by_codec(vm, name, bytes);
    let encoding = match kaa_parser::decode_source(&bytes, Some(filename), &mut codec) {
        Ok(decoded) => decoded.encoding,
        Err(_) => None,
    };
    let decoded = encoding.and_then(|encoding| codec(&encoding, &line).ok());
    Some(decoded.unwrap_or_else(|| String::from_utf8_lossy(&line).into_owned()))
}

/// Raises `SyntaxError(message, (filename, line, offset, text, end line, end offset))`.
pub(crate) fn raise_at(
    vm: &Vm,
    class: Gc<PyType>,
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
