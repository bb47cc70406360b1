//! Setting `f_lineno`: a trace function lets its frame go on at another line.
//!
//! What is on the operand stack decides where that is allowed: its values are modelled, instruction
//! by instruction, by their kind ([`Kind`]). A jump may drop values, and needs none that are not
//! there.

use std::rc::Rc;

use kaa_bytecode::{ExceptionTable, LocationTable, Opcode, stack_effect};
use kaa_objects::types::code::PyCode;
use kaa_objects::types::int::PyInt;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::dispatch::exceptions::pop_handled;
use crate::frame::Frame;
use crate::frame_object::{self, PyFrame};
use crate::monitoring::{Event, lines, monitoring};

/// What a value on the operand stack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Iterator,
    Except,
    Object,
    Null,
    Lasti,
}

/// The operand stack before an instruction; none where it cannot be reached.
type Stack = Option<Rc<Vec<Kind>>>;

fn compatible(from: &[Kind], to: &[Kind]) -> bool {
    let fits = |(&from, &to): (&Kind, &Kind)| match to {
        Kind::Object => from != Kind::Null,
        Kind::Null => true,
        _ => from == to,
    };
    from.len() >= to.len() && from.iter().zip(to).all(fits)
}

fn explain(to: &Stack) -> &'static str {
    let Some(to) = to else { return "can't jump into an exception handler, or code may be unreachable" };
    match to.last() {
        Some(Kind::Except) => "can't jump into an 'except' block as there's no exception",
        Some(Kind::Lasti) => "can't jump into a re-raising block as there's no location",
        Some(Kind::Iterator) => "can't jump into the body of a for loop",
        _ => "incompatible stacks",
    }
}

/// The operand stack before each unit of a code object.
fn model(code: &PyCode) -> Vec<Stack> {
    let mut stacks: Vec<Stack> = vec![None; code.adaptive.len() + 1];
    stacks[0] = Some(Rc::default());
    // Jumps back and handlers may make instructions known that were passed already.
    let mut again = true;
    while again {
        again = false;
        let mut reach = |stacks: &mut Vec<Stack>, from: usize, to: usize, stack: &Rc<Vec<Kind>>| {
            if let Some(known @ None) = stacks.get_mut(to) {
                *known = Some(stack.clone());
                again |= to < from;
            }
        };
        for i in lines::instructions(code, 0) {
            let Some(stack) = stacks[i.at].clone() else { continue };
            let after = Rc::new(effect(i.opcode, i.arg, (*stack).clone()));
            match i.opcode {
                Opcode::JumpForward | Opcode::JumpBackward | Opcode::JumpBackwardNoInterrupt => {}
                opcode if opcode.is_scope_exit() => {}
                _ => reach(&mut stacks, i.at, i.next, &after),
            }
            let target = match i.opcode {
                Opcode::ForIter => Some(i.next + i.arg),
                _ => i.target(),
            };
            if let Some(target) = target {
                reach(&mut stacks, i.at, target, &after);
            }
        }
        for entry in ExceptionTable::new(code.exceptiontable()) {
            let (start, handler) = (entry.start as usize / 2, entry.target as usize / 2);
            if let Some(Some(stack)) = stacks.get(start).cloned()
                && matches!(stacks.get(handler), Some(None))
            {
                let mut stack = (*stack).clone();
                stack.truncate(entry.depth as usize);
                if entry.lasti {
                    stack.push(Kind::Lasti);
                }
                stack.push(Kind::Except);
                stacks[handler] = Some(Rc::new(stack));
                again = true;
            }
        }
    }
    stacks
}

/// The stack after an instruction, where it goes on or jumps.
fn effect(opcode: Opcode, arg: usize, mut stack: Vec<Kind>) -> Vec<Kind> {
    let len = stack.len();
    match opcode {
        Opcode::GetIter | Opcode::GetAiter => {
            stack.pop();
            stack.push(Kind::Iterator);
        }
        Opcode::ForIter => stack.push(Kind::Object),
        Opcode::Send => {}
        Opcode::PushExcInfo => stack.push(Kind::Except),
        Opcode::PushNull => stack.push(Kind::Null),
        Opcode::LoadGlobal => {
            stack.push(Kind::Object);
            if arg & 1 != 0 {
                stack.push(Kind::Null);
            }
        }
        Opcode::LoadAttr if arg & 1 != 0 => {
            stack.pop();
            stack.extend([Kind::Object, Kind::Null]);
        }
        Opcode::Swap if (1..=len).contains(&arg) => stack.swap(len - 1, len - arg),
        Opcode::Copy if (1..=len).contains(&arg) => stack.push(stack[len - arg]),
        _ => {
            let change = stack_effect(opcode, arg as u32, None).unwrap_or(0);
            if change < 0 {
                stack.truncate(len.saturating_sub(change.unsigned_abs() as usize));
            } else {
                stack.extend(std::iter::repeat_n(Kind::Object, change as usize));
            }
        }
    }
    stack
}

