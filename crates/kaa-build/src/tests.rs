//! What is found for small programs, and what is said of what is missing.

use kaa_compile::{NoControl, NoPython};
use kaa_compiler::Docstrings;

use crate::chains::Chains;
use crate::compiling::Compiler;
use crate::find::{Finder, Found, Kind, Origin, Root};
use crate::graph::{By, Graph, Growth};
use crate::hidden;
use crate::problems;
use crate::scan::When;
use crate::testing::Folder;

/// As `sys.builtin_module_names` has them.
const NATIVE: &str = "\
_abc _ast _asyncio _bisect _blake2 _bz2 _codecs _collections _contextvars _csv _datetime _decimal _functools _hashlib
_heapq _imp _io _json _kaa_library _locale _md5 _multiprocessing _opcode _operator _pickle _posixshmem _posixsubprocess
_queue _random _sha1 _sha2 _sha3 _signal _socket _sre _stat _statistics _string _struct _suggestions _symtable _thread
_tokenize _types _typing _warnings _weakref array atexit binascii builtins cmath errno faulthandler fcntl gc grp
itertools marshal math posix pwd pyexpat resource select sys syslog termios time unicodedata zlib";

struct Case {
    folder: Folder,
    finder: Finder,
    excluded: Vec<String>,
    collect: Vec<String>,
}

impl Case {
    /// A program `app.py` in the folder `own`, with packages in the folders `a` and `b`.
    fn new(files: &[(&str, &str)]) -> Case {
        let folder = Folder::with(files);
        let path = |name: &str| folder.path().join(name);
        let roots = vec![
            Root::folder(path("own"), Origin::Program),
            Root::folder(path("a"), Origin::Installed),
            Root::library(),
            Root::folder(path("b"), Origin::Installed),
        ];
        let finder = Finder::new(roots, NATIVE.split_whitespace().map(str::to_owned).collect());
        Case { folder, finder, excluded: Vec::new(), collect: Vec::new() }
    }

    fn graph(&self) -> Graph {
        let compiler = Compiler { level: Default::default(), docstrings: Docstrings::None, python: &NoPython, jobs: 2 };
        let main = Some("__main__".to_owned());
        let mut growth = Growth::new(&self.finder, &compiler, &NoControl, &self.excluded, main);
        let (kind, origin) = (Kind::Source, Origin::Program);
        growth.add_script("__main__", Found { kind, origin, root: 0, path: "app.py".to_owned(), places: Vec::new() });
        hidden::BY_THE_RUNTIME.iter().for_each(|name| growth.want(name, By::Runtime, When::Always));
        self.collect.iter().for_each(|package| growth.want_all_of(package, &By::Option("--collect")));
        growth.grow();
        growth.graph
    }

    /// The modules that are not the library's.
    fn modules(&self) -> Vec<String> {
        let graph = self.graph();
        let own = graph.modules.iter().filter(|(_, node)| node.found.origin < Origin::Library);
        own.map(|(name, _)| name.clone()).collect()
    }

    /// All that is said, with the folder as FOLDER.
    fn said(&self) -> String {
        let graph = self.graph();
        let mut said = problems::of_missing(&graph, &Chains::new(&graph), &self.finder);
        said.extend(problems::of_computed(&graph));
        let text: String = said.iter().map(problems::Problem::shown).collect();
        text.replace(&self.folder.path().display().to_string(), "FOLDER")
    }
}

#[test]
fn imports_of_all_kinds_are_followed() {
    let case = Case::new(&[
        ("own/app.py", "import one.two\nfrom pkg import sub, attribute\nfrom space.deep import m\nimport pkg.rel"),
        ("own/one/__init__.py", ""),
        ("own/one/two.py", "from . import three\nfrom .four import x"),
        ("own/one/three.py", "def f():\n    import helper\n"),
        ("own/one/four.py", "__import__('named')"),
        ("own/one/unused.py", ""),
        ("own/helper.py", "from stars import *"),
        ("own/named.py", ""),
        ("a/pkg/__init__.py", "attribute = 1"),
        ("a/pkg/sub.py", ""),
        ("a/pkg/rel.py", "import importlib\nimportlib.import_module('.late', __package__)"),
        ("a/pkg/late.py", "from .. import nothing"),
        ("a/space/deep/m.py", ""),
        ("a/stars/__init__.py", "__all__ = ['x', 'y']\nx = 1"),
        ("a/stars/y.py", ""),
        ("a/stars/z.py", ""),
    ]);
    let expected = [
        "__main__",
        "helper",
        "named",
        "one",
        "one.four",
        "one.three",
        "one.two",
        "pkg",
        "pkg.late",
        "pkg.rel",
        "pkg.sub",
        "space",
        "space.deep",
        "space.deep.m",
        "stars",
        "stars.y",
    ];
    assert_eq!(case.modules(), expected);
    assert_eq!(case.said(), "");
}

