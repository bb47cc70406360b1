//! The representation of `Decimal` objects: small coefficients in the object itself.

use kaa_decimal::small::{self, Small};
use kaa_decimal::{Coefficient, Decimal, Flags, Kind, OutOfMemory, Outcome, View, binary};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::arrays::RawArray;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm};

use super::context::PyContext;
use super::signals::add_status;

/// `decimal.Decimal`.
#[repr(C)]
#[derive(Trace)]
pub struct PyDecimal {
    header: Header,
    #[trace(skip)]
    exp: i64,
    /// The number of limbs, the kind and the sign: see [`pack`].
    #[trace(skip)]
    packed: u64,
    /// The limbs, when there are no more than two.
    #[trace(skip)]
    limbs: [u64; 2],
    /// The limbs, when there are more.
    long: Slot<Gc<RawArray>>,
}

/// Number of limbs, kind and sign in one word.
#[inline(always)]
fn pack(len: usize, kind: Kind, negative: bool) -> u64 {
    (len as u64) << 8 | (kind as u64) << 1 | u64::from(negative)
}

impl PyDecimal {
    /// The number. The view is valid for as long as the object is in use.
    #[inline(always)]
    pub fn view(&self) -> View<'_> {
        let len = (self.packed >> 8) as usize;
        let limbs = match self.long.get() {
            None => &self.limbs[..len],
            // SAFETY: the array has so many words, aligned to 8, which nothing writes to. That the
            // view is on the stack keeps it in place.
            Some(long) => unsafe { std::slice::from_raw_parts(long.data().cast::<u64>(), len) },
        };
        let kind = match self.packed >> 1 & 0x7f {
            0 => Kind::Finite,
            1 => Kind::Infinite,
            2 => Kind::QuietNan,
            _ => Kind::SignalingNan,
        };
        View { negative: self.packed & 1 != 0, kind, exp: self.exp, limbs }
    }

    fn holding(vm: &Vm, number: &Decimal) -> PyResult<PyDecimal> {
        let (len, limbs, long) = match &number.coefficient {
            Coefficient::Inline(len, limbs) => (*len, *limbs, Slot::empty()),
            Coefficient::Heap(limbs) => {
                let array = vm.new_raw_array(limbs.len() * 8)?;
                // SAFETY: a fresh array of that size.
                unsafe { std::ptr::copy_nonoverlapping(limbs.as_ptr(), array.data().cast::<u64>(), limbs.len()) };
                (limbs.len(), [0; 2], Slot::new(array))
            }
        };
        let Decimal { negative, kind, exp, .. } = *number;
        Ok(PyDecimal { header: Header::EMPTY, exp, packed: pack(len, kind, negative), limbs, long })
    }

    /// The number as an object.
    #[inline]
    pub fn new(vm: &Vm, number: &Decimal) -> PyResult<Gc<PyDecimal>> {
        let decimal = PyDecimal::holding(vm, number)?;
        vm.alloc(decimal)
    }

    /// A short number as an object.
    #[inline(always)]
    pub fn new_small(vm: &Vm, number: Small) -> PyResult<Gc<PyDecimal>> {
        let Small { negative, exp, low, high } = number;
        let len = if high != 0 { 2 } else { usize::from(low != 0) };
        vm.alloc(PyDecimal {
            header: Header::EMPTY,
            exp,
            packed: pack(len, Kind::Finite, negative),
            limbs: [low, high],
            long: Slot::empty(),
        })
    }

    /// The number as an object of `Decimal` or a subclass.
    pub fn new_of_class(vm: &Vm, class: Gc<PyType>, number: &Decimal) -> PyResult<Gc<PyDecimal>> {
        let decimal = PyDecimal::holding(vm, number)?;
        vm.alloc_instance(class, decimal)
    }

    /// The bytes that the object takes, for `__sizeof__`.
    pub fn memory_size(&self) -> usize {
        size_of::<PyDecimal>() + self.long.get().map_or(0, |long| size_of::<RawArray>() + long.len())
    }
}

/// An operand: an object, or what an `int` was converted to.
pub enum Operand {
    Object(Gc<PyDecimal>),
    Number(Decimal),
}

impl Operand {
    /// The number.
    #[inline(always)]
    pub fn view(&self) -> View<'_> {
        match self {
            Operand::Object(object) => object.view(),
            Operand::Number(number) => number.view(),
        }
    }

    /// The number as an object.
    pub fn to_object(&self, vm: &Vm) -> PyResult<Gc<PyDecimal>> {
        match self {
            Operand::Object(object) => Ok(*object),
            Operand::Number(number) => PyDecimal::new(vm, number),
        }
    }

    /// A decimal or an integer; `None` for anything else.
    #[inline]
    pub fn from_value(vm: &Vm, value: Value) -> PyResult<Option<Operand>> {
        if let Some(decimal) = vm.cast::<PyDecimal>(value) {
            return Ok(Some(Operand::Object(decimal)));
        }
        Ok(from_int(vm, value)?.map(Operand::Number))
    }

    /// A decimal or an integer; `TypeError` for anything else.
    #[inline]
    pub fn required(vm: &Vm, value: Value) -> PyResult<Operand> {
        match Operand::from_value(vm, value)? {
            Some(operand) => Ok(operand),
            None => {
                let class = vm.class_name(value);
                Err(vm.type_error(format_args!("conversion from {class} to Decimal is not supported")))
            }
        }
    }
}

/// An `int` as a number, exactly; `None` for what is none.
#[inline]
pub fn from_int(vm: &Vm, value: Value) -> PyResult<Option<Decimal>> {
    if let Some(int) = value.as_small_int() {
        return Ok(Some(small::from_i64(int).into()));
    }
    let converted = vm.with_int_words(value, |negative, words| {
        binary::from_words(words).map(|coefficient| Decimal::new(negative, coefficient, 0))
    });
    converted.transpose().or_raise(vm)
}

/// Raises `MemoryError` for what there was no memory for.
pub trait OrRaise<T> {
    /// The result, or the exception.
    fn or_raise(self, vm: &Vm) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T, OutOfMemory> {
    #[inline(always)]
    fn or_raise(self, vm: &Vm) -> PyResult<T> {
        self.map_err(|OutOfMemory| vm.no_memory())
    }
}

/// The result of an operation in a context: its conditions are noted there, and may raise.
#[inline]
pub fn finish(vm: &Vm, context: Gc<PyContext>, result: Outcome, status: Flags) -> PyResult<Gc<PyDecimal>> {
    let result = result.or_raise(vm)?;
    add_status(vm, context, status)?;
    PyDecimal::new(vm, &result)
}
