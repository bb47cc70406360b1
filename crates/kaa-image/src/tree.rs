//! Modules and files below one folder that exists in a container only: that of the program, or
//! that of the library.

use std::borrow::Cow;

use crate::ImageError;
use crate::table::{Entry, Table};

/// In the number of a module's entry.
pub(crate) const IS_PACKAGE: u32 = 1;
pub(crate) const IS_NAMESPACE: u32 = 2;
/// What is stored is the length of the code, four bytes, then a zlib stream.
pub(crate) const IS_COMPRESSED: u32 = 4;

/// The modules and files of one folder.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'i> {
    pub(crate) modules: Table<'i>,
    pub(crate) files: Table<'i>,
}

/// A module in a container.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedModule<'i>(Entry<'i>);

impl<'i> EmbeddedModule<'i> {
    /// Its absolute name.
    pub fn name(&self) -> &'i str {
        self.0.name
    }

    /// The path of its source below the folder, which need not be there.
    pub fn path(&self) -> &'i str {
        self.0.text
    }

    /// Whether it is a package.
    pub fn is_package(&self) -> bool {
        self.0.number & IS_PACKAGE != 0
    }

    /// Whether it is a package without `__init__`, and so without code.
    pub fn is_namespace(&self) -> bool {
        self.0.number & IS_NAMESPACE != 0
    }

    /// The code of its body, packed as `kaa_bytecode::packed` says, when it is what was written.
    pub fn code(&self) -> Result<Cow<'i, [u8]>, ImageError> {
        let damaged = || ImageError::Damaged(format!("module {}", self.0.name));
        if !self.0.is_whole() {
            return Err(damaged());
        }
        match self.compressed() {
            None => Ok(Cow::Borrowed(self.0.data)),
            Some((len, stream)) => inflate(stream, len).map(Cow::Owned).ok_or_else(damaged),
        }
    }

    /// What is stored, which nobody looked at since it was written: the code itself in the library
    /// of the command.
    pub fn stored(&self) -> &'i [u8] {
        self.0.data
    }

    /// The length of the code.
    pub fn len(&self) -> usize {
        self.compressed().map_or(self.0.data.len(), |(len, _)| len)
    }

    /// Whether there is no code.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The length of the code and its zlib stream, when that is what is stored.
    fn compressed(&self) -> Option<(usize, &'i [u8])> {
        let is_compressed = self.0.number & IS_COMPRESSED != 0;
        let (len, stream) = self.0.data.split_first_chunk::<4>().filter(|_| is_compressed)?;
        Some((u32::from_le_bytes(*len) as usize, stream))
    }
}

/// A file in a container.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedFile<'i>(Entry<'i>);

impl<'i> EmbeddedFile<'i> {
    /// Its path below the folder, with `/`.
    pub fn path(&self) -> &'i str {
        self.0.name
    }

    /// The length of what it holds.
    pub fn len(&self) -> usize {
        self.0.number as usize
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The length of what is stored of it: less when it is compressed.
    pub fn stored_len(&self) -> usize {
        self.0.data.len()
    }

    /// What it holds, when that is what was written.
    pub fn read(&self) -> Result<Cow<'i, [u8]>, ImageError> {
        let damaged = || ImageError::Damaged(format!("file {}", self.0.name));
        if !self.0.is_whole() {
            return Err(damaged());
        }
        if self.0.data.len() == self.len() {
            return Ok(Cow::Borrowed(self.0.data));
        }
        inflate(self.0.data, self.len()).map(Cow::Owned).ok_or_else(damaged)
    }
}

/// What a zlib stream holds, when that has this length.
fn inflate(stream: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut out = vec![0; len];
    let (read, code) = zlib_rs::decompress_slice(&mut out, stream, zlib_rs::InflateConfig { window_bits: 15 });
    let is_whole = code == zlib_rs::ReturnCode::Ok && read.len() == len;
    is_whole.then_some(out)
}

impl Tree<'static> {
    /// One that holds nothing.
    pub const EMPTY: Tree<'static> = Tree { modules: Table::EMPTY, files: Table::EMPTY };
}

impl<'i> Tree<'i> {
    /// The module of an absolute name.
    pub fn module(&self, name: &str) -> Option<EmbeddedModule<'i>> {
        self.modules.find(name).map(EmbeddedModule)
    }

    /// All modules, by name.
    pub fn modules(&self) -> impl Iterator<Item = EmbeddedModule<'i>> {
        self.modules.from(0).map(EmbeddedModule)
    }

    /// How many modules there are.
    pub fn module_count(&self) -> usize {
        self.modules.len()
    }

    /// The modules of a package, not those of packages in it; "" for those of no package. By name.
    pub fn modules_in(&self, package: &str) -> impl Iterator<Item = EmbeddedModule<'i>> + use<'i> {
        let prefix = if package.is_empty() { String::new() } else { format!("{package}.") };
        let start = self.modules.lower_bound(&prefix);
        let prefix_len = prefix.len();
        let below = self.modules.from(start).take_while(move |entry| entry.name.starts_with(&prefix));
        below.filter(move |entry| !entry.name[prefix_len..].contains('.')).map(EmbeddedModule)
    }

    /// The file of a path.
    pub fn file(&self, path: &str) -> Option<EmbeddedFile<'i>> {
        self.files.find(path).map(EmbeddedFile)
    }

    /// All files, by path.
    pub fn files(&self) -> impl Iterator<Item = EmbeddedFile<'i>> {
        self.files.from(0).map(EmbeddedFile)
    }

    /// Whether there is a folder of this path: one with files, or a package's. "" is the folder
    /// itself.
    pub fn is_folder(&self, path: &str) -> bool {
        let has = |table: Table<'i>, prefix: &str| table.name(table.lower_bound(prefix)).starts_with(prefix);
        let package = path.replace('/', ".");
        path.is_empty()
            || has(self.files, &format!("{path}/"))
            || has(self.modules, &format!("{package}."))
            || self.module(&package).is_some_and(|module| module.is_package())
    }

    /// What a folder holds, by name, and whether it is a folder itself; `None` when there is no such
    /// folder. Modules are no files, packages are folders.
    pub fn list(&self, folder: &str) -> Option<Vec<(&'i str, bool)>> {
        if !self.is_folder(folder) {
            return None;
        }
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut names: Vec<(&str, bool)> = Vec::new();
        for entry in self.files.from(self.files.lower_bound(&prefix)) {
            let Some(rest) = entry.name.strip_prefix(&prefix) else { break };
            let found = match rest.split_once('/') {
                Some((name, _)) => (name, true),
                None => (rest, false),
            };
            if names.last() != Some(&found) {
                names.push(found);
            }
        }
        let packages = self.modules_in(&folder.replace('/', ".")).filter(EmbeddedModule::is_package);
        names.extend(packages.map(|package| (package.name().rsplit('.').next().unwrap_or_default(), true)));
        names.sort_unstable();
        names.dedup();
        Some(names)
    }
}
