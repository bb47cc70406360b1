//! Executables with programs in them, from plans made by hand: what runs in them, and what they say
//! when they are not whole. How plans are made is tested elsewhere; where executables run, in
//! `built_places.rs`.

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::executables::*;
use kaa_image::{File, Module, Plan, Start, Template};

#[test]
fn the_same_plan_gives_the_same_file() {
    assert!(build(&hello()) == build(&hello()));
    let file = build(&hello());
    assert_eq!(kaa_image::check(&file), Ok(()));
    let template = std::fs::metadata(env!("CARGO_BIN_EXE_kaa")).unwrap().len() as usize;
    assert!(file.len() + kaa_library::embedded().len() - 8192 < template + 300_000, "the library is still there");
}

#[test]
fn arguments_and_variables_are_the_programs() {
    let folder = Folder::new();
    let source = "import sys\n\
                  print(sys.argv[1:], sys.flags.optimize, sys.flags.isolated, sys.frozen, __name__, __debug__)\n\
                  print(sys.executable, sys.path, sys.prefix, sys.base_exec_prefix, __file__, __spec__.name, repr(__package__), exit)\n";
    let path = folder.add("tool", &build(&plan(&[("app.py", source)])));
    let mut command = Command::new(&path);
    command.args(["-c", "print(1)", "--help", "-O", "-m"]);
    for variable in ["PYTHONOPTIMIZE", "PYTHONPATH", "PYTHONHOME", "PYTHONVERBOSE", "PYTHONINSPECT", "PYTHONHASHSEED"] {
        command.env(variable, "1");
    }
    command.env("KAA_GC", "nonsense");
    let output = command.output().unwrap();
    let text = out(&output).replace(path.to_str().unwrap(), "TOOL");
    assert_eq!(
        text,
        "['-c', 'print(1)', '--help', '-O', '-m'] 0 1 True __main__ True\n\
         TOOL ['TOOL', 'TOOL/lib/python3.14'] TOOL TOOL TOOL/app.py app '' Use exit() or Ctrl-D (i.e. EOF) to exit\n"
    );
    assert_eq!(err(&output), "");
}

#[test]
fn starts_of_all_kinds_run() {
    let pkg = [
        (
            "pkg/__main__.py",
            "from . import __name__ as name\nimport sys\nprint('main of', name, __package__, len(sys.argv))\n",
        ),
        ("pkg/__init__.py", "print('init', __name__, __path__[0].rpartition('/')[2])\n"),
        (
            "pkg/cli.py",
            "class App:\n    def run():\n        print('run', __name__)\n        return 3\ndef text():\n    return 'bad thing'\n",
        ),
    ];
    let folder = Folder::new();
    let of = |start: Start| {
        let mut plan = plan(&pkg);
        plan.start = start;
        run(&folder.add("tool", &build(&plan)), &["x"])
    };
    let by_module = of(Start::Module("pkg.__main__".into()));
    assert_eq!(out(&by_module), "init pkg pkg\nmain of pkg pkg 2\n");
    assert_eq!(out(&of(Start::Module("pkg".into()))), out(&by_module));
    let entry = |function: &str| of(Start::EntryPoint { module: "pkg.cli".into(), function: function.into() });
    let output = entry("App.run");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(3), &b"init pkg pkg\nrun pkg.cli\n"[..]));
    let output = entry("text");
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(1), "bad thing\n"));
    assert!(err(&entry("nothing")).ends_with("AttributeError: module 'pkg.cli' has no attribute 'nothing'\n"));
    let folder_like = printed(&[("__main__.py", "print(__spec__, __file__[-12:], repr(__package__))\n")], &[]);
    assert_eq!(folder_like, "None /__main__.py ''\n");
}

#[test]
fn usage_messages_name_the_program() {
    let source = "import argparse\nargparse.ArgumentParser().parse_args()\n";
    for path in ["app.py", "__main__.py", "pkg/__main__.py"] {
        let text = printed(&[(path, source), ("pkg/__init__.py", "")], &["--help"]);
        assert!(text.starts_with("usage: tool [-h]\n"), "{path}: {text}");
    }
}

