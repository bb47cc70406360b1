//! The sources that benchmarks of the compiler's stages take.

use std::io;
use std::path::{Path, PathBuf};

/// Hands the Python files below a path that are UTF-8 to `take`, in the order of names.
pub fn collect(path: &Path, take: &mut impl FnMut(&Path, String)) -> io::Result<()> {
    if !path.is_dir() {
        if let Ok(text) = std::fs::read_to_string(path) {
            take(path, text);
        }
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "py") {
            collect(&entry, take)?;
        }
    }
    Ok(())
}
