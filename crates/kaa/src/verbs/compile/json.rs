//! A summary as JSON.

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kaa_compile::{Diagnostic, Report, Summary};

/// One object, in a line for each source.
pub fn summary(summary: &Summary) -> String {
    let mut out = String::from("{");
    let numbers = [
        ("sources", summary.sources as u64),
        ("compiled", summary.compiled as u64),
        ("fresh", summary.fresh as u64),
        ("failed", summary.failed as u64),
        ("excluded", summary.excluded as u64),
        ("written", summary.written as u64),
        ("source_bytes", summary.source_bytes),
        ("written_bytes", summary.written_bytes),
    ];
    for (name, number) in numbers {
        let _ = write!(out, "\"{name}\": {number}, ");
    }
    let _ = write!(out, "\"seconds\": {:.6}, \"stopped\": {}, ", summary.elapsed.as_secs_f64(), summary.stopped);
    out.push_str("\"reports\": [");
    for (index, entry) in summary.reports.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        report(&mut out, entry);
    }
    out.push_str(if summary.reports.is_empty() { "]}" } else { "\n]}" });
    out
}

fn report(out: &mut String, report: &Report) {
    out.push_str("  {\"path\": ");
    path(out, &report.path);
    out.push_str(", \"filename\": ");
    string(out, &report.filename);
    out.push_str(", \"warnings\": [");
    for (index, warning) in report.warnings.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        diagnostic(out, warning);
    }
    out.push_str("], \"error\": ");
    match &report.error {
        Some(error) => diagnostic(out, error),
        None => out.push_str("null"),
    }
    out.push('}');
}

fn diagnostic(out: &mut String, diagnostic: &Diagnostic) {
    out.push_str("{\"type\": ");
    string(out, &diagnostic.class);
    out.push_str(", \"message\": ");
    string(out, &diagnostic.message);
    if let Some(place) = &diagnostic.place {
        let _ = write!(out, ", \"line\": {}, \"offset\": {}", place.line, place.offset);
        if let Some((line, offset)) = place.end {
            let _ = write!(out, ", \"end_line\": {line}, \"end_offset\": {offset}");
        }
        if let Some(text) = &place.text {
            out.push_str(", \"text\": ");
            string(out, text);
        }
    }
    out.push('}');
}

/// A path; bytes that are not UTF-8 are lone surrogates, as Python reads and writes them.
fn path(out: &mut String, path: &Path) {
    out.push('"');
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        chunk.valid().chars().for_each(|char| escaped(out, char));
        for &byte in chunk.invalid() {
            let _ = write!(out, "\\u{:04x}", 0xdc00 + u32::from(byte));
        }
    }
    out.push('"');
}

fn string(out: &mut String, text: &str) {
    out.push('"');
    text.chars().for_each(|char| escaped(out, char));
    out.push('"');
}

fn escaped(out: &mut String, char: char) {
    match char {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        char if char.is_control() => {
            let _ = write!(out, "\\u{:04x}", u32::from(char));
        }
        char => out.push(char),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        let mut out = String::new();
        string(&mut out, "a\"\\\n\u{1}é");
        assert_eq!(out, "\"a\\\"\\\\\\n\\u0001é\"");
        out.clear();
        path(&mut out, Path::new(std::ffi::OsStr::from_bytes(b"x\xff.py")));
        assert_eq!(out, "\"x\\udcff.py\"");
    }
}
