//! What native code may ask of the Python code that runs.

use kaa_bytecode::{LocationTable, Opcode, kind};
use kaa_objects::class::PyType;
use kaa_objects::types::cell::PyCell;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::descriptors::PyBuiltinFunction;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::frame::Frame;
use crate::opcode;

/// The innermost running frame.
pub fn running_frame(vm: &Vm) -> Option<*mut Frame> {
    Some(vm.thread().frame.get().cast::<Frame>()).filter(|frame| !frame.is_null())
}

/// Where the innermost loop of the interpreter runs on the native stack, if it called the native
/// function that is running without anything in between: if the running frame stands at a call
/// without keywords of the builtin function `name` of the module `module`.
///
/// Below the address there are then only the frames of the instruction and of the function.
pub fn loop_that_called(vm: &Vm, module: &str, name: &str) -> Option<*const u8> {
    let frame = running_frame(vm)?;
    // SAFETY: the running frame is alive, and its `pc` and `sp` were saved for the call.
    let callable = unsafe {
        let (code, unit) = (Frame::code_of(frame), (&*frame).instruction());
        let [opcode, arg] = code.adaptive[unit].get().to_le_bytes();
        // Any other form of the call does more than to call a native function.
        if opcode != opcode::CALL_NATIVE && u16::from(opcode) != Opcode::Call.number() {
            return None;
        }
        let operand = (*frame).sp.sub(usize::from(arg) + 2);
        if operand < Frame::stack_base(frame) {
            return None;
        }
        Value::from_bits(*operand)?
    };
    let function = vm.cast_exact::<PyBuiltinFunction>(callable)?;
    let text = function.module.get().and_then(|text| vm.cast::<PyStr>(text));
    let of_module = text.is_some_and(|text| text.equals_str(module));
    (of_module && function.def.name == name).then(|| vm.thread().loop_stack.get() as *const u8)
}

/// A frame of running Python code, as native code that it called sees it.
pub struct Caller {
    /// What runs.
    pub code: Gc<PyCode>,
    /// Its globals.
    pub globals: Gc<PyDict>,
    /// The line that it stands at.
    pub line: Option<i32>,
}

/// The Python code that called the running native code, the innermost first. The frames are read
/// as the iterator goes on: no Python code may run meanwhile.
pub fn callers(vm: &Vm) -> impl Iterator<Item = Caller> {
    let mut next = running_frame(vm);
    std::iter::from_fn(move || {
        let fp = next?;
        // SAFETY: running frames are alive, and so are those that called them.
        let frame = unsafe { &*fp };
        next = Some(frame.previous).filter(|previous| !previous.is_null());
        let code = frame.code;
        // SAFETY: the frame called something, so its `pc` is saved.
        let offset = unsafe { (*fp).instruction() } as u32 * 2;
        let line = LocationTable::new(code.linetable(), code.firstlineno).line_at(offset);
        Some(Caller { code, globals: frame.globals, line })
    })
}

/// The globals of the running code.
pub fn running_globals(vm: &Vm) -> Option<Gc<PyDict>> {
    // SAFETY: running frames are alive.
    running_frame(vm).map(|frame| unsafe { (*frame).globals })
}

/// The builtins of the running code.
pub fn running_builtins(vm: &Vm) -> Option<Value> {
    // SAFETY: running frames are alive.
    running_frame(vm).map(|frame| unsafe { (*frame).builtins })
}

/// The class and the first argument that `super()` without arguments stands for.
pub fn super_arguments(vm: &Vm) -> PyResult<(Value, Value)> {
    let Some(frame) = running_frame(vm) else { return Err(vm.runtime_error("super(): no current frame")) };
    let code = Frame::code_of(frame);
    if code.argcount == 0 {
        return Err(vm.runtime_error("super(): no arguments"));
    }
    // SAFETY: the running frame has that many locals, which are values or 0.
    let local = |index: usize| unsafe { Value::from_bits(*Frame::locals_ptr(frame).add(index)) };
    let first = match local(0) {
        // A parameter that is a cell is one only once the frame has made it so.
        Some(value) if code.localspluskinds().first().is_some_and(|k| k & kind::CELL != 0) => {
            match vm.cast_exact::<PyCell>(value) {
                Some(cell) => cell.contents.get(),
                None => Some(value),
            }
        }
        other => other,
    };
    let Some(first) = first else { return Err(vm.runtime_error("super(): arg[0] deleted")) };
    let free = (code.nlocalsplus - code.nfree) as usize..code.nlocalsplus as usize;
    for index in free {
        if code.localsplusnames(vm)[index] != vm.names().__class__ {
            continue;
        }
        let Some(cell) = local(index).and_then(|cell| vm.cast_exact::<PyCell>(cell)) else {
            return Err(vm.runtime_error("super(): bad __class__ cell"));
        };
        let Some(class) = cell.contents.get() else {
            return Err(vm.runtime_error("super(): empty __class__ cell"));
        };
        if vm.cast::<PyType>(class).is_none() {
            let kind = vm.class_name(class);
            return Err(vm.runtime_error(format_args!("super(): __class__ is not a type ({kind})")));
        }
        return Ok((class, first));
    }
    Err(vm.runtime_error("super(): __class__ cell not found"))
}

/// `cr_origin` of a coroutine that is being made: file, line and function of so many frames, the
/// innermost first.
///
/// # Safety
/// The frame is alive.
pub unsafe fn origin(vm: &Vm, mut frame: *mut Frame, depth: u32) -> PyResult {
    let entries = vm.new_list(&[])?;
    while !frame.is_null() && entries.len() < depth as usize {
        let code = Frame::code_of(frame);
        // SAFETY: the caller's promise; frames that called it are alive as well.
        let (instruction, previous) = unsafe { ((*frame).instruction(), (*frame).previous) };
        let table = LocationTable::new(code.linetable(), code.firstlineno);
        let line = table.line_at(instruction as u32 * 2).map_or(Value::NONE, |line| Value::small_int(line.into()));
        let entry = [code.filename.get_set().value(), line, code.name(vm).value()];
        entries.push(vm, vm.new_tuple(&entry)?.value())?;
        frame = previous;
    }
    Ok(vm.new_tuple(entries.as_slice())?.value())
}
