//! Expectation files: the methods that do not pass.
//!
//! A line is a status, the method's id, and after ` # ` the reason. Lines that begin with `#` are
//! comments and are kept.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use super::run::Status;
use super::{Comparison, lists};
use crate::arguments::Failure;

/// What a test's file lists.
#[derive(Default)]
pub struct Expectations {
    comments: Vec<String>,
    /// Status and reason of each method.
    listed: BTreeMap<String, (String, String)>,
}

fn path(test: &str) -> PathBuf {
    lists::folder().join("expected").join(format!("{test}.txt"))
}

impl Expectations {
    pub fn read(test: &str) -> Result<Expectations, Failure> {
        let path = path(test);
        match std::fs::read_to_string(&path) {
            Ok(text) => Expectations::parse(&text).map_err(|error| format!("{}: {error}", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Expectations::default()),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    fn parse(text: &str) -> Result<Expectations, Failure> {
        let mut expectations = Expectations::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if line.starts_with('#') {
                expectations.comments.push(line.to_owned());
                continue;
            }
            let (entry, reason) = line.split_once(" # ").unwrap_or((line, ""));
            let (status, id) = entry.trim().split_once(' ').ok_or_else(|| format!("no status and id: {line}"))?;
            if Status::from_name(status).is_none_or(|status| status == Status::Pass) {
                return Err(format!("no status {status}: {line}"));
            }
            let id = id.trim().to_owned();
            expectations.listed.insert(id, (status.to_owned(), reason.trim().to_owned()));
        }
        Ok(expectations)
    }

    pub fn lists(&self, id: &str) -> bool {
        self.listed.contains_key(id)
    }

    pub fn ids(&self) -> impl Iterator<Item = &String> {
        self.listed.keys()
    }

    fn print(&self) -> String {
        let mut out = String::new();
        for comment in &self.comments {
            let _ = writeln!(out, "{comment}");
        }
        for (id, (status, reason)) in &self.listed {
            let separator = if reason.is_empty() { "" } else { " # " };
            let _ = writeln!(out, "{status} {id}{separator}{reason}");
        }
        out
    }
}

/// Makes the file list what did not pass. A reason already given stays while the status does.
pub fn write(comparison: &Comparison) -> Result<(), Failure> {
    let old = Expectations::read(&comparison.test)?;
    let mut new = Expectations { comments: old.comments.clone(), listed: BTreeMap::new() };
    for (id, outcome) in comparison.methods.iter().filter(|(_, outcome)| !outcome.passes()) {
        let status = outcome.status.name().to_owned();
        let reason = match old.listed.get(id) {
            Some((before, reason)) if *before == status && !reason.is_empty() => reason.clone(),
            _ => one_line(&outcome.message),
        };
        new.listed.insert(id.clone(), (status, reason));
    }
    let path = path(&comparison.test);
    let result = if new.listed.is_empty() {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    } else {
        std::fs::create_dir_all(lists::folder().join("expected")).and_then(|()| std::fs::write(&path, new.print()))
    };
    result.map_err(|error| format!("{}: {error}", path.display()))
}

/// A reason as it stands in the file: short, and the same on every machine and in every run.
fn one_line(message: &str) -> String {
    let mut out = String::new();
    let mut rest = message;
    // Addresses change from run to run.
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..].chars().take_while(char::is_ascii_hexdigit).count();
        out.push_str(&rest[..at]);
        out.push_str(if digits > 6 { "0x…" } else { &rest[at..at + 2 + digits] });
        rest = &rest[at + 2 + digits..];
    }
    out.push_str(rest);
    let root = crate::repository::root().display().to_string();
    let home = std::env::var("HOME").ok().filter(|home| home.len() > 1).unwrap_or_else(|| "/root".to_owned());
    let out = without_files(&out.replace(&root, "…").replace(&home, "~")).replace(['\n', '\r', '\t'], " ");
    out.chars().take(160).collect::<String>().trim().to_owned()
}

/// A text without the absolute paths that tracebacks in it name; they differ from machine to
/// machine.
fn without_files(text: &str) -> String {
    let mut parts = text.split("File \"/");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("File \"…");
        out.push_str(part.find(['"', '[']).map_or("", |end| &part[end..]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_out_as_they_went_in() {
        let text = "# Why.\nfail test.test_a.A.test_x # TypeError: no # sign\nskip test.test_a.A.test_y (2)\n";
        let expectations = Expectations::parse(text).unwrap();
        assert!(expectations.lists("test.test_a.A.test_y (2)"));
        assert_eq!(expectations.print(), text);
        assert!(Expectations::parse("fail\n").is_err());
        assert!(Expectations::parse("pass x\n").is_err());
    }

    #[test]
    fn reasons_are_the_same_in_every_run() {
        assert_eq!(one_line("<a at 0x7f12345678>\nis not 0x10"), "<a at 0x…> is not 0x10");
        assert_eq!(
            one_line("at File \"/tmp/a b/c.py\", line 1, File \"/wo[9 chars]"),
            "at File \"…\", line 1, File \"…[9 chars]"
        );
    }
}
