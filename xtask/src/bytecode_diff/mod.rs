//! Compares what Kaa and CPython make of sources: both run the same script, which writes down what
//! Python code can see of a compilation.

mod codes;
mod columns;
mod mutate;
mod plan;
mod report;
mod worker;

use std::path::PathBuf;
use std::time::Duration;

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::progress::Progress;
use crate::python::{self, TemporaryFolder};
use crate::{parallel, repository};
use plan::Plan;
use report::{Outcome, Totals, compare};
use worker::{Answer, Worker};

pub const HELP: &str = "\
Usage: cargo xtask bytecode-diff [OPTION]… [FOLDER|FILE…]

Has CPython and Kaa say what they make of each Python file (without names: CPython's whole
library, tests included), and compares:
  code        code objects, nested ones too, in every field
  dis         the text of dis.dis
  ast         ast.dump with positions: plain, with type comments, optimized
  symtable    symbol tables
  tokens      tokens of tokenize, or the error that ends them
  warnings    line, category and message of each, in order
  errors      of refused files: type, message, both positions, text
Prints totals, and for each file the first thing that differs, side by side.

Options:
  --python PATH   the CPython 3.14 to compare with; without it python3.14 on PATH,
                  in $KAA_PEERS/bin or in ~/.cache/kaa/peers/bin
  --kaa PATH      the Kaa to compare; without it target/release/kaa
  --only LIST     some of the aspects above, with commas
  --optimize LIST optimization levels: 0 (default), 0,2 or all
  --flags LIST    features of __future__ in force from the start, one at a time: annotations,
                  none,annotations or all
  --mutate N      not the files themselves, but N pieces of them with tokens changed; only
                  errors, code, warnings and tokens unless --only says otherwise; those that
                  differ are kept in target/bytecode-diff
  --seed N        what the changes are drawn from (1)
  --jobs N        processes of each at a time (1)
  --timeout S     seconds that a file may take (120)
  --show N        how many differing files to show (10)
  --lines N       how many lines of a difference to show (8)
  --bytes         name the files whose .pyc would not be the same byte by byte";

struct Options {
    python: PathBuf,
    kaa: PathBuf,
    plan: Plan,
    jobs: usize,
    timeout: Duration,
    show: usize,
    lines: usize,
    name_bytes: bool,
    /// The files are temporary: those that differ are kept.
    keep: bool,
}

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    let (mut python, mut only) = (None, None);
    let (mut paths, mut mutations, mut seed) = (Vec::new(), 0, 1);
    let mut options = Options {
        python: PathBuf::new(),
        kaa: repository::root().join("target/release/kaa"),
        plan: Plan::new(),
        jobs: 1,
        timeout: Duration::from_secs(120),
        show: 10,
        lines: 8,
        name_bytes: false,
        keep: false,
    };
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Plain(path) => paths.push(PathBuf::from(path)),
            Argument::Option(name) => match &*name {
                "--python" => python = Some(arguments.value(&name)?),
                "--kaa" => options.kaa = PathBuf::from(arguments.value(&name)?),
                "--only" => only = Some(arguments.value(&name)?),
                "--optimize" => options.plan.set_levels(&arguments.value(&name)?)?,
                "--flags" => options.plan.set_flags(&arguments.value(&name)?)?,
                "--mutate" => mutations = arguments.number(&name)?,
                "--seed" => seed = arguments.number(&name)?,
                "--jobs" => options.jobs = arguments.number(&name)?,
                "--timeout" => options.timeout = Duration::from_secs(arguments.number(&name)?),
                "--show" => options.show = arguments.number(&name)?,
                "--lines" => options.lines = arguments.number(&name)?,
                "--bytes" => options.name_bytes = true,
                _ => return Err(unknown(&name)),
            },
        }
    }
    options.python = python::find(python)?;
    if !options.kaa.is_file() {
        return Err(format!("{}: no such program; build it, or say --kaa PATH", options.kaa.display()));
    }
    let only = only.or_else(|| (mutations > 0).then(|| "errors,code,warnings,tokens".to_owned()));
    if let Some(only) = only {
        options.plan.set_aspects(&only)?;
    }
    if paths.is_empty() {
        paths.push(python::library(&options.python)?);
    }
    let mut files = python::source_files(&paths)?;
    let folder = TemporaryFolder::new("bytecode-diff")?;
    if mutations > 0 {
        options.keep = true;
        files = mutate::write(&files, mutations, seed, &folder.path().join("mutated"))?;
    }
    let totals = compare_files(&options, &files, &folder)?;
    totals.print();
    Ok(totals.all_same())
}

fn compare_files(options: &Options, files: &[PathBuf], folder: &TemporaryFolder) -> Result<Totals, Failure> {
    let plan = options.plan.to_json();
    let progress = Progress::new("compared", files.len());
    // Every n-th file to each job, so that large ones next to each other are shared out.
    let jobs = options.jobs.clamp(1, files.len().max(1));
    let numbers: Vec<usize> = (0..jobs).collect();
    let results = parallel::map(&numbers, jobs, 8 << 20, |&job| {
        let share: Vec<PathBuf> = files.iter().skip(job).step_by(jobs).cloned().collect();
        let worker = |program, name: &str| {
            let folder = folder.path().join(format!("{name}{job}"));
            Worker::new(program, &plan, folder, options.timeout, &share)
        };
        let (mut python, mut kaa) = (worker(&options.python, "python")?, worker(&options.kaa, "kaa")?);
        let mut outcomes = Vec::with_capacity(share.len());
        for path in &share {
            let (theirs, ours) = (python.next()?, kaa.next()?);
            let outcome = match (theirs, ours) {
                (Answer::Stopped(why), _) => return Err(format!("CPython stopped at {}: {why}", path.display())),
                (_, Answer::Stopped(why)) => Outcome::stopped(why),
                (Answer::Records(theirs), Answer::Records(ours)) => compare(&theirs, &ours, options.lines),
            };
            outcomes.push((path.clone(), outcome));
            progress.step();
        }
        Ok(outcomes)
    });
    drop(progress);
    let mut outcomes = results.into_iter().collect::<Result<Vec<_>, Failure>>()?.concat();
    outcomes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut totals = Totals::default();
    let mut shown = 0;
    for (path, outcome) in &outcomes {
        totals.add(outcome);
        if options.name_bytes
            && let Some(difference) = &outcome.other_bytes
        {
            println!("{}: {difference}", path.display());
        }
        if let Some(difference) = outcome.difference.as_ref().filter(|_| shown < options.show) {
            shown += 1;
            let path = if options.keep { mutate::keep(path)? } else { path.clone() };
            println!("{}: {}", path.display(), difference.what);
            difference.detail.lines().for_each(|line| println!("    {}", line.trim_end()));
        }
    }
    Ok(totals)
}
