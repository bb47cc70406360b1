//! The command `kaa`: what `python3.14` is, and Kaa's own verbs.
#![cfg_attr(not(test), no_main)]

mod built;
mod environment;
mod help;
mod notes;
mod options;

use std::ffi::{c_char, c_int};
use std::io::Write;

use environment::Environment;
use kaa_runtime::{Config, Runtime};
use options::Options;

#[global_allocator]
static ALLOCATOR: kaa_batch::Allocator = kaa_batch::Allocator;

/// Called by the C library: what Rust would do before a `main` of its own includes a look at `/proc`,
/// which need not be there.
#[cfg_attr(not(test), unsafe(no_mangle))]
extern "C" fn main(_count: c_int, _arguments: *const *const c_char) -> c_int {
    kaa_host::program::prepare();
    let code = built::run().unwrap_or_else(command);
    // Rust's own stream is not flushed by the C library. Who reads may have read enough.
    let _ = std::io::stdout().flush();
    code
}

/// Runs what the arguments say; gives the exit code of the process.
fn command() -> i32 {
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_default();
    let mut args = args.peekable();
    if let Some(verb) = args.peek().and_then(|word| kaa_verbs::find(word)) {
        return (verb.run)(args.skip(1).collect()).into();
    }
    let program = program.to_string_lossy();
    let options = match options::parse(args) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{}", error.0);
            eprintln!("usage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...");
            eprintln!("Try `kaa -h' for more information.");
            return 2;
        }
    };
    if let Some(information) = options.information {
        print!("{}", help::text(information, &program));
        return 0;
    }
    run(&options)
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
    let executable = kaa_host::program::path();
    executable.iter().for_each(|path| kaa_runtime::built::mount_library(path));
    let config = Config {
        executable: executable.map(Into::into).unwrap_or_default(),
        orig_argv: std::env::args_os().collect(),
        ..config
    };
    #[cfg(feature = "test-modules")]
    let modules = if config.test_modules { kaa_test_modules::modules() } else { Vec::new() };
    #[cfg(not(feature = "test-modules"))]
    let modules = Vec::new();
    if config.test_modules && cfg!(not(feature = "test-modules")) {
        eprintln!("kaa: -X test-modules: this command was built without the feature test-modules");
        return 1;
    }
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
