//! The module `sys`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use kaa_macros::py_module;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm};
use kaa_stdlib::io::{StandardEncoding, make_standard_streams};

use crate::state::{set_sys_attribute, state};

mod audit;
mod breakpoint;
mod frames;
mod hooks;
mod jit;
mod monitoring;
mod records;
mod settings;
mod tracing;
mod unraisable;

pub(crate) use hooks::{display, flush_process_streams};
pub(crate) use unraisable::hook as unraisable_hook;
pub use unraisable::report as report_unraisable;

/// The module.
pub struct Sys;

#[py_module(
    name = "sys",
    parts(
        audit::FUNCTIONS,
        breakpoint::FUNCTIONS,
        frames::FUNCTIONS,
        hooks::FUNCTIONS,
        settings::FUNCTIONS,
        tracing::FUNCTIONS
    ),
    doc = "This module provides access to some objects used or maintained by the\ninterpreter and to functions that interact strongly with the interpreter."
)]
impl Sys {
    #[constant]
    const byteorder: &str = if cfg!(target_endian = "little") { "little" } else { "big" };
    #[constant]
    const hexversion: i64 = HEX_VERSION;
    #[constant]
    const api_version: i64 = 1013;
    #[constant]
    const maxsize: i64 = i64::MAX;
    #[constant]
    const maxunicode: i64 = 0x10_ffff;
    #[constant]
    const platform: &str = std::env::consts::OS;
    #[constant]
    const copyright: &str = "Copyright (c) the Kaa authors.";
    #[constant]
    const platlibdir: &str = "lib";
    #[constant]
    const float_repr_style: &str = "short";

    #[function(
        "intern(string, /)",
        doc = "``Intern'' the given string.\n\nThis enters the string in the (global) table of interned strings whose\npurpose is to speed up dictionary lookups. Return the string itself or\nthe previously interned string object with the same value."
    )]
    fn intern(vm: &Vm, string: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        match vm.cast_exact::<PyStr>(string.value()) {
            Some(string) => Ok(vm.intern_str(string)),
            None => {
                let class = vm.class_name(string.value());
                Err(vm.type_error(format_args!("can't intern {class}")))
            }
        }
    }

    #[function(
        "exit(status=None, /)",
        doc = "Exit the interpreter by raising SystemExit(status).\n\nIf the status is omitted or None, it defaults to zero (i.e., success).\nIf the status is an integer, it will be used as the system exit status.\nIf it is another kind of object, it will be printed and the system\nexit status will be one (i.e., failure)."
    )]
    fn exit(vm: &Vm, status: Value) -> PyResult<()> {
        let class = vm.exceptions().SystemExit;
        Err(match vm.cast::<PyTuple>(status) {
            // As everywhere where CPython raises with a tuple: its items are the arguments.
            Some(arguments) => vm.raise_with(class, arguments.as_slice()),
            None if status.is_none() => vm.raise_with(class, &[]),
            None => vm.raise_with(class, &[status]),
        })
    }

    #[function(
        "getrecursionlimit()",
        doc = "Return the current value of the recursion limit.\n\nThe recursion limit is the maximum depth of the Python interpreter\nstack.  This limit prevents infinite recursion from causing an overflow\nof the C stack and crashing Python."
    )]
    fn getrecursionlimit(vm: &Vm) -> i64 {
        vm.thread().recursion_limit.get() as i64
    }

    #[function(
        "setrecursionlimit(limit, /)",
        doc = "Set the maximum depth of the Python interpreter stack to n.\n\nThis limit prevents infinite recursion from causing an overflow of the C\nstack and crashing Python.  The highest possible limit is platform-\ndependent."
    )]
    fn setrecursionlimit(vm: &Vm, limit: i32) -> PyResult<()> {
        if limit < 1 {
            return Err(vm.value_error("recursion limit must be greater or equal than 1"));
        }
        let thread = vm.thread();
        let depth = thread.recursion_limit.get() - thread.recursion_remaining.get();
        if depth >= limit as isize {
            return Err(vm.recursion_error(format_args!(
                "cannot set the recursion limit to {limit} at the recursion depth {depth}: the limit is too low"
            )));
        }
        thread.recursion_limit.set(limit as isize);
        thread.recursion_remaining.set(limit as isize - depth);
        Ok(())
    }

    #[function(
        "exception()",
        doc = "Return the current exception.\n\nReturn the most recent exception caught by an except clause\nin the current stack frame or in an older stack frame, or None\nif no such exception exists."
    )]
    fn exception(vm: &Vm) -> Option<Gc<PyBaseException>> {
        vm.thread().handled.get()
    }

    #[function(
        "exc_info()",
        doc = "Return current exception information: (type, value, traceback).\n\nReturn information about the most recent exception caught by an except\nclause in the current stack frame or in an older stack frame."
    )]
    fn exc_info(vm: &Vm) -> PyResult<Gc<PyTuple>> {
        match vm.thread().handled.get() {
            None => vm.new_tuple(&[Value::NONE; 3]),
            Some(exception) => {
                let traceback = exception.traceback.get().unwrap_or(Value::NONE);
                vm.new_tuple(&[vm.class_of(exception.value()).value(), exception.value(), traceback])
            }
        }
    }

    #[function("getdefaultencoding()", doc = "Return the current default encoding used by the Unicode implementation.")]
    fn getdefaultencoding() -> &'static str {
        "utf-8"
    }

    #[function(
        "getfilesystemencoding()",
        doc = "Return the encoding used to convert Unicode filenames to OS filenames."
    )]
    fn getfilesystemencoding() -> &'static str {
        "utf-8"
    }

    #[function("getfilesystemencodeerrors()", doc = "Return the error mode used Unicode to OS filename conversion.")]
    fn getfilesystemencodeerrors() -> &'static str {
        "surrogateescape"
    }

    #[function(
        "get_int_max_str_digits()",
        doc = "Return the maximum string digits limit for non-binary int<->str conversions."
    )]
    fn get_int_max_str_digits(vm: &Vm) -> usize {
        vm.max_str_digits.get()
    }

    #[function(
        "set_int_max_str_digits(maxdigits)",
        doc = "Set the maximum string digits limit for non-binary int<->str conversions."
    )]
    fn set_int_max_str_digits(vm: &Vm, maxdigits: i32) -> PyResult<()> {
        use kaa_objects::types::int::MIN_MAX_DIGITS;
        let digits = usize::try_from(maxdigits).unwrap_or(1);
        if digits != 0 && digits < MIN_MAX_DIGITS {
            return Err(vm.value_error(format_args!("maxdigits must be 0 or larger than {MIN_MAX_DIGITS}")));
        }
        vm.max_str_digits.set(digits);
        Ok(())
    }
}

