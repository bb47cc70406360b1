//! The CPython 3.14 that judges.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::arguments::Failure;
use crate::progress::Progress;

/// What commands say of `--python` in their help.
pub const HELP: &str = "\
  --python PATH   the CPython 3.14 to compare with; without it python3.14 on PATH,
                  in $KAA_PEERS/bin or in ~/.cache/kaa/peers/bin";

/// Finds a CPython 3.14.
pub fn find(given: Option<String>) -> Result<PathBuf, Failure> {
    if let Some(path) = given {
        let path = PathBuf::from(path);
        return check(&path).map(|()| path);
    }
    let mut folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    if let Some(peers) = std::env::var_os("KAA_PEERS") {
        folders.push(Path::new(&peers).join("bin"));
    }
    if let Some(home) = std::env::home_dir() {
        folders.push(home.join(".cache/kaa/peers/bin"));
    }
    folders
        .into_iter()
        .map(|folder| folder.join("python3.14"))
        .find(|path| path.is_file() && check(path).is_ok())
        .ok_or_else(|| format!("no CPython 3.14 found\n{HELP}"))
}

fn check(path: &Path) -> Result<(), Failure> {
    let script = "import sys; print(sys.implementation.name, *sys.version_info[:2])";
    match run(path, script, &[]) {
        Ok(version) if version.trim() == "cpython 3 14" => Ok(()),
        Ok(version) => Err(format!("{} is {}, not CPython 3.14", path.display(), version.trim())),
        Err(error) => Err(error),
    }
}

/// Runs a script and gives what it prints.
pub fn run(python: &Path, script: &str, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(python)
        .args(["-I", "-c", script])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", python.display()))?;
    if !output.status.success() {
        return Err(format!("{}: {}", python.display(), String::from_utf8_lossy(&output.stderr).trim_end()));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// The folder of CPython's library.
pub fn library(python: &Path) -> Result<PathBuf, Failure> {
    let folder = run(python, "import sysconfig; print(sysconfig.get_path('stdlib'))", &[])?;
    Ok(PathBuf::from(folder.trim_end()))
}

/// How CPython is to compile files.
#[derive(Clone, Copy)]
pub struct CompileOptions {
    pub optimize: i32,
    /// Write what `dis` says as well.
    pub facts: bool,
    pub jobs: usize,
}

/// A file that CPython compiled: `stem.pyc`, or `stem.error`; `stem.facts` when asked for.
pub struct Compiled {
    pub source: PathBuf,
    pub stem: PathBuf,
}

/// Has CPython compile files, in several processes, into a folder.
pub fn compile_all(
    python: &Path,
    files: &[PathBuf],
    folder: &Path,
    options: CompileOptions,
) -> Result<Vec<Compiled>, Failure> {
    let progress = Progress::new("CPython compiles", files.len());
    let jobs = options.jobs.clamp(1, files.len().max(1));
    // Every n-th file to each process, so that large ones next to each other are shared out.
    let shares: Vec<Vec<&PathBuf>> = (0..jobs).map(|job| files.iter().skip(job).step_by(jobs).collect()).collect();
    let results: Vec<Result<Vec<Compiled>, Failure>> = std::thread::scope(|scope| {
        let threads: Vec<_> = shares
            .iter()
            .enumerate()
            .map(|(job, share)| {
                let (progress, folder) = (&progress, folder.join(job.to_string()));
                scope.spawn(move || compile_share(python, share, &folder, options, progress))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a thread died".into()))).collect()
    });
    let mut compiled = Vec::with_capacity(files.len());
    for result in results {
        compiled.extend(result?);
    }
    compiled.sort_by(|a, b| a.source.cmp(&b.source));
    Ok(compiled)
}

fn compile_share(
    python: &Path,
    files: &[&PathBuf],
    folder: &Path,
    options: CompileOptions,
    progress: &Progress,
) -> Result<Vec<Compiled>, Failure> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut child = Command::new(python)
        .args(["-I", "-c", concat!(include_str!("python/stable_repr.py"), include_str!("python/compile_all.py"))])
        .arg(folder)
        .args([options.optimize.to_string().as_str(), if options.facts { "facts" } else { "" }])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", python.display()))?;
    if let Some(mut input) = child.stdin.take() {
        let paths: String = files.iter().map(|path| format!("{}\n", path.display())).collect();
        input.write_all(paths.as_bytes()).map_err(|error| error.to_string())?;
    }
    let mut done = 0;
    if let Some(output) = child.stdout.take() {
        for _ in BufReader::new(output).lines().map_while(Result::ok) {
            done += 1;
            progress.step();
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() || done != files.len() {
        let at = files.get(done).map_or(String::new(), |path| format!(" at {}", path.display()));
        return Err(format!("CPython stopped{at}: {status}"));
    }
    Ok(files
        .iter()
        .enumerate()
        .map(|(number, source)| Compiled { source: (*source).clone(), stem: folder.join(number.to_string()) })
        .collect())
}

/// A folder that goes away with the value.
pub struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    pub fn new(name: &str) -> Result<TemporaryFolder, Failure> {
        let path = std::env::temp_dir().join(format!("kaa-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(TemporaryFolder(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Python files among paths: files as given, folders searched.
pub fn source_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let path = std::path::absolute(path).map_err(|error| error.to_string())?;
        if path.is_dir() {
            search(&path, &mut files)?;
        } else if path.is_file() {
            files.push(path);
        } else {
            return Err(format!("{}: no such file or folder", path.display()));
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn search(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => search(&path, files)?,
            Ok(_) if path.extension().is_some_and(|extension| extension == "py") && path.is_file() => {
                files.push(path);
            }
            _ => {}
        }
    }
    Ok(())
}
