//! The phases of a build, one after the other.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kaa_bytecode::packed;
use kaa_compile::{Control, Diagnostic, Python, on_all_threads, os_error};
use kaa_compiler::Docstrings;
use kaa_image::{ImageError, Module, Plan, Settings, Template};

use crate::chains::Chains;
use crate::compiling::{Compiler, Source, without_lines};
use crate::data::{self, DataFile};
use crate::distributions::Distributions;
use crate::find::{Finder, Kind, Origin, Root};
use crate::graph::{By, Graph, Growth};
use crate::options::{Options, is_identifier};
use crate::problems::{self, Problem};
use crate::program::{self, Program};
use crate::scan::When;
use crate::{hidden, report, sbom};

/// A part of a build, as the progress display names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Modules are found and compiled.
    Modules,
    /// Data is read.
    Data,
    /// The executable is put together.
    Image,
    /// It is written.
    Write,
}

impl Phase {
    pub fn name(self) -> &'static str {
        match self {
            Phase::Modules => "Modules",
            Phase::Data => "Data",
            Phase::Image => "Image",
            Phase::Write => "Write",
        }
    }
}

/// Who looks on.
pub trait Progress: Control {
    /// A phase begins.
    fn phase(&self, _phase: Phase) {}
}

/// What a build needs of the program that does it.
pub struct Host<'h> {
    /// The modules that the runtime has in itself.
    pub native: Vec<String>,
    /// What only a running Python can answer.
    pub python: &'h dyn Python,
    /// What is copied.
    pub template: Template<'h>,
    /// What is linked into it beside the crates that it is made of.
    pub linked: Vec<Linked>,
    pub progress: &'h dyn Progress,
}

/// Something of others that is linked into the runtime.
#[derive(Clone, Debug)]
pub struct Linked {
    pub name: &'static str,
    pub version: Option<String>,
    pub license: &'static str,
}

/// Why nothing was built.
#[derive(Debug)]
pub enum Failure {
    /// What is asked for makes no sense.
    Usage(String),
    /// The system refuses.
    Os(Diagnostic),
    /// The program cannot run: all that there is to say, errors first.
    Problems(Vec<Problem>),
    /// The executable cannot be put together.
    Image(ImageError),
    /// It was interrupted.
    Stopped,
}

/// Whose docstrings are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    All,
    /// Those of the program and of installed packages, as this module reads docstrings.
    Programs(String),
    /// Those that a module reads of its own.
    Own,
    None,
}

/// An executable, and all that there is to say of it.
pub struct Built {
    pub plan: Plan,
    pub graph: Graph,
    pub chains: Chains,
    pub distributions: Distributions,
    pub linked: Vec<Linked>,
    pub files: Vec<DataFile>,
    /// Warnings.
    pub problems: Vec<Problem>,
    /// Warnings of the compiler, each with its file.
    pub diagnostics: Vec<(String, Diagnostic)>,
    pub docstrings: Kept,
    pub executable: Vec<u8>,
    pub output: PathBuf,
    pub times: Vec<(Phase, Duration)>,
}

/// How many modules there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Whose, and how many: the program's, those of each distribution, the library's.
    pub modules: Vec<(String, usize)>,
}

impl Built {
    pub fn counts(&self) -> Counts {
        let mut program = 0;
        let mut library = 0;
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        for module in &self.plan.modules {
            let found = &self.graph.modules[&module.name].found;
            match (found.origin, self.distributions.owner(found.root, &found.path)) {
                (Origin::Library, _) => library += 1,
                (Origin::Program, None) => program += 1,
                (_, Some(owner)) => *others.entry(format!("{} {}", owner.name, owner.version)).or_default() += 1,
                (_, None) => *others.entry("other folders".to_owned()).or_default() += 1,
            }
        }
        let own = ("the program".to_owned(), program);
        let library = ("the library".to_owned(), library);
        let modules = [own].into_iter().chain(others).chain([library]).filter(|(_, count)| *count > 0).collect();
        Counts { modules }
    }
}

