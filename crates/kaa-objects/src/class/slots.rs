//! The slots of a type: the operations that the interpreter calls directly, CPython's `tp_*`,
//! `nb_*`, `sq_*`, `mp_*` and `am_*` under the same names.
//!
//! A native type fills in Rust functions. For a Python class, each special method that it or a
//! base defines puts a function here that calls the method ([`super::special`]); the interpreter
//! sees no difference.

use super::PyType;
use crate::args::Args;
use crate::buffer::Buffer;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Value, Vm};

/// `op(self)`.
pub type UnaryFn = fn(&Vm, Value) -> PyResult;
/// `op(left, right)`; gives `NotImplemented` when it does not know the operands. Either may be of
/// the slot's type.
pub type BinaryFn = fn(&Vm, Value, Value) -> PyResult;
/// `pow(base, exponent, modulus or None)`.
pub type TernaryFn = fn(&Vm, Value, Value, Value) -> PyResult;
/// `len(self)`.
pub type LenFn = fn(&Vm, Value) -> PyResult<usize>;
/// `bool(self)`.
pub type BoolFn = fn(&Vm, Value) -> PyResult<bool>;
/// `hash(self)`.
pub type HashFn = fn(&Vm, Value) -> PyResult<i64>;
/// `self op other`; gives `NotImplemented` when it does not know `other`.
pub type CompareFn = fn(&Vm, Value, Value, CompareOp) -> PyResult;
/// `self.name`.
pub type GetAttrFn = fn(&Vm, Value, Gc<PyStr>) -> PyResult;
/// `self.name = value`, or `del self.name`.
pub type SetAttrFn = fn(&Vm, Value, Gc<PyStr>, Option<Value>) -> PyResult<()>;
/// `self(...)`.
pub type CallFn = fn(&Vm, Value, Args<'_>) -> PyResult;
/// `class.__new__(class, ...)`.
pub type NewFn = fn(&Vm, Gc<PyType>, Args<'_>) -> PyResult;
/// `self.__init__(...)`.
pub type InitFn = fn(&Vm, Value, Args<'_>) -> PyResult<()>;
/// `descriptor.__get__(instance, owner)`.
pub type DescrGetFn = fn(&Vm, Value, Option<Value>, Option<Value>) -> PyResult;
/// `descriptor.__set__(instance, value)` or `__delete__(instance)`.
pub type DescrSetFn = fn(&Vm, Value, Value, Option<Value>) -> PyResult<()>;
/// `next(self)`; `None` when exhausted, without a `StopIteration`.
pub type NextFn = fn(&Vm, Value) -> PyResult<Option<Value>>;
/// `self[index]` with an integer that has been adjusted for negative indices.
pub type ItemFn = fn(&Vm, Value, isize) -> PyResult;
/// `self[index] = value`, or `del self[index]`.
pub type SetItemFn = fn(&Vm, Value, isize, Option<Value>) -> PyResult<()>;
/// `self[key] = value`, or `del self[key]`.
pub type SetSubscriptFn = fn(&Vm, Value, Value, Option<Value>) -> PyResult<()>;
/// `item in self`.
pub type ContainsFn = fn(&Vm, Value, Value) -> PyResult<bool>;
/// `self * count`.
pub type RepeatFn = fn(&Vm, Value, isize) -> PyResult;
/// What a generator-like object gives for a sent value.
pub type SendFn = fn(&Vm, Value, Value) -> PyResult<Sent>;
/// The memory of `self` for a request of CPython's `PyBUF_*` bits.
pub type BufferFn = fn(&Vm, Value, u32) -> PyResult<Buffer>;
/// `self.__del__()`; errors are reported by the caller as unraisable.
pub type FinalizeFn = fn(&Vm, Value) -> PyResult<()>;

/// The result of sending to a generator-like object.
pub enum Sent {
    /// It yielded a value.
    Yield(Value),
    /// It returned a value.
    Return(Value),
}

/// The six comparisons, numbered as CPython's `Py_LT` and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum CompareOp {
    Lt = 0,
    Le = 1,
    Eq = 2,
    Ne = 3,
    Gt = 4,
    Ge = 5,
}

impl CompareOp {
    /// The comparison with operands exchanged.
    pub const fn swapped(self) -> CompareOp {
        match self {
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::Le => CompareOp::Ge,
            CompareOp::Eq => CompareOp::Eq,
            CompareOp::Ne => CompareOp::Ne,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::Ge => CompareOp::Le,
        }
    }

    /// The operator's text.
    pub const fn symbol(self) -> &'static str {
        match self {
            CompareOp::Lt => "<",
            CompareOp::Le => "<=",
            CompareOp::Eq => "==",
            CompareOp::Ne => "!=",
            CompareOp::Gt => ">",
            CompareOp::Ge => ">=",
        }
    }

    /// The comparison's outcome for operands in this order.
    pub const fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            CompareOp::Lt => ordering.is_lt(),
            CompareOp::Le => ordering.is_le(),
            CompareOp::Eq => ordering.is_eq(),
            CompareOp::Ne => ordering.is_ne(),
            CompareOp::Gt => ordering.is_gt(),
            CompareOp::Ge => ordering.is_ge(),
        }
    }
}

