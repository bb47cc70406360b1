//! Python's standard library, compiled when Kaa is built and read in place.
//!
//! The file is part of the program's read-only data: nothing of it is touched before a module is
//! asked for, and then only that module's pages.
//!
//! ```text
//! u32  number of modules
//! u32  length of the names
//! for each module, ordered by name:
//!     u32  offset and length of the name
//!     u32  offset and length of the marshalled code
//!     u32  1 for a package
//! names, one after the other
//! codes, one after the other
//! ```
#![forbid(unsafe_code)]

static LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));

const HEADER: usize = 8;
const RECORD: usize = 20;

/// A module of the library.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// Its absolute name.
    pub name: &'static str,
    /// The marshalled code of its body.
    pub code: &'static [u8],
    /// Whether it is a package.
    pub is_package: bool,
}

/// The module of an absolute name, if the library has it.
pub fn find(name: &str) -> Option<Module> {
    let (mut low, mut high) = (0, len());
    while low < high {
        let middle = (low + high) / 2;
        let module = at(middle);
        match module.name.cmp(name) {
            std::cmp::Ordering::Equal => return Some(module),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

/// All modules, by name.
pub fn modules() -> impl ExactSizeIterator<Item = Module> {
    (0..len()).map(at)
}

fn len() -> usize {
    number(0)
}

fn number(offset: usize) -> usize {
    let bytes = LIBRARY[offset..offset + 4].try_into().expect("four bytes");
    u32::from_le_bytes(bytes) as usize
}

fn at(index: usize) -> Module {
    let record = HEADER + index * RECORD;
    let names = HEADER + len() * RECORD;
    let codes = names + number(4);
    let part = |base: usize, field: usize| {
        let start = base + number(record + field);
        &LIBRARY[start..start + number(record + field + 4)]
    };
    let name = std::str::from_utf8(part(names, 0)).expect("names are ASCII");
    Module { name, code: part(codes, 8), is_package: number(record + 16) != 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_by_name() {
        let package = find("collections").expect("a package");
        assert!(package.is_package && !package.code.is_empty());
        assert!(!find("json.decoder").expect("a module").is_package);
        assert!(find("importlib._bootstrap").is_some());
        assert!(find("no.such").is_none() && find("").is_none());
    }

    #[test]
    fn modules_are_ordered() {
        assert!(modules().zip(modules().skip(1)).all(|(a, b)| a.name < b.name));
    }
}
