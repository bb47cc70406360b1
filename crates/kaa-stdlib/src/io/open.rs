//! `open`: from a name and a mode to a stream of the right kind.

use kaa_macros::py_functions;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::buffered::{PyBufferedRandom, PyBufferedReader, PyBufferedWriter};
use super::file::PyFileIo;
use super::text::{PyTextIoWrapper, Settings};
use super::{DEFAULT_BUFFER_SIZE, Io};
use crate::path::fspath;

/// A mode, taken apart.
#[derive(Default)]
struct Mode {
    reading: bool,
    writing: bool,
    appending: bool,
    creating: bool,
    updating: bool,
    text: bool,
    binary: bool,
}

impl Mode {
    fn parse(vm: &Vm, text: &str) -> PyResult<Mode> {
        if text.contains('\0') {
            return Err(vm.value_error("embedded null character"));
        }
        let mut mode = Mode::default();
        let mut last = None;
        for c in text.chars() {
            let flag = match c {
                'x' => &mut mode.creating,
                'r' => &mut mode.reading,
                'w' => &mut mode.writing,
                'a' => &mut mode.appending,
                '+' => &mut mode.updating,
                't' => &mut mode.text,
                'b' => &mut mode.binary,
                _ => return Err(vm.value_error(format_args!("invalid mode: '{text}'"))),
            };
            if std::mem::replace(flag, true) {
                last = Some(c);
            }
        }
        if last.is_some() {
            return Err(vm.value_error(format_args!("invalid mode: '{text}'")));
        }
        Ok(mode)
    }

    /// The mode for `FileIO`.
    fn raw(&self) -> String {
        let flags = [
            (self.creating, 'x'),
            (self.reading, 'r'),
            (self.writing, 'w'),
            (self.appending, 'a'),
            (self.updating, '+'),
        ];
        flags.into_iter().filter(|(set, _)| *set).map(|(_, c)| c).collect()
    }
}

/// What [`open`] is given beside the file.
pub struct Options<'a> {
    /// `r`, `w`, `a`, `x`, with `b`, `t`, `+`.
    pub mode: &'a str,
    /// -1 for the default, 0 for none, 1 for lines, or a size.
    pub buffering: i32,
    pub encoding: Option<Gc<PyStr>>,
    pub errors: Option<Gc<PyStr>>,
    pub newline: Option<Gc<PyStr>>,
    pub close_fd: bool,
    pub opener: Value,
}

/// Opens a file.
pub fn open(vm: &Vm, file: Value, options: Options<'_>) -> PyResult {
    let file =
        if vm.cast::<PyStr>(file).is_none() && vm.slots_of(file).nb_index.is_some() { file } else { fspath(vm, file)? };
    let mode = Mode::parse(vm, options.mode)?;
    check_options(vm, &mode, &options)?;
    let raw = PyFileIo::make(vm)?;
    let raw_mode = vm.new_str(&mode.raw())?;
    PyFileIo::open(vm, raw, file, raw_mode, options.close_fd, options.opener)?;
    let mut result = raw.value();
    let built = wrap(vm, raw, &mode, &options, &mut result);
    built.map_err(|raised| {
        // What was opened is closed again.
        let exception = vm.take_exception(raised);
        if let Err(raised) = vm.call_method(result, vm.names().close, &[]) {
            let second = vm.take_exception(raised);
            second.context.set(vm, second, exception);
            return vm.raise_again(second);
        }
        vm.raise_again(exception)
    })
}

fn check_options(vm: &Vm, mode: &Mode, options: &Options<'_>) -> PyResult<()> {
    let error = |text: &str| Err(vm.value_error(text));
    if mode.text && mode.binary {
        return error("can't have text and binary mode at once");
    }
    let kinds = [mode.creating, mode.reading, mode.writing, mode.appending].into_iter().filter(|&set| set).count();
    if kinds > 1 {
        return error("must have exactly one of create/read/write/append mode");
    }
    if mode.binary && options.encoding.is_some() {
        return error("binary mode doesn't take an encoding argument");
    }
    if mode.binary && options.errors.is_some() {
        return error("binary mode doesn't take an errors argument");
    }
    if mode.binary && options.newline.is_some() {
        return error("binary mode doesn't take a newline argument");
    }
    if mode.binary
        && options.buffering == 1
        && let Some(warn) = vm.hooks.warn.get()
    {
        let text = "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used";
        warn(vm, vm.exceptions().RuntimeWarning.value(), text, 1)?;
    }
    Ok(())
}

