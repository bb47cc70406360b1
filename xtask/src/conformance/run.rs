//! One test file under one program, in as many processes as it takes.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::lists;
use crate::arguments::Failure;
use crate::python;

/// A Python to run tests under.
pub struct Program {
    pub path: PathBuf,
    /// Where results and outputs are kept.
    pub folder: PathBuf,
    /// What has the library's files, for tests that look into them.
    pub home: Option<PathBuf>,
}

/// What a process may use.
#[derive(Clone, Copy)]
pub struct Limits {
    pub method: Duration,
    pub file: Duration,
    pub memory_mb: u64,
}

/// More output than this is a method that prints without end.
const MOST_OUTPUT: u64 = 256 << 20;

/// After so many deaths the rest of a file is not tried.
const MOST_PROCESSES: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Pass,
    Fail,
    Skip,
    Crash,
    Timeout,
    /// Did not run.
    Missing,
}

impl Status {
    const NAMES: [(Status, &'static str); 6] = [
        (Status::Pass, "pass"),
        (Status::Fail, "fail"),
        (Status::Skip, "skip"),
        (Status::Crash, "crash"),
        (Status::Timeout, "timeout"),
        (Status::Missing, "missing"),
    ];

    pub fn name(self) -> &'static str {
        Status::NAMES.iter().find(|(status, _)| *status == self).map_or("", |(_, name)| name)
    }

    pub fn from_name(name: &str) -> Option<Status> {
        Status::NAMES.iter().find(|(_, found)| *found == name).map(|(status, _)| *status)
    }
}

/// What came of a method.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub status: Status,
    /// Why it did not pass.
    pub message: String,
}

impl Outcome {
    fn new(status: Status, message: impl Into<String>) -> Outcome {
        Outcome { status, message: message.into() }
    }

    /// Of a method that did not run.
    pub fn missing() -> Outcome {
        Outcome::new(Status::Missing, "did not run")
    }

    pub fn passes(&self) -> bool {
        self.status == Status::Pass
    }

    pub fn is_missing(&self) -> bool {
        self.status == Status::Missing
    }
}

/// What came of a test file.
#[derive(Default)]
pub struct TestRun {
    pub outcomes: BTreeMap<String, Outcome>,
    pub seconds: f64,
    /// How many processes died.
    pub deaths: usize,
}

/// A folder that holds CPython's package `test` and nothing else, so that no other part of
/// CPython's library is found through it.
pub fn link_tests(python: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let tests = python::library(python)?.join("test");
    if !tests.join("test_grammar.py").is_file() {
        return Err(format!("{}: CPython's tests are not installed", tests.display()));
    }
    let library = folder.join("library");
    std::fs::create_dir_all(&library).map_err(|error| format!("{}: {error}", library.display()))?;
    let place = library.join("test");
    link(&tests, &place).map_err(|error| format!("{}: {error}", place.display()))?;
    Ok(library)
}

/// A folder for `PYTHONHOME`: the library that is in Kaa, as files, and CPython's package `test`.
pub fn link_home(tests: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let home = folder.join("home");
    let library = home.join("lib/python3.14");
    link_files(Path::new(rustpython_pylib::LIB_PATH), &library)
        .and_then(|()| link(&tests.join("test"), &library.join("test")))
        .map_err(|error| format!("{}: {error}", library.display()))?;
    Ok(home)
}

/// Folders with links to the files of other folders, so that what is written beside them is apart.
fn link_files(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        match entry.file_type()?.is_dir() {
            _ if name == "__pycache__" || name == "test" => {}
            true => link_files(&entry.path(), &to.join(name))?,
            false => link(&entry.path(), &to.join(name))?,
        }
    }
    Ok(())
}

/// A link, unless it is there.
fn link(target: &Path, link: &Path) -> std::io::Result<()> {
    match std::fs::read_link(link) {
        Ok(found) if found == target => return Ok(()),
        Ok(_) => std::fs::remove_file(link)?,
        Err(_) => {}
    }
    symlink(target, link)
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(target, link)
}