macro_rules! slots {
    ($($name:ident: $function:ty,)*) => {
        /// The slots of a type. An empty slot means that the type does not support the operation.
        #[derive(Clone, Copy)]
        #[allow(missing_docs, reason = "named as CPython's slots")]
        pub struct Slots { $(pub $name: Option<$function>,)* }

        impl Slots {
            /// No slot filled.
            pub const NONE: Slots = Slots { $($name: None,)* };

            /// Fills each empty slot from a base's. `hash` and `richcompare` go together: who
            /// defines one does not inherit the other.
            pub fn inherit_from_base(&mut self, base: &Slots) {
                let compares = self.richcompare.is_some() || self.hash.is_some();
                let (richcompare, hash) = (self.richcompare, self.hash);
                $(if self.$name.is_none() { self.$name = base.$name; })*
                if compares {
                    (self.richcompare, self.hash) = (richcompare, hash);
                }
            }
        }
    };
}

slots! {
    new: NewFn, init: InitFn, finalize: FinalizeFn, call: CallFn,
    repr: UnaryFn, str: UnaryFn, hash: HashFn, richcompare: CompareFn,
    getattro: GetAttrFn, setattro: SetAttrFn, descr_get: DescrGetFn, descr_set: DescrSetFn,
    iter: UnaryFn, iternext: NextFn,
    nb_add: BinaryFn, nb_subtract: BinaryFn, nb_multiply: BinaryFn, nb_remainder: BinaryFn,
    nb_divmod: BinaryFn, nb_power: TernaryFn, nb_negative: UnaryFn, nb_positive: UnaryFn,
    nb_absolute: UnaryFn, nb_bool: BoolFn, nb_invert: UnaryFn, nb_lshift: BinaryFn, nb_rshift: BinaryFn,
    nb_and: BinaryFn, nb_xor: BinaryFn, nb_or: BinaryFn, nb_int: UnaryFn, nb_float: UnaryFn,
    nb_inplace_add: BinaryFn, nb_inplace_subtract: BinaryFn, nb_inplace_multiply: BinaryFn,
    nb_inplace_remainder: BinaryFn, nb_inplace_power: TernaryFn, nb_inplace_lshift: BinaryFn,
    nb_inplace_rshift: BinaryFn, nb_inplace_and: BinaryFn, nb_inplace_xor: BinaryFn, nb_inplace_or: BinaryFn,
    nb_floor_divide: BinaryFn, nb_true_divide: BinaryFn, nb_inplace_floor_divide: BinaryFn,
    nb_inplace_true_divide: BinaryFn, nb_index: UnaryFn, nb_matrix_multiply: BinaryFn,
    nb_inplace_matrix_multiply: BinaryFn,
    sq_length: LenFn, sq_concat: BinaryFn, sq_repeat: RepeatFn, sq_item: ItemFn, sq_ass_item: SetItemFn,
    sq_contains: ContainsFn, sq_inplace_concat: BinaryFn, sq_inplace_repeat: RepeatFn,
    mp_length: LenFn, mp_subscript: BinaryFn, mp_ass_subscript: SetSubscriptFn,
    am_await: UnaryFn, am_aiter: UnaryFn, am_anext: UnaryFn, am_send: SendFn,
    bf_getbuffer: BufferFn,
}
