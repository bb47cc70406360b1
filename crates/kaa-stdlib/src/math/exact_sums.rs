//! Sums of floats that lose nothing on the way: `fsum`, `sumprod`, and the norms of `hypot` and
//! `dist`.

/// A number as the exact sum of two floats, the second at most half a unit in the last place of
/// the first.
#[derive(Clone, Copy)]
struct Double {
    high: f64,
    low: f64,
}

/// The exact sum of two floats.
fn exact_sum(a: f64, b: f64) -> Double {
    let high = a + b;
    let rest = high - a;
    Double { high, low: (a - (high - rest)) + (b - rest) }
}

/// As [`exact_sum`], when |a| >= |b|.
fn exact_sum_ordered(a: f64, b: f64) -> Double {
    let high = a + b;
    Double { high, low: (a - high) + b }
}

/// The exact product of two floats.
fn exact_product(a: f64, b: f64) -> Double {
    let high = a * b;
    Double { high, low: a.mul_add(b, -high) }
}

/// A running sum of products in about three times the precision of a float.
#[derive(Clone, Copy, Default)]
pub struct ProductSum {
    high: f64,
    low: f64,
    tiny: f64,
}

impl ProductSum {
    /// With `a * b` added.
    pub fn plus_product(self, a: f64, b: f64) -> ProductSum {
        let product = exact_product(a, b);
        let high = exact_sum(self.high, product.high);
        let low = exact_sum(self.low, product.low);
        let rest = exact_sum(low.high, high.low);
        ProductSum { high: high.high, low: rest.high, tiny: self.tiny + low.low + rest.low }
    }

    /// Whether nothing overflowed so far.
    pub fn is_finite(self) -> bool {
        self.high.is_finite()
    }

    /// The sum as a float.
    pub fn to_f64(self) -> f64 {
        let last = exact_sum(self.low, self.tiny);
        let total = exact_sum(self.high, last.high);
        total.high + (last.low + total.low)
    }
}

/// The Euclidean norm of non-negative numbers, the largest of which (NaNs aside) is `max`.
/// The numbers are scaled in place.
pub fn norm(numbers: &mut [f64], max: f64, has_nan: bool) -> f64 {
    if max.is_infinite() {
        return max;
    }
    if has_nan {
        return f64::NAN;
    }
    if max == 0.0 || numbers.len() <= 1 {
        return max;
    }
    let (_, exponent) = kaa_objects::hash::frexp(max);
    if exponent < -1023 {
        // The scale would overflow: subnormal numbers become normal ones first.
        numbers.iter_mut().for_each(|x| *x /= f64::MIN_POSITIVE);
        return f64::MIN_POSITIVE * norm(numbers, max / f64::MIN_POSITIVE, has_nan);
    }
    let scale = super::libm::ldexp(1.0, -exponent);
    let (mut sum, mut lost_products, mut lost_sums) = (1.0, 0.0, 0.0);
    let mut add = |product: Double| {
        let next = exact_sum_ordered(sum, product.high);
        sum = next.high;
        lost_products += product.low;
        lost_sums += next.low;
        sum - 1.0 + (lost_products + lost_sums)
    };
    let mut squares = 0.0;
    for x in numbers.iter() {
        let x = x * scale;
        squares = add(exact_product(x, x));
    }
    let mut root = squares.sqrt();
    // One step of Newton's method with the remainder.
    let remainder = add(exact_product(-root, root));
    root += remainder / (2.0 * root);
    root / scale
}

/// Why there is no sum.
#[derive(Debug, PartialEq)]
pub enum SumError {
    /// A partial sum is beyond the range.
    Overflow,
    /// Infinities of both signs.
    OppositeInfinities,
}

/// Adds floats without loss (Shewchuk): the sum so far is that of `partials`, which do not overlap
/// and grow in magnitude.
#[derive(Default)]
pub struct ExactSum {
    partials: Vec<f64>,
    /// The sum of all summands that are not finite.
    special: f64,
    /// The sum of the infinite ones.
    infinities: f64,
}

impl ExactSum {
    /// Adds a summand.
    pub fn add(&mut self, summand: f64) -> Result<(), SumError> {
        let mut x = summand;
        let mut kept = 0;
        for index in 0..self.partials.len() {
            let mut y = self.partials[index];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                self.partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        self.partials.truncate(kept);
        if x.is_finite() {
            if x != 0.0 {
                self.partials.push(x);
            }
            return Ok(());
        }
        if summand.is_finite() {
            return Err(SumError::Overflow);
        }
        if summand.is_infinite() {
            self.infinities += summand;
        }
        self.special += summand;
        self.partials.clear();
        Ok(())
    }

    /// The sum, correctly rounded.
    pub fn finish(mut self) -> Result<f64, SumError> {
        if self.special != 0.0 {
            return if self.infinities.is_nan() { Err(SumError::OppositeInfinities) } else { Ok(self.special) };
        }
        let Some(mut high) = self.partials.pop() else { return Ok(0.0) };
        let mut low = 0.0;
        while let Some(y) = self.partials.pop() {
            let x = high;
            high = x + y;
            low = y - (high - x);
            if low != 0.0 {
                break;
            }
        }
        // What was lost may be just half a unit: then the sign of what is still below decides.
        if let Some(&below) = self.partials.last()
            && ((low < 0.0 && below < 0.0) || (low > 0.0 && below > 0.0))
        {
            let twice = low * 2.0;
            let rounded = high + twice;
            if rounded - high == twice {
                high = rounded;
            }
        }
        Ok(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(numbers: &[f64]) -> Result<f64, SumError> {
        let mut sum = ExactSum::default();
        for &number in numbers {
            sum.add(number)?;
        }
        sum.finish()
    }

    #[test]
    fn sums_are_correctly_rounded() {
        assert_eq!(sum(&[0.1; 10]), Ok(1.0));
        assert_eq!(sum(&[1e100, 1.0, -1e100, 1e-100, 1e50, -1.0, -1e50]), Ok(1e-100));
        assert_eq!(sum(&[2f64.powi(53), -0.5, -(2f64.powi(-54))]), Ok(2f64.powi(53) - 1.0));
        assert_eq!(sum(&[1e308, 1e308]), Err(SumError::Overflow));
        assert_eq!(sum(&[f64::INFINITY, f64::NEG_INFINITY]), Err(SumError::OppositeInfinities));
        assert!(sum(&[f64::NAN, f64::INFINITY]).unwrap().is_nan());
    }

    #[test]
    fn norms_neither_overflow_nor_underflow() {
        assert_eq!(norm(&mut [3.0, 4.0], 4.0, false), 5.0);
        assert_eq!(norm(&mut [3e307, 4e307], 4e307, false), 5e307);
        assert_eq!(norm(&mut [3e-320, 4e-320], 4e-320, false), 5e-320);
    }

    #[test]
    fn products_are_summed_exactly() {
        let rows = [(10.0, 0.1), (20.0, 0.2), (-50.0, 0.1)];
        let total = rows.iter().fold(ProductSum::default(), |sum, &(a, b)| sum.plus_product(a, b));
        assert_eq!(total.to_f64(), 0.0);
    }
}
