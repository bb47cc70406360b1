//! Expected values are CPython 3.14's.

use super::*;
use kaa_bytecode::BigInt;
use std::sync::Arc;

fn int(value: i64) -> Constant {
    Constant::Int(value)
}

fn float(value: f64) -> Constant {
    Constant::Float(value)
}

fn text(value: &str) -> Constant {
    Constant::Str(value.as_bytes().into())
}

fn tuple(items: &[Constant]) -> Constant {
    Constant::Tuple(items.into())
}

fn complex(real: f64, imag: f64) -> Constant {
    Constant::Complex { real, imag }
}

/// `2**exponent`, positive or negative, for exponents from 64 on.
fn power_of_two(negative: bool, exponent: usize) -> Constant {
    let mut digits = vec![0; exponent / 32 + 1];
    digits[exponent / 32] = 1 << (exponent % 32);
    Constant::BigInt(BigInt { negative, digits: digits.into() })
}

fn slice(parts: [Option<i64>; 3]) -> Constant {
    Constant::Slice(Arc::new(parts.map(|part| part.map_or(Constant::None, int))))
}

#[track_caller]
fn check(operator: BinaryOperator, left: Constant, right: Constant, expected: impl Into<Option<Constant>>) {
    assert_eq!(binary(operator, &left, &right), expected.into(), "{left:?} {} {right:?}", operator.symbol());
}

use BinaryOperator::*;

#[test]
fn integers_grow_and_shrink() {
    check(Add, int(2), int(3), int(5));
    check(Add, Constant::Bool(true), Constant::Bool(true), int(2));
    check(Add, power_of_two(false, 64), power_of_two(true, 64), int(0));
    check(Subtract, int(i64::MIN), int(-i64::MAX), int(-1));
    check(Multiply, int(1 << 32), int(1 << 32), power_of_two(false, 64));
    assert_eq!(unary(UnaryOperator::Negative, &int(i64::MIN)), binary(Lshift, &int(1), &int(63)));
    assert_eq!(unary(UnaryOperator::Invert, &int(5)), Some(int(-6)));
}

#[test]
fn integer_division_rounds_down() {
    for (a, b, quotient, remainder) in [(7, 2, 3, 1), (-7, 2, -4, 1), (7, -2, -4, -1), (-7, -2, 3, -1)] {
        check(FloorDivide, int(a), int(b), int(quotient));
        check(Remainder, int(a), int(b), int(remainder));
    }
    check(FloorDivide, int(1), int(0), None);
    check(TrueDivide, int(1), int(0), None);
    check(TrueDivide, int(0), int(-5), float(-0.0));
    check(TrueDivide, int(-1), int(3), float(-1.0 / 3.0));
    check(TrueDivide, power_of_two(false, 1100), power_of_two(false, 1000), float(2.0_f64.powi(100)));
    check(TrueDivide, int(1), power_of_two(false, 1074), float(5e-324));
    check(TrueDivide, power_of_two(false, 1024), int(1), None);
    // Rounded once, to even.
    check(TrueDivide, int((1 << 53) + 1), int(1), float((1_i64 << 53) as f64));
    check(TrueDivide, int((1 << 53) + 3), int(1), float(((1_i64 << 53) + 4) as f64));
}

#[test]
fn large_results_are_left_to_the_program() {
    check(Power, int(2), int(64), power_of_two(false, 64));
    check(Power, int(2), int(65), None);
    check(Power, int(0), int(1 << 40), int(0));
    check(Power, int(1), int(200), None);
    check(Power, int(2), int(-1), float(0.5));
    check(Power, int(0), int(-1), None);
    check(Lshift, int(1), int(127), power_of_two(false, 127));
    check(Lshift, int(1), int(128), None);
    check(Lshift, int(0), power_of_two(false, 70), int(0));
    check(Lshift, int(1), int(-1), None);
    check(Rshift, int(-5), power_of_two(false, 70), int(-1));
    check(Multiply, power_of_two(false, 64), power_of_two(false, 64), None);
    check(Multiply, text("ab"), int(2048), text(&"ab".repeat(2048)));
    check(Multiply, text("ab"), int(2049), None);
    check(Multiply, text("ab"), int(-1), None);
    check(Multiply, text(""), int(-1), text(""));
    check(Multiply, int(257), tuple(&[int(1)]), None);
    check(Multiply, tuple(&[tuple(&vec![int(1); 100])]), int(11), None);
}

