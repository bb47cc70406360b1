//! Running a program: `__main__`, the ways of naming what runs in it, and the prompt.

use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kaa_objects::types::code::{Origin, PyCode};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};
use kaa_parser::Mode;

use crate::compile::{Request, Source, compile};
use crate::exit::uncaught;
use crate::host_output::{Stream, write};
use crate::interactive;
use crate::state::{set_sys_attribute, state, sys_attribute};

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Program {
    /// `-c`: this text.
    Command(OsString),
    /// `-m`: this module.
    Module(OsString),
    /// A file, a folder or a zip file.
    Path(OsString),
    /// Standard input, or the interactive prompt when it is a terminal.
    #[default]
    Stdin,
}

/// Runs a program as `__main__`; gives the exit code of the process.
pub fn run(vm: &Vm, program: &Program) -> i32 {
    let code = match start_library(vm) {
        Ok(()) => {
            let (is_quiet, is_verbose) = {
                let config = state(vm).config.borrow();
                (config.quiet, config.verbose > 0)
            };
            if !is_quiet && (is_verbose || *program == Program::Stdin && is_interactive(vm)) {
                interactive::greet(vm);
            }
            run_program(vm, program)
        }
        Err(raised) => uncaught(vm, raised),
    };
    inspect(vm, program, code)
}

/// Runs a source as `__main__`, without what surrounds the programs of the command; gives the
/// exit code.
pub fn run_source(vm: &Vm, source: &[u8], filename: &str) -> i32 {
    let run = || {
        set_file(vm, vm.new_str(filename)?)?;
        run_code(vm, compile(vm, Source::File(source), filename, Request::new(vm, Mode::Exec))?)
    };
    run().map_or_else(|raised| uncaught(vm, raised), |()| 0)
}

/// What is imported before any program.
pub(crate) fn start_library(vm: &Vm) -> PyResult<()> {
    main_globals(vm)?;
    if can_import_files(vm) {
        let open = vm.get_attr_str(import(vm, "_io")?, "open")?;
        state(vm).builtins.get_set().set_str(vm, vm.intern("open"), open)?;
        crate::importing::start_external(vm)?;
        if crate::state::state(vm).config.borrow().io_encoding.is_some() {
            crate::sys::set_streams(vm, true)?;
        }
        let (no_site, has_warn_options) = {
            let config = state(vm).config.borrow();
            (config.no_site, !config.warn_options.is_empty())
        };
        if has_warn_options {
            // Which makes filters of them.
            import(vm, "warnings")?;
        }
        if !no_site {
            import(vm, "site")?;
        }
    }
    vm.heap().note_first_finalizable();
    Ok(())
}

/// Whether the native modules are there that files are found and read with.
fn can_import_files(vm: &Vm) -> bool {
    let has = |name: &str| state(vm).native_modules.borrow().iter().any(|module| module.name == name);
    has("posix") && has("_io")
}

pub(crate) fn import(vm: &Vm, name: &str) -> PyResult {
    match vm.hooks.import.get() {
        Some(import) => import(vm, name),
        None => Err(vm.import_error("importlib is not there yet")),
    }
}

fn run_program(vm: &Vm, program: &Program) -> i32 {
    let run = match program {
        Program::Command(text) => run_command(vm, text),
        Program::Module(name) => run_module(vm, name),
        Program::Path(path) => return run_path(vm, path),
        Program::Stdin => run_stdin(vm),
    };
    match run {
        Ok(()) => 0,
        Err(raised) => uncaught(vm, raised),
    }
}

