//! Errors of the operating system in Python's words.

use std::io::{Error, ErrorKind};
use std::path::Path;

use kaa_bytecode::repr::str_repr;

use crate::Diagnostic;
use crate::target::text_of_path;

/// The exception that Python raises for an error with a file.
pub fn os_error(error: &Error, path: &Path) -> Diagnostic {
    let name = str_repr(&text_of_path(path));
    let message = match error.raw_os_error() {
        Some(number) => format!("[Errno {number}] {}: {name}", reason(error)),
        None => format!("{error}: {name}"),
    };
    Diagnostic::without_place(class(error.kind()), message)
}

/// The system's words, without the number that Rust adds.
fn reason(error: &Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn class(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "FileNotFoundError",
        ErrorKind::PermissionDenied => "PermissionError",
        ErrorKind::AlreadyExists => "FileExistsError",
        ErrorKind::IsADirectory => "IsADirectoryError",
        ErrorKind::NotADirectory => "NotADirectoryError",
        ErrorKind::Interrupted => "InterruptedError",
        _ => "OSError",
    }
}