/// Builds an executable, and writes what options ask for beside it.
pub fn build(options: &Options, host: &Host<'_>) -> Result<Built, Failure> {
    let mut clock = Clock { progress: host.progress, times: Vec::new(), begun: Instant::now() };
    clock.begin(Phase::Modules);
    let program = program::find(options)?;
    let output = output(options, &program)?;
    let name = options.name.clone().unwrap_or_else(|| program.name.clone());
    let Program { start, root, script, main, modules, .. } = program;
    let finder = Finder::new(roots(root, options)?, host.native.clone());
    let docstrings = match options.keep_docstrings {
        Some(true) => Docstrings::ByLevel,
        _ => Docstrings::None,
    };
    let compiler = Compiler { level: options.level, docstrings, python: host.python, jobs: options.jobs };
    let mut growth = Growth::new(&finder, &compiler, host.progress, &options.exclude, main.clone());
    if let Some(found) = script {
        growth.add_script("__main__", found);
    }
    modules.iter().for_each(|name| growth.want(name, By::Start, When::Always));
    hidden::BY_THE_RUNTIME.iter().for_each(|name| growth.want(name, By::Runtime, When::Always));
    for name in &options.include {
        match name.strip_suffix(".*") {
            Some(package) => growth.want_all_of(package, &By::Option("--include")),
            None => growth.want(name, By::Option("--include"), When::Perhaps),
        }
    }
    options.collect.iter().for_each(|package| growth.want_all_of(package, &By::Option("--collect")));
    growth.grow();
    if host.progress.stop() {
        return Err(Failure::Stopped);
    }
    let mut graph = growth.graph;
    let chains = Chains::new(&graph);
    let mut problems = problems::of_missing(&graph, &chains, &finder);
    if problems.iter().any(|problem| problem.is_error) {
        return Err(Failure::Problems(problems));
    }
    problems.extend(problems::of_computed(&graph));
    let kept = keep_docstrings(&mut graph, options, &finder, &compiler, main.as_deref(), host.progress);
    let modules = plan_modules(&graph, &chains, options)?;
    clock.begin(Phase::Data);
    let distributions = Distributions::new(&finder);
    let files = data::collect(&finder, &graph, &distributions, options)?;
    clock.begin(Phase::Image);
    let settings = Settings {
        name,
        optimize: options.level.number(),
        traceback_names: options.traceback_names,
        inspectable: options.inspectable,
    };
    let planned = files.iter().map(|file| kaa_image::File {
        path: file.path.clone(),
        data: file.data.clone(),
        from_library: file.from_library,
    });
    let plan = Plan { start, modules, files: planned.collect(), settings, debug: options.debug };
    let executable = kaa_image::write(&host.template, &plan).map_err(Failure::Image)?;
    let diagnostics = graph.modules.values_mut().flat_map(|node| {
        let path = node.found.path.clone();
        std::mem::take(&mut node.warnings).into_iter().map(move |warning| (path.clone(), warning))
    });
    let diagnostics = diagnostics.collect();
    let mut built = Built {
        plan,
        graph,
        chains,
        distributions,
        linked: host.linked.clone(),
        files,
        problems,
        diagnostics,
        docstrings: kept,
        executable,
        output,
        times: Vec::new(),
    };
    if host.progress.stop() {
        return Err(Failure::Stopped);
    }
    clock.begin(Phase::Write);
    kaa_compile::write(&built.output, &built.executable, 0o777).map_err(Failure::Os)?;
    let beside = [
        (&options.report, report::report as fn(&Built) -> String),
        (&options.sbom, sbom::sbom as fn(&Built) -> String),
    ];
    for (path, make) in beside {
        if let Some(path) = path {
            kaa_compile::write(path, make(&built).as_bytes(), 0o666).map_err(Failure::Os)?;
        }
    }
    built.times = clock.end();
    Ok(built)
}

struct Clock<'c> {
    progress: &'c dyn Progress,
    times: Vec<(Phase, Duration)>,
    begun: Instant,
}

impl Clock<'_> {
    fn begin(&mut self, phase: Phase) {
        self.mark();
        self.times.push((phase, Duration::ZERO));
        self.progress.phase(phase);
    }

    fn mark(&mut self) {
        if let Some((_, time)) = self.times.last_mut() {
            *time = self.begun.elapsed();
        }
        self.begun = Instant::now();
    }

    fn end(mut self) -> Vec<(Phase, Duration)> {
        self.mark();
        self.times
    }
}

