//! The command `kaa`: what `python3.14` is, and Kaa's own verbs.

mod environment;
mod help;
mod options;
mod verbs;

use std::process::ExitCode;

use environment::Environment;
use kaa_runtime::{Config, Runtime};
use options::Options;

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_default();
    let mut args = args.peekable();
    if let Some(verb) = args.peek().and_then(|word| verbs::find(word)) {
        return (verb.run)(args.skip(1).collect());
    }
    let program = program.to_string_lossy();
    let options = match options::parse(args) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{}", error.0);
            eprintln!("usage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...");
            eprintln!("Try `kaa -h' for more information.");
            return ExitCode::from(2);
        }
    };
    if let Some(information) = options.information {
        print!("{}", help::text(information, &program));
        return ExitCode::SUCCESS;
    }
    ExitCode::from(run(&options) as u8)
}

/// Starts Python and runs what the options say; gives the exit code.
fn run(options: &Options) -> i32 {
    let get = |name: &str| std::env::var_os(name);
    let config = match environment::config(options, &Environment::new(options, &get)) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{}", error.0);
            return 1;
        }
    };
    let config = Config {
        executable: std::env::current_exe().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default(),
        orig_argv: std::env::args_os().collect(),
        ..config
    };
    let modules = if config.test_modules { kaa_test_modules::modules() } else { Vec::new() };
    match Runtime::start(config, &modules) {
        Ok(runtime) => {
            let code = kaa_runtime::run::run(&runtime.vm, &options.run);
            runtime.finish(code)
        }
        Err(error) => {
            eprintln!("kaa: {error}");
            1
        }
    }
}
