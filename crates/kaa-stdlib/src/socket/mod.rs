//! `_socket`: sockets, and names of hosts and services. Families: IP, Unix, netlink, packet, vsock
//! and qipcrtr; others can be used as far as they need no addresses.

mod address;
mod constants;
mod message;
mod module_functions;
mod names;
mod object;
mod options;
mod transfer;
mod waiting;

use std::any::Any;
use std::cell::Cell;

use kaa_host::socket::names::LookupError;
use kaa_macros::py_module;
use kaa_objects::class::PyType;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::module::PyModule;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use crate::host_call::raise;
use crate::module_setup::{add, add_constants, exception_class};

/// The module.
pub struct Socket;

/// What belongs to the module.
struct State {
    /// `socket.gaierror`
    address_error: Slot,
    /// `socket.herror`
    host_error: Slot,
    /// The timeout of new sockets.
    default_timeout: Cell<waiting::Timeout>,
}

impl Extension for State {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.address_error.trace(visitor);
        self.host_error.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn state(vm: &Vm) -> &State {
    vm.extension(|_| State {
        address_error: Slot::empty(),
        host_error: Slot::empty(),
        default_timeout: Cell::new(waiting::Timeout::NEVER),
    })
}

/// An `OSError` with no number.
#[cold]
fn os_error(vm: &Vm, text: &str) -> Raised {
    vm.raise_new(vm.exceptions().OSError, text)
}

#[cold]
fn numbered(vm: &Vm, class: &Slot, number: i32, message: &str) -> Raised {
    let class = class.get().and_then(|class| vm.cast::<PyType>(class)).unwrap_or(vm.exceptions().OSError);
    match vm.new_str(message) {
        Ok(message) => vm.raise_with(class, &[Value::small_int(number.into()), message.value()]),
        Err(raised) => raised,
    }
}

/// Raises `gaierror`, or the `OSError` behind it.
#[cold]
fn address_error(vm: &Vm, error: LookupError) -> Raised {
    if error.code == libc::EAI_SYSTEM {
        return raise(vm, error.errno);
    }
    numbered(vm, &state(vm).address_error, error.code, &error.message())
}

/// Raises `herror`.
#[cold]
fn host_error(vm: &Vm, code: i32) -> Raised {
    numbered(vm, &state(vm).host_error, code, &kaa_host::socket::names::host_error_message(code))
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    add_constants(vm, module, constants::CONSTANTS)?;
    let os_error = vm.exceptions().OSError;
    let state = state(vm);
    for (name, slot) in [("herror", &state.host_error), ("gaierror", &state.address_error)] {
        let class = exception_class(vm, "socket", name, os_error)?;
        slot.set_root(Some(class));
        add(vm, module, name, class)?;
    }
    add(vm, module, "error", os_error.value())?;
    add(vm, module, "timeout", vm.exceptions().TimeoutError.value())?;
    add(vm, module, "SocketType", vm.class::<object::PySocket>().value())?;
    add(vm, module, "has_ipv6", Value::TRUE)
}

#[py_module(
    name = "_socket",
    doc = "Implementation module for socket operations.\n\nSee the socket module for documentation.",
    types(object::PySocket),
    parts(module_functions::FUNCTIONS, names::FUNCTIONS),
    setup = set_up
)]
impl Socket {}
