//! Runs Kaa on damaged input: sources and compiled files that were changed at random places.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::progress::Progress;
use crate::python::TemporaryFolder;
use crate::random::Random;
use crate::{parallel, repository};

pub const HELP: &str = "\
Usage: cargo xtask bad-input [OPTION]… [FILE…]

Changes Python programs (without names: those in tests/programs) at random places and gives
them to Kaa:
  sources     compiled, in processes of 100 files each
  compiled    .pyc files, each run in a process of its own
Errors are what is wanted. A process that dies of a signal, panics, or does not stop within
its time, not even when it is interrupted, is counted, and its file is kept in
target/bad-input. A run with the same seed makes the same files.

Options:
  --kaa PATH      the program to try; without it target/release/kaa
  --count N       how many files of each kind (10000)
  --seed N        what the changes are drawn from (1)
  --only KIND     sources or compiled
  --timeout S     seconds that a compiled file may run before it is interrupted (5)
  --jobs N        processes at a time (2)";

struct Options {
    kaa: PathBuf,
    count: usize,
    seed: u64,
    timeout: Duration,
    jobs: usize,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// It did what the file says, or refused it.
    Exit,
    /// It ran on, and stopped when it was interrupted: the file is an endless loop.
    Interrupted,
    Crash,
    Hang,
}

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    let mut options = Options {
        kaa: repository::root().join("target/release/kaa"),
        count: 10_000,
        seed: 1,
        timeout: Duration::from_secs(5),
        jobs: 2,
    };
    let (mut only, mut files) = (None, Vec::new());
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Plain(path) => files.push(PathBuf::from(path)),
            Argument::Option(name) => match &*name {
                "--kaa" => options.kaa = PathBuf::from(arguments.value(&name)?),
                "--count" => options.count = arguments.number(&name)?,
                "--seed" => options.seed = arguments.number(&name)?,
                "--only" => only = Some(arguments.value(&name)?),
                "--timeout" => options.timeout = Duration::from_secs(arguments.number(&name)?),
                "--jobs" => options.jobs = arguments.number(&name)?,
                _ => return Err(unknown(&name)),
            },
        }
    }
    options.kaa = std::path::absolute(&options.kaa).map_err(|error| error.to_string())?;
    if !options.kaa.is_file() {
        return Err(format!("{}: no such program; build it, or say --kaa PATH", options.kaa.display()));
    }
    if files.is_empty() {
        files.push(repository::root().join("tests/programs"));
    }
    let mut sources = Vec::new();
    for path in crate::python::source_files(&files)? {
        sources.push(std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    let folder = TemporaryFolder::new("bad-input")?;
    let mut fine = true;
    if only.as_deref() != Some("compiled") {
        fine &= try_sources(&options, &sources, folder.path())?;
    }
    if only.as_deref() != Some("sources") {
        fine &= try_compiled(&options, &sources, folder.path())?;
    }
    Ok(fine)
}

/// Compiles the files that are its arguments, and says before each which it is.
const COMPILE: &str = "\
import sys
for path in sys.argv[1:]:
    print(path, flush=True)
    with open(path, 'rb') as file:
        source = file.read()
    try:
        compile(source, path, 'exec')
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        pass
print('', flush=True)
";

fn try_sources(options: &Options, sources: &[Vec<u8>], folder: &Path) -> Result<bool, Failure> {
    const BATCH: usize = 100;
    let batches: Vec<usize> = (0..options.count).step_by(BATCH).collect();
    let progress = Progress::new("sources", batches.len());
    let endings = parallel::map(&batches, options.jobs, 1 << 20, |&first| {
        let mut paths: Vec<PathBuf> = Vec::new();
        for index in first..(first + BATCH).min(options.count) {
            let mut random = Random::new(options.seed, index);
            let damaged = damage_source(&mut random, sources);
            paths.push(folder.join(format!("source_{index}.py")));
            std::fs::write(&paths[index - first], damaged).map_err(|error| error.to_string())?;
        }
        let mut bad = Vec::new();
        let mut rest = &paths[..];
        while !rest.is_empty() {
            let (ending, reached) = compile_batch(options, rest, folder, first)?;
            if ending == Ending::Exit {
                break;
            }
            // The file that it was at when it died, and on with those behind it.
            let at = rest.iter().position(|path| reached.ends_with(&*path.to_string_lossy())).unwrap_or(0);
            bad.push((keep(&rest[at])?, ending));
            rest = &rest[at + 1..];
        }
        progress.step();
        paths.iter().for_each(|path| drop(std::fs::remove_file(path)));
        Ok(bad)
    });
    drop(progress);
    report("sources", options, endings)
}

/// Gives a process some files to compile; tells the last that it began with.
fn compile_batch(
    options: &Options,
    paths: &[PathBuf],
    folder: &Path,
    number: usize,
) -> Result<(Ending, String), Failure> {
    let log = folder.join(format!("batch_{number}.log"));
    let out = std::fs::File::create(&log).map_err(|error| error.to_string())?;
    let mut command = Command::new(&options.kaa);
    command.args(["-I", "-S", "-W", "ignore", "-c", COMPILE]).args(paths).stdin(Stdio::null()).stdout(out);
    let ending = watch(command.stderr(Stdio::null()), Duration::from_secs(60))?;
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let reached = text.lines().last().unwrap_or_default().to_owned();
    let ending = match ending {
        Ending::Exit if reached.is_empty() => Ending::Exit,
        // An exception that no source may lead to, or an endless compilation.
        Ending::Exit => Ending::Crash,
        Ending::Interrupted => Ending::Hang,
        other => other,
    };
    Ok((ending, reached))
}

fn try_compiled(options: &Options, sources: &[Vec<u8>], folder: &Path) -> Result<bool, Failure> {
    let compiled: Vec<Vec<u8>> = sources.iter().filter_map(|source| pyc_of(source)).collect();
    let numbers: Vec<usize> = (0..options.count).collect();
    let progress = Progress::new("compiled", numbers.len());
    let endings = parallel::map(&numbers, options.jobs, 1 << 20, |&index| {
        let mut random = Random::new(options.seed, index);
        let mut bytes = compiled[random.below(compiled.len())].clone();
        for _ in 0..1 + random.below(6) {
            let at = kaa_bytecode::pyc::HEADER_LENGTH + random.below(bytes.len() - kaa_bytecode::pyc::HEADER_LENGTH);
            bytes[at] = random.next() as u8;
        }
        // What programs write goes to a folder of their own.
        let own = folder.join(format!("run_{index}"));
        std::fs::create_dir_all(&own).map_err(|error| error.to_string())?;
        let path = folder.join(format!("compiled_{index}.pyc"));
        std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
        let mut command = Command::new(&options.kaa);
        command.args(["-I", "-S"]).arg(&path).current_dir(&own);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let ending = watch(&mut command, options.timeout)?;
        let bad = match ending {
            Ending::Exit => Vec::new(),
            Ending::Interrupted => vec![(path.clone(), ending)],
            Ending::Crash | Ending::Hang => vec![(keep(&path)?, ending)],
        };
        let _ = std::fs::remove_file(&path);
        let _ = std::fs::remove_dir_all(&own);
        progress.step();
        Ok(bad)
    });
    drop(progress);
    report("compiled", options, endings)
}

fn report(
    what: &str,
    options: &Options,
    endings: Vec<Result<Vec<(PathBuf, Ending)>, Failure>>,
) -> Result<bool, Failure> {
    let bad: Vec<(PathBuf, Ending)> =
        endings.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    for (path, ending) in bad.iter().filter(|(_, ending)| *ending != Ending::Interrupted) {
        println!("{ending:?}: {}", path.display());
    }
    let count = |wanted: Ending| bad.iter().filter(|(_, ending)| *ending == wanted).count();
    let (crashes, hangs, loops) = (count(Ending::Crash), count(Ending::Hang), count(Ending::Interrupted));
    let total = options.count;
    println!(
        "{what}: {total} files, seed {}: {crashes} crashes, {hangs} hangs, {loops} stopped by an interrupt",
        options.seed
    );
    Ok(crashes + hangs == 0)
}

/// Keeps a file for another look.
fn keep(path: &Path) -> Result<PathBuf, Failure> {
    let folder = repository::root().join("target/bad-input");
    let kept = folder.join(path.file_name().unwrap_or_default());
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::copy(path, &kept))
        .map_err(|error| format!("{}: {error}", kept.display()))?;
    Ok(kept)
}