#[test]
fn namespaces_and_longer_paths() {
    let extend = "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n";
    let case = Case::new(&[
        (
            "own/app.py",
            "import space.one, space.two, long.one, long.two, short.one\ntry: import short.two\nexcept ImportError: pass",
        ),
        ("a/space/one.py", ""),
        ("b/space/two.py", ""),
        ("a/long/__init__.py", extend),
        ("a/long/one.py", ""),
        ("b/long/__init__.py", extend),
        ("b/long/two.py", ""),
        ("a/short/__init__.py", ""),
        ("a/short/one.py", ""),
        ("b/short/two.py", ""),
    ]);
    let expected =
        ["__main__", "long", "long.one", "long.two", "short", "short.one", "space", "space.one", "space.two"];
    assert_eq!(case.modules(), expected);
    let said = "warning: no module named 'short.two'\n  app.py, line 2, imports short.two under a condition\n";
    assert_eq!(case.said(), said);
}

#[test]
fn missing_modules_are_named_with_their_chain() {
    let case = Case::new(&[
        ("own/app.py", "import pkg.config\n"),
        ("own/pkg/__init__.py", ""),
        ("own/pkg/config.py", "import os\n\nimport yaml.nodes\ndef f():\n    import ujson\nimport os.nothing\n"),
    ]);
    let expected = "\
error: no module named 'yaml'
  app.py, line 1, imports pkg.config
  pkg/config.py, line 3, imports yaml
  searched in FOLDER/own, FOLDER/a, the library, FOLDER/b
  --path FOLDER or an activated virtual environment adds more; --exclude yaml leaves it out
warning: no module named 'ujson'
  app.py, line 1, imports pkg.config
  pkg/config.py, line 5, imports ujson in a function
";
    assert_eq!(case.said(), expected);
    let excluded = Case { excluded: vec!["yaml".to_owned(), "ujson".to_owned()], ..case };
    assert_eq!(excluded.said(), "");
}

#[test]
fn what_functions_of_the_library_import_is_late() {
    let case = Case::new(&[("own/app.py", "import argparse\ndef main():\n    import json\nmain()\n")]);
    let graph = case.graph();
    let chains = Chains::new(&graph);
    for (name, expected) in [("__main__", true), ("argparse", true), ("json", true), ("difflib", false)] {
        assert!(graph.modules.contains_key(name), "{name}");
        assert_eq!(chains.is_at_start(name), expected, "{name}");
    }
}

#[test]
fn extensions_bad_sources_and_computed_names() {
    let case = Case::new(&[
        (
            "own/app.py",
            "import fast\ntry:\n    import bad\nexcept ImportError:\n    pass\n__import__(name)\nimport mod.inner",
        ),
        ("own/mod.py", ""),
        ("own/bad.py", "x = = 1\n"),
        ("a/fast.cpython-314-x86_64-linux-gnu.so", ""),
    ]);
    let expected = "\
error: the module fast is a C extension for CPython: FOLDER/a/fast.cpython-314-x86_64-linux-gnu.so
  app.py, line 1, imports fast
  Kaa cannot load it. Often there is a version without: install the package from its source with --no-binary, or use \
another one; --exclude fast leaves it out, if the program can do without
error: no module named 'mod.inner': 'mod' is not a package
  app.py, line 7, imports mod.inner
warning: the module bad cannot be compiled: FOLDER/own/bad.py, line 1: SyntaxError: invalid syntax
  app.py, line 3, imports bad under a condition
  --exclude bad leaves it out, if the program can do without
warning: app.py, line 6, calls __import__ with a name that is computed
  --include MODULE or --collect PACKAGE puts in what it may be
";
    assert_eq!(case.said(), expected);
}

