//! Tests of the arithmetic against values written down, and against itself another way.

use super::*;
use crate::format::Notation;

fn number(text: &str) -> Decimal {
    Decimal::parse(text.as_bytes(), &Context::MAX, &mut 0).unwrap()
}

fn text(number: &Decimal) -> String {
    String::from_utf8(number.view().to_text(Notation::Scientific, true).unwrap()).unwrap()
}

const DEFAULT: Context =
    Context { prec: 28, emax: 999_999, emin: -999_999, rounding: Rounding::HalfEven, clamp: false };

/// A row of pseudo-random limbs.
fn limbs(seed: &mut u64, len: usize) -> Vec<u64> {
    let mut limbs: Vec<u64> = (0..len)
        .map(|_| {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            match *seed >> 60 {
                0 => 0,
                1 => limbs::BASE - 1,
                _ => (*seed >> 3) % limbs::BASE,
            }
        })
        .collect();
    limbs.push(1 + (*seed >> 40));
    limbs
}

#[test]
fn text_is_read_and_written() {
    for same in ["0", "-0", "1.50", "1E+3", "1.23E-10", "0.000001", "1E-7", "-Infinity", "NaN123", "-sNaN", "0E+5"] {
        assert_eq!(text(&number(same)), same);
    }
    assert_eq!(text(&number("+00012.5e1")), "125");
    assert_eq!(text(&number("iNf")), "Infinity");
    for wrong in ["", "-", ".", "1e", "1e+", "e5", "1..2", "nanx", "infi", "1 "] {
        let mut status = 0;
        assert_eq!(Decimal::parse(wrong.as_bytes(), &DEFAULT, &mut status).unwrap().kind, Kind::QuietNan, "{wrong}");
        assert_eq!(status, flags::CONVERSION_SYNTAX, "{wrong}");
    }
}

#[test]
fn operations_round_and_say_so() {
    let mut status = 0;
    let third = divide(number("1").view(), number("3").view(), &DEFAULT, &mut status).unwrap();
    assert_eq!(text(&third), "0.3333333333333333333333333333");
    assert_eq!(status, flags::INEXACT | flags::ROUNDED);
    status = 0;
    let half = divide(number("1.00").view(), number("8").view(), &DEFAULT, &mut status).unwrap();
    assert_eq!((text(&half).as_str(), status), ("0.125", 0));
    let sum = add(number("1E+20").view(), number("1E-20").view(), &DEFAULT, &mut status).unwrap();
    assert_eq!((text(&sum).as_str(), status), ("100000000000000000000.0000000", flags::INEXACT | flags::ROUNDED));
    let cents = quantize(number("2.675").view(), number("0.01").view(), &DEFAULT, &mut 0).unwrap();
    assert_eq!(text(&cents), "2.68");
    let root = sqrt(number("2").view(), &DEFAULT, &mut 0).unwrap();
    assert_eq!(text(&root), "1.414213562373095048801688724");
    assert_eq!(text(&sqrt(number("100").view(), &DEFAULT, &mut 0).unwrap()), "10");
}

/// The ways that take no memory give what the general ones give.
#[test]
fn short_numbers_take_the_same_values_as_long_ones() {
    let mut seed = 3u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 11
    };
    for _ in 0..20_000 {
        let mut random = || {
            let count = 1 + next() % 36;
            let digits: String = (0..count).map(|_| ['0', '1', '4', '5', '9', '7'][next() as usize % 6]).collect();
            let sign = ["", "-"][next() as usize % 2];
            number(&format!("{sign}{digits}E{}", next() as i64 % 20 - 10))
        };
        let (a, b) = (random(), random());
        let rounding = Rounding::ALL[next() as usize % 8];
        let ctx = Context { prec: 1 + next() as i64 % 36, emax: 40, emin: -20, rounding, clamp: next() % 2 == 0 };
        type Operation = fn(View<'_>, View<'_>, &Context, &mut Flags) -> Outcome;
        let operations: [(Operation, Operation); 3] = [
            (add, arithmetic::add_any),
            (multiply, |a, b, ctx, status| finalize(arithmetic::multiply_exact(a, b, ctx, status)?, ctx, status)),
            (divide, division::divide_any),
        ];
        for (quick, general) in operations {
            let (mut met, mut expected_met) = (0, 0);
            let result = quick(a.view(), b.view(), &ctx, &mut met).unwrap();
            let expected = general(a.view(), b.view(), &ctx, &mut expected_met).unwrap();
            let what = format!("{} {} {ctx:?}", text(&a), text(&b));
            assert_eq!((text(&result), met), (text(&expected), expected_met), "{what}");
        }
    }
}

