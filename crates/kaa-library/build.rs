//! Compiles Python's library and packs it into one file: `$OUT_DIR/library.bin`, whose form
//! `src/lib.rs` describes. Modules are compiled with Kaa's own compiler, on all cores.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

/// Parts of CPython's `Lib` that need what Kaa does not have: an editor, its documentation and
/// Tk.
const LEFT_OUT: &[&str] = &[
    "idlelib",
    "tkinter",
    "turtledemo",
    "turtle",
    "ensurepip",
    "test",
    "lib2to3",
    "_dummy_os",
    "_dummy_thread",
    "dummy_threading",
];

/// Modules of Kaa's own.
const OWN: &str = "python";

struct Module {
    name: String,
    path: PathBuf,
    is_package: bool,
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={OWN}");
    let root = Path::new(rustpython_pylib::LIB_PATH);
    let mut modules = Vec::new();
    find(root, "", &mut modules);
    find(Path::new(OWN), "", &mut modules);
    modules.sort_by(|a, b| a.name.cmp(&b.name));
    let codes = compile_all(&modules);
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("library.bin");
    fs::write(out, pack(&modules, &codes)).expect("the build directory can be written");
}

/// Lists the modules below a folder.
fn find(folder: &Path, prefix: &str, modules: &mut Vec<Module>) {
    for entry in fs::read_dir(folder).expect("the library's folder can be read") {
        let path = entry.expect("the library's folder can be read").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("the library's names are ASCII");
        let name = if stem == "__init__" { prefix.to_owned() } else { join(prefix, stem) };
        if LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            if path.join("__init__.py").exists() {
                find(&path, &name, modules);
            }
        } else if path.extension().is_some_and(|extension| extension == "py") {
            let name = match &*name {
                // The name says what it was built for.
                "_sysconfigdata" => {
                    let arch = env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets it");
                    format!("_sysconfigdata__linux_{arch}-linux-gnu")
                }
                _ => name,
            };
            modules.push(Module { name, is_package: stem == "__init__", path });
        }
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

/// The marshalled code of each module, in their order.
fn compile_all(modules: &[Module]) -> Vec<Vec<u8>> {
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let mut codes: Vec<(usize, Vec<u8>)> = thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(module) = modules.get(index) else { return done };
                done.push((index, compile(module)));
            }
        };
        let threads: Vec<_> = (0..workers)
            .map(|_| thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, work).expect("a thread"))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("the compiler does not panic")).collect()
    });
    codes.sort_by_key(|(index, _)| *index);
    codes.into_iter().map(|(_, code)| code).collect()
}

fn compile(module: &Module) -> Vec<u8> {
    let bytes = fs::read(&module.path).expect("the library's files can be read");
    let filename = format!("<frozen {}>", module.name);
    let code = compile_source(&bytes, &filename);
    code.unwrap_or_else(|error| panic!("{}: {error}", module.path.display()))
}

fn compile_source(bytes: &[u8], filename: &str) -> Result<Vec<u8>, String> {
    let mut no_codec = |name: &str, _: &[u8]| Err(format!("unknown encoding: {name}"));
    let source = kaa_parser::decode_source(bytes, None, &mut no_codec).map_err(|error| error.to_string())?;
    let arena = kaa_ast::Arena::new();
    let options = kaa_parser::ParseOptions::default();
    let mut parsed = kaa_parser::parse(&source.text, &arena, &options).map_err(|error| error.to_string())?;
    let code = kaa_compiler::compile(
        &parsed.module,
        &arena,
        &mut parsed.interner,
        &filename.as_bytes().into(),
        kaa_compiler::CompileOptions::default(),
        &mut kaa_compiler::NoWarnings,
    )
    .map_err(|error| error.message.clone())?;
    kaa_bytecode::marshal::write_code(&code, 5).map_err(|error| error.to_string())
}

/// Header, index and data; see `src/lib.rs`.
fn pack(modules: &[Module], codes: &[Vec<u8>]) -> Vec<u8> {
    let mut names = Vec::new();
    let mut index = Vec::new();
    let mut data = Vec::new();
    for (module, code) in modules.iter().zip(codes) {
        for number in [names.len(), module.name.len(), data.len(), code.len(), module.is_package.into()] {
            index.extend_from_slice(&u32::try_from(number).expect("less than 4 GiB").to_le_bytes());
        }
        names.extend_from_slice(module.name.as_bytes());
        data.extend_from_slice(code);
    }
    let mut out = Vec::from((modules.len() as u32).to_le_bytes());
    out.extend_from_slice(&(names.len() as u32).to_le_bytes());
    out.extend(index);
    out.extend(names);
    out.extend(data);
    out
}