/// The version of Python that Kaa is: major, minor, micro.
pub const VERSION: [i64; 3] = [3, 14, 10];
const HEX_VERSION: i64 = VERSION[0] << 24 | VERSION[1] << 16 | VERSION[2] << 8 | 0xf0;

/// Puts in `sys.flags` and the other named tuples.
fn fill_records(vm: &Vm, config: &crate::Config) -> PyResult<()> {
    let int = |i: u32| Value::small_int(i.into());
    let flag = |b: bool| Value::small_int(b.into());
    let flags = [
        int(config.debug),
        flag(config.inspect),
        flag(config.interactive),
        int(config.optimize),
        flag(config.dont_write_bytecode),
        flag(config.no_user_site),
        flag(config.no_site),
        flag(config.ignore_environment),
        int(config.verbose),
        int(config.bytes_warning),
        flag(config.quiet),
        flag(config.hash_seed != Some(0)),
        flag(config.isolated),
        Value::bool(config.dev_mode),
        flag(config.utf8_mode),
        flag(config.warn_default_encoding),
        Value::bool(config.safe_path),
        Value::small_int(vm.max_str_digits.get() as i64),
    ];
    // The hidden fields come in the order of their names.
    let hidden: &[(&str, Value)] = &[
        ("context_aware_warnings", flag(config.context_aware_warnings)),
        ("gil", int(1)),
        ("thread_inherit_context", flag(config.thread_inherit_context)),
    ];
    let mut all = kaa_objects::types::value_vec::ValueVec::new();
    for value in flags {
        all.push(vm, value)?;
    }
    for (name, _) in &records::FLAGS.fields[records::FLAGS.visible..] {
        let value = hidden.iter().find(|(hidden, _)| hidden == name).map_or(Value::NONE, |(_, value)| *value);
        all.push(vm, value)?;
    }
    set_sys_attribute(vm, "flags", vm.new_struct_sequence(&records::FLAGS, all.as_slice())?)?;
    let [major, minor, micro] = VERSION.map(Value::small_int);
    let version = [major, minor, micro, vm.intern("final").value(), Value::small_int(0)];
    let version = vm.new_struct_sequence(&records::VERSION_INFO, &version)?;
    set_sys_attribute(vm, "version_info", version)?;
    let float = [
        vm.new_float(f64::MAX)?,
        int(1024),
        int(308),
        vm.new_float(f64::MIN_POSITIVE)?,
        Value::small_int(-1021),
        Value::small_int(-307),
        int(15),
        int(53),
        vm.new_float(f64::EPSILON)?,
        int(2),
        int(1),
    ];
    set_sys_attribute(vm, "float_info", vm.new_struct_sequence(&records::FLOAT_INFO, &float)?)?;
    // A digit of an integer has 64 bits here; CPython's programs count on what CPython says.
    let digits = [int(30), int(4), int(4300), int(640)];
    set_sys_attribute(vm, "int_info", vm.new_struct_sequence(&records::INT_INFO, &digits)?)?;
    let hash = [
        int(64),
        vm.new_int(kaa_objects::hash::MODULUS as i64)?,
        int(314_159),
        int(0),
        int(1_000_003),
        vm.intern("siphash13").value(),
        int(64),
        int(128),
        int(0),
    ];
    set_sys_attribute(vm, "hash_info", vm.new_struct_sequence(&records::HASH_INFO, &hash)?)?;
    let thread = [vm.intern("pthread").value(), vm.intern("semaphore").value(), thread_library(vm)?];
    set_sys_attribute(vm, "thread_info", vm.new_struct_sequence(&records::THREAD_INFO, &thread)?)?;
    let implementation = vm.new_dict()?;
    for (name, value) in [
        ("name", vm.intern("kaa").value()),
        ("cache_tag", vm.intern("cpython-314").value()),
        ("version", version),
        ("hexversion", Value::small_int(HEX_VERSION)),
        ("_multiarch", vm.new_str(&format!("{}-linux-gnu", std::env::consts::ARCH))?.value()),
        ("supports_isolated_interpreters", Value::FALSE),
    ] {
        implementation.set_str(vm, vm.intern(name), value)?;
    }
    set_sys_attribute(vm, "implementation", vm.new_namespace(implementation)?)
}

