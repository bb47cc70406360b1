//! Native slots as Python sees them: `int.__add__`, `list.__len__`. Each function checks the
//! arguments of one kind of slot and calls it.

use std::ptr::fn_addr_eq;

use crate::args::Args;
use crate::class::PyType;
use crate::class::slots::*;
use crate::types::descriptors::PyBuiltinFunction;
use crate::types::memoryview::PyMemoryView;
use crate::{PyResult, Value, Vm};

/// Exactly `N` positional arguments.
fn exactly<const N: usize>(vm: &Vm, args: Args<'_>) -> PyResult<[Value; N]> {
    let given = args.positionals();
    <[Value; N]>::try_from(given).map_err(|_| {
        let plural = if N == 1 { "" } else { "s" };
        vm.type_error(format_args!("expected {N} argument{plural}, got {}", given.len()))
    })
}

/// Exactly two positional arguments, of a method with this name.
fn two(vm: &Vm, name: &str, args: Args<'_>) -> PyResult<[Value; 2]> {
    let given = args.positionals();
    <[Value; 2]>::try_from(given)
        .map_err(|_| vm.type_error(format_args!("{name} expected 2 arguments, got {}", given.len())))
}

/// One positional argument and perhaps a second one: `None` when it was not given.
fn one_or_two(vm: &Vm, args: Args<'_>) -> PyResult<(Value, Option<Value>)> {
    match *args.positionals() {
        [one] => Ok((one, None)),
        [one, two] => Ok((one, Some(two))),
        ref other => Err(vm.type_error(format_args!("expected 1 or 2 arguments, got {}", other.len()))),
    }
}

pub(super) fn unary(vm: &Vm, f: UnaryFn, this: Value, args: Args<'_>) -> PyResult {
    let [] = exactly(vm, args)?;
    f(vm, this)
}

pub(super) fn binary(vm: &Vm, f: BinaryFn, this: Value, args: Args<'_>) -> PyResult {
    let [other] = exactly(vm, args)?;
    f(vm, this, other)
}

pub(super) fn reflected(vm: &Vm, f: BinaryFn, this: Value, args: Args<'_>) -> PyResult {
    let [other] = exactly(vm, args)?;
    f(vm, other, this)
}

pub(super) fn ternary(vm: &Vm, f: TernaryFn, this: Value, args: Args<'_>) -> PyResult {
    let (other, third) = one_or_two(vm, args)?;
    f(vm, this, other, third.unwrap_or(Value::NONE))
}

pub(super) fn reflected_ternary(vm: &Vm, f: TernaryFn, this: Value, args: Args<'_>) -> PyResult {
    let (other, third) = one_or_two(vm, args)?;
    f(vm, other, this, third.unwrap_or(Value::NONE))
}

pub(super) fn boolean(vm: &Vm, f: BoolFn, this: Value, args: Args<'_>) -> PyResult {
    let [] = exactly(vm, args)?;
    f(vm, this).map(Value::bool)
}

pub(super) fn length(vm: &Vm, f: LenFn, this: Value, args: Args<'_>) -> PyResult {
    let [] = exactly(vm, args)?;
    vm.new_int(f(vm, this)? as i64)
}

pub(super) fn hash(vm: &Vm, f: HashFn, this: Value, args: Args<'_>) -> PyResult {
    let [] = exactly(vm, args)?;
    vm.new_int(f(vm, this)?)
}

pub(super) fn call(vm: &Vm, f: CallFn, this: Value, args: Args<'_>) -> PyResult {
    f(vm, this, args)
}

pub(super) fn init(vm: &Vm, f: InitFn, this: Value, args: Args<'_>) -> PyResult {
    f(vm, this, args).map(|()| Value::NONE)
}

pub(super) fn finalize(vm: &Vm, f: FinalizeFn, this: Value, args: Args<'_>) -> PyResult {
    let [] = exactly(vm, args)?;
    f(vm, this).map(|()| Value::NONE)
}

pub(super) fn release_buffer(vm: &Vm, _f: BufferFn, this: Value, args: Args<'_>) -> PyResult {
    let [view] = exactly(vm, args)?;
    let Some(view) = vm.cast::<PyMemoryView>(view) else {
        return Err(vm.type_error("expected a memoryview object"));
    };
    PyMemoryView::release_of(view, vm, this).map(|()| Value::NONE)
}

macro_rules! comparisons {
    ($($function:ident $op:ident;)*) => {
        $(pub(super) fn $function(vm: &Vm, f: CompareFn, this: Value, args: Args<'_>) -> PyResult {
            let [other] = exactly(vm, args)?;
            f(vm, this, other, CompareOp::$op)
        })*
    };
}
comparisons! { lt Lt; le Le; eq Eq; ne Ne; gt Gt; ge Ge; }

