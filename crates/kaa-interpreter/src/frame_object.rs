//! `frame`: a frame as Python code sees it. Made only when asked for; when the frame itself ends,
//! the object takes over its variables.

use std::cell::Cell;

use kaa_bytecode::LocationTable;
use kaa_macros::py_type;
use kaa_objects::object::{Header, Slot, Trace, Visitor};
use kaa_objects::types::arrays::ValueArray;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::dict::PyDict;
use kaa_objects::{Gc, PyResult, Value, Vm, ids};

use crate::frame::{Frame, special};
use crate::generator::{PyGenerator, State};

/// A frame object.
#[repr(C)]
pub struct PyFrame {
    header: Header,
    /// The frame on the data stack; null for a generator's frame and when the frame has ended.
    frame: Cell<*mut Frame>,
    /// The generator that the frame is in, until it ends.
    generator: Slot<Gc<PyGenerator>>,
    /// `f_code`.
    pub code: Slot<Gc<PyCode>>,
    /// `f_globals`.
    pub globals: Slot<Gc<PyDict>>,
    /// `f_builtins`.
    pub builtins: Slot,
    /// The namespace of module and class code.
    pub namespace: Slot,
    /// The function object.
    pub function: Slot,
    /// Once the frame has ended: its locals, cells and free variables.
    values: Slot<Gc<ValueArray>>,
    /// Once the frame has ended: `f_back`.
    back: Slot<Gc<PyFrame>>,
    /// Once the frame has ended: the index of the last unit of its last instruction.
    last_instruction: Cell<usize>,
    /// `f_trace`.
    pub trace: Slot,
    /// `f_trace_lines`.
    pub trace_lines: Cell<bool>,
    /// `f_trace_opcodes`.
    pub trace_opcodes: Cell<bool>,
    /// Where the frame goes on when the trace function that set its line returns.
    pub jumped_to: Cell<Option<u32>>,
    /// Variables that `f_locals` was given and the code does not know.
    pub extra_locals: Slot<Gc<PyDict>>,
}

#[py_type(name = "frame", id = ids::FRAME, layout = custom, flags(DISALLOW_INSTANTIATION))]
impl PyFrame {
    #[getter("f_back")]
    fn get_back(vm: &Vm, this: Gc<PyFrame>) -> PyResult<Option<Value>> {
        Ok(this.back(vm)?.map(Value::from))
    }

    #[getter("f_code", doc = "Return the code object being executed in this frame.")]
    fn get_code(&self) -> Option<Value> {
        self.code.get().map(Value::from)
    }

    #[getter("f_globals", doc = "Return the global variables in the frame.")]
    fn get_globals(&self) -> Option<Value> {
        self.globals.get().map(Value::from)
    }

    #[getter("f_builtins", doc = "Return the built-in variables in the frame.")]
    fn get_builtins(&self) -> Option<Value> {
        self.builtins.get()
    }

    #[getter("f_locals", doc = "Return the mapping used by the frame to look up local variables.")]
    fn get_locals(vm: &Vm, this: Gc<PyFrame>) -> PyResult {
        crate::frame_locals::locals_of(vm, this)
    }

    #[getter("f_lasti", doc = "Return the index of the last attempted instruction in the frame.")]
    fn get_lasti(&self) -> usize {
        self.instruction() * 2
    }

    #[getter("f_lineno", doc = "Return the current line number in the frame.")]
    fn get_lineno(&self) -> Value {
        self.line().map_or(Value::NONE, |line| Value::small_int(line.into()))
    }

    #[setter("f_lineno")]
    fn set_lineno(vm: &Vm, this: Gc<PyFrame>, value: Option<Value>) -> PyResult<()> {
        match value {
            None => Err(vm.raise_new(
                vm.exceptions().AttributeError,
                "attribute 'f_lineno' of 'frame' objects cannot be deleted",
            )),
            Some(value) => crate::frame_jump::set_line(vm, this, value),
        }
    }

    #[getter("f_generator", doc = "Return the generator or coroutine associated with this frame, or None.")]
    fn get_generator(&self) -> Option<Value> {
        self.generator.get().map(Value::from)
    }

    #[getter("f_trace", doc = "Return the trace function for this frame, or None if no trace function is set.")]
    fn get_trace(&self) -> Option<Value> {
        self.trace.get()
    }

