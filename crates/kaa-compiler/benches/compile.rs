//! How fast Python is compiled: from source in memory to marshalled bytes, on one core, stage by
//! stage.
//!
//! ```text
//! cargo bench -p kaa-compiler --bench compile -- [--rounds N] [--python PATH] [FOLDER…]
//! ```
//!
//! Takes all `.py` files below the folders (without folders: Python's library) that are UTF-8 and
//! compile, and prints of the best of the rounds (5) how long they took; and what each stage took in
//! the best of as many other rounds, because looking at the clock between the stages takes time
//! too. With `--python`, a CPython does the same in turns with Kaa, round by round.
//! `cargo xtask compile-speed` finds one. The processor's time over all rounds is compared too:
//! that of a busy machine can be trusted.

#[path = "../../kaa-parser/benches/sources/mod.rs"]
mod sources;

use kaa_ast::Arena;
use kaa_bytecode::{CodeObject, TextBytes, marshal};
use kaa_compiler::{Compilation, CompileOptions, NoWarnings, Session, StageTimes};
use kaa_parser::ParseOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

/// A file, in memory.
struct Source {
    path: PathBuf,
    text: String,
    name: TextBytes,
}

/// The times of a round, of the stages only if they were asked for.
#[derive(Clone, Copy, Default)]
struct Times {
    parsing: Duration,
    compiling: StageTimes,
    marshalling: Duration,
    disposal: Duration,
    total: Duration,
    of_stages: bool,
}

fn main() -> Result<(), Failure> {
    let mut rounds = 5;
    let mut python = None;
    let mut folders = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match &*argument {
            // What `cargo bench` says to every benchmark.
            "--bench" => {}
            "--rounds" => rounds = arguments.next().ok_or("--rounds needs a number")?.parse()?,
            "--python" => python = Some(arguments.next().ok_or("--python needs a path")?),
            _ => folders.push(PathBuf::from(argument)),
        }
    }
    if folders.is_empty() {
        folders.push(rustpython_pylib::LIB_PATH.into());
    }
    let mut sources = Vec::new();
    for folder in &folders {
        sources::collect(folder, &mut |path, text| {
            let name = path.as_os_str().as_encoded_bytes().into();
            sources.push(Source { path: path.to_owned(), text, name });
        })?;
    }
    let (mut arena, mut session) = (Arena::new(), Session::default());
    sources.retain(|source| {
        arena.reset();
        compile(source, &arena, &mut session, &mut Times::default()).is_some()
    });
    let bytes: usize = sources.iter().map(|source| source.text.len()).sum();
    println!("{} files, {bytes} bytes", sources.len());

    let mut cpython = python.map(|python| CPython::start(&python, &sources)).transpose()?;
    let mut best = Duration::MAX;
    let mut best_of_stages: Option<Times> = None;
    let mut best_of_cpython = Duration::MAX;
    let (mut processor, mut processor_of_cpython) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..rounds {
        let start = processor_time();
        best = best.min(round(&sources, &mut arena, &mut session, false).total);
        processor += processor_time().saturating_sub(start);
        let times = round(&sources, &mut arena, &mut session, true);
        if best_of_stages.is_none_or(|best| times.total < best.total) {
            best_of_stages = Some(times);
        }
        if let Some(cpython) = &mut cpython {
            let (elapsed, spent) = cpython.round()?;
            best_of_cpython = best_of_cpython.min(elapsed);
            processor_of_cpython += spent;
        }
    }
    print_stages(&best_of_stages.ok_or("no rounds")?, bytes);
    print_line("all", best, bytes);
    if cpython.is_some() {
        print_line("CPython", best_of_cpython, bytes);
        let ratio = |theirs: Duration, ours: Duration| theirs.as_secs_f64() / ours.as_secs_f64();
        println!("{:.2} times CPython in the best round", ratio(best_of_cpython, best));
        if !processor.is_zero() {
            println!("{:.2} times CPython in processor time over all rounds", ratio(processor_of_cpython, processor));
        }
    }
    if let Some(peak) = peak_memory() {
        println!("peak memory {} MB, sources included", peak / 1_000_000);
    }
    Ok(())
}

/// Measures a part of a round, if stages are to be measured.
fn measured<T>(time: &mut Duration, of_stages: bool, part: impl FnOnce() -> T) -> T {
    let start = of_stages.then(Instant::now);
    let result = part();
    *time += start.map_or(Duration::ZERO, |start| start.elapsed());
    result
}

