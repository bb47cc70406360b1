//! The arguments of `kaa compile`, and the variables that stand in for them.

use std::ffi::OsString;
use std::io::{IsTerminal, stderr};
use std::path::PathBuf;

use clap::{ArgAction, Parser, ValueEnum};
use kaa_compile::{Invalidation, Level, Options, Output, Pattern, Warnings};

const EXAMPLES: &str = "\
Examples:
  kaa compile src                            all of src, on all cores; again: only what changed
  kaa compile --check src tests              does it compile? Writes nothing; 1 when something fails
  kaa compile -o 0,1,2 /usr/lib/python3.14   three files for each source: for python, -O and -OO
  kaa compile --invalidation-mode unchecked-hash -s \"$PWD/build\" -p / build/app
                                             the same bytes at any time in any folder: for images, caches
  kaa compile -b --output-dir dist src       a tree of .pyc files that runs without its sources
  kaa compile --exclude tests --exclude 'vendor/**/*.py' .
  kaa compile --json . > report.json

Variables: PYTHONOPTIMIZE (-o), PYTHONPYCACHEPREFIX (a folder for all .pyc files),
SOURCE_DATE_EPOCH (--invalidation-mode checked-hash), PYTHONINTMAXSTRDIGITS.

Files hold what CPython 3.14 would have written, and either runs them. The verb is the word alone:
a file named compile runs with `kaa ./compile`.";

/// Compiles Python sources to .pyc files, as CPython 3.14 writes them, on all cores
#[derive(Debug, Parser)]
#[command(name = "kaa compile", bin_name = "kaa compile", after_help = EXAMPLES, max_term_width = 100)]
pub struct Arguments {
    /// Files, and folders in which all .py files are compiled, those of inner folders too
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Compile and report, but write nothing
    #[arg(short, long)]
    pub check: bool,

    /// Compile what is up to date, too
    #[arg(short, long)]
    force: bool,

    /// How many threads compile; as many as there are cores without it
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    jobs: Option<u32>,

    /// Optimization: 0, 1 (no assertions), 2 (no docstrings); several with commas or repeated
    #[arg(short, long, value_name = "LEVEL", value_delimiter = ',', action = ArgAction::Append,
          value_parser = clap::value_parser!(u32).range(0..=2))]
    optimize: Vec<u32>,

    /// What tells that a source has changed: its time and size, a hash that imports compare,
    /// or a hash that they trust
    #[arg(long, value_enum, value_name = "MODE")]
    invalidation_mode: Option<Mode>,

    /// Write below DIR, in the folders that the sources have below their PATH
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,

    /// Write NAME.pyc beside NAME.py, where Python finds it even without the source
    #[arg(short = 'b', long)]
    legacy: bool,

    /// Leave out files and folders of a name, or with a / those whose path ends so; as in a
    /// shell, ** for any folders
    #[arg(short = 'x', long, value_name = "PATTERN")]
    exclude: Vec<OsString>,

    /// Take PREFIX off the paths that .pyc files give for their sources in tracebacks
    #[arg(short = 's', long = "strip-source-paths", value_name = "PREFIX")]
    strip: Option<PathBuf>,

    /// Put PREFIX in front of these paths (after -s)
    #[arg(short = 'p', long = "prepend-source-paths", value_name = "PREFIX")]
    prepend: Option<PathBuf>,

    /// What becomes of a SyntaxWarning
    #[arg(short = 'W', long, value_enum, value_name = "ACTION", default_value = "show")]
    warnings: WarningAction,

    /// No summary and no progress bar; -qq: no errors and warnings either
    #[arg(short, long, action = ArgAction::Count)]
    pub quiet: u8,

    /// Print a report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    Timestamp,
    CheckedHash,
    UncheckedHash,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WarningAction {
    Show,
    Ignore,
    Error,
}