#[test]
fn functions_are_correctly_rounded() {
    let call = |function: fn(View<'_>, &Context, &mut Flags) -> Outcome, x: &str, prec: i64| {
        text(&function(number(x).view(), &Context { prec, ..DEFAULT }, &mut 0).unwrap())
    };
    assert_eq!(call(exp, "1", 28), "2.718281828459045235360287471");
    assert_eq!(call(exp, "-1E-40", 5), "1.0000");
    assert_eq!(call(exp, "100", 10), "2.688117142E+43");
    assert_eq!(call(ln, "2", 40), "0.6931471805599453094172321214581765680755");
    assert_eq!(call(ln, "10", 50), "2.3025850929940456840179914546843642076011014886288");
    assert_eq!(call(ln, "1.0000000000000001", 20), "9.9999999999999995000E-17");
    assert_eq!(call(log10, "1000", 5), "3");
    assert_eq!(call(log10, "2", 30), "0.301029995663981195213738894724");
}

#[test]
fn powers_are_those_of_libmpdec() {
    let call = |x: &str, y: &str| text(&power(number(x).view(), number(y).view(), &DEFAULT, &mut 0).unwrap());
    assert_eq!(call("2", "10"), "1024");
    assert_eq!(call("2", "0.5"), "1.414213562373095048801688724");
    assert_eq!(call("-2", "-3"), "-0.125");
    assert_eq!(call("1.01", "1000"), "20959.15563781366006444124579");
    let modulo = power_modulo(number("3").view(), number("1E+2").view(), number("7").view(), &DEFAULT, &mut 0);
    assert_eq!(text(&modulo.unwrap()), "4");
}

#[test]
fn long_products_agree_with_short_ones() {
    let mut seed = 7;
    for (a, b) in [(3, 90), (50, 41), (100, 99), (130, 260), (1300, 1250), (2500, 1201), (4000, 1300)] {
        let (a, b) = (limbs(&mut seed, a), limbs(&mut seed, b));
        let product = multiply::multiply(&a, &b).unwrap();
        // Modulo 2^61 - 1, and by division.
        let rest = |limbs: &[u64]| binary::modulo_mersenne_61(View { limbs, ..View::ONE });
        let expected = u128::from(rest(&a)) * u128::from(rest(&b)) % ((1 << 61) - 1);
        assert_eq!(u128::from(rest(&product)), expected);
        let (quotient, remainder) = divide::divide(&product, &b).unwrap();
        assert_eq!((quotient, remainder), (a, Vec::new()));
    }
}

#[test]
fn quotients_and_remainders_make_the_dividend() {
    let mut seed = 11;
    for (a, b) in [(5, 3), (100, 30), (200, 100), (500, 170), (1000, 333), (3000, 1000), (2000, 160)] {
        let (a, b) = (limbs(&mut seed, a), limbs(&mut seed, b));
        let (quotient, remainder) = divide::divide(&a, &b).unwrap();
        assert!(limbs::compare(&remainder, &b).is_lt());
        let product = multiply::multiply(&quotient, &b).unwrap();
        assert_eq!(limbs::add(&product, &remainder).unwrap(), a);
    }
}

#[test]
fn binary_integers_there_and_back() {
    let mut seed = 5u64;
    for len in [1, 2, 3, 99, 100, 101, 250, 1000] {
        let words: Vec<u64> = (0..len)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
                seed | 1
            })
            .collect();
        let coefficient = binary::from_words(&words).unwrap();
        assert_eq!(binary::to_words(coefficient.limbs()).unwrap(), words);
    }
    assert_eq!(text(&Decimal::new(false, binary::from_words(&[0, 1]).unwrap(), 0)), "18446744073709551616");
}

#[test]
fn formats() {
    let call = |spec: &str, x: &str| {
        let spec = format::Spec::parse(spec, true).unwrap();
        format::format(number(x).view(), spec, Rounding::HalfEven).unwrap().unwrap()
    };
    assert_eq!(call(",.2f", "1234567.891"), "1,234,567.89");
    assert_eq!(call("010_.3f", "0"), "00_000.000");
    assert_eq!(call("*^9", "1E+3"), "**1E+3***");
    assert_eq!(call(".3e", "0"), "0.000e+3");
    assert_eq!(call("z.1f", "-0.01"), "0.0");
    assert_eq!(call("#", "0"), "0.");
    assert_eq!(call("%", "0.25"), "25%");
    assert!(format::Spec::parse(">010", true).is_none());
}

#[test]
fn no_memory_is_an_error() {
    assert!(divide(View::ONE, number("3").view(), &Context::MAX, &mut 0).is_err());
    assert!(sqrt(number("2").view(), &Context::MAX, &mut 0).is_err());
    assert!(exp(View::ONE, &Context::MAX, &mut 0).is_err());
    let two = divide(number("4").view(), number("2").view(), &Context::MAX, &mut 0).unwrap();
    assert_eq!(text(&two), "2");
    assert_eq!(text(&sqrt(number("40E9").view(), &Context::MAX, &mut 0).unwrap()), "2.0E+5");
}
