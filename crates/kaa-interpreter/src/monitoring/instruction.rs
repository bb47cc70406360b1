//! What happens at an instruction that was overwritten because tools watch it.

use kaa_bytecode::Opcode;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::code::monitoring::marks;
use kaa_objects::types::function::PyFunction;
use kaa_objects::{Gc, PyResult, Value, Vm, ids};

use super::events::Event;
use super::exceptions::{is_watched, tell_of_pending};
use super::fire::{Told, tell};
use super::lines::instructions;
use super::{adapt, monitoring, restore};
use crate::dispatch::control::is_exact;
use crate::frame::Frame;
use crate::opcode;

/// The answer of [`at_instruction`] when a tool raised.
pub const RAISED: u64 = 0x100;
/// The answer of [`at_instruction`] when a tool set the line: the frame says where to go on.
pub const MOVED: u64 = 0x200;
/// Whether tools are told of the call itself.
pub const CALL_EVENT: Event = Event::Call;

/// An instruction that is watched.
struct Place<'v> {
    vm: &'v Vm,
    frame: *mut Frame,
    code: Gc<PyCode>,
    at: usize,
}

impl Place<'_> {
    /// Tells the tools that watch an event, and remembers which of them want to hear no more.
    ///
    /// # Safety
    /// The frame is the running one, its registers are saved.
    unsafe fn tell(&self, event: Event, source: usize, last: Option<&[Value]>) -> PyResult<()> {
        let Some(data) = self.code.monitoring() else { return Ok(()) };
        let tools = data.units[self.at].get();
        let tools = match event {
            Event::Line => tools.line,
            Event::Instruction => tools.instruction,
            _ => tools.event,
        };
        if tools == 0 || self.vm.thread().tracing.get() > 0 {
            return Ok(());
        }
        let place = match event {
            Event::Line => i64::from(data.lines.get().map_or(-1, |lines| lines[self.at])),
            _ => source as i64 * 2,
        };
        let mut args = [self.code.value(), Value::small_int(place), Value::NONE, Value::NONE];
        let last = last.unwrap_or_default();
        args[2..2 + last.len()].copy_from_slice(last);
        let told = Told { frame: self.frame, event, args: &args[..2 + last.len()] };
        // SAFETY: the caller's promise.
        let disabled = unsafe { tell(self.vm, &told, tools) }?;
        if disabled != 0 {
            self.disable(event, disabled);
        }
        Ok(())
    }

    fn disable(&self, event: Event, disabled: u8) {
        self.disable_at(self.at, event, disabled);
        let both = disabled & monitoring(self.vm).for_branches.get();
        if both != 0
            && matches!(event, Event::BranchLeft | Event::BranchRight)
            && let Some(other) = self.other_way(event)
        {
            self.disable_at(other, event, both);
        }
    }

    fn disable_at(&self, at: usize, event: Event, disabled: u8) {
        let Some(data) = self.code.monitoring() else { return };
        let mut tools = data.units[at].get();
        match event {
            Event::Line => tools.line &= !disabled,
            Event::Instruction => tools.instruction &= !disabled,
            _ => tools.event &= !disabled,
        }
        data.units[at].set(tools);
        restore(&self.code, at);
    }

    /// The instruction that tells of the other way of a branch.
    fn other_way(&self, event: Event) -> Option<usize> {
        let here = instructions(&self.code, 0).find(|i| i.at == self.at)?;
        match (here.opcode, event) {
            (Opcode::NotTaken, _) => Some(self.before()),
            (Opcode::PopIter, _) => self.loop_of(),
            (Opcode::ForIter, _) => here.target(),
            (Opcode::EndAsyncFor, _) => Some(here.next.checked_sub(here.arg)? + 1),
            _ => Some(here.next),
        }
    }

    /// The instruction before this one in the code.
    fn before(&self) -> usize {
        self.code.instruction_start(self.at.saturating_sub(1))
    }

    /// The `FOR_ITER` whose loop this `POP_ITER` ends.
    fn loop_of(&self) -> Option<usize> {
        let is_own = |i: &super::lines::Instruction| i.opcode == Opcode::ForIter && i.target() == Some(self.at);
        instructions(&self.code, 0).take_while(|i| i.at < self.at).find(is_own).map(|i| i.at)
    }
}

