//! The work on many sources, on several threads.

use std::cell::Cell;
use std::collections::HashMap;
use std::fs::{File, FileType};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kaa_batch::Batch;
use kaa_bytecode::marshal::{self, MarshalError};
use kaa_bytecode::pyc::{self, Validity};
use kaa_bytecode::{CodeObject, TextBytes};
use kaa_compiler::Docstrings;

use crate::fresh::{Stamp, is_fresh};
use crate::os_error::os_error;
use crate::target::{normal, target, text_of_path, told_path};
use crate::threads::on_all_threads;
use crate::unit::{Request, compile_source};
use crate::walk::{self, Source};
use crate::write::{existing, quoted, write_over};
use crate::{Diagnostic, Invalidation, Level, Options, Output, Python};

/// Who looks on while the work is done, from several threads.
pub trait Control: Sync {
    /// So many pieces of work are about to be done.
    fn begins(&self, _pieces: usize) {}
    /// One more is done with.
    fn step(&self) {}
    /// Whether no further one is to be begun.
    fn stop(&self) -> bool {
        false
    }
}

/// Nobody looks on.
pub struct NoControl;

impl Control for NoControl {}

/// What there is to say of a source, or of a path that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub path: PathBuf,
    /// The name that messages give it, which is the one that the written files hold.
    pub filename: String,
    pub warnings: Vec<Diagnostic>,
    pub error: Option<Diagnostic>,
}

/// What came of it all.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Sources that were found.
    pub sources: usize,
    /// Those that were compiled without an error.
    pub compiled: usize,
    /// Those that were left alone because their files are up to date.
    pub fresh: usize,
    /// Those that were refused, could not be read or whose files could not be written; and paths that
    /// could not be looked at.
    pub failed: usize,
    /// Files and folders that patterns kept out.
    pub excluded: usize,
    /// Files that were written.
    pub written: usize,
    /// Bytes of the sources that were compiled, and of the files that were written.
    pub source_bytes: u64,
    pub written_bytes: u64,
    pub elapsed: Duration,
    /// Whether it was stopped before the end.
    pub stopped: bool,
    /// Of sources that had something to say, in the order of the paths given and of names.
    pub reports: Vec<Report>,
}

impl Summary {
    /// Whether nothing failed and nothing was left undone.
    pub fn is_success(&self) -> bool {
        self.failed == 0 && !self.stopped
    }
}

/// Compiles the sources of paths.
pub fn compile(paths: &[PathBuf], options: &Options, python: &dyn Python, control: &dyn Control) -> Summary {
    let start = Instant::now();
    let found = walk::find(paths, options);
    let mut summary = Summary { sources: found.sources.len(), excluded: found.excluded, ..Summary::default() };
    for (path, error) in found.problems {
        summary.failed += 1;
        summary.reports.push(Report { filename: shown(&path), path, warnings: Vec::new(), error: Some(error) });
    }
    let work = Work { options, python, current: std::env::current_dir().unwrap_or_default() };
    let sources = work.without_clashes(found.sources, &mut summary);
    control.begins(sources.len());
    let outcomes = on_all_threads(&sources, options.jobs, |source| source.size, control, |source| work.source(source));
    for (source, outcome) in sources.iter().zip(outcomes) {
        match outcome {
            Some(outcome) => summary.add(source, outcome),
            None => summary.stopped = true,
        }
    }
    summary.elapsed = start.elapsed();
    summary
}

/// A path as messages show it.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// What came of a source.
#[derive(Default)]
struct Outcome {
    filename: String,
    /// It is no longer there.
    vanished: bool,
    fresh: bool,
    source_bytes: u64,
    written: usize,
    written_bytes: u64,
    warnings: Vec<Diagnostic>,
    error: Option<Diagnostic>,
}

impl Summary {
    fn add(&mut self, source: &Source, outcome: Outcome) {
        self.written += outcome.written;
        self.written_bytes += outcome.written_bytes;
        self.source_bytes += outcome.source_bytes;
        match &outcome.error {
            Some(_) => self.failed += 1,
            None if outcome.vanished => self.sources -= 1,
            None if outcome.fresh => self.fresh += 1,
            None => self.compiled += 1,
        }
        if outcome.error.is_some() || !outcome.warnings.is_empty() {
            let Outcome { filename, warnings, error, .. } = outcome;
            self.reports.push(Report { path: source.path.clone(), filename, warnings, error });
        }
    }
}

/// A file that is to be written.
struct Target {
    level: Level,
    path: PathBuf,
    /// What stands there.
    existing: Option<FileType>,
}

impl Target {
    /// `can_exist`: whether a file may stand there.
    fn look_at(level: Level, path: PathBuf, can_exist: bool) -> Target {
        Target { level, existing: if can_exist { existing(&path) } else { None }, path }
    }

    fn is_fresh(&self, expected: Validity) -> bool {
        self.existing.is_some() && is_fresh(&self.path, expected)
    }
}

/// What all threads share.
struct Work<'w> {
    options: &'w Options,
    python: &'w dyn Python,
    current: PathBuf,
}

