//! Compiles Python's library with Kaa's own compiler, on all cores, and packs it into two files
//! of `$OUT_DIR`: `modules.bin`, whose form `src/lib.rs` describes, and `files.bin`, whose form
//! `src/files.rs` describes.

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

/// Names by which the crate that holds the library tells its own implementation from CPython:
/// the folders of installed packages are named after it. Each is a file, the text there, and
/// CPython's.
const RESTORED: &[(&str, &str, &str)] = &[
    ("site.py", "return 'RustPython' # XXX: RUSTPYTHON; for site-packages", "return 'Python'"),
    (
        "site.py",
        "    # XXX: RUSTPYTHON\n    return f'{userbase}/lib/rustpython{",
        "    return f'{userbase}/lib/python{",
    ),
    ("sysconfig/__init__.py", "return 'RustPython'  # XXX: RUSTPYTHON; For site-packages", "return 'Python'"),
];

/// A file of the library.
struct File {
    /// Below the library's folder, with `/`.
    path: String,
    text: Vec<u8>,
}

/// A module: its name, and which file is its source.
struct Module {
    name: String,
    is_package: bool,
    file: usize,
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={OWN}");
    let mut files = Vec::new();
    for root in [Path::new(rustpython_pylib::LIB_PATH), Path::new(OWN)] {
        find(root, "", &mut files);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut modules: Vec<Module> =
        files.iter().enumerate().filter_map(|(file, File { path, .. })| module(path, file)).collect();
    modules.sort_by(|a, b| a.name.cmp(&b.name));
    let codes = on_all_cores(&modules, |module| compile(module, &files[module.file]));
    let compressed = on_all_cores(&files, |file| compress(&file.text));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let records = modules.iter().zip(&codes).map(|(m, code)| (m.name.as_str(), code.as_slice(), m.is_package.into()));
    fs::write(out.join("modules.bin"), pack(records)).expect("the build directory can be written");
    let records = files.iter().zip(&compressed).map(|(f, data)| (f.path.as_str(), data.as_slice(), f.text.len()));
    fs::write(out.join("files.bin"), pack(records)).expect("the build directory can be written");
}

/// Reads the files below a folder: sources, and in packages also data.
fn find(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("the library's folder can be read") {
        let path = entry.expect("the library's folder can be read").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("the library's names are ASCII");
        let name = path.file_name().and_then(|name| name.to_str()).expect("the library's names are ASCII");
        if LEFT_OUT.contains(&stem) && prefix.is_empty() || name == "__pycache__" {
            continue;
        }
        if path.is_dir() {
            find(&path, &format!("{prefix}{name}/"), files);
        } else if name.ends_with(".py") || !prefix.is_empty() {
            let name = match name {
                // The name says what it was built for.
                "_sysconfigdata.py" => {
                    let arch = env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets it");
                    format!("_sysconfigdata__linux_{arch}-linux-gnu.py")
                }
                _ => name.to_owned(),
            };
            let text = fs::read(&path).expect("the library's files can be read");
            let path = format!("{prefix}{name}");
            files.push(File { text: restore(&path, text), path });
        }
    }
}

/// Puts CPython's own names back.
fn restore(path: &str, text: Vec<u8>) -> Vec<u8> {
    if !path.ends_with(".py") {
        return text;
    }
    let mut text = String::from_utf8(text).unwrap_or_else(|error| panic!("{path}: {error}"));
    // What `splitlines` takes for the end of a line would shift the lines of tracebacks.
    let odd = ['\r', '\x0b', '\x0c', '\x1c', '\x1d', '\x1e', '\u{85}', '\u{2028}', '\u{2029}'];
    assert!(!text.contains(odd), "{path}: lines must end with a line feed");
    for (_, theirs, ours) in RESTORED.iter().filter(|(of, ..)| *of == path) {
        assert!(text.contains(theirs), "{path}: {theirs:?} is not there");
        text = text.replace(theirs, ours);
    }
    text.into_bytes()
}

/// The module that a file is the source of. Folders without `__init__.py` hold data.
fn module(path: &str, file: usize) -> Option<Module> {
    let path = path.strip_suffix(".py")?;
    let (path, is_package) = match path.strip_suffix("/__init__") {
        Some(package) => (package, true),
        None => (path, false),
    };
    Some(Module { name: path.replace('/', "."), is_package, file })
}

/// What a function makes of each item, in their order.
fn on_all_cores<T: Sync>(items: &[T], make: impl Fn(&T) -> Vec<u8> + Sync) -> Vec<Vec<u8>> {
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let mut made: Vec<(usize, Vec<u8>)> = thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(index) else { return done };
                done.push((index, make(item)));
            }
        };
        let threads: Vec<_> = (0..workers)
            .map(|_| thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, work).expect("a thread"))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("the compiler does not panic")).collect()
    });
    made.sort_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, made)| made).collect()
}

fn compress(text: &[u8]) -> Vec<u8> {
    let mut out = vec![0; zlib_rs::compress_bound(text.len())];
    let (out, code) = zlib_rs::compress_slice(&mut out, text, zlib_rs::DeflateConfig::new(9));
    assert_eq!(code, zlib_rs::ReturnCode::Ok);
    out.to_vec()
}

fn compile(module: &Module, file: &File) -> Vec<u8> {
    let filename = format!("<frozen {}>", module.name);
    let code = compile_source(&file.text, &filename);
    code.unwrap_or_else(|error| panic!("{}: {error}", file.path))
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
    kaa_bytecode::packed::write(&code).map_err(|error| error.to_string())
}

/// Header, index and data of records (name, data, number); see `src/lib.rs`.
fn pack<'a>(records: impl ExactSizeIterator<Item = (&'a str, &'a [u8], usize)>) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).expect("less than 4 GiB").to_le_bytes();
    let count = records.len();
    let (mut names, mut index, mut datas) = (Vec::new(), Vec::new(), Vec::new());
    for (name, data, beside) in records {
        for field in [names.len(), name.len(), datas.len(), data.len(), beside] {
            index.extend_from_slice(&number(field));
        }
        names.extend_from_slice(name.as_bytes());
        datas.extend_from_slice(data);
    }
    let mut out = Vec::from(number(count));
    out.extend_from_slice(&number(names.len()));
    out.extend(index);
    out.extend(names);
    out.extend(datas);
    out
}
