//! The machine and its settings: names, limits, times, random bytes, terminal sizes.

use kaa_host::{Errno, system};
use kaa_macros::py_functions;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::struct_sequence::StructSequenceDef;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::Posix;
use super::directories::name;
use crate::host_call::{OrRaise, interruptible, raise};
use crate::path::PathOrFd;

/// `os.terminal_size`.
pub static TERMINAL_SIZE: StructSequenceDef = StructSequenceDef {
    name: "terminal_size",
    module: "os",
    doc: "A tuple of (columns, lines) for holding terminal window size",
    fields: &[
        ("columns", "width of the terminal window in characters"),
        ("lines", "height of the terminal window in characters"),
    ],
    visible: 2,
    callable: true,
};

/// `posix.times_result`.
pub static TIMES_RESULT: StructSequenceDef = StructSequenceDef {
    name: "times_result",
    module: "posix",
    doc: "times_result: Result from os.times().\n\nThis object may be accessed either as a tuple of\n  (user, system, children_user, children_system, elapsed),\nor via the attributes user, system, children_user, children_system,\nand elapsed.\n\nSee os.times for more information.",
    fields: &[
        ("user", "user time"),
        ("system", "system time"),
        ("children_user", "user time of children"),
        ("children_system", "system time of children"),
        ("elapsed", "elapsed time since an arbitrary point in the past"),
    ],
    visible: 5,
    callable: true,
};

/// `posix.uname_result`.
pub static UNAME_RESULT: StructSequenceDef = StructSequenceDef {
    name: "uname_result",
    module: "posix",
    doc: "uname_result: Result from os.uname().\n\nThis object may be accessed either as a tuple of\n  (sysname, nodename, release, version, machine),\nor via the attributes sysname, nodename, release, version, and machine.\n\nSee os.uname for more information.",
    fields: &[
        ("sysname", "operating system name"),
        ("nodename", "name of machine on network (implementation-defined)"),
        ("release", "operating system release"),
        ("version", "operating system version"),
        ("machine", "hardware identifier"),
    ],
    visible: 5,
    callable: true,
};

