//! `kaa compile` and the `.pyc` files that it, imports and the library's modules write and read.

mod common;

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("kaa-verb-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn has(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    /// Runs kaa in the folder.
    fn kaa(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaa"));
        for variable in ["PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE", "SOURCE_DATE_EPOCH", "PYTHONOPTIMIZE"] {
            command.env_remove(variable);
        }
        command.args(args).current_dir(&self.0);
        command
    }

    fn run(&self, args: &[&str]) -> (String, String, Option<i32>) {
        said(self.kaa(args).output().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn said(output: Output) -> (String, String, Option<i32>) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn the_verb_reports_and_ends_with_a_code() {
    let folder = Folder::new();
    folder.write("src/a.py", "x = 1\n");
    let (printed, errors, code) = folder.run(&["compile", "src"]);
    assert!(printed.starts_with("Compiled 1 file (0.0 MB) in ") && printed.ends_with(" MB/s\n"), "{printed}");
    assert_eq!((errors.as_str(), code), ("", Some(0)));
    assert_eq!(folder.run(&["compile", "src"]).0, "Compiled 0 files; 1 was up to date\n");
    folder.write("src/b.py", "fro x in y: pass\n");
    folder.write("src/c.py", "x = '\\d'\n");
    let (printed, errors, code) = folder.run(&["compile", "src"]);
    assert!(printed.ends_with("; 1 was up to date, 1 failed\n"), "{printed}");
    assert_eq!(
        errors,
        "  File \"src/b.py\", line 1\n    fro x in y: pass\n    ^^^\nSyntaxError: invalid syntax. Did you mean 'for'?\n\
         src/c.py:1: SyntaxWarning: \"\\d\" is an invalid escape sequence. Such sequences will not work in the future. \
         Did you mean \"\\\\d\"? A raw string is also an option.\n  x = '\\d'\n"
    );
    assert_eq!(code, Some(1));
    assert_eq!(folder.run(&["compile", "-qq", "src"]), (String::new(), String::new(), Some(1)));
    let (printed, errors, code) = folder.run(&["compile", "--json", "src/b.py"]);
    assert!(
        printed.contains("\"failed\": 1") && printed.contains("\"line\": 1, \"offset\": 1, \"end_line\": 1"),
        "{printed}"
    );
    assert_eq!((errors.as_str(), code), ("", Some(1)));
}

#[test]
fn arguments_are_checked_and_explained() {
    let folder = Folder::new();
    let (printed, _, code) = folder.run(&["compile", "--help"]);
    assert!(printed.contains("Examples:\n  kaa compile src") && code == Some(0), "{printed}");
    assert!(folder.run(&["-h"]).0.contains("kaa compile "));
    let (_, errors, code) = folder.run(&["compile"]);
    assert!(errors.contains("<PATH>") && code == Some(2), "{errors}");
    let (_, errors, code) = folder.run(&["compile", "--no-such", "x"]);
    assert!(errors.contains("--no-such") && code == Some(2), "{errors}");
    let (_, errors, code) = folder.run(&["compile", "missing"]);
    assert!(errors.ends_with("FileNotFoundError: [Errno 2] No such file or directory: 'missing'\n"), "{errors}");
    assert_eq!(code, Some(1));
    // A file of the verb's name.
    folder.write("compile", "print('a file')");
    assert_eq!(folder.run(&["./compile"]).0, "a file\n");
}

#[test]
fn encodings_that_python_knows_can_be_compiled() {
    let folder = Folder::new();
    folder.write("m.py", b"# coding: koi8-r\nprint(ascii('\xf0\xd2\xc9'))\n");
    folder.write("n.py", b"# coding: no-such\n");
    let (_, errors, code) = folder.run(&["compile", "m.py", "n.py"]);
    assert_eq!((errors.as_str(), code), ("  File \"n.py\", line 0\nSyntaxError: unknown encoding: no-such\n", Some(1)));
    std::fs::remove_file(folder.0.join("m.py")).unwrap();
    assert_eq!(folder.run(&["__pycache__/m.cpython-314.pyc"]).0, "'\\u041f\\u0440\\u0438'\n");
}

#[test]
fn trees_without_sources_run() {
    let folder = Folder::new();
    folder.write("src/app.py", "from pkg import value\nprint(value, __file__.rpartition('/')[2])\n");
    folder.write("src/pkg/__init__.py", "value = 42\n");
    assert_eq!(folder.run(&["compile", "-q", "-b", "--output-dir", "out", "src"]).2, Some(0));
    assert!(folder.has("out/app.pyc") && folder.has("out/pkg/__init__.pyc") && !folder.has("src/app.pyc"));
    std::fs::remove_dir_all(folder.0.join("src")).unwrap();
    assert_eq!(folder.run(&["out/app.pyc"]).0, "42 app.pyc\n");
}

#[test]
fn imports_use_what_the_verb_writes() {
    let folder = Folder::new();
    folder.write("m.py", "print('one')\n");
    let import = |options: &[&str]| folder.run(&[options, &["-c", "import m"]].concat()).0;
    assert_eq!(folder.run(&["compile", "-q", "--invalidation-mode", "unchecked-hash", "m.py"]).2, Some(0));
    folder.write("m.py", "print('two')\n");
    assert_eq!(import(&[]), "one\n");
    assert_eq!(import(&["--check-hash-based-pycs", "never"]), "one\n");
    assert_eq!(import(&["--check-hash-based-pycs", "always"]), "two\n");
    assert_eq!(folder.run(&["compile", "-q", "--invalidation-mode", "checked-hash", "m.py"]).2, Some(0));
    folder.write("m.py", "print('three')\n");
    assert_eq!(import(&["--check-hash-based-pycs", "never"]), "two\n");
    assert_eq!(import(&[]), "three\n");
    // The import has written a checked hash again.
    assert_eq!(
        folder.run(&["compile", "--invalidation-mode", "checked-hash", "m.py"]).0,
        "Compiled 0 files; 1 was up to date\n"
    );
    // With the time of change, the file of an import is the verb's.
    std::fs::remove_dir_all(folder.0.join("__pycache__")).unwrap();
    assert_eq!(import(&[]), "three\n");
    let imported = std::fs::read(folder.0.join("__pycache__/m.cpython-314.pyc")).unwrap();
    assert_eq!(folder.run(&["compile", "m.py"]).0, "Compiled 0 files; 1 was up to date\n");
    let absolute = folder.0.join("m.py");
    assert_eq!(folder.run(&["compile", "-qf", absolute.to_str().unwrap()]).2, Some(0));
    assert_eq!(std::fs::read(folder.0.join("__pycache__/m.cpython-314.pyc")).unwrap(), imported);
}

#[test]
fn variables_say_where_files_go() {
    let folder = Folder::new();
    folder.write("m.py", "print(1)\n");
    let prefix = folder.0.join("cache");
    let mut import = folder.kaa(&["-c", "import m"]);
    assert!(import.env("PYTHONDONTWRITEBYTECODE", "1").status().unwrap().success());
    assert!(!folder.has("__pycache__"));
    let mut import = folder.kaa(&["-c", "import m"]);
    assert!(import.env("PYTHONPYCACHEPREFIX", &prefix).status().unwrap().success());
    let written = prefix.join(folder.0.strip_prefix("/").unwrap()).join("m.cpython-314.pyc");
    assert!(written.exists() && !folder.has("__pycache__"));
    let mut compile = folder.kaa(&["compile", "m.py"]);
    let (printed, ..) = said(compile.env("PYTHONPYCACHEPREFIX", &prefix).output().unwrap());
    assert_eq!(printed, "Compiled 0 files; 1 was up to date\n");
    let mut compile = folder.kaa(&["-m", "py_compile", "m.py"]);
    assert!(compile.env("SOURCE_DATE_EPOCH", "0").status().unwrap().success());
    let written = std::fs::read(folder.0.join("__pycache__/m.cpython-314.pyc")).unwrap();
    assert_eq!(written[4..8], [3, 0, 0, 0]);
}

#[test]
fn library_modules_compile_too() {
    let folder = Folder::new();
    folder.write("src/a.py", "x = 1\n");
    folder.write("src/bad.py", "x = = 1\n");
    let (printed, errors, code) = folder.run(&["-m", "compileall", "-q", "src"]);
    assert_eq!(
        printed,
        "*** Error compiling 'src/bad.py'...\n  File \"src/bad.py\", line 1\n    x = = 1\n        ^\n\
         SyntaxError: invalid syntax\n\n"
    );
    assert_eq!((errors.as_str(), code), ("", Some(1)));
    let by_library = std::fs::read(folder.0.join("src/__pycache__/a.cpython-314.pyc")).unwrap();
    folder.run(&["compile", "-f", "src"]);
    assert_eq!(std::fs::read(folder.0.join("src/__pycache__/a.cpython-314.pyc")).unwrap(), by_library);
    let (printed, errors, code) = folder.run(&["-m", "py_compile", "src/bad.py"]);
    assert_eq!(printed, "");
    assert!(errors.contains("SyntaxError: invalid syntax") && code == Some(1), "{errors}");
}

#[test]
fn an_interrupt_leaves_whole_files_only() {
    let folder = Folder::new();
    let function = "def f(a, b):\n    for i in range(a):\n        if i > b: print(i, a, b)\n    return {a: b}\n";
    for index in 0..200 {
        folder.write(&format!("src/m{index}.py"), function.repeat(40));
    }
    let mut command = folder.kaa(&["compile", "-qq", "-j1", "src"]);
    common::heed_interrupts(&mut command);
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    while !folder.has("src/__pycache__") && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(1));
    }
    // SAFETY: the child is ours and has not been waited for.
    unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(libc::SIGINT));
    let written: Vec<PathBuf> =
        std::fs::read_dir(folder.0.join("src/__pycache__")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(written.len() < 200, "{}", written.len());
    let is_whole = |path: &Path| path.extension().is_some_and(|end| end == "pyc");
    assert!(written.iter().all(|path| is_whole(path)), "{written:?}");
}
