//! `PickleBuffer`: the memory of an object, to be pickled with it or beside it.

use kaa_objects::buffer::{Buffer, Layout, request};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::memoryview::PyMemoryView;
use kaa_objects::{Args, Gc, PyResult, Trace, Vm, py_type};

use crate::parse_tuple::Keyworded;

/// A `PickleBuffer`.
#[repr(C)]
#[derive(Trace)]
pub struct PyPickleBuffer {
    header: Header,
    /// The object whose memory it is; empty once released.
    object: Slot,
    /// A view that keeps the memory in place.
    view: Slot<Gc<PyMemoryView>>,
}

impl PyPickleBuffer {
    fn object(&self, vm: &Vm) -> PyResult {
        self.object.get().ok_or_else(|| vm.value_error("operation forbidden on released PickleBuffer object"))
    }

    /// The memory, as it lies; `None` when it does not lie in one row.
    pub fn raw_buffer(&self, vm: &Vm) -> PyResult<Option<Buffer>> {
        let mut buffer = vm.buffer(self.object(vm)?, request::FULL_RO)?;
        if !is_in_one_row(&buffer) {
            return Ok(None);
        }
        buffer.layout = Some(Box::new(Layout::contiguous(&[buffer.len], 1)));
        buffer.itemsize = 1;
        buffer.format = None;
        Ok(Some(buffer))
    }
}

fn is_in_one_row(buffer: &Buffer) -> bool {
    buffer.is_contiguous() || buffer.layout.as_ref().is_some_and(|layout| layout.is_f_contiguous(buffer.itemsize))
}

#[py_type(
    name = "PickleBuffer",
    module = "pickle",
    flags(BASETYPE, MANAGED_WEAKREF),
    doc = "Wrapper for potentially out-of-band buffers"
)]
impl PyPickleBuffer {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyPickleBuffer>> {
        let mut arguments = Keyworded::new(vm, Some("PickleBuffer"), &[""], 0, 1, args)?;
        let Some(object) = arguments.next(vm)? else {
            return Err(vm.type_error("PickleBuffer() takes exactly 1 positional argument (0 given)"));
        };
        arguments.finish(vm)?;
        let buffer = vm.buffer(object, request::FULL_RO)?;
        let view = vm.new_memoryview_of(buffer)?;
        let made = PyPickleBuffer { header: Header::EMPTY, object: Slot::new(object), view: Slot::new(view) };
        vm.alloc_instance(class, made)
    }

    #[slot(bf_getbuffer)]
    fn buffer(vm: &Vm, this: Gc<PyPickleBuffer>, flags: u32) -> PyResult<Buffer> {
        vm.buffer(this.object(vm)?, flags)
    }

    #[method(
        "raw($self, /)",
        doc = "Return a memoryview of the raw memory underlying this buffer.\nWill raise BufferError is the buffer isn't contiguous."
    )]
    fn raw(vm: &Vm, this: Gc<PyPickleBuffer>) -> PyResult<Gc<PyMemoryView>> {
        match this.raw_buffer(vm)? {
            Some(buffer) => vm.new_memoryview_of(buffer),
            None => Err(vm.buffer_error("cannot extract raw buffer from non-contiguous buffer")),
        }
    }

    #[method("release($self, /)", doc = "Release the underlying buffer exposed by the PickleBuffer object.")]
    fn release(vm: &Vm, this: Gc<PyPickleBuffer>) -> PyResult<()> {
        this.object.clear();
        match this.view.get() {
            Some(view) => {
                this.view.clear();
                vm.call_method_str(view.value(), "release", &[]).map(drop)
            }
            None => Ok(()),
        }
    }
}
