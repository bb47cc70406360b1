//! Prompts: that of the library (`_pyrepl`) on a terminal, and the plain one, where statements are
//! read line by line, compiled as `single`, and run in `__main__`.

use std::io::{BufRead, IsTerminal, Write};

use kaa_bytecode::flags;
use kaa_objects::types::code::PyCode;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};
use kaa_parser::Mode;

use crate::compile::{Request, Source, compile};
use crate::exit::report;
use crate::host_output::{Stream, write, write_raw};
use crate::run::{main_globals, register_source};
use crate::state::{set_sys_attribute, state, sys_attribute};

/// Runs the file that `PYTHONSTARTUP` names.
fn run_startup(vm: &Vm) -> PyResult<()> {
    let Some(path) = state(vm).config.borrow().startup.clone() else { return Ok(()) };
    let source = match std::fs::read(&path) {
        Ok(source) => source,
        Err(error) => {
            write(vm, Stream::Error, &format!("Could not open PYTHONSTARTUP\n{error}: '{path}'\n"));
            return Ok(());
        }
    };
    let run = compile(vm, Source::File(&source), &path, Request::new(vm, Mode::Exec)).and_then(|code| {
        let globals = main_globals(vm)?;
        kaa_interpreter::run_code(vm, code, globals, globals.value())
    });
    keep_going(vm, run.map(drop))
}

/// Whether the library's prompt is wanted: it needs a terminal.
fn wants_library_prompt(vm: &Vm) -> bool {
    let is_basic = !state(vm).config.borrow().ignore_environment
        && std::env::var_os("PYTHON_BASIC_REPL").is_some_and(|value| !value.is_empty());
    std::io::stdin().is_terminal() && !is_basic
}

/// Calls `sys.__interactivehook__`, which `site` sets: it reads the history of earlier sessions.
fn run_hook(vm: &Vm) -> PyResult<()> {
    let Some(hook) = sys_attribute(vm, "__interactivehook__") else { return Ok(()) };
    vm.audit("cpython.run_interactivehook", &[hook])?;
    if let Err(raised) = vm.call(hook, &[]) {
        write(vm, Stream::Error, "Failed calling sys.__interactivehook__\n");
        return keep_going(vm, Err(raised));
    }
    Ok(())
}

/// Lets the user type statements until the input ends; the exit code. `SystemExit` is the caller's.
/// `after_program` says that a program ran before, so that `PYTHONSTARTUP` is yet to be run.
pub(crate) fn prompt(vm: &Vm, after_program: bool) -> PyResult<i32> {
    if !after_program {
        run_startup(vm)?;
    }
    run_hook(vm)?;
    if !wants_library_prompt(vm) {
        run(vm)?;
        return Ok(0);
    }
    let Some(import) = vm.hooks.import.get() else { return Err(vm.import_error("importlib is not there yet")) };
    let module =
        import(vm, "_pyrepl.main").inspect_err(|_| write_raw(Stream::Error, "Could not import _pyrepl.main\n"));
    let console = vm.get_attr_str(module?, "interactive_console")?;
    let modules = state(vm).modules.get_set();
    let main = modules.get_str(vm, vm.names().__main__).unwrap_or(Value::NONE);
    let names = vm.new_tuple(&["mainmodule", "pythonstartup"].map(|name| vm.intern(name).value()))?;
    let values = [main, Value::bool(after_program)];
    vm.call_args(console, Args::with_keywords(&values, Some(names)))?;
    Ok(0)
}

/// Reads and runs statements until the input ends. `SystemExit` is the caller's.
pub(crate) fn run(vm: &Vm) -> PyResult<()> {
    for (name, prompt) in [("ps1", ">>> "), ("ps2", "... ")] {
        if sys_attribute(vm, name).is_none() {
            set_sys_attribute(vm, name, vm.new_str(prompt)?.value())?;
        }
    }
    // A future feature that a statement imports holds for those after it.
    let mut future = 0;
    loop {
        match read_statement(vm, future) {
            Ok(Some(code)) => {
                future |= code.flags & flags::FUTURE_MASK;
                let globals = main_globals(vm)?;
                let run = kaa_interpreter::run_code(vm, code, globals, globals.value());
                keep_going(vm, run.map(drop))?;
                flush(vm);
            }
            Ok(None) => {
                write(vm, Stream::Error, "\n");
                return Ok(());
            }
            Err(raised) => keep_going(vm, Err(raised))?,
        }
    }
}

