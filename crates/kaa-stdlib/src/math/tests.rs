//! Expected values come from CPython 3.14.

use kaa_objects::thread::Thread;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::vm::VmConfig;
use kaa_objects::{Args, PyResult, Value, Vm};

use super::MODULE;

fn with_vm(check: impl Fn(&Vm)) {
    let thread = Thread::new(0, 1000);
    let vm = Vm::new(VmConfig::default(), &thread).expect("an isolate");
    check(&vm);
}

fn call(vm: &Vm, name: &str, args: &[Value]) -> PyResult {
    let functions = MODULE.parts.iter().flat_map(|part| part.functions);
    let function = functions.into_iter().find(|function| function.name == name).expect("a function of this name");
    (function.function)(vm, Value::NONE, Args::positional(args))
}

/// What the call gives as text, or its error.
fn show(vm: &Vm, name: &str, args: &[Value]) -> String {
    match call(vm, name, args) {
        Ok(result) => match vm.cast::<PyTuple>(result) {
            Some(pair) => format!("{} {}", vm.repr_lossy(pair.as_slice()[0]), vm.repr_lossy(pair.as_slice()[1])),
            None => vm.repr_lossy(result),
        },
        Err(raised) => {
            let exception = vm.take_exception(raised);
            let text = vm.cast::<PyStr>(exception.args.get_set().as_slice()[0]).expect("a message");
            format!("{}: {}", vm.class_name(exception.value()), text.to_string_lossy())
        }
    }
}

#[test]
fn functions_of_floats() {
    with_vm(|vm| {
        let cases: &[(&str, &[f64], &str)] = &[
            ("sqrt", &[2.0], "1.4142135623730951"),
            ("sqrt", &[-1.0], "ValueError: expected a nonnegative input, got -1.0"),
            ("acos", &[2.0], "ValueError: expected a number in range from -1 up to 1, got 2.0"),
            ("log1p", &[-1.0], "ValueError: expected argument value > -1, got -1.0"),
            ("log", &[0.0], "ValueError: expected a positive input, got 0.0"),
            ("log", &[8.0, 2.0], "3.0"),
            ("exp", &[1000.0], "OverflowError: math range error"),
            ("pow", &[0.0, -1.0], "ValueError: math domain error"),
            ("pow", &[1e300, 2.0], "OverflowError: math range error"),
            ("fmod", &[1.0, 0.0], "ValueError: math domain error"),
            ("remainder", &[5.0, 3.0], "-1.0"),
            ("fma", &[f64::INFINITY, 0.0, 1.0], "ValueError: invalid operation in fma"),
            ("fma", &[1e300, 1e300, 0.0], "OverflowError: overflow in fma"),
            ("floor", &[-2.5], "-3"),
            ("ceil", &[1e20], "100000000000000000000"),
            ("trunc", &[f64::NAN], "ValueError: cannot convert float NaN to integer"),
            ("floor", &[f64::INFINITY], "OverflowError: cannot convert float infinity to integer"),
            ("frexp", &[-0.0], "-0.0 0"),
            ("frexp", &[48.0], "0.75 6"),
            ("modf", &[-2.5], "-0.5 -2.0"),
            ("modf", &[f64::NEG_INFINITY], "-0.0 -inf"),
            ("ulp", &[1.0], "2.220446049250313e-16"),
            ("ulp", &[f64::MAX], "1.99584030953472e+292"),
            ("nextafter", &[1.0, 2.0], "1.0000000000000002"),
            ("erf", &[0.3], "0.3286267594591274"),
            ("hypot", &[3.0, 4.0, 12.0], "13.0"),
            ("gamma", &[-1.0], "ValueError: expected a noninteger or positive integer, got -1.0"),
        ];
        for &(name, args, expected) in cases {
            let mut values = [Value::NONE; 3];
            for (value, &arg) in values.iter_mut().zip(args) {
                *value = vm.new_float(arg).unwrap();
            }
            assert_eq!(show(vm, name, &values[..args.len()]), expected, "{name}({args:?})");
        }
    });
}

#[test]
fn functions_of_integers() {
    with_vm(|vm| {
        let cases: &[(&str, &[i64], &str)] = &[
            ("gcd", &[], "0"),
            ("gcd", &[-12, 18, 27], "3"),
            ("lcm", &[], "1"),
            ("lcm", &[4, 6, -10], "60"),
            ("lcm", &[i64::MAX, i64::MAX - 1], "85070591730234615838173535747377725442"),
            ("isqrt", &[99], "9"),
            ("isqrt", &[-1], "ValueError: isqrt() argument must be nonnegative"),
            ("factorial", &[25], "15511210043330985984000000"),
            ("factorial", &[-1], "ValueError: factorial() not defined for negative values"),
            ("perm", &[10, 3], "720"),
            ("perm", &[5], "120"),
            ("perm", &[3, 4], "0"),
            ("perm", &[3, -1], "ValueError: k must be a non-negative integer"),
            ("comb", &[70, 35], "112186277816662845432"),
            ("comb", &[-1, 2], "ValueError: n must be a non-negative integer"),
            ("floor", &[7], "7"),
            ("log2", &[1 << 40], "40.0"),
            ("log10", &[-1], "ValueError: expected a positive input"),
            ("ldexp", &[1, 5000], "OverflowError: math range error"),
            ("dist", &[1, 2], "TypeError: 'int' object is not iterable"),
        ];
        for &(name, args, expected) in cases {
            let mut values = [Value::NONE; 3];
            for (value, &arg) in values.iter_mut().zip(args) {
                *value = vm.new_int(arg).unwrap();
            }
            assert_eq!(show(vm, name, &values[..args.len()]), expected, "{name}({args:?})");
        }
    });
}

#[test]
fn logarithms_of_integers_beyond_floats() {
    with_vm(|vm| {
        let large = vm.new_int_from_words(false, &[&[0; 20][..], &[3]].concat()).unwrap();
        assert_eq!(show(vm, "log2", &[large]), "1281.584962500721");
    });
}

#[test]
fn rows_of_numbers() {
    with_vm(|vm| {
        let half = vm.new_float(0.5).unwrap();
        let row = vm.new_tuple(&[Value::small_int(3), half, Value::TRUE]).unwrap().value();
        assert_eq!(show(vm, "fsum", &[row]), "4.5");
        assert_eq!(show(vm, "prod", &[row]), "1.5");
        assert_eq!(show(vm, "sumprod", &[row, row]), "10.25");
        assert_eq!(show(vm, "dist", &[row, row]), "0.0");
        let short = vm.new_tuple(&[half]).unwrap().value();
        assert_eq!(show(vm, "sumprod", &[row, short]), "ValueError: Inputs are not the same length");
    });
}
