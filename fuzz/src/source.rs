//! Bytes as a source: refused with a syntax error, or a tree and code objects that hold together.

use std::cell::RefCell;

use kaa_ast::dump::{DumpOptions, dump_module};
use kaa_ast::{Arena, Interner, Mod};
use kaa_bytecode::{TextBytes, flags};
use kaa_compiler::{Compilation, CompileOptions, ErrorKind, Session, Stage, Warning};
use kaa_parser::{Mode, ParseOptions, Parsed, SyntaxError};

use crate::code;

/// The longest text whose stages are shown: listings are many times longer.
const LONGEST_SHOWN: usize = 1 << 12;

/// How an input is to be read. Sources are text; a byte at their end that no text can end with
/// stands for other options than the usual ones.
#[derive(Clone, Copy, Default)]
struct Options(u8);

impl Options {
    fn split(data: &[u8]) -> (Options, &[u8]) {
        match data.split_last() {
            Some((&last, rest)) if last >= 0xc0 => (Options(last & 0x3f), rest),
            _ => (Options(0), data),
        }
    }

    fn has(self, bit: u8) -> bool {
        self.0 & 1 << bit != 0
    }

    fn parse_options(self) -> ParseOptions {
        ParseOptions {
            mode: [Mode::Exec, Mode::Eval, Mode::Single, Mode::FuncType][usize::from(self.0 & 3)],
            type_comments: self.has(2),
            allow_incomplete_input: self.has(3),
            dont_imply_dedent: self.has(4),
            barry_as_bdfl: self.has(5),
            feature_version: if self.has(2) && self.has(5) { 7 } else { 14 },
            ..ParseOptions::default()
        }
    }

    fn compile_options(self, optimize: u8) -> CompileOptions {
        let future = if self.has(3) { flags::FUTURE_ANNOTATIONS } else { 0 };
        CompileOptions { optimize, future, top_level_await: self.has(4), ..CompileOptions::default() }
    }
}

pub fn check(data: &[u8]) {
    let (options, data) = Options::split(data);
    let filename = options.has(2).then_some("module.py");
    let mut codec = |name: &str, bytes: &[u8]| match name {
        "latin-2" => Ok(bytes.iter().map(|&byte| char::from(byte)).collect()),
        _ => Err(format!("unknown encoding: {name}")),
    };
    match kaa_parser::decode_source(data, filename, &mut codec) {
        Ok(decoded) => check_text(&decoded.text, options),
        Err(error) => check_error(&error),
    }
}

/// The checks of a text with the usual options.
pub fn check_plain_text(text: &str) {
    check_text(text, Options::default());
}

fn check_text(text: &str, options: Options) {
    let arena = Arena::new();
    let mut parsed = match kaa_parser::parse(text, &arena, &options.parse_options()) {
        Ok(parsed) => parsed,
        Err(error) => return check_error(&error),
    };
    check_tree(&parsed, &arena, options, text.len());
    for optimize in 0..=2 {
        let lines = parsed.changing_lines.as_deref();
        check_compilation(&parsed.module, &arena, &mut parsed.interner, options.compile_options(optimize), lines);
    }
    if text.len() <= LONGEST_SHOWN {
        check_shown(&parsed.module, &arena, &mut parsed.interner, options.compile_options(0));
    }
}

fn check_error(error: &SyntaxError) {
    let _ = error.to_string();
    assert!(!error.message.is_empty(), "an error without a message");
    assert!(error.line >= 0 && error.offset >= -1 && error.end_offset >= -1, "an error at no place: {error:?}");
}

/// The tree is one that a program might have built, and expressions can be written as text.
fn check_tree<'a>(parsed: &Parsed<'a>, arena: &'a Arena, options: Options, text_length: usize) {
    let Parsed { module, interner, warnings, .. } = parsed;
    for warning in warnings {
        check_error(&warning.as_error);
    }
    // Each level of a deep tree is indented more: such a text is as long as the square of its depth.
    let indent = (text_length <= LONGEST_SHOWN).then_some(1);
    let _ = dump_module(module, interner, DumpOptions { attributes: true, indent });
    let compile_options = options.compile_options(0);
    if !matches!(module, Mod::FunctionType { .. })
        && let Err(error) = kaa_compiler::validate(module, interner, compile_options)
    {
        // CPython refuses these too: `None`, `True` and `False` as names of a tree.
        let recursion = error.kind == ErrorKind::Recursion;
        assert!(recursion, "the parser's tree is no valid tree: {}", error.message);
    }
    if let Mod::Expression { body } = *module {
        check_unparsed(body, module, arena, interner, compile_options);
    }
}

