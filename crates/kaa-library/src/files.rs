//! The files of the library: the sources of its modules and the data they read, each compressed
//! for itself, so that nothing is inflated but what is asked for.
//!
//! ```text
//! u32  number of files
//! u32  length of the paths
//! for each file, ordered by path:
//!     u32  offset and length of the path
//!     u32  offset and length of the compressed text
//!     u32  length of the text
//! paths, one after the other, such as `json/decoder.py`
//! texts, one after the other, each a zlib stream
//! ```
//!
//! The build checks that sources are UTF-8 and that their lines end with `\n` alone.

use crate::table::Table;

static FILES: Table = Table::new(include_bytes!(concat!(env!("OUT_DIR"), "/files.bin")));

/// A file of the library.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its path below the library's folder, with `/`.
    pub path: &'static str,
    compressed: &'static [u8],
    /// The length of what it holds.
    pub len: usize,
}

impl File {
    /// What the file holds.
    pub fn read(&self) -> Vec<u8> {
        let mut text = vec![0; self.len];
        let (read, code) =
            zlib_rs::decompress_slice(&mut text, self.compressed, zlib_rs::InflateConfig { window_bits: 15 });
        assert!(code == zlib_rs::ReturnCode::Ok && read.len() == self.len, "{} is damaged: {code:?}", self.path);
        text
    }
}

/// The file of a path.
pub fn find(path: &str) -> Option<File> {
    FILES.find(path).map(at)
}

/// What a folder holds: names, and whether they are folders themselves; `None` when there is no
/// such folder. The folder of the library is "".
pub fn list(folder: &str) -> Option<Vec<(&'static str, bool)>> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let mut names: Vec<(&str, bool)> = Vec::new();
    for index in FILES.lower_bound(&prefix)..FILES.len() {
        let Some(rest) = FILES.name(index).strip_prefix(&prefix) else { break };
        let entry = match rest.split_once('/') {
            Some((name, _)) => (name, true),
            None => (rest, false),
        };
        if names.last() != Some(&entry) {
            names.push(entry);
        }
    }
    (!names.is_empty()).then_some(names)
}

/// Whether there is a folder of this path.
pub fn is_folder(path: &str) -> bool {
    let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
    let index = FILES.lower_bound(&prefix);
    index < FILES.len() && FILES.name(index).starts_with(&prefix)
}

fn at(index: usize) -> File {
    let (compressed, len) = FILES.data(index);
    File { path: FILES.name(index), compressed, len }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_found_by_path() {
        let source = String::from_utf8(find("json/decoder.py").expect("a source").read()).unwrap();
        assert!(source.contains("class JSONDecoder"));
        assert!(find("json").is_none() && find("json/").is_none() && find("").is_none());
        assert!(find("pydoc_data/_pydoc.css").is_some());
    }

    #[test]
    fn all_modules_have_sources() {
        for module in crate::modules() {
            assert!(find(&module.path()).is_some(), "{}", module.name);
        }
    }

    #[test]
    fn folders_are_listed() {
        let names = list("json").expect("a folder");
        assert!(names.contains(&("decoder.py", false)) && names.contains(&("__init__.py", false)));
        assert!(list("").expect("a folder").contains(&("json", true)));
        assert!(is_folder("json") && is_folder("") && !is_folder("js") && !is_folder("json.py"));
        assert!(list("js").is_none() && list("json.py").is_none());
    }
}