#[test]
fn imports_find_what_is_there() {
    let app = "\
import importlib, pkgutil, sys
import pkg, pkg.sub.deep as deep, space.inner
from pkg import sub
print(sub.deep is deep, space.__path__, space.__spec__.loader.__class__.__name__, pkg.__spec__.has_location)
print([(m.name, m.ispkg) for m in pkgutil.walk_packages(pkg.__path__, 'pkg.')])
print([m.name for m in pkgutil.iter_modules(sys.path[:1])])
try:
    import pkg.missing
except ModuleNotFoundError as error:
    print(error, error.name)
print(importlib.import_module('pkg.sub.deep').__file__)
print(pkg.__loader__.get_source('pkg'), pkg.__loader__.is_package('pkg'), pkg.__loader__)
import json.decoder
print(json.decoder.__file__)
";
    let folder = Folder::new();
    let mut plan = plan(&[
        ("app.py", app),
        ("pkg/__init__.py", ""),
        ("pkg/sub/__init__.py", ""),
        ("pkg/sub/deep.py", ""),
        ("space/inner.py", ""),
    ]);
    let space = Module { name: "space".into(), namespace: true, path: "space".into(), ..Module::default() };
    plan.modules.push(space);
    let path = folder.add("tool", &build(&plan));
    assert_eq!(
        out(&run(&path, &[])).replace(path.to_str().unwrap(), "TOOL"),
        "True _NamespacePath(['TOOL/space']) NamespaceLoader True\n\
         [('pkg.sub', True), ('pkg.sub.deep', False)]\n\
         ['app', 'pkg']\n\
         No module named 'pkg.missing' pkg.missing\n\
         TOOL/pkg/sub/deep.py\n\
         None True <LibraryImporter object \"TOOL/\">\n\
         TOOL/lib/python3.14/json/decoder.py\n"
    );
}

#[test]
fn files_are_read() {
    let app = "\
import importlib.metadata, importlib.resources, os, pathlib, pkgutil
import pkg
print(pkgutil.get_data('pkg', 'data/text.txt'))
files = importlib.resources.files('pkg')
print(sorted(entry.name for entry in files.iterdir()), files.joinpath('data', 'text.txt').read_text())
with importlib.resources.as_file(files / 'data' / 'text.txt') as path:
    print(path.read_text(), path.name.endswith('text.txt'))
print(importlib.metadata.version('pkg'), importlib.metadata.entry_points(group='tools'))
print([str(file) for file in importlib.metadata.files('pkg')])
here = pathlib.Path(pkg.__file__).parent
with open(here / 'data' / '..' / 'table.csv') as stream:
    print(len(stream.readlines()), (here / 'table.csv').stat().st_size, stream.fileno() > 2)
print(sorted(os.listdir(here)), here.is_dir(), (here / 'data').is_dir(), (here / 'nothing').exists())
print(sorted((entry.name, entry.is_file(), entry.stat().st_size) for entry in os.scandir(here)))
print([str(path.relative_to(here)) for path in sorted(here.rglob('*.txt'))], os.access(here / 'table.csv', os.W_OK))
for mode in ['r', 'w']:
    try:
        open(here / 'none', mode)
    except OSError as error:
        print(type(error).__name__, error.strerror)
";
    let folder = Folder::new();
    let mut plan = plan(&[("app.py", app), ("pkg/__init__.py", "")]);
    let file = |path: &str, data: &str| File { path: path.into(), data: data.into(), from_library: false };
    plan.files = vec![
        file("pkg/data/text.txt", "some text"),
        file("pkg/table.csv", &"a,b\n".repeat(1000)),
        file("pkg-1.5.dist-info/METADATA", "Metadata-Version: 2.1\nName: pkg\nVersion: 1.5\n"),
        file("pkg-1.5.dist-info/RECORD", "pkg/table.csv,,\n"),
        file("pkg-1.5.dist-info/entry_points.txt", "[tools]\none = pkg:one\n"),
    ];
    assert_eq!(
        out(&run(&folder.add("tool", &build(&plan)), &[])),
        "b'some text'\n['data', 'table.csv'] some text\nsome text True\n\
         1.5 EntryPoints((EntryPoint(name='one', value='pkg:one', group='tools'),))\n['pkg/table.csv']\n\
         1000 4000 True\n['data', 'table.csv'] True True False\n\
         [('data', False, 0), ('table.csv', True, 4000)]\n['data/text.txt'] False\n\
         FileNotFoundError No such file or directory\nOSError Read-only file system\n"
    );
}

