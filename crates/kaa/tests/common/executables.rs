//! Executables of plans made by hand.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use kaa_image::{Module, Plan, Settings, Start, Template};

/// A folder that goes away with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("kaa-built-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }

    /// Puts an executable there. Another process writes it: a file that this one had open for writing
    /// may still be open in what other tests start at the time, and cannot be run until they run.
    pub fn add(&self, name: &str, file: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut shell = Command::new("/bin/sh");
        let shell = shell.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(&path).stdin(Stdio::piped());
        let mut child = shell.spawn().unwrap();
        child.stdin.take().unwrap().write_all(file).unwrap();
        assert!(child.wait().unwrap().success());
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn compile(source: &str, filename: &str) -> Vec<u8> {
    let arena = kaa_ast::Arena::new();
    let mut parsed = kaa_parser::parse(source, &arena, &kaa_parser::ParseOptions::default()).expect("it is Python");
    let code = kaa_compiler::compile(
        &parsed.module,
        &arena,
        &mut parsed.interner,
        &filename.as_bytes().into(),
        kaa_compiler::CompileOptions::default(),
        &mut kaa_compiler::NoWarnings,
    );
    kaa_bytecode::packed::write(&code.unwrap_or_else(|error| panic!("{filename}: {}", error.message))).unwrap()
}

/// A module of a program by the path of its source.
pub fn module(path: &str, source: &str) -> Module {
    let stem = path.strip_suffix(".py").expect("a source");
    let (name, is_package) = match stem.strip_suffix("/__init__") {
        Some(package) => (package, true),
        None => (stem, false),
    };
    Module {
        name: name.replace('/', "."),
        is_package,
        namespace: false,
        path: path.into(),
        code: compile(source, path),
        at_start: false,
        from_library: false,
    }
}

/// All modules of the library.
pub fn library() -> Vec<Module> {
    let module = |module: kaa_library::Module| Module {
        name: module.name.into(),
        is_package: module.is_package,
        namespace: false,
        path: module.path().into(),
        code: module.code().unwrap().into(),
        at_start: true,
        from_library: true,
    };
    kaa_library::modules().map(module).collect()
}

/// What `print("hello")` needs of the library.
pub fn small_library() -> Vec<Module> {
    const NEEDED: [&str; 3] = ["importlib._bootstrap", "importlib._bootstrap_external", "_sitebuiltins"];
    library().into_iter().filter(|module| NEEDED.contains(&module.name.as_str())).collect()
}

/// The executable of a plan.
pub fn build(plan: &Plan) -> Vec<u8> {
    let executable = std::fs::read(env!("CARGO_BIN_EXE_kaa")).unwrap();
    let template = Template { executable: &executable, library: kaa_library::embedded(), kaa: kaa_library::KAA };
    kaa_image::write(&template, plan).unwrap()
}

pub fn settings() -> Settings {
    Settings { name: "tool".into(), ..Settings::default() }
}

/// The plan of a program whose first source is what runs; with the whole library.
pub fn plan(sources: &[(&str, &str)]) -> Plan {
    let mut modules: Vec<Module> = sources.iter().map(|(path, source)| module(path, source)).collect();
    let start = Start::Module(modules[0].name.clone());
    modules.extend(library());
    Plan { start, modules, files: Vec::new(), settings: settings(), debug: false }
}

pub fn hello() -> Plan {
    let mut modules = vec![module("app.py", "print('hello')\n")];
    modules.extend(small_library());
    Plan { start: Start::Module("app".into()), modules, files: Vec::new(), settings: settings(), debug: false }
}

pub fn run(path: &Path, args: &[&str]) -> Output {
    Command::new(path).args(args).output().unwrap()
}

pub fn out(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a program of these sources prints.
pub fn printed(sources: &[(&str, &str)], args: &[&str]) -> String {
    let folder = Folder::new();
    let path = folder.add("tool", &build(&plan(sources)));
    out(&run(&path, args)).replace(folder.0.to_str().unwrap(), "DIR")
}
