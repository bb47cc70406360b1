//! Python's standard library, compiled when Kaa is built and read in place.
//!
//! Both tables, of compiled modules and of [`files`], are part of the program's read-only data:
//! nothing of them is touched before a module or a file is asked for, and then only its pages.
//!
//! ```text
//! u32  number of modules
//! u32  length of the names
//! for each module, ordered by name:
//!     u32  offset and length of the name
//!     u32  offset and length of the code, packed as `kaa_bytecode::packed` says
//!     u32  1 for a package
//! names, one after the other
//! codes, one after the other
//! ```
#![forbid(unsafe_code)]

pub mod files;
mod table;

use table::Table;

static MODULES: Table = Table::new(include_bytes!(concat!(env!("OUT_DIR"), "/modules.bin")));

/// A module of the library.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// Its absolute name.
    pub name: &'static str,
    /// The code of its body, packed as `kaa_bytecode::packed` says.
    /// Its file name is `<frozen NAME>` until another is given.
    pub code: &'static [u8],
    /// Whether it is a package.
    pub is_package: bool,
}

impl Module {
    /// The path of its source in [`files`].
    pub fn path(&self) -> String {
        let suffix = if self.is_package { "/__init__.py" } else { ".py" };
        self.name.replace('.', "/") + suffix
    }
}

/// The module of an absolute name, if the library has it.
pub fn find(name: &str) -> Option<Module> {
    MODULES.find(name).map(at)
}

/// All modules, by name.
pub fn modules() -> impl ExactSizeIterator<Item = Module> {
    (0..MODULES.len()).map(at)
}

fn at(index: usize) -> Module {
    let (code, is_package) = MODULES.data(index);
    Module { name: MODULES.name(index), code, is_package: is_package != 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_by_name() {
        let package = find("collections").expect("a package");
        assert!(package.is_package && !package.code.is_empty());
        assert_eq!(package.path(), "collections/__init__.py");
        assert!(!find("json.decoder").expect("a module").is_package);
        assert!(find("importlib._bootstrap").is_some());
        assert!(find("no.such").is_none() && find("").is_none());
    }

    #[test]
    fn modules_are_ordered() {
        assert!(modules().zip(modules().skip(1)).all(|(a, b)| a.name < b.name));
    }
}