/// The units where stretches of a line begin, in the order of the code.
fn line_starts(code: &PyCode) -> Vec<(usize, i32)> {
    let mut starts = Vec::new();
    let mut last = -1;
    for range in LocationTable::new(code.linetable(), code.firstlineno).lines() {
        if let Some(line) = range.line.filter(|&line| line != last) {
            starts.push((range.start as usize / 2, line));
            last = line;
        }
    }
    starts
}

/// Whether the event that a tool is being told of allows a jump; raises otherwise.
fn check_event(vm: &Vm) -> PyResult<()> {
    let told = vm.thread().told_event.get();
    let Some(&event) = usize::try_from(told).ok().and_then(|event| Event::ALL.get(event)) else {
        return Err(vm.value_error("f_lineno can only be set in a trace function"));
    };
    match event {
        Event::PyResume | Event::Jump | Event::BranchLeft | Event::BranchRight | Event::Line | Event::PyYield => Ok(()),
        Event::PyStart => Err(vm.value_error("can't jump from the 'call' trace event of a new frame")),
        Event::Call | Event::CReturn => Err(vm.value_error("can't jump during a call")),
        Event::StopIteration | Event::Reraise | Event::Branch => Err(vm.system_error("unexpected event type")),
        _ => Err(vm.value_error("can only jump from a 'line' trace event")),
    }
}

/// The line that is meant.
fn wanted_line(vm: &Vm, value: Value) -> PyResult<i32> {
    if !value.is_small_int() && vm.cast_exact::<PyInt>(value).is_none() {
        return Err(vm.value_error("lineno must be an integer"));
    }
    check_event(vm)?;
    let line = value.as_small_int().and_then(|line| i32::try_from(line).ok());
    line.ok_or_else(|| vm.value_error("lineno out of range"))
}

/// `frame.f_lineno = line`
pub fn set_line(vm: &Vm, object: Gc<PyFrame>, value: Value) -> PyResult<()> {
    let line = wanted_line(vm, value)?;
    let code = object.code.get_set();
    let Some(frame) = object.live().filter(|&frame| monitoring(vm).told_frame.get() == frame) else {
        // Further out, a call is under way.
        return Err(vm.value_error("can't jump during a call"));
    };
    if line < code.firstlineno {
        return Err(vm.value_error(format_args!("line {line} comes before the current code block")));
    }
    let starts = line_starts(&code);
    let Some(actual) = starts.iter().map(|&(_, start)| start).filter(|&start| start >= line).min() else {
        return Err(vm.value_error(format_args!("line {line} comes after the current code block")));
    };
    let stacks = model(&code);
    let from = stacks[object.instruction()].clone();
    let target = choose(&from, &stacks, &starts, actual).map_err(|message| vm.value_error(message))?;
    bind_unbound(vm, object, frame)?;
    let (from, to) = (from.unwrap_or_default(), stacks[target].clone().unwrap_or_default());
    // SAFETY: the frame is one whose instruction a tool is being told of: its registers are saved,
    // and the model has as many values as its stack.
    unsafe {
        debug_assert_eq!(from.len(), (*frame).sp.offset_from(Frame::stack_base(frame)) as usize);
        for kind in from[to.len()..].iter().rev() {
            (*frame).sp = (*frame).sp.sub(1);
            if *kind == Kind::Except {
                pop_handled(vm, Value::from_bits(*(*frame).sp).unwrap_or(Value::NONE));
            }
        }
        (*frame).pc = code.adaptive.as_ptr().cast::<u16>().add(target);
    }
    object.jumped_to.set(Some(target as u32));
    Ok(())
}

/// The place in a line that keeps most of the stack; or why there is none.
fn choose(from: &Stack, stacks: &[Stack], starts: &[(usize, i32)], line: i32) -> Result<usize, &'static str> {
    let Some(from) = from else { return Err("can't jump from unreachable code") };
    let mut best: Option<(usize, usize)> = None;
    let mut message = None;
    for &(at, _) in starts.iter().filter(|(_, start)| *start == line) {
        match &stacks[at] {
            Some(to) if compatible(from, to) => {
                if best.is_none_or(|(depth, _)| to.len() > depth) {
                    best = Some((to.len(), at));
                }
            }
            to => message = message.or(Some(explain(to))),
        }
    }
    best.map(|(_, at)| at).ok_or(message.unwrap_or("cannot find bytecode for specified line"))
}

/// The compiler relies on variables being bound in places that execution could not skip.
fn bind_unbound(vm: &Vm, object: Gc<PyFrame>, frame: *mut Frame) -> PyResult<()> {
    let count = Frame::code_of(frame).nlocalsplus as usize;
    let unbound = (0..count).filter(|&index| object.variable(index).is_none()).count();
    if unbound == 0 {
        return Ok(());
    }
    let plural = if unbound == 1 { "" } else { "s" };
    if let Some(warn) = vm.hooks.warn.get() {
        let text = format!("assigning None to {unbound} unbound local{plural}");
        warn(vm, vm.exceptions().RuntimeWarning.value(), &text, 0)?;
    }
    for index in (0..count).filter(|&index| object.variable(index).is_none()) {
        frame_object::set_variable(vm, object, index, Some(Value::NONE));
    }
    Ok(())
}
