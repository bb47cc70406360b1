//! Binding arguments to parameters: what a call does that is more than copying values.

use kaa_bytecode::flags;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::function::PyFunction;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Raised, Value, Vm};

use crate::frame::Frame;
use kaa_objects::suggest::suggestion;

/// The locals of a new frame, all empty so far. They lie in a frame, where the collector sees
/// them.
struct Locals {
    first: *mut u64,
}

impl Locals {
    fn get(&self, index: usize) -> Option<Value> {
        // SAFETY: the frame has room for all of the code's locals, which hold values or 0.
        unsafe { Value::from_bits(*self.first.add(index)) }
    }

    fn set(&self, index: usize, value: Value) {
        // SAFETY: as above.
        unsafe { *self.first.add(index) = value.bits() };
    }
}

/// Fills the parameters of a new frame, whose locals are all empty, from a call's arguments.
pub(crate) fn bind(vm: &Vm, function: Gc<PyFunction>, frame: *mut Frame, args: Args<'_>) -> PyResult<()> {
    // SAFETY: the frame is new and the function's.
    unsafe { Frame::load(frame, vm) }?;
    let code = function.code.get_set();
    let locals = Locals { first: Frame::locals_ptr(frame) };
    let positional = args.positionals();
    let argcount = code.argcount as usize;
    let total = argcount + code.kwonlyargcount as usize;
    let varargs = code.has_flag(flags::VARARGS);

    let kwargs = if code.has_flag(flags::VARKEYWORDS) {
        let dict = vm.new_dict()?;
        locals.set(total + usize::from(varargs), dict.value());
        Some(dict)
    } else {
        None
    };
    let direct = positional.len().min(argcount);
    for (index, &value) in positional[..direct].iter().enumerate() {
        locals.set(index, value);
    }
    if varargs {
        let rest = vm.new_tuple(&positional[direct..])?;
        locals.set(total, rest.value());
    }
    let keywords = args.kwnames().map_or(0, |names| names.len());
    for index in 0..keywords {
        let name = args.kwnames().expect("there are keywords").as_slice()[index];
        let value = args.all()[positional.len() + index];
        bind_keyword(vm, function, &code, &locals, kwargs, &args, name, value)?;
    }
    if positional.len() > argcount && !varargs {
        return Err(too_many_positional(vm, function, &code, &locals, positional.len()));
    }
    if positional.len() < argcount {
        fill_defaults(vm, function, &code, &locals, positional.len())?;
    }
    if code.kwonlyargcount > 0 {
        fill_keyword_defaults(vm, function, &code, &locals)?;
    }
    Ok(())
}

