//! `syslog`: messages to the system's log.

use std::any::Any;
use std::cell::Cell;
use std::ffi::CString;

use kaa_host::system_log as host;
use kaa_macros::py_module;
use kaa_objects::args::{Argument, FromValue};
use kaa_objects::types::list::PyList;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use crate::module_setup::add_constants;
use crate::path::encode_strict;

/// The module.
pub struct Syslog;

/// Whether the log is open.
#[derive(Default)]
struct State {
    open: Cell<bool>,
}

impl Extension for State {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn state(vm: &Vm) -> &State {
    vm.extension(|_| State::default())
}

/// The text before the first null character, if there is one.
struct Ident(Value);

/// The last component of the program's name, which messages begin with.
fn program_name(vm: &Vm) -> PyResult<Option<CString>> {
    let sys = match vm.hooks.import.get() {
        Some(import) => import(vm, "sys")?,
        None => return Ok(None),
    };
    let Some(argv) = vm.get_attr_optional(sys, vm.intern("argv"))?.and_then(|argv| vm.cast::<PyList>(argv)) else {
        return Ok(None);
    };
    let Some(script) = argv.get(0).and_then(|script| vm.cast::<PyStr>(script)) else { return Ok(None) };
    let bytes = encode_strict(vm, script)?;
    let name = bytes.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    Ok(CString::new(name).ok().filter(|name| !name.is_empty()))
}

impl FromValue for Ident {
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<Ident> {
        Gc::<PyStr>::from_value(vm, value, argument).map(|text| Ident(text.value()))
    }
}

fn open(vm: &Vm, ident: Option<Ident>, options: i32, facility: i32) -> PyResult<()> {
    let ident = match ident.and_then(|ident| vm.cast::<PyStr>(ident.0)) {
        Some(text) => {
            let mut bytes = encode_strict(vm, text)?;
            bytes.truncate(bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len()));
            CString::new(bytes).ok()
        }
        None => program_name(vm)?,
    };
    host::open(ident, options, facility);
    state(vm).open.set(true);
    Ok(())
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    add_constants(vm, module, CONSTANTS)
}

#[py_module(name = "syslog", setup = set_up)]
impl Syslog {
    #[function(
        "syslog",
        raw,
        doc = "syslog([priority=LOG_INFO,] message)\nSend the string message to the system logger."
    )]
    fn syslog(vm: &Vm, args: Args<'_>) -> PyResult<()> {
        args.no_keywords(vm, "syslog.syslog")?;
        let (priority, message, place) = match *args.positionals() {
            [message] => (libc::LOG_INFO, message, 1),
            [priority, message] => (int(vm, priority)?, message, 2),
            _ => return Err(vm.type_error("syslog.syslog requires 1 to 2 arguments")),
        };
        let Some(text) = vm.cast::<PyStr>(message) else {
            let class = vm.class_name(message);
            return Err(vm.type_error(format_args!("syslog() argument {place} must be str, not {class}")));
        };
        let Ok(text) = CString::new(encode_strict(vm, text)?) else {
            return Err(vm.value_error("embedded null character"));
        };
        if !state(vm).open.get() {
            open(vm, None, 0, libc::LOG_USER)?;
        }
        vm.without_gil(|| host::log(priority, &text));
        Ok(())
    }

    #[function(
        "openlog(ident=<unrepresentable>, logoption=0, facility=LOG_USER)",
        doc = "Set logging options of subsequent syslog() calls."
    )]
    fn openlog(vm: &Vm, ident: Option<Ident>, logoption: i64, facility: Option<i64>) -> PyResult<()> {
        open(vm, ident, logoption as i32, facility.map_or(libc::LOG_USER, |facility| facility as i32))
    }

    #[function("closelog()", doc = "Reset the syslog module values and call the system library closelog().")]
    fn closelog(vm: &Vm) {
        if state(vm).open.replace(false) {
            host::close();
        }
    }

    #[function("setlogmask(maskpri, /)", doc = "Set the priority mask to maskpri and return the previous mask value.")]
    fn setlogmask(maskpri: i64) -> i32 {
        host::set_mask(maskpri as i32)
    }

    #[function("LOG_MASK(pri, /)", doc = "Calculates the mask for the individual priority pri.")]
    fn log_mask(pri: i64) -> i32 {
        1i32.wrapping_shl(pri as u32)
    }

    #[function("LOG_UPTO(pri, /)", doc = "Calculates the mask for all priorities up to and including pri.")]
    fn log_upto(pri: i64) -> i32 {
        1i32.wrapping_shl((pri as u32).wrapping_add(1)).wrapping_sub(1)
    }
}

fn int(vm: &Vm, value: Value) -> PyResult<i32> {
    let index = vm.index(value)?;
    let number = vm.int_to_i64(index).and_then(|number| i32::try_from(number).ok());
    number.ok_or_else(|| vm.overflow_error("Python int too large to convert to C int"))
}

const CONSTANTS: &[(&str, i64)] = &[
    ("LOG_ALERT", libc::LOG_ALERT as i64),
    ("LOG_AUTH", libc::LOG_AUTH as i64),
    ("LOG_AUTHPRIV", libc::LOG_AUTHPRIV as i64),
    ("LOG_CONS", libc::LOG_CONS as i64),
    ("LOG_CRIT", libc::LOG_CRIT as i64),
    ("LOG_CRON", libc::LOG_CRON as i64),
    ("LOG_DAEMON", libc::LOG_DAEMON as i64),
    ("LOG_DEBUG", libc::LOG_DEBUG as i64),
    ("LOG_EMERG", libc::LOG_EMERG as i64),
    ("LOG_ERR", libc::LOG_ERR as i64),
    ("LOG_FTP", libc::LOG_FTP as i64),
    ("LOG_INFO", libc::LOG_INFO as i64),
    ("LOG_KERN", libc::LOG_KERN as i64),
    ("LOG_LOCAL0", libc::LOG_LOCAL0 as i64),
    ("LOG_LOCAL1", libc::LOG_LOCAL1 as i64),
    ("LOG_LOCAL2", libc::LOG_LOCAL2 as i64),
    ("LOG_LOCAL3", libc::LOG_LOCAL3 as i64),
    ("LOG_LOCAL4", libc::LOG_LOCAL4 as i64),
    ("LOG_LOCAL5", libc::LOG_LOCAL5 as i64),
    ("LOG_LOCAL6", libc::LOG_LOCAL6 as i64),
    ("LOG_LOCAL7", libc::LOG_LOCAL7 as i64),
    ("LOG_LPR", libc::LOG_LPR as i64),
    ("LOG_MAIL", libc::LOG_MAIL as i64),
    ("LOG_NDELAY", libc::LOG_NDELAY as i64),
    ("LOG_NEWS", libc::LOG_NEWS as i64),
    ("LOG_NOTICE", libc::LOG_NOTICE as i64),
    ("LOG_NOWAIT", libc::LOG_NOWAIT as i64),
    ("LOG_ODELAY", libc::LOG_ODELAY as i64),
    ("LOG_PERROR", libc::LOG_PERROR as i64),
    ("LOG_PID", libc::LOG_PID as i64),
    ("LOG_SYSLOG", libc::LOG_SYSLOG as i64),
    ("LOG_USER", libc::LOG_USER as i64),
    ("LOG_UUCP", libc::LOG_UUCP as i64),
    ("LOG_WARNING", libc::LOG_WARNING as i64),
];