#[test]
fn parts_of_the_library_that_are_not_there() {
    let case = Case::new(&[("own/app.py", "import tkinter\nimport ssl\n")]);
    let expected = "\
error: the module _ssl of Python's library is not part of Kaa
  app.py, line 2, imports ssl
  the library's ssl.py, line 100, imports _ssl
  --exclude _ssl leaves it out, if the program can do without
error: the module tkinter of Python's library is not part of Kaa
  app.py, line 1, imports tkinter
  --exclude tkinter leaves it out, if the program can do without
";
    assert_eq!(case.said(), expected);
}

#[test]
fn computed_names_in_known_packages() {
    let source = "import importlib\nimportlib.import_module(f'plugins.{name}')\nimportlib.import_module(name, 'tables')
def f(x):
    name = 'styles.' + x
    __import__(name)";
    let case = Case::new(&[
        ("own/app.py", source),
        ("own/plugins/__init__.py", ""),
        ("own/plugins/one.py", ""),
        ("own/plugins/two.py", ""),
        ("a/tables/__init__.py", ""),
        ("a/tables/v1-0.py", ""),
        ("a/styles/__init__.py", ""),
        ("a/styles/s.py", ""),
    ]);
    let expected = ["__main__", "plugins", "plugins.one", "plugins.two", "styles", "styles.s", "tables", "tables.v1-0"];
    assert_eq!(case.modules(), expected);
    assert_eq!(case.said(), "");
}

#[test]
fn plugins_are_found_by_their_entry_points() {
    let files = [
        (
            "own/app.py",
            "from importlib.metadata import entry_points\nfor found in entry_points(group='app.plugins'): found.load()",
        ),
        ("a/plug/__init__.py", ""),
        ("a/plug/impl.py", "import plug.inner"),
        ("a/plug/inner.py", ""),
        ("a/plug/cli.py", ""),
        ("a/plug-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: plug\nVersion: 1\n"),
        (
            "a/plug-1.dist-info/entry_points.txt",
            "[app.plugins]\nx = plug.impl:Hook.run [more]\n\n[console_scripts]\nplug = plug.cli:main\n",
        ),
        ("a/other.py", ""),
        ("a/other-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: other\nVersion: 1\n"),
        ("a/other-1.dist-info/entry_points.txt", "[elsewhere]\nx = other\n"),
    ];
    let case = Case::new(&files);
    let own: Vec<String> =
        case.modules().into_iter().filter(|name| name.starts_with("plug") || name == "other").collect();
    assert_eq!(own, ["plug", "plug.impl", "plug.inner"]);
    assert_eq!(case.said(), "");
    let mut files = files;
    files[0].1 = "import importlib.metadata, sys\nprint(importlib.metadata.entry_points(group=sys.argv[1]))";
    let case = Case::new(&files);
    assert!(!case.modules().iter().any(|name| name == "plug.impl"));
    let expected = "\
warning: app.py, line 2, calls entry_points with a name that is computed
  --include MODULE or --collect PACKAGE puts in what it may be
";
    assert_eq!(case.said(), expected);
}

#[test]
fn packages_are_collected_whole() {
    let mut case = Case::new(&[
        ("own/app.py", ""),
        ("a/pkg/__init__.py", ""),
        ("a/pkg/one.py", ""),
        ("a/pkg/inner/__init__.py", ""),
        ("a/pkg/inner/two.py", "import other"),
        ("a/other.py", ""),
    ]);
    assert_eq!(case.modules(), ["__main__"]);
    case.collect = vec!["pkg".to_owned()];
    assert_eq!(case.modules(), ["__main__", "other", "pkg", "pkg.inner", "pkg.inner.two", "pkg.one"]);
}

#[test]
fn a_small_program_takes_little_of_the_library() {
    let library = |source: &str| {
        let graph = Case::new(&[("own/app.py", source)]).graph();
        graph.modules.values().filter(|node| node.found.origin == Origin::Library).count()
    };
    let hello = library("print('hello')");
    assert!(hello <= 12, "{hello}");
    let json = library("import json\njson.loads('1')");
    assert!((20..80).contains(&json), "{json}");
}

/// What packages themselves show: that `import os` and others of the library have no gaps.
#[test]
fn what_the_library_does_without_is_no_problem() {
    let source =
        "import os, shutil, asyncio, http.server, logging.config, multiprocessing.pool, xml.sax, email, decimal\n";
    let said = Case::new(&[("own/app.py", source)]).said();
    assert!(!said.contains("error") && !said.contains("collections.abc"), "{said}");
}