/// Waits for a process; interrupts it after a time, and kills it when that does not help.
fn watch(command: &mut Command, timeout: Duration) -> Result<Ending, Failure> {
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let start = Instant::now();
    let mut interrupted = false;
    let mut next_interrupt = timeout;
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(match crashed(status) {
                true => Ending::Crash,
                false if interrupted => Ending::Interrupted,
                false => Ending::Exit,
            });
        }
        // A program may catch the first interrupt; and the end of the program waits for threads, which
        // the second one stops.
        if start.elapsed() > next_interrupt {
            interrupted = true;
            next_interrupt += Duration::from_secs(1);
            let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        }
        if interrupted && start.elapsed() > timeout + Duration::from_secs(5) {
            let _ = child.kill();
            let _ = child.wait();
            return Ok(Ending::Hang);
        }
        std::thread::sleep(Duration::from_millis(if start.elapsed().as_millis() < 100 { 2 } else { 20 }));
    }
}

/// Whether a process died, of a signal other than the interrupt, or panicked.
fn crashed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    const INTERRUPT: i32 = 2;
    const PANIC: i32 = 101;
    status.signal().is_some_and(|signal| signal != INTERRUPT) || status.code() == Some(PANIC)
}

/// A compiled file of a source; None when it does not compile.
pub fn pyc_of(source: &[u8]) -> Option<Vec<u8>> {
    let mut no_codec = |name: &str, _: &[u8]| Err(format!("unknown encoding: {name}"));
    let source = kaa_parser::decode_source(source, None, &mut no_codec).ok()?;
    let arena = kaa_ast::Arena::new();
    let mut parsed = kaa_parser::parse(&source.text, &arena, &kaa_parser::ParseOptions::default()).ok()?;
    let code = kaa_compiler::compile(
        &parsed.module,
        &arena,
        &mut parsed.interner,
        &b"program.py".as_slice().into(),
        kaa_compiler::CompileOptions::default(),
        &mut kaa_compiler::NoWarnings,
    )
    .ok()?;
    let body = kaa_bytecode::marshal::write_code(&code, kaa_bytecode::marshal::VERSION).ok()?;
    let mut bytes = kaa_bytecode::pyc::MAGIC_NUMBER.to_le_bytes().to_vec();
    bytes.extend(b"\r\n");
    bytes.resize(kaa_bytecode::pyc::HEADER_LENGTH, 0);
    bytes.extend(body);
    Some(bytes)
}