/// The parameter that a keyword of a subclass of `str` says that it equals.
#[cold]
fn position_by_equality(vm: &Vm, names: &[Gc<PyStr>], keyword: Value) -> PyResult<Option<usize>> {
    for (index, name) in names.iter().enumerate() {
        if vm.equal(keyword, name.value())? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

#[allow(clippy::too_many_arguments, reason = "the state of one binding")]
fn bind_keyword(
    vm: &Vm,
    function: Gc<PyFunction>,
    code: &PyCode,
    locals: &Locals,
    kwargs: Option<Gc<PyDict>>,
    args: &Args<'_>,
    name: Value,
    value: Value,
) -> PyResult<()> {
    let Some(keyword) = vm.cast::<PyStr>(name) else {
        return Err(vm.type_error(format_args!("{}() keywords must be strings", qualname(vm, function))));
    };
    let total = (code.argcount + code.kwonlyargcount) as usize;
    let posonly = code.posonlyargcount as usize;
    let names = &code.localsplusnames(vm)[posonly..total];
    let mut found = names.iter().position(|&n| n == keyword);
    if found.is_none() {
        found = match vm.cast_exact::<PyStr>(name) {
            Some(keyword) => names.iter().position(|n| n.equals(&keyword)),
            None => position_by_equality(vm, names, name)?,
        };
    }
    match (found, kwargs) {
        (Some(index), _) => {
            let index = posonly + index;
            if locals.get(index).is_some() {
                return Err(vm.type_error(format_args!(
                    "{}() got multiple values for argument '{}'",
                    qualname(vm, function),
                    keyword.to_string_lossy()
                )));
            }
            locals.set(index, value);
            Ok(())
        }
        (None, Some(kwargs)) => kwargs.set(vm, name, value),
        (None, None) => Err(unexpected_keyword(vm, function, code, args, keyword)),
    }
}

fn qualname(vm: &Vm, function: Gc<PyFunction>) -> String {
    function.qualname(vm).to_string_lossy()
}

#[cold]
fn unexpected_keyword(vm: &Vm, function: Gc<PyFunction>, code: &PyCode, args: &Args<'_>, keyword: Gc<PyStr>) -> Raised {
    let posonly = code.posonlyargcount as usize;
    let passed: Vec<String> = code.localsplusnames(vm)[..posonly]
        .iter()
        .filter(|name| args.keywords().any(|(keyword, _)| keyword.equals(name)))
        .map(|name| name.to_string_lossy())
        .collect();
    if !passed.is_empty() {
        return vm.type_error(format_args!(
            "{}() got some positional-only arguments passed as keyword arguments: '{}'",
            qualname(vm, function),
            passed.join(", ")
        ));
    }
    let total = (code.argcount + code.kwonlyargcount) as usize;
    let names: Vec<String> =
        code.localsplusnames(vm)[posonly..total].iter().map(|name| name.to_string_lossy()).collect();
    let candidates: Vec<&str> = names.iter().map(String::as_str).collect();
    let keyword = keyword.to_string_lossy();
    let hint = match suggestion(&keyword, &candidates) {
        Some(name) => format!(". Did you mean '{name}'?"),
        None => String::new(),
    };
    vm.type_error(format_args!("{}() got an unexpected keyword argument '{keyword}'{hint}", qualname(vm, function)))
}

#[cold]
fn too_many_positional(vm: &Vm, function: Gc<PyFunction>, code: &PyCode, locals: &Locals, given: usize) -> Raised {
    let argcount = code.argcount as usize;
    let total = argcount + code.kwonlyargcount as usize;
    let keyword_only = (argcount..total).filter(|&index| locals.get(index).is_some()).count();
    let defaults = function.defaults.get().map_or(0, |defaults| defaults.len());
    let (plural, takes) = if defaults > 0 {
        (true, format!("from {} to {argcount}", argcount - defaults))
    } else {
        (argcount != 1, argcount.to_string())
    };
    let s = |plural: bool| if plural { "s" } else { "" };
    let extra = if keyword_only > 0 {
        format!(
            " positional argument{} (and {keyword_only} keyword-only argument{})",
            s(given != 1),
            s(keyword_only != 1)
        )
    } else {
        String::new()
    };
    let were = if given == 1 && keyword_only == 0 { "was" } else { "were" };
    vm.type_error(format_args!(
        "{}() takes {takes} positional argument{} but {given}{extra} {were} given",
        qualname(vm, function),
        s(plural)
    ))
}

/// Gives the positional parameters from `given` on their defaults.
fn fill_defaults(vm: &Vm, function: Gc<PyFunction>, code: &PyCode, locals: &Locals, given: usize) -> PyResult<()> {
    let argcount = code.argcount as usize;
    let defaults = function.defaults.get();
    let count = defaults.map_or(0, |defaults| defaults.len());
    let required = argcount.saturating_sub(count);
    if (given..required).any(|index| locals.get(index).is_none()) {
        let missing = (given..required).filter(|&index| locals.get(index).is_none());
        return Err(missing_arguments(vm, function, code, "positional", missing));
    }
    if let Some(defaults) = defaults {
        let skipped = count.saturating_sub(argcount);
        for (index, &value) in (required..argcount).zip(&defaults.as_slice()[skipped..]) {
            if index >= given && locals.get(index).is_none() {
                locals.set(index, value);
            }
        }
    }
    Ok(())
}

fn fill_keyword_defaults(vm: &Vm, function: Gc<PyFunction>, code: &PyCode, locals: &Locals) -> PyResult<()> {
    let first = code.argcount as usize;
    let last = first + code.kwonlyargcount as usize;
    for index in first..last {
        if locals.get(index).is_none()
            && let Some(defaults) = function.kwdefaults.get()
            && let Some(value) = defaults.get(vm, code.localsplusnames(vm)[index].value())?
        {
            locals.set(index, value);
        }
    }
    if (first..last).any(|index| locals.get(index).is_none()) {
        let missing = (first..last).filter(|&index| locals.get(index).is_none());
        return Err(missing_arguments(vm, function, code, "keyword-only", missing));
    }
    Ok(())
}

#[cold]
fn missing_arguments(
    vm: &Vm,
    function: Gc<PyFunction>,
    code: &PyCode,
    kind: &str,
    missing: impl Iterator<Item = usize>,
) -> Raised {
    let names: Vec<String> =
        missing.map(|index| format!("'{}'", code.localsplusnames(vm)[index].to_string_lossy())).collect();
    let list = match &names[..] {
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
        [] => String::new(),
    };
    let s = if names.len() == 1 { "" } else { "s" };
    vm.type_error(format_args!(
        "{}() missing {} required {kind} argument{s}: {list}",
        qualname(vm, function),
        names.len()
    ))
}
