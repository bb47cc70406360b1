//! `weakref.ProxyType` and `weakref.CallableProxyType`: whatever is done to a proxy is done to the
//! object that it refers to.

use std::mem::offset_of;
use std::sync::atomic::AtomicU32;

use super::PyWeakRef;
use crate::args::Args;
use crate::class::{CompareOp, Layout, MethodDef, MethodKind, Slots, TraceKind, TypeDef};
use crate::operations::BinaryOp;
use crate::types::object::PyObject;
use crate::types::str::PyStr;
use crate::{Gc, Native, PyResult, Value, Vm};

/// `weakref.ProxyType`, for objects that cannot be called.
pub struct PyWeakProxy {}

/// `weakref.CallableProxyType`.
pub struct PyWeakCallableProxy {}

impl PyWeakProxy {
    /// The description of the Python type.
    pub fn def() -> &'static TypeDef {
        static DEF: TypeDef = definition("ProxyType", Slots { call: None, ..SLOTS });
        &DEF
    }
}

impl PyWeakCallableProxy {
    /// The description of the Python type.
    pub fn def() -> &'static TypeDef {
        static DEF: TypeDef = definition("CallableProxyType", SLOTS);
        &DEF
    }
}

const fn definition(name: &'static str, slots: Slots) -> TypeDef {
    TypeDef {
        name,
        module: "weakref",
        doc: None,
        base: Some(<PyObject as Native>::def),
        flags: 0,
        layout: Layout {
            size: size_of::<PyWeakRef>(),
            variable: false,
            trace: TraceKind::Custom(crate::object::trace_native::<PyWeakRef>),
            drop: None,
            weak_slot: Some(offset_of!(PyWeakRef, referent) as u16),
        },
        slots,
        methods: &[METHODS],
        getset: &[],
        setup: None,
        index: AtomicU32::new(0),
    }
}

/// The proxy that a slot is called for.
fn proxy(value: Value) -> Gc<PyWeakRef> {
    // SAFETY: the slots of proxies are called with proxies.
    unsafe { value.as_gc_unchecked() }
}

fn is_proxy(vm: &Vm, value: Value) -> bool {
    let native = vm.class_of(value).native.get();
    std::ptr::eq(native, PyWeakProxy::def()) || std::ptr::eq(native, PyWeakCallableProxy::def())
}

/// What an operand stands for, which must live when it is a proxy.
fn target(vm: &Vm, value: Value) -> PyResult {
    if !is_proxy(vm, value) {
        return Ok(value);
    }
    proxy(value)
        .get()
        .ok_or_else(|| vm.raise_new(vm.exceptions().ReferenceError, "weakly-referenced object no longer exists"))
}

macro_rules! binary {
    ($($function:ident $inplace:ident $op:ident;)*) => {
        $(
            fn $function(vm: &Vm, a: Value, b: Value) -> PyResult {
                vm.binary(BinaryOp::$op, target(vm, a)?, target(vm, b)?)
            }
            fn $inplace(vm: &Vm, a: Value, b: Value) -> PyResult {
                vm.inplace(BinaryOp::$op, target(vm, a)?, target(vm, b)?)
            }
        )*
    };
}

binary! {
    add inplace_add Add;
    subtract inplace_subtract Subtract;
    multiply inplace_multiply Multiply;
    remainder inplace_remainder Remainder;
    lshift inplace_lshift Lshift;
    rshift inplace_rshift Rshift;
    and inplace_and And;
    xor inplace_xor Xor;
    or inplace_or Or;
    floor_divide inplace_floor_divide FloorDivide;
    true_divide inplace_true_divide TrueDivide;
    matrix_multiply inplace_matrix_multiply MatrixMultiply;
}

