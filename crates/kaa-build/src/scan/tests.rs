use super::*;
use crate::testing::compiled;

/// The imports of a source, a text each: `a.b [c d] always 3`.
fn imports(source: &str) -> Vec<String> {
    let scan = scan(&compiled(source), true);
    let when = |when| match when {
        When::Always => "always",
        When::Perhaps => "perhaps",
        When::InFunction => "in function",
    };
    let show = |import: &Import| {
        let what = match &import.what {
            What::Statement { level, name, names } => format!("{}{name} {names:?}", ".".repeat(*level as usize)),
            What::Named { function, name, anchor } => format!("{function}({name}, {anchor:?})"),
            What::Inside { package, anchor } => format!("inside {package}, {anchor:?}"),
            What::Computed { function } => format!("{function}(?)"),
            What::Distribution { name } => format!("distribution {name}"),
            What::EntryPoints { groups, is_computed, .. } => format!("entry points {groups:?} {is_computed}"),
        };
        format!("{}: {what} {}", import.line, when(import.when)).replace('"', "'")
    };
    let mut all: Vec<&Import> = scan.imports().collect();
    all.sort_by_key(|import| import.line);
    all.into_iter().map(show).collect()
}

#[test]
fn statements() {
    let source = "import os, a.b as c\nfrom . import d\nfrom ..x.y import (p, q)\nfrom z import *\n";
    let expected =
        ["1: os [] always", "1: a.b [] always", "2: . ['d'] always", "3: ..x.y ['p', 'q'] always", "4: z ['*'] always"];
    assert_eq!(imports(source), expected);
}

#[test]
fn what_is_sure() {
    let source = "\
try:
    import caught
except ImportError:
    import instead
try:
    import finally_only
finally:
    pass
try:
    try:
        import nested
    finally:
        pass
except:
    pass
with w:
    import within
if x:
    import one
else:
    import other
for i in x:
    import looped
import after
class C:
    import in_class
    def f(self):
        import in_method
def f():
    import in_function
";
    let expected = [
        "2: caught [] perhaps",
        "4: instead [] perhaps",
        "6: finally_only [] always",
        "11: nested [] perhaps",
        "17: within [] always",
        "19: one [] perhaps",
        "21: other [] perhaps",
        "23: looped [] perhaps",
        "24: after [] always",
        "26: in_class [] always",
        "28: in_method [] in function",
        "30: in_function [] in function",
    ];
    assert_eq!(imports(source), expected);
    assert_eq!(imports("with contextlib.suppress(ImportError):\n import x"), ["2: x [] perhaps"]);
}

#[test]
fn known_conditions() {
    let source = "\
if TYPE_CHECKING: import a
elif sys.platform == 'win32': import b
else: import c
if typing.TYPE_CHECKING: import d
if os.name != 'nt': import e
if sys.platform.startswith('linux'): import f
else: import g
if sys.version_info >= (3, 8): import h
else: import i
if sys.version_info < (3, 15): import j
if __name__ == '__main__': import k
if sys.platform == 'win32' or x: import l
if sys.platform == 'win32' and x: import m
";
    let expected = [
        "3: c [] always",
        "5: e [] always",
        "6: f [] always",
        "8: h [] always",
        "10: j [] always",
        "11: k [] always",
        "12: l [] perhaps",
    ];
    assert_eq!(imports(source), expected);
    let scan = scan(&compiled("if __name__ == '__main__':\n    import k\n"), false);
    assert_eq!(scan.imports().count(), 0);
}

#[test]
fn calls_with_names() {
    let source = "\
importlib.import_module('a.b')
importlib.import_module('.c', __package__)
import_module('.d', package='pkg')
__import__('e', globals(), level=0)
__import__(name)
import_module(f'plugins.{name}')
def f():
    importlib.import_module('.g', __name__)
importlib.resources.files('pkg').joinpath('x')
files(x)
importlib.metadata.version('Some-Thing')
version('other')
obj.version('no')
entry_points(group='tool.plugins', name='x')
def g():
    return metadata.entry_points().select(group='tool.more')
";
    let expected = [
        "1: import_module(a.b, None) always",
        "2: import_module(.c, Package) always",
        "3: import_module(.d, Text('pkg')) always",
        "4: __import__(e, None) always",
        "5: inside plugins, None always",
        "6: inside plugins, None always",
        "8: import_module(.g, Name) in function",
        "9: files(pkg, None) always",
        "11: distribution Some-Thing always",
        "12: distribution other always",
        "14: entry points ['tool.plugins'] false always",
        "16: entry points ['tool.more'] false in function",
    ];
    assert_eq!(imports(source), expected);
}

#[test]
fn groups_of_entry_points_may_be_in_variables() {
    let source = "\
GROUP = 'tool.plugins'
'two words'
def f():
    return entry_points(group=GROUP, name='')
def g(name='other'):
    x = 'tool.more'
    return importlib.metadata.entry_points(group=x)
";
    let expected = [
        "4: entry points ['tool.plugins', 'tool.more'] true in function",
        "7: entry points ['tool.plugins', 'tool.more'] true in function",
    ];
    assert_eq!(imports(source), expected);
}

#[test]
fn lists_of_names_and_docstrings() {
    let of = |source: &str| scan(&compiled(source), false);
    assert_eq!(of("__all__ = ['a', 'b', 'c', 'd']\n").all, ["a", "b", "c", "d"]);
    assert_eq!(of("__all__ = ('a', 'b')\n__all__ += ['c']\n").all, ["a", "b", "c"]);
    assert_eq!(of("__all__ = ['a']\n").all, ["a"]);
    let many: Vec<String> = (0..40).map(|number| format!("'n{number}'")).collect();
    let many = of(&format!("__all__ = [{}]\n", many.join(", ")));
    assert_eq!((many.all.len(), many.parts[0].attributes.len()), (40, 0));
    let extended = of("__all__ = ['a']\n__all__.extend(['b', 'c'])\nx = 'd'");
    assert_eq!(extended.parts[0].attributes.iter().collect::<Vec<_>>(), ["d"]);
    let doc = |source: &str| (of(source).reads_own_doc, of(source).reads_docs);
    assert_eq!(doc("'x'\n"), (false, false));
    assert_eq!(doc("print(__doc__)"), (true, false));
    assert_eq!(doc("def f():\n return g.__doc__"), (false, true));
    assert_eq!(doc("getattr(f, '__doc__')"), (false, true));
    assert_eq!(doc("inspect.getdoc(f)"), (false, true));
    assert!(of("__path__ = pkgutil.extend_path(__path__, __name__)").extends_path);
}

#[test]
fn long_jumps_are_followed() {
    let source = format!("if x:\n    import a\n    y = {}\nimport b\n", vec!["x"; 400].join(" + "));
    assert_eq!(imports(&source), ["2: a [] perhaps", "4: b [] always"]);
}
