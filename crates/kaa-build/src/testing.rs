//! What several tests need.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use kaa_bytecode::CodeObject;
use kaa_compile::{Level, NoPython, Request, Warnings, compile_source};

/// The code of a source.
pub fn compiled(source: &str) -> CodeObject {
    let request = Request {
        filename: &b"test.py"[..].into(),
        levels: &[Level::default()],
        docstrings: kaa_compiler::Docstrings::ByLevel,
        warnings: Warnings::Ignore,
        max_int_digits: 0,
    };
    let mut codes = compile_source(source.as_bytes(), &NoPython, &request).result.expect("it compiles");
    codes.remove(0)
}

/// A folder that goes away with the test.
pub struct Folder(PathBuf);

impl Folder {
    /// One with files of these paths and texts.
    pub fn with(files: &[(&str, &str)]) -> Folder {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("kaa-build-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a new folder");
        let folder = Folder(path);
        files.iter().for_each(|(name, text)| folder.write(name, text));
        folder
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, contents).expect("a file");
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
