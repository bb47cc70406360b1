//! The streams that `sys.stdin`, `sys.stdout` and `sys.stderr` are.

use kaa_host::fs;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::buffered::{PyBufferedReader, PyBufferedWriter};
use super::file::PyFileIo;
use super::text::{PyTextIoWrapper, Settings};

/// How text is read and written.
#[derive(Clone, Debug, Default)]
pub struct StandardEncoding {
    /// The name of the encoding; UTF-8 when there is none.
    pub encoding: Option<String>,
    /// The error handler of input and output; the locale's when there is none.
    pub errors: Option<String>,
}

impl StandardEncoding {
    /// Takes apart what `PYTHONIOENCODING` says: `encoding:errors`, either of which may be missing.
    pub fn parse(text: &str) -> StandardEncoding {
        let (encoding, errors) = text.split_once(':').unwrap_or((text, ""));
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        StandardEncoding { encoding: given(encoding), errors: given(errors) }
    }
}

/// Makes the streams for standard input, output and error. One whose descriptor is not open is
/// `None`. They are never closed but by the program itself.
pub fn make_standard_streams(vm: &Vm, unbuffered: bool, how: &StandardEncoding) -> PyResult<[Value; 3]> {
    let encoding = vm.intern(how.encoding.as_deref().unwrap_or("utf-8"));
    let errors = match how.errors.as_deref() {
        Some(errors) => errors,
        // With an encoding that the user chose, or a locale, what cannot be decoded is an error.
        None if how.encoding.is_some() || !crate::locale::is_lenient() => "strict",
        None => "surrogateescape",
    };
    let errors = vm.intern(errors);
    let all = vm.new_list(&[])?;
    let streams = [
        make(vm, all, 0, "<stdin>", unbuffered, encoding, errors)?,
        make(vm, all, 1, "<stdout>", unbuffered, encoding, errors)?,
        make(vm, all, 2, "<stderr>", unbuffered, encoding, vm.intern("backslashreplace"))?,
    ];
    let kept = vm.new_tuple(all.as_slice())?;
    vm.extension(|_| super::State::default()).standard.set_root(Some(kept));
    Ok(streams)
}

fn make(
    vm: &Vm,
    all: Gc<PyList>,
    fd: i32,
    name: &str,
    unbuffered: bool,
    encoding: Gc<PyStr>,
    errors: Gc<PyStr>,
) -> PyResult {
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
    for stream in [raw.value(), stream, text] {
        all.push(vm, stream)?;
    }
    Ok(text)
}