/// The marshalled code object of a source, if the source is correct, and the code object itself.
fn compile(source: &Source, arena: &Arena, session: &mut Session, times: &mut Times) -> Option<(Vec<u8>, CodeObject)> {
    let of_stages = times.of_stages;
    let parse = || kaa_parser::parse(&source.text, arena, &ParseOptions::default()).ok();
    let mut parsed = measured(&mut times.parsing, of_stages, parse)?;
    let compilation = Compilation {
        module: &parsed.module,
        arena,
        names: &mut parsed.interner,
        filename: &source.name,
        options: CompileOptions::default(),
        warnings: &mut NoWarnings,
        changing_lines: parsed.changing_lines.as_deref(),
    };
    let code = match of_stages {
        true => compilation.run_timed(session, &mut times.compiling),
        false => compilation.run(session),
    };
    let code = code.ok()?;
    let write = || marshal::write_code(&code, marshal::VERSION).ok();
    let marshalled = measured(&mut times.marshalling, of_stages, write)?;
    Some((marshalled, code))
}

/// Compiles all sources.
fn round(sources: &[Source], arena: &mut Arena, session: &mut Session, of_stages: bool) -> Times {
    let mut times = Times { of_stages, ..Times::default() };
    let start = Instant::now();
    for source in sources {
        // Setting up and throwing away what a compilation makes is part of it.
        arena.reset();
        let made = compile(source, arena, session, &mut times);
        measured(&mut times.disposal, of_stages, || drop(std::hint::black_box(made)));
    }
    times.total = start.elapsed();
    times
}

fn print_stages(times: &Times, bytes: usize) {
    let compiling = &times.compiling;
    let stages = [
        ("lexer and parser", times.parsing),
        ("preprocessing", compiling.preprocessing),
        ("symbols", compiling.symbols),
        ("code generation", compiling.code_generation),
        ("flow graph", compiling.flow_graph),
        ("assembly", compiling.assembly),
        ("marshal", times.marshalling),
        ("disposal of the code", times.disposal),
    ];
    let other = times.total.saturating_sub(stages.iter().map(|stage| stage.1).sum());
    for (stage, time) in stages.into_iter().chain([("other disposal", other)]) {
        print_line(stage, time, bytes);
    }
}

fn print_line(stage: &str, time: Duration, bytes: usize) {
    let speed = bytes as f64 / 1e6 / time.as_secs_f64();
    println!("{stage:<20} {:>8.1} ms {speed:>7.1} MB/s", time.as_secs_f64() * 1e3);
}

/// The processor time that this process has used, where the system tells.
fn processor_time() -> Duration {
    const TICKS_A_SECOND: f64 = 100.0;
    let read = || {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The name of the program, in parentheses, is the second field.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
        Some(Duration::from_secs_f64((ticks(14)? + ticks(15)?) / TICKS_A_SECOND))
    };
    read().unwrap_or_default()
}

/// The most memory that this process has had, in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// A CPython that compiles the same sources whenever it is told to.
struct CPython {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

const SCRIPT: &str = "\
import marshal, sys, time, warnings
warnings.simplefilter('ignore')
sources = []
for path in sys.stdin:
    path = path.removesuffix('\\n')
    if not path:
        break
    with open(path, 'rb') as file:
        sources.append((file.read(), path))
for _ in sys.stdin:
    start, processor = time.perf_counter(), time.process_time()
    for source, path in sources:
        marshal.dumps(compile(source, path, 'exec', dont_inherit=True))
    print(time.perf_counter() - start, time.process_time() - processor, flush=True)
";

impl CPython {
    fn start(python: &str, sources: &[Source]) -> Result<CPython, Failure> {
        let mut process = Command::new(python)
            .args(["-I", "-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{python}: {error}"))?;
        let mut input = process.stdin.take().ok_or("no pipe to CPython")?;
        let output = BufReader::new(process.stdout.take().ok_or("no pipe from CPython")?);
        for source in sources {
            writeln!(input, "{}", source.path.display())?;
        }
        writeln!(input)?;
        Ok(CPython { process, input, output })
    }

    /// How long it takes, and how much processor time.
    fn round(&mut self) -> Result<(Duration, Duration), Failure> {
        writeln!(self.input, "go")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let (elapsed, processor) = line.trim().split_once(' ').ok_or("CPython has stopped")?;
        Ok((Duration::from_secs_f64(elapsed.parse()?), Duration::from_secs_f64(processor.parse()?)))
    }
}

impl Drop for CPython {
    fn drop(&mut self) {
        // It only waits: there is nothing to lose, and nothing to do if it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
