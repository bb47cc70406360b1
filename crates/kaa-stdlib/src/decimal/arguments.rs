//! The arguments of functions that CPython parses without a name to put into its messages.

use kaa_objects::{Args, PyResult, Value, Vm};

/// The arguments by position or keyword, as far as they were given; the first `required` are.
pub fn bind<const N: usize>(
    vm: &Vm,
    args: Args<'_>,
    names: [&str; N],
    required: usize,
) -> PyResult<[Option<Value>; N]> {
    let mut bound = [None; N];
    let (positionals, all) = (args.positionals(), args.all().len());
    if all > N {
        let (bound, keyword) = (if required == N { "exactly" } else { "at most" }, positionals.is_empty());
        let (keyword, s) = (if keyword { "keyword " } else { "" }, if N == 1 { "" } else { "s" });
        return Err(vm.type_error(format_args!("function takes {bound} {N} {keyword}argument{s} ({all} given)")));
    }
    for (place, &value) in bound.iter_mut().zip(positionals) {
        *place = Some(value);
    }
    for (keyword, value) in args.keywords() {
        let Some(index) = names.iter().position(|name| keyword.equals_str(name)) else {
            let keyword = keyword.to_string_lossy();
            return Err(vm.type_error(format_args!("this function got an unexpected keyword argument '{keyword}'")));
        };
        if index < positionals.len() {
            let (name, position) = (names[index], index + 1);
            return Err(
                vm.type_error(format_args!("argument for function given by name ('{name}') and position ({position})"))
            );
        }
        bound[index] = Some(value);
    }
    for index in 0..required {
        if bound[index].is_none() {
            let (name, position) = (names[index], index + 1);
            return Err(vm.type_error(format_args!("function missing required argument '{name}' (pos {position})")));
        }
    }
    Ok(bound)
}

/// Exactly so many arguments by position.
pub fn exactly<const N: usize>(vm: &Vm, args: Args<'_>, function: &str) -> PyResult<[Value; N]> {
    args.no_keywords(vm, function)?;
    match <[Value; N]>::try_from(args.positionals()) {
        Ok(values) => Ok(values),
        Err(_) => {
            let (given, s) = (args.positionals().len(), if N == 1 { "" } else { "s" });
            Err(vm.type_error(format_args!("function takes exactly {N} argument{s} ({given} given)")))
        }
    }
}
