//! Golden tests from source to symbol tables, instructions, code objects, errors and warnings.
//! The code objects and errors in the files are CPython 3.14's.

use kaa_ast::{Arena, Interner, Mod};
use kaa_bytecode::dis::{DisOptions, dis};
use kaa_bytecode::{CodeObject, TextBytes};
use kaa_compiler::{
    Compilation, CompileError, CompileOptions, ErrorKind, Session, Stage, Warning, WarningAction, WarningSink,
    flowgraph,
};
use kaa_golden::Case;
use kaa_parser::{Mode, ParseOptions};

fn golden(folder: &str, actual: impl Fn(&Case) -> String) {
    kaa_golden::check_folder(format!("{}/tests/golden/{folder}", env!("CARGO_MANIFEST_DIR")), actual);
}

/// The options of a case: `mode=eval`, `optimize=2`, `await`.
fn options(case: &Case) -> (ParseOptions, CompileOptions) {
    let mode = match case.option("mode") {
        Some("eval") => Mode::Eval,
        Some("single") => Mode::Single,
        _ => Mode::Exec,
    };
    let optimize = case.option("optimize").map_or(0, |level| level.parse().expect("a level is a number"));
    let top_level_await = case.option("await").is_some();
    (
        ParseOptions { mode, ..ParseOptions::default() },
        CompileOptions { optimize, top_level_await, ..Default::default() },
    )
}

fn with_tree<T>(
    source: &str,
    options: &ParseOptions,
    use_tree: impl for<'a> FnOnce(&Mod<'a>, &'a Arena, &mut Interner<'a>) -> T,
) -> T {
    let arena = Arena::new();
    let mut parsed = match kaa_parser::parse(source, &arena, options) {
        Ok(parsed) => parsed,
        Err(error) => panic!("{}: {source}", error.message),
    };
    use_tree(&parsed.module, &arena, &mut parsed.interner)
}

fn compile(source: &str, case: &Case, warnings: &mut dyn WarningSink) -> Result<CodeObject, CompileError> {
    let (parse_options, compile_options) = options(case);
    let filename = TextBytes::from(&b"test.py"[..]);
    with_tree(source, &parse_options, |module, arena, names| {
        kaa_compiler::compile(module, arena, names, &filename, compile_options, warnings)
    })
}

fn describe(error: &CompileError) -> String {
    let place = error
        .span
        .map_or(String::new(), |span| format!(" at {},{}-{},{}", span.line, span.col, span.end_line, span.end_col));
    let kind = if error.kind == ErrorKind::Syntax { String::new() } else { format!("{:?}: ", error.kind) };
    format!("{kind}{}{place}\n", error.message)
}

#[test]
fn stages() {
    golden("stages", |case| {
        let stage = match case.option("stage") {
            Some("symtable") => Stage::Symbols,
            Some("cfg") => {
                let after =
                    case.option("after").map(|name| flowgraph::passes_until(name).expect("a pass of that name"));
                Stage::Graph { passes: after.unwrap_or(flowgraph::PASSES.len()) }
            }
            _ => Stage::Instructions,
        };
        let (parse_options, compile_options) = options(case);
        with_tree(&case.input, &parse_options, |module, arena, names| {
            match kaa_compiler::show(stage, module, arena, names, compile_options) {
                Ok(units) => {
                    let text = |unit: kaa_compiler::UnitText| match stage {
                        Stage::Symbols => unit.texts.concat(),
                        _ => format!("{}:\n{}", unit.qualname, unit.texts.concat()),
                    };
                    units.into_iter().map(text).collect()
                }
                Err(error) => describe(&error),
            }
        })
    });
}

#[test]
fn bytecode() {
    golden("bytecode", |case| match compile(&case.input, case, &mut kaa_compiler::NoWarnings) {
        Ok(code) => dis(&code, &DisOptions::default()),
        Err(error) => describe(&error),
    });
}

/// Each line is a program of its own; `\n` in it begins a new line.
#[test]
fn errors() {
    golden("errors", |case| {
        let mut out = String::new();
        for line in case.input.lines() {
            let source = line.replace("\\n", "\n");
            let mut warnings: Vec<Warning> = Vec::new();
            let result = compile(&source, case, &mut warnings);
            for Warning { message, span } in warnings {
                out.push_str(&format!(
                    "warning: {message} at {},{}-{},{}\n",
                    span.line, span.col, span.end_line, span.end_col
                ));
            }
            match result {
                Ok(_) => out.push_str("ok\n"),
                Err(error) => out.push_str(&describe(&error)),
            }
        }
        out
    });
}

