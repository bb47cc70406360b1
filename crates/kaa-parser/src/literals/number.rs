//! The values of number literals, which the lexer has checked.

use kaa_ast::{Arena, BigInt, Constant};

/// More decimal digits than allowed: how many there are.
pub(crate) struct TooManyDigits(pub usize);

/// The value of a literal. `max_digits` limits decimal integers; 0 does not.
pub(crate) fn parse<'a>(text: &str, arena: &'a Arena, max_digits: u32) -> Result<Constant<'a>, TooManyDigits> {
    let bytes = text.as_bytes();
    // Most numbers have few digits.
    let next = |value, c: &u8| c.is_ascii_digit().then(|| value * 10 + i64::from(c - b'0'));
    if bytes.len() <= 18
        && let Some(value) = bytes.iter().try_fold(0, next)
    {
        return Ok(Constant::Int(value));
    }
    let plain;
    let text = if text.contains('_') {
        plain = text.replace('_', "");
        plain.as_str()
    } else {
        text
    };
    if let Some(imaginary) = text.strip_suffix(['j', 'J']) {
        return Ok(Constant::Complex { real: 0.0, imag: float(imaginary) });
    }
    let radix = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ if text.contains(['.', 'e', 'E']) => return Ok(Constant::Float(float(text))),
        _ => 10,
    };
    let digits = if radix == 10 { text } else { &text[2..] };
    if let Ok(value) = i64::from_str_radix(digits, radix) {
        return Ok(Constant::Int(value));
    }
    if radix == 10 && max_digits != 0 && digits.len() > max_digits as usize {
        return Err(TooManyDigits(digits.len()));
    }
    let words = big(digits.as_bytes(), radix);
    Ok(Constant::BigInt(arena.alloc(BigInt { negative: false, digits: arena.alloc_slice_copy(&words) })))
}

fn float(text: &str) -> f64 {
    // Rust reads `1.`, `.5` and `1e400` as Python does.
    text.parse().expect("a float literal that the lexer has checked")
}

/// A magnitude in words of 32 bits, least significant first.
fn big(digits: &[u8], radix: u32) -> Vec<u32> {
    let value = |c: u8| (c as char).to_digit(radix).expect("a digit that the lexer has checked");
    let mut words: Vec<u32> = Vec::new();
    // As many digits at a time as surely fit a word.
    let chunk = match radix {
        2 => 31,
        8 => 10,
        10 => 9,
        _ => 7,
    };
    for part in digits.chunks(chunk) {
        let scale = u64::from(radix.pow(part.len() as u32));
        let mut carry = u64::from(part.iter().fold(0u32, |sum, &c| sum * radix + value(c)));
        for word in &mut words {
            let sum = u64::from(*word) * scale + carry;
            *word = sum as u32;
            carry = sum >> 32;
        }
        if carry != 0 {
            words.push(carry as u32);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        let arena = Arena::new();
        match parse(text, &arena, 4300) {
            Ok(Constant::BigInt(big)) => format!("{:x?}", big.digits),
            Ok(constant) => format!("{constant:?}"),
            Err(TooManyDigits(count)) => format!("{count} digits"),
        }
    }

    #[test]
    fn reads_numbers() {
        assert_eq!(value("0"), "Int(0)");
        assert_eq!(value("1_000"), "Int(1000)");
        assert_eq!(value("0xff"), "Int(255)");
        assert_eq!(value("0B11"), "Int(3)");
        assert_eq!(value("0o_17"), "Int(15)");
        assert_eq!(value("9223372036854775807"), "Int(9223372036854775807)");
        assert_eq!(value("9223372036854775808"), "[0, 80000000]");
        assert_eq!(value("0x1_00000000_00000000"), "[0, 0, 1]");
        assert_eq!(value("1."), "Float(1.0)");
        assert_eq!(value(".5e1"), "Float(5.0)");
        assert_eq!(value("1e400"), "Float(inf)");
        assert_eq!(value("2J"), "Complex { real: 0.0, imag: 2.0 }");
        assert_eq!(value(&"9".repeat(4301)), "4301 digits");
    }
}
