//! What is to be built, and how.

use std::path::PathBuf;

use kaa_compile::Level;

/// A function that starts a program, or a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoint {
    pub module: String,
    /// An attribute of the module or of one of its attributes; without it the module runs as by `-m`.
    pub function: Option<String>,
}

impl EntryPoint {
    /// `pkg.mod:func`, `pkg.mod:Class.method` or `pkg.mod`; extras in brackets are ignored, as in
    /// the entry points of packages.
    pub fn parse(text: &str) -> Result<EntryPoint, String> {
        let plain = text.split('[').next().unwrap_or_default().trim();
        let (module, function) = match plain.split_once(':') {
            Some((module, function)) => (module.trim(), Some(function.trim())),
            None => (plain, None),
        };
        let is_dotted = |name: &str| name.split('.').all(is_identifier);
        if !is_dotted(module) || function.is_some_and(|function| !is_dotted(function)) {
            return Err(format!("{text:?} is no entry point; it has the form package.module:function"));
        }
        Ok(EntryPoint { module: module.to_owned(), function: function.map(str::to_owned) })
    }
}

/// Whether a text can be the name of a module.
pub fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|char| char.is_alphabetic() || char == '_')
        && chars.all(|char| char.is_alphanumeric() || char == '_')
}

/// Data that is to be put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// A file, or a folder of which all files are put in.
    pub source: PathBuf,
    /// The folder below the program's that they go to; empty for the program's folder itself.
    pub destination: String,
}

impl Data {
    /// `SRC:DEST`, where the last colon counts.
    pub fn parse(text: &str) -> Result<Data, String> {
        let form = "it has the form SRC:DEST, a file or folder and the folder in the executable";
        let Some((source, destination)) = text.rsplit_once(':') else {
            return Err(format!("{text:?} says not where the data goes; {form}"));
        };
        let parts: Vec<&str> = destination.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if source.is_empty() || destination.starts_with('/') || parts.contains(&"..") {
            return Err(format!("{text:?} does not lead into the executable; {form}"));
        }
        Ok(Data { source: source.into(), destination: parts.join("/") })
    }
}

/// What is built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// A script, a `.pyc` file, a folder or a zip file with `__main__.py`.
    pub program: Option<PathBuf>,
    pub entry_point: Option<EntryPoint>,
    pub output: Option<PathBuf>,
    /// The name of the output when none is given and the program has no better one.
    pub name: Option<String>,
    /// Folders and zip files in which modules are searched, before the library.
    pub paths: Vec<PathBuf>,
    /// The folders of installed packages, which are searched last.
    pub environment: Vec<PathBuf>,
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    pub collect: Vec<String>,
    pub data: Vec<Data>,
    pub level: Level,
    /// Whether docstrings are kept; when it is not said, those that the program may read.
    pub keep_docstrings: Option<bool>,
    pub traceback_names: bool,
    pub inspectable: bool,
    /// Whether the runtime keeps its symbols and debug information, and what native stacks are walked by.
    pub debug: bool,
    pub report: Option<PathBuf>,
    pub sbom: Option<PathBuf>,
    pub jobs: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_points() {
        let point = |module: &str, function: Option<&str>| {
            Ok(EntryPoint { module: module.to_owned(), function: function.map(str::to_owned) })
        };
        assert_eq!(EntryPoint::parse("a.b:c.d"), point("a.b", Some("c.d")));
        assert_eq!(EntryPoint::parse("a : main [extra]"), point("a", Some("main")));
        assert_eq!(EntryPoint::parse("a.b"), point("a.b", None));
        for wrong in ["", "a:", ":a", "a..b", "a-b:c", "a:b:c", "1a"] {
            assert!(EntryPoint::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn data() {
        let data =
            |source: &str, destination: &str| Ok(Data { source: source.into(), destination: destination.to_owned() });
        assert_eq!(Data::parse("a:b"), data("a", "b"));
        assert_eq!(Data::parse("a:x:./b//c/"), data("a:x", "b/c"));
        assert_eq!(Data::parse("a:."), data("a", ""));
        for wrong in ["a", ":b", "a:/b", "a:b/../c", "a:.."] {
            assert!(Data::parse(wrong).is_err(), "{wrong}");
        }
    }
}
