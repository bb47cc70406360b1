//! `kaa inspect`: what an executable that `kaa build` made holds, and whether it is whole.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};

use clap::Parser;
use kaa_image::{Image, ImageError, Settings, Start, Tree};
use kaa_text::json;

/// Lists what is in an executable made by kaa build, and checks every byte of it
#[derive(Debug, Parser)]
#[command(name = "kaa inspect", bin_name = "kaa inspect", max_term_width = 100)]
struct Arguments {
    /// The executable
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Ends with 0, with 1 when the file is damaged, no such executable or not to be looked into, with
/// 2 when the arguments make no sense.
pub fn run(args: Vec<OsString>) -> u8 {
    let arguments = match Arguments::try_parse_from(std::iter::once("kaa inspect".into()).chain(args)) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help is what was asked for; the rest is a mistake.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    match inspect(&arguments.file, arguments.json) {
        Ok(text) => {
            // Who reads may have read enough.
            let _ = stdout().write_all(text.as_bytes());
            0
        }
        Err(message) => {
            eprintln!("kaa inspect: {}: {message}", arguments.file.display());
            1
        }
    }
}

fn inspect(path: &Path, as_json: bool) -> Result<String, String> {
    let file = std::fs::read(path).map_err(|error| error.to_string())?;
    let image = kaa_image::read(&file).map_err(|error| error.to_string())?;
    let (start, settings) = image.program.as_ref().ok_or_else(|| ImageError::NoProgram.to_string())?;
    if !settings.inspectable {
        return Err("built with --no-inspect: it is not to be looked into".into());
    }
    kaa_image::check(&file).map_err(|error| error.to_string())?;
    let found = Found { image: &image, start, settings, size: file.len() };
    Ok(if as_json { found.json() } else { found.text() })
}

/// What is in an executable.
struct Found<'f> {
    image: &'f Image<'f>,
    start: &'f Start,
    settings: &'f Settings,
    size: usize,
}

impl Found<'_> {
    fn trees(&self) -> [(&'static str, &Tree<'_>); 2] {
        [("program", &self.image.own), ("library", &self.image.library)]
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let start = match self.start {
            Start::Module(module) => module.clone(),
            Start::EntryPoint { module, function } => format!("{module}:{function}"),
        };
        let names = if self.settings.traceback_names { "with" } else { "without" };
        let runtime = self.image.executable_len();
        let _ = writeln!(out, "name      {}", self.settings.name);
        let _ = writeln!(out, "starts    {start}");
        let _ = writeln!(out, "settings  optimization {}, tracebacks {names} names", self.settings.optimize);
        let _ = writeln!(out, "made by   Kaa {}", self.image.kaa);
        let _ = writeln!(out, "bytes     {}, of which the runtime has {runtime}", self.size);
        for (whose, tree) in self.trees() {
            list(
                &mut out,
                &format!("modules of the {whose}"),
                tree.modules().map(|module| Row {
                    size: module.len(),
                    stored: module.stored().len(),
                    name: module.name(),
                    note: if module.is_namespace() { "namespace package" } else { module.path() },
                }),
            );
            list(
                &mut out,
                &format!("files of the {whose}"),
                tree.files().map(|file| Row {
                    size: file.len(),
                    stored: file.stored_len(),
                    name: file.path(),
                    note: "",
                }),
            );
        }
        out
    }

    fn json(&self) -> String {
        let mut out = String::from("{\"name\": ");
        json::string(&mut out, &self.settings.name);
        let (module, function) = match self.start {
            Start::Module(module) => (module, None),
            Start::EntryPoint { module, function } => (module, Some(function)),
        };
        out.push_str(", \"module\": ");
        json::string(&mut out, module);
        out.push_str(", \"function\": ");
        match function {
            Some(function) => json::string(&mut out, function),
            None => out.push_str("null"),
        }
        out.push_str(", \"kaa\": ");
        json::string(&mut out, &self.image.kaa.to_string());
        let Settings { optimize, traceback_names, .. } = self.settings;
        let runtime = self.image.executable_len();
        let _ = write!(out, ", \"optimize\": {optimize}, \"traceback_names\": {traceback_names}");
        let _ = write!(out, ", \"bytes\": {}, \"runtime_bytes\": {runtime}", self.size);
        for (whose, tree) in self.trees() {
            let _ = write!(out, ",\n \"{whose}\": {{\"modules\": [");
            for (index, module) in tree.modules().enumerate() {
                out.push_str(if index == 0 { "\n  {\"name\": " } else { ",\n  {\"name\": " });
                json::string(&mut out, module.name());
                out.push_str(", \"path\": ");
                json::string(&mut out, module.path());
                let (bytes, stored) = (module.len(), module.stored().len());
                let (is_package, is_namespace) = (module.is_package(), module.is_namespace());
                let _ = write!(out, ", \"bytes\": {bytes}, \"stored_bytes\": {stored}");
                let _ = write!(out, ", \"package\": {is_package}, \"namespace\": {is_namespace}}}");
            }
            out.push_str("],\n  \"files\": [");
            for (index, file) in tree.files().enumerate() {
                out.push_str(if index == 0 { "\n  {\"path\": " } else { ",\n  {\"path\": " });
                json::string(&mut out, file.path());
                let _ = write!(out, ", \"bytes\": {}, \"stored_bytes\": {}}}", file.len(), file.stored_len());
            }
            out.push_str("]}");
        }
        out.push_str("}\n");
        out
    }
}

/// A line of a list.
struct Row<'r> {
    size: usize,
    /// How many bytes it takes in the executable.
    stored: usize,
    name: &'r str,
    note: &'r str,
}

/// Adds a list with a heading, if there is anything in it.
fn list<'r>(out: &mut String, heading: &str, rows: impl Iterator<Item = Row<'r>>) {
    let rows: Vec<Row<'_>> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let stored: usize = rows.iter().map(|row| row.stored).sum();
    let _ = writeln!(out, "\n{heading}: {}, in {stored} bytes", rows.len());
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0).min(48);
    for Row { size, name, note, .. } in rows {
        let line = format!("{size:>9}  {name:<width$}  {note}");
        let _ = writeln!(out, "{}", line.trim_end());
    }
}