const SLOTS: Slots = Slots {
    call: Some(|vm, this, args| vm.call_args(target(vm, this)?, args)),
    repr: Some(|vm, this| {
        let (address, about) = (vm.identity(this), proxy(this).describe(vm)?);
        Ok(vm.new_str(&format!("<weakproxy at {address:#x}; {about}>"))?.value())
    }),
    str: Some(|vm, this| Ok(vm.str(target(vm, this)?)?.value())),
    getattro: Some(|vm: &Vm, this: Value, name: Gc<PyStr>| vm.get_attr(target(vm, this)?, name)),
    setattro: Some(|vm, this, name, value| vm.set_attr_maybe(target(vm, this)?, name, value)),
    richcompare: Some(|vm: &Vm, a: Value, b: Value, op: CompareOp| vm.compare(target(vm, a)?, target(vm, b)?, op)),
    iter: Some(|vm, this| vm.iter(target(vm, this)?)),
    iternext: Some(|vm, this| {
        let iterator = target(vm, this)?;
        if vm.slots_of(iterator).iternext.is_none() {
            let class = vm.class_name(iterator);
            return Err(vm.type_error(format_args!("Weakref proxy referenced a non-iterator '{class}' object")));
        }
        vm.next(iterator)
    }),
    nb_add: Some(add),
    nb_subtract: Some(subtract),
    nb_multiply: Some(multiply),
    nb_remainder: Some(remainder),
    nb_divmod: Some(|vm, a, b| vm.divmod(target(vm, a)?, target(vm, b)?)),
    nb_power: Some(|vm, base, exponent, modulus| {
        vm.power(target(vm, base)?, target(vm, exponent)?, target(vm, modulus)?)
    }),
    nb_negative: Some(|vm, this| vm.negative(target(vm, this)?)),
    nb_positive: Some(|vm, this| vm.positive(target(vm, this)?)),
    nb_absolute: Some(|vm, this| vm.absolute(target(vm, this)?)),
    nb_invert: Some(|vm, this| vm.invert(target(vm, this)?)),
    nb_bool: Some(|vm, this| vm.truth(target(vm, this)?)),
    nb_lshift: Some(lshift),
    nb_rshift: Some(rshift),
    nb_and: Some(and),
    nb_xor: Some(xor),
    nb_or: Some(or),
    nb_int: Some(|vm, this| vm.call(vm.builtin("int")?, &[target(vm, this)?])),
    nb_float: Some(|vm, this| vm.new_float(vm.to_f64(target(vm, this)?)?)),
    nb_index: Some(|vm, this| vm.index(target(vm, this)?)),
    nb_inplace_add: Some(inplace_add),
    nb_inplace_subtract: Some(inplace_subtract),
    nb_inplace_multiply: Some(inplace_multiply),
    nb_inplace_remainder: Some(inplace_remainder),
    nb_inplace_power: Some(|vm, base, exponent, _| {
        vm.inplace(BinaryOp::Power, target(vm, base)?, target(vm, exponent)?)
    }),
    nb_inplace_lshift: Some(inplace_lshift),
    nb_inplace_rshift: Some(inplace_rshift),
    nb_inplace_and: Some(inplace_and),
    nb_inplace_xor: Some(inplace_xor),
    nb_inplace_or: Some(inplace_or),
    nb_floor_divide: Some(floor_divide),
    nb_true_divide: Some(true_divide),
    nb_inplace_floor_divide: Some(inplace_floor_divide),
    nb_inplace_true_divide: Some(inplace_true_divide),
    nb_matrix_multiply: Some(matrix_multiply),
    nb_inplace_matrix_multiply: Some(inplace_matrix_multiply),
    mp_length: Some(|vm, this| vm.len(target(vm, this)?)),
    mp_subscript: Some(|vm, this, key| vm.get_item(target(vm, this)?, key)),
    mp_ass_subscript: Some(|vm, this, key, value| vm.set_item_maybe(target(vm, this)?, key, value)),
    sq_contains: Some(|vm, this, item| vm.contains(target(vm, this)?, item)),
    ..Slots::NONE
};

const METHODS: &[MethodDef] = &[
    MethodDef {
        name: "__bytes__",
        signature: None,
        doc: None,
        kind: MethodKind::Instance,
        function: |vm: &Vm, this: Value, _: Args<'_>| vm.call_method_str(target(vm, this)?, "__bytes__", &[]),
    },
    MethodDef {
        name: "__reversed__",
        signature: None,
        doc: None,
        kind: MethodKind::Instance,
        function: |vm: &Vm, this: Value, _: Args<'_>| vm.call_method_str(target(vm, this)?, "__reversed__", &[]),
    },
];
