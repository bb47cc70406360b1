//! `complex(...)`: from text, from one number, or from two parts.

use super::{Pair, PyComplex};
use crate::args::Signature;
use crate::class::PyType;
use crate::types::float::text;
use crate::types::int::ascii_of;
use crate::types::str::PyStr;
use crate::{Args, Gc, PyResult, Raised, Value, Vm};

static SIGNATURE: Signature = Signature {
    name: "complex",
    qualname: "complex",
    params: &["real", "imag"],
    positional_only: 0,
    positional: 2,
    required: 0,
    required_keywords: 0,
    var_positional: false,
    var_keyword: false,
    constructor: true,
    keywords_apart: false,
};

/// `complex.__new__`. A single positional argument is converted, text too; parts given otherwise
/// have to be real numbers, with a deprecated exception for complex ones.
pub(super) fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
    if let (&[only], None) = (args.positionals(), args.kwnames()) {
        return convert(vm, class, only);
    }
    let mut row = [None; 2];
    let given = SIGNATURE.bind(vm, args, &mut row)?;
    let (real, imag) = from_parts(vm, given.get(0), given.get(1))?;
    vm.complex_of_class(class, real, imag)
}

fn convert(vm: &Vm, class: Gc<PyType>, value: Value) -> PyResult {
    if class == vm.class::<PyComplex>() && vm.cast_exact::<PyComplex>(value).is_some() {
        return Ok(value);
    }
    let pair = match vm.cast::<PyStr>(value) {
        Some(text) => from_text(vm, text)?,
        // The method comes first: a subclass of complex may have its own.
        None => match vm.complex_method(value)? {
            Some(pair) => pair,
            None => vm.to_complex(value)?.ok_or_else(|| {
                let class = vm.class_name(value);
                vm.type_error(format_args!("complex() argument must be a string or a number, not {class}"))
            })?,
        },
    };
    vm.complex_of_class(class, pair.0, pair.1)
}

/// A part of a complex number as it was given.
enum Part {
    Real(f64),
    Complex(Pair),
}

fn from_parts(vm: &Vm, real: Option<Value>, imag: Option<Value>) -> PyResult<Pair> {
    let first = match real {
        None => Part::Real(0.0),
        Some(value) => real_part(vm, value)?,
    };
    if let Some(value) = imag {
        check_part(vm, "imag", value)?;
    }
    if let (Some(value), Part::Complex(_)) = (real, &first) {
        warn_part(vm, "real", value)?;
    }
    let first = match (first, real) {
        (Part::Real(_), Some(value)) => Part::Real(vm.to_f64(value)?),
        (first, _) => first,
    };
    let second = match imag {
        None => None,
        Some(value) => Some(match vm.cast::<PyComplex>(value) {
            Some(c) => {
                warn_part(vm, "imag", value)?;
                Part::Complex((c.real, c.imag))
            }
            None => Part::Real(vm.to_f64(value)?),
        }),
    };
    // Additions are made only where there is something to add: `0.0 + -0.0` would lose a sign.
    Ok(match (first, second) {
        (Part::Real(a), None) => (a, 0.0),
        (Part::Complex(a), None) => a,
        (Part::Real(a), Some(Part::Real(b))) => (a, b),
        (Part::Complex(a), Some(Part::Real(b))) => (a.0, b + a.1),
        (Part::Real(a), Some(Part::Complex(b))) => (a - b.1, b.0),
        (Part::Complex(a), Some(Part::Complex(b))) => (a.0 - b.1, b.0 + a.1),
    })
}

/// The real part, complex by its nature or by `__complex__`; a real one is converted later.
fn real_part(vm: &Vm, value: Value) -> PyResult<Part> {
    if vm.cast::<PyStr>(value).is_some() {
        return Err(not_real(vm, "real", value));
    }
    if let Some(pair) = vm.complex_method(value)? {
        return Ok(Part::Complex(pair));
    }
    check_part(vm, "real", value)?;
    Ok(Part::Real(0.0))
}

fn check_part(vm: &Vm, name: &str, value: Value) -> PyResult<()> {
    let slots = vm.slots_of(value);
    if slots.nb_float.is_some() || slots.nb_index.is_some() || vm.cast::<PyComplex>(value).is_some() {
        return Ok(());
    }
    Err(not_real(vm, name, value))
}

fn not_real(vm: &Vm, name: &str, value: Value) -> Raised {
    let class = vm.class_name(value);
    vm.type_error(format_args!("complex() argument '{name}' must be a real number, not {class}"))
}

fn warn_part(vm: &Vm, name: &str, value: Value) -> PyResult<()> {
    let class = vm.class_name(value);
    vm.warn_deprecated(&format!("complex() argument '{name}' must be a real number, not {class}"))
}

/// Reads a complex literal with optional parentheses and sign.
fn parse(text: &[u8]) -> Option<Pair> {
    let text = text.trim_ascii();
    let text = match text {
        [b'(', inner @ .., b')'] => inner.trim_ascii(),
        _ => text,
    };
    let (&last, number) = text.split_last()?;
    if !matches!(last, b'j' | b'J') {
        return text::parse(text).map(|real| (real, 0.0));
    }
    // The imaginary part starts at the last sign that is not an exponent's.
    let at = (0..number.len())
        .rev()
        .find(|&i| matches!(number[i], b'+' | b'-') && (i == 0 || !matches!(number[i - 1], b'e' | b'E')));
    let (real, imag) = match at {
        Some(at) if at > 0 => (text::parse(&number[..at])?, &number[at..]),
        _ => (0.0, number),
    };
    let imag = match imag {
        b"" | b"+" => 1.0,
        b"-" => -1.0,
        _ => text::parse(imag)?,
    };
    Some((real, imag))
}

fn from_text(vm: &Vm, text: Gc<PyStr>) -> PyResult<Pair> {
    let ascii: Option<Vec<u8>> = text.data().iter().map(ascii_of).collect();
    let malformed = || vm.value_error("complex() arg is a malformed string");
    let ascii = ascii.ok_or_else(malformed)?;
    let digit = |index: Option<usize>| index.and_then(|index| ascii.get(index)).is_some_and(u8::is_ascii_digit);
    let stray = |index: usize| ascii[index] == b'_' && !(digit(index.checked_sub(1)) && digit(Some(index + 1)));
    if (0..ascii.len()).any(stray) {
        let repr = vm.repr_lossy(text.value());
        return Err(vm.value_error(format_args!("could not convert string to complex: {repr}")));
    }
    parse(&ascii).ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complex_numbers_are_read() {
        assert_eq!(parse(b" (1e3-2.5e-1j) "), Some((1000.0, -0.25)));
        assert_eq!(parse(b"-j"), Some((0.0, -1.0)));
        assert_eq!(parse(b"3"), Some((3.0, 0.0)));
        assert_eq!(parse(b"1+"), None);
        assert_eq!(parse(b""), None);
    }
}
