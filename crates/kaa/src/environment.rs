//! The settings that a Python is started with: the command line, and the variables `PYTHON*` and
//! `KAA_*` where it says nothing.

use std::ffi::OsString;
use std::path::PathBuf;

use kaa_runtime::{Config, Program};

use crate::options::Options;

/// A setting that Python cannot be started with; the text is what CPython says of it.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(pub String);

/// The environment as far as it counts.
pub struct Environment<'e> {
    ignored: bool,
    get: &'e dyn Fn(&str) -> Option<OsString>,
}

impl<'e> Environment<'e> {
    /// Variables by a function; `-E` and `-I` hide those of Python.
    pub fn new(options: &Options, get: &'e dyn Fn(&str) -> Option<OsString>) -> Environment<'e> {
        Environment { ignored: options.ignore_environment, get }
    }

    /// A variable of Python that is not empty.
    fn value(&self, name: &str) -> Option<OsString> {
        if self.ignored {
            return None;
        }
        (self.get)(name).filter(|value| !value.is_empty())
    }

    /// Its text.
    fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(|value| value.to_string_lossy().into_owned())
    }

    /// A variable that counts: a number stands for itself, any other text for 1.
    fn count(&self, name: &str) -> u32 {
        self.text(name).map_or(0, |value| value.parse().unwrap_or(1))
    }

    fn is_set(&self, name: &str) -> bool {
        self.count(name) > 0
    }

    /// A switch of Kaa's own; these are not Python's, so `-E` does not hide them.
    fn kaa(&self, name: &str) -> Option<String> {
        (self.get)(name).map(|value| value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
    }
}

fn error<T>(function: &str, message: &str) -> Result<T, ConfigError> {
    Err(ConfigError(format!("Fatal Python error: {function}: {message}\nPython runtime state: preinitialized\n")))
}

/// Makes the settings of a command line and an environment.
pub fn config(options: &Options, environment: &Environment<'_>) -> Result<Config, ConfigError> {
    let x_options: Vec<(String, Option<String>)> = options.x_options.iter().map(x_option).collect();
    let x = |name: &str| x_options.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_deref());
    let dev_mode = x("dev").is_some() || environment.is_set("PYTHONDEVMODE");
    let optimize = options.optimize.max(environment.count("PYTHONOPTIMIZE"));
    let inspect = options.inspect || environment.is_set("PYTHONINSPECT");
    let gc = x("gc").flatten().map(str::to_owned).or_else(|| environment.kaa("KAA_GC"));
    let pycache_prefix = match x("pycache_prefix") {
        Some(prefix) => prefix.filter(|prefix| !prefix.is_empty()).map(str::to_owned),
        None => environment.text("PYTHONPYCACHEPREFIX"),
    };
    let test_modules = match x("test-modules") {
        Some(folder) => Some(folder.unwrap_or("1").to_owned()),
        None => environment.kaa("KAA_TEST_MODULES").filter(|value| value != "0"),
    };
    let mut module_search_paths = folders(environment.value("PYTHONPATH"));
    module_search_paths.extend(test_modules.clone().filter(|folder| folder != "1").map(OsString::from));
    Ok(Config {
        module_search_paths,
        home: environment.text("PYTHONHOME"),
        warn_options: warn_options(options, environment, dev_mode),
        hash_seed: hash_seed(environment)?.filter(|_| !options.random_hashes),
        int_max_str_digits: int_max_str_digits(x("int_max_str_digits"), environment)?,
        utf8_mode: utf8_mode(x("utf8"), environment)?,
        import_time: import_time(x("importtime"), environment)?,
        frozen_modules: frozen_modules(x("frozen_modules"), environment)?,
        context_aware_warnings: switch("context_aware_warnings", x("context_aware_warnings"), environment)?,
        thread_inherit_context: switch("thread_inherit_context", x("thread_inherit_context"), environment)?,
        cpu_count: cpu_count(x("cpu_count"), environment)?,
        gc,
        test_modules: test_modules.is_some(),
        pycache_prefix,
        check_hash_based_pycs: options.check_hash_based_pycs.clone(),
        bytes_warning: options.bytes_warning,
        debug: options.debug.max(u32::from(environment.is_set("PYTHONDEBUG"))),
        dont_write_bytecode: options.dont_write_bytecode || environment.is_set("PYTHONDONTWRITEBYTECODE"),
        ignore_environment: options.ignore_environment,
        inspect,
        interactive: options.interactive,
        isolated: options.isolated,
        optimize,
        safe_path: options.safe_path || environment.is_set("PYTHONSAFEPATH"),
        quiet: options.quiet,
        no_user_site: options.no_user_site || environment.is_set("PYTHONNOUSERSITE"),
        no_site: options.no_site,
        unbuffered: options.unbuffered || environment.is_set("PYTHONUNBUFFERED"),
        verbose: options.verbose.max(environment.count("PYTHONVERBOSE")),
        warn_default_encoding: x("warn_default_encoding").is_some() || environment.is_set("PYTHONWARNDEFAULTENCODING"),
        skip_first_line: options.skip_first_line,
        install_signal_handlers: true,
        startup: environment.text("PYTHONSTARTUP"),
        io_encoding: environment.text("PYTHONIOENCODING"),
        argv: argv(options),
        dev_mode,
        fault_handler: dev_mode || x("faulthandler").is_some() || environment.is_set("PYTHONFAULTHANDLER"),
        no_debug_ranges: x("no_debug_ranges").is_some() || environment.is_set("PYTHONNODEBUGRANGES"),
        x_options,
        ..Config::default()
    })
}

