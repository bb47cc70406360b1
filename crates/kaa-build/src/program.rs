//! What runs: a script, a package, a folder or zip file with `__main__.py`, a module, a function.

use std::fs;
use std::path::{Path, PathBuf};

use kaa_compile::os_error;
use kaa_image::Start;

use crate::Failure;
use crate::find::{Found, Kind, Origin, Root, Zip};
use crate::options::{EntryPoint, Options, is_identifier};

/// A program that was found.
pub struct Program {
    /// By which it is called when nothing else is said.
    pub name: String,
    pub start: Start,
    /// Where its own modules are.
    pub root: Root,
    /// The module `__main__`, where that is a file of its own.
    pub script: Option<Found>,
    /// The module that runs as `__main__`.
    pub main: Option<String>,
    /// The modules that must be there.
    pub modules: Vec<String>,
}

/// Finds the program that options name.
pub fn find(options: &Options) -> Result<Program, Failure> {
    match (&options.program, &options.entry_point) {
        (program, Some(point)) => entry_point(program.as_deref(), point),
        (Some(path), None) => {
            let path = path.as_path();
            let meta = fs::metadata(path).map_err(|error| Failure::Os(os_error(&error, path)))?;
            match meta.is_dir() {
                true => folder(path),
                false => file(path),
            }
        }
        (None, None) => Err(Failure::Usage(
            "nothing to build: name a script, a folder or zip file with __main__.py, or --entry-point".to_owned(),
        )),
    }
}

/// A folder as it is written, for names and roots.
fn or_current(path: Option<&Path>) -> PathBuf {
    match path {
        Some(path) if !path.as_os_str().is_empty() => path.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn entry_point(program: Option<&Path>, point: &EntryPoint) -> Result<Program, Failure> {
    let EntryPoint { module, function } = point;
    let top = module.split('.').next().unwrap_or_default().to_owned();
    let root = match program {
        Some(path) if path.is_file() => match read_zip(path)? {
            Some(zip) => Root::zip(path, zip, Origin::Program),
            None => Root::folder(or_current(path.parent()), Origin::Program),
        },
        Some(path) => Root::folder(path, Origin::Program),
        None => Root::folder(source_folder(&top), Origin::Program),
    };
    let (start, main) = match function {
        Some(function) => (Start::EntryPoint { module: module.clone(), function: function.clone() }, None),
        None => (Start::Module(module.clone()), Some(module.clone())),
    };
    Ok(Program { name: top, start, root, script: None, main, modules: vec![module.clone()] })
}

/// The folder of a package that only its name is known of: this one, or `src` in it.
fn source_folder(top: &str) -> PathBuf {
    let has = |folder: &str| {
        let folder = Path::new(folder);
        folder.join(top).is_dir() || folder.join(format!("{top}.py")).is_file()
    };
    PathBuf::from(if !has(".") && has("src") { "src" } else { "." })
}

const MAIN: &str = "__main__";
const MAIN_FILE: &str = "__main__.py";

fn folder(path: &Path) -> Result<Program, Failure> {
    let full = fs::canonicalize(path).map_err(|error| Failure::Os(os_error(&error, path)))?;
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !full.join(MAIN_FILE).is_file() {
        let shown = path.display();
        return Err(Failure::Usage(format!(
            "{shown} has no __main__.py; --entry-point names what runs instead, as package.module:function"
        )));
    }
    if full.join("__init__.py").is_file() {
        if !is_identifier(&name) {
            let message = format!("the package {} cannot be imported: {name:?} is no name", path.display());
            return Err(Failure::Usage(message));
        }
        let root = Root::folder(full.parent().unwrap_or(Path::new("/")), Origin::Program);
        let main = format!("{name}.{MAIN}");
        let modules = vec![name.clone(), main.clone()];
        let start = Start::Module(name.clone());
        return Ok(Program { name, start, root, script: None, main: Some(main), modules });
    }
    let root = Root::folder(path, Origin::Program);
    Ok(script(name, root, MAIN_FILE, Kind::Source))
}

fn file(path: &Path) -> Result<Program, Failure> {
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some(zip) = read_zip(path)? {
        let root = Root::zip(path, zip, Origin::Program);
        if !root.is_file(MAIN_FILE) {
            return Err(Failure::Usage(format!("{} has no __main__.py", path.display())));
        }
        return Ok(script(name, root, MAIN_FILE, Kind::Source));
    }
    let root = Root::folder(or_current(path.parent()), Origin::Program);
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let kind = if file.ends_with(".pyc") { Kind::Bytecode } else { Kind::Source };
    Ok(script(name, root, &file, kind))
}

fn script(name: String, root: Root, file: &str, kind: Kind) -> Program {
    let found = Found { kind, origin: Origin::Program, root: 0, path: file.to_owned(), places: Vec::new() };
    let start = Start::Module(MAIN.to_owned());
    Program { name, start, root, script: Some(found), main: Some(MAIN.to_owned()), modules: Vec::new() }
}

/// A zip file, if a file is one. Sources and bytecode are not looked at.
pub fn read_zip(path: &Path) -> Result<Option<Zip>, Failure> {
    if path.extension().is_some_and(|extension| extension == "py" || extension == "pyc") {
        return Ok(None);
    }
    let bytes = fs::read(path).map_err(|error| Failure::Os(os_error(&error, path)))?;
    match Zip::new(bytes) {
        Ok(zip) => Ok(Some(zip)),
        Err(crate::find::ZipError::NotZip) => Ok(None),
        Err(error) => Err(Failure::Usage(format!("{}: {error}", path.display()))),
    }
}
