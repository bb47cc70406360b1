//! Slots that call special methods written in Python: what a class gets in a slot when it, or a
//! base, defines the method. Special methods are looked up on the class, never on the instance.

use std::ptr::fn_addr_eq;

use crate::args::Args;
use crate::buffer::Buffer;
use crate::class::slots::{BinaryFn, CompareOp, Sent, TernaryFn};
use crate::class::{PyType, Slots, flags};
use crate::types::descriptors::PyWrapperDescriptor;
use crate::types::iterator::PySequenceIterator;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Raised, Value, Vm};

/// Arguments that a call by [`Vm::call_unbound`] keeps on the native stack.
const ON_STACK: usize = 8;

impl Vm {
    /// Calls what a class lookup found for an instance as its method: functions get the instance
    /// as first argument, other descriptors are bound first.
    pub fn call_unbound(&self, method: Value, this: Value, args: Args<'_>) -> PyResult {
        if self.class_of(method).has_flag(flags::METHOD_DESCRIPTOR) {
            return self.call_with_first(method, this, args);
        }
        self.call_bound(method, this, args)
    }

    /// Binds a descriptor and calls the result. `A.__call__ = A()` leads here again and again: the
    /// check of the stack ends that, and needs calls that are no tail calls.
    #[inline(never)]
    fn call_bound(&self, method: Value, this: Value, args: Args<'_>) -> PyResult {
        self.check_stack("")?;
        let bound = match self.slots_of(method).descr_get {
            Some(get) => get(self, method, Some(this), Some(self.class_of(this).value()))?,
            None => method,
        };
        std::hint::black_box(self.call_args(bound, args))
    }

    /// `callable(first, ...)`.
    pub fn call_with_first(&self, callable: Value, first: Value, args: Args<'_>) -> PyResult {
        let rest = args.all();
        if rest.len() < ON_STACK {
            let mut row = [Value::NONE; ON_STACK];
            row[0] = first;
            row[1..=rest.len()].copy_from_slice(rest);
            return self.call_args(callable, Args::with_keywords(&row[..=rest.len()], args.kwnames()));
        }
        let row = self.new_tuple_from(rest.len() + 1, std::iter::once(first).chain(rest.iter().copied()))?;
        self.call_args(callable, Args::with_keywords(row.as_slice(), args.kwnames()))
    }

    /// Calls a special method that the slot says is there. It may have gone since.
    fn must_call(&self, this: Value, name: Gc<PyStr>, args: &[Value]) -> PyResult {
        match self.lookup(self.class_of(this), name) {
            Some(method) => self.call_unbound(method, this, Args::positional(args)),
            None => Err(self.raise_with(self.exceptions().AttributeError, &[name.value()])),
        }
    }