/// What the filters make of a warning.
struct Always(WarningAction);

impl WarningSink for Always {
    fn warn(&mut self, _: Warning) -> WarningAction {
        self.0
    }
}

#[test]
fn warnings_can_be_errors() {
    let case = Case { title: String::new(), options: String::new(), input: String::new(), expected: String::new() };
    let error = compile("x is 1", &case, &mut Always(WarningAction::Raise)).unwrap_err();
    assert_eq!(error.message, "\"is\" with 'int' literal. Did you mean \"==\"?");
    assert_eq!(error.kind, ErrorKind::Syntax);
    let error = compile("x is 1", &case, &mut Always(WarningAction::Abort)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Aborted);
    let finally = "def f():\n try: pass\n finally: return";
    let error = compile(finally, &case, &mut Always(WarningAction::Raise)).unwrap_err();
    assert_eq!(error.message, "'return' in a 'finally' block");
}

/// Trees that are nested deeply, or long chains, compile or give an error; the stack holds.
#[test]
fn deep_trees() {
    let case = Case { title: String::new(), options: String::new(), input: String::new(), expected: String::new() };
    let compiles = |source: &str| compile(source, &case, &mut kaa_compiler::NoWarnings);
    assert!(compiles(&vec!["a"; 50_000].join("+")).is_ok());
    assert!(compiles(&vec!["a"; 50_000].join(" and ")).is_ok());
    assert!(compiles(&vec!["a"; 50_000].join("<")).is_ok());
    for chain in [".b", "()", "[0]"] {
        let error = compiles(&format!("a{}", chain.repeat(50_000))).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Recursion);
        assert_eq!(error.message, "maximum recursion depth exceeded during compilation");
    }
}

/// The symbol tables know of the `yield`, though no code is made for it.
#[test]
fn awaiting_code_is_a_coroutine_whatever_was_left_out() {
    for source in ["await x\nassert (yield)", "async for x in y:\n    pass\nassert (yield)"] {
        let options = CompileOptions { optimize: 1, top_level_await: true, ..Default::default() };
        let filename = TextBytes::from(&b"x"[..]);
        let code = with_tree(source, &ParseOptions::default(), |module, arena, names| {
            kaa_compiler::compile(module, arena, names, &filename, options, &mut kaa_compiler::NoWarnings)
        });
        let code = code.expect("this compiles");
        assert_ne!(code.flags & kaa_bytecode::flags::COROUTINE, 0);
        assert_eq!(kaa_bytecode::verify::verify(&kaa_bytecode::verify::Facts::of(&code)), Ok(()));
    }
}

/// With assertions kept, unlike at level 2.
#[test]
fn docstrings_may_be_left_out_by_themselves() {
    use kaa_compiler::Docstrings;
    let source = "'of the module'\ndef f():\n    'of the function'\n    assert x, 'a message'\n";
    let kept = |docstrings| {
        let options = CompileOptions { docstrings, ..Default::default() };
        let filename = TextBytes::from(&b"x"[..]);
        let code = with_tree(source, &ParseOptions::default(), |module, arena, names| {
            kaa_compiler::compile(module, arena, names, &filename, options, &mut kaa_compiler::NoWarnings)
        });
        let text = format!("{:?}", code.expect("this compiles").consts.iter().map(texts).collect::<Vec<_>>());
        ["of the module", "of the function", "a message"].map(|part| text.contains(part))
    };
    assert_eq!(kept(Docstrings::ByLevel), [true, true, true]);
    assert_eq!(kept(Docstrings::OfModule), [true, false, true]);
    assert_eq!(kept(Docstrings::None), [false, false, true]);
}

