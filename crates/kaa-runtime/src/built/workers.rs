//! Processes that `multiprocessing` starts: the same executable, whose arguments then say that it
//! is not to run the program. CPython's library passes them as it would to `python`.

use kaa_image::Start;
use kaa_objects::{PyResult, Value, Vm};
use kaa_parser::Mode;

use crate::compile::{Request, Source, compile};
use crate::run::{import, main_globals};
use crate::state::{set_sys_attribute, state};

/// What a process of `multiprocessing` is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Worker {
    /// It gets its work by a pipe.
    Spawned,
    /// A statement, as after `-c`, and where in the arguments it is: the server of `forkserver`, or
    /// the process that cleans up.
    Command(String, usize),
}

/// Whether this process is one of `multiprocessing`. In a program without it arguments never say so.
pub(super) fn find(vm: &Vm) -> Option<Worker> {
    kaa_library::find("multiprocessing.spawn")?;
    let args: Vec<String> = {
        let config = state(vm).config.borrow();
        config.argv.iter().map(|arg| arg.to_string_lossy().into_owned()).collect()
    };
    recognize(&args)
}

fn recognize(args: &[String]) -> Option<Worker> {
    let is_numbered = |arg: &String| {
        let is_value = |value: &str| value == "None" || !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        arg.split_once('=').is_some_and(|(_, value)| is_value(value))
    };
    if args.get(1)? == "--multiprocessing-fork" && args.len() > 2 && args[2..].iter().all(is_numbered) {
        return Some(Worker::Spawned);
    }
    // Options of `python` are in front.
    let dash_c = args.iter().skip(1).position(|arg| arg == "-c")? + 1;
    let are_options = args[1..dash_c].iter().all(|arg| arg.starts_with('-'));
    let command = args.get(dash_c + 1)?;
    (are_options && is_command(command)).then(|| Worker::Command(command.clone(), dash_c))
}

/// Whether a text is a statement by which `multiprocessing` starts a process: that, and calls of
/// nothing else. Arguments of a program may come from strangers.
fn is_command(text: &str) -> bool {
    const TRACKER: &str = "from multiprocessing.resource_tracker import main;main(";
    const SERVER: &str = "import sys; from multiprocessing.forkserver import main; main(";
    const SERVER_ARGUMENTS: &str = " sys_argv=sys.argv[1:],";
    let Some(arguments) = text.strip_suffix(')') else { return false };
    if let Some(number) = arguments.strip_prefix(TRACKER) {
        return number.bytes().all(|byte| byte.is_ascii_digit());
    }
    let Some(arguments) = arguments.strip_prefix(SERVER) else { return false };
    arguments.split_once(SERVER_ARGUMENTS).is_some_and(|(before, after)| is_literal(before) && is_literal(after))
}

/// Whether a text is made of literals only: nothing in it has a name.
fn is_literal(text: &str) -> bool {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => match string_length(rest, first) {
                Some(length) => length,
                None => return false,
            },
            '0'..='9' | ' ' | ',' | '[' | ']' | '{' | '}' | ':' | '*' | '-' => 1,
            _ => match ["True", "False", "None"].into_iter().find(|word| rest.starts_with(word)) {
                Some(word) => word.len(),
                None => return false,
            },
        };
        rest = &rest[length..];
    }
    true
}

/// The length of the string literal at the start of a text.
fn string_length(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    loop {
        match chars.next()? {
            (_, '\\') => drop(chars.next()?),
            (_, '\n') => return None,
            (at, end) if end == quote => return Some(at + 1),
            _ => {}
        }
    }
}

