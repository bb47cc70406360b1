//! `_tokenize`: the tokens of a source, for the module `tokenize`.
//!
//! The source is read to its end before the first token is given; an error of `readline` comes
//! after the tokens of what it gave before.

use std::cell::{Cell, OnceCell};

use kaa_macros::{Trace, py_module, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};
use kaa_parser::token_list::number;
use kaa_parser::{TokenFailure, TokenInfo, TokenList, tokenize};

use crate::compile::{raise_at, raise_syntax_error, raise_with_place_apart};

/// The module.
pub struct Tokenize;

#[py_module(name = "_tokenize", types(PyTokenizerIter))]
impl Tokenize {}

/// How errors name the source.
const FILENAME: &str = "<string>";

/// A source that was read, with its tokens.
struct Source {
    text: String,
    /// The start of a line that a null character follows: it ends the source, with an error.
    before_null: Option<String>,
    tokens: TokenList,
}

/// Gives the tokens of a source one by one.
#[repr(C)]
#[derive(Trace)]
pub struct PyTokenizerIter {
    header: Header,
    readline: Slot,
    /// The name of the encoding, for lines that are bytes.
    encoding: Slot<Gc<PyStr>>,
    /// What `readline` raised.
    raised: Slot<Gc<PyBaseException>>,
    /// The lines that the last token stood on.
    line: Slot<Gc<PyStr>>,
    extra_tokens: Cell<bool>,
    #[trace(skip)]
    source: OnceCell<Box<Source>>,
    /// How many tokens were given.
    given: Cell<usize>,
}

#[py_type(name = "TokenizerIter", module = "_tokenize", drop, flags(HEAPTYPE, IMMUTABLETYPE))]
impl PyTokenizerIter {
    #[new("tokenizeriter(readline, /, *, extra_tokens, encoding=<unrepresentable>)", signature = "")]
    fn new(
        vm: &Vm,
        class: Gc<PyType>,
        readline: Value,
        extra_tokens: bool,
        encoding: Option<Gc<PyStr>>,
    ) -> PyResult<Gc<PyTokenizerIter>> {
        let iterator = PyTokenizerIter {
            header: Header::EMPTY,
            readline: Slot::new(readline),
            encoding: Slot::maybe(encoding),
            raised: Slot::empty(),
            line: Slot::empty(),
            extra_tokens: Cell::new(extra_tokens),
            source: OnceCell::new(),
            given: Cell::new(0),
        };
        vm.alloc_instance(class, iterator)
    }

    #[slot(iter)]
    fn iter(this: Gc<PyTokenizerIter>) -> Gc<PyTokenizerIter> {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyTokenizerIter>) -> PyResult<Option<Value>> {
        if this.source.get().is_none() {
            let (text, before_null) = PyTokenizerIter::read(this, vm)?;
            let tokens = tokenize(&text, this.extra_tokens.get());
            // What `readline` calls may have asked for a token, too: the first to end wins.
            let _ = this.source.set(Box::new(Source { text, before_null, tokens }));
        }
        let source = this.source.get().expect("just set");
        let index = this.given.get();
        let token = source.tokens.tokens.get(index).filter(|token| !this.is_beyond_error(source, token));
        let Some(token) = token else {
            this.given.set(usize::MAX);
            return if index == usize::MAX { Ok(None) } else { this.end(vm, source) };
        };
        this.given.set(index + 1);
        let same_lines = index > 0 && source.tokens.tokens[index - 1].lines == token.lines;
        let line = match this.line.get().filter(|_| same_lines) {
            Some(line) => line,
            None => {
                let line = vm.new_str(&source.text[token.lines.clone()])?;
                this.line.set(vm, this, line);
                line
            }
        };
        let kind = match token.kind {
            // Operators are not told apart.
            kind if this.extra_tokens.get() && kind > number::DEDENT && kind < number::OP => number::OP,
            kind => kind,
        };
        let text = vm.new_str(&source.text[token.text.clone()])?;
        let row = [
            Value::small_int(kind.into()),
            text.value(),
            place(vm, token.start)?.value(),
            place(vm, token.end)?.value(),
            line.value(),
        ];
        Ok(Some(vm.new_tuple(&row)?.value()))
    }
}

fn place(vm: &Vm, (line, column): (u32, i32)) -> PyResult<Gc<PyTuple>> {
    vm.new_tuple(&[Value::small_int(line.into()), Value::small_int(column.into())])
}

