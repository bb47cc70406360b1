//! `kaa build`: a program and all that it needs as one executable.

mod arguments;
mod summary;

use std::ffi::OsString;
use std::io::{Write, stderr, stdout};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use kaa_build::{Built, Failure, Host, Linked};
use kaa_host::interrupts;
use kaa_image::Template;

use super::progress::Progress;
use super::python;
use arguments::Arguments;

/// Ends with 0, with 1 when nothing was built, with 2 when the arguments make no sense; with `--run` as
/// the program ends.
pub fn run(args: Vec<OsString>) -> u8 {
    let arguments = match Arguments::try_parse_from(std::iter::once("kaa build".into()).chain(args)) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help is what was asked for; the rest is a mistake.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let environment = std::env::var_os("VIRTUAL_ENV").filter(|value| !value.is_empty()).map(PathBuf::from);
    let (options, warnings) = match arguments.options(environment.as_deref()) {
        Ok(options) => options,
        Err(message) => return fails(&message, 2),
    };
    if arguments.quiet < 2 {
        warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    }
    interrupts::catch();
    let executable = match own_file() {
        Ok(executable) => executable,
        Err(error) => return fails(&format!("the command's own file cannot be read: {error}"), 1),
    };
    let progress = Progress::new("Building", arguments.shows_progress());
    let host = Host {
        native: native_modules(),
        python: &python::Helper::default(),
        template: Template { executable: &executable, library: kaa_library::embedded(), kaa: kaa_library::KAA },
        linked: linked(),
        progress: &progress,
    };
    let result = kaa_build::build(&options, &host);
    progress.clear();
    if let Some(signal) = interrupts::came() {
        interrupts::end_by(signal);
    }
    match result {
        Ok(built) => {
            // A reader that has gone away changes nothing.
            let _ = print(&arguments, &built);
            match arguments.run {
                true => replace(&built.output, &arguments.args),
                false => 0,
            }
        }
        Err(failure) => report(&failure),
    }
}

fn fails(message: &str, code: u8) -> u8 {
    eprintln!("kaa build: {message}");
    code
}

fn own_file() -> std::io::Result<Vec<u8>> {
    std::fs::read(std::env::current_exe()?)
}

/// What the linker adds to the crates.
fn linked() -> Vec<Linked> {
    let rust = Linked {
        name: "Rust standard library",
        version: Some(env!("KAA_RUSTC").to_owned()),
        license: "MIT OR Apache-2.0",
    };
    let c_library = kaa_host::system::linked_c_library();
    let glibc = c_library.map(|version| Linked { name: "glibc", version: Some(version), license: "LGPL-2.1-or-later" });
    let unwinder = Linked { name: "libgcc", version: None, license: "GPL-3.0-or-later WITH GCC-exception-3.1" };
    let all = [Some(rust), glibc, Some(unwinder)];
    all.into_iter().flatten().collect()
}

/// The modules that need no file.
fn native_modules() -> Vec<String> {
    let made_at_start = ["builtins", "sys", "_frozen_importlib", "_frozen_importlib_external"];
    let native = kaa_runtime::start::native_modules().map(|module| module.name);
    native.chain(made_at_start).map(str::to_owned).collect()
}

fn print(arguments: &Arguments, built: &Built) -> std::io::Result<()> {
    if arguments.quiet < 2 {
        let mut out = stderr().lock();
        for (file, warning) in &built.diagnostics {
            out.write_all(warning.as_warning(file).as_bytes())?;
        }
        for problem in &built.problems {
            out.write_all(problem.shown().as_bytes())?;
        }
    }
    if arguments.quiet == 0 {
        let mut out = stdout().lock();
        out.write_all(summary::of(built).as_bytes())?;
        out.flush()?;
    }
    Ok(())
}

fn report(failure: &Failure) -> u8 {
    match failure {
        Failure::Usage(message) => fails(message, 2),
        Failure::Os(error) => fails(&format!("{}: {}", error.class, error.message), 1),
        Failure::Image(error) => fails(&error.to_string(), 1),
        Failure::Stopped => 1,
        Failure::Problems(problems) => {
            let mut out = stderr().lock();
            let shown = problems.iter().try_for_each(|problem| out.write_all(problem.shown().as_bytes()));
            let _ = shown;
            1
        }
    }
}

/// Becomes the program.
fn replace(output: &Path, args: &[OsString]) -> u8 {
    // A name without a slash would be searched elsewhere.
    let path = std::path::absolute(output).unwrap_or_else(|_| output.to_owned());
    let error = Command::new(path).args(args).exec();
    fails(&format!("{}: {error}", output.display()), 1)
}
