//! Whole runs over folders.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use kaa_bytecode::pyc::{self, Validity};

use crate::{Control, Invalidation, Level, NoControl, NoPython, Options, Output, Pattern, Python, Summary, Warnings};

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("kaa-compile-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// All files below it, sorted, with their bytes.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut pending = vec![self.0.clone()];
        let mut files = Vec::new();
        while let Some(folder) = pending.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() && !path.is_symlink() {
                    true => pending.push(path),
                    false => files.push((
                        path.strip_prefix(&self.0).unwrap().to_string_lossy().into_owned(),
                        fs::read(&path).unwrap_or_default(),
                    )),
                }
            }
        }
        files.sort();
        files
    }

    fn names(&self) -> Vec<String> {
        self.files().into_iter().map(|(name, _)| name).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(folder: &Folder, options: &Options) -> Summary {
    crate::compile(std::slice::from_ref(&folder.0), options, &NoPython, &NoControl)
}

/// Compiled, fresh, failed.
fn counts(summary: &Summary) -> (usize, usize, usize) {
    (summary.compiled, summary.fresh, summary.failed)
}

fn errors(summary: &Summary) -> Vec<String> {
    summary.reports.iter().filter_map(|report| Some(report.error.as_ref()?.as_error(&report.filename))).collect()
}

#[test]
fn only_what_changed_is_compiled() {
    let folder = Folder::new();
    let source = folder.write("pkg/a.py", "x = 1\n");
    folder.write("b.py", "y = 2\n");
    folder.write("notes.txt", "no source");
    let options = Options::default();
    assert_eq!(counts(&run(&folder, &options)), (2, 0, 0));
    let written = folder.names();
    assert_eq!(
        written,
        ["__pycache__/b.cpython-314.pyc", "b.py", "notes.txt", "pkg/__pycache__/a.cpython-314.pyc", "pkg/a.py"]
    );
    assert_eq!(counts(&run(&folder, &options)), (0, 2, 0));
    // Another time of change, another size, a file cut short.
    fs::File::open(&source).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(9)).unwrap();
    assert_eq!(counts(&run(&folder, &options)), (1, 1, 0));
    fs::write(&source, "xyz = 1\n").unwrap();
    fs::File::open(&source).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(9)).unwrap();
    assert_eq!(counts(&run(&folder, &options)), (1, 1, 0));
    let target = folder.path("pkg/__pycache__/a.cpython-314.pyc");
    let data = fs::read(&target).unwrap();
    fs::write(&target, &data[..16]).unwrap();
    assert_eq!(counts(&run(&folder, &options)), (1, 1, 0));
    assert_eq!(fs::read(&target).unwrap(), data);
    assert_eq!(counts(&run(&folder, &Options { force: true, ..Options::default() })), (2, 0, 0));
}

#[test]
fn headers_are_of_three_kinds() {
    let folder = Folder::new();
    let source = folder.write("a.py", "x = 1\n");
    fs::File::open(&source).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(0x1_0000_0007)).unwrap();
    let header = |invalidation| {
        let options = Options { invalidation, ..Options::default() };
        assert_eq!(counts(&run(&folder, &options)), (1, 0, 0));
        assert_eq!(counts(&run(&folder, &options)), (0, 1, 0));
        pyc::read_header(&fs::read(folder.path("__pycache__/a.cpython-314.pyc")).unwrap(), "a").unwrap()
    };
    let hash = pyc::source_hash(b"x = 1\n");
    assert_eq!(header(Invalidation::Timestamp), Validity::Timestamp { mtime: 7, size: 6 });
    assert_eq!(header(Invalidation::CheckedHash), Validity::Hash { hash, check_source: true });
    assert_eq!(header(Invalidation::UncheckedHash), Validity::Hash { hash, check_source: false });
}

