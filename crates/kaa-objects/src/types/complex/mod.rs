//! `complex`: two floats.

mod arithmetic;
mod construct;

use crate::class::{CompareOp, PyType};
use crate::object::Header;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Args, Gc, PyResult, Value, Vm, ids};

use arithmetic::Operand;
pub use arithmetic::divide;

/// A `complex`.
#[repr(C)]
pub struct PyComplex {
    header: Header,
    /// Real part.
    pub real: f64,
    /// Imaginary part.
    pub imag: f64,
}

/// A pair of real and imaginary part.
type Pair = (f64, f64);

impl Vm {
    /// A complex number as a value.
    pub fn new_complex(&self, real: f64, imag: f64) -> PyResult {
        Ok(self.alloc(PyComplex { header: Header::EMPTY, real, imag })?.value())
    }

    fn complex_of_class(&self, class: Gc<PyType>, real: f64, imag: f64) -> PyResult {
        Ok(self.alloc_instance(class, PyComplex { header: Header::EMPTY, real, imag })?.value())
    }

    /// A `complex`, or a `float` or `int`, as an operand.
    fn complex_operand(&self, value: Value) -> PyResult<Option<Operand>> {
        if let Some(c) = self.cast::<PyComplex>(value) {
            return Ok(Some(Operand::Complex((c.real, c.imag))));
        }
        if let Some(f) = self.as_float(value) {
            return Ok(Some(Operand::Real(f)));
        }
        if self.is_int(value) { Ok(Some(Operand::Real(self.int_to_f64(value)?))) } else { Ok(None) }
    }

    /// What `__complex__` gives, if the value has it.
    fn complex_method(&self, value: Value) -> PyResult<Option<Pair>> {
        let Some(result) = self.call_special(value, self.names().__complex__, &[])? else { return Ok(None) };
        let class = self.class_name(result);
        let Some(c) = self.cast::<PyComplex>(result) else {
            return Err(self.type_error(format_args!("__complex__ returned non-complex (type {class})")));
        };
        if self.cast_exact::<PyComplex>(result).is_none() {
            self.warn_deprecated(&format!(
                "__complex__ returned non-complex (type {class}).  The ability to return an instance of a strict \
                 subclass of complex is deprecated, and may be removed in a future version of Python."
            ))?;
        }
        Ok(Some((c.real, c.imag)))
    }

    /// The value as a complex number, by `__complex__` or as a real one: `None` when it is no
    /// number.
    pub fn to_complex(&self, value: Value) -> PyResult<Option<Pair>> {
        if let Some(c) = self.cast::<PyComplex>(value) {
            return Ok(Some((c.real, c.imag)));
        }
        if let Some(pair) = self.complex_method(value)? {
            return Ok(Some(pair));
        }
        let slots = self.slots_of(value);
        if slots.nb_float.is_some() || slots.nb_index.is_some() {
            return Ok(Some((self.to_f64(value)?, 0.0)));
        }
        Ok(None)
    }
}

/// A negative real number to a fraction: a complex power.
pub fn power_of_reals(vm: &Vm, base: f64, exponent: f64) -> PyResult {
    let (real, imag) = arithmetic::power(vm, (base, 0.0), (exponent, 0.0))?;
    vm.new_complex(real, imag)
}