impl Work<'_> {
    /// Leaves out sources whose file another one has: below a folder of their own two may meet.
    fn without_clashes(&self, sources: Vec<Source>, summary: &mut Summary) -> Vec<Source> {
        if !matches!(self.options.output, Output::Folder(_)) {
            return sources;
        }
        let mut owners: HashMap<PathBuf, PathBuf> = HashMap::with_capacity(sources.len());
        let level = self.options.levels.first().copied().unwrap_or_default();
        let is_first = |source: &Source| {
            let target = normal(&target(source, level, self.options, &self.current));
            let Some(owner) = owners.get(&target) else {
                owners.insert(target, source.path.clone());
                return true;
            };
            let message = format!("{} has the same file: {}", quoted(owner), quoted(&target));
            let error = Some(Diagnostic::without_place("FileExistsError", message));
            let (path, filename) = (source.path.clone(), shown(&source.path));
            summary.failed += 1;
            summary.reports.push(Report { path, filename, warnings: Vec::new(), error });
            false
        };
        sources.into_iter().filter(is_first).collect()
    }

    fn source(&self, source: &Source) -> Outcome {
        let (told, prefix_missing) = told_path(&source.path, self.options);
        let mut outcome = Outcome { filename: shown(&told), ..Outcome::default() };
        if prefix_missing {
            let strip = self.options.strip.as_deref().unwrap_or(Path::new(""));
            let (strip, path) = (quoted(strip), quoted(&source.path));
            let message = format!("the path {strip} to strip is not at the start of {path}");
            outcome.warnings.push(Diagnostic::without_place("Warning", message));
        }
        outcome.error = self.compile(source, &text_of_path(&told).into(), &mut outcome).err();
        outcome
    }

    fn compile(&self, source: &Source, filename: &TextBytes, outcome: &mut Outcome) -> Result<(), Diagnostic> {
        let options = self.options;
        let (file, meta) = match File::open(&source.path).and_then(|file| file.metadata().map(|meta| (file, meta))) {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                outcome.vanished = true;
                return Ok(());
            }
            Err(error) => return Err(os_error(&error, &source.path)),
        };
        // Taken before the contents: what changes in between makes the file stale, not wrong.
        let stamp = Stamp::new(&meta);
        let can_exist = source.may_have_cache || options.legacy || options.output != Output::Beside;
        let mut targets: Vec<Target> = options
            .levels
            .iter()
            .map(|&level| Target::look_at(level, target(source, level, options, &self.current), can_exist))
            .collect();
        let skips_fresh = !options.force && !options.check;
        if skips_fresh && options.invalidation == Invalidation::Timestamp {
            targets.retain(|target| !target.is_fresh(stamp.validity()));
            outcome.fresh = targets.is_empty();
            if outcome.fresh {
                return Ok(());
            }
        }
        let mut buffers = BUFFERS.take();
        let bytes = &mut buffers.source;
        read(file, meta.len(), bytes).map_err(|error| os_error(&error, &source.path))?;
        let hash = |check_source| Validity::Hash { hash: pyc::source_hash(bytes), check_source };
        let validity = match options.invalidation {
            Invalidation::Timestamp => stamp.validity(),
            Invalidation::CheckedHash => hash(true),
            Invalidation::UncheckedHash => hash(false),
        };
        if skips_fresh && options.invalidation != Invalidation::Timestamp {
            targets.retain(|target| !target.is_fresh(validity));
            outcome.fresh = targets.is_empty();
            if outcome.fresh {
                return Ok(());
            }
        }
        let levels: Vec<Level> = targets.iter().map(|target| target.level).collect();
        let request = Request {
            filename,
            levels: &levels,
            docstrings: Docstrings::ByLevel,
            warnings: options.warnings,
            max_int_digits: options.max_int_digits,
        };
        outcome.source_bytes = bytes.len() as u64;
        let batch = Batch::begin();
        let compiled = compile_source(bytes, self.python, &request);
        let made = compiled.result.and_then(|codes| buffers.marshal(&codes, validity));
        drop(batch);
        // Copied, because what stays keeps the memory of a batch.
        outcome.warnings.extend(compiled.warnings.iter().cloned());
        made.map_err(|error| error.clone())?;
        if !options.check {
            for (data, Target { path, existing, .. }) in buffers.files.iter().zip(&targets) {
                write_over(*existing, path, data, (meta.mode() | 0o200) & 0o666)?;
                outcome.written += 1;
                outcome.written_bytes += data.len() as u64;
            }
        }
        BUFFERS.set(buffers);
        Ok(())
    }
}

thread_local! {
    static BUFFERS: Cell<Buffers> = Cell::default();
}

/// Memory that a thread uses again for the next source.
#[derive(Default)]
struct Buffers {
    source: Vec<u8>,
    writer: marshal::Writer,
    /// What is written, for each level.
    files: Vec<Vec<u8>>,
}

impl Buffers {
    fn marshal(&mut self, codes: &[CodeObject], validity: Validity) -> Result<(), Diagnostic> {
        self.files.resize_with(codes.len(), Vec::new);
        for (code, file) in codes.iter().zip(&mut self.files) {
            file.clear();
            let unmarshallable = |error: MarshalError| Diagnostic::without_place("ValueError", error.to_string());
            pyc::append(code, validity, &mut self.writer, file).map_err(unmarshallable)?;
        }
        Ok(())
    }
}

/// Reads a file that is so long, or, where the system does not know, until it ends.
fn read(file: File, length: u64, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    bytes.clear();
    // Room for a bit more spares a first small read.
    bytes.reserve(usize::try_from(length).unwrap_or(0).saturating_add(64));
    // What is appended in the meantime makes what is written stale anyway.
    let limit = if length == 0 { u64::MAX } else { length };
    file.take(limit).read_to_end(bytes).map(drop)
}