    /// Calls a special method; `NotImplemented` when there is none.
    fn maybe_call(&self, this: Value, name: Gc<PyStr>, args: &[Value]) -> PyResult {
        match self.lookup(self.class_of(this), name) {
            Some(method) => self.call_unbound(method, this, Args::positional(args)),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }
}

// Text, hash, comparison.

pub(super) fn repr(vm: &Vm, this: Value) -> PyResult {
    match vm.lookup(vm.class_of(this), vm.names().__repr__) {
        Some(method) => vm.call_unbound(method, this, Args::EMPTY),
        None => {
            let address = this.as_object().map_or(0, |object| vm.pin(object));
            Ok(vm.new_str(&format!("<{} object at {address:#x}>", vm.class_name(this)))?.value())
        }
    }
}

pub(super) fn str(vm: &Vm, this: Value) -> PyResult {
    vm.must_call(this, vm.names().__str__, &[])
}

/// The slot of a class with `__hash__ = None`.
pub fn hash_not_implemented(vm: &Vm, this: Value) -> PyResult<i64> {
    Err(vm.type_error(format_args!("unhashable type: '{}'", vm.class_name(this))))
}

pub(super) fn hash(vm: &Vm, this: Value) -> PyResult<i64> {
    let method = vm.lookup(vm.class_of(this), vm.names().__hash__).and_then(Value::not_none);
    let Some(method) = method else { return hash_not_implemented(vm, this) };
    let result = vm.call_unbound(method, this, Args::EMPTY)?;
    if !vm.is_int(result) {
        return Err(vm.type_error("__hash__ method should return an integer"));
    }
    match vm.int_to_i64(result) {
        Some(-1) => Ok(-2),
        Some(hash) => Ok(hash),
        None => vm.hash(result),
    }
}

pub(super) fn richcompare(vm: &Vm, this: Value, other: Value, op: CompareOp) -> PyResult {
    let names = vm.names();
    let name = match op {
        CompareOp::Lt => names.__lt__,
        CompareOp::Le => names.__le__,
        CompareOp::Eq => names.__eq__,
        CompareOp::Ne => names.__ne__,
        CompareOp::Gt => names.__gt__,
        CompareOp::Ge => names.__ge__,
    };
    let Some(method) = vm.lookup(vm.class_of(this), name) else { return Ok(Value::NOT_IMPLEMENTED) };
    let class = vm.class_of(method);
    if class.has_flag(flags::METHOD_DESCRIPTOR) {
        return vm.call_with_first(method, this, Args::positional(&[other]));
    }
    let bound = match class.slots().descr_get {
        Some(get) => get(vm, method, Some(this), Some(vm.class_of(this).value())),
        None => Ok(method),
    };
    // A method that cannot be had is none.
    match vm.catch(bound, vm.exceptions().AttributeError)? {
        Ok(bound) => vm.call(bound, &[other]),
        Err(_) => Ok(Value::NOT_IMPLEMENTED),
    }
}

// Making, calling, finalizing.

pub(super) fn call(vm: &Vm, this: Value, args: Args<'_>) -> PyResult {
    match vm.lookup(vm.class_of(this), vm.names().__call__) {
        Some(method) => vm.call_unbound(method, this, args),
        None => Err(vm.raise_with(vm.exceptions().AttributeError, &[vm.names().__call__.value()])),
    }
}

pub(super) fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
    let method = vm.get_attr(class.value(), vm.names().__new__)?;
    vm.call_with_first(method, class.value(), args)
}

pub(super) fn init(vm: &Vm, this: Value, args: Args<'_>) -> PyResult<()> {
    let Some(method) = vm.lookup(vm.class_of(this), vm.names().__init__) else {
        return Err(vm.raise_with(vm.exceptions().AttributeError, &[vm.names().__init__.value()]));
    };
    let result = vm.call_unbound(method, this, args)?;
    if result.is_none() {
        return Ok(());
    }
    let class = vm.class_name(result);
    Err(vm.type_error(format_args!("__init__() should return None, not '{class}'")))
}

pub(super) fn finalize(vm: &Vm, this: Value) -> PyResult<()> {
    match vm.lookup(vm.class_of(this), vm.names().__del__) {
        Some(method) => vm.call_unbound(method, this, Args::EMPTY).map(drop),
        None => Ok(()),
    }
}

// Attributes and descriptors.

/// `__getattribute__`, then `__getattr__` when that raised `AttributeError`.
pub(super) fn getattro(vm: &Vm, this: Value, name: Gc<PyStr>) -> PyResult {
    let class = vm.class_of(this);
    let fallback = vm.lookup(class, vm.names().__getattr__);
    let found = match vm.lookup(class, vm.names().__getattribute__) {
        None => vm.generic_get_attr_optional(this, name).transpose(),
        Some(method) => match native_getattro(vm, method) {
            Some(native) if fallback.is_some() && crate::attributes::is_generic_get(native) => {
                // No exception is made only to be dropped.
                vm.generic_get_attr_optional(this, name).transpose()
            }
            Some(native) => Some(native(vm, this, name)),
            None => Some(vm.call_unbound(method, this, Args::positional(&[name.value()]))),
        },
    };
    let Some(fallback) = fallback else {
        let found = found.unwrap_or_else(|| Err(vm.no_attribute(this, name)));
        return found.map_err(|raised| vm.in_attribute_context(raised, this, name));
    };
    if let Some(result) = found
        && let Ok(value) = vm.catch(result, vm.exceptions().AttributeError)?
    {
        return Ok(value);
    }
    let result = vm.call_unbound(fallback, this, Args::positional(&[name.value()]));
    result.map_err(|raised| vm.in_attribute_context(raised, this, name))
}

