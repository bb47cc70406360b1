//! A summary as JSON.

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;

use kaa_compile::{Diagnostic, Report, Summary};
use kaa_text::json;

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
    json::bytes(out, report.path.as_os_str().as_bytes());
    out.push_str(", \"filename\": ");
    json::string(out, &report.filename);
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
    json::string(out, &diagnostic.class);
    out.push_str(", \"message\": ");
    json::string(out, &diagnostic.message);
    if let Some(place) = &diagnostic.place {
        let _ = write!(out, ", \"line\": {}, \"offset\": {}", place.line, place.offset);
        if let Some((line, offset)) = place.end {
            let _ = write!(out, ", \"end_line\": {line}, \"end_offset\": {offset}");
        }
        if let Some(text) = &place.text {
            out.push_str(", \"text\": ");
            json::string(out, text);
        }
    }
    out.push('}');
}