pub(super) fn get_attribute(vm: &Vm, f: GetAttrFn, this: Value, args: Args<'_>) -> PyResult {
    let [name] = exactly(vm, args)?;
    f(vm, this, vm.attribute_name(name)?)
}

pub(super) fn set_attribute(vm: &Vm, f: SetAttrFn, this: Value, args: Args<'_>) -> PyResult {
    let [name, value] = two(vm, "__setattr__", args)?;
    let name = vm.attribute_name(name)?;
    vm.check_attribute_hack(this, f, "__setattr__")?;
    f(vm, this, name, Some(value)).map(|()| Value::NONE)
}

pub(super) fn del_attribute(vm: &Vm, f: SetAttrFn, this: Value, args: Args<'_>) -> PyResult {
    let [name] = exactly(vm, args)?;
    let name = vm.attribute_name(name)?;
    vm.check_attribute_hack(this, f, "__delattr__")?;
    f(vm, this, name, None).map(|()| Value::NONE)
}

pub(super) fn next(vm: &Vm, f: NextFn, this: Value, args: Args<'_>) -> PyResult {
    let [] = exactly(vm, args)?;
    match f(vm, this)? {
        Some(item) => Ok(item),
        None => Err(vm.stop_iteration(Value::NONE)),
    }
}

pub(super) fn get(vm: &Vm, f: DescrGetFn, this: Value, args: Args<'_>) -> PyResult {
    let (instance, owner) = match *args.positionals() {
        [] => return Err(vm.type_error("__get__ expected at least 1 argument, got 0")),
        [instance] => (instance.not_none(), None),
        [instance, owner] => (instance.not_none(), owner.not_none()),
        ref other => {
            return Err(vm.type_error(format_args!("__get__ expected at most 2 arguments, got {}", other.len())));
        }
    };
    if instance.is_none() && owner.is_none() {
        return Err(vm.type_error("__get__(None, None) is invalid"));
    }
    f(vm, this, instance, owner)
}

pub(super) fn set(vm: &Vm, f: DescrSetFn, this: Value, args: Args<'_>) -> PyResult {
    let [instance, value] = two(vm, "__set__", args)?;
    f(vm, this, instance, Some(value)).map(|()| Value::NONE)
}

pub(super) fn delete(vm: &Vm, f: DescrSetFn, this: Value, args: Args<'_>) -> PyResult {
    let [instance] = exactly(vm, args)?;
    f(vm, this, instance, None).map(|()| Value::NONE)
}

pub(super) fn contains(vm: &Vm, f: ContainsFn, this: Value, args: Args<'_>) -> PyResult {
    let [item] = exactly(vm, args)?;
    f(vm, this, item).map(Value::bool)
}

pub(super) fn repeat(vm: &Vm, f: RepeatFn, this: Value, args: Args<'_>) -> PyResult {
    let [count] = exactly(vm, args)?;
    f(vm, this, vm.index_to_isize(count, vm.exceptions().OverflowError)?)
}

/// An index argument, counted from the end when negative.
fn index(vm: &Vm, this: Value, index: Value) -> PyResult<isize> {
    let index = vm.index_to_isize(index, vm.exceptions().OverflowError)?;
    match vm.slots_of(this).sq_length {
        Some(len) if index < 0 => Ok(index + len(vm, this)? as isize),
        _ => Ok(index),
    }
}

pub(super) fn item(vm: &Vm, f: ItemFn, this: Value, args: Args<'_>) -> PyResult {
    let [key] = exactly(vm, args)?;
    f(vm, this, index(vm, this, key)?)
}

pub(super) fn set_item(vm: &Vm, f: SetItemFn, this: Value, args: Args<'_>) -> PyResult {
    let [key, value] = two(vm, "__setitem__", args)?;
    f(vm, this, index(vm, this, key)?, Some(value)).map(|()| Value::NONE)
}

pub(super) fn del_item(vm: &Vm, f: SetItemFn, this: Value, args: Args<'_>) -> PyResult {
    let [key] = exactly(vm, args)?;
    f(vm, this, index(vm, this, key)?, None).map(|()| Value::NONE)
}

pub(super) fn set_subscript(vm: &Vm, f: SetSubscriptFn, this: Value, args: Args<'_>) -> PyResult {
    let [key, value] = two(vm, "__setitem__", args)?;
    f(vm, this, key, Some(value)).map(|()| Value::NONE)
}

