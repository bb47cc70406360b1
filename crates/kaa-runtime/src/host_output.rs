//! Writing to the standard streams before, after and beside the `io` module.

use std::io::Write;

use kaa_objects::types::str::PyStr;
use kaa_objects::{PyResult, Value, Vm};

/// One of the standard output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `sys.stdout`
    Output,
    /// `sys.stderr`
    Error,
}

impl Stream {
    /// The name of the attribute of `sys`.
    pub const fn name(self) -> &'static str {
        match self {
            Stream::Output => "stdout",
            Stream::Error => "stderr",
        }
    }
}

/// Writes to the process's own stream. Errors are ignored: there is nobody to tell.
pub fn write_raw(stream: Stream, text: &str) {
    let _ = match stream {
        Stream::Output => std::io::stdout().write_all(text.as_bytes()),
        Stream::Error => std::io::stderr().write_all(text.as_bytes()),
    };
}

/// Writes to `sys.stdout` or `sys.stderr` as Python code would; to the process's stream when
/// there is no such object or it fails.
pub fn write(vm: &Vm, stream: Stream, text: &str) {
    let file = crate::state::sys_attribute(vm, stream.name()).and_then(Value::not_none);
    let written = || -> PyResult<bool> {
        let Some(file) = file else { return Ok(false) };
        let text = vm.new_str(text)?;
        vm.call_method_str(file, "write", &[text.value()])?;
        Ok(true)
    };
    match written() {
        Ok(true) => {}
        Ok(false) => write_raw(stream, text),
        Err(raised) => {
            vm.take_exception(raised);
            write_raw(stream, text);
        }
    }
}

/// The text of a `str` as UTF-8, surrogates escaped as the error handler `backslashreplace` does.
pub fn encodable(text: &PyStr) -> String {
    text.to_string_lossy()
}