impl Arguments {
    /// What is asked for; a variable counts where no argument says it.
    pub fn options(&self, environment: &dyn Fn(&str) -> Option<OsString>) -> Result<Options, String> {
        let text = |name: &str| environment(name).map(|value| value.to_string_lossy().into_owned());
        let mut options = Options::default();
        let mut levels = self.optimize.clone();
        if levels.is_empty() {
            // As CPython reads it: a number stands for itself, other text for 1.
            levels.push(text("PYTHONOPTIMIZE").map_or(0, |value| value.parse().unwrap_or(1)).min(2));
        }
        levels.sort_unstable();
        levels.dedup();
        options.levels = levels.into_iter().filter_map(Level::new).collect();
        options.invalidation = match self.invalidation_mode {
            Some(Mode::Timestamp) => Invalidation::Timestamp,
            Some(Mode::CheckedHash) => Invalidation::CheckedHash,
            Some(Mode::UncheckedHash) => Invalidation::UncheckedHash,
            None if environment("SOURCE_DATE_EPOCH").is_some() => Invalidation::CheckedHash,
            None => Invalidation::Timestamp,
        };
        options.output = match (&self.output_dir, environment("PYTHONPYCACHEPREFIX")) {
            (Some(folder), _) => Output::Folder(folder.clone()),
            (None, Some(prefix)) if !self.legacy => Output::Prefix(prefix.into()),
            (None, _) => Output::Beside,
        };
        if let Some(digits) = text("PYTHONINTMAXSTRDIGITS") {
            options.max_int_digits = match digits.parse() {
                Ok(digits) if digits == 0 || digits >= 640 => digits,
                _ => return Err("PYTHONINTMAXSTRDIGITS: invalid limit; must be >= 640 or 0 for unlimited".into()),
            };
        }
        options.force = self.force;
        options.check = self.check;
        options.legacy = self.legacy;
        options.exclude = self.exclude.iter().map(Pattern::new).collect();
        options.strip.clone_from(&self.strip);
        options.prepend.clone_from(&self.prepend);
        options.warnings = match self.warnings {
            WarningAction::Show => Warnings::Show,
            WarningAction::Ignore => Warnings::Ignore,
            WarningAction::Error => Warnings::Error,
        };
        if let Some(jobs) = self.jobs {
            options.jobs = jobs as usize;
        }
        Ok(options)
    }

    /// Whether somebody looks at the errors' stream and nothing speaks against a bar.
    pub fn shows_progress(&self) -> bool {
        self.quiet == 0 && stderr().is_terminal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(args: &[&str], variables: &[(&str, &str)]) -> Options {
        let arguments = Arguments::try_parse_from([&["kaa compile"], args].concat()).expect("good arguments");
        let environment =
            |name: &str| variables.iter().find(|(given, _)| *given == name).map(|(_, value)| value.into());
        arguments.options(&environment).expect("good variables")
    }

    #[test]
    fn levels_are_lists() {
        let numbers = |args: &[&str], variables: &[(&str, &str)]| {
            options(args, variables).levels.iter().map(|level| level.number()).collect::<Vec<_>>()
        };
        assert_eq!(numbers(&["-o", "2,0", "--optimize=1", "-o1", "x"], &[]), [0, 1, 2]);
        assert_eq!(numbers(&["x"], &[("PYTHONOPTIMIZE", "7")]), [2]);
        assert_eq!(numbers(&["x"], &[("PYTHONOPTIMIZE", "yes")]), [1]);
        assert!(Arguments::try_parse_from(["kaa compile", "-o", "3", "x"]).is_err());
        assert!(Arguments::try_parse_from(["kaa compile"]).is_err());
    }

    #[test]
    fn variables_stand_in_for_arguments() {
        let epoch = [("SOURCE_DATE_EPOCH", "0")];
        assert_eq!(options(&["x"], &epoch).invalidation, Invalidation::CheckedHash);
        assert_eq!(options(&["--invalidation-mode=timestamp", "x"], &epoch).invalidation, Invalidation::Timestamp);
        let prefix = [("PYTHONPYCACHEPREFIX", "/p")];
        assert_eq!(options(&["x"], &prefix).output, Output::Prefix("/p".into()));
        assert_eq!(options(&["-b", "x"], &prefix).output, Output::Beside);
        assert_eq!(options(&["--output-dir", "o", "x"], &prefix).output, Output::Folder("o".into()));
    }
}
