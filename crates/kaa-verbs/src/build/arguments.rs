//! The arguments of `kaa build`.

use std::ffi::OsString;
use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};

use clap::{ArgAction, Parser};
use kaa_build::{Data, EntryPoint, Options, environment, project};
use kaa_compile::Level;

const EXAMPLES: &str = "\
Examples:
  kaa build app.py                        the program app, beside you: copy it anywhere and run it
  kaa build app.py --run -- -v in.txt     build it and run it with these arguments
  kaa build src/tool -o dist/tool         a package with __main__.py, run as python -m tool runs it
  kaa build app.pyz                       a zip file with __main__.py
  kaa build --entry-point pkg.cli:main    a function, as a console script calls it
  kaa build app.py --path vendor          modules of ./vendor as well; zip files and wheels, too
  kaa build app.py --include plugins.csv --collect themes --add-data assets:assets
                                          what the program imports or reads by names it puts together
  kaa build app.py --exclude numpy --report app.json --sbom app.cdx.json
  kaa build                               the program of pyproject.toml: [tool.kaa.build], or the
                                          one command of [project.scripts]

Modules are searched as Python does: in the program's folder, each --path, the library, and the
activated virtual environment. Only what the program imports goes in. Data files of its packages and
the records of its distributions go in by themselves, other data with --add-data.

In pyproject.toml the same words stand under [tool.kaa.build]: program, entry-point, output, path,
include, exclude, collect, add-data, optimize, keep-docstrings, debug, report, sbom; and
traceback-names = false, inspectable = false. Paths there are relative to the file. What stands on the
command line counts more; lists are joined.

The verb is the word alone: a file named build runs with `kaa ./build`.";

/// Packs a Python program and all that it needs into one executable, which runs on machines with
/// neither Python nor Kaa and unpacks nothing
#[derive(Debug, Parser)]
#[command(name = "kaa build", bin_name = "kaa build", after_help = EXAMPLES, max_term_width = 100)]
pub struct Arguments {
    /// A script, or a folder or zip file with __main__.py; with --entry-point where its module is
    #[arg(value_name = "PROGRAM")]
    program: Option<PathBuf>,

    /// Arguments of the program for --run
    #[arg(last = true, value_name = "ARG", requires = "run")]
    pub args: Vec<OsString>,

    /// Call a function of a module; a module alone runs as with -m
    #[arg(short, long, value_name = "MODULE[:FUNCTION]", value_parser = EntryPoint::parse)]
    entry_point: Option<EntryPoint>,

    /// The executable's name [default: the program's, in this folder]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Put in a module that the program imports by a name that only running shows; MODULE.* for all
    /// in a package
    #[arg(short, long, value_name = "MODULE")]
    include: Vec<String>,

    /// Keep a module out, and all below it
    #[arg(short = 'x', long, value_name = "MODULE")]
    exclude: Vec<String>,

    /// Put in all modules and data of a package
    #[arg(short, long, value_name = "PACKAGE")]
    collect: Vec<String>,

    /// Put in a file, or all files of a folder, below the folder DEST of the program
    #[arg(short = 'd', long, value_name = "SRC:DEST", value_parser = Data::parse)]
    add_data: Vec<Data>,

    /// Search modules there, too, before the library
    #[arg(short, long, value_name = "FOLDER")]
    path: Vec<PathBuf>,

    /// Leave out assert statements; -OO: docstrings as well
    #[arg(short = 'O', action = ArgAction::Count)]
    optimize: u8,

    /// Keep all docstrings, those of the library too; without it only those are kept that the program
    /// may read
    #[arg(long, overrides_with = "no_docstrings")]
    keep_docstrings: bool,

    /// Keep no docstring, even where the program reads one
    #[arg(long)]
    no_docstrings: bool,

    /// Leave files and lines out of tracebacks
    #[arg(long)]
    no_tracebacks_names: bool,

    /// Keep what is in the executable from `kaa inspect`
    #[arg(long)]
    no_inspect: bool,

    /// Keep symbols and debug information of the runtime, and what its native stack is walked by: for
    /// debuggers, profilers, and faulthandler after a crash
    #[arg(long, overrides_with = "strip")]
    debug: bool,

    /// Drop them, which is done without --debug, too
    #[arg(long)]
    strip: bool,

    /// Write what went in and why, with sizes and hashes, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Write the components and their licences in the form of CycloneDX 1.6
    #[arg(long, value_name = "FILE")]
    sbom: Option<PathBuf>,

