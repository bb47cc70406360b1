//! What a build did, in a few lines.

use std::fmt::Write;
use std::time::Duration;

use kaa_build::{Built, Kept, Phase};

use crate::grouped;

/// ```text
/// Built dist/app (11.4 MB) in 0.31 s: modules 0.22 s, data 0.01 s, image 0.05 s, write 0.03 s
/// 12 modules of the program, 34 of click 8.1, 97 of the library; 3 files
/// ```
pub fn of(built: &Built) -> String {
    let total: Duration = built.times.iter().map(|(_, time)| *time).sum();
    let phases: Vec<String> = built.times.iter().map(|&(phase, time)| in_words(phase, time)).collect();
    let size = built.executable.len() as f64 / 1e6;
    let (seconds, phases) = (total.as_secs_f64(), phases.join(", "));
    let mut out = format!("Built {} ({size:.1} MB) in {seconds:.2} s: {phases}\n", built.output.display());
    let counts = built.counts();
    let mut parts = Vec::new();
    for (whose, count) in counts.modules {
        let noun = if count == 1 && parts.is_empty() {
            " module"
        } else if parts.is_empty() {
            " modules"
        } else {
            ""
        };
        parts.push(format!("{}{noun} of {whose}", grouped(count)));
    }
    let files = match built.files.len() {
        0 => String::new(),
        1 => "; 1 file".to_owned(),
        count => format!("; {} files", grouped(count)),
    };
    let _ = writeln!(out, "{}{files}", parts.join(", "));
    if let Kept::Programs(reader) = &built.docstrings {
        let _ = writeln!(out, "Docstrings are kept, as {reader} reads them; --no-docstrings leaves them out");
    }
    out
}

fn in_words(phase: Phase, time: Duration) -> String {
    format!("{} {:.2} s", phase.name().to_lowercase(), time.as_secs_f64())
}