    #[setter("f_trace")]
    fn set_trace(vm: &Vm, this: Gc<PyFrame>, value: Option<Value>) {
        this.trace.set_maybe(vm, this, value.and_then(Value::not_none));
        if this.trace.get().is_some() && this.trace_opcodes.get() {
            crate::monitoring::tracing::trace_opcodes(vm, this, true);
        }
    }

    #[getter("f_trace_lines", member)]
    fn get_trace_lines(&self) -> bool {
        self.trace_lines.get()
    }

    #[setter("f_trace_lines")]
    fn set_trace_lines(vm: &Vm, this: Gc<PyFrame>, value: Option<Value>) -> PyResult<()> {
        this.trace_lines.set(checked_bool(vm, value)?);
        Ok(())
    }

    #[getter("f_trace_opcodes", doc = "Return True if opcode tracing is enabled, False otherwise.")]
    fn get_trace_opcodes(&self) -> bool {
        self.trace_opcodes.get()
    }

    #[setter("f_trace_opcodes")]
    fn set_trace_opcodes(vm: &Vm, this: Gc<PyFrame>, value: Option<Value>) -> PyResult<()> {
        if value.is_none() {
            let text = "attribute 'f_trace_opcodes' of 'frame' objects cannot be deleted";
            return Err(vm.raise_new(vm.exceptions().AttributeError, text));
        }
        let on = checked_bool(vm, value)?;
        this.trace_opcodes.set(on);
        if !on || this.trace.get().is_some() {
            crate::monitoring::tracing::trace_opcodes(vm, this, on);
        }
        Ok(())
    }

    #[method("clear($self, /)", doc = "Clear all references held by the frame.")]
    fn clear(vm: &Vm, this: Gc<PyFrame>) -> PyResult<()> {
        if let Some(generator) = this.generator.get() {
            return match generator.state.get() {
                State::Running => Err(vm.runtime_error("cannot clear an executing frame")),
                State::Suspended => Err(vm.runtime_error("cannot clear a suspended frame")),
                State::Created | State::Finished => crate::generator_methods::close(vm, generator).map(drop),
            };
        }
        if this.live().is_some() {
            return Err(vm.runtime_error("cannot clear an executing frame"));
        }
        if let Some(values) = this.values.get() {
            values.slots().iter().for_each(Slot::clear);
        }
        this.trace.clear();
        Ok(())
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyFrame>) -> PyResult<String> {
        let code = this.code.get_set();
        let file = vm.repr(code.filename.get_set().value())?.to_string_lossy();
        let line = this.line().map_or_else(|| "None".to_owned(), |line| line.to_string());
        let name = code.name(vm).to_string_lossy();
        Ok(format!("<frame at {:#x}, file {file}, line {line}, code {name}>", vm.pin(this)))
    }
}

fn checked_bool(vm: &Vm, value: Option<Value>) -> PyResult<bool> {
    match value {
        None => Err(vm.type_error("can't delete numeric/char attribute")),
        Some(value) => value.as_bool().ok_or_else(|| vm.type_error("attribute value type must be bool")),
    }
}

impl Trace for PyFrame {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.generator.trace(visitor);
        self.code.trace(visitor);
        self.globals.trace(visitor);
        self.builtins.trace(visitor);
        self.namespace.trace(visitor);
        self.function.trace(visitor);
        self.values.trace(visitor);
        self.back.trace(visitor);
        self.trace.trace(visitor);
        self.extra_locals.trace(visitor);
    }
}

