//! The files that go in beside the modules: data of packages, records of distributions, and what
//! options name.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use kaa_compile::os_error;

use crate::Failure;
use crate::distributions::Distributions;
use crate::find::{Finder, Kind, Origin, Root, joined, with_slashes};
use crate::graph::Graph;
use crate::options::{Data, Options};

/// A file that goes in.
#[derive(Debug)]
pub struct DataFile {
    /// Below the program's folder, or the library's.
    pub path: String,
    pub data: Vec<u8>,
    pub why: String,
    pub from_library: bool,
}

/// Files by their place: whether they belong to the library, and their path.
type Files = BTreeMap<(bool, String), DataFile>;

/// Packages of the library whose data is read.
const LIBRARY_DATA: &[&str] = &["pydoc_data", "venv"];

/// All files for a graph.
pub fn collect(
    finder: &Finder,
    graph: &Graph,
    distributions: &Distributions,
    options: &Options,
) -> Result<Vec<DataFile>, Failure> {
    let mut files = Files::new();
    for (name, node) in &graph.modules {
        let found = &node.found;
        let collected = options.collect.iter().any(|package| is_below(name, package));
        let wanted = match found.origin {
            Origin::Native => false,
            Origin::Library => LIBRARY_DATA.contains(&name.as_str()),
            // Folders without __init__ may hold anything.
            Origin::Program | Origin::Installed => found.kind != Kind::Namespace || collected,
        };
        if !wanted || !found.is_package() {
            continue;
        }
        for place in &found.places {
            let root = finder.root(place.root);
            let mut paths = Vec::new();
            of_package(root, &place.folder, &mut paths);
            for path in paths {
                add(&mut files, root, &path, format!("data of the package {name}"))?;
            }
        }
    }
    for distribution in distributions.needed(graph) {
        let root = finder.root(distribution.root);
        for path in distribution.records(finder) {
            add(&mut files, root, &path, format!("records of {} {}", distribution.name, distribution.version))?;
        }
    }
    for data in &options.data {
        named(&mut files, data)?;
    }
    Ok(files.into_values().collect())
}

fn is_below(name: &str, package: &str) -> bool {
    name == package || name.strip_prefix(package).is_some_and(|rest| rest.starts_with('.'))
}

fn add(files: &mut Files, root: &Root, path: &str, why: String) -> Result<(), Failure> {
    let full = root.full(path);
    let data = root.read(path).map_err(|error| Failure::Os(os_error(&error, Path::new(&full))))?;
    let from_library = root.origin() == Origin::Library;
    insert(files, DataFile { path: path.to_owned(), data, why, from_library })
}

/// Two files may be one, but not two at one place.
fn insert(files: &mut Files, file: DataFile) -> Result<(), Failure> {
    let place = (file.from_library, file.path.clone());
    match files.get(&place) {
        Some(other) if other.data != file.data => {
            let (path, one, two) = (&file.path, &other.why, &file.why);
            Err(Failure::Usage(format!("two different files would be {path} in the executable: {one}; {two}")))
        }
        Some(_) => Ok(()),
        None => {
            files.insert(place, file);
            Ok(())
        }
    }
}

/// The data in a package's folder and in folders below that are no packages.
fn of_package(root: &Root, folder: &str, out: &mut Vec<String>) {
    for (name, &is_folder) in root.list(folder).iter() {
        if name.starts_with('.') || name == "__pycache__" {
            continue;
        }
        let path = joined(folder, name);
        match is_folder {
            true if root.is_file(&joined(&path, "__init__.py")) => {}
            true => of_package(root, &path, out),
            false if is_data(name) => out.push(path),
            false => {}
        }
    }
}

/// Neither code nor what only tools read that look at code.
fn is_data(name: &str) -> bool {
    const CODE: &[&str] = &["py", "pyc", "pyo", "pyi", "pyx", "pxd", "so", "pyd"];
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    name != "py.typed" && !extension.is_some_and(|extension| CODE.contains(&extension))
}

/// What `--add-data` names.
fn named(files: &mut Files, data: &Data) -> Result<(), Failure> {
    let source = &data.source;
    let failed = |error: std::io::Error, path: &Path| Failure::Os(os_error(&error, path));
    let meta = fs::metadata(source).map_err(|error| failed(error, source))?;
    let why = format!("--add-data {}", source.display());
    if meta.is_file() {
        let contents = fs::read(source).map_err(|error| failed(error, source))?;
        let name = source.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let path = joined(&data.destination, &name);
        return insert(files, DataFile { path, data: contents, why, from_library: false });
    }
    let root = Root::folder(source, Origin::Program);
    for path in root.files_below("") {
        let full = source.join(&path);
        let contents = fs::read(&full).map_err(|error| failed(error, &full))?;
        let path = joined(&data.destination, &with_slashes(Path::new(&path)));
        insert(files, DataFile { path, data: contents, why: why.clone(), from_library: false })?;
    }
    Ok(())
}