#[test]
fn tracebacks_name_files_and_lines_but_show_no_source() {
    let app = "import mod\n\ndef run():\n    mod.fail()\n\nrun()\n";
    let fail = "\ndef fail():\n    return 1 / 0\n";
    let mut plan = plan(&[("app.py", app), ("mod.py", fail)]);
    let folder = Folder::new();
    let path = folder.add("tool", &build(&plan));
    let output = run(&path, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        err(&output).replace(path.to_str().unwrap(), "TOOL"),
        "Traceback (most recent call last):\n  File \"TOOL/app.py\", line 6, in <module>\n  \
         File \"TOOL/app.py\", line 4, in run\n  File \"TOOL/mod.py\", line 3, in fail\n\
         ZeroDivisionError: division by zero\n"
    );
    plan.settings.traceback_names = false;
    let output = run(&folder.add("tool", &build(&plan)), &[]);
    assert!(!err(&output).contains("mod.py") && err(&output).contains("File \"<program>\", line "), "{output:?}");
}

#[test]
fn processes_are_started() {
    let app = "\
import multiprocessing, sys
from multiprocessing import Process, Queue

def work(queue, number):
    queue.put((number * 2, __name__, len(sys.argv)))

if __name__ == '__main__':
    for method in ['fork', 'spawn', 'forkserver']:
        context = multiprocessing.get_context(method)
        queue = context.Queue()
        process = context.Process(target=work, args=(queue, 21))
        process.start()
        print(method, queue.get(timeout=60))
        process.join(60)
        print(process.exitcode)
";
    let expected =
        "fork (42, '__main__', 2)\n0\nspawn (42, '__mp_main__', 2)\n0\nforkserver (42, '__mp_main__', 2)\n0\n";
    assert_eq!(printed(&[("app.py", app)], &["x"]), expected);
    // A script may be called what it is when it runs.
    let folder = Folder::new();
    let mut script = plan(&[("app.py", app)]);
    script.modules[0].name = "__main__".into();
    script.start = Start::Module("__main__".into());
    assert_eq!(out(&run(&folder.add("tool", &build(&script)), &["x"])), expected);
    let main = "from pkg.app import main\nmain()\n";
    let app = app.replace("if __name__ == '__main__':", "def main():");
    let sources = [("pkg/__main__.py", main), ("pkg/__init__.py", ""), ("pkg/app.py", app.as_str())];
    let expected = "fork (42, 'pkg.app', 1)\n0\nspawn (42, 'pkg.app', 1)\n0\nforkserver (42, 'pkg.app', 1)\n0\n";
    assert_eq!(printed(&sources, &[]), expected);
    let sources = [("__main__.py", main), ("pkg/__init__.py", ""), ("pkg/app.py", app.as_str())];
    assert_eq!(printed(&sources, &[]), expected);
}

/// Where the container begins.
fn container(file: &[u8]) -> usize {
    memchr::memmem::rfind(file, b"\x89KAA\r\n\x1a\n").unwrap()
}

#[test]
fn files_that_are_cut_off_do_not_run() {
    let folder = Folder::new();
    let file = build(&hello());
    let start = container(&file);
    let in_container = [file.len() - 1, file.len() - 8, file.len() - 5000, start + 100, start + 1, start];
    // The runtime cannot say so when parts of it are missing.
    let in_runtime =
        (1..40).map(|part| start / 40 * part).chain([2000, 4096, 4097, start - 1, start - 4096, start - 5000]);
    for length in in_container.into_iter().chain(in_runtime) {
        let output = run(&folder.add("tool", &file[..length]), &[]);
        assert_eq!(output.status.code(), Some(126), "{length} of {}: {output:?}", file.len());
        assert_eq!(err(&output), "tool: the file is cut off\n", "{length} of {}", file.len());
        assert!(output.stdout.is_empty());
    }
    // Without its headers it is no executable to the system.
    let path = folder.add("tool", &file[..500]);
    assert_eq!(Command::new(&path).output().unwrap_err().raw_os_error(), Some(libc::ENOEXEC));
}