/// An expression, written as text and parsed again, is the same expression.
fn check_unparsed<'a>(
    expression: kaa_ast::ExprRef<'a>,
    module: &Mod<'a>,
    arena: &'a Arena,
    interner: &Interner<'a>,
    options: CompileOptions,
) {
    let dump = |module: &Mod, interner: &Interner| dump_module(module, interner, DumpOptions::default());
    let Ok(text) = kaa_compiler::unparse(expression, interner, options) else { return };
    let Ok(text) = String::from_utf8(text) else { return };
    let first = dump(module, interner);
    // As in CPython, the texts of strings with parts need not parse: quotes in quotes.
    if ["JoinedStr", "TemplateStr", "kind='u'", "inf", "nan"].iter().any(|part| first.contains(part)) {
        return;
    }
    let options = ParseOptions { mode: Mode::Eval, max_int_digits: 0, ..ParseOptions::default() };
    match kaa_parser::parse(&text, arena, &options) {
        Ok(again) => assert_eq!(first, dump(&again.module, &again.interner), "{text}"),
        // Parentheses that were left out were not counted before, or are counted now.
        Err(error) if error.message.contains("too many nested") || error.kind.name() == "MemoryError" => {}
        Err(error) => panic!("an expression as text does not parse: {text}: {error}"),
    }
}

/// Each stage of a compilation as text.
fn check_shown<'a>(module: &Mod<'a>, arena: &'a Arena, interner: &mut Interner<'a>, options: CompileOptions) {
    for stage in [Stage::Symbols, Stage::Instructions, Stage::Graph { passes: 3 }] {
        let _ = kaa_compiler::show(stage, module, arena, interner, options).is_ok();
    }
}

thread_local! {
    static SESSION: RefCell<Session> = RefCell::default();
}

/// A tree compiles, or is refused; code objects hold together, and neither other compilations in the
/// same memory nor what the parser knows of lines change them. The tree has to be a valid one.
pub fn check_compilation<'a>(
    module: &Mod<'a>,
    arena: &'a Arena,
    interner: &mut Interner<'a>,
    options: CompileOptions,
    changing_lines: Option<&[i32]>,
) {
    let mut warnings: Vec<Warning> = Vec::new();
    let symbols = kaa_compiler::symbols(module, arena, interner, options);
    let filename = TextBytes::from(&b"module.py"[..]);
    if matches!(module, Mod::FunctionType { .. }) {
        return;
    }
    let compiled = kaa_compiler::compile(module, arena, interner, &filename, options, &mut warnings);
    let mut others: Vec<Warning> = Vec::new();
    let (names, warnings_again) = (interner, &mut others);
    let again =
        Compilation { module, arena, names, filename: &filename, options, warnings: warnings_again, changing_lines };
    let again = SESSION.with_borrow_mut(|session| again.run(session));
    match (&compiled, &again) {
        (Ok(code), Ok(again)) => assert!(code == again, "other code in a session"),
        // Who looks at less may come through deeper nesting.
        (Err(error), _) if error.kind == ErrorKind::Recursion => {}
        (Err(error), Err(again)) => assert_eq!(error.message, again.message),
        _ => panic!("refused once, not twice"),
    }
    assert!(warnings == others || again.is_err(), "other warnings in a session");
    match compiled {
        Ok(compiled) => {
            assert!(symbols.is_ok(), "compiled without symbol tables");
            code::check_compiled(&compiled);
        }
        Err(error) => {
            // What CPython says of trees with nodes that a parser does not make.
            let known = ["Unrecognized conversion character", "invalid node type"];
            let known = known.iter().any(|start| error.message.starts_with(start));
            let unexpected = matches!(error.kind, ErrorKind::Aborted | ErrorKind::System);
            assert!(known || !unexpected, "{}", error.message);
        }
    }
}
