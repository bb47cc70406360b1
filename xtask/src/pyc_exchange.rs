//! Has `kaa compile` and CPython's `compileall` write `.pyc` files of the same sources, compares the
//! files, and has each program run what the other has written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kaa_bytecode::pyc::HEADER_LENGTH;

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::code_objects::bytes_difference;
use crate::progress::Progress;
use crate::python::{self, TemporaryFolder};
use crate::{conformance, parallel, repository};

pub const HELP: &str = "\
Usage: cargo xtask pyc-exchange [OPTION]… [FOLDER]…

Compiles the Python files of folders (without names: CPython's whole library, tests included) with
`kaa compile` and with `python3.14 -m compileall`, at all three levels of optimization and with each
kind of header, and compares the files that were written byte by byte. CPython's files are written
with a fixed hash seed: some bytes (the order of sets in constants) follow it.

Then each program of tests/programs is compiled by both; CPython runs Kaa's file, Kaa runs CPython's,
and each must print what it prints for its own.

Options:
  --python PATH   the CPython 3.14 to compare with; without it python3.14 on PATH,
                  in $KAA_PEERS/bin or in ~/.cache/kaa/peers/bin
  --kaa PATH      the program to judge; without it the newest target/*/kaa
  --jobs N        how many programs run at a time (2)
  --show N        how many differing files to show (10)
  --levels LIST   the levels of optimization (0,1,2)
  --no-programs   only compare files";

const MODES: [&str; 3] = ["timestamp", "checked-hash", "unchecked-hash"];
const TIMEOUT: Duration = Duration::from_secs(60);

struct Options {
    python: PathBuf,
    kaa: PathBuf,
    jobs: usize,
    show: usize,
    levels: Vec<String>,
}

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    let (mut python, mut kaa, mut folders) = (None, None, Vec::new());
    let (mut jobs, mut show, mut levels, mut programs) = (2, 10, "0,1,2".to_owned(), true);
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Plain(path) => folders.push(PathBuf::from(path)),
            Argument::Option(name) => match &*name {
                "--python" => python = Some(arguments.value(&name)?),
                "--kaa" => kaa = Some(PathBuf::from(arguments.value(&name)?)),
                "--jobs" => jobs = arguments.number(&name)?,
                "--show" => show = arguments.number(&name)?,
                "--levels" => levels = arguments.value(&name)?,
                "--no-programs" => programs = false,
                _ => return Err(unknown(&name)),
            },
        }
    }
    let python = python::find(python)?;
    if folders.is_empty() {
        folders.push(python::library(&python)?);
    }
    let kaa = match kaa {
        Some(path) => std::path::absolute(path).map_err(|error| error.to_string())?,
        None => conformance::newest_kaa()?,
    };
    let levels = levels.split(',').map(str::to_owned).collect();
    let options = Options { python, kaa, jobs, show, levels };
    let mut all_well = true;
    for folder in &folders {
        all_well &= compare_folder(folder, &options)?;
    }
    if programs {
        all_well &= exchange_programs(&options)?;
    }
    Ok(all_well)
}

/// Files by their path below a folder.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, PathBuf>, Failure> {
    let mut found = BTreeMap::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(next) = pending.pop() {
        let entries = std::fs::read_dir(&next).map_err(|error| format!("{}: {error}", next.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                pending.push(path);
            } else if let Ok(below) = path.strip_prefix(folder) {
                found.insert(below.to_path_buf(), path);
            }
        }
    }
    Ok(found)
}

/// Compiles a folder into one of Kaa's and one of CPython's.
fn compile_both(folder: &Path, mode: &str, into: &Path, options: &Options) -> Result<[PathBuf; 2], Failure> {
    let (ours, theirs) = (into.join("kaa"), into.join("python"));
    let mut kaa = Command::new(&options.kaa);
    kaa.args(["compile", "-qq", "--force", "--invalidation-mode", mode, "-o"]).arg(options.levels.join(","));
    let mut python = Command::new(&options.python);
    python.args(["-W", "ignore", "-m", "compileall", "-qq", "-f", "--invalidation-mode", mode, "-j", "0"]);
    options.levels.iter().for_each(|level| {
        python.args(["-o", level]);
    });
    for (command, prefix) in [(&mut kaa, &ours), (&mut python, &theirs)] {
        std::fs::create_dir_all(prefix).map_err(|error| format!("{}: {error}", prefix.display()))?;
        command.arg(folder).env("PYTHONPYCACHEPREFIX", prefix).env("PYTHONHASHSEED", "0");
        // Files that are meant not to compile make the exit code 1.
        let status = command.stdin(Stdio::null()).status().map_err(|error| error.to_string())?;
        if !matches!(status.code(), Some(0 | 1)) {
            return Err(format!("{command:?}: {status}"));
        }
    }
    Ok([ours, theirs])
}

fn compare_folder(folder: &Path, options: &Options) -> Result<bool, Failure> {
    let temporary = TemporaryFolder::new("pyc-exchange")?;
    let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
    println!("{}", folder.display());
    let mut all_well = true;
    for mode in MODES {
        let into = temporary.path().join(mode);
        let [ours, theirs] = compile_both(&folder, mode, &into, options)?;
        let (ours, theirs) = (files(&ours)?, files(&theirs)?);
        let (mut same, mut bytes, mut shown) = (0, 0, 0);
        let names: std::collections::BTreeSet<&PathBuf> = ours.keys().chain(theirs.keys()).collect();
        for name in &names {
            let difference = match (ours.get(*name), theirs.get(*name)) {
                (Some(_), None) => "only Kaa has it".to_owned(),
                (None, _) => "only CPython has it".to_owned(),
                (Some(ours), Some(theirs)) => {
                    let read = |path| std::fs::read(path).map_err(|error| format!("{}: {error}", name.display()));
                    let (ours, theirs) = (read(ours)?, read(theirs)?);
                    bytes += theirs.len();
                    if ours == theirs {
                        same += 1;
                        continue;
                    }
                    match ours.get(..HEADER_LENGTH) == theirs.get(..HEADER_LENGTH) {
                        true => bytes_difference(&theirs, &ours),
                        false => "the headers differ".to_owned(),
                    }
                }
            };
            shown += 1;
            if shown <= options.show {
                println!("{}: {difference}", name.display());
            }
        }
        let total = names.len();
        println!("  {mode:14} {same} of {total} files the same, {:.1} MB", bytes as f64 / 1e6);
        all_well &= same == total;
        let _ = std::fs::remove_dir_all(into);
    }
    Ok(all_well)
}

/// What a run gave; nothing when it took too long.
type Output = Option<(Option<i32>, Vec<u8>)>;

fn output(program: &Path, pyc: &Path, folder: &Path) -> Result<Output, Failure> {
    let file = pyc.with_extension(format!("{}.out", program.file_name().unwrap_or_default().to_string_lossy()));
    let written = std::fs::File::create(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut child = Command::new(program)
        .arg(pyc)
        .current_dir(folder)
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(written)
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            let text = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            return Ok(Some((status.code(), text)));
        }
        if start.elapsed() > TIMEOUT {
            let _ = child.kill();
            let _ = child.wait();
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn exchange_programs(options: &Options) -> Result<bool, Failure> {
    let folder = repository::root().join("tests/programs");
    let temporary = TemporaryFolder::new("pyc-programs")?;
    let [ours, theirs] = compile_both(&folder, "unchecked-hash", temporary.path(), options)?;
    let (ours, theirs) = (files(&ours)?, files(&theirs)?);
    // One file for each program; those with native modules of Kaa's tests are Kaa's only.
    let is_program = |name: &Path| {
        let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.ends_with(".cpython-314.pyc") && !name.starts_with("native_")
    };
    let pairs: Vec<(&PathBuf, &PathBuf)> = ours
        .iter()
        .filter(|(name, _)| is_program(name))
        .filter_map(|(name, ours)| Some((ours, theirs.get(name)?)))
        .collect();
    let progress = Progress::new("Programs", pairs.len());
    let results = parallel::map(&pairs, options.jobs, 1 << 20, |(ours, theirs)| -> Result<Vec<&str>, Failure> {
        let mut wrong = Vec::new();
        for (program, what, own, other) in [
            (&options.python, "CPython runs Kaa's file otherwise", theirs, ours),
            (&options.kaa, "Kaa runs CPython's file otherwise", ours, theirs),
        ] {
            // Programs that print names of files see the same name.
            let shared = temporary.path().join(own.file_name().unwrap_or_default());
            let shared = shared.with_extension(format!("{}.pyc", what.len()));
            let run = |file: &Path| -> Result<Output, Failure> {
                std::fs::copy(file, &shared).map_err(|error| format!("{}: {error}", file.display()))?;
                output(program, &shared, &folder)
            };
            if run(own)? != run(other)? {
                wrong.push(what);
            }
        }
        progress.step();
        Ok(wrong)
    });
    drop(progress);
    let mut same = 0;
    for ((ours, _), result) in pairs.iter().zip(results) {
        let wrong = result?;
        same += usize::from(wrong.is_empty());
        wrong.iter().for_each(|what| println!("{}: {what}", ours.display()));
    }
    println!("programs: {same} of {} do the same with the other's file", pairs.len());
    Ok(same == pairs.len())
}
