//! `print` and `input`.

use kaa_macros::py_functions;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::Builtins;
use crate::state::sys_attribute;

fn separator(vm: &Vm, value: Value, name: &str, default: &str) -> PyResult<Gc<PyStr>> {
    match value.not_none() {
        None => Ok(vm.intern(default)),
        Some(value) => vm.cast::<PyStr>(value).ok_or_else(|| {
            let class = vm.class_name(value);
            vm.type_error(format_args!("{name} must be None or a string, not {class}"))
        }),
    }
}

#[py_functions(FUNCTIONS, of = "builtins")]
impl Builtins {
    #[function(
        "print",
        raw,
        signature = "(*args, sep=' ', end='\\n', file=None, flush=False)",
        doc = "Prints the values to a stream, or to sys.stdout by default.\n\nsep\n  string inserted between values, default a space.\nend\n  string appended after the last value, default a newline.\nfile\n  a file-like object (stream); defaults to the current sys.stdout.\nflush\n  whether to forcibly flush the stream."
    )]
    fn print(vm: &Vm, args: Args<'_>) -> PyResult<()> {
        let (mut sep, mut end, mut file, mut flush) = (Value::NONE, Value::NONE, Value::NONE, false);
        for (name, value) in args.keywords() {
            match name.as_ascii() {
                Some("sep") => sep = value,
                Some("end") => end = value,
                Some("file") => file = value,
                Some("flush") => flush = vm.truth(value)?,
                _ => return Err(vm.unexpected_keyword("print()", &["sep", "end", "file", "flush"], args)),
            }
        }
        if file.is_none() {
            match sys_attribute(vm, "stdout") {
                None => return Err(vm.runtime_error("lost sys.stdout")),
                Some(stdout) if stdout.is_none() => return Ok(()),
                Some(stdout) => file = stdout,
            }
        }
        let (sep, end) = (separator(vm, sep, "sep", " ")?, separator(vm, end, "end", "\n")?);
        let write = vm.get_attr(file, vm.names().write)?;
        for (index, &value) in args.positionals().iter().enumerate() {
            if index != 0 {
                vm.call(write, &[sep.value()])?;
            }
            let text = vm.str(value)?;
            vm.call(write, &[text.value()])?;
        }
        vm.call(write, &[end.value()])?;
        if flush {
            vm.call_method(file, vm.names().flush, &[])?;
        }
        Ok(())
    }

    #[function(
        "input(prompt='', /)",
        doc = "Read a string from standard input.  The trailing newline is stripped.\n\nThe prompt string, if given, is printed to standard output without a\ntrailing newline before reading input.\n\nIf the user hits EOF (*nix: Ctrl-D, Windows: Ctrl-Z+Return), raise EOFError.\nOn *nix systems, readline is used if available."
    )]
    fn input(vm: &Vm, prompt: Value) -> PyResult {
        for (name, text) in [
            ("stdin", "input(): lost sys.stdin"),
            ("stdout", "input(): lost sys.stdout"),
            ("stderr", "input(): lost sys.stderr"),
        ] {
            if sys_attribute(vm, name).and_then(Value::not_none).is_none() {
                return Err(vm.runtime_error(text));
            }
        }
        let flush = |stream: Value| {
            if let Err(raised) = vm.call_method(stream, vm.names().flush, &[]) {
                vm.take_exception(raised);
            }
        };
        flush(sys_attribute(vm, "stderr").unwrap_or(Value::NONE));
        let stdin = sys_attribute(vm, "stdin").unwrap_or(Value::NONE);
        let stdout = sys_attribute(vm, "stdout").unwrap_or(Value::NONE);
        let prompt = vm.str(prompt)?;
        if !prompt.is_empty() {
            vm.call_method(stdout, vm.names().write, &[prompt.value()])?;
        }
        flush(stdout);
        let line = vm.call_method(stdin, vm.names().readline, &[])?;
        let Some(line) = vm.cast::<PyStr>(line) else {
            return Err(vm.type_error("object.readline() returned non-string"));
        };
        match line.len() {
            0 => Err(vm.eof_error("EOF when reading a line")),
            len if line.data().at(len - 1) == u32::from(b'\n') => {
                Ok(vm.new_str_from_data(line.data().slice(0..len - 1))?.value())
            }
            _ => Ok(line.value()),
        }
    }
}