#[kaa_macros::py_type(
    name = "complex", id = ids::COMPLEX, layout = raw, flags(BASETYPE),
    doc = "Create a complex number from a string or numbers.\n\nIf a string is given, parse it as a complex number.\
           \nIf a single number is given, convert it to a complex number.\nIf the 'real' or 'imag' arguments are giv\
           en, create a complex number\nwith the specified real and imaginary components."
)]
impl PyComplex {
    #[new("complex", raw, signature = "(real=0, imag=0)")]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
        construct::new(vm, class, args)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        Ok(vm.new_str(&kaa_text::floats::complex_repr(this.real, this.imag))?.value())
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Gc<PyComplex>) -> PyResult<i64> {
        let part = |f: f64| {
            if f.is_nan() { vm.pin(this).rotate_right(4) as i64 } else { crate::hash::hash_float(f) }
        };
        let combined = (part(this.real) as u64).wrapping_add((part(this.imag) as u64).wrapping_mul(1_000_003));
        Ok(if combined as i64 == -1 { -2 } else { combined as i64 })
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        let Some(this) = vm.cast::<PyComplex>(a) else { return Ok(Value::NOT_IMPLEMENTED) };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let equal = if let Some(other) = vm.cast::<PyComplex>(b) {
            this.real == other.real && this.imag == other.imag
        } else if vm.is_int(b) || vm.as_float(b).is_some() {
            this.imag == 0.0 && vm.equal(vm.new_float(this.real)?, b)?
        } else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(nb_add)]
    fn add(vm: &Vm, a: Value, b: Value) -> PyResult {
        operation(vm, a, b, arithmetic::sum)
    }

    #[slot(nb_subtract)]
    fn subtract(vm: &Vm, a: Value, b: Value) -> PyResult {
        operation(vm, a, b, arithmetic::difference)
    }

    #[slot(nb_multiply)]
    fn multiply(vm: &Vm, a: Value, b: Value) -> PyResult {
        operation(vm, a, b, arithmetic::product)
    }

    #[slot(nb_true_divide)]
    fn true_divide(vm: &Vm, a: Value, b: Value) -> PyResult {
        let (Some(a), Some(b)) = (vm.complex_operand(a)?, vm.complex_operand(b)?) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        match arithmetic::quotient(a, b) {
            Some((real, imag)) => vm.new_complex(real, imag),
            None => Err(vm.zero_division_error("division by zero")),
        }
    }

    #[slot(nb_power)]
    fn power(vm: &Vm, a: Value, b: Value, modulus: Value) -> PyResult {
        let (Some(a), Some(b)) = (vm.complex_operand(a)?, vm.complex_operand(b)?) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if !modulus.is_none() {
            return Err(vm.value_error("complex modulo"));
        }
        let (real, imag) = arithmetic::power(vm, a.pair(), b.pair())?;
        vm.new_complex(real, imag)
    }

    #[slot(nb_negative)]
    fn negative(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        vm.new_complex(-this.real, -this.imag)
    }

    #[slot(nb_positive)]
    fn positive(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        vm.new_complex(this.real, this.imag)
    }

    #[slot(nb_absolute)]
    fn absolute(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        let length = this.real.hypot(this.imag);
        if length.is_infinite() && this.real.is_finite() && this.imag.is_finite() {
            return Err(vm.overflow_error("absolute value too large"));
        }
        vm.new_float(length)
    }

    #[slot(nb_bool)]
    fn bool(_vm: &Vm, this: Gc<PyComplex>) -> PyResult<bool> {
        Ok(this.real != 0.0 || this.imag != 0.0)
    }

    #[method("conjugate($self, /)", doc = "Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.")]
    fn conjugate(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        vm.new_complex(this.real, -this.imag)
    }

    #[method("__complex__($self, /)", doc = "Convert this value to exact type complex.")]
    fn complex(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        vm.new_complex(this.real, this.imag)
    }

    #[classmethod("from_number($type, number, /)", doc = "Convert number to a complex floating-point number.")]
    fn from_number(vm: &Vm, class: Gc<PyType>, number: Value) -> PyResult {
        if vm.cast_exact::<PyComplex>(number).is_some() && class == vm.class::<PyComplex>() {
            return Ok(number);
        }
        match vm.to_complex(number)? {
            Some((real, imag)) => vm.complex_of_class(class, real, imag),
            None => {
                let class = vm.class_name(number);
                Err(vm.type_error(format_args!("must be real number, not {class}")))
            }
        }
    }

    #[method("__getnewargs__($self, /)")]
    fn getnewargs(vm: &Vm, this: Gc<PyComplex>) -> PyResult<Gc<PyTuple>> {
        let parts = [vm.new_float(this.real)?, vm.new_float(this.imag)?];
        vm.new_tuple(&parts)
    }

    #[method("__format__($self, format_spec, /)", doc = "Convert to a string according to format_spec.")]
    fn format(vm: &Vm, this: Gc<PyComplex>, format_spec: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        if format_spec.is_empty() {
            return vm.str(this.value());
        }
        crate::format::format_complex(vm, this.real, this.imag, format_spec, this.value())
    }

    #[getter("real", member, doc = "the real part of a complex number")]
    fn real(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        vm.new_float(this.real)
    }

    #[getter("imag", member, doc = "the imaginary part of a complex number")]
    fn imag(vm: &Vm, this: Gc<PyComplex>) -> PyResult {
        vm.new_float(this.imag)
    }
}

fn operation(vm: &Vm, a: Value, b: Value, compute: fn(Operand, Operand) -> Pair) -> PyResult {
    let (Some(a), Some(b)) = (vm.complex_operand(a)?, vm.complex_operand(b)?) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let (real, imag) = compute(a, b);
    vm.new_complex(real, imag)
}
