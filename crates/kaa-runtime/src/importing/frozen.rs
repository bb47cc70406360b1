//! Frozen modules: those that CPython has in its executable. The modules that imports are made of
//! are always there; the others only with `-X frozen_modules`, because the library's sources are
//! found for what is imported by its path, and so tracebacks can show them.

use std::cell::Cell;

use kaa_library::Module;
use kaa_objects::vm::Extension;
use kaa_objects::{PyResult, Raised, Value, Vm};

use crate::state::state;

/// Why a frozen module is one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Bootstrap,
    Startup,
    Tests,
}

/// A frozen module.
#[derive(Clone, Copy)]
pub(super) struct Frozen {
    pub name: &'static str,
    /// The module of the library that it is.
    library: &'static str,
    /// The name that CPython freezes it by, `None` for one that is not of the library. `<` is in
    /// front of a package whose `__init__` is frozen under a name of its own.
    pub original: Option<&'static str>,
    pub is_package: bool,
    purpose: Purpose,
}

impl Frozen {
    pub fn module(&self) -> Option<Module> {
        kaa_library::find(self.library)
    }
}

const fn row(purpose: Purpose, name: &'static str) -> Frozen {
    Frozen { name, library: name, original: Some(name), is_package: false, purpose }
}

const fn alias(purpose: Purpose, name: &'static str, library: &'static str) -> Frozen {
    Frozen { library, original: Some(library), ..row(purpose, name) }
}

const fn package(row: Frozen) -> Frozen {
    Frozen { is_package: true, ..row }
}

/// All of them, in CPython's order.
const FROZEN: &[Frozen] = &[
    alias(Purpose::Bootstrap, "_frozen_importlib", "importlib._bootstrap"),
    alias(Purpose::Bootstrap, "_frozen_importlib_external", "importlib._bootstrap_external"),
    row(Purpose::Bootstrap, "zipimport"),
    row(Purpose::Startup, "abc"),
    row(Purpose::Startup, "codecs"),
    row(Purpose::Startup, "io"),
    row(Purpose::Startup, "_collections_abc"),
    row(Purpose::Startup, "_sitebuiltins"),
    row(Purpose::Startup, "genericpath"),
    row(Purpose::Startup, "ntpath"),
    row(Purpose::Startup, "posixpath"),
    row(Purpose::Startup, "os"),
    row(Purpose::Startup, "site"),
    row(Purpose::Startup, "stat"),
    row(Purpose::Startup, "importlib.util"),
    row(Purpose::Startup, "importlib.machinery"),
    row(Purpose::Startup, "runpy"),
    row(Purpose::Tests, "__hello__"),
    alias(Purpose::Tests, "__hello_alias__", "__hello__"),
    package(alias(Purpose::Tests, "__phello_alias__", "__hello__")),
    alias(Purpose::Tests, "__phello_alias__.spam", "__hello__"),
    package(row(Purpose::Tests, "__phello__")),
    Frozen { original: Some("<__phello__"), ..alias(Purpose::Tests, "__phello__.__init__", "__phello__") },
    package(row(Purpose::Tests, "__phello__.ham")),
    Frozen { original: Some("<__phello__.ham"), ..alias(Purpose::Tests, "__phello__.ham.__init__", "__phello__.ham") },
    row(Purpose::Tests, "__phello__.ham.eggs"),
    row(Purpose::Tests, "__phello__.spam"),
    Frozen { original: None, ..alias(Purpose::Tests, "__hello_only__", "__hello__") },
];

/// What `_imp._override_frozen_modules_for_tests` set: above 0 for all, below 0 for those that
/// imports are made of alone, 0 for what the isolate was started with.
#[derive(Default)]
struct Override(Cell<i64>);

impl Extension for Override {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

pub(super) fn set_override(vm: &Vm, value: i64) {
    vm.extension(|_| Override::default()).0.set(value);
}

fn are_all_wanted(vm: &Vm) -> bool {
    match vm.extension(|_| Override::default()).0.get() {
        0 => state(vm).config.borrow().frozen_modules,
        value => value > 0,
    }
}

/// The frozen module of a name, if it may be used.
pub(super) fn find(vm: &Vm, name: &str) -> Option<Frozen> {
    let found = FROZEN.iter().find(|frozen| frozen.name == name)?;
    (found.purpose == Purpose::Bootstrap || are_all_wanted(vm)).then_some(*found)
}

/// The names of all.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FROZEN.iter().map(|frozen| frozen.name)
}

/// An `ImportError` about a name that is shown by its `repr`.
#[cold]
pub(super) fn error(vm: &Vm, before: &str, name: Value, after: &str) -> Raised {
    let make = || -> PyResult<Raised> {
        let message = vm.new_str(&format!("{before}{}{after}", vm.repr_lossy(name)))?;
        let error = vm.new_exception(vm.exceptions().ImportError, &[message.value()])?;
        vm.set_attr(error.value(), vm.names().name, name)?;
        Ok(vm.raise(error))
    };
    make().unwrap_or_else(|raised| raised)
}
