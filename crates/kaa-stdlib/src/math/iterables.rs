//! The functions that take rows of numbers: `fsum`, `prod`, `sumprod`, `dist`, `hypot`.

use kaa_macros::py_functions;
use kaa_objects::operations::BinaryOp;
use kaa_objects::{PyResult, Raised, Value, Vm};

use super::Math;
use super::exact_sums::{ExactSum, ProductSum, SumError, norm};

/// The number in an exact `float`.
fn exact_float(vm: &Vm, value: Value) -> Option<f64> {
    value
        .as_small_float()
        .or_else(|| vm.cast_exact::<kaa_objects::types::float::PyFloat>(value).map(|float| float.value))
}

/// The number in an exact `int` that fits a word of C.
fn exact_int(vm: &Vm, value: Value) -> Option<i64> {
    value.as_small_int().or_else(|| if vm.is_exact_int(value) { vm.int_to_i64(value) } else { None })
}

/// An exact `int` or a `bool` as a float, where it is not too large.
fn int_as_float(vm: &Vm, value: Value) -> PyResult<Option<f64>> {
    if !vm.is_exact_int(value) && value.as_bool().is_none() {
        return Ok(None);
    }
    let float = match value.as_bool() {
        Some(b) => Ok(f64::from(u8::from(b))),
        None => vm.int_to_f64(value),
    };
    Ok(vm.catch(float, vm.exceptions().OverflowError)?.ok())
}

/// The factors of a term of `sumprod` as floats: two floats, or one with an integer.
fn float_factors(vm: &Vm, p: Value, q: Value) -> PyResult<Option<(f64, f64)>> {
    Ok(match (exact_float(vm, p), exact_float(vm, q)) {
        (Some(p), Some(q)) => Some((p, q)),
        (Some(p), None) => int_as_float(vm, q)?.map(|q| (p, q)),
        (None, Some(q)) => int_as_float(vm, p)?.map(|p| (p, q)),
        (None, None) => None,
    })
}

/// The numbers of a row with their largest and whether there is a NaN, for [`norm`].
#[derive(Default)]
struct Magnitudes {
    numbers: Vec<f64>,
    max: f64,
    has_nan: bool,
}

impl Magnitudes {
    fn push(&mut self, number: f64) {
        let magnitude = number.abs();
        self.has_nan |= magnitude.is_nan();
        if magnitude > self.max {
            self.max = magnitude;
        }
        self.numbers.push(magnitude);
    }

    fn norm(mut self) -> f64 {
        norm(&mut self.numbers, self.max, self.has_nan)
    }
}

#[cold]
fn sum_error(vm: &Vm, error: SumError) -> Raised {
    match error {
        SumError::Overflow => vm.overflow_error("intermediate overflow in fsum"),
        SumError::OppositeInfinities => vm.value_error("-inf + inf in fsum"),
    }
}