/// Puts a buffer and a text stream on a raw file, as asked. `result` is what stands so far.
fn wrap(vm: &Vm, raw: Gc<PyFileIo>, mode: &Mode, options: &Options<'_>, result: &mut Value) -> PyResult {
    let mut buffering = options.buffering;
    // A terminal is flushed at the end of each line.
    let terminal = buffering < 0 && raw.is_terminal_when_opened(vm)?;
    let line_buffering = buffering == 1 && !mode.binary || terminal;
    if terminal || buffering == 1 {
        buffering = -1;
    }
    if buffering == 0 {
        if !mode.binary {
            return Err(vm.value_error("can't have unbuffered text I/O"));
        }
        return Ok(*result);
    }
    let size = match usize::try_from(buffering) {
        Ok(size) => size,
        // Between the default and what the file system likes, within bounds.
        Err(_) => (raw.block_size().max(0) as usize).clamp(DEFAULT_BUFFER_SIZE, 8 << 20),
    };
    let buffer = if mode.updating {
        PyBufferedRandom::on(vm, raw.value(), size)?
    } else if mode.reading {
        PyBufferedReader::on(vm, raw.value(), size)?
    } else {
        PyBufferedWriter::on(vm, raw.value(), size)?
    };
    *result = buffer;
    if mode.binary {
        return Ok(buffer);
    }
    let settings = Settings {
        encoding: options.encoding,
        errors: options.errors,
        newline: options.newline,
        line_buffering,
        write_through: false,
    };
    let text = PyTextIoWrapper::on(vm, buffer, settings)?.value();
    *result = text;
    vm.set_attr(text, vm.names().mode, vm.new_str(options.mode)?.value())?;
    Ok(text)
}

#[py_functions(FUNCTIONS, of = "_io")]
impl Io {
    #[function(
        "open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)",
        doc = "Open file and return a stream.  Raise OSError upon failure.\n\nfile is either a text or byte string giving the name (and the path\nif the file isn't in the current working directory) of the file to\nbe opened or an integer file descriptor of the file to be\nwrapped. (If a file descriptor is given, it is closed when the\nreturned I/O object is closed, unless closefd is set to False.)\n\nmode is an optional string that specifies the mode in which the file\nis opened. It defaults to 'r' which means open for reading in text\nmode.  Other common values are 'w' for writing (truncating the file if\nit already exists), 'x' for creating and writing to a new file, and\n'a' for appending (which on some Unix systems, means that all writes\nappend to the end of the file regardless of the current seek position).\nIn text mode, if encoding is not specified the encoding used is platform\ndependent: locale.getencoding() is called to get the current locale encoding.\n(For reading and writing raw bytes use binary mode and leave encoding\nunspecified.)"
    )]
    #[allow(clippy::too_many_arguments, reason = "as many as Python's function has")]
    fn open(
        vm: &Vm,
        file: Value,
        mode: Option<Gc<PyStr>>,
        buffering: i32,
        encoding: Option<Gc<PyStr>>,
        errors: Option<Gc<PyStr>>,
        newline: Option<Gc<PyStr>>,
        closefd: bool,
        opener: Value,
    ) -> PyResult {
        let mode = mode.map_or_else(|| "r".to_owned(), |mode| mode.to_string_lossy());
        let options = Options { mode: &mode, buffering, encoding, errors, newline, close_fd: closefd, opener };
        open(vm, file, options)
    }

    #[function(
        "open_code(path)",
        doc = "Opens the provided file with the intent to import the contents.\n\nThis may perform extra validation beyond open(), but is otherwise interchangeable\nwith calling open(path, 'rb')."
    )]
    fn open_code(vm: &Vm, path: Gc<PyStr>) -> PyResult {
        let options = Options {
            mode: "rb",
            buffering: -1,
            encoding: None,
            errors: None,
            newline: None,
            close_fd: true,
            opener: Value::NONE,
        };
        open(vm, path.value(), options)
    }

    #[function(
        "text_encoding(encoding, stacklevel=2, /)",
        doc = "A helper function to choose the text encoding.\n\nWhen encoding is not None, this function returns it.\nOtherwise, this function returns the default text encoding\n(i.e. \"locale\" or \"utf-8\" depends on UTF-8 mode).\n\nThis function emits an EncodingWarning if encoding is None and\nsys.flags.warn_default_encoding is true.\n\nThis can be used in APIs with an encoding=None parameter.\nHowever, please consider using encoding=\"utf-8\" for new APIs."
    )]
    fn text_encoding(vm: &Vm, encoding: Value, _stacklevel: i32) -> PyResult {
        match encoding.not_none() {
            Some(encoding) => Ok(encoding),
            None if crate::locale::user_encoding() == "utf-8" => Ok(vm.intern("utf-8").value()),
            None => Ok(vm.intern("locale").value()),
        }
    }
}