#[test]
fn files_that_are_cut_off_are_called_what_they_were_called_by() {
    use std::os::unix::process::CommandExt;
    let folder = Folder::new();
    let file = build(&hello());
    for length in [file.len() / 2, file.len() - 100] {
        let path = folder.add("cut", &file[..length]);
        for (name, shown) in [("a/b c", "b c"), ("ü", "ü"), ("", "kaa"), ("./tool", "tool")] {
            let output = Command::new(&path).arg0(name).args(["x", "y"]).output().unwrap();
            assert_eq!((output.status.code(), err(&output)), (Some(126), format!("{shown}: the file is cut off\n")));
        }
    }
}

#[test]
fn files_that_are_damaged_do_not_run() {
    let folder = Folder::new();
    let file = build(&hello());
    let start = container(&file);
    let flip = |at: usize, expected: &str| {
        let mut damaged = file.clone();
        damaged[at] ^= 0x20;
        let output = run(&folder.add("tool", &damaged), &[]);
        assert_eq!(output.status.code(), Some(126), "byte {at}: {output:?}");
        assert_eq!(err(&output), format!("tool: {expected}\n"), "byte {at}");
    };
    flip(start, "the file is damaged: the header");
    flip(start + 20, "the file is damaged: the header");
    flip(start + 64, "the file is damaged: the section table");
    flip(start + 64 + 3 * 32 + 5, "the file is damaged: the settings");
    flip(start + 64 + 3 * 32 + 100, "the file is damaged: the index of the program's modules");
    let code = compile("print('hello')\n", "app.py");
    let app = memchr::memmem::rfind(&file, &code).unwrap();
    flip(app + code.len() / 2, "the file is damaged: module app");
    let bootstrap = kaa_library::find("importlib._bootstrap").unwrap().code().unwrap();
    let library = memchr::memmem::rfind(&file, &bootstrap[..200]).unwrap();
    flip(library + 150, "the file is damaged: module importlib._bootstrap");
    let index = memchr::memmem::rfind(&file, b"importlib/_bootstrap.py").unwrap();
    flip(index + 3, "the file is damaged: the index of the library's modules");
    flip(file.len() - 3, "the file is damaged: the end mark");
}

#[test]
fn crashes_of_a_damaged_runtime_are_explained() {
    use std::os::unix::process::ExitStatusExt;
    let folder = Folder::new();
    let source = "import os, signal, sys\n\
                  print(signal.getsignal(signal.SIGABRT) == signal.getsignal(signal.SIGSEGV) == signal.SIG_DFL, flush=True)\n\
                  if sys.argv[1] == 'abort': os.abort()\n\
                  os.kill(os.getpid(), int(sys.argv[1]))\n";
    let mut file = build(&plan(&[("app.py", source)]));
    let whole = folder.add("whole", &file);
    // A text that no built program shows.
    let unused = memchr::memmem::find(&file[..container(&file)], b"Try `kaa -h' for more information.").unwrap();
    file[unused] ^= 1;
    let damaged = folder.add("damaged", &file);
    for (how, signal) in [("abort", libc::SIGABRT), ("11", libc::SIGSEGV), ("4", libc::SIGILL)] {
        let output = run(&whole, &[how]);
        assert_eq!(
            (output.status.signal(), err(&output).as_str(), &*output.stdout),
            (Some(signal), "", &b"True\n"[..])
        );
        let output = run(&damaged, &[how]);
        assert_eq!((output.status.code(), &*output.stdout), (Some(126), &b"True\n"[..]), "{how}: {output:?}");
        assert_eq!(err(&output), "tool: the file is damaged: the runtime\n");
    }
}