/// The frame object of a frame.
///
/// # Safety
/// The frame is alive.
pub unsafe fn of(vm: &Vm, fp: *mut Frame) -> PyResult<Gc<PyFrame>> {
    // SAFETY: the caller's promise; words of the header are what their fields say.
    unsafe {
        if let Some(object) = Value::from_bits((*fp).frame_object) {
            return Ok(object.as_gc_unchecked());
        }
        let generator = Value::from_bits((*fp).generator).map(|generator| generator.as_gc_unchecked());
        let object = vm.alloc(PyFrame {
            header: Header::EMPTY,
            frame: Cell::new(if generator.is_some() { std::ptr::null_mut() } else { fp }),
            generator: Slot::maybe(generator),
            code: Slot::new((*fp).code),
            globals: Slot::new((*fp).globals),
            builtins: Slot::new((*fp).builtins),
            namespace: Slot::maybe(if generator.is_some() { None } else { Value::from_bits((*fp).locals) }),
            function: Slot::maybe(Value::from_bits((*fp).function)),
            values: Slot::empty(),
            back: Slot::empty(),
            last_instruction: Cell::new(0),
            trace: Slot::empty(),
            trace_lines: Cell::new(true),
            trace_opcodes: Cell::new(false),
            jumped_to: Cell::new(None),
            extra_locals: Slot::empty(),
        })?;
        (*fp).frame_object = object.value().bits();
        (*fp).special |= special::OBSERVED;
        if let Some(generator) = generator {
            vm.write_barrier(generator, &raw const (*fp).frame_object);
        }
        Ok(object)
    }
}

/// The frame object of a frame, if it has one.
///
/// # Safety
/// The frame is alive.
pub unsafe fn existing(fp: *mut Frame) -> Option<Gc<PyFrame>> {
    // SAFETY: the caller's promise; the word is what its field says.
    unsafe { Value::from_bits((*fp).frame_object).map(|object| object.as_gc_unchecked()) }
}

/// Lets the frame object live on alone: its frame ends. Errors (no memory) leave it without
/// variables.
///
/// # Safety
/// The frame is alive, has a frame object, and its registers are saved.
pub unsafe fn detach(vm: &Vm, fp: *mut Frame) {
    // SAFETY: the caller's promise.
    unsafe {
        let object: Gc<PyFrame> = Value::from_bits((*fp).frame_object).expect("an observed frame").as_gc_unchecked();
        // Few frame objects are asked for the instruction that it belongs to.
        object.last_instruction.set((*fp).unit_before((*fp).pc));
        let pending = vm.take_pending();
        // The frame of a generator was not called by the one that happened to resume it last.
        if (*fp).special & special::GENERATOR == 0
            && let Ok(back) = previous_object(vm, fp)
        {
            object.back.set_maybe(vm, object, back);
        }
        let count = Frame::code_of(fp).nlocalsplus as usize;
        if let Ok(values) = vm.new_value_array(count) {
            for (index, slot) in values.slots().iter().enumerate() {
                slot.set_maybe(vm, values, Value::from_bits(*Frame::locals_ptr(fp).add(index)));
            }
            object.values.set(vm, object, values);
        }
        if let Some(pending) = pending {
            let _ = vm.raise_again(pending);
        } else {
            vm.take_pending();
        }
        object.frame.set(std::ptr::null_mut());
        object.generator.clear();
        (*fp).frame_object = 0;
        (*fp).special &= !special::OBSERVED;
    }
}

/// Makes the frame object of a frame, if there is one, that of the generator's copy of it.
///
/// # Safety
/// The frame was copied into the generator, and its copy has no frame object.
pub unsafe fn move_to_generator(vm: &Vm, fp: *mut Frame, generator: Gc<PyGenerator>) {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(object) = Value::from_bits((*fp).frame_object) {
            let object: Gc<PyFrame> = object.as_gc_unchecked();
            object.frame.set(std::ptr::null_mut());
            object.generator.set(vm, object, generator);
            let frame = generator.frame();
            (*frame).frame_object = object.value().bits();
            (*frame).special |= special::OBSERVED;
            (*fp).frame_object = 0;
            (*fp).special &= !special::OBSERVED;
        }
    }
}

/// The object of the frame that called or resumed a frame.
///
/// # Safety
/// The frame is alive.
unsafe fn previous_object(vm: &Vm, fp: *mut Frame) -> PyResult<Option<Gc<PyFrame>>> {
    // SAFETY: the caller's promise; previous frames are alive while this one is.
    unsafe {
        let previous = (*fp).previous;
        if previous.is_null() { Ok(None) } else { of(vm, previous).map(Some) }
    }
}

impl PyFrame {
    /// The line that the frame stands at.
    pub fn line(&self) -> Option<i32> {
        let code = self.code.get()?;
        LocationTable::new(code.linetable(), code.firstlineno).line_at(self.instruction() as u32 * 2)
    }