#[py_functions(FUNCTIONS, of = "math")]
impl Math {
    #[function(
        "fsum(seq, /)",
        doc = "Return an accurate floating-point sum of values in the iterable seq.\n\nAssumes IEEE-754 floating-point arithmetic."
    )]
    fn fsum(vm: &Vm, seq: Value) -> PyResult<f64> {
        let mut sum = ExactSum::default();
        vm.for_each(seq, |item| {
            let summand = vm.to_f64(item)?;
            sum.add(summand).map_err(|error| sum_error(vm, error))
        })?;
        sum.finish().map_err(|error| sum_error(vm, error))
    }

    #[function(
        "prod(iterable, /, *, start=1)",
        doc = "Calculate the product of all the elements in the input iterable.\n\nThe default start value for the product is 1.\n\nWhen the iterable is empty, return the start value.  This function is\nintended specifically for use with numeric values and may reject\nnon-numeric types."
    )]
    fn prod(vm: &Vm, iterable: Value, start: Value) -> PyResult {
        let iterator = vm.iter(iterable)?;
        let mut result = start;
        // Integers, then floats, without objects for products on the way.
        if let Some(mut product) = exact_int(vm, result) {
            loop {
                let Some(item) = vm.next(iterator)? else { return vm.new_int(product) };
                match exact_int(vm, item).and_then(|factor| product.checked_mul(factor)) {
                    Some(next) => product = next,
                    None => {
                        let so_far = vm.new_int(product)?;
                        result = vm.binary(BinaryOp::Multiply, so_far, item)?;
                        break;
                    }
                }
            }
        }
        if let Some(mut product) = exact_float(vm, result) {
            loop {
                let Some(item) = vm.next(iterator)? else { return vm.new_float(product) };
                match exact_float(vm, item).or_else(|| exact_int(vm, item).map(|factor| factor as f64)) {
                    Some(factor) => product *= factor,
                    None => {
                        let so_far = vm.new_float(product)?;
                        result = vm.binary(BinaryOp::Multiply, so_far, item)?;
                        break;
                    }
                }
            }
        }
        while let Some(item) = vm.next(iterator)? {
            result = vm.binary(BinaryOp::Multiply, result, item)?;
        }
        Ok(result)
    }

    #[function(
        "sumprod(p, q, /)",
        doc = "Return the sum of products of values from two iterables p and q.\n\nRoughly equivalent to:\n\n    sum(map(operator.mul, p, q, strict=True))\n\nFor float and mixed int/float inputs, the intermediate products\nand sums are computed with extended precision."
    )]
    fn sumprod(vm: &Vm, p: Value, q: Value) -> PyResult {
        let (p, q) = (vm.iter(p)?, vm.iter(q)?);
        let mut total = Value::small_int(0);
        // Integers are summed in a word, then floats exactly; each is left for good by the first
        // term that does not fit.
        let mut ints = Some(0i64);
        let mut floats = Some(ProductSum::default());
        let (mut ints_used, mut floats_used) = (false, false);
        loop {
            let term = match (vm.next(p)?, vm.next(q)?) {
                (None, None) => None,
                (Some(p), Some(q)) => Some((p, q)),
                _ => return Err(vm.value_error("Inputs are not the same length")),
            };
            if let Some(sum) = ints {
                let factors = term.and_then(|(p, q)| exact_int(vm, p).zip(exact_int(vm, q)));
                if let Some(next) = factors.and_then(|(p, q)| p.checked_mul(q)?.checked_add(sum)) {
                    ints = Some(next);
                    ints_used = true;
                    continue;
                }
                ints = None;
                if ints_used {
                    let sum = vm.new_int(sum)?;
                    total = vm.binary(BinaryOp::Add, total, sum)?;
                }
            }
            if let Some(sum) = floats {
                let factors = match term {
                    Some((p, q)) => float_factors(vm, p, q)?,
                    None => None,
                };
                if let Some(next) = factors.map(|(p, q)| sum.plus_product(p, q)).filter(|sum| sum.is_finite()) {
                    floats = Some(next);
                    floats_used = true;
                    continue;
                }
                floats = None;
                if floats_used {
                    let sum = vm.new_float(sum.to_f64())?;
                    total = vm.binary(BinaryOp::Add, total, sum)?;
                }
            }
            let Some((p, q)) = term else { return Ok(total) };
            let term = vm.binary(BinaryOp::Multiply, p, q)?;
            total = vm.binary(BinaryOp::Add, total, term)?;
        }
    }

    #[function(
        "dist(p, q, /)",
        doc = "Return the Euclidean distance between two points p and q.\n\nThe points should be specified as sequences (or iterables) of\ncoordinates.  Both inputs must have the same dimension.\n\nRoughly equivalent to:\n    sqrt(sum((px - qx) ** 2.0 for px, qx in zip(p, q)))"
    )]
    fn dist(vm: &Vm, p: Value, q: Value) -> PyResult<f64> {
        let (p, q) = (vm.tuple_from(p)?, vm.tuple_from(q)?);
        if p.len() != q.len() {
            return Err(vm.value_error("both points must have the same number of dimensions"));
        }
        let mut differences = Magnitudes::default();
        for index in 0..p.len() {
            let a = vm.to_f64(p.as_slice()[index])?;
            differences.push(a - vm.to_f64(q.as_slice()[index])?);
        }
        Ok(differences.norm())
    }

    #[function(
        "hypot(*coordinates)",
        doc = "Multidimensional Euclidean distance from the origin to a point.\n\nRoughly equivalent to:\n    sqrt(sum(x**2 for x in coordinates))\n\nFor a two dimensional point (x, y), gives the hypotenuse\nusing the Pythagorean theorem:  sqrt(x*x + y*y).\n\nFor example, the hypotenuse of a 3/4/5 right triangle is:\n\n    >>> hypot(3.0, 4.0)\n    5.0"
    )]
    fn hypot(vm: &Vm, coordinates: &[Value]) -> PyResult<f64> {
        let mut magnitudes = Magnitudes::default();
        for &coordinate in coordinates {
            magnitudes.push(vm.to_f64(coordinate)?);
        }
        Ok(magnitudes.norm())
    }
}