/// The namespace of `__main__`; the module is made when it is not there yet.
pub fn main_globals(vm: &Vm) -> PyResult<Gc<PyDict>> {
    let modules = state(vm).modules.get_set();
    let names = vm.names();
    if let Some(main) = modules.get_str(vm, names.__main__)
        && let Some(module) = vm.cast::<kaa_objects::types::module::PyModule>(main)
    {
        return Ok(module.dict.get_set());
    }
    let main = vm.new_module("__main__")?;
    let dict = main.dict.get_set();
    let builtins = modules.get_str(vm, names.builtins).unwrap_or(Value::NONE);
    if let Some(importlib) = state(vm).importlib.get() {
        let loader = vm.get_attr_str(importlib.value(), "BuiltinImporter")?;
        dict.set_str(vm, names.__loader__, loader)?;
    }
    dict.set_str(vm, names.__builtins__, builtins)?;
    modules.set_str(vm, names.__main__, main.value())?;
    Ok(dict)
}

/// Puts a folder in front of `sys.path`, for imports by the program.
fn prepend_path(vm: &Vm, folder: &[u8]) -> PyResult<()> {
    // `inspect` runs after a program: its folder stays.
    let _ = state(vm).first_path.set(String::from_utf8_lossy(folder).into_owned());
    let folder = kaa_stdlib::path::decode_name(vm, folder)?;
    match sys_attribute(vm, "path").and_then(|path| vm.cast::<PyList>(path)) {
        Some(path) => path.insert_at(vm, 0, folder.value()),
        None => set_sys_attribute(vm, "path", vm.new_list(&[folder.value()])?.value()),
    }
}

fn is_safe_path(vm: &Vm) -> bool {
    state(vm).config.borrow().safe_path
}

fn run_code(vm: &Vm, code: Gc<PyCode>) -> PyResult<()> {
    let globals = main_globals(vm)?;
    kaa_interpreter::run_code(vm, code, globals, globals.value()).map(drop)
}

fn run_command(vm: &Vm, text: &OsString) -> PyResult<()> {
    if !is_safe_path(vm) {
        prepend_path(vm, b"")?;
    }
    let Some(text) = text.to_str() else {
        write(vm, Stream::Error, "Unable to decode the command from the command line:\n");
        return Err(vm.value_error("the text after -c is no UTF-8"));
    };
    let text = dedent_command(text);
    *state(vm).command.borrow_mut() = Some(text.clone());
    let code = compile(vm, Source::Text(&format!("{text}\n")), "<string>", Request::new(vm, Mode::Exec))?;
    state(vm).command_code.set_root(Some(code));
    run_code(vm, code)
}

/// Takes away the blanks that all lines of the text after `-c` begin with, as CPython 3.14 does.
fn dedent_command(text: &str) -> String {
    let is_blank = |line: &&str| line.trim_matches([' ', '\t', '\r']).is_empty();
    let mut margin: Option<&str> = None;
    for line in text.split('\n').filter(|line| !is_blank(line)) {
        let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        let common = match margin {
            Some(margin) => margin.bytes().zip(indent.bytes()).take_while(|(a, b)| a == b).count(),
            None => indent.len(),
        };
        margin = Some(&indent[..common]);
    }
    let margin = margin.map_or(0, str::len);
    if margin == 0 {
        return text.to_owned();
    }
    let lines = text.split('\n').map(|line| if is_blank(&line) { "" } else { &line[margin..] });
    lines.collect::<Vec<_>>().join("\n")
}

/// Lets tracebacks of the library show what was typed at a prompt.
pub(crate) fn register_source(vm: &Vm, code: Gc<PyCode>, text: &str, filename: &str) -> PyResult<()> {
    if state(vm).importlib.get().is_none() {
        return Ok(());
    }
    let Ok(linecache) = vm.catch(import(vm, "linecache"), vm.exceptions().ImportError)? else { return Ok(()) };
    register_in(vm, linecache, code, text, filename)
}

fn register_in(vm: &Vm, linecache: Value, code: Gc<PyCode>, text: &str, filename: &str) -> PyResult<()> {
    let (text, filename) = (vm.new_str(text)?.value(), vm.intern(filename).value());
    vm.call_method_str(linecache, "_register_code", &[code.value(), text, filename]).map(drop)
}