/// What a statement printed is seen before the next prompt.
fn flush(vm: &Vm) {
    for stream in [Stream::Error, Stream::Output] {
        let Some(stream) = sys_attribute(vm, stream.name()).and_then(Value::not_none) else { continue };
        if let Err(raised) = vm.call_method_str(stream, "flush", &[]) {
            vm.take_exception(raised);
        }
    }
}

/// Shows an exception; only `SystemExit` ends the prompt.
fn keep_going(vm: &Vm, result: PyResult<()>) -> PyResult<()> {
    let Err(raised) = result else { return Ok(()) };
    let exception = vm.take_exception(raised);
    if vm.is_instance(exception.value(), vm.exceptions().SystemExit) {
        return Err(vm.raise_again(exception));
    }
    match report(vm, exception) {
        Some(code) => Err(vm.raise_with(vm.exceptions().SystemExit, &[Value::small_int(code.into())])),
        None => Ok(()),
    }
}

/// Says which Python it is, before a prompt.
pub(crate) fn greet(vm: &Vm) {
    let version = sys_attribute(vm, "version").map_or(String::new(), |version| vm.str_lossy(version));
    let platform = std::env::consts::OS;
    let mut text = format!("Python {version} on {platform}\n");
    if !state(vm).config.borrow().no_site {
        text.push_str("Type \"help\", \"copyright\", \"credits\" or \"license\" for more information.\n");
    }
    write_raw(Stream::Error, &text);
}

/// One statement, of as many lines as it takes; `None` at the end of the input.
fn read_statement(vm: &Vm, future: u32) -> PyResult<Option<Gc<PyCode>>> {
    let mut text = String::new();
    loop {
        let prompt = if text.is_empty() { "ps1" } else { "ps2" };
        let Some(line) = read_line(vm, prompt)? else {
            if text.is_empty() {
                return Ok(None);
            }
            return compile_statement(vm, &text, future, false).map(Some);
        };
        text.push_str(&line);
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            text.clear();
            continue;
        }
        // As in the library's `codeop`: a statement is whole when it compiles without more lines,
        // and wrong when one more line does not make it just incomplete. The end of the last
        // line counts as one more: a block ends with an empty line.
        if let Ok(code) = try_statement(vm, &text, future)? {
            register_source(vm, code, &text, "<stdin>")?;
            return Ok(Some(code));
        }
    }
}

/// More lines are needed.
struct Incomplete;

fn try_statement(vm: &Vm, text: &str, future: u32) -> PyResult<Result<Gc<PyCode>, Incomplete>> {
    let exceptions = vm.exceptions();
    let without_end = text.strip_suffix('\n').unwrap_or(text);
    if let Ok(code) = vm.catch(compile_statement(vm, without_end, future, true), exceptions.SyntaxError)? {
        return Ok(Ok(code));
    }
    match vm.catch(compile_statement(vm, &format!("{without_end}\n"), future, true), exceptions.SyntaxError)? {
        Ok(_) => Ok(Err(Incomplete)),
        Err(error) if vm.is_instance(error.value(), exceptions._IncompleteInputError) => Ok(Err(Incomplete)),
        Err(_) => compile_statement(vm, text, future, false).map(Ok),
    }
}

fn compile_statement(vm: &Vm, text: &str, future: u32, may_be_incomplete: bool) -> PyResult<Gc<PyCode>> {
    let request = Request {
        future,
        allow_incomplete_input: may_be_incomplete,
        dont_imply_dedent: may_be_incomplete,
        warn: !may_be_incomplete,
        ..Request::new(vm, Mode::Single)
    };
    compile(vm, Source::Text(text), "<stdin>", request)
}

/// A line with its end; the prompt goes to standard output when that and the input are a
/// terminal, to standard error else, as in CPython.
fn read_line(vm: &Vm, prompt: &str) -> PyResult<Option<String>> {
    let prompt = match sys_attribute(vm, prompt).and_then(Value::not_none) {
        Some(prompt) => vm.str(prompt)?.to_string_lossy(),
        None => String::new(),
    };
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if is_terminal {
        print!("{prompt}");
        let _ = std::io::stdout().flush();
    } else {
        eprint!("{prompt}");
    }
    let mut line = Vec::new();
    match std::io::stdin().lock().read_until(b'\n', &mut line) {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(String::from_utf8_lossy(&line).into_owned())),
        Err(error) => Err(vm.raise_new(vm.exceptions().OSError, error)),
    }
}