/// What is put into sources beside pieces of themselves.
const PIECES: &[&[u8]] = &[
    b"(",
    b")",
    b"[",
    b"]",
    b"{",
    b"}",
    b":",
    b"=",
    b":=",
    b"*",
    b"**",
    b"@",
    b"\\",
    b"\n",
    b"\t",
    b"    ",
    b"'",
    b"\"",
    b"'''",
    b"\"\"\"",
    b"f'{",
    b"t'{",
    b"}'",
    b"!r",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\x0c",
    b"\r",
    b"lambda ",
    b"await ",
    b"async ",
    b"yield ",
    b"return ",
    b"match x:\n",
    b"case _:\n",
    b"except* ",
    b"type X[T] = ",
    b"nonlocal x\n",
    b"global x\n",
    b"from . import *\n",
    b"import ",
    b"del ",
    b"1e999",
    b"0x",
    b"1_",
    b"9999999999",
    b"# coding: latin-1\n",
    b"# coding: none\n",
    b"not ",
    b"((((((((",
    b"[[[[[[[[",
    b"-----",
    b"if 1:\n",
];

/// A source with some changes.
fn damage_source(random: &mut Random, sources: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = sources[random.below(sources.len())].clone();
    for _ in 0..1 + random.below(8) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(24)).min(bytes.len());
        match random.below(7) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let piece = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            2 => bytes.truncate(at),
            3 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.next() as u8;
                }
            }
            4 => {
                // Deep nesting.
                let piece = PIECES[random.below(PIECES.len())].repeat(1 + random.below(300));
                bytes.splice(at..at, piece);
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
    bytes
}