/// The C library's name and version as far as threads go; `None` for one that does not say.
fn thread_library(vm: &Vm) -> PyResult {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let mut text = [0u8; 128];
        // SAFETY: the buffer is as long as it is said to be.
        let len = unsafe { libc::confstr(libc::_CS_GNU_LIBPTHREAD_VERSION, text.as_mut_ptr().cast(), text.len()) };
        if (1..=text.len()).contains(&len) {
            return Ok(vm.new_str(&String::from_utf8_lossy(&text[..len - 1]))?.value());
        }
    }
    let _ = vm;
    Ok(Value::NONE)
}

/// Puts in what depends on how the isolate was started.
pub(crate) fn fill(vm: &Vm) -> PyResult<()> {
    let config = state(vm).config.borrow().clone();
    let texts = |texts: &[String]| -> PyResult {
        let list = vm.new_list(&[])?;
        for text in texts {
            list.push(vm, vm.new_str(text)?.value())?;
        }
        Ok(list.value())
    };
    // What is no UTF-8 becomes lone surrogates, as everywhere in names from the system.
    let names = |names: &[OsString]| -> PyResult {
        let list = vm.new_list(&[])?;
        for name in names {
            list.push(vm, kaa_stdlib::path::decode_name(vm, name.as_bytes())?.value())?;
        }
        Ok(list.value())
    };
    set_sys_attribute(vm, "argv", names(&config.argv)?)?;
    set_sys_attribute(vm, "orig_argv", names(&config.orig_argv)?)?;
    let mut library = match config.executable.as_bytes() {
        b"" => OsString::from("kaa"),
        _ => config.executable.clone(),
    };
    library.push(crate::importing::library::FOLDER);
    let text = |path: &OsString| kaa_stdlib::path::name_text(path.as_bytes());
    let executable = state(vm).executable.get_or_init(|| text(&config.executable));
    state(vm).library.get_or_init(|| text(&library));
    let home = config.home.as_deref().map(crate::importing::library::Home::new);
    let mut path = config.module_search_paths.clone();
    if let Some(home) = &home {
        path.extend(home.search_paths().map(OsString::from));
    }
    path.push(library);
    set_sys_attribute(vm, "path", names(&path)?)?;
    set_sys_attribute(vm, "warnoptions", texts(&config.warn_options)?)?;
    set_sys_attribute(vm, "executable", vm.new_str_generalized(executable)?.value())?;
    set_sys_attribute(vm, "dont_write_bytecode", Value::bool(config.dont_write_bytecode))?;
    set_sys_attribute(vm, "modules", state(vm).modules.get_set().value())?;
    set_sys_attribute(vm, "meta_path", vm.new_list(&[])?.value())?;
    set_sys_attribute(vm, "path_hooks", vm.new_list(&[])?.value())?;
    set_sys_attribute(vm, "path_importer_cache", vm.new_dict()?.value())?;
    let pycache_prefix = match &config.pycache_prefix {
        Some(prefix) => vm.new_str(prefix)?.value(),
        None => Value::NONE,
    };
    set_sys_attribute(vm, "pycache_prefix", pycache_prefix)?;
    let folder = home.as_ref().map(|home| home.library().into_bytes());
    let folder = folder.as_ref().or(state(vm).library.get()).map_or(b"".as_slice(), |folder| folder);
    set_sys_attribute(vm, "_stdlib_dir", vm.new_str_generalized(folder)?.value())?;
    // A built program has nothing of a Python around it.
    let own = if crate::importing::embedded::is_program() { executable.as_slice() } else { b"/usr/local" };
    let (prefix, exec_prefix) = match &home {
        Some(home) => (home.prefix.as_bytes(), home.exec_prefix.as_bytes()),
        None => (own, own),
    };
    for name in ["prefix", "base_prefix"] {
        set_sys_attribute(vm, name, vm.new_str_generalized(prefix)?.value())?;
    }
    for name in ["exec_prefix", "base_exec_prefix"] {
        set_sys_attribute(vm, name, vm.new_str_generalized(exec_prefix)?.value())?;
    }
    let version = format!("{}.{}.{} (main) [Kaa {}]", VERSION[0], VERSION[1], VERSION[2], env!("CARGO_PKG_VERSION"));
    set_sys_attribute(vm, "version", vm.new_str(&version)?.value())?;
    fill_records(vm, &config)?;
    let x_options = vm.new_dict()?;
    for (name, value) in &config.x_options {
        let value = match value {
            Some(value) => vm.new_str(value)?.value(),
            None => Value::TRUE,
        };
        x_options.set(vm, vm.new_str(name)?.value(), value)?;
    }
    set_sys_attribute(vm, "_xoptions", x_options.value())?;
    let git = [vm.intern("Kaa").value(), vm.intern("").value(), vm.intern("").value()];
    set_sys_attribute(vm, "_jit", vm.new_module_from_def(&jit::MODULE)?.value())?;
    set_sys_attribute(vm, "_git", vm.new_tuple(&git)?.value())?;
    set_sys_attribute(vm, "abiflags", vm.intern("").value())?;
    set_sys_attribute(vm, "_base_executable", vm.new_str_generalized(executable)?.value())?;
    let home = config.home.as_deref().map_or(Ok(Value::NONE), |home| Ok(vm.new_str(home)?.value()))?;
    set_sys_attribute(vm, "_home", home)?;
    set_sys_attribute(vm, "_framework", vm.intern("").value())?;
    for name in ["breakpointhook", "displayhook", "excepthook", "unraisablehook"] {
        let hook = crate::state::sys_attribute(vm, name).unwrap_or(Value::NONE);
        set_sys_attribute(vm, &format!("__{name}__"), hook)?;
    }
    set_sys_attribute(vm, "monitoring", vm.new_module_from_def(&monitoring::MODULE)?.value())?;
    let library = vm.new_list(&[])?;
    for name in kaa_library::NAMES.lines() {
        library.push(vm, vm.intern(name).value())?;
    }
    for module in state(vm).native_modules.borrow().iter() {
        library.push(vm, vm.intern(module.name).value())?;
    }
    set_sys_attribute(vm, "stdlib_module_names", vm.new_frozenset_from(library.value())?)?;
    let names = vm.new_list(&[])?;
    for name in ["builtins", "sys"] {
        names.push(vm, vm.intern(name).value())?;
    }
    for module in state(vm).native_modules.borrow().iter() {
        names.push(vm, vm.intern(module.name).value())?;
    }
    kaa_objects::types::list::sort(vm, names, Value::NONE, false)?;
    set_sys_attribute(vm, "builtin_module_names", vm.new_tuple(names.as_slice())?.value())
}

/// Makes `sys.stdin`, `sys.stdout` and `sys.stderr`, until the library can be imported without the
/// encoding that the user chose: its codec may be there.
pub(crate) fn set_streams(vm: &Vm, has_library: bool) -> PyResult<()> {
    let (unbuffered, encoding) = {
        let config = state(vm).config.borrow();
        let chosen = config.io_encoding.as_deref().filter(|_| has_library);
        (config.unbuffered, StandardEncoding::parse(chosen.unwrap_or("")))
    };
    let streams = make_standard_streams(vm, unbuffered, &encoding)?;
    for (fd, (name, stream)) in ["stdin", "stdout", "stderr"].into_iter().zip(streams).enumerate() {
        let stream = if crate::closed_streams::was_closed(fd) { Value::NONE } else { stream };
        set_sys_attribute(vm, name, stream)?;
        set_sys_attribute(vm, &format!("__{name}__"), stream)?;
    }
    Ok(())
}