/// The folders of a list with `:` between them.
fn folders(list: Option<OsString>) -> Vec<OsString> {
    list.map_or(Vec::new(), |list| std::env::split_paths(&list).map(PathBuf::into_os_string).collect())
}

fn x_option(option: &OsString) -> (String, Option<String>) {
    let option = option.to_string_lossy();
    match option.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (option.into_owned(), None),
    }
}

/// `sys.argv`.
fn argv(options: &Options) -> Vec<OsString> {
    let first = match &options.run {
        Program::Command(_) => "-c".into(),
        Program::Module(_) => "-m".into(),
        Program::Path(path) => path.clone(),
        Program::Stdin if options.stdin_is_named => "-".into(),
        Program::Stdin => OsString::new(),
    };
    std::iter::once(first).chain(options.args.iter().cloned()).collect()
}

/// `sys.warnoptions`, the weakest first.
fn warn_options(options: &Options, environment: &Environment<'_>, dev_mode: bool) -> Vec<String> {
    let mut all = Vec::new();
    if dev_mode {
        all.push("default".to_owned());
    }
    if let Some(filters) = environment.text("PYTHONWARNINGS") {
        all.extend(filters.split(',').map(str::to_owned));
    }
    all.extend(options.warnings.iter().map(|filter| filter.to_string_lossy().into_owned()));
    match options.bytes_warning {
        0 => {}
        1 => all.push("default::BytesWarning".to_owned()),
        _ => all.push("error::BytesWarning".to_owned()),
    }
    all
}

fn hash_seed(environment: &Environment<'_>) -> Result<Option<u32>, ConfigError> {
    match environment.text("PYTHONHASHSEED") {
        None => Ok(None),
        Some(seed) if seed == "random" => Ok(None),
        Some(seed) => match seed.parse() {
            Ok(seed) => Ok(Some(seed)),
            Err(_) => error(
                "config_init_hash_seed",
                "PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]",
            ),
        },
    }
}

fn int_max_str_digits(
    option: Option<Option<&str>>,
    environment: &Environment<'_>,
) -> Result<Option<usize>, ConfigError> {
    const SMALLEST: usize = 640;
    let (name, value) = match option {
        Some(value) => ("-X int_max_str_digits", value.unwrap_or_default().to_owned()),
        None => match environment.text("PYTHONINTMAXSTRDIGITS") {
            Some(value) => ("PYTHONINTMAXSTRDIGITS", value),
            None => return Ok(None),
        },
    };
    match value.parse() {
        Ok(digits) if digits == 0 || (SMALLEST..=i32::MAX as usize).contains(&digits) => Ok(Some(digits)),
        _ => {
            let message = format!("{name}: invalid limit; must be >= {SMALLEST} or 0 for unlimited.");
            error("config_init_int_max_str_digits", &message)
        }
    }
}

fn import_time(option: Option<Option<&str>>, environment: &Environment<'_>) -> Result<u32, ConfigError> {
    let variable = environment.text("PYTHONPROFILEIMPORTTIME");
    let (value, what) = match &option {
        Some(value) => (value.unwrap_or_default(), "-X importtime: "),
        None => match &variable {
            Some(value) => (value.as_str(), "PYTHONPROFILEIMPORTTIME: numeric "),
            None => return Ok(0),
        },
    };
    match value.parse() {
        Ok(value @ 0..=2) => Ok(value),
        Ok(_) => {
            error("config_init_import_time", &format!("{what}values other than 1 and 2 are reserved for future use."))
        }
        Err::<i64, _>(_) => Ok(1),
    }
    .map(|value| value as u32)
}

/// An option that is 0 or 1, with the variable of the same name.
fn switch(name: &str, option: Option<Option<&str>>, environment: &Environment<'_>) -> Result<bool, ConfigError> {
    let variable = format!("PYTHON_{}", name.to_uppercase());
    let (value, message) = match option {
        Some(value) => (value.map(str::to_owned), format!("-X {name}=n: n is missing or invalid")),
        None => match environment.text(&variable) {
            Some(value) => (Some(value), format!("{variable}=N: N is missing or invalid")),
            None => return Ok(false),
        },
    };
    match value.as_deref() {
        Some("0") => Ok(false),
        Some("1") => Ok(true),
        _ => error(&format!("config_init_{name}"), &message),
    }
}

