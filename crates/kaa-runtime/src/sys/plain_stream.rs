//! What `sys.stdout` and `sys.stderr` are until the `io` module has made the real ones: text goes
//! straight to the process's stream.

use std::cell::Cell;
use std::io::Write;

use kaa_objects::object::Header;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Vm};

use crate::host_output::{Stream, write_raw};

/// A stream that can only be written and flushed.
#[repr(C)]
pub struct PyPlainStream {
    header: Header,
    stream: Cell<Stream>,
}

impl PyPlainStream {
    /// The object of a stream.
    pub fn new(vm: &Vm, stream: Stream) -> PyResult {
        Ok(vm.alloc(PyPlainStream { header: Header::EMPTY, stream: Cell::new(stream) })?.value())
    }
}

#[kaa_macros::py_type(name = "PlainStream", module = "sys", layout = raw)]
impl PyPlainStream {
    #[method("write($self, text, /)")]
    fn write(_vm: &Vm, this: Gc<PyPlainStream>, text: Gc<PyStr>) -> usize {
        write_raw(this.stream.get(), &text.to_string_lossy());
        text.len()
    }

    #[method("flush($self, /)")]
    fn flush(_vm: &Vm, _this: Gc<PyPlainStream>) {
        let _ = std::io::stdout().flush();
    }
}