/// The texts among constants, those of nested code too.
fn texts(constant: &kaa_bytecode::Constant) -> Vec<String> {
    match constant {
        kaa_bytecode::Constant::Str(text) => vec![String::from_utf8_lossy(text).into_owned()],
        kaa_bytecode::Constant::Code(code) => code.consts.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Keeps what it is told.
#[derive(Default)]
struct Kept(Vec<(String, kaa_ast::Span)>);

impl WarningSink for Kept {
    fn warn(&mut self, warning: Warning) -> WarningAction {
        self.0.push((warning.message, warning.span));
        WarningAction::Continue
    }
}

/// What the compiler does not look at because the parser says so would not have changed.
#[test]
fn statements_that_stay_need_no_look() {
    let programs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs");
    let files = std::fs::read_dir(programs).expect("there are programs").map(|entry| entry.expect("a file").path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "py"));
    let files = files.filter_map(|path| std::fs::read_to_string(path).ok());
    let sources = [
        "def f():\n    def g():\n        return '%s' % (x,)\n    return 1\ndef h(): pass\n",
        "@d('%r' % (x,))\n@e\ndef f(a=1): pass\n",
        "class C:\n    @d(\n        '%s' % (x,))\n    class D: pass\n    @d\n    async def f(): '%a' % (x,)\n",
        "def f():\n    while 1:\n        try:\n            pass\n        finally:\n            if x:\n                break\n",
        "def f():\n    try:\n        pass\n    finally:\n        with x:\n            for y in z:\n                return\n            return\n",
        "def f():\n    try: pass\n    finally:\n        def g():\n            return\n        class D: pass\n        return\n",
        "for x in y:\n    try: pass\n    except* E: pass\n    finally:\n        continue\n",
        "def f():\n    match x:\n        case -1: pass\n        case {1+2j: a}: pass\n",
        "def f(): return __debug__\ndef g():\n    if __debug__: pass\n",
        "x = [lambda: '%s' %\n  (a,),\n  f'{\"%s\" % (b,)}']; y = '%d' % (1,)\n",
        "if a:\n    b = ('x'\n     '%s' % (c,)).d\nelse:\n    match = '%s' % (x,)\n    match(y)\n",
    ];
    let mut stayed = 0;
    for source in files.chain(sources.map(str::to_owned)) {
        let arena = Arena::new();
        let Ok(mut parsed) = kaa_parser::parse(&source, &arena, &ParseOptions::default()) else { continue };
        let filename = TextBytes::from(&b"x"[..]);
        let lines = parsed.changing_lines.take();
        stayed += usize::from(lines.as_ref().is_some_and(|lines| !lines.is_empty()));
        for optimize in [0, 2] {
            let mut compile = |changing_lines| {
                let mut kept = Kept::default();
                let compilation = Compilation {
                    module: &parsed.module,
                    arena: &arena,
                    names: &mut parsed.interner,
                    filename: &filename,
                    options: CompileOptions { optimize, ..Default::default() },
                    warnings: &mut kept,
                    changing_lines,
                };
                let code = compilation.run(&mut Session::default());
                (code.map_err(|error| error.message), kept.0)
            };
            assert!(compile(None) == compile(lines.as_deref()), "not the same:\n{source}");
        }
    }
    assert!(stayed > 20, "{stayed} sources with lines that change");
}

/// A session keeps memory, nothing else.
#[test]
fn compilations_of_a_session_do_not_see_each_other() {
    let sources = [
        "class C:\n    def f(self): return self.__x\nx = [y for y in z if y]\n",
        "def f(:\n",
        "def f(a, b=1, *c, d, **e):\n    try: return a\n    finally: g(b)\n",
        "def f():\n    x = 1\n    def g(): nonlocal y\n",
        "async def f():\n    async with a as b: await c\n",
        "lambda: (yield)\n",
    ];
    let mut session = Session::default();
    for source in sources.iter().cycle().take(3 * sources.len()) {
        let filename = TextBytes::from(&b"x"[..]);
        let arena = Arena::new();
        let Ok(mut parsed) = kaa_parser::parse(source, &arena, &ParseOptions::default()) else { continue };
        let mut compile = |session: &mut Session| {
            let compilation = Compilation {
                module: &parsed.module,
                arena: &arena,
                names: &mut parsed.interner,
                filename: &filename,
                options: CompileOptions::default(),
                warnings: &mut kaa_compiler::NoWarnings,
                changing_lines: None,
            };
            compilation.run(session).map_err(|error| error.message)
        };
        assert!(compile(&mut session) == compile(&mut Session::default()), "not the same:\n{source}");
    }
}