/// Tells the tools that watch an instruction. Gives the opcode whose handler does it, or [`RAISED`],
/// or [`MOVED`].
///
/// # Safety
/// The frame is the running one, stands at the instruction and has its registers saved; `before`
/// is where it stood. `arg` is the instruction's argument.
#[inline(never)]
pub unsafe fn at_instruction(vm: &Vm, frame: *mut Frame, before: *const u16, arg: usize) -> u64 {
    // SAFETY: the caller's promise.
    let (code, at, here) = unsafe { (Frame::code_of(frame), (*frame).unit_before((*frame).pc), (*frame).pc) };
    let place = Place { vm, frame, code, at };
    let opcode = Opcode::from_number(code.code()[at * 2].into()).unwrap_or(Opcode::Cache);
    let is_new = |version: u64| version != monitoring(vm).version.get();
    if opcode == Opcode::Resume && code.monitoring().is_none_or(|data| is_new(data.version.get())) {
        adapt(vm, code);
    }
    // SAFETY: the caller's promise.
    unsafe {
        let told = tell_all(&place, opcode, before, arg);
        if told.is_err() {
            return RAISED;
        }
        if (*frame).pc != here {
            moved(vm, frame);
            return MOVED;
        }
        if opcode.caches() > 0 {
            // Its form is not to be specialized: that would overwrite what stands here.
            crate::specialize::failed(here);
        }
    }
    let watched = code.monitoring().is_some_and(|data| data.units[at].get().event != 0);
    u64::from(match opcode {
        Opcode::Call if watched => opcode::CALL_MONITORED,
        Opcode::CallKw if watched => opcode::CALL_KW_MONITORED,
        Opcode::CallFunctionEx if watched => opcode::CALL_FUNCTION_EX_MONITORED,
        Opcode::LoadSuperAttr if watched => opcode::LOAD_SUPER_ATTR_MONITORED,
        Opcode::ForIter if watched || is_watched(vm, Event::Raise) => opcode::FOR_ITER_MONITORED,
        other => other as u8,
    })
}

/// Notes that a tool set the line of a frame.
///
/// # Safety
/// As for [`at_instruction`].
#[cold]
unsafe fn moved(vm: &Vm, frame: *mut Frame) {
    // SAFETY: the caller's promise.
    if let Some(object) = unsafe { crate::frame_object::existing(frame) }
        && let Some(unit) = object.jumped_to.take()
    {
        monitoring(vm).jump.set((frame, unit as usize));
    }
}

