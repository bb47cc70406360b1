//! Whole runs of `kaa build`: programs of several kinds are built and run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Folder {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("kaa-verb-build-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Folder(std::env::temp_dir().join(name));
        for (name, text) in files {
            let path = folder.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn kaa(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaa"));
        command.args(args).current_dir(&self.0).env_remove("VIRTUAL_ENV").output().unwrap()
    }

    /// Builds, and gives the executable's path.
    fn build(&self, args: &[&str]) -> PathBuf {
        let output = self.kaa(&[&["build", "-o", "out/program"], args].concat());
        assert!(output.status.success(), "{}", err(&output));
        self.path("out/program")
    }

    /// Builds and runs elsewhere, without an environment; gives what is printed.
    fn prints(&self, build: &[&str], args: &[&str]) -> String {
        let output = run(&self.build(build), args);
        assert!(output.status.success(), "{}", err(&output));
        out(&output)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(program: &Path, args: &[&str]) -> Output {
    Command::new(program).args(args).current_dir("/").env_clear().output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_tool_with_arguments_and_data() {
    let folder = Folder::with(&[
        (
            "tool.py",
            "'''Counts words.'''
import argparse, dataclasses, importlib.resources, json, re, sys
from helper import stop

@dataclasses.dataclass
class Result:
    words: int

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('text')
options = parser.parse_args()
words = set(re.findall(r'\\w+', options.text)) - set(stop.words())
print(json.dumps(dataclasses.asdict(Result(len(words)))))
print(importlib.resources.files('helper').joinpath('more/note.txt').read_text().strip())
print(open('/'.join(__file__.split('/')[:-1]) + '/extra/own.txt').read().strip(), sys.frozen)
",
        ),
        ("helper/__init__.py", ""),
        (
            "helper/stop.py",
            "import os\ndef words():\n    'a docstring nobody asks for'\n    with open(os.path.join(os.path.dirname(__file__), 'stop.txt')) as file:\n        return file.read().split()\n",
        ),
        ("helper/stop.txt", "the a"),
        ("helper/more/note.txt", "a note\n"),
        ("helper/unused.py", "x = 1"),
        ("assets/own.txt", "own data\n"),
    ]);
    let args = ["tool.py", "--add-data", "assets:extra", "--report", "report.json", "--sbom", "sbom.json"];
    let program = folder.build(&args);
    let moved = folder.path("moved");
    fs::rename(&program, &moved).unwrap();
    for name in ["tool.py", "helper", "assets"] {
        fs::rename(folder.path(name), folder.path(&format!("gone-{name}"))).unwrap();
    }
    let output = run(&moved, &["the cat and the dog"]);
    assert_eq!(out(&output), "{\"words\": 3}\na note\nown data True\n", "{}", err(&output));
    // The module's own docstring is read; no other is there, nor any source.
    assert!(out(&run(&moved, &["--help"])).contains("Counts words."));
    let bytes = fs::read(&moved).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!has("nobody asks for") && !has("parser.add_argument") && !has(folder.0.to_str().unwrap()));
    let check = "
import json, sys
report = json.load(open('report.json'))
modules = {module['name']: module for module in report['modules']}
assert modules['helper.stop']['why'][-1] == {'by': 'import', 'module': '__main__', 'line': 3}, modules['helper.stop']
assert 'helper.unused' not in modules and modules['json']['origin'] == 'library'
assert {'helper/stop.txt', 'helper/more/note.txt', 'extra/own.txt'} == {file['path'] for file in report['files']}
import hashlib
assert report['output']['sha256'] == hashlib.sha256(open('moved', 'rb').read()).hexdigest()
sbom = json.load(open('sbom.json'))
assert sbom['bomFormat'] == 'CycloneDX'
components = {component['name']: component for component in sbom['components']}
assert {'kaa', 'Python standard library', 'Rust standard library', 'libc'} <= set(components), components
assert all('licenses' in component for component in components.values())
# What Kaa is built and tested with is not in the file.
assert not {'syn', 'clap_derive', 'rustpython-pylib', 'autocfg', 'wasi'} & set(components), components
known = {component['bom-ref'] for component in sbom['components']} | {'program'}
assert all(known >= {each['ref'], *each['dependsOn']} for each in sbom['dependencies'])
print('right')
";
    let output = folder.kaa(&["-c", check]);
    assert_eq!(out(&output), "right\n", "{}", err(&output));
}

#[test]
fn packages_zip_files_and_functions() {
    let folder = Folder::with(&[
        ("pkg/__init__.py", "name = 'pkg'"),
        (
            "pkg/__main__.py",
            "import sys\nfrom . import name\nfrom .cli import main\nprint(__name__, __package__)\nsys.exit(main())",
        ),
        ("pkg/cli.py", "import sys\ndef main():\n    print('main', sys.argv[1:])\n    return 3\n"),
        (
            "zip.py",
            "import zipfile\nwith zipfile.ZipFile('app.pyz', 'w', zipfile.ZIP_DEFLATED) as file:\n    file.writestr('__main__.py', 'import inner; print(inner.x)')\n    file.writestr('inner.py', 'x = 5')\n",
        ),
    ]);
    let output = run(&folder.build(&["pkg"]), &["x"]);
    assert_eq!((out(&output).as_str(), output.status.code()), ("__main__ pkg\nmain ['x']\n", Some(3)));
    let output = run(&folder.build(&["--entry-point", "pkg.cli:main"]), &["y"]);
    assert_eq!((out(&output).as_str(), output.status.code()), ("main ['y']\n", Some(3)));
    assert!(folder.kaa(&["zip.py"]).status.success());
    assert_eq!(folder.prints(&["app.pyz"], &[]), "5\n");
}

#[test]
fn dependencies_of_a_project() {
    let folder = Folder::with(&[
        (
            "pyproject.toml",
            "[project.scripts]\nmy-tool = 'tool.cli:main'\n[tool.kaa.build]\npath = ['vendor']\nexclude = ['absent']\n",
        ),
        (
            "src/tool/cli.py",
            "import greet, importlib.metadata\ndef main():\n    'unseen'\n    try:\n        import absent\n    except ImportError:\n        pass\n    print(greet.hello.__doc__, importlib.metadata.version('greet-ing'))\n",
        ),
        ("src/tool/__init__.py", ""),
        ("vendor/greet.py", "def hello():\n    'a greeting'\n"),
        ("vendor/greet_ing-2.5.dist-info/METADATA", "Metadata-Version: 2.1\nName: greet-ing\nVersion: 2.5\n"),
        ("vendor/greet_ing-2.5.dist-info/RECORD", "greet.py,,\n"),
    ]);
    let output = folder.kaa(&["build"]);
    assert!(output.status.success(), "{}", err(&output));
    assert!(
        out(&output).contains("of greet-ing 2.5") && out(&output).contains("Docstrings are kept"),
        "{}",
        out(&output)
    );
    assert_eq!(err(&output), "");
    assert_eq!(out(&run(&folder.path("my-tool"), &[])), "a greeting 2.5\n");
}

#[test]
fn services() {
    let folder = Folder::with(&[
        (
            "service.py",
            "import asyncio
async def handle(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(handle, '127.0.0.1', 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    writer.write(b'hello\\n')
    print((await reader.readline()).decode().strip())
    writer.close()
    server.close()
asyncio.run(main())
",
        ),
        (
            "web.py",
            "import http.server, threading, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.path.encode())
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with urllib.request.urlopen('http://127.0.0.1:%d/path' % server.server_port) as answer:
    print(answer.read().decode())
server.shutdown()
",
        ),
    ]);
    assert_eq!(folder.prints(&["service.py"], &[]), "HELLO\n");
    assert_eq!(folder.prints(&["web.py"], &[]), "/path\n");
}

#[test]
fn the_same_program_gives_the_same_bytes() {
    let files = [
        ("app.py", "import pkg.one, json\nprint(pkg.one.x)"),
        ("pkg/__init__.py", ""),
        ("pkg/one.py", "x = 1"),
        ("pkg/data", "d"),
    ];
    let one = Folder::with(&files);
    let mut turned = files;
    turned.reverse();
    let two = Folder::with(&turned);
    let build = |folder: &Folder, args: &[&str]| fs::read(folder.build(args)).unwrap();
    let first = build(&one, &["app.py", "-j1"]);
    assert!(first == build(&two, &["./app.py", "-j4"]));
    assert!(first == build(&two, &[two.path("app.py").to_str().unwrap()]));
}

#[test]
fn what_is_wrong_is_said_and_nothing_written() {
    let folder = Folder::with(&[("app.py", "import nothing_there\n"), ("bad.py", "x = = 1\n"), ("empty/x.txt", "")]);
    let fails = |args: &[&str], code: i32, text: &str| {
        let output = folder.kaa(&[&["build"], args].concat());
        assert_eq!(output.status.code(), Some(code), "{}", err(&output));
        assert!(err(&output).contains(text), "{}", err(&output));
    };
    fails(&["app.py"], 1, "error: no module named 'nothing_there'\n  app.py, line 1, imports nothing_there\n");
    fails(
        &["bad.py"],
        1,
        "error: the module __main__ cannot be compiled: bad.py, line 1: SyntaxError: invalid syntax\n",
    );
    fails(&["absent.py"], 1, "FileNotFoundError: [Errno 2] No such file or directory: 'absent.py'");
    fails(&["empty"], 2, "empty has no __main__.py; --entry-point names what runs instead");
    fails(&[], 2, "nothing to build");
    fails(&["app.py", "-o", "empty"], 2, "empty is a folder; -o gives the name of the executable");
    fails(&["app.py", "-o", "app.py"], 2, "app.py is the program itself");
    fails(&["app.py", "--include", "a-b"], 2, "\"a-b\" is no name of a module");
    assert!(!folder.path("app").exists() && !folder.path("bad").exists());
}

#[test]
fn programs_run_at_once_and_tracebacks_can_say_less() {
    let folder =
        Folder::with(&[("app.py", "import sys\nprint(sys.argv[1:], flush=True)\ndef fail():\n    1 / 0\nfail()\n")]);
    let output = folder.kaa(&["build", "-q", "app.py", "--run", "--", "-v", "x"]);
    assert_eq!((out(&output).as_str(), output.status.code()), ("['-v', 'x']\n", Some(1)));
    assert!(err(&output).contains("app.py\", line 5, in <module>"), "{}", err(&output));
    let output = run(&folder.build(&["app.py", "--no-tracebacks-names"]), &[]);
    assert!(err(&output).contains("ZeroDivisionError: division by zero"), "{}", err(&output));
    assert!(!err(&output).contains("app.py") && !err(&output).contains("line 5"), "{}", err(&output));
}

#[test]
fn the_runtime_keeps_its_symbols_when_asked_to() {
    let folder = Folder::with(&[("app.py", "print('hello')\n")]);
    let symbol = b"kaa_interpreter";
    let has = |program: &Path| memchr::memmem::find(&fs::read(program).unwrap(), symbol).is_some();
    let template = Path::new(env!("CARGO_BIN_EXE_kaa"));
    if !has(template) {
        return eprintln!("skipped: the command has no symbols");
    }
    let program = folder.build(&["app.py", "--debug"]);
    assert!(has(&program));
    assert_eq!(out(&run(&program, &[])), "hello\n");
    assert!(folder.kaa(&["inspect", "out/program"]).status.success());
    assert!(!has(&folder.build(&["app.py", "--debug", "--strip"])));
}