/// The number of a setting that was given by name or number. The names are those in the module's
/// own dict, so that programs can add some.
fn setting_number(vm: &Vm, module: Gc<PyModule>, given: Value, table: &str) -> PyResult<i32> {
    if vm.is_int(given) {
        return match vm.int_to_i64(given).map(i32::try_from) {
            Some(Ok(number)) => Ok(number),
            _ => Err(vm.overflow_error("Python int too large to convert to C int")),
        };
    }
    if vm.cast::<PyStr>(given).is_none() {
        return Err(vm.type_error("configuration names must be strings or integers"));
    }
    let names = module.dict.get_set().get_str(vm, vm.intern(table)).and_then(|names| vm.cast::<PyDict>(names));
    let number = match names {
        Some(names) => names.get(vm, given)?.and_then(|number| vm.int_to_i64(number)),
        None => None,
    };
    match number {
        Some(number) => Ok(number as i32),
        None => Err(vm.value_error("unrecognized configuration name")),
    }
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function(
        "uname()",
        doc = "Return an object identifying the current operating system.\n\nThe object behaves like a named tuple with the following fields:\n  (sysname, nodename, release, version, machine)"
    )]
    fn uname(vm: &Vm) -> PyResult {
        let names = system::names().or_raise(vm)?;
        let mut fields = [Value::NONE; 5];
        for (field, text) in fields.iter_mut().zip(&names) {
            *field = name(vm, text.to_bytes(), false)?;
        }
        vm.new_struct_sequence(&UNAME_RESULT, &fields)
    }

    #[function(
        "times()",
        doc = "Return a collection containing process timing information.\n\nThe object returned behaves like a named tuple with these fields:\n  (utime, stime, cutime, cstime, elapsed_time)\nAll fields are floating-point numbers."
    )]
    fn times(vm: &Vm) -> PyResult {
        let (times, elapsed) = system::times().or_raise(vm)?;
        let ticks = system::setting(libc::_SC_CLK_TCK).or_raise(vm)? as f64;
        let mut fields = [Value::NONE; 5];
        let counts = [times.tms_utime, times.tms_stime, times.tms_cutime, times.tms_cstime, elapsed];
        for (field, count) in fields.iter_mut().zip(counts) {
            *field = vm.new_float(count as f64 / ticks)?;
        }
        vm.new_struct_sequence(&TIMES_RESULT, &fields)
    }

    #[function(
        "getloadavg()",
        doc = "Return average recent system load information.\n\nReturn the number of processes in the system run queue averaged over\nthe last 1, 5, and 15 minutes as a tuple of three floats.\nRaises OSError if the load average was unobtainable."
    )]
    fn getloadavg(vm: &Vm) -> PyResult {
        let Some([one, five, fifteen]) = system::load() else {
            return Err(vm.raise_new(vm.exceptions().OSError, "Load averages are unobtainable"));
        };
        Ok(vm.new_tuple(&[vm.new_float(one)?, vm.new_float(five)?, vm.new_float(fifteen)?])?.value())
    }

    #[function("sysconf(name, /)", doc = "Return an integer-valued system configuration variable.")]
    fn sysconf(vm: &Vm, module: Gc<PyModule>, name: Value) -> PyResult<i64> {
        let number = setting_number(vm, module, name, "sysconf_names")?;
        system::setting(number).or_raise(vm)
    }

    #[function("confstr(name, /)", doc = "Return a string-valued system configuration variable.")]
    fn confstr(vm: &Vm, module: Gc<PyModule>, name: Value) -> PyResult {
        let number = setting_number(vm, module, name, "confstr_names")?;
        match system::text_setting(number).or_raise(vm)? {
            Some(text) => super::directories::name(vm, &text, false),
            None => Ok(Value::NONE),
        }
    }

    #[function(
        "pathconf(path, name)",
        doc = "Return the configuration limit name for the file or directory path.\n\nIf there is no limit, return -1.\nOn some platforms, path may also be specified as an open file descriptor.\n  If this functionality is unavailable, using it raises an exception."
    )]
    fn pathconf(vm: &Vm, module: Gc<PyModule>, path: PathOrFd, name: Value) -> PyResult<i64> {
        let number = setting_number(vm, module, name, "pathconf_names")?;
        let file = match &path {
            PathOrFd::Path(path) => Ok(path.as_c()),
            PathOrFd::Fd(fd, _) => Err(*fd),
        };
        system::path_setting(file, number).or_raise_for(vm, path.object())
    }

    #[function(
        "fpathconf(fd, name, /)",
        doc = "Return the configuration limit name for the file descriptor fd.\n\nIf there is no limit, return -1."
    )]
    fn fpathconf(vm: &Vm, module: Gc<PyModule>, fd: crate::path::Descriptor, name: Value) -> PyResult<i64> {
        let number = setting_number(vm, module, name, "pathconf_names")?;
        system::path_setting(Err(fd.0), number).or_raise(vm)
    }

    #[function(
        "urandom(size, /)",
        doc = "Return a bytes object containing random bytes suitable for cryptographic use."
    )]
    fn urandom(vm: &Vm, size: isize) -> PyResult {
        let Ok(size) = usize::try_from(size) else {
            return Err(vm.value_error("negative argument not allowed"));
        };
        let mut bytes = Vec::new();
        if bytes.try_reserve_exact(size).is_err() {
            return Err(vm.no_memory());
        }
        bytes.resize(size, 0);
        let mut filled = 0;
        while filled < size {
            filled += interruptible(vm, || system::random(&mut bytes[filled..], 0))?.or_raise(vm)?;
        }
        Ok(vm.new_bytes(&bytes)?.value())
    }

    #[function("getrandom(size, flags=0)", doc = "Obtain a series of random bytes.")]
    fn getrandom(vm: &Vm, size: isize, flags: i32) -> PyResult {
        let Ok(size) = usize::try_from(size) else { return Err(raise(vm, Errno(libc::EINVAL))) };
        let mut bytes = Vec::new();
        if bytes.try_reserve_exact(size).is_err() {
            return Err(vm.no_memory());
        }
        bytes.resize(size, 0);
        let count = interruptible(vm, || system::random(&mut bytes, flags as u32))?.or_raise(vm)?;
        Ok(vm.new_bytes(&bytes[..count])?.value())
    }

    #[function("strerror(code, /)", doc = "Translate an error code to a message string.")]
    fn strerror(code: i32) -> String {
        Errno(code).message()
    }

    #[function(
        "get_terminal_size(fd=<unrepresentable>, /)",
        doc = "Return the size of the terminal window as (columns, lines).\n\nThe optional argument fd (default standard output) specifies\nwhich file descriptor should be queried.\n\nIf the file descriptor is not connected to a terminal, an OSError\nis thrown.\n\nThis function will only be defined if an implementation is\navailable for this system.\n\nshutil.get_terminal_size is the high-level function which should\nnormally be used, os.get_terminal_size is the low-level implementation."
    )]
    fn get_terminal_size(vm: &Vm, fd: Option<i32>) -> PyResult {
        let (columns, lines) = kaa_host::terminal::size(fd.unwrap_or(1)).or_raise(vm)?;
        let fields = [Value::small_int(columns.into()), Value::small_int(lines.into())];
        vm.new_struct_sequence(&TERMINAL_SIZE, &fields)
    }

    #[function("ctermid()", doc = "Return the name of the controlling terminal for this process.")]
    fn ctermid() -> &'static str {
        "/dev/tty"
    }

    #[function("major(device, /)", doc = "Extracts a device major number from a raw device number.")]
    fn major(device: u64) -> u32 {
        libc::major(device)
    }

    #[function("minor(device, /)", doc = "Extracts a device minor number from a raw device number.")]
    fn minor(device: u64) -> u32 {
        libc::minor(device)
    }

    #[function(
        "makedev(major, minor, /)",
        doc = "Composes a raw device number from the major and minor device numbers."
    )]
    fn makedev(major: u32, minor: u32) -> u64 {
        libc::makedev(major, minor)
    }

    #[function("_inputhook()", doc = "Calls PyOS_CallInputHook droppping the GIL first")]
    fn inputhook() -> i32 {
        0
    }

    #[function("_is_inputhook_installed()", doc = "Checks if PyOS_CallInputHook is set")]
    fn is_inputhook_installed() -> bool {
        false
    }
}
