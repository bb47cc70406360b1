//! `traceback`: where an exception passed, one object for each frame, outermost first.

use std::cell::Cell;

use kaa_bytecode::LocationTable;
use kaa_macros::py_type;
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot, Trace, Visitor};
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::{Gc, PyResult, Value, Vm, ids};

use crate::frame::Frame;
use crate::frame_object::{self, PyFrame};

/// One entry of a traceback.
#[repr(C)]
pub struct PyTraceback {
    header: Header,
    /// `tb_next`: the frame that was called from here.
    pub next: Slot<Gc<PyTraceback>>,
    /// `tb_frame`.
    pub frame: Slot<Gc<PyFrame>>,
    /// `tb_lasti`, in bytes.
    pub lasti: Cell<i32>,
    /// `tb_lineno`; [`UNKNOWN_LINE`] until it is asked for.
    pub lineno: Cell<i32>,
}

/// The line was not looked up yet.
pub const UNKNOWN_LINE: i32 = -1;

#[py_type(name = "traceback", id = ids::TRACEBACK, layout = custom, doc = "Create a new traceback object.")]
impl PyTraceback {
    #[new("traceback(tb_next, tb_frame, tb_lasti, tb_lineno)")]
    fn new(
        vm: &Vm,
        _class: Gc<PyType>,
        tb_next: Value,
        tb_frame: Gc<PyFrame>,
        tb_lasti: i32,
        tb_lineno: i32,
    ) -> PyResult<Gc<PyTraceback>> {
        let next = match tb_next.not_none() {
            None => None,
            Some(next) => match vm.cast::<PyTraceback>(next) {
                Some(next) => Some(next),
                None => {
                    let kind = vm.class_name(next);
                    return Err(vm.type_error(format_args!("expected traceback object or None, got '{kind}'")));
                }
            },
        };
        vm.alloc(PyTraceback {
            header: Header::EMPTY,
            next: Slot::maybe(next),
            frame: Slot::new(tb_frame),
            lasti: Cell::new(tb_lasti),
            lineno: Cell::new(tb_lineno),
        })
    }

    #[getter("tb_frame", member)]
    fn get_frame(&self) -> Option<Value> {
        self.frame.get().map(Value::from)
    }

    #[getter("tb_lasti", member)]
    fn get_lasti(&self) -> i32 {
        self.lasti.get()
    }

    #[getter("tb_lineno")]
    fn get_lineno(&self) -> Value {
        self.line().map_or(Value::NONE, |line| Value::small_int(line.into()))
    }

    #[getter("tb_next")]
    fn get_next(&self) -> Option<Value> {
        self.next.get().map(Value::from)
    }

    #[setter("tb_next")]
    fn set_next(vm: &Vm, this: Gc<PyTraceback>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(vm.type_error("can't delete tb_next attribute"));
        };
        let next = match value.not_none() {
            None => None,
            Some(next) => match vm.cast::<PyTraceback>(next) {
                Some(next) => Some(next),
                None => {
                    let kind = vm.class_name(next);
                    return Err(vm.type_error(format_args!("expected traceback object or None, got '{kind}'")));
                }
            },
        };
        let mut link = next;
        while let Some(entry) = link {
            if entry == this {
                return Err(vm.value_error("traceback loop detected"));
            }
            link = entry.next.get();
        }
        this.next.set_maybe(vm, this, next);
        Ok(())
    }

    #[method("__dir__($self, /)")]
    fn dir(vm: &Vm, _this: Gc<PyTraceback>) -> PyResult {
        let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"].map(|name| vm.intern(name).value());
        Ok(vm.new_list(&names)?.value())
    }
}

impl Trace for PyTraceback {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.next.trace(visitor);
        self.frame.trace(visitor);
    }
}

impl PyTraceback {
    /// `tb_lineno`; `None` for code without a line.
    pub fn line(&self) -> Option<i32> {
        match self.lineno.get() {
            UNKNOWN_LINE => {
                let code = self.frame.get()?.code.get()?;
                LocationTable::new(code.linetable(), code.firstlineno).line_at(self.lasti.get() as u32)
            }
            line => Some(line),
        }
    }
}

/// Notes in the pending exception's traceback that it passed a frame.
///
/// # Safety
/// The frame is alive, its `pc` and `sp` are saved.
#[inline(never)]
pub unsafe fn add_entry(vm: &Vm, fp: *mut Frame) {
    let Some(exception) = vm.take_pending() else { return };
    // SAFETY: the caller's promise.
    unsafe { add_entry_to(vm, exception, fp) };
    let _ = vm.raise_again(exception);
}

/// Notes in an exception's traceback that it was made by the code that is running.
pub fn add_running_frame(vm: &Vm, exception: Gc<PyBaseException>) {
    if let Some(frame) = crate::introspect::running_frame(vm) {
        // SAFETY: native code runs for the frame, whose registers were saved for the call.
        unsafe { add_entry_to(vm, exception, frame) };
    }
}

/// # Safety
/// As for [`add_entry`].
unsafe fn add_entry_to(vm: &Vm, exception: Gc<PyBaseException>, fp: *mut Frame) {
    let add = || -> PyResult<()> {
        // SAFETY: the caller's promise.
        let (frame, lasti) = unsafe { (frame_object::of(vm, fp)?, (*fp).instruction() * 2) };
        let next = exception.traceback.get().and_then(|next| vm.cast::<PyTraceback>(next));
        let entry = vm.alloc(PyTraceback {
            header: Header::EMPTY,
            next: Slot::maybe(next),
            frame: Slot::new(frame),
            lasti: Cell::new(lasti as i32),
            lineno: Cell::new(UNKNOWN_LINE),
        })?;
        exception.traceback.set(vm, exception, entry.value());
        Ok(())
    };
    // Without memory for the entry, the exception goes on without it.
    if let Err(raised) = add() {
        vm.take_exception(raised);
    }
}

/// The entries of a traceback as text, without source lines: `  File "x.py", line 1, in f`.
pub fn plain_text(vm: &Vm, traceback: kaa_objects::Value) -> String {
    let mut text = String::new();
    let mut next = vm.cast::<PyTraceback>(traceback);
    while let Some(entry) = next {
        if let Some(code) = entry.frame.get().and_then(|frame| frame.code.get()) {
            let (file, name) = (code.filename.get_set().to_string_lossy(), code.name(vm).to_string_lossy());
            let line = entry.line().map_or("?".to_owned(), |line| line.to_string());
            text.push_str(&format!("  File \"{file}\", line {line}, in {name}\n"));
        }
        next = entry.next.get();
    }
    text
}
