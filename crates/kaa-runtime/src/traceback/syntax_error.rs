//! A `SyntaxError` as text: the place, the line with its carets, the message.

use kaa_objects::types::exceptions::PySyntaxError;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, Value, Vm};

/// The text for a `SyntaxError` whose class has the name given.
pub(super) fn text(vm: &Vm, error: Gc<PySyntaxError>, class: &str) -> String {
    let given = |value: Option<Value>| value.and_then(Value::not_none);
    let mut text = String::new();
    let mut suffix = String::new();
    let filename = given(error.filename.get()).map(|name| vm.str_lossy(name));
    let line = given(error.line.get());
    if let Some(line) = line {
        let filename = filename.filter(|name| !name.is_empty());
        let filename = filename.as_deref().unwrap_or("<string>");
        text.push_str(&format!("  File \"{filename}\", line {}\n", vm.str_lossy(line)));
    } else if let Some(filename) = filename {
        suffix = format!(" ({filename})");
    }
    if let Some(source) = given(error.text.get()).and_then(|source| vm.cast::<PyStr>(source)) {
        let int = |value: Option<Value>| given(value).and_then(|value| vm.int_to_i64(value));
        let same_line = line.and_then(|line| vm.int_to_i64(line)) == int(error.end_line.get());
        let has_offset = given(error.offset.get()).is_some();
        let offset = int(error.offset.get());
        // An offset that is no integer shows nothing.
        if offset.is_some() || !has_offset {
            let end = int(error.end_offset.get());
            text.push_str(&kaa_parser::quote_line(&source.to_string_lossy(), offset, same_line, end));
        }
    }
    let message = match given(error.message.get()) {
        Some(message) => vm.str_lossy(message),
        None => String::new(),
    };
    let message = if message.is_empty() { "<no detail available>" } else { &message };
    text.push_str(&format!("{class}: {message}{suffix}\n"));
    text
}
