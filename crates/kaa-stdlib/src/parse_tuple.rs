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

/// The arguments of a function that takes positional and keyword arguments and words its errors as
/// CPython's `PyArg_ParseTupleAndKeywords` does: arguments are asked for one after the other, and
/// each is converted before the next one is looked for.
pub struct Keyworded<'a> {
    /// What messages call the function; nothing when it has no name.
    function: Option<&'static str>,
    names: &'static [&'static str],
    required: usize,
    args: Args<'a>,
    next: usize,
    keywords_left: usize,
}

impl<'a> Keyworded<'a> {
    /// Starts with the checks of numbers. `positional` is how many of the names can be given by
    /// position.
    pub fn new(
        vm: &Vm,
        function: Option<&'static str>,
        names: &'static [&'static str],
        required: usize,
        positional: usize,
        args: Args<'a>,
    ) -> PyResult<Keyworded<'a>> {
        let (given, all) = (args.positionals().len(), args.all().len());
        let who = || function.map_or("function".to_owned(), |name| format!("{name}()"));
        let s = |count| if count == 1 { "" } else { "s" };
        if all > names.len() {
            let (most, keyword) = (names.len(), if given == 0 { "keyword " } else { "" });
            return Err(vm.type_error(format_args!(
                "{} takes at most {most} {keyword}argument{} ({all} given)",
                who(),
                s(most)
            )));
        }
        if given > positional {
            return Err(vm.type_error(format_args!(
                "{} takes at most {positional} positional argument{} ({given} given)",
                who(),
                s(positional)
            )));
        }
        let keywords_left = args.kwnames().map_or(0, |names| names.len());
        Ok(Keyworded { function, names, required, args, next: 0, keywords_left })
    }

    /// The next argument, if it was given; an error when it must be.
    pub fn next(&mut self, vm: &Vm) -> PyResult<Option<Value>> {
        let index = self.next;
        self.next += 1;
        if let Some(&value) = self.args.positionals().get(index) {
            return Ok(Some(value));
        }
        if self.keywords_left > 0
            && let Some(value) = self.args.keyword(self.names[index])
        {
            self.keywords_left -= 1;
            return Ok(Some(value));
        }
        if index < self.required {
            let who = self.function.map_or("function".to_owned(), |name| format!("{name}()"));
            let name = self.names[index];
            return Err(vm.type_error(format_args!("{who} missing required argument '{name}' (pos {})", index + 1)));
        }
        Ok(None)
    }

    /// The next argument, which must be given.
    pub fn required(&mut self, vm: &Vm) -> PyResult {
        debug_assert!(self.next < self.required);
        self.next(vm).map(|value| value.unwrap_or(Value::NONE))
    }

    /// The checks of keywords that no name stands for.
    pub fn finish(self, vm: &Vm) -> PyResult<()> {
        if self.keywords_left == 0 {
            return Ok(());
        }
        for (index, name) in self.names.iter().enumerate().take(self.args.positionals().len()) {
            if self.args.keyword(name).is_some() {
                let who = self.function.map_or("function".to_owned(), |name| format!("{name}()"));
                return Err(vm.type_error(format_args!(
                    "argument for {who} given by name ('{name}') and position ({})",
                    index + 1
                )));
            }
        }
        let unknown = self.args.keywords().find(|(keyword, _)| !self.names.iter().any(|name| keyword.equals_str(name)));
        let who = self.function.map_or("this function".to_owned(), |name| format!("{name}()"));
        match unknown {
            Some((keyword, _)) => {
                let keyword = keyword.to_string_lossy();
                Err(vm.type_error(format_args!("{who} got an unexpected keyword argument '{keyword}'")))
            }
            None => Err(vm.type_error(format_args!("invalid keyword argument for {who}"))),
        }
    }
}

/// An object of a type, for a format `O!`.
pub fn object<T: kaa_objects::Native>(
    vm: &Vm,
    function: &str,
    position: usize,
    value: Value,
) -> PyResult<kaa_objects::Gc<T>> {
    vm.cast(value).ok_or_else(|| wrong_type(vm, function, position, &vm.class::<T>().name_text(), value))
}

/// «strftime() argument 1 must be str, not int».
#[cold]
pub fn wrong_type(vm: &Vm, function: &str, position: usize, expected: &str, value: Value) -> Raised {
    let given = if value.is_none() { "None".to_owned() } else { vm.class_name(value) };
    vm.type_error(format_args!("{function}() argument {position} must be {expected}, not {given}"))
}