#[test]
fn bytes_depend_on_nothing_else() {
    let folder = Folder::new();
    for index in 0..40 {
        let text = format!("'''doc'''\ndef f{index}(a, *, b={{1, 2, 3}}):\n    assert a in {{'x', 'y', 'z{index}'}}\n");
        folder.write(&format!("p{}/m{index}.py", index % 7), text);
    }
    let output = |jobs: usize, name: &str| {
        let options = Options {
            levels: (0..3).filter_map(Level::new).collect(),
            invalidation: Invalidation::UncheckedHash,
            strip: Some(folder.0.clone()),
            output: Output::Folder(folder.path(name)),
            exclude: vec![Pattern::new("out*")],
            jobs,
            ..Options::default()
        };
        assert_eq!(counts(&run(&folder, &options)), (40, 0, 0));
        let prefix = format!("{name}/");
        let below =
            folder.files().into_iter().filter_map(|(file, data)| Some((file.strip_prefix(&prefix)?.to_owned(), data)));
        below.collect::<Vec<_>>()
    };
    let (one, many) = (output(1, "out1"), output(7, "out7"));
    assert_eq!(one.len(), 120);
    assert!(one == many);
    let body = pyc::read_body(&one[0].1, "x").unwrap();
    assert_eq!(String::from_utf8_lossy(&body.filename), "p0/m0.py");
    // One level alone gives the same bytes as three at once.
    let options = Options {
        levels: vec![Level::new(2).unwrap()],
        invalidation: Invalidation::UncheckedHash,
        strip: Some(folder.0.clone()),
        exclude: vec![Pattern::new("out*")],
        legacy: true,
        ..Options::default()
    };
    run(&folder, &options);
    assert_eq!(
        fs::read(folder.path("p0/m0.pyc")).unwrap(),
        fs::read(folder.path("out1/p0/__pycache__/m0.cpython-314.opt-2.pyc")).unwrap()
    );
}

#[test]
fn files_go_where_they_belong() {
    let folder = Folder::new();
    folder.write("src/a.py", "1");
    folder.write("src/.py", "1");
    let script = folder.write("src/script", "1");
    let run = |paths: &[PathBuf], options: Options| crate::compile(paths, &options, &NoPython, &NoControl);
    run(&[folder.path("src"), script.clone()], Options::default());
    run(&[script], Options { output: Output::Prefix(folder.path("cache")), ..Options::default() });
    run(
        &[folder.path("src")],
        Options { output: Output::Folder(folder.path("out")), legacy: true, ..Options::default() },
    );
    let below_cache = format!("cache{}/src/scriptcpython-314.pyc", folder.0.to_string_lossy());
    assert_eq!(
        folder.names(),
        [
            &*below_cache,
            "out/.pyc",
            "out/a.pyc",
            "src/.py",
            "src/__pycache__/a.cpython-314.pyc",
            "src/__pycache__/py.cpython-314.pyc",
            "src/__pycache__/scriptcpython-314.pyc",
            "src/a.py",
            "src/script",
        ]
    );
}

#[test]
fn two_sources_never_share_a_file() {
    let folder = Folder::new();
    let paths = [folder.path("a"), folder.path("b")];
    folder.write("a/m.py", "1");
    folder.write("b/m.py", "2");
    let options = Options { output: Output::Folder(folder.path("out")), ..Options::default() };
    let summary = crate::compile(&paths, &options, &NoPython, &NoControl);
    assert_eq!(counts(&summary), (1, 0, 1));
    assert!(errors(&summary)[0].contains("FileExistsError"), "{summary:?}");
    // Named twice, a source is compiled once.
    let twice = [folder.path("a"), folder.path("b/../a/m.py")];
    assert_eq!(counts(&crate::compile(&twice, &Options::default(), &NoPython, &NoControl)), (1, 0, 0));
}

#[test]
fn paths_in_files_can_be_changed() {
    let folder = Folder::new();
    folder.write("a.py", "1");
    let told = |strip: &str, prepend: Option<&str>| {
        let strip = Some(PathBuf::from(format!("{}{strip}", folder.0.display())));
        let options = Options { strip, prepend: prepend.map(PathBuf::from), force: true, ..Options::default() };
        let summary = run(&folder, &options);
        let code = pyc::read_body(&fs::read(folder.path("__pycache__/a.cpython-314.pyc")).unwrap(), "a").unwrap();
        (String::from_utf8_lossy(&code.filename).into_owned(), summary.reports.len())
    };
    assert_eq!(told("", None), ("a.py".into(), 0));
    assert_eq!(told("/", Some("/usr/lib")), ("/usr/lib/a.py".into(), 0));
    assert_eq!(told("/no", None), (folder.path("a.py").to_string_lossy().into_owned(), 1));
}