impl Worker {
    /// Does the work; what the program starts with is imported only when the work needs it.
    pub fn run(self, vm: &Vm, start: &Start) -> PyResult<()> {
        if let Start::Module(name) = start
            && let Some(file) = super::main_file(vm, name)?
            && file.to_string_lossy().ends_with("/__main__.py")
        {
            // As with `python -m package`, the start of a package is never run in these processes:
            // the library leaves alone what has this file already.
            main_globals(vm)?.set_str(vm, vm.names().__file__, file.value())?;
        }
        match self {
            Worker::Spawned => {
                let spawn = import_submodule(vm, "multiprocessing.spawn")?;
                vm.call_method_str(spawn, "freeze_support", &[]).map(drop)
            }
            Worker::Command(text, at) => {
                set_arguments(vm, at)?;
                let code = compile(vm, Source::Text(&text), "<string>", Request::new(vm, Mode::Exec))?;
                let globals = main_globals(vm)?;
                kaa_interpreter::run_code(vm, code, globals, globals.value()).map(drop)
            }
        }
    }
}

fn import_submodule(vm: &Vm, name: &str) -> PyResult {
    import(vm, name)?;
    Ok(state(vm).modules.get_set().get_str(vm, vm.intern(name)).unwrap_or(Value::NONE))
}

/// `sys.argv` from an argument on, without the text after `-c`.
fn set_arguments(vm: &Vm, at: usize) -> PyResult<()> {
    let argv = vm.new_list(&[])?;
    let args = state(vm).config.borrow().argv.clone();
    for (index, arg) in args.iter().enumerate().skip(at) {
        if index != at + 1 {
            let arg = kaa_stdlib::path::decode_name(vm, std::os::unix::ffi::OsStrExt::as_bytes(arg.as_os_str()))?;
            argv.push(vm, arg.value())?;
        }
    }
    set_sys_attribute(vm, "argv", argv.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(args: &[&str]) -> Option<Worker> {
        recognize(&args.iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn processes_of_multiprocessing_are_known() {
        assert_eq!(find(&["tool", "--multiprocessing-fork", "tracker_fd=6", "pipe_handle=8"]), Some(Worker::Spawned));
        assert_eq!(find(&["tool", "--multiprocessing-fork", "parent_pid=None", "a=1"]), Some(Worker::Spawned));
        let tracker = "from multiprocessing.resource_tracker import main;main(5)";
        assert_eq!(find(&["tool", "-B", "-S", "-I", "-c", tracker]), Some(Worker::Command(tracker.into(), 4)));
        let server = "import sys; from multiprocessing.forkserver import main; main(3, 4, ['__main__'], \
                      sys_argv=sys.argv[1:], **{'sys_path': [\"it's\", 'b\\'c('], 'authkey_r': 7})";
        assert_eq!(find(&["tool", "-c", server, "x", "-c"]), Some(Worker::Command(server.into(), 1)));
    }

    #[test]
    fn arguments_of_the_program_are_left_alone() {
        for args in [
            &["tool"][..],
            &["tool", "--multiprocessing-fork"],
            &["tool", "--multiprocessing-fork", "file.txt"],
            &["tool", "x", "--multiprocessing-fork", "a=1"],
            &["tool", "-c"],
            &["tool", "-c", "print(1)"],
            &["tool", "run", "-c", "from multiprocessing.resource_tracker import main;main(5)"],
            &["tool", "-c", "from multiprocessing.resource_tracker import main;main(5);print(1)"],
            &["tool", "-c", "from multiprocessing.resource_tracker import main;main(exit())"],
        ] {
            assert_eq!(find(args), None, "{args:?}");
        }
        let server = |arguments: &str| {
            let start = "import sys; from multiprocessing.forkserver import main; main(3, 4, ";
            find(&["tool", "-c", &format!("{start}{arguments})")])
        };
        assert!(server("[], sys_argv=sys.argv[1:], **{}").is_some());
        for bad in [
            "[], **{}",
            "[], sys_argv=sys.argv[1:], **{}); print(1",
            "[], sys_argv=sys.argv[1:], **{'a': print()}",
            "[exit], sys_argv=sys.argv[1:], **{}",
            "[''.join], sys_argv=sys.argv[1:], **{}",
            "[f'{exit()}'], sys_argv=sys.argv[1:], **{}",
            "['a\n'], sys_argv=sys.argv[1:], **{}",
            "['a], sys_argv=sys.argv[1:], **{}",
        ] {
            assert!(server(bad).is_none(), "{bad}");
        }
    }
}