/// The slot behind a native `__getattribute__`.
fn native_getattro(vm: &Vm, method: Value) -> Option<crate::class::slots::GetAttrFn> {
    let wrapper = vm.cast_exact::<PyWrapperDescriptor>(method)?;
    if wrapper.def.name == "__getattribute__" { wrapper.class.get_set().slots().getattro } else { None }
}

pub(super) fn setattro(vm: &Vm, this: Value, name: Gc<PyStr>, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(value) => vm.must_call(this, vm.names().__setattr__, &[name.value(), value]),
        None => vm.must_call(this, vm.names().__delattr__, &[name.value()]),
    }
    .map(drop)
}

pub(super) fn descr_get(vm: &Vm, this: Value, instance: Option<Value>, owner: Option<Value>) -> PyResult {
    let (instance, owner) = (instance.unwrap_or(Value::NONE), owner.unwrap_or(Value::NONE));
    match vm.lookup(vm.class_of(this), vm.names().__get__) {
        // As it is: a native function in the class gets the descriptor, too.
        Some(method) => vm.call(method, &[this, instance, owner]),
        None => Ok(this),
    }
}

pub(super) fn descr_set(vm: &Vm, this: Value, instance: Value, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(value) => vm.must_call(this, vm.names().__set__, &[instance, value]),
        None => vm.must_call(this, vm.names().__delete__, &[instance]),
    }
    .map(drop)
}

// Iteration.

pub(super) fn iter(vm: &Vm, this: Value) -> PyResult {
    let class = vm.class_of(this);
    match vm.lookup(class, vm.names().__iter__) {
        Some(method) if !method.is_none() => vm.call_unbound(method, this, Args::EMPTY),
        None if vm.lookup(class, vm.names().__getitem__).is_some() => PySequenceIterator::over(vm, this),
        _ => Err(vm.type_error(format_args!("'{}' object is not iterable", class.name_text()))),
    }
}

pub(super) fn iternext(vm: &Vm, this: Value) -> PyResult<Option<Value>> {
    let result = vm.must_call(this, vm.names().__next__, &[]);
    Ok(vm.catch(result, vm.exceptions().StopIteration)?.ok())
}

/// `send` of an iterator written in Python: keeps the value of its `StopIteration`, which
/// [`iternext`] cannot give.
pub(super) fn send(vm: &Vm, this: Value, value: Value) -> PyResult<Sent> {
    let result = match value.is_none() {
        true => vm.must_call(this, vm.names().__next__, &[]),
        false => vm.call_method(this, vm.names().send, &[value]),
    };
    match vm.catch(result, vm.exceptions().StopIteration)? {
        Ok(value) => Ok(Sent::Yield(value)),
        Err(stop) => Ok(Sent::Return(vm.stop_iteration_value(stop))),
    }
}

fn async_slot(vm: &Vm, this: Value, name: Gc<PyStr>) -> PyResult {
    match vm.lookup(vm.class_of(this), name) {
        Some(method) => vm.call_unbound(method, this, Args::EMPTY),
        None => {
            let (class, name) = (vm.class_name(this), name.to_string_lossy());
            Err(vm
                .raise_new(vm.exceptions().AttributeError, format_args!("object {class} does not have {name} method")))
        }
    }
}

pub(super) fn await_(vm: &Vm, this: Value) -> PyResult {
    async_slot(vm, this, vm.names().__await__)
}

pub(super) fn aiter(vm: &Vm, this: Value) -> PyResult {
    async_slot(vm, this, vm.names().__aiter__)
}

pub(super) fn anext(vm: &Vm, this: Value) -> PyResult {
    async_slot(vm, this, vm.names().__anext__)
}

// Numbers.

pub(super) fn bool(vm: &Vm, this: Value) -> PyResult<bool> {
    let result = vm.must_call(this, vm.names().__bool__, &[])?;
    result.as_bool().ok_or_else(|| {
        let class = vm.class_name(result);
        vm.type_error(format_args!("__bool__ should return bool, returned {class}"))
    })
}