#[test]
fn programs_of_another_kaa_do_not_run() {
    let executable = std::fs::read(env!("CARGO_BIN_EXE_kaa")).unwrap();
    let kaa = kaa_image::Kaa(*b"9.9.9\0\0\0abcdefgh");
    let template = Template { executable: &executable, library: kaa_library::embedded(), kaa };
    let folder = Folder::new();
    let output = run(&folder.add("tool", &kaa_image::write(&template, &hello()).unwrap()), &[]);
    assert_eq!(output.status.code(), Some(126));
    let expected = "tool: made by another version of Kaa: 9.9.9 (6162636465666768), container 1\n";
    assert_eq!(err(&output), expected);
}

fn inspect(path: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kaa")).arg("inspect").args(options).arg(path).output().unwrap()
}

#[test]
fn what_is_in_an_executable_is_listed() {
    let folder = Folder::new();
    let mut plan = hello();
    plan.files = vec![File { path: "data/a b.txt".into(), data: b"text".to_vec(), from_library: false }];
    let mut file = build(&plan);
    let path = folder.add("a tool", &file);
    let text = out(&inspect(&path, &[]));
    assert!(
        text.starts_with("name      tool\nstarts    app\nsettings  optimization 0, tracebacks with names\n"),
        "{text}"
    );
    assert!(text.contains("\nfiles of the program: 1, in 4 bytes\n        4  data/a b.txt\n"), "{text}");
    assert!(text.contains("\nmodules of the library: 3, in ") && text.contains("  app  app.py\n"), "{text}");
    let json = out(&inspect(&path, &["--json"]));
    assert!(json.contains("{\"path\": \"data/a b.txt\", \"bytes\": 4, \"stored_bytes\": 4}"), "{json}");
    let load =
        "import json, sys; found = json.load(sys.stdin); print(found['module'], len(found['library']['modules']))";
    let mut python = Command::new(env!("CARGO_BIN_EXE_kaa"));
    let mut python = python.args(["-c", load]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    python = python.stderr(std::process::Stdio::inherit());
    let mut child = python.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), json.as_bytes()).unwrap();
    assert_eq!(out(&child.wait_with_output().unwrap()), "app 3\n");

    let fails = |path: &Path, message: &str| {
        let output = inspect(path, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(err(&output), format!("kaa inspect: {}: {message}\n", path.display()));
    };
    fails(Path::new(env!("CARGO_BIN_EXE_kaa")), "not an executable made by kaa build");
    fails(Path::new("/etc/passwd"), "not an executable made by kaa build");
    fails(Path::new("/nonexistent"), "No such file or directory (os error 2)");
    fails(&folder.add("cut", &file[..file.len() - 100]), "the file is cut off");
    // The runtime is checked as well.
    file[300_000] ^= 1;
    fails(&folder.add("damaged", &file), "the file is damaged: the executable before the container");
    plan.settings.inspectable = false;
    let closed = folder.add("closed", &build(&plan));
    fails(&closed, "built with --no-inspect: it is not to be looked into");
    assert_eq!(out(&run(&closed, &[])), "hello\n");
}

#[test]
fn the_native_stack_is_shown_where_it_can_be_walked() {
    let folder = Folder::new();
    let source = "import faulthandler, os\nfaulthandler.enable()\nprint('enabled', flush=True)\nos.abort()\n";
    for (debug, shown) in [(false, "  <cannot get C stack on this system>"), (true, "  Binary file ")] {
        let plan = Plan { debug, ..plan(&[("app.py", source)]) };
        let output = run(&folder.add("tool", &build(&plan)), &[]);
        assert_eq!(output.stdout, b"enabled\n");
        let messages = err(&output);
        assert!(messages.starts_with("Fatal Python error: Aborted\n"), "{output:?}");
        let stack = messages.split_once("C stack trace (most recent call first):\n");
        assert!(stack.is_some_and(|(_, stack)| stack.starts_with(shown)), "{output:?}");
    }
}