/// # Safety
/// As for [`at_instruction`].
unsafe fn tell_all(place: &Place<'_>, opcode: Opcode, before: *const u16, arg: usize) -> PyResult<()> {
    let Some(data) = place.code.monitoring() else { return Ok(()) };
    let at = place.at;
    // SAFETY: the caller's promise.
    unsafe {
        let tools = data.units[at].get();
        let here = (*place.frame).pc;
        let jumped = monitoring(place.vm).jump.replace((std::ptr::null_mut(), 0)) == (place.frame, at);
        if tools.line != 0 && !jumped && (tools.marks & marks::CHECK == 0 || begins_line(place, before)) {
            place.tell(Event::Line, at, None)?;
        }
        if (*place.frame).pc == here {
            place.tell(Event::Instruction, at, None)?;
        }
        if (*place.frame).pc != here || data.units[at].get().event == 0 {
            return Ok(());
        }
        let operand = |depth: usize| *(*place.frame).sp.sub(depth);
        let top = || Value::from_bits(operand(1)).unwrap_or(Value::NONE);
        let next = at + 1 + opcode.caches();
        let jump =
            |event: Event, from: usize, to: usize| place.tell(event, from, Some(&[Value::small_int(to as i64 * 2)]));
        match opcode {
            Opcode::Resume if arg == 0 => place.tell(Event::PyStart, at, None),
            Opcode::Resume => place.tell(Event::PyResume, at, None),
            Opcode::ReturnValue => place.tell(Event::PyReturn, at, Some(&[top()])),
            Opcode::YieldValue => place.tell(Event::PyYield, at, Some(&[top()])),
            Opcode::JumpForward => jump(Event::Jump, at, next + arg),
            Opcode::JumpBackward => jump(Event::Jump, at, next - arg),
            Opcode::PopJumpIfFalse if top() == Value::FALSE => jump(Event::BranchRight, at, next + arg),
            Opcode::PopJumpIfTrue if top() == Value::TRUE => jump(Event::BranchRight, at, next + arg),
            Opcode::PopJumpIfNone if top().is_none() => jump(Event::BranchRight, at, next + arg),
            Opcode::PopJumpIfNotNone if !top().is_none() => jump(Event::BranchRight, at, next + arg),
            Opcode::NotTaken => jump(Event::BranchLeft, place.before(), next),
            Opcode::PopIter => jump(Event::BranchRight, place.loop_of().unwrap_or(at), next),
            Opcode::EndAsyncFor => jump(Event::BranchRight, next.saturating_sub(arg), next),
            Opcode::EndSend => {
                let receiver = operand(2);
                if is_exact(receiver, ids::GENERATOR) || is_exact(receiver, ids::COROUTINE) {
                    ended(place, top())?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Whether an instruction that can be reached from its own line is reached from another one.
///
/// # Safety
/// As for [`at_instruction`].
unsafe fn begins_line(place: &Place<'_>, before: *const u16) -> bool {
    let Some(lines) = place.code.monitoring().and_then(|data| data.lines.get()) else { return false };
    // SAFETY: the caller's promise.
    let from = place.code.instruction_start(unsafe { (*place.frame).unit_before(before) });
    lines[from] != lines[place.at] || place.code.code()[from * 2] == Opcode::Resume as u8
}

/// Tells that a generator returned a value, by the exception that would have said so.
///
/// # Safety
/// As for [`at_instruction`].
unsafe fn ended(place: &Place<'_>, value: Value) -> PyResult<()> {
    let raised = place.vm.stop_iteration(value);
    let exception = place.vm.take_exception(raised);
    // SAFETY: the caller's promise.
    unsafe { place.tell(Event::StopIteration, place.at, Some(&[exception.value()])) }
}

/// The place where a frame stands.
///
/// # Safety
/// The frame is the running one, its registers are saved.
unsafe fn standing(vm: &Vm, frame: *mut Frame) -> Place<'_> {
    // SAFETY: the caller's promise.
    Place { vm, frame, code: Frame::code_of(frame), at: unsafe { (*frame).instruction() } }
}

/// Tells of a call with a callable and its first argument (0: there is none); false when a tool
/// raised.
///
/// # Safety
/// The frame is the running one, its registers are saved.
#[inline(never)]
pub unsafe fn calls(vm: &Vm, frame: *mut Frame, event: Event, callable: Value, first: u64) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let first = Value::from_bits(first).unwrap_or_else(|| monitoring(vm).missing());
        standing(vm, frame).tell(event, (*frame).instruction(), Some(&[callable, first])).is_ok()
    }
}

/// Tells how a native call ended, of which `result` is the result or 0; 0 when that raised.
///
/// # Safety
/// As for [`calls`].
#[inline(never)]
pub unsafe fn called_native(vm: &Vm, frame: *mut Frame, callable: Value, first: u64, result: u64) -> u64 {
    // SAFETY: the caller's promise; the result is on this stack.
    unsafe {
        if result != 0 {
            let fine = calls(vm, frame, Event::CReturn, callable, first);
            return if fine { std::hint::black_box(result) } else { 0 };
        }
        if let Some(exception) = vm.take_pending()
            && calls(vm, frame, Event::CRaise, callable, first)
        {
            let _ = vm.raise_again(exception);
        }
        0
    }
}

/// The next item of a loop that tools watch: its word, 0 when it raised, `exhausted` at the end. An
/// iterator that ends with a value, or by an exception, tells of that exception.
///
/// # Safety
/// As for [`calls`].
#[inline(never)]
pub unsafe fn iterates(vm: &Vm, frame: *mut Frame, iterator: Value, exhausted: u64) -> u64 {
    use kaa_objects::class::Sent;
    let slots = vm.slots_of(iterator);
    let stop = |value: Value| {
        let raised = vm.stop_iteration(value);
        vm.take_exception(raised)
    };
    let class = vm.class_of(iterator);
    // A method of Python code is called as such: its exception is to be seen.
    let method = vm.lookup(class, vm.names().__next__).filter(|method| vm.cast_exact::<PyFunction>(*method).is_some());
    let caught = |result: PyResult<Option<Value>>| match vm.catch(result, vm.exceptions().StopIteration) {
        Ok(Ok(Some(item))) => Err(item.bits()),
        Ok(Ok(None)) => Err(exhausted),
        Ok(Err(stop)) => Ok(stop),
        Err(_) => Err(0),
    };
    let ended = match slots.am_send.filter(|_| method.is_none()) {
        Some(send) => match send(vm, iterator, Value::NONE) {
            Ok(Sent::Yield(item)) => return item.bits(),
            Ok(Sent::Return(value)) if value.is_none() => return exhausted,
            Ok(Sent::Return(value)) => stop(value),
            Err(_) => return 0,
        },
        None => {
            let result = match method {
                Some(method) => vm.call(method, &[iterator]).map(Some),
                None => vm.next(iterator),
            };
            match caught(result) {
                Ok(stop) => stop,
                Err(word) => return word,
            }
        }
    };
    if is_watched(vm, Event::Raise) {
        let _ = vm.raise_again(ended);
        // SAFETY: the caller's promise.
        let fine = unsafe { tell_of_pending(vm, frame, Event::Raise, (*frame).instruction()) };
        if !fine {
            return 0;
        }
        vm.take_pending();
    }
    exhausted
}

/// Tells that a loop goes on with an item; false when a tool raised.
///
/// # Safety
/// As for [`calls`]; the item is on the frame's operand stack.
#[inline(never)]
pub unsafe fn iterated(vm: &Vm, frame: *mut Frame) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let place = standing(vm, frame);
        let next = place.at + 1 + Opcode::ForIter.caches();
        place.tell(Event::BranchLeft, place.at, Some(&[Value::small_int(next as i64 * 2)])).is_ok()
    }
}