/// The outcomes kept from an earlier run.
pub fn kept(program: &Program, test: &str) -> Option<TestRun> {
    let text = std::fs::read_to_string(program.folder.join(format!("{test}.jsonl"))).ok()?;
    let mut run = TestRun::default();
    let (_, done) = read_results(&text, &mut run.outcomes);
    let last: Json = serde_json::from_str(text.lines().last()?).ok()?;
    run.seconds = last["seconds"].as_f64()?;
    run.deaths = last["deaths"].as_u64()? as usize;
    // Where nothing passed, something was missing that may be there now.
    (done && run.outcomes.values().any(Outcome::passes)).then_some(run)
}

/// Whether a program runs, with the modules that tests need: what it says when it does not.
pub fn check(program: &Program) -> Result<(), Failure> {
    let mut command = Command::new(&program.path);
    let path = program.path.display();
    let output =
        command.args(["-X", "test-modules", "-c", "pass"]).output().map_err(|error| format!("{path}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{path}: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}

/// Runs a test file.
pub fn run(program: &Program, test: &str, library: &Path, limits: &Limits) -> Result<TestRun, Failure> {
    std::fs::create_dir_all(&program.folder).map_err(|error| format!("{}: {error}", program.folder.display()))?;
    let wants_files = lists::wants_library_files(test)?;
    let file = |suffix: &str| program.folder.join(format!("{test}.{suffix}"));
    let (results, skip, log) = (file("jsonl"), file("skip"), file("log"));
    let _ = std::fs::remove_file(&results);
    let output = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let home = program.home.as_ref().filter(|_| wants_files);
    let start = Instant::now();
    let mut run = TestRun::default();
    let mut remaining = limits.file;
    for _ in 0..MOST_PROCESSES {
        let finished: Vec<&str> = run.outcomes.keys().map(String::as_str).collect();
        std::fs::write(&skip, finished.join("\n")).map_err(|error| format!("{}: {error}", skip.display()))?;
        let place = python::TemporaryFolder::new(&format!("conformance-{test}"))?;
        let mut command = Command::new(&program.path);
        command.arg(lists::folder().join("run_one.py")).args([library, Path::new(test), &results, &skip]);
        command.current_dir(place.path()).env_remove("PYTHONPATH").env("TMPDIR", place.path());
        // Kaa has the modules that stand for CPython's test extensions only when it is told to, and
        // no package `test` of its own, which processes that tests start import.
        command.env("KAA_TEST_MODULES", library);
        if let Some(home) = &home {
            command.env("PYTHONHOME", home);
        }
        command.stdin(Stdio::null());
        command.stdout(output.try_clone().map_err(|error| error.to_string())?);
        command.stderr(output.try_clone().map_err(|error| error.to_string())?);
        own_group(&mut command);
        let child = command.spawn().map_err(|error| format!("{}: {error}", program.path.display()))?;
        let death = watch(child, &results, &log, limits, remaining)?;

        let text = std::fs::read_to_string(&results).unwrap_or_default();
        let before = run.outcomes.len();
        let (running, done) = read_results(&text, &mut run.outcomes);
        if done {
            break;
        }
        run.deaths += 1;
        remaining = limits.file.saturating_sub(start.elapsed());
        // The method that was running is what the process died of.
        match running {
            Some(id) => {
                run.outcomes.insert(id, death);
            }
            None if run.outcomes.len() == before => {
                // It died before the first method, or between two: there is no way on.
                run.outcomes.insert(format!("test.{test}"), death);
                break;
            }
            None => {}
        }
        if remaining.is_zero() {
            break;
        }
    }
    let _ = std::fs::remove_file(&skip);
    run.seconds = start.elapsed().as_secs_f64();
    let mut text = std::fs::read_to_string(&results).unwrap_or_default();
    if run.deaths > 0 {
        // As the lines of the processes that lived would say it.
        for (id, outcome) in run.outcomes.iter().filter(|(_, outcome)| is_death(outcome.status)) {
            let line = serde_json::json!({"id": id, "outcome": outcome.status.name(), "message": outcome.message});
            text.push_str(&format!("{line}\n"));
        }
    }
    let last = serde_json::json!({"done": true, "seconds": run.seconds, "deaths": run.deaths});
    text.push_str(&format!("{last}\n"));
    std::fs::write(&results, text).map_err(|error| format!("{}: {error}", results.display()))?;
    Ok(run)
}

fn is_death(status: Status) -> bool {
    matches!(status, Status::Crash | Status::Timeout)
}

/// Reads the driver's lines. Gives the method that began and did not end, and whether all is done.
fn read_results(text: &str, outcomes: &mut BTreeMap<String, Outcome>) -> (Option<String>, bool) {
    let mut running = None;
    let mut done = false;
    for line in text.lines() {
        // The last line may have broken off.
        let Ok(json) = serde_json::from_str::<Json>(line) else { continue };
        done |= json["done"].as_bool() == Some(true);
        let Some(id) = json["id"].as_str() else { continue };
        if json["start"].as_bool() == Some(true) {
            running = Some(id.to_owned());
            continue;
        }
        let Some(status) = json["outcome"].as_str().and_then(Status::from_name) else { continue };
        let message = json["message"].as_str().unwrap_or_default();
        outcomes.insert(id.to_owned(), Outcome::new(status, message));
        if running.as_deref() == Some(id) {
            running = None;
        }
    }
    // A method that a process died in is done with too.
    let running = running.filter(|id| !outcomes.contains_key(id));
    (running, done)
}

/// Waits for a process, and ends it when it goes beyond a limit. Gives what the method that was
/// running then died of.
fn watch(
    mut child: Child,
    results: &Path,
    log: &Path,
    limits: &Limits,
    remaining: Duration,
) -> Result<Outcome, Failure> {
    let length = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    let start = Instant::now();
    let mut progress = (length(results), Instant::now());
    let output_before = length(log);
    let mut pause = Duration::from_millis(2);
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            // What the process started may still run.
            kill_group(&child);
            return Ok(Outcome::new(Status::Crash, format!("{status}{}", last_words(log))));
        }
        let written = length(results);
        if written != progress.0 {
            progress = (written, Instant::now());
        }
        let reason = if progress.1.elapsed() > limits.method {
            Some((Status::Timeout, format!("more than {} s", limits.method.as_secs())))
        } else if start.elapsed() > remaining {
            Some((Status::Timeout, "the file's time is over".to_owned()))
        } else if memory_mb(child.id()) > limits.memory_mb {
            Some((Status::Crash, format!("more than {} MB of memory", limits.memory_mb)))
        } else if length(log) > output_before + MOST_OUTPUT {
            Some((Status::Crash, "output without end".to_owned()))
        } else {
            None
        };
        if let Some((status, message)) = reason {
            kill_group(&child);
            let _ = child.kill();
            let _ = child.wait();
            return Ok(Outcome::new(status, message));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

/// The line of a process's last output that says why it died, or else the last one.
fn last_words(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text[text.len().saturating_sub(4096)..]).into_owned();
    let tells =
        |line: &&str| ["panicked", "overflow", "fatal", "Fatal", "assert"].iter().any(|word| line.contains(word));
    let mut lines = text.lines().rev().filter(|line| !line.trim().is_empty());
    let last = lines.clone().next();
    lines.find(tells).or(last).map_or(String::new(), |line| format!(": {}", line.trim()))
}

/// What a process holds in memory; 0 where the system does not tell.
fn memory_mb(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
    let pages: u64 = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    (pages * 4096) >> 20
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

/// Ends the processes that a child has started, and itself.
fn kill_group(child: &Child) {
    if cfg!(unix) {
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    }
}
