//! Builds the command as it is given to people: optimized for what it was seen to do.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::progress::Progress;
use crate::repository;

pub const HELP: &str = "\
Usage: cargo xtask optimized [OPTION]…

Builds the command `kaa` twice: first so that it counts what it does while it runs the programs of
tests/programs and compiles Python's library, then so that the compiler knows these counts. Functions
that starting programs need lie together, so that a start touches less memory. The result is
target/optimized/kaa, and the counts are target/optimized/kaa.profdata. (CPython's own executables
are made in the same way.) It is without what only tests need: `-X test-modules`.

Needs the tool llvm-profdata of the same LLVM as rustc's: `rustup component add llvm-tools`.

Options:
  --program PATH   count while PATH runs too; may be given several times";

/// How often the library is compiled.
const COMPILATIONS: usize = 4;

/// No program that counts may take longer, in seconds.
const LIMIT: &str = "120";

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    let mut programs = Vec::new();
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Option(name) if name == "--program" => {
                programs.push(std::path::absolute(arguments.value(&name)?).map_err(|error| error.to_string())?);
            }
            Argument::Option(name) => return Err(unknown(&name)),
            Argument::Plain(word) => return Err(format!("unexpected argument {word}")),
        }
    }
    let profdata = find_profdata()?;
    let folder = folder();
    let counts = folder.join("counts");
    if counts.exists() {
        fs::remove_dir_all(&counts).map_err(|error| format!("{}: {error}", counts.display()))?;
    }
    let counting = build(|cargo| {
        // Which functions run first is noted as well.
        let flags = ["-Cllvm-args=-pgo-temporal-instrumentation", &format!("-Cprofile-generate={}", counts.display())];
        set_flags(cargo, &flags.join(" "))
    })?;
    let starts = counts.join("starts");
    start_programs(&counting, &starts)?;
    let (of_starts, order) = (folder.join("starts.profdata"), folder.join("order"));
    call(&profdata, [OsStr::new("merge"), "-o".as_ref(), of_starts.as_ref(), starts.as_ref()])?;
    call(&profdata, [OsStr::new("order"), of_starts.as_ref(), "--output".as_ref(), order.as_ref()])?;
    train(&counting, &programs, &counts)?;
    let profile = folder.join("kaa.profdata");
    call(&profdata, [OsStr::new("merge"), "-o".as_ref(), profile.as_ref(), counts.as_ref()])?;
    let built = build(|cargo| {
        let first = format!("-Clink-arg=-Wl,--no-warn-symbol-ordering,--symbol-ordering-file={}", order.display());
        set_flags(cargo, &format!("-Cprofile-use={} {first}", profile.display()))
    })?;
    let result = folder.join("kaa");
    // Another process may be running the last one.
    let _ = fs::remove_file(&result);
    fs::copy(&built, &result).map_err(|error| format!("{}: {error}", result.display()))?;
    println!("{}", result.display());
    Ok(true)
}

/// The tool that puts counts together, next to the compiler or on PATH.
fn find_profdata() -> Result<PathBuf, Failure> {
    let sysroot = output("rustc", &["--print", "sysroot"])?;
    let beside = Path::new(sysroot.trim()).join("lib/rustlib").join(host()?).join("bin/llvm-profdata");
    if beside.exists() {
        return Ok(beside);
    }
    Err(format!("{} is not there: run `rustup component add llvm-tools`", beside.display()))
}

