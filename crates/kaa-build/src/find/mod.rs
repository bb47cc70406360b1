//! Where modules are: folders, zip files and the library, searched as Python's importers do.
//!
//! In: the name of a module and the places where its package is. Out: what is there. Nothing is read
//! but the names in folders; who wants the contents asks for them.

mod roots;
mod zip;

use std::path::Path;

use crate::options;

pub use roots::{Origin, Root};
pub use zip::{Zip, ZipError};

/// A folder of a root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The root's index.
    pub root: usize,
    /// The folder below it, with `/`; empty for itself.
    pub folder: String,
}

/// What a module is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Source,
    /// A `.pyc` file without its source.
    Bytecode,
    /// A package without `__init__`.
    Namespace,
    /// A module of the runtime's own code.
    Native,
    /// A shared library that CPython loads.
    Extension,
}

/// A module that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: Kind,
    pub origin: Origin,
    /// The root that it is in, and its path there; of a namespace the first portion.
    pub root: usize,
    pub path: String,
    /// Where the modules of a package are; nothing for others.
    pub places: Vec<Place>,
}

impl Found {
    pub fn is_package(&self) -> bool {
        !self.places.is_empty()
    }
}

/// All that is searched.
pub struct Finder {
    roots: Vec<Root>,
    /// Names of the modules of the runtime's own code, in order.
    native: Vec<String>,
}

impl Finder {
    /// `native` are the modules that the runtime has in itself.
    pub fn new(roots: Vec<Root>, mut native: Vec<String>) -> Finder {
        native.sort();
        Finder { roots, native }
    }

    pub fn root(&self, index: usize) -> &Root {
        &self.roots[index]
    }

    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// A module at the top: `python_first` finds those of the library before all others, as those are
    /// that the runtime imports before the program.
    pub fn top(&self, name: &str, library_first: bool) -> Option<Found> {
        if self.native.binary_search_by(|native| native.as_str().cmp(name)).is_ok() {
            return Some(native());
        }
        let place = |root| Place { root, folder: String::new() };
        let library = || (0..self.roots.len()).filter(|&root| self.roots[root].origin() == Origin::Library);
        if library_first {
            let places: Vec<Place> = library().map(place).collect();
            if let Some(found) = self.below(&places, name) {
                return Some(found);
            }
        }
        let places: Vec<Place> = (0..self.roots.len()).map(place).collect();
        self.below(&places, name)
    }

    /// The module of a last name in the places of its package.
    pub fn below(&self, places: &[Place], name: &str) -> Option<Found> {
        let mut portions = Vec::new();
        for place in places {
            let root = &self.roots[place.root];
            if !root.has(&place.folder) {
                continue;
            }
            let path = joined(&place.folder, name);
            let is_folder = root.is_folder(&path);
            let package = is_folder.then(|| self.in_folder(place.root, &path, "__init__")).flatten();
            if let Some((kind, file)) = package {
                let places = vec![Place { root: place.root, folder: path.clone() }];
                let path = joined(&path, &file);
                return Some(Found { kind, origin: root.origin(), root: place.root, path, places });
            }
            if let Some((kind, file)) = self.in_folder(place.root, &place.folder, name) {
                let path = joined(&place.folder, &file);
                return Some(Found { kind, origin: root.origin(), root: place.root, path, places: Vec::new() });
            }
            // In the library such folders hold data.
            if is_folder && root.origin() != Origin::Library {
                portions.push(Place { root: place.root, folder: path });
            }
        }
        let first = portions.first()?.clone();
        let origin = self.roots[first.root].origin();
        Some(Found { kind: Kind::Namespace, origin, root: first.root, path: first.folder, places: portions })
    }

    /// The file of a module in a folder. Other than by CPython a source is taken before a shared library,
    /// which cannot be loaded: packages that compile some of their modules often bring both.
    fn in_folder(&self, root: usize, folder: &str, name: &str) -> Option<(Kind, String)> {
        let root = &self.roots[root];
        for (suffix, kind) in [(".py", Kind::Source), (".pyc", Kind::Bytecode)] {
            let file = format!("{name}{suffix}");
            if root.is_file(&joined(folder, &file)) {
                return Some((kind, file));
            }
        }
        let names = root.list(folder);
        let extension = names.iter().find(|(file, is_folder)| !**is_folder && is_extension(file, name))?;
        Some((Kind::Extension, extension.0.clone()))
    }

    /// All folders of a relative path, in the order of the roots: `pkgutil.extend_path`.
    pub fn everywhere(&self, folder: &str) -> Vec<Place> {
        let has = |&root: &usize| self.roots[root].is_folder(folder);
        (0..self.roots.len()).filter(has).map(|root| Place { root, folder: folder.to_owned() }).collect()
    }

    /// The names of the modules directly in places, packages among them.
    pub fn modules(&self, places: &[Place]) -> Vec<String> {
        let mut names = Vec::new();
        for place in places {
            for (file, &is_folder) in self.roots[place.root].list(&place.folder).iter() {
                let name = match is_folder {
                    true if file != "__pycache__" => file.as_str(),
                    true => continue,
                    false => match file.strip_suffix(".py").or_else(|| file.strip_suffix(".pyc")) {
                        Some(name) => name,
                        None => continue,
                    },
                };
                // A statement imports identifiers only, a call also others.
                let is_name = !name.contains('.') && !name.is_empty() && (!is_folder || options::is_identifier(name));
                if is_name && name != "__init__" && !names.contains(&name.to_owned()) {
                    names.push(name.to_owned());
                }
            }
        }
        names.sort();
        names
    }
}

fn native() -> Found {
    Found { kind: Kind::Native, origin: Origin::Native, root: 0, path: String::new(), places: Vec::new() }
}

/// `name.so`, `name.abi3.so`, `name.cpython-314-x86_64-linux-gnu.so`
fn is_extension(file: &str, name: &str) -> bool {
    let Some(rest) = file.strip_prefix(name) else { return false };
    let Some(tags) = rest.strip_suffix(".so").or_else(|| rest.strip_suffix(".pyd")) else { return false };
    tags.is_empty() || tags.starts_with('.') && !tags[1..].contains('.')
}

pub fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A path with `/`, as it stands in an executable.
pub fn with_slashes(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests;
