//! A folder, a zip file or the library, seen as a tree of names.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use kaa_library::files;

use super::zip::Zip;

/// Whose modules are in a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The program's own: its folder, or its zip file.
    Program,
    /// Of a folder that was named with `--path`, or of an environment.
    Installed,
    Library,
    /// Of the runtime itself.
    Native,
}

impl Origin {
    /// In reports.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Program => "program",
            Origin::Installed => "installed",
            Origin::Library => "library",
            Origin::Native => "native",
        }
    }
}

/// Names in a folder, in order, and whether each is a folder.
pub type Listing = BTreeMap<String, bool>;

/// One of the trees in which modules are searched.
pub struct Root {
    origin: Origin,
    store: Store,
    listings: RefCell<HashMap<String, Rc<Listing>>>,
}

enum Store {
    Folder(PathBuf),
    Zip(PathBuf, Zip),
    Library,
}

impl Root {
    pub fn folder(path: impl Into<PathBuf>, origin: Origin) -> Root {
        Root::of(Store::Folder(path.into()), origin)
    }

    pub fn zip(path: impl Into<PathBuf>, zip: Zip, origin: Origin) -> Root {
        Root::of(Store::Zip(path.into(), zip), origin)
    }

    pub fn library() -> Root {
        Root::of(Store::Library, Origin::Library)
    }

    fn of(store: Store, origin: Origin) -> Root {
        Root { origin, store, listings: RefCell::new(HashMap::new()) }
    }

    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Where it is, as messages say it.
    pub fn location(&self) -> String {
        match &self.store {
            Store::Folder(path) | Store::Zip(path, _) => path.display().to_string(),
            Store::Library => "the library".to_owned(),
        }
    }

    /// Where it is on the disk.
    pub fn path(&self) -> Option<&Path> {
        match &self.store {
            Store::Folder(path) => Some(path),
            Store::Zip(..) | Store::Library => None,
        }
    }

    /// What a folder holds; nothing when it is none.
    pub fn list(&self, folder: &str) -> Rc<Listing> {
        if let Some(listing) = self.listings.borrow().get(folder) {
            return listing.clone();
        }
        let listing = Rc::new(match &self.store {
            Store::Folder(path) => on_disk(&path.join(folder)),
            Store::Zip(_, zip) => zip.list(folder),
            Store::Library => {
                let names = files::list(folder).unwrap_or_default();
                names.into_iter().map(|(name, is_folder)| (name.to_owned(), is_folder)).collect()
            }
        });
        self.listings.borrow_mut().insert(folder.to_owned(), listing.clone());
        listing
    }

    /// Whether there is anything in a folder.
    pub fn has(&self, folder: &str) -> bool {
        !self.list(folder).is_empty()
    }

    pub fn is_folder(&self, path: &str) -> bool {
        self.kind(path) == Some(true)
    }

    pub fn is_file(&self, path: &str) -> bool {
        self.kind(path) == Some(false)
    }

    fn kind(&self, path: &str) -> Option<bool> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.list(folder).get(name).copied()
    }

    /// What a file holds.
    pub fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match &self.store {
            Store::Folder(folder) => fs::read(folder.join(path)),
            Store::Zip(_, zip) => zip.read(path),
            Store::Library => {
                let file = files::find(path).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
                Ok(file.read())
            }
        }
    }

    /// A file as messages name it.
    pub fn full(&self, path: &str) -> String {
        match &self.store {
            Store::Folder(folder) if folder.as_os_str() == "." => path.to_owned(),
            Store::Folder(folder) | Store::Zip(folder, _) => folder.join(path).display().to_string(),
            Store::Library => format!("<library>/{path}"),
        }
    }

    /// All files below a folder, in order; links to folders are followed once.
    pub fn files_below(&self, folder: &str) -> Vec<String> {
        let mut out = Vec::new();
        self.add_files(folder, 0, &mut out);
        out
    }

    fn add_files(&self, folder: &str, depth: usize, out: &mut Vec<String>) {
        /// Deeper than any package; links that go round end here.
        const DEEPEST: usize = 40;
        for (name, &is_folder) in self.list(folder).iter() {
            let path = super::joined(folder, name);
            match is_folder {
                true if depth < DEEPEST && name != "__pycache__" => self.add_files(&path, depth + 1, out),
                true => {}
                false => out.push(path),
            }
        }
    }
}

/// Names that are not UTF-8 belong to no module; what cannot be read is as if it were not there, as
/// importing sees it.
fn on_disk(folder: &Path) -> Listing {
    let Ok(entries) = fs::read_dir(folder) else { return Listing::new() };
    let mut out = Listing::new();
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_folder = match entry.file_type() {
            Ok(kind) if kind.is_symlink() => fs::metadata(entry.path()).map(|meta| meta.is_dir()).ok(),
            Ok(kind) => Some(kind.is_dir()),
            Err(_) => None,
        };
        if let Some(is_folder) = is_folder {
            out.insert(name, is_folder);
        }
    }
    out
}
