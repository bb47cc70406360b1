//! The streams that `sys.stdin`, `sys.stdout` and `sys.stderr` are.

use kaa_host::fs;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::buffered::{PyBufferedReader, PyBufferedWriter};
use super::file::PyFileIo;
use super::text::{PyTextIoWrapper, Settings};

/// Makes the streams for standard input, output and error. One whose descriptor is not open is
/// `None`. `errors` is the error handler of the first two; without one it is `strict`.
pub fn make_standard_streams(
    vm: &Vm,
    unbuffered: bool,
    encoding: Option<&str>,
    errors: Option<&str>,
) -> PyResult<[Value; 3]> {
    let text = |text: &str| vm.intern(text);
    let encoding = text(encoding.unwrap_or("utf-8"));
    let errors = text(errors.unwrap_or("strict"));
    Ok([
        make(vm, 0, "<stdin>", unbuffered, encoding, errors)?,
        make(vm, 1, "<stdout>", unbuffered, encoding, errors)?,
        make(vm, 2, "<stderr>", unbuffered, encoding, text("backslashreplace"))?,
    ])
}

fn make(vm: &Vm, fd: i32, name: &str, unbuffered: bool, encoding: Gc<PyStr>, errors: Gc<PyStr>) -> PyResult {
    if fs::stat_fd(fd).is_err() {
        return Ok(Value::NONE);
    }
    let reads = fd == 0;
    let raw = PyFileIo::make(vm)?;
    let number = Value::small_int(fd.into());
    PyFileIo::open(vm, raw, number, vm.intern(if reads { "r" } else { "w" }), false, Value::NONE)?;
    let terminal = kaa_host::terminal::is_terminal(fd);
    let stream = match (reads, unbuffered) {
        (true, _) => PyBufferedReader::on(vm, raw.value(), super::DEFAULT_BUFFER_SIZE)?,
        (false, false) => PyBufferedWriter::on(vm, raw.value(), super::DEFAULT_BUFFER_SIZE)?,
        (false, true) => raw.value(),
    };
    let name = vm.new_str(name)?.value();
    vm.set_attr(raw.value(), vm.names().name, name)?;
    let settings = Settings {
        encoding: Some(encoding),
        errors: Some(errors),
        // What is read is translated; what is written is not, here.
        newline: if reads { None } else { Some(vm.intern("\n")) },
        line_buffering: !unbuffered && (terminal || fd == 2),
        write_through: unbuffered,
    };
    let text = PyTextIoWrapper::on(vm, stream, settings)?.value();
    vm.set_attr(text, vm.names().mode, vm.intern(if reads { "r" } else { "w" }).value())?;
    Ok(text)
}

/// Flushes streams at the end of the process. All are flushed; the error of the first that fails
/// is given.
pub fn flush_standard_streams(vm: &Vm, streams: &[Value]) -> PyResult<()> {
    let mut first = None;
    for &stream in streams.iter().filter(|stream| !stream.is_none()) {
        let closed = super::is_closed(vm, stream).unwrap_or_else(|raised| {
            // No stream of ours.
            vm.take_exception(raised);
            false
        });
        if closed {
            continue;
        }
        if let Err(raised) = vm.call_method(stream, vm.names().flush, &[]) {
            let exception = vm.take_exception(raised);
            first.get_or_insert(exception);
        }
    }
    first.map_or(Ok(()), |exception| Err(vm.raise_again(exception)))
}