/// Tells the library's `linecache`, which was just imported, the text after `-c`. Most programs
/// never ask for it: starting does not wait for the import.
pub(crate) fn register_command(vm: &Vm, linecache: Value) -> PyResult<()> {
    let state = state(vm);
    let (Some(code), Some(text)) = (state.command_code.get(), state.command.borrow().clone()) else { return Ok(()) };
    state.command_code.set_root(None);
    register_in(vm, linecache, code, &text, "<string>")
}

fn run_module(vm: &Vm, name: &OsString) -> PyResult<()> {
    if !is_safe_path(vm) {
        let folder = std::env::current_dir().unwrap_or_default();
        prepend_path(vm, folder.as_os_str().as_bytes())?;
    }
    let name = vm.new_str(&name.to_string_lossy())?;
    run_as_main(vm, name.value(), true)
}

/// Runs a module, or the `__main__` of a folder on `sys.path`, by the library's `runpy`.
fn run_as_main(vm: &Vm, name: Value, set_argv: bool) -> PyResult<()> {
    let runpy = import(vm, "runpy")?;
    vm.call_method_str(runpy, "_run_module_as_main", &[name, Value::bool(set_argv)]).map(drop)
}

/// How CPython's command names itself in messages.
fn program_name(vm: &Vm) -> String {
    let config = state(vm).config.borrow();
    config.orig_argv.first().map_or("kaa".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn run_path(vm: &Vm, path: &OsString) -> i32 {
    let path = Path::new(path);
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if path.is_dir() || is_zip(path) {
        let run = prepend_path(vm, full.as_os_str().as_bytes())
            .and_then(|()| run_as_main(vm, vm.names().__main__.value(), false));
        return match run {
            Ok(()) => 0,
            Err(raised) => uncaught(vm, raised),
        };
    }
    let source = match std::fs::read(path) {
        Ok(source) => source,
        Err(error) => {
            let number = error.raw_os_error().unwrap_or(0);
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let (program, path) = (program_name(vm), full.display().to_string());
            eprintln!("{program}: can't open file '{path}': [Errno {number}] {text}");
            return 2;
        }
    };
    match run_file(vm, path, &full, &source) {
        Ok(()) => 0,
        Err(raised) => uncaught(vm, raised),
    }
}

/// Whether a file ends as a zip archive does, so that `zipimport` can take it.
fn is_zip(path: &Path) -> bool {
    const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
    const LONGEST_END: u64 = 22 + 0xffff;
    let tail = || -> std::io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(length.saturating_sub(LONGEST_END)))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail)?;
        Ok(tail)
    };
    // Files that cannot be read are reported when they are run.
    tail().is_ok_and(|tail| tail.windows(4).any(|window| window == END_OF_DIRECTORY))
        && path.extension().is_none_or(|extension| extension != "py")
}

fn run_file(vm: &Vm, path: &Path, full: &Path, source: &[u8]) -> PyResult<()> {
    if !is_safe_path(vm) {
        // The folder of the file itself, not of a link to it.
        let real = std::fs::canonicalize(path).unwrap_or_else(|_| full.to_owned());
        let is_link = path.is_symlink();
        let folder = if is_link { real.parent() } else { full.parent() };
        prepend_path(vm, folder.map_or(&b""[..], |folder| folder.as_os_str().as_bytes()))?;
    }
    let name = kaa_stdlib::path::decode_name(vm, full.as_os_str().as_bytes())?;
    set_file(vm, name)?;
    if path.extension().is_some_and(|extension| extension == "pyc") {
        if can_import_files(vm) {
            set_loader(vm, "SourcelessFileLoader", name)?;
        }
        return run_code(vm, read_pyc(vm, source)?);
    }
    if can_import_files(vm) {
        set_loader(vm, "SourceFileLoader", name)?;
    }
    let source = if state(vm).config.borrow().skip_first_line { after_first_line(source) } else { source.to_vec() };
    let filename = full.to_string_lossy();
    let code = compile(vm, Source::File(&source), &filename, Request::new(vm, Mode::Exec))?;
    if matches!(filename, std::borrow::Cow::Owned(_)) {
        // The compiler's messages show such a name as best they can; the code has it as it is.
        crate::importing::rename_code(vm, code, name);
    }
    run_code(vm, code)
}