    /// The frame, while it has not ended.
    pub fn live(&self) -> Option<*mut Frame> {
        match self.generator.get() {
            Some(generator) => Some(generator.frame()),
            None => Some(self.frame.get()).filter(|frame| !frame.is_null()),
        }
    }

    /// The generator that the frame belongs to, until it ends.
    pub fn generator(&self) -> Option<Gc<PyGenerator>> {
        self.generator.get()
    }

    /// The index of the unit of the instruction that the frame stands at.
    pub fn instruction(&self) -> usize {
        if let Some(unit) = self.jumped_to.get() {
            return unit as usize;
        }
        match self.live() {
            // SAFETY: a live frame.
            Some(frame) => unsafe { (*frame).instruction() },
            None => self.code.get_set().instruction_start(self.last_instruction.get()),
        }
    }

    /// A local, cell or free variable (a cell as such), if it has a value.
    pub fn variable(&self, index: usize) -> Option<Value> {
        match self.live() {
            // SAFETY: a live frame with that many locals.
            Some(frame) => unsafe {
                debug_assert!(index < Frame::code_of(frame).nlocalsplus as usize);
                Value::from_bits(*Frame::locals_ptr(frame).add(index))
            },
            None => self.values.get().and_then(|values| values.slots()[index].get()),
        }
    }
}

impl PyFrame {
    /// `f_back`.
    pub fn back(&self, vm: &Vm) -> PyResult<Option<Gc<PyFrame>>> {
        match self.live() {
            // SAFETY: a live frame; one of a suspended generator has no previous frame.
            Some(frame) => unsafe { previous_object(vm, frame) },
            None => Ok(self.back.get()),
        }
    }
}

/// Sets a local, cell or free variable (a cell as such) of a frame object's frame.
pub fn set_variable(vm: &Vm, object: Gc<PyFrame>, index: usize, value: Option<Value>) {
    match object.live() {
        // SAFETY: a live frame with that many locals.
        Some(frame) => unsafe {
            let slot = Frame::locals_ptr(frame).add(index);
            *slot = value.map_or(0, Value::bits);
            if let Some(generator) = object.generator() {
                vm.write_barrier(generator, slot);
            }
        },
        None => {
            if let Some(values) = object.values.get() {
                values.slots()[index].set_maybe(vm, values, value);
            }
        }
    }
}

/// `locals()` of a frame: its namespace, or a new dict of a function's variables.
///
/// # Safety
/// `fp` is a live frame.
pub unsafe fn locals(vm: &Vm, fp: *mut Frame) -> PyResult {
    // SAFETY: the caller's promise; a namespace is a value, and the frame has as many variables
    // as its code says.
    unsafe {
        let code = Frame::code_of(fp);
        // The variables of a comprehension that was compiled into module or class code are there
        // while it runs.
        let hidden = |(index, kind): (usize, &u8)| {
            kind & kaa_bytecode::kind::HIDDEN != 0 && *Frame::locals_ptr(fp).add(index) != 0
        };
        let in_comprehension = code.localspluskinds().iter().enumerate().any(hidden);
        if let Some(namespace) = Value::from_bits((*fp).locals).filter(|_| !in_comprehension) {
            return Ok(namespace);
        }
        if let Some(object) = existing(fp) {
            // `f_locals` may have been given more.
            return Ok(crate::frame_locals::snapshot(vm, object)?.value());
        }
        let dict = vm.new_dict()?;
        for (index, (&name, &kind)) in code.localsplusnames(vm).iter().zip(code.localspluskinds()).enumerate() {
            if kind & kaa_bytecode::kind::HIDDEN != 0 && (*fp).locals == 0 {
                continue;
            }
            let Some(found) = Value::from_bits(*Frame::locals_ptr(fp).add(index)) else { continue };
            let is_cell = kind & (kaa_bytecode::kind::CELL | kaa_bytecode::kind::FREE) != 0;
            let contents = match vm.cast_exact::<kaa_objects::types::cell::PyCell>(found).filter(|_| is_cell) {
                Some(cell) => cell.contents.get(),
                None => Some(found),
            };
            if let Some(contents) = contents {
                dict.set_str(vm, name, contents)?;
            }
        }
        Ok(dict.value())
    }
}