fn frozen_modules(option: Option<Option<&str>>, environment: &Environment<'_>) -> Result<bool, ConfigError> {
    let variable = environment.text("PYTHON_FROZEN_MODULES");
    let (text, message) = match &option {
        Some(text) => (text.unwrap_or("on"), "bad value for option -X frozen_modules (expected \"on\" or \"off\")"),
        None => (
            variable.as_deref().unwrap_or("off"),
            "bad value for PYTHON_FROZEN_MODULES environment variable (expected \"on\" or \"off\")",
        ),
    };
    match text {
        "on" | "" => Ok(true),
        "off" => Ok(false),
        _ => error("config_init_frozen_modules", message),
    }
}

fn cpu_count(option: Option<Option<&str>>, environment: &Environment<'_>) -> Result<Option<u32>, ConfigError> {
    let variable = environment.text("PYTHON_CPU_COUNT");
    let (text, message) = match option {
        Some(text) => (text, "-X cpu_count=n option: n is missing or an invalid number, n must be greater than 0"),
        None => (variable.as_deref(), "PYTHON_CPU_COUNT: invalid number, n must be greater than 0"),
    };
    match text {
        None if option.is_none() => Ok(None),
        Some("default") => Ok(None),
        text => match text.and_then(|text| text.parse().ok()).filter(|&count| count > 0) {
            Some(count) => Ok(Some(count)),
            None => error("config_init_cpu_count", message),
        },
    }
}

fn utf8_mode(option: Option<Option<&str>>, environment: &Environment<'_>) -> Result<bool, ConfigError> {
    match option {
        Some(None | Some("1")) => return Ok(true),
        Some(Some("0")) => return Ok(false),
        Some(_) => return error("preconfig_init_utf8_mode", "invalid -X utf8 option value"),
        None => {}
    }
    match environment.text("PYTHONUTF8").as_deref() {
        Some("1") => Ok(true),
        Some("0") => Ok(false),
        Some(_) => error("preconfig_init_utf8_mode", "invalid PYTHONUTF8 environment variable value"),
        // Text is UTF-8 in the locale C and POSIX too.
        None => {
            let set = |name: &str| {
                (environment.get)(name).map(|v| v.to_string_lossy().into_owned()).filter(|v| !v.is_empty())
            };
            let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
            Ok(locale.is_none_or(|locale| locale == "C" || locale == "POSIX"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(args: &[&str], variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let options = crate::options::parse(args.iter().map(OsString::from)).expect("known options");
        let get = |name: &str| variables.iter().find(|(given, _)| *given == name).map(|(_, value)| value.into());
        config(&options, &Environment::new(&options, &get))
    }

    #[test]
    fn variables_stand_in_for_options() {
        let config = made(
            &["-O", "-Wignore"],
            &[("PYTHONOPTIMIZE", "2"), ("PYTHONVERBOSE", "yes"), ("PYTHONWARNINGS", "a,b"), ("PYTHONPATH", "/x:/y")],
        )
        .unwrap();
        assert_eq!((config.optimize, config.verbose), (2, 1));
        assert_eq!(config.warn_options, ["a", "b", "ignore"]);
        assert_eq!(config.module_search_paths, ["/x", "/y"]);
    }

    #[test]
    fn variables_may_be_ignored() {
        let config = made(&["-E"], &[("PYTHONOPTIMIZE", "2"), ("PYTHONHASHSEED", "x"), ("KAA_GC", "stress")]).unwrap();
        assert_eq!(config.optimize, 0);
        assert_eq!(config.gc.as_deref(), Some("stress"));
    }

    #[test]
    fn bad_values_are_refused() {
        let wrong = |args: &[&str], variables: &[(&str, &str)]| made(args, variables).unwrap_err().0;
        assert!(wrong(&[], &[("PYTHONHASHSEED", "-1")]).contains("must be \"random\" or an integer"));
        assert!(wrong(&["-Xint_max_str_digits=5"], &[]).contains("-X int_max_str_digits: invalid limit"));
        assert!(wrong(&["-Xutf8=2"], &[]).contains("invalid -X utf8 option value"));
    }

    #[test]
    fn argv_names_what_runs() {
        assert_eq!(made(&["-c", "x", "a"], &[]).unwrap().argv, ["-c", "a"]);
        assert_eq!(made(&["-", "a"], &[]).unwrap().argv, ["-", "a"]);
        assert_eq!(made(&[], &[]).unwrap().argv, [""]);
    }
}