/// All that is searched, in Python's order.
fn roots(program: Root, options: &Options) -> Result<Vec<Root>, Failure> {
    let mut roots = vec![program];
    for path in &options.paths {
        let meta = fs::metadata(path).map_err(|error| Failure::Os(os_error(&error, path)))?;
        roots.push(match meta.is_dir() {
            true => Root::folder(path, Origin::Installed),
            false => match program::read_zip(path)? {
                Some(zip) => Root::zip(path, zip, Origin::Installed),
                None => {
                    let shown = path.display();
                    return Err(Failure::Usage(format!("--path {shown}: neither a folder nor a zip file")));
                }
            },
        });
    }
    roots.push(Root::library());
    roots.extend(options.environment.iter().map(|path| Root::folder(path, Origin::Installed)));
    for name in options.include.iter().chain(&options.exclude).chain(&options.collect) {
        let name = name.strip_suffix(".*").unwrap_or(name);
        if !name.split('.').all(is_identifier) {
            return Err(Failure::Usage(format!("{name:?} is no name of a module; it has the form package.module")));
        }
    }
    Ok(roots)
}

/// Where the executable goes.
fn output(options: &Options, program: &Program) -> Result<PathBuf, Failure> {
    let given = options.output.clone();
    let name = options.name.as_deref().unwrap_or(&program.name);
    let output = given.unwrap_or_else(|| match Path::new(name).is_dir() {
        true => format!("{name}.bin").into(),
        false => name.into(),
    });
    let shown = output.display();
    if output.file_name().is_none() || output.as_os_str().to_string_lossy().ends_with('/') {
        return Err(Failure::Usage(format!("{shown} names no file; -o gives the name of the executable")));
    }
    let Ok(meta) = fs::metadata(&output) else { return Ok(output) };
    if meta.is_dir() {
        return Err(Failure::Usage(format!("{shown} is a folder; -o gives the name of the executable")));
    }
    if !meta.is_file() {
        return Err(Failure::Usage(format!("{shown} is no plain file and is left alone")));
    }
    let same = |path: &PathBuf| fs::canonicalize(path).ok() == fs::canonicalize(&output).ok();
    if options.program.as_ref().is_some_and(same) {
        return Err(Failure::Usage(format!("{shown} is the program itself; -o gives another name")));
    }
    Ok(output)
}

/// Compiles those modules again whose docstrings are read.
fn keep_docstrings(
    graph: &mut Graph,
    options: &Options,
    finder: &Finder,
    compiler: &Compiler<'_>,
    main: Option<&str>,
    control: &dyn Progress,
) -> Kept {
    match options.keep_docstrings {
        Some(true) => return Kept::All,
        Some(false) => return Kept::None,
        None if options.level.number() >= 2 => return Kept::None,
        None => {}
    }
    let is_own = |origin| matches!(origin, Origin::Program | Origin::Installed);
    let own = graph.modules.iter().filter(|(_, node)| is_own(node.found.origin) && node.found.kind == Kind::Source);
    let reader = own.clone().find(|(_, node)| node.scan.reads_docs).map(|(name, _)| name.clone());
    let (docstrings, kept) = match reader {
        Some(reader) => (Docstrings::ByLevel, Kept::Programs(reader)),
        None => (Docstrings::OfModule, Kept::Own),
    };
    let wanted = own.filter(|(_, node)| docstrings == Docstrings::ByLevel || node.scan.reads_own_doc);
    let sources: Vec<(String, Source)> =
        wanted.map(|(name, node)| (name.clone(), Source::read(finder, name, &node.found))).collect();
    if sources.is_empty() {
        return Kept::None;
    }
    let size = |(_, source): &(String, Source)| source.len();
    let compiled = on_all_threads(&sources, compiler.jobs, size, control, |(name, source)| {
        compiler.compile_with(source, main == Some(name.as_str()), docstrings).code.ok()
    });
    for ((name, _), code) in sources.iter().zip(compiled) {
        if let (Some(node), Some(Some(code))) = (graph.modules.get_mut(name), code) {
            node.code = Some(code);
        }
    }
    kept
}

fn plan_modules(graph: &Graph, chains: &Chains, options: &Options) -> Result<Vec<Module>, Failure> {
    let mut modules = Vec::with_capacity(graph.modules.len());
    for (name, node) in &graph.modules {
        let found = &node.found;
        let namespace = found.kind == Kind::Namespace;
        let code = match &node.code {
            Some(code) if options.traceback_names => packed::write(code),
            Some(code) => packed::write(&without_lines(code)),
            None if namespace => Ok(Vec::new()),
            None => continue,
        };
        let code = code.map_err(|error| {
            Failure::Os(Diagnostic::without_place("ValueError", format!("{}: {error}", found.path)))
        })?;
        modules.push(Module {
            name: name.clone(),
            is_package: found.is_package(),
            namespace,
            path: found.path.clone(),
            code,
            at_start: chains.is_at_start(name),
            from_library: found.origin == Origin::Library,
        });
    }
    Ok(modules)
}
