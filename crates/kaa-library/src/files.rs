//! The files of the library: the sources of its modules and the data they read, each compressed
//! for itself, so that nothing is inflated but what is asked for.
//!
//! The build checks that sources are UTF-8 and that their lines end with `\n` alone.

use kaa_image::EmbeddedFile;

/// A file of the library.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its path below the library's folder, with `/`.
    pub path: &'static str,
    entry: EmbeddedFile<'static>,
}

impl File {
    /// What the file holds.
    pub fn read(&self) -> Vec<u8> {
        let data = self.entry.read().unwrap_or_else(|error| panic!("{}: {error}", self.path));
        data.into_owned()
    }
}

/// The file of a path.
pub fn find(path: &str) -> Option<File> {
    crate::tree().file(path).map(|entry| File { path: entry.path(), entry })
}

/// What a folder holds: names, and whether they are folders themselves; `None` when there is no
/// such folder. The folder of the library is "".
pub fn list(folder: &str) -> Option<Vec<(&'static str, bool)>> {
    crate::tree().list(folder)
}

/// Whether there is a folder of this path.
pub fn is_folder(path: &str) -> bool {
    crate::tree().is_folder(path)
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
            assert!(find(module.path()).is_some(), "{}", module.name);
        }
    }

    #[test]
    fn folders_are_listed() {
        let names = list("json").expect("a folder");
        assert!(names.contains(&("decoder.py", false)) && names.contains(&("__init__.py", false)));
        assert!(list("").expect("a folder").contains(&("json", true)));
        assert!(is_folder("json") && is_folder("") && !is_folder("js"));
        assert!(list("js").is_none() && list("json.py").is_none());
    }
}