#[test]
fn truth_values_stay_truth_values_under_bitwise_operators() {
    let [no, yes] = [false, true].map(Constant::Bool);
    check(And, yes.clone(), no.clone(), no.clone());
    check(Xor, yes.clone(), no.clone(), yes.clone());
    check(Or, yes.clone(), int(2), int(3));
    assert_eq!(unary(UnaryOperator::Invert, &yes), None);
    assert_eq!(unary(UnaryOperator::Positive, &yes), Some(int(1)));
    assert_eq!(unary(UnaryOperator::Not, &text("")), Some(yes));
}

#[test]
fn floats() {
    check(Remainder, float(5.5), float(-2.0), float(-0.5));
    check(Remainder, float(-0.0), float(3.0), float(0.0));
    check(FloorDivide, float(-7.0), float(2.0), float(-4.0));
    check(FloorDivide, float(1.0), float(0.1), float(9.0));
    check(TrueDivide, float(1.0), int(0), None);
    check(Power, float(-8.0), int(3), float(-512.0));
    check(Power, float(1e308), int(2), None);
    check(Power, float(0.0), int(-1), None);
    check(Add, float(1.0), power_of_two(false, 2000), None);
    check(And, float(1.0), int(1), None);
    assert_eq!(unary(UnaryOperator::Negative, &float(0.0)), Some(float(-0.0)));
}

#[test]
fn complex_numbers() {
    check(Subtract, int(0), complex(0.0, 0.0), complex(0.0, -0.0));
    check(Add, int(3), complex(0.0, 4.0), complex(3.0, 4.0));
    check(Multiply, complex(1.0, 2.0), complex(3.0, 4.0), complex(-5.0, 10.0));
    check(TrueDivide, complex(1.0, 2.0), int(0), None);
    check(TrueDivide, int(1), complex(0.0, 2.0), complex(0.0, -0.5));
    check(Power, complex(0.0, 1.0), int(2), complex(-1.0, 0.0));
    check(Power, complex(0.0, 0.0), int(-1), None);
    check(FloorDivide, complex(1.0, 2.0), int(1), None);
    check(Multiply, complex(f64::INFINITY, f64::NAN), complex(1.0, 1.0), complex(f64::INFINITY, f64::INFINITY));
}

#[test]
fn sequences() {
    check(Add, text("a"), text("b"), text("ab"));
    check(Add, text("a"), int(1), None);
    check(Add, tuple(&[int(1)]), tuple(&[int(2)]), tuple(&[int(1), int(2)]));
    check(Subscript, text("héy"), int(1), text("é"));
    check(Subscript, text("héy"), int(-1), text("y"));
    check(Subscript, text("héy"), int(3), None);
    check(Subscript, text("héy"), slice([None, None, Some(-1)]), text("yéh"));
    check(Subscript, text("abcdef"), slice([Some(-4), Some(100), Some(2)]), text("ce"));
    check(Subscript, text("abc"), slice([None, None, Some(0)]), None);
    check(Subscript, text("abc"), slice([Some(2), None, Some(i64::MIN)]), text("c"));
    check(Subscript, Constant::Bytes((*b"abc").into()), int(0), int(97));
    check(Subscript, tuple(&[int(5), int(6)]), Constant::Bool(true), int(6));
    check(Remainder, text("%s"), int(1), None);
}

#[test]
fn sets_keep_the_first_of_equals_and_know_no_order() {
    let set = frozen_set(vec![Constant::Bool(true), int(1), float(1.0), complex(1.0, 0.0), text("a")]);
    assert_eq!(set, frozen_set(vec![text("a"), Constant::Bool(true)]));
    assert_ne!(set, frozen_set(vec![int(1), text("a")]));
    let Constant::FrozenSet(items) = frozen_set(vec![
        power_of_two(false, 70),
        float(2.0_f64.powi(70)),
        int((1 << 53) + 1),
        float((1_i64 << 53) as f64),
        float(0.0),
        float(-0.0),
    ]) else {
        panic!("not a set")
    };
    assert_eq!(items.len(), 4);
}