#[test]
fn errors_are_those_of_cpython() {
    let folder = Folder::new();
    folder.write("a.py", "def f(:\n  pass\n");
    folder.write("b.py", "def f():\nx=1\n");
    folder.write("c.py", b"x='\xe9'\n");
    folder.write("d.py", "x = 1\nreturn 1\n");
    folder.write("e.py", "a\0b");
    folder.write("f.py", "# coding: koi8-r\n");
    folder.write("g.py", "x = 1");
    let summary = run(&folder, &Options { strip: Some(folder.0.clone()), ..Options::default() });
    assert_eq!(counts(&summary), (1, 0, 6));
    let expected = [
        "  File \"a.py\", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax\n",
        "  File \"b.py\", line 2\n    x=1\n    ^\nIndentationError: expected an indented block after function definition on line 1\n",
        "  File \"c.py\", line 1\n    x='\u{fffd}'\n       ^\nSyntaxError: Non-UTF-8 code starting with '\\xe9' on line 1, but no encoding \
         declared; see https://peps.python.org/pep-0263/ for details\n",
        "  File \"d.py\", line 2\n    return 1\n    ^^^^^^^^\nSyntaxError: 'return' outside function\n",
        "  File \"e.py\"\nSyntaxError: source code string cannot contain null bytes\n",
        "  File \"f.py\", line 0\nSyntaxError: unknown encoding: koi8-r\n",
    ];
    assert_eq!(errors(&summary), expected);
}

#[test]
fn other_encodings_are_python_s() {
    struct Upper;
    impl Python for Upper {
        fn decode(&self, name: &str, bytes: &[u8]) -> Result<String, String> {
            assert_eq!(name, "koi8-r");
            Ok(String::from_utf8_lossy(bytes).to_uppercase())
        }
    }
    let folder = Folder::new();
    let source = folder.write("f.py", "# coding: koi8-r\nname = 1\n");
    assert!(crate::compile(&[source], &Options::default(), &Upper, &NoControl).is_success());
    let code = pyc::read_body(&fs::read(folder.path("__pycache__/f.cpython-314.pyc")).unwrap(), "f").unwrap();
    assert_eq!(code.names[0], *b"NAME");
}

#[test]
fn warnings_are_shown_ignored_or_errors() {
    let folder = Folder::new();
    folder.write("a.py", "x = '\\d'\nif x is 1: pass\n");
    let with = |warnings| {
        let levels = vec![Level::new(0).unwrap(), Level::new(1).unwrap()];
        run(&folder, &Options { warnings, levels, check: true, strip: Some(folder.0.clone()), ..Options::default() })
    };
    let shown = with(Warnings::Show);
    let texts: Vec<String> = shown.reports[0].warnings.iter().map(|warning| warning.as_warning("a.py")).collect();
    assert_eq!(
        texts,
        [
            "a.py:1: SyntaxWarning: \"\\d\" is an invalid escape sequence. Such sequences will not work in the future. \
             Did you mean \"\\\\d\"? A raw string is also an option.\n  x = '\\d'\n",
            "a.py:2: SyntaxWarning: \"is\" with 'int' literal. Did you mean \"==\"?\n  if x is 1: pass\n",
        ]
    );
    assert!(with(Warnings::Ignore).reports.is_empty());
    let refused = with(Warnings::Error);
    assert_eq!(counts(&refused), (0, 0, 1));
    assert!(errors(&refused)[0].starts_with("  File \"a.py\", line 1\n    x = '\\d'\n"), "{refused:?}");
}

#[test]
fn checking_writes_nothing() {
    let folder = Folder::new();
    folder.write("a.py", "x = 1\n");
    let summary = run(&folder, &Options { check: true, ..Options::default() });
    assert_eq!((counts(&summary), summary.written), ((1, 0, 0), 0));
    assert_eq!(folder.names(), ["a.py"]);
}

#[test]
fn files_have_the_permissions_of_their_sources() {
    let folder = Folder::new();
    let source = folder.write("a.py", "x = 1\n");
    for (mode, expected) in [(0o755, 0o644), (0o400, 0o600), (0o640, 0o640)] {
        fs::set_permissions(&source, fs::Permissions::from_mode(mode)).unwrap();
        run(&folder, &Options { force: true, ..Options::default() });
        let written = fs::metadata(folder.path("__pycache__/a.cpython-314.pyc")).unwrap();
        // The mask of most people leaves these bits.
        assert_eq!(written.mode() & 0o744, expected & 0o744);
    }
}

