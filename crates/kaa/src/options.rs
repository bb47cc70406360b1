//! The command line of `python3.14`, as CPython reads it (`Python/initconfig.c`): options up to
//! the first argument that is none, `-c` or `-m`; single letters may be joined.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use kaa_runtime::Program;

/// What is printed instead of running anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Information {
    /// `-h`
    Help,
    /// `--help-env`
    Environment,
    /// `--help-xoptions`
    XOptions,
    /// `--help-all`
    All,
    /// `-V`
    Version,
    /// `-VV`
    LongVersion,
}

/// The options of one command line.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "named for the options, which the help text explains")]
pub struct Options {
    pub run: Program,
    /// Whether `-` stands for standard input.
    pub stdin_is_named: bool,
    /// What follows: `sys.argv[1:]`.
    pub args: Vec<OsString>,
    pub information: Option<Information>,
    pub bytes_warning: u32,
    pub dont_write_bytecode: bool,
    pub debug: u32,
    pub ignore_environment: bool,
    pub inspect: bool,
    /// `-R`: whatever the variable says.
    pub random_hashes: bool,
    pub interactive: bool,
    pub isolated: bool,
    pub optimize: u32,
    pub safe_path: bool,
    pub quiet: bool,
    pub no_user_site: bool,
    pub no_site: bool,
    pub unbuffered: bool,
    pub verbose: u32,
    pub skip_first_line: bool,
    pub warnings: Vec<OsString>,
    pub x_options: Vec<OsString>,
    pub check_hash_based_pycs: Option<String>,
}

/// A command line that cannot be read; the text is what CPython prints before the usage line.
#[derive(Debug, PartialEq, Eq)]
pub struct UsageError(pub String);

/// Reads the arguments after the program's name.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Options, UsageError> {
    let mut options = Options::default();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let bytes = arg.as_bytes();
        if bytes == b"-" || !bytes.starts_with(b"-") {
            options.program(arg);
            options.args.extend(args);
            return Ok(options);
        }
        if bytes == b"--" {
            if let Some(path) = args.next() {
                options.program(path);
            }
            options.args.extend(args);
            return Ok(options);
        }
        if bytes.starts_with(b"--") {
            long_option(&arg, &mut args, &mut options)?;
        } else if short_options(&bytes[1..], &mut args, &mut options)? {
            options.args.extend(args);
            return Ok(options);
        }
    }
    Ok(options)
}

fn long_option(
    arg: &OsStr,
    args: &mut impl Iterator<Item = OsString>,
    options: &mut Options,
) -> Result<(), UsageError> {
    match arg.to_str() {
        Some("--help") => options.inform(Information::Help),
        Some("--help-env") => options.inform(Information::Environment),
        Some("--help-xoptions") => options.inform(Information::XOptions),
        Some("--help-all") => options.inform(Information::All),
        Some("--version") => options.version(),
        Some("--check-hash-based-pycs") => {
            let value = args.next().ok_or_else(|| UsageError(missing("--check-hash-based-pycs")))?;
            match value.to_str() {
                Some(value @ ("default" | "always" | "never")) => {
                    options.check_hash_based_pycs = Some(value.to_owned());
                }
                _ => {
                    let message = "--check-hash-based-pycs must be one of 'default', 'always', or 'never'";
                    return Err(UsageError(message.to_owned()));
                }
            }
        }
        _ => return Err(UsageError(format!("Unknown option: {}", arg.to_string_lossy()))),
    }
    Ok(())
}

fn missing(option: &str) -> String {
    format!("Argument expected for the {option} option")
}

/// Reads joined letters; `true` when `-c` or `-m` ended the options.
fn short_options(
    letters: &[u8],
    args: &mut impl Iterator<Item = OsString>,
    options: &mut Options,
) -> Result<bool, UsageError> {
    for (position, &letter) in letters.iter().enumerate() {
        if matches!(letter, b'c' | b'm' | b'W' | b'X') {
            let rest = &letters[position + 1..];
            let value = match rest {
                [] => args.next().ok_or_else(|| UsageError(missing(&format!("-{}", letter as char))))?,
                _ => OsString::from_vec(rest.to_vec()),
            };
            match letter {
                b'c' => options.run = Program::Command(value),
                b'm' => options.run = Program::Module(value),
                b'W' => options.warnings.push(value),
                _ => options.x_options.push(value),
            }
            return Ok(matches!(letter, b'c' | b'm'));
        }
        match letter {
            b'b' => options.bytes_warning += 1,
            b'B' => options.dont_write_bytecode = true,
            b'd' => options.debug += 1,
            b'E' => options.ignore_environment = true,
            b'i' => (options.inspect, options.interactive) = (true, true),
            b'I' => {
                options.isolated = true;
                options.ignore_environment = true;
                options.no_user_site = true;
                options.safe_path = true;
            }
            b'O' => options.optimize += 1,
            b'P' => options.safe_path = true,
            b'q' => options.quiet = true,
            b's' => options.no_user_site = true,
            b'S' => options.no_site = true,
            b'u' => options.unbuffered = true,
            b'v' => options.verbose += 1,
            b'x' => options.skip_first_line = true,
            b'h' | b'?' => options.inform(Information::Help),
            b'V' => options.version(),
            b'R' => options.random_hashes = true,
            // Accepted for compatibility.
            b't' => {}
            _ => return Err(UsageError(format!("Unknown option: -{}", letter as char))),
        }
    }
    Ok(false)
}

impl Options {
    fn program(&mut self, path: OsString) {
        self.stdin_is_named = path == "-";
        self.run = if self.stdin_is_named { Program::Stdin } else { Program::Path(path) };
    }

    fn inform(&mut self, information: Information) {
        self.information.get_or_insert(information);
    }

    fn version(&mut self) {
        self.information = match self.information {
            None => Some(Information::Version),
            Some(Information::Version) => Some(Information::LongVersion),
            other => other,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Options {
        parse(args.iter().map(OsString::from)).unwrap()
    }

    #[test]
    fn options_end_at_the_program() {
        let options = parsed(&["-Bs", "app.py", "-O", "x"]);
        assert!(options.dont_write_bytecode && options.no_user_site && options.optimize == 0);
        assert_eq!(options.run, Program::Path("app.py".into()));
        assert_eq!(options.args, ["-O", "x"]);
    }

    #[test]
    fn values_may_be_joined_to_their_letter() {
        assert_eq!(parsed(&["-OOcprint(1)", "-v"]).run, Program::Command("print(1)".into()));
        let options = parsed(&["-Wignore", "-X", "dev", "-Im", "pkg", "-c"]);
        assert_eq!(options.warnings, ["ignore"]);
        assert_eq!(options.x_options, ["dev"]);
        assert!(options.isolated && options.ignore_environment);
        assert_eq!((options.run, options.args), (Program::Module("pkg".into()), vec!["-c".into()]));
    }

    #[test]
    fn mistakes_are_worded_as_by_cpython() {
        let error = |args: &[&str]| parse(args.iter().map(OsString::from)).unwrap_err().0;
        assert_eq!(error(&["-z"]), "Unknown option: -z");
        assert_eq!(error(&["-c"]), "Argument expected for the -c option");
        assert_eq!(error(&["-OX"]), "Argument expected for the -X option");
        assert_eq!(error(&["--foo"]), "Unknown option: --foo");
    }

    #[test]
    fn versions_and_help_are_told_apart() {
        assert_eq!(parsed(&["-V"]).information, Some(Information::Version));
        assert_eq!(parsed(&["-VV"]).information, Some(Information::LongVersion));
        assert_eq!(parsed(&["--help"]).information, Some(Information::Help));
    }
}