macro_rules! unary {
    ($($function:ident $name:ident;)*) => {
        $(pub(super) fn $function(vm: &Vm, this: Value) -> PyResult {
            vm.must_call(this, vm.names().$name, &[])
        })*
    };
}

unary! {
    negative __neg__;
    positive __pos__;
    absolute __abs__;
    invert __invert__;
    int __int__;
    float __float__;
    index __index__;
}

/// One binary operator: which slot it is, and the method names for both orders.
struct Binary {
    own: BinaryFn,
    slot: fn(&Slots) -> Option<BinaryFn>,
    name: Gc<PyStr>,
    reflected: Gc<PyStr>,
}

impl Binary {
    /// `left op right`, either of which may be of a class whose slot this is. The right operand
    /// goes first when its class derives from the left one's and overrides the reflected method.
    fn call(&self, vm: &Vm, left: Value, right: Value) -> PyResult {
        let (left_class, right_class) = (vm.class_of(left), vm.class_of(right));
        let is_ours = |class: &PyType| (self.slot)(class.slots()).is_some_and(|f| fn_addr_eq(f, self.own));
        let mut try_right = left_class != right_class && is_ours(&right_class);
        if is_ours(&left_class) {
            if try_right && right_class.is_subclass(left_class) && self.is_overridden(vm, left_class, right_class) {
                let result = vm.maybe_call(right, self.reflected, &[left])?;
                if !result.is_not_implemented() {
                    return Ok(result);
                }
                try_right = false;
            }
            let result = vm.maybe_call(left, self.name, &[right])?;
            if !result.is_not_implemented() || left_class == right_class {
                return Ok(result);
            }
        }
        if try_right { vm.maybe_call(right, self.reflected, &[left]) } else { Ok(Value::NOT_IMPLEMENTED) }
    }

    fn is_overridden(&self, vm: &Vm, left: Gc<PyType>, right: Gc<PyType>) -> bool {
        let method = vm.lookup(right, self.reflected);
        method.is_some() && method != vm.lookup(left, self.reflected)
    }
}

macro_rules! binary {
    ($($function:ident $slot:ident $name:ident $reflected:ident;)*) => {
        $(pub(super) fn $function(vm: &Vm, left: Value, right: Value) -> PyResult {
            let names = vm.names();
            Binary { own: $function, slot: |slots| slots.$slot, name: names.$name, reflected: names.$reflected }
                .call(vm, left, right)
        })*
    };
}

binary! {
    add nb_add __add__ __radd__;
    subtract nb_subtract __sub__ __rsub__;
    multiply nb_multiply __mul__ __rmul__;
    remainder nb_remainder __mod__ __rmod__;
    divmod nb_divmod __divmod__ __rdivmod__;
    lshift nb_lshift __lshift__ __rlshift__;
    rshift nb_rshift __rshift__ __rrshift__;
    and nb_and __and__ __rand__;
    xor nb_xor __xor__ __rxor__;
    or nb_or __or__ __ror__;
    floor_divide nb_floor_divide __floordiv__ __rfloordiv__;
    true_divide nb_true_divide __truediv__ __rtruediv__;
    matrix_multiply nb_matrix_multiply __matmul__ __rmatmul__;
}

macro_rules! inplace {
    ($($function:ident $name:ident;)*) => {
        $(pub(super) fn $function(vm: &Vm, this: Value, other: Value) -> PyResult {
            vm.must_call(this, vm.names().$name, &[other])
        })*
    };
}

inplace! {
    inplace_add __iadd__;
    inplace_subtract __isub__;
    inplace_multiply __imul__;
    inplace_remainder __imod__;
    inplace_lshift __ilshift__;
    inplace_rshift __irshift__;
    inplace_and __iand__;
    inplace_xor __ixor__;
    inplace_or __ior__;
    inplace_floor_divide __ifloordiv__;
    inplace_true_divide __itruediv__;
    inplace_matrix_multiply __imatmul__;
}

