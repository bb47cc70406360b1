//! Where installed packages are.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders of packages in a virtual environment, and those that `.pth` files there add; an error
/// when it is none of Python 3.14.
pub fn of_virtual_environment(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let packages = folder.join("lib/python3.14/site-packages");
    if packages.is_dir() {
        return Ok(with_pth_files(packages));
    }
    let shown = folder.display();
    let mut versions: Vec<String> = fs::read_dir(folder.join("lib"))
        .map(|entries| entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
        .unwrap_or_default();
    versions.retain(|name| name.starts_with("python"));
    versions.sort();
    Err(match versions.first() {
        Some(version) => {
            let packages = folder.join("lib").join(version).join("site-packages");
            format!(
                "the virtual environment {shown} is of {version}; its packages are left aside. When they suit \
                 Python 3.14 as well, --path {} takes them",
                packages.display()
            )
        }
        None => format!("{shown}, which VIRTUAL_ENV names, is no virtual environment"),
    })
}

/// A folder and those that its `.pth` files name. Lines that run code are not for here.
fn with_pth_files(folder: PathBuf) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "pth"));
    files.sort();
    let mut out = vec![folder.clone()];
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for line in text.lines().map(str::trim_end) {
            let runs = line.starts_with("import ") || line.starts_with("import\t");
            if line.trim().is_empty() || line.starts_with('#') || runs {
                continue;
            }
            let path = folder.join(line);
            if path.exists() && !out.contains(&path) {
                out.push(path);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn environments() {
        let folder = Folder::with(&[
            ("lib/python3.14/site-packages/x.py", ""),
            ("lib/python3.14/site-packages/a.pth", "# no\nimport os\n../../../src\n\nnowhere\n"),
            ("src/y.py", ""),
            ("old/lib/python3.11/site-packages/x.py", ""),
        ]);
        let packages = folder.path().join("lib/python3.14/site-packages");
        assert_eq!(of_virtual_environment(folder.path()), Ok(vec![packages.clone(), packages.join("../../../src")]));
        let error = of_virtual_environment(&folder.path().join("old")).unwrap_err();
        assert!(error.contains("is of python3.11"), "{error}");
        assert!(of_virtual_environment(&folder.path().join("src")).is_err());
    }
}
