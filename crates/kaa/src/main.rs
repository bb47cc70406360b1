//! The command `kaa`: what `python3.14` is, and Kaa's own verbs.

mod options;

use std::process::ExitCode;

use kaa_runtime::{Config, Runtime};
use options::{Options, Run};

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_default();
    let options = match options::parse(args) {
        Ok(options) => options,
        Err(error) => {
            let program = program.to_string_lossy();
            eprintln!("{}", error.0);
            eprintln!("usage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...");
            eprintln!("Try `kaa -h' for more information.");
            return ExitCode::from(2);
        }
    };
    ExitCode::from(run(&options) as u8)
}

/// Starts Python and runs what the options say; gives the exit code.
fn run(options: &Options) -> i32 {
    let config = config(options);
    let runtime = match Runtime::start(config, &[]) {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("kaa: {error}");
            return 1;
        }
    };
    let vm = &*runtime.vm;
    let code = match &options.run {
        Run::Command(text) => kaa_runtime::run::run_source(vm, text.as_encoded_bytes(), "<string>"),
        Run::Path(path) => match std::fs::read(path) {
            Ok(source) => kaa_runtime::run::run_source(vm, &source, &path.to_string_lossy()),
            Err(error) => {
                let number = error.raw_os_error().unwrap_or(0);
                let text = error.to_string();
                let text = text.split(" (os error").next().unwrap_or_default();
                eprintln!("kaa: can't open file '{}': [Errno {number}] {text}", path.to_string_lossy());
                2
            }
        },
        Run::Module(_) | Run::Stdin => {
            eprintln!("kaa: running modules and standard input is not built yet");
            1
        }
    };
    runtime.finish(code)
}

fn config(options: &Options) -> Config {
    let text = |text: &std::ffi::OsString| text.to_string_lossy().into_owned();
    let first = match &options.run {
        Run::Command(_) => "-c".to_owned(),
        Run::Module(_) => "-m".to_owned(),
        Run::Path(path) => text(path),
        Run::Stdin => String::new(),
    };
    let x_options = options.x_options.iter().map(|option| {
        let option = text(option);
        match option.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (option, None),
        }
    });
    let x_options: Vec<_> = x_options.collect();
    Config {
        executable: std::env::current_exe().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default(),
        argv: std::iter::once(first).chain(options.args.iter().map(text)).collect(),
        orig_argv: std::env::args().collect(),
        gc: x_options.iter().find(|(name, _)| name == "gc").and_then(|(_, value)| value.clone()),
        hash_seed: std::env::var("PYTHONHASHSEED").ok().and_then(|seed| seed.parse().ok()),
        x_options,
        bytes_warning: options.bytes_warning,
        dont_write_bytecode: options.dont_write_bytecode,
        ignore_environment: options.ignore_environment,
        inspect: options.inspect,
        interactive: options.interactive,
        isolated: options.isolated,
        optimize: options.optimize,
        safe_path: options.safe_path,
        quiet: options.quiet,
        no_user_site: options.no_user_site,
        no_site: options.no_site,
        unbuffered: options.unbuffered,
        install_signal_handlers: true,
        verbose: options.verbose,
        ..Config::default()
    }
}