/// Sets `__file__` and `__cached__` of `__main__`.
fn set_file(vm: &Vm, filename: Gc<PyStr>) -> PyResult<()> {
    let globals = main_globals(vm)?;
    globals.set_str(vm, vm.names().__file__, filename.value())?;
    globals.set_str(vm, vm.intern("__cached__"), Value::NONE)
}

fn set_loader(vm: &Vm, class: &str, filename: Gc<PyStr>) -> PyResult<()> {
    let external = import(vm, "_frozen_importlib_external")?;
    let class = vm.get_attr_str(external, class)?;
    let loader = vm.call(class, &[vm.names().__main__.value(), filename.value()])?;
    main_globals(vm)?.set_str(vm, vm.names().__loader__, loader)
}

/// The source with an empty line for its first: lines keep their numbers.
fn after_first_line(source: &[u8]) -> Vec<u8> {
    let end = source.iter().position(|&byte| byte == b'\n').unwrap_or(source.len());
    source[end..].to_vec()
}

fn read_pyc(vm: &Vm, bytes: &[u8]) -> PyResult<Gc<PyCode>> {
    use kaa_bytecode::pyc::{HEADER_LENGTH, MAGIC};
    let too_short = || vm.raise_new(vm.exceptions().EOFError, "EOF read where not expected");
    match bytes.first_chunk() {
        None => return Err(too_short()),
        Some(&MAGIC) if bytes.len() < HEADER_LENGTH => return Err(too_short()),
        Some(&MAGIC) => {}
        Some(_) => return Err(vm.runtime_error("Bad magic number in .pyc file")),
    }
    match bytes.get(HEADER_LENGTH..).map(kaa_bytecode::marshal::read_code) {
        Some(Ok(code)) => vm.new_code(&code, Origin::Outside),
        _ => Err(vm.runtime_error("Bad code object in .pyc file")),
    }
}

fn run_stdin(vm: &Vm) -> PyResult<()> {
    if !is_safe_path(vm) {
        prepend_path(vm, b"")?;
    }
    if is_interactive(vm) {
        // `SystemExit` ends a prompt also with `-i`.
        state(vm).config.borrow_mut().inspect = false;
        return interactive::prompt(vm, false).map(drop);
    }
    let mut source = Vec::new();
    if let Err(error) = std::io::stdin().read_to_end(&mut source) {
        return Err(vm.raise_new(vm.exceptions().OSError, error));
    }
    set_file(vm, vm.new_str("<stdin>")?)?;
    run_code(vm, compile(vm, Source::File(&source), "<stdin>", Request::new(vm, Mode::Exec))?)
}

/// Whether there is a prompt: standard input is a terminal, or `-i` asks for one.
fn is_interactive(vm: &Vm) -> bool {
    std::io::stdin().is_terminal() || state(vm).config.borrow().interactive
}

/// With `-i` or `PYTHONINSPECT`, a prompt after the program.
fn inspect(vm: &Vm, program: &Program, code: i32) -> i32 {
    let config = state(vm).config.borrow();
    let by_variable =
        || !config.ignore_environment && std::env::var_os("PYTHONINSPECT").is_some_and(|value| !value.is_empty());
    let wanted = config.inspect || by_variable();
    drop(config);
    let had_prompt = *program == Program::Stdin && is_interactive(vm);
    if !wanted || had_prompt || !is_interactive(vm) {
        return code;
    }
    state(vm).config.borrow_mut().inspect = false;
    match interactive::prompt(vm, true) {
        Ok(code) => code,
        Err(raised) => uncaught(vm, raised),
    }
}