#[test]
fn links_and_other_odd_things() {
    let folder = Folder::new();
    folder.write("real/a.py", "1");
    symlink("..", folder.path("real/up")).unwrap();
    symlink("a.py", folder.path("real/link.py")).unwrap();
    symlink("nowhere", folder.path("real/dangling.py")).unwrap();
    symlink("loop.py", folder.path("real/loop.py")).unwrap();
    fs::create_dir(folder.path("real/folder.py")).unwrap();
    folder.write("real/__pycache__/b.py", "1");
    let odd = folder.0.join(Path::new(std::ffi::OsStr::from_bytes(b"real/odd\xff.py")));
    fs::write(&odd, "1").unwrap();
    let deep = format!("real/{}deep.py", "d/".repeat(300));
    folder.write(&deep, "1");
    symlink("real", folder.path("way")).unwrap();
    let summary = crate::compile(&[folder.path("way")], &Options::default(), &NoPython, &NoControl);
    assert_eq!(counts(&summary), (4, 0, 0), "{summary:?}");
    let written = folder.0.join(Path::new(std::ffi::OsStr::from_bytes(b"real/__pycache__/odd\xff.cpython-314.pyc")));
    let code = pyc::read_body(&fs::read(written).unwrap(), "odd").unwrap();
    assert!(code.filename.ends_with(b"odd\xed\xb3\xbf.py"), "{:?}", code.filename);
    // A target that is a link stays one.
    let target = folder.path("real/__pycache__/a.cpython-314.pyc");
    fs::remove_file(&target).unwrap();
    symlink("elsewhere", &target).unwrap();
    let summary = crate::compile(&[folder.path("real/a.py")], &Options::default(), &NoPython, &NoControl);
    assert!(errors(&summary)[0].contains("FileExistsError"), "{summary:?}");
    assert!(errors(&summary)[0].contains("a.cpython-314.pyc is a symlink and will be changed into a regular file"));
    assert!(target.is_symlink() && !folder.path("real/__pycache__/elsewhere").exists());
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let folder = Folder::new();
    folder.write("a.py", "1");
    fs::write(folder.path("__pycache__"), "a file in the way").unwrap();
    let summary = run(&folder, &Options::default());
    assert_eq!(counts(&summary), (0, 0, 1));
    assert!(errors(&summary)[0].contains("NotADirectoryError: [Errno 20] Not a directory: '"), "{summary:?}");
    fs::remove_file(folder.path("__pycache__")).unwrap();
    fs::create_dir_all(folder.path("__pycache__/a.cpython-314.pyc")).unwrap();
    let summary = run(&folder, &Options::default());
    assert!(errors(&summary)[0].contains("is a non-regular file"), "{summary:?}");
    assert_eq!(folder.names(), ["a.py"]);
    let missing = crate::compile(&[folder.path("no")], &Options::default(), &NoPython, &NoControl);
    assert!(errors(&missing)[0].contains("FileNotFoundError: [Errno 2] No such file or directory: '"), "{missing:?}");
}

#[test]
fn patterns_keep_files_and_folders_out() {
    let folder = Folder::new();
    folder.write("a.py", "1");
    folder.write("tests/b.py", "1");
    folder.write("pkg/test_c.py", "1");
    let exclude = ["tests", "test_*.py"].map(Pattern::new).to_vec();
    let summary = run(&folder, &Options { exclude, ..Options::default() });
    assert_eq!((counts(&summary), summary.excluded), ((1, 0, 0), 2));
}

#[test]
fn the_work_can_be_stopped() {
    struct AfterThree(AtomicUsize);
    impl Control for AfterThree {
        fn step(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        fn stop(&self) -> bool {
            self.0.load(Ordering::Relaxed) >= 3
        }
    }
    let folder = Folder::new();
    for index in 0..10 {
        folder.write(&format!("m{index}.py"), "1");
    }
    let options = Options { jobs: 1, ..Options::default() };
    let control = AfterThree(AtomicUsize::new(0));
    let summary = crate::compile(std::slice::from_ref(&folder.0), &options, &NoPython, &control);
    assert_eq!((counts(&summary), summary.stopped, summary.is_success()), ((3, 0, 0), true, false));
}
