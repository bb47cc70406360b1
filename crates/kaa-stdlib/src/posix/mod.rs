//! `posix`: the system calls behind `os`. One file for each subject; the calls themselves are in
//! `kaa-host`.

pub mod at_fork;
mod attributes;
mod constants;
mod descriptors;
mod directories;
mod environment;
mod identity;
mod paths;
mod process;
mod pseudo_terminals;
mod scandir;
mod scheduling;
mod spawn;
mod stat;
mod system;
#[cfg(test)]
mod tests;
mod timers;

use kaa_macros::py_module;
use kaa_objects::args::{Argument, FromValue};
use kaa_objects::types::module::PyModule;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// The module.
pub struct Posix;

#[py_module(
    name = "posix",
    doc = "This module provides access to operating system functionality that is\nstandardized by the C Standard and the POSIX standard (a thinly\ndisguised Unix interface).  Refer to the library manual and\ncorresponding Unix manual entries for more information on calls.",
    types(scandir::PyDirEntry),
    parts(
        attributes::FUNCTIONS, descriptors::FUNCTIONS, directories::FUNCTIONS, environment::FUNCTIONS,
        identity::FUNCTIONS, paths::FUNCTIONS, process::FUNCTIONS, pseudo_terminals::FUNCTIONS, scandir::FUNCTIONS, scheduling::FUNCTIONS,
        spawn::FUNCTIONS, stat::FUNCTIONS, system::FUNCTIONS, timers::FUNCTIONS
    ),
    setup = set_up
)]
impl Posix {}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    dict.reserve(vm, constants::CONSTANTS.len() + 13)?;
    for &(name, number) in constants::CONSTANTS {
        dict.set_str(vm, vm.intern(name), vm.new_int(number)?)?;
    }
    for (name, table) in [
        ("confstr_names", constants::CONFSTR_NAMES),
        ("pathconf_names", constants::PATHCONF_NAMES),
        ("sysconf_names", constants::SYSCONF_NAMES),
    ] {
        let names = vm.new_dict()?;
        names.reserve(vm, table.len())?;
        for &(name, number) in table {
            names.set_str(vm, vm.intern(name), vm.new_int(number)?)?;
        }
        dict.set_str(vm, vm.intern(name), names.value())?;
    }
    let functions = vm.new_list(&[])?;
    functions.reserve(vm, constants::HAVE_FUNCTIONS.len())?;
    for name in constants::HAVE_FUNCTIONS {
        functions.push(vm, vm.new_str(name)?.value())?;
    }
    dict.set_str(vm, vm.intern("_have_functions"), functions.value())?;
    dict.set_str(vm, vm.intern("environ"), environment::dict(vm)?.value())?;
    dict.set_str(vm, vm.intern("error"), vm.exceptions().OSError.value())?;
    for def in [
        &stat::STAT_RESULT,
        &stat::STATVFS_RESULT,
        &system::TERMINAL_SIZE,
        &system::TIMES_RESULT,
        &system::UNAME_RESULT,
        &process::WAITID_RESULT,
    ] {
        let class = vm.struct_sequence_class(def)?;
        dict.set_str(vm, class.name.get_set(), class.value())?;
    }
    dict.set_str(vm, vm.intern("sched_param"), scheduling::param_class(vm)?.value())
}

/// The number of a user or group; -1 (which leaves it as it is) is the largest.
#[derive(Clone, Copy)]
pub struct AccountId(pub u32);

impl FromValue for AccountId {
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<AccountId> {
        let name = match argument.name() {
            name if name.ends_with("gid") => "gid",
            _ => "uid",
        };
        account_id(vm, value, name).map(AccountId)
    }
}

/// As [`AccountId`]; errors speak of `uid` or `gid`.
pub fn account_id(vm: &Vm, value: Value, name: &str) -> PyResult<u32> {
    if vm.slots_of(value).nb_index.is_none() {
        let class = vm.class_name(value);
        return Err(vm.type_error(format_args!("{name} should be integer, not {class}")));
    }
    let index = vm.index(value)?;
    match vm.int_to_i64(index) {
        Some(-1) => Ok(u32::MAX),
        Some(id) if id < 0 => Err(vm.overflow_error(format_args!("{name} is less than minimum"))),
        Some(id) if id < i64::from(u32::MAX) => Ok(id as u32),
        None if vm.int_sign(index).is_lt() => Err(vm.overflow_error(format_args!("{name} is less than minimum"))),
        _ => Err(vm.overflow_error(format_args!("{name} is greater than maximum"))),
    }
}

/// A list of numbers.
fn number_list(vm: &Vm, numbers: impl IntoIterator<Item = i64>) -> PyResult {
    let list = vm.new_list(&[])?;
    for number in numbers {
        list.push(vm, vm.new_int(number)?)?;
    }
    Ok(list.value())
}

/// A pair.
fn pair(vm: &Vm, first: Value, second: Value) -> PyResult {
    Ok(vm.new_tuple(&[first, second])?.value())
}
