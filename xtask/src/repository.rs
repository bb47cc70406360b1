//! The repository as files: what is tracked, and which crates there are.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arguments::Failure;

/// The root folder of the repository.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Files that git knows, or would add, relative to the root.
pub fn files() -> Result<Vec<PathBuf>, Failure> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .map_err(|error| format!("git: {error}"))?;
    if !output.status.success() {
        return Err(format!("git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim_end()));
    }
    let mut files: Vec<PathBuf> = String::from_utf8_lossy(&output.stdout)
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .filter(|path| root().join(path).is_file())
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// A package of the workspace.
pub struct Package {
    pub name: String,
    /// Relative to the root.
    pub folder: PathBuf,
    /// Packages of the workspace that it is built with, tests aside.
    pub dependencies: Vec<String>,
}

/// The packages of the workspace, by folder.
pub fn packages(files: &[PathBuf]) -> Result<Vec<Package>, Failure> {
    let mut packages = Vec::new();
    for path in files {
        let folder = path.parent().unwrap_or(Path::new(""));
        let is_member = folder == Path::new("xtask") || folder.parent() == Some(Path::new("crates"));
        if path.file_name().is_none_or(|name| name != "Cargo.toml") || !is_member {
            continue;
        }
        let text = read(path)?;
        let mut package = Package { name: String::new(), folder: folder.to_path_buf(), dependencies: Vec::new() };
        let mut section = "";
        for line in text.lines().map(str::trim) {
            if let Some(header) = line.strip_prefix('[') {
                section = header.trim_end_matches(']');
                // [dependencies.kaa-x] is a dependency as well.
                if let Some(name) = section.strip_prefix("dependencies.") {
                    package.dependencies.push(name.to_owned());
                }
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let key = key.trim().trim_end_matches(".workspace");
            match section {
                "package" if key == "name" => package.name = value.trim().trim_matches('"').to_owned(),
                "dependencies" if key.starts_with("kaa") => package.dependencies.push(key.to_owned()),
                _ if section.starts_with("target.") && section.ends_with(".dependencies") && key.starts_with("kaa") => {
                    package.dependencies.push(key.to_owned());
                }
                _ => {}
            }
        }
        packages.push(package);
    }
    Ok(packages)
}

/// The text of a file of the repository.
pub fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(root().join(path)).map_err(|error| format!("{}: {error}", path.display()))
}
