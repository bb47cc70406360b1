//! Python's standard library, compiled when Kaa is built and read in place.
//!
//! It is a container, as `kaa-image` describes it, in the program's read-only data: nothing of it
//! is touched before a module or a file is asked for, and then only its pages. An executable that
//! `kaa build` made has another container in its place ([`mount`]), with the program's own modules
//! and what it needs of the library.
#![forbid(unsafe_code)]

pub mod files;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use kaa_image::{EmbeddedModule, Image, ImageError, Kaa, Tree};

static LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));

/// Which Kaa this is.
pub const KAA: Kaa = Kaa(*include_bytes!(concat!(env!("OUT_DIR"), "/kaa.bin")));

/// The names of the library's modules that are in no package, a line each; whatever is mounted.
pub const NAMES: &str = include_str!(concat!(env!("OUT_DIR"), "/names.txt"));

/// What is read.
static IMAGE: OnceLock<Mounted> = OnceLock::new();

struct Mounted {
    image: Image<'static>,
    /// Whether it is that of a built executable: data are checked when they are read.
    is_program: bool,
}

fn current() -> &'static Mounted {
    IMAGE.get_or_init(|| {
        let image = Image::parse_own(LIBRARY).expect("the linker copies what was written");
        Mounted { image, is_program: false }
    })
}

/// The container of the library in the command, which copies of the command do not have.
pub fn embedded() -> &'static [u8] {
    LIBRARY
}

/// Makes the container of a built executable the one that is read; before anything is read.
pub fn mount(image: Image<'static>) {
    let is_first = IMAGE.set(Mounted { image, is_program: true }).is_ok();
    assert!(is_first, "nothing was read yet");
}

/// The container of the executable, when `kaa build` made it.
pub fn program() -> Option<&'static Image<'static>> {
    let current = current();
    current.is_program.then_some(&current.image)
}

/// All of the library.
pub fn tree() -> &'static Tree<'static> {
    &current().image.library
}

/// A module of the library.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// Its absolute name.
    pub name: &'static str,
    /// Whether it is a package.
    pub is_package: bool,
    entry: EmbeddedModule<'static>,
}

impl Module {
    /// The code of its body, packed as `kaa_bytecode::packed` says. Its file name is
    /// `<frozen NAME>` until another is given. The error is that of an executable that is damaged.
    pub fn code(&self) -> Result<&'static [u8], ImageError> {
        code(&self.entry)
    }

    /// The path of its source in [`files`].
    pub fn path(&self) -> &'static str {
        self.entry.path()
    }
}

/// The packed code of a module, of the library or of the program. That of the command's own library
/// was never out of its hands: it is read as it is.
pub fn code(module: &EmbeddedModule<'static>) -> Result<&'static [u8], ImageError> {
    /// What was stored compressed, by its place: it is unpacked once, however many isolates run it.
    static UNPACKED: Mutex<BTreeMap<usize, &'static [u8]>> = Mutex::new(BTreeMap::new());

    if !current().is_program {
        return Ok(module.stored());
    }
    let place = module.stored().as_ptr() as usize;
    let mut unpacked = UNPACKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(code) = unpacked.get(&place) {
        return Ok(code);
    }
    Ok(match module.code()? {
        Cow::Borrowed(code) => code,
        Cow::Owned(code) => {
            let code = code.leak();
            unpacked.insert(place, code);
            code
        }
    })
}

/// The module of an absolute name, if the library has it.
pub fn find(name: &str) -> Option<Module> {
    tree().module(name).map(module)
}

/// All modules, by name.
pub fn modules() -> impl Iterator<Item = Module> {
    tree().modules().map(module)
}

fn module(entry: EmbeddedModule<'static>) -> Module {
    Module { name: entry.name(), is_package: entry.is_package(), entry }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_by_name() {
        let package = find("collections").expect("a package");
        assert!(package.is_package && !package.code().unwrap().is_empty());
        assert_eq!(package.path(), "collections/__init__.py");
        assert!(!find("json.decoder").expect("a module").is_package);
        assert!(find("importlib._bootstrap").is_some());
        assert!(find("no.such").is_none() && find("").is_none());
    }

    #[test]
    fn modules_are_ordered() {
        assert!(modules().zip(modules().skip(1)).all(|(a, b)| a.name < b.name));
    }

    #[test]
    fn the_container_is_whole() {
        let image = Image::parse(embedded(), Some(KAA)).expect("its index is whole");
        assert_eq!(image.check(), Ok(()));
        assert!(image.program.is_none() && program().is_none());
        assert_eq!(KAA.version(), env!("CARGO_PKG_VERSION"));
        assert!(NAMES.lines().any(|name| name == "argparse") && !NAMES.contains('.'));
    }
}