pub(super) fn del_subscript(vm: &Vm, f: SetSubscriptFn, this: Value, args: Args<'_>) -> PyResult {
    let [key] = exactly(vm, args)?;
    f(vm, this, key, None).map(|()| Value::NONE)
}

pub(super) fn get_buffer(vm: &Vm, f: BufferFn, this: Value, args: Args<'_>) -> PyResult {
    let &[flags] = args.positionals() else {
        let given = args.positionals().len();
        return Err(vm.type_error(format_args!("__buffer__ expected 1 argument, got {given}")));
    };
    let flags = vm.index_to_isize(flags, vm.exceptions().OverflowError)?;
    let flags =
        i32::try_from(flags).map_err(|_| vm.raise_new(vm.exceptions().OverflowError, "buffer flags out of range"))?;
    let buffer = f(vm, this, flags as u32)?;
    Ok(vm.new_memoryview_of(buffer)?.value())
}

impl Vm {
    /// Refuses `object.__setattr__(int, ...)`: the method of a base that knows nothing of what a
    /// more derived native type does when attributes are set (Carlo Verre's hack).
    fn check_attribute_hack(&self, this: Value, f: SetAttrFn, name: &str) -> PyResult<()> {
        let class = self.class_of(this);
        let python: SetAttrFn = super::python::setattro;
        let is_python = |slot: Option<SetAttrFn>| slot.is_some_and(|slot| fn_addr_eq(slot, python));
        let same = |a: Option<SetAttrFn>, b: Option<SetAttrFn>| match (a, b) {
            (Some(a), Some(b)) => fn_addr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        // The base that defined the slot of the object's class.
        let own = class.slots().setattro;
        let defining = class.mro_slice().iter().rev().map(|&base| {
            // SAFETY: an MRO holds classes only.
            unsafe { base.as_gc_unchecked::<PyType>() }
        });
        let mut base = defining
            .filter(|base| !is_python(base.slots().setattro))
            .find(|base| same(base.slots().setattro, own))
            .or(Some(class));
        while let Some(layer) = base {
            let slot = layer.slots().setattro;
            if same(slot, Some(f)) {
                break;
            }
            if !is_python(slot) {
                return Err(self.type_error(format_args!("can't apply this {name} to {} object", class.name_text())));
            }
            base = layer.base.get();
        }
        Ok(())
    }
}

/// `type.__new__` of a native type: `int.__new__`. `this` is the type it was taken from.
pub(crate) fn call_new(vm: &Vm, this: Value, args: Args<'_>) -> PyResult {
    let owner = vm.cast::<PyType>(this).ok_or_else(|| vm.missing_slot("__new__"))?;
    let Some((class, rest)) = args.split_first() else {
        let owner_name = owner.name_text();
        return Err(vm.type_error(format_args!("{owner_name}.__new__(): not enough arguments")));
    };
    let Some(class) = vm.cast::<PyType>(class) else {
        let (owner_name, given) = (owner.name_text(), vm.class_name(class));
        return Err(vm.type_error(format_args!("{owner_name}.__new__(X): X is not a type object ({given})")));
    };
    if !class.is_subclass(owner) {
        let (owner_name, name) = (owner.name_text(), class.name_text());
        return Err(
            vm.type_error(format_args!("{owner_name}.__new__({name}): {name} is not a subtype of {owner_name}"))
        );
    }
    // The nearest native base must be made by the same function, or its layout would be wrong.
    let native = vm.native_class(class.native.get());
    match (native.slots().new, owner.slots().new) {
        (Some(a), Some(b)) if fn_addr_eq(a, b) => b(vm, class, rest),
        (None, Some(_)) => Err(vm.type_error(format_args!("cannot create '{}' instances", class.name_text()))),
        (_, Some(_)) => {
            let (owner_name, name, native) = (owner.name_text(), class.name_text(), native.name_text());
            Err(vm.type_error(format_args!("{owner_name}.__new__({name}) is not safe, use {native}.__new__()")))
        }
        _ => Err(vm.missing_slot("__new__")),
    }
}

/// The description behind every native `__new__`.
pub(crate) static NEW: crate::class::MethodDef = crate::class::MethodDef {
    name: "__new__",
    signature: Some("($type, *args, **kwargs)"),
    doc: Some("Create and return a new object.  See help(type) for accurate signature."),
    kind: crate::class::MethodKind::Static,
    function: call_new,
};

impl Vm {
    /// Whether a value is the `__new__` of a native type.
    pub(super) fn is_native_new(&self, value: Value) -> bool {
        self.cast_exact::<PyBuiltinFunction>(value).is_some_and(|function| std::ptr::eq(function.def, &raw const NEW))
    }
}