    /// Run the program once it is built
    #[arg(short, long)]
    pub run: bool,

    /// How many threads compile; as many as there are cores without it
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    jobs: Option<u32>,

    /// No progress and no summary; -qq: no warnings either
    #[arg(short, long, action = ArgAction::Count)]
    pub quiet: u8,
}

impl Arguments {
    /// What is asked for, with what the project says; and warnings. `environment` is the folder of the
    /// activated virtual environment.
    pub fn options(&self, environment: Option<&Path>) -> Result<(Options, Vec<String>), String> {
        let mut options = Options {
            program: self.program.clone(),
            entry_point: self.entry_point.clone(),
            output: self.output.clone(),
            paths: self.path.clone(),
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            collect: self.collect.clone(),
            data: self.add_data.clone(),
            report: self.report.clone(),
            sbom: self.sbom.clone(),
            ..Options::default()
        };
        let start = self.program.as_deref().unwrap_or(Path::new("."));
        let project = project::find(start)?.unwrap_or_default();
        if self.program.is_none() && self.entry_point.is_none() && project.scripts.len() > 1 {
            let says = project.program.is_some() || project.entry_point.is_some();
            let names: Vec<&str> = project.scripts.iter().map(|(name, _)| name.as_str()).collect();
            if !says {
                return Err(format!(
                    "the project has several commands, {}; --entry-point says which is meant",
                    names.join(", ")
                ));
            }
        }
        let level = match self.optimize {
            0 => project.optimize,
            count => Level::new(count.min(2).into()),
        };
        options.level = level.unwrap_or_default();
        options.keep_docstrings = match (self.keep_docstrings, self.no_docstrings) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => project.keep_docstrings,
        };
        options.traceback_names = !self.no_tracebacks_names && project.traceback_names.unwrap_or(true);
        options.inspectable = !self.no_inspect && project.inspectable.unwrap_or(true);
        options.debug = self.debug || !self.strip && project.debug.unwrap_or(false);
        options.jobs = match self.jobs {
            Some(jobs) => jobs as usize,
            None => kaa_compile::Options::default().jobs,
        };
        project.complete(&mut options);
        let mut warnings = Vec::new();
        if let Some(folder) = environment {
            match environment::of_virtual_environment(folder) {
                Ok(folders) => options.environment = folders,
                Err(warning) => warnings.push(warning),
            }
        }
        if options.keep_docstrings == Some(true) && options.level.number() == 2 {
            warnings.push("-OO leaves docstrings out, --keep-docstrings cannot keep them".to_owned());
        }
        Ok((options, warnings))
    }

    /// Whether somebody looks at the errors' stream and nothing speaks against showing progress.
    pub fn shows_progress(&self) -> bool {
        self.quiet == 0 && stderr().is_terminal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(args: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from([&["kaa build"], args].concat())
    }

    #[test]
    fn options() {
        let given = ["/x.py", "-OO", "--include=a", "--include", "b.*", "-d", "x:y", "--no-inspect", "--strip"];
        let (options, warnings) = arguments(&given).unwrap().options(None).expect("good arguments");
        assert_eq!((options.level.number(), options.include), (2, vec!["a".to_owned(), "b.*".to_owned()]));
        assert!(!options.inspectable && options.traceback_names && !options.debug && warnings.is_empty());
        let of = |args: &[&str]| arguments(args).unwrap().options(None).unwrap().0;
        assert_eq!(of(&["/x.py"]).keep_docstrings, None);
        assert_eq!(of(&["/x.py", "--keep-docstrings"]).keep_docstrings, Some(true));
        // The last one counts.
        assert_eq!(of(&["/x.py", "--keep-docstrings", "--no-docstrings"]).keep_docstrings, Some(false));
        assert_eq!(of(&["/x.py", "--no-docstrings"]).keep_docstrings, Some(false));
    }

    #[test]
    fn mistakes() {
        let error = |args: &[&str]| arguments(args).unwrap_err().to_string();
        assert!(error(&["x.py", "-d", "x"]).contains("says not where the data goes"));
        assert!(error(&["--entry-point", "a:b:c"]).contains("it has the form package.module:function"));
        assert!(error(&["x.py", "--", "1"]).contains("--run"));
        assert!(error(&["x.py", "--inclood", "a"]).contains("--include"));
        let (options, _) = arguments(&["x.py", "--run", "--", "-v"]).map(|a| (a.args.clone(), a.run)).unwrap();
        assert_eq!(options, ["-v"]);
    }
}
