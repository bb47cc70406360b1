//! Options of sockets.

use kaa_host::socket as host;
use kaa_macros::py_methods;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::object::PySocket;
use super::os_error;
use crate::host_call::OrRaise;
use crate::parse_tuple::{int, int_or, low_bits, positionals};

/// How much memory an option can have.
const MOST: i32 = 1024;

#[py_methods(METHODS, of = "socket")]
impl PySocket {
    #[method(
        "getsockopt",
        raw,
        doc = "getsockopt(level, option[, buffersize]) -> value\n\nGet a socket option.  See the Unix manual for level and option.\nIf a nonzero buffersize argument is given, the return value is a\nstring of that length; otherwise it is an integer."
    )]
    fn getsockopt(vm: &Vm, this: Gc<PySocket>, args: Args<'_>) -> PyResult {
        let given = positionals(vm, "getsockopt", args, 2, 3)?;
        let (level, name, len) = (int(vm, given[0])?, int(vm, given[1])?, int_or(vm, given.get(2), 0)?);
        let fd = this.fd.get();
        if len == 0 {
            return Ok(Value::small_int(host::option(fd, level, name).or_raise(vm)?.into()));
        }
        if !(1..=MOST).contains(&len) {
            return Err(os_error(vm, "getsockopt buflen out of range"));
        }
        let mut buffer = [0; MOST as usize];
        let count = host::option_bytes(fd, level, name, &mut buffer[..len as usize]).or_raise(vm)?;
        Ok(vm.new_bytes(&buffer[..count])?.value())
    }

    #[method(
        "setsockopt",
        raw,
        doc = "setsockopt(level, option, value: int)\nsetsockopt(level, option, value: buffer)\nsetsockopt(level, option, None, optlen: int)\n\nSet a socket option.  See the Unix manual for level and option.\nThe value argument can either be an integer, a string buffer, or\nNone, optlen."
    )]
    fn setsockopt(vm: &Vm, this: Gc<PySocket>, args: Args<'_>) -> PyResult<()> {
        args.no_keywords(vm, "setsockopt")?;
        let fd = this.fd.get();
        if let &[level, name, none, len] = args.positionals()
            && none.is_none()
            && vm.is_int(len)
        {
            let (level, name) = (int(vm, level)?, int(vm, name)?);
            return host::set_option_empty(fd, level, name, low_bits(vm, len)? as u32).or_raise(vm);
        }
        let given = positionals(vm, "setsockopt", args, 3, 3)?;
        let (level, name) = (int(vm, given[0])?, int(vm, given[1])?);
        let number = if vm.is_int(given[2]) { vm.int_to_i64(given[2]) } else { None };
        match number.and_then(|number| i32::try_from(number).ok()) {
            Some(number) => host::set_option(fd, level, name, &number.to_ne_bytes()).or_raise(vm),
            None => vm.with_bytes(given[2], |bytes| host::set_option(fd, level, name, bytes).or_raise(vm)),
        }
    }
}
