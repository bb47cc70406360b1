//! Compiles Python's library with Kaa's own compiler, on all cores, and packs it into a container,
//! as `kaa-image` describes it: `library.bin` in `$OUT_DIR`. Beside it are `kaa.bin`, which Kaa
//! that is, and `names.txt`, the names of the library's modules that are in no package.

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

/// A place where the library does what few programs ask for, at an import or a class's creation, or
/// what Kaa has a native function for, and what to do there instead. `docs/differences.md` says what
/// a program can see of it.
struct Deferred {
    file: &'static str,
    /// What the place begins with, and what it ends with.
    from: &'static str,
    to: &'static str,
    text: &'static str,
}

/// Nearly half of the instructions with which a small command-line tool started were spent on these.
const DEFERRED: &[Deferred] = &[
    // A parser asks for the width of the terminal, from `shutil`, and for a theme of colors, five data
    // classes, before it has anything to print.
    Deferred {
        file: "argparse.py",
        from: "import shutil",
        to: "import shutil",
        text: "from _kaa_argparse import columns",
    },
    Deferred { file: "argparse.py", from: "shutil.get_terminal_size().columns", to: "columns", text: "columns()" },
    Deferred {
        file: "argparse.py",
        from: "        from _colorize import can_colorize",
        to: "self._decolor = _identity",
        text: "        from _kaa_argparse import put_off; put_off(self, color)\n\n    from _kaa_argparse import Chosen\n    _theme, _decolor = \
               Chosen(), Chosen()\n    del Chosen",
    },
    // For the docstring of each data class without one, `inspect` is imported, and so `ast`, `dis` and
    // `tokenize`, and the class's signature is put together.
    Deferred {
        file: "dataclasses.py",
        from: "import inspect",
        to: "import inspect",
        text: "from _kaa_dataclasses import document",
    },
    Deferred {
        file: "dataclasses.py",
        from: "        # Create a class doc-string.",
        to: "cls.__doc__ = (cls.__name__ + text_sig)",
        text: "        document(cls)",
    },
    Deferred {
        file: "dataclasses.py",
        from: "        member = inspect.unwrap(member)",
        to: "inspect.unwrap(member)",
        text: "        if hasattr(member, '__wrapped__'): import inspect; member = inspect.unwrap(member)",
    },
    // `locale` with its thousand names, to look for catalogs in a folder that is not there.
    Deferred {
        file: "gettext.py",
        from: "    mofiles = find(domain, localedir, languages, all=True)",
        to: "all=True)",
        text: "    mofiles = os.path.isdir(localedir or _default_localedir) and find(domain, localedir, languages, all=True)",
    },
    // `_sre` compiles patterns; what it leaves, and all errors and warnings, are the library's.
    Deferred {
        file: "re/_compiler.py",
        from: "    # internal: convert pattern list to internal format",
        to: "format",
        text: "    if (made := _sre._compile_text(p, flags)) is not None: return made",
    },
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
    let top: Vec<&str> = modules.iter().map(|m| m.name.as_str()).filter(|name| !name.contains('.')).collect();
    let names = top.join("\n");
    let modules: Vec<kaa_image::Module> = modules
        .into_iter()
        .zip(codes)
        .map(|(module, code)| kaa_image::Module {
            path: files[module.file].path.clone(),
            name: module.name,
            is_package: module.is_package,
            namespace: false,
            code,
            at_start: true,
            from_library: true,
        })
        .collect();
    let files: Vec<kaa_image::File> = files
        .into_iter()
        .map(|file| kaa_image::File { path: file.path, data: file.text, from_library: true })
        .collect();
    let mut kaa = kaa_image::Kaa([0; 16]);
    let library = kaa_image::library(&modules, &files, |bytes| {
        kaa = kaa_image::Kaa::new(env!("CARGO_PKG_VERSION"), bytes);
        kaa
    });
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let write =
        |name: &str, bytes: &[u8]| fs::write(out.join(name), bytes).expect("the build directory can be written");
    write("library.bin", &library.expect("the library is less than 4 GiB"));
    write("kaa.bin", &kaa.0);
    write("names.txt", names.as_bytes());
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
            files.push(File { text: change(&path, text), path });
        }
    }
}

/// Puts CPython's own names back and defers what few ask for.
fn change(path: &str, text: Vec<u8>) -> Vec<u8> {
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
    for deferred in DEFERRED.iter().filter(|deferred| deferred.file == path) {
        text = defer(&text, deferred);
    }
    text.into_bytes()
}

/// Replaces a place of a file. No line behind it moves, so that tracebacks are the same.
fn defer(text: &str, Deferred { file, from, to, text: instead }: &Deferred) -> String {
    let mut places = text.match_indices(from);
    let (start, _) = places.next().unwrap_or_else(|| panic!("{file}: {from:?} is not there"));
    assert!(places.next().is_none(), "{file}: {from:?} is there twice");
    let end = start + text[start..].find(to).unwrap_or_else(|| panic!("{file}: {to:?} is not there")) + to.len();
    let lines = |text: &str| text.matches('\n').count();
    let left = lines(&text[start..end]).checked_sub(lines(instead));
    let left = left.unwrap_or_else(|| panic!("{file}: {instead:?} has more lines than what was there"));
    format!("{}{instead}{}{}", &text[..start], "\n".repeat(left), &text[end..])
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