impl PyTokenizerIter {
    /// Whether a token is made by the end of a source that ended only by an error.
    fn is_beyond_error(&self, source: &Source, token: &TokenInfo) -> bool {
        let cut = self.raised.get().is_some() || source.before_null.is_some();
        cut && matches!(token.kind, number::DEDENT | number::ENDMARKER) && token.lines.is_empty()
    }

    /// All lines, and what stands before a null character.
    fn read(this: Gc<PyTokenizerIter>, vm: &Vm) -> PyResult<(String, Option<String>)> {
        let mut text = String::new();
        loop {
            let line = match vm.call(this.readline.get_set(), &[]).and_then(|line| this.line_text(vm, line)) {
                Ok(line) if line.is_empty() => return Ok((text, None)),
                Ok(line) => line,
                Err(raised) => {
                    let error = vm.take_exception(raised);
                    if !vm.is_instance(error.value(), vm.exceptions().StopIteration) {
                        this.raised.set(vm, this, error);
                    }
                    return Ok((text, None));
                }
            };
            if let Some(null) = line.find('\0') {
                return Ok((text, Some(line[..null].to_owned())));
            }
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&line);
        }
    }

    /// What `readline` gave as text.
    fn line_text(&self, vm: &Vm, line: Value) -> PyResult<String> {
        let line = match self.encoding.get() {
            None => vm.cast::<PyStr>(line).ok_or_else(|| vm.type_error("readline() returned a non-string object"))?,
            Some(encoding) => {
                let Some(bytes) = vm.cast::<PyBytes>(line) else {
                    return Err(vm.type_error("readline() returned a non-bytes object"));
                };
                if encoding.equals_str("utf-8")
                    && let Ok(text) = std::str::from_utf8(bytes.as_slice())
                {
                    return Ok(text.to_owned());
                }
                let arguments = [encoding.value(), vm.intern("replace").value()];
                let decoded = vm.call_method_str(line, "decode", &arguments)?;
                vm.cast::<PyStr>(decoded).ok_or_else(|| vm.type_error("readline() returned a non-string object"))?
            }
        };
        match line.to_utf8() {
            Some(text) => Ok(text),
            // The encoder words the error.
            None => {
                vm.call_method_str(line.value(), "encode", &[])?;
                Err(vm.value_error("a line that cannot be encoded"))
            }
        }
    }

    /// What comes after the last token: an error, or nothing.
    fn end(&self, vm: &Vm, source: &Source) -> PyResult<Option<Value>> {
        if let Some(error) = self.raised.get() {
            return Err(vm.raise_again(error));
        }
        if let Some(before) = &source.before_null {
            let line = source.text.matches('\n').count() as i32 + 1;
            let class = vm.exceptions().SyntaxError;
            let message = "source code cannot contain null bytes";
            return Err(raise_at(vm, class, message, FILENAME, [line, 0, line, 0], Some(before)));
        }
        match &source.tokens.failure {
            Some(failure) => Err(raise_failure(vm, failure, &source.text)),
            None => Ok(None),
        }
    }
}

fn raise_failure(vm: &Vm, failure: &TokenFailure, source: &str) -> Raised {
    match failure {
        TokenFailure::Syntax(error) => raise_syntax_error(vm, error, FILENAME),
        TokenFailure::EndOfFile { line, offset } => {
            let (class, message) = (vm.exceptions().SyntaxError, "unexpected EOF in multi-line statement");
            let (line, offset) = (Some(*line as i32), Some(*offset as i32));
            raise_with_place_apart(vm, class, message, FILENAME, [line, offset, line, None], None)
        }
        TokenFailure::Line { kind, message, line, offset, text } => {
            let raise = || -> PyResult<Raised> {
                let exceptions = vm.exceptions();
                let class = match kind {
                    kaa_parser::ErrorKind::IndentationError => exceptions.IndentationError,
                    kaa_parser::ErrorKind::TabError => exceptions.TabError,
                    _ => exceptions.SyntaxError,
                };
                let details = [
                    vm.new_str(FILENAME)?.value(),
                    Value::small_int((*line).into()),
                    Value::small_int(*offset as i64),
                    vm.new_str(source[text.clone()].trim_end_matches('\n'))?.value(),
                    Value::NONE,
                    Value::NONE,
                ];
                let details = vm.new_tuple(&details)?;
                Ok(vm.raise_with(class, &[vm.new_str(message)?.value(), details.value()]))
            };
            raise().unwrap_or_else(|raised| raised)
        }
    }
}
