//! Numbers: owned ones that operations give, and views of those that they work on.

use crate::limbs::{self, OutOfMemory};

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// `±coefficient × 10^exponent`.
    Finite,
    /// `±Infinity`.
    Infinite,
    /// `NaN`; its coefficient is the payload.
    QuietNan,
    /// `sNaN`.
    SignalingNan,
}

/// A coefficient that is owned.
#[derive(Clone, Debug)]
pub enum Coefficient {
    /// At most two limbs.
    Inline(usize, [u64; 2]),
    /// More than two.
    Heap(Vec<u64>),
}

impl Coefficient {
    /// Zero.
    pub const ZERO: Coefficient = Coefficient::Inline(0, [0; 2]);

    /// The number in a word.
    #[inline]
    pub fn from_u64(value: u64) -> Coefficient {
        Coefficient::from_u128(value.into())
    }

    /// A number of at most 36 digits.
    #[inline]
    pub fn from_u128(value: u128) -> Coefficient {
        let (high, low) = limbs::split(value);
        Coefficient::inline(low, high)
    }

    /// A coefficient of two limbs, of which the high one or both may be 0.
    #[inline(always)]
    pub fn inline(low: u64, high: u64) -> Coefficient {
        Coefficient::Inline(if high != 0 { 2 } else { usize::from(low != 0) }, [low, high])
    }

    /// The limbs.
    #[inline(always)]
    pub fn limbs(&self) -> &[u64] {
        match self {
            Coefficient::Inline(len, limbs) => &limbs[..*len],
            Coefficient::Heap(limbs) => limbs,
        }
    }

    /// The limbs of a slice.
    pub fn from_slice(limbs: &[u64]) -> Result<Coefficient, OutOfMemory> {
        Ok(match *limbs::trimmed(limbs) {
            [] => Coefficient::ZERO,
            [a] => Coefficient::Inline(1, [a, 0]),
            [a, b] => Coefficient::Inline(2, [a, b]),
            ref more => Coefficient::Heap(limbs::copy(more)?),
        })
    }
}

impl From<Vec<u64>> for Coefficient {
    fn from(mut limbs: Vec<u64>) -> Coefficient {
        limbs::trim(&mut limbs);
        match *limbs {
            [] => Coefficient::ZERO,
            [a] => Coefficient::Inline(1, [a, 0]),
            [a, b] => Coefficient::Inline(2, [a, b]),
            _ => Coefficient::Heap(limbs),
        }
    }
}

/// A number that is owned.
#[derive(Clone, Debug)]
pub struct Decimal {
    /// The sign bit, which zeros and NaNs have too.
    pub negative: bool,
    /// What it is.
    pub kind: Kind,
    /// The exponent; 0 unless it is finite.
    pub exp: i64,
    /// The coefficient, or the payload of a NaN.
    pub coefficient: Coefficient,
}

impl Decimal {
    /// A quiet NaN without payload.
    pub const NAN: Decimal = Decimal { negative: false, kind: Kind::QuietNan, exp: 0, coefficient: Coefficient::ZERO };

    /// Infinity.
    pub const fn infinity(negative: bool) -> Decimal {
        Decimal { negative, kind: Kind::Infinite, exp: 0, coefficient: Coefficient::ZERO }
    }

    /// A zero.
    pub const fn zero(negative: bool, exp: i64) -> Decimal {
        Decimal { negative, kind: Kind::Finite, exp, coefficient: Coefficient::ZERO }
    }

    /// A finite number.
    pub fn new(negative: bool, coefficient: impl Into<Coefficient>, exp: i64) -> Decimal {
        Decimal { negative, kind: Kind::Finite, exp, coefficient: coefficient.into() }
    }

    /// A finite number of one word.
    pub fn from_u64(negative: bool, value: u64, exp: i64) -> Decimal {
        Decimal::new(negative, Coefficient::from_u64(value), exp)
    }

    /// An integer.
    pub fn from_i64(value: i64) -> Decimal {
        Decimal::from_u64(value < 0, value.unsigned_abs(), 0)
    }

    /// Looks at it.
    #[inline]
    pub fn view(&self) -> View<'_> {
        View { negative: self.negative, kind: self.kind, exp: self.exp, limbs: self.coefficient.limbs() }
    }

    /// With another sign.
    pub fn with_sign(self, negative: bool) -> Decimal {
        Decimal { negative, ..self }
    }
}

/// A number that lies somewhere else.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The sign bit.
    pub negative: bool,
    /// What it is.
    pub kind: Kind,
    /// The exponent.
    pub exp: i64,
    /// The limbs of the coefficient: base 10^18, the lowest first, none on top that is 0.
    pub limbs: &'a [u64],
}

impl<'a> View<'a> {
    /// The number 1.
    pub const ONE: View<'static> = View { negative: false, kind: Kind::Finite, exp: 0, limbs: &[1] };

    /// A copy.
    pub fn to_decimal(self) -> Result<Decimal, OutOfMemory> {
        let coefficient = Coefficient::from_slice(self.limbs)?;
        Ok(Decimal { negative: self.negative, kind: self.kind, exp: self.exp, coefficient })
    }

    /// With another sign.
    pub fn with_sign(self, negative: bool) -> View<'a> {
        View { negative, ..self }
    }

    /// Whether it is infinite or NaN.
    #[inline(always)]
    pub fn is_special(&self) -> bool {
        self.kind != Kind::Finite
    }

    /// Whether it is a NaN.
    #[inline(always)]
    pub fn is_nan(&self) -> bool {
        matches!(self.kind, Kind::QuietNan | Kind::SignalingNan)
    }

    /// Whether it is infinite.
    pub fn is_infinite(&self) -> bool {
        self.kind == Kind::Infinite
    }

    /// Whether it is a zero.
    #[inline(always)]
    pub fn is_zero(&self) -> bool {
        self.kind == Kind::Finite && self.limbs.is_empty()
    }

    /// How many digits the coefficient has; a zero has one.
    #[inline]
    pub fn digits(&self) -> i64 {
        let digits = limbs::digits(self.limbs);
        if digits == 0 && self.kind == Kind::Finite { 1 } else { digits }
    }

    /// The exponent of the first digit.
    #[inline]
    pub fn adjusted(&self) -> i64 {
        self.exp + self.digits() - 1
    }

    /// Whether it is a finite integer.
    pub fn is_integer(&self) -> bool {
        !self.is_special() && (self.limbs.is_empty() || self.exp + limbs::trailing_zeros(self.limbs) >= 0)
    }

    /// Whether it, an integer, is odd.
    pub fn is_odd(&self) -> bool {
        !self.is_special() && self.exp <= 0 && limbs::digit_at(self.limbs, -self.exp) % 2 == 1
    }

    /// The integer, if 64 bits hold it.
    pub fn to_i64(&self) -> Option<i64> {
        if !self.is_integer() {
            return None;
        }
        if self.limbs.is_empty() {
            return Some(0);
        }
        if self.adjusted() > 19 {
            return None;
        }
        let integral = match self.exp {
            0.. => limbs::shift_left(self.limbs, self.exp),
            _ => limbs::shift_right(self.limbs, -self.exp),
        };
        let magnitude = match *integral.ok()? {
            [a] => u128::from(a),
            [a, b] => u128::from(b) * u128::from(limbs::BASE) + u128::from(a),
            _ => return None,
        };
        i64::try_from(if self.negative { -(magnitude as i128) } else { magnitude as i128 }).ok()
    }
}
