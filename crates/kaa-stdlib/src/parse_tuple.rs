//! Arguments and tuples as CPython's older functions take them, with the messages of those.

use kaa_objects::{Args, PyResult, Raised, Value, Vm};

/// The positional arguments of a function that takes from `least` to `most` of them, and no
/// keywords.
pub fn positionals<'a>(vm: &Vm, function: &str, args: Args<'a>, least: usize, most: usize) -> PyResult<&'a [Value]> {
    args.no_keywords(vm, function)?;
    let given = args.positionals();
    if (least..=most).contains(&given.len()) {
        Ok(given)
    } else {
        Err(wrong_count(vm, function, given.len(), least, most))
    }
}

#[cold]
fn wrong_count(vm: &Vm, function: &str, given: usize, least: usize, most: usize) -> Raised {
    let (how, count) = match given {
        _ if least == most => ("exactly", least),
        given if given < least => ("at least", least),
        _ => ("at most", most),
    };
    let s = if count == 1 { "" } else { "s" };
    vm.type_error(format_args!("{function}() takes {how} {count} argument{s} ({given} given)"))
}

/// A C `int`.
pub fn int(vm: &Vm, value: Value) -> PyResult<i32> {
    let wide = long(vm, value)?;
    i32::try_from(wide).map_err(|_| {
        let bound = if wide < 0 { "less than minimum" } else { "greater than maximum" };
        vm.overflow_error(format_args!("signed integer is {bound}"))
    })
}

/// A C `int` that has a default.
pub fn int_or(vm: &Vm, value: Option<&Value>, default: i32) -> PyResult<i32> {
    value.map_or(Ok(default), |&value| int(vm, value))
}

/// A C `long`.
pub fn long(vm: &Vm, value: Value) -> PyResult<i64> {
    let index = vm.index(value)?;
    vm.int_to_i64(index).ok_or_else(|| vm.overflow_error("Python int too large to convert to C long"))
}

/// A C `ssize_t`.
pub fn size(vm: &Vm, value: Value) -> PyResult<isize> {
    let index = vm.index(value)?;
    let size = vm.int_to_i64(index).and_then(|size| isize::try_from(size).ok());
    size.ok_or_else(|| vm.overflow_error("Python int too large to convert to C ssize_t"))
}

/// The lowest bits of an integer.
pub fn low_bits(vm: &Vm, value: Value) -> PyResult<u64> {
    let index = vm.index(value)?;
    let bits = vm.with_int_words(index, |negative, words| {
        let word = words.first().copied().unwrap_or(0);
        if negative { word.wrapping_neg() } else { word }
    });
    Ok(bits.unwrap_or(0))
}
