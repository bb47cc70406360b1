//! Signals: the exception classes, and what a context does with conditions.

use std::any::Any;

use kaa_decimal::{Flags, flags};
use kaa_objects::class::PyType;
use kaa_objects::object::{Slot, Visitor};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::module::PyModule;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Raised, Trace, Value, Vm};

use super::context::PyContext;
use crate::module_setup::add;

/// How many signals there are.
pub const SIGNALS: usize = 9;

/// The signals in the order of a `SignalDict`, with their conditions.
pub const SIGNAL_FLAGS: [(&str, Flags); SIGNALS] = [
    ("InvalidOperation", flags::INVALID),
    ("FloatOperation", flags::FLOAT_OPERATION),
    ("DivisionByZero", flags::DIVISION_BY_ZERO),
    ("Overflow", flags::OVERFLOW),
    ("Underflow", flags::UNDERFLOW),
    ("Subnormal", flags::SUBNORMAL),
    ("Inexact", flags::INEXACT),
    ("Rounded", flags::ROUNDED),
    ("Clamped", flags::CLAMPED),
];

/// Conditions that have classes of their own, below `InvalidOperation`.
const CONDITION_FLAGS: [(&str, Flags); 4] = [
    ("ConversionSyntax", flags::CONVERSION_SYNTAX),
    ("DivisionImpossible", flags::DIVISION_IMPOSSIBLE),
    ("DivisionUndefined", flags::DIVISION_UNDEFINED),
    ("InvalidContext", flags::INVALID_CONTEXT),
];

/// What the module keeps in the isolate.
#[derive(Default)]
pub struct State {
    /// `DecimalException`.
    exception: Slot,
    signals: [Slot; SIGNALS],
    conditions: [Slot; CONDITION_FLAGS.len()],
    /// The class of `Context().traps`.
    pub signal_dict: Slot,
    /// `DecimalTuple`.
    pub tuple: Slot,
    /// `numbers.Rational`.
    pub rational: Slot,
    /// The context variable with the current context.
    pub variable: Slot,
    /// `DefaultContext`, `BasicContext` and `ExtendedContext`.
    pub templates: [Slot<Gc<PyContext>>; 3],
}

