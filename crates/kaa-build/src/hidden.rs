//! What cannot be seen in the library's code: imports by names that are put together, imports and calls
//! by the runtime's own code.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use crate::live::Names;
use crate::scan::Scan;

/// What the runtime imports before and while it runs any program.
pub const BY_THE_RUNTIME: &[&str] = &[
    "importlib._bootstrap",
    "importlib._bootstrap_external",
    // Codecs are looked up by name.
    "encodings",
    "encodings.aliases",
    "encodings.ascii",
    "encodings.latin_1",
    "encodings.utf_8",
];

/// Modules of the library and of the runtime, and what they import unseen.
const IMPORTS: &[(&str, &[&str])] = &[
    ("_asyncio", &["asyncio.base_futures", "asyncio.base_tasks", "asyncio.coroutines", "asyncio.events"]),
    ("_decimal", &["collections", "numbers"]),
    ("_json", &["json.decoder"]),
    ("_pickle", &["codecs", "copyreg", "_compat_pickle", "functools"]),
    ("_socket", &["encodings.idna"]),
    ("_sre", &["re"]),
    ("array", &["collections"]),
    ("dbm", &["dbm.dumb", "dbm.sqlite3"]),
    ("importlib.resources", &["_kaa_resources"]),
    ("multiprocessing", &["multiprocessing.spawn", "multiprocessing.resource_tracker"]),
    // Processes run the script again, by `runpy.run_path`.
    ("multiprocessing.spawn", &["importlib.util", "pkgutil", "runpy"]),
    ("sysconfig", &["_sysconfigdata__linux_x86_64-linux-gnu"]),
    ("xml.sax", &["xml.sax.expatreader"]),
];

/// What a module imports beside what stands in its code.
pub fn imports_of(module: &str) -> &'static [&'static str] {
    IMPORTS.iter().find(|(name, _)| *name == module).map_or(&[], |(_, imports)| imports)
}

/// A module of the runtime, an attribute of it or of its objects, and what that imports.
pub type ByAttribute = (&'static str, &'static str, &'static str);

/// Imports that the runtime does where an attribute is used.
pub const BY_ATTRIBUTES: &[ByAttribute] = &[("time", "strptime", "_strptime"), ("_datetime", "strptime", "_strptime")];

/// Those of modules that are there and whose attribute is named, which are taken away: the module, and
/// what it imports.
pub fn for_attributes(
    open: &mut Vec<&'static ByAttribute>,
    is_there: impl Fn(&str) -> bool,
    names: &Names,
) -> Vec<(&'static str, &'static str)> {
    let named = open.extract_if(.., |(module, attribute, _)| is_there(module) && names.has_attribute(attribute));
    named.map(|&(module, _, imported)| (module, imported)).collect()
}

/// The module that a variable of the library stands for where no import makes it.
pub fn injected(variable: &str) -> Option<&'static str> {
    // importlib gets it at the start.
    (variable == "_os").then_some("posix")
}

/// Variables of the program that stand for modules which are imported when they are used.
const BY_VARIABLES: &[(&str, &[&str])] = &[
    ("breakpoint", &["pdb"]),
    ("exit", &["_sitebuiltins"]),
    ("help", &["_sitebuiltins", "pydoc"]),
    ("quit", &["_sitebuiltins"]),
];

/// The modules for the variables that a module uses.
pub fn for_variables(scan: &Scan) -> impl Iterator<Item = &'static &'static str> {
    let uses = |name: &str| scan.parts.iter().any(|part| part.globals.contains(name));
    BY_VARIABLES.iter().filter(move |(name, _)| uses(name)).flat_map(|(_, modules)| *modules)
}

/// Functions and methods of the library that the runtime calls by their names.
pub const CALLED_BY_THE_RUNTIME: &[&str] = &[
    "_find_and_load",
    "_gcd_import",
    "_handle_fromlist",
    "_lock_unlock_module",
    "_run_module_as_main",
    "_strptime_datetime_date",
    "_strptime_datetime_datetime",
    "_strptime_datetime_time",
    "_strptime_time",
];

/// Modules that belong to CPython's library and that Kaa does not have.
const NOT_BUILT: &[&str] = &[
    "_ctypes",
    "_curses",
    "_curses_panel",
    "_dbm",
    "_elementtree",
    "_gdbm",
    "_interpchannels",
    "_interpqueues",
    "_interpreters",
    "_lsprof",
    "_lzma",
    "_sqlite3",
    "_ssl",
    "_tkinter",
    "_uuid",
    "_zoneinfo",
    "_zstd",
    "ensurepip",
    "idlelib",
    "mmap",
    "readline",
    "test",
    "tkinter",
    "turtle",
    "turtledemo",
];

/// Whether a module that was not found is one that Kaa does not have.
pub fn is_not_built(name: &str) -> bool {
    NOT_BUILT.contains(&name)
}

/// The modules of the codecs among texts.
pub fn codecs(texts: &BTreeSet<String>) -> Vec<String> {
    let mut out: Vec<String> = texts.iter().filter_map(|text| codec(text)).collect();
    out.sort();
    out.dedup();
    out
}

fn codec(name: &str) -> Option<String> {
    static ALIASES: OnceLock<HashMap<String, String>> = OnceLock::new();
    let name: String =
        name.chars().map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '_' }).collect();
    let aliases = ALIASES.get_or_init(aliases);
    let module = format!("encodings.{}", aliases.get(&name).unwrap_or(&name));
    (kaa_library::find(&module).is_some() && module != "encodings.aliases").then_some(module)
}

/// The library's own table of other names, a line each: `'646' : 'ascii',`.
fn aliases() -> HashMap<String, String> {
    let text = kaa_library::files::find("encodings/aliases.py").map(|file| file.read()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let entry = |line: &str| {
        let mut parts = line.trim().strip_prefix('\'')?.split('\'');
        let (alias, between, name) = (parts.next()?, parts.next()?, parts.next()?);
        (between.trim() == ":").then(|| (alias.to_owned(), name.to_owned()))
    };
    text.lines().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_tables_is_in_the_library() {
        let hidden = IMPORTS.iter().flat_map(|(_, imports)| *imports);
        for name in hidden.chain(BY_THE_RUNTIME) {
            assert!(kaa_library::find(name).is_some(), "{name}");
        }
        assert!(NOT_BUILT.iter().all(|name| kaa_library::find(name).is_none()));
    }

    #[test]
    fn codecs_have_many_names() {
        let texts = ["Latin-1", "CP1252", "utf-16", "no codec", "L1", "aliases", "idna"];
        let texts = texts.iter().map(|&text| text.to_owned()).collect();
        assert_eq!(codecs(&texts), ["encodings.cp1252", "encodings.idna", "encodings.latin_1", "encodings.utf_16"]);
    }
}