/// The name of this machine's kind.
fn host() -> Result<String, Failure> {
    let version = output("rustc", &["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc -vV names no host".into())
}

fn output(program: &str, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    String::from_utf8(output.stdout).map_err(|error| format!("{program}: {error}"))
}

/// Where all of this is built, and stays.
fn folder() -> PathBuf {
    repository::root().join("target/optimized")
}

/// Has cargo compile with counts.
pub fn use_profile(cargo: &mut Command, profile: &Path) -> Result<(), Failure> {
    set_flags(cargo, &format!("-Cprofile-use={}", profile.display()))
}

/// Has cargo compile with a flag, but not what runs while it compiles.
fn set_flags(cargo: &mut Command, flag: &str) -> Result<(), Failure> {
    cargo.args(["--target", &host()?, "--target-dir"]).arg(folder()).env("RUSTFLAGS", flag);
    Ok(())
}

/// Builds the command; where it is.
fn build(configure: impl FnOnce(&mut Command) -> Result<(), Failure>) -> Result<PathBuf, Failure> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--package", "kaa"]).current_dir(repository::root());
    // What only tests need is not given to people.
    cargo.args(["--no-default-features", "--features", "static"]);
    configure(&mut cargo)?;
    let status = cargo.status().map_err(|error| format!("cargo build: {error}"))?;
    if !status.success() {
        return Err(format!("cargo build: {status}"));
    }
    Ok(folder().join(host()?).join("release/kaa"))
}

/// Runs a program to its end.
fn call<const N: usize>(program: &Path, arguments: [&OsStr; N]) -> Result<(), Failure> {
    let status = Command::new(program).args(arguments).status();
    match status.map_err(|error| format!("{}: {error}", program.display()))?.success() {
        true => Ok(()),
        false => Err(format!("{} failed", program.display())),
    }
}

/// Lets the command that counts start as small programs and tools do; the counts go to a folder.
fn start_programs(kaa: &Path, counts: &Path) -> Result<(), Failure> {
    let tool = "import argparse, dataclasses, json, re\n\
                @dataclasses.dataclass\nclass Item:\n    name: str\n    count: int = 0\n\
                parser = argparse.ArgumentParser()\nparser.add_argument('--top', type=int)\n\
                print(json.dumps([dataclasses.asdict(Item(w)) for w in re.findall(r'\\w+', str(parser.parse_args()))]))";
    for program in ["pass", tool] {
        let status = Command::new(kaa)
            .args(["-c", program])
            .env("LLVM_PROFILE_FILE", counts.join("%p.profraw"))
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("{}: {error}", kaa.display()))?;
        if !status.success() {
            return Err(format!("{}: {status}", kaa.display()));
        }
    }
    Ok(())
}

/// Lets the command that counts do what people do with it. What it says does not matter here.
fn train(kaa: &Path, programs: &[PathBuf], counts: &Path) -> Result<(), Failure> {
    let root = repository::root();
    let own = repository::files()?.into_iter().filter(|path| {
        path.parent() == Some(Path::new("tests/programs"))
            && path.extension().is_some_and(|extension| extension == "py")
    });
    let mut tasks: Vec<Vec<PathBuf>> =
        own.map(|path| root.join(path)).chain(programs.iter().cloned()).map(|path| vec![path]).collect();
    // Several times, or next to the loops of programs the compiler's own would look as if they hardly ever ran.
    let compiled = folder().join("compiled");
    let words = ["compile", "--force", "-qq", "--optimize", "0,1,2", "--output-dir"].map(PathBuf::from);
    let compile: Vec<PathBuf> = words.into_iter().chain([compiled, rustpython_pylib::LIB_PATH.into()]).collect();
    tasks.extend(std::iter::repeat_n(compile, COMPILATIONS));
    let progress = Progress::new("counting", tasks.len());
    for task in &tasks {
        let folder = task.first().and_then(|path| path.parent()).filter(|parent| parent.is_absolute()).unwrap_or(&root);
        Command::new("timeout")
            .args(["-k", "1", LIMIT])
            .arg(kaa)
            .args(task)
            .current_dir(folder)
            // A file for each process: counts that note an order are not added up while programs run.
            .env("LLVM_PROFILE_FILE", counts.join("%p.profraw"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map_err(|error| format!("timeout: {error}"))?;
        progress.step();
    }
    drop(progress);
    let entries = fs::read_dir(counts).map_err(|error| format!("{}: {error}", counts.display()))?;
    let files =
        entries.flatten().filter(|entry| entry.path().extension().is_some_and(|extension| extension == "profraw"));
    match files.count() {
        // Some programs end by a signal.
        files if files * 10 >= tasks.len() * 9 => Ok(()),
        files => Err(format!("{} programs left counts in {files} files only", tasks.len())),
    }
}
