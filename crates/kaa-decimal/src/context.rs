//! What bounds the results of operations, and the conditions that they can meet.

/// The largest precision.
pub const MAX_PREC: i64 = 999_999_999_999_999_999;
/// The largest adjusted exponent.
pub const MAX_EMAX: i64 = 999_999_999_999_999_999;
/// The smallest adjusted exponent of a normal number.
pub const MIN_EMIN: i64 = -999_999_999_999_999_999;
/// The smallest exponent of a subnormal number.
pub const MIN_ETINY: i64 = MIN_EMIN - (MAX_PREC - 1);

/// Conditions, one bit each. Several together are [`INVALID`](flags::INVALID), the signal
/// `InvalidOperation`.
pub mod flags {
    /// A set of conditions.
    pub type Flags = u32;

    /// The exponent was changed to fit.
    pub const CLAMPED: Flags = 1;
    /// A string is no number.
    pub const CONVERSION_SYNTAX: Flags = 1 << 1;
    /// A finite number was divided by zero.
    pub const DIVISION_BY_ZERO: Flags = 1 << 2;
    /// An integer quotient has more digits than the precision.
    pub const DIVISION_IMPOSSIBLE: Flags = 1 << 3;
    /// Zero was divided by zero.
    pub const DIVISION_UNDEFINED: Flags = 1 << 4;
    /// The result is not exact.
    pub const INEXACT: Flags = 1 << 6;
    /// The context does not suit the operation.
    pub const INVALID_CONTEXT: Flags = 1 << 7;
    /// The operation has no result.
    pub const INVALID_OPERATION: Flags = 1 << 8;
    /// A float was mixed with decimals. (Set by the Python types only.)
    pub const FLOAT_OPERATION: Flags = 1 << 10;
    /// The result is too large.
    pub const OVERFLOW: Flags = 1 << 11;
    /// Digits were cut off, perhaps zeros.
    pub const ROUNDED: Flags = 1 << 12;
    /// The result is subnormal before rounding.
    pub const SUBNORMAL: Flags = 1 << 13;
    /// The result is subnormal and inexact.
    pub const UNDERFLOW: Flags = 1 << 14;

    /// What raises `InvalidOperation`.
    pub const INVALID: Flags =
        CONVERSION_SYNTAX | DIVISION_IMPOSSIBLE | DIVISION_UNDEFINED | INVALID_CONTEXT | INVALID_OPERATION;
    /// Conditions after which the result is no number, or infinite.
    pub const ERRORS: Flags = INVALID | DIVISION_BY_ZERO;
}

/// How results are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards positive infinity.
    Ceiling,
    /// Towards negative infinity.
    Floor,
    /// To nearest, ties away from zero.
    HalfUp,
    /// To nearest, ties towards zero.
    HalfDown,
    /// To nearest, ties to even.
    HalfEven,
    /// Away from zero when the last digit would be 0 or 5, otherwise towards zero.
    ZeroFiveUp,
}

impl Rounding {
    /// All of them.
    pub const ALL: [Rounding; 8] = [
        Rounding::Up,
        Rounding::Down,
        Rounding::Ceiling,
        Rounding::Floor,
        Rounding::HalfUp,
        Rounding::HalfDown,
        Rounding::HalfEven,
        Rounding::ZeroFiveUp,
    ];

    /// The name of Python's constant, which is also its value.
    pub const fn name(self) -> &'static str {
        match self {
            Rounding::Up => "ROUND_UP",
            Rounding::Down => "ROUND_DOWN",
            Rounding::Ceiling => "ROUND_CEILING",
            Rounding::Floor => "ROUND_FLOOR",
            Rounding::HalfUp => "ROUND_HALF_UP",
            Rounding::HalfDown => "ROUND_HALF_DOWN",
            Rounding::HalfEven => "ROUND_HALF_EVEN",
            Rounding::ZeroFiveUp => "ROUND_05UP",
        }
    }
}

/// Precision, exponent range and rounding of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The most digits of a result.
    pub prec: i64,
    /// The largest adjusted exponent of a result.
    pub emax: i64,
    /// The smallest adjusted exponent of a normal result.
    pub emin: i64,
    /// How results are rounded.
    pub rounding: Rounding,
    /// Whether exponents are limited as in the interchange formats of IEEE 754.
    pub clamp: bool,
}

impl Context {
    /// The widest context: what fits in it is exact.
    pub const MAX: Context =
        Context { prec: MAX_PREC, emax: MAX_EMAX, emin: MIN_EMIN, rounding: Rounding::HalfEven, clamp: false };

    /// For intermediate results: so many digits, to nearest, any exponent.
    pub const fn working(prec: i64) -> Context {
        // Four times the widest range, which sums and products of exponents do not leave.
        Context { prec, emax: i64::MAX / 2, emin: i64::MIN / 2 + MAX_PREC, rounding: Rounding::HalfEven, clamp: false }
    }

    /// The smallest exponent of a result.
    pub const fn etiny(&self) -> i64 {
        self.emin - (self.prec - 1)
    }

    /// The largest exponent of a result with all digits.
    pub const fn etop(&self) -> i64 {
        self.emax - (self.prec - 1)
    }

    /// The same with another rounding.
    pub const fn rounded(self, rounding: Rounding) -> Context {
        Context { rounding, ..self }
    }
}
