//! What is in the executable, by paths as Python code sees them.

use std::process::exit;

use kaa_image::{EmbeddedFile, EmbeddedModule, ImageError, Tree};
use kaa_objects::Vm;

use crate::state::state;

/// What an executable that is damaged exits with: a shell's «cannot be executed».
pub const DAMAGED: i32 = 126;

/// The file name of all code when tracebacks are not to name files.
pub(crate) const HIDDEN_NAME: &str = "<program>";

/// Where a path leads in the executable.
pub(crate) struct Place<'p> {
    pub(crate) tree: &'static Tree<'static>,
    /// The path in the tree.
    pub(crate) rest: &'p str,
}

/// Where a path leads in the executable; `None` for one that leads elsewhere. The library comes
/// first: its folder seems to be in that of the program.
/// Paths are UTF-8 with surrogates.
pub(crate) fn place<'p>(vm: &Vm, path: &'p [u8]) -> Option<Place<'p>> {
    let below = |root: &Vec<u8>| -> Option<&'p str> {
        let rest = path.strip_prefix(root.as_slice())?;
        // No name in the executable has surrogates.
        std::str::from_utf8(if rest.is_empty() { rest } else { rest.strip_prefix(b"/")? }).ok()
    };
    if let Some(rest) = state(vm).library.get().and_then(below) {
        return Some(Place { tree: kaa_library::tree(), rest });
    }
    let image = kaa_library::program()?;
    let rest = state(vm).executable.get().and_then(below)?;
    Some(Place { tree: &image.own, rest })
}

/// Whether `kaa build` made the executable.
pub(crate) fn is_program() -> bool {
    kaa_library::program().is_some()
}

/// Whether tracebacks are to name no files.
pub(crate) fn are_names_hidden() -> bool {
    let settings = kaa_library::program().and_then(|image| image.program.as_ref());
    settings.is_some_and(|(_, settings)| !settings.traceback_names)
}

/// A file by its path.
pub(crate) fn file(vm: &Vm, path: &[u8]) -> Option<EmbeddedFile<'static>> {
    let place = place(vm, path)?;
    place.tree.file(place.rest)
}

/// What the folder of a path holds, and what of it are folders themselves.
pub(crate) fn list(vm: &Vm, path: &[u8]) -> Option<Vec<(&'static str, bool)>> {
    let place = place(vm, path)?;
    place.tree.list(place.rest.trim_end_matches('/'))
}

/// The text of a source by its path.
pub(crate) fn source(vm: &Vm, path: &[u8]) -> Option<String> {
    let data = whole(file(vm, path)?.read());
    // Sources of the library are UTF-8, which was checked when Kaa was built.
    String::from_utf8(data.into_owned()).ok()
}

/// The packed code of a module.
pub(crate) fn code(module: &EmbeddedModule<'static>) -> &'static [u8] {
    whole(kaa_library::code(module))
}

/// What was read of an executable, unless it is damaged: no Python code may then go on.
pub(crate) fn whole<T>(read: Result<T, ImageError>) -> T {
    read.unwrap_or_else(|error| {
        let program = kaa_library::program().and_then(|image| image.program.as_ref());
        eprintln!("{}: {error}", program.map_or("kaa", |(_, settings)| settings.name.as_str()));
        exit(DAMAGED)
    })
}