impl Extension for State {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.signals.iter_mut().chain(&mut self.conditions).for_each(|slot| slot.trace(visitor));
        for slot in
            [&mut self.exception, &mut self.signal_dict, &mut self.tuple, &mut self.rational, &mut self.variable]
        {
            slot.trace(visitor);
        }
        self.templates.iter_mut().for_each(|slot| slot.trace(visitor));
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The module's state.
pub fn state(vm: &Vm) -> &State {
    vm.extension(|_| State::default())
}

fn make_class(vm: &Vm, name: &str, bases: &[Value]) -> PyResult {
    let bases = vm.new_tuple(bases)?;
    let namespace = vm.new_dict()?;
    namespace.set_str(vm, vm.names().__module__, vm.intern("decimal").value())?;
    vm.new_class(vm.class::<PyType>(), vm.intern(name), bases, namespace, Args::EMPTY)
}

/// Adds the exception classes to a module.
pub fn add_to_module(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let state = state(vm);
    let all = [("DecimalException", &state.exception)].into_iter();
    let signals = SIGNAL_FLAGS.iter().map(|(name, _)| *name).zip(&state.signals);
    let conditions = CONDITION_FLAGS.iter().map(|(name, _)| *name).zip(&state.conditions);
    for (name, slot) in all.chain(signals).chain(conditions) {
        add(vm, module, name, slot.get().unwrap_or(Value::NONE))?;
    }
    Ok(())
}

/// Makes the exception classes.
pub fn make_classes(vm: &Vm) -> PyResult<()> {
    let state = state(vm);
    let builtin = vm.exceptions();
    let base = make_class(vm, "DecimalException", &[builtin.ArithmeticError.value()])?;
    state.exception.set_root(Some(base));
    // From the back, as the first ones derive from the last ones.
    for index in (0..SIGNALS).rev() {
        let (name, _) = SIGNAL_FLAGS[index];
        let signal = |name: &str| state.signals[index_of(name)].get().unwrap_or(base);
        let (inexact, rounded) = (signal("Inexact"), signal("Rounded"));
        let class = match name {
            "FloatOperation" => make_class(vm, name, &[base, builtin.TypeError.value()])?,
            "DivisionByZero" => make_class(vm, name, &[base, builtin.ZeroDivisionError.value()])?,
            "Overflow" => make_class(vm, name, &[inexact, rounded])?,
            "Underflow" => make_class(vm, name, &[inexact, rounded, signal("Subnormal")])?,
            _ => make_class(vm, name, &[base])?,
        };
        state.signals[index].set_root(Some(class));
    }
    let invalid = state.signals[0].get().unwrap_or(base);
    for (index, (name, flag)) in CONDITION_FLAGS.into_iter().enumerate() {
        let class = match flag {
            flags::DIVISION_UNDEFINED => make_class(vm, name, &[invalid, builtin.ZeroDivisionError.value()])?,
            _ => make_class(vm, name, &[invalid])?,
        };
        state.conditions[index].set_root(Some(class));
    }
    Ok(())
}

fn index_of(name: &str) -> usize {
    SIGNAL_FLAGS.iter().position(|(own, _)| *own == name).expect("a signal of the table")
}

/// The class of a signal, by its index.
pub fn signal_class(vm: &Vm, index: usize) -> Value {
    state(vm).signals[index].get().unwrap_or(Value::NONE)
}

/// Notes conditions in a context, and raises the first one that it traps.
#[inline(always)]
pub fn add_status(vm: &Vm, context: Gc<PyContext>, status: Flags) -> PyResult<()> {
    if status == 0 {
        return Ok(());
    }
    context.status.set(context.status.get() | status);
    let trapped = status & context.traps.get();
    if trapped == 0 { Ok(()) } else { Err(raise(vm, trapped)) }
}

#[cold]
fn raise(vm: &Vm, trapped: Flags) -> Raised {
    let make = || -> PyResult<Raised> {
        let index = SIGNAL_FLAGS.iter().position(|(_, flag)| trapped & flag != 0).unwrap_or(0);
        let class = signal_class(vm, index);
        let conditions = conditions_list(vm, trapped)?;
        match vm.cast::<PyType>(class) {
            Some(class) => Ok(vm.raise_with(class, &[conditions.value()])),
            None => Err(vm.runtime_error("internal error in flags_as_exception")),
        }
    };
    make().unwrap_or_else(|raised| raised)
}

/// The classes of conditions.
fn conditions_list(vm: &Vm, status: Flags) -> PyResult<Gc<PyList>> {
    let list = vm.new_list(&[])?;
    if status & flags::INVALID_OPERATION != 0 {
        list.push(vm, signal_class(vm, 0))?;
    }
    for (index, (_, flag)) in CONDITION_FLAGS.into_iter().enumerate() {
        if status & flag != 0 {
            list.push(vm, state(vm).conditions[index].get().unwrap_or(Value::NONE))?;
        }
    }
    for (index, (_, flag)) in SIGNAL_FLAGS.into_iter().enumerate().skip(1) {
        if status & flag != 0 {
            list.push(vm, signal_class(vm, index))?;
        }
    }
    Ok(list)
}

/// The classes of signals.
pub fn signals_list(vm: &Vm, status: Flags) -> PyResult<Gc<PyList>> {
    let list = vm.new_list(&[])?;
    for (index, (_, flag)) in SIGNAL_FLAGS.into_iter().enumerate() {
        if status & flag != 0 {
            list.push(vm, signal_class(vm, index))?;
        }
    }
    Ok(list)
}

/// The conditions of a signal's class; `KeyError` when it is none.
pub fn flag_of_class(vm: &Vm, class: Value) -> PyResult<Flags> {
    match SIGNAL_FLAGS.iter().enumerate().find(|(index, _)| signal_class(vm, *index) == class) {
        Some((_, (_, flag))) => Ok(*flag),
        None => {
            let message = "valid values for signals are:\n  [InvalidOperation, FloatOperation, DivisionByZero,\n   \
                           Overflow, Underflow, Subnormal, Inexact, Rounded,\n   Clamped]";
            Err(vm.key_error(vm.new_str(message)?.value()))
        }
    }
}

/// The conditions of a list of signals.
pub fn flags_of_list(vm: &Vm, list: Gc<PyList>) -> PyResult<Flags> {
    let mut all = 0;
    let mut index = 0;
    while let Some(class) = list.get(index) {
        all |= flag_of_class(vm, class)?;
        index += 1;
    }
    Ok(all)
}

/// The conditions that a dict with all signals as keys has true.
pub fn flags_of_dict(vm: &Vm, value: Value) -> PyResult<Flags> {
    let Some(dict) = vm.cast::<PyDict>(value) else {
        return Err(vm.type_error("argument must be a signal dict"));
    };
    let invalid = || Err(vm.key_error(vm.new_str("invalid signal dict")?.value()));
    if dict.len() != SIGNALS {
        return invalid();
    }
    let mut all = 0;
    for (index, (_, flag)) in SIGNAL_FLAGS.into_iter().enumerate() {
        match dict.get(vm, signal_class(vm, index))? {
            Some(value) if vm.truth(value)? => all |= flag,
            Some(_) => {}
            None => return invalid(),
        }
    }
    Ok(all)
}

/// A dict with all signals and whether they are among the conditions.
pub fn flags_as_dict(vm: &Vm, status: Flags) -> PyResult<Gc<PyDict>> {
    let dict = vm.new_dict()?;
    for (index, (_, flag)) in SIGNAL_FLAGS.into_iter().enumerate() {
        dict.set(vm, signal_class(vm, index), Value::bool(status & flag != 0))?;
    }
    Ok(dict)
}

/// The names of signals in the order of the conditions' bits, as `repr(context)` shows them.
pub fn names(status: Flags) -> String {
    let mut names: Vec<&str> = Vec::new();
    for bit in 0..15 {
        let flag = status & (1 << bit);
        if let Some((name, _)) = SIGNAL_FLAGS.iter().find(|(_, conditions)| flag & conditions != 0)
            && !names.contains(name)
        {
            names.push(name);
        }
    }
    format!("[{}]", names.join(", "))
}
