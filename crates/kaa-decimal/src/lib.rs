//! Decimal numbers of any precision: the General Decimal Arithmetic Specification as CPython's
//! `_decimal` has it, without any Python in it. The README says how the parts fit.

#![forbid(unsafe_code)]

mod adjacent;
mod arithmetic;
pub mod binary;
mod compare;
mod context;
mod decimal;
mod divide;
mod division;
mod exp_log;
pub mod format;
mod limbs;
mod logical;
mod multiply;
mod ntt;
mod power;
mod quantize;
mod round;
pub mod small;
mod sqrt;
#[cfg(test)]
mod tests;
mod text;

pub use adjacent::{is_normal, is_subnormal, logb, next_minus, next_plus, next_toward, number_class, scaleb};
pub use arithmetic::{abs, add, fma, minus, multiply, plus, subtract};
pub use compare::{
    compare, compare_signal, compare_total, compare_total_mag, max, max_mag, min, min_mag, order, same_quantum,
};
pub use context::{
    Context, MAX_EMAX, MAX_PREC, MIN_EMIN, MIN_ETINY, Rounding,
    flags::{self, Flags},
};
pub use decimal::{Coefficient, Decimal, Kind, View};
pub use division::{divide, divide_int, divmod, remainder, remainder_near};
pub use exp_log::{exp, ln, log10};
pub use limbs::OutOfMemory;
pub use logical::{logical_and, logical_invert, logical_or, logical_xor, rotate, shift};
pub use power::{power, power_modulo};
pub use quantize::{quantize, reduce, rescale, to_integral_exact, to_integral_value};
pub use round::finalize;
pub use sqrt::sqrt;
pub use text::SHORT_TEXT;

/// What an operation gives.
pub type Outcome<T = Decimal> = Result<T, OutOfMemory>;