/// `pow(base, exponent, modulus)`: as a binary operator, with the modulus handed on unless `None`.
pub(super) fn power(vm: &Vm, base: Value, exponent: Value, modulus: Value) -> PyResult {
    let names = vm.names();
    let (base_class, exponent_class) = (vm.class_of(base), vm.class_of(exponent));
    let own: TernaryFn = power;
    let is_ours = |class: &PyType| class.slots().nb_power.is_some_and(|f| fn_addr_eq(f, own));
    let call = |this: Value, name: Gc<PyStr>, other: Value| {
        let args = [other, modulus];
        vm.maybe_call(this, name, if modulus.is_none() { &args[..1] } else { &args })
    };
    let mut try_exponent = base_class != exponent_class && is_ours(&exponent_class);
    if is_ours(&base_class) {
        let overriding = vm.lookup(exponent_class, names.__rpow__);
        if try_exponent
            && exponent_class.is_subclass(base_class)
            && overriding.is_some()
            && overriding != vm.lookup(base_class, names.__rpow__)
        {
            let result = call(exponent, names.__rpow__, base)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
            try_exponent = false;
        }
        let result = call(base, names.__pow__, exponent)?;
        if !result.is_not_implemented() || base_class == exponent_class {
            return Ok(result);
        }
    }
    if try_exponent { call(exponent, names.__rpow__, base) } else { Ok(Value::NOT_IMPLEMENTED) }
}

pub(super) fn inplace_power(vm: &Vm, base: Value, exponent: Value, _modulus: Value) -> PyResult {
    vm.must_call(base, vm.names().__ipow__, &[exponent])
}

// Containers.

pub(super) fn length(vm: &Vm, this: Value) -> PyResult<usize> {
    let result = vm.must_call(this, vm.names().__len__, &[])?;
    let length = vm.index(result)?;
    if vm.int_is_negative(length) {
        return Err(vm.value_error("__len__() should return >= 0"));
    }
    vm.index_to_isize(length, vm.exceptions().OverflowError).map(|length| length as usize)
}

pub(super) fn contains(vm: &Vm, this: Value, item: Value) -> PyResult<bool> {
    match vm.lookup(vm.class_of(this), vm.names().__contains__) {
        Some(method) if method.is_none() => {
            Err(vm.type_error(format_args!("'{}' object is not a container", vm.class_name(this))))
        }
        Some(method) => {
            let result = vm.call_unbound(method, this, Args::positional(&[item]))?;
            vm.truth(result)
        }
        None => vm.contains_by_iteration(this, item),
    }
}

pub(super) fn subscript(vm: &Vm, this: Value, key: Value) -> PyResult {
    vm.must_call(this, vm.names().__getitem__, &[key])
}

pub(super) fn set_subscript(vm: &Vm, this: Value, key: Value, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(value) => vm.must_call(this, vm.names().__setitem__, &[key, value]),
        None => vm.must_call(this, vm.names().__delitem__, &[key]),
    }
    .map(drop)
}

pub(super) fn item(vm: &Vm, this: Value, index: isize) -> PyResult {
    vm.must_call(this, vm.names().__getitem__, &[vm.new_int(index as i64)?])
}

pub(super) fn set_item(vm: &Vm, this: Value, index: isize, value: Option<Value>) -> PyResult<()> {
    set_subscript(vm, this, vm.new_int(index as i64)?, value)
}

/// `__buffer__`: the memory of the `memoryview` that it gives.
pub(super) fn buffer(vm: &Vm, this: Value, request: u32) -> PyResult<Buffer> {
    let view = vm.must_call(this, vm.names().__buffer__, &[Value::small_int(i64::from(request))])?;
    if view.shape_id() != crate::ids::MEMORYVIEW {
        return Err(vm.type_error("__buffer__ returned non-memoryview object"));
    }
    match vm.slots_of(view).bf_getbuffer {
        Some(get) => get(vm, view, request),
        None => Err(vm.type_error("__buffer__ returned non-memoryview object")),
    }
}

impl Vm {
    /// «`class` has no slot for it»: what calling a wrapper of a missing slot raises.
    #[cold]
    pub(super) fn missing_slot(&self, name: &str) -> Raised {
        self.system_error(format_args!("{name} wraps an empty slot"))
    }
}
