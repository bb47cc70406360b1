//! `kaa compile`: folders of sources to `.pyc` files.

mod arguments;
mod json;

use std::ffi::OsString;
use std::io::{Write, stderr, stdout};

use clap::Parser;
use kaa_compile::{Report, Summary};
use kaa_host::interrupts;

use super::progress::Progress;
use super::{grouped, python};
use arguments::Arguments;

/// Ends with 0, with 1 when anything failed, with 2 when the arguments make no sense.
pub fn run(args: Vec<OsString>) -> u8 {
    let arguments = match Arguments::try_parse_from(std::iter::once("kaa compile".into()).chain(args)) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help is what was asked for; the rest is a mistake.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let environment = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let options = match arguments.options(&environment) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("kaa compile: {message}");
            return 2;
        }
    };
    interrupts::catch();
    let python = python::Helper::new(arguments.quiet < 2 || arguments.json);
    let progress = Progress::new("Compiling", arguments.shows_progress());
    let summary = kaa_compile::compile(&arguments.paths, &options, &python, &progress);
    progress.clear();
    // A reader that has gone away changes nothing.
    let _ = print(&arguments, &summary);
    if let Some(signal) = interrupts::came() {
        interrupts::end_by(signal);
    }
    if summary.is_success() { 0 } else { 1 }
}

fn print(arguments: &Arguments, summary: &Summary) -> std::io::Result<()> {
    if arguments.json {
        return writeln!(stdout(), "{}", json::summary(summary));
    }
    if arguments.quiet < 2 {
        let mut out = stderr().lock();
        for report in &summary.reports {
            out.write_all(messages(report).as_bytes())?;
        }
    }
    if arguments.quiet == 0 {
        writeln!(stdout(), "{}", in_words(summary, arguments.check))?;
    }
    Ok(())
}

/// The warnings and the error of a source.
fn messages(report: &Report) -> String {
    let warnings = report.warnings.iter().map(|warning| warning.as_warning(&report.filename));
    let error = report.error.iter().map(|error| error.as_error(&report.filename));
    warnings.chain(error).collect()
}

/// `Compiled 120 files (1.4 MB) in 0.11 s, 12.7 MB/s; 3 were up to date, 1 failed`
fn in_words(summary: &Summary, check: bool) -> String {
    let verb = if check { "Checked" } else { "Compiled" };
    let megabytes = summary.source_bytes as f64 / 1e6;
    let seconds = summary.elapsed.as_secs_f64();
    let files = |count: usize| if count == 1 { "1 file".to_owned() } else { format!("{} files", grouped(count)) };
    let mut text = format!("{verb} {}", files(summary.compiled));
    if summary.compiled > 0 {
        let speed = megabytes / seconds.max(1e-9);
        text.push_str(&format!(" ({megabytes:.1} MB) in {seconds:.2} s, {speed:.1} MB/s"));
    }
    let rest = [
        (summary.fresh, if summary.fresh == 1 { "was up to date" } else { "were up to date" }),
        (summary.excluded, if summary.excluded == 1 { "was left out" } else { "were left out" }),
        (summary.failed, "failed"),
    ];
    let rest = rest.iter().filter(|(count, _)| *count > 0);
    let rest: Vec<String> = rest.map(|(count, what)| format!("{} {what}", grouped(*count))).collect();
    if !rest.is_empty() {
        text.push_str("; ");
        text.push_str(&rest.join(", "));
    }
    if summary.stopped {
        text.push_str("; stopped before the end");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries() {
        let mut summary = Summary { compiled: 1234, source_bytes: 12_340_000, ..Summary::default() };
        summary.elapsed = std::time::Duration::from_millis(500);
        assert_eq!(in_words(&summary, false), "Compiled 1,234 files (12.3 MB) in 0.50 s, 24.7 MB/s");
        summary = Summary { compiled: 0, fresh: 1, failed: 2, stopped: true, ..Summary::default() };
        assert_eq!(in_words(&summary, true), "Checked 0 files; 1 was up to date, 2 failed; stopped before the end");
    }
}
